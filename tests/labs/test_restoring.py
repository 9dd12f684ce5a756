"""Putting the lab's cells back into what a student hands in."""

import copy
import time
from urllib.parse import quote

import nbformat
import pytest
from nbconvert import HTMLExporter

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


# --- What editors and students do -----------------------------------------------------------------


def code_of(restored, before):
    """Return all code that runs before a check, in one text."""
    names = [grade_id(cell) for cell in restored.cells]
    cells = restored.cells[: names.index(before)]
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def test_own_first_cells_come_first_and_stand_there_once(source, submitted):
    submitted.cells[:0] = [new_cell("code", "%reset -f\nimport os"), new_cell("markdown", "Ada")]
    restored, remarks = restore(submitted, source)
    assert [cell.source for cell in restored.cells[:3]] == [
        "%reset -f\nimport os",
        "Ada",
        "# Lab 0",
    ]
    assert len(restored.cells) == len(submitted.cells)
    assert remarks == []


def test_a_changed_title_stays_as_the_student_has_it(source, submitted):
    submitted.cells[0].source = "# Lab 0, by Ada"
    restored, _ = restore(submitted, source)
    assert [cell.source for cell in restored.cells if "Lab 0" in cell.source] == ["# Lab 0, by Ada"]
    del submitted.cells[0]["id"]  # saved by Colab, it cannot be known any more
    restored, _ = restore(submitted, source)
    assert [cell.source for cell in restored.cells[:2]] == ["# Lab 0, by Ada", "# Lab 0"]


@pytest.mark.parametrize("place", [0, 4, 5, 7])
def test_all_copies_of_an_answer_run_before_its_check_and_the_last_one_wins(
    source, submitted, place
):
    submitted.cells.insert(place, new_cell("code", "def f(x):\n    return 0", "f", solution=True))
    restored, remarks = restore(submitted, source)
    code = code_of(restored, "test_f")
    assert code.count("def f(x):") == 2
    assert code.index("return 0") < code.index("x + x") if place == 0 else "return 0" in code
    assert len(restored.cells) == len(submitted.cells)
    assert remarks == ["The cell f is there 2 times; the last one counts."]


def test_both_halves_of_a_split_answer_run(source, submitted):
    half = copy.deepcopy(submitted.cells[2])
    submitted.cells[2].source, half.source = "def f(x):\n    return x + x", "print(f(3))"
    submitted.cells.insert(3, half)
    assert "x + x\nprint(f(3))" in code_of(restore(submitted, source)[0], "test_f")


@pytest.mark.parametrize("first", [0, 2, 4])
def test_answers_that_were_merged_into_another_cell_are_found(source, submitted, first):
    del submitted.cells[3]
    submitted.cells[4].source = "def g(x):\n    return x"
    merged = submitted.cells.pop(4) if first != 4 else submitted.cells.pop(2)
    target = next(c for c in submitted.cells if grade_id(c) == [None, 0, "f", 0, "g"][first])
    target.cell_type = "code"
    target.source += "\n\n" + merged.source
    if first == 0:
        target.source = merged.source
    restored, _ = restore(submitted, source)
    assert "return x" in code_of(restored, "test_g")
    assert "x + x" in code_of(restored, "test_f")
    assert not any("raise" in cell.source for cell in restored.cells)


def test_an_answer_written_into_its_check_counts(source, submitted):
    del submitted.cells[2]
    check = next(cell for cell in submitted.cells if grade_id(cell) == "test_f")
    check.source = "def f(x):\n    return x + x\n\n" + check.source
    restored, remarks = restore(submitted, source)
    assert "return x + x" in code_of(restored, "test_f")
    assert remarks == ["Changed cells were put back as they were: test_f."]


def test_answers_without_any_metadata_are_found(source, submitted):
    for cell in submitted.cells:
        cell.metadata.clear()
        del cell["id"]
    restored, remarks = restore(submitted, source)
    answer = next(cell for cell in restored.cells if grade_id(cell) == "f")
    assert answer.source == "def f(x):\n    return x + x"
    assert len(restored.cells) == len(submitted.cells)
    assert not [remark for remark in remarks if "Changed" in remark]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_of_another_type_counts_unless_code_does(source, submitted, kind):
    submitted.cells[2].cell_type = kind
    restored, remarks = restore(submitted, source)
    assert "x + x" in code_of(restored, "test_f")
    assert remarks == ["Cells of another type were given their own one back: f."]
    submitted.cells.insert(0, new_cell("code", "def f(x):\n    return 2 * x"))
    code = code_of(restore(submitted, source)[0], "test_f")
    assert "2 * x" in code and "x + x" not in code


def test_a_helper_comes_along_with_the_answer_that_needs_it(source, submitted):
    answer = submitted.cells.pop(2)
    answer.source = "def f(x):\n    return double(x)"
    helper = new_cell("code", "def double(x):\n    return 2 * x")
    submitted.cells += [helper, answer]
    code = code_of(restore(submitted, source)[0], "test_f")
    assert code.index("def double") < code.index("def f")


IMAGE = {"image/png": "iVBORw0KGgo="}


@pytest.mark.parametrize("name", ["a.png", "a b.png", "Bild ä.png", "a(1).png", "<b>.png", "b&c"])
@pytest.mark.parametrize("named", [False, True])
def test_an_image_pasted_into_text_is_kept_and_shown(source, name, named):
    source.cells.append(new_cell("markdown", "YOUR ANSWER HERE", "memo", solution=True, grade=True))
    mine = copy.deepcopy(source)
    cell = mine.cells[-1 if named else 0]
    cell.source = f"![{name}](<attachment:{name}>) ![x](attachment:{quote(name)})"
    cell["attachments"] = {name: IMAGE, "odd": 7, "page": {"text/html": "<script>"}}
    restored, _ = restore(mine, source)
    nbformat.validate(restored)
    page, _ = HTMLExporter().from_notebook_node(restored)
    assert page.count("data:image/png;base64,iVBORw0KGgo=") == 2
    assert "<script>" not in str(restored.cells)


@pytest.mark.parametrize(
    "text", ["![x](attachment:a.png)", "![x](attachment:)", "attachment: none"]
)
def test_an_image_that_is_not_there_stops_nobody(source, text):
    mine = copy.deepcopy(source)
    mine.cells.insert(1, new_cell("markdown", text))
    mine.cells[1]["attachments"] = {"b.png": IMAGE, "": IMAGE, "c.png": {}}
    HTMLExporter().from_notebook_node(restore(mine, source)[0])


def test_a_cell_made_to_keep_the_grader_busy_does_not(source, submitted):
    heavy = ["%a\n" * 16_000, "-" * 49_000 + "1", "(" * 49_000, "a" + ".b" * 24_000, "x = 1\0"]
    submitted.cells += [new_cell("code", text) for text in [*heavy, *["y = 1\n" * 9_000] * 100]]
    began = time.process_time()
    restored, _ = restore(submitted, source)
    assert time.process_time() - began < 10
    assert len(restored.cells) == len(submitted.cells)
