"""Setting back what a user's own configuration changes in a notebook; called by helpers.setup().

A notebook may be opened in any Jupyter, under anybody's keras.json, matplotlibrc, IPython profile
and environment variables. None of them may change a number or a figure, or stop the course.
Importing this module is cheap: nothing but the standard library is imported until it is needed.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

# Of the variables that begin like this, only these are left: which device computes, with how many
# threads, and where downloaded weights lie. The others change how numbers are computed (XLA's
# compiler, other data types), cut training short (KERAS_MAX_EPOCHS), or stop it.
NUMERIC_VARIABLES = {
    "KERAS_": ("KERAS_HOME",),
    "NPY_": (),
    "PANDAS_": (),
    "SCIPY_": (),
    "SKLEARN_": (),
    "TF_": (
        "TF_CPP_MIN_LOG_LEVEL",
        "TF_FORCE_GPU_ALLOW_GROWTH",
        "TF_NUM_INTEROP_THREADS",
        "TF_NUM_INTRAOP_THREADS",
    ),
    "XLA_": (),
}
# The variables that are set. TensorFlow reads its own once, when it is first imported. What oneDNN
# computes depends on the processor, so it stays off.
OWN_VARIABLES = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
}


def is_foreign(name: str, groups: dict[str, tuple[str, ...]] = NUMERIC_VARIABLES) -> bool:
    """Say whether an environment variable belongs to one of these groups and is not to be left."""
    name = name.upper()
    found = [group for group in groups if name.startswith(group)]
    return bool(found) and not any(name in groups[group] for group in found)


def keras() -> list[str]:
    """Import TensorFlow and Keras, with Keras's own defaults.

    Returns:
        what cannot be set back any more, each as a reason why numbers may differ.

    Raises:
        RuntimeError: keras.json cannot be used, or Keras was started with another backend.
    """
    was_imported = "tensorflow" in sys.modules
    late = was_imported and any(os.environ.get(k) != v for k, v in OWN_VARIABLES.items())
    for name in [name for name in os.environ if is_foreign(name)]:
        del os.environ[name]
    os.environ.update(OWN_VARIABLES)
    # scikit-learn's threads wait asleep, not spinning: on a busy machine boosted trees took ten
    # times as long otherwise.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with no_native_stderr():
        module = _import_keras()
    if module.config.backend() != "tensorflow":
        raise RuntimeError(
            f"Keras was started with the backend {module.config.backend()} before this cell, for "
            "example by an IPython startup file: remove that, and restart the kernel."
        )
    module.config.set_floatx("float32")
    module.config.set_dtype_policy("float32")
    module.config.set_epsilon(1e-7)
    module.config.set_image_data_format("channels_last")
    module.config.set_max_epochs(None)
    module.config.set_max_steps_per_epoch(None)
    module.config.enable_interactive_logging()
    return ["TensorFlow having been imported before this cell"] if late else []


def _import_keras() -> ModuleType:
    """Import Keras, and TensorFlow, which imports it too; where keras.json stops it, say so."""
    settings = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras", "keras.json")
    try:
        import keras
        import tensorflow  # noqa: F401 - what it finds here is not reported either
    except Exception as error:
        if not settings.exists():
            raise
        raise RuntimeError(
            f"Keras does not start with its settings in {settings} ({error}): "
            "rename that file, and restart the kernel."
        ) from error
    return keras


@contextmanager
def no_native_stderr() -> Iterator[None]:
    """Drop what C++ code writes to stderr: TensorFlow reports there that it found no CUDA."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def matplotlib() -> None:
    """Forget matplotlibrc, and styles that were set; the backend stays."""
    import matplotlib as mpl

    mpl.rcdefaults()
    # Matplotlib leaves these to the user, but they change figures of dates, and print warnings.
    for name in ("timezone", "date.epoch", "figure.max_open_warning"):
        mpl.rcParams[name] = mpl.rcParamsDefault[name]


def tables() -> None:
    """Let pandas and NumPy print and compute as they do by themselves."""
    import numpy as np
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some options exist only to say that they will go
        pd.reset_option("all")
    np.set_printoptions(
        edgeitems=3,
        floatmode="maxprec",
        formatter=None,
        infstr="inf",
        legacy=False,
        linewidth=75,
        nanstr="nan",
        precision=8,
        sign="-",
        suppress=False,
        threshold=1000,
    )
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")


def ipython() -> None:
    """Show the last value of a cell, as text and figures are shown without a profile."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    shell.ast_node_interactivity = "last_expr"
    shell.autocall = 0
    text = shell.display_formatter.formatters["text/plain"]
    _reset(text, "float_precision", "max_seq_length", "max_width", "pprint", "verbose")
    from matplotlib_inline.config import InlineBackend

    inline = InlineBackend.instance(parent=shell)
    _reset(inline, "close_figures", "figure_formats", "print_figure_kwargs", "rc")


def _reset(configurable: Any, *names: str) -> None:
    """Give traits of an object of IPython their default values."""
    for name in names:
        setattr(configurable, name, configurable.traits()[name].default(configurable))
