"""Rules for what is read: structure, exercises, papers, figures, measured numbers, links."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from tools import notebooks
from tools.lint.looking import (
    all_text,
    asserts,
    book_headings,
    code_cells,
    course_entry,
    edition,
    headings,
    markdown,
    markdown_cells,
    rule,
    section,
    tags,
)
from tools.notebooks import ROOT

LAST_SECTIONS = ["Summary", "Exercises", "Papers"]
LICENCE = r"(?i)licen[cs]e|CC BY|CC0|public domain|\b(MIT|BSD)\b"
FOLDED = {"source_hidden": True, "outputs_hidden": True}
PAPER = (
    r"\b10\.\d{4,9}/[^\s\"<>]*\w|"
    r"(?i:arxiv:\s?|arxiv\.org/abs/)(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?!\d)"
)
MEASURED = r"(?<![\w.,])0\.0*[1-9]\d{2,}\b|(?<![\w.,])\d+\.\d+ ?%"  # 0.863, 86.3 %, but not 0.001
NOT_PROSE = r"(?s)```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)"


# --- Structure ------------------------------------------------------------------------------------


@rule
def heading_levels(book: NotebookNode, path: Path) -> list[str]:
    """One heading of level 1, in the first cell and before all others; no level is skipped."""
    found = book_headings(book)
    levels = [level for _, level, _ in found]
    blemishes = []
    if levels.count(1) != 1:
        blemishes.append(f"It has {levels.count(1)} headings of level 1; it needs exactly one.")
    if not found or found[0][:2] != (0, 1):
        blemishes.append("Its first cell does not begin with the heading of level 1.")
    for before, (i, level, text) in zip(levels, found[1:], strict=False):
        if level > before + 1:
            blemishes.append(
                f"Cell {i}: the heading '{text}' has level {level} under a heading of level "
                f"{before}."
            )
    return blemishes


@rule
def opening(book: NotebookNode, path: Path) -> list[str]:
    """Before the first code cell stand the question, a list of 3-6 objectives, and the data with
    its kind and its licence."""
    first = next((i for i, _ in code_cells(book)), len(book.cells))
    text = "\n\n".join(cell.source for cell in book.cells[:first])
    flat = " ".join(re.sub(r"[*_`]", "", text).split())
    blemishes = []
    if course_entry(book, "question", str) not in flat:
        blemishes.append("The question of its metadata does not stand before the first code cell.")
    items: list[int] = []  # of each list, nested ones left out
    for token in markdown(text):
        if token.level == 0 and token.type in ("bullet_list_open", "ordered_list_open"):
            items.append(0)
        if token.level == 1 and token.type == "list_item_open":
            items[-1] += 1
    if not any(3 <= n <= 6 for n in items):
        blemishes.append("No list of 3-6 objectives stands before the first code cell.")
    blemishes += [
        f"The data set '{name}' is not named before the first code cell."
        for name in map(str, course_entry(book, "datasets", list))
        if name.lower() not in flat.lower()
    ]
    if not re.search(r"(?i)\b(real|simulated)\b", flat) or not re.search(LICENCE, flat):
        blemishes.append(
            "It is not said before the first code cell whether the data are real or simulated, "
            "and under which licence."
        )
    return blemishes


@rule(only=1)
def sections(book: NotebookNode, path: Path) -> list[str]:
    """It ends with the sections Summary, Exercises and Papers, in this order."""
    last = [text for _, level, text in book_headings(book) if level == 2][-3:]
    if last == LAST_SECTIONS:
        return []
    return [f"Its last headings of level 2 are {last}; they must be {LAST_SECTIONS}."]


@rule
def exercises(book: NotebookNode, path: Path) -> list[str]:
    """3-6 exercises (4-6 from the second edition on), numbered; each followed by an empty code
    cell and its collapsed, executed solution."""
    fewest, inside = 3 if edition(book) == 1 else 4, section(book, "Exercises")
    tasks = [(i, text) for i, level, text in book_headings(book) if level == 3 and i in inside]
    blemishes = []
    if not fewest <= len(tasks) <= 6:
        blemishes.append(
            f"It has {len(tasks)} exercises (headings of level 3 in 'Exercises'); it needs "
            f"{fewest} to 6."
        )
    for number, (i, text) in enumerate(tasks, 1):
        if not re.match(rf"Exercise {number}\b", text):
            blemishes.append(
                f"Cell {i}: the heading '{text}' should begin with 'Exercise {number}'."
            )
        others = [k for k, other in tasks if other != text]
        blemishes += _answer_faults(book, number, i, others)
    for i, cell in enumerate(book.cells):
        if "solution" in tags(cell) and cell.metadata.get("jupyter") != FOLDED:
            blemishes.append(
                f"Cell {i}: a solution must be collapsed (jupyter: source_hidden and "
                "outputs_hidden)."
            )
    return blemishes


def _answer_faults(book: NotebookNode, number: int, start: int, others: list[int]) -> list[str]:
    """Return what is wrong with the two code cells after an exercise: room for the answer, and the
    solution.

    Args:
        number: of the exercise.
        start: the cell of its heading.
        others: the cells of the other exercises' headings.
    """
    count = len(book.cells)
    answer = next((k for k in range(start, count) if book.cells[k].cell_type == "code"), count)
    solution = book.cells[answer + 1] if answer + 1 < count else None
    answered = answer < count and book.cells[answer].source.strip()
    if solution is None or answered or any(start <= k <= answer for k in others):
        return [
            f"Cell {start}: exercise {number} is not followed by an empty code cell for the answer."
        ]
    executed = solution.cell_type == "code" and solution.execution_count
    if not executed or "solution" not in tags(solution):
        return [
            f"Cell {start}: the answer cell of exercise {number} is not followed by an executed "
            "code cell with the tag 'solution'."
        ]
    return []


@rule
def papers(book: NotebookNode, path: Path) -> list[str]:
    """Every entry of the list in Papers has a DOI or an arXiv id."""
    inside = section(book, "Papers")
    text = "\n\n".join(cell.source for i, cell in markdown_cells(book) if i in inside)
    entries = re.findall(r"(?m)^(?:[-*+]|\d+\.)\s+(.*(?:\n[ \t]+\S.*)*)", text)
    if not entries:
        return ["Papers holds no list."]
    return [
        f"This entry of Papers has neither a DOI nor an arXiv id: {' '.join(entry.split())[:60]}"
        for entry in entries
        if not re.search(PAPER, entry)
    ]


# --- Figures and numbers --------------------------------------------------------------------------


@rule
def figures(book: NotebookNode, path: Path) -> list[str]:
    """Every figure has a sentence as alternative text, and the same sentence stands in the outputs
    of its cell."""
    blemishes = []
    for i, cell in code_cells(book):
        text = " ".join(all_text(cell).split())
        for alt in _alternative_texts(cell):
            if len(alt.strip()) < 40:
                blemishes.append(
                    f"Cell {i} has a figure without a sentence of alternative text (at least 40 "
                    f"characters): {alt!r}."
                )
            elif " ".join(alt.split()) not in text:
                blemishes.append(
                    f"Cell {i} has a figure whose alternative text is not shown under it: "
                    f"{alt[:60]}"
                )
    for i, cell in markdown_cells(book):
        if any(kind == "alt" and not alt.strip() for kind, alt in links(cell.source)):
            blemishes.append(f"Cell {i} has an image without alternative text.")
    return blemishes


def _alternative_texts(cell: NotebookNode) -> list[str]:
    """Return the alternative text of every picture among a cell's outputs; empty where none is."""
    texts = []
    for output in cell.outputs:
        for mime in output.get("data", {}):
            if mime.startswith("image/"):
                about = output.metadata.get(mime)
                texts.append(str(about.get("alt", "")) if isinstance(about, dict) else "")
    return texts


