"""Containers of docker and podman: how they are called, and one execution with a stand-in for
docker. No test needs a daemon."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.labs import container, sandbox
from tools.labs.limits import Limits, SandboxError

LIMITS = Limits()
# Does what docker does of what we ask: notes its words, and runs what is to run in a container in
# bubblewrap, where the same folders can be seen.
STAND_IN = """#!{python}
import os, sys
words = sys.argv[1:]
with open({note!r}, "a") as note:
    print(*words, file=note)
if words[0] == "info":
    sys.exit({info!r})
if words[:2] == ["image", "inspect"]:
    sys.exit(0 if os.path.exists({built!r}) else "no such image")
if words[0] == "build":
    assert sorted(os.listdir(words[-1])) == ["Dockerfile", "requirements.txt"]
    open({built!r}, "w").close()
if words[:2] == ["container", "inspect"]:
    sys.exit("no such container")
if words[0] == "run":
    mounts = [word for word in words if word.startswith("type=bind")]
    pairs = [dict(part.split("=") for part in m.split(",") if "=" in part) for m in mounts]
    command = ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/tmp", "--unshare-pid", "--as-pid-1"]
    command += ["--proc", "/proc", "--chdir", "/tmp"]
    for prefix in {prefixes!r}:
        command += ["--ro-bind", prefix, prefix]
    for pair in pairs:
        command += ["--ro-bind", pair["source"], pair["target"]]
    variables = dict(w.split("=", 1) for w, o in zip(words[1:], words) if o == "--env")
    program = words[words.index({image!r}) + 1:]
    os.execvpe("bwrap", [*command, sys.executable, *program[1:]], variables | {{"PATH": {path!r}}})
"""


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Return a function that makes the stand-in, and returns what it notes."""

    def make(info=0):
        note = tmp_path / "note"
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(
            STAND_IN.format(
                python=sys.executable,
                note=str(note),
                built=str(tmp_path / "built"),
                info=info,
                image=container.image(),
                prefixes=[p for p in {sys.prefix, sys.base_prefix} if p.startswith("/tmp/")],
                path="/usr/bin:/bin",
            )
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
        return note

    return make


@pytest.mark.parametrize("program", container.PROGRAMS)
def test_a_container_has_every_limit(program):
    variables = {"HOME": "/tmp/lab"}
    driver, given = Path("/course/driver.py"), Path("/tmp/given")
    words = container.command(program, "lab-1", driver, given, LIMITS, variables)
    assert words[:3] == [program, "run", "--rm"]
    assert words[-1] == container.image()
    for pair in (
        "--network none",
        "--memory 3000000000",
        "--memory-swap 3000000000",
        "--pids-limit 500",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--user 10001:10001",
        "--pull never",
        "--ipc private",
        "--shm-size 100000000",
        "--tmpfs /tmp:rw,exec,nosuid,nodev,size=100000000,mode=1777",
        "--mount type=bind,source=/course/driver.py,target=/driver.py,readonly",
        "--mount type=bind,source=/tmp/given,target=/given,readonly",
        "--env HOME=/tmp/lab",
        "--name lab-1",
    ):
        assert pair in " ".join(words)
    assert "--read-only" in words
    assert not {"--privileged", "--volume", "-v", "--cap-add"} & set(words)


def test_docker_itself_takes_these_words():
    """Where docker is installed: it gets as far as to ask its daemon, which need not be there."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed here")
    words = container.command("docker", "x", Path("/a"), Path("/b"), LIMITS, {"HOME": "/"})
    done = subprocess.run(
        [words[0], "--host", "tcp://127.0.0.1:9", *words[1:], "true"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "unknown flag" not in done.stderr
    assert re.search("[Cc]annot connect|refused|failed to connect", done.stderr), done.stderr


def test_the_image_changes_with_what_is_in_it(tmp_path, monkeypatch):
    before = container.image()
    assert re.fullmatch(r"deep-learning-course-labs:3\.\d+-[0-9a-f]{12}", before)
    other = tmp_path / "requirements.txt"
    other.write_text("numpy==1\n")
    monkeypatch.setattr(container, "REQUIREMENTS", other)
    assert container.image() != before
    text = container.DOCKERFILE.read_text(encoding="utf-8")
    assert "USER lab" in text
    assert f"--uid {container.USER}" in text


def test_a_program_that_is_missing_or_does_not_run_is_said(docker, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="the program podman is not installed"):
        container.require("podman")
    docker(info="Cannot connect to the Docker daemon.")
    with pytest.raises(SandboxError, match="does not run: Cannot connect to the Docker daemon"):
        container.require("docker")


@pytest.mark.sandbox
@pytest.mark.usefixtures("in_sandbox")
def test_cells_are_executed_in_a_container(docker, tmp_path):
    note = docker()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "data.csv").write_text("1,2\n")
    container.require("docker")
    cells = ["import os\nprint(os.getcwd(), open('data.csv').read())", "1/0", "os._exit(1)"]
    done = sandbox.execute(cells, tmp_path / "files", LIMITS, program="docker")
    assert done.outputs[0][0]["text"] == "/tmp/lab 1,2\n\n"
    assert done.outputs[1][0]["ename"] == "ZeroDivisionError"
    assert done.outputs[2] is None
    assert "ended in the middle of a cell" in done.reason
    calls = [line.split() for line in note.read_text().splitlines()]
    started = next(words for words in calls if words[0] == "run")
    name = started[started.index("--name") + 1]
    assert ["rm", "--force", "--volumes", name] in calls
    assert [words[0] for words in calls[:3]] == ["info", "image", "build"]
    container.require("docker")
    calls = [line.split()[0] for line in note.read_text().splitlines()]
    assert calls.count("build") == 1, "it is made once"
