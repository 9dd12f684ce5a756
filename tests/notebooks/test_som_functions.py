"""The map: the notebook's functions and som.BatchSOM on cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from som import BatchSOM
from tools.notebooks import take

NOTEBOOK = "Part4_SOM/1-som.ipynb"
ONLINE = take(
    NOTEBOOK,
    "neighbourhood",
    "decay",
    "online_step",
    "train_online",
    "grid",
    "map_errors",
    "distances",
)
LESSON = take(
    NOTEBOOK,
    "grid",
    "nearest",
    "batch_pass",
    "plane",
    "checked",
    "train_batch",
    "u_matrix",
    "majority",
    "purity",
)


def test_one_online_step_by_hand():
    W = np.array([[0.0], [1.0], [4.0]])
    ONLINE["online_step"](np.array([2.0]), W, ONLINE["grid"](1, 3), rate=0.5, sigma=1.0)
    side = np.exp(-0.5)  # the middle node wins
    assert np.allclose(W[:, 0], [0 + 0.5 * side * 2, 1 + 0.5 * 1, 4 - 0.5 * side * 2])


def test_online_training_decays_and_keeps_its_start():
    start = np.array([[0.0], [10.0]])
    W = ONLINE["train_online"](
        np.array([[1.0]]), start, ONLINE["grid"](1, 2), order=[0, 0], rate=0.5, sigma=1e-3
    )
    # The rate at step 1 of 2 is half
    assert start[0, 0] == 0 and np.isclose(W[0, 0], 0.5 + (0.5 / 2) * 0.5) and W[1, 0] == 10


def test_one_batch_pass_by_hand():
    # Nodes 0 and 2 win, node 1 wins nothing
    X, W = (
        np.array([[0.0], [2.0], [10.0]]),
        np.array([[1.0], [5.0], [9.0]]),
    )
    a, b = np.exp(-0.5), np.exp(-2)
    wanted = [
        (0 + 2 + 10 * b) / (2 + b),
        (0 + 2 * a + 10 * a) / (3 * a),
        (2 * b + 10) / (2 * b + 1),
    ]
    assert np.allclose(LESSON["batch_pass"](X, W, LESSON["grid"](1, 3), 1.0)[:, 0], wanted)
    # Nobody is near node 1: it stays
    assert np.allclose(LESSON["batch_pass"](X, W, LESSON["grid"](1, 3), 1e-3)[:, 0], [1, 5, 10])


@pytest.mark.parametrize("hexagonal", [False, True])
def test_lesson_and_helper_are_one(hexagonal):
    X = np.random.default_rng(0).normal(size=(50, 4))
    som = BatchSOM(5, 3, 8, (2, 0.5), hexagonal).fit(X)
    lesson = LESSON["train_batch"](X, LESSON["grid"](5, 3, hexagonal), 8, (2, 0.5))
    assert np.abs(som.weights - lesson).max() <= 1e-13  # som.py takes the mean off first
    assert np.array_equal(som.nearest(X), som.distances(X).argmin(axis=1))
    assert np.allclose(
        som.errors(X), ONLINE["map_errors"](X, som.weights, som.places, 1.01 if hexagonal else 1.42)
    )


def test_neighbours():
    assert BatchSOM(3, 3).adjacent.sum(axis=1).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    hexagons = BatchSOM(3, 3, hexagonal=True)
    assert hexagons.adjacent[4].sum() == 6 and not hexagons.adjacent.diagonal().any()


def test_errors_by_hand():
    som = BatchSOM(1, 3)
    som.weights = np.array([[0.0], [10.0], [1.0]])  # nodes 0 and 2 are alike, but no neighbours
    assert som.errors([[0.4], [9.0]]) == pytest.approx(((0.4 + 1) / 2, 0.5))


def test_row_weights_count_rows():
    X = np.random.default_rng(0).normal(size=(30, 3))
    count = np.random.default_rng(1).integers(1, 4, 30)
    start = {"passes": 6, "sigma": (2, 0.5)}
    twice, whole = (BatchSOM(3, 3, **start).fit(X, np.full(30, w)).weights for w in (2, 1))
    assert np.allclose(twice, whole)
    heavy, plain = BatchSOM(3, 3, **start), BatchSOM(3, 3, **start)
    heavy._start = plain._start = lambda rows: X[:9].copy()  # the plane of repeated rows is another
    assert np.allclose(heavy.fit(X, count).weights, plain.fit(X.repeat(count, axis=0)).weights)


ODD = {
    "equal rows": np.ones((5, 3)),
    "constant column": np.c_[np.arange(6.0), np.ones(6)],
    "one row": np.ones((1, 2)),
    "one column": np.arange(5.0)[:, None],
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize("seed", [None, 1])
def test_odd_tables(case, seed):
    X = ODD[case]
    som = BatchSOM(3, 4, 10, (2, 0.2), seed=seed).fit(X)
    assert (
        np.isfinite(som.weights).all()
        and X.min() - 1e-9 <= som.weights.min() <= som.weights.max() <= X.max() + 1e-9
    )
    assert all(np.isfinite(som.errors(X)))


def test_a_tie_goes_to_the_first_node():
    som = BatchSOM(1, 3)
    som.weights = np.array([[1.0], [-1.0], [1.0]])
    assert som.nearest([[0.0], [1.0]]).tolist() == [0, 0]


def test_seeds():
    X = np.random.default_rng(0).normal(size=(40, 3))
    one, again, other, planes = (
        BatchSOM(4, 4, seed=seed).fit(X).weights for seed in (1, 1, 2, None)
    )
    assert (
        np.array_equal(one, again) and not np.allclose(one, other) and not np.allclose(one, planes)
    )
    assert BatchSOM(4, 4).fit(X.astype(np.float32)).weights.dtype == np.float32


BAD = {
    "text": ([["a", 1.0]], "numbers only"),
    "a table with text": (pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}), "numbers only"),
    "missing": ([[1.0, np.nan]], "column 1 "),
    "infinite": ([[np.inf, 1.0]], "column 0 "),
    "empty": (np.zeros((0, 2)), "not empty"),
    "one dimension": ([1.0, 2.0], "rows and columns"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence(case):
    table, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        BatchSOM(2, 2).fit(table)
    assert "\n" not in str(caught.value) and str(caught.value).endswith((".", "(counted from 0)."))
    with pytest.raises(ValueError):
        LESSON["train_batch"](table, LESSON["grid"](2, 2))


def test_a_map_of_one_node_is_refused():
    with pytest.raises(ValueError, match="at least two nodes"):
        BatchSOM(1, 1)


def test_u_matrix_and_purity_by_hand():
    som = BatchSOM(1, 3)
    som.weights = np.array([[0.0], [1.0], [4.0]])
    assert LESSON["u_matrix"](som).tolist() == [1, 2, 3]
    right = LESSON["purity"](
        np.array([0, 0, 0, 1]), np.array([2, 2, 1, 0]), np.array([0, 1, 2]), np.array([2, 1, 0]), 3
    )
    # Node 0 is called 2, node 1 is called 0, node 2 is empty
    assert right.tolist() == [
        True,
        False,
        False,
    ]
