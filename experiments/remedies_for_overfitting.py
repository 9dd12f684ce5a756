"""Which remedies against overfitting help a network on 7,000 rows of a table?

A small and a large network are trained to the end on all training customers of the bank, bare and
with remedies at customary settings; the classic recipe stands beside them. Each run also puts back
the weights of its best epoch, which is what early stopping aims at. The seed draws the weights, the
order of the rows and the silent units.
"""

import functools

import keras
from sklearn.metrics import roc_auc_score

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2-ANN.ipynb"
NETWORKS = {"small": (32, 16), "large": (256, 128), "classic": (6, 6)}
REMEDIES = {
    "none": {},
    "L2": {"l2": 0.001},
    "dropout": {"dropout": 0.3},
    "batch normalisation": {"batch_normalisation": True},
    "L2 and dropout": {"l2": 0.001, "dropout": 0.3},
}
CONFIGURATIONS = [
    *({"network": "small", "remedy": remedy} for remedy in ("none", "L2", "dropout")),
    *({"network": "large", "remedy": remedy} for remedy in REMEDIES),
    {"network": "classic", "remedy": "none"},
]
SEEDS = 5
METRICS = {
    "training loss": "binary cross-entropy, without the penalty, in the last epoch",
    "last epoch": "the same over the validation customers, with the weights of the last epoch",
    "best epoch": "the same with the weights of the best epoch",
    "epoch": "which epoch was the best",
    "ROC-AUC": "over the validation customers, with the weights of the best epoch",
}

lesson = functions(NOTEBOOK, "clean", "make_preprocessing", "make_network")


@functools.cache
def load():
    """Return inputs and labels of the training customers, then of the validation customers."""
    churn = helpers.load_churn()
    train, valid = lesson.clean(churn.train), lesson.clean(churn.valid)
    prepare = lesson.make_preprocessing().fit(train)
    return prepare.transform(train), train["Exited"], prepare.transform(valid), valid["Exited"]


def run(configuration, seed):
    """Train one network; return what it is worth at its last and at its best epoch."""
    x, y, x_valid, y_valid = load()
    network = lesson.make_network(
        x.shape[1], NETWORKS[configuration["network"]], **REMEDIES[configuration["remedy"]]
    )
    epochs, batch_size = 40, 128
    if configuration["network"] == "classic":
        epochs, batch_size = 100, 32
        network.optimizer.learning_rate = 0.001
    loss = "val_binary_crossentropy"
    best = keras.callbacks.EarlyStopping(
        monitor=loss, mode="min", patience=epochs, restore_best_weights=True
    )
    history = network.fit(
        x,
        y,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(x_valid, y_valid),
        callbacks=[best],
        verbose=0,
    ).history
    return {
        "training loss": history["binary_crossentropy"][-1],
        "last epoch": history[loss][-1],
        "best epoch": min(history[loss]),
        "epoch": best.best_epoch + 1,
        "ROC-AUC": roc_auc_score(y_valid, network.predict(x_valid, verbose=0)[:, 0]),
    }
