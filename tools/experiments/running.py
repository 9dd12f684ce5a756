"""Making the runs of an experiment, two at a time, and keeping each in the table once done."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from experiments.table import Table, TableError, read
from tools.ci import LANES, ONE_THREAD
from tools.experiments.declare import Configuration, Declaration, ExperimentError, cells
from tools.experiments.reach import code_hash
from tools.notebooks import ROOT, write_whole

PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn")
Answer = dict[str, Any]
Job = tuple[Declaration, Configuration, int]


def versions() -> str:
    """Return the versions of Python and of the packages on which numbers depend."""
    found = [f"python {platform.python_version()}"]
    return ", ".join(found + [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES])


# --- Processes that make runs ---------------------------------------------------------------------


class Worker:
    """A process that makes one run after the other.

    Args:
        own: whether it takes the user's own data where there are any.
    """

    def __init__(self, own: bool) -> None:
        environment = {**os.environ, **ONE_THREAD, "PYTHONUTF8": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        if not own:
            environment["COURSE_DATA"] = "default"
        self.errors = tempfile.TemporaryFile()
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
        command = [sys.executable, "-m", "tools.experiments.worker"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=self.errors, **pipes
        )

    def run(self, declaration: Declaration, configuration: Configuration, seed: int) -> Answer:
        """Make a run; return what worker.py answers.

        Raises:
            ExperimentError: it failed.
        """
        job = {"experiment": declaration.name, "configuration": configuration, "seed": seed}
        try:
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            line = ""
        answer = json.loads(line) if line else {"failure": self._last_words()}
        if "failure" in answer:
            which = ", ".join(f"{key} {value}" for key, value in configuration.items())
            raise ExperimentError(f"{declaration.name}, {which}, seed {seed}: {answer['failure']}")
        return answer

    def _last_words(self) -> str:
        self.errors.seek(0)
        text = self.errors.read().decode("utf-8", "replace").strip()
        return f"its process ended: {text.splitlines()[-1] if text else 'it said nothing'}"

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def results(jobs: list[Job], own: bool = False) -> Iterator[tuple[Job, Answer | ExperimentError]]:
    """Make runs in lanes; yield each with its answer, or with why it failed, as they end.

    What is still running when nobody asks for more is ended.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    done: queue.SimpleQueue[tuple[Job, Answer | Exception]] = queue.SimpleQueue()
    workers = [Worker(own) for _ in range(min(LANES, len(jobs)))]

    def lane(worker: Worker) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                job = waiting.get_nowait()
                try:
                    done.put((job, worker.run(*job)))
                except Exception as error:
                    done.put((job, error))

    threads = [threading.Thread(target=lane, args=(worker,), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in jobs:
            job, answer = done.get()
            if isinstance(answer, Exception) and not isinstance(answer, ExperimentError):
                raise answer
            yield job, answer
    finally:
        while not waiting.empty():
            with contextlib.suppress(queue.Empty):
                waiting.get_nowait()
        for worker in workers:
            worker.end()


# --- The table ------------------------------------------------------------------------------------


def kept_table(declaration: Declaration, path: Path, own: bool, again: bool) -> tuple[Table, str]:
    """Return the table to which runs are added, and a sentence if it had to be begun again.

    Args:
        path: of the file that may hold it already.
        own: whether it is to hold runs on the user's own data.
        again: whether nothing that it holds is to be kept.

    Raises:
        ExperimentError: the table was changed by hand.
    """
    data = "own" if own else "default"
    about = {
        "experiment": declaration.name,
        "data": data,
        "code": code_hash(declaration),
        "arrays": "{}",
        "data sets": "",
        "versions": versions(),
        "date": datetime.date.today().isoformat(),
    }
    fresh = Table(about, declaration.settings, list(declaration.metrics))
    if again or not path.exists():
        return fresh, ""
    try:
        table = read(path)
    except TableError as error:
        raise ExperimentError(
            f"{error} Put it back (git checkout), or make all of its runs again with --again."
        ) from None
    changed = {
        "the code": table.about["code"] != about["code"],
        "the columns": table.columns != fresh.columns,
        "the data": table.about["data"] != data or bool(changed_calls(table)),
    }
    if reasons := [reason for reason, is_so in changed.items() if is_so]:
        return fresh, f"all runs are made again, as {' and '.join(reasons)} changed"
    wanted = [cells(configuration) for configuration in declaration.configurations]
    table.rows = [row for row in table.rows if {k: row[k] for k in table.settings} in wanted]
    return table, ""


def changed_calls(table: Table) -> list[str]:
    """Return the calls of loaders that no longer return what they did."""
    from tools.experiments import arrays  # slow to import

    stored = json.loads(table.about["arrays"])
    own = table.about["data"] == "own"
    return [call for call, hashed in stored.items() if arrays.again(call, own) != hashed]


def version_fault(table: Table) -> str:
    """Say that runs cannot be added to a table, because those in it were made with other versions;
    empty if they can."""
    stored, here = table.about["versions"], versions()
    if not table.rows or stored == here:
        return ""
    return (
        f"{table.about['experiment']}: its runs were made with {stored}; this is {here}, so none "
        "is added. To make all of them again: --again"
    )


def missing(declaration: Declaration, table: Table, seeds: int | None) -> list[Job]:
    """Return the runs that a table lacks."""
    there = [{key: row[key] for key in [*table.settings, "seed"]} for row in table.rows]
    return [
        (declaration, configuration, seed)
        for configuration, seed in declaration.wanted(seeds)
        if {**cells(configuration), "seed": str(seed)} not in there
    ]


def make_runs(
    declaration: Declaration,
    table: Table,
    path: Path,
    jobs: list[Job],
    tick: Callable[[], None] = lambda: None,
) -> str:
    """Make runs; each is in the file as soon as it is done, in the order of the declaration.

    Args:
        table: gets a row for each run.
        path: of its file.
        jobs: the runs.
        tick: called after each.

    Returns:
        why the first one failed, after which no more is begun; empty if none did.
    """
    order = [cells(configuration) for configuration in declaration.configurations]
    for (_, configuration, seed), answer in results(jobs, table.about["data"] == "own"):
        if isinstance(answer, ExperimentError):
            return str(answer)
        measured = {key: f"{value:.6g}" for key, value in answer["metrics"].items()}
        row = {**cells(configuration), "seed": str(seed), **measured}
        table.rows.append({**row, "seconds": str(answer["seconds"])})
        table.rows.sort(
            key=lambda row: (order.index({k: row[k] for k in table.settings}), int(row["seed"]))
        )
        calls = {**json.loads(table.about["arrays"]), **answer["arrays"]}
        names = {*filter(None, table.about["data sets"].split(", ")), *answer["data sets"]}
        table.about["arrays"] = json.dumps(calls, sort_keys=True)
        table.about["data sets"] = ", ".join(sorted(names))
        write_whole(path, table.text())
        tick()
    return ""
