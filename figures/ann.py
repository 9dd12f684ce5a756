"""The schematics of `Part1_ANN/2-ANN.ipynb`: from a table to a trustworthy classifier."""

from __future__ import annotations

import math

from figures.colours import BLUE, CARD, FAINT, GREEN, GREY, INK, QUIET, RED, YELLOW, Tone, mix
from figures.geometry import Point
from figures.shapes import axes, cells, cross, dots, edges, layer, padlock, parentheses, spread
from figures.style import HEADING, Plate, schematic
from figures.words import minus

STEPS = (
    ("Question", "what do errors cost?", BLUE),
    ("Split", "70 / 15 / 15 %", BLUE),
    ("Audit", "gaps and errors", BLUE),
    ("Preprocessing", "fit on training only", BLUE),
    ("Baselines", "a sceptic's choice", BLUE),
    ("Plain network", "build, fit, evaluate", GREEN),
    ("Curves", "underfit? overfit?", GREEN),
    ("Improvement", "judge on validation", GREEN),
    ("Decision, test", "threshold; test once", RED),
    ("Hand-over", "one file, all rules", RED),
)
# The columns of bank churn that are used, and how many inputs each becomes: a numerical one gives
# one, a categorical one an input for each of its values in the training set.
NUMBERS = (
    *("CreditScore", "Age", "Tenure", "Balance", "EstimatedSalary", "HasCrCard"),
    "IsActiveMember",
)
CATEGORIES = {"Geography": 4, "Gender": 2, "NumOfProducts": 4}
HIDDEN = (32, 16)


@schematic(
    "The ten steps of a project",
    "The ten steps are question, split, audit, preprocessing, baselines, plain network, curves "
    "and improvement, the last three in a loop, then decision and test, and hand-over.",
    height=570,
)
def ten_steps(plate: Plate) -> None:
    """Two columns of five steps; the network's steps are repeated."""
    radius, rows = 27, [68 + 105 * row for row in range(5)]
    places = [(54, y) for y in rows] + [(418, y) for y in rows]
    for (x, y), (_, below) in zip(places, places[1:], strict=False):
        if below > y:
            plate.arrow((x, y + radius + 6), (x, below - radius - 6))
    (x, y), (a, b) = places[4], places[5]
    turn = (x, y + 56), (360, y + 56), (360, b), (a - radius - 6, b)
    plate.arrow((x, y + radius + 6), *turn, bend=18)
    for place, ((x, y), (name, gloss, tone)) in enumerate(zip(places, STEPS, strict=True), 1):
        plate.node(x, y, radius, str(place), tone, full=True, bold=True)
        plate.text(x + 43, y - 16, name, anchor="start", bold=True, colour=tone.ink)
        plate.text(x + 43, y + 17, gloss, anchor="start", colour=QUIET)
    top, bottom = rows[0] - 16, rows[2] - 16
    loop = (668, bottom), (732, bottom), (732, top), (668, top)
    plate.arrow(*loop, bend=18, colour=GREEN.ink)


@schematic(
    "A neuron and a layer of neurons",
    "A neuron multiplies inputs by weights, adds a bias and passes the sum through an activation "
    "function; a layer does this for each row of its weight matrix.",
    height=860,
)
def neuron_and_layer(plate: Plate) -> None:
    """Above one neuron with numbers, below a layer of four with its matrix."""
    _neuron(plate)
    plate.line((34, 446), (726, 446), colour=FAINT, thick=2)
    _layer(plate)


