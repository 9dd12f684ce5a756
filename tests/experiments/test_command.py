"""course.py experiments: runs are kept, made again when they must be, repeated and compared.

Each test calls the program as a user does, in a small course whose experiment trains nothing.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

import tools.experiments.arrays
from tests.support import small_experiment as small
from tests.support.small_experiment import NAME, command, runs, stored
from tools.experiments import checking, declare, reach, worker

EXPERIMENT = f"experiments/{NAME}.py"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A course whose table is complete, and must not be changed."""
    folder = small.make(tmp_path_factory.mktemp("done"))
    small.change(folder, "tools/ci.py", "LANES = 1", "LANES = 2")
    status, printed = command(folder, NAME)
    assert status == 0, printed
    small.change(folder, "tools/ci.py", "LANES = 2", "LANES = 1")
    return folder


@pytest.fixture
def complete(done, tmp_path):
    """A copy of it."""
    return shutil.copytree(done, tmp_path / "a coursé")


@pytest.fixture
def folder(tmp_path):
    """A course whose experiment has not been run."""
    return small.make(tmp_path)


@pytest.fixture
def fault(monkeypatch):
    """Return what is said of a course's stored table, without any run; its data are not read."""
    monkeypatch.setattr(tools.experiments.running, "changed_calls", lambda table: [])
    monkeypatch.setattr(checking, "changed_calls", lambda table: [])

    def look(folder):
        for module in (declare, reach):
            monkeypatch.setattr(module, "ROOT", folder)
        return checking.stored_fault(
            declare.read(NAME, folder / "experiments"), stored(folder).parent
        )

    return look


def test_all_runs_are_stored_and_hold(done, fault):
    lines = runs(done)
    assert len(lines) == 10 and lines == sorted(lines)
    assert lines[0].startswith('"a, b",2,1,') and lines[9].startswith("c,2,5,")
    assert len({line.split(",")[-3] for line in lines}) == 5, "a seed draws the same for each kind"
    assert fault(done) == ""
    text = stored(done).read_text(encoding="utf-8")
    assert '# arrays: {"load_tiny(limit=4)": "' in text and "# data sets: bank churn\n" in text
    page = (done / "experiments" / "README.md").read_text(encoding="utf-8")
    row = "Is one kind better than the other? | [a](../Part1_ANN/a.ipynb) | 5 | 10 | 0 |"
    assert row in page
    status, printed = command(done)
    assert (status, printed) == (0, "tiny: all 10 runs are there.\n")


