"""What the modules of the labs ask of a notebook's cells."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader import utils


def grade_id(cell: NotebookNode) -> str | None:
    """Return the name that nbgrader knows a cell by, if it does."""
    about = cell.metadata.get("nbgrader")
    name = about.get("grade_id") if isinstance(about, dict) else None
    return name if isinstance(name, str) else None


def is_test(cell: NotebookNode) -> bool:
    """Say whether a cell is an automatically graded one."""
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def task_of(name: str) -> str:
    """Return the task that a graded cell belongs to."""
    return name.removeprefix("test_")


def errors_of(cell: NotebookNode) -> list[NotebookNode]:
    """Return the errors among a code cell's outputs."""
    return [output for output in cell.outputs if output.output_type == "error"]


def has_hidden(source: str) -> bool:
    """Say whether a cell's text holds hidden tests."""
    return "### BEGIN HIDDEN TESTS" in source


def without_hidden(source: str) -> str:
    """Return a cell's text as students have it: without hidden tests, and without spaces that
    editors change."""
    lines, hidden = [], False
    for line in source.splitlines():
        hidden = hidden or has_hidden(line)
        if not hidden and line.strip():
            lines.append(line.rstrip())
        hidden = hidden and "### END HIDDEN TESTS" not in line
    return "\n".join(lines)
