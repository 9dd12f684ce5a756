"""Rules for the file: its format, its size, its metadata, its tags, its first cell."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import notebooks
from tools.lint.looking import (
    EDITIONS,
    RAISES,
    book_headings,
    code_cells,
    course_entry,
    matches,
    rule,
    tags,
)
from tools.lint.outputs import MACHINE
from tools.notebooks import ROOT

SETUP_CELL = "tools/setup_cell.py"
MAX_MB = 1.5
# nbval-skip is not among them: every cell is run.
TAGS = {
    *("nbval-ignore-output", "quotes-data", "solution", "fits-preprocessing"),
    *("check", "from-scratch", "hand-written-loop", *RAISES),
}
COURSE_KEYS = {
    "part": str,
    "title": str,
    "question": str,
    "time_budget_s": (int, float),
    "measured_s": (int, float),
    "datasets": list,
    "topics": dict,
}
OPTIONAL_KEYS = {
    "calibration_s": (int, float),  # of notebooks executed since there is one
    "edition": int,
    "questions": list,
}


def setup_source() -> str:
    """Return the source of the set-up cell, which is the same in all notebooks."""
    return (ROOT / SETUP_CELL).read_text(encoding="utf-8").strip()


def schema_fault(book: NotebookNode) -> str:
    """Return what nbformat says against a notebook's structure; empty if it is valid."""
    try:
        nbformat.validate(deepcopy(book))  # a copy, because it may mend what it finds
    except nbformat.ValidationError as error:
        return str(error).splitlines()[0]
    return ""


@rule
def valid_format(book: NotebookNode, path: Path) -> list[str]:
    """The notebook is valid nbformat 4.5, which includes one id per cell."""
    form = (book.nbformat, book.nbformat_minor)
    if form < (4, 5):
        return ["Its format is {}.{}; it must be 4.5, in which cells have ids.".format(*form)]
    ids = [cell.get("id") for cell in book.cells]
    if len(set(ids) - {None}) < len(ids):
        return ["A cell has no id, or the id of another cell."]
    fault = schema_fault(book)
    return [f"It is not a valid notebook: {fault.rstrip('.')}."] if fault else []


@rule
def size(book: NotebookNode, path: Path) -> list[str]:
    """At most 1.5 MB."""
    megabytes = len(json.dumps(book, indent=1, ensure_ascii=False).encode()) / 1e6
    if megabytes <= MAX_MB:
        return []
    return [f"It has {megabytes:.2f} MB; at most {MAX_MB} MB are allowed."]


@rule
def nothing_personal_in_metadata(book: NotebookNode, path: Path) -> list[str]:
    """The kernel is `python3`, and no metadata tells of the machine, the editor or the time of an
    execution."""
    kernel, blemishes = book.metadata.get("kernelspec", {}), []
    name, shown = kernel.get("name"), kernel.get("display_name", "Python 3")
    if name != "python3" or not shown.startswith("Python 3"):
        blemishes.append(f"Its kernel is {name!r} ({shown}); it must be 'python3' (Python 3).")
    other = set(book.metadata) - {"kernelspec", "language_info", "course", "jupytext"}
    if other:
        blemishes.append(f"Its metadata holds {', '.join(sorted(other))}.")
    blemishes += [
        f"Its metadata holds {what}: {match}"
        for what, match in matches(json.dumps(book.metadata), MACHINE)
    ]
    for i, cell in enumerate(book.cells):
        # lines_to_next_cell is jupytext's
        other = set(cell.metadata) - {"tags", "jupyter", "lines_to_next_cell"}
        if other:
            names = ", ".join(sorted(other))
            blemishes.append(f"Cell {i} has metadata other than tags and jupyter: {names}.")
    return blemishes


@rule
def known_tags(book: NotebookNode, path: Path) -> list[str]:
    """Only the course's tags are used, and no nbval comment, which a count of tags would not
    see."""
    blemishes = [
        f"Cell {i} has the unknown tag {tag!r}."
        for i, cell in enumerate(book.cells)
        for tag in sorted(tags(cell) - TAGS)
    ]
    marker = r"(?m)^\s*#+\s*(?:NBVAL|PYTEST_VALIDATE)_\w+"
    return blemishes + [
        f"Cell {i} steers nbval by a comment; use a tag."
        for i, cell in code_cells(book)
        if re.search(marker, cell.source)
    ]


@rule
def setup_cell(book: NotebookNode, path: Path) -> list[str]:
    """The first code cell is the course's set-up cell."""
    first = next((cell.source for _, cell in code_cells(book)), "")
    if first.strip() == setup_source():
        return []
    return [f"Its first code cell is not the course's set-up cell, {SETUP_CELL}."]


# --- The metadata `course` ------------------------------------------------------------------------


def default_sources() -> dict[str, str]:
    """Return the names of the course's data sets and what their default is: "real" or
    "simulated"."""
    from datasets.catalogue import DATASETS

    return {name: dataset.source for name, dataset in DATASETS.items()}


@rule
def course_metadata(book: NotebookNode, path: Path) -> list[str]:
    """The metadata `course` is complete, of the right types, and true of this notebook."""
    about = notebooks.course(book)
    blemishes = [
        f"Its metadata course.{key} is missing, empty or of the wrong type: {about.get(key)!r}."
        for key, kind in (COURSE_KEYS | OPTIONAL_KEYS).items()
        if key in COURSE_KEYS or key in about
        if not isinstance(about.get(key), kind) or not about.get(key)
    ]
    blemishes += [
        f"Its metadata course.{key} is not a key of the course."
        for key in sorted(set(about) - set(COURSE_KEYS) - set(OPTIONAL_KEYS))
    ]
    if blemishes:
        return blemishes
    heading = next((text for _, level, text in book_headings(book) if level == 1), about["title"])
    if heading != about["title"]:
        blemishes.append(
            f"Its metadata course.title is '{about['title']}', its heading of level 1 "
            f"'{heading}'; they must be the same."
        )
    if about["part"] != path.absolute().parent.name:
        blemishes.append(
            f"Its metadata course.part is '{about['part']}', its folder "
            f"{path.absolute().parent.name}."
        )
    if about.get("edition", EDITIONS[0]) not in EDITIONS:
        blemishes.append(
            f"Its metadata course.edition is {about['edition']}; there is no such edition."
        )
    if not about["question"].endswith("?"):
        blemishes.append("Its metadata course.question is not a question.")
    known = default_sources()
    return blemishes + [
        f"Its data set '{name}' is not in datasets.catalogue.DATASETS."
        for name in map(str, about["datasets"])
        if name not in known
    ]


@rule
def time_budget(book: NotebookNode, path: Path) -> list[str]:
    """It was measured to run within its budget, on the reference computer."""
    measured = notebooks.measured(book) or 0
    budget = notebooks.budget(book) or 0
    if 0 < budget < measured:
        return [f"It takes {measured:.1f} s; its budget is {budget:g} s."]
    return []


@rule
def course_topics(book: NotebookNode, path: Path) -> list[str]:
    """Each topic of its metadata is one of docs/topics.toml, and the heading that teaches it stands
    in the notebook."""
    known = {topic for group in notebooks.topics().values() for topic in group}
    texts = [text for _, _, text in book_headings(book)]
    taught = course_entry(book, "topics", dict)
    blemishes = [
        f"Its topic '{topic}' is not in docs/topics.toml." for topic in taught if topic not in known
    ]
    for topic, heading in taught.items():
        if texts.count(heading) != 1:
            blemishes.append(
                f"Its topic '{topic}' names the heading '{heading}', which stands in it "
                f"{texts.count(heading)} times, not once."
            )
    return blemishes
