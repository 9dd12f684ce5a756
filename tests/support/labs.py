"""What the tests of the labs share. Nothing here starts a process when it is imported."""

import copy
import functools
import os
import re
import sys

import nbformat
import pytest
from nbgrader import utils

from tools import budget
from tools.labs import sandbox
from tools.labs.cells import grade_id, is_test, task_of
from tools.labs.course import source_of

LABS_NAMED = ["lab1_neuron", "lab2_ann", "lab3_cnn", "lab4_rnn", "lab5_som", "lab6_fraud_project"]
EACH = pytest.mark.parametrize("lab", LABS_NAMED)
SLOWER = budget.slowness()  # limits on time hold for a fast, quiet machine

# --- The sandbox ----------------------------------------------------------------------------------


def reason_for_no_sandbox() -> str:
    """Return why no sandbox can be had here; empty if one can."""
    if sys.platform != "linux":
        return "the sandbox needs Linux"
    try:
        sandbox.prove(sandbox.Limits())
    except sandbox.SandboxError as problem:
        return str(problem)
    return ""


def go_on_or_end(reason: str, must: str, skips: str, platform: str, ci: str | None) -> None:
    """Let a test go on if there is what it needs, else skip it; where CI runs on Linux it fails.

    Args:
        reason: why what it needs is not there; empty if it is.
        must: what CI must do, for the failure.
        skips: what is skipped, for elsewhere.
        platform: the operating system, as `sys.platform` names it.
        ci: what the environment variable CI says; None for that of this process.
    """
    ci = os.environ.get("CI", "") if ci is None else ci
    if reason and platform == "linux" and ci.lower() not in ("", "0", "false"):
        pytest.fail(f"In CI {must}, but: {reason}")
    if reason:
        pytest.skip(f"{skips}: {reason}")


def require_sandbox(reason: str, platform: str = sys.platform, ci: str | None = None) -> None:
    """Let a test go on if a sandbox can be had, as `go_on_or_end` does."""
    must = "the grading of labs must be tested in its sandbox"
    go_on_or_end(reason, must, "NO SANDBOX HERE, grading is not tested", platform, ci)


# --- Labs -----------------------------------------------------------------------------------------


@functools.cache
def source(lab):
    """Return the instructor's notebook of a lab, not to be changed."""
    return nbformat.read(source_of(lab), 4)


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


def solutions(lab):
    """Return the instructor's answer to each task."""
    return {grade_id(cell): cell.source for cell in source(lab).cells if utils.is_solution(cell)}


def part(text, begin, end):
    """Return the lines between two marks, white space at their ends left out, trivial ones too."""
    inside = "\n".join(re.findall(rf"(?s)### {begin}\n(.*?)\s*### {end}", text)).splitlines()
    return [line.strip() for line in inside if len(line.strip()) > 12]


# --- Notebooks ------------------------------------------------------------------------------------


def answered(notebook, answers):
    """Return a copy of a notebook with other answers in the cells of these names."""
    mine = copy.deepcopy(notebook)
    for cell in mine.cells:
        if grade_id(cell) in answers:
            cell.source = answers[grade_id(cell)]
    return mine


def new_cell(kind, source, name=None, **about):
    """Return a cell; with a name, one that nbgrader knows by it, with these properties."""
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    cell = make(source)
    if name:
        properties = dict.fromkeys(("grade", "solution", "locked", "task"), False)
        cell.metadata["nbgrader"] = {**properties, "schema_version": 3, "grade_id": name, **about}
    return cell


def messages(cell):
    """Return what the errors among a code cell's outputs say."""
    return [output.evalue for output in cell.outputs if output.output_type == "error"]
