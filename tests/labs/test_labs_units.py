"""Reading submissions without trusting them, putting cells back, and the reports."""

import copy
import json
import os
import subprocess
import sys
import zipfile

import nbformat
import psutil
import pytest

from tests.support.labs import cell
from tools.labs import report
from tools.labs.collect import MOST_BYTES, SubmissionsError, collect, owner, parse, student_name
from tools.labs.grade import ROOT, Record, known
from tools.labs.nbgrader_parts import grade_id, restore, without_hidden

LAB = "lab0_example"


@pytest.fixture
def source():
    return nbformat.v4.new_notebook(
        cells=[
            cell("markdown", "# Lab 0"),
            cell("code", "import math", "setup", locked=True),
            cell(
                "code",
                "def f(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
                "f",
                solution=True,
            ),
            cell(
                "code",
                "assert f(1) == 2\n### BEGIN HIDDEN TESTS\nassert f(3) == 6\n### END HIDDEN TESTS",
                "test_f",
                grade=True,
                locked=True,
                points=60,
            ),
            cell(
                "code",
                "def g(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION",
                "g",
                solution=True,
            ),
            cell("code", "assert g(1) == 1", "test_g", grade=True, locked=True, points=40),
        ]
    )


@pytest.fixture
def submitted(source):
    mine = copy.deepcopy(source)
    mine.cells[2].source = "def f(x):\n    return x + x"
    mine.cells[3].source = "assert f(1) == 2"
    mine.cells.insert(3, cell("code", "f(10)"))
    return mine


def text(notebook):
    return nbformat.writes(notebook).encode()


# --- Putting cells back -----------------------------------------------------------------------------------------------


def test_an_ordinary_submission_gets_its_hidden_tests_back_and_keeps_its_own_cells(
    source, submitted
):
    restored, remarks = restore(submitted, source)
    assert [grade_id(c) or c.source for c in restored.cells] == [
        "# Lab 0",
        "setup",
        "f",
        "f(10)",
        "test_f",
        "g",
        "test_g",
    ] and remarks == []
    assert (
        restored.cells[2].source == submitted.cells[2].source
        and restored.cells[4].source == source.cells[3].source
    )


def test_changed_missing_and_doubled_cells_are_put_right_and_named(source, submitted):
    submitted.cells[4].source = "pass"
    submitted.cells.append(cell("code", "def f(x):\n    return 0", "f", solution=True))
    del submitted.cells[5:7]
    restored, remarks = restore(submitted, source)
    by_name = {grade_id(c): c.source for c in restored.cells if grade_id(c)}
    assert (
        by_name["test_f"] == source.cells[3].source and by_name["test_g"] == source.cells[5].source
    )
    assert (
        by_name["f"] == "def f(x):\n    return 0"
        and "NotImplementedError" in by_name["g"]
        and "return x" not in by_name["g"]
    )
    assert remarks == [
        "The cell f is there 2 times; the last one counts.",
        "Missing cells were put back: g, test_g.",
        "Changed cells were put back as they were: test_f.",
    ]


def test_points_kinds_and_unknown_names_come_from_the_source_alone(source, submitted):
    submitted.cells[4].metadata.nbgrader["points"] = 1000
    submitted.cells[2].cell_type = "markdown"
    submitted.cells.append(
        cell(
            "code",
            "print('mine')",
            "unheard_of",
            grade=True,
            points=500,
            solution=False,
            locked=True,
        )
    )
    submitted.cells.append(
        nbformat.from_dict(
            {
                "cell_type": "code",
                "source": "1",
                "metadata": {"nbgrader": "odd"},
                "outputs": [],
                "execution_count": None,
            }
        )
    )
    restored, _ = restore(submitted, source)
    points = {grade_id(c): c.metadata.nbgrader.get("points") for c in restored.cells if grade_id(c)}
    assert points == {"setup": None, "f": None, "test_f": 60, "g": None, "test_g": 40}
    assert [c.cell_type for c in restored.cells] == ["markdown"] + ["code"] * 8 and [
        c.source for c in restored.cells[-2:]
    ] == ["print('mine')", "1"]


def test_hidden_tests_and_white_space_do_not_count_as_a_change():
    assert without_hidden("a\n### BEGIN HIDDEN TESTS\nb\n### END HIDDEN TESTS\nc  \n\n") == "a\nc"


# --- Reading submissions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"PK\x03\x04\xff\xfe", "not text in UTF-8"),
        (b'{"cells": [', "it is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a valid notebook"),
        (
            b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "not a valid notebook",
        ),
        (
            b'{"cells": [{"cell_type": "code", "source": {}}], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "not a valid notebook",
        ),
        (
            b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
            "none of its tasks is in it",
        ),
        (
            b'{"cells": [], "nbformat": 99, "nbformat_minor": 5, "metadata": {}}',
            "not a valid notebook",
        ),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(content, says):
    notebook, problem = parse(content, LAB)
    assert notebook is None and says in problem and "\n" not in problem


