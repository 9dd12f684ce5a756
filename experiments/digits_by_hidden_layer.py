"""How many hidden units, and which activation function, do handwritten digits of 8 x 8 pixels need?

Each run trains the NumPy network of the lesson with mini-batches of 32 for 50 epochs, at learning
rates up to one that is too large. The seed draws the weights and the order of the images.
"""

import functools

import numpy as np

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/1-perceptron_from_scratch.ipynb"
RATES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
CONFIGURATIONS = [
    {"activation": activation, "hidden": hidden, "learning rate": rate}
    for activation, rates in (("tanh", (*RATES, 5.0)), ("ReLU", RATES))
    for hidden in (8, 16, 32, 64, 128)
    for rate in rates
]
SEEDS = 5
EPOCHS, BATCH_SIZE = 50, 32
METRICS = {
    "training loss": "categorical cross-entropy over the training images after the last epoch",
    "validation loss": "the same over the validation images",
    "validation accuracy": "share of the validation images that are classified correctly",
}

lesson = functions(NOTEBOOK, "MLP", "relu", "relu_derivative", "tanh_derivative", "scaled_digits")
load = functools.cache(lesson.scaled_digits)
ACTIVATIONS = {
    "tanh": (np.tanh, lesson.tanh_derivative),
    "ReLU": (lesson.relu, lesson.relu_derivative),
}


def run(configuration, seed):
    """Train one network; return its losses and its accuracy on the validation images."""
    (x, y), (x_valid, y_valid), _ = load()
    pair = ACTIVATIONS[configuration["activation"]]
    network = lesson.MLP([64, configuration["hidden"], 10], *pair, seed=seed)
    rate = configuration["learning rate"]
    losses = network.train(x, np.eye(10)[y], EPOCHS, BATCH_SIZE, rate, seed=seed)
    return {
        "training loss": losses[-1],
        "validation loss": network.loss(x_valid, np.eye(10)[y_valid]),
        "validation accuracy": (network.predict(x_valid) == y_valid).mean(),
    }
