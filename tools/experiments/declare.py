"""What an experiment says of itself, read out of its file without executing its imports."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.table import FEWEST_SEEDS
from tools.notebooks import ROOT

FOLDER = ROOT / "experiments"
MOST_LINES = 100
DRAFT_SEEDS = 2
OURS = {"seed", "seconds", "check"}  # columns that an experiment must not have itself
NEEDED = ("NOTEBOOK", "CONFIGURATIONS", "SEEDS", "METRICS")
Configuration = dict[str, Any]


class ExperimentError(ValueError):
    """An experiment that cannot be used; the message says in one sentence why."""


@dataclass(frozen=True)
class Declaration:
    """An experiment.

    Attributes:
        name: of its file, without `.py`.
        path: its file.
        question: the first line of its docstring.
        notebook: the one that shows its table, as a path from the course's root.
        configurations: what is compared, a dict for each; all have the same keys.
        seeds: how many runs each configuration gets; their seeds are 1, 2, ...
        metrics: the columns of what a run measures, each with what it is.
        draft: whether the notebook's text is still being read, so that two seeds are enough.
    """

    name: str
    path: Path
    question: str
    notebook: str
    configurations: tuple[Configuration, ...]
    seeds: int
    metrics: dict[str, str]
    draft: bool

    @property
    def settings(self) -> list[str]:
        """The columns of a configuration."""
        return list(self.configurations[0])

    def wanted(self, seeds: int | None = None) -> list[tuple[Configuration, int]]:
        """Return all runs, seed by seed: what is stopped early has each configuration alike."""
        return [
            (configuration, seed)
            for seed in range(1, (seeds or self.seeds) + 1)
            for configuration in self.configurations
        ]


def cells(configuration: Configuration) -> dict[str, str]:
    """Return a configuration as it stands in a table."""
    return {name: str(value) for name, value in configuration.items()}


def names(folder: Path = FOLDER) -> list[str]:
    """Return the names of all experiments."""
    files = sorted(folder.glob("*.py"))
    return [path.stem for path in files if path.stem not in ("__init__", "table")]


def read(name: str, folder: Path = FOLDER) -> Declaration:
    """Read what an experiment says of itself.

    Raises:
        ExperimentError: there is none of that name, or something in it is wrong.
    """
    path = folder / f"{name}.py"
    if name not in names(folder):
        known = ", ".join(names(folder)) or "none yet"
        raise ExperimentError(f"There is no experiment {name}; there are: {known}.")

    def require(holds: bool, sentence: str) -> None:
        if not holds:
            raise ExperimentError(f"experiments/{name}.py: {sentence}.")

    text = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ExperimentError(f"experiments/{name}.py: line {error.lineno} is no Python.") from None
    require(bool(re.fullmatch(r"[a-z][a-z0-9_]*", name)), "its name needs a-z, 0-9 and _ only")
    lines = len(text.splitlines())
    require(lines <= MOST_LINES, f"it has {lines} lines, and may have {MOST_LINES}")
    question = (ast.get_docstring(tree) or "").partition("\n")[0]
    require(question.endswith("?"), "the first line of its docstring must ask its question")
    said = _constants(tree)
    for constant in NEEDED:
        require(constant in said, f"it needs {constant}, made of literals")
    require((ROOT / str(said["NOTEBOOK"])).is_file(), f"there is no notebook {said['NOTEBOOK']}")
    draft = said.get("DRAFT", False)
    require(isinstance(draft, bool), "DRAFT is True or False")
    fewest = DRAFT_SEEDS if draft else FEWEST_SEEDS
    seeds = said["SEEDS"]
    require(type(seeds) is int and seeds >= fewest, f"SEEDS is a number of at least {fewest}")
    run = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    arguments = [argument.arg for argument in run[-1].args.args] if run else []
    require(arguments == ["configuration", "seed"], "it needs a function run(configuration, seed)")
    fault = _configuration_fault(said["CONFIGURATIONS"]) or _metrics_fault(said)
    require(not fault, fault)
    configurations = tuple(said["CONFIGURATIONS"])
    metrics = said["METRICS"]
    return Declaration(
        name, path, question, said["NOTEBOOK"], configurations, seeds, metrics, draft
    )


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Return the constants of a module that are made of literals and of each other."""
    found: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).isupper():
            try:
                exec(compile(ast.Module([statement], []), "<experiment>", "exec"), found)
            except Exception:  # it is made of something else, and may be no declaration
                continue
    return found


def _configuration_fault(configurations: Any) -> str:
    """Say what is wrong with the configurations; empty if nothing is."""
    if not isinstance(configurations, list) or not configurations:
        return "CONFIGURATIONS is a list of dicts, with at least one in it"
    if any(not isinstance(one, dict) or not one for one in configurations):
        return "CONFIGURATIONS is a list of dicts, none of them empty"
    first = configurations[0]
    for one in configurations:
        if list(one) != list(first):
            return f"the keys of {one} are not those of {first}, in this order"
        for name, value in one.items():
            if not isinstance(name, str) or name in OURS:
                return f"no configuration may have the key {name!r}"
            if not isinstance(value, str | int | float | bool):
                return f"{name} is {value!r}, which is no text, number, True or False"
            if type(value) is not type(first[name]):
                return f"{name} is {value!r} here and {first[name]!r} there, of another type"
            if isinstance(value, str) and not re.fullmatch(r"[^\W\d][^\r\n]*", value):
                return f"{name} is {value!r}: a text must begin with a letter"
    if len({str(cells(one)) for one in configurations}) < len(configurations):
        return "two configurations are the same"
    return ""


def _metrics_fault(said: dict[str, Any]) -> str:
    """Say what is wrong with the metrics; empty if nothing is."""
    metrics = said["METRICS"]
    texts = [*metrics, *metrics.values()] if isinstance(metrics, dict) else []
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        return "METRICS is a dict that says of each metric, by its column, what it is"
    if taken := set(metrics) & (OURS | set(said["CONFIGURATIONS"][0])):
        return f"{', '.join(sorted(taken))} is already the name of another column"
    return ""
