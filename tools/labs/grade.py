"""Grades the submissions of one lab, in parallel, and so that a kill at any moment loses no
finished grade.

What is finished lies on disk as soon as it is: executions in executed/, scores in nbgrader's
gradebook, and behind them a record for each student in grades/LAB/students/. A second call does
only what has no record yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sqlalchemy.exc import SQLAlchemyError

from tools.labs import report, sandbox
from tools.labs.collect import Submission, collect
from tools.labs.course import GRADEBOOK_IN_USE, LABS, LOCKED, SOURCE, Course, LabError, source_of
from tools.labs.feedback import Feedback
from tools.labs.locking import HeldError, HomeLock
from tools.labs.records import Record, earlier, known, last, version
from tools.labs.restoring import restore
from tools.notebooks import write_whole

Say = Callable[[str], None]


class UnfinishedError(LabError):
    """Some submissions could not be graded for technical reasons; all others are.

    Attributes:
        grades: the CSV file of all grades.
    """

    def __init__(self, sentence: str, grades: Path):
        super().__init__(sentence)
        self.grades = grades


def grade(
    lab: str,
    place: Path,
    jobs: int = 1,
    home: Path = LABS,
    sandboxed: bool = True,
    say: Say = print,
    container: str = "",
    again: list[str] | None = None,
) -> Path:
    """Grade what has not been graded yet; return the CSV file of all grades.

    Args:
        lab: the lab's name.
        place: folder of submissions, STUDENT/LAB.ipynb each, or a zip that a learning platform
            exports. Nothing in it is changed.
        jobs: how many submissions are executed at a time.
        home: where everything about the class lies.
        sandboxed: whether student code runs in a sandbox.
        say: called with every line for the user.
        container: docker or podman, for containers; empty for bubblewrap.
        again: students who are graded anew; an empty list for all.

    Raises:
        LabError, SubmissionsError, SandboxError: one sentence for the user. UnfinishedError, a
            LabError, if all is done but what could not be graded for technical reasons.
    """
    source = nbformat.read(source_of(lab), 4)
    course = Course(home, sandboxed, container)
    if sandboxed:
        sandbox.prove(course.executor.limits, container)
    try:
        with HomeLock(course.home, f"grading of {lab}"):
            submissions = collect(place, lab, source, course.home)
            return Run(course, lab, source, say).grade(submissions, jobs, again)
    except HeldError as held:
        raise LabError(str(held)) from None
    except (OSError, SQLAlchemyError) as problem:  # outside of any submission
        raise LabError(sentence_about(problem)) from problem


def sentence_about(problem: BaseException) -> str:
    """Return what went wrong, in one sentence for the user.

    Args:
        problem: any error that is no submission's fault.
    """
    if isinstance(problem, LabError | sandbox.SandboxError):
        return str(problem)
    if LOCKED in str(problem):
        return GRADEBOOK_IN_USE
    lines = str(problem).strip().splitlines()
    about = f": {lines[0][:200]}" if lines else ""
    return f"The grader has met a technical problem ({type(problem).__name__}{about})."


class Run:
    """One call of `grade`: the records of the class, and the submissions that are in work.

    Args:
        course: nbgrader for this class.
        lab: the lab's name.
        source: the instructor's notebook.
        say: called with every line for the user.
    """

    def __init__(self, course: Course, lab: str, source: NotebookNode, say: Say):
        self.course = course
        self.lab = lab
        self.source = source
        self.folder = course.home / "grades" / lab
        self.say = say
        self.records: dict[str, Record] = {}
        self.again: set[str] = set()

    def grade(self, submissions: list[Submission], jobs: int, again: list[str] | None) -> Path:
        """Grade a class; return the CSV file of all grades.

        Args:
            submissions: the whole class.
            jobs: how many are in work at a time.
            again: students who are graded anew; an empty list for all, None for nobody.

        Raises:
            LabError: if there is no such student, or nbgrader cannot release the lab.
            UnfinishedError: if some could not be graded for technical reasons.
        """
        students = {submission.student for submission in submissions}
        if unknown := [student for student in again or () if student not in students]:
            raise LabError(f"--again: nobody in these submissions is called {', '.join(unknown)}.")
        self.again = students & set(again or students) if again is not None else set()
        state = version(self.lab, self.course.executor)
        mark = self.folder / "version"
        if not mark.exists() or mark.read_text() != state:
            self.course.release(self.lab)  # nbgrader's gradebook learns the lab's cells
            write_whole(mark, state)
        waiting = self.begin(submissions, state)
        if len(waiting) < len(submissions):
            done = len(submissions) - len(waiting)
            self.say(f"{done} of {len(submissions)} submissions are graded already.")
        began = time.monotonic()
        self.work([*self.changed_by_hand(), *waiting], jobs)
        failed = [record for record in self.records.values() if record.failure]
        if waiting:
            graded = len(waiting) - len(failed)
            self.say(f"Graded {graded} in {time.monotonic() - began:.0f} s.")
        executor = self.course.executor
        limits = sandbox.applied(executor.limits, executor.sandboxed, executor.container)
        records = [*self.records.values(), *earlier(self.folder / "students", students)]
        records.sort(key=lambda record: record.student)
        grades = report.write(self.course, self.lab, self.folder, records, self.source, limits)
        if failed:
            names = ", ".join(record.student for record in failed[:5])
            more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
            raise UnfinishedError(
                f"{len(failed)} of {len(submissions)} submissions could not be graded for "
                f"technical reasons: {names}{more}. They have no points in the table; "
                "call again to grade them.",
                grades,
            )
        return grades

    def begin(self, submissions: list[Submission], state: str) -> list[Submission]:
        """Take over the records that are there, begin new ones for the rest; return the rest.

        Args:
            submissions: the whole class.
            state: the fingerprint of all that grades depend on besides.
        """
        waiting = []
        for submission in submissions:
            student = submission.student
            content = submission.content + state.encode() + submission.problem.encode()
            fingerprint = hashlib.sha256(content).hexdigest()
            path = self.folder / "students" / f"{student}.json"
            record = known(path, fingerprint)
            if not record or student in self.again:
                record = Record(student, submission.file, fingerprint, submission.problem)
                record.remarks, record.open = list(submission.remarks), submission.open
                record.mark = hashlib.sha256(submission.content).hexdigest()
                if before := last(path):
                    record.again = before.again or before.mark != record.mark
                waiting.append(submission)
            self.records[student] = record
        return waiting

    def changed_by_hand(self) -> list[str]:
        """Return the students whose points or comments have been changed since the last call."""
        return [
            record.student
            for record in self.records.values()
            if record.given and record.given != report.given(self.course, self.lab, record.student)
        ]

    def work(self, todo: list[Submission | str], jobs: int) -> None:
        """Execute, score and write feedback, and finish the records one by one. Whatever goes wrong
        with one submission is its own failure.

        Args:
            todo: submissions to grade, and names of students who only need new feedback.
            jobs: how many are in work at a time, each from its execution to its feedback.
        """
        todo = list(todo)
        with ThreadPoolExecutor(jobs) as threads, Feedback(self.course, self.lab, jobs) as feedback:
            executing: dict[Future, Submission] = {}
            writing: dict[Future, str] = {}
            while todo or executing or writing:
                while todo and len(executing) + len(writing) < jobs:
                    task = todo.pop(0)
                    if isinstance(task, str):
                        writing[feedback.begin(task)] = task
                    elif task.problem:
                        self.finish(task.student)
                    else:
                        again = task.student in self.again
                        future = threads.submit(
                            execute, self.course, self.lab, self.source, task, again
                        )
                        executing[future] = task
                running = [*executing, *writing]
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else []:
                    if future in writing:
                        student = writing.pop(future)
                        if isinstance(future.exception(), BrokenExecutor) and (
                            retry := feedback.retry(student)
                        ):
                            writing[retry] = student
                        else:
                            self.finish(student, future.exception())
                        continue
                    submission = executing.pop(future)
                    student = submission.student
                    problem = future.exception() or self.scored(submission)
                    if problem:
                        self.finish(student, problem)
                    else:
                        writing[feedback.begin(student)] = student

    def scored(self, submission: Submission) -> Exception | None:
        """Score an executed submission; return what went wrong, if anything."""
        try:
            remarks = score(self.course, self.lab, submission)
        except Exception as problem:
            return problem
        self.records[submission.student].remarks += remarks
        return None

    def finish(self, student: str, problem: BaseException | None = None) -> None:
        """Keep the record of a submission that is done, and say so.

        Args:
            student: whose it is.
            problem: what went wrong, if anything.
        """
        record = self.records[student]
        if problem is None:
            try:
                self.keep(record)
            except Exception as trouble:
                problem = trouble
        if problem is not None:
            record.failure = sentence_about(problem)
            # A record of an earlier call must not stand for a grade.
            (self.folder / "students" / f"{student}.json").unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.write_page(record)
        first, *rest = record.said if record.failure or record.problem else ["graded", *record.said]
        line = f"{student}: {first}" + (f" ({'; '.join(rest)})" if rest else "")
        # What a notebook says must not steer the terminal.
        self.say("".join(sign if sign.isprintable() else " " for sign in line))

    def keep(self, record: Record) -> None:
        """Write the record of a submission that is done, as the last thing of all."""
        if record.problem:
            self.write_page(record)
        else:
            record.given = report.given(self.course, self.lab, record.student)
        record.write(self.folder / "students")

    def write_page(self, record: Record) -> None:
        """Write the page of feedback of a submission that was not graded."""
        page = self.course.home / "feedback" / record.student / self.lab / f"{self.lab}.html"
        write_whole(page, report.not_graded(self.lab, record))


def execute(
    course: Course, lab: str, source: NotebookNode, submission: Submission, again: bool = False
) -> None:
    """Execute a submission, so that its outputs are in the store when nbgrader asks for them.

    Args:
        course: nbgrader for this class.
        lab: the lab's name.
        source: the instructor's notebook.
        submission: what to execute.
        again: whether to execute it even if the store has it.
    """
    restored, _ = restore(submission.notebook, source)
    course.executor.forget(restored, SOURCE / lab, again)
    course.executor.fill(restored, SOURCE / lab)


def score(course: Course, lab: str, submission: Submission) -> list[str]:
    """Let nbgrader restore the cells, take the outputs from the store, and keep the scores; return
    the remarks.

    Raises:
        LabError: if nbgrader cannot do it.
    """
    copy = course.home / "submitted" / submission.student / lab / f"{lab}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(submission.notebook, copy)
    course.call("autograde", lab, submission.student, force=True, create=True)
    done = nbformat.read(course.home / "autograded" / submission.student / lab / f"{lab}.ipynb", 4)
    return list(done.metadata.get("lab", {}).get("remarks", []))
