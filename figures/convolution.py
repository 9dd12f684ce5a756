"""The schematics of `Part2_CNN/1-CNN.ipynb`."""

from __future__ import annotations

from collections.abc import Sequence

from figures.colours import BLUE, FAINT, GREEN, GREY, QUIET, RED, WHITE, YELLOW, Tone, mix
from figures.geometry import Box
from figures.shapes import cells
from figures.style import HEADING, Plate, schematic

SEVEN = (
    "..........",
    "..######..",
    "..######..",
    "......##..",
    ".....##...",
    ".....##...",
    "....##....",
    "....##....",
    "...##.....",
    "..........",
)
UPPER = ((-1, -1, -1), (0, 0, 0), (1, 1, 1))
LEFT = ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1))
Numbers = Sequence[Sequence[float]]


def _grid(
    plate: Plate,
    x: float,
    y: float,
    side: float,
    size: tuple[int, int],
    filled: dict[tuple[int, int], str] | None = None,
    tone: Tone = GREY,
) -> Box:
    """Draw a grid of rows by columns, some of its cells filled with a colour."""
    rows, columns = size
    plate.area([(x, y), (x + columns * side, y), (x + columns * side, y + rows * side),
                (x, y + rows * side)], WHITE)  # fmt: skip
    for (row, column), colour in (filled or {}).items():
        a, b = x + column * side, y + row * side
        plate.area([(a, b), (a + side, b), (a + side, b + side), (a, b + side)], colour)
    for row in range(1, rows):
        at = y + row * side
        plate.line((x, at), (x + columns * side, at), colour=FAINT, thick=1)
    for column in range(1, columns):
        at = x + column * side
        plate.line((at, y), (at, y + rows * side), colour=FAINT, thick=1)
    return _frame(plate, x, y, columns * side, rows * side, tone, dashed=False, thick=2)


def _frame(
    plate: Plate, x: float, y: float, w: float, h: float, tone: Tone, *, dashed=True, thick=5
) -> Box:
    """Draw the outline of a rectangle and nothing inside it; return the rectangle."""
    if dashed:
        return plate.box(x, y, w, h, "", tone, dashed=True, thick=thick, rounded=0)
    corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)]
    plate.line(*corners, colour=tone.line, thick=thick)
    return Box(x, y, w, h)


def convolved(image: Numbers, kernel: Numbers) -> list[list[float]]:
    """Return the sums of a kernel at all places of an image, both lists of rows."""
    k = len(kernel)
    return [
        [
            sum(kernel[u][v] * image[i + u][j + v] for u in range(k) for v in range(k))
            for j in range(len(image[0]) - k + 1)
        ]
        for i in range(len(image) - k + 1)
    ]


def _ink(rows: Sequence[str]) -> list[list[int]]:
    """Return 1 for ink and 0 for paper."""
    return [[int(pixel == "#") for pixel in row] for row in rows]


def _shades(values: Numbers, tone: Tone, most: float) -> dict[tuple[int, int], str]:
    """Return the cells with a value above zero, the darker the larger it is."""
    return {
        (i, j): mix(WHITE, tone.line, value / most)
        for i, row in enumerate(values)
        for j, value in enumerate(row)
        if value > 0
    }


def _signed(value: float) -> str:
    return str(value).replace("-", "−")


def _kernel(plate: Plate, x: float, y: float, side: float, kernel: Numbers, tone: Tone) -> None:
    """Draw the weights of a kernel."""
    words = [[_signed(value) for value in row] for row in kernel]
    cells(plate, x, y, words, (side, side), tone)


