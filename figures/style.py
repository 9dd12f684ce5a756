"""The one style of all schematics: colours, sizes, and what they are drawn with.

A plate is a light card with rounded corners. It has its own background, since the themes of
JupyterLab, VS Code and GitHub do not tell a picture whether their page is light or dark. Every
attribute stands at its element: no style sheet, no script, no reference, so a plate looks the same
wherever SVG is shown, and within a page too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from figures.colours import CARD, EDGE, GREY, INK, QUIET, WHITE, Tone
from figures.geometry import Box, Node, Point, Shape, bent, between
from figures.words import SANS, runs, width

WIDTH = 760  # of most plates, in units; on a phone, 390 pixels wide, a unit is half a pixel
TEXT, HEADING = 25, 29  # sizes of text, in units
SHOWN = 0.75  # pixels a unit where there is room
HEAD = 15  # the length of an arrow's head


def number(value: float) -> str:
    """Write a coordinate: two decimals at most, and never minus zero."""
    return f"{round(value, 2) + 0:g}"


class Plate:
    """A schematic in the making: shapes lie over those that were drawn before them.

    Lengths are in units of the plate, x to the right and y downwards; a text's y is the middle of
    its capitals. A line may have several points.
    """

    def __init__(self, name: str, title: str, description: str, size: tuple[int, int]):
        """Start an empty card.

        Args:
            name: of the file, without its ending.
            title: what the picture is, in a few words.
            description: what it shows, in one sentence; notebooks use it as alternative text.
            size: width and height, in units.
        """
        w, h = size
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {w} {h}",
                "width": number(w * SHOWN),
                "height": number(h * SHOWN),
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-desc",
            },
        )
        for tag, text in (("title", title), ("desc", description)):
            ElementTree.SubElement(self.root, tag, id=f"{name}-{tag}").text = text
        look = {"fill": CARD, "stroke": EDGE, "stroke-width": 2}
        self._add("rect", x=1, y=1, width=w - 2, height=h - 2, rx=22, **look)

    def _add(self, tag: str, **attributes: str | float | None) -> ElementTree.Element:
        """Draw an element; attributes that are None are left out."""
        written = {
            key: value if isinstance(value, str) else number(value)
            for key, value in attributes.items()
            if value is not None
        }
        return ElementTree.SubElement(self.root, tag, written)

    def svg(self) -> str:
        """Return the picture as the text of an SVG file, one element a line."""
        head = ElementTree.tostring(self.root, "unicode").partition(">")[0] + ">"
        lines = [ElementTree.tostring(element, "unicode") for element in self.root]
        return "\n".join([head, *lines, "</svg>", ""])

    # --- Words ------------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = TEXT,
        colour: str = INK,
        anchor: str = "middle",
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """Write words; lines end in a line feed, and lie evenly above and below y.

        Args:
            x, y: where: of x the anchor says whether it is the middle, the start or the end.
            words: in the markup of figures/words.py.
            size, colour, bold: how.
            anchor: "middle", "start" or "end".
            turned: written upwards.
        """
        lines = words.split("\n")
        for place, line in enumerate(lines):
            below = (place - (len(lines) - 1) / 2) * size * 1.3
            self._line_of_text(x, y + below, line, size, colour, anchor, bold, turned)

    def _line_of_text(self, x, y, words, size, colour, anchor, bold, turned) -> None:
        """Write one line; arguments as `text`."""
        turn = f"rotate(-90 {number(x)} {number(y)})" if turned else None
        look = {"font-family": SANS, "font-size": size, "fill": colour, "text-anchor": anchor}
        element = self._add("text", x=x, y=y + 0.36 * size, transform=turn, **look)
        shift = 0.0
        for run in runs(words, size, bold):
            face = {
                "font-family": run.family if run.family != SANS else None,
                "font-size": number(run.size) if run.size != size else None,
                "font-weight": "bold" if run.bold else None,
                "font-style": "italic" if run.italic else None,
                "dy": number(run.shift - shift) if run.shift != shift else None,
            }
            shift = run.shift
            face = {key: value for key, value in face.items() if value is not None}
            ElementTree.SubElement(element, "tspan", face).text = run.text

    def label(self, x: float, y: float, words: str, *, size: float = TEXT, **look) -> None:
        """Write one line of words on a piece of card, which hides the line it stands on."""
        w, h = width(words, size, look.get("bold", False)) + 12, size * 1.16
        self._add("rect", x=x - w / 2, y=y - h / 2, width=w, height=h, rx=6, fill=CARD)
        self.text(x, y, words, size=size, **look)

    # --- Shapes -----------------------------------------------------------------------------------

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        words: str = "",
        tone: Tone = GREY,
        *,
        size: float = TEXT,
        bold: bool = False,
        full: bool = False,
        dashed: bool = False,
        rounded: float = 10,
        thick: float = 2.5,
    ) -> Box:
        """Draw a box with words in its middle, and return it.

        Args:
            x, y, w, h: its upper left corner, width and height.
            words, size, bold: as `text`.
            tone: of outline, inside and words.
            full: filled with the colour itself, words white.
            dashed: outlined by dashes and not filled.
            rounded, thick: the radius of its corners and the width of its outline.
        """
        fill = "none" if dashed else tone.ink if full else tone.tint
        look = {"stroke": tone.ink if full else tone.line, "stroke-width": thick}
        dashes = "8 7" if dashed else None
        place = {"x": x, "y": y, "width": w, "height": h, "rx": rounded}
        self._add("rect", **place, fill=fill, **look, **{"stroke-dasharray": dashes})
        drawn = Box(x, y, w, h)
        if words:
            colour = WHITE if full else tone.ink
            self.text(*drawn.centre, words, size=size, colour=colour, bold=bold)
        return drawn

    def node(
        self,
        x: float,
        y: float,
        r: float,
        words: str = "",
        tone: Tone = GREY,
        *,
        size: float = TEXT,
        bold: bool = False,
        full: bool = False,
        dashed: bool = False,
        thick: float = 2.5,
    ) -> Node:
        """Draw a circle of radius r around x, y, and return it; the rest as `box`."""
        fill = CARD if dashed else tone.ink if full else tone.tint
        look = {"stroke": tone.ink if full else tone.line, "stroke-width": thick}
        dashes = "5 5" if dashed else None
        self._add("circle", cx=x, cy=y, r=r, fill=fill, **look, **{"stroke-dasharray": dashes})
        if words:
            colour = WHITE if full else tone.ink
            self.text(x, y, words, size=size, colour=colour, bold=bold)
        return Node(x, y, r)

    def area(self, points: Iterable[Point], fill: str) -> None:
        """Fill what the points surround."""
        self._add("polygon", points=written(points), fill=fill)

    # --- Lines ------------------------------------------------------------------------------------

    def line(
        self,
        *points: Point,
        colour: str = QUIET,
        thick: float = 3,
        dashed: bool = False,
        bend: float = 0,
    ) -> None:
        """Draw a line through points, its corners rounded with radius `bend`."""
        look = {"stroke": colour, "stroke-width": thick, "stroke-linecap": "round"}
        look |= {"stroke-linejoin": "round", "stroke-dasharray": "2 9" if dashed else None}
        self._add("polyline", points=written(bent(points, bend)), fill="none", **look)

    def arrow(self, *points: Point, colour: str = QUIET, thick: float = 3, **look) -> None:
        """Draw a line with a head at its last point; arguments as `line`."""
        (x, y), (a, b) = points[-2:]
        length = math.dist((x, y), (a, b))
        u, v = (a - x) / length, (b - y) / length
        neck = a - u * HEAD * 0.8, b - v * HEAD * 0.8
        self.line(*points[:-1], neck, colour=colour, thick=thick, **look)
        back, half = (a - u * HEAD, b - v * HEAD), HEAD * 0.48
        wings = [(back[0] - v * half, back[1] + u * half), (back[0] + v * half, back[1] - u * half)]
        self.area([(a, b), *wings], colour)

    def link(self, start: Shape, end: Shape, **look) -> None:
        """Draw an arrow from one shape to another, a small gap before each; looks as `line`."""
        self.arrow(*between(start, end), **look)

    def brace(self, a: Point, b: Point, depth: float = 16, colour: str = QUIET) -> None:
        """Draw a curly brace from a to b; it points to the right of that direction (y is down)."""
        (x, y), length = a, math.dist(a, b)
        u, v = (b[0] - x) / length, (b[1] - y) / length
        half, r = length / 2, depth / 2
        path = [(0, 0), (0, r), (half, r), (half, depth), (half, r), (length, r), (length, 0)]
        points = [(x + u * s - v * t, y + v * s + u * t) for s, t in path]
        tip = points[3]
        self.line(*points[:3], tip, colour=colour, thick=2.5, bend=abs(r))
        self.line(tip, *points[4:], colour=colour, thick=2.5, bend=abs(r))


def written(points: Iterable[Point]) -> str:
    """Write points as SVG does."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


@dataclass(frozen=True)
class Schematic:
    """A picture of the course: its name, its words, and the function that draws it."""

    name: str
    title: str
    description: str
    size: tuple[int, int]
    draw: Callable[[Plate], None]

    def svg(self) -> str:
        """Draw it and return the text of its file."""
        plate = Plate(self.name, self.title, self.description, self.size)
        self.draw(plate)
        return plate.svg()


def schematic(
    title: str, description: str, height: int, width: int = WIDTH
) -> Callable[[Callable[[Plate], None]], Schematic]:
    """Make a schematic of the function below; its name is the name of the file.

    Args:
        title: what the picture is, in a few words.
        description: what it shows, in one sentence that ends in a full stop.
        height, width: of the plate, in units.
    """

    def make(draw: Callable[[Plate], None]) -> Schematic:
        return Schematic(draw.__name__, title, description, (width, height), draw)

    return make
