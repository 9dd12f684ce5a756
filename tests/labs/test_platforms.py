"""Grades go back to a platform in the files that it documents."""

import csv
import html
import io
import json
import re
import zipfile

import pytest

from tools.labs.platforms import for_canvas, for_moodle
from tools.labs.sheets import Grade, PlatformError, grades_of, read_sheet

LAB = "lab1_neuron"
# Moodle, "Download grading worksheet" (assignfeedback_offline): the import finds columns by these
# heads, and refuses a file without Identifier, Grade and Last modified (grade).
WORKSHEET = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade",'
    '"Grade can be changed","Last modified (submission)","Last modified (grade)",'
    '"Feedback comments"\r\n'
    'Participant 47,"Ada Lovelace",ada@x.org,Submitted,,100.00,Yes,"Monday, 2 November 2026",-,\r\n'
    'Participant 48,"=Bo Müller_x",bo@x.org,Submitted,,100.00,Yes,-,-,\r\n'
    'Participant 49,"Cy, O\'Neil",cy@x.org,Submitted,55,100.00,Yes,-,-,"Well done"\r\n'
    'Participant 50,"Di Absent",di@x.org,"No submission",,100.00,Yes,-,-,\r\n'
)
# Canvas, "Export Entire Gradebook": the import finds students by ID, SIS User ID or SIS Login ID,
# and assignments by the number behind their name.
GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (11),Lab 1 neuron (12),Final Score\r\n"
    ",,,,,Manual Posting,,(read only)\r\n"
    "    Points Possible,,,,,10,100,(read only)\r\n"
    '"Lovelace, Ada",47,S1,ada,"Section A",9,,90\r\n'
    '"Müller, Bo",48,S2,bo,"Section A",8,,80\r\n'
    '"O\'Neil, Cy",49,S3,cy,"Section B",7,55,70\r\n'
    '"Absent, Di",50,S4,di,"Section B",,,\r\n'
)


def grades(platform):
    """Return the grades of four: two known by number, one open, one from elsewhere."""
    return [
        Grade("Ada_47", f"{platform} 47", "92.5", "100", "<b>Odd</b> & late."),
        Grade("Bo_48", f"{platform} 48", "0", "100", "=cmd()"),
        Grade("Cy_49", f"{platform} 49", None, "100", ""),
        Grade("Eve_51", f"{platform} 51", "10", "100", ""),
    ]


@pytest.fixture
def folder(tmp_path):
    """The lab's folder of grades, with pages of feedback beside it."""
    for student in ("Ada_47", "Bo_48", "Cy_49", "Eve_51"):
        page = tmp_path / "feedback" / student / LAB / f"{LAB}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"page of {student}")
    (tmp_path / "grades" / LAB).mkdir(parents=True)
    return tmp_path / "grades" / LAB


def sheet(tmp_path, text):
    (tmp_path / "sheet.csv").write_text(text, encoding="utf-8", newline="")
    return read_sheet(tmp_path / "sheet.csv")


def rows(path):
    text = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


LOST = "1 of 4 students stand in no row of sheet.csv, or in more than one, and are not handed back"


def test_moodles_worksheet_is_filled_in(tmp_path, folder):
    done = for_moodle(sheet(tmp_path, WORKSHEET), grades("Moodle"), folder, tmp_path / "feedback")
    before = list(csv.DictReader(io.StringIO(WORKSHEET[1:], newline="")))
    after = rows(done.files[0])
    assert done.files[0].name == "grades-moodle.csv"
    assert [row["Grade"] for row in after] == ["92.5", "0", "55", ""]
    comment = f"{LAB}: 92.5 of 100. &lt;b&gt;Odd&lt;/b&gt; &amp; late."
    assert [row["Feedback comments"] for row in after] == [
        comment,
        f"{LAB}: 0 of 100. =cmd()",
        "Well done",
        "",
    ]
    assert after[1]["Full name"] == "'=Bo Müller_x"
    for old, new in zip(before, after, strict=True):
        for head in set(old) - {"Grade", "Feedback comments", "Full name"}:
            assert old[head] == new[head]
    assert done.sentences == [
        f"{LOST}: Eve_51.",
        "1 have no final points yet, and keep what sheet.csv says: Cy_49.",
    ]


def participant_of(path):
    """Return the participant that Moodle files feedback under, as its importer
    (assignfeedback_file, is_valid_filename_for_import) reads a path; None if it skips it."""
    for part in path.split("/"):
        info = part.split("_", 4)
        if len(info) == 5 and info[1].isdigit() and info[2:4] == ["assignsubmission", "file"]:
            return int(info[1])
    return None


def test_moodle_knows_whose_feedback_each_page_is(tmp_path, folder):
    done = for_moodle(sheet(tmp_path, WORKSHEET), grades("Moodle"), folder, tmp_path / "feedback")
    with zipfile.ZipFile(done.files[1]) as archive:
        found = {participant_of(n): archive.read(n).decode() for n in archive.namelist()}
        names = archive.namelist()
    assert found == {47: "page of Ada_47", 48: "page of Bo_48", 49: "page of Cy_49"}
    assert names[0] == f"Ada Lovelace_47_assignsubmission_file_/{LAB}.html"
    assert names[2].startswith("Cy, ONeil_49_")
    assert all(re.fullmatch(r"[^/_]+_\d+_assignsubmission_file_/[^/]+", name) for name in names)


