"""What the generated pages have in common: markers, tables, values as they are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tools.notebooks import TIMES, name_of, read

END = "<!-- end -->"

Books = dict[Path, NotebookNode]
Row = dict[str, Any]


class DocsError(ValueError):
    """A page cannot be made; the message says in one sentence why."""


def number(value: float, metric: str) -> str:
    """Return a value of a results table as it is shown."""
    if metric in TIMES:
        return f"{value:,.1f}" if value >= 1 else f"{value:.1g}"
    return f"{value:.1e}" if 0 < abs(value) < 0.0005 else f"{value:,.3f}"


def interval(row: Row) -> str:
    """Return the interval of a row of results; empty if it has none."""
    if row["low"] is None:
        return ""
    return f"{number(row['low'], row['metric'])} to {number(row['high'], row['metric'])}"


def headline(row: Row) -> str:
    """Return a row of results as one phrase, its value in bold."""
    value = f"**{number(row['value'], row['metric'])}**"
    runs = ", range of runs" if row.get("kind") == "range of runs" else ""
    within = f" ({interval(row)}{runs})" if interval(row) else ""
    return f"{row['task']}, {row['model']}: {row['metric']} {value}{within}"


def table(rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def results_table(rows: list[Row]) -> str:
    """Return rows of results as a Markdown table."""
    head = ("task", "model", "metric", "value", "interval", "kind", "n", "data")
    body = [
        (
            row["task"],
            row["model"],
            row["metric"],
            number(row["value"], row["metric"]),
            interval(row),
            row.get("kind", ""),
            f"{row['n']:,}",
            row["data"],
        )
        for row in rows
    ]
    return table([head, *body])


def between(text: str, start: str, block: str, name: str) -> str:
    """Return a page with this block between its markers.

    Raises:
        DocsError: the markers are missing, or stand there more than once.
    """
    if text.count(start) != 1 or END not in text.split(start)[1]:
        raise DocsError(f"{name} must hold the lines '{start}' (once) and, below it, '{END}'.")
    before, after = text.split(start)
    return f"{before}{start}\n{block}\n{END}{after.split(END, 1)[1]}"


def read_book(path: Path, root: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        DocsError: it is unreadable.
    """
    try:
        return read(path)
    except ValueError as error:
        raise DocsError(f"{name_of(path, root)}: {error}") from None
