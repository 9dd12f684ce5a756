"""Rules for the cells of a lesson, each proven on a lesson that is bad in one way."""

import pytest
from nbformat.v4 import new_markdown_cell

from tests.support.lesson import CELL, EXERCISE, HIDDEN, caught, good_lesson, rules_of
from tests.support.notebook_changes import all_of, code, each, number_cells, printed, set_in
from tools.lint import HINTS, OF_EDITION, RULES, blemishes, cells
from tools.lint.looking import edition

LINES = "\n".join(f"v{i} = {i}" for i in range(70)).splitlines()


def put(*sources, at="end", tags=()):
    """Put further code cells before a cell."""

    def change(book):
        book.cells[CELL[at] : CELL[at]] = [code(source, tags=tags) for source in sources]
        number_cells(book)

    return change


def is_now(name, source):
    """Change what stands in a cell."""
    return lambda book: book.cells[CELL[name]].update(source=source)


def check_of(source, tags=("check",), hidden=True):
    """Replace the check of the loaded data."""
    about = {"tags": list(tags)} | ({"jupyter": HIDDEN} if hidden else {})
    return set_in(CELL["load_check"], source=source, metadata=about)


def function(lines):
    """Return a function of so many lines."""
    return "\n".join(["def long(v):", *(f"    v += {i}" for i in range(lines - 1))])


BAD = [
    *each(
        "ruff_check",
        {
            "long line": put(f"x = '{'long ' * 18}'".replace("'", '"')),
            "long comment": put("x = 1  # " + "a comment of many words " * 4 + "."),
            "unused import": put("import math\n\nx = 1", at="load"),
            "undefined name": put("x = nonsense"),
            "order of imports": is_now(
                "imports",
                "from keras import layers\nfrom sklearn.linear_model import Ridge\nimport keras",
            ),
            "in a check": check_of("assert len(x) > 5000 and nonsense"),
            "in a solution": lambda b: b.cells[EXERCISE + 2].update(
                source="nonsense\n" + b.cells[EXERCISE + 2].source
            ),
        },
    ),
    *each(
        "ruff_format",
        {
            "blanks": put("x=1"),
            "quotes": put("x = 'a'"),
            "in a check": check_of("assert len( x ) > 5000"),
            "second of two": put("x = 1", "x = [1,2]"),
        },
    ),
    *each(
        "short_cells",
        {
            "median": put(*["\n".join(LINES[:9])] * 30),
            "ninth": put(*["\n".join(LINES[:19])] * 3),
        },
    ),
    *each(
        "short_definitions",
        {
            "cell": put("\n".join(LINES[:41])),
            "function": put(function(41)),
            "method of a class": put("class A:\n" + "\n".join(f"    {x}" for x in LINES[:40])),
            "from scratch": put(function(61), tags=["from-scratch"]),
            "solution": all_of(
                lambda b: b.cells[EXERCISE + 2].update(
                    source="\n".join([*LINES[:40], b.cells[EXERCISE + 2].source])
                )
            ),
        },
    ),
    *each(
        "imports_in_one_cell",
        {
            "set-up cell open": lambda b: b.cells[CELL["setup"]].metadata.clear(),
            "imports hidden": set_in(CELL["imports"], metadata={"jupyter": HIDDEN}),
            "later": put("import math\n\nx = math.pi"),
        },
    ),
    *each(
        "asserts_in_checks",
        {
            "open": put("assert x is not None"),
            "in a function": put("def f(v):\n    assert v > 0\n    return v"),
            "of NumPy": put("import numpy.testing\n\nnumpy.testing.assert_allclose(x, x)"),
        },
    ),
    *each(
        "check_cells",
        {
            "open": check_of("assert len(x) > 5000", hidden=False),
            "nine lines": check_of("\n".join(["assert len(x) > 5000"] * 9)),
            "no assert": check_of("len(x)"),
            "nothing that could fail": check_of("assert True"),
            "shows something": lambda b: b.cells[CELL["load_check"]].update(
                outputs=[printed("fine")]
            ),
            "of something else": check_of("assert keras"),
            "under another heading": lambda b: b.cells.insert(
                CELL["load_check"], new_markdown_cell("### Aside")
            ),
        },
    ),
    *each(
        "ignored_outputs_are_checked",
        {
            "no check": all_of(
                set_in(CELL["check"], source="y_pred", metadata={}),
                is_now("prose", "No number here."),
            ),
            "check in the next section": lambda b: b.cells.insert(
                CELL["predict"], new_markdown_cell("### Then")
            ),
        },
    ),
    *each(
        "ignored_for_a_reason",
        {
            "prints nothing": set_in(CELL["fit"], metadata={"tags": ["nbval-ignore-output"]}),
            "text": set_in(CELL["prose"], metadata={"tags": ["nbval-ignore-output"]}),
        },
    ),
    *each(
        "captions_are_strings",
        {
            "f-string": put('helpers.show(curves, f"The loss ends at {loss:.2f}.")'),
            "f-string with a name": put(
                'caption = f"The loss ends at {loss:.2f}."\nhelpers.show(curves, caption)'
            ),
            "sum": put('helpers.show(curves, "The loss ends at " + str(loss))'),
            "format": put('helpers.show(curves, "It ends at {}.".format(loss))'),
            "by name": put('helpers.show(curves, sentence=f"It ends at {loss}.")'),
        },
    ),
]
# Changes that cannot but break a second rule as well
ALSO = {
    "asserts_in_checks: of NumPy": {"imports_in_one_cell"},
    "check_cells: under another heading": set(),
    "imports_in_one_cell: later": set(),
    "ruff_check: unused import": {"imports_in_one_cell"},
    "captions_are_strings: format": {"ruff_check"},
}


