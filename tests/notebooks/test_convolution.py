"""What Part2_CNN/1-CNN.ipynb writes from scratch, on cases computed by hand, and the fast functions
against the slow ones."""

import numpy as np
import pytest

from tools.notebooks import take


@pytest.fixture(scope="module")
def scratch():
    """Return the notebook's functions by name."""
    return take(
        "Part2_CNN/1-CNN.ipynb",
        "convolve_with_loops",
        "convolve",
        "pad",
        "same_padding",
        "output_size",
        "pool",
        "shift",
    )


def test_a_convolution_by_hand(scratch):
    x = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, ..., None]
    # The pixel, less twice the one below to the right
    kernel = np.array([[1.0, 0], [0, -2]])[..., None, None]
    expected = [[1 - 10, 2 - 12], [4 - 16, 5 - 18]]
    for way in ("convolve_with_loops", "convolve"):
        assert scratch[way](x, kernel)[0, ..., 0].tolist() == expected
    assert scratch["convolve"](x, kernel, bias=100.0)[0, 0, 0, 0] == 91


@pytest.mark.parametrize(
    "stride, padding, dilation", [(1, 0, 1), (2, 1, 1), (3, 2, 1), (1, 3, 2), (2, 2, 3)]
)
def test_im2col_equals_the_loops_with_stride_padding_and_dilation(
    scratch, stride, padding, dilation
):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=(2, 9, 12, 3)), rng.normal(size=(3, 3, 3, 4))
    spread = np.zeros((2 * dilation + 1, 2 * dilation + 1, 3, 4))
    spread[::dilation, ::dilation] = kernel
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    expected = scratch["convolve_with_loops"](padded, spread)[:, ::stride, ::stride]
    ours = scratch["convolve"](x, kernel, stride=stride, padding=padding, dilation=dilation)
    np.testing.assert_allclose(ours, expected, atol=1e-12)
    assert ours.shape[1:3] == tuple(
        scratch["output_size"](n, 3, stride, padding, dilation) for n in (9, 12)
    )


@pytest.mark.parametrize(
    "n, k, stride, zeros",
    [
        (28, 5, 1, (2, 2)),
        (28, 3, 2, (0, 1)),  # an odd number of zeros: the extra one goes after the image
        (28, 5, 2, (1, 2)),
        (28, 2, 2, (0, 0)),
        (7, 3, 2, (1, 1)),
        (9, 1, 3, (0, 0)),  # windows that leave pixels out need no zeros
    ],
)
def test_same_padding_by_hand(scratch, n, k, stride, zeros):
    assert scratch["same_padding"](n, k, stride) == zeros


@pytest.mark.parametrize("n, k, stride", [(10, 3, 1), (10, 3, 2), (11, 4, 2), (12, 5, 3)])
def test_same_padding_gives_as_many_places_as_keras_promises(scratch, n, k, stride):
    x = scratch["pad"](np.ones((1, n, n, 1)), *scratch["same_padding"](n, k, stride))
    maps = scratch["convolve"](x, np.ones((k, k, 1, 1)), stride=stride)
    assert maps.shape[1:3] == 2 * (-(n // -stride),)


def test_pads_before_and_after_with_zeros(scratch):
    padded = scratch["pad"](np.ones((1, 2, 2, 1)), 1, 2)[0, ..., 0]
    assert padded.shape == (5, 5) and padded.sum() == padded[1:3, 1:3].sum() == 4


def test_pooling_by_hand_leaves_out_what_fills_no_block(scratch):
    x = np.arange(15.0).reshape(1, 3, 5, 1)
    assert scratch["pool"](x, 2)[0, ..., 0].tolist() == [[6, 8]]
    assert scratch["pool"](x, 2, np.mean)[0, ..., 0].tolist() == [[3, 5]]


def test_a_shift_moves_down_and_right_and_lets_paper_in(scratch):
    x = np.zeros((1, 28, 28, 1))
    x[0, 10, 10, 0] = x[0, 27, 27, 0] = 1
    # The ink in the corner has left the picture
    assert np.argwhere(scratch["shift"](x, 2, -3)[0, ..., 0]).tolist() == [[12, 7]]
