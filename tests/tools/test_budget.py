"""How long a notebook may take: the arithmetic, and the second run, without any kernel."""

import math

import pytest

from tests.support.small_course import book, save
from tools import budget, run


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for variable in (budget.TOLERANCE, budget.CALIBRATION):
        monkeypatch.delenv(variable, raising=False)
    budget.calibration_here.cache_clear()
    yield
    budget.calibration_here.cache_clear()


@pytest.mark.parametrize(
    ("slower", "seconds"),
    [
        (None, 125),
        (1.0, 125),
        (1.5, 187.5),
        (3.0, 375),
        (0.25, 125),  # a fast computer may be as slow as the reference
    ],
)
def test_a_slower_machine_gets_more_time(slower, seconds):
    calibration = None if slower is None else slower * budget.REFERENCE_S
    # Where and how the notebook was measured says nothing about what it may take.
    for about in ({}, {"measured_s": 10.0, "calibration_s": 4.0}, {"calibration_s": "fast"}):
        notebook = book("1", time_budget_s=100, **about)
        assert budget.allowed(notebook, calibration) == pytest.approx(seconds)


def test_the_tolerance_takes_the_place_of_the_margin(monkeypatch):
    monkeypatch.setenv("COURSE_TIME_TOLERANCE", "3")
    assert budget.allowed(book("1", time_budget_s=100), 2 * budget.REFERENCE_S) == 600


@pytest.mark.parametrize("wrong", ["much", "0", "-1", "nan", "inf"])
def test_the_tolerance_must_be_a_positive_number(monkeypatch, wrong):
    monkeypatch.setenv("COURSE_TIME_TOLERANCE", wrong)
    sentence = "COURSE_TIME_TOLERANCE must be a positive number such as 1.5, not "
    with pytest.raises(ValueError, match=f"{sentence}'{wrong}'"):
        budget.tolerance()


@pytest.mark.parametrize("about", [{}, {"time_budget_s": "long"}, {"time_budget_s": True}])
def test_without_a_budget_any_time_will_do(about):
    assert budget.allowed(book("1", **about), 1.0) == math.inf


def test_the_calibration_here_is_handed_over_or_taken_once(monkeypatch):
    taken = []
    monkeypatch.setattr(budget, "calibrate", lambda: taken.append(1) or 2.5)
    assert [budget.calibration_here(), budget.calibration_here()] == [2.5, 2.5]
    assert len(taken) == 1
    budget.calibration_here.cache_clear()
    monkeypatch.setenv("COURSE_CALIBRATION_S", "7.5")
    assert budget.calibration_here() == 7.5
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("tolerance", "calibration", "factor"),
    [
        ("", "", 1),
        ("3", "", 3),
        ("", str(2 * budget.REFERENCE_S), 2),
        ("3", str(2 * budget.REFERENCE_S), 6),
        ("", "0.01", 1),
    ],
)
def test_limits_without_a_calibration_of_their_own(monkeypatch, tolerance, calibration, factor):
    monkeypatch.setattr(budget, "calibrate", lambda: pytest.fail("measured"))
    monkeypatch.setenv("COURSE_TIME_TOLERANCE", tolerance)
    monkeypatch.setenv("COURSE_CALIBRATION_S", calibration)
    assert budget.slowness() == pytest.approx(factor)


@pytest.fixture
def timed(monkeypatch, tmp_path):
    """Call it with the seconds of the second run, the calibration now and a notebook's metadata; it
    returns what `repeat` says, and the exit status of the command."""

    def test(seconds, calibration, failure="", **about):
        def execute(notebook, *others, **options):
            return run.Run(notebook, seconds=seconds, failure=failure)

        def calibrate():
            if calibration is None:
                raise budget.CalibrationError("No luck.")
            return calibration

        monkeypatch.setattr(budget.run, "execute", execute)
        monkeypatch.setattr(budget, "calibrate", calibrate)
        path = save(tmp_path / "x.ipynb", "1", **about)
        status = budget.main([str(path)])
        return ("" if calibration is None else budget.repeat(path)), status

    return test


def test_a_second_run_within_the_budget_is_enough(timed, capsys):
    assert timed(124, None, time_budget_s=100) == ("", 0)
    assert capsys.readouterr().out == "x.ipynb keeps to its budget when executed alone.\n"


def test_a_second_run_on_a_slow_machine_is_enough(timed):
    assert timed(249, 2 * budget.REFERENCE_S, time_budget_s=100) == ("", 0)


def test_a_second_run_over_the_budget_fails(timed, capsys):
    problem, status = timed(251, 2 * budget.REFERENCE_S, time_budget_s=100)
    assert status == 1
    assert problem.startswith("x.ipynb took 251.0 s, executed again with nothing beside it")
    assert "100 s, which makes 250.0 s on this computer" in problem
    assert capsys.readouterr().out == problem + "\n"


def test_a_calibration_handed_over_does_not_count_for_the_second_run(timed, monkeypatch):
    monkeypatch.setenv("COURSE_CALIBRATION_S", "400")  # taken beside other notebooks
    assert timed(251, 2 * budget.REFERENCE_S, time_budget_s=100)[1] == 1


def test_a_second_run_that_raises_fails(timed):
    problem, status = timed(1, 4.0, failure="cell [1]: ValueError", time_budget_s=100)
    assert (problem, status) == (
        "x.ipynb, executed again to measure its time: cell [1]: ValueError",
        1,
    )


def test_a_notebook_without_budget_is_not_executed(timed):
    assert timed(10**6, 4.0, failure="it was executed") == ("", 0)


def test_a_failed_calibration_and_a_wrong_path_are_told_in_one_sentence(timed, capsys, tmp_path):
    assert timed(126, None, time_budget_s=100)[1] == 2
    assert capsys.readouterr().err == "No luck.\n"
    (tmp_path / "torn.ipynb").write_text("{", encoding="utf-8")
    for name in ("none.ipynb", "torn.ipynb"):
        assert budget.main([str(tmp_path / name)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
