"""Takes functions or a part out of a notebook, so that tests can try them where they stand; there is no second copy."""

import ast
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]


def take(notebook: str, *names: str) -> dict:
    """Return the functions and classes of these names that a notebook defines, in a namespace with its imports and constants.

    Args:
        notebook: path from the course's root.
        names: of functions and classes defined at top level. Constants are assignments of a literal to a NAME in capitals.

    Raises:
        LookupError: the notebook defines no such name.
    """
    cells = nbformat.read(ROOT / notebook, as_version=4).cells
    lines = [
        line for cell in cells if cell.cell_type == "code" for line in ast.parse(cell.source).body
    ]
    wanted = [
        line
        for line in lines
        if isinstance(line, ast.Import | ast.ImportFrom)
        or _is_constant(line)
        or getattr(line, "name", None) in names
    ]
    absent = set(names) - {getattr(line, "name", None) for line in wanted}
    if absent:
        raise LookupError(f"{notebook} defines no {', '.join(sorted(absent))}.")
    space: dict = {}
    exec(compile(ast.Module(wanted, []), notebook, "exec"), space)
    return space


def first_part(notebook: str, end: str, rows: str) -> nbformat.NotebookNode:
    """Return a notebook up to a heading, and the cell that makes the rows of results of this part; after them a cell that shows the rows.

    Args:
        notebook: path from the course's root.
        end: how the heading of level 2 begins at which the part ends.
        rows: what only the cell further down holds that makes the rows.
    """
    book = nbformat.read(ROOT / notebook, as_version=4)
    (stop,) = (
        i
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "markdown" and cell.source.startswith(f"## {end}")
    )
    (summary,) = (
        cell for cell in book.cells[stop:] if cell.cell_type == "code" and rows in cell.source
    )
    book.cells = [
        *book.cells[:stop],
        summary,
        nbformat.v4.new_code_cell("helpers.results_table(rows)"),
    ]
    return book


def _is_constant(line: ast.stmt) -> bool:
    if not (
        isinstance(line, ast.Assign)
        and isinstance(line.targets[0], ast.Name)
        and line.targets[0].id.isupper()
    ):
        return False
    try:
        ast.literal_eval(line.value)
    except ValueError:
        return False
    return True
