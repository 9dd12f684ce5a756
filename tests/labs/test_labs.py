"""Every lab: its source is sound, its student version gives nothing away, the solution scores all, and each typical mistake its task."""

import ast
import copy
import csv
import functools
import os
import re
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbgrader import utils
from nbgrader.nbgraderformat import MetadataValidator

from tests.support.labs import WHY_NOT, answered
from tools.docs import TASK_HEAD
from tools.labs import sandbox
from tools.labs.grade import LABS, SOURCE, Course, grade, names, source_of
from tools.labs.nbgrader_parts import execute, grade_id, is_test, task_of, without_hidden

LABS_NAMED = ["lab1_neuron", "lab2_ann", "lab3_cnn", "lab4_rnn", "lab5_som", "lab6_fraud_project"]
EACH = pytest.mark.parametrize("lab", LABS_NAMED)
SLOWER = float(
    os.environ.get("COURSE_TIME_TOLERANCE") or 1
)  # limits on time hold for a quiet machine, as the budgets of notebooks do


@functools.cache
def source(lab):
    return nbformat.read(source_of(lab), 4)


@functools.cache
def mistakes(lab):
    return tomllib.loads((LABS / "mistakes" / f"{lab}.toml").read_text(encoding="utf-8"))["mistake"]


def automatic(lab):
    """Return the points of each automatically graded task."""
    return {
        task_of(grade_id(cell)): cell.metadata.nbgrader["points"]
        for cell in source(lab).cells
        if is_test(cell)
    }


def by_hand(lab):
    """Return the points of each task that is graded by hand."""
    return {
        grade_id(cell): cell.metadata.nbgrader["points"]
        for cell in source(lab).cells
        if utils.is_grade(cell) and utils.is_solution(cell)
    }


