"""Whatever goes wrong with one submission is its own failure: it has no points, never a zero, the
class goes on, and the next call tries again. And one grader at a time."""

import csv
import errno
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import Future

import nbformat
import pytest

from tests.support.labs import answered, source
from tools.labs import __main__ as command
from tools.labs import course as courses
from tools.labs import executing, feedback, grade, locking, records, report
from tools.notebooks import ROOT

LAB = "lab1_neuron"
GOOD, OTHER = "zoe", "yan"


def hand_in(folder, *students):
    """Write a submission for each of some students, all different."""
    for student in students:
        mine = answered(source(LAB), {})
        mine.cells.append(nbformat.v4.new_code_cell(f"# {student}"))
        (folder / student).mkdir(parents=True)
        nbformat.write(mine, folder / student / f"{LAB}.ipynb")


def rows(table):
    """Return the rows of a table of grades by student."""
    with table.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def raises(problem):
    """Return a function that raises an error."""

    def fail(*arguments, **options):
        raise problem

    return fail


class NoFeedback(feedback.Feedback):
    """Writes no pages, which takes seconds."""

    def begin(self, student):
        future = Future()
        future.set_result(None)
        return future


@pytest.fixture(scope="module")
def released_home(tmp_path_factory):
    """A home whose gradebook knows the lab."""
    home = tmp_path_factory.mktemp("home")
    course = courses.Course(home, sandboxed=False)
    course.release(LAB)
    mark = home / "grades" / LAB / "version"
    mark.parent.mkdir(parents=True)
    mark.write_text(records.version(LAB, course.executor))
    return home


@pytest.fixture
def call(released_home, tmp_path, monkeypatch):
    """Return a function that grades a class of these students without executing anything."""
    monkeypatch.setattr(executing, "execute", lambda nb, *arguments: [])
    shutil.copytree(released_home, tmp_path / "home")

    def grade_class(*students, again=None, say=lambda line: None, pages=NoFeedback):
        monkeypatch.setattr(grade, "Feedback", pages)
        if not (tmp_path / "class").exists():
            hand_in(tmp_path / "class", *students)
        return grade.grade(LAB, tmp_path / "class", 2, tmp_path / "home", False, say, again=again)

    return grade_class


FAULTS = {
    "ann": RecursionError("maximum recursion depth exceeded"),
    "ben": MemoryError(),
    "cat": UnicodeEncodeError("ascii", "ü", 0, 1, "ordinal not in range"),
    "dan": OSError(errno.ENOSPC, "No space left on device"),
    "eve": sqlite3.OperationalError("database is locked"),
}


def test_one_failure_is_one_remark_and_no_zero(call, tmp_path, monkeypatch):
    right_execute, right_score, right_keep = grade.execute, grade.score, grade.Run.keep
    begin = feedback.Feedback.begin

    def execute(course, lab, notebook, submission, again=False):
        if submission.student in ("ann", "ben"):
            raise FAULTS[submission.student]
        return right_execute(course, lab, notebook, submission, again)

    def score(course, lab, submission):
        if submission.student in ("cat", "eve"):
            raise FAULTS[submission.student]
        return right_score(course, lab, submission)

    def keep(run, record):
        if record.student == "dan":
            raise FAULTS["dan"]
        return right_keep(run, record)

    def end_once(pages, student):
        future = begin(pages, student)
        if student == OTHER and student not in pages.retried:
            for process in list(pages.processes._processes.values()):
                process.kill()  # as the kernel does when memory is short
        return future

    with monkeypatch.context() as patch:
        patch.setattr(grade, "execute", execute)
        patch.setattr(grade, "score", score)
        patch.setattr(grade.Run, "keep", keep)
        patch.setattr(feedback.Feedback, "begin", end_once)
        lines = []
        with pytest.raises(grade.UnfinishedError) as caught:
            call(*FAULTS, GOOD, OTHER, say=lines.append, pages=feedback.Feedback)
    assert "5 of 7" in str(caught.value)
    assert "ann, ben, cat, dan, eve" in str(caught.value)
    table = rows(caught.value.grades)
    for student in FAULTS:
        assert table[student]["points"] == ""
        assert set(list(table[student].values())[3:-3]) == {""}, "no points, and no zeros"
        assert "technical problem" in table[student]["remarks"] or student == "eve"
    assert "in use by another program" in table["eve"]["remarks"]
    for student in (GOOD, OTHER):
        assert float(table[student]["points"]) >= 0
    page = (tmp_path / "home" / "grades" / LAB / "summary.html").read_text(encoding="utf-8")
    assert "2 submissions;" in page
    assert "5 could not be graded" in page
    assert "Without a sandbox. Limits: 30 s" in page
    kept = {path.stem for path in (tmp_path / "home" / "grades" / LAB / "students").iterdir()}
    assert kept == {GOOD, OTHER}

    lines.clear()
    table = rows(call(say=lines.append))
    assert lines[0] == "2 of 7 submissions are graded already."
    assert all(row["points"] for row in table.values())


