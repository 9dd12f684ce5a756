"""Render characters of Matplotlib's typefaces, distorted, as pictures in the style of MNIST.

Nothing is stored.

Each character of each typeface becomes a *distance field* once: how far is this point inside the
stroke (positive) or outside (negative)? A picture is a look at such a field through a random
distortion. Adding a number to the distances makes the stroke thicker or thinner.
"""

from __future__ import annotations

import string
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font, LoadFlags
from scipy.ndimage import distance_transform_edt

# A label is a place in this text, so 0-9 are the digits.
CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
# The 22 typefaces that hold all 62 characters: neither symbols nor the typeface of last resort.
FAMILIES = {
    "DejaVu": "Sans Sans-Bold Sans-Oblique Sans-BoldOblique SansMono SansMono-Bold "
    "SansMono-Oblique SansMono-BoldOblique Serif Serif-Bold Serif-Italic Serif-BoldItalic",
    "STIX": "General GeneralBol GeneralItalic GeneralBolIta",
    "cm": "b10 mi10 r10 ss10 ti10 tt10",
}
TYPEFACES = [family + face for family, faces in FAMILIES.items() for face in faces.split()]
FIELD, LONG_SIDE = (
    64,
    40,
)  # points of a distance field along each side, and of the longer side of the character in it
SIZE, BOX = 28, 20  # pixels of a picture, and of the longer side of an undistorted character in it


def _field(font: FT2Font, character: str) -> np.ndarray:
    """Return the distance field of one character, centred.

    It is float32 (FIELD, FIELD), in points, positive inside the stroke.
    """
    size = 100.0
    for _ in range(
        2
    ):  # the first drawing tells how large it is, the second has the size that it should have
        font.set_size(size, 72)
        font.set_text(character, 0.0, flags=LoadFlags.NO_HINTING)
        font.draw_glyphs_to_bitmap(antialiased=True)
        ink = font.get_image() > 127
        size *= 2 * LONG_SIDE / max(np.ptp(np.nonzero(ink), axis=1) + 1)
    rows, columns = (slice(i.min(), i.max() + 1) for i in np.nonzero(ink))
    ink = ink[rows, columns]
    space = 2 * FIELD - np.array(ink.shape)  # drawn twice as large as the field
    ink = np.pad(ink, [(s // 2, s - s // 2) for s in space])
    distance = distance_transform_edt(ink) - distance_transform_edt(~ink)
    return distance.reshape(FIELD, 2, FIELD, 2).mean(axis=(1, 3)).astype("float32") / 2


@lru_cache(maxsize=1)
def _fields() -> np.ndarray:
    """Return all distance fields, the characters of the first typeface first.

    They are float32 (typefaces * characters, FIELD, FIELD).
    """
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    fonts = [FT2Font(str(folder / f"{name}.ttf")) for name in TYPEFACES]
    return np.stack([_field(font, character) for font in fonts for character in CHARACTERS])


def render_glyphs(
    n: int, seed: int, characters: str = CHARACTERS, distorted: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Draw n pictures of random characters of random typefaces.

    Each is turned by up to 15 degrees, slanted, scaled, bent softly, drawn with a pen of random
    width, and put with its centre of mass into the middle, as MNIST's digits are.

    Args:
        n: how many.
        seed: of everything random; the same seed gives the same arrays on a machine.
        characters: which of CHARACTERS are drawn, all equally often but for chance.
        distorted: if false, characters stand as their typeface draws them.

    Returns:
        Pictures, uint8 (n, 28, 28), 0 is paper and 255 is ink; and labels, uint8 (n,), places in
        CHARACTERS.

    Raises:
        ValueError: n is below 1, or a character is not in CHARACTERS.
    """
    unknown = sorted(set(characters) - set(CHARACTERS))
    if n < 1 or unknown or not characters:
        raise ValueError(
            f"render_glyphs draws 1 picture or more of {CHARACTERS}; got n = {n}, characters "
            f"{characters!r}."
        )
    rng = np.random.default_rng(seed)
    labels = np.array([CHARACTERS.index(c) for c in characters])[
        rng.integers(len(characters), size=n)
    ]
    which = rng.integers(len(TYPEFACES), size=n) * len(CHARACTERS) + labels
    pictures = np.empty((n, SIZE, SIZE), np.uint8)
    for start in range(0, n, 2000):  # a few at a time, to need little memory
        part = slice(start, start + 2000)
        pictures[part] = _draw(_fields(), which[part], rng if distorted else None)
    return pictures, labels.astype(np.uint8)


def _draw(fields: np.ndarray, which: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
    """Return pictures of the fields with the numbers `which`, distorted if there is a generator."""
    n = len(which)
    axis = np.arange(SIZE) - (SIZE - 1) / 2
    y, x = (np.broadcast_to(a, (n, SIZE, SIZE)) for a in np.meshgrid(axis, axis, indexing="ij"))
    half_width, thicker = fields[which].max(axis=(1, 2)) * BOX / LONG_SIDE, np.zeros(n)
    if rng:
        y, x = y + _bend(rng, n), x + _bend(rng, n)
        angle, slant = np.radians(rng.uniform(-15, 15, n)), rng.uniform(-0.4, 0.4, n)
        cos, sin, slant, high, wide = (
            v[:, None, None]
            for v in (np.cos(angle), np.sin(angle), slant, *(1 / rng.uniform(0.7, 1.1, (2, n))))
        )
        y, x = high * (cos * y - sin * x), wide * (sin * y + cos * x)
        x = x + slant * y
        thicker = np.maximum(rng.uniform(0.8, 1.9, n) - half_width, -0.25 * half_width)
    distance = (
        _between(fields, which, *(v * LONG_SIDE / BOX + (FIELD - 1) / 2 for v in (y, x)))
        * BOX
        / LONG_SIDE
    )
    ink = np.clip(0.5 + distance + thicker[:, None, None], 0, 1)
    return np.rint(255 * _centred(ink)).astype(np.uint8)


def _bend(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return n smooth random shifts of every pixel, (n, 28, 28), in pixels.

    Each is made of 6 x 6 random numbers, blurred between them.
    """
    near = np.exp(-0.5 * ((np.arange(SIZE)[:, None] - np.linspace(0, SIZE - 1, 6)) / 4) ** 2)
    near /= np.sqrt((near**2).sum(axis=1, keepdims=True))
    return near @ rng.normal(0, 1.3, (n, 6, 6)) @ near.T


def _between(fields: np.ndarray, which: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the values of the fields at places y, x between their points, (n, 28, 28).

    Outside, the value is that of the nearest point.
    """
    y, x = (np.clip(v, 0, FIELD - 1.001) for v in (y, x))
    row, column, k = y.astype(int), x.astype(int), which[:, None, None]
    down, right = y - row, x - column
    above = fields[k, row, column] * (1 - right) + fields[k, row, column + 1] * right
    below = fields[k, row + 1, column] * (1 - right) + fields[k, row + 1, column + 1] * right
    return above * (1 - down) + below * down


def _centred(ink: np.ndarray) -> np.ndarray:
    """Shift each picture by whole pixels, so that its centre of mass lies in the middle."""
    places = np.arange(SIZE)
    total = np.maximum(ink.sum(axis=(1, 2)), 1e-9)
    shifts = [
        np.rint((ink.sum(axis=other) @ places) / total - (SIZE - 1) / 2).astype(int)
        for other in (2, 1)
    ]
    rows, columns = ((places + shift[:, None]) % SIZE for shift in shifts)
    return ink[np.arange(len(ink))[:, None, None], rows[:, :, None], columns[:, None, :]]