def _neuron(plate: Plate) -> None:
    """One neuron with three inputs, its sum written out."""
    inputs, weights, bias = (0.5, -1.0, 2.0), (2.0, 0.5, 1.0), -1.0
    z = sum(x * w for x, w in zip(inputs, weights, strict=True)) + bias
    a = 1 / (1 + math.exp(-z))
    plate.text(36, 46, "One neuron", anchor="start", bold=True, size=HEADING)
    total = plate.node(392, 215, 50, "+", BLUE, size=44)
    for place, (x, w, y) in enumerate(zip(inputs, weights, (115, 215, 315), strict=True), 1):
        node = plate.node(124, y, 36, minus(f"{x:g}"), GREY)
        plate.text(76, y, f"*x*_{place}", anchor="end")
        plate.link(node, total)
        plate.label(244, y + (215 - y) * 0.45, minus(f"× {w:g}"), colour=BLUE.ink)
    node = plate.box(352, 86, 80, 46, minus(f"{bias:g}"), YELLOW)
    plate.text(446, 109, "bias *b*", anchor="start")
    plate.link(node, total)
    squash = plate.box(518, 175, 96, 80, "", GREEN)
    curve = [(t / 10, 1 / (1 + math.exp(-t / 10 * 1.6))) for t in range(-28, 29, 2)]
    plate.line(*((566 + 13 * t, 241 - 52 * s) for t, s in curve), colour=GREEN.ink)
    plate.link(total, squash)
    plate.text(479, 187, "*z*")
    out = plate.node(688, 215, 38, f"{a:.2f}", GREEN)
    plate.link(squash, out)
    plate.text(688, 282, "*a* = *f*(*z*)")
    plate.text(566, 282, "sigmoid *f*", colour=GREEN.ink)
    terms = " + ".join(
        f"{w:g} · {x:g}" if x >= 0 else f"{w:g} · ({x:g})"
        for x, w in zip(inputs, weights, strict=True)
    )
    sign = "+" if bias >= 0 else "-"
    plate.text(380, 396, minus(f"*z* = {terms} {sign} {abs(bias):g} = {z:g}"))


def _layer(plate: Plate) -> None:
    """Four neurons with three inputs; the second one's weights are a row of the matrix."""
    title = "A layer: four neurons, the same inputs"
    plate.text(36, 492, title, anchor="start", bold=True, size=HEADING)
    left = [(70, y) for y in spread(690, 92, 3)]
    right = [(250, y) for y in spread(690, 76, 4)]
    edges(plate, left, right)
    edges(plate, left, [right[1]], colour=BLUE.line, thick=3.5)
    layer(plate, left, 29, GREY, [f"*x*_{k}" for k in (1, 2, 3)])
    for place, (x, y) in enumerate(right, 1):
        plate.node(x, y, 29, f"*a*_{place}", BLUE if place == 2 else GREY)
    parts = (("**a**", 328, 4, 1), ("**W**", 462, 4, 3), ("**x**", 608, 3, 1), ("**b**", 678, 4, 1))
    for words, x, rows, columns in parts:
        plate.text(x + columns * 18, 584, words, size=HEADING)
        size = f"{rows} × {columns}" if columns > 1 else str(rows)
        plate.text(x + columns * 18, 796, size, colour=QUIET)
        chosen = 1 if rows == 4 else None  # the row of the second neuron
        tones = [[BLUE if row == chosen else GREY] * columns for row in range(rows)]
        cells(plate, x, 690 - rows * 18, [[""] * columns] * rows, (36, 36), tones)
    for x, words in ((388, "="), (428, "*f*"), (589, "·"), (661, "+")):
        plate.text(x, 690, words)
    parentheses(plate, 456, 720, 612, 768)


@schematic(
    "The churn network",
    "Ten columns become 17 inputs, since a categorical column gets one for each of its values; "
    "hidden layers of 32 and 16 ReLU units and a sigmoid unit turn them into the probability of "
    "leaving.",
    height=726,
)
def churn_network(plate: Plate) -> None:
    """From left to right: columns, inputs, two hidden layers, one output."""
    xs, middle = (374, 478, 578, 690), 377
    inputs, ends = _columns(plate, xs[0])
    first = [(xs[1], middle + sign * y) for sign in (-1, 1) for y in (238, 163, 88)]
    second = [(xs[2], middle + sign * y) for sign in (-1, 1) for y in (158, 83)]
    out = (xs[3], middle)
    for left, right in ((inputs, first), (first, second), (second, [out])):
        edges(plate, left, right, thick=1, colour=mix(FAINT, CARD, 0.35))
    for (x, y), tone in zip(inputs, ends, strict=True):
        plate.node(x, y, 9, "", tone)
    for places in (first, second):
        layer(plate, places, 20, GREY)
        dots(plate, places[0][0], middle)
    plate.node(*out, 28, "*p*", RED)
    sizes = (len(inputs), *HIDDEN, 1)
    for x, size, below in zip(xs, sizes, ("inputs", "ReLU", "ReLU", "sigmoid"), strict=True):
        plate.text(x, 40, str(size), bold=True, size=HEADING)
        plate.text(x, 76, below, colour=QUIET)
    weights = sum((a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False))
    plate.text(532, 690, f"{weights:,} weights and biases")


