"""Reading submissions from folders and zips without trusting them."""

import io
import json
import os
import subprocess
import sys
import unicodedata
import zipfile

import nbformat
import pytest

from tests.support.labs import new_cell
from tools.labs.collect import collect
from tools.labs.finding import MOST_FILES, MOST_ZIP_BYTES, SubmissionsError
from tools.labs.reading import MOST_BYTES, MOST_CELLS, parse
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


CELL = {"source": "1", "metadata": {}}


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
        (notebook(cells=[{"cell_type": "raw"} | CELL] * (MOST_CELLS + 1)), "5,001 cells"),
        (b" " * (MOST_BYTES + 1), "The file has 20 MB"),
        (notebook(cells=[], nbformat=99), "not a valid notebook"),
    ],
)
def test_what_is_no_notebook_gets_one_sentence(content, says):
    book, problem = parse(content)
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
        "from tools.labs.reading import parse\n"
        "for line in sys.stdin.buffer:\n"
        "    book, problem = parse(line)\n"
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
        book, problem = parse(file)
        assert f"{book is None} {problem}" == answer
        assert answer.startswith("True The file is not a valid notebook: "), parts


# --- Folders and zips -----------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="makes a symbolic link, which Windows allows to few")
def test_a_folder_of_students(tmp_path, submitted):
    for student in ("ada", "ben", "cem", "dee", "eli"):
        (tmp_path / student).mkdir()
    (tmp_path / "ada" / f"{LAB}.ipynb").write_bytes(submitted)
    (tmp_path / "ada" / "notes.ipynb").write_bytes(b"{}")
    (tmp_path / "ben" / "renamed.ipynb").write_bytes(submitted)
    (tmp_path / "cem" / "one.ipynb").write_bytes(submitted)
    (tmp_path / "cem" / "two.ipynb").write_bytes(submitted + b" ")
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
    assert sorted(submissions) == ["Ada_Lovelace_1", "ben", "big", "outside"]
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


# --- What learning platforms export ---------------------------------------------------------------


def exported(place, files):
    """Write a zip with these files, bytes by path, and read it; return submissions by student."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return {submission.student: submission for submission in collect(place, LAB)}


def zipped(files):
    """Return the bytes of a zip with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


NINE = {
    "Ada Plain_1_assignsubmission_file_/lab0_example.ipynb": "notebook",
    "Bo Müller_2_assignsubmission_file_/lab0_example.ipynb": "notebook",
    "Cy Zip_3_assignsubmission_file_/all.zip": "zip",
    "Di Text_4_assignsubmission_file_/lab0_example.ipynb.txt": "notebook",
    "Ed Json_5_assignsubmission_file_/lab0_example.ipynb.json": "notebook",
    "Fy Loud_6_assignsubmission_file_/LAB0_EXAMPLE.IPYNB": "notebook",
    "Gu Pdf_7_assignsubmission_file_/report.pdf": "other",
    "Ha Page_8_assignsubmission_file_/lab0_example.html": "other",
    "Io Typed_9_assignsubmission_onlinetext_/onlinetext.html": "other",
}


@pytest.mark.parametrize("around", ["", "Lab 0-2026/", "submitted/", "export/submitted/"])
@pytest.mark.parametrize("form", ["folders", "flat"])
def test_of_nine_students_in_a_zip_none_is_lost(tmp_path, submitted, around, form):
    content = {
        "notebook": submitted,
        "zip": zipped({"homework/lab0_example.ipynb": submitted, "__MACOSX/._x.ipynb": b"x"}),
        "other": b"%PDF",
    }
    files = {}
    for path, kind in NINE.items():
        path = path if form == "folders" else path.replace("/", "")
        files[around + path] = content[kind]
    files["__MACOSX/._a.ipynb"] = b"x"
    submissions = exported(tmp_path / "export.zip", files)
    assert [name.split("_")[-1] for name in submissions] == [str(n) for n in range(1, 10)]
    assert "Bo_Müller_2" in submissions
    for number, submission in enumerate(submissions.values(), 1):
        if number <= 6:
            assert submission.problem == ""
        else:
            assert submission.problem.startswith("There is no notebook in the submission, only ")


