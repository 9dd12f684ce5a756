"""Over how many examples should the gradient be taken before each step?

Each run trains the NumPy network of the lesson, with one hidden layer of 32 ReLU units, on the
handwritten digits for 20 epochs. Each batch size gets learning rates around its best one; at
the largest the loss ends far higher. The seed draws the weights and the order of the images.
"""

import functools

import numpy as np

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/1-perceptron_from_scratch.ipynb"
FULL = 1257  # all training images
RATES = {
    FULL: (0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    32: (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    1: (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
}
CONFIGURATIONS = [
    {"batch size": batch_size, "learning rate": rate}
    for batch_size, rates in RATES.items()
    for rate in rates
]
SEEDS = 5
EPOCHS, HIDDEN, WORST = 20, 32, -np.log(1e-12)
METRICS = {
    "training loss": "categorical cross-entropy over the training images after 20 epochs; one that "
    "is no number counts as the largest that the lesson's loss can give, 27.6",
    "validation accuracy": "share of the validation images that are classified correctly",
}

lesson = functions(NOTEBOOK, "MLP", "scaled_digits")
load = functools.cache(lesson.scaled_digits)


def run(configuration, seed):
    """Train one network; return its loss and its accuracy on the validation images."""
    (x, y), (x_valid, y_valid), _ = load()
    network = lesson.MLP([64, HIDDEN, 10], seed=seed)
    with np.errstate(all="ignore"):  # training may diverge
        losses = network.train(
            x,
            np.eye(10)[y],
            EPOCHS,
            configuration["batch size"],
            configuration["learning rate"],
            seed=seed,
        )
        accuracy = (network.predict(x_valid) == y_valid).mean()
    return {
        "training loss": losses[-1] if np.isfinite(losses[-1]) else WORST,
        "validation accuracy": accuracy,
    }