@rule
def measured_numbers(book: NotebookNode, path: Path) -> list[str]:
    """A number in prose that looks measured (0.863, 86.3 %) stands under a code cell with an
    assert; from the second edition on, under a check of its section, or in a summary with one. Code
    and formulas do not count."""
    blemishes, protected = [], False
    exempt = {*section(book, "Papers"), *section(book, "Check yourself")}
    starts = set()
    if edition(book) > 1:
        starts = {i for i, _, _ in book_headings(book)}
        summary = section(book, "Summary")
        if any(asserts(cell.source) for i, cell in code_cells(book) if i in summary):
            exempt.update(summary)
    for i, cell in enumerate(book.cells):
        if cell.cell_type == "code" and cell.source.strip():
            protected = asserts(cell.source) or (edition(book) > 1 and protected)
            continue
        protected = protected and i not in starts
        if cell.cell_type == "markdown" and i not in exempt and not protected:
            blemishes += [
                f"Cell {i} holds a measured number that no assert above it protects: {match}"
                for match in re.findall(MEASURED, re.sub(NOT_PROSE, "", cell.source))
            ]
    return blemishes


# --- Links ----------------------------------------------------------------------------------------


def links(text: str) -> list[tuple[str, str]]:
    """Return ("link", target) of every link and image, and ("alt", words) of every image, of a
    Markdown text."""
    found, stack = [], list(markdown(text))
    while stack:
        token = stack.pop(0)
        stack = [*(token.children or []), *stack]
        target = token.attrGet("href") or token.attrGet("src")
        if target:
            found.append(("link", str(target)))
        if token.type == "image":
            found.append(("alt", token.content))
        if token.type in ("html_inline", "html_block"):
            targets = re.findall(r"(?:href|src)\s*=\s*[\"']([^\"']*)", token.content)
            found += [("link", target) for target in targets]
            for image in re.findall(r"<img\b[^>]*>", token.content):
                alt = re.search(r"\balt\s*=\s*[\"']([^\"']*)", image)
                found.append(("alt", alt[1] if alt else ""))
    return found


