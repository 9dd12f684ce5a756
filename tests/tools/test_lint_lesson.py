"""Rules for a lesson as a whole, its results and its words, each proven on a lesson that is bad in
one way."""

from copy import deepcopy

import pytest
from nbformat.v4 import new_markdown_cell

from results import RESULTS_MIME
from tests.support.lesson import (
    ALT,
    CELL,
    EXACT_ROW,
    EXERCISE,
    ROW,
    caught,
    exercise,
    good_lesson,
    question,
    rules_of,
)
from tests.support.notebook_changes import (
    all_of,
    code,
    course_is,
    each,
    number_cells,
    printed,
    set_in,
    text_has,
    without,
)
from tools import questions
from tools.lint import HINTS, hints, lesson, results, words
from tools.lint.lesson import cells_before_exercises, word_count

SOLUTION = EXERCISE + 2


def has(name, old, new):
    """Replace words of a cell."""
    return text_has(CELL[name], old, new)


def insert(source, at="prose"):
    """Put a Markdown cell before a cell."""
    return lambda book: book.cells.insert(CELL[at], new_markdown_cell(source))


def asked(change):
    """Change the list of questions, and write the cell again where that can be done."""

    def change_questions(book):
        change(book.metadata.course["questions"])
        try:
            questions.write_cell(book)
        except ValueError:
            pass

    return change_questions


def solutions_are(source, count=4):
    """Change the first solutions; what they say stays."""

    def change(book):
        for number in range(count):
            cell = book.cells[SOLUTION + 3 * number]
            cell.source = f"{source}\n{cell.source.splitlines()[1]}"

    return change


def first_row(**changes):
    """Change the first row of the results table."""

    def change(book):
        rows = book.cells[CELL["table"]].outputs[0].data[RESULTS_MIME]
        rows[0] = {k: v for k, v in {**rows[0], **changes}.items() if v != "none"}

    return change


def rows_are(*rows):
    """Give the results table other rows."""
    return lambda book: (
        book.cells[CELL["table"]].outputs[0].data.update({RESULTS_MIME: list(deepcopy(rows))})
    )


BAD = [
    *each(
        "first_screen",
        {
            "no schematic": has("drawing", "../figures/neuron.svg", "#The-data"),
            "a schematic further down": lambda b: b.cells.insert(7, b.cells.pop(CELL["drawing"])),
            "the question in the second cell": all_of(
                has("title", "Is this lesson good?", ""),
                has("drawing", "![", "Is this lesson good?\n\n!["),
            ),
        },
    ),
    *each(
        "images_in_words",
        {
            "two words": has("drawing", ALT, "A neuron"),
            "a name of a file": has("drawing", ALT, "what is drawn in neuron.svg for you"),
            "an image of": has("drawing", ALT, "Image of a neuron with its inputs"),
            "gone": all_of(
                has("drawing", "neuron.svg", "synapse.svg"),
                lambda b: b.cells.insert(1, new_markdown_cell(f"![{ALT}](../figures/neuron.svg)")),
            ),
        },
    ),
    *each(
        "length",
        {
            "cells": lambda b: b.cells.__setitem__(
                slice(CELL["end"], CELL["end"]), [new_markdown_cell("And.") for _ in range(101)]
            ),
            "words": insert("and so on " * 1200),
        },
    ),
    *each(
        "parts",
        {
            "order": lambda b: b.cells.insert(CELL["questions"] + 1, b.cells.pop()),
            "one more": lambda b: b.cells.append(new_markdown_cell("## More")),
            "summary is a list": set_in(CELL["end"], source="## Summary\n\n- " + "word " * 30),
        },
    ),
    *each(
        "five_questions",
        {
            "four": asked(lambda q: q.pop()),
            "six": asked(lambda q: q.append(question(6, 0))),
            "none": lambda b: b.metadata.course.pop("questions"),
            "three options": asked(lambda q: q[0]["options"].pop()),
            "the same option twice": asked(lambda q: q[0].update(options=["a", "a", "b", "c"])),
            "no answer": asked(lambda q: q[0].pop("answer")),
            "answer in words": asked(lambda q: q[0].update(answer="option a")),
            "answer out of range": asked(lambda q: q[0].update(answer=4)),
            "no reason": asked(lambda q: q[0].update(why=" ")),
            "asked twice": asked(lambda q: q[0].update(question=q[1]["question"])),
            "always the second": asked(lambda q: [one.update(answer=1) for one in q[:3]]),
        },
    ),
    *each(
        "questions_shown",
        {
            "stale": lambda b: b.metadata.course["questions"][0].update(why="For another reason."),
            "edited": has("questions", "What is 1?", "What is one?"),
        },
    ),
    *each(
        "solutions_answer",
        {
            "nothing said": set_in(SOLUTION, outputs=[]),
            "a number": set_in(SOLUTION, outputs=[printed("0.863\n")]),
            "no full stop": set_in(SOLUTION, outputs=[printed("the answer is that it helps")]),
            "said too early": lambda b: b.cells[SOLUTION].outputs.append(printed("0.863\n")),
        },
    ),
    *each("exercises_do_something", {"three only look": solutions_are("x.describe()", 3)}),
    *each(
        "kinds_and_headline",
        {
            "no kind": first_row(kind="none", headline="none"),
            "unknown kind": first_row(kind="95%"),
            "exact with an interval": first_row(kind="exact"),
            "interval missing": rows_are(ROW, {**EXACT_ROW, "kind": "95 %"}),
            "four runs": first_row(kind="range of runs", n=4),
            "no headline": first_row(headline="none"),
            "headline false": first_row(headline=False),
            "two headlines": rows_are(ROW, {**ROW, "model": "other"}),
        },
    ),
]


