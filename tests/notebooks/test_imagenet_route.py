"""The route to MobileNetV2 and ResNet50 in 2-CNN.ipynb, with random weights: nothing is downloaded,
and the base stays frozen."""

import numpy as np
import pytest

from tools.notebooks import take

NAMES = ["MobileNetV2", "ResNet50"]
FEATURES = {"MobileNetV2": 1280, "ResNet50": 2048}


@pytest.fixture(scope="module")
def route():
    pytest.importorskip("keras")
    return take("Part2_CNN/2-CNN.ipynb", "imagenet_model")


@pytest.fixture(scope="module")
def models(route):
    return {name: route["imagenet_model"](name, None, 7) for name in NAMES}


def base_of(model):
    """Return the network of keras.applications inside a model of the route."""
    return next(layer for layer in model.layers if hasattr(layer, "layers"))


def same(weights, others):
    """Tell whether two lists of arrays are equal."""
    return len(weights) == len(others) and all(map(np.array_equal, weights, others))


@pytest.mark.parametrize("name", NAMES)
def test_grey_pictures_become_scores(models, name):
    scores = models[name].predict(
        np.random.default_rng(0).random((2, 28, 28, 1), "float32"), verbose=0
    )
    assert scores.shape == (2, 7) and np.isfinite(scores).all()
    assert base_of(models[name]).input.shape == (None, 96, 96, 3) and base_of(
        models[name]
    ).output.shape == (None, FEATURES[name])


@pytest.mark.parametrize("name", NAMES)
def test_only_the_new_layer_is_trained(models, name):
    model = models[name]
    assert base_of(model).trainable_weights == [] and [
        w.shape for w in model.trainable_weights
    ] == [(FEATURES[name], 7), (7,)]


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_base_does_not_change_in_training(route, models, name):
    model, base = models[name], base_of(models[name])
    before, head = base.get_weights(), model.get_layer("head").get_weights()
    model.compile(
        "sgd",
        loss=route["keras"].losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.train_on_batch(
        np.random.default_rng(0).random((2, 28, 28, 1), "float32"), np.array([0, 1])
    )
    assert same(before, base.get_weights()), "weights or running averages of the base have moved"
    assert not same(head, model.get_layer("head").get_weights())


@pytest.mark.parametrize(
    ("name", "paper", "ink"),
    [
        ("MobileNetV2", [-1, -1, -1], [1, 1, 1]),
        ("ResNet50", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
    ],
)
def test_each_network_gets_pixels_in_its_own_range(route, models, name, paper, ink):
    steps = models[name].operations
    entrance = route["keras"].Model(
        models[name].input, steps[steps.index(base_of(models[name])) - 1].output
    )
    pixels = entrance.predict(
        np.stack([np.zeros((28, 28, 1)), np.ones((28, 28, 1))]).astype("float32"), verbose=0
    )
    assert pixels.shape == (2, 96, 96, 3)
    np.testing.assert_allclose(pixels[:, 0, 0], [paper, ink], atol=1e-3)
    assert np.ptp(pixels, axis=(1, 2)).max() < 1e-3


def test_weights_come_from_the_file_that_is_given(route, models, tmp_path):
    file = tmp_path / "mobilenet.weights.h5"
    base_of(models["MobileNetV2"]).save_weights(file)
    again = base_of(route["imagenet_model"]("MobileNetV2", str(file), 10))
    assert same(again.get_weights(), base_of(models["MobileNetV2"]).get_weights())


def test_other_networks_are_refused(route):
    with pytest.raises(ValueError, match="knows MobileNetV2 and ResNet50, not 'VGG16'"):
        route["imagenet_model"]("VGG16", None, 10)
