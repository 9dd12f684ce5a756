"""Reads a notebook that somebody hands in, without trusting it."""

from __future__ import annotations

import json
import warnings

import nbformat

MOST_BYTES = 20_000_000  # of one notebook
MOST_CELLS = 5_000


def too_large(size: int) -> str:
    """Return what is said about a file of so many bytes; empty if that is not too large."""
    if size <= MOST_BYTES:
        return ""
    return (
        f"The file has {size / 1e6:.0f} MB, and more than {MOST_BYTES / 1e6:.0f} MB "
        "are not read. (Clear the outputs before handing in.)"
    )


def parse(content: bytes) -> tuple[nbformat.NotebookNode | None, str]:
    """Return the notebook in a file's bytes, or None and the reason why there is none.

    A byte-order mark, old forms of notebooks and outputs of any size are no obstacle. What is
    returned has no outputs, and can be written as a file of today's form.
    """
    if problem := too_large(len(content)):
        return None, problem
    if not content.strip():
        return None, "The file is empty."
    try:
        text = content.decode(json.detect_encoding(content))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cell ids, which do not matter here
            notebook = nbformat.reads(text.removeprefix("\ufeff"), as_version=4)
        odd = next((n for n, cell in enumerate(notebook.cells, 1) if not sound(cell)), None)
    except UnicodeDecodeError:
        return None, "The file is not a notebook: it is not text in UTF-8."
    except nbformat.reader.NotJSONError:
        return None, (
            "The file is not a notebook: it is not JSON. "
            "(Was it cut off, or saved by a word processor?)"
        )
    except RecursionError:
        return None, "The file is not a notebook: it is nested too deeply."
    except Exception as problem:  # nbformat raises nearly anything, depending on what it meets
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
        return None, f"The file is not a valid notebook: {printable(reason)}"
    if odd is not None:
        return None, (
            f"The file is not a valid notebook: cell {odd} lacks a type, a text or its metadata, "
            "or has something else in their place."
        )
    if len(notebook.cells) > MOST_CELLS:
        return None, (
            f"The notebook has {len(notebook.cells):,} cells, "
            f"and more than {MOST_CELLS:,} are not read."
        )
    return tidied(notebook), ""


def sound(cell: object) -> bool:
    """Say whether this is a cell whose type, text and metadata are of the kinds that they should
    be."""
    return (
        isinstance(cell, nbformat.NotebookNode)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("source"), str)
        and isinstance(cell.get("metadata"), dict)
    )


def tidied(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook with the cells of this one, each with what matters for grading alone: type,
    text, id, images, what nbgrader keeps; and with the lab's mark."""
    cells, taken = [], set()
    for cell in notebook.cells:
        kind = cell.cell_type if cell.cell_type in ("code", "markdown") else "raw"
        new = getattr(nbformat.v4, f"new_{kind}_cell")(printable(cell.source))
        if isinstance(cell.get("id"), str) and fit_for_id(cell.id) and cell.id not in taken:
            new["id"] = cell.id
        taken.add(new["id"])
        if about := plain_values(cell.metadata.get("nbgrader")):
            new.metadata["nbgrader"] = about
        if kind == "markdown" and isinstance(cell.get("attachments"), dict):
            images = {
                printable(name): plain_values(cell.attachments[name]) for name in cell.attachments
            }
            new["attachments"] = nbformat.from_dict(images)
        cells.append(new)
    metadata = notebook.get("metadata")
    mark = plain_values(metadata.get("lab") if isinstance(metadata, dict) else None)
    return nbformat.v4.new_notebook(cells=cells, metadata={"lab": mark} if mark else {})


def plain_values(about: object) -> nbformat.NotebookNode:
    """Return those entries of a dictionary that are texts, numbers or truth values; none if it is
    no dictionary."""
    entries = about.items() if isinstance(about, dict) else ()
    return nbformat.NotebookNode(
        {
            printable(str(name)): printable(value) if isinstance(value, str) else value
            for name, value in entries
            if isinstance(value, str | int | float)
        }
    )


def fit_for_id(text: str) -> bool:
    """Say whether a text can be a cell's id."""
    return 0 < len(text) <= 64 and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)


def printable(text: str) -> str:
    """Return a text that can be written in UTF-8: halves of characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
