"""What Part3_RNN/3-GRU_and_deep_RNN.ipynb writes from scratch, on small cases with known
answers."""

import numpy as np
import pytest

from tools.notebooks import take

BOOK = "Part3_RNN/3-GRU_and_deep_RNN.ipynb"


@pytest.fixture(scope="module")
def book() -> dict:
    names = ("sigmoid", "gru_step", "gru_run", "count_weights", "count_network", "afford", "marked")
    return take(
        BOOK, *names, "fill_by_years", "fill_by_line", "calendar", "mae", "block_interval", "gap"
    )


def test_one_unit_by_hand(book):
    x, h, W, U = (
        np.array([[2.0]]),
        np.array([[0.5]]),
        np.array([[0.1, 0.2, 0.3]]),
        np.array([[0.4, -0.5, 0.6]]),
    )
    b = np.array([[0.01, 0.02, 0.03], [0.04, 0.05, 0.06]])

    def logistic(a):
        return 1 / (1 + np.exp(-a))

    keep, reset = logistic(0.2 + 0.2 + 0.05), logistic(0.4 - 0.25 + 0.07)
    after = keep * 0.5 + (1 - keep) * np.tanh(0.6 + 0.03 + reset * (0.3 + 0.06))
    state, z, r = book["gru_step"](x, h, W, U, b)
    assert np.allclose([state[0, 0], z[0, 0], r[0, 0]], [after, keep, reset])

    keep, reset = logistic(0.2 + 0.2 + 0.01), logistic(0.4 - 0.25 + 0.02)
    before = keep * 0.5 + (1 - keep) * np.tanh(0.6 + 0.03 + 0.6 * reset * 0.5)
    state, z, r = book["gru_step"](x, h, W, U, b[0], reset_after=False)
    assert np.allclose([state[0, 0], z[0, 0], r[0, 0]], [before, keep, reset])


@pytest.mark.parametrize("reset_after", [True, False])
def test_run_hands_the_state_on(book, reset_after):
    rng = np.random.default_rng(0)
    x, W, U = rng.normal(size=(4, 3, 2)), rng.normal(size=(2, 15)), rng.normal(size=(5, 15))
    b = rng.normal(size=(2, 15) if reset_after else 15)
    h = np.full((4, 5), 0.2)
    for t in range(3):
        h = book["gru_step"](x[:, t], h, W, U, b, reset_after)[0]
    run = book["gru_run"](x, W, U, b, reset_after, start=0.2)
    assert run["state"].shape == (4, 3, 5) and np.array_equal(run["state"][:, -1], h)


def test_an_open_update_gate_keeps_and_a_shut_one_writes(book):
    x, W, U = (
        np.random.default_rng(1).normal(size=(3, 6, 1)),
        np.array([[0.0, 0.0, 1.0]]),
        np.zeros((1, 3)),
    )
    for bias, expected in ((80.0, np.full((3, 6), 0.3)), (-80.0, np.tanh(x[..., 0]))):
        b = np.array([[bias, 0.0, 0.0], [0.0, 0.0, 0.0]])
        assert np.allclose(book["gru_run"](x, W, U, b, start=0.3)["state"][..., 0], expected)


def test_weights_are_counted(book):
    assert [book["count_weights"](kind, 2, 3) for kind in ("SimpleRNN", "LSTM", "GRU")] == [
        18,
        72,
        63,
    ]
    assert book["count_network"]("GRU", 2, (3, 4), 5) == 63 + 3 * 4 * (3 + 4 + 2) + 5 * 5
    assert book["count_network"]("LSTM", 1, (book["afford"]("LSTM", 1, 12, 1508),), 12) == 1508


def test_filling_by_years_is_exact_for_a_trend_with_a_season(book):
    t = np.arange(60)
    values = 300 + 0.1 * t + 3 * np.sin(2 * np.pi * t / 12)
    assert book["fill_by_years"](values, 27) == pytest.approx(values[27])
    assert abs(book["fill_by_line"](values, 27) - values[27]) > 0.5


def test_calendar_fits_a_trend_with_a_season(book):
    t = np.arange(48)
    inputs, values = book["calendar"](t, 2), 1 + 0.2 * t + 0.01 * t**2 + np.cos(2 * np.pi * t / 12)
    assert inputs.shape == (48, 14) and np.allclose(
        inputs @ np.linalg.lstsq(inputs, values, rcond=None)[0], values
    )


def test_labels_compare_the_marks_before_and_after(book):
    signs, labels = book["marked"](40, np.random.default_rng(2), steps=9)
    for row, answers in zip(signs.argmax(axis=2), labels, strict=True):
        for t in range(8):
            before = next(k for k in row[t::-1] if k >= 2)
            after = next(k for k in row[t + 1 :] if k >= 2)
            assert answers[t] == (before == after)
    assert 0.4 < labels.mean() < 0.6


def test_block_interval_draws_neighbours_together(book):
    waves = np.repeat([1.0, -1.0] * 5, 12)  # ten blocks of twelve alike
    low, high = book["block_interval"](np.mean, waves)
    single_low, single_high = book["block_interval"](np.mean, waves, length=1)
    assert low < single_low < 0 < single_high < high
    assert book["block_interval"](book["gap"], waves + 2, waves + 2) == (0, 0)
