"""The batch self-organising map that Part 4 explains and uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array


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
