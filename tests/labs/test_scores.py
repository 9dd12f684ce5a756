"""The command that measures what answers score: what it keeps, and what it does not keep."""

import json

import nbformat
import pytest

from tests.support.labs import source
from tools.labs import sandbox, scores

LAB = "lab1_neuron"


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Measure without a sandbox or a kernel; call it with what each check of the solution says and
    with remarks to get the exit status and what is kept."""

    def call(*labs, says="", remarks=()):
        def run(trial, sandboxed=True):
            for name, checks in trial.sets.items():
                for check in checks:
                    failed = says if name == scores.REFERENCE else "wrong"
                    error = nbformat.v4.new_output("error", ename="AssertionError", evalue=failed)
                    check.outputs = [error] if failed else []
            return list(remarks)

        monkeypatch.setattr(scores.Trial, "run", run)
        status = scores.main(list(labs))
        return status, json.loads(scores.SCORES.read_text(encoding="utf-8"))

    monkeypatch.setattr(scores, "SCORES", tmp_path / "scores.json")
    monkeypatch.setattr(sandbox, "prove", lambda limits: None)
    (tmp_path / "scores.json").write_text('{"lab5_som": {}, "lab0_gone": {}}', encoding="utf-8")
    return call


def test_the_points_of_a_lab_are_kept_and_those_of_labs_that_are_gone_are_not(measured):
    status, kept = measured(LAB)
    assert status == 0
    assert list(kept) == [LAB, "lab5_som"]
    assert list(kept[LAB]) == [scores.REFERENCE, scores.EMPTY, scores.HARD_CODED, scores.MISTAKES]
    assert (kept[LAB][scores.REFERENCE], kept[LAB][scores.HARD_CODED]) == (100, 0)
    assert list(kept[LAB][scores.MISTAKES]) == [mistake["what"] for mistake in scores.mistakes(LAB)]


@pytest.mark.parametrize(
    ("labs", "what", "sentence"),
    [
        (["lab9"], {}, "There is no lab lab9; there are lab1_neuron, "),
        ([LAB], {"says": "too slow"}, "fails the check of sigmoid: too slow"),
        ([LAB], {"remarks": ["It ran out."]}, "cannot be graded: It ran out."),
    ],
)
def test_what_cannot_be_measured_is_one_sentence_and_nothing_is_kept(
    measured, capsys, labs, what, sentence
):
    status, kept = measured(*labs, **what)
    assert status == 1
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
    assert LAB not in kept


def test_every_answer_is_tried_with_its_checks():
    trial = scores.Trial(LAB, source(LAB))
    tasks = set(scores.hard_coded(LAB))
    task_of = {mistake["what"]: {mistake["task"]} for mistake in scores.mistakes(LAB)}
    assert set(trial.sets) == {
        *(scores.REFERENCE, scores.EMPTY, scores.HARD_CODED, scores.HARD_CODED_SEEN),
        *task_of,
    }
    for name, checks in trial.sets.items():
        assert {check.metadata.nbgrader.grade_id for check in checks} == {
            f"test_{task}" for task in task_of.get(name, tasks)
        }
        hidden = ["HIDDEN TESTS" in check.source for check in checks]
        assert not any(hidden) if name == scores.HARD_CODED_SEEN else all(hidden)