@schematic(
    "What a convolution sees",
    "Each kernel of nine weights slides over the image; one answers at the upper sides of the "
    "strokes of a seven, the other at their left sides, and each writes its answers into a "
    "feature map.",
    height=708,
)
def what_a_convolution_sees(plate: Plate) -> None:
    """An image, two kernels, two feature maps."""
    image, side = _ink(SEVEN), 23
    x, y = 36, 212
    plate.text(x + 115, y - 34, "image", bold=True)
    _grid(plate, x, y, side, (10, 10), _shades(image, GREY, 1))
    spots = (("upper sides", UPPER, BLUE, 112, (0, 3)), ("left sides", LEFT, RED, 424, (4, 3)))
    for name, kernel, tone, top, (row, column) in spots:
        corner = x + column * side, y + row * side
        _frame(plate, *corner, 3 * side, 3 * side, tone, dashed=False, thick=5)
        _kernel(plate, 330, top + 26, 46, kernel, tone)
        plate.text(399, top - 10, "kernel", bold=True, colour=tone.ink)
        found = convolved(image, kernel)
        _grid(plate, 536, top, 24, (8, 8), _shades(found, tone, 3))
        at = 536 + column * 24, top + row * 24
        _frame(plate, *at, 24, 24, tone, dashed=False, thick=5)
        plate.text(632, top - 68, "feature map", bold=True, colour=tone.ink)
        plate.text(632, top - 30, name, colour=tone.ink)
        start = corner[0] + 3 * side + 6, corner[1] + 1.5 * side
        plate.arrow(start, (322, top + 95), colour=tone.line)
        plate.arrow((474, top + 95), (528, top + 95), colour=tone.line)
    plate.text(380, 664, "small patches, the same weights at every place", bold=True)


IMAGE = ((0, 0, 1, 2, 2), (0, 0, 1, 2, 2), (0, 1, 2, 2, 2), (0, 1, 2, 2, 1), (1, 2, 2, 1, 0))


@schematic(
    "A kernel slides over an image",
    "A window of the image and the kernel are multiplied number by number and added up, which "
    "gives one number of the feature map; then the window moves on by one pixel.",
    height=760,
)
def kernel_sliding(plate: Plate) -> None:
    """Above image, kernel and map, below the sum of one window."""
    side, x, y = 54, 36, 96
    row, column = 1, 0
    window = [line[column : column + 3] for line in IMAGE[row : row + 3]]
    seen = {(row + u, column + v) for u in range(3) for v in range(3)}
    tones = [[YELLOW if (i, j) in seen else GREY for j in range(5)] for i in range(5)]
    plate.text(x + 135, 52, "image", bold=True)
    cells(plate, x, y, [[str(v) for v in line] for line in IMAGE], (side, side), tones)
    _frame(plate, x, y + row * side, 3 * side, 3 * side, YELLOW, dashed=False, thick=5)
    plate.text(448, 52, "kernel", bold=True)
    _kernel(plate, 448 - 81, y, side, LEFT, BLUE)
    found = convolved(IMAGE, LEFT)
    plate.text(642, 52, "feature map", bold=True)
    greens = [[YELLOW if (i, j) == (row, column) else GREEN for j in range(3)] for i in range(3)]
    words = [[_signed(value) for value in line] for line in found]
    cells(plate, 642 - 81, y, words, (side, side), greens)
    plate.arrow((x + 5, 396), (x + 165, 396), colour=YELLOW.ink)
    plate.text(x, 430, "the window moves on", anchor="start", colour=YELLOW.ink)
    plate.text(36, 500, "the window in yellow, row by row:", anchor="start", bold=True)
    parts = []
    for line, (pixels, weights) in enumerate(zip(window, LEFT, strict=True)):
        pairs = zip(pixels, weights, strict=True)
        terms = [f"{pixel} · {f'({_signed(w)})' if w < 0 else w}" for pixel, w in pairs]
        parts.append(sum(a * b for a, b in zip(pixels, weights, strict=True)))
        at = 546 + 44 * line
        plate.text(60, at, " + ".join(terms), anchor="start")
        plate.text(420, at, f"= {parts[-1]}", anchor="start")
    total = " + ".join(map(str, parts))
    plate.text(60, 694, f"together  {total} = {sum(parts)}", anchor="start", bold=True)


