"""som.BatchSOM: data in any place and in any unit are right; what makes no sense is refused."""

import numpy as np
import pandas as pd
import pytest

from som import BatchSOM


def table(kind="cloud"):
    """Return 120 rows in four columns, of which some kinds have a peculiar one."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(120, 4)) @ rng.normal(size=(4, 4))
    if kind == "constant column":
        X[:, 1] = 0.25
    elif kind == "two groups":
        X[:60] += 20
    elif kind == "opposite columns":  # their principal axis has a sum of 0, so no obvious direction
        X = np.column_stack([X[:, 0], -X[:, 0]]) + 0.1 * rng.normal(size=(120, 2))
    return X


def trained(X, **options):
    return BatchSOM(5, 4, 10, (2.5, 0.6), **options).fit(X)


def holds(dtype, scale, offset):
    """Say whether data of about 1 keep at least four digits in this scale at this offset."""
    return scale > 1e4 * np.spacing(dtype(abs(offset) + scale))


PLACES = [
    (dtype, scale, offset)
    for dtype in (np.float64, np.float32)
    for scale in (1e-6, 3e-3, 1.0, 7e2, 1e6)
    for offset in (0.0, -12.5, 1e3, -1e5, 1e8)
    if holds(dtype, scale, offset)
]


@pytest.mark.parametrize("kind", ["cloud", "constant column", "two groups", "opposite columns"])
@pytest.mark.parametrize("options", [{}, {"seed": 2}, {"hexagonal": True}], ids=str)
def test_offset_and_scale_change_nothing_else(kind, options):
    assert len(PLACES) > 30
    for dtype, scale, offset in PLACES:
        X = table(kind).astype(dtype)
        moved = (X * dtype(scale) + dtype(offset)).astype(dtype)
        # What the type has kept of the data is what both maps are told, so that they must agree.
        X = (moved.astype(float) - offset) / scale
        som, other = trained(X, **options), trained(moved, **options)
        assert other.weights.dtype == dtype
        kept = max(np.finfo(dtype).eps, np.spacing(dtype(abs(offset))) / scale)
        size = np.abs(X).max()
        assert np.abs((other.weights.astype(float) - offset) / scale - som.weights).max() < (
            50 * kept * size
        ), (dtype, scale, offset)
        agree = som.nearest(X) == other.nearest(moved)
        gaps = np.sort(som.distances(X), axis=1)
        torn = gaps[:, 1] - gaps[:, 0] < 30 * kept * size  # too near to a tie for this type
        assert (agree | torn).all() and torn.mean() < 0.15, (dtype, scale, offset)
        assert np.allclose(
            som.distances(X), other.distances(moved) / scale, rtol=0, atol=100 * kept**0.5 * size
        )
        assert np.allclose(
            som.errors(X)[0], other.errors(moved)[0] / scale, rtol=0, atol=200 * kept**0.5 * size
        )


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-80, 1e90, 1e200, 1e300])
def test_numbers_whose_squares_do_not_exist(scale):
    som, other = trained(table()), trained(table() * scale)
    assert np.allclose(other.weights / scale, som.weights, rtol=0, atol=1e-9)
    assert np.array_equal(som.nearest(table()), other.nearest(table() * scale))
    assert np.allclose(som.distances(table()), other.distances(table() * scale) / scale)
    assert np.allclose(som.errors(table()), np.divide(other.errors(table() * scale), [scale, 1]))


def test_distances_keep_their_digits_far_from_zero():
    X = table()
    exact = np.linalg.norm(X[:, None] - (weights := trained(X).weights), axis=2)
    som = BatchSOM(5, 4)
    som.weights = weights + 1e8
    assert np.allclose(som.distances(X + 1e8), exact, rtol=0, atol=1e-6)


def test_true_and_false_are_numbers():
    X = table()
    yes = X[:, 0] > 0
    expected = trained(np.column_stack([X, yes])).weights
    frame = pd.DataFrame(X).assign(yes=yes)
    assert np.array_equal(trained(frame).weights, expected)
    assert np.array_equal(
        trained(frame.astype({0: "float32"}).astype({0: object})).weights.shape, (20, 5)
    )
    only = np.column_stack([yes, ~yes, X[:, 1] > 0])
    assert np.array_equal(trained(only).weights, trained(only.astype(float)).weights)


@pytest.mark.parametrize(
    "column", [["a"] * 120, [1j] * 120, pd.date_range("2020", periods=120), [None] * 120]
)
def test_what_is_no_number_is_refused(column):
    with pytest.raises(ValueError, match=r"^A map needs (numbers only|finite numbers)[^\n]*\.$"):
        trained(pd.DataFrame(table()).assign(other=column))
    with pytest.raises(ValueError, match="^A map needs numbers only"):
        trained(np.arange(8).reshape(4, 2).astype("timedelta64[s]"))


def test_rows_with_weight_0_do_not_exist():
    X = table()
    weights = np.where(np.arange(120) % 3 == 0, 0, 2.5)
    for options in ({}, {"seed": 4}):
        without = trained(X[weights > 0], **options)
        with_zeros = BatchSOM(5, 4, 10, (2.5, 0.6), **options).fit(X, weights)
        assert np.allclose(with_zeros.weights, without.weights, rtol=0, atol=1e-12)


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e12, 1e300])
def test_the_unit_of_row_weights_does_not_matter(unit):
    weights = np.random.default_rng(0).uniform(0.5, 2, 120)
    ours, theirs = (BatchSOM(4, 4).fit(table(), weights * factor).weights for factor in (1, unit))
    assert np.allclose(ours, theirs, rtol=0, atol=1e-9)


BAD_WEIGHTS = {
    "negative": (np.where(np.arange(120) == 7, -1, 1), "not negative"),
    "not a number": (np.where(np.arange(120) == 7, np.nan, 1), "finite"),
    "infinite": (np.where(np.arange(120) == 7, np.inf, 1), "finite"),
    "all 0": (np.zeros(120), "not all 0"),
    "too few": (np.ones(119), r"each of the 120 rows; got the shape \(119,\)"),
    "too many": (np.ones(121), r"\(121,\)"),
    "a column of them": (np.ones((120, 1)), r"\(120, 1\)"),
    "one number": (2.0, r"\(\)"),
    "words": (["much"] * 120, "one number as the weight"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_row_weights_that_make_no_sense_are_one_sentence(case):
    weights, words = BAD_WEIGHTS[case]
    with pytest.raises(ValueError, match=words) as caught:
        BatchSOM(4, 4).fit(table(), weights)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_table_of_other_columns_is_refused():
    som = trained(table())
    for method in (som.nearest, som.distances, som.errors):
        with pytest.raises(
            ValueError, match="^The map has learned from 4 columns, this table has 3.$"
        ):
            method(table()[:, :3])
