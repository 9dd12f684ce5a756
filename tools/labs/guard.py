"""Watches over the checks of a lab from inside the kernel; its text is executed there before any
cell of the notebook.

Student code and checks share a process, so code that is out to deceive can get around this too: it
catches the plain ways (numpy.allclose replaced, the error display switched off) and accidents (np
or the data bound to something else).
"""


def _lab_guard():
    import builtins
    import json
    import math
    import sys

    import numpy

    shell = get_ipython()  # noqa: F821 - IPython's own
    names = shell.user_ns
    watched = [
        builtins,
        math,
        numpy,
        numpy.linalg,
        numpy.testing,
        json,
        type(shell),
        shell.kernel,
        shell.kernel.__class__,
        shell.events,
    ]
    originals = [
        (owner, name, value)
        for owner in watched
        for name, value in list(vars(owner).items())
        if callable(value) and not name.startswith("_lab")
    ]
    hooks = [
        shell.ast_transformers,
        shell.input_transformers_cleanup,
        shell.input_transformers_post,
        *shell.events.callbacks.values(),
    ]
    hooks_at_start = [(items, list(items)) for items in hooks]
    drawing = {"matplotlib", "matplotlib_inline"}  # these hook in when the first figure is drawn
    attributes_at_start = set(vars(shell))
    of_the_shell = ("run_cell", "run_cell_async", "run_code", "showtraceback", "_showtraceback")
    names_at_start = set(names)
    names_before = {}  # the locked cell that runs now
    fixed = {}  # what locked cells have bound
    may_be_replaced = {"print", "open", "display", "exit", "quit", "get_ipython", "input"}
    write = sys.stdout.write

    def label(owner, name):
        return getattr(owner, "__name__", type(owner).__name__) + "." + name

    def put_back(proof):
        """Undo what was changed, and report it on stdout behind the proof that this has run."""
        changed = []
        for owner, name, value in originals:
            allowed = owner is builtins and name in may_be_replaced
            if vars(owner).get(name) is not value and not allowed:
                changed.append(label(owner, name))
                setattr(owner, name, value)
        for items, content in hooks_at_start:
            harmless = [
                item
                for item in items
                if item in content or getattr(item, "__module__", "").split(".")[0] in drawing
            ]
            if len(harmless) != len(items) or any(item not in items for item in content):
                changed.append("a hook of IPython")
                items[:] = content + [item for item in harmless if item not in content]
        for name in of_the_shell:
            if name in vars(shell) and name not in attributes_at_start:
                changed.append("IPython's " + name)
                delattr(shell, name)
        if shell.custom_exceptions or sys.gettrace() or sys.getprofile():
            changed.append("the treatment of errors")
            shell.custom_exceptions = ()
            sys.settrace(None)
            sys.setprofile(None)
        for name, value in fixed.items():
            if names.get(name) is not value:
                changed.append(name)
                names[name] = value
        for name in list(names):
            hides = hasattr(builtins, name) and not name.startswith("_")
            if hides and name not in names_at_start:
                changed.append(name)
                del names[name]
        write(proof + json.dumps(changed) + "\n")

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

    return {"put_back": put_back, "begin": begin, "end": end}


_lab_guard = _lab_guard()
