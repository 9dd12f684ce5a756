"""Which remedies against overfitting help a network on 7,000 rows of a table?

A small and a large network, bare and with remedies at customary settings, and the classic recipe
are trained on all training customers of the bank. All of them stop by the same rule: ten epochs
after the lowest validation loss, whose weights are put back, or after 100 epochs. The seed draws
the weights, the order of the rows and the silent units.
"""

import functools

import keras
from sklearn.metrics import log_loss, roc_auc_score

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2-ANN.ipynb"
SMALL, LARGE = {"hidden": (32, 16)}, {"hidden": (256, 128)}
L2, DROPOUT = {"l2": 0.001}, {"dropout": 0.3}
NETWORKS = {
    "small": SMALL,
    "small, L2": SMALL | L2,
    "small, dropout": SMALL | DROPOUT,
    "large": LARGE,
    "large, L2": LARGE | L2,
    "large, dropout": LARGE | DROPOUT,
    "large, L2 and dropout": LARGE | L2 | DROPOUT,
    "large, batch norm.": LARGE | {"batch_normalisation": True},
    "classic recipe": {"hidden": (6, 6)},
}
CONFIGURATIONS = [{"network": name} for name in NETWORKS]
SEEDS = 5
METRICS = {
    "training loss": "binary cross-entropy of the training customers, without the penalty",
    "loss": "the same of the validation customers",
    "ROC-AUC": "of the validation customers",
    "best epoch": "the one with the lowest validation loss, whose weights are judged",
    "epochs": "how many were trained",
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
    """Train one network until it stops; return what it is worth with its best weights."""
    x, y, x_valid, y_valid = load()
    name, batch_size = configuration["network"], 128
    network = lesson.make_network(x.shape[1], **NETWORKS[name])
    if name == "classic recipe":
        batch_size = 32
        network.optimizer.learning_rate = 0.001
    stopping = keras.callbacks.EarlyStopping(
        monitor="val_binary_crossentropy", mode="min", patience=10, restore_best_weights=True
    )
    history = network.fit(
        x,
        y,
        batch_size=batch_size,
        epochs=100,
        validation_data=(x_valid, y_valid),
        callbacks=[stopping],
        verbose=0,
    ).history
    p, p_valid = (network.predict(inputs, verbose=0)[:, 0] for inputs in (x, x_valid))
    return {
        "training loss": log_loss(y, p),
        "loss": log_loss(y_valid, p_valid),
        "ROC-AUC": roc_auc_score(y_valid, p_valid),
        "best epoch": stopping.best_epoch + 1,
        "epochs": len(history["loss"]),
    }
