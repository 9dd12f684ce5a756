"""What a submission holds is text where it is shown: each known vector by itself, cleaned and
rendered as in grading, without executing or opening anything. test_pages.py does both."""

import base64
import contextlib
import io

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbgrader.converters import GenerateFeedback
from PIL import Image

from tests.support.labs import LABS_NAMED, new_cell, source
from tests.support.vectors import PIXEL, all_vectors, cell_of, script
from tools.labs import harmless, pages, report
from tools.labs.course import Course

LAB = "lab6_fraud_project"
VECTORS = {vector.name: vector for vector in all_vectors()}
# Of these nothing is to be read: a picture that is none, a picture without its false size, what the
# file says beside its cells.
UNREAD = {
    *("false-png", "page-as-jpeg", "pdf", "own-type", "widget", "widget-state", "tag", "language"),
    *("size-of-an-image", "name-of-an-image", "language-of-the-notebook", "mermaid"),
    *("attachment", "attachment-type", "markdown-heading-as-field", "markdown-image-of-data"),
    *("frame-of-script", "markdown-code-language"),
}


def outputs_of(vector):
    """Return the outputs that the code of a vector would have."""
    if vector.holder == "output":
        data = {kind: value for kind, value in vector.content.items() if kind != "metadata"}
        about = vector.content["metadata"]
        return [{"output_type": "display_data", "data": data, "metadata": about}]
    if vector.content.startswith("%%html"):
        data = {"text/html": vector.content.partition("\n")[2]}
        return [{"output_type": "display_data", "data": data, "metadata": {}}]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(vector.content, {})
    except Exception as error:
        name, text = type(error).__name__, str(error)
        line = f"\x1b[31m{name}\x1b[0m: {text}"
        return [{"output_type": "error", "ename": name, "evalue": text, "traceback": [line]}]
    return [{"output_type": "stream", "name": "stdout", "text": printed.getvalue()}]


@pytest.fixture(scope="module")
def executed():
    """A graded notebook of a lab that holds all vectors, before it is cleaned."""
    notebook = nbformat.from_dict(source(LAB))
    for vector in VECTORS.values():
        if vector.holder == "answer":
            notebook.cells.append(new_cell("markdown", vector.content, solution=True, name="memo"))
        elif vector.holder == "notebook":
            notebook.metadata.update(vector.content)
        else:
            cell = cell_of(vector)
            if vector.holder in ("output", "code"):
                cell["outputs"] = outputs_of(vector)
            notebook.cells.append(nbformat.from_dict(cell))
    return notebook


@pytest.fixture(scope="module")
def exporter(tmp_path_factory):
    """What turns a graded notebook into a page, as nbgrader's feedback sets it up."""
    course = Course(tmp_path_factory.mktemp("home"))
    return HTMLExporter(config=GenerateFeedback(course.coursedir, config=course.config).config)


def rendered(exporter, notebook):
    """Return a page, as a browser would read it."""
    about = {"notebook": LAB, "score": 1, "max_score": 2, "late_penalty": 0}
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update({"score": 1, "points": 1})
    return BeautifulSoup(
        exporter.from_notebook_node(notebook, resources={"nbgrader": about})[0], "html.parser"
    )


@pytest.fixture(scope="module")
def page(exporter, executed):
    """The page of the notebook that holds all vectors, cleaned."""
    notebook = nbformat.from_dict(executed)
    harmless.clean(notebook, source(LAB))
    nbformat.validate(notebook)
    return rendered(exporter, notebook)


@pytest.fixture(scope="module")
def page_of_uncleaned(exporter, executed):
    """The page of the same notebook, had it not been cleaned: what the second layer does alone."""
    return rendered(exporter, nbformat.from_dict(executed))


def acting(page, name):
    """Return the elements that hold anything of a vector other than text."""
    marks = (f"'{name}'", f"//collect.test/{name}", f"#{name}", script(name)[:40])
    values = [
        (element.name, attribute, value)
        for element in page.find_all(True)
        for attribute, value in element.attrs.items()
        if any(mark in str(value) for mark in marks) or value == name
    ]
    return values + [e for e in page.find_all("script") if name in e.get_text()]


# --- Both layers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VECTORS)
def test_nothing_of_it_is_more_than_text(page, name):
    assert acting(page, name) == []


@pytest.mark.parametrize("name", sorted(set(VECTORS) - UNREAD))
def test_it_can_be_read(page, name):
    assert name in page.get_text()


@pytest.mark.parametrize("name", VECTORS)
def test_the_second_layer_alone_leaves_only_text(page_of_uncleaned, name):
    held = {tuple(map(str, found[:2])) for found in acting(page_of_uncleaned, name)}
    # nbconvert puts these, quoted, into attributes where they mean nothing.
    assert held <= {("div", "class"), ("div", "id")} or name == "false-png"


def test_the_page_has_no_element_that_could_act(page, page_of_uncleaned):
    for each in (page, page_of_uncleaned):
        names = {element.name for element in each.find_all(True)}
        assert not names & {"script", "iframe", "object", "embed", "form", "base", "link", "svg"}
        assert len(each.find_all("input")) == 0
        (policy,) = each.find_all("meta", {"http-equiv": True})
        assert policy == each.head.find("meta"), "before anything that it should bind"
        assert policy["content"] == pages.STILL
        assert not [e for e in each.find_all(style=True) if "color" not in e["style"]]


