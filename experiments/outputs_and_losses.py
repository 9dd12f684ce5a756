"""What do an auxiliary output and a loss made of costs change about a classifier of phone prices?

One network with two outputs, a price class and a level, is trained with several weights of the
level's loss, and with the expected cost of a wrong class in place of the cross-entropy, or added to
it. Only these change. The seed draws the weights and the order of the rows.
"""

import functools

from sklearn.metrics import log_loss

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/6-wide_and_deep.ipynb"
CONFIGURATIONS = [
    *({"class loss": "cross-entropy", "level weight": weight} for weight in (0.0, 0.1, 1.0, 3.0)),
    {"class loss": "expected cost", "level weight": 0.0},
    {"class loss": "expected cost and cross-entropy", "level weight": 0.0},
]
SEEDS = 5
BATCH_SIZE, EPOCHS = 70, 40  # as in the notebook
METRICS = {
    "log loss": "of the class probabilities, over the validation phones",
    "accuracy": "of the most probable class, over the same phones",
    "cost, most probable": "mean cost per phone of the most probable class",
    "cost, cheapest": "the same of the answer with the lowest expected cost",
}

lesson = functions(
    NOTEBOOK, "make_preprocessing", "make_two_outputs", "ExpectedCost", "make_costs", "cheapest"
)


@functools.cache
def load():
    """Return inputs and classes of the training and of the validation phones."""
    phones = helpers.load_phones()
    columns = phones.train.columns.drop("price_range")
    prepare = lesson.make_preprocessing().fit(phones.train[columns])
    return [
        (prepare.transform(part[columns]).to_numpy("float32"), part["price_range"].to_numpy())
        for part in (phones.train, phones.valid)
    ]


def run(configuration, seed):
    """Train one network; return what its class probabilities are worth on validation."""
    (x, y), (x_valid, y_valid) = load()
    costs = lesson.make_costs()
    class_loss = {
        "cross-entropy": "sparse_categorical_crossentropy",
        "expected cost": lesson.ExpectedCost(costs),
        "expected cost and cross-entropy": lesson.ExpectedCost(costs, entropy=1.0),
    }[configuration["class loss"]]
    network = lesson.make_two_outputs(x.shape[1], configuration["level weight"], class_loss)
    targets = {"price_class": y, "level": y.astype("float32")}
    network.fit(x, targets, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    p = network.predict(x_valid, verbose=0)["price_class"]
    answers = p.argmax(axis=1), lesson.cheapest(p, costs)
    return {
        "log loss": log_loss(y_valid, p),
        "accuracy": (answers[0] == y_valid).mean(),
        "cost, most probable": costs[y_valid, answers[0]].mean(),
        "cost, cheapest": costs[y_valid, answers[1]].mean(),
    }
