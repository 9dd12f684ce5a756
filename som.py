"""The batch self-organising map that Part 4 explains and uses."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import csr_array


class BatchSOM:
    """A self-organising map that learns from all rows at once.

    Its nodes are numbered row by row, and lie at (0, 0), (1, 0), ... The map of data that are moved
    or multiplied by a number is moved or multiplied likewise, and else the same.

    Args:
        rows, columns: size of the grid, at least two nodes.
        passes: how often all rows are looked at.
        sigma: width of the neighbourhood, in nodes, at the first and at the last pass; between them
            it shrinks by the same factor each time. None: from half of the longer side to 0.5.
        hexagonal: odd rows are shifted by half a node, and a node has six neighbours, not eight.
        seed: None starts from the plane of the two principal components, a number from rows drawn
            at random.

    Attributes:
        weights: shape (nodes, features), after `fit`.
        places: x and y of each node on the map, shape (nodes, 2); `apart`: the distances between
            them.
        adjacent: which nodes are neighbours, shape (nodes, nodes).

    Source: Kohonen 2013, doi:10.1016/j.neunet.2012.09.018. Explained, and compared with MiniSom, in
    Part4_SOM/1-som.ipynb.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        passes: int = 20,
        sigma: tuple[float, float] | None = None,
        hexagonal: bool = False,
        seed: int | None = None,
    ):
        if rows * columns < 2:
            raise ValueError(f"A map needs at least two nodes, got {rows} x {columns}.")
        i, j = np.indices((rows, columns)).reshape(2, -1).astype(float)
        x, y = (j + 0.5 * (i % 2), i * np.sqrt(0.75)) if hexagonal else (j, i)
        self.places = np.column_stack([x, y])
        self.apart = np.linalg.norm(self.places[:, None] - self.places, axis=2)
        self.adjacent = (self.apart > 0) & (self.apart < (1.01 if hexagonal else 1.42))
        self.shape = (rows, columns)
        self.passes = passes
        self.sigma = sigma or (max(rows, columns) / 2, 0.5)
        self.hexagonal = hexagonal
        self.seed = seed

    def fit(self, X: Any, row_weights: Any = None) -> BatchSOM:
        """Learn from X, shape (n, features): in float32 if X is so, else in float64.

        Args:
            X: a table of numbers, True and False among them.
            row_weights: how often each row counts, shape (n,), 0 or more; once each if None.

        Raises:
            ValueError: X is no table, is empty, or holds text or a missing or infinite value; or
                the row weights are not as described, or all 0.
        """
        X = _table(X)
        count = _counts(row_weights, len(X)).astype(X.dtype)
        X, count = X[count > 0], count[count > 0]
        centre = count @ X / count.sum()
        exponent = _exponent(X - centre)
        X = np.ldexp(X - centre, -exponent)
        W = self._start(X)
        for sigma in np.geomspace(*self.sigma, self.passes):
            near = np.exp(-((self.apart / sigma) ** 2) / 2).astype(X.dtype)
            members = csr_array((count, (_winners(X, W), np.arange(len(X)))), (len(W), len(X)))
            mass = near @ members.sum(axis=1)
            reached = mass > 1e-9 * count.mean()  # a node that no row is near keeps its weights
            W[reached] = (near @ (members @ X))[reached] / mass[reached, None]
        self.weights = np.ldexp(W, exponent) + centre
        return self

    def _start(self, X: np.ndarray) -> np.ndarray:
        """Return the first weights: rows at random, or the plane of two principal components.

        The components are found by subspace iteration.
        """
        rng = np.random.default_rng(self.seed or 0)
        if self.seed is not None:
            return X[rng.integers(0, len(X), len(self.places))]
        centre, axes = X.mean(axis=0), rng.normal(size=(X.shape[1], 2))
        covariance = (X - centre).T @ (X - centre) / len(X)
        for _ in range(20):
            axes = np.linalg.qr(covariance @ axes)[0]
        # Which end of an axis is its positive one must not hang on rounding, so a sum that may be 0
        # would not do.
        tilted = np.linspace(1, 1.01, X.shape[1]) @ axes
        axes *= np.where(tilted < 0, -1, 1) * ((X - centre) @ axes).std(axis=0)
        plane = self.places - self.places.mean(axis=0)
        plane /= np.maximum(plane.std(axis=0), 1e-12)
        return (centre + plane[:, : axes.shape[1]] @ axes.T).astype(X.dtype)

    def nearest(self, X: Any) -> np.ndarray:
        """Return for each row of X the number of the node that is nearest to it, shape (n,).

        Of several that are equally near it is the first.
        """
        X, W, _ = self._beside_weights(X)
        return _winners(X, W)

    def distances(self, X: Any) -> np.ndarray:
        """Return the distance of each row of X from each node, shape (n, nodes)."""
        X, W, exponent = self._beside_weights(X)
        squares = (X**2).sum(axis=1)[:, None] - 2 * X @ W.T + (W**2).sum(axis=1)
        return np.ldexp(np.sqrt(np.maximum(squares, 0)), exponent)

    def errors(self, X: Any) -> tuple[float, float]:
        """Return the quantisation error and the topographic error.

        These are the mean distance from the nearest node, and the share of rows whose two nearest
        nodes are not neighbours.
        """
        distances = self.distances(X)
        best, second = np.argsort(distances, axis=1, kind="stable")[:, :2].T
        quantisation = distances[np.arange(len(best)), best].mean(dtype=float)
        return float(quantisation), float(1 - self.adjacent[best, second].mean())

    def _beside_weights(self, X: Any) -> tuple[np.ndarray, np.ndarray, np.integer]:
        """Return X and the weights from the middle of the weights, in units of 2 ** n, and n."""
        X = _table(X)
        if X.shape[1] != self.weights.shape[1]:
            raise ValueError(
                f"The map has learned from {self.weights.shape[1]} columns, this table has "
                f"{X.shape[1]}."
            )
        centre = self.weights.min(axis=0) / 2 + self.weights.max(axis=0) / 2
        X, W = X - centre, self.weights - centre
        exponent = max(_exponent(X), _exponent(W))
        return np.ldexp(X, -exponent), np.ldexp(W, -exponent), exponent


