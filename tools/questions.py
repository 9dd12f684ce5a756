"""*Check yourself*: five questions of a notebook, kept as data in its metadata, shown in a cell.

    python -m tools.questions [NOTEBOOK|FOLDER ...]     writes the cell into each notebook
    python -m tools.questions --check [...]             writes nothing; status 1 if one is stale

`course.questions` in a notebook's metadata is a list of
    {"question": "...", "options": ["...", "...", "...", "..."], "answer": 0, "why": "..."}
in which `answer` counts the options from 0. `course.py run --update` writes the cell, too.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from tools import notebooks

HEADING = "Check yourself"
INTRODUCTION = """Answer each question before you unfold its answer. If one surprises you, read the
part of this notebook again that it comes from."""
OPTIONS = 4


def questions(book: NotebookNode) -> list[Any]:
    """Return the questions of a notebook, whatever they hold; none if there is no list of them."""
    asked = notebooks.course(book).get("questions")
    return list(asked) if isinstance(asked, list) else []


def faults(question: Any) -> Iterator[str]:
    """Yield what is wrong with the form of one question, in a few words each."""
    keys = {"question", "options", "answer", "why"}
    if not isinstance(question, dict) or set(question) != keys:
        yield f"it must have the keys {', '.join(sorted(keys))}"
        return
    for key in ("question", "why"):
        if not isinstance(question[key], str) or not question[key].strip():
            yield f"its {key} is not a text"
    options, answer = question["options"], question["answer"]
    texts = [o for o in options if isinstance(o, str)] if isinstance(options, list) else []
    if len(texts) != OPTIONS or len(options) != OPTIONS or len(set(texts)) != OPTIONS:
        yield "it needs four options, all different"
    if type(answer) is not int or not 0 <= answer < OPTIONS:
        yield "its answer is not the number of an option, 0 to 3"


def shown(question: dict[str, Any]) -> str:
    """Return the options of a question and its folded answer, in Markdown.

    The blank lines let JupyterLab, VS Code and GitHub read what stands inside <details> as
    Markdown.

    Raises:
        ValueError: the question is not of the form that is asked for above.
    """
    for fault in faults(question):
        raise ValueError(f"A question cannot be shown: {fault}.")
    letters = [chr(ord("A") + i) for i in range(OPTIONS)]
    listed = [f"- {a}. {option}" for a, option in zip(letters, question["options"], strict=True)]
    return (
        "\n".join(listed)
        + "\n\n<details><summary>Answer</summary>\n\n"
        + f"**{letters[question['answer']]}.** {question['why']}\n\n</details>"
    )


def cell_source(book: NotebookNode) -> str:
    """Return what the cell *Check yourself* of a notebook should hold.

    Raises:
        ValueError: a question is not of the form that is asked for above.
    """
    parts = [f"## {HEADING}", INTRODUCTION]
    for number, question in enumerate(questions(book), 1):
        text = shown(question)
        parts.append(f"**{number}. {question['question']}**\n\n{text}")
    return "\n\n".join(parts)


def find_cell(book: NotebookNode) -> int | None:
    """Return the number of the cell *Check yourself*; None if there is none."""
    return next((i for i, cell in enumerate(book.cells) if _begins(cell, f"## {HEADING}")), None)


def _begins(cell: NotebookNode, heading: str) -> bool:
    first_line = cell.source.lstrip().partition("\n")[0].rstrip()
    return cell.cell_type == "markdown" and first_line == heading


def write_cell(book: NotebookNode) -> bool:
    """Write the cell *Check yourself*, in place; a new one stands before the exercises. Return
    whether anything changed; without questions nothing does.

    Raises:
        ValueError: a question is not of the form that is asked for above.
    """
    if not questions(book):
        return False
    source, place = cell_source(book), find_cell(book)
    if place is not None and book.cells[place].source == source:
        return False
    if place is None:
        exercises = (i for i, cell in enumerate(book.cells) if _begins(cell, "## Exercises"))
        place = next(exercises, len(book.cells))
        book.cells.insert(place, new_markdown_cell(source))
    book.cells[place].source = source
    return True


def main(arguments: list[str] | None = None) -> int:
    """Write the cells or, with --check, only compare them; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.questions",
        description="Write the cell 'Check yourself' from the questions in the metadata.",
    )
    parser.add_argument("paths", metavar="NOTEBOOK|FOLDER", nargs="*", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args(arguments)
    stale = 0
    try:
        for path in notebooks.find(given.paths):
            book = notebooks.read(path)
            if not write_cell(book):
                continue
            stale += 1
            if not given.check:
                notebooks.write(path, book)
            print(f"{notebooks.name_of(path)}: {'stale' if given.check else 'written'}")
    except ValueError as error:
        print(re.sub(r"\s+", " ", str(error)), file=sys.stderr)
        return 2
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