@pytest.mark.parametrize(("name", "change"), BAD)
def test_a_bad_lesson_is_caught_by_its_rule_and_no_other(name, change, lesson_path, request):
    found = caught(change, lesson_path)
    allowed = {"internal_links"} if request.node.callspec.id.endswith("gone") else set()
    if request.node.callspec.id.startswith("five_questions: none"):
        allowed = {"questions_shown"}
    assert set(found) == {name} | allowed, found
    assert all(len(sentence) > 20 and "\n" not in sentence for sentence in found[name])


def test_every_rule_has_a_bad_lesson():
    assert {case.values[0] for case in BAD} == rules_of(lesson.__name__, results.__name__)


# Rules of both editions that ask for something else in the second
CHANGED = {
    "exercises: three": ("exercises", without(*range(EXERCISE + 9, EXERCISE + 12))),
    "measured_numbers: no check": (
        "measured_numbers",
        insert("## More\n\nIt reaches 0.877.", at="repeat"),
    ),
    "course_metadata: an edition that is none": ("course_metadata", course_is(edition=3)),
    "course_metadata: questions in words": ("course_metadata", course_is(questions="five")),
}


@pytest.mark.parametrize(("name", "change"), CHANGED.values(), ids=CHANGED)
def test_shared_rules_ask_for_what_the_second_edition_needs(name, change, lesson_path):
    assert name in caught(change, lesson_path)


