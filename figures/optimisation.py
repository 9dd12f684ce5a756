"""The schematics of `Part1_ANN/5-optimisation.ipynb`: why training works."""

from __future__ import annotations

import math
import statistics

from figures.colours import BLUE, CARD, FAINT, GREEN, GREY, INK, QUIET, RED, YELLOW, Tone, mix
from figures.geometry import Point
from figures.shapes import axes, cells
from figures.style import HEADING, Plate, schematic
from figures.words import minus

SOFT = 1.5  # how soon the surface of `loss_surface` flattens


def height(x: float, y: float) -> float:
    """Return the loss of `loss_surface`: two minima, a saddle between them, flat far away."""
    return 1 - math.exp(-((x * x - 1) ** 2 + 2 * y * y) / SOFT)


def slope(x: float, y: float) -> Point:
    """Return the gradient of `height`."""
    rest = (1 - height(x, y)) / SOFT
    return 4 * x * (x * x - 1) * rest, 4 * y * rest


def descent(x: float, y: float, rate: float, steps: int) -> list[Point]:
    """Return the points of gradient descent on `height`."""
    path = [(x, y)]
    for _ in range(steps):
        a, b = slope(x, y)
        x, y = x - rate * a, y - rate * b
        path.append((x, y))
    return path


@schematic(
    "A loss surface",
    "Gradient descent leaves a plateau slowly, lingers at a saddle, which falls to two sides, and "
    "ends in one of two minima; below, the loss by step shows both delays.",
    height=904,
)
def loss_surface(plate: Plate) -> None:
    """Above a map of the loss with a path of descent, below the loss along this path."""
    path = descent(-0.001, 1.72, 0.1, 200)
    plate.text(380, 44, "The loss as a map: darker is lower", bold=True, size=HEADING)
    left, top, unit = 380, 340, 150  # where the saddle is, and how long 1 is

    def at(x: float, y: float) -> Point:
        return left + unit * x, top - unit * y

    for share in (0.9, 0.75, 0.6, 0.45, 0.3, 0.15, 0.05):
        fill = mix(BLUE.line, CARD, 0.25 + 0.7 * share)
        for loop in _contour(-SOFT * math.log(1 - share)):
            plate.area([at(*point) for point in loop], fill)
    marks = {"plateau": (0, YELLOW), "saddle": (_slowest(path), RED), "minimum": (200, GREEN)}
    beside = {"plateau": (30, 0, "start"), "saddle": (34, 0, "start"), "minimum": (0, 40, "middle")}
    for name, (step, tone) in marks.items():
        x, y = at(*path[step])
        right, down, anchor = beside[name]
        plate.node(x, y, 15, "", tone, full=True)
        plate.text(x + right, y + down, name, anchor=anchor, bold=True)
    plate.line(*(at(*point) for point in path[::2]), colour=INK, thick=2)
    for point in path[::8]:
        plate.node(*at(*point), 4, "", GREY, thick=1.5)
    plate.text(*at(1, -0.27), "minimum", bold=True)
    plate.node(*at(1, 0), 13, "", GREEN, full=True)
    _loss_by_step(plate, path, marks)


def _contour(h: float) -> list[list[Point]]:
    """Return the closed lines on which (x^2 - 1)^2 + 2 y^2 is h."""
    far = math.sqrt(1 + math.sqrt(h))
    near = math.sqrt(1 - math.sqrt(h)) if h < 1 else -far
    xs = [near + (far - near) * (1 - math.cos(math.pi * k / 48)) / 2 for k in range(49)]
    ys = [math.sqrt(max(0.0, (h - (x * x - 1) ** 2) / 2)) for x in xs]
    upper = list(zip(xs, ys, strict=True))
    loop = upper + [(x, -y) for x, y in reversed(upper)]
    return [loop] if h >= 1 else [loop, [(-x, y) for x, y in loop]]


def _slowest(path: list[Point]) -> int:
    """Return the step between start and end at which the path is nearest to the saddle."""
    return min(range(len(path)), key=lambda step: math.hypot(*path[step]))


