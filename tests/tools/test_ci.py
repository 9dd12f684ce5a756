"""The stages of CI: what is called, in which order and company, and what is said at the end.

A stand-in takes the place of `course.py test`, so nothing is tested or trained here.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.small_course import ROOT, call, make_course, save
from tools import ci

pytestmark = pytest.mark.kernel  # what is repeated alone is executed

# Notes when it begins and ends and with which environment, does what the notebook's metadata say.
COURSE = """
import json, os, pathlib, sys, time

name = pathlib.Path(sys.argv[-1]).stem if sys.argv[-1].endswith(".ipynb") else sys.argv[2]
threads = os.environ.get("OMP_NUM_THREADS")
call = {"name": name, "arguments": sys.argv[1:], "threads": threads, "began": time.time()}
call["calibration"] = os.environ.get("COURSE_CALIBRATION_S")
about = {}
if sys.argv[-1].endswith(".ipynb"):
    book = json.loads(pathlib.Path(sys.argv[-1]).read_text(encoding="utf-8"))
    about = book["metadata"]["course"]
    time.sleep(about.get("takes", 0))
call["ended"] = time.time()
with open("calls", "a") as file:
    file.write(json.dumps(call) + "\\n")
if "COURSE_TIMES" in os.environ:
    row = {"notebook": sys.argv[-1], "seconds": about["seconds"]}
    with open(os.environ["COURSE_TIMES"], "a") as file:
        file.write(json.dumps(row) + "\\n")
print("what", name, "prints")
sys.exit(about.get("status", 0))
"""
CALIBRATION = """
REFERENCE_S = 1.8


class CalibrationError(Exception):
    pass


def calibrate(variables=None):
    {}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for variable in ("COURSE_CALIBRATION_S", "COURSE_TIME_TOLERANCE", "COURSE_TIMES"):
        monkeypatch.delenv(variable, raising=False)  # this may be a run of CI itself
    folder = make_course(tmp_path)
    (folder / "course.py").write_text(COURSE, encoding="utf-8")
    text = CALIBRATION.format("return 4.2")
    (folder / "tools" / "calibrate.py").write_text(text, encoding="utf-8")
    (folder / "Part1_ANN").mkdir()
    return folder


def notebook(folder, name, source="pass", **about):
    about = {"measured_s": 10, "time_budget_s": 100, "seconds": 10.0, **about}
    return save(folder / "Part1_ANN" / f"{name}.ipynb", source, **about)


def calls(folder):
    """Return the calls of the stand-in, by name, in the order in which they began."""
    lines = (folder / "calls").read_text(encoding="utf-8").splitlines()
    found = sorted(map(json.loads, lines), key=lambda call: call["began"])
    return {call["name"]: call for call in found}


def test_everything_in_order_and_a_table(folder):
    for name, seconds in (("a", 20), ("b", 40), ("c", None), ("d", 30.5)):
        takes = 3.0 if name == "c" else 0.5  # so that the other lane executes all others
        notebook(folder, name, measured_s=seconds, takes=takes, calibration_s=1.8)
    status, printed = call(folder, "--set-up-seconds", "61", module="tools.ci")
    assert status == 0, printed
    found = calls(folder)
    assert list(found)[:3] == ["--unit", "--labs", "--check"]
    assert found["--unit"]["arguments"] == ["test", "--unit", "--durations=10"]
    assert found["--unit"]["ended"] <= found["--labs"]["began"]
    assert found["--labs"]["ended"] <= found["--check"]["began"]
    assert sorted(list(found)[3:5]) == ["b", "c"], "one whose time is not known may be the longest"
    assert list(found)[5:] == ["d", "a"]
    ends = sorted(found[name]["ended"] for name in "abcd")
    assert found["d"]["began"] >= ends[0] - 0.5, "two at a time, and no more"
    assert found["a"]["began"] < ends[-1], "two at a time, and no less"
    assert {found[name]["threads"] for name in "abcd"} == {"1"}
    assert {found[name]["calibration"] for name in found} == {"4.200"}
    rows = [line.replace("│", " ").split() for line in printed.splitlines()]
    assert ["Part1_ANN/b.ipynb", "40", "93", "10", "0.11", "292"] in rows
    assert ["Part1_ANN/c.ipynb", "10", "292"] in rows
    stages = [row[:-1] for row in rows[-10:] if row and row[-1].isdigit()]
    names = "set-up/calibration/unit tests/lab tests/experiments/notebooks/calibration"
    assert "/".join(" ".join(row) for row in stages[:-1]) == names
    assert "what b prints" not in printed, "what passes prints one line"


