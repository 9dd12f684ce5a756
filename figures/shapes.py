"""What several schematics share: layers of a network, matrices, axes, a padlock."""

from __future__ import annotations

from collections.abc import Sequence

from figures.colours import FAINT, GREY, INK, QUIET, Tone
from figures.geometry import Node, Point
from figures.style import TEXT, Plate


def spread(middle: float, step: float, count: int) -> list[float]:
    """Return `count` places, a step apart, evenly around the middle."""
    return [middle + (place - (count - 1) / 2) * step for place in range(count)]


def edges(
    plate: Plate,
    left: Sequence[Point],
    right: Sequence[Point],
    *,
    colour: str = FAINT,
    thick: float = 1.5,
) -> None:
    """Join each point of one layer to each of the next; draw them before the layers' nodes."""
    for start in left:
        for end in right:
            plate.line(start, end, colour=colour, thick=thick)


def layer(
    plate: Plate, places: Sequence[Point], r: float, tone: Tone, words: Sequence[str] = ()
) -> list[Node]:
    """Draw the nodes of a layer, with a word in each where there are any."""
    texts = words or [""] * len(places)
    return [plate.node(x, y, r, text, tone) for (x, y), text in zip(places, texts, strict=True)]


def dots(plate: Plate, x: float, y: float, colour: str = QUIET, step: float = 13) -> None:
    """Draw three dots, one below the other: and so on."""
    for place in spread(y, step, 3):
        plate.area([(x + a, place + b) for a, b in ((-3, 0), (0, -3), (3, 0), (0, 3))], colour)


def cells(
    plate: Plate,
    x: float,
    y: float,
    rows: Sequence[Sequence[str]],
    size: tuple[float, float],
    tones: Sequence[Sequence[Tone]] | Tone = GREY,
    *,
    text: float = TEXT,
    bold: bool = False,
) -> None:
    """Draw a matrix of boxes, with words where there are any.

    Args:
        x, y: its upper left corner.
        rows: the words of each cell, in the plate's markup.
        size: width and height of a cell.
        tones: one for all, or one for each cell.
        text, bold: the words' size and weight.
    """
    w, h = size
    for row, line in enumerate(rows):
        for column, words in enumerate(line):
            tone = tones if isinstance(tones, Tone) else tones[row][column]
            at = (x + column * w, y + row * h)
            plate.box(*at, w, h, words, tone, size=text, bold=bold, rounded=3, thick=2)


def axes(plate: Plate, x: float, y: float, w: float, h: float, across: str, up: str = "") -> None:
    """Draw a horizontal and a vertical axis that meet in x, y, with the words of each.

    Args:
        w, h: how far they reach to the right and upwards.
        across: stands below the horizontal axis, at its end.
        up: stands at the upper end of the vertical one; without words it is not drawn.
    """
    if up:
        plate.arrow((x, y), (x, y - h), colour=INK)
        plate.text(x - 8, y - h - 22, up, anchor="start", colour=QUIET)
    plate.arrow((x, y), (x + w, y), colour=INK)
    plate.text(x + w, y + 26, across, anchor="end", colour=QUIET)


def parentheses(plate: Plate, left: float, right: float, top: float, bottom: float) -> None:
    """Draw a pair of parentheses as high as a matrix."""
    for x, out in ((left, -14), (right, 14)):
        steps = [step / 12 for step in range(13)]
        plate.line(*((x + out * 4 * t * (1 - t), top + t * (bottom - top)) for t in steps))


def padlock(plate: Plate, x: float, y: float, colour: str) -> None:
    """Draw a closed padlock around x, y, 24 units wide and 32 high."""
    shackle = ((-7, 2), (-7, -16), (7, -16), (7, 2))
    plate.line(*((x + a, y + b) for a, b in shackle), colour=colour, thick=4, bend=8)
    body = ((-12, -3), (12, -3), (12, 15), (-12, 15))
    plate.area([(x + a, y + b) for a, b in body], colour)


def cross(plate: Plate, x: float, y: float, reach: float, colour: str, thick: float = 4) -> None:
    """Draw a cross that strikes out what is at x, y."""
    plate.line((x - reach, y - reach), (x + reach, y + reach), colour=colour, thick=thick)
    plate.line((x - reach, y + reach), (x + reach, y - reach), colour=colour, thick=thick)
