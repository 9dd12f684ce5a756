"""What does a model lose that must predict cars which are built later than all that it has seen?

In a run half of the 114 cars of 1979 to 1982, drawn by the seed, are held out. A model is trained
on the 278 cars of 1970 to 1978, or on 278 cars that are drawn from all years. The models and their
settings are those of car_folds: each that has settings chooses among four on a quarter of its
training cars, and is then trained again on all of them.
"""

import numpy as np
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.pipeline import Pipeline

from experiments.car_folds import rivals
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
CONFIGURATIONS = [
    {"model": model, "trained on": years}
    for years in ("cars of all years", "cars until 1978")
    for model in (
        *("network", "boosted trees", "random forest", "squares and products"),
        "linear regression",
    )
]
SEEDS = 5
METRICS = {
    "MAE": "miles per gallon, over the held-out cars of 1979 to 1982",
    "mean residual": "of the same: miles per gallon that the model predicts too little",
    "cars": "how many cars of 1979 to 1982 are held out",
}

lesson = functions(NOTEBOOK, "load_cars", "prepare_cars")


def run(configuration, seed):
    """Train a model once; return its error on the held-out later cars."""
    cars, mpg = lesson.load_cars()
    random = np.random.default_rng(seed)
    early, late = (random.permutation(np.flatnonzero(s)) for s in (cars.year < 79, cars.year > 78))
    test, others = late[: len(late) // 2], np.r_[early, late[len(late) // 2 :]]
    is_early = configuration["trained on"] == "cars until 1978"
    train = early if is_early else random.permutation(others)[: len(early)]
    model, settings = rivals(seed)[configuration["model"]]
    steps = Pipeline([("prepare", lesson.prepare_cars()), ("model", model)])
    grid = {f"model__{name}": values for name, values in settings.items()}
    inner = ShuffleSplit(1, test_size=0.25, random_state=seed)
    search = GridSearchCV(steps, grid, cv=inner, scoring="neg_mean_absolute_error")
    predicted = search.fit(cars.iloc[train], mpg[train]).predict(cars.iloc[test])
    residual = mpg[test] - predicted
    return {
        "MAE": np.abs(residual).mean(),
        "mean residual": residual.mean(),
        "cars": len(test),
    }
