"""The schematics of `Part1_ANN/4-hyperparameter_tuning.ipynb`."""

from __future__ import annotations

from collections.abc import Sequence

from figures.colours import BLUE, GREEN, QUIET, RED, YELLOW
from figures.geometry import Point
from figures.style import HEADING, Plate, schematic


@schematic(
    "Nested cross-validation",
    "Each outer fold is tested once by a model whose settings were chosen by an inner "
    "cross-validation that sees only the other folds.",
    height=580,
)
def nested_cross_validation(plate: Plate) -> None:
    """Above the outer folds, below what happens inside the first of them."""
    x, count, cell, step, top = 40, 4, 132, 54, 76
    plate.text(x, 42, "Outer folds: test", anchor="start", bold=True, size=HEADING)
    for row in range(count):
        y = top + step * row
        for column in range(count):
            words, tone = ("test", RED) if row == column else ("", BLUE)
            plate.box(x + column * cell, y, cell - 8, 44, words, tone, bold=True)
        plate.text(x + count * cell + 16, y + 22, f"score {row + 1}", anchor="start", colour=QUIET)
    last, inner = top + step * (count - 1), count - 1
    wide = inner * cell + 2
    plate.box(x - 5, last - 5, wide, 54, "", GREEN, dashed=True, thick=4)
    start = last + 146
    middle = x + wide / 2 - 5
    plate.text(x, start - 34, "Inner folds: choose", anchor="start", bold=True, size=HEADING)
    plate.arrow((middle + 150, last + 54), (middle + 150, start - 10), colour=GREEN.ink)
    for row in range(inner):
        for column in range(inner):
            words, tone = ("judge", YELLOW) if row == column else ("fit", BLUE)
            at = x + column * cell, start + step * row
            plate.box(*at, cell - 8, 44, words, tone, bold=row == column)
    plate.box(x - 5, start - 5, wide, step * inner, "", GREEN, dashed=True, thick=4)
    tested = x + inner * cell + cell / 2 - 4
    row = start + step * inner / 2 - 5
    plate.arrow((x + wide, row), (tested, row), (tested, last + 54), colour=GREEN.ink, bend=20)
    plate.text(tested + 16, row - 60, "best setting,", anchor="start", colour=GREEN.ink)
    plate.text(tested + 16, row - 26, "fit again", anchor="start", colour=GREEN.ink)


GRID = [(a, b) for b in (1 / 6, 3 / 6, 5 / 6) for a in (1 / 6, 3 / 6, 5 / 6)]
RANDOM = [
    *((0.07, 0.55), (0.18, 0.88), (0.29, 0.22), (0.40, 0.70), (0.56, 0.10)),
    *((0.66, 0.46), (0.76, 0.93), (0.85, 0.30), (0.93, 0.62)),
]


def gain(a: float) -> float:
    """Return how good a setting is by the parameter that matters: one narrow peak."""
    return 1 / (1 + ((a - 0.67) / 0.09) ** 2)


@schematic(
    "Grid search against random search",
    "Nine tries of a grid test only three values of the parameter that matters and miss its best "
    "one; nine random tries test nine values and come close to it.",
    height=560,
)
def grid_against_random(plate: Plate) -> None:
    """Two squares of nine tries, each under the curve of the parameter that matters."""
    for left, title, tries in ((68, "Grid", GRID), (428, "Random", RANDOM)):
        _search(plate, left, title, tries)


def _search(plate: Plate, left: float, title: str, tries: Sequence[Point]) -> None:
    """One square of tries below the curve; the best try is marked."""
    side, top = 290, 196

    def above(a: float) -> Point:
        """Return where the curve is."""
        return left + a * side, top - 14 - 94 * gain(a)

    plate.text(left + side / 2, 42, title, bold=True, size=HEADING)
    plate.line(*(above(step / 80) for step in range(81)), colour=GREEN.line, thick=4)
    plate.box(left, top, side, side, rounded=4)
    best = max(tries, key=lambda place: gain(place[0]))
    for a, b in tries:
        plate.line((left + a * side, top + b * side), above(a), colour=BLUE.line, thick=1.5)
    for a, b in tries:
        tone = RED if (a, b) == best else BLUE
        plate.node(left + a * side, top + b * side, 11, "", tone, full=True)
        plate.node(*above(a), 6, "", BLUE, full=True)
    plate.node(*above(best[0]), 10, "", RED, full=True)
    plate.text(left + side / 2, top + side + 30, "important setting", colour=QUIET)
    plate.text(left - 24, top + side / 2, "unimportant setting", colour=QUIET, turned=True)
