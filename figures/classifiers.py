"""The schematics of `Part1_ANN/3-classification_with_scikit_learn.ipynb`."""

from __future__ import annotations

import math

from figures.colours import BLUE, GREEN, GREY, INK, QUIET, RED, YELLOW, Tone
from figures.geometry import Point
from figures.style import HEADING, Plate, schematic

FIVE = (
    "........",
    "..#####.",
    "..#.....",
    "..####..",
    "......#.",
    "......#.",
    "..####..",
    "........",
)


def _digit(plate: Plate, x: float, y: float, side: float) -> None:
    """Draw a 5 of eight by eight pixels, its upper left corner at x, y."""
    for row, pixels in enumerate(FIVE):
        for column, pixel in enumerate(pixels):
            place = x + column * side, y + row * side, side, side
            plate.box(*place, "", GREY, full=pixel == "#", rounded=0, thick=1)


@schematic(
    "From an image to an answer",
    "A digit of 28 by 28 pixels becomes a row of 784 numbers, and a classifier answers one "
    "of four questions: is it a 5, which digit, which labels, and how it looked before the noise.",
    height=748,
)
def digit_to_answer(plate: Plate) -> None:
    """Above the row of numbers, below the four kinds of question."""
    _digit(plate, 40, 36, 20)
    plate.text(120, 226, "28 × 28 pixels")
    plate.arrow((214, 116), (272, 116))
    for place, words in enumerate(("0", "0.2", "0.9", "1", "…", "0")):
        plate.box(284 + 73 * place, 88, 73, 56, words, BLUE, rounded=0)
    plate.text(503, 184, "a row of 784 numbers", colour=BLUE.ink)
    plate.arrow((503, 210), (503, 250))
    plate.box(284, 262, 438, 62, "classifier", YELLOW, bold=True)
    plate.arrow((503, 336), (503, 376))
    kinds = (
        ("Is it a 5?", "yes or no"),
        ("Which digit is it?", "one of ten"),
        ("Is it odd? Is it large?", "several labels"),
        ("How was it before noise?", "784 numbers"),
    )
    for place, (question, answer) in enumerate(kinds):
        y = 388 + 86 * place
        plate.box(36, y, 400, 66, question, GREY)
        plate.arrow((446, y + 33), (492, y + 33))
        plate.box(504, y, 218, 66, answer, GREEN)


@schematic(
    "One-vs-rest and one-vs-one",
    "One-vs-rest trains ten detectors, one for each digit against all others, and the highest "
    "score wins; one-vs-one trains a classifier for each of the 45 pairs of digits, and the digit "
    "that wins most pairs is the answer.",
    height=830,
)
def one_vs_rest_and_one(plate: Plate) -> None:
    """Above ten detectors, below a triangle of 45 pairs."""
    plate.text(36, 46, "One-vs-rest: 10 detectors", anchor="start", bold=True, size=HEADING)
    for place, digit in enumerate(("0", "1", "2", "", "9")):
        x = 36 + 140 * place
        if digit:
            plate.box(x, 84, 124, 92, f"{digit} or\nnot?", BLUE)
            plate.arrow((x + 62, 186), (x + 62, 222))
        else:
            plate.text(x + 62, 130, "…", size=HEADING)
    plate.box(36, 232, 684, 62, "the highest score wins", GREEN)
    plate.text(36, 366, "One-vs-one: 45 pairs", anchor="start", bold=True, size=HEADING)
    side, left, top = 37, 76, 404
    for row in range(1, 10):
        y = top + side * (row - 1)
        plate.text(left - 22, y + side / 2, str(row))
        for column in range(row):
            marked = (row, column) == (5, 3)
            tone = YELLOW if marked else BLUE
            plate.box(left + side * column, y, side, side, "", tone, full=marked, rounded=3)
    for column in range(9):
        plate.text(left + side * (column + 0.5), top + 9 * side + 24, str(column))
    at = left + side * 3.5, top + side * 4.5
    plate.arrow((478, 460), (at[0] + 26, at[1] - 10), colour=YELLOW.ink)
    plate.box(484, 412, 236, 62, "is it a 3 or a 5?", YELLOW)
    plate.box(484, 560, 236, 92, "the digit with\nmost wins", GREEN)
    plate.arrow((420, 606), (472, 606))


