"""Puts every cell of a lab back into its place in what a student hands in.

labs/nbgrader_config.py puts `RestoreCells` into nbgrader's own chain of grading, so that its
commands and its pages in JupyterLab use it too.

What counts is the student's code as Python would run it from top to bottom: of several definitions
of the function that a task asks for, the last one in the notebook is checked, whichever cell it
stands in. The lab's own cells are those of the source, whatever has become of them.
"""

from __future__ import annotations

import bisect
import copy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from tools.labs.attachments import pictures
from tools.labs.bindings import Names, names_in, new_statements
from tools.labs.cells import grade_id, is_test
from tools.labs.released import Lab

ELSEWHERE = "# The answer stands in another cell."
MOST_CODE = 2_000_000  # characters in one notebook


# --- The submission -------------------------------------------------------------------------------


@dataclass
class Piece:
    """A cell with something of the student's in it.

    Attributes:
        number: of the cell in the submission.
        cell: as it goes into the result.
        answer: the number of the lab's cell that it answers, for the one that counts; else None.
        after: the number of the lab's cell that it comes behind; -1 for none.
        names: those in its code.
    """

    number: int
    cell: NotebookNode
    after: int
    answer: int | None = None
    names: Names = Names()


class HandedIn:
    """A student's notebook, and which of its cells are which of the lab's.

    Args:
        notebook: what was handed in; it stays as it is.
        lab: the lab.
    """

    def __init__(self, notebook: NotebookNode, lab: Lab):
        self.lab = lab
        self.cells = notebook.cells
        self.places = [lab.place(cell) for cell in self.cells]
        self.numbers: dict[int, list[int]] = {}  # of the cells that are one of the lab's
        for number, place in enumerate(self.places):
            if place is not None:
                self.numbers.setdefault(place, []).append(number)
        self.replaced: set[int] = set()  # the lab's free cells that a student has changed
        self.remarks = Remarks()
        code = [cell.source for cell in self.cells if cell.cell_type == "code"]
        # Nobody writes more; in a file made to keep the grader busy nothing is looked for.
        self.look = names_in if sum(map(len, code)) <= MOST_CODE else lambda code: Names()
        self.coded = set().union(*(self.look(source).defined for source in code))
        self.pieces = self.take_apart()
        for piece in self.pieces:
            if piece.cell.cell_type == "code":
                piece.names = self.look(piece.cell.source)
        self.name_answers()
        self.arrange()

    def take_apart(self) -> list[Piece]:
        """Return all that is the student's, in the order of the notebook."""
        pieces, last = [], -1
        in_order = set(rising(self.places))
        for number, (cell, place) in enumerate(zip(self.cells, self.places, strict=True)):
            if number in in_order:
                last = place
            if place is None:
                pieces.append(Piece(number, plain(cell), last))
            elif utils.is_solution(self.lab.cells[place]):
                pieces.append(self.answer(number, place))
            elif own := self.of_the_lab(number, place):
                pieces.append(own)
        return pieces

    def answer(self, number: int, place: int) -> Piece:
        """Return a cell that is called like an answer: the one that counts, or another copy."""
        model, cell, numbers = self.lab.cells[place], self.cells[number], self.numbers[place]
        if model.cell_type == "code":
            texts = [n for n in numbers if self.cells[n].cell_type != "code"]
            text_counts = texts and not self.lab.asks_for(place) & self.coded
            counting = texts if text_counts else [n for n in numbers if n not in texts]
        else:  # read by a person, who does not ask for an empty copy
            blank = ("", model.source.strip())
            counting = [n for n in numbers if self.cells[n].source.strip() not in blank]
            counting = counting or numbers[-1:]
        if number not in counting[-1:]:
            as_written = model.cell_type == cell.cell_type == "code"
            return Piece(number, plain(cell, None if as_written else "markdown"), place)
        if cell.cell_type != model.cell_type:
            self.remarks.retyped.append(grade_id(model))
        if len(numbers) > 1:
            self.remarks.doubled[grade_id(model)] = len(numbers)
        return Piece(number, filled(model, cell), place, place)

    def of_the_lab(self, number: int, place: int) -> Piece | None:
        """Take notice of one of the lab's own cells; return what a student has added to it."""
        model, cell = self.lab.cells[place], self.cells[number]
        if self.lab.look(cell)[1] == self.lab.look(model)[1] and not cell.get("attachments"):
            return None
        if not grade_id(model):  # what stands around the tasks, which is free
            self.replaced.add(place)
            return Piece(number, plain(cell), place)
        self.remarks.changed.add(place)
        added = new_statements(cell.source, self.lab.statements)
        if not added:
            return None
        # What is written into a check may be the answer, so it comes before.
        after = place - 1 if is_test(model) else place
        return Piece(number, nbformat.v4.new_code_cell(added), after)

    def name_answers(self) -> None:
        """Where the cell of an answer is missing and a cell of the student's own defines what it
        asks for, and nothing else that is asked for, let that be the answer."""
        answered = {piece.answer for piece in self.pieces}
        found: dict[int, Piece] = {}
        for piece in self.pieces:
            asked = {self.lab.asked[name] for name in self.defined(piece)}
            if len(asked) == 1 and not asked & answered and piece.answer is None:
                found[asked.pop()] = piece
        for place, piece in found.items():
            piece.cell, piece.answer = filled(self.lab.cells[place], piece.cell), place

    def arrange(self) -> None:
        """Let every piece come early enough for the checks, and in the order of the notebook where
        that matters: what defines a name comes before what defines or uses it further down."""
        soonest: dict[str, int] = {}
        for piece in reversed(self.pieces):
            names, defined = piece.names, self.defined(piece)
            limits = [self.lab.asked[name] for name in defined]
            limits += [soonest[name] for name in names.bound if name in soonest]
            piece.after = min([piece.after, *limits])
            for name in names.used | defined:
                soonest[name] = min(piece.after, soonest.get(name, piece.after))

    def defined(self, piece: Piece) -> set[str]:
        """Return the names that the tasks ask for and this piece defines."""
        return piece.names.defined & set(self.lab.asked)

    def put_back(self, place: int) -> NotebookNode:
        """Return an answer's cell that is missing: empty, and without a definition if one stands
        elsewhere, which it must not undo."""
        cell = copy.deepcopy(self.lab.cells[place])
        if any(self.lab.asks_for(place) & self.defined(piece) for piece in self.pieces):
            cell.source = ELSEWHERE
        return cell

    def restored(self) -> list[NotebookNode]:
        """Return all cells of the lab, in its order, and the student's in their places."""
        behind: dict[int, list[NotebookNode]] = {}
        for piece in self.pieces:
            behind.setdefault(piece.after, []).append(piece.cell)
        answered = {piece.answer for piece in self.pieces}
        cells = behind.get(-1, [])
        for place, model in enumerate(self.lab.cells):
            if not utils.is_solution(model):
                cells += [] if place in self.replaced else [copy.deepcopy(model)]
            elif place not in answered:
                cells.append(self.put_back(place))
            cells += behind.get(place, [])
        return cells