def _columns(plate: Plate, across: float) -> tuple[list[Point], list[Tone]]:
    """Draw the table's columns; return where the inputs are that they become, and their tones.

    Args:
        across: where the inputs stand.
    """
    places, tones = [], []
    columns = len(NUMBERS) + len(CATEGORIES)
    plate.text(20, 40, f"{columns} columns", anchor="start", bold=True, size=HEADING)
    plate.text(20, 76, f"{len(NUMBERS)} numerical, scaled", anchor="start", colour=BLUE.ink)
    y = 104
    for name in NUMBERS:
        box = plate.box(20, y, 244, 40, name, BLUE)
        places.append((across, y + 20))
        tones.append(BLUE)
        plate.arrow((box.x + box.w + 5, y + 20), (across - 14, y + 20), colour=BLUE.line)
        y += 46
    words = f"{len(CATEGORIES)} categorical, one-hot"
    plate.text(20, y + 28, words, anchor="start", colour=YELLOW.ink)
    y += 56
    for name, values in CATEGORIES.items():
        box = plate.box(20, y, 244, 40, name, YELLOW)
        for below in spread(y + 20, 19, values):
            places.append((across, below))
            tones.append(YELLOW)
            start = (box.x + box.w + 5, y + 20)
            plate.line(start, (across - 12, below), colour=YELLOW.line, thick=2)
        y += 66
    return places, tones


@schematic(
    "The split",
    "70 % of the customers are for training, 15 % for validation and 15 % for the test, each set "
    "with the same share of leavers.",
    height=500,
)
def split(plate: Plate) -> None:
    """Above all customers, below the three sets, each with its share of leavers."""
    x, w, high, leavers = 40, 680, 62, 0.24
    parts = (
        ("training", "learn", 0.70, BLUE),
        ("validation", "choose", 0.15, YELLOW),
        ("test", "once, at the end", 0.15, RED),
    )
    plate.text(x, 44, "All customers", anchor="start", bold=True, size=HEADING)
    plate.box(x, 76, w, high, "", GREY)
    plate.box(x, 76, leavers * w, high, "leavers", GREY, full=True, rounded=4)
    plate.text(x + (1 + leavers) * w / 2, 76 + high / 2, "stayers", colour=GREY.ink)
    at = x
    for row, (name, use, share, tone) in enumerate(parts):
        y, wide = 186 + 106 * row, share * w - 6
        for edge in (at + 3, at + wide - 3):
            plate.line(
                (edge, 76 + high + 10), (edge, y - 8), colour=tone.line, thick=2, dashed=True
            )
        plate.box(at, y, wide, high, "", tone)
        plate.box(at, y, leavers * wide, high, "", tone, full=True, rounded=4)
        middle, words = y + high / 2, f"{name} {share:.0%}: {use}".replace("%", " %")
        if share > 0.5:
            plate.text(at + (1 + leavers) * wide / 2, middle, words, colour=tone.ink)
        else:
            plate.text(at - 22, middle, words, anchor="end", colour=tone.ink)
        at += share * w
    padlock(plate, at - 44, 186 + 106 * 2 + high / 2, RED.ink)


