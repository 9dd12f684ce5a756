"""The schematics of `Part1_ANN/2b-wine_and_cars.ipynb`: three kinds of last layer, five folds."""

from __future__ import annotations

import math

from figures.colours import BLUE, CARD, FAINT, GREEN, GREY, INK, QUIET, YELLOW, Tone, mix
from figures.shapes import edges, layer, spread
from figures.style import HEADING, Plate, schematic

LOGIT = 1.6  # what one unit computes before its sigmoid
LOGITS = (-0.5, 2.0, 0.4)  # what three units compute before their softmax
MILES = 24.5  # what one linear unit computes
COLUMNS = (134, 380, 626)  # the middle of each column


def sigmoid(z: float) -> float:
    """Return the sigmoid of one number."""
    return 1 / (1 + math.exp(-z))


def softmax(logits: tuple[float, ...]) -> list[float]:
    """Return the softmax of a few numbers."""
    powers = [math.exp(z) for z in logits]
    return [power / sum(powers) for power in powers]


@schematic(
    "Three kinds of last layer",
    "The same hidden layers serve three kinds of question: one sigmoid unit answers yes or no with "
    "one probability, a softmax over K units gives one probability to each of K classes, and one "
    "linear unit predicts a number; each has its own loss.",
    height=896,
)
def wine_and_cars(plate: Plate) -> None:
    """Above the layers that are shared, below a column for each kind of last layer."""
    shared = _hidden_layers(plate)
    kinds = (
        ("yes or no?", YELLOW, ["σ"], [f"{sigmoid(LOGIT):.2f}"]),
        ("which of *K*?", GREEN, [""] * 3, [f"{p:.2f}" for p in softmax(LOGITS)]),
        ("how much?", BLUE, [""], [f"{MILES:g}"]),
    )
    units = ("1 sigmoid unit", "*K* units, softmax", "1 linear unit")
    meanings = (
        "probability\nof yes",
        "a probability\nfor each class,\nsum 1",
        "the number itself,\nin its own unit",
    )
    losses = (
        "binary\ncross-entropy",
        "categorical\ncross-entropy",
        "squared or\nabsolute error",
    )
    rows = zip(COLUMNS, kinds, units, meanings, losses, strict=True)
    for x, (question, tone, inside, values), unit, meaning, loss in rows:
        plate.arrow(shared, (x, 318), colour=QUIET)
        plate.text(x, 346, question, bold=True, size=HEADING, colour=tone.ink)
        plate.text(x, 392, unit, colour=QUIET)
        _last_layer(plate, x, tone, inside, values)
        plate.text(x, 668, meaning)
        _loss(plate, x, tone, loss)


def _hidden_layers(plate: Plate) -> tuple[float, float]:
    """Draw inputs and two hidden layers, from top to bottom; return where they end."""
    middle = 430
    rows = [
        [(x, y) for x in spread(middle, step, count)]
        for y, step, count in ((50, 76, 4), (138, 76, 6), (226, 76, 5))
    ]
    for above, below in zip(rows, rows[1:], strict=False):
        edges(plate, above, below, thick=1.5, colour=mix(FAINT, CARD, 0.2))
    for places, words in zip(rows, ("inputs", "hidden, ReLU", "hidden, ReLU"), strict=True):
        layer(plate, places, 19, GREY)
        plate.text(28, places[0][1], words, anchor="start", colour=QUIET)
    return middle, 256


def _last_layer(plate: Plate, x: float, tone: Tone, inside: list[str], values: list[str]) -> None:
    """Draw the units of a last layer around x, and under each what it says."""
    for place, words, value in zip(spread(x, 74, len(values)), inside, values, strict=True):
        unit = plate.node(place, 462, 29, words, tone)
        plate.arrow((place, unit.y + 35), (place, 530), colour=tone.line)
        plate.text(place, 556, value, colour=INK, bold=True)
    if len(values) > 1:
        left, right = x - 108, x + 108
        plate.brace((left, 584), (right, 584), depth=18, colour=tone.line)


def _loss(plate: Plate, x: float, tone: Tone, words: str) -> None:
    """Draw the box with the name of the loss."""
    plate.text(x, 758, "loss", colour=QUIET)
    plate.box(x - 117, 784, 234, 82, words, tone)


@schematic(
    "Five folds",
    "The rows are cut into five folds and five networks are trained, each on four folds; each "
    "predicts the fold that it has not seen, so that every row is predicted once.",
    height=506,
)
def five_folds(plate: Plate) -> None:
    """A row of folds for each network; below, all folds as they were predicted."""
    x, wide, count = 176, 108, 5
    plate.text(x, 46, "All rows, cut into five folds", anchor="start", bold=True, size=HEADING)
    for row in range(count):
        y = 84 + 58 * row
        plate.text(34, y + 23, f"network {row + 1}", anchor="start", colour=QUIET)
        for column in range(count):
            words, tone = ("test", YELLOW) if column == row else ("fit", BLUE)
            plate.box(x + column * wide, y, wide - 6, 46, words, tone, bold=column == row)
    for column in range(count):
        middle = x + column * wide + wide / 2 - 3
        plate.arrow((middle, 374), (middle, 418), colour=YELLOW.ink)
        plate.box(x + column * wide, 424, wide - 6, 46, f"from {column + 1}", YELLOW)
    plate.text(34, 447, "together", anchor="start", colour=QUIET)
