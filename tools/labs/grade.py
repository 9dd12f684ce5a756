"""Grades the submissions of one lab, in parallel, and so that a kill at any moment loses no
finished grade.

What is finished lies on disk as soon as it is: executions in executed/, scores in nbgrader's
gradebook, and behind them a record for each student in grades/LAB/students/. A second call does
only what has no record yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import multiprocessing
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from tools.labs import report, sandbox
from tools.labs.collect import Submission, collect
from tools.labs.executing import SandboxedExecute
from tools.labs.restoring import restore
from tools.notebooks import ROOT, write_whole

LABS = ROOT / "labs"
SOURCE = LABS / "source"
Say = Callable[[str], None]


class LabError(Exception):
    """Something cannot be done. The text is one sentence for the user."""


def names() -> list[str]:
    """Return the names of all labs."""
    return sorted(
        path.parent.name for path in SOURCE.glob("*/*.ipynb") if path.stem == path.parent.name
    )


def source_of(lab: str) -> Path:
    """Return the instructor's notebook of a lab.

    Raises:
        LabError: if there is no such lab.
    """
    if lab not in names():
        raise LabError(f"There is no lab {lab}; there are {', '.join(names())}.")
    return SOURCE / lab / f"{lab}.ipynb"


# --- nbgrader -------------------------------------------------------------------------------------


class Course:
    """nbgrader for this course, with everything about the class in one folder.

    Args:
        home: where submissions, gradebook, grades and feedback lie.
        sandboxed: whether student code runs in the sandbox.
    """

    def __init__(self, home: Path = LABS, sandboxed: bool = True):
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        config = Config(PyFileConfigLoader("nbgrader_config.py", str(LABS)).load_config())
        config.CourseDirectory.root = str(self.home)
        config.CourseDirectory.db_url = f"sqlite:///{self.home}/gradebook.db"
        config.SandboxedExecute.store = str(self.home / "executed")
        config.SandboxedExecute.sandboxed = sandboxed
        config.NbGraderAPI.log_level = "ERROR"
        self.config = config
        self.coursedir = CourseDirectory(config=config)
        self.api = NbGraderAPI(coursedir=self.coursedir, config=config)
        self.executor = SandboxedExecute(config=config)
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        # nbgrader starts alembic by its name.
        programs = str(Path(sys.executable).parent)
        path = os.environ.get("PATH", "")
        if programs not in path.split(os.pathsep):
            os.environ["PATH"] = programs + os.pathsep + path

    def call(self, what: str, *arguments, **options) -> None:
        """Call a function of nbgrader.

        Raises:
            LabError: with the first error that it names, if it fails.
        """
        with quiet():
            done = getattr(self.api, what)(*arguments, **options)
        if not done["success"]:
            text = (done.get("log") or "") + "\n" + (done.get("error") or "")
            errors = re.findall(r"(?m)^ *[\w.]*(?:Error|Exception|Invalid\w*): (.*)", text)
            reason = errors[0] if errors else "it does not say why"
            raise LabError(f"nbgrader's {what} failed: {reason}")

    def gradebook(self) -> Gradebook:
        """Open the gradebook, to be used in a with statement."""
        return Gradebook(self.coursedir.db_url, self.coursedir.course_id)

    def release(self, lab: str) -> Path:
        """Make the student version of a lab in release/; return its folder.

        Raises:
            LabError: if there is no such lab, or nbgrader cannot do it.
        """
        source_of(lab)
        self.call("generate_assignment", lab, force=True, create=True)
        folder = self.home / "release" / lab
        shutil.copy(ROOT / "requirements.txt", folder)
        (folder / "README.md").write_text(report.for_students(lab), encoding="utf-8")
        return folder


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep nbgrader's messages, which go to stderr whatever its log level, from the user."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        contextlib.redirect_stdout(nowhere),
    ):
        yield


# --- Records --------------------------------------------------------------------------------------


@dataclass
class Record:
    """What is known about one submission when it is finished.

    Attributes:
        student, file: as in Submission.
        fingerprint: of the submission and of all that its grade depends on.
        problem: why it could not be graded, one sentence; empty if it was.
        remarks: what the reader of the grades should know, a sentence each.
        given: the points and comments that the feedback shows.
    """

    student: str
    file: str
    fingerprint: str
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    given: str = ""

    def write(self, folder: Path) -> None:
        """Write the record into a folder of records."""
        text = json.dumps(vars(self), indent=1, ensure_ascii=False)
        write_whole(folder / f"{self.student}.json", text)


def known(path: Path, fingerprint: str) -> Record | None:
    """Return the record of a finished submission, if it is of exactly this one."""
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return record if record.fingerprint == fingerprint else None


def version(lab: str, executor: SandboxedExecute) -> str:
    """Return a fingerprint of all that a grade depends on besides the submission."""
    source = [
        path
        for path in sorted((SOURCE / lab).rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    ]
    here = Path(__file__).parent
    code = sorted([*here.glob("*.py"), *here.glob("templates/*")])
    parts = [repr((executor.limits, executor.sandboxed)).encode()]
    parts += [path.read_bytes() for path in [*source, *code]]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


# --- Grading --------------------------------------------------------------------------------------


def grade(
    lab: str,
    place: Path,
    jobs: int = 1,
    home: Path = LABS,
    sandboxed: bool = True,
    say: Say = print,
) -> Path:
    """Grade what has not been graded yet; return the CSV file of all grades.

    Args:
        lab: the lab's name.
        place: folder of submissions, STUDENT/LAB.ipynb each, or a zip that a learning platform
            exports. Nothing in it is changed.
        jobs: how many submissions are executed at a time.
        home: where everything about the class lies.
        sandboxed: whether student code runs in the sandbox.
        say: called with every line for the user.

    Raises:
        LabError, SubmissionsError, SandboxError: one sentence for the user.
    """
    source = nbformat.read(source_of(lab), 4)
    course = Course(home, sandboxed)
    if sandboxed:
        sandbox.prove(course.executor.limits)
    folder = course.home / "grades" / lab
    submissions = collect(place, lab)
    state = version(lab, course.executor)
    if not (folder / "version").exists() or (folder / "version").read_text() != state:
        course.release(lab)  # nbgrader's gradebook learns the lab's cells
        write_whole(folder / "version", state)
    run = Run(course, lab, source, folder, say)
    waiting = run.begin(submissions, state)
    if len(waiting) < len(submissions):
        done = len(submissions) - len(waiting)
        say(f"{done} of {len(submissions)} submissions are graded already.")
    began = time.monotonic()
    run.work([*run.changed_by_hand(), *waiting], jobs)
    if waiting:
        say(f"Graded {len(waiting)} in {time.monotonic() - began:.0f} s.")
    records = [run.records[submission.student] for submission in submissions]
    return report.write(course, lab, folder, records, source)


class Run:
    """One call of `grade`: the records of the class, and the submissions that are in work.

    Args:
        course: nbgrader for this class.
        lab: the lab's name.
        source: the instructor's notebook.
        folder: where the lab's grades lie.
        say: called with every line for the user.
    """

    def __init__(self, course: Course, lab: str, source: NotebookNode, folder: Path, say: Say):
        self.course = course
        self.lab = lab
        self.source = source
        self.folder = folder
        self.say = say
        self.records: dict[str, Record] = {}

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
            record = known(self.folder / "students" / f"{student}.json", fingerprint)
            if not record:
                record = Record(student, submission.file, fingerprint, submission.problem)
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
        """Execute, score and write feedback, and finish the records one by one.

        Args:
            todo: submissions to grade, and names of students who only need new feedback.
            jobs: how many are in work at a time, each from its execution to its feedback.
        """
        todo = list(todo)
        with ThreadPoolExecutor(jobs) as threads, workers(jobs) as processes:
            executing: dict[Future, Submission] = {}
            writing: dict[Future, str] = {}

            def feedback(student: str) -> None:
                arguments = self.course.home, self.course.executor.sandboxed, self.lab, student
                writing[processes.submit(write_feedback, *arguments)] = student

            while todo or executing or writing:
                while todo and len(executing) + len(writing) < jobs:
                    task = todo.pop(0)
                    if isinstance(task, str):
                        feedback(task)
                    elif task.problem:
                        self.finish(task.student)
                    else:
                        future = threads.submit(execute, self.course, self.lab, self.source, task)
                        executing[future] = task
                running = [*executing, *writing]
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else []:
                    future.result()
                    if future in writing:
                        self.finish(writing.pop(future))
                        continue
                    submission = executing.pop(future)
                    if self.scored(submission):
                        feedback(submission.student)
                    else:
                        self.finish(submission.student)

    def scored(self, submission: Submission) -> bool:
        """Score an executed submission; say whether that went well. One odd file must not stop the
        class."""
        record = self.records[submission.student]
        try:
            record.remarks = score(self.course, self.lab, submission)
        except LabError as problem:
            record.problem = str(problem)
            return False
        return True

    def finish(self, student: str) -> None:
        """Keep the record of a submission that is done, and say so."""
        record = self.records[student]
        if record.problem:
            page = self.course.home / "feedback" / student / self.lab / f"{self.lab}.html"
            write_whole(page, report.not_graded(self.lab, record))
        else:
            record.given = report.given(self.course, self.lab, student)
        record.write(self.folder / "students")
        remarks = f" ({'; '.join(record.remarks)})" if record.remarks else ""
        self.say(f"{student}: {record.problem or 'graded'}{remarks}")


def execute(course: Course, lab: str, source: NotebookNode, submission: Submission) -> None:
    """Execute a submission, so that its outputs are in the store when nbgrader asks for them."""
    restored, _ = restore(submission.notebook, source)
    course.executor.fill(restored, SOURCE / lab)


def score(course: Course, lab: str, submission: Submission) -> list[str]:
    """Let nbgrader restore the cells, take the outputs from the store, and keep the scores; return
    the remarks.

    Raises:
        LabError: if nbgrader cannot do it.
    """
    copy = course.home / "submitted" / submission.student / lab / f"{lab}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(submission.content)
    course.call("autograde", lab, submission.student, force=True, create=True)
    done = nbformat.read(course.home / "autograded" / submission.student / lab / f"{lab}.ipynb", 4)
    return list(done.metadata.get("lab", {}).get("remarks", []))


# --- Feedback, in processes of its own, as it takes longer than the scoring -----------------------


def workers(jobs: int) -> ProcessPoolExecutor:
    """Return processes for pages of feedback. Where the system can, they come from one that has
    imported nbgrader, which takes seconds."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=end_with_parent)


def end_with_parent() -> None:
    """Let this process end with the grader that it works for, should that be killed."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def write_feedback(home: Path, sandboxed: bool, lab: str, student: str) -> None:
    """Write one student's page of feedback.

    Raises:
        LabError: if nbgrader cannot do it.
    """
    Course(home, sandboxed).call("generate_feedback", lab, student_id=student, force=True)
