"""Draw grey scenes of shapes whose boxes, classes and masks are known.

They are data for object detection and for segmentation.

Nothing is stored: `draw_scenes` draws some thousand scenes in a few seconds, and the same seed
gives the same arrays. The process is the code of this file; the data card in README.md says it in
words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CLASSES = ("circle", "square", "triangle", "cross")
SIDE = 48  # pixels: a scene is square
FEWEST_PIXELS = 12  # an object of which less can be seen is not drawn
TRIES = 40  # how often a place is sought for an object before it is left out
CHUNK = 500  # scenes drawn at once, to keep memory small


@dataclass(frozen=True)
class Scenes:
    """Scenes and their truth.

    Objects of all scenes stand in one list, ordered by scene and, in a scene, from the lowest to
    the topmost.

    Attributes:
        images: grey values, float32 of shape (n, SIDE, SIDE), from 0 to 1.
        masks: class of each pixel, uint8 of shape (n, SIDE, SIDE): 0 background, k + 1 for
            CLASSES[k].
        owners: object of each pixel, uint8 of shape (n, SIDE, SIDE): 0 background, i + 1 for the
            i-th object of the scene.
        scene: number of the scene of each object, int of shape (k,).
        boxes: float of shape (k, 4): xmin, ymin, xmax, ymax in pixels, the edges of the smallest
            rectangle around the VISIBLE pixels.
        classes: index in CLASSES, int of shape (k,).
        sizes: diameter of the circle around the whole shape, in pixels, float of shape (k,).
        visible: share of the shape's pixels that no later shape covers, float of shape (k,).
    """

    images: np.ndarray
    masks: np.ndarray
    owners: np.ndarray
    scene: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray
    sizes: np.ndarray
    visible: np.ndarray


def gauge(u: np.ndarray, v: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Return how large a shape of each kind, centred at 0, must be to reach the point (u, v).

    That is its circumscribed radius, in pixels.
    """
    a, b = np.abs(u), np.abs(v)
    long, short = np.maximum(a, b), np.minimum(a, b)
    reach = (
        np.sqrt(u * u + v * v),
        np.float32(2**0.5) * long,
        2 * np.maximum(v, np.float32(0.75**0.5) * a - v / 2),
        np.maximum(
            long / np.float32(0.95), short / np.float32(0.31)
        ),  # arms 0.95 r long and 0.62 r wide: corners at distance r
    )
    return np.choose(kind, reach)


