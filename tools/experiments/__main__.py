"""Make the runs of experiments, or check what is stored of them.

    python -m tools.experiments [NAME ...] [--seeds N] [--again] [--mine]
    python -m tools.experiments [NAME ...] --check [--all]

Runs that are stored are not made again, unless the code or the data on which they rest have
changed. A run is stored as soon as it is done, so that one may stop at any time.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from experiments.table import OWN, STORED, read
from tools.experiments import checking, declare, page
from tools.experiments.declare import Declaration, ExperimentError
from tools.experiments.running import kept_table, make_runs, missing, results, version_fault
from tools.run import end_politely


def run(declaration: Declaration, seeds: int | None, again: bool, own: bool, bar: Progress) -> str:
    """Make the runs of an experiment that are not there yet; return why it failed, or nothing."""
    name = declaration.name
    path = (OWN if own else STORED) / f"{name}.csv"
    table, begun_again = kept_table(declaration, path, own, again)
    jobs = missing(declaration, table, seeds)
    total = len(declaration.wanted(seeds))
    if begun_again:
        say(bar.console, f"{name}: {begun_again}.")
    if not jobs:
        say(bar.console, f"{name}: all {total} runs are there.")
        return ""
    if fault := version_fault(table):
        return fault
    task = bar.add_task(name, total=total, completed=total - len(jobs))

    def tick() -> None:
        bar.advance(task)
        if not bar.console.is_terminal:
            done = int(bar.tasks[task].completed)
            say(bar.console, f"{name}: {done} of {total} runs")

    fault = make_runs(declaration, table, path, jobs, tick)
    bar.stop_task(task)
    if not fault:
        say(bar.console, f"{name}: {total} runs are in {shown(path)}")
    return fault


def check(declarations: list[Declaration], all_runs: bool, console: Console) -> int:
    """Repeat one run of each experiment, or all; return how many experiments failed."""
    faults = [fault for one in declarations if (fault := checking.stored_fault(one))]
    faults += [f"{name}: its experiment is gone" for name in checking.orphans()]
    if not faults:
        tables = {one.name: read(STORED / f"{one.name}.csv") for one in declarations}
        jobs = [
            job
            for one in declarations
            for job in checking.to_repeat(one, tables[one.name], all_runs)
        ]
        for job, answer in results(jobs):
            if isinstance(answer, ExperimentError):
                faults.append(str(answer))
                continue
            found = checking.differences(tables[job[0].name], job, answer)
            faults += found
            which = ", ".join(f"{key} {value}" for key, value in job[1].items())
            verdict = "differs" if found else "as stored"
            seconds = answer["seconds"]
            say(console, f"{job[0].name}, {which}, seed {job[2]}: {verdict}, {seconds:.1f} s")
    for fault in faults:
        say(console, f"FAILED {fault.removesuffix('.')}.")
    return len(faults)


def shown(path: Path) -> str:
    """Return a path from the course's root."""
    return path.relative_to(declare.ROOT).as_posix()


def say(console: Console, text: str) -> None:
    """Print a line as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m tools.experiments", description="Make the runs of experiments, or check."
    )
    made.add_argument("names", metavar="NAME", nargs="*", help="default: all of them")
    made.add_argument(
        "--seeds", type=int, metavar="N", help="seeds 1 to N (default: as many as each declares)"
    )
    made.add_argument("--again", action="store_true", help="make runs again that are there already")
    made.add_argument(
        "--mine",
        action="store_true",
        help="on your own data where there are any, into work/experiments/",
    )
    made.add_argument("--check", action="store_true", help="repeat a run of each and compare")
    made.add_argument("--all", action="store_true", help="with --check: repeat all runs")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says.

    Returns:
        the exit status: 0, 1 if something failed, 2 for wrong arguments, 130 after Ctrl-C.
    """
    found = parser().parse_args(arguments)
    if found.seeds is not None and found.seeds < 1:
        print("--seeds must be 1 or more.", file=sys.stderr)
        return 2
    end_politely()
    console = Console()
    try:
        declarations = [declare.read(name) for name in found.names or declare.names()]
    except ExperimentError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        if found.check:
            return 1 if check(declarations, found.all, console) else 0
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("runs"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        failed = False
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            for declaration in declarations:
                fault = run(declaration, found.seeds, found.again, found.mine, bar)
                failed = failed or bool(fault)
                if fault:
                    say(console, f"FAILED {fault}")
        if not found.mine:
            page.write()
        return 1 if failed else 0
    except ExperimentError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the runs that were done are kept.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
