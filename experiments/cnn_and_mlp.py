"""Does a CNN read digits better than dense networks of the same size and of five times the size?

The CNN of the lesson is trained as it stands. The dense networks are trained for twice as many
epochs and with several dropout rates. The CNN, the smaller dense network and the support vector
machine of Part 1 are also trained on 350 images. The seed draws these images, the weights and the
order of the images. Then the test images are moved by one, two and four pixels.
"""

import functools

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part2_CNN/1-CNN.ipynb"
HIDDEN = {"MLP of equal size": 24, "large MLP": 128}
SETTINGS = [
    ("CNN", 0.5, 3500),
    *(("MLP of equal size", dropout, 3500) for dropout in (0.0, 0.2)),
    *(("large MLP", dropout, 3500) for dropout in (0.0, 0.3, 0.6)),
    *(("CNN", 0.5, 350), ("MLP of equal size", 0.0, 350), ("SVM", 0.0, 350)),
]
CONFIGURATIONS = [
    {"model": model, "dropout": dropout, "images": images} for model, dropout, images in SETTINGS
]
SEEDS = 5
SHIFTS = (1, 2, 4)
METRICS = {
    "validation": "accuracy on the 750 validation images",
    "test": "accuracy on the 750 test images",
    **{f"moved {s}": f"the same, moved by {s} pixels in four directions" for s in SHIFTS},
    "fragile": "share of the correct test images that a move by one pixel turns into an error",
}

lesson = functions(
    NOTEBOOK, "prepare", "as_rows", "shift", "make_cnn", "make_mlp", "compile_network"
)


@functools.cache
def load():
    """Return images and labels for training, for validation and for the test."""
    digits = helpers.load_mnist()
    return [lesson.prepare(part) for part in (digits.train, digits.valid, digits.test)]


def train(model, dropout, x, y):
    """Return a trained model as a function from images to digits."""
    if model == "SVM":
        machine = SVC(C=5, gamma=0.03).fit(lesson.as_rows(x), y)
        return lambda images: machine.predict(lesson.as_rows(images))
    epochs = 10 if len(x) == 3500 else 30
    if model == "CNN":
        network = lesson.make_cnn(dropout)
    else:
        network = lesson.make_mlp(HIDDEN[model], dropout)
        epochs *= 2
    lesson.compile_network(network, epochs, len(x))
    network.fit(x, y, batch_size=50, epochs=epochs, verbose=0)
    return lambda images: network.predict(images, verbose=0).argmax(axis=1)


def run(configuration, seed):
    """Train one model; return how well it reads the images, in place and moved."""
    (x, y), (x_valid, y_valid), (x_test, y_test) = load()
    model, dropout, images = configuration.values()
    if images < len(x):
        x, _, y, _ = train_test_split(x, y, train_size=images, stratify=y, random_state=seed)
    predict = train(model, dropout, x, y)
    correct = predict(x_test) == y_test
    found = {"validation": np.mean(predict(x_valid) == y_valid), "test": correct.mean()}
    for s in SHIFTS:
        ways = [(0, s), (0, -s), (s, 0), (-s, 0)]
        moved = [predict(lesson.shift(x_test, *way)) == y_test for way in ways]
        found[f"moved {s}"] = np.mean(moved)
        if s == 1:
            fragile = 1 - np.all(moved, axis=0)[correct].mean()
    return {**found, "fragile": fragile}
