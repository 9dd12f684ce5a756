"""The schematics of `Part1_ANN/2b-wine_and_cars.ipynb`: three kinds of last layer, softmax,
five folds."""

from __future__ import annotations

import math

from figures.colours import BLUE, CARD, FAINT, GREEN, GREY, INK, QUIET, YELLOW, Tone, mix
from figures.shapes import edges, layer, spread
from figures.style import HEADING, Plate, schematic

LOGIT = 1.6  # what one unit computes before its sigmoid
LOGITS = (-0.5, 2.0, 0.4)  # what three units compute before their softmax
SCALED, SPREAD, MEAN = 0.14, 7.8, 23.4  # what one linear unit computes, and what scales it back
CLASSES = {"Barolo": 2.0, "Grignolino": 1.0, "Barbera": 0.0}  # logits, as in the notebook
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
    "The same hidden layers end in a sigmoid unit for yes or no, in K units with a softmax for one "
    "of K classes, or in a linear unit, scaled back, for a number; each end has its own loss.",
    height=1004,
)
def wine_and_cars(plate: Plate) -> None:
    """Above the layers that are shared, below a column for each kind of last layer."""
    shared = _hidden_layers(plate)
    kinds = (
        ("yes or no?", "1 unit", "binary\ncross-entropy", YELLOW),
        ("which of *K*?", "*K* units", "categorical\ncross-entropy", GREEN),
        ("how much?", "1 linear unit", "squared, absolute\nor Huber", BLUE),
    )
    shares = [f"{p:.2f}" for p in softmax(LOGITS)]
    ends = (
        ([LOGIT], "sigmoid", [f"{sigmoid(LOGIT):.2f}"], "probability\nof yes"),
        (LOGITS, "softmax", shares, "a probability\nfor each class,\nsum 1"),
        (
            [SCALED],
            f"× {SPREAD} + {MEAN}",
            [f"{SCALED * SPREAD + MEAN:.1f}"],
            "a number,\nscaled back\nto its unit",
        ),
    )
    for x, kind, end in zip(COLUMNS, kinds, ends, strict=True):
        question, unit, loss, tone = kind
        plate.arrow(shared, (x, 340), colour=QUIET)
        plate.text(x, 370, question, bold=True, size=HEADING, colour=tone.ink)
        plate.text(x, 414, unit, colour=QUIET)
        _last_layer(plate, x, tone, *end)
        plate.text(x, 866, "loss", colour=QUIET)
        plate.box(x - 118, 892, 236, 82, loss, tone, size=23)


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
    plate.brace((middle - 176, 252), (middle + 176, 252), depth=18, colour=QUIET)
    return middle, 278


def _last_layer(plate: Plate, x, tone: Tone, numbers, words: str, answers, meaning: str) -> None:
    """Draw the units of a last layer around x, what they share, and what comes out."""
    places = spread(x, 76, len(numbers))
    shared = plate.box(x - 105, 548, 210, 50, words, tone)
    for place, value, answer in zip(places, numbers, answers, strict=True):
        words_in_it = f"{value:g}".replace("-", "−")
        unit = plate.node(place, 476, 34, words_in_it, tone, size=23)
        plate.arrow((place, unit.y + 38), (place, shared.y - 4), colour=tone.line)
        plate.arrow((place, shared.y + 54), (place, 638), colour=tone.line)
        plate.text(place, 662, answer, colour=INK, bold=True)
    if len(numbers) > 1:
        plate.brace((x - 108, 688), (x + 108, 688), depth=18, colour=tone.line)
    plate.text(x, 766, meaning)


@schematic(
    "Softmax",
    "Softmax in three steps: the exponential function makes each of three logits positive, the "
    "results are added up, and each is divided by the sum, so that the three shares add up to one.",
    height=470,
)
def softmax_steps(plate: Plate) -> None:
    """A row for each class, from its logit to its probability; below, the two sums."""
    powers = [math.exp(z) for z in CLASSES.values()]
    total = sum(powers)
    for x, words in ((216, "logit"), (430, "positive"), (656, "probability")):
        plate.text(x, 44, words, bold=True, colour=QUIET)
    for y, (name, z), power in zip((112, 194, 276), CLASSES.items(), powers, strict=True):
        plate.text(28, y, name, anchor="start", colour=QUIET)
        unit = plate.node(216, y, 31, f"{z:g}", GREEN)
        positive = plate.box(372, y - 28, 116, 56, f"{power:.2f}", BLUE)
        share = plate.box(592, y - 28, 128, 56, f"{power / total:.3f}", GREEN, bold=True)
        plate.link(unit, positive)
        plate.link(positive, share)
        plate.label(308, y, "exp", colour=BLUE.ink)
        plate.label(536, y, "÷", colour=YELLOW.ink, bold=True)
    plate.brace((372, 316), (488, 316), depth=18, colour=QUIET)
    plate.brace((592, 316), (720, 316), depth=18, colour=QUIET)
    plate.text(28, 392, "sum", anchor="start", colour=QUIET)
    added = plate.box(372, 364, 116, 56, f"{total:.2f}", YELLOW)
    plate.text(656, 392, "1", bold=True)
    plate.arrow((added.x + 120, 392), (536, 392), (536, 312), colour=YELLOW.line, bend=14)


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
