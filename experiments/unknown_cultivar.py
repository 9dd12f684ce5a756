"""Does a network notice a wine of a cultivar that it has never seen?

A network is trained on two of the three cultivars; 30 % of their wines are held out. The seed draws
these and the weights. How large are the probabilities of the class that the network chooses, for
the held-out wines and for those of the cultivar that was left out?
"""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.metrics import roc_auc_score

from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2b-wine_and_cars.ipynb"
NAMES = ("Barolo", "Grignolino", "Barbera")
CONFIGURATIONS = [{"left out": name} for name in NAMES]
SEEDS = 5
METRICS = {
    "known above 0.9": "share of the held-out wines whose larger probability is above 0.9",
    "unknown above 0.9": "share of the wines of the cultivar that was left out, the same",
    "ROC-AUC": "of the larger probability, held-out wines against those of the left-out cultivar",
}

lesson = functions(NOTEBOOK, "trained_wine_network", "larger_probabilities")


def run(configuration, seed):
    """Train a network without one cultivar; return how sure it is of known and unknown wines."""
    x, y = load_wine(return_X_y=True)
    left_out = NAMES.index(configuration["left out"])
    p_known, p_unknown = lesson.larger_probabilities(x, y, left_out, seed)
    is_known = np.repeat([1, 0], [len(p_known), len(p_unknown)])
    return {
        "known above 0.9": np.mean(p_known > 0.9),
        "unknown above 0.9": np.mean(p_unknown > 0.9),
        "ROC-AUC": roc_auc_score(is_known, np.r_[p_known, p_unknown]),
    }
