"""How far do logistic regression and boosted trees get on phone prices, default and tuned?

A tuned rival draws nine candidates at random and keeps the one with the lowest validation log loss,
as the searches for a network do with theirs. The seed draws the candidates.
"""

import functools

from scipy.stats import loguniform
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterSampler

from experiments.phone_searches import CANDIDATES, judge, load

NOTEBOOK = "Part1_ANN/4-hyperparameter_tuning.ipynb"
LINE, PRODUCTS, TREES = (
    *("logistic regression", "logistic regression with products", "boosted trees"),
)
CONFIGURATIONS = [
    {"model": model, "settings": settings}
    for model in (LINE, PRODUCTS, TREES)
    for settings in ("default", "tuned")
]
SEEDS = 5
METRICS = {
    "validation log loss": "of the chosen model, the one for which it is lowest",
    "validation accuracy": "of the chosen model",
    "test log loss": "of the chosen model; chooses nothing",
    "test accuracy": "over the same phones",
    "fresh log loss": "of the chosen model, over 10,000 phones drawn by the simulator",
    "fresh accuracy": "over the same phones",
    "optimism": "as in phone_searches",
    "optimism of accuracy": "as in phone_searches",
}
SPACES = {
    LINE: {"C": loguniform(0.01, 10_000)},
    PRODUCTS: {"C": loguniform(0.01, 10_000)},
    TREES: {
        "learning_rate": loguniform(0.02, 0.5),
        "max_leaf_nodes": [2, 3, 4, 8, 16],
        "max_iter": [100, 200, 300],
    },
}


def run(configuration, seed):
    """Tune one rival, or take its default; return how what was chosen does."""
    model, settings = configuration["model"], [{}]
    if configuration["settings"] == "tuned":
        settings = ParameterSampler(SPACES[model], CANDIDATES, random_state=seed)
    if model == TREES:
        make = functools.partial(HistGradientBoostingClassifier, random_state=seed)
    else:
        make = functools.partial(LogisticRegression, max_iter=5000)
    train, *others = load(products=model == PRODUCTS)
    fitted = [make(**setting).fit(*train) for setting in settings]
    return judge(lambda rival, x: rival.predict_proba(x), fitted, *others)