def test_a_repeated_run_is_compared(complete):
    status, printed = command(complete, "--check", "--all")
    assert status == 0 and printed.count("as stored") == 10
    # What is changed now is nothing that the code's hash could know, as with another version.
    small.write(complete, "keras.py", small.KERAS + "random.random = lambda: 5\n")
    status, printed = command(complete, "--check")
    assert status == 1 and printed.count("differs") == 1
    assert ": score is 20.0 and lies outside of " in printed


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_kill_9_loses_nothing(folder, fault):
    call = [sys.executable, "-m", "tools.experiments", NAME]
    slow = dict(os.environ, TINY_SLEEP="0.5")
    process = subprocess.Popen(call, cwd=folder, env=slow, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not stored(folder).exists() or len(runs(folder)) < 3:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = runs(folder)
    assert 3 <= len(before) < 10
    assert "runs are missing" in fault(folder)
    with stored(folder).open("a", encoding="utf-8") as file:
        file.write("c,2,5,17.")  # as if the line had been cut off
    assert "only half written" in fault(folder)
    status, printed = command(folder, NAME)
    assert status == 0 and printed.splitlines()[0] == f"tiny: {len(before) + 1} of 10 runs"
    after = runs(folder)
    assert len(after) == 10 and set(before) <= set(after), "what was done is not done again"
    assert fault(folder) == ""


def test_a_forged_table_is_refused_and_kept(complete, fault):
    whole = stored(complete).read_text(encoding="utf-8")
    forged = whole.replace("c,2,3,", "c,2,3,9", 1)
    stored(complete).write_text(forged, encoding="utf-8")
    assert "is not as it was stored" in fault(complete)
    for options in ([], ["--check"]):
        status, printed = command(complete, NAME, *options)
        assert status == 1 and "is not as it was stored" in printed
        assert stored(complete).read_text(encoding="utf-8") == forged
    assert command(complete, NAME, "--again")[0] == 0
    assert fault(complete) == ""


def test_a_table_of_older_code_is_stale_and_made_again(complete, fault):
    first = runs(complete)
    small.change(complete, "Part1_ANN/a.ipynb", "return factor * x", "return factor + x")
    assert "the code has changed" in fault(complete)
    status, printed = command(complete, NAME, "--check")
    assert status == 1 and "FAILED tiny.csv: the code has changed" in printed
    status, printed = command(complete, NAME)
    assert "all runs are made again, as the code changed" in printed
    assert fault(complete) == "" and not set(first) & set(runs(complete))


def test_a_table_of_other_data_is_stale_and_made_again(complete):
    small.write(complete, "datasets/tiny.txt", "1 2 4")
    status, printed = command(complete, "--check")
    assert status == 1 and "load_tiny(limit=4) returns other data than it did" in printed
    assert "all runs are made again, as the data changed" in command(complete, NAME)[1]


def test_seeds_and_configurations_are_added_to_what_is_there(folder, fault):
    command(folder, NAME, "--seeds", "2")
    first = runs(folder)
    assert len(first) == 4 and "6 of its runs are missing" in fault(folder)
    command(folder, NAME, "--seeds", "7")
    second = runs(folder)
    assert len(second) == 14 and set(first) < set(second)
    assert fault(folder) == "", "more than are asked for are welcome"

    small.change(folder, EXPERIMENT, '("a, b", "c")', '("d", "c")')
    assert "5 of its runs are missing" in fault(folder)
    command(folder, NAME)
    assert [line[0] for line in runs(folder)] == ["d"] * 5 + ["c"] * 7, "no more are taken away"
    assert {line for line in second if line[0] == "c"} < set(runs(folder))


def test_other_versions_make_nothing_stale_but_nothing_is_added_to_them(complete, fault):
    small.change(complete, "tools/experiments/running.py", 'f"python {', 'f"snake {')
    status, printed = command(complete, NAME, "--seeds", "6")
    assert status == 1 and "none is added. To make all of them again: --again" in printed
    assert len(runs(complete)) == 10 and fault(complete) == ""


def test_own_data_leave_the_stored_table_as_it_is(complete):
    before = runs(complete)
    own = complete.parent / "own" / "churn" / "Churn_Modelling.csv"
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    data = {"COURSE_DATA": str(own.parent.parent)}
    assert command(complete, NAME, "--mine", "--seeds", "2", **data)[0] == 0
    mine = (complete / "work" / "experiments" / "tiny.csv").read_text(encoding="utf-8")
    assert "# data: own" in mine and mine.splitlines()[-1].rpartition(",")[0] not in before
    own.write_text("mine, too", encoding="utf-8")
    printed = command(complete, NAME, "--mine", "--seeds", "2", **data)[1]
    assert "all runs are made again, as the data changed" in printed
    assert command(complete, NAME, **data) == (0, "tiny: all 10 runs are there.\n")
    assert runs(complete) == before, "it is of the default data all the same"


def test_a_reader_makes_runs_again_out_of_a_notebook(complete):
    code = (
        "from experiments.table import experiment\n"
        "runs = experiment('tiny', seeds=1)\n"
        "print(len(runs), runs.attrs['experiment'], list(runs['kind']))"
    )
    call = [sys.executable, "-c", code]
    done = subprocess.run(call, cwd=complete, capture_output=True, encoding="utf-8", timeout=120)
    assert done.stdout.splitlines() == [
        "tiny: 2 runs, 1 of each kind, on the default data",
        "2 tiny ['a, b', 'c']",
    ]
    small.change(complete, EXPERIMENT, "+ START", "+ START / 0")
    done = subprocess.run(call, cwd=complete, capture_output=True, encoding="utf-8", timeout=120)
    assert done.stderr.splitlines()[-1] == (
        "RuntimeError: Experiment tiny could not be run: "
        "FAILED tiny, kind a, b, size 2, seed 1: ZeroDivisionError: division by zero"
    )


def test_a_run_that_fails_is_named_and_the_others_are_kept(folder):
    status, printed = command(folder, NAME, TINY_FAILS="c")
    assert status == 1
    assert "FAILED tiny, kind c, size 2, seed 1: OSError: no luck" in printed
    assert [line[:9] for line in runs(folder)] == ['"a, b",2,']


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        ({"score": 1}, "must return a dict with score, steps"),
        ([1, 2], "must return a dict with score, steps"),
        ({"score": float("nan"), "steps": 1}, "score is no finite number"),
    ],
)
def test_what_a_run_must_return(measured, sentence, monkeypatch):
    for name, module in {
        "keras": {"backend": Mock(), "utils": Mock()},
        "experiments.walk": {"METRICS": {"score": "", "steps": ""}, "run": lambda *_: measured},
    }.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**module))
    job = {"experiment": "walk", "configuration": {}, "seed": 1}
    with pytest.raises(declare.ExperimentError, match=sentence):
        worker.run_job(job, tools.experiments.arrays.Record())


@pytest.mark.parametrize(
    ("lowest", "highest", "allowed"),
    [(0.2, 0.6, (0.1, 0.7)), (1.0, 1.0, (0.999, 1.001)), (0.0, 0.0, (0.0, 0.0))],
)
def test_the_range_is_widened_by_half(lowest, highest, allowed):
    assert checking.allowed(lowest, highest) == pytest.approx(allowed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["walk"], "There is no experiment walk; there are: tiny."),
        (["--seeds", "0"], "--seeds must be 1 or more."),
    ],
)
def test_wrong_arguments(done, arguments, sentence):
    assert command(done, *arguments) == (2, sentence + "\n")
