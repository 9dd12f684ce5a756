"""What the tools share: which notebooks are found, what is one, and code taken out of one."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from results import RESULTS_MIME
from tools import notebooks


def book(*sources):
    """Make a notebook; a source that begins with # is Markdown."""
    return new_notebook(
        cells=[
            new_markdown_cell(source) if source.startswith("#") else new_code_cell(source)
            for source in sources
        ]
    )


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The folder of a course with notebooks where they belong and where they do not."""
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    for name in (
        "Part2_CNN/1-CNN.ipynb",
        "Part1_ANN/2-ANN.ipynb",
        "Part1_ANN/deeper/3.ipynb",
        "Part1_ANN/.ipynb_checkpoints/2-ANN-checkpoint.ipynb",
        "Part1_ANN/build/2-ANN.ipynb",
        "Part1_ANN/work/2-ANN.ipynb",
        "work/Part1_ANN/2-ANN.ipynb",
        "labs/lab.ipynb",
    ):
        notebooks.write(tmp_path / name, book("1"))
    return tmp_path


def names(paths, root):
    return [notebooks.name_of(path, root) for path in paths]


# --- Finding, reading and writing -----------------------------------------------------------------


def test_the_course_is_what_stands_in_its_parts_in_reading_order(course):
    wanted = ["Part1_ANN/2-ANN.ipynb", "Part1_ANN/deeper/3.ipynb", "Part2_CNN/1-CNN.ipynb"]
    assert names(notebooks.course_notebooks(course), course) == wanted
    assert names(notebooks.find([]), course) == wanted


def test_files_and_folders_are_found_each_once(course):
    paths = [course / "labs", course / "work", course / "labs" / "lab.ipynb"]
    found = names(notebooks.find(paths), course)
    assert found == ["labs/lab.ipynb", "work/Part1_ANN/2-ANN.ipynb"], "work/ when it is asked for"


def test_a_path_outside_is_shown_whole(course, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "x.ipynb"
    assert notebooks.name_of(outside, course) == str(outside)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        "{}",
        "null",
        '{"cells": 3, "nbformat": 4}',
        '{"cells": [{}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
    ],
)
def test_a_file_that_is_no_notebook(tmp_path, text):
    path = tmp_path / "x.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        ValueError, match="^x.ipynb is not a notebook: expected JSON with a list of cells"
    ):
        notebooks.read(path)


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00", b"\x00\x01\x02", "é".encode("cp1252")])
def test_bytes_that_are_no_text_are_no_notebook(tmp_path, content):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="^x.ipynb is not a notebook"):
        notebooks.read(path)


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_no_obstacle(tmp_path):
    path = tmp_path / "x.ipynb"
    text = nbformat.writes(book("print('é')"))
    path.write_text(text, encoding="utf-8-sig", newline="\r\n")
    assert notebooks.read(path).cells[0].source == "print('é')"


def test_what_is_forgotten_with_the_outputs():
    old = new_code_cell("1", execution_count=9, outputs=[new_output("stream", text="old")])
    old.metadata = {"tags": ["kept"], "execution": {"iopub.status.idle": "then"}}
    text = new_markdown_cell("# Title")
    cleared = notebooks.without_outputs(new_notebook(cells=[text, old]))
    assert cleared.cells[0] == text
    cell = cleared.cells[1]
    assert (cell.outputs, cell.execution_count, cell.metadata) == ([], None, {"tags": ["kept"]})


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "x.txt"
    notebooks.write_whole(path, "old\r\n")
    assert path.read_bytes() == b"old\r\n"
    with pytest.raises(UnicodeEncodeError):
        notebooks.write_whole(path, "new \ud800")
    assert path.read_bytes() == b"old\r\n"
    monkeypatch.setattr(notebooks.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        notebooks.write_whole(path, "new")
    assert [p.name for p in path.parent.iterdir()] == ["x.txt"]
    assert path.read_bytes() == b"old\r\n"


def test_two_threads_may_write_the_same_file_at_the_same_time(tmp_path, monkeypatch):
    path = tmp_path / "x.txt"
    both_have_written, replace = threading.Barrier(2, timeout=20), os.replace

    def replace_later(part, whole):
        both_have_written.wait()
        replace(part, whole)

    monkeypatch.setattr(notebooks.os, "replace", replace_later)
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda text: notebooks.write_whole(path, text), ["first", "second"]))
    assert path.read_text() in ("first", "second")
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


def test_a_written_notebook_ends_in_one_line_end(tmp_path):
    path = tmp_path / "x.ipynb"
    notebooks.write(path, book("1"))
    assert path.read_bytes().endswith(b"}\n") and not path.read_bytes().endswith(b"\n\n")


def test_the_rows_of_all_results_tables():
    shown = [new_output("display_data", {RESULTS_MIME: rows}) for rows in ([{"n": 1}], [{"n": 2}])]
    cells = [new_code_cell("a", outputs=[shown[0]]), new_code_cell("b", outputs=[shown[1]])]
    cells.insert(1, new_code_cell("c", outputs=[new_output("stream", text="3")]))
    assert notebooks.results(new_notebook(cells=cells)) == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    "about, seconds",
    [
        ({"time_budget_s": 90}, 90.0),
        ({"time_budget_s": 0.5}, 0.5),
        ({}, None),
        ({"time_budget_s": "90"}, None),
        ([1], None),
        (None, None),
        ({"time_budget_s": True}, None),
    ],
)
def test_the_budget_of_notebooks_with_odd_metadata(about, seconds):
    odd = book("1")
    odd.metadata["course"] = about
    assert notebooks.budget(odd) == seconds


# --- Taking code out ------------------------------------------------------------------------------


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A notebook with definitions of every kind, and statements that must not be executed."""
    sources = [
        "import math\nSIZE = 3\nSEEDS = [1, 2]\nseen = []",
        "class Thing:\n    pass",
        "def area():\n    return math.pi * SIZE**2\n\n\nraise RuntimeError",
        "def other():\n    pass",
        "PAD, END = range(2)\nWIDE = END + 2 * SIZE\nKINDS = {'turn': math.tau, 'list': [PAD]}",
        "ROLLED = other()\nNAMES = [n for n in seen]\nLATE = ROLLED + 1\nFIRST = seen",
        "def outer(x):\n    def inner():\n        return middle(x)\n    return inner()",
        "def middle(x):\n    return x and outer(x - 1) or Base().value",
        "class Base(Thing):\n    value = 7",
        "@staticmethod\ndef twice(x):\n    return x\n\n\ndef twice(x):\n    return 2 * x",
    ]
    nbformat.write(book(*sources), tmp_path / "a.ipynb")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    return "a.ipynb"