# What looks like a blemish, but is none
GOOD = {
    "six exercises": lambda b: b.cells.__setitem__(
        slice(-1, -1), [c for n in (5, 6) for c in exercise(n)]
    ),
    "a solution of two cells": all_of(
        lambda b: b.cells.insert(SOLUTION, deepcopy(b.cells[SOLUTION])),
        lambda b: b.cells[SOLUTION].update(source="trained(2)", outputs=[], id="first"),
    ),
    "half of them only look": solutions_are("x.describe()", 2),
    "a solution that prints its sentence": set_in(
        SOLUTION, outputs=[printed("0.863\nSo four units are quite enough.\n")]
    ),
    "numbers among the options": asked(lambda q: q[0].update(why="It was 0.877, not 87.7 %.")),
    "a number in a summary with a check": all_of(
        has("end", "The lesson is good", "The lesson reaches 0.863"),
        lambda b: b.cells.insert(CELL["table"] + 1, deepcopy(b.cells[CELL["check"]])),
        lambda b: b.cells[CELL["table"] + 1].update(source="assert baseline", id="again"),
    ),
    "a range of five runs": first_row(kind="range of runs", n=5),
    "prose between a check and its number": lambda b: b.cells.insert(CELL["prose"], code("curves")),
    "code and formulas do not count as words": insert("```\n" + "x = 1 " * 1800 + "\n```"),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_nothing_is_caught_where_nothing_is_wrong(change, lesson_path):
    assert caught(all_of(change, number_cells), lesson_path) == {}


def test_what_is_counted():
    book = good_lesson()
    checks = 2
    assert cells_before_exercises(book) == CELL["exercises"] - checks
    before = word_count(book)
    insert("Two words `and not these`, $x + y$, [a link](../nowhere.md).")(book)
    assert word_count(book) == before + 4


# --- Words ----------------------------------------------------------------------------------------

HINTED = {
    "a term": ("terms", insert("The test part comes last.")),
    "a term with a capital": ("terms", insert("Whoever cuts once is wrong.")),
    "a term in a caption": (
        "terms",
        lambda b: b.cells[CELL["curve"]].outputs[1].data.update({"text/markdown": "A committee."}),
    ),
    "color": ("british_spelling", insert("The color of the line.")),
    "optimize": ("british_spelling", insert("We optimize the loss.")),
    "emphasized": ("british_spelling", insert("It is emphasized.")),
    "generalization": ("british_spelling", insert("Its generalization is poor.")),
    "labeled": ("british_spelling", insert("The labeled rows.")),
}


@pytest.mark.parametrize(("name", "change"), HINTED.values(), ids=HINTED)
def test_words_get_a_hint_and_no_error(name, change, lesson_path):
    book = good_lesson()
    change(book)
    ((hint, sentence),) = hints(book, lesson_path)
    assert (
        hint == name
        and sentence.startswith("Cell ")
        and "better" in sentence
        or "British" in (sentence)
    )
    assert caught(change, lesson_path).keys() <= {"figures"}


@pytest.mark.parametrize(
    "text",
    [
        "Resized images of the same size, seized by a prize.",
        "`optimizer=color`, $center$, [a link](../color.md)",
        "```\ncolor = committee\n```",
        "The image colours are centred, generalised, and labelled.",
        "Teacher forcing helps.",
        "A depiction of depicted things.",
    ],
)
def test_other_words_get_none(text, lesson_path):
    book = good_lesson()
    insert(text)(book)
    assert hints(book, lesson_path) == []


def test_titles_of_papers_are_spelt_as_they_are(lesson_path):
    book = good_lesson()
    book.cells[-1].source += "- Kingma 2015, Stochastic optimization, arXiv:1412.6980\n"
    assert hints(book, lesson_path) == []


def test_the_first_edition_gets_no_hints(lesson_path):
    book = good_lesson()
    insert("The color of the test part.")(book)
    assert len(hints(book, lesson_path)) == 2
    del book.metadata.course["edition"]
    assert hints(book, lesson_path) == []


IGNORED = ["nbval-ignore-output"]


def test_a_tag_without_need_gets_a_hint(lesson_path):
    book = good_lesson()
    book.cells[CELL["load"]].metadata["tags"] = IGNORED
    assert hints(book, lesson_path) == [
        (
            "ignored_without_need",
            f"Cell {CELL['load']} is tagged nbval-ignore-output, but seems to depend neither on "
            "training nor on timing.",
        )
    ]


@pytest.mark.parametrize(
    "sources",
    [
        ["score = network.evaluate(x)", "print(score)"],
        ["def f(v):\n    return v.fit(x)", "g = f(x)", "print(g)"],
        ["rows.append(model.predict(x))", "print(rows)"],
        ["table[0] = network.evaluate(x)", "print(table)"],
        ["start = time.perf_counter()", "print(start)"],
    ],
)
def test_a_tag_on_what_was_trained_or_timed_gets_none(sources, lesson_path):
    book = good_lesson()
    cells = [code(source) for source in sources]
    cells[-1].metadata["tags"] = IGNORED
    book.cells[CELL["network"] : CELL["network"]] = cells
    assert hints(book, lesson_path) == []
    del book.cells[CELL["network"]]  # what the last cell depends on
    assert len(hints(book, lesson_path)) == 1


def test_the_list_of_words_is_short_and_says_what_is_better():
    assert 25 <= len(words.TERMS) <= 50 and len(words.AMERICAN) <= 25
    assert all(better.strip() for better in (words.TERMS | words.AMERICAN).values())
    assert set(HINTS) == {"terms", "british_spelling", "ignored_without_need"}
