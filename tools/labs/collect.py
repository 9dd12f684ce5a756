"""Finds the submissions in a folder or in a zip that a learning platform exports, and reads them without trusting them."""

from __future__ import annotations

import re
import stat
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import nbformat

from tools.labs.nbgrader_parts import grade_id

MOST_BYTES = 20_000_000  # of one notebook
MOST_FILES = 20_000  # in one export
CLOSED = {"__MACOSX", ".ipynb_checkpoints"}
# How platforms name what they export: Moodle with and without folders per student, Canvas, Blackboard.
PLATFORMS = [
    r"(?P<student>.+?_\d+)_assignsubmission_file_?",
    r"(?P<student>[^_]+)(?:_LATE)?_(?P<number>\d+)_\d+_.+",
    r".+?_(?P<student>[^_]+)_attempt_\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d_.+",
]


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


def student_name(text: str) -> str:
    """Return a name that can be a folder's: letters, digits and . _ @ - only."""
    return re.sub(r"[^\w.@-]+", "_", text.strip()).strip("._") or "unnamed"


def owner(path: PurePosixPath) -> str:
    """Return the student that a path in an export belongs to: by its outermost folder, or by the platform's way to name files."""
    outermost = path.parts[0]
    for form in PLATFORMS:
        if match := re.fullmatch(form, outermost) or (
            re.match(form, outermost) if "assignsubmission" in form else None
        ):
            return student_name(
                match["student"] + ("_" + match["number"] if "number" in match.groupdict() else "")
            )
    return student_name(outermost if len(path.parts) > 1 else path.stem)


def in_folder(folder: Path) -> Iterator[tuple[PurePosixPath, int, object]]:
    """Yield (path inside, size, how to read it) for every notebook in a folder; links are named, never followed."""
    for path in sorted(folder.rglob("*.ipynb")):
        about = path.lstat()
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        linked = any(part.is_symlink() for part in [path, *path.parents[: len(inside.parts) - 1]])
        yield (
            inside,
            -1 if linked or not stat.S_ISREG(about.st_mode) else about.st_size,
            path.read_bytes,
        )


def in_zip(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, int, object]]:
    """Yield the same for a zip; it is never unpacked."""
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise SubmissionsError(
            f"The zip holds {len(members):,} files, and more than {MOST_FILES:,} are not read."
        )
    for member in sorted(members, key=lambda member: member.filename):
        if member.filename.endswith(".ipynb"):
            yield (
                PurePosixPath(
                    *[
                        part
                        for part in PurePosixPath(member.filename).parts
                        if part not in ("/", "..", ".")
                    ]
                ),
                member.file_size,
                member_reader(archive, member),
            )


def member_reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo):
    """Return a function that reads a member, and no more than is allowed, whatever size the zip states."""

    def read() -> bytes:
        with archive.open(member) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError("larger than it says")
        return content

    return read


def collect(place: Path, lab: str) -> list[Submission]:
    """Return one submission per student, sorted by student.

    Raises:
        SubmissionsError: if the place is neither a folder nor a zip, or holds no notebook.
    """
    if place.is_dir():
        found = group(
            in_folder(place),
            lab,
            {
                path.name
                for path in place.iterdir()
                if path.is_dir() and path.name not in CLOSED and not path.name.startswith(".")
            },
        )
    elif place.is_file():
        try:
            with zipfile.ZipFile(place) as archive:
                found = group(in_zip(archive), lab, set())
        except (zipfile.BadZipFile, EOFError) as problem:
            raise SubmissionsError(f"{place.name} is not a sound zip file ({problem}).") from None
    else:
        raise SubmissionsError(f"There is no folder or zip {place}.")
    if not found:
        raise SubmissionsError(
            f"{place} holds no submission. Expected: STUDENT/{lab}.ipynb for every student, or the zip that a learning platform exports."
        )
    return sorted(found, key=lambda submission: submission.student)


def group(files, lab: str, students: set[str]) -> list[Submission]:
    """Choose one notebook for each student, and read it."""
    theirs: dict[str, list] = {student_name(name): [] for name in students}
    for path, size, read in files:
        if not CLOSED & set(path.parts) and not path.name.startswith("._") and path.parts:
            theirs.setdefault(owner(path), []).append((path, size, read))
    result = []
    for student, choices in theirs.items():
        named = [choice for choice in choices if choice[0].stem == lab] or [
            choice for choice in choices if lab in choice[0].stem
        ]
        best = named or choices
        if len(best) > 1:
            result.append(
                Submission(
                    student,
                    "",
                    problem=f"There are {len(best)} notebooks ({', '.join(str(choice[0]) for choice in best[:3])}), and it is not clear which one to grade.",
                )
            )
        elif not best:
            result.append(
                Submission(student, "", problem="There is no notebook in the submission.")
            )
        else:
            result.append(take(student, *best[0], lab))
    return result


def take(student: str, path: PurePosixPath, size: int, read, lab: str) -> Submission:
    """Read one file; say what is wrong with it, if anything."""
    submission = Submission(student, str(path))
    if size < 0:
        submission.problem = "It is a link or a special file, and these are not followed."
        return submission
    if size > MOST_BYTES:
        submission.problem = f"The file has {size / 1e6:.0f} MB, and more than {MOST_BYTES / 1e6:.0f} MB are not read. (Clear the outputs before handing in.)"
        return submission
    try:
        submission.content = read()
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
        assert all(
            isinstance(cell.source, str)
            and isinstance(cell.cell_type, str)
            and isinstance(cell.metadata, dict)
            for cell in notebook.cells
        )
    except UnicodeDecodeError:
        return None, "The file is not a notebook: it is not text in UTF-8."
    except nbformat.reader.NotJSONError:
        return (
            None,
            "The file is not a notebook: it is not JSON. (Was it cut off, or saved by a word processor?)",
        )
    except RecursionError:
        return None, "The file is not a notebook: it is nested too deeply."
    except Exception as problem:
        return (
            None,
            f"The file is not a valid notebook: {str(problem).strip().splitlines()[0][:200] if str(problem).strip() else type(problem).__name__}",
        )
    if not any(grade_id(cell) for cell in notebook.cells):
        return None, f"This is not the notebook of {lab}: none of its tasks is in it."
    return notebook, ""
