"""What is known about a submission that is done, and kept for the next call."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from tools.labs.course import SOURCE
from tools.labs.executing import BUSY, SandboxedExecute
from tools.notebooks import write_whole


@dataclass
class Record:
    """What is known about one submission when it is finished.

    Attributes:
        student, file: as in Submission.
        fingerprint: of the submission and of all that its grade depends on.
        problem: why there is nothing to grade in it, one sentence; empty if there is.
        remarks: what the reader of the grades should know, a sentence each.
        given: the points and comments that the feedback shows.
        open: whether the problem says nothing about what it is worth, so that it has no points.
        mark: of the file's content.
        again: whether it takes the place of another one, graded in an earlier call.
        failure: why it could not be graded though there is, one sentence: no fault of the
            submission's, so it has no points, and the next call tries again.
    """

    student: str
    file: str
    fingerprint: str
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    given: str = ""
    open: bool = False
    mark: str = ""
    again: bool = False
    failure: str = ""

    @property
    def said(self) -> list[str]:
        """All that is to be said of the submission, a sentence each."""
        again = ["Handed in again: it takes the place of what was graded before."]
        first = self.failure or self.problem
        return [*([first] if first else []), *(again if self.again else []), *self.remarks]

    def write(self, folder: Path) -> None:
        """Write the record into a folder of records."""
        text = json.dumps(vars(self), indent=1, ensure_ascii=False)
        write_whole(folder / f"{self.student}.json", text)


def last(path: Path) -> Record | None:
    """Return the record that is kept in a file, if there is one."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def known(path: Path, fingerprint: str) -> Record | None:
    """Return the record of a finished submission, if it is of exactly this one and final."""
    record = last(path)
    if record is None or record.fingerprint != fingerprint or BUSY in record.remarks:
        return None
    return record


def earlier(folder: Path, students: set[str]) -> list[Record]:
    """Return what earlier calls have graded.

    Args:
        folder: of the records.
        students: those of this call, who are left out.
    """
    records = [last(path) for path in sorted(folder.glob("*.json"))]
    return [record for record in records if record and record.student not in students]


def version(lab: str, executor: SandboxedExecute) -> str:
    """Return a fingerprint of all that a grade depends on besides the submission."""
    source = [
        path
        for path in sorted((SOURCE / lab).rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    ]
    here = Path(__file__).parent
    code = sorted([*here.glob("*.py"), *(here / "templates").rglob("*.*")])
    parts = [executor.state.encode()]
    parts += [path.read_bytes() for path in [*source, *code]]
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
