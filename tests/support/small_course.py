"""A course folder with nothing in it but the tools, for notebooks that are made for a test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]


def make_course(parent):
    """Make a folder with the course's tools in it, and a name that needs care; return it."""
    folder = parent / "a coursé"
    shutil.copytree(
        ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__", "labs")
    )
    shutil.copy(ROOT / "results.py", folder)
    return folder


def book(*sources, tags=(), **course):
    """Make a notebook; a source that begins with # is Markdown. The last cell gets the tags."""
    notebook = nbformat.v4.new_notebook()
    for source in sources:
        is_text = source.startswith("#")
        make = nbformat.v4.new_markdown_cell if is_text else nbformat.v4.new_code_cell
        notebook.cells.append(make(source))
    notebook.cells[-1].metadata["tags"] = list(tags)
    if course:
        notebook.metadata["course"] = course
    return notebook


def save(path, *sources, **more):
    """Write such a notebook, and its folder if need be; return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(book(*sources, **more)), encoding="utf-8")
    return path


def call(folder, *arguments, module="tools.run", **variables):
    """Run the module in the folder; return its exit status and what it printed.

    Nothing may end in a traceback.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = dict(os.environ, PYTHONUTF8="1", **variables)
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr
