"""Finds the submissions in a folder or in a zip that a learning platform exports, and reads them
without trusting them."""

from __future__ import annotations

import re
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat

from tools.labs.cells import grade_id

MOST_BYTES = 20_000_000  # of one notebook
MOST_FILES = 20_000  # in one export
CLOSED = {"__MACOSX", ".ipynb_checkpoints"}
# How platforms name what they export: Moodle with and without folders per student, Canvas,
# Blackboard.
MOODLE = r"(?P<student>.+?_\d+)_assignsubmission_file_?"
CANVAS = r"(?P<student>[^_]+)(?:_LATE)?_(?P<number>\d+)_\d+_.+"
BLACKBOARD = r".+?_(?P<student>[^_]+)_attempt_\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d_.+"


class SubmissionsError(Exception):
    """The folder or file cannot be read as submissions. The text is one sentence for the user."""


@dataclass
class Submission:
    """One student's file.

    Attributes:
        student: the student's name, fit for a folder's name.
        file: where it came from, for the reader of the grades.
        content: the file's bytes; empty if it could not be read.
        problem: why it cannot be graded, one sentence; empty if it can.
        notebook: the notebook in it, or None.
    """

    student: str
    file: str
    content: bytes = b""
    problem: str = ""
    notebook: nbformat.NotebookNode | None = None


@dataclass(frozen=True)
class Candidate:
    """A notebook in an export, which may be the one that a student has handed in.

    Attributes:
        path: where it lies in the export.
        size: bytes, as the file system or the zip states them; None for what is never read (links
            and special files).
        read: returns its content.
    """

    path: PurePosixPath
    size: int | None
    read: Callable[[], bytes]


# --- Whose file it is -----------------------------------------------------------------------------


def student_name(text: str) -> str:
    """Return a name that can be a folder's: letters, digits and . _ @ - only."""
    return re.sub(r"[^\w.@-]+", "_", text.strip()).strip("._") or "unnamed"


def owner(path: PurePosixPath) -> str:
    """Return the student that a path in an export belongs to: by its outermost folder, or by the
    platform's way to name files."""
    outermost = path.parts[0]
    if match := re.match(MOODLE, outermost):
        return student_name(match["student"])
    if match := re.fullmatch(CANVAS, outermost):
        return student_name(f"{match['student']}_{match['number']}")
    if match := re.fullmatch(BLACKBOARD, outermost):
        return student_name(match["student"])
    return student_name(outermost if len(path.parts) > 1 else path.stem)


# --- What there is --------------------------------------------------------------------------------


def in_folder(folder: Path) -> Iterator[Candidate]:
    """Yield every notebook in a folder; links are named, never followed."""
    for path in sorted(folder.rglob("*.ipynb")):
        about = path.lstat()
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        way = [path, *path.parents[: len(inside.parts) - 1]]
        plain = stat.S_ISREG(about.st_mode) and not any(part.is_symlink() for part in way)
        yield Candidate(inside, about.st_size if plain else None, path.read_bytes)


def in_zip(archive: zipfile.ZipFile) -> Iterator[Candidate]:
    """Yield every notebook in a zip, which is never unpacked."""
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise SubmissionsError(
            f"The zip holds {len(members):,} files, and more than {MOST_FILES:,} are not read."
        )
    for member in sorted(members, key=lambda member: member.filename):
        if member.filename.endswith(".ipynb"):
            parts = PurePosixPath(member.filename).parts
            inside = PurePosixPath(*(part for part in parts if part not in ("/", "..", ".")))
            yield Candidate(inside, member.file_size, member_reader(archive, member))