def anchors(path: Path) -> set[str]:
    """Return the anchors of a notebook (Jupyter's: case is kept) or of a Markdown file (GitHub's:
    lower case, no punctuation)."""
    return _anchors(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=200)
def _anchors(path: Path, modified: int) -> set[str]:
    """Do the same, once for each state of a file: docs/topics.md has 200 links to 17 notebooks."""
    if path.suffix == ".ipynb":
        return _book_anchors(notebooks.read(path))
    slugs: list[str] = []
    for _, heading in headings(path.read_text(encoding="utf-8")):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        slugs.append(f"{slug}-{slugs.count(slug)}" if slug in slugs else slug)
    return set(slugs)


def _book_anchors(book: NotebookNode) -> set[str]:
    return {unquote(notebooks.slug(text)) for _, _, text in book_headings(book)}


def broken_links(text: str, path: Path, own_anchors: set[str]) -> list[str]:
    """Return a sentence per link of a Markdown text at `path` that leads nowhere. Links to the web
    are not followed.

    Args:
        text: the Markdown.
        path: the file in which it stands; relative links start from its folder.
        own_anchors: the anchors of that file.
    """
    blemishes = []
    for target in [target for kind, target in links(text) if kind == "link"]:
        if re.match(r"(?i)(https?|mailto|doi):|attachment:", target):
            continue
        name, _, anchor = unquote(target).replace("\0", "").partition("#")
        file = (path.parent / name).resolve()
        if not name:
            known = own_anchors
        elif re.match(r"/|\\|~|[A-Za-z]:|file:", name) or ROOT not in [file, *file.parents]:
            blemishes.append(f"The link {target} leads out of the course.")
            continue
        elif not file.exists():
            blemishes.append(f"The link {target} leads to a file that is not there.")
            continue
        else:
            known = anchors(file) if file.suffix in (".ipynb", ".md") and anchor else set()
        if anchor and anchor not in known:
            blemishes.append(f"The link {target} leads to a heading that is not there.")
    return blemishes


@rule
def internal_links(book: NotebookNode, path: Path) -> list[str]:
    """Every link between files leads to a file and a heading that exist."""
    own = _book_anchors(book)
    return [
        f"Cell {i}: {blemish}"
        for i, cell in markdown_cells(book)
        for blemish in broken_links(cell.source, path.absolute(), own)
    ]
