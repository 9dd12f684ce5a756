"""Measures what the guide states: how much faster two jobs grade than one, and that a kill loses no finished grade.

Uses the sandbox, a class of copies of lab1_neuron's solution, and folders of its own; takes a few minutes. Run it on a quiet machine.
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

from tools.labs.grade import ROOT, SOURCE

LAB = "lab1_neuron"


def make_class(folder: Path, size: int) -> None:
    """Write submissions that are all right and all different, so that none is taken for another."""
    notebook = nbformat.read(SOURCE / LAB / f"{LAB}.ipynb", 4)
    for number in range(size):
        notebook.cells.append(nbformat.v4.new_code_cell(f"student = {number}"))
        place = folder / f"student{number:02d}"
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{LAB}.ipynb")
        notebook.cells.pop()


def command(submissions: Path, home: Path, jobs: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tools.labs",
        "grade",
        LAB,
        str(submissions),
        "--jobs",
        str(jobs),
        "--home",
        str(home),
    ]


def records(home: Path) -> dict[str, tuple[float, str]]:
    """Return every finished record: when it was written, and what is in it."""
    return {
        path.stem: (path.stat().st_mtime, path.read_text(encoding="utf-8"))
        for path in (home / "grades" / LAB / "students").glob("*.json")
    }


def bench(size: int = 16, kills: int = 5) -> None:
    """Print how long one and two jobs take, and what came of killing the grader at random moments."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Path(folder)
        make_class(place / "class", size)
        seconds = {}
        for jobs in (1, 2):
            began = time.perf_counter()
            subprocess.run(
                command(place / "class", place / f"home{jobs}", jobs),
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds[jobs] = time.perf_counter() - began
            print(
                f"{size} submissions, --jobs {jobs}: {seconds[jobs]:.1f} s, {seconds[jobs] / size:.2f} s each",
                flush=True,
            )
        print(f"two jobs grade {seconds[1] / seconds[2]:.2f} times as fast as one")
        rng, home, lost = np.random.default_rng(0), place / "killed", 0
        for kill in range(1, kills + 1):
            before = records(home)
            child = subprocess.Popen(
                command(place / "class", home, 2),
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            time.sleep(
                8 + float(rng.uniform(0, seconds[2] / 4))
            )  # the start alone takes some seconds
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            after = records(home)
            lost += sum(after.get(student) != record for student, record in before.items())
            print(
                f"kill {kill}: {len(before)} grades before this call, {len(after)} after it",
                flush=True,
            )
        subprocess.run(
            command(place / "class", home, 2), cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        same = (home / "grades" / LAB / "grades.csv").read_bytes() == (
            place / "home2" / "grades" / LAB / "grades.csv"
        ).read_bytes()
        print(
            json.dumps(
                {
                    "grades lost or done twice": lost,
                    "final grades equal those of an undisturbed call": same,
                }
            )
        )
