"""What does tuning gain on phone prices, and which search gains most with an equal budget?

Each of three searches for a network may train 180 epochs, as many as nine candidates take. Two
networks are not tuned: one without a penalty, and one with a customary one. The seed draws the
weights, the order of the rows and the candidates.
"""

import functools

import numpy as np
import optuna
from sklearn.metrics import log_loss

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/4-hyperparameter_tuning.ipynb"
CONFIGURATIONS = [{"search": name} for name in ("default", "guess", "grid", "random", "TPE")]
SEEDS = 5
CANDIDATES, EPOCHS = 9, 20  # as in the notebook
METRICS = {
    "validation log loss": "of the chosen model, the one for which it is lowest",
    "validation accuracy": "of the chosen model",
    "test log loss": "of the chosen model; chooses nothing",
    "test accuracy": "over the same phones",
    "fresh log loss": "of the chosen model, over 10,000 phones drawn by the simulator",
    "fresh accuracy": "over the same phones",
    "optimism": "by how much the lowest log loss of all candidates on 300 fresh phones is too low, "
    "a mean over 500 draws of these phones; pruned candidates left out",
    "optimism of accuracy": "by how much the highest accuracy is too high, in the same way",
    "tried": "candidates that were tried, pruned ones included",
    "epochs": "trained in all, those of pruned candidates included",
}

lesson = functions(
    NOTEBOOK,
    *("make_preprocessing", "draw_fresh", "train_network", "grid_candidates", "suggest"),
    *("random_candidates", "study_options", "ReportEpochs", "epochs_in", "optimism"),
    "phone_losses",
)


@functools.cache
def load(products=False):
    """Return inputs and classes of the training, validation, test and fresh phones."""
    phones, (fresh, _) = helpers.load_phones(), lesson.draw_fresh()
    columns = phones.train.columns.drop("price_range")
    prepare = lesson.make_preprocessing(products).fit(phones.train[columns])
    parts = phones.train, phones.valid, phones.test, fresh
    return [(prepare.transform(p[columns]).to_numpy(), p["price_range"].to_numpy()) for p in parts]


def judge(predict, models, valid, test, fresh):
    """Return how the model that is best on validation does everywhere, and the optimism."""
    best = min(models, key=lambda model: log_loss(valid[1], predict(model, valid[0])))
    measured = {}
    for part, (x, y) in {"validation": valid, "test": test, "fresh": fresh}.items():
        p = predict(best, x)
        measured[f"{part} log loss"] = lesson.phone_losses(p, y).mean()
        measured[f"{part} accuracy"] = np.mean(p.argmax(axis=1) == y)
    p, y = [predict(model, fresh[0]) for model in models], fresh[1]
    losses = np.array([lesson.phone_losses(q, y) for q in p])
    errors = np.array([q.argmax(axis=1) != y for q in p])
    measured["optimism"] = lesson.optimism(losses).mean()
    measured["optimism of accuracy"] = lesson.optimism(errors).mean()
    return measured


def run_study(seed, train, valid):
    """Return the networks that TPE has not pruned, and the study."""
    networks, study = [], optuna.create_study(**lesson.study_options(seed))

    def objective(trial):
        options = {"validation_data": valid, "callbacks": [lesson.ReportEpochs(trial)]}
        networks.append(lesson.train_network(lesson.suggest(trial), seed, *train, **options))
        return log_loss(valid[1], networks[-1].predict(valid[0], verbose=0))

    while lesson.epochs_in(study) <= (CANDIDATES - 1) * EPOCHS:
        study.optimize(objective, n_trials=1)
    return networks, study


def run(configuration, seed):
    """Search once; return how the network that was chosen does, and what the search took."""
    train, valid, test, fresh = load()
    candidates = {
        "default": [{}],
        "guess": [{"l1": 0.001}],
        "grid": lesson.grid_candidates(),
        "random": lesson.random_candidates(CANDIDATES, seed),
    }.get(configuration["search"])
    if candidates is None:
        networks, study = run_study(seed, train, valid)
        tried, epochs = len(study.trials), lesson.epochs_in(study)
    else:
        networks = [lesson.train_network(candidate, seed, *train) for candidate in candidates]
        tried, epochs = len(candidates), EPOCHS * len(candidates)
    measured = judge(lambda network, x: network.predict(x, verbose=0), networks, valid, test, fresh)
    return measured | {"tried": tried, "epochs": epochs}