def _loss_by_step(plate: Plate, path: list[Point], marks: dict[str, tuple[int, Tone]]) -> None:
    """The loss along a path."""
    x, y, w, h = 70, 836, 620, 170
    axes(plate, x, y, w, h + 20, "step", "loss")
    points = [
        (x + w * 0.95 * step / len(path), y - h * 0.95 * height(*point) - 6)
        for step, point in enumerate(path)
    ]
    plate.line(*points[::2], colour=INK, thick=4)
    for step, tone in marks.values():
        plate.node(*points[step], 13, "", tone, full=True)


@schematic(
    "Four optimisers",
    "SGD steps along the gradient; momentum follows a sum of past gradients; RMSprop divides by "
    "the root of a mean of squared gradients; Adam divides the one by the other.",
    height=790,
)
def four_optimisers(plate: Plate) -> None:
    """A row for each optimiser, from the gradient to the step."""
    rows = (("SGD", 84), ("Momentum", 234), ("RMSprop", 404), ("Adam", 634))
    for name, y in rows:
        plate.text(24, y, name, anchor="start", bold=True, size=HEADING)
        if y > 84:
            above = y - (75 if name != "Adam" else 116)
            plate.line((24, above), (736, above), colour=FAINT, thick=2)
    for y, words in ((84, "−η *g*"), (234, "*v*"), (404, "−η *g* / √*s*"), (634, "−η *m̂* / √*ŝ*")):
        plate.node(252, y, 30, "*g*", GREY)
        plate.box(578, y - 34, 160, 68, words, GREEN)
    plate.arrow((290, 84), (570, 84))
    _memory(plate, 234, "*v*: adds up −η*g*", "× β", BLUE)
    _memory(plate, 404, "*s*: mean of *g*^2", "× ρ", YELLOW)
    for y, words, decay, tone in (
        (586, "*m*: mean of *g*", "× β_1", BLUE),
        (700, "*s*: mean of *g*^2", "× β_2", YELLOW),
    ):
        _memory(plate, y, words, decay, tone, middle=634)


def _memory(
    plate: Plate, y: float, words: str, decay: str, tone: Tone, middle: float | None = None
) -> None:
    """A value that is kept from step to step, between gradient and step."""
    middle = y if middle is None else middle
    box = plate.box(322, y - 30, 218, 60, words, tone, size=25)
    plate.arrow((286, middle + (y - middle) * 0.3), (box.x - 5, y))
    plate.arrow((box.x + box.w + 4, y), (572, middle + (y - middle) * 0.3))
    loop = (box.x + 170, y + 32), (box.x + 170, y + 54), (box.x + 60, y + 54), (box.x + 60, y + 36)
    plate.arrow(*loop, bend=12, colour=tone.ink)
    plate.text(box.x + 186, y + 50, decay, anchor="start", colour=tone.ink)


@schematic(
    "A signal through ten layers",
    "If each layer multiplies the spread of the signal by a half it vanishes, by one it is kept, "
    "and by one and a quarter it explodes; gradients do the same on the way back.",
    height=640,
)
def signal_through_layers(plate: Plate) -> None:
    """Three rows of ten bars: the spread after each layer."""
    plate.text(24, 46, "Spread after each layer (input: 1)", anchor="start", bold=True)
    rows = ((0.5, "vanishes", RED), (1.0, "is kept", GREEN), (1.25, "explodes", YELLOW))
    for row, (gain, words, tone) in enumerate(rows):
        base = 190 + 158 * row
        plate.line((40, base), (560, base), colour=FAINT, thick=2)
        for layer in range(1, 11):
            tall = 13 * gain**layer  # one scale for all rows
            x = 40 + 52 * (layer - 1)
            plate.box(x, base - tall, 34, tall, "", tone, full=True, rounded=0, thick=0)
        plate.text(590, base - 66, f"× {gain:g}", anchor="start")
        plate.text(590, base - 30, words, anchor="start", bold=True, colour=tone.ink)
    plate.arrow((40, 546), (560, 546), colour=INK)
    plate.text(590, 546, "forward", anchor="start")
    plate.arrow((560, 594), (40, 594), colour=INK)
    plate.text(590, 594, "gradients", anchor="start")
    for layer in (1, 10):
        plate.text(57 + 52 * (layer - 1), 528, str(layer), colour=QUIET)


