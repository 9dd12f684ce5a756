"""The data on which the runs of an experiment rest: what each call of a loader returned, as a hash.

A call stands in a table as it would in a program, `load_mnist(limit=2000)`, so that it can be made
again later to see whether it still returns the same.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import functools
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import helpers
from datasets import catalogue, loaders
from tools.experiments.declare import ExperimentError

LOADERS = [name for name in loaders.__all__ if name.startswith("load_")]


class Record:
    """What the loaders were asked for.

    Attributes:
        arrays: each call with the hash of what it returned.
        names: the data sets in the catalogue that were looked for.
    """

    def __init__(self) -> None:
        self.arrays: dict[str, str] = {}
        self.names: set[str] = set()

    def listen(self) -> None:
        """Note every later call of a loader in this process."""
        for name in LOADERS:
            noting = self._noting(getattr(loaders, name))
            setattr(loaders, name, noting)
            setattr(helpers, name, noting)
        locate = catalogue.locate

        def noting_locate(name: str) -> Any:
            self.names.add(name)
            return locate(name)

        catalogue.locate = noting_locate

    def _noting(self, loader: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(loader)
        def noting(*arguments: Any, **options: Any) -> Any:
            words = [*map(repr, arguments), *(f"{key}={options[key]!r}" for key in sorted(options))]
            call = f"{loader.__name__}({', '.join(words)})"
            _parsed(call)
            loaded = loader(*arguments, **options)
            if call not in self.arrays:
                self.arrays[call] = hash_of(loaded)
            return loaded

        return noting


def again(call: str, own: bool) -> str:
    """Make a call of a loader once more; return the hash of what it returns now.

    Args:
        call: as it stands in a table.
        own: whether on the user's own data where there are any, or on the default data.

    Raises:
        ExperimentError: there is no such loader, or it no longer takes these arguments.
    """
    name, arguments, options = _parsed(call)
    try:
        with (
            contextlib.nullcontext() if own else default_data(),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            return hash_of(getattr(loaders, name)(*arguments, **options))
    except (AttributeError, TypeError, ValueError) as error:
        raise ExperimentError(f"{call} can no longer be called: {error}") from None


@contextlib.contextmanager
def default_data() -> Iterator[None]:
    """Have the loaders take the default data, whatever files the user has."""
    before = os.environ.get("COURSE_DATA")
    os.environ["COURSE_DATA"] = "default"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COURSE_DATA"]
        else:
            os.environ["COURSE_DATA"] = before


def _parsed(call: str) -> tuple[str, list[Any], dict[str, Any]]:
    """Return the name of a loader and the arguments with which it is called."""
    try:
        node = ast.parse(call, mode="eval").body
        arguments = [ast.literal_eval(value) for value in node.args]
        options = {word.arg: ast.literal_eval(word.value) for word in node.keywords}
        return node.func.id, arguments, options
    except (AttributeError, SyntaxError, ValueError):
        raise ExperimentError(f"{call}: a loader is called with numbers and texts only.") from None


def hash_of(value: Any) -> str:
    """Return a hash of arrays, tables, and what is made of them; the same on every system."""
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part)
        digest.update(b"\x1f")
    return digest.hexdigest()[:16]


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            value = value.astype(str)
        elif value.dtype.kind == "i" and value.dtype.itemsize >= 4:
            value = value.astype("int64")  # what is "int" differs between systems
        yield f"{value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
        return
    import pandas as pd  # slow to import

    if isinstance(value, pd.DataFrame):
        yield from _parts([*value.columns, value.index])
        for _, column in value.items():
            yield from _parts(column.to_numpy())
    elif isinstance(value, pd.Series | pd.Index):
        yield from _parts([value.name, value.to_numpy()])
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield field.name.encode()
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        yield f"{len(value)}".encode()
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        yield from _parts([item for pair in value.items() for item in pair])
    elif value is None or isinstance(value, str | int | float):
        yield repr(value).encode()
    else:
        raise ExperimentError(f"A loader returned a {type(value).__name__}, which has no hash yet.")
