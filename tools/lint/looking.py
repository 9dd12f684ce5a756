"""What the rules need in order to look at a notebook, and the registers of all rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode

from tools import notebooks

UNCOMPARED = {"nbval-ignore-output", "nbval-skip"}
RAISES = {"raises-exception", "nbval-raises-exception"}

Rule = Callable[[NotebookNode, Path], list[str]]
EDITIONS = (1, 2)
RULES: dict[str, Rule] = {}  # what they find is an error
HINTS: dict[str, Rule] = {}  # what they find is printed, and stops nobody
OF_EDITION: dict[str, tuple[int, ...]] = {}  # of every rule and hint: the editions it holds for


def edition(book: NotebookNode) -> int:
    """Return the edition of the course whose rules a notebook keeps, by its metadata
    course.edition; 1 where it says nothing, or nothing that is known."""
    said = notebooks.course(book).get("edition")
    return said if said in EDITIONS else 1


def rule(function: Rule | None = None, *, only: int | None = None, hint: bool = False) -> Any:
    """Add a function to RULES. It gets a notebook and its path, and returns a sentence a blemish;
    its docstring says in one sentence what holds where there is none.

    Args:
        function: the rule.
        only: the edition whose notebooks it is for; to others it is content. All if None.
        hint: add it to HINTS, because it judges by words or habits and may be wrong.
    """

    def add(function: Rule) -> Rule:
        @wraps(function)
        def checked(book: NotebookNode, path: Path) -> list[str]:
            return function(book, path) if only in (None, edition(book)) else []

        (HINTS if hint else RULES)[function.__name__] = checked
        OF_EDITION[function.__name__] = EDITIONS if only is None else (only,)
        return checked

    return add(function) if function else add


# --- Cells and their outputs ----------------------------------------------------------------------


def code_cells(book: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the number and the cell of every code cell that is not empty."""
    return (
        (i, cell)
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "code" and cell.source.strip()
    )


def markdown_cells(book: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the number and the cell of every Markdown cell."""
    return ((i, cell) for i, cell in enumerate(book.cells) if cell.cell_type == "markdown")


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def is_hidden(cell: NotebookNode) -> bool:
    """Tell whether the source of a cell is folded away."""
    about = cell.metadata.get("jupyter")
    return isinstance(about, dict) and about.get("source_hidden") is True


def lesson_cells(book: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the number and the cell of every code cell that teaches: neither the set-up cell nor a
    check nor a solution."""
    return (
        (i, cell)
        for i, cell in code_cells(book)
        if "helpers.setup(" not in cell.source and not tags(cell) & {"check", "solution"}
    )


def code_lines(source: str) -> int:
    """Count the lines of a piece of code that are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def plain_text(cell: NotebookNode) -> str:
    """Return what a cell prints, as nbval compares it; bare figures and axes do not count."""
    texts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
        if output.output_type != "error"
    ]
    return "\n".join(re.sub(r"<Figure size [^>]*>|<Axes[^>]*>", "", text) for text in texts).strip()


def all_text(cell: NotebookNode) -> str:
    """Return everything that can be read in a cell's outputs: streams, tracebacks, plain text,
    Markdown, HTML without its style sheets."""
    texts = []
    for output in cell.outputs:
        texts.append(output.get("text", "") + "\n".join(output.get("traceback", [])))
        texts += [text for mime, text in output.get("data", {}).items() if mime.startswith("text/")]
    return re.sub(r"(?s)<style.*?</style>|\x1b\[[\d;]*m", "", "\n".join(texts))


def matches(text: str, patterns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (what it is, the words that match) for the first match of each pattern."""
    return [
        (what, match.group().strip())
        for pattern, what in patterns
        if (match := re.search(pattern, text))
    ]


def course_entry(book: NotebookNode, key: str, kind: type | tuple[type, ...]) -> Any:
    """Return a value of the metadata `course`; an empty one of the (first) kind if it is missing or
    of another kind, which the rule `course_metadata` reports."""
    value = notebooks.course(book).get(key)
    if isinstance(value, kind):
        return value
    return kind[0]() if isinstance(kind, tuple) else kind()


# --- Markdown -------------------------------------------------------------------------------------


@cache
def markdown(text: str) -> list[Token]:
    """Parse Markdown once."""
    return MarkdownIt("commonmark").enable("table").parse(text)


def words(inline: Token) -> str:
    """Return the text of a heading or paragraph without its markup."""
    return "".join(" " if t.type == "softbreak" else t.content for t in inline.children or [])


def headings(text: str) -> list[tuple[int, str]]:
    """Return (level, words) of every heading of a Markdown text, in order."""
    tokens = markdown(text)
    return [
        (int(opening.tag[1]), words(inline))
        for opening, inline in zip(tokens, tokens[1:], strict=False)
        if opening.type == "heading_open"
    ]


def book_headings(book: NotebookNode) -> list[tuple[int, int, str]]:
    """Return (cell, level, words) of every heading of a notebook, in order."""
    return [(i, *heading) for i, cell in markdown_cells(book) for heading in headings(cell.source)]


def section(book: NotebookNode, name: str) -> range:
    """Return the cells from the level-2 heading `name` up to the next level-2 heading; none if
    there is no such heading."""
    starts = [(i, text) for i, level, text in book_headings(book) if level <= 2]
    ends = [i for i, _ in starts[1:]] + [len(book.cells)]
    for (start, text), end in zip(starts, ends, strict=False):
        if text == name:
            return range(start, end)
    return range(0)


# --- Code -----------------------------------------------------------------------------------------


def tree(source: str) -> ast.Module:
    """Parse a cell; an empty module if it is not plain Python, which the rule `idiom` reports."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):  # ValueError: a NUL among the characters
        return ast.Module([], [])


def is_condition(node: ast.expr) -> bool:
    """Tell whether an asserted expression could be false: it computes something, and is not a
    tuple, which is always true."""
    return not isinstance(node, ast.Tuple) and any(
        isinstance(n, ast.Name | ast.Call) for n in ast.walk(node)
    )


def asserts(source: str) -> bool:
    """Tell whether a cell itself (not only a function defined in it) asserts something that could
    be false."""
    nodes = list(ast.walk(tree(source)))
    inner = {
        id(n)
        for f in nodes
        if isinstance(f, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        for n in ast.walk(f)
    }
    own = [n for n in nodes if id(n) not in inner]
    numpy_testing = any(
        isinstance(n, ast.Call) and ast.unparse(n.func).split(".")[-1].startswith("assert_")
        for n in own
    )
    return numpy_testing or any(isinstance(n, ast.Assert) and is_condition(n.test) for n in own)
