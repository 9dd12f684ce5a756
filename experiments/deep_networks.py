"""Which activation, initialisation and remedy let ten hidden layers learn?

Networks of ten hidden layers of 64 units are trained for 15 epochs, each at three or four
learning rates. The seed draws the weights and the order of the images.
"""

import keras

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/5-optimisation.ipynb"
FAILING = (("sigmoid", "Glorot"), ("relu", "small"))
PLAIN = (("tanh", "Glorot"), ("tanh", "He"), ("relu", "Glorot"), ("relu", "He"))
RATES, LOW, HIGH = (0.01, 0.1, 1.0), (0.001, 0.01, 0.1), (0.1, 1.0, 3.0)
ADAM = (0.001, 0.003, 0.01, 0.03)
CASES = (
    *((*case, "none", "SGD", RATES) for case in FAILING + PLAIN),
    (*FAILING[0], "batch normalisation", "SGD", RATES),
    (*FAILING[1], "batch normalisation", "SGD", LOW),
    (*FAILING[0], "residual", "SGD", HIGH),
    (*FAILING[1], "residual", "SGD", RATES),
    (*FAILING[0], "none", "Adam", ADAM),
)
CONFIGURATIONS = [
    {
        "activation": activation,
        "initialiser": initialiser,
        "cure": cure,
        "optimizer": optimizer,
        "learning rate": rate,
    }
    for activation, initialiser, cure, optimizer, rates in CASES
    for rate in rates
]
SEEDS = 5
METRICS = {
    "training loss": "cross-entropy, a mean over the last epoch; at most 10",
    "validation accuracy": "share of the validation images that are named correctly at the end",
}

lesson = functions(NOTEBOOK, "load_split", "make_deep")


def run(configuration, seed):
    """Train one network; return its loss and its accuracy at the end."""
    x, y, x_valid, y_valid, *_ = lesson.load_split()
    names = ("activation", "initialiser", "cure")
    network = lesson.make_deep(*(configuration[name] for name in names))
    optimizer = getattr(keras.optimizers, configuration["optimizer"])
    network.compile(
        optimizer(configuration["learning rate"]),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    history = network.fit(x, y, batch_size=32, epochs=15, verbose=0).history
    accuracy = network.evaluate(x_valid, y_valid, verbose=0)[1]
    return {
        "training loss": history["loss"][-1] if history["loss"][-1] < 10 else 10.0,
        "validation accuracy": accuracy,
    }
