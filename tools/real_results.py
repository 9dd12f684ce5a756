"""What notebooks measured on real files that cannot be given away: docs/results-real.json.

    python course.py test --real --store [NOTEBOOK ...]

executes notebooks on the real files that are there (datasets/README.md says where they go) and
keeps, for each that ran to its end, its results with the checksums of these files. Nothing else is
kept of a file. `python -m tools.docs` makes docs/results-real.md of it.
"""

from __future__ import annotations

import ast
import copy
import datetime
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tools import notebooks
from tools.notebooks import ROOT, TIMES

FILE = "docs/results-real.json"
KEYS = {"date", "code", "files", "rows"}

Stored = dict[str, dict[str, Any]]


class StoredResultsError(ValueError):
    """docs/results-real.json cannot be used; the message says in one sentence why."""


def load(root: Path = ROOT) -> Stored:
    """Return what is stored: by notebook its `date`, the hash of its `code`, the checksums of
    `files` and the `rows` of results; empty if nothing is.

    Raises:
        StoredResultsError: the file holds something else.
    """
    path = root / FILE
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        complete = all(
            {"date", "code", "files", "rows"} <= entry.keys() for entry in stored.values()
        )
    except (ValueError, AttributeError) as error:
        raise StoredResultsError(f"{FILE} cannot be read: {error}.") from None
    if not complete:
        raise StoredResultsError(f"{FILE}: each notebook must have {', '.join(sorted(KEYS))}.")
    return stored


def store(name: str, entry: dict[str, Any], root: Path = ROOT) -> None:
    """Keep what a notebook measured, in place of what it measured before.

    Raises:
        StoredResultsError: what is stored so far cannot be read.
    """
    stored = load(root) | {name: entry}
    text = json.dumps(dict(sorted(stored.items())), indent=1, ensure_ascii=False)
    notebooks.write_whole(root / FILE, text + "\n")


def entry_of(book: NotebookNode, outputs: list[list[NotebookNode]]) -> dict[str, Any]:
    """Return what is to be kept of a notebook that ran on real files.

    Args:
        book: the notebook as it is stored, with what it measures on the default data.
        outputs: what each of its code cells put out on the real files.
    """
    executed = copy.deepcopy(book)
    executed.cells = [NotebookNode(cell_type="code", outputs=each) for each in outputs]
    return {
        "date": datetime.date.today().isoformat(),
        "code": code_hash(book),
        "files": checksums(notebooks.course(book).get("datasets", [])),
        "rows": only_changed(notebooks.results(executed), notebooks.results(book)),
    }


def only_changed(rows: list[dict[str, Any]], default: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of those tasks in which the real files changed something; what the default
    data give as well is on docs/results.md already. Times differ always and so count for nothing.
    """
    changed = {row["task"] for row in rows if row["metric"] not in TIMES and row not in default}
    return [row for row in rows if row["task"] in changed]


def checksums(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the sha256 of every real file that the course finds for these data sets: by data set
    and by the path that its card names."""
    from datasets import catalogue

    folders = catalogue.real_folders().values()
    found: dict[str, dict[str, str]] = {}
    for name in names:
        if name not in catalogue.DATASETS:
            continue
        files = next(filter(None, (catalogue.real_files(name, folder) for folder in folders)), [])
        paths = zip(catalogue.DATASETS[name].real, files, strict=False)
        sums = {as_named: sha256(path) for as_named, path in paths if path.is_file()}
        if sums:
            found[name] = sums
    return found


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_hash(book: NotebookNode) -> str:
    """Return a hash of a notebook's code that comments and formatting do not change, so that the
    page can say whether a stored measurement is of the code as it is now. The set-up cell, which is
    the same in all notebooks and measures nothing, does not count."""
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
    cells = [source for source in sources if "helpers.setup(" not in source]
    return hashlib.sha256("\n".join(map(_plain, cells)).encode()).hexdigest()


def _plain(source: str) -> str:
    """Return code in one form; as it is if it is not plain Python (`%matplotlib`)."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return source
