"""What a lab looks like when students get it."""

from __future__ import annotations

import copy
import hashlib
import json
from functools import cached_property

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearSolutions

from tools.labs.bindings import names_in, statements
from tools.labs.cells import grade_id, is_test, task_of, without_hidden


def not_of(name: str) -> str:
    """Return what is said of a notebook that is not of this lab."""
    return f"This is not the notebook of {name}: none of its tasks is in it."


class Lab:
    """The cells of a lab as students get them, hidden tests included.

    Args:
        source: the instructor's notebook; it stays as it is, and its solutions are not used.
        name: the lab's name.
    """

    def __init__(self, source: NotebookNode, name: str = ""):
        self.name = name
        self.notebook, _ = ClearSolutions().preprocess(copy.deepcopy(source), {})
        self.cells: list[NotebookNode] = self.notebook.cells

    @cached_property
    def by_name(self) -> dict[str, int]:
        """The number of each cell that nbgrader knows, by its name."""
        return {name: n for n, cell in enumerate(self.cells) if (name := grade_id(cell))}

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The number of each cell by its id in the file."""
        return {cell["id"]: n for n, cell in enumerate(self.cells) if "id" in cell}

    @cached_property
    def by_text(self) -> dict[tuple[str, str], int]:
        """The number of each cell by its type and text, where no other one has the same."""
        looks = [self.look(cell) for cell in self.cells]
        return {look: n for n, look in enumerate(looks) if looks.count(look) == 1}

    @cached_property
    def asked(self) -> dict[str, int]:
        """The number of the answer's cell by the name of what a task asks to define."""
        return {
            name: n
            for n, cell in enumerate(self.cells)
            if utils.is_solution(cell) and cell.cell_type == "code"
            for name in names_in(cell.source).defined
        }

    @cached_property
    def statements(self) -> frozenset[str]:
        """The statements in all cells, which are nobody's answer."""
        code = [cell.source for cell in self.cells if cell.cell_type == "code"]
        return frozenset().union(*map(statements, code))

    def asks_for(self, place: int) -> set[str]:
        """Return the names that the answer in this cell is to define."""
        return {name for name, number in self.asked.items() if number == place}

    @staticmethod
    def look(cell: NotebookNode) -> tuple[str, str]:
        """Return what tells a cell from others if nothing else does."""
        return cell.cell_type, without_hidden(cell.source).strip()

    def place(self, cell: NotebookNode) -> int | None:
        """Return the number of the lab's cell that this cell of a submission is, or was before it
        was changed; None if it is the student's own.

        What has lost its name is known by its id, which editors keep or drop as a whole, or by its
        text.
        """
        name = grade_id(cell)
        if name in self.by_name:
            return self.by_name[name]
        mark = cell.get("id")
        number = self.by_id.get(mark) if isinstance(mark, str) else None
        if number is not None and self.cells[number].cell_type == cell.cell_type:
            return number
        return self.by_text.get(self.look(cell)) if cell.source.strip() else None

    # --- Which version ---

    @cached_property
    def version(self) -> str:
        """A mark of what the tasks ask for and the checks that students see; hidden tests and the
        text around may change without it."""
        parts = [
            [name, cell.cell_type, cell.metadata.nbgrader.get("points"), self.look(cell)[1]]
            for name, number in self.by_name.items()
            if (cell := self.cells[number])
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    def mark(self, released: NotebookNode) -> None:
        """Write into a student version, in place, which lab and which version of it this is."""
        released.metadata["lab"] = {"name": self.name, "version": self.version}

    def holds_tasks(self, notebook: NotebookNode) -> bool:
        """Say whether there is a task of this lab in a notebook, or what was one."""
        named = {place for cell in notebook.cells if (place := self.place(cell)) is not None}
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        return bool(named & set(self.by_name.values())) or any(
            names_in(source).defined & set(self.asked) for source in code
        )

    def other_version(self, notebook: NotebookNode) -> str:
        """Return what is to be said of a notebook that was made from another version of this lab;
        empty if it was not, or does not say."""
        mark = notebook.metadata.get("lab")
        version = mark.get("version") if isinstance(mark, dict) else None
        if not isinstance(version, str) or version == self.version:
            return ""
        differ = [
            task_of(name)
            for cell in notebook.cells
            if (name := grade_id(cell)) in self.by_name
            and is_test(self.cells[self.by_name[name]])
            and self.look(cell) != self.look(self.cells[self.by_name[name]])
        ]
        checks = f" (other checks: {', '.join(dict.fromkeys(differ))})" if differ else ""
        return (
            f"It was made from another version of {self.name or 'the lab'} than this one{checks}, "
            "so it is not graded: put the answers into today's notebook, or grade it with the "
            "course's files of that version."
        )
