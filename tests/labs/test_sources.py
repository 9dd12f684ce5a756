"""Every lab: its source is sound, its mistakes are of its tasks, and its student version gives
nothing away."""

import ast
import re

import nbformat
from nbgrader import utils
from nbgrader.nbgraderformat import MetadataValidator

from tests.support.labs import (
    EACH,
    LABS_NAMED,
    automatic,
    by_hand,
    part,
    solutions,
    source,
)
from tools.docs.labs import TASK_HEAD
from tools.labs.cells import grade_id, task_of, without_hidden
from tools.labs.course import names
from tools.labs.scores import hard_coded, mistakes, right_answers


def test_the_labs_are_the_six_of_the_course():
    assert names() == LABS_NAMED


# --- The sources ----------------------------------------------------------------------------------


@EACH
def test_the_source_is_sound(lab):
    MetadataValidator().validate_nb(source(lab))
    ids = [grade_id(cell) for cell in source(lab).cells if grade_id(cell)]
    cell_ids = [cell.id for cell in source(lab).cells]
    assert len(set(ids)) == len(ids)
    assert len(set(cell_ids)) == len(cell_ids)
    assert sum(automatic(lab).values()) + sum(by_hand(lab).values()) == 100
    assert len(by_hand(lab)) == (2 if lab == "lab6_fraud_project" else 0)
    for cell in source(lab).cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None


@EACH
def test_every_task_has_a_head_with_its_points_an_answer_and_a_check_right_after_it(lab):
    cells = source(lab).cells
    starts = [
        number
        for number, cell in enumerate(cells)
        if cell.cell_type == "markdown" and TASK_HEAD.search(cell.source)
    ]
    points = {}
    for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(cells)], strict=True), 1):
        head = TASK_HEAD.search(cells[start].source)
        graded = [
            cell
            for cell in cells[start:stop]
            if grade_id(cell) and (utils.is_grade(cell) or utils.is_solution(cell))
        ]
        assert int(head[1]) == number
        points[task_of(grade_id(graded[0]))] = int(head[3])
        if utils.is_grade(graded[0]):  # answered in words
            continue
        answer, check = graded
        assert grade_id(check) == f"test_{grade_id(answer)}"
        assert cells.index(check) == cells.index(answer) + 1
        for mark in ("### BEGIN SOLUTION", "### END SOLUTION"):
            assert answer.source.count(mark) == 1
        for mark in ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"):
            assert check.source.count(mark) == 1
        assert "assert" in without_hidden(check.source)
        assert not isinstance(ast.parse(check.source).body[-1], ast.Expr)
    assert points == automatic(lab) | by_hand(lab)


def names_in(code, *contexts):
    """Return the names in a text of Python that are read, bound or both."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, contexts)}


@EACH
def test_no_task_uses_what_another_one_defines(lab):
    """Neither answers nor checks read a name that is bound in another task's answer, so that one
    blank costs one task."""
    answers = right_answers(source(lab))
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
            others = set().union(*(bound for other, bound in defines.items() if other != task))
            arguments = {
                node.arg for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.arg)
            }
            local = arguments | names_in(cell.source, ast.Store)
            used = names_in(cell.source, ast.Load, ast.Store, ast.Del)
            foreign = used & (others - defines[task] - local)
            assert not foreign, f"{grade_id(cell)} uses {foreign}"


@EACH
def test_every_mistake_is_of_a_task_and_there_are_enough(lab):
    tasks = {mistake["task"] for mistake in mistakes(lab)}
    assert tasks == set(automatic(lab)), "each task has a typical mistake"
    assert len(mistakes(lab)) >= 5
    assert len({mistake["what"] for mistake in mistakes(lab)}) == len(mistakes(lab))
    for mistake in mistakes(lab):
        assert mistake["what"].endswith(".")
        assert mistake["says"].strip()
        ast.parse(mistake["code"])


@EACH
def test_every_task_has_a_hard_coded_answer_of_the_same_form(lab):
    right = right_answers(source(lab))
    assert set(hard_coded(lab)) == set(right)
    for task, code in hard_coded(lab).items():
        (cheating,) = ast.parse(code).body
        (honest,) = ast.parse(right[task]).body
        assert cheating.name == honest.name
        assert ast.dump(cheating.args) == ast.dump(honest.args), task


# --- The student versions -------------------------------------------------------------------------


def outside(text):
    """Return a cell's text without its solution and hidden tests."""
    mark = "(SOLUTION|HIDDEN TESTS)"
    return re.sub(rf"(?s)### BEGIN {mark}.*?### END {mark}", "", text)


@EACH
def test_the_student_version_gives_nothing_away(lab, released):
    text = "\n".join(cell.source for cell in nbformat.read(released[lab] / f"{lab}.ipynb", 4).cells)
    # A line may stand in the open elsewhere.
    visible = "\n".join(outside(cell.source) for cell in source(lab).cells)
    for cell in source(lab).cells:
        secret = part(cell.source, "BEGIN SOLUTION", "END SOLUTION")
        secret += part(cell.source, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
        for line in secret:
            assert line not in text or line in visible, f"{grade_id(cell)}: {line}"
        if utils.is_grade(cell) and utils.is_solution(cell):
            assert cell.source not in text
    for mark in ("BEGIN SOLUTION", "HIDDEN TESTS", "MARK SCHEME"):
        assert mark not in text


@EACH
def test_the_student_version_is_valid_python_and_nbgrader_knows_it(lab, released):
    notebook = nbformat.read(released[lab] / f"{lab}.ipynb", 4)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)
    assert set(solutions(lab)) >= set(automatic(lab))
    blank = [
        cell
        for cell in notebook.cells
        if utils.is_solution(cell) and "raise NotImplementedError" in cell.source
    ]
    assert len(blank) == len(automatic(lab))
    for cell in notebook.cells:
        if grade_id(cell):
            assert cell.metadata.nbgrader["checksum"] == utils.compute_checksum(cell)
