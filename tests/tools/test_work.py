"""Copies in work/: made once, never overwritten, with links that work from there."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from tools import launcher, work

BOOK = "Part1_ANN/2-ANN.ipynb"


@pytest.fixture
def course(tmp_path):
    """A course's folder with two notebooks, a figure, a page and a released lab."""
    for name in (
        "figures/a b.svg",
        "figures/net.svg",
        "figures/net(1).svg",
        "Part1_ANN/README.md",
        "Part1_ANN/local.png",
        "datasets/README.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name, encoding="utf-8")
    write(tmp_path / BOOK, ["# Title\n", "text"])
    write(tmp_path / "Part1_ANN" / "1-neuron.ipynb", "# First")
    return tmp_path


def write(path, source, **metadata):
    """Write a notebook of one Markdown cell and one code cell with an output."""
    book = nbformat.v4.new_notebook(metadata={"course": {"title": "Tür"}, **metadata})
    book.cells = [
        nbformat.v4.new_markdown_cell("placeholder"),
        nbformat.v4.new_code_cell(
            "open('../figures/net.svg')",
            outputs=[nbformat.v4.new_output("stream", text="[x](../figures/net.svg)")],
        ),
    ]
    content = json.loads(nbformat.writes(book))
    content["cells"][0]["source"] = source
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def source_of(path, number=0):
    return nbformat.read(path, 4).cells[number].source


def test_a_copy_is_made_once_and_never_overwritten(course, capsys):
    before = (course / BOOK).read_bytes()
    copy = work.to_open(course / BOOK, course)
    assert copy == course / "work" / BOOK
    assert capsys.readouterr().err == (
        f"Your copy of {BOOK} is work/{BOOK}: change it as you like, it is never overwritten "
        "(--original opens the original).\n"
    )
    nbformat.validate(nbformat.read(copy, 4))
    assert source_of(copy) == "# Title\ntext"
    book = nbformat.read(copy, 4)
    assert book.metadata["course"] == {"title": "Tür"} and len(book.cells[1].outputs) == 1
    mine = copy.read_text(encoding="utf-8").replace("text", "my own words")
    copy.write_text(mine, encoding="utf-8")
    assert work.to_open(course / BOOK, course) == copy
    assert work.to_open(copy, course) == copy
    assert copy.read_text(encoding="utf-8") == mine
    assert (course / BOOK).read_bytes() == before
    assert capsys.readouterr().err == ""
    assert [path.name for path in copy.parent.iterdir()] == ["2-ANN.ipynb"]


@pytest.mark.parametrize("opened", ["source", "copy"])
def test_a_newer_source_is_reported_and_the_copy_stays(course, capsys, opened):
    copy = work.to_open(course / BOOK, course)
    mine = copy.read_bytes()
    write(course / BOOK, "# Title\nother words")
    capsys.readouterr()
    assert work.to_open(copy if opened == "copy" else course / BOOK, course) == copy
    printed = capsys.readouterr().err
    assert printed.startswith(f"{BOOK} has changed since your copy work/{BOOK} was made:")
    assert "rename your copy" in printed and printed.count("\n") == 1
    assert copy.read_bytes() == mine
    copy.rename(copy.with_name("mine.ipynb"))
    assert source_of(work.to_open(course / BOOK, course)) == "# Title\nother words"


def test_outputs_measurements_and_metadata_make_no_source_newer(course, capsys):
    work.to_open(course / BOOK, course)
    book = nbformat.read(course / BOOK, 4)
    book.cells[1].outputs = []
    book.metadata["course"]["measured_s"] = 12.5
    nbformat.write(book, course / BOOK)  # this also stores sources as lists of lines
    capsys.readouterr()
    work.to_open(course / BOOK, course)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "markdown, expected",
    [
        ("[data](../datasets/README.md)", "[data](../../datasets/README.md)"),
        ("[data](../datasets/README.md#bank-churn)", "[data](../../datasets/README.md#bank-churn)"),
        ("![a net](../figures/net.svg)", "![a net](../../figures/net.svg)"),
        ('![a](../figures/net.svg "A net")', '![a](../../figures/net.svg "A net")'),
        ("![a](<../figures/a b.svg>)", "![a](<../../figures/a b.svg>)"),
        ("![a](../figures/a%20b.svg)", "![a](../../figures/a%20b.svg)"),
        ("![a](../figures/net(1).svg)", "![a](../../figures/net(1).svg)"),
        (
            "[![a](../figures/net.svg)](README.md)",
            "[![a](../../figures/net.svg)](../../Part1_ANN/README.md)",
        ),
        ("[order](README.md#order)", "[order](../../Part1_ANN/README.md#order)"),
        ("![](./local.png)", "![](../../Part1_ANN/local.png)"),
        ("[the folder](../figures/)", "[the folder](../../figures/)"),
        ("[first](1-neuron.ipynb)", "[first](../../Part1_ANN/1-neuron.ipynb)"),
        (
            'See <img src="../figures/net.svg" width="40">.',
            'See <img src="../../figures/net.svg" width="40">.',
        ),
        (
            "<img alt='x'\n src='../figures/net.svg'>",
            "<img alt='x'\n src='../../figures/net.svg'>",
        ),
        ("<a href=README.md>r</a>", "<a href=../../Part1_ANN/README.md>r</a>"),
        (
            '<source srcset="../figures/net.svg 1x, ../figures/a%20b.svg 2x">',
            '<source srcset="../../figures/net.svg 1x, ../../figures/a%20b.svg 2x">',
        ),
        (
            "[net][n]\n\n[n]: ../figures/net.svg 'A net'",
            "[net][n]\n\n[n]: ../../figures/net.svg 'A net'",
        ),
        (
            "Two: [a](README.md), [b](../datasets/README.md).",
            "Two: [a](../../Part1_ANN/README.md), [b](../../datasets/README.md).",
        ),
    ],
)
def test_links_lead_where_they_led(course, markdown, expected):
    write(course / BOOK, markdown)
    assert source_of(work.to_open(course / BOOK, course)) == expected


