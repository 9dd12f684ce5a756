"""Imports go one way, and code is written in one form."""

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.notebooks import course_notebooks, read

ROOT = Path(__file__).resolve().parents[2]
# What a module of the course may import of the course. The longest name that fits counts; a name
# stands for all modules in it. Nothing of tools.labs may be imported but where it is named.
ALLOWED = {
    "course": {"tools.launcher"},
    "conftest": {"datasets", "tools"},
    "defaults": set(),
    "helpers": {"datasets", "defaults", "experiments.table", "progress", "results"},
    "progress": set(),
    "results": set(),
    "som": set(),
    "datasets": set(),
    "datasets.formats": set(),
    "datasets.catalogue": {"datasets.formats"},
    "datasets.readers": {"datasets.catalogue", "datasets.formats", "datasets.simulate_"},
    "datasets.loaders": {
        *("datasets.readers", "datasets.catalogue", "datasets.formats", "datasets.simulate_"),
    },
    "datasets.needs": {"datasets"},
    "datasets.simulate_": {"datasets.simulate_"},
    "datasets.render_glyphs": set(),
    "datasets.pretrain_glyph_backbone": {"datasets.render_glyphs", "helpers"},
    "figures": {"figures", "helpers"},
    "experiments": {"datasets", "experiments", "helpers", "som", "tools.notebooks"},
    "experiments.table": {"datasets.catalogue", "progress"},
    "tools": {"datasets", "defaults", "experiments.table", "helpers", "results", "som", "tools"},
    "tools.labs": {"datasets", "defaults", "helpers", "results", "som", "tools", "tools.labs"},
    "labs": {"tools", "tools.labs"},
    "tests": {
        *("conftest", "course", "datasets", "defaults", "experiments", "figures", "helpers"),
        *("progress", "results", "som", "tests.support", "tools", "tools.labs"),
    },
    "a notebook": {"datasets", "helpers", "som"},
}
CODE = ("*.py", "*.sh", "*.yml", "*.jinja", "*.html", "*.css", ".ci/run")


def tracked(*patterns):
    """Return the files of the repository, and new ones that git would not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def sources():
    """Return the name and the source of every module of the course."""
    found = {}
    for path in tracked("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def imported(source, modules):
    """Return those of the course's modules that a piece of code imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            for full in (f"{origin}.{alias.name}" for alias in node.names):
                names.add(full if full in modules else origin)
    return {name for name in names if name in modules or name.startswith(".")}


def within(name, group):
    """Say whether a module is the one of this name, lies in it, or begins with it (`simulate_`)."""
    return name == group or name.startswith(group if group.endswith("_") else f"{group}.")


def rule_for(name):
    """Return what a module may import; None if nothing is said of it."""
    fitting = [group for group in ALLOWED if within(name, group)]
    return ALLOWED[max(fitting, key=len)] if fitting else None


def may_import(name, other):
    """Say whether one module of the course may import another."""
    rule = rule_for(name) or set()
    if within(other, "tools.labs") and "tools.labs" not in rule:
        return False
    return any(within(other, group) for group in rule)


def wrong_imports(modules):
    """Return a sentence for every import that goes the wrong way.

    Args:
        modules: name and source of each module.
    """
    return [
        f"{name} must not import {other}."
        for name, source in modules.items()
        for other in sorted(imported(source, modules))
        if not may_import(name, other)
    ]


# --- The course -----------------------------------------------------------------------------------


def test_imports_go_one_way():
    modules = sources()
    assert {"course", "helpers", "som", "tools.run", "tests.tools.test_imports"} <= set(modules)
    assert [name for name in modules if rule_for(name) is None] == [], "say what it may import"
    assert wrong_imports(modules) == []


def test_no_module_imports_itself_by_way_of_others():
    modules = sources()
    graph = {name: imported(source, modules) for name, source in modules.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


def test_notebooks_import_no_tools():
    modules = sources()
    for path in course_notebooks():
        for cell in read(path).cells:
            if cell.cell_type == "code":
                wrong = [
                    other
                    for other in imported(cell.source, modules)
                    if not may_import("a notebook", other)
                ]
                assert wrong == [], path.name


def test_the_map_needs_no_more_than_numpy_and_scipy():
    nodes = list(ast.walk(ast.parse((ROOT / "som.py").read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)
    assert packages <= {"numpy", "scipy"}


def test_no_line_of_code_has_more_than_100_columns():
    long = [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in tracked(*CODE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 100
    ]
    assert long == []


@pytest.mark.parametrize(
    "command",
    [["check", "--output-format=concise"], ["format", "--check"]],
    ids=lambda words: words[0],
)
def test_ruff_is_content(command):
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
    done = subprocess.run(ruff, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


# --- That these tests can fail --------------------------------------------------------------------

FINE = {
    "course": "from tools.launcher import main",
    "helpers": "from datasets import loaders",
    "som": "import numpy",
    "figures": "",
    "figures.draw": "import helpers",
    "datasets": "",
    "datasets.formats": "import json",
    "datasets.loaders": "from datasets.formats import DataError\nimport datasets.simulate_names",
    "datasets.simulate_names": "",
    "tools": "",
    "tools.launcher": "from tools import run",
    "tools.run": "def lazily():\n    import helpers",
    "tools.labs": "",
    "tools.labs.grade": "from tools import run\nimport tools.labs.report",
    "tools.labs.report": "",
    "tests.support.labs": "from tools.labs import grade",
    "tests.tools.test_run": "from tests.support import labs\nimport helpers, som",
    "tests.tools.test_docs": "",
}


def test_what_goes_the_right_way_is_let_pass():
    assert wrong_imports(FINE) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("course", "import helpers"),
        ("course", "from tools import run"),
        ("helpers", "from tools.run import execute"),
        ("helpers", "def late():\n    import som"),
        ("som", "import helpers"),
        ("figures.draw", "from tools import run"),
        ("tools.run", "from figures import draw"),
        ("datasets.formats", "from datasets import loaders"),
        ("datasets.loaders", "from helpers import setup"),
        ("datasets.simulate_names", "import datasets.loaders"),
        ("datasets.simulate_names", "from .loaders import load_names"),
        ("tools.run", "from tools.labs.grade import Course"),
        ("tools.run", "from tools.labs import grade"),
        ("tools.run", "from tests.support import labs"),
        ("tools.labs.report", "import tests.support.labs"),
        ("tests.support.labs", "from tests.tools.test_run import folder"),
        ("tests.tools.test_run", "from tests.tools import test_docs"),
        ("tests.tools.test_run", "import tests.tools.test_docs as other"),
    ],
)
def test_what_goes_the_wrong_way_is_found(name, source):
    (sentence,) = wrong_imports({**FINE, name: source})
    assert sentence.startswith(f"{name} must not import ")


def test_a_circle_is_found():
    modules = {"tools.run": "import tools.docs", "tools.docs": "from tools import run"}
    graph = {name: imported(source, modules) for name, source in modules.items()}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(graph).prepare()


def test_a_module_of_which_nothing_is_said_is_found():
    assert rule_for("helpers_of_mine") is None and rule_for("toolsmith.run") is None
    assert re.match("tools", "toolsmith.run"), "though its name begins like another"
