"""Rules for networks: plain Keras first and no tricks, each proven on a lesson that is bad in one
way; and nothing in the course's modules builds or fits a model."""

import pytest

from tests.support.lesson import CELL, caught, rules_of
from tests.support.notebook_changes import all_of, code, each, number_cells, text_has
from tools.lint import plain_keras
from tools.lint.plain_keras import network_code
from tools.notebooks import ROOT

LOOP = "hand-written-loop"
MODULES = sorted([*ROOT.glob("*.py"), *ROOT.glob("tools/**/*.py")])
# It trains a network in order to measure the computer.
DECLARED = {"tools/calibrate.py"}


def put(source, at="end", tags=()):
    """Put one more code cell before a cell."""

    def change(book):
        book.cells.insert(CELL[at], code(source, tags=tags))
        number_cells(book)

    return change


def swapped(one, other):
    """Exchange two cells."""

    def change(book):
        cells = book.cells
        cells[CELL[one]], cells[CELL[other]] = cells[CELL[other]], cells[CELL[one]]
        number_cells(book)

    return change


def is_now(name, source):
    """Change what stands in a cell."""
    return lambda book: book.cells[CELL[name]].update(source=source)


def has(name, old, new):
    """Replace words of a cell."""
    return text_has(CELL[name], old, new)


CACHED = '''@functools.cache
def build(units):
    """Return a network."""
    return keras.Sequential([layers.Dense(units)])
'''
RESET = "start = network.get_weights()\nnetwork.set_weights(start)"
LOSS = 'loss="mse", '

BAD = [
    *each(
        "no_tricks",
        {
            "steps_per_execution": has("compile", LOSS, LOSS + "steps_per_execution=8, "),
            "jit_compile": has("compile", LOSS, LOSS + "jit_compile=True, "),
            "run_eagerly": has("compile", LOSS, LOSS + "run_eagerly=False, "),
            "attribute": put("network.jit_compile = True"),
            "train_on_batch": put("network.train_on_batch(x, y)"),
            "optimiser built": put("network.optimizer.build(network.trainable_variables)"),
            "optimiser set": put("network.optimizer.set_weights([x])"),
            "variables of the optimiser": put(
                "for variable in network.optimizer.variables:\n    variable.assign(x)"
            ),
            "steps of the optimiser": put("network.optimizer.iterations.assign(0)"),
            "weights set back": put(RESET),
            "cache as a dictionary": put('cache = {}\ncache["a"] = network'),
            "rounded up": put("steps = -(-len(x) // 32)"),
            "threads": all_of(
                has("imports", "import keras\n", "import keras\nimport tensorflow as tf\n"),
                put("tf.config.threading.set_inter_op_parallelism_threads(1)\ntf.data"),
            ),
        },
    ),
    *each(
        "plain_network_first",
        {
            "no summary": is_now("summary", "x.describe()"),
            "no metrics": has("compile", ', metrics=["AUC"]', ""),
            "no validation": has("fit", "validation_split=0.2, ", ""),
            "no curve": has("curve", "plot_learning_curves", "draw"),
            "no evaluation": is_now("evaluate", "loss, auc = 0.3, 0.8\nprint(auc)"),
            "no prediction": is_now("predict", "y_pred = network(x)"),
            "two steps in one cell": all_of(
                is_now("summary", "x.describe()"),
                lambda b: b.cells[CELL["build"]].update(
                    source=b.cells[CELL["build"]].source + "\nnetwork.summary()"
                ),
            ),
            "order": swapped("summary", "compile"),
            "a loop before": put(
                "for units in (1, 2):\n    network.fit(x, y, epochs=units, verbose=0)", "summary"
            ),
            "built in a function": is_now(
                "build", "def build():\n    return keras.Sequential([])\n\n\nnetwork = build()"
            ),
        },
    ),
]


@pytest.mark.parametrize(("name", "change"), BAD)
def test_a_bad_lesson_is_caught_by_its_rule_and_no_other(name, change, lesson_path):
    found = caught(change, lesson_path)
    assert set(found) == {name}, found
    assert all(len(sentence) > 20 and "\n" not in sentence for sentence in found[name])


def test_every_rule_for_networks_has_a_bad_lesson():
    assert {case.values[0] for case in BAD} == rules_of(plain_keras.__name__)


def test_a_cache_of_networks_is_a_trick_and_one_of_numbers_is_not(lesson_path):
    imports = has("imports", "import keras\n", "import functools\n\nimport keras\n")
    found = caught(all_of(imports, put(CACHED.strip())), lesson_path)
    assert set(found) == {"no_tricks"} and "functools.cache" in found["no_tricks"][0]
    numbers = CACHED.replace("keras.Sequential([layers.Dense(units)])", "units**2").strip()
    assert caught(all_of(imports, put(numbers)), lesson_path) == {}


def test_a_missing_step_is_named_with_where_it_should_stand(lesson_path):
    (sentence,) = caught(is_now("summary", "x.describe()"), lesson_path)["plain_network_first"]
    assert sentence == (
        "Its first network has no cell of its own for this step, in its order before cell "
        f"{CELL['repeat']}, where it is repeated: summary()."
    )


# What looks like a blemish, but is none
GOOD = {
    "a loop by hand": put("network.train_on_batch(x, y)", tags=[LOOP]),
    "a notebook of loops": all_of(
        lambda b: b.cells[CELL["title"]].metadata.update(tags=[LOOP]),
        put("network.train_on_batch(x, y)"),
        is_now("summary", "x.describe()"),
    ),
    "weights given to another": put("start = network.get_weights()\nbaseline.set_weights(start)"),
    "an optimiser with options": put("optimizer = keras.optimizers.Adam(learning_rate=0.01)"),
    "metrics reset": put("auc.reset_state()"),
    "rounded down": put("steps = -(len(x) // 32)"),
    "scikit-learn in a loop before": put("for part in (x, y):\n    baseline.fit(part, y)", "build"),
    "a curve drawn by hand": all_of(has("curve", "helpers.plot_learning_curves(", "x.plot(y=")),
    "a notebook that trains no network": all_of(
        *(is_now(name, "x.describe()") for name in ("build", "summary", "compile", "fit")),
        is_now("repeat", "def trained(units):\n    return baseline.fit(x, y)"),
        has("curve", "history.history", "x"),
        has("evaluate", "network.evaluate(x, y, verbose=0)", "0.3, 0.8"),
        has("predict", "network", "baseline"),
    ),
    "a regular expression": put('pattern = re.compile("x")'),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_nothing_is_caught_where_nothing_is_wrong(change, lesson_path):
    found = caught(change, lesson_path)
    assert not found.keys() & rules_of(plain_keras.__name__), found


# --- The modules of the course --------------------------------------------------------------------


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_builds_compiles_or_fits_a_model(path):
    """Tricks do not move house: what a lesson trains, it shows."""
    found = network_code(path.read_text(encoding="utf-8"))
    if path.relative_to(ROOT).as_posix() in DECLARED:
        assert found, "it no longer trains anything: take it off DECLARED"
    else:
        assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "model.compile(loss='mse')",
        "model.fit(x)",
        "def f():\n    return keras.Sequential([])",
        "Model(a, b)",
        "class Net(keras.Model):\n    pass",
        "net.train_on_batch(x, y)",
        "make_pipeline(a, b).fit(x, y)",
    ],
)
def test_code_for_networks_is_found(source):
    assert len(network_code(source)) == 1


@pytest.mark.parametrize(
    "source", ["re.compile('x')", "compile(tree, 'x', 'exec')", "import keras\nkeras.utils.f()"]
)
def test_other_code_is_not(source):
    assert network_code(source) == []
