"""Points, boxes and circles, and the lines between them; in units of a plate, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
GAP = 5  # between an arrow and what it touches


@dataclass(frozen=True)
class Box:
    """A rectangle: where it is, and where arrows may touch it."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> Point:
        """The middle of the box."""
        return self.x + self.w / 2, self.y + self.h / 2

    def towards(self, point: Point) -> Point:
        """Return where the line from the centre to a point leaves the box."""
        (x, y), (a, b) = self.centre, point
        scale = max(abs(a - x) / (self.w / 2), abs(b - y) / (self.h / 2))
        return x + (a - x) / scale, y + (b - y) / scale


@dataclass(frozen=True)
class Node:
    """A circle: a unit of a network, or a station."""

    x: float
    y: float
    r: float

    @property
    def centre(self) -> Point:
        """The middle of the circle."""
        return self.x, self.y

    def towards(self, point: Point) -> Point:
        """Return where the line from the centre to a point leaves the circle."""
        away = math.dist(self.centre, point)
        return (
            self.x + (point[0] - self.x) * self.r / away,
            self.y + (point[1] - self.y) * self.r / away,
        )


Shape = Box | Node


def bent(points: Sequence[Point], radius: float) -> list[Point]:
    """Return the points of a line whose corners are rounded."""
    if not radius or len(points) < 3:
        return list(points)
    found = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        cut = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        start, end = (_step(corner, other, cut) for other in (before, after))
        for t in (0, 0.25, 0.5, 0.75, 1):
            weights = (1 - t) ** 2, 2 * t * (1 - t), t**2
            three = (start, corner, end)
            found.append(
                tuple(sum(w * p[i] for w, p in zip(weights, three, strict=True)) for i in (0, 1))
            )
    return [*found, points[-1]]


def _step(start: Point, end: Point, length: float) -> Point:
    """Return the point at a distance from a start towards an end."""
    share = length / math.dist(start, end)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def between(start: Shape, end: Shape, gap: float = GAP) -> tuple[Point, Point]:
    """Return where an arrow from one shape to another begins and ends."""
    a, b = start.towards(end.centre), end.towards(start.centre)
    return _step(a, b, gap), _step(b, a, gap)
