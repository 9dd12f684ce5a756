"""The fraud notebook: its functions on cases done by hand, features that do not look ahead, and its
first act, with less training, on a file that it has never seen."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets import simulate_credit_applications as simulator
from tests.support.notebooks import hurried
from tools import run
from tools.notebooks import first_part, results, take

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = "Part4_SOM/2-mega_case_study.ipynb"
# Fewer maps and epochs, in the first act
QUICK = {
    "maps=24": "maps=12",
    "committee(Z, seed) for seed in range(6)": "committee(Z, seed) for seed in range(3)",
    "relabelled(seed) for seed in range(20)": "relabelled(seed) for seed in range(5)",
    "for seed in range(40)": "for seed in range(10)",
    "batch_size=1, epochs=2": "batch_size=2, epochs=1",
    "batch_size=46, epochs=12": "batch_size=46, epochs=1",
}
USUAL = {
    "log amount": pd.Series({"fuel": np.log(40), "online shop": np.log(30)}),
    "merchant": pd.Series({"fuel": 0.5, "online shop": 0.5}),
    "hours": pd.Series(0.25, range(4)),
}


@pytest.fixture(scope="module")
def space():
    return take(
        NOTEBOOK,
        "average_precision",
        "overlap",
        "earlier_sum",
        "earlier_share",
        "first_within",
        "history_features",
        "km_from_nearest",
    )


def some_payments(n=400, seed=0):
    """Return payments of ten customers in order of time, some without a place."""
    rng = np.random.default_rng(seed)
    minute = np.sort(rng.integers(0, 60 * 24 * 60, n))
    table = pd.DataFrame(
        {
            "customer": rng.integers(0, 10, n),
            "time": pd.Timestamp("2025-01-01") + pd.to_timedelta(minute, unit="min"),
        }
    )
    table = table.assign(
        amount=rng.lognormal(3, 1, n).round(2),
        merchant=rng.choice(["fuel", "online shop"], n),
        x_km=rng.uniform(0, 400, n),
        y_km=rng.uniform(0, 400, n),
    )
    table.loc[rng.choice(n, 20, replace=False), ["x_km", "y_km"]] = np.nan
    return table


def test_average_precision_by_hand(space):
    assert space["average_precision"]([1, 0, 1, 0], [4, 3, 2, 1]) == pytest.approx((1 + 2 / 3) / 2)
    assert space["average_precision"]([0, 0, 0, 1], [4, 3, 2, 1]) == pytest.approx(1 / 4)


def test_overlap_by_hand(space):
    assert (
        space["overlap"]([1, 2, 3], [3, 4]) == 1 / 4
        and space["overlap"]([], []) == 0
        and space["overlap"]([5], [5]) == 1
    )


def test_appending_future_rows_changes_no_past_feature(space):
    table = some_payments()
    for function in (lambda t: space["history_features"](t, USUAL), space["km_from_nearest"]):
        whole = function(table)
        for n in (1, 50, 200, 399):
            past = function(table[:n])
            assert past.equals(whole[:n]), n
        other = table.copy()
        other.loc[200:, "amount"] *= 100
        other.loc[200:, ["x_km", "y_km"]] = 0.0
        assert function(other)[:200].equals(whole[:200]) and not function(other).equals(whole)


def test_features_by_hand(space):
    times = pd.to_datetime(
        ["2025-01-01 10:00", "2025-01-01 10:30", "2025-01-01 11:15", "2025-01-02 10:45"]
    )
    table = pd.DataFrame(
        {
            "customer": 7,
            "time": times,
            "amount": [40.0, 40.0, 80.0, 40.0],
            "merchant": ["fuel", "fuel", "fuel", "online shop"],
        }
    )
    table = table.assign(x_km=[0.0, 3.0, 0.0, 99.0], y_km=[0.0, 4.0, 0.0, 99.0])
    f = space["history_features"](table, USUAL)
    assert np.expm1(f["payments in the last hour"]).round(9).tolist() == [0, 1, 1, 0]
    assert np.expm1(f["payments in the last day"]).round(9).tolist() == [0, 1, 2, 1]
    assert np.expm1(f["spent in the last day"]).round(9).tolist() == [0, 40, 80, 80]
    assert np.expm1(f["minutes since the last"]).round(6).tolist() == [7 * 1440, 30, 45, 1410]
    assert (
        f["amount for the customer"].round(9).tolist()
        == np.round([0, 0, np.log(2), np.log(30 / 30 * 40 / 30) - np.log(2) / 6], 9).tolist()
    )
    assert (
        np.exp(-f["rare kind of shop"]).round(9).tolist()
        == np.round([2.5 / 5, 3.5 / 6, 4.5 / 7, 2.5 / 8], 9).tolist()
    )
    km = np.expm1(f["km from the usual place"])
    assert np.isnan(km.iloc[[0, 3]]).all() and km.iloc[[1, 2]].round(9).tolist() == [5, 2.5]
    assert np.expm1(f["km from the last place"]).iloc[[1, 2]].round(9).tolist() == [5, 5]
    assert np.expm1(space["km_from_nearest"](table)).iloc[[1, 2]].round(9).tolist() == [5, 0]


@pytest.mark.executes
def test_a_file_in_the_real_format_without_truth(tmp_path):
    """Act 1 runs on applications with other codes and nothing missing, calls them real,
    and claims nothing about fraud."""
    rng = np.random.default_rng(9)
    table = simulator.draw_rows(rng, rng.choice(4, 690, p=[0.25, 0.4, 0.15, 0.2]))
    table["A4"] = rng.choice([1, 2, 3], 690)
    table.insert(0, "CustomerID", rng.choice(np.arange(15_565_701, 15_815_443), 690, replace=False))
    table["Class"] = (table["A8"] + rng.random(690) > 1).astype(int)
    folder = tmp_path / "credit_card_applications"
    folder.mkdir()
    table.to_csv(folder / "Credit_Card_Applications.csv", index=False, lineterminator="\n")
    act_1 = hurried(first_part(NOTEBOOK, "Act 2", 'helpers.result("credit applications'), QUICK)
    done = run.execute(act_1, (ROOT / NOTEBOOK).parent, dict(os.environ, COURSE_DATA=str(tmp_path)))
    assert done.failure == ""
    rows = results(done.notebook)
    assert rows and {row["data"] for row in rows} == {"real"}
    assert {row["metric"] for row in rows} == {"overlap", "ROC-AUC", "QE", "TE"}, (
        "nothing that needs the truth"
    )
    before, after = (row["value"] for row in rows if row["metric"] == "overlap")
    assert before < 0.1 and after > 0.6
