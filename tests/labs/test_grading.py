"""Every lab, graded: the solution scores all, the student version and hard-coded answers nothing,
and each typical mistake costs exactly its task. The points of all are kept in labs/scores.json."""

import csv
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import psutil
import pytest

from tests.support.labs import (
    EACH,
    LABS_NAMED,
    SLOWER,
    answered,
    automatic,
    by_hand,
    messages,
    new_cell,
    solutions,
    source,
)
from tools.labs import sandbox, scores
from tools.labs.cells import grade_id, is_test, task_of
from tools.labs.course import SOURCE, Course
from tools.labs.executing import execute
from tools.labs.grade import grade
from tools.labs.restoring import restore
from tools.notebooks import ROOT

MOST_SECONDS = sandbox.Limits.total_seconds * SLOWER
# The lab whose student version is graded in the whole chain, too: it has tasks of both kinds.
EMPTY_IN_CLASS = "lab6_fraud_project"
# Forgets in a kernel what a notebook has bound, and lets the guard forget what locked cells did.
FORGET = """\
import sys
end = sys.modules["_lab_guard"].end
dict(zip(end.__code__.co_freevars, end.__closure__))["fixed"].cell_contents.clear()
%reset -f"""


class Executions:
    """Executes notebooks of all labs while the tests go on, those of a lab in one kernel, as its
    start and its imports take longer than most cells: first the solution, as it would be executed
    alone, then one student version, then answers of all kinds.

    Solution and student version are also handed in, and what came of them lies where the grader
    looks for executions.

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
        # Where two processes share the tests, the other one uses the other core.
        self.threads = ThreadPoolExecutor(1 if "PYTEST_XDIST_WORKER" in os.environ else 2)
        self.running = {}
        for lab in LABS_NAMED:
            blank = nbformat.read(released[lab] / f"{lab}.ipynb", 4)
            files = {"solution": answered(blank, solutions(lab))}
            if lab == EMPTY_IN_CLASS:
                files["blank"] = blank
            self.running[lab] = self.threads.submit(self.execute, lab, files, blank)

    def hand_in(self, lab, student, notebook):
        """Hand in a notebook; return it as the grader restores it."""
        path = self.rooms / lab / student / f"{lab}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        return restore(nbformat.read(path, 4), source(lab))[0]

    def execute(self, lab, files, blank):
        """Execute what is handed in, and answers of every kind; return the seconds that it took,
        the trial of the answers, and the remarks.

        Args:
            lab: the lab.
            files: what is handed in, by student.
            blank: the student version.
        """
        books = [self.hand_in(lab, student, notebook) for student, notebook in files.items()]
        trial = scores.Trial(lab, blank, timed)
        together = nbformat.v4.new_notebook()
        for book in (*books, trial.book):
            forget = [new_cell("code", FORGET)] if together.cells else []
            together.cells += [*forget, *book.cells]
        limits = sandbox.Limits(total_seconds=scores.SECONDS)
        began = time.monotonic()
        remarks = execute(together, SOURCE / lab, limits, self.sandboxed)
        seconds = time.monotonic() - began
        for book in books:
            self.course.executor.keep(book, SOURCE / lab, [])
        return seconds, trial, remarks


@pytest.fixture(scope="module")
def executions(released, tmp_path_factory, sandboxed):
    running = Executions(
        released, tmp_path_factory.mktemp("rooms"), tmp_path_factory.mktemp("home"), sandboxed
    )
    yield running
    running.threads.shutdown(cancel_futures=True)


# --- A small class --------------------------------------------------------------------------------


class Class:
    """A class in each lab, of the solution and perhaps the student version, all in one home; it is
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
            executing, _, remarks = self.executions.running[lab].result()
            assert remarks == []
            began = time.monotonic()
            executed = sorted(self.home.glob("executed/*"))
            self.tables[lab] = self.grade(lab)
            assert sorted(self.home.glob("executed/*")) == executed, "nothing is executed again"
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
    assert float(row["points"]) == scores.stored()[lab][scores.REFERENCE]
    assert row["remarks"] == ""
    for cell in graded.autograded(lab, "solution"):
        if cell.cell_type == "code":
            assert messages(cell) == [], "the lab's own cells run, too"
    assert row["graded by hand"] == ("still to do" if by_hand(lab) else "")


@pytest.mark.sandbox
def test_the_student_version_scores_nothing_in_the_whole_chain(graded):
    """In lab 1 with edited checks, too, see test_class.py; for the other labs see the trials of
    answers below."""
    lab = EMPTY_IN_CLASS
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
    """The submissions of each lab and all other answers together, in less than the time that one
    submission may take."""
    graded.rows(lab)
    assert graded.seconds[lab] < MOST_SECONDS


# --- Answers of every kind, in one kernel for each lab --------------------------------------------


def timed(check):
    """Return a check that fails when it takes 10 s or more of a processor."""
    # Names that no check uses: those of lab 6 have a `_time` of their own.
    return (
        f"import time as _clock\n_clock_began = _clock.process_time()\n{check}\n"
        f"assert _clock.process_time() - _clock_began < {10 * SLOWER}, 'it takes 10 s or more'"
    )


@pytest.fixture
def trial(lab, executions):
    """The trial of a lab's answers, which has come to its end."""
    _, trial, remarks = executions.running[lab].result()
    assert remarks == []
    return trial


@pytest.mark.sandbox
@EACH
def test_every_mistake_loses_exactly_its_task_and_is_told_why(lab, trial):
    """That no check uses the answer to another task is seen in test_sources.py, and what mistakes
    cost in the whole chain, on lab 1, in test_class.py."""
    for mistake in scores.mistakes(lab):
        outcome = trial.outcome(mistake["what"])
        assert outcome.points == {**automatic(lab), mistake["task"]: 0}, mistake["what"]
        assert mistake["says"] in outcome.says[mistake["task"]], mistake["what"]


@pytest.mark.sandbox
@EACH
def test_an_empty_notebook_scores_nothing_and_is_told_so(lab, trial):
    empty = trial.outcome(scores.EMPTY)
    assert empty.points == dict.fromkeys(automatic(lab), 0)
    assert all("no answer yet" in message for message in empty.says.values())


@pytest.mark.sandbox
@EACH
def test_hard_coded_answers_pass_the_visible_checks_and_score_nothing(lab, trial):
    assert trial.outcome(scores.HARD_CODED_SEEN).says == dict.fromkeys(automatic(lab), "")
    hard_coded = trial.outcome(scores.HARD_CODED)
    assert hard_coded.points == dict.fromkeys(automatic(lab), 0)
    assert all(hard_coded.says.values())


@pytest.mark.sandbox
@EACH
def test_the_guide_holds_the_points_that_are_given(lab, trial):
    kept = scores.stored().get(lab)
    assert kept == trial.scores(), f"run: python -m tools.labs.scores {lab}; python -m tools.docs"


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
