"""Puts every cell of a lab back into its place in what a student hands in.

labs/nbgrader_config.py puts `RestoreCells` into nbgrader's own chain of grading, so that its
commands and its pages in JupyterLab use it too.
"""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from tools.labs.cells import grade_id, without_hidden


def restore(submitted: NotebookNode, source: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Return a notebook with all cells of the source, in its order, and a student's answers and own
    cells in their places; and remarks.

    Args:
        submitted: the student's notebook; it stays as it is.
        source: the instructor's notebook. Its solutions are not used: a missing answer is an empty
            one.
    """
    empty, _ = ClearSolutions().preprocess(copy.deepcopy(source), {})
    known = {grade_id(cell) for cell in empty.cells} - {None}
    of_the_lab = {
        (cell.cell_type, cell.source.strip()) for cell in empty.cells if not grade_id(cell)
    }
    answers: dict[str, list[NotebookNode]] = {}
    own: dict[str | None, list[NotebookNode]] = {}  # by the named cell that they follow
    last = None
    for cell in submitted.cells:
        name = grade_id(cell)
        if name in known:
            answers.setdefault(name, []).append(cell)
            last = name
        elif (cell.cell_type, cell.source.strip()) not in of_the_lab:
            own.setdefault(last, []).append(text_alone(cell))
    result = copy.deepcopy(empty)
    result.cells = own.get(None, [])
    changed = []
    for cell in empty.cells:
        name, new = grade_id(cell), copy.deepcopy(cell)
        if name in answers:
            answer = answers[name][-1]
            if utils.is_solution(cell):
                new.source = answer.source
            elif without_hidden(answer.source) != without_hidden(cell.source):
                changed.append(name)
        result.cells += [new, *own.get(name, [])]
    missing = [grade_id(cell) for cell in empty.cells if grade_id(cell) in known - set(answers)]
    remarks = [
        f"The cell {name} is there {len(cells)} times; the last one counts."
        for name, cells in answers.items()
        if len(cells) > 1
    ]
    if missing:
        remarks.append(f"Missing cells were put back: {', '.join(missing)}.")
    if changed:
        remarks.append(f"Changed cells were put back as they were: {', '.join(changed)}.")
    return result, remarks


def text_alone(cell: NotebookNode) -> NotebookNode:
    """Return a new cell with nothing but the text of this one, whatever else the file says about
    it."""
    makers = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    return makers.get(cell.cell_type, nbformat.v4.new_raw_cell)(cell.source)


class RestoreCells(NbGraderPreprocessor):
    """Puts every cell of the lab back into its place, so that nbgrader finds what it looks for.

    Runs outside the sandbox.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = course.format_path(course.source_directory, ".", about["assignment"])
        source = nbformat.read(Path(folder) / (about["notebook"] + ".ipynb"), 4)
        restored, remarks = restore(nb, source)
        restored.metadata["lab"] = {"remarks": remarks}
        return restored, resources
