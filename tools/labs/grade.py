"""Grades the submissions of one lab, in parallel, and so that a kill at any moment loses no finished grade.

What is finished lies on disk as soon as it is: executions in executed/, scores in nbgrader's gradebook, and behind them a record for
each student in grades/LAB/students/. A second call does only what has no record yet.
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
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from tools.labs import report, sandbox
from tools.labs.collect import Submission, collect
from tools.labs.nbgrader_parts import SandboxedExecute, restore
from tools.labs.report import write_whole

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / "labs"
SOURCE = LABS / "source"


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
        bins = str(Path(sys.executable).parent)
        if bins not in os.environ.get("PATH", "").split(
            os.pathsep
        ):  # nbgrader starts alembic by its name
            os.environ["PATH"] = bins + os.pathsep + os.environ.get("PATH", "")

    def call(self, what: str, *arguments, **options) -> None:
        """Call a function of nbgrader.

        Raises:
            LabError: with the first error that it names, if it fails.
        """
        with quiet():
            done = getattr(self.api, what)(*arguments, **options)
        if not done["success"]:
            said = re.findall(
                r"(?m)^ *[\w.]*(?:Error|Exception|Invalid\w*): (.*)",
                (done.get("log") or "") + "\n" + (done.get("error") or ""),
            )
            raise LabError(
                f"nbgrader's {what} failed: {said[0] if said else 'it does not say why'}"
            )

    def gradebook(self) -> Gradebook:
        return Gradebook(self.coursedir.db_url, self.coursedir.course_id)

    def release(self, lab: str) -> Path:
        """Make the student version of a lab in release/; return its folder."""
        source_of(lab)
        self.call("generate_assignment", lab, force=True, create=True)
        folder = self.home / "release" / lab
        shutil.copy(ROOT / "requirements.txt", folder)
        (folder / "README.md").write_text(report.for_students(lab), encoding="utf-8")
        return folder


@contextlib.contextmanager
def quiet():
    """Keep nbgrader's messages, which go to stderr whatever its log level, from the user."""
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stderr(nowhere),
        contextlib.redirect_stdout(nowhere),
    ):
        yield


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
        write_whole(
            folder / f"{self.student}.json", json.dumps(vars(self), indent=1, ensure_ascii=False)
        )


def version(lab: str, executor: SandboxedExecute) -> str:
    """Return a fingerprint of all that a grade depends on besides the submission."""
    parts = [repr((executor.limits, executor.sandboxed)).encode()]
    parts += [
        path.read_bytes()
        for path in sorted((SOURCE / lab).rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    ]
    parts += [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def grade(
    lab: str, place: Path, jobs: int = 1, home: Path = LABS, sandboxed: bool = True, say=print
) -> Path:
    """Grade what has not been graded yet; return the CSV file of all grades.

    Args:
        lab: the lab's name.
        place: folder of submissions, STUDENT/LAB.ipynb each, or a zip that a learning platform exports. Nothing in it is changed.
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
    records: dict[str, Record] = {}
    waiting: list[Submission] = []
    for submission in submissions:
        mark = hashlib.sha256(
            submission.content + state.encode() + submission.problem.encode()
        ).hexdigest()
        record = known(folder / "students" / f"{submission.student}.json", mark)
        if record:
            records[submission.student] = record
        else:
            records[submission.student] = Record(
                submission.student, submission.file, mark, submission.problem
            )
            waiting.append(submission)
    if len(waiting) < len(submissions):
        say(
            f"{len(submissions) - len(waiting)} of {len(submissions)} submissions are graded already."
        )
    began = time.monotonic()
    submitted = {submission.student: submission for submission in waiting}
    changed = [
        r for r in records.values() if r.given and r.given != report.given(course, lab, r.student)
    ]  # by hand, since the last call
    todo: list[Submission | Record] = [*changed, *waiting]
    with ThreadPoolExecutor(jobs) as threads, workers(jobs) as processes:
        running: dict[Future, str] = {}
        executing: set[Future] = set()
        while todo or running:
            while (
                todo and len(running) < jobs
            ):  # each stays in work from its execution to its feedback
                next_one = todo.pop(0)
                if isinstance(next_one, Record):
                    running[
                        processes.submit(
                            write_feedback, course.home, sandboxed, lab, next_one.student
                        )
                    ] = next_one.student
                elif next_one.problem:
                    finish(course, lab, folder, records[next_one.student], say)
                else:
                    future = threads.submit(execute, course, lab, source, next_one)
                    running[future] = next_one.student
                    executing.add(future)
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else []:
                student = running.pop(future)
                future.result()
                if future in executing:
                    try:
                        records[student].remarks = score(course, lab, submitted[student])
                    except LabError as problem:  # one odd file must not stop the class
                        records[student].problem = str(problem)
                    else:
                        running[
                            processes.submit(write_feedback, course.home, sandboxed, lab, student)
                        ] = student
                        continue
                finish(course, lab, folder, records[student], say)
    if waiting:
        say(f"Graded {len(waiting)} in {time.monotonic() - began:.0f} s.")
    return report.write(
        course, lab, folder, [records[submission.student] for submission in submissions], source
    )


def workers(jobs: int) -> ProcessPoolExecutor:
    """Return processes for pages of feedback. Where the system can, they come from one that has imported nbgrader, which takes seconds."""
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


def known(path: Path, mark: str) -> Record | None:
    """Return the record of a finished submission, if it is of exactly this one."""
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return record if record.fingerprint == mark else None


def execute(course: Course, lab: str, source, submission: Submission) -> None:
    """Execute a submission, so that its outputs are in the store when nbgrader asks for them."""
    restored, _ = restore(submission.notebook, source)
    course.executor.fill(restored, SOURCE / lab)


def score(course: Course, lab: str, submission: Submission) -> list[str]:
    """Let nbgrader restore the cells, take the outputs from the store, and keep the scores; return the remarks."""
    copy = course.home / "submitted" / submission.student / lab / f"{lab}.ipynb"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(submission.content)
    course.call("autograde", lab, submission.student, force=True, create=True)
    done = nbformat.read(course.home / "autograded" / submission.student / lab / f"{lab}.ipynb", 4)
    return list(done.metadata.get("lab", {}).get("remarks", []))


def write_feedback(home: Path, sandboxed: bool, lab: str, student: str) -> None:
    """Write one student's page of feedback (in a process of its own: it takes longer than the scoring)."""
    Course(home, sandboxed).call("generate_feedback", lab, student_id=student, force=True)


def finish(course: Course, lab: str, folder: Path, record: Record, say) -> None:
    """Keep the record of a submission that is done, and say so."""
    if record.problem:
        write_whole(
            course.home / "feedback" / record.student / lab / f"{lab}.html",
            report.not_graded(lab, record),
        )
    else:
        record.given = report.given(course, lab, record.student)
    record.write(folder / "students")
    say(
        f"{record.student}: {record.problem or 'graded'}"
        + (f" ({'; '.join(record.remarks)})" if record.remarks else "")
    )