def part(text, begin, end):
    """Return the lines between two marks, white space at their ends left out, trivial ones too."""
    inside = "\n".join(re.findall(rf"(?s)### {begin}\n(.*?)\s*### {end}", text)).splitlines()
    return [line.strip() for line in inside if len(line.strip()) > 12]


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The folders of the student versions of all labs."""
    home = tmp_path_factory.mktemp("release")
    return {lab: Course(home).release(lab) for lab in LABS_NAMED}


def test_the_labs_are_the_six_of_the_course():
    assert names() == LABS_NAMED


# --- The sources ----------------------------------------------------------------------------------------------------


@EACH
def test_the_source_is_sound(lab):
    MetadataValidator().validate_nb(source(lab))
    ids = [grade_id(cell) for cell in source(lab).cells if grade_id(cell)]
    cell_ids = [cell.id for cell in source(lab).cells]
    assert len(set(ids)) == len(ids) and len(set(cell_ids)) == len(cell_ids)
    assert sum(automatic(lab).values()) + sum(by_hand(lab).values()) == 100
    assert len(by_hand(lab)) == (2 if lab == "lab6_fraud_project" else 0)
    assert all(
        not cell.outputs and cell.execution_count is None
        for cell in source(lab).cells
        if cell.cell_type == "code"
    )


@EACH
def test_every_task_has_a_head_with_its_points_an_answer_and_a_check_right_after_it(lab):
    cells = source(lab).cells
    tasks = [
        number
        for number, cell in enumerate(cells)
        if TASK_HEAD.search(cell.source) and cell.cell_type == "markdown"
    ]
    found = {}
    for place, (number, start) in enumerate(zip(range(1, len(tasks) + 1), tasks)):
        stop = tasks[place + 1] if place + 1 < len(tasks) else len(cells)
        head = TASK_HEAD.search(cells[start].source)
        graded = [
            cell
            for cell in cells[start:stop]
            if grade_id(cell) and (utils.is_grade(cell) or utils.is_solution(cell))
        ]
        assert int(head[1]) == number
        found[task_of(grade_id(graded[0]))] = int(head[3])
        if utils.is_grade(graded[0]):  # answered in words
            continue
        answer, check = graded
        assert (
            grade_id(check) == f"test_{grade_id(answer)}"
            and cells.index(check) == cells.index(answer) + 1
        )
        assert (
            answer.source.count("### BEGIN SOLUTION")
            == answer.source.count("### END SOLUTION")
            == 1
        )
        assert (
            check.source.count("### BEGIN HIDDEN TESTS")
            == check.source.count("### END HIDDEN TESTS")
            == 1
        )
        assert "assert" in without_hidden(check.source) and not isinstance(
            ast.parse(check.source).body[-1], ast.Expr
        )
    assert found == automatic(lab) | by_hand(lab)


@EACH
def test_no_task_uses_what_another_one_defines(lab):
    """Neither answers nor checks read a name that is bound in another task's answer, so that one blank costs one task."""
    answers = {
        grade_id(cell): cell.source
        for cell in source(lab).cells
        if utils.is_solution(cell) and cell.cell_type == "code"
    }
    defines = {
        task: {
            node.name
            for node in ast.parse(code).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        for task, code in answers.items()
    }
    assert all(len(bound) == 1 for bound in defines.values())
    for cell in source(lab).cells:
        task = task_of(grade_id(cell) or "")
        if task in answers and cell.cell_type == "code":
            used = {
                node.id for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)
            }
            others = (
                set().union(*(bound for other, bound in defines.items() if other != task))
                - defines[task]
            )
            local = {
                node.arg for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.arg)
            }
            local |= {
                node.id
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
            assert not used & others - local, f"{grade_id(cell)} uses {used & others}"


@EACH
def test_every_mistake_is_of_a_task_and_there_are_enough(lab):
    assert {mistake["task"] for mistake in mistakes(lab)} == set(automatic(lab)), (
        "each task has a typical mistake"
    )
    assert len(mistakes(lab)) >= 5 and len({mistake["what"] for mistake in mistakes(lab)}) == len(
        mistakes(lab)
    )
    for mistake in mistakes(lab):
        assert mistake["what"].endswith(".") and mistake["says"].strip()
        ast.parse(mistake["code"])


# --- The student versions ---------------------------------------------------------------------------------------------


@EACH
def test_the_student_version_gives_nothing_away(lab, released):
    text = "\n".join(cell.source for cell in nbformat.read(released[lab] / f"{lab}.ipynb", 4).cells)
    visible = "\n".join(
        outside(cell.source) for cell in source(lab).cells
    )  # a line may stand in the open elsewhere
    for cell in source(lab).cells:
        for line in part(cell.source, "BEGIN SOLUTION", "END SOLUTION") + part(
            cell.source, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
        ):
            assert line not in text or line in visible, f"{grade_id(cell)}: {line}"
        if utils.is_grade(cell) and utils.is_solution(cell):
            assert cell.source not in text
    assert "BEGIN SOLUTION" not in text and "HIDDEN TESTS" not in text and "MARK SCHEME" not in text


def outside(text):
    """Return a cell's text without its solution and hidden tests."""
    return re.sub(
        r"(?s)### BEGIN (SOLUTION|HIDDEN TESTS).*?### END (SOLUTION|HIDDEN TESTS)", "", text
    )


@EACH
def test_the_student_version_is_valid_python_and_nbgrader_knows_it(lab, released):
    notebook = nbformat.read(released[lab] / f"{lab}.ipynb", 4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
    assert sum(
        "raise NotImplementedError" in cell.source
        for cell in notebook.cells
        if utils.is_solution(cell)
    ) == len(automatic(lab))
    assert all(
        cell.metadata.nbgrader["checksum"] == utils.compute_checksum(cell)
        for cell in notebook.cells
        if grade_id(cell)
    )


# --- Graded -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(released, tmp_path_factory):
    """Grades a class of two in each lab, the solution and the student version, all in one home; returns the rows by student, and knows the time it took."""
    rooms, home = tmp_path_factory.mktemp("rooms"), tmp_path_factory.mktemp("home")

    @functools.cache
    def rows(lab):
        blank = nbformat.read(released[lab] / f"{lab}.ipynb", 4)
        answers = {
            grade_id(cell): cell.source for cell in source(lab).cells if utils.is_solution(cell)
        }
        files = {"solution": answered(blank, answers), "blank": blank}
        for student, notebook in files.items():
            (rooms / lab / student).mkdir(parents=True)
            nbformat.write(notebook, rooms / lab / student / f"{lab}.ipynb")
        began = time.monotonic()
        table = grade(lab, rooms / lab, 2, home, sandboxed=not WHY_NOT, say=lambda line: None)
        rows.seconds[lab] = time.monotonic() - began
        with table.open(encoding="utf-8-sig", newline="") as file:
            found = {row["student"]: row for row in csv.DictReader(file)}
        for student, row in found.items():
            row["messages"] = messages(home / "autograded" / student / lab / f"{lab}.ipynb")
        return found

    rows.rooms, rows.home, rows.seconds = rooms, home, {}
    return rows


def messages(path):
    """Return the error of each task's check in an executed notebook."""
    cells = nbformat.read(path, 4).cells
    return {
        task_of(grade_id(cell)): " ".join(
            output.evalue for output in cell.outputs if output.output_type == "error"
        )
        for cell in cells
        if is_test(cell)
    }


def points(row, lab):
    return {task: float(row[task]) for task in automatic(lab)}


@EACH
def test_a_student_version_made_again_is_the_same(lab, released, graded):
    """Grading makes a student version of its own, in another folder."""
    graded(lab)
    first, second = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (released[lab], graded.home / "release" / lab)
    )
    assert first == second and {f"{lab}.ipynb", "README.md", "requirements.txt"} <= set(first)
    assert set(first) == {
        path.name for path in (SOURCE / lab).iterdir() if not path.name.startswith(".")
    } | {"README.md", "requirements.txt"}


@EACH
def test_the_solution_scores_everything_that_is_graded_automatically(lab, graded):
    row = graded(lab)["solution"]
    assert points(row, lab) == automatic(lab) and row["remarks"] == ""
    cells = nbformat.read(graded.home / "autograded" / "solution" / lab / f"{lab}.ipynb", 4).cells
    assert not [
        output
        for cell in cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ], "the lab's own cells run, too"
    assert row["graded by hand"] == ("still to do" if by_hand(lab) else "")


@EACH
def test_the_student_version_scores_nothing(lab, graded):
    row = graded(lab)["blank"]
    assert float(row["points"]) == 0 and all(
        float(row[task] or 0) == 0 for task in automatic(lab) | by_hand(lab)
    )
    assert all("no answer yet" in message for message in row["messages"].values())


def test_points_and_comments_given_by_hand_reach_grades_and_feedback(graded):
    lab = "lab6_fraud_project"
    graded(lab)
    course = Course(graded.home, sandboxed=not WHY_NOT)
    with course.gradebook() as gradebook:
        for task, given in zip(by_hand(lab), (12.5, 9)):
            gradebook.find_grade(task, lab, lab, "solution").manual_score = given
            gradebook.find_comment(
                task, lab, lab, "solution"
            ).manual_comment = f"a comment on {task}"
        gradebook.db.commit()
    said = []
    with grade(
        lab, graded.rooms / lab, 2, graded.home, sandboxed=not WHY_NOT, say=said.append
    ).open(encoding="utf-8-sig", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student"] == "solution")
    assert (
        float(row["points"]) == 70 + 12.5 + 9
        and row["graded by hand"] == ""
        and said[0].startswith("2 of 2")
    )
    page = (graded.home / "feedback" / "solution" / lab / f"{lab}.html").read_text(encoding="utf-8")
    assert all(f"a comment on {task}" in page for task in by_hand(lab)) and "12.5" in page


@EACH
def test_a_lab_is_graded_within_its_time(lab, graded):
    """Two submissions of each lab, the solution and an empty one, in the time that one may take."""
    graded(lab)
    assert graded.seconds[lab] < 60 * SLOWER


def timed(check):
    """Return a check that fails when it takes 10 s or more."""
    # Names that no check uses: those of lab 6 have a `_time` of their own.
    return f"import time as _clock\n_clock_began = _clock.monotonic()\n{check}\nassert _clock.monotonic() - _clock_began < {10 * SLOWER}, 'this check takes 10 s or more'"


def with_all_mistakes(lab):
    """Return a notebook that holds, for every mistake of a lab, all answers, one of them wrong, and all checks."""
    cells = source(lab).cells
    begin = next(number for number, cell in enumerate(cells) if utils.is_solution(cell))
    answers = [cell for cell in cells if utils.is_solution(cell) and cell.cell_type == "code"]
    book = nbformat.v4.new_notebook(cells=copy.deepcopy(cells[:begin]))
    for mistake in mistakes(lab):
        for cell in copy.deepcopy(answers):
            cell.source = mistake["code"] if grade_id(cell) == mistake["task"] else cell.source
            book.cells.append(cell)
        book.cells += copy.deepcopy([cell for cell in cells if is_test(cell)])
    for cell in book.cells:
        cell.source = timed(cell.source) if is_test(cell) else cell.source
    return book


@pytest.fixture(scope="module")
def with_mistakes():
    """The notebooks of all labs with all mistakes, executed, and the remarks; two at a time."""

    def executed(lab):
        book = with_all_mistakes(lab)
        return book, execute(
            book, SOURCE / lab, sandbox.Limits(total_seconds=400 * SLOWER), not WHY_NOT
        )

    with ThreadPoolExecutor(2) as threads:
        return dict(zip(LABS_NAMED, threads.map(executed, LABS_NAMED)))


@EACH
def test_every_mistake_loses_exactly_its_task_and_is_told_why(lab, with_mistakes):
    """All mistakes of a lab in one kernel, for speed; that they cost the same in the whole chain is seen on lab1 in test_labs_class.py.

    No check takes 10 s.
    """
    book, remarks = with_mistakes[lab]
    assert remarks == []
    checked, count = [cell for cell in book.cells if is_test(cell)], len(automatic(lab))
    for number, mistake in enumerate(mistakes(lab)):
        these = checked[number * count : (number + 1) * count]
        scores = {task_of(grade_id(cell)): utils.determine_grade(cell)[0] for cell in these}
        assert scores == {**automatic(lab), mistake["task"]: 0}, mistake["what"]
        (wrong,) = (cell for cell in these if grade_id(cell) == f"test_{mistake['task']}")
        assert mistake["says"] in " ".join(
            output.evalue for output in wrong.outputs if output.output_type == "error"
        ), mistake["what"]
