"""The schematics of `Part1_ANN/4-hyperparameter_tuning.ipynb`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from figures.colours import BLUE, FAINT, GREEN, GREY, QUIET, RED, YELLOW
from figures.geometry import Point
from figures.shapes import axes, cross
from figures.style import HEADING, Plate, schematic

TRUE = (0.50, 0.42, 0.58, 0.46, 0.48, 0.60, 0.44, 0.56, 0.54)  # scores of nine settings
LUCK = (-0.13, 0.10, -0.10, -0.20, 0.02, 0.06, 0.17, -0.06, 0.30)  # of one validation set


@schematic(
    "The optimism of the best",
    "Nine settings have nearly the same true score; on validation each shows it with some luck "
    "added, and the one chosen is the luckiest, so its score is too high.",
    height=560,
)
def optimism_of_the_best(plate: Plate) -> None:
    """For each setting a ring where its true score is and a dot where validation shows it."""
    left, bottom, high, step = 60, 440, 330, 58

    def at(place: int, score: float) -> Point:
        """Return where a score of a setting stands."""
        return left + 46 + step * place, bottom - high * score

    axes(plate, left, bottom, 640, 350, "settings that were tried", "score")
    best = max(range(len(TRUE)), key=lambda k: TRUE[k] + LUCK[k])
    for place, (true, luck) in enumerate(zip(TRUE, LUCK, strict=True)):
        tone = RED if place == best else BLUE
        plate.line(at(place, true), at(place, true + luck), colour=tone.line, thick=2.5)
        plate.node(*at(place, true), 9, "", GREY, thick=3)
        plate.node(*at(place, true + luck), 11, "", tone, full=True)
    x, y = at(best, TRUE[best] + LUCK[best])
    plate.text(x + 26, y - 6, "chosen", anchor="start", colour=RED.ink, bold=True)
    low = at(best, TRUE[best])[1]
    plate.brace((x + 16, y + 14), (x + 16, low), depth=-16, colour=RED.ink)
    plate.text(x + 42, (y + low) / 2 + 7, "optimism", anchor="start", colour=RED.ink)
    plate.node(92, 512, 11, "", BLUE, full=True)
    plate.text(116, 512, "on validation", anchor="start", colour=QUIET)
    plate.node(372, 512, 9, "", GREY, thick=3)
    plate.text(396, 512, "true", anchor="start", colour=QUIET)


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
            words, tone = ("score", YELLOW) if row == column else ("fit", BLUE)
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
    plate.text(left + 4, 126, "score", anchor="start", colour=GREEN.ink)
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


GOOD, REST = (0.55, 0.63, 0.72), (0.06, 0.15, 0.27, 0.38, 0.46, 0.84, 0.93)  # ten tries


def parzen(x: float, centres: Sequence[float], width: float = 0.09) -> float:
    """Return the mean of normal densities around the centres, at x."""
    scale = width * math.sqrt(2 * math.pi) * len(centres)
    return sum(math.exp(-0.5 * ((x - c) / width) ** 2) for c in centres) / scale


def ratio(x: float) -> float:
    """Return l(x)/g(x) of the ten tries; a small constant keeps it finite."""
    return parzen(x, GOOD) / (parzen(x, REST) + 0.15)


@schematic(
    "The loop of a tree-structured Parzen estimator",
    "The tries so far are divided into the best and the rest; each group gives a density, and the "
    "next try is made where the density of the best is highest in proportion to that of the rest.",
    height=880,
)
def tpe_loop(plate: Plate) -> None:
    """Three axes below each other, and the way back from the last to the first."""
    left, long, places = 44, 580, [step / 100 for step in range(101)]
    plate.text(left, 44, "1. Ten tries: the best and the rest", anchor="start", bold=True)
    plate.line((left, 104), (left + long, 104), colour=FAINT, thick=3)
    for tries, tone in ((REST, BLUE), (GOOD, GREEN)):
        for x in tries:
            plate.node(left + long * x, 104, 12, "", tone, full=True)
    plate.text(left, 190, "2. Where each group lies", anchor="start", bold=True)
    _curve(plate, left, long, 370, [(x, 42 * parzen(x, REST)) for x in places], BLUE.line)
    _curve(plate, left, long, 370, [(x, 42 * parzen(x, GOOD)) for x in places], GREEN.line)
    plate.text(left + long * 0.82, 240, "*l*(*x*), best", anchor="start", colour=GREEN.ink)
    plate.text(left + long * 0.06, 290, "*g*(*x*), rest", anchor="start", colour=BLUE.ink)
    plate.text(left, 454, "3. Try next where *l*/*g* is highest", anchor="start", bold=True)
    _curve(plate, left, long, 666, [(x, 14 * ratio(x)) for x in places], QUIET)
    best = max(places, key=ratio)
    x, y = left + long * best, 666 - 14 * ratio(best)
    plate.line((x, y), (x, 666), colour=RED.line, thick=2.5)
    plate.node(x, y, 11, "", RED, full=True)
    plate.node(x, 666, 12, "", RED, full=True)
    plate.text(x + 40, y, "next try", anchor="start", colour=RED.ink, bold=True)
    box = plate.box(left + 110, 750, 430, 70, "train it, and validate", YELLOW)
    plate.arrow((x, 682), (x, 744))
    right = left + long + 66
    plate.arrow(
        *((box.x + box.w + 4, 785), (right, 785), (right, 104), (left + long + 14, 104)), bend=24
    )
    plate.text(right - 26, 440, "one more try", colour=QUIET, turned=True)


def _curve(
    plate: Plate, left: float, long: float, base: float, points: Sequence[Point], colour: str
) -> None:
    """A curve over an axis from 0 to 1."""
    plate.line((left, base), (left + long, base), colour=FAINT, thick=3)
    plate.line(*((left + long * x, base - y) for x, y in points), colour=colour, thick=4)


RUNGS = (5, 10, 20)  # epochs
ENDS = (0.15, 0.24, 0.30, 0.38, 0.46, 0.54, 0.62, 0.70)  # losses of eight trials in the end


@schematic(
    "Successive halving",
    "Eight trials start; after 5 epochs the better half goes on, after 10 epochs half of these, "
    "and only two are trained for all 20 epochs.",
    height=570,
)
def successive_halving(plate: Plate) -> None:
    """Learning curves over epochs, ended by a cross where a trial is pruned."""
    left, bottom, wide, high = 70, 450, 620, 360

    def at(epoch: float, end: float) -> Point:
        """Return a point of the curve that ends at a loss."""
        loss = end + (1 - end) * math.exp(-epoch / 2.2)
        return left + wide * epoch / 20, bottom - high * loss

    axes(plate, left, bottom, wide + 26, high + 10, "", "validation loss")
    for rung, kept in zip(RUNGS, ("8 trials", "4 trials", "2 trials"), strict=True):
        x = left + wide * rung / 20
        plate.line((x, bottom), (x, 108), colour=FAINT, thick=2.5, dashed=True)
        plate.text(x, bottom + 30, str(rung), colour=QUIET)
        before = {5: 2.5, 10: 7.5, 20: 15}[rung]
        plate.text(left + wide * before / 20, bottom + 82, kept, bold=True)
    plate.text(left + wide * 15 / 20, bottom + 30, "epochs", colour=QUIET)
    for place, end in enumerate(ENDS):
        last = RUNGS[2] if place < 2 else RUNGS[1] if place < 4 else RUNGS[0]
        tone = GREEN if place < 2 else BLUE
        steps = [last * step / 60 for step in range(61)]
        plate.line(*(at(epoch, end) for epoch in steps), colour=tone.line, thick=3.5)
        if place >= 2:
            cross(plate, *at(last, end), 9, RED.ink)
    plate.text(left + wide * 5.3 / 20, 128, "pruned", anchor="start", colour=RED.ink, bold=True)
