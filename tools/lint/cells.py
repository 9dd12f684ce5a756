"""Rules for the cells of a lesson: short, formatted, imports in one place, checks folded away under
what they guard, captions that are strings."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from ruff import find_ruff_bin

from tools.lint.looking import (
    asserts,
    book_headings,
    code_cells,
    code_lines,
    is_hidden,
    lesson_cells,
    plain_text,
    rule,
    tags,
    tree,
)
from tools.notebooks import ROOT

SETTINGS = "tools/lint/notebooks.toml"  # of ruff, for notebooks
MEDIAN, NINE_IN_TEN, LONGEST, FROM_SCRATCH, CHECK = 8, 18, 40, 60, 8  # lines that are not blank
FORMAT_CELL = re.compile(r"(?m)^--- .*:cell (\d+)$\n^\+\+\+ .*\n^@@ -(\d+)")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# --- Form -----------------------------------------------------------------------------------------


def ruff(command: list[str], book: NotebookNode) -> str:
    """Return what ruff prints about a notebook, with the settings for notebooks.

    Args:
        command: such as ["check"]; the notebook goes to ruff's standard input.
        book: any notebook that is valid.

    Raises:
        RuntimeError: ruff could not do its work.
    """
    # Ruff passes over a notebook that does not say which language it is in.
    python = {**book, "metadata": {"language_info": {"name": "python"}}}
    text = nbformat.writes(nbformat.from_dict(python))
    call = [
        find_ruff_bin(),
        *command,
        "--config",
        SETTINGS,
        "--no-cache",
        "--stdin-filename=x.ipynb",
        "-",
    ]
    done = subprocess.run(call, cwd=ROOT, input=text, capture_output=True, encoding="utf-8")
    if done.returncode not in (0, 1):
        raise RuntimeError(f"ruff ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@rule(only=2)
def ruff_check(book: NotebookNode, path: Path) -> list[str]:
    """`ruff check` is content with every cell, at 88 columns."""
    found = json.loads(ruff(["check", "--output-format=json"], book))
    return [
        f"Cell {fault['cell'] - 1}, line {fault['location']['row']}: "
        f"{fault['message'].splitlines()[0].rstrip('.')} ({fault['code'] or 'syntax'})."
        for fault in found
    ]


@rule(only=2)
def ruff_format(book: NotebookNode, path: Path) -> list[str]:
    """`ruff format` would change no cell."""
    if any(tree(cell.source).body == [] for _, cell in code_cells(book)):
        return []  # of code that cannot be parsed, `ruff_check` speaks
    shown = ruff(["format", "--diff"], book)
    call = f"ruff format --config {SETTINGS} NOTEBOOK"
    return [
        f"Cell {int(number) - 1}, line {line}: ruff would format it otherwise; run: {call}."
        for number, line in FORMAT_CELL.findall(shown)
    ]


# --- Length ---------------------------------------------------------------------------------------


@rule(only=2)
def short_cells(book: NotebookNode, path: Path) -> list[str]:
    """The median code cell has at most 8 lines, nine in ten have at most 18; neither blank lines
    nor checks nor the set-up cell count."""
    lengths = sorted(
        code_lines(cell.source)
        for _, cell in code_cells(book)
        if "check" not in tags(cell) and "helpers.setup(" not in cell.source
    ) or [0]
    median, ninth = statistics.median(lengths), lengths[int(0.9 * (len(lengths) - 1))]
    blemishes = []
    if median > MEDIAN:
        blemishes.append(f"Its median code cell has {median:g} lines; at most 8 are allowed.")
    if ninth > NINE_IN_TEN:
        blemishes.append(f"More than one code cell in ten has over 18 lines (up to {lengths[-1]}).")
    return blemishes


@rule(only=2)
def short_definitions(book: NotebookNode, path: Path) -> list[str]:
    """No cell, function or class has more than 40 lines that are not blank; 60 in a cell with the
    tag `from-scratch`."""
    blemishes = []
    for i, cell in code_cells(book):
        if "helpers.setup(" in cell.source or "check" in tags(cell):
            continue
        limit = FROM_SCRATCH if "from-scratch" in tags(cell) else LONGEST
        lines = cell.source.splitlines()
        long = [
            f"{node.name} has {length} lines"
            for node in ast.walk(tree(cell.source))
            if isinstance(node, Definition)
            and (length := code_lines("\n".join(lines[node.lineno - 1 : node.end_lineno]))) > limit
        ]
        if not long and code_lines(cell.source) > limit:
            long = [f"it has {code_lines(cell.source)} lines"]
        blemishes += [f"Cell {i}: {what}; at most {limit} are allowed." for what in long]
    return blemishes


# --- Set-up and imports ---------------------------------------------------------------------------


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


@rule(only=2)
def imports_in_one_cell(book: NotebookNode, path: Path) -> list[str]:
    """The set-up cell is hidden; the code cell after it is visible and holds the imports of the
    whole lesson."""
    first, second = (list(code_cells(book)) + [(0, None)] * 2)[:2]
    blemishes = []
    if first[1] is not None and not is_hidden(first[1]):
        blemishes.append(f"Cell {first[0]}: the set-up cell must be hidden (source_hidden).")
    if second[1] is not None and is_hidden(second[1]):
        blemishes.append(f"Cell {second[0]}: the cell with the imports must be visible.")
    late = [i for i, cell in lesson_cells(book) if any(map(_is_import, tree(cell.source).body))]
    return blemishes + [
        f"Cell {i} imports; the lesson's imports stand together in its second code cell."
        for i in late
        if i != second[0]
    ]


# --- Checks ---------------------------------------------------------------------------------------


def _asserting_lines(source: str) -> list[int]:
    """Return the lines with an assert or a call of numpy.testing, in functions too."""
    return [
        node.lineno
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Assert)
        or (
            isinstance(node, ast.Call)
            and re.search(r"(^|\.)assert_\w+$", ast.unparse(node.func)) is not None
        )
    ]


@rule(only=2)
def asserts_in_checks(book: NotebookNode, path: Path) -> list[str]:
    """Only cells with the tag `check`, and solutions, assert something."""
    return [
        f"Cell {i}, line {line}: an assert belongs into a cell of its own with the tag 'check'."
        for i, cell in code_cells(book)
        if not tags(cell) & {"check", "solution"}
        for line in _asserting_lines(cell.source)
    ]


@rule(only=2)
def check_cells(book: NotebookNode, path: Path) -> list[str]:
    """A check is hidden, has at most 8 lines, asserts what could be false, shows nothing, and
    stands in the section of a code cell whose names it uses."""
    blemishes, above = [], set()
    starts = {i for i, _, _ in book_headings(book)}
    for i, cell in enumerate(book.cells):
        above = set() if i in starts else above
        if cell.cell_type != "code":
            continue
        names = {node.id for node in ast.walk(tree(cell.source)) if isinstance(node, ast.Name)}
        if "check" not in tags(cell):
            above |= names
            continue
        faults = {
            "must be hidden (jupyter: source_hidden)": not is_hidden(cell),
            f"has {code_lines(cell.source)} lines; at most 8 are allowed": (
                code_lines(cell.source) > CHECK
            ),
            "asserts nothing that could be false": not asserts(cell.source),
            "shows something; it should only assert": bool(cell.outputs),
            "uses no name of the code cells above it in its section": (not names & above),
        }
        blemishes += [f"Cell {i}: a check {fault}." for fault, there in faults.items() if there]
    return blemishes


@rule(only=2)
def ignored_outputs_are_checked(book: NotebookNode, path: Path) -> list[str]:
    """Where numbers are printed that are not compared, a check asserts their range before the next
    heading."""
    starts = sorted({i for i, _, _ in book_headings(book)} | {len(book.cells)})
    blemishes = []
    for i, cell in code_cells(book):
        if "nbval-ignore-output" not in tags(cell) or not re.search(r"\d", plain_text(cell)):
            continue
        end = next(start for start in starts if start > i)
        after = [c for c in book.cells[i + 1 : end] if c.cell_type == "code"]
        own = "solution" in tags(cell) and asserts(cell.source)
        if not own and not any(tags(c) & {"check"} and asserts(c.source) for c in after):
            blemishes.append(
                f"Cell {i} prints numbers that nobody compares, and no check under it asserts "
                "their range."
            )
    return blemishes


@rule(only=2)
def ignored_for_a_reason(book: NotebookNode, path: Path) -> list[str]:
    """Only cells that print text have the tag nbval-ignore-output."""
    return [
        f"Cell {i} has the tag nbval-ignore-output, but prints nothing that could be compared."
        for i, cell in enumerate(book.cells)
        if "nbval-ignore-output" in tags(cell)
        and (cell.cell_type != "code" or not plain_text(cell))
    ]


# --- Captions -------------------------------------------------------------------------------------


def _captions(source: str) -> Iterator[ast.expr]:
    """Yield what a cell gives to `show` as the sentence under a figure; where that is a name to
    which the cell assigns, what it assigns."""
    nodes = list(ast.walk(tree(source)))
    assigned = {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("show", "helpers.show"):
            given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "sentence")]
            for value in given:
                is_name = isinstance(value, ast.Name)
                yield assigned.get(value.id, value) if is_name else value


@rule(only=2)
def captions_are_strings(book: NotebookNode, path: Path) -> list[str]:
    """The sentence under a figure is a string of its own: nothing is computed inside it."""
    return [
        f"Cell {i}, line {caption.lineno}: a caption is a string of its own, not an expression; "
        "a check guards its numbers."
        for i, cell in code_cells(book)
        for caption in _captions(cell.source)
        if not isinstance(caption, ast.Constant | ast.Name)
    ]