def test_names_of_elements_are_unique_so_that_no_score_can_be_taken_over(page):
    names = [element["id"] for element in page.find_all(id=True)]
    nbgraders = ["notebook", "notebook-container"]  # of which it makes two each
    assert len(names) == len(set(names)) + len(nbgraders)
    assert "memo" not in names


# --- What is kept ---------------------------------------------------------------------------------


def drawn(kind, size=(3, 2)):
    """Return a picture in base 64."""
    stream = io.BytesIO()
    Image.new("RGB", size).save(stream, kind)
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize(("kind", "form"), harmless.PICTURES.items())
def test_real_pictures_stay(kind, form):
    data = drawn(form)
    assert harmless.picture(data, kind) == data
    assert harmless.picture(data + "\n", kind) == data  # as Matplotlib's end


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PIXEL, "image/jpeg"),
        (drawn("GIF"), "image/png"),
        (drawn("PNG"), "image/svg+xml"),
        (PIXEL[:20], "image/png"),
        (f'{PIXEL}" onload="alert(1)', "image/png"),
        (base64.b64encode(b"<script>").decode(), "image/png"),
        ("", "image/png"),
        (None, "image/png"),
        (17, "image/png"),
        (drawn("PNG", (6_000, 6_000)), "image/png"),
        ("A" * 3_000_000, "image/png"),
    ],
)
def test_what_is_no_such_picture_or_too_large_does_not(data, kind):
    assert harmless.picture(data, kind) is None


def test_a_picture_is_shown_with_its_text(exporter):
    data = {"image/png": drawn("PNG"), "text/plain": "<Figure size 1x1>", "text/html": "<b>x</b>"}
    assert harmless.harmless_data(data) == {
        kind: value for kind, value in data.items() if kind != "text/html"
    }


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text/plain": "a  b\n1  2", "text/html": "<table>"}, "a  b\n1  2"),
        ({"text/plain": ["a\n", "b"]}, "a\nb"),
        ({"text/plain": "<IPython.core.display.HTML object>", "text/html": "<b>x</b>"}, "<b>x</b>"),
        ({"text/plain": "<IPython.core.display.Math object>", "text/latex": "$x$"}, "$x$"),
        ({"application/pdf": "JVBE"}, "(Not shown: an output of the type application/pdf.)"),
        (
            {"image/png": "x", "text/plain": "<Figure>"},
            "<Figure>\n(Its picture is not shown: it is none, or too large.)",
        ),
        ({"text/plain": "\ud800"}, "?"),
        ({}, ""),
    ],
)
def test_the_text_of_an_output(data, text):
    assert harmless.harmless_data(data) == {"text/plain": text}


@pytest.mark.parametrize("lab", LABS_NAMED)
def test_all_formulas_of_the_labs_are_shown_without_a_script(lab):
    for cell in source(lab).cells:
        if cell.cell_type == "markdown" and not cell.metadata.get("nbgrader", {}).get("solution"):
            cell = nbformat.from_dict({**cell, "metadata": {"by": harmless.BY_COURSE}})
            html = pages.markdown2html({"cell": cell}, cell.source)
            text = BeautifulSoup(html, "html.parser")
            for code in text.find_all(["code", "pre"]):
                code.decompose()
            assert "\\" not in text.get_text() and "$" not in text.get_text()
            assert cell.source.count("$") == 0 or text.find("math")


def test_plain_markdown_of_students_keeps_its_form():
    text = "# A\n\n**b** `c<d` [e](https://f.test/) ~~g~~\n\n- h\n\n| i |\n| - |\n| $j < k$ |\n"
    page = BeautifulSoup(pages.markdown2html({}, text), "html.parser")
    assert {"h1", "strong", "code", "del", "ul", "table"} <= {e.name for e in page.find_all(True)}
    assert "e (https://f.test/)" in page.get_text()
    assert "$j < k$" in page.get_text() and "c<d" in page.get_text()


def test_an_attached_picture_of_a_student_is_shown():
    cell = {"attachments": {"a.png": {"image/png": PIXEL}}}
    (image,) = BeautifulSoup(
        pages.markdown2html({"cell": cell}, "![x](attachment:a.png)"), "html.parser"
    ).find_all("img")
    assert image["src"] == f"data:image/png;base64,{PIXEL}"


@pytest.mark.parametrize("text", ["![](attachment:absent.png)", "[" * 5_000, "> " * 3_000 + "x"])
def test_odd_markdown_costs_nobody_the_page(text):
    assert pages.markdown2html({}, text)


# --- Spreadsheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=cmd()", "'=cmd()"),
        ("+1+cmd()", "'+1+cmd()"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =x", "'  =x"),
        ("\u00a0=x", "'\u00a0=x"),
        ("\u200b=x", "'\u200b=x"),
        ("\ufeff=x", "'\ufeff=x"),
        ('"=x', "'\"=x"),
        ("'=x", "''=x"),
        ('" =x', "'\" =x"),
        ("\uff1dx", "'\uff1dx"),  # a wide equals sign, which some programs take for the other
        ("a;=x", "a;'=x"),  # where semicolons part columns
        ("a\t=x", "a\t'=x"),
        ("a\n=x", "a\n'=x"),
        ("-1", "-1"),
        ("-0.5", "-0.5"),
        ("12.5", "12.5"),
        ("a = b", "a = b"),
        ("Sigmoid: 3 - 2", "Sigmoid: 3 - 2"),
        ("", ""),
    ],
)
def test_a_spreadsheet_takes_nothing_for_a_formula(value, shown):
    assert report.plain(value) == shown
