"""Rules for networks: the first one in plain Keras, step by step, and no tricks to save time."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.lint.code import OPTIONS_OF_FIT
from tools.lint.looking import lesson_cells, rule, tags, tree

HAND_WRITTEN = "hand-written-loop"  # the tag of a cell, or of the title cell for all of them
THREADS = r"(OMP|MKL|OPENBLAS|TF)_\w*THREADS|TF_NUM_\w+|set_(intra|inter)_op_parallelism_threads"
OPTIMISER = r"(?i)optimi[sz]er"
CACHES = {"cache", "lru_cache", "cached"}
MODELS = {"Sequential", "Model"}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Repeats = Function | ast.ClassDef | ast.For | ast.While | Comprehension


def _calls(node: ast.AST) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield every call in a piece of code, with the name of what is called and of its owner."""
    for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
        owner, _, name = ast.unparse(call.func).rpartition(".")
        yield call, name, owner


def _keywords(call: ast.Call) -> set[str | None]:
    """Return the names of a call's keyword arguments; among them None where ** is used."""
    return {keyword.arg for keyword in call.keywords}


def _compiles(name: str, owner: str) -> bool:
    return name == "compile" and owner not in ("", "re", "ast")


def _fits_network(call: ast.Call, name: str) -> bool:
    """Tell whether a call is a fit of Keras, by its arguments, and not one of scikit-learn."""
    return name == "fit" and bool(_keywords(call) & {*OPTIONS_OF_FIT, None})


# --- Tricks ---------------------------------------------------------------------------------------


def _tricks_of_calls(body: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, what it is) for every call that saves time at the cost of plainness."""
    for call, name, owner in _calls(body):
        for option in sorted({"steps_per_execution", "jit_compile"} & _keywords(call)):
            yield call.lineno, f"{option}: an option that only makes it faster"
        if "run_eagerly" in _keywords(call) or name == "run_functions_eagerly":
            yield call.lineno, "run_eagerly: leave the mode of execution alone"
        resets = name in ("build", "set_weights", "load_own_variables", "assign")
        if resets and re.search(OPTIMISER, owner):
            yield call.lineno, f"{owner}.{name}: build and compile the network anew instead"
        if ".threading." in f"{owner}.{name}" or re.search(THREADS, name):
            yield call.lineno, f"{name}: leave the number of threads alone"


def _tricks_of_statements(body: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, what it is) for every other trick, but a hand-written loop."""
    for node in ast.walk(body):
        if isinstance(node, ast.Attribute) and node.attr in ("variables", "iterations"):
            owner = ast.unparse(node.value)
            if re.search(OPTIMISER, owner):
                yield node.lineno, f"{owner}.{node.attr}: build and compile the network anew"
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if node.attr in ("run_eagerly", "jit_compile", "steps_per_execution"):
                yield node.lineno, f"{node.attr}: an option that has nothing to teach"
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            if re.search(r"(?i)cache", ast.unparse(node.value)):
                yield node.lineno, f"{ast.unparse(node.value)}: no cache; compute it again"
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(THREADS, node.value):
                yield node.lineno, f"{node.value}: leave the number of threads alone"
        is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        if is_negative and isinstance(node.operand, ast.BinOp):
            division, left = node.operand.op, node.operand.left
            if isinstance(division, ast.FloorDiv) and isinstance(left, ast.UnaryOp):
                yield node.lineno, f"{ast.unparse(node)}: write math.ceil"
        if isinstance(node, Function) and (cached := _cached_network(node)):
            yield node.lineno, f"{cached}: no cache of networks; build a new one each time"


def _cached_network(function: ast.AST) -> str:
    """Return the cache with which a function that makes or trains a network is decorated."""
    for decorator in getattr(function, "decorator_list", []):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(called)
        if name.split(".")[-1] in CACHES and _makes_networks(function):
            return name
    return ""


def _makes_networks(body: ast.AST) -> bool:
    return any(
        name in MODELS or _compiles(name, owner) or _fits_network(call, name) or "keras" in owner
        for call, name, owner in _calls(body)
    )


def _reset_networks(book: NotebookNode) -> set[str]:
    """Return the calls `x.set_weights(start)` of a notebook in which `start = x.get_weights()`."""
    kept = set()
    for _, cell in lesson_cells(book):
        for node in ast.walk(tree(cell.source)):
            if isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".get_weights()"):
                owner = ast.unparse(node.value).removesuffix(".get_weights()")
                kept |= {f"{owner}.set_weights({ast.unparse(goal)})" for goal in node.targets}
    return kept


