"""The scores of Part2_CNN/3-detection_and_segmentation.ipynb, on cases computed by hand."""

import functools

import numpy as np
import pytest

from tools.notebooks import take

NAMES = (
    *("Boxes", "iou", "suppress", "suppress_all", "match", "average_precision", "ap_by_class"),
    *("pixel_confusion", "iou_and_dice", "encode", "decode", "mirror", "otsu"),
)


@functools.cache
def space():
    """Return what the notebook defines; it imports Keras, so not while tests are collected."""
    return take("Part2_CNN/3-detection_and_segmentation.ipynb", *NAMES)


def boxes(*rows):
    """Return Boxes from rows (scene, kind, score, xmin, ymin, xmax, ymax)."""
    table = np.array(rows, float).reshape(-1, 7)
    return space()["Boxes"](
        table[:, 0].astype(int), table[:, 3:], table[:, 1].astype(int), table[:, 2]
    )


def test_iou_by_hand():
    one = np.array([[0.0, 0, 4, 4]])
    for other, value in {
        (0, 0, 4, 4): 1,
        (2, 0, 6, 4): 8 / 24,  # moved by half its width
        (2, 2, 6, 6): 4 / 28,  # and by half its height
        (1, 1, 3, 3): 4 / 16,  # inside
        (4, 0, 8, 4): 0,  # touches an edge
        (9, 9, 12, 12): 0,  # apart in both directions: two negative sides are no area
        (-2, -2, 6, 6): 16 / 64,  # around it
    }.items():
        assert space()["iou"](one, np.array([other], float))[0, 0] == pytest.approx(value), other
    a, b = (
        np.array([[0.0, 0, 4, 4], [0, 0, 2, 2], [5, 5, 6, 9]]),
        np.array([[0.0, 0, 2, 2], [5, 5, 6, 9]]),
    )
    assert space()["iou"](a, b) == pytest.approx(np.array([[1 / 4, 0], [1, 0], [0, 1]]))
    assert space()["iou"](a, np.zeros((0, 4))).shape == (3, 0)


def test_suppression_by_hand():
    # Neighbours in the row: IoU 8/12; first and third: 6/14
    corners = np.array([[0.0, 0, 10, 10], [2, 0, 12, 10], [4, 0, 14, 10], [30, 0, 40, 10]])
    score = np.array([0.9, 0.8, 0.7, 0.6])
    # The second falls to the first, and does not take the third with it
    assert space()["suppress"](corners, score, 0.5).tolist() == [
        0,
        2,
        3,
    ]
    assert space()["suppress"](corners, score, 0.4).tolist() == [0, 3]
    assert space()["suppress"](corners, score, 0.7).tolist() == [0, 1, 2, 3]
    assert space()["suppress"](corners, score[::-1], 0.5).tolist() == [3, 2, 0]  # best first
    assert space()["suppress"](corners[:0], score[:0]).tolist() == []


def test_suppression_only_within_a_class_of_a_scene():
    same = (0, 0, 10, 10)
    found = boxes((0, 0, 0.9, *same), (0, 0, 0.8, *same), (0, 1, 0.7, *same), (1, 0, 0.6, *same))
    assert sorted(space()["suppress_all"](found).score) == [0.6, 0.7, 0.9]
    assert len(space()["suppress_all"](boxes()).score) == 0


def test_matching_takes_an_object_once_and_the_best_score_first():
    truth = boxes(
        (0, 0, 1, 0, 0, 10, 10),
        (0, 0, 1, 20, 0, 30, 10),
        (0, 1, 1, 40, 0, 50, 10),
        (1, 0, 1, 0, 0, 10, 10),
    )
    found = boxes(
        (0, 0, 0.5, 0, 0, 10, 10),  # fits exactly, but a better score took the object
        (0, 0, 0.9, 0, 0, 10, 8),  # IoU 0.8 with object 0
        (0, 0, 0.8, 20, 0, 30, 5),  # IoU exactly 0.5 with object 1
        (0, 0, 0.7, 40, 0, 50, 10),  # right place, wrong class
        (1, 0, 0.6, 20, 0, 30, 10),  # right place, wrong scene
        (2, 0, 0.9, 0, 0, 10, 10),  # a scene without objects
    )
    assert space()["match"](found, truth).tolist() == [-1, 0, 1, -1, -1, -1]
    assert space()["match"](found, truth, least=0.6).tolist() == [-1, 0, -1, -1, -1, -1]


def test_a_second_box_may_take_the_next_object():
    """Two objects close together: the box with the lower score goes to the object that is left, if
    it overlaps that one enough."""
    truth = boxes((0, 0, 1, 0, 0, 10, 10), (0, 0, 1, 3, 0, 13, 10))
    # The second: IoU 9/11 with object 0, 8/12 with object 1
    found = boxes((0, 0, 0.9, 0, 0, 10, 10), (0, 0, 0.8, 1, 0, 11, 10))
    assert space()["match"](found, truth).tolist() == [0, 1]


@pytest.mark.parametrize(
    "hits, objects, value",
    [
        ([1, 1], 2, 1),
        ([1, 0, 1, 0], 3, 1 / 3 * 1 + 1 / 3 * 2 / 3),
        ([0, 1], 1, 1 / 2),
        ([0, 0], 2, 0),
        ([], 2, 0),
        ([1], 4, 1 / 4),
        ([0, 1, 1, 1], 3, 3 / 4),  # precision 0, 1/2, 2/3, 3/4: the envelope is 3/4 from the start
        ([1, 0, 0, 1, 1], 3, 1 / 3 + 2 / 3 * 3 / 5),  # precision 1, 1/2, 1/3, 2/4, 3/5
    ],
)
def test_average_precision_by_hand(hits, objects, value):
    score = np.linspace(0.9, 0.1, len(hits))
    assert space()["average_precision"](np.array(hits), score, objects) == pytest.approx(value)
    # The order of the list plays no part, only the score
    mixed = np.random.default_rng(0).permutation(len(hits))
    assert space()["average_precision"](
        np.array(hits, int)[mixed], score[mixed], objects
    ) == pytest.approx(value)