def _exponent(table: np.ndarray) -> np.integer:
    """Return n such that no number in a table is further from 0 than 2 ** n.

    In units of 2 ** n numbers can be squared, however large or small they are, and division by a
    power of 2 does not round them.
    """
    return np.frexp(np.abs(table).max())[1]


def _winners(X: np.ndarray, W: np.ndarray) -> np.ndarray:
    return ((W**2).sum(axis=1) - 2 * X @ W.T).argmin(axis=1)


def _table(X: Any) -> np.ndarray:
    """Return X as a table of finite float32 or float64 numbers; ValueError if it is not one."""
    X = np.asarray(X)
    if X.ndim != 2 or not X.size:
        raise ValueError(
            f"A map needs a table of rows and columns that is not empty; got the shape {X.shape}."
        )
    if X.dtype == object and all(isinstance(value, Real | np.bool_) for value in X.flat):
        X = X.astype(float)  # what a table with numbers and True or False becomes
    if X.dtype.kind not in "biuf":
        raise ValueError(
            "A map needs numbers only; encode or leave out the columns that hold text or other "
            "objects."
        )
    X = X if X.dtype == np.float32 else X.astype(float)
    finite = np.isfinite(X).all(axis=0)
    if not finite.all():
        raise ValueError(
            "A map needs finite numbers; missing or infinite values stand in column "
            f"{finite.argmin()} (counted from 0)."
        )
    return X


def _counts(row_weights: Any, rows: int) -> np.ndarray:
    """Return how often each row counts, 1 on average; ValueError unless that can be told."""
    count = np.ones(rows) if row_weights is None else np.asarray(row_weights)
    if count.shape != (rows,) or count.dtype.kind not in "biuf":
        raise ValueError(
            f"A map needs one number as the weight of each of the {rows} rows; got the shape "
            f"{count.shape}."
        )
    largest = count.max()
    if not (np.isfinite(count).all() and count.min() >= 0 and largest > 0):
        raise ValueError("The weights of rows must be finite and not negative, and not all 0.")
    return count / largest / np.mean(count / largest)
