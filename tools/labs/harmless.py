"""What a submission holds and prints becomes text, and pictures that really are pictures, before
nbgrader keeps it: the first of two layers. The second is pages.py, which shows it.

labs/nbgrader_config.py puts `HarmlessContent` into nbgrader's chain, right behind the execution.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG"}  # by the type that an output states
MOST_PICTURE_BYTES = 2_000_000
MOST_PIXELS = 20_000_000  # a small file can be a picture that fills a browser's memory
# What objects of IPython are called when all that they hold is said in other types.
NO_TEXT = re.compile(r"<IPython\.core\.display\.\w+ object>")
SOURCES = ("text/markdown", "text/latex", "text/html", "image/svg+xml", "application/javascript")
BY_COURSE = "course"  # in a cell's metadata, under `by`: its text is the instructor's

# --- Text and pictures ----------------------------------------------------------------------------


def as_text(value: Any) -> str:
    """Return a value as text that every file can hold, lines that are kept apart joined."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "".join(value)
    text = value if isinstance(value, str) else str(value)
    text = text.encode("utf-8", "replace").decode("utf-8")  # no half of a surrogate pair
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def picture(data: Any, kind: str) -> str | None:
    """Return a picture in base 64 if it is one of the type that it says, and of a bounded size;
    else None.

    Args:
        data: base 64, as outputs hold it.
        kind: the type that it is said to have.
    """
    from PIL import Image  # only its header is read here

    if kind not in PICTURES or len(text := as_text(data)) > MOST_PICTURE_BYTES * 4 / 3 + 10:
        return None
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=[PICTURES[kind]]) as image:
                width, height = image.size
    except (
        binascii.Error,
        ValueError,
        OSError,
        SyntaxError,
        Warning,
        Image.DecompressionBombError,
    ):
        return None
    if width * height > MOST_PIXELS:
        return None
    return base64.b64encode(content).decode("ascii")


# --- Outputs --------------------------------------------------------------------------------------


def harmless_data(data: dict[str, Any]) -> dict[str, str]:
    """Return what is kept of an output's data: a picture, and a text that says what the rest was.

    Text beats its other forms. Where there is none but the name of an object, the source of what it
    would show stands for it.
    """
    kept = {kind: found for kind in PICTURES if (found := picture(data.get(kind), kind))}
    text = as_text(data.get("text/plain", ""))
    if not text or NO_TEXT.fullmatch(text.strip()):
        sources = [as_text(data[kind]) for kind in SOURCES if data.get(kind)]
        others = ", ".join(sorted(kind for kind in data if kind != "text/plain"))
        unseen = f"(Not shown: an output of the type {others}.)" if others and not kept else ""
        text = (sources or [text if not others else unseen])[0]
    elif any(kind in data for kind in PICTURES) and not kept:
        text += "\n(Its picture is not shown: it is none, or too large.)"
    return {**kept, "text/plain": as_text(text)}


def harmless_output(output: NotebookNode) -> NotebookNode | None:
    """Return an output with nothing but text and pictures, without metadata; None for what is no
    output."""
    new, kind = nbformat.v4.new_output, output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new("stream", name=name, text=as_text(output.get("text", "")))
    if kind == "error":
        traceback = output.get("traceback", [])
        return new(
            "error",
            ename=as_text(output.get("ename", "")),
            evalue=as_text(output.get("evalue", "")),
            traceback=[as_text(line) for line in traceback if isinstance(line, str)],
        )
    if kind in ("display_data", "execute_result"):
        return new(kind, data=harmless_data(output.get("data", {})))
    return None


def harmless_attachments(attachments: Any) -> dict[str, dict[str, str]]:
    """Return those of a Markdown cell's attachments that are pictures, by name and type."""
    kept = {}
    for name, data in attachments.items() if isinstance(attachments, dict) else ():
        for kind in PICTURES:
            if isinstance(data, dict) and (found := picture(data.get(kind), kind)):
                kept[as_text(name)] = {kind: found}
    return kept


# --- Notebooks ------------------------------------------------------------------------------------


def instructors_texts(source: NotebookNode) -> set[tuple[str, str]]:
    """Return type and text of each cell that the instructor has written and no student changes."""
    return {
        (cell.cell_type, cell.source.strip())
        for cell in source.cells
        if not utils.is_solution(cell)
    }


def clean(nb: NotebookNode, source: NotebookNode) -> None:
    """Take all from a restored and executed notebook that could act where it is shown, in place;
    and mark the cells whose text is the instructor's.

    Args:
        nb: the notebook; sources of cells and errors stay as they are, whoever wrote them.
        source: the instructor's notebook.
    """
    known = instructors_texts(source)
    kept = {"kernelspec": source.metadata.get("kernelspec"), "lab": nb.metadata.get("lab")}
    nb.metadata = nbformat.from_dict({name: value for name, value in kept.items() if value})
    for cell in nb.cells:
        cell.source = as_text(cell.source)
        about = cell.metadata.get("nbgrader")
        cell.metadata = nbformat.from_dict({"nbgrader": about} if about else {})
        locked = not utils.is_solution(cell)
        if locked and (cell.cell_type, cell.source.strip()) in known:
            cell.metadata["by"] = BY_COURSE
        if attachments := harmless_attachments(cell.pop("attachments", None)):
            cell["attachments"] = nbformat.from_dict(attachments)
        if cell.cell_type == "code":
            cell.outputs = [new for old in cell.outputs if (new := harmless_output(old))]


def remove_others(folder: Path, source: Path) -> None:
    """Remove from a folder with a graded notebook what is neither a notebook, nor a file of the
    lab, nor nbgrader's note of the time."""
    for path in folder.rglob("*"):
        ours = path.suffix == ".ipynb" or path.name == "timestamp.txt"
        if path.is_file() and not ours and not (source / path.relative_to(folder)).is_file():
            path.unlink()


class HarmlessContent(NbGraderPreprocessor):
    """Cleans a notebook as it leaves the sandbox, see `clean`, and the folder that it lies in, from
    which Formgrader would serve whatever is handed in beside it."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        about = resources["nbgrader"]
        course = self.parent.parent.coursedir
        source = Path(course.format_path(course.source_directory, ".", about["assignment"]))
        clean(nb, nbformat.read(source / (about["notebook"] + ".ipynb"), 4))
        graded = course.format_path(
            course.autograded_directory, about["student"], about["assignment"]
        )
        remove_others(Path(graded), source)
        return nb, resources
