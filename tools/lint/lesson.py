"""Rules for a lesson as a whole: its first screen, its length, its parts, its questions, its
exercises."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from nbformat import NotebookNode

from tools import questions
from tools.lint.looking import (
    all_text,
    book_headings,
    code_cells,
    course_entry,
    markdown,
    markdown_cells,
    rule,
    section,
    tags,
    tree,
    words,
)
from tools.lint.text import NOT_PROSE, links

LAST_SECTIONS = ["Summary", "Check yourself", "Exercises", "Papers"]
FIRST_SCREEN, CELLS, WORDS = 4, 120, 3500
QUESTIONS, SAME_PLACE = 5, 2  # how many of five right answers may stand in one place
TRAINS = re.compile(r"(?i)(^|_)(fit|train|cross_val|search|minimi[sz]e)|GradientTape")
SENTENCE = re.compile(
    r"(?s)(\S+\s+){4,}\S*[.!?][*_)\"\u2019\u201d]*\s*$"
)  # five words, a full stop

# --- The first screen -----------------------------------------------------------------------------


def _schematics(text: str) -> list[tuple[str, str]]:
    """Return (target, alternative text) of every drawing in figures/ that a Markdown text shows."""
    images = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)", text)
    return [(target, alt) for alt, target in images if re.match(r"\.\./figures/.+\.svg$", target)]


@rule(only=2)
def first_screen(book: NotebookNode, path: Path) -> list[str]:
    """The title cell asks the question, and one of the first four cells shows a schematic,
    `![what it shows, in words](../figures/name.svg)`."""
    blemishes = []
    title = " ".join(re.sub(r"[*_`]", "", book.cells[0].source).split()) if book.cells else ""
    if course_entry(book, "question", str) not in title:
        blemishes.append("Its title cell does not ask the question of its metadata.")
    shown = [cell.source for i, cell in markdown_cells(book) if i < FIRST_SCREEN]
    if not any(map(_schematics, shown)):
        blemishes.append(
            "None of its first four cells shows a schematic: ![in words](../figures/name.svg)."
        )
    return blemishes


@rule(only=2)
def images_in_words(book: NotebookNode, path: Path) -> list[str]:
    """The alternative text of an image is at least five words that say what it shows, and a
    schematic is there."""
    blemishes = []
    for i, cell in markdown_cells(book):
        for kind, alt in links(cell.source):
            named = re.search(r"(?i)\.(svg|png|jpe?g)\b|^(an? )?(image|picture|figure|alt)\b", alt)
            if kind == "alt" and alt.strip() and (len(alt.split()) < 5 or named):
                blemishes.append(
                    f"Cell {i}: the alternative text of an image does not say what it shows: {alt}."
                )
        blemishes += [
            f"Cell {i} shows {target}, which is not there."
            for target, _ in _schematics(cell.source)
            if not (path.absolute().parent / target).exists()
        ]
    return blemishes


# --- Length and parts -----------------------------------------------------------------------------


def cells_before_exercises(book: NotebookNode) -> int:
    """Count the cells before the exercises; checks, which are folded away, do not count."""
    end = section(book, "Exercises").start or len(book.cells)
    return sum("check" not in tags(cell) for cell in book.cells[:end])


def prose(book: NotebookNode) -> list[tuple[int, str]]:
    """Return number and text of each Markdown cell, without code, formulas, targets of links and
    HTML; the cell *Check yourself*, which is generated, is left out."""
    generated = questions.find_cell(book)
    return [
        (i, re.sub(r"<[^>]+>", " ", re.sub(NOT_PROSE, "]", cell.source)))
        for i, cell in markdown_cells(book)
        if i != generated
    ]


def word_count(book: NotebookNode) -> int:
    """Count the words of a notebook's prose."""
    return sum(len(re.findall(r"[^\W\d_][\w'\u2019-]*", text)) for _, text in prose(book))


@rule(only=2)
def length(book: NotebookNode, path: Path) -> list[str]:
    """At most 120 cells stand before the exercises, checks not counted, and the prose has at most
    3,500 words: those of all Markdown cells but *Check yourself*, without code and formulas."""
    cells, count = cells_before_exercises(book), word_count(book)
    blemishes = []
    if cells > CELLS:
        blemishes.append(f"It has {cells} cells before the exercises; at most 120 are allowed.")
    if count > WORDS:
        blemishes.append(f"Its prose has {count:,} words; at most 3,500 are allowed.")
    return blemishes


