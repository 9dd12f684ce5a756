"""A class as it really hands in: nobody is lost, right work gets its points, the rest one clear
remark; and the grades go back to the platform."""

import copy
import csv
import io
import sys
import zipfile

import nbformat
import pytest

from tests.support.editing import IMAGE
from tests.support.labs import solutions, source
from tools.labs import __main__ as command
from tools.labs.released import Lab

LAB = "lab5_som"
FOLDER = "{}_assignsubmission_file_/{}"
WORKSHEET = (
    'Identifier,"Full name",Grade,"Maximum Grade","Last modified (grade)","Feedback comments"\r\n'
    "Participant 1,Ada,,100.00,-,\r\nParticipant 2,Bo Müller,,100.00,-,\r\n"
    "Participant 3,Cy,,100.00,-,\r\nParticipant 4,Di,,100.00,-,\r\n"
)


def right():
    """Return a solved student version."""
    lab = Lab(source(LAB), LAB)
    notebook = copy.deepcopy(lab.notebook)
    lab.mark(notebook)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = solutions(LAB).get(name, cell.source)
    return notebook


def handed_in():
    """Return what the class hands in: bytes by path."""
    ada, bo, di = right(), right(), right()
    ada.cells.insert(0, nbformat.v4.new_code_cell("%reset -f\nname = 'Ada'"))
    picture = nbformat.v4.new_markdown_cell("![a](attachment:a.png) ![b](attachment:b.png)")
    picture["attachments"] = {"a.png": IMAGE}
    ada.cells.insert(1, picture)
    for cell in bo.cells:
        cell.metadata.clear()
        cell["id"] = f"new-{cell.id}"
    bo.metadata.clear()
    di.metadata["lab"]["version"] = "of last year"
    return {
        FOLDER.format("Ada_1", "lab.ipynb"): b"\xef\xbb\xbf" + nbformat.writes(ada).encode(),
        FOLDER.format("Bo Müller_2", "LAB.IPYNB.txt"): nbformat.writes(bo).encode(),
        FOLDER.format("Cy_3", "report.pdf"): b"%PDF",
        FOLDER.format("Di_4", "lab.ipynb"): nbformat.writes(di).encode(),
    }


class Class:
    """The class: graded once, and once more when one has handed in again.

    Attributes:
        rows: of the table of grades by student, after each call.
        said: what each call has printed.
        home: where everything lies.
    """

    def __init__(self, place, sandboxed, patch):
        self.home = place / "home [x]"
        self.options = [] if sandboxed else ["--no-sandbox"]
        (place / "sheet.csv").write_text(WORKSHEET, encoding="utf-8", newline="")
        again = {FOLDER.format("Di_4", "report.pdf"): b"%PDF"}
        self.rows, self.said = [], []
        for number, files in enumerate((handed_in(), again)):
            zip_file = place / f"{number}.zip"
            with zipfile.ZipFile(zip_file, "w") as archive:
                for path, content in files.items():
                    archive.writestr(path, content)
            with patch.context() as patched:
                bare = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
                patched.setattr(sys, "stdout", bare)
                words = ["grade", LAB, str(zip_file), "--home", str(self.home), *self.options]
                words += ["--for", "moodle", "--worksheet", str(place / "sheet.csv")]
                assert command.main(words) == 0
                bare.flush()
                self.said.append(bare.buffer.getvalue().decode())
            self.rows.append({row["student"]: row for row in self.read("grades.csv")})

    def read(self, name):
        """Return the rows of a table among the grades."""
        with (self.home / "grades" / LAB / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def graded(tmp_path_factory, sandboxed):
    with pytest.MonkeyPatch.context() as patch:
        yield Class(tmp_path_factory.mktemp("untidy"), sandboxed, patch)


@pytest.mark.sandbox
def test_right_work_gets_its_points_however_it_is_stored(graded):
    for student in ("Ada_1", "Bo_Müller_2"):
        assert graded.rows[0][student]["points"] == "100", graded.rows[0][student]["remarks"]


@pytest.mark.sandbox
def test_everybody_has_a_row_and_one_clear_remark(graded):
    rows = graded.rows[0]
    assert list(rows) == ["Ada_1", "Bo_Müller_2", "Cy_3", "Di_4"]
    assert rows["Cy_3"]["points"] == "0"
    assert "There is no notebook in the submission, only Cy_3_" in rows["Cy_3"]["remarks"]
    assert rows["Di_4"]["points"] == ""
    assert "It was made from another version of lab5_som" in rows["Di_4"]["remarks"]


@pytest.mark.sandbox
def test_an_image_is_shown_in_the_feedback(graded):
    page = graded.home / "feedback" / "Ada_1" / LAB / f"{LAB}.html"
    assert IMAGE["image/png"] in page.read_text(encoding="utf-8")


@pytest.mark.sandbox
def test_a_resubmission_graded_alone_keeps_all_rows_and_is_marked(graded):
    before, after = graded.rows
    assert list(after) == list(before)
    assert {name: after[name] for name in ("Ada_1", "Bo_Müller_2", "Cy_3")} == {
        name: before[name] for name in ("Ada_1", "Bo_Müller_2", "Cy_3")
    }
    assert "There is no notebook" in after["Di_4"]["remarks"]
    assert "Handed in again" in after["Di_4"]["remarks"]


@pytest.mark.sandbox
def test_a_console_of_few_letters_is_enough(graded):
    assert "Bo_M\\xfcller_2: graded" in graded.said[0]


@pytest.mark.sandbox
def test_the_grades_are_in_moodles_worksheet(graded):
    rows = graded.read("grades-moodle.csv")
    assert [row["Grade"] for row in rows] == ["100", "100", "0", "0"]
    assert "Di_4" in graded.said[0].split("no final points yet")[1]
    with zipfile.ZipFile(graded.home / "grades" / LAB / "feedback-moodle.zip") as archive:
        assert f"Ada_1_assignsubmission_file_/{LAB}.html" in archive.namelist()
