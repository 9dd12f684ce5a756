"""Do NumPy, scikit-learn and Keras train equally good networks on handwritten digits?

The network and the learning rate are those that the lesson chose on the validation images. All
three train it by plain gradient descent with mini-batches of 32 for 50 epochs; each draws its
initial weights in its own way. The seed draws the weights and the order of the images.
"""

import functools

import keras
import numpy as np
from sklearn.neural_network import MLPClassifier

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/1-perceptron_from_scratch.ipynb"
CONFIGURATIONS = [{"library": name} for name in ("NumPy", "scikit-learn", "Keras")]
SEEDS = 5
HIDDEN, RATE, EPOCHS, BATCH_SIZE = 64, 0.5, 50, 32
METRICS = {
    "validation accuracy": "share of the validation images that are classified correctly",
    "test accuracy": "the same for the test images",
}

lesson = functions(NOTEBOOK, "MLP", "scaled_digits")
load = functools.cache(lesson.scaled_digits)


def numpy_network(x, y, seed):
    """Train the network of the lesson; return a function that predicts classes."""
    network = lesson.MLP([64, HIDDEN, 10], seed=seed)
    network.train(x, np.eye(10)[y], EPOCHS, BATCH_SIZE, RATE, seed=seed)
    return network.predict


def sklearn_network(x, y, seed):
    """Train scikit-learn's network, epoch by epoch, without penalty and momentum."""
    network = MLPClassifier(
        (HIDDEN,),
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=BATCH_SIZE,
        learning_rate_init=RATE,
        random_state=seed,
    )
    for _ in range(EPOCHS):
        network.partial_fit(x, y, classes=range(10))
    return network.predict


def keras_network(x, y, seed):
    """Train the network in Keras, whose seed is set when a run begins."""
    network = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(
        optimizer=keras.optimizers.SGD(learning_rate=RATE), loss="sparse_categorical_crossentropy"
    )
    network.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return lambda rows: network.predict(rows, verbose=0).argmax(axis=1)


TRAIN = {"NumPy": numpy_network, "scikit-learn": sklearn_network, "Keras": keras_network}


def run(configuration, seed):
    """Train one network; return its accuracies."""
    (x, y), (x_valid, y_valid), (x_test, y_test) = load()
    predict = TRAIN[configuration["library"]](x, y, seed)
    return {
        "validation accuracy": (predict(x_valid) == y_valid).mean(),
        "test accuracy": (predict(x_test) == y_test).mean(),
    }
