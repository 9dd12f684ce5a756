"""The hosted workflows, looked at without running them: what they call is there, and nothing in
them can be changed from outside or fail in silence."""

import importlib.util
import itertools
import re
import shlex

import pytest
import yaml

from tests.support.small_course import ROOT
from tools import launcher, notebooks

FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
TESTS = ROOT / ".github" / "workflows" / "tests.yml"
WEEKLY = ROOT / ".github" / "workflows" / "weekly.yml"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"
EACH = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
MOST_MINUTES = 150


def text_of(path):
    return path.read_text(encoding="utf-8")


def steps(workflow):
    """Return the steps of all jobs."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def faults(text):
    """Return a sentence for each fault that a workflow must not have."""
    workflow = yaml.safe_load(text)
    found = []
    # Only whoever may push a tag, and so may write anyway, starts a job that may write.
    only_tags = set(workflow[True]) == {"push"} and set(workflow[True]["push"] or []) == {"tags"}
    allowed = [{"contents": "read"}, *([{"contents": "write"}] if only_tags else [])]
    if workflow.get("permissions") != {"contents": "read"}:
        found.append("it may do more than read")
    if workflow.get("concurrency", {}).get("cancel-in-progress") is not True:
        found.append("an older run goes on beside a newer one")
    for name, job in workflow["jobs"].items():
        if not 0 < job.get("timeout-minutes", 0) <= MOST_MINUTES:
            found.append(f"job {name} may run for ever")
        if job.get("permissions", {"contents": "read"}) not in allowed:
            found.append(f"job {name} has permissions of its own")
    if "continue-on-error" in text:
        found.append("a failure is not shown")
    found += [
        f"not pinned to a commit, with its version: {line.strip()}"
        for line in text.splitlines()
        if re.search(r"\buses:", line)
        and not re.search(r"uses: [\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ]
    return found


def matrices(job):
    """Return the combinations that a job's matrix stands for."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    included = matrix.pop("include", [])
    product = [
        dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())
    ]
    return [*included, *(product if matrix or not included else [])]


def commands(path):
    """Return all commands of a workflow, with the values of the matrix filled in."""
    found = []
    for job in yaml.safe_load(text_of(path))["jobs"].values():
        for values, step in itertools.product(matrices(job), job["steps"]):
            command = step.get("run", "")
            for name, value in values.items():
                command = command.replace(f"${{{{ matrix.{name} }}}}", value)
            assert "${{" not in command
            found.append(command)
    return [command for command in found if command]


def notebooks_meant(name):
    """Return the notebooks that a word means which the shell expands."""
    paths = sorted(ROOT.glob(name))
    return notebooks.find(paths) if paths else []


def test_there_are_three_workflows():
    assert FILES == [RELEASE, TESTS, WEEKLY]


@EACH
def test_a_workflow_has_no_fault(path):
    assert faults(text_of(path)) == []


@pytest.mark.parametrize(
    ("pattern", "replacement", "fault"),
    [
        (r"contents: read", "contents: write", "it may do more than read"),
        (r"(?s)permissions:.*?\n\n", "", "it may do more than read"),
        (r"cancel-in-progress: true", "cancel-in-progress: false", "an older run goes on"),
        (r"(?s)concurrency:.*?\n\n", "", "an older run goes on"),
        (r"\n    timeout-minutes: \d+", "", "may run for ever"),
        (r"timeout-minutes: \d+", "timeout-minutes: 360", "may run for ever"),
        (r"(    timeout-minutes)", r"    permissions: write-all\n\1", "permissions of its own"),
        (r"(    timeout-minutes)", r"    continue-on-error: true\n\1", "a failure is not shown"),
        (r"(checkout)@\w+ # v6.0.2", r"\1@v6", "not pinned"),
        (r"(checkout)@\w+ # v6.0.2", r"\1@main", "not pinned"),
        (r"(checkout@\w{39})\w", r"\1", "not pinned"),
        (r"(checkout@\w+) # v6.0.2", r"\1", "not pinned"),
        (r"actions/checkout@", "docker://image:", "not pinned"),
    ],
)
@EACH
def test_each_fault_is_found(path, pattern, replacement, fault):
    bad, count = re.subn(pattern, replacement, text_of(path), count=1)
    assert count == 1
    assert any(fault in sentence for sentence in faults(bad))


