"""The README of a part, made from the notebooks in its folder."""

import re

import pytest

from tests.support.small_course import book
from tools.docs.parts import START, notebooks_block, part_pages
from tools.docs.tables import END, DocsError
from tools.lint.looking import headings
from tools.lint.text import links
from tools.notebooks import course_notebooks

README = f"# A part\n\n{START}\n{END}\n"


def notebook(*sources, **changes):
    """Make a notebook with the metadata that the pages need."""
    course = {"question": "Why?", "measured_s": 12.0, "datasets": ["wine", "iris"], "topics": {}}
    return book("# Title", *sources, **{**course, **changes})


def test_a_notebook_is_listed_with_its_topics_in_the_order_of_its_headings(tmp_path):
    topics = {"a": "Second", "b": "First, of all", "c": "nowhere"}
    one = notebook("## First, of all", "## Second", topics=topics)
    assert notebooks_block({tmp_path / "1-x y.ipynb": one}) == (
        "| notebook | question | data | time |\n| --- | --- | --- | --- |\n"
        "| [1-x y](1-x%20y.ipynb) | Why? | wine, iris | 12 s |\n\n"
        "**1-x y**: [b](1-x%20y.ipynb#First%2C-of-all) · [a](1-x%20y.ipynb#Second) · "
        "[c](1-x%20y.ipynb#nowhere)"
    )


def test_every_part_has_its_own_page_and_keeps_its_words(tmp_path):
    books = {}
    for name in ("Part1_ANN/1-x.ipynb", "Part1_ANN/2-y.ipynb", "Part2_CNN/1-z.ipynb"):
        books[tmp_path / name] = notebook()
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).with_name("README.md").write_text(README, encoding="utf-8")
    made = part_pages(books, tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in made] == [
        *("Part1_ANN/README.md", "Part2_CNN/README.md")
    ]
    for page, stems in zip(made.values(), (["1-x", "2-y"], ["1-z"]), strict=True):
        assert page.startswith("# A part\n") and re.findall(r"\| \[(.+?)\]", page) == stems


def test_a_part_without_a_page_or_without_its_markers_is_named(tmp_path):
    books = {tmp_path / "Part1_ANN" / "1-x.ipynb": notebook()}
    with pytest.raises(DocsError, match=f"Part1_ANN/README.md must hold .*{START}"):
        part_pages(books, tmp_path)


def test_every_part_says_what_to_know_in_which_order_to_read_and_which_papers():
    for folder in sorted({path.parent for path in course_notebooks()}):
        text = (folder / "README.md").read_text(encoding="utf-8")
        found = [heading for level, heading in headings(text) if level == 2]
        wanted = ["What it answers", "Reading order", "What you should know", "Papers"]
        assert [heading for heading in found if heading in wanted] == wanted, folder.name


def test_the_reading_order_of_a_part_names_each_of_its_notebooks():
    for folder in sorted({path.parent for path in course_notebooks()}):
        order = (folder / "README.md").read_text(encoding="utf-8").split("\n## ")[2]
        assert order.startswith("Reading order")
        named = {target for kind, target in links(order) if kind == "link"}
        own = {path.name for path in course_notebooks() if path.parent == folder}
        assert own <= named, folder.name
