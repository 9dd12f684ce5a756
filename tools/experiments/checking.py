"""Whether stored tables still hold: read without any training, and by repeating runs."""

from __future__ import annotations

from pathlib import Path

from experiments.table import STORED, Table, TableError, read
from tools.experiments import declare
from tools.experiments.declare import Declaration, ExperimentError, cells
from tools.experiments.reach import code_hash
from tools.experiments.running import Answer, Job, changed_calls, missing

MOST_RUN_S = 15  # of the run that CI repeats
MOST_ALL_S = 240  # of these runs of all experiments
MOST_EXPERIMENT_S = 20 * 60
SLACK = 0.001  # share of a value by which processors may differ where all seeds agree
MAKE = "make it with: python course.py experiments"


def stored_fault(declaration: Declaration, folder: Path = STORED) -> str:
    """Say in one sentence what is wrong with the stored table of an experiment; empty if nothing
    is. Nothing is trained."""
    name = declaration.name
    try:
        table = read(folder / f"{name}.csv")
        code = code_hash(declaration)
        if table.is_half_written:
            return f"{name}.csv: its last line is only half written; {MAKE} {name}"
        if table.about["data"] != "default":
            return f"{name}.csv: it does not hold the default data; {MAKE} {name}"
        if (table.settings, table.metrics) != (declaration.settings, list(declaration.metrics)):
            return f"{name}.csv: its columns are not those of the experiment; {MAKE} {name}"
        if table.about["code"] != code:
            return f"{name}.csv: the code has changed since it was made; {MAKE} {name}"
        if calls := changed_calls(table):
            return f"{name}.csv: {calls[0]} returns other data than it did; {MAKE} {name}"
    except (ExperimentError, TableError) as error:
        return f"{error} {MAKE[0].upper()}{MAKE[1:]} {name}"
    if lacking := missing(declaration, table, None):
        return f"{name}.csv: {len(lacking)} of its runs are missing; {MAKE} {name}"
    wanted = [cells(configuration) for configuration in declaration.configurations]
    if any({key: row[key] for key in table.settings} not in wanted for row in table.rows):
        return f"{name}.csv: it holds runs that are no longer wanted; {MAKE} {name}"
    total = sum(float(row["seconds"]) for row in table.rows)
    if total > MOST_EXPERIMENT_S:
        return f"{name}.csv: its runs took {total:.0f} s; they may take {MOST_EXPERIMENT_S} s"
    if not quick(table):
        return f"{name}.csv: no run took {MOST_RUN_S} s or less, so that CI could repeat it"
    return ""


def quick(table: Table) -> list[dict[str, str]]:
    """Return the runs that CI could repeat."""
    return [row for row in table.rows if float(row["seconds"]) <= MOST_RUN_S]


def orphans(folder: Path = STORED) -> list[str]:
    """Return the stored tables whose experiment is gone."""
    known = declare.names()
    return [path.name for path in sorted(folder.glob("*")) if path.stem not in known]


def to_repeat(declaration: Declaration, table: Table, all_runs: bool) -> list[Job]:
    """Return the runs that are repeated: all, or one that each change of the code chooses anew."""
    rows = table.rows if all_runs else quick(table)
    if not all_runs:
        rows = [rows[int(table.about["code"], 16) % len(rows)]]
    of = {str(cells(configuration)): configuration for configuration in declaration.configurations}
    return [
        (declaration, of[str({key: row[key] for key in table.settings})], int(row["seed"]))
        for row in rows
    ]


def differences(table: Table, job: Job, answer: Answer) -> list[str]:
    """Return a sentence for each value of a repeated run that lies outside of what is stored for
    its configuration: the range of its seeds, widened by half."""
    declaration, configuration, seed = job
    rows = [
        row for row in table.rows if {k: row[k] for k in table.settings} == cells(configuration)
    ]
    found = []
    for metric in table.metrics:
        stored = [float(row[metric]) for row in rows]
        low, high = allowed(min(stored), max(stored))
        value = answer["metrics"].get(metric)
        if value is None or not low <= value <= high:
            which = ", ".join(f"{key} {text}" for key, text in configuration.items())
            found.append(
                f"{declaration.name}, {which}, seed {seed}: {metric} is {value} and lies outside "
                f"of {low:.6g} to {high:.6g}"
            )
    return found


def allowed(lowest: float, highest: float) -> tuple[float, float]:
    """Return a range that is half as wide again, a quarter at each end; where all seeds agree as
    far as processors do, a little more."""
    margin = max((highest - lowest) / 4, SLACK * max(abs(lowest), abs(highest)))
    return lowest - margin, highest + margin