def test_functions_come_with_imports_and_constants(lesson):
    taken = notebooks.take(lesson, "area", "Thing")
    assert round(taken["area"](), 2) == 28.27
    assert taken["SEEDS"] == [1, 2]
    assert isinstance(taken["Thing"], type)
    assert not {"other", "seen", "outer"} & taken.keys()


def test_constants_may_be_made_of_constants_but_not_of_anything_computed(lesson):
    taken = notebooks.take(lesson)
    assert [taken[name] for name in ("PAD", "END", "WIDE")] == [0, 1, 7]
    assert taken["KINDS"]["list"] == [0] and round(taken["KINDS"]["turn"], 2) == 6.28
    assert not {"ROLLED", "NAMES", "LATE", "FIRST"} & taken.keys()


def test_functions_that_call_each_other_come_together(lesson):
    taken = notebooks.take(lesson, "outer")
    assert {"outer", "middle", "Base", "Thing"} <= taken.keys()
    assert not {"area", "other", "twice"} & taken.keys()
    assert taken["outer"](3) == 7


def test_a_name_that_a_function_uses_is_a_constant_if_it_gets_one_value(lesson, tmp_path):
    cells = (
        "first = ['a']\nboth = first + ['b']\ntwice = 1\nmade = len(first)",
        "twice = 2",
        "def names(first_of_all=1):\n    made = both\n    return made",
        "def number():\n    return made",
        "def changed():\n    return twice",
    )
    nbformat.write(book(*cells), tmp_path / "a.ipynb")
    assert notebooks.take(lesson, "names")["names"]() == ["a", "b"]
    assert notebooks.functions(lesson, "names").names() == ["a", "b"]
    assert "both" not in notebooks.take(lesson, "number"), "nobody asked for it"
    for function, name in (("number", "made"), ("changed", "twice")):
        with pytest.raises(LookupError, match=rf"^a.ipynb: {function} uses {name}, which .+\.$"):
            notebooks.functions(lesson, "names", function)


def test_functions_are_attributes_and_nothing_else_is(lesson):
    found = notebooks.functions(lesson, "outer", "twice")
    assert (found.outer(3), found.twice(4)) == (7, 8)
    assert vars(found).keys() == {"outer", "twice"}


def test_of_two_definitions_the_last_is_valid(lesson):
    assert notebooks.take(lesson, "twice")["twice"](4) == 8


def test_what_is_not_there_is_named(lesson):
    with pytest.raises(LookupError, match="a.ipynb defines no nothing."):
        notebooks.take(lesson, "area", "nothing")


def test_a_part_is_what_stands_before_a_heading_and_its_rows(tmp_path, monkeypatch):
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
    nbformat.write(book(*sources), tmp_path / "a.ipynb")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    part = notebooks.first_part("a.ipynb", "Two", "'one'")
    assert [cell.source for cell in part.cells] == [
        "# Title",
        "1",
        "## One, it is",
        "2",
        "rows = ['one']",
        "helpers.results_table(rows)",
    ]
    for end, rows in (("Three", "'one'"), ("Two", "rows"), ("Two", "'four'")):
        with pytest.raises(ValueError):
            notebooks.first_part("a.ipynb", end, rows)
