"""Hidden tests reach no student: by no way in which the code of a notebook could pass them on."""

import base64
import json
import textwrap

import nbformat
import pytest

from tests.support.labs import LABS_NAMED, new_cell, part, source
from tests.support.vectors import PIXEL
from tools.labs import executing, hidden
from tools.labs.cells import grade_id, has_hidden, is_test

VISIBLE = 'assert f(2) == 4, f"f(2) is {f(2)}, it should be 4."'
SECRET = "assert f(317) == 100489"
TEST = textwrap.dedent(
    f"""\
    {VISIBLE}

    print("passes the visible checks.")
    ### BEGIN HIDDEN TESTS
    {SECRET}, f"f of a large number came out as {{f(317)!r}}."
    raise AssertionError("It depends on the " "order.")
    ### END HIDDEN TESTS"""
)
# What code can make of a text, so that nobody finds it by looking for the text.
DISGUISES = {
    "plain": str,
    "reversed": lambda text: text[::-1],
    "base 64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "numbers": lambda text: str(list(text.encode())),
    "json": lambda text: json.dumps({"a": [text]}),
}
DISGUISED = pytest.mark.parametrize("told", [f(TEST) for f in DISGUISES.values()], ids=DISGUISES)


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def error(name, text):
    frames = ["Cell In[3], line 5", SECRET, f"{name}: {text}"]
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=frames)


def shown(data):
    return nbformat.v4.new_output("display_data", data=data)


def notebook(test_outputs=(), own_outputs=(), remarks=()):
    """Return a graded notebook: an own cell, an answer, its test, and another own cell."""
    test = new_cell("code", TEST, "test_f", grade=True, locked=True, points=1)
    own = nbformat.v4.new_code_cell("print(In)")
    test.outputs, own.outputs = list(test_outputs), list(own_outputs)
    before = nbformat.v4.new_code_cell("print(1)", outputs=[stream("1\n")])
    answer = new_cell("code", "def f(x):\n    return x * x", "f", solution=True)
    cells = [before, answer, test, own]
    if remarks:
        cells.insert(0, nbformat.v4.new_markdown_cell(executing.head(remarks)))
    about = {"lab": {"remarks": list(remarks)}}
    return nbformat.v4.new_notebook(cells=cells, metadata=about)


def feedback(*arguments, **named):
    """Return the notebook as its student sees it."""
    nb = notebook(*arguments, **named)
    hidden.hide(nb)
    nbformat.validate(nb)
    return nb


def all_text(nb):
    """Return all that a page could show of a notebook."""
    return "\n".join(cell.source + json.dumps(cell.get("outputs", [])) for cell in nb.cells)


# --- The ways -------------------------------------------------------------------------------------


def test_feedback_shows_a_check_without_its_hidden_part():
    cell = feedback().cells[2]
    assert cell.source == f'{VISIBLE}\n\nprint("passes the visible checks.")'


@DISGUISED
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_nothing_that_is_printed_after_the_first_check_began(told, name):
    nb = feedback([stream(told, name)], [stream(told, name)])
    assert told not in all_text(nb) and json.dumps(told)[1:-1] not in all_text(nb)
    assert nb.cells[2].outputs == []
    assert nb.cells[3].outputs == [stream(hidden.NOT_SHOWN)]


@pytest.mark.parametrize(
    "data", [{"image/png": PIXEL, "text/plain": "x"}, {"text/plain": TEST}, {"text/html": TEST}]
)
def test_no_picture_and_no_value(data):
    nb = feedback([shown(data)], [shown(data)])
    assert nb.cells[2].outputs == []
    assert nb.cells[3].outputs == [stream(hidden.NOT_SHOWN)]


@DISGUISED
def test_no_message_of_an_error_and_no_name_and_no_traceback(told):
    for raised in (error("ValueError", told), error(told, "x"), error("NotRun", told)):
        nb = feedback([raised], [raised])
        text = all_text(nb)
        assert json.dumps(told)[1:-1] not in text and SECRET not in text
        for cell in nb.cells[2:]:
            (output,) = cell.outputs
            assert output.evalue == hidden.NOT_SAID
            assert output.traceback == [f"{output.ename}: {hidden.NOT_SAID}"]


