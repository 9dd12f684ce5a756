"""How well do six classifiers read digits, each tuned alike?

The seed draws which 3,500 of the 4,250 images that are not in the test set train the models; the
other 750 are the validation set. It also draws the weights, the order of the images and the trees.
Each model chooses among five settings by its accuracy on the validation set, and is then tested
once. Two models with the settings of scikit-learn stand beside them.
"""

import functools

import keras
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/3-classification_with_scikit_learn.ipynb"
SETTINGS = {
    "support vector machine": ("gamma", [0.01, 0.02, 0.03, 0.05, 0.07]),
    "random forest": ("max_features", [7, 14, 28, 56, 112]),
    "network": ("dropout", [0.0, 0.2, 0.4, 0.6, 0.8]),
    "nearest neighbours": ("n_neighbors", [1, 3, 5, 7, 10]),
    "logistic regression": ("C", [0.01, 0.03, 0.1, 0.3, 1.0]),
    "linear SVM by SGD": ("alpha", [0.0003, 0.001, 0.003, 0.01, 0.03]),
    "support vector machine, untuned": ("gamma", ["scale"]),
    "random forest, untuned": ("max_features", ["sqrt"]),
}
CONFIGURATIONS = [{"model": name} for name in SETTINGS]
SEEDS = 5
METRICS = {
    "setting": "the value that was chosen, 0 where there was no choice",
    "validation": "accuracy of the chosen model on the 750 validation images",
    "test": "accuracy of the chosen model on the 750 test images",
}

lesson = functions(NOTEBOOK, "as_rows", "make_network")


class Network:
    """The network of the lesson, with the methods that a classifier needs."""

    def __init__(self, dropout):
        self.network = lesson.make_network(dropout)

    def fit(self, x, y):
        """Train it."""
        self.network.fit(x, y, batch_size=128, epochs=30, verbose=0)
        return self

    def score(self, x, y):
        """Return the accuracy."""
        return np.mean(self.network.predict(x, verbose=0).argmax(axis=1) == y)


def make_model(name, value, seed):
    """Return a model, not yet fitted, with one setting."""
    setting = {SETTINGS[name][0]: value}
    if name == "network":
        keras.utils.set_random_seed(seed)
        return Network(**setting)
    if name.startswith("support"):
        return SVC(C=1 if "untuned" in name else 5, **setting)
    if name == "nearest neighbours":
        return KNeighborsClassifier(weights="distance", **setting)
    if name == "logistic regression":
        return LogisticRegression(max_iter=1000, **setting)
    if name == "linear SVM by SGD":
        return SGDClassifier(random_state=seed, **setting)
    return RandomForestClassifier(random_state=seed, **setting)


@functools.cache
def load():
    """Return images and labels for training and validation together, then those of the test."""
    digits = helpers.load_mnist()
    x = np.vstack([lesson.as_rows(images) for images, _ in (digits.train, digits.valid)])
    y = np.concatenate([digits.train[1], digits.valid[1]])
    return x, y, lesson.as_rows(digits.test[0]), digits.test[1]


def run(configuration, seed):
    """Tune one model on one draw of the images; return what was chosen, and how good it is."""
    x, y, x_test, y_test = load()
    x_train, x_valid, y_train, y_valid = train_test_split(
        x, y, train_size=3500, stratify=y, random_state=seed
    )
    name = configuration["model"]
    models = {v: make_model(name, v, seed).fit(x_train, y_train) for v in SETTINGS[name][1]}
    scores = {value: model.score(x_valid, y_valid) for value, model in models.items()}
    best = max(scores, key=scores.get)
    return {
        "setting": 0.0 if isinstance(best, str) else best,
        "validation": scores[best],
        "test": models[best].score(x_test, y_test),
    }
