"""Rules for the code: short cells, in the idiom of Keras 3, without network or shell."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.lint.looking import code_cells, rule, tree

NETWORK = {
    *("urllib", "http", "requests", "httpx", "socket", "ftplib", "pooch", "gdown", "wget"),
    *("kagglehub", "tensorflow_datasets"),
}
OPTIMISERS = {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Nadam", "Adamax", "Adadelta"}
OPTIONS_OF_FIT = {"epochs", "batch_size", "callbacks", "validation_data", "validation_split"}
DOWNLOADS = ("fetch_openml", "get_file", "urlopen", "urlretrieve")
ONE_MACHINE = r"/(?:tmp|home|root|Users|usr|opt|var|mnt|content)/|~/|[A-Za-z]:\\"


@rule(only=1)
def cell_lengths(book: NotebookNode, path: Path) -> list[str]:
    """Median of code lines at most 6, nine in ten cells at most 18, none above 40 (60 with a
    class). Neither blank lines nor the set-up cell count, which is the same in all notebooks."""
    lengths, blemishes = [], []
    for i, cell in code_cells(book):
        if "helpers.setup(" in cell.source:
            continue
        length = sum(bool(line.strip()) for line in cell.source.splitlines())
        limit = 60 if any(isinstance(n, ast.ClassDef) for n in tree(cell.source).body) else 40
        if length > limit:
            blemishes.append(f"Cell {i} has {length} lines of code; at most {limit} are allowed.")
        lengths.append(length)
    lengths = sorted(lengths) or [0]
    median = statistics.median(lengths)
    ninth = lengths[min(len(lengths) - 1, int(0.9 * len(lengths)))]
    if median > 6:
        blemishes.append(f"Its median code cell has {median:g} lines; at most 6 are allowed.")
    if ninth > 18:
        blemishes.append(f"More than one code cell in ten has over 18 lines (up to {ninth}).")
    return blemishes


def call_faults(call: ast.Call) -> Iterator[str]:
    """Yield what is outdated or noisy in one call, in a few words each."""
    name = ast.unparse(call.func)
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    last = name.split(".")[-1]
    shape = keywords.keys() & {"input_shape", "batch_input_shape"} and "applications" not in name
    if shape or ("input_dim" in keywords and last != "Embedding"):
        yield f"{last}(input_shape=...) or input_dim: begin the model with keras.Input"
    if "lr" in keywords and last in OPTIMISERS:
        yield f"{last}(lr=...): write learning_rate"
    if "nb_epoch" in keywords or last in ("fit_generator", "predict_generator"):
        yield f"{last} with an argument or a name of Keras 1 or 2"
    verbose = keywords.get("verbose")
    quiet = None in keywords or (isinstance(verbose, ast.Constant) and verbose.value == 0)
    if last == "fit" and keywords.keys() & OPTIONS_OF_FIT and not quiet:
        yield "fit(...) without verbose=0 prints a progress bar"
    if last in DOWNLOADS or last.startswith("fetch_") or "keras.datasets" in name:
        yield f"{last}(...) downloads"
    if last == "get_ipython":
        yield "get_ipython() works in notebooks only"


def text_faults(text: str) -> Iterator[str]:
    """Yield what is wrong with one string in the code, in a few words each."""
    if re.search(r"\.(h5|hdf5)$", text):
        yield f"{text!r}: save models as .keras"
    if re.match(r"(https?|ftp)://", text):
        yield f"{text!r}: notebooks do not use the network"
    if re.match(ONE_MACHINE, text):
        yield f"{text!r}: a path of one machine"
    if text == "pip" or text.startswith("pip install"):
        yield "installs a package; requirements.txt does that"


def import_faults(nodes: list[ast.AST], uses_tensorflow: bool) -> Iterator[str]:
    """Yield what a cell imports and should not, in a few words each."""
    modules = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    modules |= {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)}
    roots = {module.split(".")[0] for module in modules}
    for module in sorted(roots & NETWORK):
        yield f"imports {module}: notebooks do not use the network"
    if "tensorflow" in roots and not uses_tensorflow:
        yield (
            "imports tensorflow, but uses neither GradientTape nor tf.data: keras and keras.ops "
            "do the rest"
        )
    if any(module.startswith("keras.datasets") for module in modules):
        yield "imports from keras.datasets, which downloads"


@rule
def idiom(book: NotebookNode, path: Path) -> list[str]:
    """Plain Python in the idiom of Keras 3: no magics, no shell lines, nothing deprecated, no
    progress bars, no network."""
    blemishes = []
    uses_tensorflow = any(
        re.search(r"GradientTape|tf\.data", cell.source) for _, cell in code_cells(book)
    )
    for i, cell in code_cells(book):
        try:
            nodes = list(ast.walk(ast.parse(cell.source)))
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            blemishes.append(
                f"Cell {i}, line {line}: this is not plain Python (lines with %, ! or ? are none)."
            )
            continue
        faults = list(import_faults(nodes, uses_tensorflow))
        for node in nodes:
            if isinstance(node, ast.Call):
                faults += call_faults(node)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                faults += text_faults(node.value)
        blemishes += [f"Cell {i}: {fault}." for fault in faults]
    return blemishes