@pytest.mark.parametrize("platform", ["Moodle", "Canvas"])
def test_students_from_elsewhere_are_known_by_one_name_alone(tmp_path, folder, platform):
    key = "name bo@x.org" if platform == "Moodle" else "Blackboard Lab 1_bo"
    own = [
        Grade("Ada_Lovelace", "name ADA  Lovelace", "1", "100", ""),
        Grade("bo", key, "2", "100", ""),
        Grade("x", "name Nobody", "3", "100", ""),
        Grade("y", "name Twin", "3", "100", ""),
    ]
    if platform == "Moodle":
        twins = "Participant 5{},Twin,,,,,,,,\r\n"
        text = WORKSHEET + twins.format(1) + twins.format(2)
        done = for_moodle(sheet(tmp_path, text), own, folder, tmp_path / "feedback")
    else:
        text = (
            GRADEBOOK.replace('"Lovelace, Ada"', "Ada Lovelace")
            + "Twin,51,,,,,,\r\nTwin,52,,,,,,\r\n"
        )
        done = for_canvas(sheet(tmp_path, text), own, folder)
    table = rows(done.files[0])
    given = [v for row in table for v in row.values() if v in ("1", "2", "3")]
    assert given == ["1", "2"]
    assert done.sentences[0].endswith(": x, y.")


def test_canvas_gradebook_is_filled_in(tmp_path, folder):
    done = for_canvas(sheet(tmp_path, GRADEBOOK), grades("Canvas"), folder)
    assert done.files == [folder / "grades-canvas.csv"]
    assert done.files[0].read_text(encoding="utf-8").splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 neuron (12)",
        ",,,,,",
        "    Points Possible,,,,,100",
        '"Lovelace, Ada",47,S1,ada,Section A,92.5',
        '"Müller, Bo",48,S2,bo,Section A,0',
        '"O\'Neil, Cy",49,S3,cy,Section B,55',
    ]
    assert done.sentences[0] == f"{LOST}: Eve_51."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not a table"),
        ("\x00\x01", "has no column Identifier"),
        (WORKSHEET.replace("Identifier", "Kennung"), "language set to English"),
        (WORKSHEET.replace(",Grade,", ",Bewertung,"), "has no column Grade"),
        (WORKSHEET.replace('"Last modified (grade)"', "x"), "has no column Last modified (grade)"),
        (WORKSHEET.replace("100.00", "10.00"), "the most points are 10.00, but the lab has 100"),
        (WORKSHEET + "Participant 51\r\n", "rows of other lengths"),
    ],
)
def test_what_is_no_worksheet_is_one_sentence(tmp_path, folder, text, says):
    with pytest.raises(PlatformError) as problem:
        for_moodle(sheet(tmp_path, text), grades("Moodle"), folder, tmp_path / "feedback")
    assert says in str(problem.value)
    assert "\n" not in str(problem.value)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        (
            GRADEBOOK.replace("Lab 1 neuron (12)", "Homework (12)"),
            "",
            "'Essay (11)', 'Homework (12)'",
        ),
        (GRADEBOOK.replace("Essay (11)", "Lab 1 neuron late (11)"), "", "has 2 columns"),
        (GRADEBOOK.replace(",100,", ",50,"), "", "the most points are 50, but the lab has 100"),
        (GRADEBOOK.replace("ID,SIS User", "Nr,SIS User"), "", "has no column ID"),
    ],
)
def test_what_is_no_gradebook_is_one_sentence(tmp_path, folder, text, column, says):
    with pytest.raises(PlatformError) as problem:
        for_canvas(sheet(tmp_path, text), grades("Canvas"), folder, column)
    assert says in str(problem.value)


def test_the_column_can_be_said(tmp_path, folder):
    text = GRADEBOOK.replace("Lab 1 neuron (12)", "Homework (12)")
    done = for_canvas(sheet(tmp_path, text), grades("Canvas"), folder, "Homework (12)")
    assert rows(done.files[0])[2]["Homework (12)"] == "92.5"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_in_any_form_are_read(tmp_path, coding, delimiter):
    text = delimiter.join(["Identifier", "Grade"]) + "\r\n" + delimiter.join(["P 1", '"a\r\nb"'])
    (tmp_path / "sheet.csv").write_bytes(text.encode(coding))
    read = read_sheet(tmp_path / "sheet.csv")
    assert (read.heads, read.rows) == (["Identifier", "Grade"], [["P 1", "a\r\nb"]])


def test_grades_come_from_the_table_of_the_class(tmp_path):
    (tmp_path / "students.json").write_text(json.dumps({"Ada_47": "Moodle 47"}))
    (tmp_path / "grades.csv").write_text(
        "\ufeffstudent,points,of,f,graded by hand,remarks,file\r\n"
        "Ada_47,9.5,10,9.5,,Odd.,x\r\n"
        "bo,3,10,,still to do,,x\r\n"
        "cy,,10,,,Technical.,x\r\n",
        encoding="utf-8",
    )
    assert grades_of(tmp_path / "grades.csv", tmp_path / "students.json") == [
        Grade("Ada_47", "Moodle 47", "9.5", "10", "Odd."),
        Grade("bo", "", None, "10", ""),
        Grade("cy", "", None, "10", "Technical."),
    ]


def test_html_in_a_comment_is_text(tmp_path, folder):
    hostile = [Grade("Ada_47", "Moodle 47", "1", "100", "<script>alert('x')</script>")]
    done = for_moodle(sheet(tmp_path, WORKSHEET), hostile, folder, tmp_path / "feedback")
    comment = rows(done.files[0])[0]["Feedback comments"]
    assert "<" not in comment and "<script>" in html.unescape(comment)
