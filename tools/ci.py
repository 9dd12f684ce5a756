"""All tests of the course in stages, with a table of their times; .ci/run calls it, set up and with
the network off.

    python -m tools.ci [tests] [NOTEBOOK|FOLDER ...]     (default: everything)

The stages are the unit tests, those of the labs, one run of each experiment again, the notebooks
in two lanes, the longest first, and once more, alone, those that were over their time
budget. What fails prints its whole output as soon as it has ended; what passes prints one line.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools import budget, notebooks
from tools.calibrate import CalibrationError, calibrate
from tools.notebooks import ROOT

LANES = 2
# For what runs beside something else: with two threads in each of two lanes, which wait for each
# other, all of it takes a quarter longer.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}
CELL_TIMEOUT_S = 900  # a cell of a notebook that is stuck; budgets are far stricter


@dataclass
class Stage:
    """A part of the run: its name, how long it took, and what failed in it."""

    name: str
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


@dataclass
class Timing:
    """How long a notebook took here."""

    path: Path
    seconds: float


class Run:
    """One run of CI: what is called, where its output goes, and what was found.

    Attributes:
        folder: holds the output of each call, and the times of the notebooks.
        stages: those that have begun, in order.
        calibration: the seconds of a calibration beside another one; None if none was taken.
    """

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self.console = console
        self.stages: list[Stage] = []
        self.calibration: float | None = None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Begin a stage, and note its time when it ends."""
        stage = Stage(name)
        self.stages.append(stage)
        self.say(f"--- {name}")
        start = time.monotonic()
        try:
            yield stage
        finally:
            stage.seconds = time.monotonic() - start

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def call(self, stage: Stage, name: str, arguments: Iterable[str], **variables: str) -> None:
        """Run this Python with these arguments; print a line, or all of its output if it fails.

        Args:
            stage: where a failure is noted.
            name: of the call, in what is printed.
            arguments: of Python.
            variables: of the environment, beside those of this process.
        """
        environment = {**os.environ, **variables}
        if self.calibration is not None:
            environment[budget.CALIBRATION] = f"{self.calibration:.3f}"
        log = self.folder / (name.replace("/", "-").replace(" ", "-") + ".log")
        start = time.monotonic()
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        seconds = time.monotonic() - start
        if done.returncode == 0:
            self.say(f"ok      {seconds:6.0f} s  {name}")
            return
        stage.failures.append(name)
        text = log.read_text(encoding="utf-8", errors="replace")
        self.say(f"FAILED  {seconds:6.0f} s  {name}\n{text}")

    @property
    def times_file(self) -> Path:
        """The file to which conftest.py appends the time of each notebook."""
        return self.folder / "times.jsonl"

    def timings(self) -> list[Timing]:
        """Return the times of the notebooks that came to their end, as they ended."""
        if not self.times_file.exists():
            return []
        lines = self.times_file.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        return [Timing(Path(row["notebook"]), row["seconds"]) for row in found]


# --- The stages -----------------------------------------------------------------------------------


def test_code(run: Run) -> None:
    """Run the unit tests, then those of the labs; each of the two uses both cores."""
    for kind, name in {"unit": "unit tests", "labs": "lab tests"}.items():
        with run.stage(name) as stage:
            run.call(stage, name, ("course.py", "test", f"--{kind}", "--durations=10"))


def repeat_experiments(run: Run) -> None:
    """Repeat one run of each experiment; it uses two lanes itself."""
    with run.stage("experiments") as stage:
        run.call(stage, "experiments", ("course.py", "experiments", "--check"))


def calibrate_lanes(run: Run) -> None:
    """Measure how fast this computer is with all lanes busy; the slowest lane counts.

    Done twice, before the stages and after them, the better time counts: what is over budget only
    because the computer was busy in between is saved by being repeated.
    """
    with run.stage("calibration") as stage, lanes() as pool:
        try:
            seconds = max(pool.map(lambda lane: calibrate(ONE_THREAD), range(LANES)))
        except CalibrationError as error:
            stage.failures.append(str(error))
            return
        run.calibration = min(seconds, run.calibration or seconds)
        run.say(
            f"{seconds:.2f} s in each of {LANES} lanes "
            f"({budget.REFERENCE_S:g} s on the reference computer)"
        )


def test_notebooks(run: Run, paths: list[Path]) -> None:
    """Test notebooks in lanes, the longest first, so that no lane is idle for long at the end."""
    with run.stage("notebooks") as stage, lanes() as pool:

        def test(path: Path) -> None:
            arguments = ("course.py", "test", f"--nbval-cell-timeout={CELL_TIMEOUT_S}", str(path))
            variables = {**ONE_THREAD, "COURSE_TIMES": str(run.times_file)}
            run.call(stage, notebooks.name_of(path), arguments, **variables)

        for _ in pool.map(test, longest_first(paths)):
            pass  # an exception in a lane is raised here


