"""What a user's configuration changes is set back by the notebooks' set-up cell, in any Jupyter."""

import json
import os
import warnings
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pandas as pd
import pytest

import defaults
import helpers
from tools import run

ROOT = Path(__file__).resolve().parents[2]
SETUP = (ROOT / "tools" / "setup_cell.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def restored():
    """Leave other tests this process as it was."""
    variables, style = dict(os.environ), dict(matplotlib.rcParams)
    yield
    os.environ.clear()
    os.environ.update(variables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matplotlib.rcParams.update(style)


# --- One setting at a time ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text.usetex", True),
        ("figure.figsize", (1, 1)),
        ("savefig.dpi", 300),
        ("font.family", ["No Such Font"]),
        ("axes.formatter.use_locale", True),
        ("axes.unicode_minus", False),
        ("image.origin", "lower"),
        ("lines.linewidth", 9),
        ("timezone", "Asia/Tokyo"),
        ("date.epoch", "0000-12-31T00:00:00"),
        ("figure.max_open_warning", 1),
        ("boxplot.whiskers", 3.0),
    ],
)
def test_matplotlibs_settings(key, value):
    backend = matplotlib.rcParams["backend"]
    expected = matplotlib.rcParamsDefault[key]
    matplotlib.rcParams[key] = value
    assert matplotlib.rcParams[key] != expected
    defaults.matplotlib()
    assert matplotlib.rcParams[key] == expected
    assert matplotlib.rcParams["backend"] == backend


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("display.precision", 2),
        ("display.max_rows", 3),
        ("display.max_columns", 2),
        ("display.width", 20),
        ("display.float_format", "{:.1f}".format),
        ("display.expand_frame_repr", False),
        ("display.colheader_justify", "left"),
        ("compute.use_numexpr", False),
        ("styler.format.precision", 1),
    ],
)
def test_options_of_pandas(option, value):
    before, table = pd.get_option(option), pd.DataFrame(np.eye(5) / 3)
    expected = repr(table)
    pd.set_option(option, value)
    defaults.tables()
    assert pd.get_option(option) == before and repr(table) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2},
        {"suppress": True},
        {"threshold": 3},
        {"linewidth": 20},
        {"floatmode": "fixed"},
        {"sign": "+"},
        {"formatter": {"float": "{:.1f}".format}},
        {"legacy": "1.13"},
        {"nanstr": "-"},
    ],
)
def test_how_numpy_prints(options):
    array = np.array([1 / 3, 1e-9, 2e5, np.nan])
    expected = (repr(array), np.get_printoptions())
    np.set_printoptions(**options)
    assert np.get_printoptions() != expected[1]
    defaults.tables()
    assert (repr(array), np.get_printoptions()) == expected


def test_what_numpy_does_about_errors():
    before = np.geterr()
    np.seterr(all="raise")
    defaults.tables()
    assert np.geterr() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("floatx", "float16"),
        ("floatx", "float64"),
        ("dtype_policy", "mixed_float16"),
        ("epsilon", 0.1),
        ("image_data_format", "channels_first"),
        ("max_epochs", 1),
        ("max_steps_per_epoch", 1),
    ],
)
def test_settings_of_keras(name, value):
    defaults.keras()
    import keras

    get, change = getattr(keras.config, name), getattr(keras.config, f"set_{name}")
    before = get()
    change(value)
    assert get() != before
    assert defaults.keras() == []
    after = get()
    assert getattr(after, "name", after) == getattr(before, "name", before)
    assert keras.layers.Dense(1).dtype == "float32"


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("TF_XLA_FLAGS", False),
        ("TF_DETERMINISTIC_OPS", False),
        ("XLA_FLAGS", False),
        ("KERAS_MAX_EPOCHS", False),
        ("KERAS_NNX_ENABLED", False),
        ("NPY_PROMOTION_STATE", False),
        ("SCIPY_ARRAY_API", False),
        ("TF_NUM_INTRAOP_THREADS", True),
        ("KERAS_HOME", True),
        ("OMP_NUM_THREADS", True),
        ("TFOO", True),
    ],
)
def test_variables_that_change_numbers_are_forgotten(monkeypatch, name, stays):
    monkeypatch.setenv(name, "1")
    defaults.keras()
    assert (name in os.environ) == stays


def test_a_tensorflow_that_was_imported_before_is_named(monkeypatch, capsys):
    defaults.keras()
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    assert defaults.keras() == ["TensorFlow having been imported before this cell"]
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    helpers.setup()
    assert "because of TensorFlow having been imported before" in capsys.readouterr().out
    helpers.setup()
    assert "because" not in capsys.readouterr().out


def test_another_backend_is_named(monkeypatch):
    import keras

    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="with the backend jax before this cell.*restart"):
        defaults.keras()


