"""How many miles per gallon are a network and five rivals off?

A run is one repeat of five-fold cross-validation over all 392 cars. The seed draws the folds, the
weights and the order of the rows. Each model that has settings chooses among four on a quarter of
the training cars of each fold, and is then trained again on all of them.
"""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, ShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
CONFIGURATIONS = [
    {"model": name}
    for name in (
        *("network", "boosted trees", "random forest", "squares and products"),
        *("linear regression", "mean"),
    )
]
SEEDS = 5
FOLDS = 5
METRICS = {
    "MAE": "miles per gallon, over all cars, each predicted by a model that has not seen it",
    "RMSE": "miles per gallon, the same",
    "R2": "the same",
    **{f"fold {fold}": "MAE on the cars of this fold" for fold in range(1, FOLDS + 1)},
}

lesson = functions(NOTEBOOK, "load_cars", "prepare_cars", "trained_car_network")


class Network(RegressorMixin, BaseEstimator):
    """The network of the lesson, as scikit-learn wants a regressor to be."""

    def __init__(self, l2=0.01, seed=0):
        self.l2 = l2
        self.seed = seed

    def fit(self, x, y):
        """Train a new network on prepared inputs and miles per gallon."""
        self.centre_, self.spread_ = y.mean(), y.std()
        y_scaled = (y - self.centre_) / self.spread_
        self.network_ = lesson.trained_car_network(x, y_scaled, self.seed, self.l2)
        return self

    def predict(self, x):
        """Return miles per gallon for each row."""
        return self.network_.predict(x, verbose=0)[:, 0] * self.spread_ + self.centre_


def rivals(seed):
    """Return each model with the settings among which it chooses."""
    squares = make_pipeline(PolynomialFeatures(2, include_bias=False), StandardScaler(), Ridge())
    trees = {"n_estimators": 300, "subsample": 0.5, "random_state": seed}
    forest = {"n_estimators": 200, "random_state": seed}
    return {
        "network": (Network(seed=seed), {"l2": [0.01, 0.03, 0.001, 0.0]}),
        "boosted trees": (
            GradientBoostingRegressor(**trees),
            {"max_depth": [2, 4], "learning_rate": [0.05, 0.1]},
        ),
        "random forest": (
            RandomForestRegressor(**forest),
            {"max_features": [3, 6], "min_samples_leaf": [1, 3]},
        ),
        "squares and products": (squares, {"ridge__alpha": [1.0, 0.1, 10.0, 100.0]}),
        "linear regression": (LinearRegression(), {}),
        "mean": (DummyRegressor(), {}),
    }


def run(configuration, seed):
    """Cross-validate one model once; return its errors on each fold and on all cars."""
    cars, mpg = lesson.load_cars()
    predicted = np.zeros(len(mpg))
    scores = {}
    for fold, (train, test) in enumerate(
        KFold(FOLDS, shuffle=True, random_state=seed).split(cars), 1
    ):
        model, settings = rivals(FOLDS * seed + fold)[configuration["model"]]
        steps = Pipeline([("prepare", lesson.prepare_cars()), ("model", model)])
        grid = {f"model__{name}": values for name, values in settings.items()}
        inner = ShuffleSplit(1, test_size=0.25, random_state=seed)
        search = GridSearchCV(steps, grid, cv=inner, scoring="neg_mean_absolute_error")
        predicted[test] = search.fit(cars.iloc[train], mpg[train]).predict(cars.iloc[test])
        scores[f"fold {fold}"] = np.abs(predicted[test] - mpg[test]).mean()
    error = predicted - mpg
    return {
        "MAE": np.abs(error).mean(),
        "RMSE": np.sqrt((error**2).mean()),
        "R2": 1 - (error**2).sum() / ((mpg - mpg.mean()) ** 2).sum(),
        **scores,
    }
