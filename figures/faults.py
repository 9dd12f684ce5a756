"""What makes a schematic hard to read or unsafe to show, as far as it can be measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from figures.colours import CONTRAST, contrast
from figures.words import ROOM, Run, run_width

Point = tuple[float, float]
Area = tuple[float, float, float, float]  # left, top, right, bottom

SVG = "{http://www.w3.org/2000/svg}"
# What a plate is made of. Everything else (scripts, styles, images, links) is refused.
TAGS = {"svg", "title", "desc", "rect", "circle", "polyline", "polygon", "text", "tspan"}
PHONE = 390  # pixels, the width of a phone
SMALLEST = 9.0  # pixels, the smallest letters there
BYTES = 60_000


@dataclass(frozen=True)
class Words:
    """One line of text: what it says, where it stands, how it looks.

    Attributes:
        text: what it says.
        area: the rectangle of its letters, in DejaVu.
        wide: the same in a font that is wider by ROOM.
        size: of its smallest letters, in units.
        colour: #RRGGBB.
        order: how many elements were drawn before.
    """

    text: str
    area: Area
    wide: Area
    size: float
    colour: str
    order: int


def faults(svg: str) -> list[str]:
    """Return a sentence for each fault of a schematic, given as the text of its file."""
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        return [f"it is no XML: {error}."]
    found = [*_form(root, svg), *_told(root)]
    if found:  # what follows relies on a sound form
        return found
    *_, width, height = (float(value) for value in root.get("viewBox").split())
    elements = list(root)
    words = [
        _words(element, order)
        for order, element in enumerate(elements)
        if element.tag == f"{SVG}text"
    ]
    for one in words:
        found += _place(one, elements, (0, 0, width, height))
        pixels = one.size * PHONE / width
        if pixels < SMALLEST:
            found.append(f"{one.text!r} is {pixels:.1f} pixels high on a phone.")
    found += [
        f"{a.text!r} and {b.text!r} overlap."
        for place, a in enumerate(words)
        for b in words[:place]
        if _overlap(a.wide, b.wide)
    ]
    return found


def _form(root: ElementTree.Element, svg: str) -> Iterator[str]:
    """Yield what is wrong with the file itself."""
    if len(svg.encode()) >= BYTES:
        yield f"it has {len(svg.encode()):,} bytes, {BYTES:,} or more."
    if root.tag != f"{SVG}svg" or not re.fullmatch(r"0 0 \d+ \d+", root.get("viewBox", "")):
        yield "it is no svg element with a viewBox that begins with 0 0."
    for element in root.iter():
        tag = element.tag.removeprefix(SVG)
        if tag not in TAGS:
            yield f"it has an element {tag}."
        for key, value in element.attrib.items():
            if "href" in key or key.startswith("on") or re.search(r"url\(|:", value):
                yield f"{key}={value!r} refers to something outside, or runs."


def _told(root: ElementTree.Element) -> Iterator[str]:
    """Yield what somebody who cannot see the picture would lack."""
    named = {element.get("id"): element for element in root}
    ids = root.get("aria-labelledby", "").split()
    tags = [named[key].tag.removeprefix(SVG) for key in ids if key in named]
    if root.get("role") != "img" or tags != ["title", "desc"]:
        yield "it needs role='img', a title and a desc, and aria-labelledby with their ids."
        return
    title, description = (named[key].text or "" for key in ids)
    if not title.strip():
        yield "its title is empty."
    if len(description.split()) < 5 or not re.fullmatch(r"[^.].*\.", description):
        yield "its desc is no sentence of five words or more that ends in a full stop."
    elif re.search(r"\.\s", description) or "]" in description:
        yield "its desc is more than one sentence, or holds a bracket, which ends alternative text."


# --- Text and what lies around it -----------------------------------------------------------------


def _words(element: ElementTree.Element, order: int) -> Words:
    """Return what a text element says, and where."""
    size, length, smallest = float(element.get("font-size")), 0.0, float("inf")
    for span in element:
        own = float(span.get("font-size", size))
        family = span.get("font-family", element.get("font-family"))
        bold, italic = span.get("font-weight") == "bold", span.get("font-style") == "italic"
        length += run_width(Run(span.text, family, own, bold, italic))
        smallest = min(smallest, own)
    x, y = float(element.get("x")), float(element.get("y"))
    before = {"start": 0, "middle": 0.5, "end": 1}[element.get("text-anchor")]
    turned = element.get("transform") is not None
    low, high = size * 0.76, size * 0.2
    areas = []
    for wide in (length, length * ROOM):
        left, right = -wide * before, wide * (1 - before)
        middle = y - 0.36 * size  # what turned text turns around
        areas.append(
            (x - low + 0.36 * size, middle - right, x + high + 0.36 * size, middle - left)
            if turned
            else (x + left, y - low, x + right, y + high)
        )
    return Words("".join(element.itertext()), *areas, smallest, element.get("fill"), order)


def _place(words: Words, elements: list[ElementTree.Element], plate: Area) -> Iterator[str]:
    """Yield what is wrong with where a text stands: border, box, lines, colour behind it."""
    if not _within(words.wide, plate, 8):
        yield f"{words.text!r} comes too near to the border of the plate."
    left, top, right, bottom = words.area
    middle = (left + right) / 2, (top + bottom) / 2
    under = [
        order
        for order, element in enumerate(elements)
        if order < words.order and element.get("fill", "none") != "none" and _holds(element, middle)
    ]
    if not under:
        yield f"{words.text!r} stands on nothing."
        return
    behind = elements[under[-1]]
    if behind.tag != f"{SVG}polygon" and not _fits(words.wide, behind):
        yield f"{words.text!r} does not fit into its shape."
    ratio = contrast(words.colour, behind.get("fill"))
    if ratio < CONTRAST:
        yield f"{words.text!r} has a contrast of {ratio:.1f} to what is behind it."
    for order, element in enumerate(elements):
        if order > under[-1] and element.tag == f"{SVG}polyline":
            points = _points(element)
            if any(_crosses(a, b, words.area) for a, b in zip(points, points[1:], strict=False)):
                yield f"{words.text!r} is crossed by a line."
        elif order > words.order and element.get("fill", "none") != "none":
            if element.tag != f"{SVG}text" and _holds(element, middle):
                yield f"{words.text!r} is covered."


def _points(element: ElementTree.Element) -> list[Point]:
    """Return the points of a polyline or polygon."""
    pairs = (pair.split(",") for pair in element.get("points").split())
    return [(float(x), float(y)) for x, y in pairs]


def _area(element: ElementTree.Element) -> Area:
    """Return the rectangle of a rect."""
    x, y, w, h = (float(element.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + w, y + h


def _circle(element: ElementTree.Element) -> tuple[float, float, float]:
    """Return the centre and the radius of a circle."""
    return tuple(float(element.get(key)) for key in ("cx", "cy", "r"))


def _holds(element: ElementTree.Element, point: Point) -> bool:
    """Say whether a point lies in a shape."""
    x, y = point
    tag = element.tag.removeprefix(SVG)
    if tag == "rect":
        left, top, right, bottom = _area(element)
        return left <= x <= right and top <= y <= bottom
    if tag == "circle":
        a, b, r = _circle(element)
        return (x - a) ** 2 + (y - b) ** 2 <= r**2
    if tag != "polygon":
        return False
    inside, points = False, _points(element)
    for (a, b), (c, d) in zip(points, [*points[1:], points[0]], strict=True):
        if (b > y) != (d > y) and x < a + (y - b) / (d - b) * (c - a):
            inside = not inside
    return inside


def _fits(area: Area, element: ElementTree.Element) -> bool:
    """Say whether a rectangle lies in a rect or a circle."""
    if element.tag == f"{SVG}rect":
        return _within(area, _area(element), 0)
    x, y, r = _circle(element)
    left, top, right, bottom = area
    return max(x - left, right - x) ** 2 + max(y - top, bottom - y) ** 2 <= r**2


def _within(area: Area, outer: Area, margin: float) -> bool:
    """Say whether a rectangle lies in another one, a margin away from its sides."""
    return all(a >= b + margin for a, b in zip(area[:2], outer[:2], strict=True)) and all(
        a <= b - margin for a, b in zip(area[2:], outer[2:], strict=True)
    )


def _overlap(one: Area, other: Area) -> bool:
    """Say whether two rectangles overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _crosses(a: Point, b: Point, area: Area) -> bool:
    """Say whether a straight line passes through a rectangle (Liang and Barsky's clipping)."""
    start, end = 0.0, 1.0
    for axis in (0, 1):
        step = b[axis] - a[axis]
        low, high = area[axis] - a[axis], area[axis + 2] - a[axis]
        if step == 0:
            if low > 0 or high < 0:
                return False
            continue
        near, far = sorted((low / step, high / step))
        start, end = max(start, near), min(end, far)
    return start < end
