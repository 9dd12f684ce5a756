"""Words and formulas on a plate: a small markup, and how wide they are in the widest usual font.

    *x*      a symbol, in italics            **x**    a vector or a matrix, bold
    x_1      a subscript, also x_{ij}        x^2      a superscript, also x^{-1}

Each reader's computer sets the text in fonts of its own. So widths are those of DejaVu, wider than
Arial, Helvetica and Times, and ROOM more. The fonts come with Matplotlib.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
from PIL import ImageFont

SANS = "Helvetica, Arial, sans-serif"
SERIF = "'Times New Roman', Times, serif"
ROOM = 1.1  # a font may be this much wider than DejaVu before text leaves its place
SYMBOL = 1.12  # symbols are set larger, since letters with serifs look smaller
SMALL = 0.76  # the size of subscripts and superscripts
BELOW, ABOVE = 0.24, -0.36  # how far they go down, in units of the size
MARKUP = re.compile(
    r"\*\*(?P<bold>[^*]+)\*\*|\*(?P<italic>[^*]+)\*"
    r"|_(?:\{(?P<subs>[^}]+)\}|(?P<sub>.))|\^(?:\{(?P<sups>[^}]+)\}|(?P<sup>.))"
)
FILES = {SANS: "DejaVuSans", SERIF: "DejaVuSerif"}
SLANTED = {SANS: "Oblique", SERIF: "Italic"}


@dataclass(frozen=True)
class Run:
    """A stretch of text in one font.

    Attributes:
        text: what is written.
        family: SANS or SERIF.
        size: in units of the plate.
        bold, italic: the face.
        shift: how far below the line it stands, in units of the plate.
    """

    text: str
    family: str
    size: float
    bold: bool = False
    italic: bool = False
    shift: float = 0.0


def minus(words: str) -> str:
    """Return words with true minus signs."""
    return words.replace("-", "−")


def runs(words: str, size: float, bold: bool = False) -> list[Run]:
    """Return the runs of one line of words.

    Args:
        words: with the markup that the module describes.
        size: of the main text, in units of the plate.
        bold: whether what is no symbol is bold.
    """
    found, end = [], 0
    for match in MARKUP.finditer(words):
        if plain := words[end : match.start()]:
            found.append(Run(plain, SANS, size, bold))
        found.append(_marked(match, size))
        end = match.end()
    if words[end:]:
        found.append(Run(words[end:], SANS, size, bold))
    return found


def _marked(match: re.Match, size: float) -> Run:
    """Return the run of one piece of markup."""
    groups = match.groupdict()
    if text := groups["bold"] or groups["italic"]:
        bold = groups["bold"] is not None
        return Run(text, SERIF, size * SYMBOL, bold, not bold)
    below = groups["subs"] or groups["sub"]
    text = below or groups["sups"] or groups["sup"]
    return Run(text, SERIF, size * SYMBOL * SMALL, shift=size * (BELOW if below else ABOVE))


@cache
def _font(family: str, bold: bool, italic: bool) -> ImageFont.FreeTypeFont:
    """Return the DejaVu font of a face, 1,000 units high."""
    face = ("Bold" if bold else "") + (SLANTED[family] if italic else "")
    name = FILES[family] + (f"-{face}" if face else "")
    path = Path(matplotlib.get_data_path()) / "fonts/ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), 1000, layout_engine=ImageFont.Layout.BASIC)


def run_width(run: Run) -> float:
    """Return the width of a run in DejaVu, in units of the plate."""
    return _font(run.family, run.bold, run.italic).getlength(run.text) * run.size / 1000


def width(words: str, size: float, bold: bool = False) -> float:
    """Return the width that a line of words may take on a reader's screen; arguments as `runs`."""
    return ROOM * sum(run_width(run) for run in runs(words, size, bold))
