"""How long a notebook may take here and now, and whether it keeps to that when nothing disturbs it.

    python -m tools.budget NOTEBOOK ...     executes each once more, and fails if one takes too long

A notebook's `time_budget_s` holds for the reference computer (tools/calibrate.py), and one whose
calibration takes longer gets so much more time. Even so a run beside others proves nothing, since
their load comes and goes: a notebook over budget is executed again alone, and only that run counts.
"""

from __future__ import annotations

import copy
import functools
import math
import os
import sys
from pathlib import Path

from nbformat import NotebookNode

from tools import notebooks, run
from tools.calibrate import REFERENCE_S, CalibrationError, calibrate

MARGIN = 1.25  # two runs on one machine differ by that much
TOLERANCE = "COURSE_TIME_TOLERANCE"  # replaces the margin, for machines that no calibration excuses
CALIBRATION = "COURSE_CALIBRATION_S"  # a calibration taken already, under the load of the run


def from_environment(variable: str, default: float | None) -> float | None:
    """Return the positive number that an environment variable holds, or the default if it is unset.

    Raises:
        ValueError: it holds anything else; the message is one sentence.
    """
    text = os.environ.get(variable)
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"{variable} must be a positive number such as 1.5, not {text!r}.")
    return number


def tolerance() -> float:
    """Return the factor by which a notebook may exceed its budget, the machine's speed aside."""
    return from_environment(TOLERANCE, MARGIN)


@functools.cache
def calibration_here() -> float:
    """Return the calibration of this machine: the one handed over, or one taken now, once.

    Raises:
        CalibrationError: it could not be taken.
    """
    return from_environment(CALIBRATION, None) or calibrate()


def slowness() -> float:
    """Return the factor by which limits on time may be exceeded that hold for the reference
    computer with nothing beside it, such as those of the labs' tests.

    It comes from what the environment says; nothing is measured.
    """
    calibration = from_environment(CALIBRATION, REFERENCE_S)
    return from_environment(TOLERANCE, 1.0) * max(1.0, calibration / REFERENCE_S)


def allowed(book: NotebookNode, calibration: float | None = None) -> float:
    """Return the seconds that a notebook may take, infinite if it has no budget.

    Args:
        book: the notebook.
        calibration: of this computer at the time; if None, it is taken to be as fast as the
            reference computer.
    """
    budget = notebooks.budget(book)
    slower = 1.0 if calibration is None else max(1.0, calibration / REFERENCE_S)
    return math.inf if budget is None else budget * slower * tolerance()


def repeat(path: Path) -> str:
    """Execute a notebook again; return in one sentence why it is too slow, or nothing if it is not.

    Raises:
        CalibrationError: the machine's speed is needed and could not be measured.
        ValueError: the file holds no notebook.
    """
    book = notebooks.read(path)
    if notebooks.budget(book) is None:
        return ""
    environment = dict(os.environ, COURSE_DATA="default")
    done = run.execute(
        notebooks.without_outputs(copy.deepcopy(book)), path.parent, environment, timeout=1800
    )
    if done.failure:
        return f"{path.name}, executed again to measure its time: {done.failure}"
    if done.seconds <= allowed(book):
        return ""
    calibration = calibrate()  # a calibration handed over was taken under another load
    if done.seconds <= allowed(book, calibration):
        return ""
    return (
        f"{path.name} took {done.seconds:.1f} s, executed again with nothing beside it; its budget "
        f"is {notebooks.budget(book):g} s, which makes {allowed(book, calibration):.1f} s on this "
        f"computer (calibration {calibration:.2f} s, {REFERENCE_S:g} s on the reference computer; "
        f"tolerance {tolerance():g}; on a slow machine set {TOLERANCE} to a larger number)."
    )


def main(arguments: list[str]) -> int:
    """Print one line a notebook; return 0 if all keep to their budgets, 1 if not, 2 for a path that
    is not there, 130 after Ctrl-C."""
    run.end_politely()
    failed = False
    try:
        for path in notebooks.find(map(Path, arguments)):
            problem = repeat(path)
            failed = failed or bool(problem)
            print(problem or f"{path.name} keeps to its budget when executed alone.", flush=True)
    except (CalibrationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
