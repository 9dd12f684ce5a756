"""Takes one submission for each student out of a folder, or of the zip that a learning platform
exports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tools.labs.finding import PACKED, Found, SubmissionsError, find
from tools.labs.reading import parse, too_large
from tools.labs.released import Lab, not_of
from tools.labs.students import Names, NamesError, Owner, owner, stem

NAMES = "students.json"  # in the folder of a class
COPY = re.compile(r"[ _-]*(\(\d+\)|-\d+|copy\d*|kopie)$", re.IGNORECASE)  # what programs append


@dataclass
class Submission:
    """One student's file.

    Attributes:
        student: the student's name, fit for a folder's name.
        file: where it came from, for the reader of the grades.
        content: the file's bytes; empty if it could not be read.
        problem: why it cannot be graded, one sentence; empty if it can.
        notebook: the notebook in it, or None.
        remarks: what the reader of the grades should know, a sentence each.
        open: whether the problem says nothing about what it is worth, so that its points stay open.
    """

    student: str
    file: str
    content: bytes = b""
    problem: str = ""
    notebook: nbformat.NotebookNode | None = None
    remarks: list[str] = field(default_factory=list)
    open: bool = False


def collect(
    place: Path, lab: str, source: nbformat.NotebookNode | None = None, home: Path | None = None
) -> list[Submission]:
    """Return one submission per student, sorted by student.

    Args:
        place: a folder, or a zip file.
        lab: the lab's name.
        source: the instructor's notebook, to tell whether a file is of this lab, and of its
            version.
        home: the folder of the class, where it is kept what its students are called; None to keep
            nothing.

    Raises:
        SubmissionsError: if the place is neither a folder nor a zip, or holds no submission.
    """
    try:
        names = Names(home / NAMES if home else None)
    except NamesError as problem:
        raise SubmissionsError(str(problem)) from None
    students: dict[str, list[tuple[Owner, Found]]] = {}
    for item in find(place):
        who = owner(item.path)
        students.setdefault(who.key, []).append((who, item))
    if not students:
        raise SubmissionsError(
            f"{place} holds no submission. Expected: STUDENT/{lab}.ipynb for every student, "
            "or the zip that a learning platform exports."
        )
    released = Lab(source, lab) if source else None
    submissions = [
        submission_of(names.of(key, items[0][0].name), items, lab, released)
        for key, items in sorted(students.items())
    ]
    names.keep()
    return sorted(submissions, key=lambda submission: submission.student)


# --- Which file -----------------------------------------------------------------------------------


def submission_of(
    student: str, items: list[tuple[Owner, Found]], lab: str, released: Lab | None
) -> Submission:
    """Return a student's submission, which is graded only if it is clear which file it is."""
    files = [(who, item) for who, item in items if not item.folder]
    notebooks = [(who, item) for who, item in files if item.is_notebook]
    if not notebooks:
        return Submission(student, shown(item for _, item in files), problem=nothing(items))
    attempts = sorted({who.attempt for who, _ in files})
    last = max(who.attempt for who, _ in notebooks)
    remarks = []
    if len(attempts) > 1:
        which = "the latest" if last == attempts[-1] else "the latest with a notebook"
        remarks.append(f"There are {len(attempts)} attempts; {which}, of {last}, counts.")
    if any(who.late for who, _ in notebooks):
        remarks.append("The platform marks it as late.")
    candidates = [(who, item) for who, item in notebooks if who.attempt == last]
    submission = chosen(student, candidates, lab, released)
    submission.remarks = remarks + submission.remarks
    return submission


def nothing(items: list[tuple[Owner, Found]]) -> str:
    """Return what is said where a student's work holds no notebook."""
    problems = [item.problem for _, item in items if item.problem]
    if problems:
        return problems[0]
    files = [item for _, item in items if not item.folder]
    if not files:
        return "There is no notebook in the submission."
    if any(item.path.suffix.lower() in PACKED for item in files):
        return f"{shown(files)} is packed in a form that is not read; a zip or the notebook is."
    return f"There is no notebook in the submission, only {shown(files)}."


def shown(files: Iterable[Found]) -> str:
    """Return the names of files, the first three of them."""
    names = [str(item.path) for item in files]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def chosen(
    student: str, files: list[tuple[Owner, Found]], lab: str, released: Lab | None
) -> Submission:
    """Return the submission in one of several notebooks: that which is called as the lab is, else
    the only one that is called nearly so, else the only one.

    Equal copies count as one. Of files that the platform numbers as it receives them, the last one
    counts.
    """
    called = [(stem(who.file), who, item) for who, item in files]
    exact = [(who, item) for name, who, item in called if name == lab]
    copies = [(who, item) for name, who, item in called if COPY.sub("", name) == lab]
    near = [(who, item) for name, who, item in called if lab in name]
    if len(copies) > 1 and all(who.upload for who, _ in copies):
        _, last = max(copies, key=lambda copy: copy[0].upload)
        submission = take(student, last, released)
        submission.remarks.append(f"There are {len(copies)} attempts; the latest counts.")
        return submission
    group = exact or near or files
    taken = [take(student, item, released) for _, item in group]
    if len({submission.content for submission in taken}) == 1:
        return taken[0]
    problem = (
        f"There are {len(group)} notebooks ({shown(item for _, item in group)}), "
        "and it is not clear which one to grade."
    )
    return Submission(student, "", problem=problem)


# --- What is in it --------------------------------------------------------------------------------


def take(student: str, item: Found, released: Lab | None) -> Submission:
    """Read one file; say what is wrong with it, if anything."""
    submission = Submission(student, str(item.path))
    if item.size is None:
        submission.problem = "It is a link or a special file, and these are not followed."
        return submission
    if problem := too_large(item.size):
        submission.problem = problem
        return submission
    try:
        submission.content = item.read()
    except Exception as problem:  # a broken or encrypted zip member, a file without permission
        submission.problem = f"The file cannot be read ({problem})."
        return submission
    submission.notebook, submission.problem = parse(submission.content)
    if submission.notebook and released:
        if released.holds_tasks(submission.notebook):
            submission.problem = released.other_version(submission.notebook)
            submission.open = bool(submission.problem)
        else:
            submission.problem = not_of(released.name)
    if submission.problem:
        submission.notebook = None
    return submission
