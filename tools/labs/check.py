"""Checks one notebook before it is handed in: on the student's own computer, with all rights, without hidden tests."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import nbformat

from tools.labs import sandbox
from tools.labs.collect import MOST_BYTES, parse
from tools.labs.grade import SOURCE, LabError, names
from tools.labs.nbgrader_parts import execute, grade_id, is_test, restore, task_of, without_hidden


def lab_of(notebook) -> str:
    """Return the lab whose tasks a notebook holds; empty if none."""
    held = {grade_id(cell) for cell in notebook.cells} - {None}
    fits = {
        lab: len(
            held
            & {grade_id(cell) for cell in nbformat.read(SOURCE / lab / f"{lab}.ipynb", 4).cells}
        )
        for lab in names()
    }
    best = max(fits, key=fits.get, default="")
    return best if fits.get(best) else ""


def check(path: Path, say=print) -> int:
    """Run a notebook from top to bottom and say which tasks pass their visible checks; return the number of those that do not.

    Raises:
        LabError: if the file is not a lab's notebook.
    """
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise LabError(f"{path} is not a notebook's file.")
    notebook, problem = parse(path.read_bytes(), "any lab")
    lab = lab_of(notebook) if notebook else ""
    if not lab:
        raise LabError(problem or f"{path.name} is not the notebook of a lab.")
    source = nbformat.read(SOURCE / lab / f"{lab}.ipynb", 4)
    for cell in source.cells:
        if is_test(cell):
            cell.source = without_hidden(cell.source)
    restored, remarks = restore(notebook, source)
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        shutil.copytree(
            SOURCE / lab, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ipynb")
        )
        remarks += execute(restored, Path(folder), sandbox.Limits(), sandboxed=False)
    failed = 0
    for cell in restored.cells:
        if not is_test(cell):
            continue
        wrong = [output for output in cell.outputs if output.output_type == "error"]
        failed += bool(wrong)
        say(
            f"{'open  ' if wrong else 'passes'}  {task_of(grade_id(cell))} ({cell.metadata.nbgrader.points:g} points)"
            + (f": {wrong[0].evalue or wrong[0].ename}" if wrong else "")
        )
    for remark in remarks:
        say(f"Note: {remark}")
    total = sum(map(is_test, restored.cells))
    say(
        f"{total - failed} of {total} tasks pass their visible checks. Grading runs more checks, on other numbers."
    )
    return failed
