"""Does batch normalisation let ten ReLU layers learn at higher learning rates?

The networks, with He's weights, are trained for 10 epochs by SGD, with and without batch
normalisation, at four learning rates. The seed draws the weights and the order of the images.
"""

import keras

from experiments.optimisers import finite
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
CONFIGURATIONS = [
    {"cure": cure, "learning rate": rate}
    for cure in ("none", "batch normalisation")
    for rate in (0.01, 0.1, 0.3, 1.0)
]
SEEDS = 5
METRICS = {
    "training loss": "cross-entropy, a mean over the last epoch; at most 10",
    "validation accuracy": "share of the validation images that are named correctly at the end",
}

lesson = functions(NOTEBOOK, "load_split", "make_deep")


def run(configuration, seed):
    """Train one network; return its training loss and its accuracy at the end."""
    x, y, x_valid, y_valid, *_ = lesson.load_split()
    network = lesson.make_deep("relu", "He", configuration["cure"])
    optimizer = keras.optimizers.SGD(configuration["learning rate"])
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = network.fit(x, y, batch_size=32, epochs=10, verbose=0).history["loss"]
    return {
        "training loss": finite(losses[-1]),
        "validation accuracy": network.evaluate(x_valid, y_valid, verbose=0)[1],
    }
