"""However a solved lab is edited, it gets the points that its code deserves."""

from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbgrader import utils

from tests.support.editing import Editor, checked, deserved, notes
from tests.support.labs import LABS_NAMED, automatic, mistakes, solutions, source
from tools.labs import sandbox
from tools.labs.cells import grade_id, is_test, task_of
from tools.labs.executing import execute
from tools.labs.grade import SOURCE
from tools.labs.restoring import restore

HISTORIES = 200
EXECUTED = (30, 34, 36, 70, 76, 78, 112, 114, 118, 154, 156, 198)  # long ones of labs 1 and 5


def edited(seed):
    """Return a lab, an editor who has worked on its solution, and the restored notebook."""
    lab = LABS_NAMED[seed % len(LABS_NAMED)]
    wrong = {mistake["task"]: mistake["code"] for mistake in mistakes(lab)}
    editor = Editor(source(lab), wrong, seed)
    editor.work(1 + seed % 40)
    restored, _ = restore(editor.notebook, source(lab))
    return lab, editor, restored


def answers(lab):
    """Return the right answers to the tasks that are graded automatically."""
    return {task: solutions(lab)[task] for task in automatic(lab)}


@pytest.mark.filterwarnings("ignore:Cell is missing an id field")  # after a file of nbformat 3
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_random_history_of_editing_gets_what_its_code_deserves(seed):
    lab, editor, restored = edited(seed)
    assert checked(restored, answers(lab)) == deserved(editor.notebook, answers(lab)), editor.done
    names = [grade_id(cell) for cell in restored.cells if grade_id(cell)]
    assert sorted(names) == sorted(grade_id(c) for c in source(lab).cells if grade_id(c))
    assert len(restored.cells) <= len(source(lab).cells) + editor.more, editor.done
    assert notes(restored) == notes(editor.notebook), editor.done
    nbformat.validate(restored)


def points(seed, sandboxed):
    """Return the points that an edited lab gets when it is executed, and those that it deserves, by
    task."""
    lab, editor, restored = edited(seed)
    execute(restored, SOURCE / lab, sandbox.Limits(), sandboxed)
    got = {
        task_of(grade_id(cell)): utils.determine_grade(cell)[0]
        for cell in restored.cells
        if is_test(cell)
    }
    solved = deserved(editor.notebook, answers(lab))
    return got, {task: most * solved[task] for task, most in automatic(lab).items()}


@pytest.fixture(scope="module")
def executed(sandboxed):
    """What has become of each edited lab that is executed, two at a time, by its seed."""
    with ThreadPoolExecutor(2) as threads:
        yield {seed: threads.submit(points, seed, sandboxed) for seed in EXECUTED}


@pytest.mark.sandbox
@pytest.mark.parametrize("seed", EXECUTED)
def test_an_edited_lab_gets_its_points_when_it_is_executed(seed, executed):
    got, due = executed[seed].result()
    assert got == due, edited(seed)[1].done