def repeat_alone(run: Run) -> None:
    """Execute notebooks that were over their budget again, one after the other.

    They may use all cores now. One that failed is not repeated: it needs more than time.
    """
    failed = {name for stage in run.stages for name in stage.failures}
    paths = [
        timing.path
        for timing in run.timings()
        if timing.seconds > budget.allowed(notebooks.read(timing.path), run.calibration)
        and notebooks.name_of(timing.path) not in failed
    ]
    if not paths:
        return
    with run.stage("repeated alone") as stage:
        for path in paths:
            name = f"{notebooks.name_of(path)} alone"
            run.call(stage, name, ("-m", "tools.budget", str(path)))


@contextmanager
def lanes() -> Iterator[concurrent.futures.Executor]:
    """Return what runs functions in lanes; after Ctrl-C nothing new is begun."""
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        try:
            yield pool
            pool.shutdown(wait=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def measured(path: Path) -> float:
    """Return the seconds that a notebook takes on the reference computer; infinite if it does not
    say."""
    try:
        seconds = notebooks.measured(notebooks.read(path))
    except ValueError:
        return float("inf")
    return float("inf") if seconds is None else seconds


def longest_first(paths: Iterable[Path]) -> list[Path]:
    """Return notebooks in the order of their times; those without one might be the longest."""
    return sorted(paths, key=measured, reverse=True)


# --- What is said at the end ----------------------------------------------------------------------


def table_of_notebooks(timings: Iterable[Timing], calibration: float | None) -> Table:
    """Return the times of notebooks beside those on the reference computer, longest first.

    `expected` is that time on a computer as slow as this one is with all lanes busy, and
    `factor` how many times as long it took: what a factor far from 1 says is not the computer's
    speed but how the notebook bears company.
    """
    table = Table("notebook", title="Seconds of the notebooks", title_justify="left")
    for head in ("reference", "expected", "here", "factor", "allowed"):
        table.add_column(head, justify="right")
    for timing in sorted(timings, key=lambda timing: timing.seconds, reverse=True):
        book = notebooks.read(timing.path)
        reference = measured(timing.path)
        slower = 1.0 if calibration is None else calibration / budget.REFERENCE_S
        is_known = reference < float("inf")
        table.add_row(
            notebooks.name_of(timing.path),
            f"{reference:.0f}" if is_known else "",
            f"{reference * slower:.0f}" if is_known else "",
            f"{timing.seconds:.0f}",
            f"{timing.seconds / (reference * slower):.2f}" if is_known else "",
            f"{budget.allowed(book, calibration):.0f}",
        )
    return table


def table_of_stages(stages: Iterable[Stage]) -> Table:
    """Return the seconds and failures of each stage, and of all together."""
    table = Table("stage", title="Seconds of the stages", title_justify="left")
    table.add_column("seconds", justify="right")
    table.add_column("failed", justify="right")
    stages = list(stages)
    for stage in stages:
        table.add_row(stage.name, f"{stage.seconds:.0f}", str(len(stage.failures) or ""))
    table.add_section()
    failed = sum(len(stage.failures) for stage in stages)
    table.add_row("all", f"{sum(stage.seconds for stage in stages):.0f}", str(failed or ""))
    return table


def report(run: Run) -> None:
    """Print both tables, then what failed."""
    if timings := run.timings():
        run.console.print(table_of_notebooks(timings, run.calibration))
    run.console.print(table_of_stages(run.stages))
    for stage in run.stages:
        for name in stage.failures:
            run.say(f"FAILED: {stage.name}: {name}")


def main(arguments: list[str] | None = None) -> int:
    """Run the stages; return 0 if nothing failed, 1 if anything did, 2 for a path that is not
    there, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tools.ci", description=__doc__.split("\n")[0])
    parser.add_argument(
        "names",
        metavar="tests|NOTEBOOK|FOLDER",
        nargs="*",
        help="only the tests in tests/, only these notebooks; default: everything",
    )
    parser.add_argument("--set-up-seconds", type=float, metavar="S", help="shown in the table")
    found = parser.parse_args(arguments)
    wants_tests = "tests" in found.names or not found.names
    paths = [Path(name) for name in found.names if name != "tests"]
    try:
        books = notebooks.find(paths) if paths or not found.names else []
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    run = Run(ROOT / "build" / "ci", Console(width=110))
    if found.set_up_seconds is not None:
        run.stages.append(Stage("set-up", found.set_up_seconds))
    try:
        calibrate_lanes(run)
        if wants_tests:
            test_code(run)
            repeat_experiments(run)
        if books:
            test_notebooks(run, books)
            calibrate_lanes(run)
            repeat_alone(run)
    except KeyboardInterrupt:
        run.say("Stopped.")
        return 130
    report(run)
    return 1 if any(stage.failures for stage in run.stages) else 0


if __name__ == "__main__":
    sys.exit(main())
