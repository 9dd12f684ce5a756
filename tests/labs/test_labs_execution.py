"""What counts as a passed check, and what tricks and accidents in student code do not change. On an example lab of one file."""

import copy
import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from tests.support.labs import WHY_NOT, cell
from tools.labs import check as checking
from tools.labs import sandbox
from tools.labs.grade import LabError
from tools.labs.nbgrader_parts import SandboxedExecute, crashes, execute, grade_id, is_test, restore

CHECK = "assert np.allclose(f(3), 6), f'f(3) should be 6, but {f(3)} came out.'\nprint('passes')"


@pytest.fixture
def source():
    return nbformat.v4.new_notebook(
        cells=[
            cell("code", "import numpy as np\ndata = np.arange(3)", "setup", locked=True),
            cell(
                "code",
                "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
                "f",
                solution=True,
            ),
            cell("code", CHECK, "test_f", grade=True, locked=True, points=60),
            cell(
                "code",
                "def g(x):\n    ### BEGIN SOLUTION\n    return x + data.sum()\n    ### END SOLUTION",
                "g",
                solution=True,
            ),
            cell(
                "code",
                "assert g(1) == 4 and sum([1, 2]) == 3",
                "test_g",
                grade=True,
                locked=True,
                points=40,
            ),
        ]
    )


def graded(source, tmp_path, total_seconds=60, **answers):
    """Execute a submission with these answers; return the messages of the failed checks by task, and the remarks."""
    mine = copy.deepcopy(source)
    for each in mine.cells:
        each.source = answers.get(grade_id(each), each.source)
    restored, remarks = restore(mine, source)
    remarks += execute(
        restored,
        tmp_path,
        sandbox.Limits(cell_seconds=15, total_seconds=total_seconds),
        sandboxed=not WHY_NOT,
    )
    failed = {
        grade_id(c): [o.evalue for o in c.outputs if o.output_type == "error"]
        for c in restored.cells
        if is_test(c)
    }
    return (
        {name: said[0] for name, said in failed.items() if said},
        remarks + crashes(restored),
        restored,
    )


GOOD = {"f": "def f(x):\n    return x + x", "g": "def g(x):\n    return x + 3"}


def test_right_and_wrong_answers(source, tmp_path):
    assert graded(source, tmp_path, **GOOD)[:2] == ({}, [])
    failed, remarks, _ = graded(source, tmp_path, f="def f(x):\n    return x", g=GOOD["g"])
    assert failed == {"test_f": "f(3) should be 6, but 3 came out."} and remarks == []


TRICKS = {
    "np.allclose = lambda *a, **k: True": "numpy.allclose",
    "import builtins\nbuiltins.abs = lambda x: 0": "builtins.abs",
    "get_ipython().showtraceback = lambda *a, **k: None": "IPython's showtraceback",
    "class np:\n    allclose = staticmethod(lambda *a: True)": "np",
    "import ast\nget_ipython().ast_transformers.append(ast.NodeTransformer())": "a hook of IPython",
    "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)": "the treatment of errors",
}
ENDS = ["import os\n    os._exit(0)", "import sys\n    sys.exit()", "raise SystemExit", "exit()"]


def all_graded(source, tmp_path, answers):
    """Execute one submission for each answer to f, two at a time."""
    with ThreadPoolExecutor(2) as threads:
        return list(
            threads.map(lambda answer: graded(source, tmp_path, f=answer, g=GOOD["g"]), answers)
        )


def test_a_trick_is_undone_and_reported(source, tmp_path):
    done = all_graded(source, tmp_path, ["def f(x):\n    return 0\n\n" + trick for trick in TRICKS])
    for (trick, names), (failed, remarks, _) in zip(TRICKS.items(), done):
        assert (
            set(failed) == {"test_f"}
            and len(remarks) == 1
            and names in remarks[0]
            and "put back" in remarks[0]
        ), trick


def test_an_accident_costs_no_other_task(source, tmp_path):
    """The lab's data bound to something else, and a variable called sum."""
    failed, remarks, _ = graded(
        source,
        tmp_path,
        f=GOOD["f"] + "\nsum = 3\ndata = None",
        g="def g(x):\n    return x + data.sum()",
    )
    assert failed == {} and "data" in remarks[0] and "sum" in remarks[0]


def test_an_early_exit_is_not_a_pass(source, tmp_path):
    for end, (failed, _, _) in zip(
        ENDS, all_graded(source, tmp_path, [f"def f(x):\n    {end}" for end in ENDS])
    ):
        assert "test_f" in failed, end


