"""What a person should read in a submission."""

import ast
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from tests.support.labs import EACH, new_cell, solutions
from tools.labs import parsing
from tools.labs.oddities import odd_parts, worth_reading
from tools.labs.scores import mistakes


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import gc\ngc.get_objects()", {"gc"}),
        ("from ctypes import util", {"ctypes"}),
        ("%matplotlib inline\nIn[-1]", {"In"}),
        ("class A:\n    def __eq__(self, other):\n        return True", {"__eq__"}),
        ("class A(np.ndarray):\n    pass", {"a kind of ndarray"}),
        ("sys.modules['_lab_guard']", {"modules", "_lab_guard"}),
        ("get_ipython().ast_transformers.append(x)", {"ast_transformers"}),
        ("model.eval()\nmodel.compile()\n!ls\n%time x = 1", set()),
        ("this is no Python", set()),
        ("(" * 5000, set()),
    ],
)
def test_ways_into_the_checks_are_named(source, found):
    assert odd_parts(source) == found


def test_only_what_the_student_wrote_is_looked_at():
    cells = [
        new_cell("code", "import gc", "setup", locked=True),
        nbformat.v4.new_markdown_cell("import gc"),
        nbformat.v4.new_code_cell("x = 1"),
    ]
    assert worth_reading(nbformat.v4.new_notebook(cells=cells)) == []
    cells.append(nbformat.v4.new_code_cell("import gc, inspect"))
    (remark,) = worth_reading(nbformat.v4.new_notebook(cells=cells))
    assert remark == "Worth reading, as it can deceive a check: gc, inspect."


@EACH
def test_right_answers_and_honest_mistakes_are_not_odd(lab):
    answers = [*solutions(lab).values(), *(mistake["code"] for mistake in mistakes(lab))]
    assert {part for answer in answers for part in odd_parts(answer)} == set()


def test_threads_parse_one_after_the_other(monkeypatch):
    inside, met = [], []

    def parse(source):
        met.extend(inside)
        inside.append(source)
        time.sleep(0.05)
        inside.remove(source)
        return ast.Module([], [])

    monkeypatch.setattr(parsing.ast, "parse", parse)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(parsing.syntax_tree, "abcdefgh"))
    assert met == []