@DISGUISED
def test_no_value_in_a_check_s_own_message(told):
    (output,) = (
        feedback([error("AssertionError", f"f(2) is {told}, it should be 4.")]).cells[2].outputs
    )
    assert output.evalue == f"f(2) is {hidden.MASK}, it should be 4."


@DISGUISED
def test_no_remark(told):
    crash, name = f"f: ValueError: {told}", f"f: {told}: x"
    own = f"a cell of the student's own: RuntimeError: {told}"
    nb = feedback(remarks=[crash, name, own, f"{executing.CHANGED}: {told}."])
    assert json.dumps(told)[1:-1] not in all_text(nb)
    assert "f\\: ValueError" in nb.cells[0].source
    # nor by an error that says what a remark said
    nb = feedback([error("NotRun", crash)], remarks=[crash])
    assert json.dumps(told)[1:-1] not in all_text(nb)


# --- What stays -----------------------------------------------------------------------------------


def test_what_came_before_the_first_check_is_shown():
    assert feedback().cells[0].outputs == [stream("1\n")]


@pytest.mark.parametrize(
    "text",
    [
        "f(2) is 3, it should be 4.",
        "f(2) is -3.5e-07, it should be 4.",
        "f(2) is [1, 2, nan], it should be 4.",
        "f(2) is (2, 3), it should be 4.",
        "f(2) is None, it should be 4.",
        "f(2) is float64, it should be 4.",
        "f of a large number came out as 17.",
        "It depends on the order.",
        "This task has no answer yet.",
        "This cell ran longer than 30 s.",
    ],
)
def test_the_messages_of_a_check_are_told_with_their_numbers(text):
    (output,) = feedback([error("AssertionError", text)]).cells[2].outputs
    assert output.evalue == text
    assert output.traceback == [f"AssertionError: {text}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("f(2) is 4444444444444444444444444444444444444444444, it should be 4.", "f(2) is …"),
        ("f(2) is x, it should be 4.", "f(2) is …, it should be 4."),
        ("f(2) is 3, it should be 4. And more", hidden.NOT_SAID),
        ("Or: f(2) is 3, it should be 4.", hidden.NOT_SAID),
        ("f of a large number came out as 'assert'.", "f of a large number came out as …."),
        ("", hidden.NOT_SAID),
    ],
)
def test_other_texts_are_not(text, told):
    assert hidden.told(text, TEST).startswith(told)


def test_what_the_grader_itself_says_is_told():
    remarks = ["The notebook was stopped: it ran longer than 180 s in all.", "Missing: memo."]
    nb = feedback([error("NotRun", remarks[0])], remarks=remarks)
    assert nb.cells[3].outputs[0].evalue == remarks[0]
    assert "Missing\\: memo" in nb.cells[0].source


def test_a_student_cannot_mark_own_cells_as_tests_with_hidden_parts():
    nb = notebook()
    nb.cells[3].source = "### BEGIN HIDDEN TESTS\npass"
    hidden.hide(nb)
    assert nb.cells[3].source == "### BEGIN HIDDEN TESTS\npass"


@pytest.mark.parametrize("lab", LABS_NAMED)
def test_no_lab_s_hidden_tests_are_in_its_feedback_and_each_message_is_known(lab):
    nb = nbformat.from_dict(source(lab))
    tests = {grade_id(cell): cell.source for cell in nb.cells if is_test(cell)}
    assert all(map(has_hidden, tests.values()))
    secrets = [
        line
        for text in tests.values()
        for line in part(text, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
    ]
    assert secrets
    for text in tests.values():
        messages = list(hidden.messages_of(text))
        assert len(messages) >= text.count("\nassert ")
        for message in messages:
            plain = "".join("1" if piece is None else piece for piece in message)
            assert hidden.told(plain, text) == plain
    hidden.hide(nb)
    shown_tests = "\n".join(cell.source for cell in nb.cells if is_test(cell))
    visible = "\n".join(text.partition("### BEGIN HIDDEN TESTS")[0] for text in tests.values())
    for line in secrets:
        assert shown_tests.count(line) <= visible.count(line)
