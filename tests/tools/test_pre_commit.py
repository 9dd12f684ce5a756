"""The hooks that look at a commit: they stand in the repository and need no network."""

import re
import shlex
import subprocess
import sys

import pytest
import yaml

from tools.notebooks import ROOT, course_notebooks, name_of

REPOSITORIES = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))[
    "repos"
]
HOOKS = {hook["id"]: hook for repository in REPOSITORIES for hook in repository["hooks"]}


def call(hook, *files):
    """Run what a hook runs, with this Python."""
    python, *words = shlex.split(HOOKS[hook]["entry"])
    assert python == "python"
    return subprocess.run(
        [sys.executable, *words, *map(str, files)], cwd=ROOT, capture_output=True, encoding="utf-8"
    )


def test_nothing_comes_from_elsewhere():
    assert [repository["repo"] for repository in REPOSITORIES] == ["local"]
    assert all(hook["language"] == "system" for hook in HOOKS.values())
    assert set(HOOKS) == {"ruff-check", "ruff-format", "course-lint", "course-docs"}


@pytest.mark.parametrize(("hook", "bad"), [("ruff-check", "import os\n"), ("ruff-format", "x=1\n")])
def test_ruff_looks_at_a_python_file(hook, bad, tmp_path):
    assert call(hook, "results.py").returncode == 0
    (tmp_path / "bad.py").write_text(bad, encoding="utf-8")
    assert call(hook, tmp_path / "bad.py").returncode == 1


def test_notebooks_and_only_notebooks_of_the_course_are_linted(tmp_path):
    pattern = re.compile(HOOKS["course-lint"]["files"])
    assert all(pattern.search(name_of(path)) for path in course_notebooks())
    assert not pattern.search("labs/source/lab1_neuron/lab1_neuron.ipynb")
    (tmp_path / "bad.ipynb").write_text("<html>", encoding="utf-8")
    done = call("course-lint", tmp_path / "bad.ipynb")
    assert done.returncode == 1 and "is not a notebook" in done.stdout


def test_the_pages_are_compared_whatever_is_committed():
    assert HOOKS["course-docs"]["pass_filenames"] is False
    pattern = re.compile(HOOKS["course-docs"]["files"])
    for name in ("Part1_ANN/2-ANN.ipynb", "README.md", "docs/topics.toml"):
        assert pattern.search(name)
    assert call("course-docs", "--help").returncode == 0
