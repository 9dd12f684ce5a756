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
from tools.labs.collect import MOST_BYTES, parse
from tools.labs.executing import execute
from tools.labs.grade import SOURCE, LabError, names
from tools.labs.restoring import restore


def lab_of(notebook: nbformat.NotebookNode) -> str:
    """Return the lab whose tasks a notebook holds; empty if none."""
    in_notebook = {grade_id(cell) for cell in notebook.cells} - {None}
    shared = {}
    for lab in names():
        source = nbformat.read(SOURCE / lab / f"{lab}.ipynb", 4)
        shared[lab] = len(in_notebook & {grade_id(cell) for cell in source.cells})
    best = max(shared, key=shared.get, default="")
    return best if shared.get(best) else ""


def visible(lab: str) -> nbformat.NotebookNode:
    """Return a lab's source without its hidden tests."""
    source = nbformat.read(SOURCE / lab / f"{lab}.ipynb", 4)
    for cell in source.cells:
        if is_test(cell):
            cell.source = without_hidden(cell.source)
    return source


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
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise LabError(f"{path} is not a notebook's file.")
    notebook, problem = parse(path.read_bytes(), "any lab")
    lab = lab_of(notebook) if notebook else ""
    if not lab:
        raise LabError(problem or f"{path.name} is not the notebook of a lab.")
    restored, remarks = restore(notebook, visible(lab))
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
