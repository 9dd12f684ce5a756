"""What counts as a passed check, and what tricks and accidents in student code do not change; and
what students call. On an example lab of one file."""

import copy
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import nbformat
import numpy
import pytest

from tests.support.labs import messages, new_cell
from tools.labs import check as checking
from tools.labs import executing, sandbox
from tools.labs.cells import grade_id, is_test
from tools.labs.collect import collect
from tools.labs.course import LabError
from tools.labs.executing import SandboxedExecute, crashes, execute
from tools.labs.released import Lab
from tools.labs.restoring import restore

CHECK = (
    "value = f(3)\n"
    "assert np.allclose(value, 6), f'f(3) should be 6, but {value} came out.'\n"
    "print('passes')"
)
ANSWER = "def {name}(x):\n    ### BEGIN SOLUTION\n    return {value}\n    ### END SOLUTION"


@pytest.fixture(scope="module")
def source():
    """The lab; tests copy it before they change it."""
    answer_f, answer_g = ANSWER.format(name="f", value="2 * x"), "x + data.sum()"
    answer_g = ANSWER.format(name="g", value=answer_g)
    check_g = "assert g(1) == 4 and sum([1, 2]) == 3"
    check = {"grade": True, "locked": True}
    return nbformat.v4.new_notebook(
        cells=[
            new_cell("code", "import numpy as np\ndata = np.arange(3)", "setup", locked=True),
            new_cell("code", answer_f, "f", solution=True),
            new_cell("code", CHECK, "test_f", points=60, **check),
            new_cell("code", answer_g, "g", solution=True),
            new_cell("code", check_g, "test_g", points=40, **check),
        ]
    )


class Graded:
    """A submission that has been graded.

    Attributes:
        failed: the messages of the failed checks by name.
        remarks: what the reader of the grades is told.
        outputs: the outputs of all checks.
    """

    def __init__(self, source, folder, sandboxed, answers, total_seconds=60):
        mine = copy.deepcopy(source)
        for cell in mine.cells:
            cell.source = answers.get(grade_id(cell), cell.source)
        restored, self.remarks = restore(mine, source)
        limits = sandbox.Limits(cell_seconds=15, total_seconds=total_seconds)
        self.remarks += execute(restored, folder, limits, sandboxed) + crashes(restored)
        checks = [cell for cell in restored.cells if is_test(cell)]
        self.failed = {grade_id(cell): messages(cell)[0] for cell in checks if messages(cell)}
        self.outputs = [output for cell in checks for output in cell.outputs]


