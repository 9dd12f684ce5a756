"""From how many random starts does a network with one hidden layer learn XOR?

Each run trains the NumPy network of the lesson on the four corners, all of them in each step. Only
the width of the hidden layer and its activation function differ; the initial weights are drawn in
the same way for both functions. The seed draws them.
"""

import numpy as np

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/1-perceptron_from_scratch.ipynb"
CONFIGURATIONS = [
    {"activation": activation, "hidden": hidden}
    for activation in ("tanh", "ReLU")
    for hidden in (2, 4, 8, 16)
]
SEEDS = 20
STEPS, LEARNING_RATE = 2000, 0.5
METRICS = {
    "accuracy": "share of the four corners that are classified correctly",
    "loss": "categorical cross-entropy after the last step",
    "dead units": "hidden units whose output is zero at all four corners, after the last step",
}

lesson = functions(NOTEBOOK, "MLP", "relu", "relu_derivative", "tanh_derivative")
ACTIVATIONS = {
    "tanh": (np.tanh, lesson.tanh_derivative),
    "ReLU": (lesson.relu, lesson.relu_derivative),
}


def run(configuration, seed):
    """Train one network; return what it has learned and how many of its units are dead."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([0, 1, 1, 0])
    pair = ACTIVATIONS[configuration["activation"]]
    network = lesson.MLP([2, configuration["hidden"], 2], *pair, seed=seed)
    losses = network.train(x, np.eye(2)[y], STEPS, len(x), LEARNING_RATE)
    hidden = network.forward(x)[1][1]
    return {
        "accuracy": (network.predict(x) == y).mean(),
        "loss": losses[-1],
        "dead units": int((hidden == 0).all(axis=0).sum()),
    }
