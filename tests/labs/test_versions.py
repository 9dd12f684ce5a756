"""A notebook that was made from another version of a lab is recognised."""

import copy

import pytest

from tests.support.labs import EACH, LABS_NAMED, source
from tools.labs.cells import grade_id
from tools.labs.released import Lab
from tools.labs.restoring import restore

LAB = "lab1_neuron"


@pytest.fixture
def lab():
    return Lab(source(LAB), LAB)


@pytest.fixture
def submitted(lab):
    """The student version, marked."""
    notebook = copy.deepcopy(lab.notebook)
    lab.mark(notebook)
    return notebook


def test_each_lab_has_a_version_of_its_own():
    assert len({Lab(source(name), name).version for name in LABS_NAMED}) == len(LABS_NAMED)


def test_todays_version_and_one_that_does_not_say_are_graded(lab, submitted):
    assert lab.other_version(submitted) == ""
    for mark in (None, 7, {}, {"version": None}, {"version": ["x"]}):
        submitted.metadata["lab"] = mark
        assert lab.other_version(submitted) == ""


CHANGES = {
    "a visible check": (True, "test_sigmoid", lambda text: text + "\nassert True"),
    "what the student begins with": (True, "sigmoid", lambda text: "import math\n" + text),
    "a hidden check": (
        False,
        "test_sigmoid",
        lambda text: text.replace("### END HIDDEN", "assert True\n### END HIDDEN"),
    ),
    "a solution": (False, "sigmoid", lambda text: text.replace("### END", "pass\n    ### END")),
    "white space": (False, "test_sigmoid", lambda text: text + "\n\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_makes_another_version(submitted, change):
    another, name, make = CHANGES[change]
    today = copy.deepcopy(source(LAB))
    cell = next(cell for cell in today.cells if grade_id(cell) == name)
    before = cell.source
    cell.source = make(before)
    assert cell.source != before
    said = Lab(today, LAB).other_version(submitted)
    assert bool(said) is another
    if name.startswith("test_") and another:
        assert "(other checks: sigmoid)" in said


def test_points_make_another_version(submitted):
    today = copy.deepcopy(source(LAB))
    next(c for c in today.cells if grade_id(c) == "test_sigmoid").metadata.nbgrader["points"] = 11
    assert "another version of lab1_neuron" in Lab(today, LAB).other_version(submitted)


@EACH
def test_a_lab_is_known_without_any_metadata(lab):
    notebook = Lab(source(lab), lab).notebook
    for cell in notebook.cells:
        cell.metadata.clear()
        cell["id"] = f"new-{cell.id}"
    others = [name for name in LABS_NAMED if Lab(source(name), name).holds_tasks(notebook)]
    assert lab in others
    _, remarks = restore(notebook, source(lab))
    assert [remark for remark in remarks if "Missing" in remark and "test_" in remark] == []