def test_weights_are_repetitions():
    """A scene with weight 2 counts as if it were there twice; one with weight 0 as if it were not
    there."""
    rng = np.random.default_rng(1)
    found = boxes(
        *[
            (s, k, rng.random(), x, 0, x + 10, 10)
            for s in range(4)
            for k in range(2)
            for x in (0, 4, 30)
        ]
    )
    truth = boxes(
        *[(s, k, 1, x, 0, x + 10, 10) for s in range(4) for k in range(2) for x in (1, 60)]
    )
    times = np.array([2, 0, 1, 3])

    def repeated(b):
        rows = [np.flatnonzero(b.scene == s) for s in np.repeat(np.arange(4), times)]
        number = np.repeat(np.arange(times.sum()), [len(r) for r in rows])
        return space()["Boxes"](*(column[np.concatenate(rows)] for column in b))._replace(
            scene=number
        )

    weighted = space()["ap_by_class"](found, truth, space()["match"](found, truth), times)
    literal = space()["ap_by_class"](
        repeated(found), repeated(truth), space()["match"](repeated(found), repeated(truth))
    )
    assert weighted == pytest.approx(literal) and 0 < weighted.min() < 1


def test_map_is_by_class():
    truth = boxes((0, 0, 1, 0, 0, 10, 10), (0, 1, 1, 20, 0, 30, 10), (0, 2, 1, 40, 0, 50, 10))
    found = boxes((0, 0, 0.9, 0, 0, 10, 10), (0, 1, 0.8, 0, 0, 10, 10), (0, 1, 0.7, 20, 0, 30, 10))
    assert space()["ap_by_class"](
        found, truth, space()["match"](found, truth)
    ).tolist() == pytest.approx([1, 0.5, 0])


def test_iou_and_dice_of_masks_by_hand():
    true = np.array([[[1, 1, 1, 0], [0, 0, 2, 2]], [[0, 0, 0, 0], [0, 0, 0, 1]]])
    found = np.array([[[1, 0, 0, 1], [0, 0, 2, 0]], [[0, 0, 0, 0], [0, 0, 0, 1]]])
    confusion = space()["pixel_confusion"](true, found, 4)
    assert confusion.shape == (2, 4, 4) and confusion.sum() == 16
    assert confusion[0].tolist() == [[2, 1, 0, 0], [2, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    iou, dice = space()["iou_and_dice"](confusion.sum(axis=0))
    assert iou == pytest.approx([9 / 13, 2 / 5, 1 / 2, 0]) and dice == pytest.approx(
        [18 / 22, 4 / 7, 2 / 3, 0]
    )


def test_encoding_by_hand():
    """One object of 8 x 16 pixels whose centre is that of the cell in row 1, column 2: the anchor
    has 16 pixels, so its width is half an anchor."""
    target = space()["encode"](boxes((0, 1, 1, 16, 4, 24, 20)), 1, (3, 4), 3)
    assert target.shape == (1, 3, 4, 8) and target[..., 0].sum() == 1
    assert target[0, 1, 2] == pytest.approx([1, 0, 0, np.log(0.5), 0, 0, 1, 0])
    # Centre (22, 14), two pixels off: four cells answer
    target = space()["encode"](boxes((0, 0, 1, 18, 10, 26, 18)), 1, (3, 4), 3)
    assert target[0, ..., 0].tolist() == [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    assert target[0, 1, 2, 1:3] == pytest.approx([0.25, 0.25]) and target[
        0, 2, 3, 1:3
    ] == pytest.approx([-0.75, -0.75])


def test_of_two_objects_the_nearer_one_gets_the_cell():
    # Centres (21, 12) and (23, 12); cell centres at x = 20 and 28
    near, far = (
        (0, 0, 1, 17, 8, 25, 16),
        (0, 1, 1, 19, 8, 27, 16),
    )
    for order in ((near, far), (far, near)):
        target = space()["encode"](boxes(*order), 1, (3, 4), 2)
        assert target[0, 1, 2, 5:].tolist() == [1, 0] and target[0, 1, 3, 5:].tolist() == [0, 1]


def test_decoding_undoes_encoding():
    truth = boxes((0, 2, 1, 3, 5, 20, 17), (1, 0, 1, 8.5, 1, 22, 23), (1, 1, 1, 24, 10, 31, 20))
    target = space()["encode"](truth, 2, (3, 4), 3)
    target[..., 0], target[..., 5:] = 40 * target[..., 0] - 20, 40 * target[..., 5:]
    found = space()["decode"](target)
    assert len(found.score) == 3 and found.score.min() > 0.99
    assert found.scene.tolist() == [0, 1, 1] and found.kind.tolist() == [2, 0, 1]
    assert found.corners == pytest.approx(truth.corners, abs=1e-4)


def test_mirroring_moves_the_box_with_the_picture():
    mirrored = space()["mirror"](boxes((0, 0, 1, 2, 3, 10, 9)), 48)
    assert mirrored.corners.tolist() == [[38, 3, 46, 9]]


def test_otsu_cuts_between_two_heaps():
    values = np.concatenate([np.linspace(0, 0.2, 30), np.linspace(0.6, 1, 70)])
    assert 0.2 <= space()["otsu"](values) <= 0.6
