"""Static checks of notebooks. Each takes a notebook and its path and returns one sentence per blemish; nothing is executed.

test_notebooks.py applies all of CHECKS to every notebook of the course; test_notebook_checks.py proves each on a bad notebook.
Cells are counted from 0, as in the notebook's file.
"""

from __future__ import annotations

import ast
import json
import math
import re
import statistics
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode

import helpers
from tools import docs

ROOT = Path(__file__).resolve().parents[2]
SETUP = (ROOT / "tests/support/setup_cell.py").read_text(encoding="utf-8")
MAX_MB = 1.5
UNCOMPARED = {"nbval-ignore-output", "nbval-skip"}
RAISES = {"raises-exception", "nbval-raises-exception"}
TAGS = {
    "nbval-ignore-output",
    "quotes-data",
    "solution",
    "fits-preprocessing",
    *RAISES,
}  # nbval-skip is not among them: every cell is run
PROPORTIONS = {
    "accuracy",
    "precision",
    "recall",
    "F1",
    "ROC-AUC",
    "PR-AUC",
    "mAP@0.5",
    "IoU",
    "Dice",
    "exact match",
    "purity",
    "overlap",
}
PROPORTIONS |= {"precision@100", "recall@0.5%", "false-positive rate"}
EXACT = {
    "seconds",
    "speed-up",
    "max difference",
    "digits covered",
}  # a headline with one of these metrics needs no interval

