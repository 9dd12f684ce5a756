"""Does a wide path beside the hidden layers help to tell the price class of a phone?

A dense network, the same with a wide path, and one with a layer of products in place of the first
hidden layer are trained on the columns of the table. The first two are also given four products of
columns, in all their paths or in the wide path alone. Each gets three L1 penalties, among which the
notebook chooses by the log loss on validation. The seed draws the weights and the order of the
rows.
"""

import functools

from sklearn.metrics import log_loss

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/6-wide_and_deep.ipynb"
MODELS = (
    ("dense", "none"),
    ("wide & deep", "none"),
    ("dense", "all paths"),
    ("wide & deep", "all paths"),
    ("wide & deep", "wide path"),
    ("product layer", "none"),
)
CONFIGURATIONS = [
    {"network": network, "products": products, "l1": l1}
    for network, products in MODELS
    for l1 in (0.001, 0.003, 0.01)
]
SEEDS = 5
COLUMNS = 20  # those of the table; the products follow them
BATCH_SIZE, EPOCHS = 70, 40  # as in the notebook
METRICS = {
    "log loss": "over the validation phones, after the last epoch",
    "accuracy": "over the same phones",
    "test log loss": "over the test phones; chooses nothing",
    "test accuracy": "over the same phones",
}

lesson = functions(NOTEBOOK, "make_inputs", "make_network", "make_product_network")


@functools.cache
def load(products):
    """Return inputs and classes of the training, the validation and the test phones."""
    phones = helpers.load_phones()
    parts = phones.train, phones.valid, phones.test
    tables = lesson.make_inputs(*parts, products=products)
    return [
        (table.to_numpy("float32"), part["price_range"].to_numpy())
        for table, part in zip(tables, parts, strict=True)
    ]


def run(configuration, seed):
    """Train one network; return how it does on validation and on the test."""
    products, l1 = configuration["products"], configuration["l1"]
    (x, y), *others = load(products != "none")
    if configuration["network"] == "product layer":
        network = lesson.make_product_network(x.shape[1], l1)
    else:
        wide = configuration["network"] == "wide & deep"
        deep_columns = COLUMNS if products == "wide path" else None
        network = lesson.make_network(x.shape[1], wide, l1, deep_columns)
    network.fit(x, y, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    measured = {}
    for name, (x_other, y_other) in zip(("", "test "), others, strict=True):
        p = network.predict(x_other, verbose=0)
        measured[f"{name}log loss"] = log_loss(y_other, p)
        measured[f"{name}accuracy"] = (p.argmax(axis=1) == y_other).mean()
    return measured
