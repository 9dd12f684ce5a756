"""The simulated scenes: same arrays for the same seed, boxes, classes and masks that fit, arguments
that do what they say, and a card that tells the truth.
"""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from datasets import simulate_shapes as simulator
from datasets.simulate_shapes import CHUNK, CLASSES, SIDE, draw_scenes, gauge

CARD = Path(simulator.__file__).with_name("README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scenes():
    """More scenes than are drawn at once, with much overlap."""
    return draw_scenes(CHUNK + 40, seed=3, objects=(2, 6), hidden=0.6)


def arrays(scenes):
    """Return the arrays of Scenes by name."""
    return {field.name: getattr(scenes, field.name) for field in fields(scenes)}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (arrays(draw_scenes(60, seed=seed)) for seed in (1, 1, 2))
    for name, array in first.items():
        assert array.dtype == again[name].dtype and array.tobytes() == again[name].tobytes(), name
    assert not np.array_equal(first["images"], other["images"])


def test_shapes_types_and_ranges(scenes):
    n = len(scenes.images)
    assert (
        scenes.images.shape == scenes.masks.shape == scenes.owners.shape == (CHUNK + 40, SIDE, SIDE)
    )
    assert (
        scenes.images.dtype == np.float32 and scenes.masks.dtype == scenes.owners.dtype == np.uint8
    )
    assert scenes.images.min() >= 0 and scenes.images.max() <= 1 and scenes.images.std() > 0.1
    assert (
        len(scenes.scene)
        == len(scenes.boxes)
        == len(scenes.classes)
        == len(scenes.sizes)
        == len(scenes.visible)
    )
    assert (
        (np.diff(scenes.scene) >= 0).all()
        and scenes.scene.min() == 0
        and scenes.scene.max() == n - 1
    )


def test_boxes_enclose_the_visible_pixels_exactly(scenes):
    number = np.arange(len(scenes.scene)) - np.searchsorted(
        scenes.scene, scenes.scene
    )  # of the object in its scene
    for box, scene, i in zip(scenes.boxes, scenes.scene, number, strict=True):
        y, x = np.nonzero(scenes.owners[scene] == i + 1)
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_masks_hold_the_class_of_each_pixels_owner(scenes):
    for scene in range(len(scenes.images)):
        of_owner = np.array([0, *(scenes.classes[scenes.scene == scene] + 1)])
        assert np.array_equal(scenes.masks[scene], of_owner[scenes.owners[scene]])
    assert set(np.unique(scenes.masks)) == set(range(len(CLASSES) + 1))


def test_lone_shapes_are_what_their_class_says():
    """Area and width of the mask of a shape that nothing covers and that stands upright, against
    geometry.
    """
    scenes = draw_scenes(200, seed=5, sizes=(20, 24), objects=(1, 1), turn=0)
    area = {
        "circle": np.pi / 4,
        "square": 1 / 2,
        "triangle": 3 * 3**0.5 / 16,
        "cross": 2 * 0.95 * 0.31 - 0.31**2,
    }  # by the squared diameter
    width = {
        "circle": 1,
        "square": 0.5**0.5,
        "triangle": 0.75**0.5,
        "cross": 0.95,
    }  # by the diameter
    for k, name in enumerate(CLASSES):
        own = scenes.classes == k
        seen = (scenes.masks[scenes.scene[own]] == k + 1).sum(axis=(1, 2))
        assert own.sum() > 20 and np.mean(seen / scenes.sizes[own] ** 2) == pytest.approx(
            area[name], rel=0.03
        ), name
        assert np.mean(
            (scenes.boxes[own, 2] - scenes.boxes[own, 0]) / scenes.sizes[own]
        ) == pytest.approx(width[name], abs=0.04), name
    upward = np.flatnonzero(scenes.classes == CLASSES.index("triangle"))[0]
    rows = (scenes.owners[scenes.scene[upward]] == 1).sum(axis=1)
    assert np.diff(rows[rows > 0]).min() >= 0, "a triangle stands on its side, its tip at the top"


def test_gauge_is_the_radius_of_the_circle_around_a_shape():
    """On a circle of radius 10 the farthest-reaching direction of each shape needs radius 10, and
    no direction less.
    """
    angle = np.linspace(0, 2 * np.pi, 7201)
    for k in range(len(CLASSES)):
        reach = gauge(10 * np.cos(angle), 10 * np.sin(angle), np.full(len(angle), k))
        assert reach.min() == pytest.approx(10, rel=2e-3), CLASSES[k]


def test_what_is_drawn_differs_from_what_lies_behind():
    """A lone shape's mean grey differs from that of the ring around it.

    An object can be seen, and may be brighter or darker.
    """
    scenes = draw_scenes(200, seed=6, objects=(1, 1))
    own = scenes.masks > 0
    inside = (scenes.images * own).sum(axis=(1, 2)) / own.sum(axis=(1, 2))
    outside = (scenes.images * ~own).sum(axis=(1, 2)) / (~own).sum(axis=(1, 2))
    assert (np.abs(inside - outside) > 0.1).mean() > 0.95 and 0.3 < (inside > outside).mean() < 0.7


@pytest.mark.parametrize("hidden", [0, 0.3, 0.8])
def test_hidden_is_kept_and_used(hidden):
    scenes = draw_scenes(300, seed=7, objects=(5, 5), hidden=hidden)
    assert scenes.visible.min() >= 1 - hidden and scenes.visible.max() == 1
    assert scenes.visible.min() < 1 - hidden + 0.05


def test_sizes_and_objects_are_kept():
    scenes = draw_scenes(300, seed=8, sizes=(6, 9), objects=(2, 3))
    assert 6 <= scenes.sizes.min() < 6.2 and 8.8 < scenes.sizes.max() <= 9
    assert set(np.bincount(scenes.scene)) == {2, 3}
    assert ((scenes.boxes[:, 2:] - scenes.boxes[:, :2]).max(axis=1) <= scenes.sizes + 1).all()
    assert scenes.boxes.min() >= 0 and scenes.boxes.max() <= SIDE


def test_nothing_is_drawn_where_nothing_fits():
    scenes = draw_scenes(20, seed=9, sizes=(SIDE, SIDE), objects=(3, 3), hidden=0)
    assert 1 <= np.bincount(scenes.scene).min() and np.bincount(scenes.scene).max() < 3


@pytest.mark.parametrize(
    "wrong, word",
    [
        ({"n": 0}, "n, a whole number"),
        ({"n": 2.5}, "n, a whole number"),
        ({"seed": -1}, "seed"),
        ({"sizes": (3, 10)}, "sizes"),
        ({"sizes": (20, 10)}, "sizes"),
        ({"sizes": (10, SIDE + 1)}, "sizes"),
        ({"objects": (0, 3)}, "objects"),
        ({"objects": (1, 2.5)}, "objects"),
        ({"hidden": 1}, "hidden"),
        ({"hidden": float("nan")}, "hidden"),
        ({"turn": 181}, "turn"),
    ],
)
def test_a_wrong_argument_gives_one_clear_sentence(wrong, word):
    with pytest.raises(ValueError) as caught:
        draw_scenes(**{"n": 3, "seed": 1} | wrong)
    message = str(caught.value)
    assert (
        word in message
        and message.startswith("draw_scenes needs")
        and message.endswith(".")
        and "\n" not in message
    )
    assert repr(next(iter(wrong.values()))) in message


def test_the_card_says_what_the_code_does():
    card = re.search(r"(?ms)^## shapes$(.*?)(?=^## |\Z)", CARD).group(1)
    scenes = draw_scenes(1000, seed=1)
    per_scene = np.bincount(scenes.scene)
    for words in (
        f"{SIDE} x {SIDE} pixels",
        ", ".join(CLASSES),
        "diameter 14 to 26 pixels",
        "one to four objects",
        f"at least {simulator.FEWEST_PIXELS} pixels",
        f"{simulator.TRIES} tries",
        f"{per_scene.mean():.2f} objects in a scene",
        f"{(scenes.masks > 0).mean():.0%} of the pixels".replace("%", " %"),
        f"{(scenes.visible < 1).mean():.0%} of the objects".replace("%", " %"),
    ):
        assert words in card, words