@pytest.mark.parametrize("around", ["", "class/", "submitted/", "a/submitted/"])
def test_folders_of_students_in_other_folders(tmp_path, submitted, around):
    files = {
        f"{around}ada/lab0_example.ipynb": submitted,
        f"{around}ben/lab0_example/lab0_example.ipynb": submitted,
        f"{around}cem/report.pdf": b"x",
        f"{around}dee/": b"",
    }
    submissions = exported(tmp_path / "export.zip", files)
    assert sorted(submissions) == ["ada", "ben", "cem", "dee"]
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    assert [s.student for s in collect(tmp_path / "unpacked", LAB)] == ["ada", "ben", "cem", "dee"]


def test_one_student_alone_is_no_folder_around_everything(tmp_path, submitted):
    for number, path in enumerate(["ada/lab0_example.ipynb", "ada/lab0_example/x.ipynb"]):
        assert list(exported(tmp_path / f"{number}.zip", {path: submitted})) == ["ada"]


def test_the_latest_attempt_counts_and_is_said(tmp_path, submitted):
    other = submitted.replace(b"x + x", b"2 * x")
    black, times = "Lab 0_{}_attempt_{}", ["2026-11-01-10-00-00", "2026-11-02-09-00-00"]
    files = {
        "ada_4_98_lab0_example.ipynb": submitted,
        "ada_4_105_lab0_example-1.ipynb": other,
        "ada_4_106_report.pdf": b"x",
        "bo_LATE_5_99_lab0_example.ipynb": submitted,
        f"{black.format('cy', times[0])}_lab0_example.ipynb": submitted,
        f"{black.format('cy', times[1])}_lab0_example.ipynb": other,
        f"{black.format('cy', times[1])}.txt": b"Name: Cy",
        f"{black.format('di', times[0])}_lab0_example.ipynb": submitted,
        f"{black.format('di', times[1])}.txt": b"Name: Di",
    }
    submissions = exported(tmp_path / "export.zip", files)
    assert {name: s.remarks for name, s in submissions.items()} == {
        "ada_4": ["There are 2 attempts; the latest counts."],
        "bo_5": ["The platform marks it as late."],
        "cy": [f"There are 2 attempts; the latest, of {times[1]}, counts."],
        "di": [f"There are 2 attempts; the latest with a notebook, of {times[0]}, counts."],
    }
    assert [s.content == other for s in submissions.values()] == [True, False, True, False]


def test_equal_copies_are_one(tmp_path, submitted):
    files = {"ada/lab0_example.ipynb": submitted, "ada/old/lab0_example.ipynb": submitted}
    assert exported(tmp_path / "equal.zip", files)["ada"].problem == ""
    files["ada/old/lab0_example.ipynb"] += b" "
    assert "2 notebooks" in exported(tmp_path / "other.zip", files)["ada"].problem


