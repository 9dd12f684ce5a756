"""Which cells of a notebook keep a reader waiting without showing how far they are."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from tools.lint.looking import edition

LONGEST = 5  # seconds that a cell may take in silence
SHOWING = {"progress", "LiveProgress"}  # what of helpers shows how far a loop or a training is


def silent_cells(book: NotebookNode, seconds: dict[int, float]) -> list[str]:
    """Return a sentence for each cell of the second edition that takes long and shows no progress.

    A cell shows it if it uses `helpers.progress` or `helpers.LiveProgress`, or a name that a cell
    with one of these has bound, such as a list of callbacks.

    Args:
        book: the notebook.
        seconds: how long each code cell took, by its number in the file.
    """
    if edition(book) < 2:
        return []
    trees = {
        i: _parsed(cell.source) for i, cell in enumerate(book.cells) if cell.cell_type == "code"
    }
    showing = set(SHOWING)
    for tree in trees.values():
        for statement in tree.body:
            if _names(statement) & showing:
                showing |= _bound(statement)
    return [
        f"Cell {i} takes {seconds[i]:.0f} s and shows no progress; use helpers.progress or "
        "helpers.LiveProgress."
        for i, tree in trees.items()
        if seconds.get(i, 0) > LONGEST and not _names(tree) & showing
    ]


def _parsed(source: str) -> ast.Module:
    """Return the syntax tree of a cell; an empty one if it is no plain Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _names(tree: ast.AST) -> set[str]:
    """Return all names and attributes in a tree."""
    nodes = list(ast.walk(tree))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def _bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds: a function's own, or those of an assignment."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    stores = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
    is_assignment = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
    return {node.id for node in stores if isinstance(node.ctx, ast.Store) and is_assignment}
