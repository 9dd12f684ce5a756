"""The code on which the runs of an experiment rest, as one hash.

It begins with the experiment's function `run` and follows every name: to definitions and constants
of the same file, to those of the course's modules, and to functions that are read out of a
notebook. What lies outside of the course is a matter of versions. A loader is not followed, as what
it returns is hashed instead (see arrays.py). Comments, docstrings, annotations and formatting do
not count, nor does the version of Python that reads the code.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import definitions
from tools.experiments.declare import Declaration, ExperimentError
from tools.notebooks import ROOT, read

FOLLOWED = ("datasets", "experiments", "helpers", "results", "som")  # modules that runs may use
LOADERS = "datasets.loaders"
READER = "tools.notebooks.functions"
# Fields of a syntax tree that say nothing about what is computed, or are not in every Python.
IGNORED = {"ctx", "kind", "simple", "type_comment", "type_ignores", "type_params"}


@dataclass
class Unit:
    """A module or a notebook: which statements give a value to each of its names."""

    name: str
    makers: dict[str, list[ast.stmt]] = field(default_factory=dict)
    everything: list[str] = field(default_factory=list)  # modules of which it imports all


def code_hash(declaration: Declaration) -> str:
    """Return the hash of the code on which an experiment's runs rest.

    Raises:
        ExperimentError: it asks a notebook for what is not in it.
    """
    search = _Search(declaration.path)
    search.follow("experiments." + declaration.name, "run")
    text = "\n".join(sorted(search.found.values()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def reached(declaration: Declaration) -> list[str]:
    """Return the names of all that code, each with the file that it stands in."""
    search = _Search(declaration.path)
    search.follow("experiments." + declaration.name, "run")
    return sorted(f"{unit}: {name}" for unit, name in search.found)


class _Search:
    """Follows names; `found` holds the code of each, under the unit and the name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.units: dict[str, Unit] = {}
        self.found: dict[tuple[str, str], str] = {}

    def follow(self, unit_name: str, name: str) -> None:
        """Add what gives a value to a name of a unit, and all that this uses."""
        if (unit_name, name) in self.found:
            return
        unit = self._unit(unit_name)
        makers = unit.makers.get(name, [])
        if not makers:
            for module in unit.everything:
                self.follow(module, name)
            return
        if unit_name == LOADERS and name.startswith("load_"):
            return
        if all(isinstance(maker, ast.Import | ast.ImportFrom) for maker in makers):
            for origin in self._origins(unit, name):
                self._follow_dotted(unit, name, origin)
            return
        self.found[unit_name, name] = f"{name} = {'; '.join(map(plain, makers))}"
        for maker in makers:
            self._follow_uses(unit, maker)

    def _follow_uses(self, unit: Unit, statement: ast.stmt) -> None:
        for dotted in _dotted_names(statement):
            base, _, rest = dotted.partition(".")
            if base not in unit.makers and not unit.everything:
                continue
            origins = self._origins(unit, base)
            if not origins:
                self.follow(unit.name, base)
                if rest:
                    self._follow_lesson(unit, base, rest.partition(".")[0])
            for origin in origins:
                self._follow_dotted(unit, base, f"{origin}.{rest}" if rest else origin)

    def _follow_lesson(self, unit: Unit, base: str, name: str) -> None:
        """Follow `base.name` into a notebook, where `base` is `functions(notebook, ...)`."""
        for maker in unit.makers.get(base, []):
            call = getattr(maker, "value", None)
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if READER in self._origins(unit, call.func.id):
                notebook = self._text(unit, call.args[0])
                self.follow(notebook, name)
                if (notebook, name) not in self.found:
                    raise ExperimentError(f"{unit.name}: {notebook} defines no {name}.")

    def _text(self, unit: Unit, node: ast.expr) -> str:
        """Return a text that stands there, or in a constant of that name."""
        if isinstance(node, ast.Name) and node.id in unit.makers:
            node = unit.makers[node.id][-1].value
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            raise ExperimentError(f"{unit.name}: a notebook is named by a text or a constant.")
        return node.value

    def _origins(self, unit: Unit, name: str) -> list[str]:
        """Return what a name stands for, as `package.module.thing`, where it is imported."""
        found = []
        for maker in unit.makers.get(name, []):
            for alias in getattr(maker, "names", []):
                if isinstance(maker, ast.ImportFrom) and (alias.asname or alias.name) == name:
                    found.append(f"{maker.module}.{alias.name}")
                elif isinstance(maker, ast.Import) and alias.asname == name:
                    found.append(alias.name)
                elif isinstance(maker, ast.Import) and alias.name.split(".")[0] == name:
                    found.append(name)
        return found

    def _follow_dotted(self, unit: Unit, base: str, dotted: str) -> None:
        """Follow what is imported: into the course's modules, else note its name."""
        words = dotted.split(".")
        if dotted == READER or words[0] not in FOLLOWED:
            origins = " ".join(self._origins(unit, base))
            self.found[unit.name, base] = f"{base} = import {origins}"
            return
        for end in range(len(words), 0, -1):
            module = ".".join(words[:end])
            if self._file(module).exists():
                for name in words[end : end + 1] or list(self._unit(module).makers):
                    self.follow(module, name)
                return

    def _file(self, name: str) -> Path:
        if name == f"experiments.{self.path.stem}":
            return self.path
        return ROOT / name if name.endswith(".ipynb") else ROOT / (name.replace(".", "/") + ".py")

    def _unit(self, name: str) -> Unit:
        if name not in self.units:
            path = self._file(name)
            if not path.exists():
                raise ExperimentError(f"There is no file {name}.")
            unit = self.units[name] = Unit(name)
            for statement in _statements(path):
                if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                    unit.everything.append(statement.module)
                for made in definitions.bound(statement):
                    unit.makers.setdefault(made, []).append(_Bare().visit(statement))
        return self.units[name]


def _statements(path: Path) -> Iterator[ast.stmt]:
    if path.suffix == ".ipynb":
        for cell in read(path).cells:
            if cell.cell_type == "code":
                yield from ast.parse(cell.source).body
    else:
        yield from ast.parse(path.read_text(encoding="utf-8")).body


class _Bare(ast.NodeTransformer):
    """Takes docstrings and annotations out of a syntax tree."""

    def _without_docstring(self, node: Any) -> Any:
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    visit_ClassDef = _without_docstring

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Take out the docstring and what is returned."""
        node.returns = None
        return self._without_docstring(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Take out what an argument is."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        """Make it an assignment, or a name that has no value yet."""
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Expr(ast.Constant(None))


def _dotted_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement needs from elsewhere, each with the attributes that are
    read of it."""
    found = set()
    for node in ast.walk(statement):
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            found.add(".".join([node.id, *attributes]))
    outside = definitions.used(statement)
    # `a.b` is also met as its part `a`, which by itself would mean all of it.
    return {
        name
        for name in found
        if name.partition(".")[0] in outside
        and not any(other.startswith(f"{name}.") for other in found)
    }


def plain(node: Any) -> str:
    """Return a syntax tree as a text that is the same in every Python."""
    if isinstance(node, list):
        return "[" + ",".join(map(plain, node)) + "]"
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__}:{node!r}"
    fields = [
        f"{name}={plain(value)}"
        for name, value in ast.iter_fields(node)
        if name not in IGNORED and value is not None and value != []
    ]
    return f"{type(node).__name__}({','.join(fields)})"