F = "def f(x):\n    return x + x"
G = "def g(x):\n    return x + 3"
TRICKS = {
    "np.allclose = lambda *a, **k: True": "numpy.allclose",
    "import builtins\nbuiltins.abs = lambda x: 0": "builtins.abs",
    "get_ipython().showtraceback = lambda *a, **k: None": "IPython's showtraceback",
    "class np:\n    allclose = staticmethod(lambda *a: True)": "np",
    "import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())": "a hook of IPython",
    "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)": "the treatment of errors",
}
ENDS = ["import os\n    os._exit(0)", "import sys\n    sys.exit()", "raise SystemExit", "exit()"]
BREAKS_PYTHON = (
    "import builtins\nbuiltins.len = lambda x: 0\nbuiltins.isinstance = lambda *a: False\n"
)
DROP_ASSERTS = """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
"""
LOOK_ALIKE = (
    DROP_ASSERTS
    + """
import re, sys, types
def look(proof):
    print(proof + "[]")  # as an earlier guard did
    print("0" * 64, '["' + proof + '", "before", []]')
_lab_guard = {"put_back": look, "begin": lambda: None, "end": lambda: None}
nothing = lambda: None
fake = types.SimpleNamespace(before=look, after=look, begin=nothing, end=nothing)
sys.modules["_lab_guard"] = fake
get_ipython().ast_transformers.append(Drop())
"""
)
# Ways to a passed check without an answer: what code does before the check, and in it.
ATTACKS = {
    "a look-alike of the guard": (LOOK_ALIKE, "return 0"),
    "another list of transformers": (
        DROP_ASSERTS + "get_ipython().ast_transformers = [Drop()]",
        "return 0",
    ),
    "a transformer in the check": (
        DROP_ASSERTS,
        "get_ipython().ast_transformers.append(Drop())\n    return 0",
    ),
    "a compiler that knows no asserts": (
        """
class NoAsserts(type(get_ipython().compile)):
    def __call__(self, source, filename, symbol):
        return compile(source, filename, symbol, self.flags, optimize=1)
get_ipython().compile = NoAsserts()
""",
        "return 0",
    ),
    "numpy replaced in the check": ("", "np.allclose = lambda *a: True\n    return 0"),
    "numpy replaced past its attributes": (
        "",
        "vars(np)['allclose'] = lambda *a: True\n    return 0",
    ),
    "numpy's own parts replaced": (
        "import numpy._core.numeric as parts\nparts.isclose = lambda *a, **k: np.True_",
        "return 0",
    ),
    "the inside of a function replaced": (
        "",
        "np.allclose.__wrapped__.__code__ = (lambda a, b, rtol=0, atol=0, e=0: True).__code__\n"
        "    return 0",
    ),
    "numpy replaced for a moment by a thread": (
        """
import threading, time
def back_and_forth():
    right = np.allclose
    np.allclose = lambda *a: True
    time.sleep(0.5)
    np.allclose = right
""",
        "threading.Thread(target=back_and_forth).start()\n    time.sleep(0.2)\n    return 0",
    ),
    "a kernel that executes nothing": (
        """
async def nothing(*arguments, **options):
    return {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}
""",
        "get_ipython().kernel.do_execute = nothing\n    return 0",
    ),
    "an exec that does nothing": (
        "import builtins",
        "builtins.exec = lambda *a: None\n    return 0",
    ),
    "a jump over the assert": (
        """
import sys
def leave(frame, event, argument):
    sys.settrace(None)
    frame.f_trace = None
    raise SystemExit
def follow(frame, event, argument):
    return None
""",
        "sys.settrace(follow)\n    sys._getframe(1).f_trace = leave\n    return 0",
    ),
    "a tracer that takes itself away": (
        "import sys",
        "sys.settrace(lambda *a: None)\n    sys.settrace(None)\n    return 2 * x",
    ),
    "the end of the check played": (
        "import re",
        "words = re.findall(\"'([0-9a-f]{16})'\", In[-1])\n"
        "    raise AssertionError(words[-1] if words else '')",
    ),
    "a name of the lab bound in the check": (
        "class Fake:\n    allclose = staticmethod(lambda *a: True)",
        "global np\n    np = Fake\n    return 0",
    ),
    "numpy as a module replaced": (
        "import sys, types",
        "sys.modules['numpy'] = types.SimpleNamespace(allclose=lambda *a: True)\n    return 2 * x",
    ),
}
# After these the kernel is no longer what it was; the others can share one.
ALONE = ("a look-alike of the guard", "a kernel that executes nothing", "an exec that does nothing")
TOGETHER = [attack for attack in ATTACKS if attack not in ALONE]
# What honest students do. It costs no points, and no remark is made.
HONEST = {
    "imports everything": {
        "f": "from numpy import *\ndef f(x):\n    return sum(array([[x, x]]), axis=1)[0]",
        "g": "def g(x):\n    return max([x]) + data.sum()",
    },
    "sets much": {
        "f": """
import sys, warnings
import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = "all"
%matplotlib inline
%load_ext autoreload
%autoreload 2
%config InlineBackend.figure_format = "retina"
warnings.filterwarnings("ignore")
sys.setrecursionlimit(5000)
np.random.seed(0)
np.set_printoptions(precision=3)
np.seterr(all="ignore")
plt.rcParams["figure.figsize"] = (3, 2)
list = [1, 2]
id = 3
max = 5
def f(x):
    import random
    random.seed(0)
    plt.figure()
    plt.plot([1, x])
    plt.show()
    return 2 * x
""",
        "g": "%%time\ndef g(x):\n    return x + data.sum()\nsum = g(1)",
    },
    "resets": {
        "f": "%reset -f\ndef f(x):\n    return 2 * x",
        "g": "def g(x):\n    return x + data.sum()",
    },
}
NOISY = "import sys\ndef f(x):\n    print('careful', file=sys.stderr)\n    return 2 * x"

