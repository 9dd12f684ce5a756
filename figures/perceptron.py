"""The schematics of `Part1_ANN/1-perceptron_from_scratch.ipynb`."""

from __future__ import annotations

import math
from collections import Counter

from figures.colours import BLUE, FAINT, GREEN, GREY, QUIET, RED, YELLOW
from figures.geometry import Node
from figures.shapes import axes, cells
from figures.style import HEADING, Plate, schematic
from figures.words import minus

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
TONES = {0: BLUE, 1: RED}  # of the two classes


def hidden(x_1: int, x_2: int) -> tuple[int, int]:
    """Return the two hidden units of a network that solves XOR."""
    return max(0, x_1 + x_2), max(0, x_1 + x_2 - 1)


@schematic(
    "XOR and its cure",
    "No straight line separates the two classes of XOR in the plane of the inputs; two ReLU units "
    "move the four points so that one line does.",
    height=646,
)
def xor_and_its_cure(plate: Plate) -> None:
    """The four points before and after the hidden layer; below, the network's formulas."""
    for x, title, words in (
        (190, "Inputs", "two lines are needed"),
        (570, "Hidden units", "one line is enough"),
    ):
        plate.text(x, 44, title, bold=True, size=HEADING)
        plate.text(x, 82, words, colour=QUIET)
    _inputs(plate, 64, 404)
    _hidden(plate, 436, 404)
    plate.text(380, 508, "*h*_1 = ReLU(*x*_1 + *x*_2)")
    plate.text(380, 556, "*h*_2 = ReLU(*x*_1 + *x*_2 − 1)")
    plate.text(380, 604, "*y* = *h*_1 − 2*h*_2")


def _inputs(plate: Plate, x: float, y: float) -> None:
    """The corners of a square around their classes, cut by two lines."""
    side = 180
    axes(plate, x, y, 270, 250, "*x*_1", "*x*_2")
    for total, start in ((0.5, -0.12), (1.5, 0.34)):
        ends = [(a, total - a) for a in (start, total - start)]
        plate.line(*((x + a * side, y - b * side) for a, b in ends), dashed=True)
    for a, b in CORNERS:
        label = a ^ b
        plate.node(x + side * a, y - side * b, 22, str(label), TONES[label], full=True)


def _hidden(plate: Plate, x: float, y: float) -> None:
    """Where the hidden units put the corners, and the line y = 0.5."""
    side = 118
    axes(plate, x, y, 290, 250, "*h*_1", "*h*_2")
    ends = [(h, (h - 0.5) / 2) for h in (0.2, 2.5)]
    plate.line(*((x + a * side, y - b * side) for a, b in ends), colour=GREEN.line, thick=4)
    plate.text(x + 2.15 * side, y - 0.4 * side, "*y* = 0.5", colour=GREEN.ink)
    places = Counter(hidden(*corner) for corner in CORNERS)
    for (a, b), count in places.items():
        label = a - 2 * b
        at = x + side * a, y - side * b
        for behind in range(count - 1, 0, -1):
            plate.node(at[0] + 9 * behind, at[1] + 9 * behind, 20, "", TONES[label])
        plate.node(*at, 20, str(label), TONES[label], full=True)
        if count > 1:
            plate.text(at[0] + 4, at[1] + 50, "two points", colour=TONES[label].ink)


@schematic(
    "A computational graph",
    "The forward pass computes a value at each step from the inputs to the loss, and the backward "
    "pass multiplies slopes from the loss back to the weight and the bias.",
    height=590,
)
def computational_graph(plate: Plate) -> None:
    """One neuron with a sigmoid and its loss: values above the edges, slopes below them."""
    x, w, b, y = 2.0, 0.5, -1.0, 1.0
    product = w * x
    z = product + b
    p = 1 / (1 + math.exp(-z))
    loss = -(y * math.log(p) + (1 - y) * math.log(1 - p))
    d_p = -y / p + (1 - y) / (1 - p)
    d_z = d_p * p * (1 - p)
    top = 118
    weight = plate.node(56, top, 34, "*w*", YELLOW)
    times, plus = (plate.node(x, top, 34, sign, size=34) for x, sign in ((220, "×"), (380, "+")))
    squash, end = plate.node(540, top, 34, "*σ*"), plate.node(700, top, 34, "*L*", RED)
    given = plate.node(220, top + 180, 34, "*x*", BLUE)
    bias = plate.node(380, top + 180, 34, "*b*", YELLOW)
    _both_ways(plate, weight, times, w, d_z * x)
    _both_ways(plate, times, plus, product, d_z)
    _both_ways(plate, plus, squash, z, d_z)
    _both_ways(plate, squash, end, p, d_p)
    _both_ways(plate, given, times, x, None)
    _both_ways(plate, bias, plus, b, d_z)
    plate.text(380, top - 64, "*z*", colour=QUIET)
    plate.text(540, top - 64, "*p*", colour=QUIET)
    plate.text(700, top - 64, f"{loss:.2f}", colour=BLUE.ink)
    plate.arrow((480, top + 150), (540, top + 150), colour=BLUE.line)
    plate.text(554, top + 150, "values", anchor="start", colour=BLUE.ink)
    plate.arrow((540, top + 196), (480, top + 196), colour=RED.line)
    plate.text(554, top + 196, "slopes of *L*", anchor="start", colour=RED.ink)
    plate.line((34, 366), (726, 366), colour=FAINT, thick=2)
    lines = (
        f"label *y* = {y:g}, so *L* = -ln *p* = {loss:.2f}",
        f"d*L*/d*z* = d*L*/d*p* · *σ*′ = {d_p:g} · {p * (1 - p):g} = {d_z:g}",
        f"d*L*/d*w* = d*L*/d*z* · *x* = {d_z:g} · {x:g} = {d_z * x:g}",
        f"d*L*/d*b* = d*L*/d*z* · 1 = {d_z:g}",
    )
    for row, words in enumerate(lines):
        plate.text(150, 412 + 46 * row, minus(words), anchor="start")


