"""Rules for the stored outputs: executed in order, without errors, noise or traces of a machine,
and mostly compared in tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nbformat import NotebookNode

from tools.lint.looking import (
    RAISES,
    UNCOMPARED,
    all_text,
    asserts,
    code_cells,
    matches,
    plain_text,
    rule,
    tags,
    tree,
)

MACHINE = [
    (
        r"/(?:tmp|home|root|work)/|(?<![\w.])/(?:Users|usr|opt|var|mnt|private|content)/|"
        r"[A-Z]:\\\\|\b[A-Za-z]:[\\/]\w|file://",
        "a path of one machine",
    ),
    (r"site-packages|dist-packages|ipykernel_\d+|\.venv\b", "a path of one machine"),
    (r"\bat 0x[0-9a-fA-F]+", "an object's address"),
]
PROGRESS = [
    (
        r"\d\s?(?:s|ms|µs|us|ns)/(?:step|it)\b|ETA:|it/s\]|\bit/s\b|"
        r"\bEpoch \d+/\d+|(?<![┏┡┳╇━█])[━█]{3}|\r(?!\n)",  # but the frame of summary()
        "a progress bar",
    ),
    (r"Wall time|CPU times|\bper loop\b", "an incidental timing"),
]
ELAPSED = (
    r"(?i)\b(?:took|in|after|within|elapsed|time|duration)\b[\s:=]+(?:about )?"
    r"\d+(?:\.\d+)?\s?(?:ms|µs|s|sec|seconds?|min|minutes?)\b"
)
LEFTOVERS = [
    (r"(?:Warning|WARNING|DEPRECATED|[Dd]eprecated)\b", "a warning"),
    (r"(?<![\w.])(?:nan|NaN|NaT)(?!\w)|<NA>|&lt;NA&gt;", "NaN"),
    (
        r"(?<![\w{])\{[a-z_]\w*(?:\.\w+|\[[^\]]*\])?(?::[^}]*)?\}",
        "braces that were never filled in",
    ),
]

# Calls that make a text differ from one execution, or one processor, to the next
UNSTEADY = re.compile(
    r"fit\w*|train\w*|evaluate|predict\w*|cross_val\w*|GradientTape|minimi[sz]e|optimi[sz]e\w*|"
    r"perf_counter|process_time|monotonic|timeit|experiment"
)


@rule
def execution_order(book: NotebookNode, path: Path) -> list[str]:
    """Every code cell that is not empty was executed, from 1 on without a gap; empty cells were
    not."""
    blemishes, last = [], 0
    for i, cell in code_cells(book):
        count = cell.execution_count
        if count is None:
            blemishes.append(f"Cell {i} was never executed.")
        elif count != last + 1:
            blemishes.append(f"Cell {i} has the execution count {count} after {last}.")
        last = count or last + 1
    for i, cell in enumerate(book.cells):
        empty = cell.cell_type == "code" and not cell.source.strip()
        if empty and (cell.execution_count or cell.outputs):
            blemishes.append(f"Cell {i} is empty, yet it was executed.")
    return blemishes


@rule
def no_errors(book: NotebookNode, path: Path) -> list[str]:
    """No cell ends in an error, unless tagged so, and none writes to stderr."""
    blemishes = []
    for i, cell in code_cells(book):
        for output in cell.outputs:
            if output.output_type == "error" and not tags(cell) & RAISES:
                blemishes.append(f"Cell {i} ends in an error: {output.ename}.")
            if output.get("name") == "stderr":
                blemishes.append(f"Cell {i} writes to stderr: {output.text.strip()[:80]}")
    return blemishes


@rule
def nothing_of_the_machine(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a path of a machine or the address of an object."""
    return [
        f"Cell {i} prints {what}: {match}"
        for i, cell in code_cells(book)
        for what, match in matches(all_text(cell), MACHINE)
    ]


@rule
def no_progress(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a progress bar; a time only where it is the point of the cell, which is then
    tagged nbval-ignore-output."""
    blemishes = []
    for i, cell in code_cells(book):
        timing = [] if "nbval-ignore-output" in tags(cell) else [(ELAPSED, "an elapsed time")]
        blemishes += [
            f"Cell {i} prints {what}: {match}"
            for what, match in matches(all_text(cell), PROGRESS + timing)
        ]
        if any("widget" in mime for output in cell.outputs for mime in output.get("data", {})):
            blemishes.append(f"Cell {i} shows a widget.")
    return blemishes


@rule
def no_leftovers(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a warning, NaN or unfilled braces, unless the cell quotes data on purpose."""
    return [
        f"Cell {i} prints {what}: {match}"
        for i, cell in code_cells(book)
        if "quotes-data" not in tags(cell)
        for what, match in matches(all_text(cell), LEFTOVERS)
    ]


@rule(only=1)
def compared_share(book: NotebookNode, path: Path) -> list[str]:
    """More than half of the cells that print text are compared by strict nbval."""
    printing = [cell for _, cell in code_cells(book) if plain_text(cell)]
    compared = sum(not tags(cell) & UNCOMPARED for cell in printing)
    if 2 * compared > len(printing):
        return []
    return [
        f"Of {len(printing)} cells that print text only {compared} are compared; "
        "more than half must be."
    ]


@rule(only=1)
def ignored_outputs_assert(book: NotebookNode, path: Path) -> list[str]:
    """A cell whose output is not compared, but holds a number, asserts something that could be
    false."""
    return [
        f"Cell {i} prints numbers that nobody compares, and has no assert that could fail."
        for i, cell in code_cells(book)
        if "nbval-ignore-output" in tags(cell)
        and re.search(r"\d", plain_text(cell))
        and not asserts(cell.source)
    ]


def _made(source: str) -> set[str]:
    """Return the names that a cell makes or changes: by assignment, definition, or a method."""
    made = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            made.add(node.id)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
        changed = node.value if isinstance(node, ast.Expr) else node
        if isinstance(changed, ast.Call) and isinstance(node, ast.Expr):
            changed = changed.func
        if isinstance(changed, ast.Attribute | ast.Subscript):
            stores = isinstance(node, ast.Expr) or isinstance(node.ctx, ast.Store)
            if stores and isinstance(changed.value, ast.Name):
                made.add(changed.value.id)
    return made


@rule(only=2, hint=True)
def ignored_without_need(book: NotebookNode, path: Path) -> list[str]:
    """Only what depends on training, timing or the processor has the tag nbval-ignore-output."""
    unsteady: set[str] = set()
    hints = []
    for i, cell in code_cells(book):
        nodes = list(ast.walk(tree(cell.source)))
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        calls = {ast.unparse(n.func).split(".")[-1] for n in nodes if isinstance(n, ast.Call)}
        if names & unsteady or any(map(UNSTEADY.fullmatch, calls)):
            unsteady |= _made(cell.source)
        elif "nbval-ignore-output" in tags(cell):
            hints.append(
                f"Cell {i} is tagged nbval-ignore-output, but seems to depend neither on training "
                "nor on timing."
            )
    return hints
