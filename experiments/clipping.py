"""Does clipping do more than a smaller learning rate, where gradients explode?

Ten ReLU layers whose weights are twice as large as He's are trained for 30 epochs by SGD, with and
without clipping, at four or five learning rates. The seed draws the weights and the order of the
images.
"""

import keras

from experiments.optimisers import finite
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
CONFIGURATIONS = [
    {"clipping": clipping, "learning rate": rate}
    for clipping, rates in (
        ("none", (3e-5, 1e-4, 3e-4, 1e-3, 1e-2)),
        ("norm 1", (0.03, 0.1, 0.3, 1.0)),
    )
    for rate in rates
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
    network = lesson.make_deep("relu", "large")
    limit = 1.0 if configuration["clipping"] == "norm 1" else None
    optimizer = keras.optimizers.SGD(configuration["learning rate"], global_clipnorm=limit)
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = network.fit(x, y, batch_size=32, epochs=30, verbose=0).history["loss"]
    return {
        "training loss": finite(losses[-1]),
        "validation accuracy": network.evaluate(x_valid, y_valid, verbose=0)[1],
    }