def test_students_of_one_name_in_two_forms_and_of_two_alike(tmp_path, submitted):
    names = [unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD")]
    files = {f"{name}/lab0_example.ipynb": submitted for name in [*names, "Li, Wei", "Li Wei"]}
    submissions = exported(tmp_path / "export.zip", files)
    assert len(submissions) == 3
    assert [s.file.split("/")[0] for s in submissions.values()] == ["Li Wei", "Li, Wei", "Müller"]


def test_names_that_a_zip_does_not_say_the_coding_of(tmp_path, submitted):
    class Unmarked(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):
            return self.filename.encode("utf-8"), self.flag_bits

    with zipfile.ZipFile(tmp_path / "finder.zip", "w") as archive:
        archive.writestr(Unmarked("Müller/lab0_example.ipynb"), submitted)
        archive.writestr("Windows\\lab0_example.ipynb", submitted)
    assert [s.student for s in collect(tmp_path / "finder.zip", LAB)] == ["Müller", "Windows"]


# --- Zips that are no ordinary ones ---------------------------------------------------------------


def test_an_encrypted_or_oddly_packed_file_is_its_students_problem(tmp_path, submitted):
    place = tmp_path / "export.zip"
    names = ["ada", "ben", "cem"]
    content = zipped({f"{name}/lab0_example.ipynb": submitted for name in names})
    data = bytearray(content)
    for head, flags, method in ((b"PK\1\2", 8, 10), (b"PK\3\4", 6, 8)):
        first = data.find(head)
        second = data.find(head, first + 4)
        data[first + flags] |= 1  # encrypted
        data[second + method] = 99
    place.write_bytes(bytes(data))
    problems = [submission.problem for submission in collect(place, LAB)]
    assert "encrypted" in problems[0]
    assert "compression" in problems[1]
    assert problems[2] == ""


@pytest.mark.parametrize(
    "content",
    [
        b"PK no zip",
        pytest.param("bomb", id="bomb"),
        pytest.param("many", id="many files"),
        pytest.param("deep", id="zips in zips"),
    ],
)
def test_a_zip_made_to_harm_is_its_students_problem(tmp_path, submitted, content):
    if content == "bomb":
        content = zipped({"inner.zip": bytes(MOST_ZIP_BYTES + 1)})
    elif content == "many":
        content = zipped({f"{n}.ipynb": b"" for n in range(MOST_FILES + 1)})
    elif content == "deep":
        content = submitted
        for _ in range(6):
            content = zipped({"lab0_example.ipynb.zip": content})
    files = {"ada/all.zip": content, "ben/lab0_example.ipynb": submitted}
    submissions = exported(tmp_path / "export.zip", files)
    assert "cannot be read" in submissions["ada"].problem
    assert submissions["ben"].problem == ""


def test_a_file_that_is_larger_than_its_zip_says(tmp_path, submitted):
    data = bytearray(zipped({"ada/lab0_example.ipynb": b" " * (MOST_BYTES + 10)}))
    for head, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        place = data.find(head) + at
        data[place : place + 4] = (1000).to_bytes(4, "little")
    (tmp_path / "export.zip").write_bytes(bytes(data))
    assert collect(tmp_path / "export.zip", LAB)[0].problem


@pytest.mark.skipif(os.name != "posix", reason="names of other bytes than text")
def test_a_name_that_is_no_text_stops_nobody(tmp_path, submitted):
    folder = tmp_path / os.fsdecode(b"M\xfcller")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes text only")
    (folder / f"{LAB}.ipynb").write_bytes(submitted)
    (submission,) = collect(tmp_path, LAB)
    assert submission.problem == ""
    assert f"{submission.student} {submission.file}".encode()


def test_what_systems_leave_is_nobody(tmp_path, submitted):
    files = {"ada/lab0_example.ipynb": submitted}
    files |= dict.fromkeys([".DS_Store", "Thumbs.db", "README.txt", "roster.csv", ".x/y.pdf"], b"x")
    assert list(exported(tmp_path / "export.zip", files)) == ["ada"]


# --- What is in a file, again ---------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_coding_of_a_notebook_is_read(submitted, coding):
    book, problem = parse(submitted.decode().replace("\n", "\r\n").encode(coding))
    assert problem == ""
    assert book.cells[0].source == "def f(x):\n    return x + x"


def test_what_does_not_matter_or_could_break_something_is_left_out(submitted):
    raw = json.loads(submitted)
    raw["metadata"] = {"lab": {"version": "1"}, "odd": "\ud800"}
    raw["cells"][0] |= {
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 10**6}]
    }
    raw["cells"] += [{**raw["cells"][0], "source": "half \ud800"}] * 2
    book, problem = parse(json.dumps(raw).encode())
    assert problem == ""
    text = nbformat.writes(book)
    assert len(text) < 3000 and "half ?" in text
    assert text.encode()
    assert book.metadata == {"lab": {"version": "1"}}
    assert len({cell.id for cell in book.cells}) == 3
    nbformat.validate(book)
