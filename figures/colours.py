"""The colours of the schematics, and how well they stand out."""

from __future__ import annotations

from dataclasses import dataclass

from helpers import COLOURS

CONTRAST = 4.5  # of text to what is behind it, WCAG 2.1, 1.4.3
CARD, EDGE = "#FDFDFB", "#D5D9DD"
INK, QUIET, FAINT = "#1D2733", "#4F5B66", "#B4BCC4"  # text and lines, from strong to weak
WHITE = "#FFFFFF"


def _channels(colour: str) -> bytes:
    """Return red, green and blue of #RRGGBB, each 0 to 255."""
    return bytes.fromhex(colour.removeprefix("#"))


def mix(colour: str, other: str, share: float) -> str:
    """Return a colour with a share (0 to 1) of another one in it, all as #RRGGBB."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _luminance(colour: str) -> float:
    """Return the relative luminance of #RRGGBB, as WCAG 2.1 defines it."""
    parts = [value / 255 for value in _channels(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True)
class Tone:
    """A colour of the palette in three strengths.

    Attributes:
        line: the colour itself, for outlines and lines.
        tint: pale, for the inside of shapes.
        ink: just dark enough for text on the tint, and for white text on it.
    """

    line: str
    tint: str
    ink: str

    @classmethod
    def of(cls, colour: str) -> Tone:
        """Make the tone of a colour."""
        tint = mix(colour, WHITE, 0.84)
        darker = (mix(colour, "#000000", percent / 100) for percent in range(100))
        return cls(colour, tint, next(c for c in darker if contrast(c, tint) >= CONTRAST))


BLUE, RED, GREEN, PINK, YELLOW = (Tone.of(colour) for colour in COLOURS[:5])
GREY = Tone("#7B8794", "#EEF0F2", INK)