def test_a_job_that_may_write_starts_by_a_tag_only():
    text = text_of(RELEASE)
    assert "contents: write" in text
    for trigger in ("  push:\n  release:\n", "  push:\n    branches: [main]\n    tags: [v]\n"):
        bad, count = re.subn(r"  push:\n    tags: .*\n", trigger, text)
        assert count == 1 and "job release has permissions of its own" in faults(bad), trigger
    for path in (TESTS, WEEKLY):
        assert "contents: write" not in text_of(path)


def test_the_right_to_write_is_given_to_the_last_step_only():
    text = text_of(RELEASE)
    *others, last = steps(yaml.safe_load(text))
    assert last["run"].startswith("gh release create") and "GH_TOKEN" in last["env"]
    assert text.count("github.token") == 1 and "secrets." not in text
    assert not any("env" in step for step in others)


def test_a_release_is_tested_before_it_is_made():
    called = commands(RELEASE)
    order = ["course.py lint", "course.py test --fast", "-m tools.release", "gh release create"]
    places = [next(i for i, words in enumerate(called) if name in words) for name in order]
    assert places == sorted(places)


def test_an_action_has_the_same_version_everywhere():
    workflows = [yaml.safe_load(text_of(path)) for path in FILES]
    used = {step["uses"] for workflow in workflows for step in steps(workflow) if "uses" in step}
    assert len({action.partition("@")[0] for action in used}) == len(used) == 3


def test_a_push_runs_everything_in_parts_each_notebook_once():
    parts = [
        name
        for command in commands(TESTS)
        if command.startswith("bash .ci/run")
        for name in shlex.split(command)[2:]
    ]
    assert parts.count("tests") == 1
    meant = [notebooks_meant(name) for name in parts if name != "tests"]
    assert len(meant) >= 5 and all(meant)
    assert sorted(itertools.chain(*meant)) == notebooks.course_notebooks()
    on = yaml.safe_load(text_of(TESTS))[True]  # YAML 1.1 takes the key `on` for a truth value
    assert set(on) == {"push", "pull_request"}


def test_once_a_week_comes_what_takes_too_long_for_each_push():
    workflow = yaml.safe_load(text_of(WEEKLY))
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", workflow[True]["schedule"][0]["cron"])
    called = commands(WEEKLY)
    for command in ("test", "test --here", "test --twice", "test --disturbed"):
        assert f"python course.py {command}" in called
    assert "python course.py experiments --check --all --here" in called
    assert "python -m pip install --upgrade -r requirements.in" in called
    systems = {values["system"] for values in matrices(workflow["jobs"]["systems"])}
    assert systems == {"ubuntu-latest", "macos-latest", "windows-latest"}


@EACH
def test_what_is_called_is_there(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    calls = [shlex.split(command) for command in commands(path)]
    for words in calls:
        if words[:2] == ["python", "course.py"]:
            found, others = launcher.read_arguments(words[2:])
            assert not others, words
        elif words[0] == "bash":
            assert (ROOT / words[1]).is_file()
        elif words[:2] == [".venv/bin/python", "-m"]:
            assert importlib.util.find_spec(words[2]), words
    assert any(words[:2] == ["python", "course.py"] for words in calls)


@EACH
def test_a_job_that_grades_labs_on_linux_installs_their_sandbox(path):
    """In CI a missing sandbox fails; .ci/run installs it itself."""
    for name, job in yaml.safe_load(text_of(path))["jobs"].items():
        commands_before, *grades = re.split(
            r"course\.py test(?! \$)", "\n".join(step.get("run", "") for step in job["steps"])
        )
        assert not grades or "apt-get install -y -q bubblewrap" in commands_before, name


@EACH
def test_pythons_are_those_of_the_course(path):
    declared = re.search(
        r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text_of(ROOT / "pyproject.toml")
    )
    supported = range(int(declared[1]), int(declared[2]))
    versions = {
        int(minor) for minor in re.findall(r'python(?:-version)?: "3\.(\d+)"', text_of(path))
    }
    assert versions and versions <= set(supported)
    if path != RELEASE:  # which is tested by the others on every Python
        assert {min(supported), max(supported)} <= versions
