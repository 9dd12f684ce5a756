"""How a network learns: the loop, a step downhill, the backward pass, three sizes of batch.

Schematics of `Part1_ANN/1-perceptron_from_scratch.ipynb`.
"""

from __future__ import annotations

from figures.colours import BLUE, FAINT, GREEN, GREY, QUIET, RED, YELLOW
from figures.shapes import axes, cells, edges, layer, spread
from figures.style import HEADING, Plate, schematic


@schematic(
    "How a network learns",
    "A forward pass gives a prediction, the loss compares it with the label, and the "
    "gradient, passed backward, changes every weight.",
    height=596,
)
def learning_loop(plate: Plate) -> None:
    """The network with the loss on its right; below, the way back to the weights."""
    columns = [[(x, y) for y in spread(210, 74, n)] for x, n in ((66, 3), (206, 4), (346, 2))]
    for left, right in zip(columns, columns[1:], strict=False):
        edges(plate, left, right)
    for places, tone in zip(columns, (GREY, BLUE, BLUE), strict=True):
        layer(plate, places, 25, tone)
    plate.text(36, 40, "1  Forward", anchor="start", bold=True, size=HEADING, colour=BLUE.ink)
    for x, words, tone in ((66, "input", GREY), (206, "hidden", BLUE), (346, "output", BLUE)):
        plate.text(x, 376, words, colour=tone.ink)
    plate.text(206, 412, "layers; the lines are weights", colour=QUIET)
    loss = plate.box(560, 170, 164, 80, "loss *L*", RED)
    label = plate.box(560, 44, 164, 60, "label *y*", YELLOW)
    plate.link(label, loss)
    plate.arrow((380, 210), (552, 210), colour=BLUE.line)
    plate.text(466, 180, "prediction", colour=BLUE.ink)
    plate.box(66, 486, 280, 74, "3  Update\nevery weight", GREEN)
    back = (642, 258), (642, 316), (240, 316)
    plate.arrow(*back, colour=RED.line, thick=5, bend=20)
    plate.text(530, 356, "2  Backward", bold=True, size=HEADING, colour=RED.ink)
    plate.text(530, 396, "the gradient", colour=RED.ink)
    plate.arrow((206, 478), (206, 440), colour=GREEN.line, thick=5)


@schematic(
    "Gradient descent",
    "Steps against the slope of the loss lead towards its minimum and get shorter as the "
    "slope gets flatter.",
    height=560,
)
def downhill(plate: Plate) -> None:
    """A parabola, four points of descent, and the tangent at the first."""
    x, y, wide, high = 70, 450, 116, 60
    low, rate = 3.4, 0.227
    points = [0.55]

    def loss(w: float) -> float:
        return 0.62 * (w - low) ** 2 + 0.5

    def slope(w: float) -> float:
        return 1.24 * (w - low)

    def at(w: float, value: float) -> tuple[float, float]:
        return x + wide * w, y - high * value

    for _ in range(3):
        points.append(points[-1] - rate * 1.6 * slope(points[-1]))
    axes(plate, x, y, 650, 390, "weight *w*", "loss *L*")
    steps = [0.45 + 4.95 * k / 60 for k in range(61)]
    plate.line(*(at(w, loss(w)) for w in steps), colour=BLUE.line, thick=4)
    first = points[0]
    ends = [(first + d, loss(first) + d * slope(first)) for d in (-0.1, 0.95)]
    plate.line(*(at(*end) for end in ends), colour=RED.line, thick=4)
    for w, then in zip(points, points[1:], strict=False):
        plate.line(at(w, 0), at(w, loss(w) - 0.35), colour=FAINT, thick=2)
        start, end = (x + wide * place for place in (w, then))
        plate.arrow((start, y + 34), (end, y + 34), colour=GREEN.ink, thick=4)
    for w in points:
        plate.node(*at(w, loss(w)), 12, "", BLUE, full=True)
    plate.text(252, 100, "tangent: slope d*L*/d*w* < 0", anchor="start", colour=RED.ink)
    plate.text(x, 520, "step  −*η* · d*L*/d*w*", anchor="start", colour=GREEN.ink)