@pytest.mark.parametrize("name", RULES)
def test_the_good_lesson_passes(name, lesson_path):
    assert RULES[name](good_lesson(), lesson_path) == []


@pytest.mark.parametrize(("name", "change"), BAD)
def test_a_bad_lesson_is_caught_by_its_rule_and_no_other(name, change, lesson_path, request):
    found = caught(change, lesson_path)
    case = request.node.callspec.id
    assert set(found) == {name} | ALSO.get(case, set()), found
    assert all(len(sentence) > 20 and "\n" not in sentence for sentence in found[name])


def test_every_rule_for_cells_has_a_bad_lesson():
    assert {case.values[0] for case in BAD} == rules_of(cells.__name__)


@pytest.mark.parametrize(("name", "change"), BAD)
def test_the_first_edition_knows_nothing_of_these_rules(name, change, lesson_path):
    book = good_lesson()
    change(book)
    del book.metadata.course["edition"]
    assert RULES[name](book, lesson_path) == []


# What looks like a blemish, but is none
GOOD = {
    "88 columns": put('text = "' + "a" * 79 + '"'),
    "18 lines in one cell": put("\n".join(LINES[:18])),
    "class of 60 from scratch": put(
        "class A:\n" + "\n".join(f"    {line}" for line in LINES[:59]), tags=["from-scratch"]
    ),
    "function of 40": put(function(40)),
    "eight lines in a check": check_of("\n".join(["assert len(x) > 5000"] * 8)),
    "an import in a solution": lambda b: b.cells[EXERCISE + 2].update(
        source="import math\n\nprint(math.pi)\n" + b.cells[EXERCISE + 2].source
    ),
    "an assert in a solution": lambda b: b.cells[EXERCISE + 2].update(
        source="assert len(x) > 5000\n" + b.cells[EXERCISE + 2].source
    ),
    "a caption by name": put("helpers.show(curves, caption)"),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_nothing_is_caught_where_nothing_is_wrong(change, lesson_path):
    assert caught(change, lesson_path) == {}


def test_a_sentence_names_the_cell_and_the_line(lesson_path):
    book = good_lesson()
    put("x = 1\ny=2")(book)
    assert cells.ruff_format(book, lesson_path) == [
        f"Cell {CELL['end']}, line 1: ruff would format it otherwise; run: "
        "ruff format --config tools/lint/notebooks.toml NOTEBOOK."
    ]
    put("x = 1\nx = nonsense")(book)
    (sentence,) = cells.ruff_check(book, lesson_path)
    assert sentence == f"Cell {CELL['end']}, line 2: Undefined name `nonsense` (F821)."


def test_of_code_that_cannot_be_parsed_only_ruff_check_speaks(lesson_path):
    found = caught(put("x = = 1"), lesson_path)
    assert set(found) == {"ruff_check", "idiom"}


@pytest.mark.parametrize(("said", "meant"), [(2, 2), (1, 1), (None, 1), (3, 1), ("2", 1), ([], 1)])
def test_the_edition_is_read_from_the_metadata(said, meant):
    book = good_lesson()
    book.metadata.course["edition"] = said
    assert edition(book) == meant


def test_every_rule_says_what_holds_and_for_whom():
    assert set(OF_EDITION) == {*RULES, *HINTS}
    assert all(rule.__doc__ for rule in (RULES | HINTS).values())


def test_blemishes_of_the_good_lesson(lesson_path):
    assert blemishes(good_lesson(), lesson_path) == []
