"""What several notebooks share: set-up, intervals and figures; also the loaders and results.

Importing this module is cheap: TensorFlow, scikit-learn, SciPy and seaborn are imported only by the
functions that need them. Code that a single notebook needs stays in that notebook.
"""

from __future__ import annotations

import importlib.metadata
import io
import logging
import random
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

import defaults
from datasets.loaders import *  # noqa: F403 - notebooks call the loaders as helpers.load_churn
from experiments.table import experiment  # noqa: F401 - notebooks: helpers.experiment
from progress import LiveProgress, progress  # noqa: F401 - notebooks: helpers.progress
from results import Interval, result, results_table  # noqa: F401 - notebooks call helpers.result

ROOT = Path(__file__).resolve().parent
# Okabe and Ito's palette: told apart by colour-blind readers, and in grey.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
_STYLE = {
    "figure.figsize": (7, 3.6),
    "figure.dpi": 90,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.alpha": 0.3,
    "image.cmap": "viridis",
}


def setup(seed: int = 42) -> None:
    """Make a notebook repeatable and quiet: seeds, deterministic operations, the style of figures.

    What the user's own configuration changes is set back, see defaults.py, or named.

    Args:
        seed: the seed of Python's, NumPy's and Keras's random numbers.

    Raises:
        RuntimeError: Python is older than 3.11 or newer than 3.13, or Keras cannot be used.
    """
    if not (3, 11) <= sys.version_info < (3, 14):
        found = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise RuntimeError(
            f"This course runs on Python 3.11, 3.12 or 3.13; this is Python {found}."
        )
    reasons = defaults.keras()
    defaults.tables()
    defaults.matplotlib()
    defaults.ipython()
    import keras
    import tensorflow as tf

    # Otherwise "tf.function retracing" is logged after a handful of fits.
    tf.get_logger().setLevel(logging.ERROR)
    tf.config.experimental.enable_op_determinism()
    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)
    plt.rcParams.update(_STYLE)
    reasons += _other_versions()
    differ = f" Numbers may differ a little from the stored ones, because of {', '.join(reasons)}."
    off = " No check is made, because Python runs with -O or PYTHONOPTIMIZE."
    print(
        f"Ready: seed {seed}, deterministic operations."
        + (differ if reasons else "")
        + (off if sys.flags.optimize else "")
    )


