"""The schematics of `Part1_ANN/1-perceptron_from_scratch.ipynb`."""

from __future__ import annotations

import math
from collections import Counter

from figures.colours import BLUE, FAINT, GREEN, QUIET, RED, YELLOW
from figures.geometry import Node
from figures.shapes import axes
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
        f"d*L*/d*z* = *p* - *y* = {p:g} - {y:g} = {d_z:g}",
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
