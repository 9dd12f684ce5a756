"""The schematics of `Part1_ANN/6-wide_and_deep.ipynb`: networks that are graphs, not stacks."""

from __future__ import annotations

from figures.colours import BLUE, FAINT, GREEN, GREY, INK, QUIET, RED, YELLOW
from figures.shapes import cells
from figures.style import HEADING, Plate, schematic
from figures.words import minus

COLUMNS, HIDDEN, CLASSES = 20, 32, 4


@schematic(
    "A stack and a graph",
    "In a stack each layer feeds only the next; in a wide and deep graph the inputs go both "
    "through two hidden layers and straight to the output, where the two paths are joined.",
    height=690,
)
def wide_and_deep(plate: Plate) -> None:
    """On the left the stack, on the right the graph, both read downwards."""
    for x, title in ((180, "A stack"), (560, "A graph")):
        plate.text(x, 46, title, bold=True, size=HEADING)
    plate.line((360, 30), (360, 660), colour=FAINT, thick=2)
    rows = (90, 220, 330, 460, 580)
    words = f"{COLUMNS} columns", f"{HIDDEN} units, ReLU", f"{CLASSES} units, softmax"
    stack = [
        plate.box(50, y, 260, 62, text, tone)
        for y, text, tone in (
            (rows[0], words[0], GREY),
            (rows[1], words[1], GREEN),
            (rows[2], words[1], GREEN),
            (rows[4], words[2], RED),
        )
    ]
    for above, below in zip(stack, stack[1:], strict=False):
        plate.link(above, below)
    inputs = plate.box(404, rows[0], 320, 62, words[0], GREY)
    deep = [plate.box(508, y, 216, 62, words[1], GREEN) for y in rows[1:3]]
    joined = plate.box(404, rows[3], 320, 62, f"{COLUMNS} + {HIDDEN} joined", YELLOW)
    output = plate.box(404, rows[4], 320, 62, words[2], RED)
    middle = deep[0].centre[0]
    for start, end in ((inputs, deep[0]), (deep[0], deep[1]), (deep[1], joined)):
        plate.arrow((middle, start.y + start.h + 5), (middle, end.y - 5), colour=GREEN.ink)
    plate.arrow((446, inputs.y + 67), (446, joined.y - 5), colour=BLUE.ink, thick=5)
    plate.label(446, 272, "wide", colour=BLUE.ink, bold=True)
    plate.text(middle + 16, 183, "deep", anchor="start", colour=GREEN.ink, bold=True)
    plate.link(joined, output)


@schematic(
    "An embedding",
    "An embedding is a table with one learnt row for each category: looking up row 2 gives the "
    "same numbers as multiplying the one-hot row of category 2 by the table.",
    height=600,
)
def embedding_table(plate: Plate) -> None:
    """Above the product with a one-hot row, below the look-up, with the same numbers."""
    table = ((0.4, 1.1), (-0.2, 0.7), (0.9, -0.5), (-1.3, 0.3), (0.1, -0.8))
    chosen, count = 2, len(table)
    texts = [[minus(f"{value:g}") for value in row] for row in table]
    tones = [[BLUE if row == chosen else GREY] * 2 for row in range(count)]
    hot = [float(row == chosen) for row in range(count)]
    found = [sum(h * row[place] for h, row in zip(hot, table, strict=True)) for place in (0, 1)]
    row = [[minus(f"{value:g}") for value in found]]
    plate.text(30, 46, "One-hot row times table", anchor="start", bold=True, size=HEADING)
    one_hot = [BLUE if h else GREY for h in hot]
    cells(plate, 30, 170, [[f"{h:g}" for h in hot]], (46, 46), [one_hot])
    plate.text(296, 193, "×")
    for number in range(count):
        plate.text(53 + 46 * number, 148, f"{number}", colour=QUIET)
    plate.text(145, 112, "category", colour=QUIET)
    cells(plate, 330, 78, texts, (78, 46), tones)
    plate.text(526, 193, "=")
    cells(plate, 564, 170, row, (78, 46), BLUE)
    plate.line((30, 340), (730, 340), colour=FAINT, thick=2)
    plate.text(30, 380, "Look-up", anchor="start", bold=True, size=HEADING)
    index = plate.box(46, 446, 190, 62, f"category {chosen}", BLUE)
    w, top = 78, 412
    cells(plate, 330, top - 36 + 6, texts, (w, 38), tones)
    at = top - 30 + 38 * chosen + 19
    plate.arrow((index.x + index.w + 6, index.centre[1]), (322, at), colour=BLUE.ink)
    plate.arrow((330 + 2 * w + 8, at), (556, at), colour=BLUE.ink)
    cells(plate, 564, at - 23, row, (78, 46), BLUE)


