"""docs/questions.md, made from the notebooks' own questions."""

import pytest
from markdown_it import MarkdownIt

from tests.support.small_course import book
from tools.docs.questions import NONE_YET, OTHERS, questions_page
from tools.docs.tables import DocsError

TOPICS = 'Foundations = ["perceptron", "loss"]\nVision = ["convolution", "pooling", "stride"]\n'
QUESTION = {
    "question": "What does XOR need?",
    "options": ["more rows", "a hidden layer", "a larger step", "nothing"],
    "answer": 1,
    "why": "No straight line separates it: $x_1 \\oplus x_2$.",
}


@pytest.fixture
def root(tmp_path):
    """Return a folder with a list of topics."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/topics.toml").write_text(TOPICS, encoding="utf-8")
    return tmp_path


def notebook(*questions, topics=("perceptron",)):
    """Make a notebook that asks these questions."""
    return book("# T", topics=dict.fromkeys(topics, "T"), questions=list(questions))


def test_a_question_stands_with_its_options_and_its_answer_folded(root):
    page = questions_page({root / "Part1_ANN/1-x.ipynb": notebook(QUESTION)}, root)
    assert page.split("\n\n", 2)[2] == (
        "## Foundations\n\n"
        "**What does XOR need?** ([1-x](../Part1_ANN/1-x.ipynb))\n\n"
        "- A. more rows\n- B. a hidden layer\n- C. a larger step\n- D. nothing\n\n"
        "<details><summary>Answer</summary>\n\n"
        "**B.** No straight line separates it: $x_1 \\oplus x_2$.\n\n</details>\n"
    )
    html = MarkdownIt().render(page)
    assert (
        html.index("<details>")
        < html.index("<p><strong>B.</strong> No straight")
        < html.index("</details>")
    )


def test_questions_stand_in_the_group_of_most_topics_of_their_notebook(root):
    def asking(text, *topics):
        return notebook(QUESTION | {"question": text}, topics=topics)

    books = {
        root / "Part2_CNN/1-y.ipynb": asking("One?", "loss", "pooling", "stride"),
        root / "Part1_ANN/1-x.ipynb": asking("Two?", "loss"),
        root / "Part1_ANN/2-z.ipynb": asking("Three?"),
        root / "Part1_ANN/3-w.ipynb": asking("Four?", "loss", "pooling"),
    }
    lines = questions_page(books, root).splitlines()
    told = [line.split(" (")[0] for line in lines if line.startswith("## ") or "](" in line]
    assert told == [
        *("## Foundations", "**Two?**", "**Four?**", "## Vision", "**One?**"),
        *(f"## {OTHERS}", "**Three?**"),
    ]


def test_where_no_notebook_asks_anything_the_page_says_so(root):
    books = {root / "Part1_ANN/1-x.ipynb": book("# T", topics={})}
    assert questions_page(books, root).endswith(f"\n\n{NONE_YET}\n")
    assert NONE_YET not in questions_page({root / "a.ipynb": notebook(QUESTION)}, root)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answer": 4}, "its answer is not the number of an option"),
        ({"answer": "a hidden layer"}, "its answer is not the number of an option"),
        ({"options": ["more rows", "nothing"]}, "it needs four options"),
        ({"why": None}, "it must have the keys answer, options, question, why"),
    ],
)
def test_a_question_that_is_incomplete_is_named(root, change, says):
    question = {key: value for key, value in (QUESTION | change).items() if value is not None}
    with pytest.raises(DocsError, match=f"^Part1_ANN/1-x.ipynb, question 2: {says}"):
        questions_page({root / "Part1_ANN/1-x.ipynb": notebook(QUESTION, question)}, root)
