"""Which optimiser trains a small network of digits best, if each gets its own learning rate?

The network of the lesson is trained for 20 epochs. The seed draws the weights and the order of the
images.
"""

import keras

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
LEARNING_RATES = {
    "SGD": (0.1, 0.3, 1.0, 3.0),
    "momentum": (0.01, 0.03, 0.1, 0.3),
    "RMSprop": (0.001, 0.003, 0.01, 0.03),
    "Adam": (0.001, 0.003, 0.01, 0.03),
}
CONFIGURATIONS = [
    {"optimizer": name, "learning rate": rate}
    for name, rates in LEARNING_RATES.items()
    for rate in rates
]
SEEDS = 5
METRICS = {
    "loss after 5 epochs": "training cross-entropy, a mean over the fifth epoch; at most 10",
    "training loss": "the same over the last epoch",
    "validation loss": "cross-entropy over the validation images after the last epoch",
    "validation accuracy": "share of the validation images that are named correctly",
    "test accuracy": "the same of the test images; looked at for the chosen optimiser alone",
}

lesson = functions(NOTEBOOK, "load_split", "make_network")


def make_optimizer(name, rate):
    """Return one of the four optimisers at a learning rate."""
    if name == "momentum":
        return keras.optimizers.SGD(rate, momentum=0.9)
    return getattr(keras.optimizers, name)(rate)


def finite(loss):
    """Return a loss, or 10 in place of one that is larger or no number."""
    return loss if loss < 10 else 10.0


def run(configuration, seed):
    """Train the network once; return its losses and accuracies."""
    x, y, x_valid, y_valid, x_test, y_test = lesson.load_split()
    optimizer = make_optimizer(configuration["optimizer"], configuration["learning rate"])
    network = lesson.make_network(optimizer)
    losses = network.fit(x, y, batch_size=32, epochs=20, verbose=0).history["loss"]
    loss, accuracy = network.evaluate(x_valid, y_valid, verbose=0)
    return {
        "loss after 5 epochs": finite(losses[4]),
        "training loss": finite(losses[-1]),
        "validation loss": finite(loss),
        "validation accuracy": accuracy,
        "test accuracy": network.evaluate(x_test, y_test, verbose=0)[1],
    }
