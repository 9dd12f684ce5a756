"""Does a hidden layer recognise handwritten digits better than none, whatever the split?

Each run divides all images anew into 70 % for training, 15 % for validation and 15 % for the test.
Each model tries its settings, keeps the one with the highest validation accuracy (of equal ones the
first, which is the smallest), and is measured on the test images. The control is the network of the
lesson without its hidden layer, trained in the same way. The seed draws the split, the initial
weights and the order of the images.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/1-perceptron_from_scratch.ipynb"
MODELS = ("hidden layer of 64", "no hidden layer", "softmax regression", "SVM")
CONFIGURATIONS = [{"model": name} for name in MODELS]
SEEDS = 8
EPOCHS, BATCH_SIZE = 50, 32
RATES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
METRICS = {
    "validation accuracy": "share of the validation images that are classified correctly, the "
    "highest over the settings",
    "test accuracy": "share of the test images that the model with this setting classifies "
    "correctly",
    "setting": "the learning rate that was kept; for softmax regression C, for the SVM gamma",
}

lesson = functions(NOTEBOOK, "MLP")


def divided(seed):
    """Return the training, validation and test images of one split, scaled, and the labels."""
    x, y = load_digits(return_X_y=True)
    x_train, x, y_train, y = train_test_split(x, y, test_size=0.3, stratify=y, random_state=seed)
    halves = train_test_split(x, y, test_size=0.5, stratify=y, random_state=seed)
    images = [(part - x_train.mean(axis=0)) / x_train.std() for part in (x_train, *halves[:2])]
    return list(zip(images, (y_train, *halves[2:]), strict=True))


def candidates(name, x, y, seed):
    """Train the model at each of its settings; return pairs of setting and prediction."""
    if name == "SVM":
        for c in (0.1, 1, 10, 100):
            for gamma in (0.0005, 0.002, 0.006, 0.02, 0.06, 0.2):
                yield gamma, SVC(C=c, gamma=gamma).fit(x, y).predict
    elif name == "softmax regression":
        for c in (0.001, 0.01, 0.1, 1, 10, 100):
            yield c, LogisticRegression(C=c, max_iter=2000).fit(x, y).predict
    else:
        hidden = [64] if name == "hidden layer of 64" else []
        for rate in RATES:
            network = lesson.MLP([64, *hidden, 10], seed=seed)
            network.train(x, np.eye(10)[y], EPOCHS, BATCH_SIZE, rate, seed=seed)
            yield rate, network.predict


def run(configuration, seed):
    """Choose one model's setting on validation; return its accuracies."""
    (x, y), (x_valid, y_valid), (x_test, y_test) = divided(seed)
    tried = [
        ((predict(x_valid) == y_valid).mean(), -place, setting, predict)
        for place, (setting, predict) in enumerate(candidates(configuration["model"], x, y, seed))
    ]
    accuracy, _, setting, predict = max(tried, key=lambda entry: entry[:2])
    return {
        "validation accuracy": accuracy,
        "test accuracy": (predict(x_test) == y_test).mean(),
        "setting": setting,
    }
