"""The rules of tools/lint applied to every notebook of the course, and what else must agree with
the notebooks: links, cards, helpers, pages."""

import ast
import inspect
import re
import warnings
from functools import cache

import nbformat
import pytest

import helpers
from datasets.catalogue import DATASETS
from tools.docs.__main__ import main as make_pages
from tools.lint import RULES
from tools.lint.looking import code_cells, edition
from tools.lint.text import anchors, broken_links
from tools.notebooks import ROOT, course_notebooks

NOTEBOOKS = course_notebooks()
IGNORED = {"build", "work", "real", "venv"}
PAGES = sorted(
    p
    for pattern in ("*.md", "[!.]*/**/*.md", ".devcontainer/*.md", ".github/**/*.md")
    for p in ROOT.glob(pattern)
    if not IGNORED & set(p.relative_to(ROOT).parts)
)


def name_of(path):
    """Return a path as it is written in a link from the root."""
    return path.relative_to(ROOT).as_posix()


@cache
def read(path):
    """Read a notebook once."""
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert NOTEBOOKS  # else the tests below would pass because they are none


@pytest.mark.parametrize("check", RULES)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_notebook(path, check):
    blemishes = RULES[check](read(path), path)
    assert not blemishes, "\n".join(
        [f"{name_of(path)}, {check}: {inspect.getdoc(RULES[check])}", *blemishes]
    )


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_of_a_page_lead_somewhere(path):
    assert broken_links(path.read_text(encoding="utf-8"), path, anchors(path)) == []


def test_every_schematic_is_shown_somewhere():
    """While notebooks of the first edition are left, what is drawn ahead of its lesson is only
    named; after that it is an error."""
    texts = [cell.source for path in NOTEBOOKS for cell in read(path).cells]
    texts += [path.read_text(encoding="utf-8") for path in PAGES]
    unused = [
        drawing.name
        for drawing in sorted((ROOT / "figures").glob("*.svg"))
        if not any(f"figures/{drawing.name}" in text for text in texts)
    ]
    said = f"Nothing shows these schematics of figures/: {', '.join(unused)}."
    if unused and any(edition(read(path)) == 1 for path in NOTEBOOKS):
        warnings.warn(said, stacklevel=1)
    else:
        assert not unused, said


def test_helpers_is_short_enough_to_be_read():
    assert len((ROOT / "helpers.py").read_text(encoding="utf-8").splitlines()) <= 300


def test_every_data_set_has_a_card():
    headings = re.findall(
        r"(?m)^## (.+?)\s*$", (ROOT / "datasets/README.md").read_text(encoding="utf-8")
    )
    used = {
        name
        for path in NOTEBOOKS
        for name in read(path).metadata.get("course", {}).get("datasets", [])
    }
    assert [
        f"datasets/README.md has no card '## {name}'."
        for name in sorted({*DATASETS, *used})
        if name not in headings
    ] == []


def helpers_used(source, inside=False):
    """Return the names that code takes from helpers; `inside` helpers.py, all that it uses."""
    nodes = list(ast.walk(ast.parse(source)))
    if inside:
        return {n.id for n in nodes if isinstance(n, ast.Name)}
    imported = {
        a.name
        for n in nodes
        if isinstance(n, ast.ImportFrom) and n.module == "helpers"
        for a in n.names
    }
    return imported | {
        n.attr
        for n in nodes
        if isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == "helpers"
    }


def test_every_helper_is_used():
    functions = {
        name
        for name, f in inspect.getmembers(helpers, inspect.isfunction)
        if f.__module__ == "helpers" and not name.startswith("_")
    }
    scripts = [
        p.read_text(encoding="utf-8")
        for p in [*ROOT.glob("*.py"), *ROOT.glob("tools/*.py"), *ROOT.glob("datasets/*.py")]
        if p.name != "conftest.py"
    ]
    cells = [cell.source for path in NOTEBOOKS for _, cell in code_cells(read(path))]
    used = helpers_used((ROOT / "helpers.py").read_text(encoding="utf-8"), inside=True).union(
        *map(helpers_used, scripts + cells)
    )
    unused = sorted(functions - used)
    assert not unused, (
        f"No notebook and no script uses {', '.join(unused)} of helpers.py; "
        "a helper is used or deleted."
    )


def test_generated_pages_are_up_to_date(capsys):
    assert make_pages(["--check"]) == 0, capsys.readouterr().err
