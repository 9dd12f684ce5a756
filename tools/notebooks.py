"""What the course's tools share about notebooks: finding, reading and writing them, their metadata,
their results, and the functions that they define (what is taken of these says definitions.py).

Importing this module is cheap.
"""

from __future__ import annotations

import ast
import os
import threading
import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import nbformat
from nbformat import NotebookNode

from results import RESULTS_MIME
from tools import definitions
from tools.calibrate import REFERENCE_S

ROOT = Path(__file__).resolve().parent.parent
TIMES = ("seconds", "speed-up")  # metrics that no two executions share
NOT_SEARCHED = ("build", "work")  # folders of the course that hold copies of notebooks

# --- Finding --------------------------------------------------------------------------------------


def inside(folder: Path) -> list[Path]:
    """Return all notebooks in a folder, sorted; not those in hidden folders, build/ or work/."""
    return [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if not any(
            part.startswith(".") or part in NOT_SEARCHED for part in path.relative_to(folder).parts
        )
    ]


def course_notebooks(root: Path = ROOT) -> list[Path]:
    """Return the notebooks of the course (all in Part*/), in reading order."""
    return [path for part in sorted(root.glob("Part*")) for path in inside(part)]


def find(paths: Iterable[Path]) -> list[Path]:
    """Return the notebooks that are meant by files and folders, absolute, each once.

    Args:
        paths: files and folders; if there are none, the whole course is meant.

    Raises:
        ValueError: a path is not there, a file is not called .ipynb, or there is no notebook.
    """
    paths = list(paths)
    found = [] if paths else course_notebooks(ROOT)
    for path in (path.absolute() for path in paths):
        if not path.exists():
            raise ValueError(f"There is no file or folder {path}.")
        if path.is_file() and path.suffix != ".ipynb":
            raise ValueError(f"{path} is not a notebook: its name should end in .ipynb.")
        found += inside(path) if path.is_dir() else [path]
    if not found:
        raise ValueError(f"No notebook found in {', '.join(map(str, paths)) or 'Part*/'}.")
    return list(dict.fromkeys(found))


def name_of(path: Path, root: Path = ROOT) -> str:
    """Return a path as it is shown and linked: from the root, or whole if it is outside."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


# --- Reading and writing --------------------------------------------------------------------------


def not_a_notebook(path: Path, error: Exception) -> str:
    """Return the sentence that is said wherever a file turns out to hold no notebook."""
    return (
        f"{path.name} is not a notebook: expected JSON with a list of cells "
        f"({type(error).__name__})."
    )


def read(path: Path) -> NotebookNode:
    """Read a notebook as it is, in nbformat 4; a byte-order mark is no obstacle.

    Raises:
        ValueError: the file holds no notebook.
    """
    try:
        book = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        if not all({"cell_type", "metadata", "source"} <= cell.keys() for cell in book.cells):
            raise KeyError("cell_type, metadata, source")
    except OSError:
        raise
    except Exception as error:  # nbformat raises nearly anything, depending on what it meets
        raise ValueError(not_a_notebook(path, error)) from error
    return book


def without_outputs(book: NotebookNode) -> NotebookNode:
    """Forget the outputs of a notebook and when it was executed, in place; return it."""
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
            cell.metadata.pop("execution", None)
    return book


def write_whole(path: Path, text: str) -> None:
    """Write a file wholly or not at all, with the line ends that the text has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write(path: Path, book: NotebookNode) -> None:
    """Write a notebook wholly or not at all."""
    write_whole(path, nbformat.writes(book) + "\n")


# --- What a notebook says about itself ------------------------------------------------------------


def course(book: NotebookNode) -> dict[str, Any]:
    """Return the notebook's metadata `course`; empty if there are none, or none to be read."""
    about = book.metadata.get("course")
    return about if isinstance(about, dict) else {}


def _seconds(book: NotebookNode, key: str) -> float | None:
    """Return a time from the notebook's metadata, or None if there is none."""
    seconds = course(book).get(key)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(seconds)


def budget(book: NotebookNode) -> float | None:
    """Return the seconds that the notebook may take on the reference computer, or None if it does
    not say."""
    return _seconds(book, "time_budget_s")


