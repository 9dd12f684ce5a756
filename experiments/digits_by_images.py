"""How much do more training images help four classifiers to read digits?

The seed draws which of the 4,250 images that are not in the test set train the models, 875, 1,750
or 3,500 of them; 750 others are the validation set, the same for the three numbers. The settings
are those that were chosen most often with 3,500 images.
"""

import functools

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/3-classification_with_scikit_learn.ipynb"
MODELS = (
    "support vector machine",
    "random forest",
    "nearest neighbours",
    "logistic regression",
)
NUMBERS = (875, 1750, 3500)
CONFIGURATIONS = [{"model": name, "images": number} for name in MODELS for number in NUMBERS]
SEEDS = 5
METRICS = {"validation": "accuracy on the 750 validation images"}

lesson = functions(NOTEBOOK, "as_rows")


def make_model(name, seed):
    """Return a model, not yet fitted."""
    if name == "support vector machine":
        return SVC(C=5, gamma=0.03)
    if name == "nearest neighbours":
        return KNeighborsClassifier(1)
    if name == "logistic regression":
        return LogisticRegression(C=0.3, max_iter=1000)
    return RandomForestClassifier(max_features=28, random_state=seed)


@functools.cache
def load():
    """Return the images and labels of training and validation together."""
    digits = helpers.load_mnist()
    x = np.vstack([lesson.as_rows(images) for images, _ in (digits.train, digits.valid)])
    return x, np.concatenate([digits.train[1], digits.valid[1]])


def run(configuration, seed):
    """Fit one model to so many images; return its validation accuracy."""
    x, y = load()
    x_train, x_valid, y_train, y_valid = train_test_split(
        x, y, train_size=3500, stratify=y, random_state=seed
    )
    model = make_model(configuration["model"], seed)
    number = configuration["images"]
    model.fit(x_train[:number], y_train[:number])
    return {"validation": model.score(x_valid, y_valid)}