def member_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Return a function that reads a member, and no more than is allowed, whatever size the zip
    states."""

    def read() -> bytes:
        with archive.open(member) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError("larger than it says")
        return content

    return read


def collect(place: Path, lab: str) -> list[Submission]:
    """Return one submission per student, sorted by student.

    Args:
        place: a folder, or a zip file.
        lab: the lab's name.

    Raises:
        SubmissionsError: if the place is neither a folder nor a zip, or holds no notebook.
    """
    if place.is_dir():
        students = {
            path.name
            for path in place.iterdir()
            if path.is_dir() and path.name not in CLOSED and not path.name.startswith(".")
        }
        submissions = choose(in_folder(place), lab, students)
    elif place.is_file():
        try:
            with zipfile.ZipFile(place) as archive:
                submissions = choose(in_zip(archive), lab, set())
        except (zipfile.BadZipFile, EOFError) as problem:
            raise SubmissionsError(f"{place.name} is not a sound zip file ({problem}).") from None
    else:
        raise SubmissionsError(f"There is no folder or zip {place}.")
    if not submissions:
        raise SubmissionsError(
            f"{place} holds no submission. Expected: STUDENT/{lab}.ipynb for every student, "
            "or the zip that a learning platform exports."
        )
    return sorted(submissions, key=lambda submission: submission.student)


def choose(candidates: Iterable[Candidate], lab: str, students: set[str]) -> list[Submission]:
    """Choose one notebook for each student, and read it.

    Args:
        candidates: the notebooks in the export.
        lab: the lab's name.
        students: names of folders, of which each is a student's even without a notebook in it.
    """
    by_student: dict[str, list[Candidate]] = {student_name(name): [] for name in students}
    for candidate in candidates:
        parts = candidate.path.parts
        if parts and not CLOSED & set(parts) and not candidate.path.name.startswith("._"):
            by_student.setdefault(owner(candidate.path), []).append(candidate)
    return [
        submission_of(student, preferred(notebooks, lab), lab)
        for student, notebooks in by_student.items()
    ]


def preferred(candidates: list[Candidate], lab: str) -> list[Candidate]:
    """Return those that are called as the lab is, else those whose names contain the lab's, else
    all."""
    exact = [candidate for candidate in candidates if candidate.path.stem == lab]
    return exact or [c for c in candidates if lab in c.path.stem] or candidates


def submission_of(student: str, candidates: list[Candidate], lab: str) -> Submission:
    """Return a student's submission, which is graded only if there is exactly one candidate."""
    if len(candidates) == 1:
        return take(student, candidates[0], lab)
    if not candidates:
        return Submission(student, "", problem="There is no notebook in the submission.")
    first = ", ".join(str(candidate.path) for candidate in candidates[:3])
    return Submission(
        student,
        "",
        problem=f"There are {len(candidates)} notebooks ({first}), "
        "and it is not clear which one to grade.",
    )


# --- What is in it --------------------------------------------------------------------------------


def take(student: str, candidate: Candidate, lab: str) -> Submission:
    """Read one file; say what is wrong with it, if anything."""
    submission = Submission(student, str(candidate.path))
    if candidate.size is None:
        submission.problem = "It is a link or a special file, and these are not followed."
        return submission
    if candidate.size > MOST_BYTES:
        submission.problem = (
            f"The file has {candidate.size / 1e6:.0f} MB, and more than {MOST_BYTES / 1e6:.0f} MB "
            "are not read. (Clear the outputs before handing in.)"
        )
        return submission
    try:
        submission.content = candidate.read()
    except Exception as problem:  # a broken or encrypted zip member, a file without permission
        submission.problem = f"The file cannot be read ({problem})."
        return submission
    submission.notebook, submission.problem = parse(submission.content, lab)
    return submission


def parse(content: bytes, lab: str) -> tuple[nbformat.NotebookNode | None, str]:
    """Return the notebook in a file's bytes, or None and the reason why there is none."""
    if not content.strip():
        return None, "The file is empty."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cell ids, which do not matter here
            notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        odd = next((n for n, cell in enumerate(notebook.cells, 1) if not sound(cell)), None)
    except UnicodeDecodeError:
        return None, "The file is not a notebook: it is not text in UTF-8."
    except nbformat.reader.NotJSONError:
        return None, (
            "The file is not a notebook: it is not JSON. "
            "(Was it cut off, or saved by a word processor?)"
        )
    except RecursionError:
        return None, "The file is not a notebook: it is nested too deeply."
    except Exception as problem:  # nbformat raises nearly anything, depending on what it meets
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
        return None, f"The file is not a valid notebook: {reason}"
    if odd is not None:
        return None, (
            f"The file is not a valid notebook: cell {odd} lacks a type, a text or its metadata, "
            "or has something else in their place."
        )
    if not any(grade_id(cell) for cell in notebook.cells):
        return None, f"This is not the notebook of {lab}: none of its tasks is in it."
    return notebook, ""


def sound(cell: object) -> bool:
    """Say whether this is a cell whose type, text and metadata are of the kinds that they should
    be."""
    return (
        isinstance(cell, nbformat.NotebookNode)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("source"), str)
        and isinstance(cell.get("metadata"), dict)
    )