MACHINE = [
    (
        r"/(?:tmp|home|root|work)/|(?<![\w.])/(?:Users|usr|opt|var|mnt|private|content)/|[A-Z]:\\\\|\b[A-Za-z]:[\\/]\w|file://",
        "a path of one machine",
    ),
    (r"site-packages|dist-packages|ipykernel_\d+|\.venv\b", "a path of one machine"),
    (r"\bat 0x[0-9a-fA-F]+", "an object's address"),
]
PROGRESS = [
    (
        r"\d\s?(?:s|ms|µs|us|ns)/(?:step|it)\b|ETA:|it/s\]|\bit/s\b|\bEpoch \d+/\d+|[━█]{3}|\r(?!\n)",
        "a progress bar",
    ),
    (r"Wall time|CPU times|\bper loop\b", "an incidental timing"),
]
ELAPSED = r"(?i)\b(?:took|in|after|within|elapsed|time|duration)\b[\s:=]+(?:about )?\d+(?:\.\d+)?\s?(?:ms|µs|s|sec|seconds?|min|minutes?)\b"
LEFTOVERS = [
    (r"(?:Warning|WARNING|DEPRECATED|[Dd]eprecated)\b", "a warning"),
    (r"(?<![\w.])(?:nan|NaN|NaT)(?!\w)|<NA>|&lt;NA&gt;", "NaN"),
    (
        r"(?<![\w{])\{[a-z_]\w*(?:\.\w+|\[[^\]]*\])?(?::[^}]*)?\}",
        "braces that were never filled in",
    ),
]
NETWORK = {
    "urllib",
    "http",
    "requests",
    "httpx",
    "socket",
    "ftplib",
    "pooch",
    "gdown",
    "wget",
    "kagglehub",
    "tensorflow_datasets",
}
OPTIMISERS = {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Nadam", "Adamax", "Adadelta"}
PAPER = r"\b10\.\d{4,9}/[^\s\"<>]*\w|(?i:arxiv:\s?|arxiv\.org/abs/)(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?!\d)"
MEASURED = r"(?<![\w.,])0\.0*[1-9]\d{2,}\b|(?<![\w.,])\d+\.\d+ ?%"  # 0.863 or 86.3 %, but not 0.001

Check = Callable[[NotebookNode, Path], list[str]]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Add a function to CHECKS."""
    CHECKS[function.__name__] = function
    return function


# --- Looking at a notebook ------------------------------------------------------------------------------------------


def code_cells(book: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield the number and the cell of every code cell that is not empty."""
    return (
        (i, cell)
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "code" and cell.source.strip()
    )


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def plain_text(cell: NotebookNode) -> str:
    """Return what a cell prints, as nbval compares it; bare figures and axes do not count."""
    texts = [
        o.get("text", "") or o.get("data", {}).get("text/plain", "")
        for o in cell.outputs
        if o.output_type != "error"
    ]
    return "\n".join(re.sub(r"<Figure size [^>]*>|<Axes[^>]*>", "", text) for text in texts).strip()


def all_text(cell: NotebookNode) -> str:
    """Return everything readable in a cell's outputs: streams, tracebacks, plain text, Markdown, HTML without its style sheets."""
    texts = [o.get("text", "") + "\n".join(o.get("traceback", [])) for o in cell.outputs]
    texts += [
        text
        for o in cell.outputs
        for mime, text in o.get("data", {}).items()
        if mime.startswith("text/")
    ]
    return re.sub(r"(?s)<style.*?</style>|\x1b\[[\d;]*m", "", "\n".join(texts))


def found(text: str, patterns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (what it is, the words that match) for the first match of each pattern."""
    return [
        (what, match.group().strip())
        for pattern, what in patterns
        if (match := re.search(pattern, text))
    ]


def course(book: NotebookNode, key: str, kind: Any) -> Any:
    """Return a value of the metadata `course`; an empty one of the kind if it is missing or of another kind, which `course_metadata` reports."""
    value = book.metadata.get("course", {}).get(key)
    return value if isinstance(value, kind) else (kind[0] if isinstance(kind, tuple) else kind)()


@lru_cache(maxsize=None)
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
        for opening, inline in zip(tokens, tokens[1:])
        if opening.type == "heading_open"
    ]


def book_headings(book: NotebookNode) -> list[tuple[int, int, str]]:
    """Return (cell, level, words) of every heading of a notebook, in order."""
    return [
        (i, *heading)
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "markdown"
        for heading in headings(cell.source)
    ]


def section(book: NotebookNode, name: str) -> range:
    """Return the cells from the level-2 heading `name` up to the next level-2 heading; none if there is no such heading."""
    starts = [(i, text) for i, level, text in book_headings(book) if level <= 2]
    for (start, text), (end, _) in zip(starts, [*starts[1:], (len(book.cells), "")]):
        if text == name:
            return range(start, end)
    return range(0)


def tree(source: str) -> ast.Module:
    """Parse a cell; an empty module if it is not plain Python, which the check `idiom` reports."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def is_condition(node: ast.expr) -> bool:
    """Tell whether an asserted expression could be false: it computes something, and is not a tuple, which is always true."""
    return not isinstance(node, ast.Tuple) and any(
        isinstance(n, (ast.Name, ast.Call)) for n in ast.walk(node)
    )


def asserts(source: str) -> bool:
    """Tell whether a cell itself (not only a function defined in it) asserts something that could be false."""
    nodes = list(ast.walk(tree(source)))
    inner = {
        id(n)
        for f in nodes
        if isinstance(f, (ast.FunctionDef, ast.ClassDef, ast.Lambda))
        for n in ast.walk(f)
    }
    own = [n for n in nodes if id(n) not in inner]
    numpy_testing = any(
        isinstance(n, ast.Call) and ast.unparse(n.func).split(".")[-1].startswith("assert_")
        for n in own
    )
    return numpy_testing or any(isinstance(n, ast.Assert) and is_condition(n.test) for n in own)


# --- The file -------------------------------------------------------------------------------------------------------


@check
def valid_format(book: NotebookNode, path: Path) -> list[str]:
    """The notebook is valid nbformat 4.5, which includes one id per cell."""
    if (book.nbformat, book.nbformat_minor) < (4, 5):
        return [
            f"Its format is {book.nbformat}.{book.nbformat_minor}; it must be 4.5, in which cells have ids."
        ]
    ids = [cell.get("id") for cell in book.cells]
    if len(set(ids) - {None}) < len(ids):
        return ["A cell has no id, or the id of another cell."]
    try:
        nbformat.validate(deepcopy(book))  # a copy, because it may mend what it finds
    except nbformat.ValidationError as error:
        return [f"It is not a valid notebook: {str(error).splitlines()[0]}"]
    return []


@check
def size(book: NotebookNode, path: Path) -> list[str]:
    """At most 1.5 MB."""
    megabytes = len(json.dumps(book, indent=1, ensure_ascii=False).encode()) / 1e6
    return (
        [f"It has {megabytes:.2f} MB; at most {MAX_MB} MB are allowed."]
        if megabytes > MAX_MB
        else []
    )


@check
def nothing_personal_in_metadata(book: NotebookNode, path: Path) -> list[str]:
    """The kernel is `python3`, and no metadata tells of the machine, the editor or the time of an execution."""
    kernel, blemishes = book.metadata.get("kernelspec", {}), []
    if kernel.get("name") != "python3" or not kernel.get("display_name", "Python 3").startswith(
        "Python 3"
    ):
        blemishes.append(
            f"Its kernel is {kernel.get('name')!r} ({kernel.get('display_name')}); it must be 'python3' (Python 3)."
        )
    other = set(book.metadata) - {"kernelspec", "language_info", "course", "jupytext"}
    blemishes += [f"Its metadata holds {', '.join(sorted(other))}."] if other else []
    blemishes += [
        f"Its metadata holds {what}: {match}"
        for what, match in found(json.dumps(book.metadata), MACHINE)
    ]
    for i, cell in enumerate(book.cells):
        other = set(cell.metadata) - {
            "tags",
            "jupyter",
            "lines_to_next_cell",
        }  # the last one is jupytext's
        blemishes += (
            [f"Cell {i} has metadata other than tags and jupyter: {', '.join(sorted(other))}."]
            if other
            else []
        )
    return blemishes


@check
def known_tags(book: NotebookNode, path: Path) -> list[str]:
    """Only the course's tags are used, and no nbval comment, which a count of tags would not see."""
    blemishes = [
        f"Cell {i} has the unknown tag {tag!r}."
        for i, cell in enumerate(book.cells)
        for tag in sorted(tags(cell) - TAGS)
    ]
    marker = r"(?m)^\s*#+\s*(?:NBVAL|PYTEST_VALIDATE)_\w+"
    return blemishes + [
        f"Cell {i} steers nbval by a comment; use a tag."
        for i, cell in code_cells(book)
        if re.search(marker, cell.source)
    ]


# --- Order and outputs ----------------------------------------------------------------------------------------------


@check
def setup_cell(book: NotebookNode, path: Path) -> list[str]:
    """The first code cell is tests/support/setup_cell.py."""
    first = next((cell.source for _, cell in code_cells(book)), "")
    return (
        []
        if first.strip() == SETUP.strip()
        else ["Its first code cell is not the course's set-up cell, tests/support/setup_cell.py."]
    )


@check
def execution_order(book: NotebookNode, path: Path) -> list[str]:
    """Every code cell that is not empty was executed, from 1 on without a gap; empty cells were not."""
    blemishes, last = [], 0
    for i, cell in code_cells(book):
        if cell.execution_count is None:
            blemishes.append(f"Cell {i} was never executed.")
        elif cell.execution_count != last + 1:
            blemishes.append(
                f"Cell {i} has the execution count {cell.execution_count} after {last}."
            )
        last = cell.execution_count or last + 1
    empty = [
        i
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "code" and not cell.source.strip()
    ]
    return blemishes + [
        f"Cell {i} is empty, yet it was executed."
        for i in empty
        if book.cells[i].execution_count or book.cells[i].outputs
    ]


@check
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


@check
def nothing_of_the_machine(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a path of a machine or the address of an object."""
    return [
        f"Cell {i} prints {what}: {match}"
        for i, cell in code_cells(book)
        for what, match in found(all_text(cell), MACHINE)
    ]


@check
def no_progress(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a progress bar; a time only where it is the point of the cell, which is then tagged nbval-ignore-output."""
    blemishes = []
    for i, cell in code_cells(book):
        patterns = (
            PROGRESS
            if "nbval-ignore-output" in tags(cell)
            else [*PROGRESS, (ELAPSED, "an elapsed time")]
        )
        blemishes += [
            f"Cell {i} prints {what}: {match}" for what, match in found(all_text(cell), patterns)
        ]
        if any("widget" in mime for output in cell.outputs for mime in output.get("data", {})):
            blemishes.append(f"Cell {i} shows a widget.")
    return blemishes


@check
def no_leftovers(book: NotebookNode, path: Path) -> list[str]:
    """No output holds a warning, NaN or unfilled braces, unless the cell quotes data on purpose."""
    cells = [(i, cell) for i, cell in code_cells(book) if "quotes-data" not in tags(cell)]
    return [
        f"Cell {i} prints {what}: {match}"
        for i, cell in cells
        for what, match in found(all_text(cell), LEFTOVERS)
    ]


@check
def compared_share(book: NotebookNode, path: Path) -> list[str]:
    """More than half of the cells that print text are compared by strict nbval."""
    printing = [cell for _, cell in code_cells(book) if plain_text(cell)]
    compared = sum(not tags(cell) & UNCOMPARED for cell in printing)
    return (
        []
        if 2 * compared > len(printing)
        else [
            f"Of {len(printing)} cells that print text only {compared} are compared; more than half must be."
        ]
    )


@check
def ignored_outputs_assert(book: NotebookNode, path: Path) -> list[str]:
    """A cell whose output is not compared, but holds a number, asserts something that could be false."""
    ignored = [(i, cell) for i, cell in code_cells(book) if "nbval-ignore-output" in tags(cell)]
    bad = [
        i for i, cell in ignored if re.search(r"\d", plain_text(cell)) and not asserts(cell.source)
    ]
    return [
        f"Cell {i} prints numbers that nobody compares, and has no assert that could fail."
        for i in bad
    ]


# --- Text -----------------------------------------------------------------------------------------------------------


@check
def heading_levels(book: NotebookNode, path: Path) -> list[str]:
    """One heading of level 1, in the first cell and before all others; no level is skipped."""
    found_headings = book_headings(book)
    levels = [level for _, level, _ in found_headings]
    blemishes = (
        []
        if levels.count(1) == 1
        else [f"It has {levels.count(1)} headings of level 1; it needs exactly one."]
    )
    if not found_headings or found_headings[0][:2] != (0, 1):
        blemishes.append("Its first cell does not begin with the heading of level 1.")
    for before, (i, level, text) in zip(levels, found_headings[1:]):
        if level > before + 1:
            blemishes.append(
                f"Cell {i}: the heading '{text}' has level {level} under a heading of level {before}."
            )
    return blemishes


@check
def opening(book: NotebookNode, path: Path) -> list[str]:
    """Before the first code cell stand the question, a list of 3-6 objectives, and the data with its kind and its licence."""
    first = next((i for i, _ in code_cells(book)), len(book.cells))
    text = "\n\n".join(cell.source for cell in book.cells[:first])
    flat, blemishes = " ".join(re.sub(r"[*_`]", "", text).split()), []
    if course(book, "question", str) not in flat:
        blemishes.append("The question of its metadata does not stand before the first code cell.")
    items: list[int] = []  # of each list, nested ones left out
    for token in markdown(text):
        if token.level == 0 and token.type in ("bullet_list_open", "ordered_list_open"):
            items.append(0)
        if token.level == 1 and token.type == "list_item_open":
            items[-1] += 1
    if not any(3 <= n <= 6 for n in items):
        blemishes.append("No list of 3-6 objectives stands before the first code cell.")
    for name in course(book, "datasets", list):
        if name.lower() not in flat.lower():
            blemishes.append(f"The data set '{name}' is not named before the first code cell.")
    if not re.search(r"(?i)\b(real|simulated)\b", flat) or not re.search(
        r"(?i)licen[cs]e|CC BY|CC0|public domain|\b(MIT|BSD)\b", flat
    ):
        blemishes.append(
            "It is not said before the first code cell whether the data are real or simulated, and under which licence."
        )
    return blemishes


@check
def sections(book: NotebookNode, path: Path) -> list[str]:
    """It ends with the sections Summary, Exercises and Papers, in this order."""
    wanted = ["Summary", "Exercises", "Papers"]
    last = [text for _, level, text in book_headings(book) if level == 2][-3:]
    return (
        []
        if last == wanted
        else [f"Its last headings of level 2 are {last}; they must be {wanted}."]
    )


@check
def exercises(book: NotebookNode, path: Path) -> list[str]:
    """3-6 exercises, numbered; each followed by an empty code cell and its collapsed, executed solution."""
    cells = [
        (i, text)
        for i, level, text in book_headings(book)
        if level == 3 and i in section(book, "Exercises")
    ]
    blemishes = (
        []
        if 3 <= len(cells) <= 6
        else [
            f"It has {len(cells)} exercises (headings of level 3 in 'Exercises'); it needs 3 to 6."
        ]
    )
    for number, (i, text) in enumerate(cells, 1):
        if not re.match(rf"Exercise {number}\b", text):
            blemishes.append(
                f"Cell {i}: the heading '{text}' should begin with 'Exercise {number}'."
            )
        answer = next(
            (k for k in range(i, len(book.cells)) if book.cells[k].cell_type == "code"),
            len(book.cells),
        )
        solution = book.cells[answer + 1] if answer + 1 < len(book.cells) else None
        others = [k for k, other in cells if other != text]
        if (
            solution is None
            or book.cells[answer].source.strip()
            or any(i <= k <= answer for k in others)
        ):
            blemishes.append(
                f"Cell {i}: exercise {number} is not followed by an empty code cell for the answer."
            )
        elif (
            solution.cell_type != "code"
            or "solution" not in tags(solution)
            or not solution.execution_count
        ):
            blemishes.append(
                f"Cell {i}: the answer cell of exercise {number} is not followed by an executed code cell with the tag 'solution'."
            )
    for i, cell in enumerate(book.cells):
        if "solution" in tags(cell) and cell.metadata.get("jupyter") != {
            "source_hidden": True,
            "outputs_hidden": True,
        }:
            blemishes.append(
                f"Cell {i}: a solution must be collapsed (jupyter: source_hidden and outputs_hidden)."
            )
    return blemishes


@check
def papers(book: NotebookNode, path: Path) -> list[str]:
    """Every entry of the list in Papers has a DOI or an arXiv id."""
    text = "\n\n".join(
        book.cells[i].source
        for i in section(book, "Papers")
        if book.cells[i].cell_type == "markdown"
    )
    entries = re.findall(r"(?m)^(?:[-*+]|\d+\.)\s+(.*(?:\n[ \t]+\S.*)*)", text)
    blemishes = [
        f"This entry of Papers has neither a DOI nor an arXiv id: {entry[:60]}"
        for entry in entries
        if not re.search(PAPER, entry)
    ]
    return blemishes if entries else ["Papers holds no list."]


@check
def figures(book: NotebookNode, path: Path) -> list[str]:
    """Every figure has a sentence as alternative text, and the same sentence stands in the outputs of its cell."""
    blemishes = []
    for i, cell in code_cells(book):
        text = " ".join(all_text(cell).split())
        for output in cell.outputs:
            for mime in [m for m in output.get("data", {}) if m.startswith("image/")]:
                alt = output.metadata.get(mime, {}).get("alt", "")
                if len(alt.strip()) < 40:
                    blemishes.append(
                        f"Cell {i} has a figure without a sentence of alternative text (at least 40 characters): {alt!r}."
                    )
                elif " ".join(alt.split()) not in text:
                    blemishes.append(
                        f"Cell {i} has a figure whose alternative text is not shown under it: {alt[:60]}"
                    )
    for i, cell in enumerate(book.cells):
        if cell.cell_type == "markdown" and any(
            not alt.strip() for kind, alt in links(cell.source) if kind == "alt"
        ):
            blemishes.append(f"Cell {i} has an image without alternative text.")
    return blemishes


@check
def measured_numbers(book: NotebookNode, path: Path) -> list[str]:
    """A number in prose that looks measured (0.863, 86.3 %) stands under a code cell with an assert. Code and formulas do not count."""
    blemishes, above = [], False
    prose = {i for i in range(len(book.cells))} - set(section(book, "Papers"))
    for i, cell in enumerate(book.cells):
        if cell.cell_type == "code":
            above = asserts(cell.source) if cell.source.strip() else above
        elif i in prose and cell.cell_type == "markdown" and not above:
            text = re.sub(
                r"(?s)```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)", "", cell.source
            )
            blemishes += [
                f"Cell {i} holds a measured number that no assert above it protects: {match}"
                for match in re.findall(MEASURED, text)
            ]
    return blemishes


# --- Links ----------------------------------------------------------------------------------------------------------


def links(text: str) -> list[tuple[str, str]]:
    """Return ("link", target) of every link and image, and ("alt", words) of every image, of a Markdown text."""
    found_links, stack = [], list(markdown(text))
    while stack:
        token = stack.pop(0)
        stack = [*(token.children or []), *stack]
        target = token.attrGet("href") or token.attrGet("src")
        found_links += [("link", str(target))] if target else []
        found_links += [("alt", token.content)] if token.type == "image" else []
        if token.type in ("html_inline", "html_block"):
            found_links += [
                ("link", t) for t in re.findall(r"(?:href|src)\s*=\s*[\"']([^\"']*)", token.content)
            ]
            found_links += [
                ("alt", (re.findall(r"\balt\s*=\s*[\"']([^\"']*)", tag) or [""])[0])
                for tag in re.findall(r"<img\b[^>]*>", token.content)
            ]
    return found_links


def anchors(path: Path) -> set[str]:
    """Return the anchors of a notebook (Jupyter's: case is kept) or of a Markdown file (GitHub's: lower case, no punctuation)."""
    if path.suffix == ".ipynb":
        return {
            unquote(docs.slug(heading))
            for _, _, heading in book_headings(nbformat.read(path, as_version=4))
        }
    slugs: list[str] = []
    for _, heading in headings(path.read_text(encoding="utf-8")):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        slugs.append(f"{slug}-{slugs.count(slug)}" if slug in slugs else slug)
    return set(slugs)


def broken_links(text: str, path: Path, own_anchors: set[str]) -> list[str]:
    """Return a sentence per link of a Markdown text at `path` that leads nowhere. Links to the web are not followed.

    Args:
        text: the Markdown.
        path: the file in which it stands; relative links start from its folder.
        own_anchors: the anchors of that file.
    """
    blemishes = []
    for target in [target for kind, target in links(text) if kind == "link"]:
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        if re.match(r"(?i)(https?|mailto|doi):|attachment:", target):
            continue
        if re.match(r"/|\\|~|[A-Za-z]:|file:", name) or ROOT not in [file, *file.parents]:
            blemishes.append(f"The link {target} leads out of the course.")
        elif name and not file.exists():
            blemishes.append(f"The link {target} leads to a file that is not there.")
        elif anchor and anchor not in (
            own_anchors if not name else anchors(file) if file.is_file() else set()
        ):
            blemishes.append(f"The link {target} leads to a heading that is not there.")
    return blemishes


@check
def internal_links(book: NotebookNode, path: Path) -> list[str]:
    """Every link between files leads to a file and a heading that exist."""
    own = {unquote(docs.slug(text)) for _, _, text in book_headings(book)}
    cells = [(i, cell) for i, cell in enumerate(book.cells) if cell.cell_type == "markdown"]
    return [
        f"Cell {i}: {blemish}"
        for i, cell in cells
        for blemish in broken_links(cell.source, path, own)
    ]


# --- Metadata and results -------------------------------------------------------------------------------------------


def catalogue() -> dict[str, str]:
    """Return the names of the course's data sets and what their default is: "real" or "simulated"."""
    from datasets.catalogue import DATASETS

    return {name: dataset.source for name, dataset in DATASETS.items()}


@check
def course_metadata(book: NotebookNode, path: Path) -> list[str]:
    """The metadata `course` is complete, of the right types, and true of this notebook."""
    meta, blemishes = book.metadata.get("course", {}), []
    kinds = {
        "part": str,
        "title": str,
        "question": str,
        "time_budget_s": (int, float),
        "measured_s": (int, float),
        "datasets": list,
        "topics": dict,
    }
    for key, kind in kinds.items():
        if not isinstance(meta.get(key), kind) or not meta.get(key):
            blemishes.append(
                f"Its metadata course.{key} is missing, empty or of the wrong type: {meta.get(key)!r}."
            )
    blemishes += [
        f"Its metadata course.{key} is not a key of the course."
        for key in sorted(set(meta) - set(kinds))
    ]
    if blemishes:
        return blemishes
    title = next((text for _, level, text in book_headings(book) if level == 1), meta["title"])
    if title != meta["title"]:
        blemishes.append(
            f"Its metadata course.title is '{meta['title']}', its heading of level 1 '{title}'; they must be the same."
        )
    if meta["part"] != path.parent.name:
        blemishes.append(
            f"Its metadata course.part is '{meta['part']}', its folder {path.parent.name}."
        )
    if not meta["question"].endswith("?"):
        blemishes.append("Its metadata course.question is not a question.")
    unknown = [str(name) for name in meta["datasets"] if name not in catalogue()]
    return blemishes + [
        f"Its data set '{name}' is not in datasets.catalogue.DATASETS." for name in unknown
    ]


@check
def time_budget(book: NotebookNode, path: Path) -> list[str]:
    """It was measured to run within its budget."""
    measured, budget = (course(book, key, (int, float)) for key in ("measured_s", "time_budget_s"))
    return [f"It took {measured} s; its budget is {budget} s."] if measured > budget > 0 else []


@check
def course_topics(book: NotebookNode, path: Path) -> list[str]:
    """Each topic of its metadata is one of docs/topics.toml, and the heading that teaches it stands in the notebook."""
    known = {topic for group in docs.topics(ROOT).values() for topic in group}
    texts = [text for _, _, text in book_headings(book)]
    taught = course(book, "topics", dict)
    blemishes = [
        f"Its topic '{topic}' is not in docs/topics.toml." for topic in taught if topic not in known
    ]
    for topic, heading in taught.items():
        if texts.count(heading) != 1:
            blemishes.append(
                f"Its topic '{topic}' names the heading '{heading}', which stands in it {texts.count(heading)} times, not once."
            )
    return blemishes


def row_faults(row: dict) -> Iterator[str]:
    """Yield what is wrong with one row of a results table, in a few words each."""
    value, low, high = row["value"], row["low"], row["high"]
    if row["metric"] not in helpers.METRICS:
        yield f"unknown metric {row['metric']!r}"
    sources = {
        source
        for name, source in catalogue().items()
        if re.match(rf"{re.escape(name)}\b", row["task"])
    }
    if not sources:
        yield "its task does not begin with the name of a data set"
    if row["data"] not in (
        sources or ("real", "simulated")
    ):  # notebooks are stored as executed on the default data
        yield f"data is {row['data']!r}, but the default of this data set is {' or '.join(sorted(sources))}"
    if not isinstance(row["n"], int) or row["n"] < 1:
        yield "n is not a whole number above 0"
    if any(
        isinstance(x, bool) or not isinstance(x, (int, float)) or not math.isfinite(x)
        for x in [value, *(x for x in (low, high) if x is not None)]
    ):
        yield "value, low or high is not a finite number"
    elif (low is None) != (high is None) or (low is not None and not low <= value <= high):
        yield f"{value} does not lie between low ({low}) and high ({high})"
    elif row["metric"] in PROPORTIONS and not 0 <= value <= 1:
        yield "a proportion must lie between 0 and 1"


@check
def results_table(book: NotebookNode, path: Path) -> list[str]:
    """One results table, in Summary; its rows are valid, all different, and the first of each task has an interval."""
    tables = [
        (i, o.data[helpers.RESULTS_MIME])
        for i, c in code_cells(book)
        for o in c.outputs
        if helpers.RESULTS_MIME in o.get("data", {})
    ]
    if len(tables) != 1 or not tables[0][1]:
        return [f"It has {len(tables)} results tables; it needs exactly one, with rows."]
    (i, rows), blemishes = tables[0], []
    if any(set(row) != set(helpers.RESULT_KEYS) for row in rows):
        return [
            f"Cell {i}: a row of the results table has other keys than {', '.join(helpers.RESULT_KEYS)}."
        ]
    if i not in section(book, "Summary"):
        blemishes.append(f"Cell {i}: the results table does not stand in the section Summary.")
    names = [(row["task"], row["model"], row["metric"]) for row in rows]
    blemishes += [
        f"Cell {i}: the row {', '.join(name)} stands twice in the results table."
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    blemishes += [
        f"Cell {i}: the row {', '.join(name)}: {fault}."
        for name, row in zip(names, rows)
        for fault in row_faults(row)
    ]
    for row in docs.headlines(rows):
        if row["low"] is None and row["metric"] not in EXACT:
            blemishes.append(
                f"Cell {i}: the first row of '{row['task']}' is its headline and needs an interval."
            )
    if any(row["metric"] in docs.TIMES for row in rows) and not tags(book.cells[i]) & UNCOMPARED:
        blemishes.append(
            f"Cell {i}: a results table with times must be tagged nbval-ignore-output."
        )
    return blemishes


# --- Code -----------------------------------------------------------------------------------------------------------


@check
def cell_lengths(book: NotebookNode, path: Path) -> list[str]:
    """Median of code lines at most 6, nine in ten cells at most 18, none above 40 (60 with a class). Blank lines do not count."""
    lengths, blemishes = [], []
    for i, cell in code_cells(book):
        lengths.append(sum(bool(line.strip()) for line in cell.source.splitlines()))
        limit = 60 if any(isinstance(n, ast.ClassDef) for n in tree(cell.source).body) else 40
        if lengths[-1] > limit:
            blemishes.append(
                f"Cell {i} has {lengths[-1]} lines of code; at most {limit} are allowed."
            )
    lengths = sorted(lengths) or [0]
    ninth = lengths[min(len(lengths) - 1, int(0.9 * len(lengths)))]
    if statistics.median(lengths) > 6:
        blemishes.append(
            f"Its median code cell has {statistics.median(lengths):g} lines; at most 6 are allowed."
        )
    return blemishes + (
        [f"More than one code cell in ten has over 18 lines (up to {ninth})."] if ninth > 18 else []
    )


def call_faults(call: ast.Call) -> Iterator[str]:
    """Yield what is outdated or noisy in one call, in a few words each."""
    name, keywords = ast.unparse(call.func), {k.arg: k.value for k in call.keywords}
    last = name.split(".")[-1]
    verbose = keywords.get("verbose")
    shape = keywords.keys() & {"input_shape", "batch_input_shape"} and "applications" not in name
    if shape or ("input_dim" in keywords and last != "Embedding"):
        yield f"{last}(input_shape=...) or input_dim: begin the model with keras.Input"
    if "lr" in keywords and last in OPTIMISERS:
        yield f"{last}(lr=...): write learning_rate"
    if keywords.keys() & {"nb_epoch"} or last in ("fit_generator", "predict_generator"):
        yield f"{last} with an argument or a name of Keras 1 or 2"
    trains = last == "fit" and keywords.keys() & {
        "epochs",
        "batch_size",
        "callbacks",
        "validation_data",
        "validation_split",
    }
    if (
        trains
        and None not in keywords
        and not (isinstance(verbose, ast.Constant) and verbose.value == 0)
    ):
        yield "fit(...) without verbose=0 prints a progress bar"
    if (
        last in ("fetch_openml", "get_file", "urlopen", "urlretrieve")
        or last.startswith("fetch_")
        or "keras.datasets" in name
    ):
        yield f"{last}(...) downloads"
    if last == "get_ipython":
        yield "get_ipython() works in notebooks only"


def text_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with one string in the code, in a few words each."""
    if re.search(r"\.(h5|hdf5)$", text):
        yield f"{text!r}: save models as .keras"
    if re.match(r"(https?|ftp)://", text):
        yield f"{text!r}: notebooks do not use the network"
    if re.match(r"/(?:tmp|home|root|Users|usr|opt|var|mnt|content)/|~/|[A-Za-z]:\\", text):
        yield f"{text!r}: a path of one machine"
    if text == "pip" or text.startswith("pip install"):
        yield "installs a package; requirements.txt does that"


@check
def idiom(book: NotebookNode, path: Path) -> list[str]:
    """Plain Python in the idiom of Keras 3: no magics, no shell lines, nothing deprecated, no progress bars, no network."""
    blemishes, sources = [], [cell.source for _, cell in code_cells(book)]
    gradients = any("GradientTape" in source for source in sources)
    for i, cell in code_cells(book):
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except SyntaxError as error:
            blemishes.append(
                f"Cell {i}, line {error.lineno}: this is not plain Python (lines with %, ! or ? are none)."
            )
            continue
        modules = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
        modules |= {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
        roots = {module.split(".")[0] for module in modules}
        faults = [
            f"imports {module}: notebooks do not use the network"
            for module in sorted(roots & NETWORK)
        ]
        faults += (
            ["imports tensorflow, but uses no GradientTape: keras and keras.ops do the rest"]
            if "tensorflow" in roots and not gradients
            else []
        )
        faults += (
            ["imports from keras.datasets, which downloads"]
            if any(module.startswith("keras.datasets") for module in modules)
            else []
        )
        faults += [fault for n in nodes if isinstance(n, ast.Call) for fault in call_faults(n)]
        faults += [
            fault
            for n in nodes
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
            for fault in text_faults(n.value)
        ]
        blemishes += [f"Cell {i}: {fault}." for fault in faults]
    return blemishes
