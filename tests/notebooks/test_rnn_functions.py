"""What Part3_RNN/1-RNN.ipynb writes from scratch, on small cases with known answers: the recurrent
network, its gradients and the forecasts."""

import numpy as np
import pytest

from tools.notebooks import take

BOOK = "Part3_RNN/1-RNN.ipynb"


@pytest.fixture(scope="module")
def book() -> dict:
    names = (
        "rnn",
        "bptt",
        "new_weights",
        "softmax",
        "loss_and_gradients",
        "learn",
        "sgd",
        "memory_task",
        "accuracy",
    )
    return take(
        BOOK, *names, "windows", "fit_autoregression", "autoregress", "free_run", "block_interval"
    )


def test_one_unit_by_hand(book):
    h = book["rnn"](
        np.array([[[1.0], [2.0]]]),
        np.array([[0.5]]),
        np.array([[-1.0]]),
        np.array([0.1]),
        start=0.3,
    )
    first = np.tanh(0.5 - 0.3 + 0.1)
    assert np.allclose(h[:, 0, 0], [0.3, first, np.tanh(1.0 - first + 0.1)])


@pytest.mark.parametrize("radius", [0.5, 1.5])
def test_spectral_radius_is_as_asked(book, radius):
    assert np.allclose(
        np.abs(
            np.linalg.eigvals(book["new_weights"](np.random.default_rng(0), 3, 2, 7, radius)["U"])
        ),
        radius,
    )


def test_gradients_of_a_loss_at_every_step_agree_with_finite_differences(book):
    rng = np.random.default_rng(0)
    x, R = rng.normal(size=(3, 5, 2)), rng.normal(size=(6, 3, 4))
    R[0] = 0  # the start is no output
    p = {"W": rng.normal(size=(2, 4)), "U": rng.normal(size=(4, 4)), "b": rng.normal(size=4)}
    start = rng.normal(size=(3, 4))
    gradients, g = book["bptt"](x, book["rnn"](x, **p, start=start), p["U"], R)
    for name, gradient in [*gradients.items(), ("start", g[0])]:
        values = start if name == "start" else p[name]
        for place in np.ndindex(values.shape):
            value, losses = values[place], []
            for nudge in (1e-6, -1e-6):
                values[place] = value + nudge
                losses.append((R * book["rnn"](x, **p, start=start)).sum())
            values[place] = value
            assert gradient[place] == pytest.approx(
                (losses[0] - losses[1]) / 2e-6, rel=1e-6, abs=1e-7
            )


def test_learning_with_a_limit_moves_no_further_than_the_limit(book):
    rng = np.random.default_rng(0)
    p = book["new_weights"](rng, 8, 4, 6, 3.0)
    before = {name: value.copy() for name, value in p.items()}
    batch = book["memory_task"](rng, 16, 10)
    track = book["learn"](
        p, [batch], lambda g, memory, t: book["sgd"](g, memory, t, 1.0), limit=0.01
    )
    assert track[0, 1] > 0.01
    assert np.sqrt(sum(((p[name] - before[name]) ** 2).sum() for name in p)) == pytest.approx(0.01)


def test_memory_task_asks_for_the_first_symbol_among_distractors(book):
    x, y = book["memory_task"](np.random.default_rng(0), 50, 6)
    assert x.shape == (50, 7, 8) and (x.sum(axis=2) == 1).all()
    assert (
        np.array_equal(x[:, 0].argmax(axis=1), y)
        and (x[:, 1:].argmax(axis=2) >= 4).all()
        and set(y) == {0, 1, 2, 3}
    )


def test_the_target_of_each_step_is_the_next_value(book):
    x, t = book["windows"](np.arange(40.0))
    assert x.shape == t.shape == (7, 33, 1)
    assert np.array_equal(t, x + 1)


def test_autoregression_finds_and_continues_an_exact_rule(book):
    series = [1.0, 2.0]
    for _ in range(60):
        series.append(3 + 1.5 * series[-1] - 0.9 * series[-2])
    weights = book["fit_autoregression"](np.array(series[:40]), 2)
    assert np.allclose(weights, [3, -0.9, 1.5])
    assert np.allclose(book["autoregress"](weights, np.array([series[20:40]]))[0], series[40:62])


def test_free_running_is_a_network_with_the_matrix_u_plus_vw(book):
    rng = np.random.default_rng(0)
    W, U, V = rng.normal(size=(1, 5)), rng.normal(size=(5, 5)) / 3, rng.normal(size=(5, 1))
    b, c, past = rng.normal(size=5), rng.normal(size=1), rng.normal(size=(4, 8))
    start = book["rnn"](past[..., None], W, U, b)[-1]
    alone = book["rnn"](np.zeros((4, 9, 1)), np.zeros((1, 5)), U + V @ W, b + c @ W, start)
    assert np.allclose(book["free_run"]((W, U, b, V, c), past, 10), (alone @ V + c)[..., 0].T)


def test_blocks_widen_the_interval_of_a_series_with_related_neighbours(book):
    values = np.repeat(np.random.default_rng(0).normal(size=12), 10)
    (low, high), (low_1, high_1) = (book["block_interval"](values, block) for block in (10, 1))
    assert low < values.mean() < high and high - low > 2 * (high_1 - low_1)
