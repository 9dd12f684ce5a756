"""Every lab, graded: the solution scores all, the student version nothing, and each typical mistake
costs exactly its task."""

import copy
import csv
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest
from nbgrader import utils

from tests.support.labs import (
    EACH,
    LABS_NAMED,
    SLOWER,
    answered,
    automatic,
    by_hand,
    messages,
    mistakes,
    solutions,
    source,
)
from tools.labs import sandbox
from tools.labs.cells import grade_id, is_test, task_of
from tools.labs.collect import Submission
from tools.labs.course import SOURCE, Course
from tools.labs.executing import execute
from tools.labs.grade import execute as execute_submission
from tools.labs.grade import grade
from tools.notebooks import ROOT

MOST_SECONDS = 60 * SLOWER


class Executions:
    """Executes notebooks of all labs, two at a time, while the tests go on: the solution and the
    student version of each lab, as submissions of a class; and all its mistakes.

    Args:
        released: the folders of the student versions.
        rooms: where to write the submissions, a folder for each lab.
        home: the home of the class, where executions are stored.
        sandboxed: whether there is a sandbox.
    """

    def __init__(self, released, rooms, home, sandboxed):
        self.sandboxed = sandboxed
        self.rooms = rooms
        self.course = Course(home, sandboxed)
        self.threads = ThreadPoolExecutor(2)
        self.submissions = {}
        self.mistakes = {}
        for lab in LABS_NAMED:
            blank = nbformat.read(released[lab] / f"{lab}.ipynb", 4)
            files = {"solution": answered(blank, solutions(lab)), "blank": blank}
            self.submissions[lab] = [
                self.threads.submit(self.submit, lab, student, notebook)
                for student, notebook in files.items()
            ]
        for lab in LABS_NAMED:  # later, as the tests ask for them later
            self.mistakes[lab] = self.threads.submit(self.make_mistakes, lab)

    def submit(self, lab, student, notebook):
        """Hand in a notebook and execute it; return the seconds that it took."""
        path = self.rooms / lab / student / f"{lab}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        submission = Submission(student, path.name, path.read_bytes())
        submission.notebook = nbformat.read(path, 4)
        began = time.monotonic()
        execute_submission(self.course, lab, source(lab), submission)
        return time.monotonic() - began

    def make_mistakes(self, lab):
        """Execute a notebook with all mistakes of a lab; return it, and the remarks."""
        book = with_all_mistakes(lab)
        limits = sandbox.Limits(total_seconds=400 * SLOWER)
        return book, execute(book, SOURCE / lab, limits, self.sandboxed)


@pytest.fixture(scope="module")
def executions(released, tmp_path_factory, sandboxed):
    running = Executions(
        released, tmp_path_factory.mktemp("rooms"), tmp_path_factory.mktemp("home"), sandboxed
    )
    yield running
    running.threads.shutdown(cancel_futures=True)


# --- A class of two -------------------------------------------------------------------------------


class Class:
    """A class of two in each lab, the solution and the student version, all in one home; it is
    graded lab by lab when a test asks for it.

    Attributes:
        seconds: how long execution and grading took, by lab.
    """

    def __init__(self, executions):
        self.executions = executions
        self.home = executions.course.home
        self.seconds = {}
        self.tables = {}

    def rows(self, lab):
        """Return the rows of the table of grades by student, with the messages of the checks."""
        if lab not in self.tables:
            executing = sum(future.result() for future in self.executions.submissions[lab])
            began = time.monotonic()
            self.tables[lab] = self.grade(lab)
            self.seconds[lab] = executing + time.monotonic() - began
            for student, row in self.tables[lab].items():
                row["messages"] = {
                    task_of(grade_id(cell)): " ".join(messages(cell))
                    for cell in self.autograded(lab, student)
                    if is_test(cell)
                }
        return self.tables[lab]

    def grade(self, lab, say=lambda line: None):
        """Grade, and return the rows of the table of grades by student."""
        room = self.executions.rooms / lab
        table = grade(lab, room, 2, self.home, self.executions.sandboxed, say)
        with table.open(encoding="utf-8-sig", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    def autograded(self, lab, student):
        """Return the cells of an executed notebook."""
        return nbformat.read(self.home / "autograded" / student / lab / f"{lab}.ipynb", 4).cells


@pytest.fixture(scope="module")
def graded(executions):
    return Class(executions)


def points(row, lab):
    """Return the points of each automatically graded task."""
    return {task: float(row[task]) for task in automatic(lab)}


@pytest.mark.sandbox
@EACH
def test_a_student_version_made_again_is_the_same(lab, released, graded):
    """Grading makes a student version of its own, in another folder."""
    graded.rows(lab)
    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (released[lab], graded.home / "release" / lab)
    )
    of_the_source = {p.name for p in (SOURCE / lab).iterdir() if not p.name.startswith(".")}
    assert first == second
    assert f"{lab}.ipynb" in first
    assert set(first) == of_the_source | {"README.md", "requirements.txt"}