@schematic(
    "The backward pass",
    "The forward pass stores sums and activations; the backward pass carries the output's "
    "error back and gives every gradient on the way.",
    height=770,
)
def backward_pass(plate: Plate) -> None:
    """Downwards the values, upwards the errors, at the right the gradients."""
    plate.text(112, 40, "forward", bold=True, size=HEADING, colour=BLUE.ink)
    plate.text(372, 40, "backward", bold=True, size=HEADING, colour=RED.ink)
    plate.text(628, 40, "gradients", bold=True, size=HEADING, colour=GREEN.ink)
    names = ("**X**", "**Z**^{[1]}", "**A**^{[1]}", "**Z**^{[2]}", "**P**", "*L*")
    ways = ("· **W**^{[1]} + **b**^{[1]}", "*f*", "· **W**^{[2]} + **b**^{[2]}", "softmax", "")
    tops = [76 + 118 * k for k in range(6)]
    boxes = [plate.box(66, y, 92, 62, n, BLUE) for y, n in zip(tops, names, strict=True)]
    for start, end in zip(boxes, boxes[1:], strict=False):
        plate.link(start, end, colour=BLUE.line)
    for y, words in zip(tops, ways, strict=False):
        plate.text(126, y + 90, words, anchor="start", colour=QUIET)
    last = plate.box(316, tops[3], 112, 62, "*δ*^{[2]}", RED)
    first = plate.box(316, tops[1], 112, 62, "*δ*^{[1]}", RED)
    start = (170, tops[5] + 31), (372, tops[5] + 31), (372, tops[3] + 70)
    plate.arrow(*start, colour=RED.line, bend=20)
    plate.text(388, tops[4] + 30, "(1)  (**P** − **Y**) / *n*", anchor="start", colour=RED.ink)
    plate.link(last, first, colour=RED.line)
    plate.text(388, tops[2] + 12, "(2)  · **W**^{[2]⊤}", anchor="start", colour=RED.ink)
    plate.text(388, tops[2] + 50, "⊙ *f* ′(**Z**^{[1]})", anchor="start", colour=RED.ink)
    for box, k, before in ((last, 2, "**A**^{[1]⊤}"), (first, 1, "**X**^⊤")):
        out = plate.box(536, box.y - 16, 190, 94, "", GREEN)
        plate.link(box, out, colour=GREEN.line)
        plate.text(631, box.y + 13, f"(3) {before} *δ*^{{[{k}]}}", colour=GREEN.ink)
        plate.text(631, box.y + 55, f"(4)  Σ *δ*^{{[{k}]}}", colour=GREEN.ink)


@schematic(
    "Three sizes of batch",
    "In one epoch over twelve examples, full batches make one step, mini-batches of four "
    "make three, and single examples twelve.",
    height=520,
)
def batch_sizes(plate: Plate) -> None:
    """The same twelve examples, cut in three ways."""
    kinds = (("full batch", 12, BLUE), ("mini-batches", 4, GREEN), ("single examples", 1, RED))
    for row, (name, size, tone) in enumerate(kinds):
        y = 40 + 164 * row
        count = 12 // size
        steps = f"{count} step{'s' if count > 1 else ''} an epoch"
        plate.text(40, y, name, anchor="start", bold=True, size=HEADING, colour=tone.ink)
        plate.text(720, y, steps, anchor="end", colour=QUIET)
        for group in range(count):
            gap = 8 if count > 1 else 0
            x = 40 + group * size * 57
            width = (57 * size - gap) / size
            cells(plate, x, y + 32, [[""] * size], (width, 44), tone)
            middle = x + width * size / 2
            plate.arrow((middle, y + 82), (middle, y + 116), colour=tone.ink)
