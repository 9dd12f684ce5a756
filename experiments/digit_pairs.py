"""Do 45 classifiers of two digits each read better than ten of one digit against the rest?

Both ways of building a ten-class model use the same two-class model, images and seed, so that only
the way differs. Linear SVMs choose among six values of C by their accuracy on the validation set;
SVMs with an RBF kernel have the gamma and C of the lesson. Each is then tested once. The seed draws
which 3,500 of the 4,250 images that are not in the test set train the models.
"""

import functools

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.svm import SVC, LinearSVC

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/3-classification_with_scikit_learn.ipynb"
C_VALUES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
CONFIGURATIONS = [
    {"model": model, "way": way}
    for model in ("linear SVM", "RBF kernel")
    for way in ("one-vs-rest", "one-vs-one")
]
SEEDS = 5
METRICS = {
    "C": "the value that was chosen",
    "validation": "accuracy of the chosen model on the 750 validation images",
    "test": "accuracy of the chosen model on the 750 test images",
}

lesson = functions(NOTEBOOK, "as_rows")


def models(model, way):
    """Return ten-class models, not yet fitted, that are built in one way from two-class ones."""
    wrapper = OneVsRestClassifier if way == "one-vs-rest" else OneVsOneClassifier
    if model == "RBF kernel":
        return [wrapper(SVC(C=5, gamma=0.03))]
    kind = {"loss": "hinge", "max_iter": 20_000, "random_state": 0}
    return [wrapper(LinearSVC(C=c, **kind)) for c in C_VALUES]


@functools.cache
def load():
    """Return images and labels for training and validation together, then those of the test."""
    digits = helpers.load_mnist()
    x = np.vstack([lesson.as_rows(images) for images, _ in (digits.train, digits.valid)])
    y = np.concatenate([digits.train[1], digits.valid[1]])
    return x, y, lesson.as_rows(digits.test[0]), digits.test[1]


def run(configuration, seed):
    """Fit one kind of model in one way, choose C; return what was chosen, and how good it is."""
    x, y, x_test, y_test = load()
    x_train, x_valid, y_train, y_valid = train_test_split(
        x, y, train_size=3500, stratify=y, random_state=seed
    )
    fitted = [model.fit(x_train, y_train) for model in models(**configuration)]
    scores = [model.score(x_valid, y_valid) for model in fitted]
    best = fitted[np.argmax(scores)]
    return {
        "C": best.estimator.C,
        "validation": max(scores),
        "test": best.score(x_test, y_test),
    }
