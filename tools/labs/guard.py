"""Watches over the checks of a lab from inside the kernel; its text is executed there before any
cell of the notebook.

Student code and checks share a process, so code that is out to deceive can get around this too: it
catches the plain ways (numpy.allclose replaced, the error display switched off, a look-alike of the
guard) and accidents (np or the data bound to something else). It looks before each check and puts
back what was changed; it looks after it, too, and a check during which something changed is void.
"""


def _lab_guard():
    import builtins
    import hmac
    import json
    import math
    import secrets
    import sys
    import sysconfig
    import types

    import numpy

    shell = get_ipython()  # noqa: F821 - IPython's own
    home, names = shell.user_module, shell.user_ns
    start = dict(names)
    secret = secrets.token_bytes(16)
    write, flush = sys.stdout.write, sys.stdout.flush
    of_python = dict(vars(builtins))
    space = vars(builtins)
    may_be_replaced = {"print", "open", "display", "exit", "quit", "get_ipython", "input", "_"}
    code_kinds = (types.FunctionType, types.BuiltinFunctionType, type, numpy.ufunc)
    libraries = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))

    # --- What is watched --------------------------------------------------------------------------

    originals = []  # (owner, name, value)
    codes = {}  # of functions in Python, by their identity
    watched = set()

    def remember(function):
        """Remember what a function does, so that it can be seen if its inside is replaced."""
        inside = getattr(function, "__wrapped__", function)
        if isinstance(inside, types.FunctionType):
            codes[id(inside)] = (inside, inside.__code__, inside.__defaults__)

    def watch(owner, wanted):
        """Remember those of an owner's attributes that are `wanted`."""
        if id(owner) not in watched:
            watched.add(id(owner))
            for name, value in list(vars(owner).items()):
                if wanted(value):
                    originals.append((owner, name, value))
                    remember(value)

    def is_code(value):
        return isinstance(value, code_kinds) or hasattr(value, "__wrapped__")

    of_numpy = [
        module
        for name, module in list(sys.modules.items())
        if name.split(".")[0] == "numpy" and isinstance(module, types.ModuleType)
    ]
    for owner in (builtins, math, json, *of_numpy):
        watch(owner, is_code)
    for one in (shell, shell.kernel, shell.events, shell.compile, sys.stdout):
        for owner in type(one).__mro__[:-1]:
            watch(owner, callable)
    instances = [(one, set(vars(one))) for one in (shell, shell.kernel, shell.events)]
    parts = ("compile", "events", "displayhook", "display_pub", "input_transformer_manager")
    of_the_shell = {name: getattr(shell, name) for name in parts}
    manager = shell.input_transformer_manager
    hooks = [
        (owner, name, list(getattr(owner, name)))
        for owner, name in (
            (shell, "ast_transformers"),
            (shell, "input_transformers_post"),
            (manager, "cleanup_transforms"),
            (manager, "line_transforms"),
            (manager, "token_transformers"),
        )
    ]
    callbacks = {name: list(items) for name, items in shell.events.callbacks.items()}
    names_before = {}  # the locked cell that runs now
    fixed = {}  # what locked cells have bound

    def label(owner, name):
        return getattr(owner, "__name__", type(owner).__name__) + "." + name

    def of_a_package(item):
        """Say whether a function belongs to an installed package, as those do that draw figures."""
        globals_of_it = getattr(getattr(item, "__func__", item), "__globals__", {})
        return str(globals_of_it.get("__file__", "")).startswith(libraries)

    # --- Looking ----------------------------------------------------------------------------------

    def look():
        """Put back what was changed, and return what that was."""
        changed = []
        for name, value in of_python.items():  # first what all the rest is made of
            if name not in may_be_replaced and space.get(name) is not value:
                changed.append("builtins." + name)
                space[name] = value
        for owner, name, value in originals:
            if vars(owner).get(name) is not value and owner is not builtins:
                changed.append(label(owner, name))
                setattr(owner, name, value)
        for function, code, defaults in codes.values():
            if function.__code__ is not code or function.__defaults__ is not defaults:
                changed.append("the inside of " + function.__name__)
                function.__code__, function.__defaults__ = code, defaults
        for one, there in instances:
            for name in set(vars(one)) - there:
                if callable(getattr(type(one), name, None)):
                    changed.append("IPython's " + name)
                    delattr(one, name)
        for name, value in of_the_shell.items():
            if getattr(shell, name) is not value:
                changed.append("IPython's " + name)
                setattr(shell, name, value)
        for owner, name, content in hooks:
            if list(getattr(owner, name)) != content:
                changed.append("a hook of IPython")
                getattr(owner, name)[:] = content
        for name, items in shell.events.callbacks.items():
            content = callbacks.get(name, [])
            harmless = [item for item in items if item in content or of_a_package(item)]
            if len(harmless) != len(items) or any(item not in items for item in content):
                changed.append("a hook of IPython")
                items[:] = content + [item for item in harmless if item not in content]
        if shell.custom_exceptions or sys.gettrace() or sys.getprofile():
            changed.append("the treatment of errors")
            shell.custom_exceptions = ()
            sys.settrace(None)
            sys.setprofile(None)
        for name, module in (("numpy", numpy), ("_lab_guard", me)):
            if sys.modules.get(name) is not module:
                changed.append("the module " + name)
                sys.modules[name] = module
        for name, value in fixed.items():
            if names.get(name) is not value:
                if name in names:  # what was only deleted is put back without a word
                    changed.append(name)
                names[name] = value
        return changed

    class Wired(types.ModuleType):
        """A module that tells when one of its functions is replaced, even for a moment."""

        def __setattr__(self, name, value):
            if (id(self), name) in guarded_names and vars(self).get(name) is not value:
                touched.append(label(self, name))
            super().__setattr__(name, value)

    def hear(event, arguments):
        """Take notice of what nobody does in a check who only wants to answer it."""
        if listening and event in telling:
            touched.append(telling[event])

    telling = {
        "sys.settrace": "the treatment of errors",
        "sys.setprofile": "the treatment of errors",
        "gc.get_objects": "objects that it had looked for",
        "gc.get_referrers": "objects that it had looked for",
    }
    listening = []  # something while a check runs
    sys.addaudithook(hear)
    wired = [numpy, numpy.linalg, numpy.testing, math]
    guarded_names = {(id(owner), name) for owner, name, _ in originals if owner in wired}
    touched = []  # during the check that runs now
    given = {}  # the names that it has found

    def separate():
        """Let the check see the lab's names and Python's own as they are meant, whatever the
        notebook calls by these names; its functions go on to see their own."""
        inside = types.ModuleType("__main__")
        given.clear()
        given.update(names)
        for name in of_python:
            if name in given and not name.startswith("_"):
                del given[name]
                if name in start:
                    given[name] = start[name]
        given.update(fixed)
        vars(inside).update(given)
        shell.user_module, shell.user_ns = inside, vars(inside)

    def join():
        """Give the notebook its names back, and those that the check has bound."""
        inside = shell.user_ns
        shell.user_module, shell.user_ns = home, names
        for name, value in inside.items() if inside is not names else ():
            new = name not in given or given[name] is not value
            if new and not name.startswith("_") and name not in fixed:
                names[name] = value
        return inside

    def raised_by(inside, nonce):
        """Say whether the error that ended the check, if it is the one that should, was raised by
        the check itself."""
        error = getattr(sys, "last_value", None)
        if type(error) is not AssertionError or str(error) != nonce:
            return True
        place = error.__traceback__
        while place.tb_next:
            place = place.tb_next
        return place.tb_frame.f_globals is inside and place.tb_frame.f_code.co_name == "<module>"

    def tell(nonce, when, changed):
        """Write a report that only this guard can sign."""
        text = json.dumps([nonce, when, changed])
        write(hmac.new(secret, text.encode(), "sha256").hexdigest() + " " + text + "\n")
        flush()

    # --- What is called ---------------------------------------------------------------------------

    def before(nonce):
        """Look, and make all ready for a check."""
        join()
        changed = look()
        touched.clear()
        separate()
        for module in wired:
            module.__class__ = Wired
        tell(nonce, "before", changed)
        listening.append(nonce)

    def after(nonce):
        """Look at what a check has left."""
        listening.clear()
        for module in wired:
            module.__class__ = types.ModuleType
        inside = join()
        changed = [*touched, *look()]
        if not raised_by(inside, nonce):
            changed.append("how the check ends")
        tell(nonce, "after", changed)

    def begin():
        """Remember what the names mean before a locked cell."""
        names_before.clear()
        names_before.update(names)

    def end():
        """Remember the names that a locked cell has bound; they belong to the lab."""
        for name, value in names.items():
            private = name.startswith("_") or name in ("In", "Out")
            bound = name not in names_before or names_before[name] is not value
            if bound and not private:
                fixed[name] = value
                remember(value)

    me = types.SimpleNamespace(before=before, after=after, begin=begin, end=end)
    sys.modules["_lab_guard"] = me
    write("guard " + secret.hex() + "\n")
    flush()


_lab_guard()
del _lab_guard
