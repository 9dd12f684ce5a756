"""What `python -m tools.labs` says to the user, and its exit status."""

import shutil

import nbformat
import pytest

from tests.support.labs import answered, solutions
from tools.labs import __main__ as command
from tools.labs import check, executing
from tools.labs.course import SOURCE, Course, source_of

LAB = "lab5_som"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["release", "lab9_none"], "There is no lab lab9_none; there are lab1_neuron, "),
        (["check", "{here}/absent.ipynb"], "absent.ipynb is not a notebook's file."),
        (["check", "{here}/empty.ipynb"], "The file is empty."),
        (["grade", "lab9_none", "{here}", "--no-sandbox"], "There is no lab lab9_none; there are "),
        (["grade", LAB, "{here}/absent", "--no-sandbox"], "There is no folder or zip "),
        (["grade", LAB, "{here}/no.zip", "--no-sandbox"], "no.zip is not a sound zip file ("),
        (["grade", LAB, "{here}/nobody", "--no-sandbox"], "nobody holds no submission. Expected: "),
        (
            ["grade", LAB, "{here}", "--no-sandbox", "--for", "moodle", "--worksheet", "{here}/no"],
            "no cannot be read (No such file",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_1(tmp_path, capsys, arguments, says):
    (tmp_path / "empty.ipynb").write_text("")
    (tmp_path / "no.zip").write_text("no zip")
    (tmp_path / "nobody").mkdir()
    home = ["--home", str(tmp_path / "home")] if arguments[0] != "check" else []
    assert command.main([word.format(here=tmp_path) for word in arguments] + home) == 1
    *notes, problem = capsys.readouterr().err.splitlines()
    assert says in problem
    assert notes == [command.NO_SANDBOX] * ("--no-sandbox" in arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "the following arguments are required: action"),
        (["mark"], "invalid choice: 'mark'"),
        (["grade", LAB], "the following arguments are required: submissions"),
        (["grade", LAB, "x", "--jobs", "0"], "--jobs must be 1 or more"),
        (["grade", LAB, "x", "--jobs", "-3"], "--jobs must be 1 or more"),
        (["grade", LAB, "x", "--jobs", "two"], "invalid int value: 'two'"),
        (["grade", LAB, "x", "--for", "moodle"], "--for and --worksheet"),
        (["grade", LAB, "x", "--worksheet", "x.csv"], "--for and --worksheet"),
        (["grade", LAB, "x", "--for", "ilias", "--worksheet", "x"], "invalid choice: 'ilias'"),
    ],
)
def test_wrong_arguments_are_status_2(capsys, arguments, says):
    with pytest.raises(SystemExit) as stop:
        command.main(arguments)
    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_release_says_where_the_student_version_lies(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Course, "release", lambda course, lab: course.home / "release" / lab)
    monkeypatch.chdir(tmp_path)
    assert command.main(["release", LAB, "lab1_neuron", "--home", "home"]) == 0
    said = capsys.readouterr().out.replace("\\", "/")
    assert said == f"{LAB}: home/release/{LAB}\nlab1_neuron: home/release/lab1_neuron\n"


@pytest.mark.kernel
def test_check_tells_right_from_open(tmp_path, capsys):
    """That a right lab passes its visible checks is seen in test_grading.py."""
    source = nbformat.read(source_of(LAB), 4)
    wrong = answered(source, {list(solutions(LAB))[0]: "x = 1"})
    nbformat.write(wrong, tmp_path / "wrong.ipynb")
    assert command.main(["check", str(tmp_path / "wrong.ipynb")]) == 1
    assert "7 of 8 tasks pass their visible checks." in capsys.readouterr().out


@pytest.mark.parametrize(("failures", "status"), [(0, 0), (1, 1), (8, 1)])
def test_the_exit_status_of_check(monkeypatch, failures, status):
    monkeypatch.setattr(check, "check", lambda notebook: failures)
    assert command.main(["check", "x.ipynb"]) == status


def test_grade_says_where_everything_lies(tmp_path, capsys, monkeypatch):
    """Nothing is executed here, so nothing fails; test_untidy_class.py calls it as it is."""
    monkeypatch.setattr(executing, "execute", lambda notebook, *arguments: [])
    (tmp_path / "class" / "ada").mkdir(parents=True)
    shutil.copy(SOURCE / LAB / f"{LAB}.ipynb", tmp_path / "class" / "ada" / f"{LAB}.ipynb")
    monkeypatch.chdir(tmp_path)
    assert command.main(["grade", LAB, "class", "--home", "home", "--no-sandbox"]) == 0
    first, *_, last = capsys.readouterr().out.replace("\\", "/").splitlines()
    assert first == "ada: graded"
    assert last == (
        f"Grades: home/grades/{LAB}/grades.csv; the class: home/grades/{LAB}/summary.html; "
        "feedback in home/feedback"
    )
    assert (
        "\r\nada,100,100," in (tmp_path / "home/grades" / LAB / "grades.csv").read_bytes().decode()
    )
