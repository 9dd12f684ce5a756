"""Which remedies against overfitting help a network that is too big for its rows?

A network of 256 and 128 units is trained for 30 epochs on 700 customers of the bank, bare and with
one remedy at a time. The seed draws the weights, the order of the batches and the silent units; the
700 rows are the same in every run.
"""

import functools

import keras
from keras import layers
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/2-ANN.ipynb"
CONFIGURATIONS = [
    {"remedy": remedy}
    for remedy in ("none", "L2", "dropout", "batch normalisation", "early stopping")
]
SEEDS = 8
METRICS = {
    "training loss": "binary cross-entropy, without the penalty, over the 700 training customers",
    "validation loss": "the same over the validation customers",
    "ROC-AUC": "over the validation customers",
    "epochs": "how many were trained; early stopping puts back the weights of an earlier one",
}
NUMBERS = [
    *("CreditScore", "Age", "Tenure", "Balance", "EstimatedSalary", "HasCrCard", "IsActiveMember"),
]
CATEGORIES = ["Geography", "Gender", "NumOfProducts"]
ROWS = 700

lesson = functions(NOTEBOOK, "clean", "cross_entropy")


@functools.cache
def load():
    """Return x and y of the training rows, then of the validation rows; all float32."""
    churn = helpers.load_churn()
    train, valid = lesson.clean(churn.train), lesson.clean(churn.valid)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    prepare = ColumnTransformer([("n", numbers, NUMBERS), ("c", categories, CATEGORIES)])
    x_train = prepare.fit_transform(train).astype("float32")
    x_valid = prepare.transform(valid).astype("float32")
    y_train, y_valid = (part["Exited"].to_numpy("float32") for part in (train, valid))
    return x_train[:ROWS], y_train[:ROWS], x_valid, y_valid


def build(inputs, remedy):
    """Return the big network, with what belongs to the remedy after each hidden layer."""
    network = keras.Sequential([keras.Input((inputs,))])
    for units in (256, 128):
        penalty = keras.regularizers.L2(0.01) if remedy == "L2" else None
        network.add(layers.Dense(units, activation="relu", kernel_regularizer=penalty))
        if remedy == "dropout":
            network.add(layers.Dropout(0.5))
        if remedy == "batch normalisation":
            # its running averages must keep up with 210 steps
            network.add(layers.BatchNormalization(momentum=0.9))
    network.add(layers.Dense(1, activation="sigmoid"))
    return network


def run(configuration, seed):
    """Train the network with one remedy; return what it is worth."""
    x, y, x_valid, y_valid = load()
    network = build(x.shape[1], configuration["remedy"])
    network.compile(keras.optimizers.Adam(0.005), loss="binary_crossentropy")
    watch = {}
    if configuration["remedy"] == "early stopping":
        stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
        watch = {"validation_data": (x_valid, y_valid), "callbacks": [stop]}
    history = network.fit(x, y, batch_size=100, epochs=30, verbose=0, **watch).history
    p, p_valid = (network.predict(rows, verbose=0)[:, 0] for rows in (x, x_valid))
    return {
        "training loss": lesson.cross_entropy(y, p),
        "validation loss": lesson.cross_entropy(y_valid, p_valid),
        "ROC-AUC": roc_auc_score(y_valid, p_valid),
        "epochs": len(history["loss"]),
    }
