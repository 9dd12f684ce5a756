"""The disturbance reaches every way in which Keras and TensorFlow make or use gradients, and
changes each gradient once, by a few last digits."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.executes

# Prints as JSON the weights, or gradients, that each way gives, computed twice; with an argument,
# disturbed and computed once.
CODE = """
import contextlib, io, json, sys

if sys.argv[1:]:
    from tools import disturbance
    disturbance.install()
import helpers

with contextlib.redirect_stdout(io.StringIO()):
    helpers.setup(seed=42)
import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.util import _pywrap_util_port

rng = np.random.default_rng(0)
x = rng.normal(size=(64, 5)).astype("float32")
y = (x[:, 0] > 0).astype(int)
words = rng.integers(0, 9, (64, 3))


def flat(variables):
    return np.concatenate([np.ravel(v) for v in variables]).astype(float).tolist()


def fitted(epochs, optimizer="sgd", layer=None, rows=x, jit_compile=False, **options):
    # Compiling takes far longer than all the rest; by default it is done, see "one step".
    keras.utils.set_random_seed(1)
    first = layer or keras.layers.Dense(8, activation="tanh")
    network = keras.Sequential([first, keras.layers.Flatten(), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss=loss, jit_compile=jit_compile, **options)
    network.fit(rows, y, epochs=epochs, batch_size=64, verbose=0)
    return flat(network.get_weights())


def by_hand(step):
    weight = keras.Variable([[0.5]] * 5)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([weight])
    step(weight, optimizer)
    return flat([weight])


def train(weight, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ weight.value) ** 2)
    optimizer.apply(tape.gradient(loss, [weight.value]), [weight])


def of_tape():
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(v**2)
    return flat([tape.gradient(loss, v)])


def of_nested_tapes():
    v = tf.Variable(3.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            loss = v**3
        slope = inner.gradient(loss, v)
    return flat([outer.gradient(slope, v)])


def of_sparse():
    table = tf.Variable([[1.0], [2.0], [3.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table, [0, 2]) ** 2)
    return flat([tape.gradient(loss, table).values])


def of_structure():
    v, w = tf.Variable(2.0), tf.Variable(5.0)
    with tf.GradientTape() as tape:
        loss = v**2
    found = tape.gradient(loss, {"v": v, "w": [w]})
    assert found["w"] == [None]
    return flat([found["v"]])


def given(weight, optimizer):
    optimizer.apply([np.ones((5, 1), "float32") + tf.zeros((5, 1))], [weight])


def all_ways():
    return {
        "oneDNN": [float(_pywrap_util_port.IsMklEnabled())],
        "one step": fitted(1, jit_compile="auto"),
        "one step, eager": fitted(1, run_eagerly=True),
        "ten steps": fitted(10),
        "ten steps, Adam": fitted(10, "adam"),
        "embedding": fitted(3, layer=keras.layers.Embedding(9, 2), rows=words),
        "loop": by_hand(train),
        "loop in a graph": by_hand(lambda w, o: tf.function(lambda: train(w, o))()),
        "loop in XLA": by_hand(lambda w, o: tf.function(lambda: train(w, o), jit_compile=True)()),
        "optimiser alone": by_hand(given),
        "tape": of_tape(),
        "nested tapes": of_nested_tapes(),
        "sparse gradient": of_sparse(),
        "structure": of_structure(),
    }


print(json.dumps([all_ways() for _ in range(1 if sys.argv[1:] else 2)]))
"""


def values(*arguments):
    """Return what each way gives, for each time that it was computed."""
    command = [sys.executable, "-c", CODE, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return [
        {name: np.array(numbers) for name, numbers in ways.items()}
        for ways in json.loads(done.stdout)
    ]


@pytest.fixture(scope="module")
def undisturbed():
    """What each way gives, twice."""
    return values()


@pytest.fixture(scope="module")
def both(undisturbed):
    """What each way gives, undisturbed and disturbed."""
    return undisturbed[0], *values("disturbed")


def test_undisturbed_values_repeat(undisturbed):
    first, again = undisturbed
    assert {name for name in again if not np.array_equal(again[name], first[name])} == set()


def test_onednn_is_switched_on_though_setup_switches_it_off(both):
    assert (both[0]["oneDNN"], both[1]["oneDNN"]) == ([0], [1])


WAYS = [
    *("one step", "one step, eager", "ten steps", "ten steps, Adam", "embedding"),
    *("loop", "loop in a graph", "loop in XLA", "optimiser alone"),
    *("tape", "nested tapes", "sparse gradient", "structure"),
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_differs_by_a_few_last_digits(both, way):
    plain, disturbed = both[0][way], both[1][way]
    assert not np.array_equal(plain, disturbed)
    largest = 1e-5 if way.startswith("ten") else 1e-6
    assert np.allclose(plain, disturbed, rtol=largest, atol=largest)


@pytest.mark.parametrize(
    ("way", "times"), [("tape", 1), ("sparse gradient", 1), ("structure", 1), ("nested tapes", 2)]
)
def test_a_gradient_is_multiplied_once(both, way, times):
    factor = both[1][way] / both[0][way]
    assert factor == pytest.approx(1 + times * 3e-7, abs=times * 0.7e-7)


@pytest.mark.parametrize("way", ["loop", "loop in a graph", "loop in XLA"])
def test_the_optimiser_does_not_disturb_again_what_the_tape_has_disturbed(both, way):
    steps = [numbers[way] - 0.5 for numbers in both]
    large = np.abs(steps[0]) > 0.5  # below that, the rounding of the weight drowns it
    assert large.any()
    assert (steps[1] / steps[0])[large] == pytest.approx(1 + 3e-7, abs=2.6e-7)


def test_whoever_comes_too_late_is_told(monkeypatch):
    from tools import disturbance

    monkeypatch.setitem(sys.modules, "keras", sys)
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError, match="keras.* imported before"):
        disturbance.install()
    assert sys.meta_path == before


@pytest.mark.parametrize(("before", "after"), [("0", "1"), ("1", "0"), (None, "0")])
def test_onednn_is_switched_to_what_it_was_not(monkeypatch, before, after):
    from tools import disturbance

    monkeypatch.delenv(disturbance.ONEDNN, raising=False)
    if before is not None:
        monkeypatch.setenv(disturbance.ONEDNN, before)
    disturbance.switch_onednn()
    assert disturbance.os.environ[disturbance.ONEDNN] == after