@rule(only=2)
def no_tricks(book: NotebookNode, path: Path) -> list[str]:
    """Nothing is there only to save time: no `steps_per_execution`, `jit_compile`, `run_eagerly`,
    threads, caches or resets of compiled networks, `-(-n // b)`; `train_on_batch` only where the
    loop is the lesson, in a cell (or under a title cell) with the tag `hand-written-loop`."""
    resets, blemishes = _reset_networks(book), []
    for i, cell in lesson_cells(book):
        body = tree(cell.source)
        found = [*_tricks_of_calls(body), *_tricks_of_statements(body)]
        for call, name, _ in _calls(body):
            if ast.unparse(call) in resets:
                found.append((call.lineno, f"{ast.unparse(call)}: build a new network instead"))
            if name == "train_on_batch" and not _declares_loop(book, cell):
                found.append((call.lineno, "train_on_batch: write fit"))
        blemishes += [f"Cell {i}, line {line}: {what}." for line, what in sorted(set(found))]
    return blemishes


def _declares_loop(book: NotebookNode, cell: NotebookNode) -> bool:
    """Tell whether a cell's training loop is written by hand because that is the lesson."""
    return HAND_WRITTEN in tags(cell) | tags(book.cells[0])


def network_code(source: str) -> list[str]:
    """Return what in a module builds, compiles or fits a model: the lesson's work, which does not
    move into helpers or tools. One text each, with its line."""
    body = ast.parse(source)
    found = [
        (call.lineno, f"{owner}.{name}" if owner else name)
        for call, name, owner in _calls(body)
        if name in {*MODELS, "fit", "fit_transform", "train_on_batch"} or _compiles(name, owner)
    ]
    found += [
        (node.lineno, f"class {node.name}")
        for node in ast.walk(body)
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).split(".")[-1] in {*MODELS, "Layer"} for base in node.bases)
    ]
    return [f"line {line}: {what}" for line, what in sorted(found)]


# --- The first network ----------------------------------------------------------------------------


def _top_level_calls(body: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield the calls of a cell that stand neither in a function, a class nor a loop."""
    for statement in body.body:
        if not isinstance(statement, Repeats):
            yield from _calls(statement)


Step = Callable[[ast.Call, str, str], bool]
STEPS: dict[str, Step] = {
    "build (keras.Sequential or keras.Model)": lambda call, name, owner: name in MODELS,
    "summary()": lambda call, name, owner: name == "summary",
    "compile with metrics=": lambda call, name, owner: (
        _compiles(name, owner) and bool(_keywords(call) & {"metrics", "weighted_metrics"})
    ),
    "fit with validation data": lambda call, name, owner: (
        name == "fit" and bool(_keywords(call) & {"validation_data", "validation_split"})
    ),
    "its learning curve": lambda call, name, owner: (
        name == "plot_learning_curves"
        or (name.startswith("plot") and "history" in ast.unparse(call))
    ),
    "evaluate": lambda call, name, owner: name == "evaluate",
    "predict": lambda call, name, owner: name == "predict",
}


def _first_repetition(book: NotebookNode) -> int:
    """Return the first cell in which a function or a loop fits a network; behind the last cell if
    there is none."""
    for i, cell in lesson_cells(book):
        for node in ast.walk(tree(cell.source)):
            if isinstance(node, Repeats) and any(
                _fits_network(call, name) or name == "train_on_batch"
                for call, name, _ in _calls(node)
            ):
                return i
    return len(book.cells)


@rule(only=2)
def plain_network_first(book: NotebookNode, path: Path) -> list[str]:
    """Where networks are trained, the first one has a cell of its own for each step, in this order:
    build, `summary()`, `compile` with `metrics=`, `fit` with validation data, its learning curve,
    `evaluate`, `predict`; only after that may a function or a loop fit one."""
    cells = [(i, tree(cell.source)) for i, cell in lesson_cells(book)]
    trains = any(
        _compiles(name, owner) or _fits_network(call, name)
        for _, body in cells
        for call, name, owner in _calls(body)
    )
    if not trains or HAND_WRITTEN in tags(book.cells[0]):
        return []
    last, end, blemishes = -1, _first_repetition(book), []
    for step, is_done in STEPS.items():
        place = next(
            (
                i
                for i, body in cells
                if last < i < end and any(is_done(*call) for call in _top_level_calls(body))
            ),
            None,
        )
        if place is None:
            before = f" before cell {end}, where it is repeated" if end < len(book.cells) else ""
            blemishes.append(
                f"Its first network has no cell of its own for this step, in its order{before}: "
                f"{step}."
            )
        last = last if place is None else place
    return blemishes
