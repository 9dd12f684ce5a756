"""Small notebooks for the tests of the rules: their cells, and changes that make them bad."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from tools.lint.looking import code_cells


def printed(text, name="stdout"):
    """Return the output of a print."""
    return new_output("stream", name=name, text=text)


def shown(**mimes):
    """Return a displayed output; keys are mime types with / as __."""
    return new_output(
        "display_data", data={mime.replace("__", "/"): content for mime, content in mimes.items()}
    )


def code(source, *outputs, tags=()):
    """Return a code cell."""
    return new_code_cell(
        source, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {}
    )


def number_cells(book):
    """Set the execution counts as if the notebook had just been run."""
    for count, (_, cell) in enumerate(code_cells(book), 1):
        cell.execution_count = count
    return book


def course_is(**changes):
    """Change entries of the metadata `course`."""
    return lambda book: book.metadata.course.update(changes)


def text_has(cell, old, new):
    """Replace words of a cell."""

    def change(book):
        assert old in book.cells[cell].source
        book.cells[cell].source = book.cells[cell].source.replace(old, new)

    return change


def each(check, changes):
    """Return the cases of one check; `changes` maps what is wrong to how it is done."""
    return [pytest.param(check, change, id=f"{check}: {name}") for name, change in changes.items()]


def set_in(thing, **changes):
    """Change a cell, or with None the notebook's metadata."""
    return lambda book: (book.metadata if thing is None else book.cells[thing]).update(
        nbformat.from_dict(changes)
    )


def all_of(*changes):
    """Make several changes, because one alone would also spoil something else."""

    def change(book):
        for one in changes:
            one(book)

    return change


def without(*cells):
    """Remove cells."""

    def change(book):
        book.cells = [cell for i, cell in enumerate(book.cells) if i not in cells]
        number_cells(book)

    return change


def tagged(cell, tag, source):
    """Give a cell one tag and another source."""
    return set_in(cell, metadata={"tags": [tag]}, source=source)
