"""The cell *Check yourself*, made from the questions in a notebook's metadata."""

import pytest
from markdown_it import MarkdownIt

from tests.support.lesson import CELL, good_lesson, question
from tools import notebooks, questions
from tools.questions import cell_source, faults, find_cell, main, shown, write_cell


def test_a_question_stands_with_its_options_and_its_answer_folded():
    assert shown(question(1, 2)) == (
        "- A. option a of 1\n- B. option b of 1\n- C. option c of 1\n- D. option d of 1\n\n"
        "<details><summary>Answer</summary>\n\n**C.** Because 1 is shown above.\n\n</details>"
    )


def test_what_is_folded_is_read_as_markdown():
    html = MarkdownIt().render(shown(question(1, 0)))
    assert html.index("<details>") < html.index("<strong>A.</strong>") < html.index("</details>")


def test_the_cell_holds_all_questions_in_order():
    source = cell_source(good_lesson())
    assert source.startswith("## Check yourself\n\n")
    places = [source.index(f"**{n}. What is {n}?**") for n in range(1, 6)]
    assert places == sorted(places) and source.count("<details>") == 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("What?", "keys"),
        ({"question": "What?"}, "keys"),
        (question(1, 0) | {"level": 1}, "keys"),
        (question(1, 0) | {"question": ""}, "its question"),
        (question(1, 0) | {"why": 3}, "its why"),
        (question(1, 0) | {"options": ["a", "b", "c"]}, "four options"),
        (question(1, 0) | {"options": ["a", "b", "c", 4]}, "four options"),
        (question(1, 0) | {"options": "abcd"}, "four options"),
        (question(1, 4), "its answer"),
        (question(1, -1), "its answer"),
        (question(1, True), "its answer"),
    ],
)
def test_a_question_of_another_form_is_named_and_not_shown(wrong, words):
    assert words in " ".join(faults(wrong))
    with pytest.raises(ValueError, match=words):
        shown(wrong)


def test_a_cell_that_is_missing_is_put_before_the_exercises():
    book = good_lesson()
    place, source = CELL["questions"], book.cells[CELL["questions"]].source
    del book.cells[place]
    assert find_cell(book) is None and write_cell(book)
    assert find_cell(book) == place and book.cells[place].source == source
    assert not write_cell(book)


def test_without_questions_nothing_is_written():
    book = good_lesson()
    del book.metadata.course["questions"]
    before = str(book)
    assert questions.questions(book) == [] and not write_cell(book) and str(book) == before


def test_the_command_writes_what_is_stale_and_checks(tmp_path, capsys):
    path, book = tmp_path / "1-x.ipynb", good_lesson()
    book.metadata.course["questions"][0]["why"] = "For another reason."
    notebooks.write(path, book)
    before = path.read_bytes()
    assert main(["--check", str(path)]) == 1 and path.read_bytes() == before
    assert capsys.readouterr().out == f"{path}: stale\n"
    assert main([str(path)]) == 0
    assert "For another reason." in notebooks.read(path).cells[CELL["questions"]].source
    assert main(["--check", str(path)]) == 0


def test_the_command_refuses_what_it_cannot_show_in_one_sentence(tmp_path, capsys):
    path, book = tmp_path / "1-x.ipynb", good_lesson()
    book.metadata.course["questions"][0]["answer"] = 7
    notebooks.write(path, book)
    before = path.read_bytes()
    for arguments in ([str(path)], [str(tmp_path / "gone.ipynb")]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert path.read_bytes() == before
