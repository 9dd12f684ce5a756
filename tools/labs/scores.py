"""What answers of each kind score in the labs, measured by grading them: the reference solution, an
empty notebook, hard-coded answers, and each typical mistake.

    python -m tools.labs.scores [LAB ...]     measures these labs, or all, and keeps the points

The points are kept in labs/scores.json, from which tools/docs.py makes the tables of
labs/README.md. Tests grade the same answers and hold the file to what comes out.
"""

from __future__ import annotations

import argparse
import copy
import functools
import json
import sys
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from tools.labs import sandbox
from tools.labs.cells import errors_of, grade_id, is_test, task_of, without_hidden
from tools.labs.course import LABS, SOURCE, Course, LabError, names, source_of
from tools.labs.executing import execute
from tools.notebooks import write_whole

SCORES = LABS / "scores.json"
SECONDS = 1800  # for all answers of a lab together, on however busy a computer; they are our own
# How the answers are called in labs/scores.json
REFERENCE, EMPTY, HARD_CODED = "reference solution", "empty notebook", "hard-coded answers"
MISTAKES = "mistakes"
HARD_CODED_SEEN = "hard-coded answers, visible checks alone"

# --- Answers --------------------------------------------------------------------------------------


@functools.cache
def mistakes(lab: str) -> list[dict[str, str]]:
    """Return the typical mistakes of a lab, each with task, what, says and code; not to be
    changed."""
    return _answers("mistakes", lab, "mistake")


@functools.cache
def hard_coded(lab: str) -> dict[str, str]:
    """Return, by task, the code of the answers that know nothing but what the visible checks
    expect."""
    return {answer["task"]: answer["code"] for answer in _answers("hard_coded", lab, "answer")}


def _answers(folder: str, lab: str, table: str) -> list[dict[str, str]]:
    return tomllib.loads((LABS / folder / f"{lab}.toml").read_text(encoding="utf-8"))[table]


def right_answers(source: NotebookNode) -> dict[str, str]:
    """Return the instructor's code of each automatically graded task."""
    return {
        grade_id(cell): cell.source
        for cell in source.cells
        if utils.is_solution(cell) and cell.cell_type == "code"
    }


# --- Grading all of them in one kernel ------------------------------------------------------------


@dataclass
class Outcome:
    """What came of the checks of one set of answers.

    Attributes:
        points: by task.
        says: the messages of its check by task; empty where the check has passed.
    """

    points: dict[str, float] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The points of all tasks together."""
        return float(sum(self.points.values()))


class Trial:
    """A lab's answers of every kind, one after the other in one notebook, each with its checks.

    One kernel serves for all, as its start and its imports take longer than most checks. The empty
    notebook comes first and whole, so that no answer is there before it. A mistake is tried by the
    check of its task; the other tasks are those of the reference solution, which comes last, so
    that nothing that a mistake leaves behind is overlooked.

    Args:
        lab: the lab's name.
        empty: the student version of the lab.
        change: is applied to the source of every check.
    """

    def __init__(self, lab: str, empty: NotebookNode, change: Callable[[str], str] = str):
        self.lab = lab
        self.change = change
        source = nbformat.read(source_of(lab), 4)
        self.checks = [cell for cell in source.cells if is_test(cell)]
        self.book = nbformat.v4.new_notebook(cells=copy.deepcopy(empty.cells))
        self.sets: dict[str, list[NotebookNode]] = {
            EMPTY: [cell for cell in self.book.cells if is_test(cell)]
        }
        for cell, check in zip(self.sets[EMPTY], self.checks, strict=True):
            cell.source = change(check.source)  # with its hidden tests
        cheating = hard_coded(lab)
        self.add(HARD_CODED_SEEN, cheating, only_visible=True)
        self.add(HARD_CODED, cheating)
        for mistake in mistakes(lab):
            self.add(mistake["what"], {mistake["task"]: mistake["code"]})
        self.add(REFERENCE, right_answers(source))

    def add(self, name: str, answers: dict[str, str], only_visible: bool = False) -> None:
        """Add a set of answers, in one cell, and the checks of their tasks below it."""
        checks = [copy.deepcopy(cell) for cell in self.checks if task_of(grade_id(cell)) in answers]
        for check in checks:
            text = without_hidden(check.source) if only_visible else check.source
            check.source = self.change(text)
        self.book.cells += [nbformat.v4.new_code_cell("\n\n".join(answers.values())), *checks]
        self.sets[name] = checks

    def run(self, sandboxed: bool = True) -> list[str]:
        """Execute the notebook; return what is remarked, which should be nothing.

        Args:
            sandboxed: whether to use the sandbox.
        """
        limits = sandbox.Limits(cell_seconds=SECONDS, total_seconds=SECONDS)
        return execute(self.book, SOURCE / self.lab, limits, sandboxed)

    def outcome(self, name: str) -> Outcome:
        """Return what came of a set of answers, when the notebook has been executed; of a mistake,
        with right answers to the other tasks."""
        whole = len(self.sets[name]) == len(self.checks)
        outcome = Outcome() if whole else self.outcome(REFERENCE)
        for check in self.sets[name]:
            task = task_of(grade_id(check))
            outcome.points[task] = utils.determine_grade(check)[0]
            outcome.says[task] = " ".join(error.evalue for error in errors_of(check))
        return outcome

    def scores(self) -> dict[str, Any]:
        """Return the points of every set of answers, as labs/scores.json holds them for a lab."""
        whole = {name: self.outcome(name).total for name in (REFERENCE, EMPTY, HARD_CODED)}
        of_mistakes = {m["what"]: self.outcome(m["what"]).total for m in mistakes(self.lab)}
        return {**whole, MISTAKES: of_mistakes}


# --- The file -------------------------------------------------------------------------------------


def stored() -> dict[str, dict[str, Any]]:
    """Return the points that are kept, by lab; none if the file is not there."""
    return json.loads(SCORES.read_text(encoding="utf-8")) if SCORES.exists() else {}


def measure(lab: str) -> dict[str, Any]:
    """Grade a lab's answers of every kind in the sandbox, and return their points.

    Raises:
        LabError: there is no such lab, the notebook did not come to its end, or the reference
            solution fails a check.
        SandboxError: there is no sandbox.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as home:
        released = Course(Path(home)).release(lab) / f"{lab}.ipynb"
        trial = Trial(lab, nbformat.read(released, 4))
    if remarks := trial.run():
        raise LabError(f"The answers of {lab} cannot be graded: {' '.join(remarks)}")
    for task, message in trial.outcome(REFERENCE).says.items():
        if message:
            raise LabError(f"The reference solution of {lab} fails the check of {task}: {message}")
    return trial.scores()


def main(arguments: list[str] | None = None) -> int:
    """Measure labs and keep their points; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.labs.scores", description="Measure what each kind of answer scores."
    )
    parser.add_argument("labs", metavar="LAB", nargs="*", help="default: all labs")
    labs = parser.parse_args(arguments).labs or names()
    known = {lab: points for lab, points in stored().items() if lab in names()}
    try:
        sandbox.prove(sandbox.Limits())
        for lab in labs:
            known[lab] = measure(lab)
            text = json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False)
            write_whole(SCORES, text + "\n")
            print(f"{lab}: {known[lab][REFERENCE]:g} points for the reference solution", flush=True)
    except (LabError, sandbox.SandboxError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