def rising(places: list[int | None]) -> list[int]:
    """Return the numbers of those cells that stand in the order of the lab, as many as possible: a
    longest rising sub-sequence."""
    ends: list[int] = []  # the least place that ends a sequence of each length
    last: list[int] = []  # and the number of its cell
    before: dict[int, int | None] = {}
    for number, place in enumerate(places):
        if place is None:
            continue
        length = bisect.bisect_left(ends, place)
        before[number] = last[length - 1] if length else None
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    found, number = [], last[-1] if last else None
    while number is not None:
        found.append(number)
        number = before[number]
    return found[::-1]


# --- Cells of the result --------------------------------------------------------------------------


def plain(cell: NotebookNode, kind: str | None = None) -> NotebookNode:
    """Return a new cell with nothing but the text and the images of this one, whatever else the
    file says about it.

    Args:
        cell: the cell; it stays as it is.
        kind: the new one's type, by default the same.
    """
    kind = kind or cell.cell_type
    if kind == "code":
        return nbformat.v4.new_code_cell(cell.source)
    if kind != "markdown":
        return nbformat.v4.new_raw_cell(cell.source)
    text, images = pictures(cell)
    new = nbformat.v4.new_markdown_cell(text)
    if images:
        new["attachments"] = nbformat.from_dict(images)
    return new


def filled(model: NotebookNode, cell: NotebookNode) -> NotebookNode:
    """Return a cell of the lab with the text and the images of a student's."""
    new, own = copy.deepcopy(model), plain(cell, model.cell_type)
    new.source = own.source
    if "attachments" in own:
        new["attachments"] = own.attachments
    return new


# --- Restoring ------------------------------------------------------------------------------------


class Remarks:
    """What the reader of the grades should know about the cells of a submission.

    Attributes:
        doubled: how many copies there are, by the name of the answer.
        retyped: the names of the answers that were cells of another type.
        changed: the numbers of the lab's own cells that were changed.
    """

    def __init__(self) -> None:
        self.doubled: dict[str, int] = {}
        self.retyped: list[str] = []
        self.changed: set[int] = set()


def restore(submitted: NotebookNode, source: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Return a notebook with all cells of the source, in its order, and a student's answers and own
    cells in their places; and remarks.

    It has no more cells than the source has and the student has added: an own cell, and a copy of
    an answer's cell, each stands in it once.

    Args:
        submitted: the student's notebook; it stays as it is.
        source: the instructor's notebook. Its solutions are not used: a missing answer is an empty
            one.
    """
    lab = Lab(source)
    submission = HandedIn(submitted, lab)
    result = copy.deepcopy(lab.notebook)
    result.cells = submission.restored()
    there = {piece.answer for piece in submission.pieces} | set(submission.numbers)
    missing = [name for name, number in lab.by_name.items() if number not in there]
    about = submission.remarks
    remarks = [
        f"The cell {name} is there {count} times; the last one counts."
        for name, count in about.doubled.items()
    ]
    if about.retyped:
        names = ", ".join(about.retyped)
        remarks.append(f"Cells of another type were given their own one back: {names}.")
    if missing:
        remarks.append(f"Missing cells were put back: {', '.join(missing)}.")
    if about.changed:
        names = ", ".join(grade_id(lab.cells[number]) for number in sorted(about.changed))
        remarks.append(f"Changed cells were put back as they were: {names}.")
    return result, remarks


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
