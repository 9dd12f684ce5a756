"""Functions are taken out of a notebook as they stand there."""

import nbformat
import pytest

from tests.support import from_notebook


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook with an import, a constant, a class, two functions and a cell that must not be run."""
    sources = [
        "import math\nSIZE = 3\nSEEDS = [1, 2]",
        "class Thing:\n    pass",
        "def area():\n    return math.pi * SIZE**2\n\n\nraise RuntimeError",
        "def other():\n    pass",
    ]
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]),
        tmp_path / "a.ipynb",
    )
    monkeypatch.setattr(from_notebook, "ROOT", tmp_path)
    return "a.ipynb"


def test_functions_come_with_imports_and_constants(notebook):
    taken = from_notebook.take(notebook, "area", "Thing")
    assert (
        round(taken["area"](), 2) == 28.27
        and taken["SEEDS"] == [1, 2]
        and isinstance(taken["Thing"], type)
    )
    assert "other" not in taken


def test_what_is_not_there_is_named(notebook):
    with pytest.raises(LookupError, match="a.ipynb defines no nothing."):
        from_notebook.take(notebook, "area", "nothing")


def test_a_part_is_what_stands_before_a_heading_and_its_rows(tmp_path, monkeypatch):
    new = {"#": nbformat.v4.new_markdown_cell}
    sources = [
        "# Title",
        "1",
        "## One, it is",
        "2",
        "## Two",
        "3",
        "rows = ['one']",
        "rows += ['two']",
    ]
    nbformat.write(
        nbformat.v4.new_notebook(
            cells=[new.get(s[0], nbformat.v4.new_code_cell)(s) for s in sources]
        ),
        tmp_path / "a.ipynb",
    )
    monkeypatch.setattr(from_notebook, "ROOT", tmp_path)
    part = from_notebook.first_part("a.ipynb", "Two", "'one'")
    assert [cell.source for cell in part.cells] == [
        "# Title",
        "1",
        "## One, it is",
        "2",
        "rows = ['one']",
        "helpers.results_table(rows)",
    ]
    with pytest.raises(ValueError):
        from_notebook.first_part("a.ipynb", "Three", "'one'")
