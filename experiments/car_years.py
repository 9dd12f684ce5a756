"""What does a model lose that must predict cars which are built later than all that it has seen?

In a run half of the cars of 1979 to 1982, drawn by the seed, are held out. A model is trained on
the cars of 1970 to 1978, or on equally many cars that are drawn from all years.
"""

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
CONFIGURATIONS = [
    {"model": model, "trained on": years}
    for years in ("cars of all years", "cars until 1978")
    for model in ("network", "boosted trees", "linear regression")
]
SEEDS = 5
METRICS = {
    "MAE": "miles per gallon, over the held-out cars of 1979 to 1982",
    "mean residual": "of the same: miles per gallon that the model predicts too little",
}

lesson = functions(NOTEBOOK, "load_cars", "prepare_cars", "trained_car_network")


def predict(model, x_train, y_train, x_test, seed):
    """Train a model on prepared inputs; return its predictions in miles per gallon."""
    if model == "network":
        centre, spread = y_train.mean(), y_train.std()
        network = lesson.trained_car_network(x_train, (y_train - centre) / spread, seed)
        return network.predict(x_test, verbose=0)[:, 0] * spread + centre
    if model == "linear regression":
        return LinearRegression().fit(x_train, y_train).predict(x_test)
    trees = GradientBoostingRegressor(n_estimators=300, subsample=0.5, random_state=seed)
    return trees.fit(x_train, y_train).predict(x_test)


def run(configuration, seed):
    """Train a model once; return its error on the held-out later cars."""
    cars, mpg = lesson.load_cars()
    random = np.random.default_rng(seed)
    early, late = (random.permutation(np.flatnonzero(s)) for s in (cars.year < 79, cars.year > 78))
    test, others = late[: len(late) // 2], np.r_[early, late[len(late) // 2 :]]
    is_early = configuration["trained on"] == "cars until 1978"
    train = early if is_early else random.permutation(others)[: len(early)]
    prepare = lesson.prepare_cars().fit(cars.iloc[train])
    x_train, x_test = prepare.transform(cars.iloc[train]), prepare.transform(cars.iloc[test])
    residual = mpg[test] - predict(configuration["model"], x_train, mpg[train], x_test, seed)
    return {"MAE": np.abs(residual).mean(), "mean residual": residual.mean()}
