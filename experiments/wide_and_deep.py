"""Does a wide path beside the hidden layers help to tell the price class of a phone?

A dense network, the same with a wide path, and one with a layer of products in place of the first
hidden layer are trained on the columns of the table, the first two also on the products that an
engineer would add. Each gets three L1 penalties, among which the notebook chooses by the log loss
on validation. The seed draws the weights and the order of the rows.
"""

import functools

from sklearn.metrics import log_loss

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/6-wide_and_deep.ipynb"
MODELS = (
    ("dense", False),
    ("wide & deep", False),
    ("dense", True),
    ("wide & deep", True),
    ("product layer", False),
)
CONFIGURATIONS = [
    {"network": network, "products": products, "l1": l1}
    for network, products in MODELS
    for l1 in (0.001, 0.003, 0.01)
]
SEEDS = 5
BATCH_SIZE, EPOCHS = 70, 40  # as in the notebook
METRICS = {
    "log loss": "over the validation phones, after the last epoch",
    "accuracy": "over the same phones",
    "test log loss": "over the test phones; chooses nothing",
    "test accuracy": "over the same phones",
}

lesson = functions(NOTEBOOK, "make_preprocessing", "make_network", "make_product_network")


@functools.cache
def load(products):
    """Return inputs and classes of the training, the validation and the test phones."""
    phones = helpers.load_phones()
    columns = phones.train.columns.drop("price_range")
    prepare = lesson.make_preprocessing(products).fit(phones.train[columns])
    parts = phones.train, phones.valid, phones.test
    return [
        (prepare.transform(part[columns]).to_numpy("float32"), part["price_range"].to_numpy())
        for part in parts
    ]


def run(configuration, seed):
    """Train one network; return how it does on validation and on the test."""
    (x, y), *others = load(configuration["products"])
    l1 = configuration["l1"]
    if configuration["network"] == "product layer":
        network = lesson.make_product_network(x.shape[1], l1)
    else:
        network = lesson.make_network(x.shape[1], configuration["network"] == "wide & deep", l1)
    network.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    measured = {}
    for name, (x_other, y_other) in zip(("", "test "), others, strict=True):
        p = network.predict(x_other, verbose=0)
        measured[f"{name}log loss"] = log_loss(y_other, p)
        measured[f"{name}accuracy"] = (p.argmax(axis=1) == y_other).mean()
    return measured