def test_python_without_asserts_is_named(monkeypatch, capsys):
    flags = type("Flags", (), {"optimize": 1})
    monkeypatch.setattr("helpers.sys.flags", flags)
    helpers.setup()
    assert capsys.readouterr().out.endswith(
        "No check is made, because Python runs with -O or PYTHONOPTIMIZE.\n"
    )


# --- Kernels under a hostile configuration --------------------------------------------------------

PROBE = """
import json
import keras, numpy as np, pandas as pd, tensorflow as tf, matplotlib as mpl
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3),
                          keras.layers.BatchNormalization(),
                          keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile("adam", "mse", jit_compile=False)
x = np.random.default_rng(0).normal(size=(32, 8, 8, 1))
history = model.fit(x, x.mean((1, 2, 3)), epochs=3, batch_size=8, verbose=0).history["loss"]
print(json.dumps({"loss": [f"{v:.6f}" for v in history], "dtype": model.layers[0].dtype}))
print(np.array([1 / 3, 2e-9]), 1 / 3)
print(pd.DataFrame({"a": np.arange(40) / 7}))
print({k: v for k, v in mpl.rcParams.items() if k != "backend"})
"""
LAST_VALUE = "1 / 7\n2 / 7"
FIGURE = (
    "import matplotlib.pyplot as plt\n_ = plt.plot([0, 1], [0, 2])\nplt.title('$x^2$')\nplt.show()"
)


def outputs(home, **variables):
    """Return the failure, and the outputs of a notebook, under a user's home and variables."""
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, PROBE, LAST_VALUE, FIGURE)]
    dropped = ("KERAS_", "TF_", "MPL", "IPYTHON", "JUPYTER", "XDG_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    kept |= {"HOME": str(home), "USERPROFILE": str(home), "COURSE_DATA": "default", **variables}
    done = run.execute(nbformat.v4.new_notebook(cells=cells), ROOT / "Part1_ANN", kept)
    shown = [
        (output.output_type, output.get("text") or sorted(output.data.items()))
        for cell in done.notebook.cells
        for output in cell.outputs
        if output.output_type != "error"
    ]
    return done.failure, shown


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the notebook gives a user who has configured nothing."""
    failure, shown = outputs(tmp_path_factory.mktemp("home"))
    assert failure == "" and len(shown) >= 4
    return shown


def fill(home, files):
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


PROFILE = ".ipython/profile_default/"
HOSTILE = {
    ".keras/keras.json": '{"floatx": "float16", "epsilon": 0.01, "backend": "jax", '
    '"image_data_format": "channels_first"}',
    ".config/matplotlib/matplotlibrc": "text.usetex: True\nsavefig.dpi: 30\nfont.size: 30\n"
    "axes.prop_cycle: cycler('color', ['r'])\ndate.epoch: 0000-12-31\n",
    PROFILE + "ipython_config.py": "c.InteractiveShell.ast_node_interactivity = 'all'\n"
    "c.PlainTextFormatter.float_precision = '%.2f'\nc.InteractiveShell.autocall = 2\n"
    "c.InlineBackend.figure_formats = {'svg'}\nc.InlineBackend.rc = {'figure.dpi': 20}\n",
    PROFILE + "startup/00-mine.py": "import numpy as np, pandas as pd, seaborn as sns\n"
    "np.set_printoptions(precision=2)\npd.options.display.precision = 1\n"
    "pd.options.display.max_rows = 4\nsns.set_theme('poster')\nnp.seterr(all='raise')\n",
}


@pytest.mark.kernel
def test_a_notebook_gives_the_same_under_a_hostile_home(tmp_path, expected):
    fill(tmp_path, HOSTILE)
    failure, shown = outputs(
        tmp_path,
        KERAS_MAX_EPOCHS="1",
        TF_XLA_FLAGS="--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit",
        TF_ENABLE_ONEDNN_OPTS="1",
        PYTHONHASHSEED="3",
    )
    assert failure == ""
    assert shown == expected


@pytest.mark.kernel
@pytest.mark.parametrize("content", ['{"floatx": "bfloat16"}', '{"epsilon": 1}', "[1]"])
def test_a_keras_json_that_stops_keras_is_named(tmp_path, content):
    fill(tmp_path, {".keras/keras.json": content})
    failure, _ = outputs(tmp_path)
    assert "RuntimeError: Keras does not start with its settings in" in failure
    assert "keras.json" in failure and "rename that file, and restart the kernel" in failure


@pytest.mark.kernel
def test_a_keras_json_of_channels_first_alone(tmp_path, expected):
    content = json.dumps({"floatx": "float64", "image_data_format": "channels_first"})
    fill(tmp_path, {"elsewhere/keras.json": content})
    assert outputs(tmp_path, KERAS_HOME=str(tmp_path / "elsewhere")) == ("", expected)
