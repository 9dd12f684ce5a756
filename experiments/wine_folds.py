"""How well do a small network and four classical classifiers name the cultivar of a wine?

A run is one repeat of stratified five-fold cross-validation over all 178 wines. The seed draws the
folds, the weights and the order of the rows. Each model chooses among four settings on a quarter of
the training wines of each fold, and is then trained again on all of them.
"""

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, StratifiedShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
CONFIGURATIONS = [
    {"model": name}
    for name in (
        *("network", "logistic regression", "nearest neighbours", "support vector machine"),
        "random forest",
    )
]
SEEDS = 5
FOLDS = 5
METRICS = {
    "accuracy": "share of the 178 wines that are named correctly, each by a model that has not "
    "seen it",
    **{f"fold {fold}": "accuracy on the wines of this fold" for fold in range(1, FOLDS + 1)},
}

lesson = functions(NOTEBOOK, "trained_wine_network")


class Network(ClassifierMixin, BaseEstimator):
    """The network of the lesson, as scikit-learn wants a classifier to be."""

    def __init__(self, l2=0.0, seed=0):
        self.l2 = l2
        self.seed = seed

    def fit(self, x, y):
        """Train a new network; x is scaled, y holds the labels 0, 1 and 2."""
        self.classes_ = [0, 1, 2]
        self.network_ = lesson.trained_wine_network(x, y, self.seed, self.l2)
        return self

    def predict(self, x):
        """Return the label with the greatest probability for each row."""
        return self.network_.predict(x, verbose=0).argmax(axis=1)


def rivals(seed):
    """Return each model with its four settings; of equally good ones the first is taken."""
    return {
        "network": (Network(seed=seed), {"l2": [0.01, 0.001, 0.0, 0.1]}),
        "logistic regression": (LogisticRegression(max_iter=1000), {"C": [1, 0.1, 10, 100]}),
        "nearest neighbours": (KNeighborsClassifier(), {"n_neighbors": [15, 5, 9, 25]}),
        "support vector machine": (SVC(), {"C": [1, 10], "gamma": ["scale", 0.02]}),
        "random forest": (
            RandomForestClassifier(n_estimators=200, random_state=seed),
            {"max_features": [3, 6], "min_samples_leaf": [1, 3]},
        ),
    }


def run(configuration, seed):
    """Cross-validate one model once; return its accuracy on each fold and on all wines."""
    x, y = load_wine(return_X_y=True)
    correct, scores = 0, {}
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for fold, (train, test) in enumerate(folds.split(x, y), 1):
        model, settings = rivals(FOLDS * seed + fold)[configuration["model"]]
        steps = Pipeline([("scale", StandardScaler()), ("model", model)])
        grid = {f"model__{name}": values for name, values in settings.items()}
        inner = StratifiedShuffleSplit(1, test_size=0.25, random_state=seed)
        search = GridSearchCV(steps, grid, cv=inner).fit(x[train], y[train])
        is_right = search.predict(x[test]) == y[test]
        correct += is_right.sum()
        scores[f"fold {fold}"] = is_right.mean()
    return {"accuracy": correct / len(y), **scores}