def _both_ways(plate: Plate, start: Node, end: Node, value: float, slope: float | None) -> None:
    """Join two nodes by an arrow forward with its value, and one back with its slope, if any."""
    gap, r = 7, start.r + 4
    if start.y == end.y:
        a, b, middle = start.x + r, end.x - r, (start.x + end.x) / 2
        plate.arrow((a, start.y - gap), (b, start.y - gap), colour=BLUE.line)
        plate.text(middle, start.y - 32, minus(f"{value:g}"), colour=BLUE.ink)
        if slope is not None:
            plate.arrow((b, start.y + gap), (a, start.y + gap), colour=RED.line)
            plate.text(middle, start.y + 32, minus(f"{slope:g}"), colour=RED.ink)
        return
    a, b, middle = start.y - r, end.y + r, (start.y + end.y) / 2
    plate.arrow((start.x - gap, a), (start.x - gap, b), colour=BLUE.line)
    plate.text(start.x - 18, middle, minus(f"{value:g}"), anchor="end", colour=BLUE.ink)
    if slope is not None:
        plate.arrow((start.x + gap, b), (start.x + gap, a), colour=RED.line)
        plate.text(start.x + 18, middle, minus(f"{slope:g}"), anchor="start", colour=RED.ink)


@schematic(
    "A nerve cell and an artificial neuron",
    "A nerve cell gathers signals and fires along its axon; an artificial neuron adds "
    "weighted inputs and a bias and applies an activation function.",
    height=760,
)
def nerve_cell_and_neuron(plate: Plate) -> None:
    """Above the cell, below the unit, with the corresponding parts in the same places."""
    heights, body = (110, 200, 290), (400, 200)
    plate.text(36, 40, "Nerve cell", anchor="start", bold=True, size=HEADING)
    for y in heights:
        bow = (150, y), (250, y + (200 - y) * 0.25), (body[0] - 56, 200 + (y - 200) * 0.35)
        plate.line(*bow, colour=GREY.line, thick=5, bend=60)
        plate.node(150, y, 12, "", BLUE, full=True)
    plate.text(78, 200, "signals\nfrom\nother\ncells", colour=QUIET)
    plate.node(*body, 62, "cell\nbody", GREY)
    plate.arrow((body[0] + 66, 200), (724, 200), colour=GREY.line, thick=5)
    plate.text(600, 168, "axon", colour=QUIET)
    plate.text(186, 328, "synapses", colour=BLUE.ink)
    plate.text(278, 82, "dendrites", colour=QUIET)
    plate.line((34, 366), (726, 366), colour=FAINT, thick=2)
    plate.text(36, 404, "Artificial neuron", anchor="start", bold=True, size=HEADING)
    total = plate.node(400, 560, 52, "+", GREY, size=44)
    for place, y in enumerate((470, 560, 650), 1):
        node = plate.node(76, y, 34, f"*x*_{place}", GREY)
        plate.link(node, total)
        plate.label(220, y + (560 - y) * 0.45, f"× *w*_{place}", colour=BLUE.ink)
    bias = plate.box(370, 432, 60, 48, "*b*", YELLOW)
    plate.link(bias, total)
    squash = plate.box(530, 520, 80, 80, "*f*", GREEN)
    plate.link(total, squash)
    plate.text(491, 532, "*z*")
    plate.arrow((616, 560), (700, 560))
    plate.text(722, 560, "*a*")
    for x, words, tone in ((76, "inputs", GREY), (220, "weights", BLUE), (400, "sum", GREY)):
        plate.text(x, 716, words, colour=tone.ink)
    plate.text(570, 636, "activation", colour=GREEN.ink)
    plate.text(506, 456, "bias", colour=YELLOW.ink)


