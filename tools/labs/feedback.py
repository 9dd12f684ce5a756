"""Writes pages of feedback, in processes of their own, as it takes longer than the scoring."""

from __future__ import annotations

import multiprocessing
import os
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path

from tools.labs.course import Course


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


class Feedback:
    """Writes pages of feedback, in a with statement; goes on if one of its processes is killed.

    Args:
        course: nbgrader for this class.
        lab: the lab's name.
        jobs: how many pages are in work at a time.
    """

    def __init__(self, course: Course, lab: str, jobs: int):
        self.course = course
        self.lab = lab
        self.jobs = jobs
        self.processes = workers(jobs)
        self.retried: set[str] = set()

    def __enter__(self) -> Feedback:
        return self

    def __exit__(self, *_: object) -> None:
        self.processes.shutdown(cancel_futures=True)

    def begin(self, student: str) -> Future:
        """Begin with the page of a student."""
        arguments = self.course.home, self.course.executor.sandboxed, self.lab, student
        try:
            return self.processes.submit(write_feedback, *arguments)
        except BrokenExecutor:  # a process was killed, and all others have ended with it
            self.processes.shutdown(wait=False)
            self.processes = workers(self.jobs)
            return self.processes.submit(write_feedback, *arguments)

    def retry(self, student: str) -> Future | None:
        """Begin anew with a page whose process is gone; None if that was done before."""
        if student in self.retried:
            return None
        self.retried.add(student)
        return self.begin(student)
