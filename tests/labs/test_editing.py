"""However a solved lab is edited, it gets the points that its code deserves."""

from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from nbgrader import utils

from tests.support.editing import Editor, checked, deserved, notes
from tests.support.labs import LABS_NAMED, SLOWER, automatic, solutions, source
from tools.labs import sandbox
from tools.labs.cells import grade_id, is_test, task_of
from tools.labs.course import SOURCE
from tools.labs.executing import execute
from tools.labs.restoring import restore
from tools.labs.scores import mistakes

HISTORIES = 200
EXECUTED = {  # histories of thirty actions and more, by lab
    "lab1_neuron": (30, 36, 78, 114, 156, 198),
    "lab5_som": (34, 70, 76, 112, 118, 154),
}


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


def executed_together(lab, sandboxed):
    """Execute several edited notebooks of a lab in one kernel, for speed, each up to its last check
    and without what those before it have defined; return the points by seed and task."""
    forget = "\n".join(f"globals().pop({name!r}, None)" for name in answers(lab))
    books = {seed: edited(seed)[2] for seed in EXECUTED[lab]}
    together = nbformat.v4.new_notebook()
    for book in books.values():
        end = max(number for number, cell in enumerate(book.cells) if is_test(cell)) + 1
        together.cells += [nbformat.v4.new_code_cell(forget), *book.cells[:end]]
    limits = sandbox.Limits(total_seconds=300 * SLOWER)
    execute(together, SOURCE / lab, limits, sandboxed)
    return {
        seed: {
            task_of(grade_id(cell)): utils.determine_grade(cell)[0]
            for cell in book.cells
            if is_test(cell)
        }
        for seed, book in books.items()
    }


@pytest.fixture(scope="module")
def points(sandboxed):
    """The points that the edited notebooks of each lab get, the labs executed at one time."""
    with ThreadPoolExecutor(2) as threads:
        yield {lab: threads.submit(executed_together, lab, sandboxed) for lab in EXECUTED}


@pytest.mark.sandbox
@pytest.mark.parametrize(("lab", "seed"), [(lab, s) for lab in EXECUTED for s in EXECUTED[lab]])
def test_an_edited_lab_gets_its_points_when_it_is_executed(lab, seed, points):
    editor = edited(seed)[1]
    solved = deserved(editor.notebook, answers(lab))
    due = {task: most * solved[task] for task, most in automatic(lab).items()}
    assert points[lab].result()[seed] == due, editor.done
