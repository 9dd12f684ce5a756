"""Measures what the guide states: how much faster two jobs grade than one, and that a kill loses no
finished grade.

Uses the sandbox, a class of copies of lab1_neuron's solution, and folders of its own; takes a few
minutes. Run it on a quiet machine.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import numpy as np

from tools.labs.course import SOURCE
from tools.notebooks import ROOT

LAB = "lab1_neuron"
LEAST_GAIN = 1.6  # how many times as fast two jobs should grade as one, on two idle cores


def make_class(folder: Path, size: int) -> None:
    """Write submissions that are all right and all different, so that each is executed."""
    notebook = nbformat.read(SOURCE / LAB / f"{LAB}.ipynb", 4)
    for number in range(size):
        notebook.cells.append(nbformat.v4.new_code_cell(f"student = {number}"))
        place = folder / f"student{number:02d}"
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{LAB}.ipynb")
        notebook.cells.pop()


def command(submissions: Path, home: Path, jobs: int) -> list[str]:
    """Return the command that grades a folder of submissions."""
    call = [sys.executable, "-m", "tools.labs", "grade", LAB, str(submissions)]
    return [*call, "--jobs", str(jobs), "--home", str(home)]


def grade(submissions: Path, home: Path, jobs: int) -> float:
    """Grade a folder of submissions in a process of its own; return the seconds that it took."""
    began = time.perf_counter()
    subprocess.run(
        command(submissions, home, jobs), cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - began


def records(home: Path) -> dict[str, tuple[float, str]]:
    """Return every finished record: when it was written, and what is in it."""
    return {
        path.stem: (path.stat().st_mtime, path.read_text(encoding="utf-8"))
        for path in (home / "grades" / LAB / "students").glob("*.json")
    }


def grades(home: Path) -> bytes:
    """Return the table of grades as it was written."""
    return (home / "grades" / LAB / "grades.csv").read_bytes()


def bench(size: int = 16, kills: int = 5) -> bool:
    """Print how long one and two jobs take, and what came of killing the grader at random moments;
    say whether it is what the guide promises.

    Args:
        size: how many submissions the class has.
        kills: how often the grader is killed.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        make_class(place / "class", size)
        seconds = {}
        for jobs in (1, 2):
            seconds[jobs] = grade(place / "class", place / f"home{jobs}", jobs)
            print(
                f"{size} submissions, --jobs {jobs}: "
                f"{seconds[jobs]:.1f} s, {seconds[jobs] / size:.2f} s each",
                flush=True,
            )
        print(f"two jobs grade {seconds[1] / seconds[2]:.2f} times as fast as one")
        rng = np.random.default_rng(0)
        home = place / "killed"
        lost = 0
        for kill in range(1, kills + 1):
            before = records(home)
            # The start alone takes some seconds.
            pause = 8 + float(rng.uniform(0, seconds[2] / 4))
            kill_after(pause, command(place / "class", home, 2))
            after = records(home)
            lost += sum(after.get(student) != record for student, record in before.items())
            print(
                f"kill {kill}: {len(before)} grades before this call, {len(after)} after it",
                flush=True,
            )
        grade(place / "class", home, 2)
        result = {
            "grades lost or done twice": lost,
            "final grades equal those of an undisturbed call": grades(home)
            == grades(place / "home2"),
        }
        print(json.dumps(result))
        fast_enough = seconds[1] / seconds[2] >= LEAST_GAIN
        return fast_enough and not lost and all(list(result.values())[1:])


def kill_after(seconds: float, call: list[str]) -> None:
    """Start a command and kill it after some seconds."""
    child = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