@schematic(
    "Batch normalisation",
    "The values of one unit over a batch are shifted to mean 0 and scaled to standard deviation "
    "1; then a learned factor and a learned shift are applied.",
    height=560,
)
def batch_normalisation(plate: Plate) -> None:
    """One unit, a batch of five examples, in numbers."""
    values = (3.0, 5.0, 4.0, 8.0, 5.0)
    mean, spread = statistics.fmean(values), statistics.pstdev(values)
    normal = [(value - mean) / spread for value in values]
    gamma, beta = 2.0, 1.0
    rows = (
        (92, "*z*", [f"{value:g}" for value in values], GREY),
        (262, "*ẑ*", [minus(f"{value:.1f}") for value in normal], BLUE),
        (432, "*y*", [minus(f"{gamma * value + beta:.1f}") for value in normal], GREEN),
    )
    plate.text(24, 46, "One unit, a batch of five examples", anchor="start", bold=True)
    for y, name, texts, tone in rows:
        plate.text(52, y + 30, name, size=HEADING)
        cells(plate, 90, y, [texts], (96, 60), tone)
    for y, words in (
        (207, f"minus the mean {mean:g}, over the deviation {spread:.2g}"),
        (377, f"times {gamma:g}, plus {beta:g}: factor and shift are learned"),
    ):
        plate.arrow((66, y - 40), (66, y + 38))
        plate.text(92, y, words, anchor="start")
    plate.text(660, 122, "any scale", colour=QUIET)
    plate.text(660, 292, "mean 0", colour=BLUE.ink)
    plate.text(90, 530, "In prediction: mean and deviation from training", anchor="start")


@schematic(
    "A residual connection",
    "The input of a block goes through a layer and also past it, and the two are added; on the "
    "way back the gradient is multiplied by one plus the layer's derivative.",
    height=480,
)
def residual_connection(plate: Plate) -> None:
    """One block: the layer, the path past it, and both directions."""
    y = 220
    left = plate.node(76, y, 40, "**h**", GREY)
    layer = plate.box(196, y - 46, 250, 92, "layer *F*", BLUE, bold=True)
    plate.node(548, y, 34, "+", GREEN, size=36)
    plate.link(left, layer)
    plate.arrow((layer.x + layer.w + 5, y), (548 - 40, y))
    plate.arrow((588, y), (640, y))
    plate.text(686, y, "**h** + *F*(**h**)", size=24)
    plate.arrow(
        (76, y - 46), (76, y - 116), (548, y - 116), (548, y - 42), colour=GREEN.ink, bend=24
    )
    plate.text(312, y - 146, "the path past the layer: × 1", colour=GREEN.ink, bold=True)
    plate.arrow((548, y + 44), (548, y + 108), (76, y + 108), (76, y + 48), colour=RED.ink, bend=24)
    plate.text(312, y + 144, "gradient on the way back: × (1 + *F*′)", colour=RED.ink, bold=True)
    plate.text(312, y + 210, "If *F*′ is tiny, the gradient still arrives.")


@schematic(
    "Gradient clipping",
    "A gradient longer than the limit is shortened to it and keeps its direction; a gradient "
    "inside the limit is left as it is.",
    height=560,
)
def gradient_clipping(plate: Plate) -> None:
    """A circle of radius c; one long gradient, one short."""
    x, y, unit = 250, 260, 150
    plate.node(x, y, unit, "", BLUE, dashed=True)
    plate.text(x - 20, y + unit + 34, "norm = *c*", colour=BLUE.ink)
    long, short = (2.4, 1.0), (-0.5, 0.45)
    norm = math.hypot(*long)
    end = (x + unit * long[0], y - unit * long[1])
    cut = (x + unit * long[0] / norm, y - unit * long[1] / norm)
    plate.arrow((x, y), end, colour=RED.line, thick=3, dashed=True)
    plate.arrow((x, y), cut, colour=RED.ink, thick=7)
    plate.arrow((x, y), (x + unit * short[0], y - unit * short[1]), colour=GREEN.ink, thick=7)
    plate.text(end[0] - 20, end[1] - 32, f"*g*: norm {norm:.1f} *c*", colour=RED.ink)
    plate.text(450, 264, "used: *c* · *g* / ‖*g*‖", anchor="start", colour=RED.ink, bold=True)
    plate.text(450, 336, "a short gradient:", anchor="start", colour=GREEN.ink)
    plate.text(450, 372, "left as it is", anchor="start", colour=GREEN.ink)
    plate.text(380, 520, "All weights are clipped together (global norm).")