@pytest.mark.skipif(os.name == "nt", reason="makes a symbolic link, which Windows allows to few")
def test_a_folder_of_students(tmp_path, submitted):
    for student in ("ada", "ben", "cem", "dee", "eli"):
        (tmp_path / student).mkdir()
    (tmp_path / "ada" / f"{LAB}.ipynb").write_bytes(text(submitted))
    (tmp_path / "ada" / "notes.ipynb").write_bytes(b"{}")
    (tmp_path / "ben" / "renamed.ipynb").write_bytes(text(submitted))
    (tmp_path / "cem" / "one.ipynb").write_bytes(text(submitted))
    (tmp_path / "cem" / "two.ipynb").write_bytes(text(submitted))
    (tmp_path / "dee" / f"{LAB}.ipynb").symlink_to(tmp_path / "ada" / f"{LAB}.ipynb")
    (tmp_path / "fay" / LAB).mkdir(parents=True)
    (tmp_path / "fay" / LAB / f"{LAB}.ipynb").write_bytes(b" " * (MOST_BYTES + 1))
    (tmp_path / "ada" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "ada" / ".ipynb_checkpoints" / f"{LAB}.ipynb").write_bytes(b"old")
    found = {submission.student: submission for submission in collect(tmp_path, LAB)}
    assert sorted(found) == ["ada", "ben", "cem", "dee", "eli", "fay"]
    assert (
        found["ada"].problem == found["ben"].problem == ""
        and found["ada"].file == f"ada/{LAB}.ipynb"
    )
    assert "2 notebooks" in found["cem"].problem and "link" in found["dee"].problem
    assert "no notebook" in found["eli"].problem and "MB" in found["fay"].problem


def test_a_named_pipe_does_not_stop_the_grader(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / f"{LAB}.ipynb")
    assert "special file" in collect(tmp_path, LAB)[0].problem


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("Ada Lovelace_4711_assignsubmission_file_/lab0_example.ipynb", "Ada_Lovelace_4711"),
        ("Ada Lovelace_4711_assignsubmission_file_lab0_example.ipynb", "Ada_Lovelace_4711"),
        ("lovelaceada_4711_99_lab0_example.ipynb", "lovelaceada_4711"),
        ("lovelaceada_LATE_4711_99_lab0_example-1.ipynb", "lovelaceada_4711"),
        ("Lab 0_ada42_attempt_2026-11-01-10-00-00_lab0_example.ipynb", "ada42"),
        ("ada/lab0_example.ipynb", "ada"),
        ("ada.ipynb", "ada"),
    ],
)
def test_names_of_platforms(path, student):
    from pathlib import PurePosixPath

    assert owner(PurePosixPath(path)) == student


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc", "etc"),
        ("José Pérez", "José_Pérez"),
        ("a[b]*?", "a_b"),
        ("..", "unnamed"),
        (" ", "unnamed"),
    ],
)
def test_a_name_stays_inside_its_folder_and_means_nothing_to_a_shell(given, name):
    assert student_name(given) == name


def test_a_zip_is_read_where_it_is(tmp_path, submitted):
    place = tmp_path / "export.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("Ada Lovelace_1_assignsubmission_file_/" + LAB + ".ipynb", text(submitted))
        archive.writestr("../../../outside/" + LAB + ".ipynb", text(submitted))
        archive.writestr("__MACOSX/._" + LAB + ".ipynb", b"x")
        archive.writestr("big/" + LAB + ".ipynb", b" " * (MOST_BYTES + 1), zipfile.ZIP_DEFLATED)
        archive.writestr("ben/report.pdf", b"x")
    found = {submission.student: submission for submission in collect(place, LAB)}
    assert (
        sorted(found) == ["Ada_Lovelace_1", "big", "outside"]
        and found["Ada_Lovelace_1"].problem == ""
        and "MB" in found["big"].problem
    )
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


def test_no_submissions_are_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "not.zip").write_bytes(b"PK but not really")
    for place in ("empty", "not.zip", "absent"):
        with pytest.raises(SubmissionsError) as problem:
            collect(tmp_path / place, LAB)
        assert "\n" not in str(problem.value)


# --- Records and reports --------------------------------------------------------------------------------------------------


def test_a_record_counts_only_for_the_same_submission(tmp_path):
    Record("ada", "ada/lab.ipynb", "mark", "", ["a remark"]).write(tmp_path)
    assert (
        known(tmp_path / "ada.json", "mark").remarks == ["a remark"]
        and known(tmp_path / "ada.json", "other") is None
    )
    (tmp_path / "ada.json").write_text('{"student": "ada"')
    assert (
        known(tmp_path / "ada.json", "mark") is None
        and known(tmp_path / "ben.json", "mark") is None
    )


def test_a_spreadsheet_takes_no_remark_for_a_formula():
    assert (
        report.plain("=cmd()") == "'=cmd()"
        and report.plain("-1") == "'-1"
        and report.plain("12.5") == "12.5"
        and report.plain("") == ""
    )


def test_the_summary_shows_the_class():
    tasks = {"f": 60.0, "g": 40.0}
    rows = [
        ["student", "points", "of", "f", "g", "graded by hand", "remarks", "file"],
        ["ada", "100", "100", "60", "40", "", "", "a"],
        ["b<b", "40", "100", "0", "40", "", "<odd>", "b"],
    ]
    page = report.summary(LAB, rows, [{"f": 60.0, "g": 40.0}, {"f": 0.0, "g": 40.0}], tasks)
    assert (
        "mean 70.0" in page
        and "1 of 2 (50%)" in page
        and page.index("<td>f</td>") < page.index("<td>g</td>")
    )
    assert (
        "b&lt;b" in page
        and "<odd>" not in page
        and "40 to 50 points: 1; 90 to 100 points: 1" in page
    )


def test_a_submission_that_cannot_be_graded_gets_a_page():
    page = report.not_graded(LAB, Record("ada", "ada/<x>.ipynb", "", "The file is empty."))
    assert "The file is empty." in page and "&lt;x&gt;" in page and json.dumps(page)


# --- Processes ------------------------------------------------------------------------------------------------------------


def test_no_worker_outlives_a_grader_that_is_killed():
    code = "import os, time\nfrom tools.labs.grade import workers\nif __name__ == '__main__':\n    print(workers(1).submit(os.getpid).result(), flush=True)\n    time.sleep(60)"
    grader = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    worker = psutil.Process(int(grader.stdout.readline()))
    grader.kill()
    grader.communicate()
    assert psutil.wait_procs([worker], timeout=20)[1] == []
