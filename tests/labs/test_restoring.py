"""Putting the lab's cells back into what a student hands in."""

import copy

import nbformat
import pytest

from tests.support.labs import new_cell
from tools.labs.cells import grade_id, without_hidden
from tools.labs.restoring import restore


@pytest.fixture
def source():
    answer = "def {name}(x):\n    ### BEGIN SOLUTION\n    return {value}\n    ### END SOLUTION"
    check = {"grade": True, "locked": True}
    check_f = "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(3) == 6\n### END HIDDEN TESTS"
    return nbformat.v4.new_notebook(
        cells=[
            new_cell("markdown", "# Lab 0"),
            new_cell("code", "import math", "setup", locked=True),
            new_cell("code", answer.format(name="f", value="2 * x"), "f", solution=True),
            new_cell("code", check_f, "test_f", points=60, **check),
            new_cell("code", answer.format(name="g", value="x"), "g", solution=True),
            new_cell("code", "assert g(1) == 1", "test_g", points=40, **check),
        ]
    )


@pytest.fixture
def submitted(source):
    mine = copy.deepcopy(source)
    mine.cells[2].source = "def f(x):\n    return x + x"
    mine.cells[3].source = "assert f(1) == 2"
    mine.cells.insert(3, new_cell("code", "f(10)"))
    return mine


def test_an_ordinary_submission_gets_its_hidden_tests_back_and_keeps_its_own_cells(
    source, submitted
):
    restored, remarks = restore(submitted, source)
    names = [grade_id(cell) or cell.source for cell in restored.cells]
    assert names == ["# Lab 0", "setup", "f", "f(10)", "test_f", "g", "test_g"]
    assert remarks == []
    assert restored.cells[2].source == submitted.cells[2].source
    assert restored.cells[4].source == source.cells[3].source


def test_changed_missing_and_doubled_cells_are_put_right_and_named(source, submitted):
    submitted.cells[4].source = "pass"
    submitted.cells.append(new_cell("code", "def f(x):\n    return 0", "f", solution=True))
    del submitted.cells[5:7]
    restored, remarks = restore(submitted, source)
    by_name = {grade_id(cell): cell.source for cell in restored.cells if grade_id(cell)}
    assert by_name["test_f"] == source.cells[3].source
    assert by_name["test_g"] == source.cells[5].source
    assert by_name["f"] == "def f(x):\n    return 0"
    assert "NotImplementedError" in by_name["g"]
    assert "return x" not in by_name["g"]
    assert remarks == [
        "The cell f is there 2 times; the last one counts.",
        "Missing cells were put back: g, test_g.",
        "Changed cells were put back as they were: test_f.",
    ]


def test_points_kinds_and_unknown_names_come_from_the_source_alone(source, submitted):
    submitted.cells[4].metadata.nbgrader["points"] = 1000
    submitted.cells[2].cell_type = "markdown"
    foreign = {"grade": True, "points": 500, "solution": False, "locked": True}
    submitted.cells.append(new_cell("code", "print('mine')", "unheard_of", **foreign))
    odd = new_cell("code", "1")
    odd.metadata["nbgrader"] = "odd"
    submitted.cells.append(odd)
    restored, _ = restore(submitted, source)
    points = {
        grade_id(cell): cell.metadata.nbgrader.get("points")
        for cell in restored.cells
        if grade_id(cell)
    }
    assert points == {"setup": None, "f": None, "test_f": 60, "g": None, "test_g": 40}
    assert [cell.cell_type for cell in restored.cells] == ["markdown"] + ["code"] * 8
    assert [cell.source for cell in restored.cells[-2:]] == ["print('mine')", "1"]


@pytest.mark.parametrize("name", [["f"], {"a": 1}, 7, None, True, 1.5])
def test_a_name_that_is_no_text_is_no_name(source, submitted, name):
    submitted.cells[3].metadata["nbgrader"] = {"grade_id": name, "grade": True, "solution": True}
    restored, remarks = restore(submitted, source)
    assert remarks == []
    assert [cell.source for cell in restored.cells if not grade_id(cell)] == ["# Lab 0", "f(10)"]


def test_hidden_tests_and_white_space_do_not_count_as_a_change():
    text = "a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc  \n\n"
    assert without_hidden(text) == "a\nc"
