"""Execute every notebook twice on the default data and compare: two executions must be identical where they are meant to be.

    python -m tools.twice [NOTEBOOK|FOLDER ...]     (default: every notebook in Part*/)

Compared are the texts of all cells that are not tagged nbval-ignore-output, and the rows of the results tables, tagged or not,
but for those whose metric is `seconds` or `speed-up`.
"""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path

import nbformat

from tools import notebooks, run

TAGS = {"nbval-ignore-output", "nbval-skip"}
TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex")


def texts(cell: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """Return all text of a cell's outputs, each with its kind; nothing if the cell is tagged as one that may differ."""
    if cell.cell_type != "code" or TAGS & set(cell.metadata.get("tags", [])):
        return []
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        found += [
            (kind, "".join(output.get("data", {})[kind]))
            for kind in TEXTS
            if kind in output.get("data", {})
        ]
    return found


def difference(first: nbformat.NotebookNode, second: nbformat.NotebookNode) -> str:
    """Say in one sentence where two executions of a notebook differ first; return nothing if they are identical."""
    for one, two in zip(first.cells, second.cells):
        if texts(one) != texts(two):
            pairs = [
                (a, b)
                for (_, x), (_, y) in zip(texts(one), texts(two))
                for a, b in zip(x.splitlines(), y.splitlines())
                if a != b
            ]
            return f"cell [{one.execution_count}] printed " + (
                f"`{pairs[0][0]}`, then `{pairs[0][1]}`"
                if pairs
                else "more in one execution than in the other"
            )
    tables = [
        [row for row in notebooks.results(book) if row.get("metric") not in notebooks.TIMES]
        for book in (first, second)
    ]
    for one, two in zip(*tables):
        if one != two:
            return f"the results table held {one}, then {two}"
    return (
        ""
        if len(tables[0]) == len(tables[1])
        else "the results tables have not the same number of rows"
    )


def compare(path: Path) -> str:
    """Execute a notebook twice; return why they are not the same, or nothing."""
    try:
        first = notebooks.without_outputs(notebooks.read(path))
    except ValueError as error:
        return str(error)
    second = copy.deepcopy(first)  # and not read again: somebody may be editing it
    for book in (first, second):
        done = run.execute(book, path.parent, dict(os.environ, COURSE_DATA="default"))
        if done.failure:
            return done.failure
    return difference(first, second)


def main(arguments: list[str]) -> int:
    """Print one line a notebook; return 0 if all are identical, 1 if not, 2 for a path that is not there, 130 after Ctrl-C."""
    run.end_politely()
    failed = 0
    try:
        for path in notebooks.find([Path(a) for a in arguments]):
            why = compare(path)
            failed += bool(why)
            print(
                f"{notebooks.name_of(path)}: {'NOT identical: ' + why if why else 'identical'}",
                flush=True,
            )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