@rule(only=2)
def parts(book: NotebookNode, path: Path) -> list[str]:
    """It ends with Summary, Check yourself, Exercises and Papers; the summary has a paragraph of at
    least 20 words, which answers the question."""
    last = [text for _, level, text in book_headings(book) if level == 2][-4:]
    if last != LAST_SECTIONS:
        return [f"Its last headings of level 2 are {last}; they must be {LAST_SECTIONS}."]
    inside = section(book, "Summary")
    text = "\n\n".join(cell.source for i, cell in markdown_cells(book) if i in inside)
    tokens = markdown(text)
    paragraphs = [
        words(inline)
        for opening, inline in zip(tokens, tokens[1:], strict=False)
        if opening.type == "paragraph_open" and opening.level == 0
    ]
    if any(len(paragraph.split()) >= 20 for paragraph in paragraphs):
        return []
    return ["Its summary has no paragraph of at least 20 words that answers the question."]


# --- Questions ------------------------------------------------------------------------------------


@rule(only=2)
def five_questions(book: NotebookNode, path: Path) -> list[str]:
    """Its metadata hold five questions, each with four options, the number of the right one and
    why; of the right answers at most two stand in the same place."""
    asked = questions.questions(book)
    blemishes = []
    if len(asked) != QUESTIONS:
        blemishes.append(f"Its metadata hold {len(asked)} questions; it needs five.")
    wrong = [(n, fault) for n, q in enumerate(asked, 1) for fault in questions.faults(q)]
    if wrong:
        return blemishes + [f"Question {number}: {fault}." for number, fault in wrong]
    texts = Counter(question["question"] for question in asked)
    blemishes += [f"This question is asked twice: {t}" for t, n in texts.items() if n > 1]
    places = Counter(question["answer"] for question in asked)
    if places and max(places.values()) > SAME_PLACE:
        blemishes.append("More than two of its right answers stand in the same place.")
    return blemishes


@rule(only=2)
def questions_shown(book: NotebookNode, path: Path) -> list[str]:
    """The cell *Check yourself* shows the questions of the metadata as they are now."""
    if any(fault for q in questions.questions(book) for fault in questions.faults(q)):
        return []  # of that, `five_questions` speaks
    place = questions.find_cell(book)
    if place is not None and book.cells[place].source == questions.cell_source(book):
        return []
    where = "It has no cell 'Check yourself'" if place is None else f"Cell {place} is stale"
    return [f"{where}; run: python -m tools.questions NOTEBOOK."]


# --- Exercises ------------------------------------------------------------------------------------


def _solutions(book: NotebookNode) -> list[list[int]]:
    """Return the cells of each solution, which may have several in a row."""
    found: list[list[int]] = []
    for i, cell in enumerate(book.cells):
        if "solution" in tags(cell):
            if found and found[-1][-1] == i - 1:
                found[-1].append(i)
            else:
                found.append([i])
    return found


@rule(only=2)
def solutions_answer(book: NotebookNode, path: Path) -> list[str]:
    """The last output of a solution is a sentence, of at least five words and with a full stop."""
    blemishes = []
    for cells in _solutions(book):
        cell = book.cells[cells[-1]]
        outputs = [o for o in cell.get("outputs", []) if o.output_type != "error"]
        text = all_text(NotebookNode(outputs=outputs[-1:])) if outputs else ""
        plain = outputs[-1].get("data", {}).get("text/markdown", text) if outputs else ""
        if not SENTENCE.search(plain):
            blemishes.append(
                f"Cell {cells[-1]}: the solution does not end in a sentence that answers the "
                "question."
            )
    return blemishes


def _changes_something(source: str, defined: set[str]) -> bool:
    """Tell whether a solution trains, defines something, or calls what the lesson defines."""
    nodes = list(ast.walk(tree(source)))
    calls = {ast.unparse(n.func).split(".")[-1] for n in nodes if isinstance(n, ast.Call)}
    defines = any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in nodes)
    return defines or bool(calls & defined) or any(TRAINS.search(name) for name in calls)


@rule(only=2)
def exercises_do_something(book: NotebookNode, path: Path) -> list[str]:
    """At least half of the solutions train something, define something, or call a function of the
    lesson again."""
    defined = {
        node.name
        for _, cell in code_cells(book)
        if "solution" not in tags(cell)
        for node in ast.walk(tree(cell.source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    solutions = _solutions(book)
    active = sum(
        _changes_something("\n".join(book.cells[i].source for i in cells), defined)
        for cells in solutions
    )
    if 2 * active >= len(solutions):
        return []
    return [f"Only {active} of its {len(solutions)} solutions train or change something."]
