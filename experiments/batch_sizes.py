"""How does the size of a batch change what an epoch, and what a second, of training achieves?

The network of the lesson is trained by plain SGD for 20 epochs, at each batch size with three or
four learning rates. The seed draws the weights and the order of the images.
"""

import keras

from experiments.optimisers import finite
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
CONFIGURATIONS = [
    {"batch size": size, "learning rate": rate}
    for size, rates in (
        (8, (0.03, 0.1, 0.3, 1.0)),
        (32, (0.1, 0.3, 1.0)),
        (128, (0.3, 1.0, 3.0)),
    )
    for rate in rates
]
SEEDS = 5
METRICS = {
    "loss after 5 epochs": "training cross-entropy, a mean over the fifth epoch; at most 10",
    "training loss": "the same over the last epoch",
    "validation loss": "cross-entropy over the validation images after the last epoch",
}

lesson = functions(NOTEBOOK, "load_split", "make_network")


def run(configuration, seed):
    """Train the network once; return its losses."""
    x, y, x_valid, y_valid, *_ = lesson.load_split()
    network = lesson.make_network(keras.optimizers.SGD(configuration["learning rate"]))
    size = configuration["batch size"]
    losses = network.fit(x, y, batch_size=size, epochs=20, verbose=0).history["loss"]
    return {
        "loss after 5 epochs": finite(losses[4]),
        "training loss": finite(losses[-1]),
        "validation loss": finite(network.evaluate(x_valid, y_valid, verbose=0)[0]),
    }