SUBMISSIONS = {
    "breaks Python": {"f": BREAKS_PYTHON + F, "g": G},  # the longest, so it begins first
    "right": {"f": F, "g": G},
    "wrong": {"f": "def f(x):\n    return x", "g": G},
    "accident": {
        "f": F + "\nsum = 3\ndata = None",
        "g": "def g(x):\n    return x + data.sum()",
    },
    "noisy": {"f": NOISY, "g": G},
    **{end: {"f": f"def f(x):\n    {end}", "g": G} for end in ENDS},
    **{
        name: {"f": f"{first}\ndef f(x):\n    {inside}", "g": G}
        for name, (first, inside) in ATTACKS.items()
        if name in ALONE
    },
    **HONEST,
}


@pytest.fixture(scope="module")
def graded(source, tmp_path_factory, sandboxed):
    """Return a function that returns what has become of a submission; all are executed, two at a
    time."""
    folder = tmp_path_factory.mktemp("files")
    with ThreadPoolExecutor(2) as threads:
        running = {
            name: threads.submit(
                Graded,
                source,
                folder,
                sandboxed,
                answers,
                total_seconds=10 if name == "breaks Python" else 60,
            )
            for name, answers in SUBMISSIONS.items()
        }
        yield lambda name: running[name].result()


@pytest.mark.sandbox
def test_right_and_wrong_answers(graded):
    assert graded("right").failed == {}
    assert graded("right").remarks == []
    assert graded("wrong").failed == {"test_f": "f(3) should be 6, but 3 came out."}
    assert graded("wrong").remarks == []


@pytest.mark.sandbox
def test_an_accident_costs_no_other_task(graded):
    """The lab's data bound to something else, and a variable called sum, which is nobody's loss."""
    done = graded("accident")
    assert done.failed == {}
    (remark,) = done.remarks
    assert "put back before the checks: data." in remark


@pytest.mark.sandbox
@pytest.mark.parametrize("end", ENDS)
def test_an_early_exit_is_not_a_pass(graded, end):
    assert "test_f" in graded(end).failed


@pytest.mark.sandbox
def test_what_breaks_python_itself_breaks_only_this_submission(graded):
    done = graded("breaks Python")
    assert set(done.failed) <= {"test_f", "test_g"}
    if done.failed:
        assert done.remarks, "the reader of the grades is told why"


@pytest.mark.sandbox
@pytest.mark.parametrize("attack", ALONE)
def test_an_attack_on_the_checks_gains_nothing(graded, attack):
    done = graded(attack)
    assert "test_f" in done.failed
    assert done.remarks, "the reader of the grades is told why"


def graded_together(answers, folder, sandboxed):
    """Grade a lab with a task for each of these answers, f0, f1, ..., and a last one, honest, that
    is answered well: one kernel serves for all."""
    check = {"grade": True, "locked": True, "points": 1}
    cells = [new_cell("code", "import numpy as np\ndata = np.arange(3)", "setup", locked=True)]
    names = [*(f"f{number}" for number in range(len(answers))), "honest"]
    for name, answer in zip(names, [*answers, F], strict=True):
        cells.append(new_cell("code", answer, name, solution=True))
        cells.append(new_cell("code", CHECK, f"test_{name}", **check))
    lab = nbformat.v4.new_notebook(cells=cells)
    return Graded(lab, folder, sandboxed, {grade_id(cell): cell.source for cell in cells})


@pytest.fixture(scope="module")
def tricked(tmp_path_factory, sandboxed):
    answers = [f"def f(x):\n    return 0\n\n{trick}" for trick in TRICKS]
    return graded_together(answers, tmp_path_factory.mktemp("tricked"), sandboxed)


