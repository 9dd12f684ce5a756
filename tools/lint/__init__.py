"""The rules that every notebook of the course keeps, checked without executing anything.

    python -m tools.lint [NOTEBOOK|FOLDER ...]     (default: every notebook in Part*/)

Each rule is a function that gets a notebook and its path and returns one sentence per blemish.
Cells are counted from 0, as in the notebook's file. The rules stand in file.py (format, metadata),
outputs.py, text.py, results.py and code.py; what they have in common stands in looking.py.
"""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from tools.lint import code, file, outputs, results, text  # noqa: F401 - these fill RULES
from tools.lint.looking import RULES


def blemishes(book: NotebookNode, path: Path) -> list[tuple[str, str]]:
    """Return (rule, sentence) for every blemish of a notebook: first those of the whole notebook,
    then cell by cell. Where its structure is invalid, only that is said."""
    names = ["valid_format"] if file.schema_fault(book) else RULES
    found = [(name, sentence) for name in names for sentence in RULES[name](book, path)]
    return sorted(found, key=lambda blemish: _cell(blemish[1]))


def _cell(sentence: str) -> int:
    """Return the number of the cell of which a sentence speaks; -1 if it speaks of none."""
    match = re.match(r"Cell (\d+)", sentence)
    return int(match[1]) if match else -1
