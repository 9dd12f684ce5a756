"""Execute every notebook twice on the default data and compare: two executions must be identical
where they are meant to be.

    python -m tools.twice [NOTEBOOK|FOLDER ...]     (default: every notebook in Part*/)

Compared are the texts of all cells that are not tagged nbval-ignore-output, and the rows of the
results tables, tagged or not, but for those whose metric is `seconds` or `speed-up`.
"""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools.notebooks import TIMES, read, results, without_outputs
from tools.run import execute, judge_all, parser_of

TAGS = {"nbval-ignore-output", "nbval-skip"}
TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex")


def texts(cell: NotebookNode) -> list[tuple[str, str]]:
    """Return all text of a cell's outputs, each with its kind; nothing if the cell is tagged as one
    that may differ."""
    if cell.cell_type != "code" or TAGS & set(cell.metadata.get("tags", [])):
        return []
    found = []
    for output in cell.outputs:
        if output.output_type == "stream":
            found.append((output.name, output.text))
        data = output.get("data", {})
        found += [(kind, "".join(data[kind])) for kind in TEXTS if kind in data]
    return found


def difference(first: NotebookNode, second: NotebookNode) -> str:
    """Say in one sentence where two executions of a notebook differ first; return nothing if they
    are identical."""
    for cell, again in zip(first.cells, second.cells, strict=True):
        if texts(cell) != texts(again):
            lines = _first_different_lines(texts(cell), texts(again))
            printed = (
                "`{}`, then `{}`".format(*lines)
                if lines
                else "more in one execution than in the other"
            )
            return f"cell [{cell.execution_count}] printed {printed}"
    rows, rows_again = (
        [row for row in results(book) if row.get("metric") not in TIMES] for book in (first, second)
    )
    for row, row_again in zip(rows, rows_again, strict=False):
        if row != row_again:
            return f"the results table held {row}, then {row_again}"
    if len(rows) != len(rows_again):
        return "the results tables have not the same number of rows"
    return ""


def _first_different_lines(
    outputs: list[tuple[str, str]], outputs_again: list[tuple[str, str]]
) -> tuple[str, str] | None:
    """Return the first two lines that differ, or None if one side only has more of them."""
    for (_, text), (_, text_again) in zip(outputs, outputs_again, strict=False):
        for lines in zip(text.splitlines(), text_again.splitlines(), strict=False):
            if lines[0] != lines[1]:
                return lines
    return None


def compare(path: Path) -> str:
    """Execute a notebook twice; return why they are not the same, or nothing."""
    try:
        first = without_outputs(read(path))
    except ValueError as error:
        return str(error)
    second = copy.deepcopy(first)  # and not read again: somebody may be editing it
    for book in (first, second):
        run = execute(book, path.parent, dict(os.environ, COURSE_DATA="default"))
        if run.failure:
            return run.failure
    return difference(first, second)


def main(arguments: list[str] | None = None) -> int:
    """Print one line a notebook, and return the exit status; see `tools.run.judge_all`."""
    description = "Execute notebooks twice, and compare."
    paths = parser_of("tools.twice", description).parse_args(arguments).paths
    return judge_all(paths, compare, good="identical", bad="NOT identical")


if __name__ == "__main__":
    sys.exit(main())