def draw_scenes(
    n: int,
    seed: int,
    sizes: tuple[float, float] = (14.0, 26.0),
    objects: tuple[int, int] = (1, 4),
    hidden: float = 0.2,
    turn: float = 20.0,
) -> Scenes:
    """Draw n scenes.

    Args:
        n: how many scenes, at least 1.
        seed: of all random numbers, a whole number from 0.
        sizes: smallest and largest diameter of the circle around a shape, in pixels, within 5 and
            SIDE; drawn uniformly.
        objects: smallest and largest number of objects in a scene, within 1 and 20; fewer if no
            place is found for one.
        hidden: largest share of a shape's pixels that later shapes may cover, from 0 (no shape
            touches another's pixels) to 0.9.
        turn: largest angle by which a shape is turned from its upright position, either way, in
            degrees, from 0 to 180.

    Raises:
        ValueError: an argument is outside its range.
    """
    _check(n, seed, sizes, objects, hidden, turn)
    streams = np.random.SeedSequence(seed).spawn(-(-n // CHUNK))
    parts = [
        _draw_chunk(
            min(CHUNK, n - i * CHUNK), np.random.default_rng(s), sizes, objects, hidden, turn
        )
        for i, s in enumerate(streams)
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    columns[3] = columns[3] + np.repeat(
        np.arange(len(parts)) * CHUNK, [len(part[3]) for part in parts]
    )
    return Scenes(*columns)


def _check(n, seed, sizes, objects, hidden, turn) -> None:
    """ValueError with one sentence if an argument of `draw_scenes` is not as it says."""
    whole = (int, np.integer)
    if not isinstance(n, whole) or n < 1:
        raise ValueError(f"draw_scenes needs n, a whole number of scenes from 1; got {n!r}.")
    if not isinstance(seed, whole) or seed < 0:
        raise ValueError(f"draw_scenes needs a seed that is a whole number from 0; got {seed!r}.")
    if len(sizes) != 2 or not 5 <= sizes[0] <= sizes[1] <= SIDE:
        raise ValueError(
            f"draw_scenes needs sizes (smallest, largest) in pixels within 5 and {SIDE}; got "
            f"{sizes!r}."
        )
    if (
        len(objects) != 2
        or not all(isinstance(k, whole) for k in objects)
        or not 1 <= objects[0] <= objects[1] <= 20
    ):
        raise ValueError(
            "draw_scenes needs objects (fewest, most), whole numbers within 1 and 20; got "
            f"{objects!r}."
        )
    if not 0 <= hidden <= 0.9:
        raise ValueError(f"draw_scenes needs hidden, a share from 0 to 0.9; got {hidden!r}.")
    if not 0 <= turn <= 180:
        raise ValueError(f"draw_scenes needs turn, an angle from 0 to 180 degrees; got {turn!r}.")


def _draw_chunk(n, rng, sizes, objects, hidden, turn) -> tuple[np.ndarray, ...]:
    """Draw n scenes at once and return the columns of Scenes, scenes numbered from 0."""
    images, wanted = _backgrounds(n, rng), rng.integers(objects[0], objects[1] + 1, n)
    owners, count, full = (
        np.zeros((n, SIDE, SIDE), np.uint8),
        np.zeros(n, int),
        np.zeros((n, objects[1]), int),
    )
    kinds, diameters = np.zeros((n, objects[1]), int), np.zeros((n, objects[1]))
    for slot in range(objects[1]):
        open_ = np.flatnonzero(wanted > slot)
        for _ in range(TRIES):
            if not len(open_):
                break
            kind, diameter, reach, turned = _draw_shapes(len(open_), rng, sizes, turn)
            inside = reach <= 0
            good = _leaves_enough(owners[open_], inside, full[open_], hidden)
            rows, inside, reach, turned = open_[good], inside[good], reach[good], turned[good]
            images[rows] = _paint(images[rows], reach, turned, rng)
            full[rows, count[rows]], kinds[rows, count[rows]], diameters[rows, count[rows]] = (
                inside.sum(axis=(1, 2)),
                kind[good],
                diameter[good],
            )
            count[rows] += 1
            owners[rows] = np.where(inside, count[rows, None, None], owners[rows])
            open_ = open_[~good]
    noise = rng.uniform(0.02, 0.06, (n, 1, 1)) * rng.standard_normal((n, SIDE, SIDE))
    images = np.clip(images + noise, 0, 1).astype(np.float32)
    return (images, *_truth(owners, count, kinds, diameters, full))


def _backgrounds(n, rng) -> np.ndarray:
    """Return n uneven backgrounds: a grey level, light from a side, soft clouds, faint stripes."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
    level, angle, slope = (
        rng.uniform(0.3, 0.7, (n, 1, 1)),
        rng.uniform(0, 2 * np.pi, (n, 1, 1)),
        rng.uniform(0, 0.3, (n, 1, 1)),
    )
    light = slope * (np.cos(angle) * x + np.sin(angle) * y)
    knots = np.linspace(0, 5, SIDE)[:, None] - np.arange(6)
    smooth = np.maximum(0, 1 - np.abs(knots))  # linear interpolation between 6 x 6 random values
    clouds = rng.uniform(0, 0.08, (n, 1, 1)) * (smooth @ rng.standard_normal((n, 6, 6)) @ smooth.T)
    return level + light + clouds + _stripes(x * SIDE, y * SIDE, rng, n, 0.06)


def _stripes(u, v, rng, n, strongest) -> np.ndarray:
    """Return waves of random direction, length (4 to 12 pixels) and strength over points (u, v)."""
    angle, wave, phase = (
        rng.uniform(0, np.pi, (n, 1, 1)),
        2 * np.pi / rng.uniform(4, 12, (n, 1, 1)),
        rng.uniform(0, 2 * np.pi, (n, 1, 1)),
    )
    return rng.uniform(0, strongest, (n, 1, 1)) * np.sin(
        wave * (np.cos(angle) * u + np.sin(angle) * v) + phase
    )


def _draw_shapes(n, rng, sizes, turn) -> tuple[np.ndarray, ...]:
    """Draw n shapes, each wholly within its scene.

    Returns:
        Kind, diameter, distance to the edge by pixel (negative inside), coordinates by pixel.
    """
    kind, diameter = rng.integers(0, len(CLASSES), n), rng.uniform(*sizes, n)
    centre = diameter[:, None] / 2 + rng.random((n, 2)) * (SIDE - diameter[:, None])
    angle = np.deg2rad(rng.uniform(-turn, turn, n))
    pixels = np.arange(SIDE, dtype=np.float32) + np.float32(0.5)
    x, y = (pixels - centre.astype(np.float32)[:, i : i + 1] for i in (0, 1))
    x, y = x[:, None, :], y[:, :, None]
    c, s = (f(angle).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    u, v = c * x + s * y, c * y - s * x
    reach = gauge(u, v, kind[:, None, None]) - (diameter / 2).astype(np.float32)[:, None, None]
    return kind, diameter, reach, np.stack([u, v], axis=1)


def _leaves_enough(owners, inside, full, hidden) -> np.ndarray:
    """Tell for each scene whether a new shape is visible and does not hide others too much.

    It may cover at most the allowed share of every earlier one.
    """
    good = inside.sum(axis=(1, 2)) >= FEWEST_PIXELS
    for i in range(full.shape[1]):
        left = ((owners == i + 1) & ~inside).sum(axis=(1, 2))
        good &= (full[:, i] == 0) | ((left >= (1 - hidden) * full[:, i]) & (left >= FEWEST_PIXELS))
    return good


def _paint(images, reach, turned, rng) -> np.ndarray:
    """Return the images with one striped shape each, with soft edges.

    It is brighter or darker than what lies behind its middle.
    """
    n = len(images)
    cover = np.clip(0.5 - reach, 0, 1)
    behind = (images * cover).sum(axis=(1, 2), keepdims=True) / np.maximum(
        cover.sum(axis=(1, 2), keepdims=True), 1e-6
    )
    contrast = rng.uniform(0.3, 0.55, (n, 1, 1)) * rng.choice([-1, 1], (n, 1, 1))
    contrast = np.where(
        (behind + contrast < 0.05) | (behind + contrast > 0.95), -contrast, contrast
    )
    own = behind + contrast + _stripes(turned[:, 0], turned[:, 1], rng, n, 0.08)
    return images + cover * (own - images)


def _truth(owners, count, kinds, diameters, full) -> tuple[np.ndarray, ...]:
    """Return masks, owners, and the list of objects, from what is visible."""
    slot = np.arange(full.shape[1])
    scene, number = np.nonzero(slot < count[:, None])
    seen = owners[scene] == number[:, None, None] + 1
    across, down = seen.any(axis=1), seen.any(axis=2)
    edges = [
        across.argmax(axis=1),
        down.argmax(axis=1),
        SIDE - across[:, ::-1].argmax(axis=1),
        SIDE - down[:, ::-1].argmax(axis=1),
    ]
    of_owner = np.concatenate([np.zeros((len(count), 1), int), kinds + 1], axis=1)
    masks = (
        np.take_along_axis(of_owner, owners.reshape(len(count), -1).astype(int), axis=1)
        .reshape(owners.shape)
        .astype(np.uint8)
    )
    visible = seen.sum(axis=(1, 2)) / full[scene, number]
    return (
        masks,
        owners,
        scene,
        np.stack(edges, axis=1).astype(float),
        kinds[scene, number],
        diameters[scene, number],
        visible,
    )
