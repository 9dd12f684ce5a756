"""How fast this computer trains networks at the moment: the time of a short, fixed piece of work.

    python -m tools.calibrate       prints the seconds; fewer are faster

Computers that run this course differ by a factor of three, and a computer that does something else
besides is slower than the same one left alone. A time alone therefore says little: beside each
notebook's `measured_s` stands the calibration of the machine that took it, `calibration_s`. Both
together say how long the notebook takes on the reference computer, for which budgets are given.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPETITIONS = 2
# The calibration of the reference computer, for which budgets are given. Its speed is about that of
# the computers that measured notebooks before calibrations were stored: where a calibration takes
# 2.8 s, five notebooks took 1.3 times as long (median) as had been stored.
REFERENCE_S = 2.1


class CalibrationError(Exception):
    """The calibration did not come to its end; the message says why in one sentence."""


def calibrate(variables: Mapping[str, str] | None = None) -> float:
    """Return the seconds that the work takes now, in a fresh process; its imports do not count.

    Args:
        variables: of the process's environment, beside those of this one; for example how many
            threads libraries may use.

    Raises:
        CalibrationError: the process failed, for example because Keras is not installed.
    """
    command = [sys.executable, "-m", "tools.calibrate"]
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    try:
        return float(done.stdout)
    except ValueError:
        reason = (done.stderr.strip().splitlines() or ["it printed no number"])[-1]
        raise CalibrationError(f"The calibration of this computer failed: {reason}") from None


def measure() -> float:
    """Return the seconds that the work takes in this process.

    Each of the two networks is built, compiled and fitted twice, and the faster of both counts:
    whatever else the computer does can only make it slower.
    """
    import helpers

    with contextlib.redirect_stdout(io.StringIO()):
        helpers.setup(seed=0)
    return sum(
        min(_seconds(train) for _ in range(REPETITIONS))
        for train in (_train_dense, _train_sequence)
    )


def _seconds(train: Callable[[], None]) -> float:
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    start = time.perf_counter()
    train()
    return time.perf_counter() - start


def _fit(network: list, rows: tuple[int, ...], epochs: int) -> None:
    """Fit a classifier of two classes, made of these layers, on random rows of this shape."""
    import keras
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.normal(size=rows).astype("float32")
    y = rng.integers(2, size=rows[0])
    model = keras.Sequential([keras.Input(rows[1:]), *network, keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)


def _train_dense() -> None:
    from keras import layers

    _fit([layers.Dense(64, activation="relu") for _ in range(2)], (4096, 20), epochs=3)


def _train_sequence() -> None:
    from keras import layers

    _fit([layers.Conv1D(16, 3, activation="relu"), layers.LSTM(32)], (1024, 32, 4), epochs=1)


if __name__ == "__main__":
    print(f"{measure():.3f}")