def test_who_is_graded_again_is_said_by_name(call, monkeypatch):
    call(GOOD, OTHER)
    lines = []
    call(again=[OTHER], say=lines.append)
    assert lines[0] == "1 of 2 submissions are graded already."
    lines.clear()
    call(again=[], say=lines.append)
    assert [line for line in lines if "already" in line] == []
    with pytest.raises(courses.LabError, match="nobody in these submissions is called bob"):
        call(again=["bob", GOOD])
    # A time-out while the computer was busy says nothing, and is not kept for ever.
    monkeypatch.setattr(executing, "execute", lambda nb, *arguments: [executing.BUSY])
    call(again=[OTHER])
    lines.clear()
    monkeypatch.setattr(executing, "execute", lambda nb, *arguments: [])
    table = rows(call(say=lines.append))
    assert lines[0] == "1 of 2 submissions are graded already."
    assert table[OTHER]["remarks"] == ""


def test_a_locked_gradebook_is_waited_for_and_then_said(call, tmp_path, monkeypatch):
    call(GOOD)
    monkeypatch.setattr(courses, "DATABASE_SECONDS", 0.2)
    with sqlite3.connect(tmp_path / "home" / "gradebook.db", isolation_level=None) as database:
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(grade.UnfinishedError) as caught:
            call(again=[])
        database.execute("ROLLBACK")
    database.close()
    row = rows(caught.value.grades)[GOOD]
    assert "gradebook is in use by another program" in row["remarks"]
    assert row["points"] == ""
    assert rows(call())[GOOD]["points"]


def test_hostile_files_stop_nobody(call, tmp_path):
    hand_in(tmp_path / "class", "deep", "huge", "odd", "outputs", GOOD)
    content = (tmp_path / "class" / GOOD / f"{LAB}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(content)

    def write(student, text):
        path = tmp_path / "class" / student / f"{LAB}.ipynb"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")

    deep = "[" * 100_000 + "]" * 100_000
    write("deep", content.replace('"metadata": {', f'"metadata": {{"x": {deep}, ', 1))
    write("huge", content.replace('"metadata": {', f'"metadata": {{"x": {"9" * 10_000}, ', 1))
    middling = "[" * 400 + "]" * 400  # Python reads it, and fails when it copies it
    notebook["cells"].append(
        {"cell_type": "code", "id": "x", "metadata": {}, "source": "# \ud800 \0", "outputs": []}
        | {"execution_count": None}
    )
    notebook["metadata"]["x"] = float("nan")
    odd = json.dumps(notebook).replace("NaN", middling)
    write("odd", odd)
    bundle = {"output_type": "display_data", "metadata": {}, "data": {"application/json": "DEEP"}}
    notebook["cells"][-1]["outputs"] = [bundle]
    write("outputs", json.dumps(notebook).replace('"DEEP"', middling))
    table = rows(call())
    assert "nested too deeply" in table["deep"]["remarks"]
    assert table["huge"]["points"] == "0"
    for student in ("odd", "outputs", GOOD):
        assert table[student]["remarks"] == "", student
        assert table[student]["points"] == table[GOOD]["points"]


def test_a_terminal_is_not_steered_by_what_a_notebook_says(call, monkeypatch):
    monkeypatch.setattr(executing, "execute", lambda nb, *arguments: ["\x1b]0;owned\x07 a\u202eb"])
    lines = []
    call(GOOD, say=lines.append)
    assert f"{GOOD}: graded ( ]0;owned  a b)" in lines


def test_a_technical_failure_is_no_success_of_the_command(tmp_path, monkeypatch, capsys):
    table = tmp_path / "grades.csv"
    problem = grade.UnfinishedError("1 of 2 submissions could not be graded.", table)
    monkeypatch.setattr(grade, "grade", raises(problem))
    status = command.main(["grade", LAB, str(tmp_path), "--home", str(tmp_path)])
    said = capsys.readouterr()
    assert status == 1
    assert said.err == "1 of 2 submissions could not be graded.\n"
    assert "grades.csv" in said.out


def test_a_terminal_without_umlauts_stops_nobody():
    code = (
        "from tools.labs import __main__ as command, grade\n"
        "grade.grade = lambda *a, **k: a[5]('J\\u00fcrgen: graded') or a[1]\n"
        f"command.main(['grade', '{LAB}', 'place', '--no-sandbox'])"
    )
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert b"J\\xfcrgen: graded" in done.stdout


def test_trouble_outside_of_all_submissions_is_one_sentence(call, monkeypatch):
    monkeypatch.setattr(report, "write", raises(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(courses.LabError, match=r"technical problem \(OSError: .*No space left"):
        call(GOOD)


# --- One grader at a time -------------------------------------------------------------------------

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from tools.labs.locking import HomeLock\n"
    "with HomeLock(Path(sys.argv[1]), 'grading of lab1'):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(60)\n"
)


def test_one_grader_at_a_time_and_a_killed_one_leaves_no_lock(call, tmp_path):
    home = tmp_path / "home"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(courses.LabError) as caught:
            call(GOOD)
        assert str(caught.value).startswith(
            f"{home} is in use: grading of lab1, process {other.pid} on "
        )
    finally:
        other.kill()
        other.communicate()
    with locking.HomeLock(home, "a test"):
        pass
    with locking.HomeLock(home, "a test"), pytest.raises(locking.HeldError, match="a test"):
        locking.HomeLock(home, "another").__enter__()


@pytest.mark.skipif(os.name == "nt", reason="uses a signal of Unix")
def test_a_lock_is_free_when_a_grader_is_killed(tmp_path):
    for _ in range(2):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout.readline() == "held\n"
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()


def test_a_record_of_a_failure_is_never_taken_for_a_grade(tmp_path):
    records.Record("ada", "f", "mark", remarks=[executing.BUSY]).write(tmp_path)
    assert records.known(tmp_path / "ada.json", "mark") is None
