"""Which cells of a notebook keep a reader waiting without showing how far they are."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

from tools.definitions import bound
from tools.lint.looking import code_cells, edition, tree

BINDING = ast.FunctionDef | ast.Assign | ast.AnnAssign | ast.AugAssign
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
    trees = {i: tree(cell.source) for i, cell in code_cells(book)}
    showing = set(SHOWING)
    for parsed in trees.values():
        for statement in parsed.body:
            if isinstance(statement, BINDING) and _names(statement) & showing:
                showing |= bound(statement)
    return [
        f"Cell {i} takes {seconds[i]:.0f} s and shows no progress; use helpers.progress or "
        "helpers.LiveProgress."
        for i, parsed in trees.items()
        if seconds.get(i, 0) > LONGEST and not _names(parsed) & showing
    ]


def _names(parsed: ast.AST) -> set[str]:
    """Return all names and attributes in a tree."""
    nodes = list(ast.walk(parsed))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }
