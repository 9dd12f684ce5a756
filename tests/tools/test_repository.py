"""The files that a host or an editor reads: containers, forms, citation, changelog. Each of them is
looked at without being used."""

import json
import re
import tomllib

import pytest
import yaml

from tests.support.small_course import ROOT
from tools import launcher
from tools.lint import RULES
from tools.lint.file import TAGS

FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[0-9]*.yml"))
# What GitHub's forms may hold, and the keys that each of them needs.
ELEMENTS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}
# The keys of CITATION.cff by the schema of version 1.2.0.
CITATION_KEYS = {
    *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi"),
    *("identifiers", "keywords", "license", "license-url", "message", "preferred-citation"),
    *("references", "repository", "repository-artifact", "repository-code", "title", "type"),
    *("url", "version"),
}


def text_of(name):
    """Read a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def supported():
    """Return the minor versions of Python 3 that the course supports."""
    declared = tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"]
    first, end = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", declared).groups()
    return range(int(first), int(end))


# --- What a visitor reads first -------------------------------------------------------------------


def test_the_readme_is_short_and_opens_with_the_picture_and_the_two_commands():
    lines = text_of("README.md").splitlines()
    assert len(lines) <= 200
    assert lines[0].startswith("# ")
    picture = next(i for i, line in enumerate(lines) if line.startswith("!["))
    command = next(i for i, line in enumerate(lines) if line.startswith("python course.py lab "))
    assert picture < 5 and command < 20
    assert lines[command + 1] == "python course.py test"
    assert len(re.match(r"!\[(.*?)\]", lines[picture])[1].split()) >= 10, "said in words"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_commands_that_a_page_names_are_there(name, capsys):
    named = re.findall(r"python course\.py (\w+)([^`#\n]*)", text_of(name))
    assert named
    for command, others in named:
        with pytest.raises(SystemExit) as ended:
            launcher.read_arguments([command, "--help"])
        explained = capsys.readouterr().out
        assert ended.value.code == 0, f"{name}: there is no course.py {command}"
        for option in re.findall(r"--[\w-]+", others):
            assert option in explained, f"{name}: course.py {command} has no {option}"


def test_the_readme_names_every_command(capsys):
    with pytest.raises(SystemExit):
        launcher.read_arguments(["--help"])
    commands = re.findall(r"(?m)^    ([a-z]+)(?:  |$)", capsys.readouterr().out)
    assert {"lab", "experiments", "doctor"} <= set(commands)
    assert [
        name for name in commands if f"`python course.py {name}" not in text_of("README.md")
    ] == []


def test_every_tag_is_explained():
    explained = re.findall(r"`([\w-]+)`", text_of("CONTRIBUTING.md"))
    assert sorted(TAGS - set(explained)) == []


def test_every_rule_stands_in_the_table_of_rules():
    rows = re.findall(r"(?m)^\| `(\w+)` \|", text_of("CONTRIBUTING.md"))
    assert set(RULES) <= set(rows)


# --- Containers -----------------------------------------------------------------------------------


def test_the_container_sets_the_course_up_and_has_the_sandbox_of_the_labs():
    container = json.loads(text_of(".devcontainer/devcontainer.json"))
    dockerfile = text_of(f".devcontainer/{container['build']['dockerfile']}")
    version = re.search(r"(?m)^FROM \S+/python:3\.(\d+)-\w+$", dockerfile)
    assert int(version[1]) in supported()
    assert re.search(r"apt-get install .*\bbubblewrap\b", dockerfile)
    for option in ("seccomp", "apparmor", "systempaths"):  # without these bubblewrap cannot start
        assert f"--security-opt={option}=unconfined" in container["runArgs"]
    assert container["postCreateCommand"] == (
        "python course.py data check && python course.py doctor"
    )
    settings = container["customizations"]["vscode"]["settings"]
    assert settings["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def test_binder_installs_the_pins_on_a_python_of_the_course():
    assert {path.name for path in (ROOT / ".binder").iterdir()} == {
        *("requirements.txt", "runtime.txt")
    }
    (line,) = text_of(".binder/requirements.txt").splitlines()
    assert (ROOT / ".binder" / line.removeprefix("-r ")).resolve() == ROOT / "requirements.txt"
    version = re.fullmatch(r"python-3\.(\d+)\n", text_of(".binder/runtime.txt"))
    assert int(version[1]) in supported()


# --- Forms ----------------------------------------------------------------------------------------


def form_faults(form):
    """Return a sentence for each thing that GitHub would refuse in a form for issues."""
    faults = [f"it lacks {key}" for key in ("name", "description", "body") if not form.get(key)]
    ids = [element["id"] for element in form.get("body", []) if "id" in element]
    if len(ids) != len(set(ids)):
        faults.append("two elements have the same id")
    for element in form.get("body", []):
        kind, attributes = element.get("type"), element.get("attributes", {})
        if kind not in ELEMENTS:
            faults.append(f"there is no element {kind}")
        elif not attributes.get("value" if kind == "markdown" else "label"):
            faults.append(f"a {kind} has no label")
        if kind in ("dropdown", "checkboxes") and not attributes.get("options"):
            faults.append(f"a {kind} has no options")
        if not re.fullmatch(r"[\w-]+", element.get("id", "x")):
            faults.append(f"{element['id']} is no id")
    return faults


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_is_one_that_the_host_takes_and_asks_for_notebook_cell_and_doctor(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form_faults(form) == []
    assert {"notebook", "cell", "doctor"} <= {element.get("id") for element in form["body"]}
    assert "python course.py doctor" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("name: ", "title: ", "it lacks name"),
        ("type: input", "type: line", "there is no element line"),
        ("id: cell", "id: notebook", "two elements have the same id"),
        ("id: cell", "id: the cell", "the cell is no id"),
        ("      label: Cell", "      title: Cell", "a input has no label"),
    ],
)
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_each_fault_of_a_form_is_found(path, old, new, fault):
    text = path.read_text(encoding="utf-8")
    assert old in text
    assert fault in form_faults(yaml.safe_load(text.replace(old, new, 1)))


def test_there_are_forms_and_blank_issues_are_possible():
    assert len(FORMS) >= 2
    config = yaml.safe_load(text_of(".github/ISSUE_TEMPLATE/config.yml"))
    assert config["blank_issues_enabled"] is True


# --- Citation and changelog -----------------------------------------------------------------------


def test_the_citation_is_one_by_the_schema():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert set(citation) <= CITATION_KEYS
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert all(author.get("name") for author in citation["authors"])
    assert citation["license"] == "MIT" and "MIT" in text_of("LICENSE")
    for key in ("message", "title", "abstract", "version"):
        assert isinstance(citation[key], str) and citation[key], key
    assert len(set(citation["keywords"])) == len(citation["keywords"])


def test_the_changelog_has_the_form_of_keep_a_changelog():
    text = text_of("CHANGELOG.md")
    found = re.findall(r"(?m)^## (.+)$", text)
    assert found[0] == "[Unreleased]"
    versions = [re.fullmatch(r"\[([\d.]+)\] - (\d{4}-\d\d-\d\d)", heading) for heading in found[1:]]
    assert versions and all(versions)
    dates = [version[2] for version in versions]
    assert dates == sorted(dates, reverse=True)
    kinds = set(re.findall(r"(?m)^### (.+)$", text))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
