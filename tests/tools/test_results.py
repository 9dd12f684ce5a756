"""The rows of a results table, and how it is shown and stored."""

import json
import subprocess
import sys

import IPython.display
import numpy as np
import pytest

import helpers
import results
from tools.notebooks import ROOT, headline_row

ROW = ("bank churn", "network", "ROC-AUC", 0.86, (0.84, 0.88), 1500, "simulated")


@pytest.fixture
def displayed(monkeypatch):
    """Return the list of all data that are displayed from now on."""
    outputs = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: outputs.append(data))
    return outputs


def test_notebooks_find_the_functions_in_helpers():
    assert helpers.result is results.result and helpers.results_table is results.results_table


def test_importing_the_names_of_keys_loads_no_pandas():
    code = "import sys, results; sys.exit('pandas' in sys.modules or 'IPython' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# --- Rows -----------------------------------------------------------------------------------------


def test_a_result_is_a_row_of_plain_numbers():
    numbers = np.float64(0.86), (np.float32(0.5), np.float64(1)), np.int64(1500)
    row = results.result("bank churn", "network", "ROC-AUC", *numbers, "simulated")
    assert row == {
        "task": "bank churn",
        "model": "network",
        "metric": "ROC-AUC",
        "value": 0.86,
        "low": 0.5,
        "high": 1.0,
        "n": 1500,
        "data": "simulated",
    }
    assert json.loads(json.dumps(row)) == row and tuple(row) == results.RESULT_KEYS
    exact = results.result("iris", "check", "max difference", 1e-7, None, 1, "real")
    assert exact["low"] is None and exact["high"] is None


def test_a_row_says_what_its_interval_is_and_whether_it_is_the_headline():
    row = results.result(*ROW, kind="95 %", headline=True)
    assert row == {**results.result(*ROW), "kind": "95 %", "headline": True}
    assert "headline" not in results.result(*ROW, kind="range of runs")
    exact = results.result("iris", "check", "max difference", 1e-7, None, 1, "real", kind="exact")
    assert exact["kind"] == "exact" and exact["low"] is None


@pytest.mark.parametrize(
    ("position", "bad", "words"),
    [
        (2, "AUC", "is not a metric of the course"),
        (3, float("nan"), "does not lie in its interval"),
        (3, float("inf"), "does not lie in its interval"),
        (3, 0.9, "does not lie in its interval"),
        (4, (0.88, 0.84), "does not lie in its interval"),
        (4, (float("nan"), 0.9), "does not lie in its interval"),
        (6, "fake", "must be 'real' or 'simulated'"),
    ],
)
def test_what_is_no_result_is_refused(position, bad, words):
    arguments = list(ROW)
    arguments[position] = bad
    with pytest.raises(ValueError, match=words):
        results.result(*arguments)


@pytest.mark.parametrize(
    ("interval", "options", "words"),
    [
        ((0.84, 0.88), {"kind": "95%"}, "kind must be one of"),
        ((0.84, 0.88), {"kind": "exact"}, "have no interval"),
        (None, {"kind": "95 %"}, "have no interval"),
        ((0.84, 0.88), {"headline": True}, "a headline needs its kind"),
    ],
)
def test_a_kind_that_does_not_go_with_its_row_is_refused(interval, options, words):
    with pytest.raises(ValueError, match=words):
        results.result(*ROW[:4], interval, *ROW[5:], **options)


def test_the_metrics_are_all_different():
    assert len(set(results.METRICS)) == len(results.METRICS) == 32


def test_the_headline_is_the_row_marked_so_else_the_first():
    assert headline_row([{"n": 1}, {"n": 2, "headline": True}]) == {"n": 2, "headline": True}
    assert headline_row([{"n": 1}, {"n": 2}]) == {"n": 1} and headline_row([]) is None


# --- The table ------------------------------------------------------------------------------------


def lines(data):
    """Return the lines of a table as text, with single spaces."""
    return [" ".join(line.split()) for line in data["text/plain"].splitlines()]


def test_the_table_stores_the_rows_it_shows(displayed):
    timed = results.result("wine", "check", "speed-up", 4.25, None, 3, "real")
    rows = [results.result(*ROW), timed]
    results.results_table(rows)
    [data] = displayed
    assert data[results.RESULTS_MIME] == rows
    head, first, second = lines(data)
    assert head == "task model metric value interval n data"
    assert first == "bank churn network ROC-AUC 0.860 0.840 to 0.880 1500 simulated"
    assert second.startswith("wine check speed-up 4.25") and second.endswith(" 3 real")
    assert all(word in data["text/html"] for word in ("<table", "0.840 to 0.880", "speed-up"))


def test_the_table_shows_kinds(displayed):
    timed = results.result("wine", "check", "speed-up", 4.25, None, 3, "real", kind="exact")
    rows = [timed, results.result(*ROW, kind="range of runs", headline=True)]
    results.results_table(rows)
    [data] = displayed
    assert data[results.RESULTS_MIME] == rows
    head, first, second = lines(data)
    assert head == "task model metric value interval kind n data"
    assert first == "wine check speed-up 4.250 exact 3 real"
    assert second.endswith("0.860 0.840 to 0.880 range of runs 1500 simulated")


WITH_KIND = results.result(*ROW, kind="95 %")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "made by helpers.result"),
        ([{"task": "wine"}], "made by helpers.result"),
        ([{**results.result(*ROW), "seed": 1}], "made by helpers.result"),
        ([{**results.result(*ROW), "headline": True}], "made by helpers.result"),
        ([results.result(*ROW), {**WITH_KIND, "headline": True}], "only 1 have a kind"),
        ([WITH_KIND], "0 rows of the results table have headline"),
        ([{**WITH_KIND, "headline": True}] * 2, "2 rows of the results table have headline"),
    ],
)
def test_other_rows_are_refused(displayed, rows, words):
    with pytest.raises(ValueError, match=words):
        results.results_table(rows)
    assert displayed == []