@pytest.mark.sandbox
@EACH
def test_the_solution_scores_everything_that_is_graded_automatically(lab, graded):
    row = graded.rows(lab)["solution"]
    assert points(row, lab) == automatic(lab)
    assert row["remarks"] == ""
    for cell in graded.autograded(lab, "solution"):
        if cell.cell_type == "code":
            assert messages(cell) == [], "the lab's own cells run, too"
    assert row["graded by hand"] == ("still to do" if by_hand(lab) else "")


@pytest.mark.sandbox
@EACH
def test_the_student_version_scores_nothing(lab, graded):
    row = graded.rows(lab)["blank"]
    assert float(row["points"]) == 0
    assert all(float(row[task] or 0) == 0 for task in automatic(lab) | by_hand(lab))
    assert all("no answer yet" in message for message in row["messages"].values())


@pytest.mark.sandbox
def test_points_and_comments_given_by_hand_reach_grades_and_feedback(graded):
    lab = "lab6_fraud_project"
    graded.rows(lab)
    with graded.executions.course.gradebook() as gradebook:
        for task, given in zip(by_hand(lab), (12.5, 9), strict=True):
            gradebook.find_grade(task, lab, lab, "solution").manual_score = given
            comment = gradebook.find_comment(task, lab, lab, "solution")
            comment.manual_comment = f"a comment on {task}"
        gradebook.db.commit()
    lines = []
    row = graded.grade(lab, lines.append)["solution"]
    assert float(row["points"]) == 70 + 12.5 + 9
    assert row["graded by hand"] == ""
    assert lines[0].startswith("2 of 2")
    page = (graded.home / "feedback" / "solution" / lab / f"{lab}.html").read_text(encoding="utf-8")
    assert all(f"a comment on {task}" in page for task in by_hand(lab))
    assert "12.5" in page


@pytest.mark.sandbox
@EACH
def test_a_lab_is_graded_within_its_time(lab, graded):
    """Two submissions of each lab, the solution and an empty one, in the time that one may take."""
    graded.rows(lab)
    assert graded.seconds[lab] < MOST_SECONDS


# --- Typical mistakes -----------------------------------------------------------------------------


def timed(check):
    """Return a check that fails when it takes 10 s or more."""
    # Names that no check uses: those of lab 6 have a `_time` of their own.
    return (
        f"import time as _clock\n_clock_began = _clock.monotonic()\n{check}\n"
        f"assert _clock.monotonic() - _clock_began < {10 * SLOWER}, 'this check takes 10 s or more'"
    )


def with_all_mistakes(lab):
    """Return a notebook that holds, for every mistake of a lab, a cell with all answers, one of
    them wrong, and all checks."""
    cells = source(lab).cells
    begin = next(number for number, cell in enumerate(cells) if utils.is_solution(cell))
    answers = {
        grade_id(cell): cell.source
        for cell in cells
        if utils.is_solution(cell) and cell.cell_type == "code"
    }
    checks = [copy.deepcopy(cell) for cell in cells if is_test(cell)]
    for check in checks:
        check.source = timed(check.source)
    book = nbformat.v4.new_notebook(cells=copy.deepcopy(cells[:begin]))
    for mistake in mistakes(lab):
        right = [answer for task, answer in answers.items() if task != mistake["task"]]
        code = "\n\n".join([*right, mistake["code"]])
        book.cells += [nbformat.v4.new_code_cell(code), *copy.deepcopy(checks)]
    return book


@pytest.mark.sandbox
@EACH
def test_every_mistake_loses_exactly_its_task_and_is_told_why(lab, executions):
    """All mistakes of a lab in one kernel, for speed; that they cost the same in the whole chain is
    seen on lab1 in test_class.py.

    No check takes 10 s.
    """
    book, remarks = executions.mistakes[lab].result()
    assert remarks == []
    checked = [cell for cell in book.cells if is_test(cell)]
    count = len(automatic(lab))
    assert len(checked) == count * len(mistakes(lab))
    for number, mistake in enumerate(mistakes(lab)):
        these = checked[number * count : (number + 1) * count]
        scores = {task_of(grade_id(cell)): utils.determine_grade(cell)[0] for cell in these}
        assert scores == {**automatic(lab), mistake["task"]: 0}, mistake["what"]
        (wrong,) = (cell for cell in these if grade_id(cell) == f"test_{mistake['task']}")
        assert mistake["says"] in " ".join(messages(wrong)), mistake["what"]


# --- Processes ------------------------------------------------------------------------------------


def test_no_worker_outlives_a_grader_that_is_killed():
    code = (
        "import os, time\n"
        "from tools.labs.feedback import workers\n"
        "if __name__ == '__main__':\n"
        "    print(workers(1).submit(os.getpid).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    grader = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    worker = psutil.Process(int(grader.stdout.readline()))
    grader.kill()
    grader.communicate()
    assert psutil.wait_procs([worker], timeout=20)[1] == []