@pytest.mark.parametrize(
    "markdown",
    [
        "[web](https://example.org/../figures/net.svg)",
        "[mail](mailto:a@b.c) [above](#title)",
        "![pasted](attachment:net.svg)",
        "[absolute](/figures/net.svg)",
        "[nowhere](../figures/gone.svg)",
        "`[code](README.md)` and ``[x](README.md) ` ``",
        "```\n[fenced](README.md)\n```",
        "~~~python\n![fenced](../figures/net.svg)\n~~~",
        "$$f[x](t)$$ and $g[README.md](y)$",
        '<img src="data:image/png;base64,AAAA">',
        '<source srcset="data:image/png;base64,AAAA 2x">',
        "a [label] (README.md) and \\[x\\]: README.md",
    ],
)
def test_everything_else_stays_as_it_is(course, markdown):
    write(course / BOOK, markdown)
    assert source_of(work.to_open(course / BOOK, course)) == markdown


def test_a_lone_backtick_hides_no_link_of_another_paragraph(course):
    write(course / BOOK, "the key ` here\n\n[a](README.md)\n\nand ` there")
    assert "(../../Part1_ANN/README.md)" in source_of(work.to_open(course / BOOK, course))


def test_a_link_leads_to_another_copy_if_there_is_one(course):
    work.to_open(course / "Part1_ANN" / "1-neuron.ipynb", course)
    write(course / BOOK, "[first](1-neuron.ipynb#first)")
    assert source_of(work.to_open(course / BOOK, course)) == "[first](1-neuron.ipynb#first)"


def test_code_and_outputs_are_copied_unchanged(course):
    copied = nbformat.read(work.to_open(course / BOOK, course), 4)
    original = nbformat.read(course / BOOK, 4)
    assert copied.cells[1] == original.cells[1]