def measured(book: NotebookNode) -> float | None:
    """Return the seconds that the notebook takes on the reference computer, or None if it does not
    say: those that were measured, less what the computer that measured them was slower."""
    seconds = _seconds(book, "measured_s")
    calibration = _seconds(book, "calibration_s") or REFERENCE_S
    return None if seconds is None else seconds * REFERENCE_S / calibration


def results(book: NotebookNode) -> list[dict[str, Any]]:
    """Return the rows of all results tables stored in a notebook's outputs."""
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    return [row for output in outputs for row in output.get("data", {}).get(RESULTS_MIME, [])]


def headline_row(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the row of a results table that speaks for the notebook: the one that is marked so,
    else the first; None if there are no rows."""
    return next((row for row in rows if row.get("headline")), rows[0] if rows else None)


def headlines(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first row of each task of a results table."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["task"], row)
    return list(first.values())


def topics(root: Path = ROOT) -> dict[str, list[str]]:
    """Return the topics of the course by group, from docs/topics.toml."""
    return tomllib.loads((root / "docs/topics.toml").read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """Return the anchor that Jupyter gives to a heading of a notebook, as it stands in a link."""
    return quote(heading.replace(" ", "-"))


# --- Taking code out of a notebook ----------------------------------------------------------------


def take(notebook: str, *names: str) -> dict[str, Any]:
    """Return functions and classes that a notebook defines, so that there is no second copy.

    They come in a namespace of their own, with all imports and constants of the notebook, and with
    the functions and classes of the notebook that they use themselves, at any remove. A constant is
    assigned from literals, ranges, constants and what is imported, to NAMES in capitals or to names
    that these functions and classes use and that get no other value.

    Args:
        notebook: path from the course's root.
        names: of functions and classes that it defines outside of others.

    Raises:
        LookupError: the notebook defines no such name.
        ValueError: the file holds no notebook.
    """
    statements = top_level(notebook)
    space: dict[str, Any] = {}
    kept = ast.Module(definitions.kept(statements, names, notebook), [])
    exec(compile(kept, notebook, "exec"), space)
    return space


def functions(notebook: str, *names: str) -> SimpleNamespace:
    """Return functions and classes that a notebook defines as attributes, as `take` finds them.

    Args:
        notebook: path from the course's root.
        names: of functions and classes that it defines outside of others.

    Raises:
        LookupError: the notebook defines no such name, or one of them uses what is neither a
            constant nor a function or class of the notebook.
        ValueError: the file holds no notebook.
    """
    statements = top_level(notebook)
    kept = definitions.kept(statements, names, notebook)
    there = {name for statement in kept for name in definitions.bound(statement)}
    made = {name for statement in statements for name in definitions.bound(statement)}
    for statement in filter(definitions.defined, kept):
        if absent := sorted((definitions.used(statement) & made) - there):
            name = definitions.defined(statement)
            raise LookupError(
                f"{notebook}: {name} uses {', '.join(absent)}, which the notebook computes; a "
                "function that is used elsewhere gets it as an argument."
            )
    space = take(notebook, *names)
    return SimpleNamespace(**{name: space[name] for name in names})


def top_level(notebook: str) -> list[ast.stmt]:
    """Return the statements of a notebook's code cells, in order.

    Args:
        notebook: path from the course's root.

    Raises:
        ValueError: the file holds no notebook.
    """
    return [
        statement
        for cell in read(ROOT / notebook).cells
        if cell.cell_type == "code"
        for statement in ast.parse(cell.source).body
    ]


def first_part(notebook: str, end: str, rows: str) -> NotebookNode:
    """Return a notebook up to a heading, then the cell that makes the rows of results of this part,
    and a cell that shows them.

    Args:
        notebook: path from the course's root.
        end: how the heading of level 2 begins at which the part ends.
        rows: what only the cell further down holds that makes the rows.

    Raises:
        ValueError: there is not exactly one such heading, or not exactly one such cell.
    """
    book = read(ROOT / notebook)
    (stop,) = (
        i
        for i, cell in enumerate(book.cells)
        if cell.cell_type == "markdown" and cell.source.startswith(f"## {end}")
    )
    (summary,) = (
        cell for cell in book.cells[stop:] if cell.cell_type == "code" and rows in cell.source
    )
    shown = nbformat.v4.new_code_cell("helpers.results_table(rows)")
    book.cells = [*book.cells[:stop], summary, shown]
    return book
