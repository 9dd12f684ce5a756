"""How wide must the window of a convolution be to read digits?

A small CNN, with half as many kernels as the lesson's, is trained for 30 epochs with windows of one
to nine pixels on 350 images. Its padding is "same", so that all layers keep their size and nothing
changes but the kernels. The seed draws the images and the weights.
"""

import functools

from sklearn.model_selection import train_test_split

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part2_CNN/1-CNN.ipynb"
CONFIGURATIONS = [{"kernel size": size} for size in (1, 3, 5, 7, 9)]
SEEDS = 5
METRICS = {
    "training": "accuracy on the 350 training images",
    "validation": "accuracy on the 750 validation images",
}

lesson = functions(NOTEBOOK, "prepare", "make_cnn", "compile_network")


@functools.cache
def load():
    """Return images and labels for training, then those for validation."""
    digits = helpers.load_mnist()
    return *lesson.prepare(digits.train), *lesson.prepare(digits.valid)


def run(configuration, seed):
    """Train one network; return how well it reads the digits that it has seen, and others."""
    x, y, x_valid, y_valid = load()
    x, _, y, _ = train_test_split(x, y, train_size=350, stratify=y, random_state=seed)
    network = lesson.make_cnn(
        filters=(8, 16), kernel_size=configuration["kernel size"], padding="same"
    )
    lesson.compile_network(network, epochs=30, images=350)
    network.fit(x, y, batch_size=50, epochs=30, verbose=0)
    return {
        "training": network.evaluate(x, y, verbose=0)[1],
        "validation": network.evaluate(x_valid, y_valid, verbose=0)[1],
    }
