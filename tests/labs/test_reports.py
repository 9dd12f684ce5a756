"""Records of what is graded, and what people read of it."""

from html.parser import HTMLParser

import pytest

from tools.labs import pages, report
from tools.labs.records import Record, known
from tools.labs.report import Result

LAB = "lab0_example"


class Page(HTMLParser):
    """What a browser takes from a page: its elements and their text.

    Attributes:
        elements: (name, attributes) of each.
        text: all text outside of styles.
        cells: the text of each cell of its tables.
    """

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.text = ""
        self.cells = []
        self.inside = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self.inside:
            self.text += data
        if {"td", "th"} & set(self.inside[-1:]):
            self.cells[-1] += data

    def names(self):
        """Return the names of its elements, each once."""
        return {name for name, _ in self.elements}


# --- Records --------------------------------------------------------------------------------------


def test_a_record_counts_only_for_the_same_submission(tmp_path):
    Record("ada", "ada/lab.ipynb", "mark", "", ["a remark"]).write(tmp_path)
    assert known(tmp_path / "ada.json", "mark").remarks == ["a remark"]
    assert known(tmp_path / "ada.json", "other") is None
    (tmp_path / "ada.json").write_text('{"student": "ada"')
    assert known(tmp_path / "ada.json", "mark") is None
    assert known(tmp_path / "ben.json", "mark") is None


# --- Reports --------------------------------------------------------------------------------------


def test_the_summary_shows_the_class():
    tasks = {"f": 60.0, "g": 40.0}
    results = [
        Result("ada", "a", {"f": 60.0, "g": 40.0}, ""),
        Result("b<b", "b", {"f": 0.0, "g": 40.0}, "<odd>"),
    ]
    page = report.summary(LAB, results, tasks)
    assert "mean 70.0" in page
    assert "1 of 2 (50%)" in page
    assert page.index("<td>f</td>") < page.index("<td>g</td>")
    assert "b&lt;b" in page
    assert "<odd>" not in page
    assert "40 to 50 points: 1; 90 to 100 points: 1" in page
    read = Page(page)
    assert read.cells == [
        *("task", "points", "submissions that miss points"),
        *("f", "60", "1 of 2 (50%)"),
        *("g", "40", "0 of 2 (0%)"),
        *("student", "points", "remarks"),
        *("b<b", "40", "<odd>"),
    ]
    assert "wait for points given by hand" not in page
    (image,) = (attributes for name, attributes in read.elements if name == "img")
    assert image["src"].startswith("data:image/png;base64,iVBOR")


def test_the_summary_says_what_waits_for_a_hand_and_shows_no_empty_table():
    results = [
        Result("ada", "a", {"f": 60.0, "memo": None}, ""),
        Result("ben", "b", {"f": 20.0, "memo": None}, ""),
        Result("cem", "c", {"f": 60.0, "memo": 15.0}, ""),
    ]
    page = report.summary(LAB, results, {"f": 60.0, "memo": 40.0})
    assert "2 wait for points given by hand; until then these count 0." in page
    assert "mean 51.7, median 60, lowest 20, highest 75 of 100 points." in page
    assert "Remarks" not in page
    waiting = report.summary(LAB, results[:2], {"f": 60.0, "memo": 40.0})
    assert "still to be graded by hand" in Page(waiting).cells


def test_a_submission_that_cannot_be_graded_gets_a_page():
    page = report.not_graded(LAB, Record("ada", "ada/<x>.ipynb", "", "The file is empty."))
    read = Page(page)
    assert read.names() == {"html", "meta", "title", "style", "h1", "p", "b"}
    assert [line for line in read.text.splitlines() if line] == [
        f"{LAB}: ada",
        f"{LAB}: ada",
        "This submission could not be graded, and counts 0 points until it is handed in again.",
        "The file is empty.",
        "File: ada/<x>.ipynb",
    ]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;",
    "'\"><iframe srcdoc='x'>",
]


def test_every_page_tells_the_browser_to_do_nothing():
    for page in (
        report.not_graded(LAB, Record("ada", "a", "", "Empty.")),
        report.summary(LAB, [Result("ada", "a", {"f": 1.0}, "")], {"f": 1.0}),
    ):
        name, attributes = Page(page).elements[1]
        assert (name, attributes["content"]) == ("meta", pages.STILL)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_students_wrote_is_shown_as_text_on_every_page(text):
    record = Record(text, text, "", text)
    results = [Result(text, text, {text: 0.0, "g": 40.0}, text)]
    for page, harmless in (
        (report.not_graded(text, record), report.not_graded("x", Record("x", "x", "", "x"))),
        (
            report.summary(text, results, {text: 60.0, "g": 40.0}),
            report.summary(
                "x", [Result("x", "x", {"x": 0.0, "g": 40.0}, "x")], {"x": 60.0, "g": 40.0}
            ),
        ),
    ):
        read = Page(page)
        assert text in read.text
        assert [name for name, _ in read.elements] == [name for name, _ in Page(harmless).elements]


def test_the_table_of_grades():
    results = [
        Result("ada", "ada/lab.ipynb", {"f": 60.0, "memo": None}, ""),
        Result("=ben", "b.ipynb", {"f": 12.5, "memo": 40.0}, "Odd, but right."),
    ]
    assert report.table(results, {"f": 60.0, "memo": 40.0}) == (
        "\ufeffstudent,points,of,f,memo,graded by hand,remarks,file\r\n"
        "ada,60,100,60,,still to do,,ada/lab.ipynb\r\n"
        '\'=ben,52.5,100,12.5,40,,"Odd, but right.",b.ipynb\r\n'
    )


def test_the_page_for_students_names_the_lab():
    page = report.for_students(LAB)
    assert page.startswith(f"# {LAB}\n\nOpen `{LAB}.ipynb` in JupyterLab")
    assert page.endswith("in an environment of its own.\n")
    assert "{{" not in page