@schematic(
    "One update of the perceptron",
    "Adding a part of a wrongly classified example to the weights moves the boundary until "
    "the example is on the right side.",
    height=590,
)
def perceptron_update(plate: Plate) -> None:
    """Weights, boundary and one example, before and after the update."""
    x, y, unit = 380, 280, 105
    old, example, rate = (-0.6, 1.5), (2.2, 0.5), 0.5
    new = tuple(w + rate * e for w, e in zip(old, example, strict=True))

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return x + unit * point[0], y - unit * point[1]

    for weights, bias, colour, reach in ((old, 0, BLUE, 2.9), (new, rate, GREEN, 2.5)):
        length = math.hypot(*weights)
        u, v = -weights[1] / length, weights[0] / length
        a, b = (-bias * w / length**2 for w in weights)  # where the boundary passes nearest
        ends = [at((a + s * reach * u, b + s * reach * v)) for s in (-1, 1)]
        plate.line(*ends, colour=colour.line, thick=4, dashed=colour is BLUE)
        plate.arrow(at((0, 0)), at(weights), colour=colour.line, thick=5)
    plate.arrow(at((0, 0)), at(tuple(0.88 * e for e in example)), colour=RED.line, thick=4)
    plate.arrow(at(old), at(new), colour=RED.line, thick=4)
    plate.node(*at((0, 0)), 8, "", GREY, full=True)
    plate.node(*at(example), 22, "1", RED, full=True)
    plate.text(*at((-0.18, 1.87)), "*η* **x**", colour=RED.ink)
    plate.text(*at((0.5, -0.1)), "origin", colour=QUIET)
    plate.text(at(old)[0] - 34, at(old)[1], "**w**", colour=BLUE.ink, size=HEADING)
    plate.text(at(new)[0] + 130, at(new)[1], "new **w** = **w** + *η* **x**", colour=GREEN.ink)
    plate.text(*at((2.2, 0.12)), "**x**, class 1", colour=RED.ink)
    plate.text(200, 486, "dotted: old boundary,", anchor="start", colour=BLUE.ink)
    plate.text(
        200, 486 + 36, "**w** · **x** + *b* < 0 for this **x**", anchor="start", colour=BLUE.ink
    )
    plate.text(200, 486 + 72, "solid: new boundary, sum > 0", anchor="start", colour=GREEN.ink)


@schematic(
    "A dense layer in numbers",
    "Two inputs times a matrix, plus three biases, give three sums, and ReLU replaces the "
    "negative one by zero.",
    height=560,
)
def layer_in_numbers(plate: Plate) -> None:
    """The product of a row and a matrix, the sums, and the activations."""
    x, weights, bias = (2, -1), ((1, 1, 0), (1, 2, -1)), (1, -1, 0)
    z = [sum(a * row[k] for a, row in zip(x, weights, strict=True)) + bias[k] for k in range(3)]
    a = [max(0, value) for value in z]

    def words(values: tuple[int, ...] | list[int]) -> list[str]:
        return [minus(f"{value:g}") for value in values]

    size, top = (58, 58), 116
    tones = [[GREY, BLUE, GREY]] * 2
    cells(plate, 40, top + 29, [words(x)], size, GREY)
    plate.text(183, top + 58, "·", size=HEADING)
    cells(plate, 210, top, [words(row) for row in weights], size, tones)
    plate.text(413, top + 58, "+", size=HEADING)
    cells(plate, 444, top + 29, [words(bias)], size, [[GREY, BLUE, GREY]])
    for middle, name, shape in (
        (98, "**x**", "1 × 2"),
        (297, "**W**", "2 × 3"),
        (531, "**b**", "3"),
    ):
        plate.text(middle, 44, name, size=HEADING)
        plate.text(middle, 82, shape, colour=QUIET)
    plate.text(680, top + 58, "= **z**", size=HEADING)
    plate.line((34, 266), (726, 266), colour=FAINT, thick=2)
    for y, name, row in ((300, "**z**", z), (446, "**a**", a)):
        cells(plate, 210, y, [words(row)], size, [[GREY, BLUE, GREY]])
        plate.text(150, y + 29, f"{name} =", size=HEADING)
    for k in range(3):
        plate.arrow((239 + 58 * k, 366), (239 + 58 * k, 438))
    plate.text(400, 402, "ReLU: max(0, *z*)", anchor="start", colour=GREEN.ink)
    plate.text(400, 329, minus(f"2·1 + (-1)·2 - 1 = {z[1]}"), anchor="start", colour=BLUE.ink)
    plate.text(380, 534, "a column of **W** holds the weights of one unit", colour=QUIET)