def test_a_released_lab_is_copied_with_its_files(course, capsys):
    release = course / "labs" / "release" / "lab1_neuron"
    write(release / "lab1_neuron.ipynb", "[data](houses.csv) [all](../../../datasets/README.md)")
    (release / "houses.csv").write_text("1", encoding="utf-8")
    (release / "more").mkdir()
    (release / "more" / "x.txt").write_text("2", encoding="utf-8")
    mine = course / "work" / "lab1_neuron"
    mine.mkdir(parents=True)
    (mine / "houses.csv").write_text("my own", encoding="utf-8")
    copy = work.to_open(release / "lab1_neuron.ipynb", course)
    assert copy == mine / "lab1_neuron.ipynb"
    assert source_of(copy) == "[data](houses.csv) [all](../../datasets/README.md)"
    assert (mine / "houses.csv").read_text(encoding="utf-8") == "my own"
    assert (mine / "more" / "x.txt").read_text(encoding="utf-8") == "2"


@pytest.mark.parametrize(
    "name",
    ["labs/source/lab1/lab1.ipynb", "build/run/Part1_ANN/x.ipynb", "work/own.ipynb", "top.ipynb"],
)
def test_other_notebooks_are_opened_where_they_are(course, name, capsys):
    write(course / name, "[a](README.md)")
    assert work.to_open(course / name, course) == course / name
    assert capsys.readouterr().err == ""
    assert work.to_open(course / "Part1_ANN", course) == course / "Part1_ANN"
    assert work.to_open(course / "datasets/README.md", course) == course / "datasets/README.md"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"cells": 3}', '{"cells": [{"source": 1}]}', '{"cells": [1]}']
)
def test_what_is_no_notebook_is_said(course, capsys, content):
    (course / BOOK).write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        work.to_open(course / BOOK, course)
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"{BOOK} is not a notebook: expected JSON with a list of cells.\n"
    )
    assert not (course / "work").exists()


def test_a_byte_order_mark_is_no_obstacle(course):
    (course / BOOK).write_bytes(b"\xef\xbb\xbf" + (course / BOOK).read_bytes())
    assert source_of(work.to_open(course / BOOK, course)) == "# Title\ntext"


@pytest.mark.parametrize("content", ["", "{", '{"cells": []}', '{"cells": [], "metadata": 1}'])
def test_a_damaged_or_foreign_copy_is_opened_as_it_is(course, capsys, content):
    copy = course / "work" / BOOK
    copy.parent.mkdir(parents=True)
    copy.write_text(content, encoding="utf-8")
    assert work.to_open(course / BOOK, course) == copy
    assert copy.read_text(encoding="utf-8") == content
    assert capsys.readouterr().err == ""


def test_the_command_opens_the_copy_or_the_original(course, monkeypatch):
    monkeypatch.setattr(launcher, "ROOT", course)
    path = str(course / BOOK)
    assert launcher.lab_module([path], True, [])[-1] == path
    assert not (course / "work").exists()
    assert Path(launcher.lab_module([path], False, [])[-1]) == course / "work" / BOOK


def test_the_links_of_every_notebook_lead_to_files_from_its_copy():
    root = Path(__file__).resolve().parents[2]
    followed = 0
    for path in sorted(root.glob("Part*/*.ipynb")):
        new = root / "work" / path.parent.name
        for cell in work.read(path)["cells"]:
            changed = work.moved(work.text(cell), path.parent, new)
            for link in work.INLINE.finditer(changed if cell["cell_type"] == "markdown" else ""):
                target = link[2].partition("#")[0]
                if target.endswith((".ipynb", ".md", ".svg", ".png")) and ":" not in target:
                    assert Path(os.path.normpath(new / target)).exists(), (path.name, target)
                    followed += 1
    assert followed > 30
