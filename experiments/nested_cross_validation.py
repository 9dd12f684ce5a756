"""How much too high is the cross-validated score of the best of sixteen settings?

A run tunes a support vector machine on iris, with the species as they are or shuffled, and scores
the tuning by nested cross-validation. The seed draws the folds, the order in which the settings
are counted, and the shuffled labels, about which the measurements say nothing.
"""

import numpy as np
from sklearn.datasets import load_iris

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/4-hyperparameter_tuning.ipynb"
CONFIGURATIONS = [{"labels": "as they are"}, {"labels": "shuffled"}]
SEEDS = 15
COUNTS = (1, 2, 4, 8, 16)
METRICS = {
    "nested": "accuracy of the tuning in nested cross-validation",
    **{f"best of {n}": f"cross-validated accuracy of the best of {n} settings" for n in COUNTS},
}

lesson = functions(NOTEBOOK, "winner_and_nested")


def run(configuration, seed):
    """Tune once; return the score of the winner, the nested score, and those of fewer settings."""
    x, y = load_iris(return_X_y=True)
    rng = np.random.default_rng(seed)
    if configuration["labels"] == "shuffled":
        y = rng.permutation(y)
    scores, nested = lesson.winner_and_nested(x, y, seed)
    best_so_far = np.maximum.accumulate(rng.permutation(scores))
    return {"nested": nested} | {f"best of {n}": best_so_far[n - 1] for n in COUNTS}