def test_only_what_was_asked_for(folder):
    notebook(folder, "a")
    assert call(folder, "tests", module="tools.ci")[0] == 0
    assert set(calls(folder)) == {"--unit", "--labs", "--check"}
    (folder / "calls").unlink()
    assert call(folder, "tests", "Part1_ANN/a.ipynb", module="tools.ci")[0] == 0
    assert set(calls(folder)) == {"--unit", "--labs", "--check", "a"}


def test_a_failure_is_printed_whole_and_named_at_the_end_and_the_others_go_on(folder):
    notebook(folder, "bad", measured_s=50, status=1)
    notebook(folder, "good")
    status, printed = call(folder, "Part1_ANN", module="tools.ci")
    assert status == 1
    assert "what bad prints" in printed and "what good prints" not in printed
    assert printed.splitlines()[-1] == "FAILED: notebooks: Part1_ANN/bad.ipynb"
    assert set(calls(folder)) == {"bad", "good"}
    status, _ = call(folder, "Part1_ANN/good.ipynb", module="tools.ci")
    assert status == 0, "no failure is left over"


def test_what_was_over_budget_is_repeated_alone_and_only_then_fails(folder):
    note = (
        "import json, os, time\n"
        "row = {'name': 'alone', 'threads': os.environ.get('OMP_NUM_THREADS'), "
        "'began': time.time(), 'ended': 0}\n"
        "open('../calls', 'a').write(json.dumps(row) + '\\n')"
    )
    notebook(folder, "saved", source=note, seconds=10**4)
    notebook(folder, "other", takes=1)
    status, printed = call(folder, "Part1_ANN", module="tools.ci", OMP_NUM_THREADS="7")
    assert status == 0, printed
    found = calls(folder)
    assert found["alone"]["began"] >= max(found[name]["ended"] for name in ("saved", "other"))
    assert found["alone"]["threads"] == "7", "nothing runs beside it, so it has all cores"
    assert "repeated alone" in printed

    notebook(folder, "slow", seconds=10**4, time_budget_s=0.01)
    status, printed = call(folder, "Part1_ANN/slow.ipynb", module="tools.ci")
    assert status == 1
    assert "slow.ipynb took" in printed and "executed again with nothing beside it" in printed
    assert printed.splitlines()[-1] == "FAILED: repeated alone: Part1_ANN/slow.ipynb alone"


@pytest.mark.parametrize(("first", "second"), [("100.0", "4.2"), ("4.2", "100.0"), ("99.", "98.")])
def test_the_better_of_both_calibrations_counts(folder, first, second):
    code = (
        "import os\n"
        "    is_second = os.path.exists('calls')\n"
        f"    return {second} if is_second else {first}"
    )
    text = CALIBRATION.format(code)
    (folder / "tools" / "calibrate.py").write_text(text, encoding="utf-8")
    notebook(folder, "slow", seconds=300.0)
    status, printed = call(folder, "Part1_ANN", module="tools.ci")
    assert status == 0, printed
    assert ("repeated alone" in printed) == ("4.2" in (first, second))


def test_what_failed_is_not_repeated(folder):
    notebook(folder, "bad", source="raise SystemExit('repeated')", seconds=10**4, status=1)
    status, printed = call(folder, "Part1_ANN", module="tools.ci")
    assert status == 1
    assert "repeated alone" not in printed


def test_a_calibration_that_fails_is_a_failure(folder):
    text = CALIBRATION.format("raise CalibrationError('No luck.')")
    (folder / "tools" / "calibrate.py").write_text(text, encoding="utf-8")
    notebook(folder, "good")
    status, printed = call(folder, "Part1_ANN", module="tools.ci")
    assert status == 1
    assert printed.splitlines()[-1] == "FAILED: calibration: No luck."
    assert calls(folder)["good"]["calibration"] is None


@pytest.mark.parametrize("name", ["Part9", "README.md", "tests/"])
def test_a_wrong_path_is_told_before_anything_runs(folder, name):
    (folder / "README.md").touch()
    status, printed = call(folder, name, module="tools.ci")
    assert (status, len(printed.splitlines())) == (2, 1)
    assert not (folder / "build").exists()


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_begins_nothing_new(folder):
    for name in "abcd":
        notebook(folder, name, takes=30)
    command = [sys.executable, "-m", "tools.ci", "Part1_ANN"]
    process = subprocess.Popen(command, cwd=folder, start_new_session=True, text=True)
    while not list((folder / "build").glob("ci/Part1*.log")):
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert len(list((folder / "build").glob("ci/Part1*.log"))) == 2
    assert not (folder / "calls").exists()


def test_the_longest_come_first():
    paths = sorted((ROOT / "Part1_ANN").glob("*.ipynb"))
    times = [ci.measured(path) for path in ci.longest_first(paths)]
    assert len(times) > 3 and times == sorted(times, reverse=True) and min(times) > 1