def _other_versions() -> list[str]:
    """Return the main packages that are not as pinned, each with both versions."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", requirements))
    return [
        f"{name} {version} (pinned: {pins[name]})"
        for name in ("tensorflow", "keras", "numpy", "pandas", "scikit-learn", "matplotlib")
        if (version := importlib.metadata.version(name)) != pins[name]
    ]


def perplexity(log_p: np.ndarray, against: np.ndarray | None = None) -> tuple[float, Interval]:
    """Return the perplexity per character, exp(-mean log p), and its 95 % bootstrap interval.

    Args:
        log_p: natural logarithm of the probability of every scored character, one row a window, in
            order: of y[:, CONTEXT // 2 :] of `text_windows`.
        against: the same of another model, whose perplexity this model's is then divided by.

    Neighbouring characters are alike, so the interval resamples stretches of about 16 windows, a
    thousand characters. They differ in length, so each counts with its size.
    """

    def value(means: np.ndarray, sizes: np.ndarray) -> float:
        return float(np.exp(np.average(means, weights=sizes)))

    loss = -log_p if against is None else against - log_p
    stretches = np.array_split(loss, min(len(loss), max(2, len(loss) // 16)))
    columns = [[part.mean() for part in stretches], [part.size for part in stretches]]
    return value(*columns), bootstrap_interval(value, *columns)


def bootstrap_interval(
    metric: Callable[..., float], *columns: Any, resamples: int = 500, seed: int = 0
) -> Interval:
    """Return the 95 % percentile bootstrap interval (low, high) of a metric over rows.

    Args:
        metric: takes the columns, resampled together, and returns a number: `metric(y, p)`, or a
            difference such as `metric(y, p, q)`.
        columns: arrays of equal length along their first axis, resampled with the same rows.
        resamples: how many times all rows are drawn with replacement.
        seed: of the drawing.

    Raises:
        ValueError: no column, or columns of different length.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (chapter 13),
    doi:10.1201/9780429246593.
    """
    arrays = [np.asarray(column) for column in columns]
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(f"bootstrap_interval needs columns of one length, got {lengths}.")
    draws = np.random.default_rng(seed).integers(0, lengths[0], (resamples, lengths[0]))
    values = [metric(*(array[rows] for array in arrays)) for rows in draws]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(successes: int, n: int) -> Interval:
    """Return Wilson's 95 % interval (low, high) for `successes` in `n` independent trials.

    Raises:
        ValueError: not 0 <= successes <= n, or n is 0.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, as computed by SciPy.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def say(text: str) -> None:
    """Show prose whose numbers were computed: as Markdown where that is shown, else as text."""
    display({"text/markdown": text, "text/plain": text}, raw=True)


def show(figure: plt.Figure, sentence: str) -> None:
    """Show a figure, all of its axes labelled, with one sentence under it, and close it.

    The sentence, which says in words and numbers what is to be seen, is also its alternative text.

    Raises:
        ValueError: the sentence is empty or does not end in a full stop.
    """
    if not sentence.strip().endswith("."):
        raise ValueError("A figure needs one sentence, ending in a full stop, on what it shows.")
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    image = {"image/png": b64encode(png.getvalue()).decode(), "text/plain": repr(figure)}
    display(image, raw=True, metadata={"image/png": {"alt": sentence}})
    say(f"*{sentence}*")


def plot_learning_curves(
    histories: dict[str, dict], metric: str = "loss", label: str = "loss (binary cross-entropy)"
) -> plt.Figure:
    """Draw a metric by epoch, one panel a model: training solid, validation dashed.

    The panels stand below each other, since a phone shrinks wide figures.

    Args:
        histories: a model's name -> the `history` of its Keras `fit`, each list a number an epoch.
        metric: the key to draw; `val_` + metric is drawn too where it is there.
        label: what stands at the vertical axis, with its unit.

    Raises:
        KeyError: a history has no such metric.
    """
    count = len(histories)
    size = (5, 3.2 if count == 1 else 2.9 * count)
    figure, axes = plt.subplots(count, 1, figsize=size, sharey=True, squeeze=False)
    for axis, (name, history) in zip(axes.flat, histories.items(), strict=True):
        epochs = np.arange(1, len(history[metric]) + 1)
        axis.plot(epochs, history[metric], label="training")
        if f"val_{metric}" in history:
            axis.plot(epochs, history[f"val_{metric}"], "--", label="validation")
        axis.set(title=name, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    for axis in axes[:, 0]:
        axis.set_ylabel(label)
    axes[0, 0].legend()
    return figure


def plot_confusion(
    y: Sequence, predicted: Sequence, names: Sequence[str], axis: plt.Axes | None = None
) -> plt.Figure:
    """Draw a confusion matrix: a cell holds the count and its share of the row, the true class.

    Args:
        y, predicted: true classes (rows) and predicted ones (columns), 0 to k-1, shape (n,).
        names: the k names of the classes.
        axis: where to draw; a new figure if None.
    """
    import seaborn
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(y, predicted, labels=range(len(names)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    texts = [f"{n:,}\n{p:.0%}" for n, p in zip(counts.flat, shares.flat, strict=True)]
    axis = axis or plt.subplots(figsize=(1.6 + len(names), 1.2 + 0.8 * len(names)))[1]
    look = {"fmt": "", "cmap": "Blues", "vmin": 0, "vmax": 1, "cbar": False}
    ticks = {"xticklabels": names, "yticklabels": names}
    seaborn.heatmap(shares, annot=np.reshape(texts, counts.shape), ax=axis, **look, **ticks)
    axis.set(xlabel="predicted", ylabel="true")
    axis.tick_params(axis="y", rotation=0)
    axis.grid(False)
    return axis.figure