@schematic(
    "A pixel from its neighbours",
    "Each pixel of the clean image is predicted as a weighted sum of the 7 by 7 noisy pixels "
    "around its place; at another place the window moves along.",
    height=520,
)
def pixel_from_neighbours(plate: Plate) -> None:
    """Left a noisy image with a window, right the clean image with the pixel it gives."""
    side, top = 26, 96
    left, right = 36, 438
    ink = {(4, c) for c in range(2, 9)} | {(r, 8) for r in (5, 6)} | {(7, 7), (8, 6), (9, 6)}
    noise = {(1, 4), (2, 9), (3, 1), (6, 2), (8, 1), (9, 9), (10, 4), (0, 7), (7, 10), (5, 4)}
    gaps = {(4, 5), (6, 8)}
    plate.text(left + 143, 54, "noisy image", bold=True)
    plate.text(right + 143, 54, "clean image", bold=True)
    for start, dark in ((left, (ink | noise) - gaps), (right, ink)):
        for row in range(11):
            for column in range(11):
                full = (row, column) in dark
                place = start + side * column, top + side * row, side, side
                plate.box(*place, "", GREY, full=full, rounded=0, thick=1)
    window = left + side * 2, top + side
    plate.box(*window, 7 * side, 7 * side, "", YELLOW, dashed=True, thick=5, rounded=0)
    place = right + side * 5, top + side * 4, side, side
    plate.box(*place, "", YELLOW, dashed=True, rounded=0, thick=6)
    y = top + side * 4.5
    plate.arrow(
        (window[0] + 7 * side + 6, y), (right + side * 5 - 8, y), colour=YELLOW.ink, thick=4
    )
    plate.text(380, 434, "each clean pixel =", bold=True, colour=YELLOW.ink)
    plate.text(380, 474, "a weighted sum of 7 × 7 noisy pixels", colour=YELLOW.ink)


@schematic(
    "Anatomy of a confusion matrix",
    "Rows are true and columns predicted; recall is the share of the true fives that were "
    "found, precision that of the alarms that were right.",
    height=620,
)
def confusion_matrix(plate: Plate) -> None:
    """A detector of fives: four counts, and what is divided by what."""
    counts = ((880, 20), (10, 90))
    (tn, fp), (fn, tp) = counts
    short = (("TN", "FP"), ("FN", "TP"))
    names = (("true negatives", "false positives"), ("false negatives", "true positives"))
    x, y, w, h, gap = 124, 116, 210, 134, 26
    plate.text(x + w + gap / 2, 38, "predicted", colour=QUIET)
    plate.text(36, y + h + gap / 2, "true", colour=QUIET, turned=True)
    for place, words in enumerate(("not 5", "5")):
        plate.text(x + (w + gap) * place + w / 2, 78, words, bold=True)
        plate.text(x - 22, y + (h + gap) * place + h / 2, words, bold=True, anchor="end")
    for row in (0, 1):
        for column in (0, 1):
            tone = GREEN if row == column else RED
            at = x + (w + gap) * column, y + (h + gap) * row
            plate.box(*at, w, h, "", tone)
            count = f"{short[row][column]} = {counts[row][column]}"
            plate.text(at[0] + w / 2, at[1] + 50, count, bold=True, size=33)
            plate.text(at[0] + w / 2, at[1] + 104, names[row][column], colour=tone.ink)
    right, bottom = x + 2 * w + gap + 15, y + 2 * h + gap + 15
    _frame(plate, x, y + h + gap, 2 * w + gap, h, 8, BLUE)
    _frame(plate, x + w + gap, y, w, 2 * h + gap, 15, YELLOW)
    across, down = x + 1.5 * w + gap, y + 1.5 * h + gap
    plate.arrow((right + 6, down), (right + 36, down), colour=BLUE.ink)
    for line, words in enumerate(("recall", f"{tp} / {tp + fn}", f"= {tp / (tp + fn):.2f}")):
        look = {"anchor": "start", "bold": not line, "colour": BLUE.ink}
        plate.text(right + 46, down + 36 * (line - 1), words, **look)
    plate.arrow((across, bottom + 6), (across, bottom + 36), colour=YELLOW.ink)
    plate.text(across, bottom + 58, "precision", bold=True, colour=YELLOW.ink)
    words = f"{tp} / {tp + fp} = {tp / (tp + fp):.2f}"
    plate.text(across, bottom + 94, words, colour=YELLOW.ink)
    total = tn + fp + fn + tp
    plate.text(
        380, 582, f"accuracy {(tn + tp) / total:.2f}; never saying 5: {(tn + fp) / total:.2f}"
    )


