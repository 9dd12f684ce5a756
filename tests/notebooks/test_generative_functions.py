"""The measures of Part2_CNN/4-autoencoders_and_GANs.ipynb, on cases computed by hand."""

import functools

import numpy as np
import pytest

from tools.notebooks import take

NAMES = ("frechet", "covered", "normal_kl")
# Mean 0, covariance 4/3 of the identity
SQUARE = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


@functools.cache
def space():
    """Return what the notebook defines; it imports Keras, so not while tests are collected."""
    return take("Part2_CNN/4-autoencoders_and_GANs.ipynb", *NAMES)


def frechet(*clouds):
    return space()["frechet"](*clouds)


def covered(*arguments, **options):
    return space()["covered"](*arguments, **options)


def normal_kl(*moments):
    return space()["normal_kl"](*moments)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (SQUARE, 0.0),
        (SQUARE + [3, 4], 25.0),  # moved
        (SQUARE * 2, 2 * 4 / 3),  # (2 s - s)^2 in each direction, with s^2 = 4/3
        (SQUARE * [1, 0], 4 / 3),  # flat in one direction
        (SQUARE * 0 + [0, 2], 4 + 2 * 4 / 3),  # a single point: the move, and all of the spread
    ],
)
def test_frechet_by_hand(other, expected):
    assert frechet(SQUARE, other) == pytest.approx(expected, abs=1e-9)
    assert frechet(other, SQUARE) == pytest.approx(expected, abs=1e-6)


def test_frechet_in_one_dimension():
    a, b = np.array([[0.0], [2.0]]), np.array([[5.0], [11.0]])  # means 1 and 8, variances 2 and 18
    assert frechet(a, b) == pytest.approx(7**2 + (np.sqrt(18) - np.sqrt(2)) ** 2)


def test_frechet_sees_a_turn_and_ignores_order():
    long = SQUARE * [1, 3]
    assert frechet(long, long[:, ::-1]) == pytest.approx(2 * (3 - 1) ** 2 * 4 / 3)
    assert frechet(long, long[::-1]) == pytest.approx(0, abs=1e-9)


def test_frechet_agrees_with_the_matrix_root():
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5)), rng.normal(size=(80, 5)) + 1
    s, t = np.cov(a.T), np.cov(b.T)
    gap = a.mean(axis=0) - b.mean(axis=0)
    assert frechet(a, b) == pytest.approx(gap @ gap + np.trace(s + t - 2 * sqrtm(s @ t).real))


def test_frechet_takes_single_precision_and_does_not_change_its_inputs():
    a = SQUARE.astype("float32")
    assert frechet(a, a + np.float32(1)) == pytest.approx(2)
    assert np.array_equal(a, SQUARE)


@pytest.mark.parametrize(
    "clouds",
    [
        (SQUARE, SQUARE[:, :1]),
        (SQUARE, SQUARE[:1]),
        (SQUARE, SQUARE[0]),
        (SQUARE.reshape(2, 2, 2), SQUARE),
    ],
)
def test_frechet_refuses_other_shapes(clouds):
    with pytest.raises(ValueError, match="at least two points in the same dimensions"):
        frechet(*clouds)


def test_coverage_by_hand():
    # Ten samples: five surely 0, two surely 1, one unsurely 1, two surely 2.
    sure = np.eye(3)[[0] * 5 + [1] * 2 + [2] * 2]
    samples = np.vstack([sure, [[0.3, 0.6, 0.1]]])
    assert covered(samples, share=0.2).tolist() == [True, True, True]
    assert covered(samples, share=0.3).tolist() == [True, False, False]
    assert covered(samples, share=0.3, sure=0.6).tolist() == [True, True, False]
    assert covered(samples, share=0.6).tolist() == [False, False, False]


def test_coverage_counts_against_all_samples_and_names_every_class():
    unsure = np.full((98, 3), 1 / 3)
    samples = np.vstack([unsure, np.eye(3)[[0, 0]]])
    assert covered(samples).tolist() == [True, False, False]  # 2 of 100
    assert covered(np.vstack([samples, unsure[:1]])).tolist() == [False, False, False]  # 2 of 101


def test_kl_of_normals():
    assert normal_kl(0.0, 1.0) == 0
    assert normal_kl(2.0, 1.0) == pytest.approx(2)  # half of the squared distance
    assert normal_kl(0.0, np.e**2) == pytest.approx((np.e**2 - 3) / 2)
    assert normal_kl(1.5, 0.3, 1.5, 0.3) == pytest.approx(0)
    assert normal_kl(0.0, 2.0, 0.0, 1.0) != pytest.approx(normal_kl(0.0, 1.0, 0.0, 2.0))
