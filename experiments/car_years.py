"""What does a model lose that must predict cars which are built later than all that it has seen?

The seed chooses a cutoff: seed 1 is the year 1975, seed 5 the year 1979, and seed 6 1975 again,
with other halves and other weights. The cars of the cutoff and of the three years after it are
predicted, one half at a time, by a model that is trained on all cars built before the cutoff, or on
as many cars that are drawn from these and from the other half.
The models are those of car_folds, each with the first of the settings among which it chooses there.
"""

import numpy as np
from sklearn.pipeline import Pipeline

from experiments.car_folds import rivals
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
CONFIGURATIONS = [
    {"model": model, "trained on": years}
    for years in ("years seen", "years unseen")
    for model in (
        *("network", "boosted trees", "random forest", "squares and products"),
        "linear regression",
    )
]
SEEDS = 15
METRICS = {
    "MAE": "miles per gallon, over the cars of the cutoff and of the next three years",
    "mean residual": "of the same: miles per gallon that the model predicts too little",
    "cutoff": "the first of the four years",
    "training cars": "how many cars were built before the cutoff, and a model is trained on",
}

lesson = functions(NOTEBOOK, "load_cars", "prepare_cars")


def run(configuration, seed):
    """Train a model once for each half of the later cars; return its error on all of them."""
    cars, mpg = lesson.load_cars()
    random = np.random.default_rng(seed)
    cutoff = 75 + (seed - 1) % 5
    early = np.flatnonzero(cars.year < cutoff)
    late = random.permutation(np.flatnonzero(cars.year.between(cutoff, cutoff + 3)))
    halves = np.array_split(late, 2)
    residuals = []
    for half, (test, other) in enumerate((halves, halves[::-1])):
        mixed = random.permutation(np.r_[early, other])[: len(early)]
        train = mixed if configuration["trained on"] == "years seen" else early
        model, settings = rivals(2 * seed + half)[configuration["model"]]
        model.set_params(**{name: values[0] for name, values in settings.items()})
        steps = Pipeline([("prepare", lesson.prepare_cars()), ("model", model)])
        steps.fit(cars.iloc[train], mpg[train])
        residuals.append(mpg[test] - steps.predict(cars.iloc[test]))
    residual = np.concatenate(residuals)
    return {
        "MAE": np.abs(residual).mean(),
        "mean residual": residual.mean(),
        "cutoff": 1900 + cutoff,
        "training cars": len(early),
    }