def _frame(plate: Plate, x: float, y: float, w: float, h: float, away: float, tone: Tone) -> None:
    """Draw a dashed frame around a box that begins at x, y, so far away from it."""
    size = w + 2 * away, h + 2 * away
    plate.box(x - away, y - away, *size, "", tone, dashed=True, thick=4)


@schematic(
    "Margin and RBF borders",
    "The line with the widest margin is held by the support vectors; with an RBF kernel a "
    "smaller gamma gives a smooth border and a larger one islands.",
    height=806,
)
def svm_margin_and_rbf(plate: Plate) -> None:
    """Above the margin, below two borders of an RBF kernel."""
    _margin(plate)
    inner = [(-62, -40), (6, -56), (64, -18), (-4, 4), (-66, 26), (52, 46), (-14, 62)]
    outer = [(128, -60), (126, 52), (48, 118), (-58, 116)]
    outer += [(-132, 44), (-126, -66), (-30, -122), (66, -118)]
    smooth, islands = (195, 650), (565, 650)
    plate.text(smooth[0], 488, "RBF, smaller *γ*", bold=True)
    plate.text(islands[0], 488, "RBF, larger *γ*", bold=True)
    turns = [2 * math.pi * step / 72 for step in range(73)]
    border = [(smooth[0] + 101 * math.cos(t), smooth[1] + 91 * math.sin(t)) for t in turns]
    plate.area(border, BLUE.tint)
    plate.line(*border, colour=BLUE.line)
    for a, b in inner:
        plate.node(islands[0] + a, islands[1] + b, 22, "", BLUE)
    _points(plate, smooth, inner, outer)
    _points(plate, islands, inner, outer)


def _points(plate: Plate, at: Point, circles: list[Point], squares: list[Point]) -> None:
    """Draw two classes of points around a middle: blue circles and red squares."""
    for a, b in circles:
        plate.node(at[0] + a, at[1] + b, 9, "", BLUE, full=True)
    for a, b in squares:
        plate.box(at[0] + a - 9, at[1] + b - 9, 18, 18, "", RED, full=True, rounded=2)


def _margin(plate: Plate) -> None:
    """A border with its margin: points are given along and across it, so it is exact."""
    plate.text(36, 46, "The widest margin", anchor="start", bold=True, size=HEADING)
    middle, turn, wide = (300, 250), math.radians(-38), 62
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))

    def at(s: float, t: float) -> Point:
        """Return the point that lies s along the border and t to its lower right."""
        return (
            middle[0] + s * along[0] + t * across[0],
            middle[1] + s * along[1] + t * across[1],
        )

    reach = 225
    corners = at(-reach, -wide), at(reach, -wide), at(reach, wide), at(-reach, wide)
    plate.area(corners, GREY.tint)
    for t, thick, colour in ((-wide, 2.5, QUIET), (0, 4, INK), (wide, 2.5, QUIET)):
        plate.line(at(-reach, t), at(reach, t), thick=thick, colour=colour, dashed=bool(t))
    support = [(-60, -wide), (95, -wide)], [(20, wide)]
    others = (
        [(-150, -105), (-10, -120), (60, -140)],
        [(-120, 96), (-60, 130), (110, 100)],
    )
    for place in (*support[0], *support[1]):
        plate.node(*at(*place), 19, "", YELLOW, thick=3.5)
    circles = [at(*place) for place in (*support[0], *others[0])]
    squares = [at(*place) for place in (*support[1], *others[1])]
    _points(plate, (0, 0), circles, squares)
    for t in (-wide, wide):
        plate.arrow(at(-175, 0), at(-175, t), colour=GREEN.ink)
    plate.line((496, 258), (524, 258), colour=INK, thick=4)
    plate.text(540, 258, "border", anchor="start")
    plate.line((496, 304), (524, 304), colour=GREEN.ink)
    plate.text(540, 304, "margin", anchor="start", colour=GREEN.ink)
    plate.node(510, 350, 14, "", YELLOW, thick=3.5)
    plate.text(540, 350, "support vector", anchor="start", colour=YELLOW.ink)