@schematic(
    "Two outputs",
    "Shared hidden layers feed two outputs, a price class and a level; each has its own loss, and "
    "training makes the weighted sum of the two losses small.",
    height=720,
)
def two_outputs(plate: Plate) -> None:
    """Read downwards: inputs, shared layers, two heads, two losses, their sum."""
    inputs = plate.box(250, 34, 260, 62, f"{COLUMNS} columns", GREY)
    trunk = plate.box(
        200, 154, 360, 86, f"shared hidden layers\n{HIDDEN} and {HIDDEN} units", GREEN
    )
    heads = [
        plate.box(34, 310, 326, 86, "price class\n4 units, softmax", RED),
        plate.box(400, 310, 326, 86, "level, 0 to 3\n1 unit, linear", YELLOW),
    ]
    losses = [
        plate.box(34, 466, 326, 62, "cross-entropy", RED),
        plate.box(400, 466, 326, 62, "squared error", YELLOW),
    ]
    total = plate.box(160, 626, 440, 62, "loss that training makes small", GREY)
    plate.link(inputs, trunk)
    for head, loss, words, x in zip(heads, losses, ("× 1", "× *λ*"), (280, 480), strict=True):
        middle = head.centre[0]
        plate.arrow((x, trunk.y + trunk.h + 5), (middle, head.y - 5))
        plate.link(head, loss)
        start, end = (middle, loss.y + loss.h + 5), (x, total.y - 5)
        plate.arrow(start, end)
        plate.label((middle + x) / 2, 577, words)


@schematic(
    "One tower, used twice",
    "The same tower of layers gives phone A and phone B a score each; a sigmoid of the difference "
    "is the probability that A costs more, so swapping the two gives one minus it.",
    height=690,
)
def shared_tower(plate: Plate) -> None:
    """Read downwards: two phones, the tower drawn twice, the difference, the probability."""
    middles = (180, 580)
    towers = []
    for x, name in zip(middles, "AB", strict=True):
        phone = plate.box(x - 120, 34, 240, 62, f"phone {name}", GREY)
        tower = plate.box(x - 120, 164, 240, 106, f"tower\n{HIDDEN} units, 1 unit", GREEN)
        plate.link(phone, tower)
        towers.append(tower)
    left, right = towers
    y = left.centre[1]
    plate.line((left.x + left.w + 8, y), (right.x - 8, y), colour=GREEN.ink, dashed=True)
    plate.label(380, y, "same", colour=GREEN.ink, bold=True)
    plate.text(380, y + 38, "weights", colour=GREEN.ink, bold=True)
    minus_node = plate.node(380, 420, 40, "−", BLUE, size=44)
    for tower, name in zip(towers, "ab", strict=True):
        middle = tower.centre[0]
        score = plate.node(middle, 346, 34, f"*s*_{name}", GREY)
        plate.arrow((middle, tower.y + tower.h + 5), (middle, 346 - 39))
        plate.link(score, minus_node)
    squash = plate.box(280, 510, 200, 56, "sigmoid", BLUE)
    plate.link(minus_node, squash)
    out = plate.box(180, 610, 400, 56, "*p* that A costs more", RED)
    plate.link(squash, out)


@schematic(
    "A layer that multiplies",
    "The product layer makes two weighted sums of its inputs and multiplies them; with the right "
    "weights it gives the product of height and width, as no single weighted sum can.",
    height=600,
)
def product_layer(plate: Plate) -> None:
    """Read downwards: three inputs, two weighted sums, their product, with numbers."""
    values = {"height": 1.5, "width": -2.0, "memory": 0.5}
    u, v = (1, 0, 0), (0, 1, 0)
    sums = [sum(a * x for a, x in zip(w, values.values(), strict=True)) for w in (u, v)]
    places = (150, 380, 610)
    boxes = []
    for x, (name, value) in zip(places, values.items(), strict=True):
        plate.text(x, 40, name, colour=QUIET)
        boxes.append(plate.node(x, 100, 36, minus(f"{value:g}"), GREY))
    nodes = []
    for x, words, weights in zip((230, 530), ("*u*", "*v*"), (u, v), strict=True):
        node = plate.node(x, 300, 46, "+", GREEN, size=44)
        nodes.append(node)
        for box, weight in zip(boxes, weights, strict=True):
            plate.link(box, node, colour=GREEN.ink if weight else FAINT, thick=4 if weight else 2)
        plate.text(x + (-66 if x < 380 else 66), 300, words, size=HEADING, colour=GREEN.ink)
    times = plate.node(380, 424, 44, "×", BLUE, size=40)
    for node in nodes:
        plate.link(node, times)
    out = plate.node(380, 540, 40, minus(f"{sums[0] * sums[1]:g}"), RED)
    plate.link(times, out)
    plate.text(256, 386, minus(f"{sums[0]:g}"), anchor="end", colour=INK)
    plate.text(504, 386, minus(f"{sums[1]:g}"), anchor="start", colour=INK)
    plate.text(440, 540, minus(f"= {sums[0]:g} × ({sums[1]:g})"), anchor="start")
