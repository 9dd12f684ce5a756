"""Print the blemishes of notebooks; see tools/lint/__init__.py."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks
from tools.lint import blemishes, hints, rules_table
from tools.lint.lesson import cells_before_exercises, word_count
from tools.lint.looking import UNCOMPARED, code_cells, edition, markdown_cells, plain_text, tags

HEAD = ("notebook", "edition", "cells", "words", "Markdown", "ignored", "errors", "warnings")


def main(arguments: list[str] | None = None) -> int:
    """Print one line a blemish, then one a warning, then a row of numbers a notebook; return 0 if
    there is no blemish, 1 if there are some, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.lint",
        description="Check notebooks by the course's rules, without executing them.",
    )
    parser.add_argument(
        "paths",
        metavar="NOTEBOOK|FOLDER",
        nargs="*",
        type=Path,
        help="default: every notebook in Part*/",
    )
    parser.add_argument("--rules", action="store_true", help="print a table of all rules, and end")
    given = parser.parse_args(arguments)
    if given.rules:
        print("| rule | edition | what holds |\n| --- | --- | --- |")
        for name, editions, holds in rules_table():
            print(f"| `{name}` | {editions} | {holds.replace('|', chr(92) + '|')} |")
        return 0
    try:
        paths = notebooks.find(given.paths)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return report(paths)


def report(paths: list[Path]) -> int:
    """Print what was found in these notebooks; return the exit status."""
    errors, warnings, rows = 0, [], [HEAD]
    for path in paths:
        name = notebooks.name_of(path)
        numbers, doubts = ("", "", "", "", ""), []
        try:
            book = notebooks.read(path)
            found = blemishes(book, path)
            doubts = hints(book, path)
            numbers = measures(book)
        except (OSError, ValueError) as error:
            found = [("readable", str(error))]
        for rule, sentence in found:
            print(f"{name}: {sentence} ({rule})", flush=True)
        errors += len(found)
        warnings += [f"{name}: {sentence} ({hint})" for hint, sentence in doubts]
        rows.append((name, *numbers, str(len(found)), str(len(doubts))))
    if warnings:
        print("\nWarnings, which stop nobody:", *warnings, sep="\n")
    print("\n" + aligned(rows))
    total = _count(errors, "blemish", "blemishes")
    print(f"\n{_count(len(paths), 'notebook')}, {total}, {_count(len(warnings), 'warning')}.")
    return 1 if errors else 0


def measures(book: NotebookNode) -> tuple[str, str, str, str, str]:
    """Return what the last table says of a notebook: its edition, its cells before the exercises,
    its words, the share of its cells that are Markdown, and of the cells that print text the share
    whose output is not compared."""
    printing = [cell for _, cell in code_cells(book) if plain_text(cell)]
    ignored = sum(bool(tags(cell) & UNCOMPARED) for cell in printing)
    text = len(list(markdown_cells(book)))
    return (
        str(edition(book)),
        str(cells_before_exercises(book)),
        f"{word_count(book):,}",
        f"{text / max(1, len(book.cells)):.0%}",
        f"{ignored / max(1, len(printing)):.0%}",
    )


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Return rows as text in columns; the first column is aligned left, all others right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        numbers = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *numbers]))
    return "\n".join(lines)


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number or 'no'} {one if number == 1 else several or one + 's'}"


if __name__ == "__main__":
    sys.exit(main())
