"""The notebook on bank churn, unedited, on files that it has never seen.

It works on them, finds nothing where there is nothing, and learns from the training part only.
"""

import contextlib
import json
import os
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

import helpers
from datasets import simulate_bank_churn
from tools import run
from tools.notebooks import first_part, read, results, without_outputs

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "Part1_ANN" / "2-ANN.ipynb"
SHUFFLE = 1  # seed of the shuffled labels
# After the cell with this tag the variable `prepare` holds the fitted preprocessing.
TAG = "fits-preprocessing"
KEEP = ["CustomerId", "Exited"]  # the split hangs on these two

# Inserted into the notebook: prints every fitted attribute of `prepare` and of its parts, as JSON.
PROBE = """
import json, numpy

def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.tolist() if isinstance(value, (numpy.ndarray, numpy.generic)) else value

def fitted(estimator):
    named = getattr(estimator, "transformers_", getattr(estimator, "steps", []))
    parts = [part[1] for part in named if not isinstance(part[1], str)]
    kinds = (list, tuple, int, float, str, numpy.ndarray, numpy.generic)
    own = {
        name: plain(value)
        for name, value in vars(estimator).items()
        if name.endswith("_") and name != "transformers_" and isinstance(value, kinds)
    }
    return {type(estimator).__name__: own, "parts": [fitted(part) for part in parts]}

print("FITTED", json.dumps(fitted(prepare), default=str))
"""

pytestmark = pytest.mark.executes


def own_table(rows=3000):
    """Return customers drawn afresh: nothing is missing, and Age and Exited follow another law."""
    rng = np.random.default_rng(7)
    table = simulate_bank_churn.draw_customers(rng, rows)
    table["Age"] = rng.integers(20, 80, rows)
    leaves = 1 / (
        1
        + np.exp(
            -(
                0.08 * (table["Age"] - 58)
                + 1.5 * (table["Gender"] == "Female")
                - 1.0 * table["IsActiveMember"]
            )
        )
    )
    table["Exited"] = (rng.random(rows) < leaves).astype(int)
    table.insert(0, "RowNumber", range(1, rows + 1))
    return table


def put(table, folder):
    """Write the table as a real file; return the environment in which the notebook finds it."""
    (folder / "churn").mkdir()
    table.to_csv(folder / "churn" / "Churn_Modelling.csv", index=False, lineterminator="\n")
    return dict(os.environ, COURSE_DATA=str(folder))


def executed(notebook, table, folder):
    """Execute a notebook, or its beginning, on a table, with the probe after the preprocessing."""
    (end,) = (
        number for number, cell in enumerate(notebook.cells) if TAG in cell.metadata.get("tags", [])
    )
    notebook.cells.insert(end + 1, nbformat.v4.new_code_cell(PROBE))
    done = run.execute(notebook, NOTEBOOK.parent, put(table, folder))
    assert done.failure == ""
    return done.notebook


def lesson(end):
    """Return the notebook up to the heading `end`, and what makes the rows of the ROC-AUC."""
    return first_part("Part1_ANN/2-ANN.ipynb", end, "rows, n, data = ")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The whole lesson, executed on a file of one's own."""
    return executed(lesson("Summary"), own_table(), tmp_path_factory.mktemp("own"))


def auc_of_networks(notebook):
    """Return the rows of the ROC-AUC of networks; all rows must call the data real."""
    rows = results(notebook)
    assert rows
    assert {row["data"] for row in rows} == {"real"}
    found = [
        row for row in rows if row["metric"] == "ROC-AUC" and "network" in row["model"].lower()
    ]
    assert found, f"no model is called a network: {[row['model'] for row in rows]}"
    return found


def test_a_file_of_ones_own(own):
    for row in auc_of_networks(own):
        assert row["value"] > 0.7, row  # this file holds something to learn


def test_shuffled_labels_leave_nothing_to_learn(tmp_path):
    # 5,000 rows, as chance alone moves a score of few rows too much
    table = pd.read_csv(ROOT / "datasets" / "bank_churn.csv").iloc[:5000]
    table["Exited"] = np.random.default_rng(SHUFFLE).permutation(table["Exited"])
    for row in auc_of_networks(executed(lesson("10. Hand it over"), table, tmp_path)):
        assert row["low"] < 0.5 < row["high"], row
        # Without any signal the standard deviation of the ROC-AUC is sqrt((n + 1) / (12 n0 n1)):
        # 0.025 here, where about 178 of 750 left.
        assert abs(row["value"] - 0.5) < 3 * 0.025, row


def garbage(table, rows):
    """Return a copy in which all features of some rows (positions) are nonsense."""
    table = table.copy()
    for column in table.columns.drop(KEEP):
        if pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].astype(float)
            table.loc[rows, column] = table.loc[rows, column] * 1000 + 7
        else:
            table.loc[rows, column] = "No such " + table.loc[rows, column].astype(str)
    return table


def learned(notebook):
    """Return what the preprocessing has learned, as the probe in an executed notebook tells."""
    (printed,) = (
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("text", "").startswith("FITTED ")
    )
    return json.loads(printed.removeprefix("FITTED "))


def learned_from(table, folder):
    """Execute the notebook up to the end of its preprocessing; return what that has learned."""
    notebook = without_outputs(read(NOTEBOOK))
    (end,) = (
        number for number, cell in enumerate(notebook.cells) if TAG in cell.metadata.get("tags", [])
    )
    notebook.cells = notebook.cells[: end + 1]
    folder.mkdir()
    return learned(executed(notebook, table, folder))


def test_preprocessing_is_fitted_on_the_training_part_only(own, tmp_path, monkeypatch):
    table = own_table()
    put(table, tmp_path)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with contextlib.redirect_stdout(None):
        split = helpers.load_churn()
    assert len(split.train) == 2100
    first = learned(own)
    assert "mean_" in json.dumps(first) and "categories_" in json.dumps(first), (
        "the probe sees scalers and encoders"
    )
    assert (
        learned_from(
            garbage(table, split.valid.index.append(split.test.index)), tmp_path / "garbage in test"
        )
        == first
    )
    assert (
        learned_from(garbage(table, split.train.index[:50]), tmp_path / "garbage in training")
        != first
    ), "else this test could not fail"
