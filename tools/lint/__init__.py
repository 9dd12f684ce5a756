"""The rules that every notebook of the course keeps, checked without executing anything.

    python -m tools.lint [NOTEBOOK|FOLDER ...]     (default: every notebook in Part*/)
    python -m tools.lint --rules                   prints a table of all rules

Each rule is a function that gets a notebook and its path and returns one sentence per blemish.
Cells are counted from 0, as in the notebook's file. Where a new rule belongs:

    file.py         the file: format, size, metadata, tags, set-up cell
    outputs.py      stored outputs: order, errors, noise, traces of a machine
    lesson.py       the whole lesson: first screen, length, parts, questions, exercises
    text.py         what is read: headings, opening, papers, figures, measured numbers, links
    cells.py        the form of cells: ruff, lengths, imports, checks, captions
    code.py         the idiom of the code
    plain_keras.py  networks: the first one step by step, no tricks
    results.py      the results table
    words.py        hints: terms and spelling, printed as warnings

A rule holds for all notebooks, or only for those of one edition (course.edition in the metadata).
What the rules have in common stands in looking.py.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from nbformat import NotebookNode

from tools.lint import (  # noqa: F401 - these fill RULES and HINTS
    cells,
    code,
    file,
    lesson,
    outputs,
    plain_keras,
    results,
    text,
    words,
)
from tools.lint.looking import HINTS, OF_EDITION, RULES, Rule


def blemishes(book: NotebookNode, path: Path) -> list[tuple[str, str]]:
    """Return (rule, sentence) for every blemish of a notebook: first those of the whole notebook,
    then cell by cell. Where its structure is invalid, only that is said."""
    broken = bool(file.schema_fault(book))
    rules = {"valid_format": RULES["valid_format"]} if broken else RULES
    return _sorted(rules, book, path)


def hints(book: NotebookNode, path: Path) -> list[tuple[str, str]]:
    """Return (hint, sentence) for whatever may be put better, in the same order; none where the
    notebook's structure is invalid."""
    return [] if file.schema_fault(book) else _sorted(HINTS, book, path)


def _sorted(rules: dict[str, Rule], book: NotebookNode, path: Path) -> list[tuple[str, str]]:
    found = [(name, sentence) for name, rule in rules.items() for sentence in rule(book, path)]
    return sorted(found, key=lambda blemish: _cell(blemish[1]))


def _cell(sentence: str) -> int:
    """Return the number of the cell of which a sentence speaks; -1 if it speaks of none."""
    match = re.match(r"Cell (\d+)", sentence)
    return int(match[1]) if match else -1


def rules_table() -> list[tuple[str, str, str]]:
    """Return (name, editions, what holds) of every rule, and then of every hint; what holds is the
    first paragraph of its docstring."""
    found = []
    for name, rule in (RULES | HINTS).items():
        holds = " ".join((inspect.getdoc(rule) or "").split("\n\n")[0].split())
        editions = " and ".join(map(str, OF_EDITION[name])) + (", a hint" if name in HINTS else "")
        found.append((name, editions, holds))
    return found
