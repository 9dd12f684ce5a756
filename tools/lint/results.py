"""Rules for the results table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from results import KINDS, METRICS, RESULT_KEYS, RESULTS_MIME, has_keys
from tools import notebooks
from tools.lint.file import default_sources
from tools.lint.looking import UNCOMPARED, code_cells, edition, rule, section, tags

PROPORTIONS = {
    *("accuracy", "precision", "recall", "F1", "ROC-AUC", "PR-AUC", "mAP@0.5", "IoU", "Dice"),
    *("exact match", "purity", "overlap", "precision@100", "recall@0.5%", "false-positive rate"),
}
# A headline with one of these metrics needs no interval.
EXACT = {*notebooks.TIMES, "max difference", "digits covered"}


def row_faults(row: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one row of a results table, in a few words each."""
    value, low, high = row["value"], row["low"], row["high"]
    if row["metric"] not in METRICS:
        yield f"unknown metric {row['metric']!r}"
    sources = {
        source
        for name, source in default_sources().items()
        if re.match(rf"{re.escape(name)}\b", row["task"])
    }
    if not sources:
        yield "its task does not begin with the name of a data set"
    # Notebooks are stored as executed on the default data.
    if row["data"] not in (sources or {"real", "simulated"}):
        wanted = " or ".join(sorted(sources))
        yield f"data is {row['data']!r}, but the default of this data set is {wanted}"
    if not isinstance(row["n"], int) or row["n"] < 1:
        yield "n is not a whole number above 0"
    if not all(map(_is_finite, [value, *(x for x in (low, high) if x is not None)])):
        yield "value, low or high is not a finite number"
    elif (low is None) != (high is None) or (low is not None and not low <= value <= high):
        yield f"{value} does not lie between low ({low}) and high ({high})"
    elif row["metric"] in PROPORTIONS and not 0 <= value <= 1:
        yield "a proportion must lie between 0 and 1"


def _is_finite(x: Any) -> bool:
    is_number = isinstance(x, int | float) and not isinstance(x, bool)
    return is_number and math.isfinite(x)


def _tables(book: NotebookNode) -> list[tuple[int, Any]]:
    """Return (cell, rows) of every results table in a notebook's outputs."""
    return [
        (i, output.data[RESULTS_MIME])
        for i, cell in code_cells(book)
        for output in cell.outputs
        if RESULTS_MIME in output.get("data", {})
    ]


@rule
def results_table(book: NotebookNode, path: Path) -> list[str]:
    """One results table, in Summary; its rows are valid, all different, and in the first edition
    the first row of each task has an interval."""
    tables = _tables(book)
    if len(tables) != 1 or not isinstance(tables[0][1], list) or not tables[0][1]:
        return [f"It has {len(tables)} results tables; it needs exactly one, with rows."]
    i, rows = tables[0]
    if not all(isinstance(row, dict) and has_keys(row) for row in rows):
        keys = ", ".join(RESULT_KEYS)
        return [f"Cell {i}: a row of the results table has other keys than {keys}."]
    if not all(isinstance(row[key], str) for row in rows for key in ("task", "model", "metric")):
        return [f"Cell {i}: task, model or metric of a row of the results table is no text."]
    blemishes = []
    if i not in section(book, "Summary"):
        blemishes.append(f"Cell {i}: the results table does not stand in the section Summary.")
    names = [f"{row['task']}, {row['model']}, {row['metric']}" for row in rows]
    blemishes += [
        f"Cell {i}: the row {name} stands twice in the results table."
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    blemishes += [
        f"Cell {i}: the row {name}: {fault}."
        for name, row in zip(names, rows, strict=True)
        for fault in row_faults(row)
    ]
    blemishes += [
        f"Cell {i}: the first row of '{row['task']}' is its headline and needs an interval."
        for row in (notebooks.headlines(rows) if edition(book) == 1 else [])
        if row["low"] is None and row["metric"] not in EXACT
    ]
    timed = any(row["metric"] in notebooks.TIMES for row in rows)
    if timed and not tags(book.cells[i]) & UNCOMPARED:
        blemishes.append(
            f"Cell {i}: a results table with times must be tagged nbval-ignore-output."
        )
    return blemishes


RUNS = 5  # a statement about a method rests on so many trainings


def _kind_faults(row: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the kind of one row's interval, in a few words each."""
    kind = row.get("kind")
    if kind not in KINDS:
        yield f"its kind is {kind!r}; it must be one of {', '.join(KINDS)}"
    elif (kind == "exact") != (row["low"] is None):
        yield "'exact' is the kind of rows without an interval, and of no others"
    elif kind == "range of runs" and isinstance(row["n"], int) and row["n"] < RUNS:
        yield f"a range of runs rests on at least {RUNS} runs, not {row['n']}"


@rule(only=2)
def kinds_and_headline(book: NotebookNode, path: Path) -> list[str]:
    """Every row of the results table has the kind of its interval ("95 %", "range of runs" of at
    least five, "exact"), and exactly one row is the headline."""
    blemishes = []
    for i, rows in _tables(book):
        rows = rows if isinstance(rows, list) else []
        rows = [row for row in rows if isinstance(row, dict) and has_keys(row)]
        blemishes += [
            f"Cell {i}: the row {row['task']}, {row['model']}, {row['metric']}: {fault}."
            for row in rows
            for fault in _kind_faults(row)
        ]
        marked = sum(row.get("headline") is True for row in rows)
        if rows and marked != 1:
            blemishes.append(
                f"Cell {i}: {marked} rows of the results table are the headline; one must be."
            )
    return blemishes
