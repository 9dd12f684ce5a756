"""The calibration: a positive number from a fresh process, larger when the computer is slower."""

import runpy
import subprocess
import sys
from unittest.mock import Mock

import pytest

from tools import calibrate


def answer(monkeypatch, code):
    """Let the fresh process run this code in place of the calibration."""
    run = subprocess.run
    monkeypatch.setattr(
        calibrate.subprocess,
        "run",
        lambda command, **options: run([sys.executable, "-c", code], **options),
    )


def test_the_number_comes_from_a_fresh_process(monkeypatch):
    monkeypatch.setattr(calibrate, "measure", lambda: pytest.fail("measured in this process"))
    answer(monkeypatch, "print('2.125')")
    assert calibrate.calibrate() == 2.125


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ImportError('No module named keras')", "ImportError: No module named keras"),
        ("pass", "it printed no number"),
        ("print('Ready: seed 0')", "it printed no number"),
        ("import os; os._exit(9)", "it printed no number"),
    ],
)
def test_a_process_that_fails_is_told_in_one_sentence(monkeypatch, code, reason):
    answer(monkeypatch, code)
    with pytest.raises(calibrate.CalibrationError) as error:
        calibrate.calibrate()
    assert str(error.value) == f"The calibration of this computer failed: {reason}"


def test_the_faster_repetition_counts(monkeypatch):
    times = iter([5.0, 2.0, 1.0, 4.0])
    monkeypatch.setattr(calibrate, "_seconds", lambda train: next(times))
    assert calibrate.measure() == 3.0


def test_the_work_is_short_and_leaves_standard_output_alone(monkeypatch, capfd):
    """Here once, and in this process; CI calibrates as it is meant in its first stage."""
    monkeypatch.setattr(calibrate, "REPETITIONS", 1)
    assert 0.1 < calibrate.measure() < 120
    assert capfd.readouterr().out == ""


def test_the_program_prints_the_number_alone(monkeypatch, capfd):
    monkeypatch.setattr(calibrate.time, "perf_counter", iter(range(100)).__next__)
    monkeypatch.setattr("keras.Sequential", Mock())
    monkeypatch.delitem(sys.modules, "tools.calibrate")
    runpy.run_module("tools.calibrate", run_name="__main__")
    assert capfd.readouterr().out == "2.000\n"