@schematic(
    "Padding, stride and dilation",
    "A kernel of 3 by 3 on an image of 6 by 6 gives a map of 4 by 4; a ring of zeros keeps 6 by "
    "6; a stride of 2 gives 2 by 2, and so does a dilation of 2, which spreads the window over 5 "
    "by 5.",
    height=724,
)
def padding_stride_dilation(plate: Plate) -> None:
    """Four settings, two by two."""
    side, unit = 24, 16
    corners = {(u, v) for u in range(3) for v in range(3)}
    plots = (
        ("none of the three", 0, corners, (0, 1), 4),
        ("padding 1", 1, corners, (0, 1), 6),
        ("stride 2", 0, corners, (0, 2), 2),
        ("dilation 2", 0, {(2 * u, 2 * v) for u, v in corners}, (0, 1), 2),
    )
    for place, (name, ring, window, step, size) in enumerate(plots):
        left, top = 26 + 362 * (place % 2), 100 + 344 * (place // 2)
        middle = top + 4 * side
        plate.text(left + 170, top - 46, name, bold=True, size=HEADING)
        n = 6 + 2 * ring
        x, y = left, middle - n * side / 2
        if ring:
            zeros = {(i, j) for i in range(n) for j in range(n) if {i, j} & {0, n - 1}}
            filled = dict.fromkeys(sorted(zeros), FAINT)
        else:
            filled = {}
        filled |= dict.fromkeys(sorted(window), YELLOW.line)
        _grid(plate, x, y, side, (n, n), filled)
        reach = max(v for _, v in window) + 1
        a, b = x + step[1] * side, y + step[0] * side
        _frame(plate, a, b, reach * side, reach * side, BLUE, thick=4)
        out = left + 334 - size * unit
        h = size * unit
        plate.arrow((x + n * side + 8, middle), (out - 8, middle))
        answers = {(0, 0): YELLOW.line, (0, 1): BLUE.line}
        _grid(plate, out, middle - h / 2, unit, (size, size), answers)
        words = f"6 × 6  →  {size} × {size}"
        plate.text(left + 170, middle + 4 * side + 32, words, colour=QUIET)


@schematic(
    "A kernel over several channels",
    "A kernel has a slice of weights for each channel of its input; the sums of the three slices "
    "and a bias add up to one number of one feature map, and a second kernel makes a second map.",
    height=690,
)
def kernel_over_channels(plate: Plate) -> None:
    """Three channels, three slices, one sum; a second map behind the first."""
    plate.text(111, 46, "input", bold=True)
    plate.text(320, 46, "one kernel", bold=True)
    plate.text(632, 46, "feature maps", bold=True)
    spots = {(i, j) for i in range(1, 4) for j in range(1, 4)}
    sums = []
    for place, (name, tone) in enumerate((("red", RED), ("green", GREEN), ("blue", BLUE))):
        y = 84 + 176 * place
        filled = dict.fromkeys(sorted(spots), mix(WHITE, tone.line, 0.5))
        _grid(plate, 46, y, 26, (5, 5), filled, tone)
        plate.text(111, y + 152, name, colour=tone.ink)
        _grid(plate, 275, y + 20, 30, (3, 3), {}, tone)
        area = [(275, y + 20), (365, y + 20), (365, y + 110), (275, y + 110)]
        plate.area(area, tone.tint)
        _grid_lines(plate, 275, y + 20, 30, 3, tone)
        plate.text(226, y + 65, "×")
        sums.append((376, y + 65))
    node = plate.node(478, 325, 34, "+ *b*", YELLOW)
    for x, y in sums:
        plate.arrow((x, y), node.towards((x, y)), colour=QUIET)
    _grid(plate, 602, 250, 40, (3, 3), {}, GREY)
    _grid(plate, 572, 280, 40, (3, 3), {(1, 1): YELLOW.line}, GREY)
    plate.arrow((518, 330), (566, 336))
    plate.text(632, 216, "second kernel", colour=QUIET)
    plate.text(632, 434, "first kernel", colour=QUIET)
    plate.text(380, 648, "27 weights and a bias make one feature map", bold=True)


def _grid_lines(plate: Plate, x: float, y: float, side: float, count: int, tone: Tone) -> None:
    """Draw the lines of a square grid over what is there."""
    for place in range(count + 1):
        plate.line((x, y + place * side), (x + count * side, y + place * side),
                   colour=tone.line, thick=2)  # fmt: skip
        plate.line((x + place * side, y), (x + place * side, y + count * side),
                   colour=tone.line, thick=2)  # fmt: skip


POOLED = ((1, 0, 2, 8), (4, 3, 0, 2), (0, 0, 6, 4), (2, 2, 0, 6))


@schematic(
    "Max pooling and average pooling",
    "A map of 4 by 4 is cut into blocks of 2 by 2; max pooling keeps the largest number of each "
    "block, average pooling their mean.",
    height=560,
)
def pooling(plate: Plate) -> None:
    """A map on the left, what two kinds of pooling make of it on the right."""
    side, x, y = 84, 36, 124
    block = ((BLUE, YELLOW), (GREEN, RED))
    tones = [[block[i // 2][j // 2] for j in range(4)] for i in range(4)]
    words = [[str(v) for v in row] for row in POOLED]
    plate.text(x + 2 * side, 74, "feature map", bold=True)
    cells(plate, x, y, words, (side, side), tones, text=HEADING)
    blocks = [
        [[POOLED[2 * i + u][2 * j + v] for u in (0, 1) for v in (0, 1)] for j in (0, 1)]
        for i in (0, 1)
    ]
    kinds = (("max pooling", max, 84), ("average pooling", lambda b: sum(b) / 4, 340))
    for name, how, top in kinds:
        answers = [[f"{how(b):g}" for b in row] for row in blocks]
        plate.text(616, top - 34, name, bold=True)
        cells(plate, 616 - 72, top, answers, (72, 72), block, text=HEADING)
        plate.arrow((x + 4 * side + 12, 292), (530, top + 72), colour=QUIET)


@schematic(
    "The receptive field, followed backwards",
    "One unit of the second convolution sees three units of the pooling layer, these see six "
    "units of the first convolution, and these see eight pixels.",
    height=720,
)
def receptive_field(plate: Plate) -> None:
    """Four rows of cells in one dimension, the output on top; what one unit sees is filled."""
    side, middle = 46, 470
    rows = (
        ("convolution, 3", 2, 2, (0, 0), BLUE),
        ("pooling, 2", 4, 2, (0, 2), GREEN),
        ("convolution, 3", 8, 1, (0, 5), RED),
        ("pixels", 10, 1, (0, 7), GREY),
    )
    centres = []
    for place, (name, count, step, _, tone) in enumerate(rows):
        y = 96 + 164 * place
        # A unit stands above the middle of what it sees.
        start = middle - 5 * side + {10: 0, 8: 1, 4: 1.5, 2: 3.5}[count] * side + side / 2
        xs = [start + i * step * side for i in range(count)]
        centres.append((xs, y))
        plate.text(28, y, name, anchor="start", bold=True, colour=tone.ink)
    spans = ((0, 0), (0, 2), (0, 5), (0, 7))
    for place in range(3):
        (xs, y), (below, z) = centres[place], centres[place + 1]
        a, b = spans[place], spans[place + 1]
        width = side / 2 - 4
        corners = [
            (xs[a[0]] - width, y + width), (xs[a[1]] + width, y + width),
            (below[b[1]] + width, z - width), (below[b[0]] - width, z - width),
        ]  # fmt: skip
        plate.area(corners, YELLOW.tint)
    for place, (_, count, _, (first, last), tone) in enumerate(rows):
        xs, y = centres[place]
        for i in range(count):
            inside = first <= i <= last
            half = side / 2 - 4
            look = {"rounded": 4, "full": inside}
            plate.box(xs[i] - half, y - half, 2 * half, 2 * half, "", tone, **look)
    counts = ("one unit", "sees 3", "sees 6", "sees 8")
    for (xs, y), (a, b), words in zip(centres, spans, counts, strict=True):
        x = (xs[a] + xs[b]) / 2
        plate.text(x, y - 42 if words == "one unit" else y + 42, words, bold=True)
    plate.text(380, 684, "drawn in one dimension", colour=QUIET)


@schematic(
    "A small convolutional network",
    "Two convolutions, each followed by pooling, turn 28 by 28 pixels into 32 maps of 4 by 4; "
    "these are flattened into 512 numbers, and a dense layer gives ten probabilities.",
    height=900,
)
def small_cnn(plate: Plate) -> None:
    """Seven rows from top to bottom: a layer's maps, its name, the shape of its output."""
    rows = (
        ("image", 28, 1, GREY, "28 × 28 × 1"),
        ("convolution 5 × 5", 24, 16, BLUE, "24 × 24 × 16"),
        ("max pooling 2 × 2", 12, 16, GREEN, "12 × 12 × 16"),
        ("convolution 5 × 5", 8, 32, BLUE, "8 × 8 × 32"),
        ("max pooling 2 × 2", 4, 32, GREEN, "4 × 4 × 32"),
        ("flatten", 0, 0, YELLOW, "512"),
        ("dense, softmax", 0, 0, RED, "10"),
    )
    plate.text(735, 40, "output", anchor="end", bold=True)
    for place, (name, size, count, tone, shape) in enumerate(rows):
        y = 104 + 122 * place
        if size:
            side, layers = 3.2 * size, min(count, 1 + count // 4)
            step = 5
            reach = side + (layers - 1) * step
            for k in reversed(range(layers)):
                x = 96 - reach / 2 + k * step
                top = y + reach / 2 - side - k * step
                plate.box(x, top, side, side, "", tone, rounded=2, thick=2)
        else:
            count = 14 if name == "flatten" else 10
            for k in range(count):
                full = name != "flatten" and k == 7
                x = 96 + (k - count / 2) * 11
                plate.box(x, y - 20, 11, 40, "", tone, rounded=1, thick=2, full=full)
        plate.text(206, y, name, anchor="start", colour=tone.ink, bold=True)
        plate.text(735, y, shape, anchor="end")
        if place < len(rows) - 1:
            plate.arrow((380, y + 26), (380, y + 94))


CORNER = ("..........", "...####...", "...####...", "...##.....", "...##.....", "..........")


@schematic(
    "Shift the image, and the map shifts",
    "Convolving an image and then shifting the map by two columns gives the same as shifting "
    "the image by two columns and then convolving it.",
    height=620,
)
def shift_and_convolve(plate: Plate) -> None:
    """Two ways from the upper left to the lower right."""
    side, still = 25, _ink(CORNER)
    moved = [[0, 0, *row[:-2]] for row in still]
    for place, (image, top) in enumerate(((still, 92), (moved, 416))):
        _grid(plate, 36, top, side, (6, 10), _shades(image, GREY, 1))
        found = convolved(image, LEFT)
        _grid(plate, 524, top + 25, side, (4, 8), _shades(found, BLUE, 3))
        plate.arrow((302, top + 75), (508, top + 75), colour=BLUE.line)
        plate.text(400, top + 48, "convolve", colour=BLUE.ink)
        plate.text(161, top - 32, ("image", "shifted image")[place], bold=True)
        plate.text(624, top - 7, ("map", "the shifted map")[place], bold=True)
    for x, top in ((161, 254), (624, 234)):
        plate.arrow((x - 70, top), (x - 70, 362), colour=YELLOW.ink)
        plate.text(x - 50, top + 48, "shift by 2", anchor="start", colour=YELLOW.ink)