@schematic(
    "The dropout layer",
    "In a training step each hidden unit is silent with probability one half, and the others "
    "count double; in prediction every unit works.",
    height=650,
)
def dropout(plate: Plate) -> None:
    """Two networks side by side; below, one layer's activations in numbers."""
    silent = (1, 2)
    for middle, title, gone in ((190, "A training step", silent), (570, "Prediction", ())):
        plate.text(middle, 46, title, bold=True, size=HEADING)
        _dropped(plate, middle, gone)
    plate.line((380, 30), (380, 390), colour=FAINT, thick=2)
    values, rate = (0.6, 1.2, 0.4, 0.8), 0.5
    kept = [0.0 if place in silent else 1 / (1 - rate) for place in range(len(values))]
    rows = (
        ("activations", [f"{v:.1f}" for v in values], GREY),
        ("× mask", [f"{k:g}" for k in kept], YELLOW),
        ("passed on", [f"{v * k:.2g}" for v, k in zip(values, kept, strict=True)], BLUE),
    )
    for place, (name, texts, tone) in enumerate(rows):
        y = 420 + 58 * place
        plate.text(250, y + 23, name, anchor="end", colour=QUIET if tone is GREY else tone.ink)
        cells(plate, 276, y, [texts], (100, 46), tone)
    words = f"rate {rate:g}: kept units count 1 / (1 − {rate:g}) = {1 / (1 - rate):g} times"
    plate.text(380, 612, words)


def _dropped(plate: Plate, middle: float, silent: tuple[int, ...]) -> None:
    """A network of three inputs, four hidden units and one output around a middle."""
    columns = [
        [(middle - 126, y) for y in spread(225, 86, 3)],
        [(middle, y) for y in spread(225, 78, 4)],
        [(middle + 126, 225)],
    ]
    working = [place for row, place in enumerate(columns[1]) if row not in silent]
    edges(plate, columns[0], working, colour=QUIET, thick=2)
    edges(plate, working, columns[2], colour=QUIET, thick=2)
    layer(plate, columns[0], 26, GREY)
    layer(plate, columns[2], 26, GREEN)
    for row, (x, y) in enumerate(columns[1]):
        plate.node(x, y, 26, "", GREY if row in silent else BLUE, dashed=row in silent)
        if row in silent:
            cross(plate, x, y, 13, RED.line)


@schematic(
    "A threshold from costs",
    "Stayers mostly get low probabilities and leavers higher ones; leavers left of the threshold "
    "are lost, everyone right of it gets an offer, and costs say where it belongs.",
    height=660,
)
def threshold_from_costs(plate: Plate) -> None:
    """How often a calibrated model says each probability, to leavers and to others; one cut."""
    offer, loss = 1, 5
    threshold = offer / loss
    x, y, w, h = 50, 426, 650, 350
    steps = sorted({threshold, *((step / 80) ** 2 for step in range(81))})  # it is steep at 0
    said = [p**0.25 * (1 - p) ** 2.9 for p in steps]  # how often: a beta density, not normed
    left = [(x + p * w, y - 830 * p * g) for p, g in zip(steps, said, strict=True)]
    stayed = [(x + p * w, y - 830 * (1 - p) * g) for p, g in zip(steps, said, strict=True)]
    cut = x + threshold * w
    for group in (stayed, left):
        plate.area([(cut, y), *(at for at in group if at[0] >= cut)], BLUE.tint)
    plate.area([*(at for at in left if at[0] <= cut), (cut, y)], mix(RED.line, CARD, 0.35))
    plate.line(*stayed, colour=BLUE.line, thick=4)
    plate.line(*left, colour=RED.line, thick=4)
    axes(plate, x, y, w + 20, h, "probability of leaving, *p*", "customers")
    plate.line((cut, y), (cut, 74), colour=INK, thick=4)
    plate.text(cut + 14, 86, f"threshold {threshold:g}", anchor="start", bold=True)
    plate.text(286, 190, "those who stay", anchor="start", colour=BLUE.ink, bold=True)
    plate.text(440, 320, "those who leave", anchor="start", colour=RED.ink, bold=True)
    top = 500
    missed = plate.box(40, top, 330, 84, f"missed leavers\ncost {loss} each", RED)
    offers = plate.box(390, top, 330, 84, f"everyone here gets\nan offer: cost {offer} each", BLUE)
    plate.arrow((missed.x + 80, top - 6), (cut - 42, y - 18), colour=RED.ink)
    plate.arrow((offers.x + 40, top - 6), (cut + 56, y - 96), colour=BLUE.ink)
    plate.text(380, 622, f"offer if {loss}*p* > {offer}, that is *p* > {threshold:g}")


