"""nbgrader for this course: its labs, and a class with its gradebook in one folder."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from tools.labs import report
from tools.labs.executing import SandboxedExecute
from tools.labs.released import Lab
from tools.notebooks import ROOT, write

LABS = ROOT / "labs"
SOURCE = LABS / "source"
DATABASE_SECONDS = 30  # how long a call waits for another program to leave the gradebook
LOCKED = "database is locked"  # as SQLite says it
GRADEBOOK_IN_USE = (
    "The gradebook is in use by another program (does Formgrader save something?). "
    "Close that, and call again; what is graded is kept."
)


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
        sandboxed: whether student code runs in a sandbox.
        container: docker or podman, for a container; empty for bubblewrap.
    """

    def __init__(self, home: Path = LABS, sandboxed: bool = True, container: str = ""):
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        config = Config(PyFileConfigLoader("nbgrader_config.py", str(LABS)).load_config())
        config.CourseDirectory.root = str(self.home)
        # Formgrader may be open meanwhile, and keeps the gradebook for moments.
        waits = f"?timeout={DATABASE_SECONDS:g}"
        config.CourseDirectory.db_url = f"sqlite:///{self.home}/gradebook.db{waits}"
        config.SandboxedExecute.store = str(self.home / "executed")
        config.SandboxedExecute.sandboxed = sandboxed
        config.SandboxedExecute.container = container
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
            if LOCKED in text:
                raise LabError(GRADEBOOK_IN_USE)
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
        path = folder / f"{lab}.ipynb"
        student_version = nbformat.read(path, 4)
        Lab(nbformat.read(source_of(lab), 4), lab).mark(student_version)
        write(path, student_version)
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
