"""The share-price part of the LSTM notebook, unedited but for its networks, on two files that it
has never seen, in the form of the real ones."""

import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from datasets import readers
from tests.support.notebooks import hurried
from tools import run
from tools.notebooks import read, results, take, without_outputs

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "Part3_RNN" / "2-LSTM.ipynb"
# Headings of level 2; the cells between them need of those before only what share_part adds
FIRST, LAST = (
    "Share price",
    "Summary",
)
DAYS = {"Train": 620, "Test": 20}  # half as many as the real files hold, for speed
# Networks that compile and train in no time: nothing is asked of the forecasts here that depends on
# what recurrent ones can do. Weights of zero say that the price stays as it is, as these learn.
QUICK = {
    "epochs=80": "epochs=3",
    "CELLS[kind](32), layers.Dense(1)": (
        'layers.Flatten(), layers.Dense(1, kernel_initializer="zeros")'
    ),
    'loss="mse", steps_per_execution=11': 'loss="mse", jit_compile=False',
    "resamples=1000": "resamples=100",
}


def walk():
    """Return 640 days of a random walk whose Close stands on twice the scale until the share is
    split, as in the real files."""
    rng, n = np.random.default_rng(11), sum(DAYS.values())
    price = 600 * np.exp(np.cumsum(rng.normal(0.0007, 0.015, n)))
    high, low = price * (1 + rng.uniform(0.005, 0.02, n)), price * (1 - rng.uniform(0.005, 0.02, n))
    close = rng.uniform(low, high) * np.where(np.arange(n) < 280, 2, 1)
    dates = [f"{day.month}/{day.day}/{day.year}" for day in pd.bdate_range("2012-01-03", periods=n)]
    numbers = {"Open": price, "High": high, "Low": low, "Close": close}
    table = pd.DataFrame(
        {
            "Date": dates,
            **{name: [f"{value:,.2f}" for value in values] for name, values in numbers.items()},
        }
    )
    return table.assign(Volume=[f"{shares:,}" for shares in rng.integers(1_000_000, 9_000_000, n)])


def put(table, folder):
    """Write the table as the two files; return the environment in which the notebook finds them."""
    (folder / "google_stock").mkdir()
    for part, rows in zip(DAYS, (table[: DAYS["Train"]], table[DAYS["Train"] :]), strict=True):
        rows.to_csv(
            folder / "google_stock" / f"Google_Stock_Price_{part}.csv",
            index=False,
            lineterminator="\n",
        )
    return dict(os.environ, COURSE_DATA=str(folder))


def share_part():
    """Return the notebook's set-up, imports and cells about the share, as they are, and one more
    cell that shows the rows of results.

    Of the part before, on the memory task, they need the function that lets a network start again.
    """
    notebook = without_outputs(read(NOTEBOOK))
    starts = [
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "markdown" and cell.source.startswith("## ")
    ]
    first = next(i for i in starts if notebook.cells[i].source.startswith(f"## {FIRST}"))
    last = next(i for i in starts if notebook.cells[i].source.startswith(f"## {LAST}"))
    (again,) = (cell for cell in notebook.cells if cell.source.startswith("def start_again("))
    notebook.cells = [
        *notebook.cells[: starts[0]],
        again,
        *notebook.cells[first:last],
        nbformat.v4.new_code_cell("helpers.results_table(share_rows)"),
    ]
    return notebook


@pytest.mark.executes
def test_two_files_in_the_real_form(tmp_path):
    environment = put(walk(), tmp_path)
    lines = (
        (tmp_path / "google_stock" / "Google_Stock_Price_Train.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    assert lines[1].startswith("1/3/2012,")
    assert any(re.search(r'"1,\d\d\d\.\d\d","\d,\d\d\d,\d\d\d"$', line) for line in lines), (
        "Close holds thousands separators inside quotes"
    )
    table = readers.read_share_price(tmp_path / "google_stock")
    assert len(table) == 640
    done = run.execute(hurried(share_part(), QUICK), NOTEBOOK.parent, environment)
    assert done.failure == ""
    text = "\n".join(
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in done.notebook.cells
        for output in cell.get("outputs", [])
    )
    assert "real data, google_stock, 640 days" in text
    assert "we forecast **Open**" in text, "Close was written before the split"
    check(results(done.notebook), table["Open"].to_numpy())


def check(rows, price):
    """Compare the rows with what is known of a random walk."""
    assert {row["data"] for row in rows} == {"real"}
    days = np.arange(round(0.85 * len(price)), len(price))
    assert {row["n"] for row in rows} == {len(days)}
    off = np.abs(price[days] - price[days - 1]).mean()
    naive = [row for row in rows if row["model"] == "tomorrow = today" and row["metric"] == "MAE"]
    assert [row["value"] for row in naive] == [pytest.approx(off)]
    gaps = {row["model"]: row for row in rows if "more than persistence" in row["task"]}
    assert len(gaps) == 6
    for row in gaps.values():
        assert row["high"] > 0, f"nobody beats persistence on a random walk: {row}"
    for name in ("LSTM", "GRU", "SimpleRNN"):
        assert abs(gaps[f"{name} on returns"]["value"]) < 0.1 * off, (
            "on returns there is next to nothing to learn, and no damage"
        )


def test_blocks_are_successive_days_and_widen_the_interval():
    space = take("Part3_RNN/2-LSTM.ipynb", "block_rows", "block_interval")
    rows = space["block_rows"](157, 10, 200, np.random.default_rng(0))
    assert rows.shape == (200, 157)
    assert rows.min() >= 0 and rows.max() == 156
    steps = np.diff(rows, axis=1) % 157
    assert (np.delete(steps, np.arange(9, 156, 10), axis=1) == 1).all()
    assert np.bincount(rows.ravel()).min() > 120, (
        "the first and the last days are drawn as often as the others, 200 times on average"
    )
    calm_and_wild = np.repeat(np.random.default_rng(1).normal(0, 1, 40), 5)
    (low, high), (low_days, high_days) = (
        space["block_interval"](np.mean, calm_and_wild, length=length) for length in (10, 1)
    )
    assert high - low > 1.5 * (high_days - low_days)
