"""The results table that each notebook stores: its rows, what they may hold, and how it is shown.

Notebooks call these as `helpers.result` and `helpers.results_table`. The tools read the stored rows
by the names below, so importing this module is cheap: pandas and IPython come with the first table.
"""

from __future__ import annotations

import math
from typing import Any

Interval = tuple[float, float]  # its low and its high end
RESULTS_MIME = "application/vnd.course.results+json"
RESULT_KEYS = ("task", "model", "metric", "value", "low", "high", "n", "data")
# What low and high are: an interval over rows, the lowest and the highest of several runs, nothing.
KINDS = ("95 %", "range of runs", "exact")
METRICS = tuple(
    "accuracy, precision, recall, F1, ROC-AUC, PR-AUC, MAE, MSE, RMSE, R2, correlation, mAP@0.5, "
    "IoU, Dice, perplexity, exact match, digits covered, Frechet distance, Fréchet distance, QE, "
    "TE, purity, silhouette, overlap, precision@100, recall@0.5%, false-positive rate, "
    "money saved, cost, seconds, speed-up, max difference".split(", ")
)


def result(
    task: str,
    model: str,
    metric: str,
    value: float,
    interval: Interval | None,
    n: int,
    data: str,
    *,
    kind: str | None = None,
    headline: bool = False,
) -> dict[str, Any]:
    """Make one row of the results table.

    Args:
        task, model: in a few words; a task begins with its data's name, as in the catalogue.
        metric, value: one of METRICS, and the measured number; proportions are 0-1.
        interval: (low, high), or None for exact checks.
        n: on how many rows, folds or runs it was measured.
        data: "real" or "simulated".
        kind: one of KINDS, which says what the interval is: "exact" means that there is none.
            Notebooks of the first edition leave it out.
        headline: whether this is the one row that speaks for the notebook.

    Raises:
        ValueError: an unknown metric or kind, data neither real nor simulated, a value that is not
            finite or outside its interval, or an interval that does not go with its kind.
    """
    low, high = (None, None) if interval is None else (float(interval[0]), float(interval[1]))
    place = f"{task}, {model}, {metric}"
    if metric not in METRICS:
        metrics = ", ".join(METRICS)
        raise ValueError(f"{metric!r} is not a metric of the course; choose one of {metrics}.")
    if data not in ("real", "simulated"):
        raise ValueError(f"data must be 'real' or 'simulated', not {data!r}.")
    if not math.isfinite(value) or (low is not None and not low <= value <= high):
        raise ValueError(f"{place}: {value} does not lie in its interval ({low}, {high}).")
    row = (task, model, metric, float(value), low, high, int(n), data)
    made = dict(zip(RESULT_KEYS, row, strict=True))
    if headline and kind is None:
        raise ValueError(f"{place}: a headline needs its kind, one of {', '.join(KINDS)}.")
    if kind is None:
        return made
    if kind not in KINDS:
        raise ValueError(f"{place}: kind must be one of {', '.join(KINDS)}, not {kind!r}.")
    if (kind == "exact") != (interval is None):
        raise ValueError(f"{place}: rows of the kind 'exact' have no interval, and all others do.")
    made["kind"] = kind
    if headline:
        made["headline"] = True
    return made


def has_keys(row: dict[str, Any]) -> bool:
    """Tell whether a row has the keys of one made by `result`, with or without a kind."""
    kinds = {"kind"} & set(row)
    marks = {"headline"} & set(row) if kinds else set()
    return set(row) == {*RESULT_KEYS, *kinds, *marks}


def results_table(rows: list[dict[str, Any]]) -> None:
    """Show the notebook's one results table, made of rows from `result`, and store them with it.

    Where rows have no kind, an interval is one of 95 %, or, where n counts runs, from the lowest
    run to the highest.

    Raises:
        ValueError: no rows, a row with other keys than RESULT_KEYS, some rows with a kind and some
            without, or rows with a kind of which not exactly one is the headline.
    """
    import pandas as pd
    from IPython.display import display

    if not rows or not all(map(has_keys, rows)):
        keys = ", ".join(RESULT_KEYS)
        raise ValueError(f"A results table is a list of rows made by helpers.result, with {keys}.")
    with_kind = sum("kind" in row for row in rows)
    headlines = sum("headline" in row for row in rows)
    if with_kind not in (0, len(rows)):
        raise ValueError(f"Of {len(rows)} rows of the results table only {with_kind} have a kind.")
    if with_kind and headlines != 1:
        raise ValueError(
            f"{headlines} rows of the results table have headline=True; exactly one must have it."
        )
    columns = [key for key in RESULT_KEYS if key not in ("low", "high")]
    table = pd.DataFrame(rows)[columns]
    table["value"] = [f"{v:{'.0e' if 0 < abs(v) < 0.0005 else '.3f'}}" for v in table["value"]]
    ends = [(row["low"], row["high"]) for row in rows]
    shown = ["" if low is None else f"{low:.3f} to {high:.3f}" for low, high in ends]
    table.insert(columns.index("value") + 1, "interval", shown)
    if with_kind:
        table.insert(columns.index("value") + 2, "kind", [row["kind"] for row in rows])
    text = {"text/html": table.to_html(index=False), "text/plain": table.to_string(index=False)}
    display(text | {RESULTS_MIME: rows}, raw=True)
