"""Which part of a gain on phone prices comes from the products, and which from early stopping?

The network and the trees of phone_searches and phone_rivals again, now with the four products as
inputs, and the network with default settings, stopped where its validation loss is lowest. The seed
draws the weights, the order of the rows and the candidates.
"""

import functools

import keras
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import ParameterSampler

from experiments.phone_rivals import SPACES, TREES
from experiments.phone_searches import CANDIDATES, EPOCHS, judge, load
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/4-hyperparameter_tuning.ipynb"
STOPPED, DEFAULT = "network, early stopping", "network with products, default"
GUESS, RANDOM = "network with products, guess", "network with products, random"
TREES_TUNED = "trees with products, tuned"
CONFIGURATIONS = [{"model": name} for name in (STOPPED, DEFAULT, GUESS, TREES_TUNED, RANDOM)]
SEEDS = 5
BATCH_SIZE, PATIENCE = 70, 5
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
lesson = functions(NOTEBOOK, "make_network", "train_network", "random_candidates")


def train_with_products(candidate, seed, x, y):
    """Return the lesson's network for as many inputs as there are, trained as in the lesson."""
    keras.utils.set_random_seed(seed)
    narrow = lesson.make_network(**candidate)
    network = keras.models.clone_model(narrow, input_tensors=keras.Input(x.shape[1:]))
    network.compile_from_config(narrow.get_compile_config())
    network.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return network


def run(configuration, seed):
    """Train or tune one model; return how what was chosen does."""
    model = configuration["model"]
    train, *others = load(products=model != STOPPED)
    if model == TREES_TUNED:
        make = functools.partial(HistGradientBoostingClassifier, random_state=seed)
        settings = ParameterSampler(SPACES[TREES], CANDIDATES, random_state=seed)
        trees = [make(**setting).fit(*train) for setting in settings]
        return judge(lambda fitted, x: fitted.predict_proba(x), trees, *others)
    if model == STOPPED:
        stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
        options = {"validation_data": others[0], "callbacks": [stop]}
        networks = [lesson.train_network({}, seed, *train, **options)]
    else:
        random = lesson.random_candidates(CANDIDATES, seed)
        candidates = {DEFAULT: [{}], GUESS: [{"l1": 0.001}]}.get(model, random)
        networks = [train_with_products(candidate, seed, *train) for candidate in candidates]
    return judge(lambda network, x: network.predict(x, verbose=0), networks, *others)