@pytest.mark.sandbox
def test_tricks_are_undone_and_reported(tricked):
    assert set(tricked.failed) == {f"test_f{number}" for number in range(len(TRICKS))}
    (remark,) = tricked.remarks
    head, _, names = remark.rstrip(".").partition(": ")
    assert "put back" in head
    assert set(names.split(", ")) == set(TRICKS.values())


@pytest.fixture(scope="module")
def attacked(tmp_path_factory, sandboxed):
    """The attacks that can share a kernel, and what came of them."""
    answers = [f"{first}\ndef f(x):\n    {inside}" for first, inside in map(ATTACKS.get, TOGETHER)]
    return graded_together(answers, tmp_path_factory.mktemp("attacked"), sandboxed)


@pytest.mark.sandbox
@pytest.mark.parametrize("attack", TOGETHER)
def test_an_attack_on_one_check_gains_nothing(attacked, attack):
    """The answers in some of these attacks are right: the check that they disturb is void."""
    name = f"f{TOGETHER.index(attack)}"
    assert f"test_{name}" in attacked.failed
    first, inside = ATTACKS[attack]
    if "return 2 * x" in inside:
        assert attacked.failed[f"test_{name}"] in (executing.VOID, executing.INTERFERES)
    told = [remark for remark in attacked.remarks if re.search(rf"\b(test_)?{name}\b", remark)]
    assert told or any(remark.startswith(executing.CHANGED) for remark in attacked.remarks)


@pytest.mark.sandbox
def test_the_next_check_is_sound_again(attacked):
    assert "test_honest" not in attacked.failed


@pytest.mark.sandbox
@pytest.mark.parametrize("student", HONEST)
def test_what_honest_students_do_costs_nothing(graded, student):
    done = graded(student)
    assert done.failed == {}
    assert done.remarks == []


@pytest.mark.sandbox
def test_a_warning_or_a_value_is_neither_a_failure_nor_a_grade(graded):
    done = graded("noisy")
    assert done.failed == {}
    assert done.remarks == []
    assert done.outputs
    for output in done.outputs:
        assert (output.output_type, output.name) == ("stream", "stdout")


@pytest.mark.sandbox
def test_an_execution_in_the_store_is_not_repeated(source, tmp_path, sandboxed):
    files, store = tmp_path / "files", tmp_path / "store"
    files.mkdir()
    executor = SandboxedExecute(store=str(store), sandboxed=sandboxed)
    first, second = restore(source, source)[0], restore(source, source)[0]
    executor.fill(first, files)
    (stored,) = store.iterdir()
    stored.write_text(stored.read_text().replace("passes", "from the store"))
    executor.fill(second, files)
    assert "from the store" in str(second.cells[2].outputs)
    assert len(list(store.iterdir())) == 1


def test_an_execution_counts_only_where_nothing_has_changed(source, tmp_path, monkeypatch):
    """Files of the lab, text files too, versions of packages, limits, our own code."""
    executor = executing.SandboxedExecute(store=str(tmp_path / "store"))
    files = tmp_path / "files"
    files.mkdir()
    places = {executor.place(source, files)}
    (files / "words.txt").write_text("one")
    places.add(executor.place(source, files))
    (files / "words.txt").write_text("two")
    places.add(executor.place(source, files))
    executor.cell_seconds = 31
    places.add(executor.place(source, files))
    executor.container = "docker"
    places.add(executor.place(source, files))
    executor.container = ""
    monkeypatch.setattr(executing, "versions", lambda: "numpy 99")
    places.add(executor.place(source, files))
    assert len(places) == 6
    (files / "timestamp.txt").write_text("when it was handed in")
    (files / "other.ipynb").write_text("")
    assert executor.place(source, files) in places


def test_the_versions_are_those_of_python_and_of_all_packages():
    assert sys.version in executing.versions().encode().decode("unicode_escape")
    assert f"('numpy', '{numpy.__version__}')" in executing.versions()


