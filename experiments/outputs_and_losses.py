"""What do an auxiliary output and a loss made of costs change about a classifier of phone prices?

One network with two outputs, a price class and a level, is trained with several weights of the
level's loss; then, without the level, with the expected cost of a wrong class in place of the
cross-entropy, or added to it. Each of these three losses gets three L1 penalties, among which the
notebook chooses; those of the costs are larger, since these losses are. The seed draws the weights
and the order of the rows.
"""

import functools

from sklearn.metrics import log_loss

import helpers
from tools.notebooks import functions

NOTEBOOK = "Part1_ANN/6-wide_and_deep.ipynb"
PENALTIES = {
    "cross-entropy": (0.001, 0.003, 0.01),
    "expected cost": (0.003, 0.01, 0.03),
    "expected cost and cross-entropy": (0.003, 0.01, 0.03),
}
CONFIGURATIONS = [
    *(
        {"class loss": "cross-entropy", "level weight": weight, "l1": 0.003}
        for weight in (0.1, 1.0, 3.0)
    ),
    *(
        {"class loss": loss, "level weight": 0.0, "l1": l1}
        for loss, penalties in PENALTIES.items()
        for l1 in penalties
    ),
]
SEEDS = 5
BATCH_SIZE, EPOCHS = 70, 40  # as in the notebook
METRICS = {
    "log loss": "of the class probabilities, over the validation phones",
    "accuracy": "of the most probable class, over the same phones",
    "cost, most probable": "mean cost per phone of the most probable class",
    "cost, cheapest": "the same of the answer with the lowest expected cost",
    "test cost, most probable": "the same two over the test phones; they choose nothing",
    "test cost, cheapest": "the second of them",
}

lesson = functions(
    NOTEBOOK, "make_inputs", "make_two_outputs", "ExpectedCost", "make_costs", "cheapest"
)


@functools.cache
def load():
    """Return inputs and classes of the training, the validation and the test phones."""
    phones = helpers.load_phones()
    parts = phones.train, phones.valid, phones.test
    tables = lesson.make_inputs(*parts)
    return [
        (table.to_numpy("float32"), part["price_range"].to_numpy())
        for table, part in zip(tables, parts, strict=True)
    ]


def run(configuration, seed):
    """Train one network; return what its class probabilities are worth."""
    (x, y), *others = load()
    costs = lesson.make_costs()
    class_loss = {
        "cross-entropy": "sparse_categorical_crossentropy",
        "expected cost": lesson.ExpectedCost(costs),
        "expected cost and cross-entropy": lesson.ExpectedCost(costs, entropy_weight=1.0),
    }[configuration["class loss"]]
    weight, l1 = configuration["level weight"], configuration["l1"]
    network = lesson.make_two_outputs(x.shape[1], weight, class_loss, l1)
    targets = {"price_class": y, "level": y.astype("float32")}
    network.fit(x, targets, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    measured = {}
    for name, (x_other, y_other) in zip(("", "test "), others, strict=True):
        p = network.predict(x_other, verbose=0)["price_class"]
        answers = p.argmax(axis=1), lesson.cheapest(p, costs)
        if not name:
            measured = {"log loss": log_loss(y_other, p)}
            measured["accuracy"] = (answers[0] == y_other).mean()
        measured[f"{name}cost, most probable"] = costs[y_other, answers[0]].mean()
        measured[f"{name}cost, cheapest"] = costs[y_other, answers[1]].mean()
    return measured