@schematic(
    "Early stopping",
    "The training loss keeps falling, while the validation loss rises again after its lowest "
    "point; training stops after the patience, and the best weights are put back.",
    height=584,
)
def early_stopping(plate: Plate) -> None:
    """Two learning curves, the best epoch and the one where training stops."""
    best, patience, epochs = 8, 5, 17
    stop = best + patience
    x, y, w, h = 56, 432, 650, 340
    step = w / epochs
    decay = 4.2  # epochs in which what there is to learn shrinks to 1/e
    gap = math.exp(-best / decay) / decay / (3 * best**2)  # gives validation its lowest point there

    def at(epoch: float, overfit: float) -> Point:
        """Return where a curve is: what is left to learn, and what overfitting adds."""
        return x + step * epoch, y - h * (0.08 + 0.72 * (math.exp(-epoch / decay) + overfit))

    times = [0.4 + (stop - 0.4) * part / 60 for part in range(61)]
    for epoch, tone in ((best, GREEN), (stop, GREY)):
        plate.line((x + step * epoch, y), (x + step * epoch, y - h + 20), colour=tone.line)
    plate.line(*(at(t, 0) for t in times), colour=BLUE.line, thick=4)
    plate.line(*(at(t, gap * t**3) for t in times), colour=RED.line, thick=4)
    plate.node(*at(best, gap * best**3), 10, "", GREEN, full=True)
    axes(plate, x, y, w, h, "epoch", "loss")
    left, right = x + step * best, x + step * stop
    plate.brace((left + 6, y - h + 2), (right - 6, y - h + 2), depth=-18)
    plate.text((left + right) / 2, y - h - 40, f"patience: {patience} epochs")
    plate.text(right + 12, at(stop, gap * stop**3)[1], "validation", anchor="start", colour=RED.ink)
    plate.text(right + 12, at(stop, 0)[1], "training", anchor="start", colour=BLUE.ink)
    plate.text(left, y + 26, "best", bold=True, colour=GREEN.ink)
    plate.text(right, y + 26, "stop", bold=True)
    plate.arrow((right, y + 54), (right, y + 76), (left, y + 76), (left, y + 50), bend=14)
    plate.text((left + right) / 2, y + 106, "put its weights back")


@schematic(
    "One saved object",
    "A missing text becomes an empty one; then, in one saved file, a raw row passes the rules of "
    "cleaning, the preprocessing and the network.",
    height=836,
)
def one_saved_object(plate: Plate) -> None:
    """From top to bottom: a raw row, what the caller does, three stages in one frame."""
    lefts, wide, high = (52, 278, 504), 204, 52
    salary, names = 5_200_000, ("Age", "EstimatedSalary", "Geography")
    middles = [left + wide / 2 for left in lefts]
    stages = (
        ("rules of cleaning", YELLOW, ("missing", f"{salary / 100:,.0f}", "missing")),
        ("medians, scales, one-hot", BLUE, ("scaled", "scaled", "0 0 0 1")),
    )
    plate.text(380, 40, "A raw row", bold=True, size=HEADING)
    for x, middle, name, value in zip(
        lefts, middles, names, ("340", f"{salary:,}", "None"), strict=True
    ):
        plate.text(middle, 80, name, colour=QUIET)
        plate.box(x, 104, wide, high, value, GREY)
        plate.arrow((middle, 160), (middle, 182 if name == "Geography" else 328))
    plate.box(lefts[2], 186, wide, 80, 'before it:\n"" for None', GREY)
    plate.arrow((middles[2], 270), (middles[2], 328))
    plate.box(26, 298, 708, 428, "", GREEN, dashed=True, thick=4)
    for place, (title, tone, values) in enumerate(stages):
        y = 332 + 164 * place
        plate.box(52, y, 656, 48, title, tone, bold=True)
        for x, middle, value in zip(lefts, middles, values, strict=True):
            plate.arrow((middle, y + 52), (middle, y + 76), colour=tone.line)
            plate.box(x, y + 80, wide, high, value, tone)
            plate.arrow((middle, y + 136), (middle, y + 160), colour=tone.line)
    plate.box(52, 660, 656, 48, "network", GREEN, bold=True)
    plate.arrow((380, 712), (380, 776))
    plate.text(380, 804, "probability of leaving", bold=True, colour=RED.ink)
    plate.label(267, 298, "one saved file", colour=GREEN.ink, bold=True)
