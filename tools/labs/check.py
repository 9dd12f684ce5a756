"""Checks one notebook before it is handed in: on the student's own computer, with all rights,
without hidden tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from tools.labs import sandbox
from tools.labs.cells import errors_of, grade_id, is_test, task_of, without_hidden
from tools.labs.course import SOURCE, LabError, names
from tools.labs.executing import execute
from tools.labs.reading import parse, too_large
from tools.labs.released import Lab, not_of
from tools.labs.restoring import restore


def read_source(lab: str) -> nbformat.NotebookNode:
    """Return a lab's source."""
    return nbformat.read(SOURCE / lab / f"{lab}.ipynb", 4)


def lab_of(notebook: nbformat.NotebookNode) -> str:
    """Return the lab that a notebook is of: the one that it says it is, or of which it holds most
    tasks; empty if none."""
    mark = notebook.metadata.get("lab")
    if isinstance(mark, dict) and mark.get("name") in names():
        return mark["name"]
    in_notebook = {grade_id(cell) for cell in notebook.cells} - {None}
    sources = {lab: read_source(lab) for lab in names()}
    shared = {
        lab: len(in_notebook & {grade_id(cell) for cell in source.cells})
        for lab, source in sources.items()
    }
    best = max(shared, key=shared.get, default="")
    if shared.get(best):
        return best
    # Without any metadata a lab is known by its text and its functions.
    found = (lab for lab, source in sources.items() if Lab(source, lab).holds_tasks(notebook))
    return next(found, "")


def visible(source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a lab's source, in place, without its hidden tests."""
    for cell in source.cells:
        if is_test(cell):
            cell.source = without_hidden(cell.source)
    return source


def read(path: Path) -> tuple[nbformat.NotebookNode, str]:
    """Read a notebook; return it, and the lab that it is of.

    Raises:
        LabError: with the sentence that grading says, if it is none, or of another version.
    """
    if not path.is_file():
        raise LabError(f"{path} is not a notebook's file.")
    try:
        problem = too_large(path.stat().st_size)
        notebook, problem = (None, problem) if problem else parse(path.read_bytes())
    except OSError as trouble:
        raise LabError(f"The file cannot be read ({trouble}).") from None
    if notebook is None:
        raise LabError(problem)
    lab = lab_of(notebook)
    if not lab:
        raise LabError(not_of("any lab"))
    if problem := Lab(read_source(lab), lab).other_version(notebook):
        raise LabError(problem)
    return notebook, lab


def check(path: Path, say: Callable[[str], None] = print) -> int:
    """Run a notebook from top to bottom and say which tasks pass their visible checks.

    Args:
        path: the notebook; it stays as it is.
        say: called with every line for the user.

    Returns:
        The number of tasks that do not pass.

    Raises:
        LabError: if the file is not a lab's notebook.
    """
    notebook, lab = read(path)
    restored, remarks = restore(notebook, visible(read_source(lab)))
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        shutil.copytree(
            SOURCE / lab, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ipynb")
        )
        remarks += execute(restored, Path(folder), sandbox.Limits(), sandboxed=False)
    tests = [cell for cell in restored.cells if is_test(cell)]
    failed = 0
    for cell in tests:
        task = f"{task_of(grade_id(cell))} ({cell.metadata.nbgrader.points:g} points)"
        errors = errors_of(cell)
        if errors:
            failed += 1
            say(f"open    {task}: {errors[0].evalue or errors[0].ename}")
        else:
            say(f"passes  {task}")
    for remark in remarks:
        say(f"Note: {remark}")
    say(
        f"{len(tests) - failed} of {len(tests)} tasks pass their visible checks. "
        "Grading runs more checks, on other numbers."
    )
    return failed
