"""The schematics of `Part2_CNN/5-looking_inside_a_CNN.ipynb`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from figures.colours import BLUE, GREEN, GREY, INK, QUIET, RED, WHITE, YELLOW, mix
from figures.geometry import Point
from figures.shapes import axes, dots
from figures.style import HEADING, Plate, schematic

Grid = Sequence[Sequence[float]]
SEVEN = [
    [0, 0, 0, 0, 0, 0],
    [0, 1, 1, 1, 1, 0],
    [0, 0, 0, 0, 1, 0],
    [0, 0, 0, 1, 0, 0],
    [0, 0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0, 0],
]
SLOPES = [  # of a score, by the pixels of the seven; made up
    [0.0, 0.1, 0.2, 0.2, 0.1, 0.0],
    [0.1, 0.5, 0.9, 0.6, 0.7, 0.2],
    [0.2, 0.8, 0.4, 0.3, 0.8, 0.1],
    [0.1, 0.3, 0.2, 0.6, 0.3, 0.0],
    [0.0, 0.2, 0.7, 0.4, 0.1, 0.0],
    [0.0, 0.1, 0.3, 0.2, 0.0, 0.0],
]


def grid(plate: Plate, x: float, y: float, values: Grid, cell: float, colour: str) -> None:
    """Draw values from 0 to 1 as a square grid, the more of the colour the larger they are."""
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            a, b = x + column * cell, y + row * cell
            corners = [(a, b), (a + cell, b), (a + cell, b + cell), (a, b + cell)]
            plate.area(corners, mix(colour, WHITE, 1 - value))
    side = cell * len(values)
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    plate.line(*corners, colour=GREY.line, thick=2)


@schematic(
    "One gradient, two uses",
    "The gradient of a score runs back to the last feature maps, where Grad-CAM reads it, and on "
    "to every pixel; drawn, it shows which pixels matter, and followed, it changes the image until "
    "the network is wrong.",
    height=800,
)
def gradient_to_pixels(plate: Plate) -> None:
    """Above the network, forward and backward; below the two uses of what arrives."""
    grid(plate, 40, 84, SEVEN, 30, INK)
    plate.text(130, 46, "pixels", bold=True, size=HEADING)
    plate.box(280, 104, 140, 140, "network", BLUE, bold=True)
    plate.box(426, 104, 84, 140, "last\nmaps", BLUE)
    plate.text(642, 46, "scores", bold=True, size=HEADING)
    for row, digit in enumerate(("0", "7", "9")):
        tone, y = (RED if digit == "7" else GREY), 76 + 74 * row
        plate.box(612, y, 60, 46, digit, tone, full=digit == "7")
    for y in (136, 210):
        dots(plate, 642, y, step=8)
    plate.arrow((230, 150), (272, 150), colour=BLUE.line, thick=5)
    plate.arrow((518, 150), (600, 150), colour=BLUE.line, thick=5)
    plate.arrow((600, 196), (518, 196), colour=RED.line, thick=5)
    plate.arrow((272, 196), (230, 196), colour=RED.line, thick=5)
    plate.arrow((130, 272), (130, 326), colour=RED.line, thick=5)
    plate.text(150, 298, "back to the pixels", anchor="start", colour=RED.ink)
    plate.arrow((468, 252), (468, 298), (595, 298), (595, 352), colour=RED.line, thick=5, bend=16)
    plate.box(470, 360, 250, 130, "", GREEN)
    plate.text(595, 394, "at the maps", bold=True, colour=GREEN.ink)
    plate.text(595, 444, "Grad-CAM")
    grid(plate, 40, 334, SLOPES, 30, RED.line)
    plate.text(240, 414, "slope of the score\nfor each pixel", anchor="start", colour=RED.ink)
    plate.arrow((130, 522), (130, 562), colour=QUIET)
    plate.arrow((228, 506), (380, 506), (380, 532), (565, 532), (565, 562), colour=QUIET, bend=10)
    plate.box(40, 572, 310, 190, "", GREEN)
    plate.text(195, 612, "read it", bold=True, size=HEADING, colour=GREEN.ink)
    plate.text(195, 692, "Where would a\nsmall change matter?\nsaliency")
    plate.box(410, 572, 310, 190, "", YELLOW)
    plate.text(565, 612, "follow it", bold=True, size=HEADING, colour=YELLOW.ink)
    plate.text(565, 692, "Which small change\nmakes it wrong?\nattacks")


MAPS = [
    [[0.1, 0.2, 0.1, 0.0], [0.9, 1.0, 0.8, 0.1], [0.1, 0.2, 0.7, 0.0], [0.0, 0.1, 0.2, 0.0]],
    [[0.0, 0.0, 0.1, 0.1], [0.2, 0.1, 0.6, 0.2], [0.0, 0.7, 0.9, 0.1], [0.1, 0.9, 0.2, 0.0]],
    [[0.3, 0.2, 0.2, 0.3], [0.1, 0.3, 0.8, 0.7], [0.2, 0.1, 0.2, 0.8], [0.3, 0.2, 0.1, 0.6]],
]
WEIGHTS = (0.8, 0.5, -0.6)


def weighted(maps: Sequence[Grid], weights: Sequence[float]) -> list[list[float]]:
    """Return the weighted sum of the maps, what is negative set to 0, divided by its maximum."""
    size = range(len(maps[0]))
    pairs = list(zip(weights, maps, strict=True))
    heat = [[max(0.0, sum(w * m[i][j] for w, m in pairs)) for j in size] for i in size]
    top = max(max(row) for row in heat)
    return [[value / top for value in row] for row in heat]


def enlarged(values: Grid, factor: int) -> list[list[float]]:
    """Return a square grid enlarged by bilinear interpolation."""
    n = len(values)

    def at(i: int) -> tuple[int, int, float]:
        """Return the two neighbours of a place, and how close it is to the second."""
        place = min(max((i + 0.5) / factor - 0.5, 0), n - 1)
        first = min(math.floor(place), n - 2)
        return first, first + 1, place - first

    places = [at(i) for i in range(n * factor)]
    return [
        [
            (1 - s) * ((1 - t) * values[a][c] + t * values[a][d])
            + s * ((1 - t) * values[b][c] + t * values[b][d])
            for c, d, t in places
        ]
        for a, b, s in places
    ]


@schematic(
    "Grad-CAM",
    "Each feature map is multiplied by the mean gradient of the score over that map; the sum of "
    "the maps, without its negative part, is enlarged to the size of the image.",
    height=760,
)
def grad_cam(plate: Plate) -> None:
    """On the left maps and weights, on the right their sum and the enlarged map."""
    plate.text(106, 42, "maps *A*^k", bold=True, size=HEADING, colour=BLUE.ink)
    plate.text(300, 42, "weights", bold=True, size=HEADING, colour=RED.ink)
    for k, (values, weight) in enumerate(zip(MAPS, WEIGHTS, strict=True)):
        y = 84 + 172 * k
        grid(plate, 40, y, values, 33, BLUE.line)
        plate.text(206, y + 66, "×", size=HEADING)
        plate.box(238, y + 34, 124, 64, f"{weight:+.1f}".replace("-", "−"), RED, bold=True)
    plate.text(200, 622, "*α*_k: mean of the gradient\nof the score over map *k*", colour=RED.ink)
    plate.brace((380, 84), (380, 560), depth=-24)
    heat = weighted(MAPS, WEIGHTS)
    plate.text(580, 42, "sum, ReLU", bold=True, size=HEADING, colour=GREEN.ink)
    grid(plate, 514, 84, heat, 33, GREEN.line)
    plate.arrow((412, 322), (450, 322), (450, 150), (500, 150), colour=QUIET, bend=20)
    plate.arrow((580, 228), (580, 330), colour=QUIET)
    plate.text(596, 280, "enlarge", anchor="start", colour=QUIET)
    grid(plate, 468, 344, enlarged(heat, 4), 14, GREEN.line)
    plate.text(580, 622, "where the maps\nraise the score", colour=GREEN.ink)
    plate.text(380, 716, "In blue and green, darker is larger.", colour=QUIET)


def _plane(plate: Plate, border: Sequence[Point], beyond: Sequence[Point]) -> Point:
    """Draw two pixels as axes, the border between two answers, and the box; return its centre."""
    x, y, middle, half = 70, 600, (330, 370), 170
    plate.area([*border, *beyond], RED.tint)
    axes(plate, x, y, 640, 540, "pixel 1", "pixel 2")
    plate.line(*border, colour=RED.line, thick=4)
    a, b = middle
    plate.box(a - half, b - half, 2 * half, 2 * half, "", GREEN, dashed=True, rounded=0, thick=4)
    return middle


@schematic(
    "A step of the fast gradient sign method",
    "In a box of half-width epsilon around the image, the sign of the gradient leads to the corner "
    "that lies across the border between two answers, while noise of the same size leads to "
    "another corner.",
    height=700,
)
def fgsm_step(plate: Plate) -> None:
    """The plane of two pixels, the gradient, its sign, and noise."""
    border = [(400, 70), (620, 560)]
    x, y = _plane(plate, border, [(700, 560), (700, 70)])
    u, v = 490, 220  # across the border: to the right by 490 where it goes up by 220
    length = math.hypot(u, v)
    tip = x + 130 * u / length, y - 130 * v / length
    plate.arrow((x, y), (x - 165, y - 165), colour=QUIET, thick=5)
    plate.arrow((x, y), (x + 165, y - 165), colour=RED.line, thick=6)
    plate.arrow((x, y), tip, colour=BLUE.line, thick=6)
    plate.node(x, y, 13, "", BLUE, full=True)
    plate.text(x - 20, y + 34, "image", bold=True, colour=BLUE.ink)
    plate.text(x + 60, y + 10, "gradient", anchor="start", colour=BLUE.ink)
    plate.text(x + 184, y - 176, "*ε* · sign", anchor="start", colour=RED.ink, bold=True)
    plate.text(x - 130, y - 84, "noise", colour=QUIET)
    plate.text(688, 110, "read as 9", anchor="end", colour=RED.ink, bold=True)
    plate.text(100, 110, "read as 7", anchor="start", bold=True)
    limit = "no pixel changes\nby more than *ε*"
    plate.text(x, y + 112, limit, colour=GREEN.ink)
    plate.text(380, 662, "Within the box, the corner raises the loss most.", colour=QUIET)


@schematic(
    "Projected gradient descent",
    "Where the border is curved, one large step to the corner can miss it, while several small "
    "steps from a random start, which look at the gradient again and are put back into the box, "
    "get across.",
    height=700,
)
def pgd_steps(plate: Plate) -> None:
    """A curved border, the large step, and the small ones along the side of the box."""
    steps = [k / 40 for k in range(41)]
    border = [(640 - 560 * t, 96 + 172 * math.sin(math.pi * t) ** 2) for t in steps]
    x, y = _plane(plate, border, [(80, 70), (640, 70)])
    plate.arrow((x, y), (x + 165, y - 165), colour=QUIET, thick=5)
    places = [(x - 115, y + 50)]  # a random place in the box
    for across in (85, -85, 85):  # half of epsilon; the sign changes where the border bends
        a, b = places[-1]
        places.append((a + across, max(b - 85, y - 170)))  # not above the box
    for start, end in zip(places, places[1:], strict=False):
        plate.arrow(start, end, colour=RED.line, thick=6)
    plate.node(*places[0], 8, "", RED, full=True)
    plate.text(x - 95, y + 84, "random start", colour=RED.ink)
    plate.node(x, y, 13, "", BLUE, full=True)
    plate.text(x + 24, y + 26, "image", anchor="start", colour=BLUE.ink, bold=True)
    plate.text(x + 184, y - 150, "one large step", anchor="start", colour=QUIET)
    plate.text(x - 182, y - 60, "small\nsteps", anchor="end", colour=RED.ink, bold=True)
    plate.text(360, 124, "read as 9", colour=RED.ink, bold=True)
    plate.text(690, 470, "read as 7", anchor="end", bold=True)
    plate.text(x, y + 130, "box of half-width *ε*", colour=GREEN.ink)
    plate.text(380, 662, "Each step looks at the gradient again.", colour=QUIET)


@schematic(
    "Adversarial training",
    "In each step the present network is attacked, and its weights are updated on the batch "
    "together with the attacked copies; the next batch meets the updated network.",
    height=700,
)
def adversarial_training(plate: Plate) -> None:
    """A loop: batch, attack, both together, update, and back to the attack."""
    batch = plate.box(40, 50, 290, 96, "batch\n64 images", GREY)
    attack = plate.box(430, 50, 290, 96, "attack on the\npresent network", RED)
    copies = plate.box(430, 250, 290, 96, "64 attacked copies", RED)
    both = plate.box(40, 250, 290, 96, "both together\n128 images", YELLOW)
    update = plate.box(40, 450, 290, 96, "training step\non their loss", BLUE)
    network = plate.box(430, 450, 290, 96, "network with\nnew weights", BLUE)
    plate.link(batch, attack)
    plate.link(attack, copies, colour=RED.line)
    plate.link(copies, both, colour=RED.line)
    plate.link(batch, both)
    plate.link(both, update, colour=BLUE.line)
    plate.link(update, network, colour=BLUE.line)
    right = (network.x + network.w + 5, 498), (742, 498), (742, 98), (attack.x + attack.w + 5, 98)
    plate.arrow(*right, colour=BLUE.line, bend=12)
    plate.text(380, 610, "The next batch is attacked with the new network,", colour=QUIET)
    plate.text(380, 646, "so the copies stay difficult for it.", colour=QUIET)