def test_an_execution_that_tells_nothing_is_forgotten(source, tmp_path, monkeypatch):
    executor = executing.SandboxedExecute(store=str(tmp_path / "store"))
    told = [[executing.BUSY], []]
    monkeypatch.setattr(executing, "execute", lambda *arguments: told.pop(0))
    files = tmp_path / "files"
    files.mkdir()
    assert executor.fill(source, files) == executor.fill(source, files) == [executing.BUSY]
    executor.forget(source, files, sound_ones=False)
    assert executor.fill(source, files) == []
    executor.forget(source, files, sound_ones=False)
    assert executor.fill(source, files) == [], "it is kept"
    executor.forget(source, files, sound_ones=True)
    with pytest.raises(IndexError):
        executor.fill(source, files)


# --- What students call ---------------------------------------------------------------------------


@pytest.fixture
def labs(source, tmp_path, monkeypatch):
    """A course of one lab, lab0."""
    (tmp_path / "labs" / "lab0").mkdir(parents=True)
    nbformat.write(source, tmp_path / "labs" / "lab0" / "lab0.ipynb")
    monkeypatch.setattr(checking, "SOURCE", tmp_path / "labs")
    monkeypatch.setattr(checking, "names", lambda: ["lab0"])
    return tmp_path


@pytest.mark.kernel
def test_check_says_what_passes_and_what_is_open(labs, source):
    mine = copy.deepcopy(source)
    mine.cells[1].source = F
    mine.cells[
        3
    ].source = "def g(x):\n    raise NotImplementedError('This task has no answer yet.')"
    nbformat.write(mine, labs / "mine.ipynb")
    before = (labs / "mine.ipynb").read_bytes()
    lines = []
    assert checking.check(labs / "mine.ipynb", lines.append) == 1
    assert lines[:2] == [
        "passes  f (60 points)",
        "open    g (40 points): This task has no answer yet.",
    ]
    assert lines[-1].startswith("1 of 2 tasks pass their visible checks.")
    assert (labs / "mine.ipynb").read_bytes() == before


@pytest.mark.kernel
def test_check_tells_of_copied_and_edited_checks_and_of_missing_cells(labs, source):
    mine = copy.deepcopy(source)
    mine.cells[1].source, mine.cells[2].source = F, "pass"
    mine.cells.append(copy.deepcopy(mine.cells[1]))
    del mine.cells[3:5]
    text = "\ufeff" + nbformat.writes(mine)  # as some editors on Windows save it
    (labs / "mine.ipynb").write_text(text, encoding="utf-8")
    lines = []
    assert checking.check(labs / "mine.ipynb", lines.append) == 1
    assert lines[2:-1] == [f"Note: {remark}" for remark in restore(mine, source)[1]]
    assert [line for line in lines if line.startswith("Note")] == [
        "Note: The cell f is there 2 times; the last one counts.",
        "Note: Missing cells were put back: g, test_g.",
        "Note: Changed cells were put back as they were: test_f.",
    ]


def test_check_says_what_grading_says(labs, source):
    """Of what is too large, of another version, or no notebook."""
    released = Lab(source, "lab0").notebook
    released.metadata["lab"] = {"name": "lab0", "version": "another"}
    files = {
        "large": b" " * 21_000_000,
        "another": nbformat.writes(released).encode(),
        "none": b"PK",
    }
    for name, content in files.items():
        (labs / f"{name}.ipynb").write_bytes(content)
        (labs / "class" / name).mkdir(parents=True)
        (labs / "class" / name / "lab0.ipynb").write_bytes(content)
    for submission in collect(labs / "class", "lab0", source):
        with pytest.raises(LabError) as problem:
            checking.check(labs / f"{submission.student}.ipynb")
        assert str(problem.value) == submission.problem
    assert "21 MB" in collect(labs / "class", "lab0", source)[1].problem


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("other", "none of its tasks"),
        ("empty", "The file is empty."),
        ("absent", "is not a notebook's file"),
    ],
)
def test_check_says_what_is_no_lab(labs, name, says):
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    nbformat.write(other, labs / "other.ipynb")
    (labs / "empty.ipynb").write_text("")
    with pytest.raises(LabError, match=says):
        checking.check(labs / f"{name}.ipynb")
