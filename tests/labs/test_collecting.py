"""Reading submissions from folders and zips without trusting them."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import PurePosixPath

import nbformat
import pytest

from tests.support.labs import new_cell
from tools.labs.collect import MOST_BYTES, SubmissionsError, collect, owner, parse, student_name
from tools.notebooks import ROOT

LAB = "lab0_example"


@pytest.fixture(scope="module")
def submitted():
    """The content of a sound submission."""
    answer = new_cell("code", "def f(x):\n    return x + x", "f", solution=True)
    return nbformat.writes(nbformat.v4.new_notebook(cells=[answer])).encode()


# --- What is in a file ----------------------------------------------------------------------------


def notebook(**parts):
    """Return a file with this content, and what each notebook has besides."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, **parts}).encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"PK\x03\x04\xff\xfe", "not text in UTF-8"),
        (b'{"cells": [', "it is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a valid notebook"),
        (notebook(cells=3), "not a valid notebook"),
        (notebook(cells=[{"cell_type": "code", "source": {}}]), "not a valid notebook"),
        (notebook(cells=[]), "none of its tasks is in it"),
        (notebook(cells=[], nbformat=99), "not a valid notebook"),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(content, says):
    book, problem = parse(content, LAB)
    assert book is None
    assert says in problem
    assert "\n" not in problem


NO_CELLS = [
    {"source": {"a": "b"}},
    {"source": 7},
    {"source": None},
    {"cell_type": "markdown", "source": {}},
    {"cell_type": "raw", "source": 1.5},
    {"cell_type": "code", "source": True},
    {"metadata": []},
    {"metadata": "text"},
    {"cell_type": ["code"]},
    {"cell_type": None},
]


def test_a_cell_of_another_form_is_refused_with_python_optimised_too():
    """`python -O` leaves out assertions, so none may stand between a file and the grader."""
    cell = {"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}
    named = {**cell, "metadata": {"nbgrader": {"grade_id": "f"}}, "id": "named"}
    files = [
        notebook(cells=[{**named, "execution_count": None}, {**cell, "id": "odd", **parts}])
        for parts in NO_CELLS
    ]
    code = (
        "import sys\n"
        "from tools.labs.collect import parse\n"
        "for line in sys.stdin.buffer:\n"
        "    book, problem = parse(line, 'any lab')\n"
        "    print(book is None, problem)\n"
    )
    optimised = subprocess.run(
        [sys.executable, "-O", "-c", code],
        cwd=ROOT,
        input=b"\n".join(files),
        stdout=subprocess.PIPE,
        check=True,
    )
    answers = optimised.stdout.decode().splitlines()
    for parts, file, answer in zip(NO_CELLS, files, answers, strict=True):
        book, problem = parse(file, "any lab")
        assert f"{book is None} {problem}" == answer
        assert answer.startswith("True The file is not a valid notebook: "), parts


# --- Whose file it is -----------------------------------------------------------------------------


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


# --- Folders and zips -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="makes a symbolic link, which Windows allows to few")
def test_a_folder_of_students(tmp_path, submitted):
    for student in ("ada", "ben", "cem", "dee", "eli"):
        (tmp_path / student).mkdir()
    (tmp_path / "ada" / f"{LAB}.ipynb").write_bytes(submitted)
    (tmp_path / "ada" / "notes.ipynb").write_bytes(b"{}")
    (tmp_path / "ben" / "renamed.ipynb").write_bytes(submitted)
    (tmp_path / "cem" / "one.ipynb").write_bytes(submitted)
    (tmp_path / "cem" / "two.ipynb").write_bytes(submitted)
    (tmp_path / "dee" / f"{LAB}.ipynb").symlink_to(tmp_path / "ada" / f"{LAB}.ipynb")
    (tmp_path / "fay" / LAB).mkdir(parents=True)
    (tmp_path / "fay" / LAB / f"{LAB}.ipynb").write_bytes(b" " * (MOST_BYTES + 1))
    (tmp_path / "ada" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "ada" / ".ipynb_checkpoints" / f"{LAB}.ipynb").write_bytes(b"old")
    submissions = {submission.student: submission for submission in collect(tmp_path, LAB)}
    assert sorted(submissions) == ["ada", "ben", "cem", "dee", "eli", "fay"]
    assert submissions["ada"].problem == ""
    assert submissions["ada"].file == f"ada/{LAB}.ipynb"
    assert submissions["ben"].problem == ""
    assert "2 notebooks" in submissions["cem"].problem
    assert "link" in submissions["dee"].problem
    assert "no notebook" in submissions["eli"].problem
    assert "MB" in submissions["fay"].problem


def test_a_named_pipe_does_not_stop_the_grader(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    (tmp_path / "ada").mkdir()
    os.mkfifo(tmp_path / "ada" / f"{LAB}.ipynb")
    assert "special file" in collect(tmp_path, LAB)[0].problem


def test_a_zip_is_read_where_it_is(tmp_path, submitted):
    name = f"{LAB}.ipynb"
    place = tmp_path / "export.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(f"Ada Lovelace_1_assignsubmission_file_/{name}", submitted)
        archive.writestr(f"../../../outside/{name}", submitted)
        archive.writestr(f"__MACOSX/._{name}", b"x")
        archive.writestr(f"big/{name}", b" " * (MOST_BYTES + 1), zipfile.ZIP_DEFLATED)
        archive.writestr("ben/report.pdf", b"x")
    submissions = {submission.student: submission for submission in collect(place, LAB)}
    assert sorted(submissions) == ["Ada_Lovelace_1", "big", "outside"]
    assert submissions["Ada_Lovelace_1"].problem == ""
    assert "MB" in submissions["big"].problem
    assert [path.name for path in tmp_path.iterdir()] == ["export.zip"]


def test_no_submissions_are_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "not.zip").write_bytes(b"PK but not really")
    for place in ("empty", "not.zip", "absent"):
        with pytest.raises(SubmissionsError) as problem:
            collect(tmp_path / place, LAB)
        assert "\n" not in str(problem.value)