def test_what_breaks_python_itself_breaks_only_this_submission(source, tmp_path):
    failed, _, _ = graded(
        source,
        tmp_path,
        10,
        f="import builtins\nbuiltins.len = lambda x: 0\nbuiltins.isinstance = lambda *a: False\n"
        + GOOD["f"],
        g=GOOD["g"],
    )
    assert set(failed) <= {"test_f", "test_g"}


def test_without_the_guard_nothing_counts(source, tmp_path):
    failed, remarks, _ = graded(
        source,
        tmp_path,
        f=GOOD["f"]
        + "\n_lab_guard = {'put_back': lambda proof: None, 'begin': lambda: None, 'end': lambda: None}",
        g=GOOD["g"],
    )
    assert set(failed) == {"test_f", "test_g"} and "interferes with the check test_f" in remarks[0]


def test_a_warning_or_a_value_is_neither_a_failure_nor_a_grade(source, tmp_path):
    noisy = "import sys\ndef f(x):\n    print('careful', file=sys.stderr)\n    return 2 * x"
    failed, remarks, restored = graded(source, tmp_path, f=noisy, g=GOOD["g"])
    assert (failed, remarks) == ({}, [])
    assert all(
        o.output_type == "stream" and o.name == "stdout"
        for c in restored.cells
        if is_test(c)
        for o in c.outputs
    )


def test_an_execution_in_the_store_is_not_repeated(source, tmp_path):
    (tmp_path / "files").mkdir()
    executor = SandboxedExecute(store=str(tmp_path / "store"), sandboxed=not WHY_NOT)
    first, second = restore(source, source)[0], restore(source, source)[0]
    executor.fill(first, tmp_path / "files")
    (kept,) = (tmp_path / "store").iterdir()
    kept.write_text(kept.read_text().replace("passes", "from the store"))
    executor.fill(second, tmp_path / "files")
    assert (
        "from the store" in str(second.cells[2].outputs)
        and len(list((tmp_path / "store").iterdir())) == 1
    )
    (tmp_path / "files" / "more.csv").write_text("1")  # other files, another execution
    executor.fill(second, tmp_path / "files")
    assert len(list((tmp_path / "store").iterdir())) == 2


# --- What students call ---------------------------------------------------------------------------------------------------


@pytest.fixture
def labs(source, tmp_path, monkeypatch):
    """A course of one lab, lab0."""
    (tmp_path / "labs" / "lab0").mkdir(parents=True)
    nbformat.write(source, tmp_path / "labs" / "lab0" / "lab0.ipynb")
    monkeypatch.setattr(checking, "SOURCE", tmp_path / "labs")
    monkeypatch.setattr(checking, "names", lambda: ["lab0"])
    return tmp_path


def test_check_says_what_passes_and_what_is_open(labs, source):
    mine = copy.deepcopy(source)
    mine.cells[1].source, mine.cells[3].source = (
        GOOD["f"],
        "def g(x):\n    raise NotImplementedError('This task has no answer yet.')",
    )
    nbformat.write(mine, labs / "mine.ipynb")
    before, said = (labs / "mine.ipynb").read_bytes(), []
    assert checking.check(labs / "mine.ipynb", said.append) == 1
    assert said[:2] == [
        "passes  f (60 points)",
        "open    g (40 points): This task has no answer yet.",
    ]
    assert (
        said[-1].startswith("1 of 2 tasks pass their visible checks.")
        and (labs / "mine.ipynb").read_bytes() == before
    )


def test_check_says_what_is_no_lab(labs):
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), labs / "other.ipynb"
    )
    (labs / "empty.ipynb").write_text("")
    for name, says in {
        "other": "none of its tasks",
        "empty": "The file is empty.",
        "absent": "is not a notebook's file",
    }.items():
        with pytest.raises(LabError, match=says):
            checking.check(labs / f"{name}.ipynb")


def test_without_a_sandbox_time_and_output_are_still_limited(tmp_path):
    cells = ["while True:\n    pass", "print('x' * 10**7)", "print('still here')"]
    done = sandbox.execute(
        cells, tmp_path, sandbox.Limits(cell_seconds=2, total_seconds=60), sandboxed=False
    )
    assert [outputs[-1].get("ename", outputs[-1].get("text")) for outputs in done.outputs] == [
        "TimeLimit",
        "OutputLimit",
        "still here\n",
    ]


def test_no_variable_of_the_instructor_reaches_the_code(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "1")
    (outputs,) = sandbox.execute(
        ["import os\nprint('A_SECRET' in os.environ)"], tmp_path, sandbox.Limits(), sandboxed=False
    ).outputs
    assert outputs[0]["text"] == "False\n" and os.environ["A_SECRET"] == "1"
    shutil.rmtree(tmp_path, ignore_errors=True)
