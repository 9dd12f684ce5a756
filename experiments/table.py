"""The stored table of an experiment: its format, how it is read, and what a notebook gets of it.

A table is a CSV file. Its first lines, `# key: value`, say what it was made with; then come a line
of columns and a line for each run: the columns of its configuration, `seed`, its metrics, `seconds`
and `check`, by which a line is known that was changed or only half written.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "experiments" / "results"
OWN = ROOT / "work" / "experiments"  # runs that a reader made; ignored by git
KEYS = ("experiment", "data", "code", "arrays", "data sets", "versions", "date")
FEWEST_SEEDS = 5


class TableError(ValueError):
    """A stored table that cannot be used; the message says in one sentence why."""


@dataclass
class Table:
    """The runs of an experiment.

    Attributes:
        about: what the first lines say, under KEYS. `data` is "default", or "own" for
            runs on the user's own data where there are any; `code` a hash,
            `arrays` each call of a loader with the hash of what it returned.
        settings: the columns of the configuration.
        metrics: the columns of what was measured.
        rows: a run's values by column, as text.
        is_half_written: whether the last line of the file was not whole; it is not in `rows`.
    """

    about: dict[str, str]
    settings: list[str]
    metrics: list[str]
    rows: list[dict[str, str]] = field(default_factory=list)
    is_half_written: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns of a run, but for `check`."""
        return [*self.settings, "seed", *self.metrics, "seconds"]

    def text(self) -> str:
        """Return the content of the file."""
        head = [f"# {key}: {self.about[key]}" for key in KEYS]
        head.append(f"# check: {_check(*head)}")
        lines = [[row[column] for column in self.columns] for row in self.rows]
        code = self.about["code"]
        body = [
            _line([*self.columns, "check"]),
            *(_line([*line, _check(code, *self.columns, *line)]) for line in lines),
        ]
        return "\n".join([*head, *body]) + "\n"

    def frame(self) -> pd.DataFrame:
        """Return the runs, each column with its type."""
        import pandas as pd  # slow to import

        lines = [[row[column] for column in self.columns] for row in self.rows]
        text = io.StringIO("\n".join(map(_line, [self.columns, *lines])))
        frame = pd.read_csv(text, keep_default_na=False)
        frame.attrs = dict(self.about)
        return frame

    def seeds(self) -> list[int]:
        """Return for each configuration that has a run how many seeds it has."""
        counts: dict[tuple[str, ...], int] = {}
        for row in self.rows:
            settings = tuple(row[name] for name in self.settings)
            counts[settings] = counts.get(settings, 0) + 1
        return list(counts.values())


def read(path: Path) -> Table:
    """Read a table.

    Raises:
        TableError: there is none, or it is not as it was stored. A last line that is only half
            written is no error.
    """
    name = path.name
    if not path.exists():
        raise TableError(f"{name}: this table has not been made yet.")
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("# ")]
    about = dict(line[2:].partition(": ")[::2] for line in head)
    is_whole = lines[: len(head)] == head and [*about] == [*KEYS, "check"]
    if not is_whole or about.pop("check") != _check(*head[:-1]):
        raise TableError(f"{name}: its first lines are not as they were stored.")
    body = list(csv.reader(lines[len(head) :]))
    columns = body[0] if body else []
    if "seed" not in columns or columns[-2:] != ["seconds", "check"]:
        raise TableError(f"{name}: its line of columns is not as it was stored.")
    at = columns.index("seed")
    table = Table(about, columns[:at], columns[at + 1 : -2])
    for number, values in enumerate(body[1:], len(head) + 2):
        is_last = number == len(lines)
        if is_last and not text.endswith("\n"):
            table.is_half_written = True
        elif not values or values[-1] != _check(about["code"], *columns[:-1], *values[:-1]):
            raise TableError(f"{name}: line {number} is not as it was stored.")
        else:
            table.rows.append(dict(zip(columns[:-1], values[:-1], strict=True)))
    return table


def _line(values: list[str]) -> str:
    """Return values as a line of a CSV file, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _check(*texts: str) -> str:
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:12]


# --- For notebooks --------------------------------------------------------------------------------


def experiment(name: str, seeds: int | None = None) -> pd.DataFrame:
    """Return the stored runs of an experiment; say in one line what they are.

    Args:
        name: of a file in experiments/.
        seeds: make the runs again instead, here and now, with so many seeds and on your own data
            where there are any. They are kept in work/experiments/; those that are there already
            are not made twice.

    Returns:
        A row for each run: the columns of its configuration, `seed`, its metrics, `seconds`. Its
        `attrs` hold what the table was made with.

    Raises:
        ValueError: there is no such experiment, or its table is damaged.
        RuntimeError: a run failed.
    """
    known = sorted(path.stem for path in STORED.glob("*.csv"))
    if name not in known:
        raise ValueError(f"There is no experiment {name!r}; expected one of {', '.join(known)}.")
    if seeds is not None:
        _run_again(name, seeds)
    table = read((STORED if seeds is None else OWN) / f"{name}.csv")
    counts = table.seeds()
    number = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    data = "your own" if seeds is not None and _has_own(table) else "the default"
    print(f"{name}: {len(table.rows)} runs, {number} of each kind, on {data} data")
    if len(set(counts)) > 1 or (seeds is None and min(counts) < FEWEST_SEEDS):
        print("It is not complete: python course.py experiments", name)
    if seeds is None and _has_own(table):
        print(
            "Your own data are not in it; to run it on them: python course.py experiments "
            f"{name} --mine"
        )
    return table.frame()


def _has_own(table: Table) -> bool:
    """Say whether the reader has files of their own for any of the data in a table."""
    from datasets import catalogue

    return any(
        catalogue.real_files(name, folder)
        for name in filter(None, table.about["data sets"].split(", "))
        for folder in catalogue.real_folders().values()
    )


def _run_again(name: str, seeds: int) -> None:
    """Make the runs of an experiment in a process of its own, whose state is nobody else's."""
    from progress import progress

    command = [sys.executable, "-m", "tools.experiments", name, "--mine", "--seeds", str(seeds)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            lines = list(progress(process.stdout, name))  # one for each run
        except BaseException:  # Ctrl-C: the runs that are done are kept
            process.terminate()
            raise
    if process.returncode:
        raise RuntimeError(f"Experiment {name} could not be run: {''.join(lines[-1:]).strip()}")
