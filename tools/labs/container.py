"""A container of docker or podman for each execution: the sandbox of macOS, Windows, and Linux
systems on which bubblewrap cannot start.

Its image holds Python and the course's packages (labs/Dockerfile), and is made when it is first
needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.labs.bubblewrap import DRIVER_INSIDE, GIVEN_INSIDE
from tools.labs.limits import Limits, SandboxError
from tools.notebooks import ROOT

PROGRAMS = ("docker", "podman")
DOCKERFILE = ROOT / "labs" / "Dockerfile"
REQUIREMENTS = ROOT / "requirements.txt"
USER = 10_001  # nobody's, in the image and outside
ANSWER_SECONDS = 30
BUILD_SECONDS = 3600


def image() -> str:
    """Return the name of the image, which changes with everything that is in it."""
    mark = hashlib.sha256()
    for path in (DOCKERFILE, REQUIREMENTS):
        mark.update(path.read_bytes())
    return f"deep-learning-course-labs:{python()}-{mark.hexdigest()[:12]}"


def python() -> str:
    """Return the Python that the image holds: the one that grades."""
    return "{}.{}".format(*sys.version_info[:2])


def call(program: str, *words: str, seconds: float = ANSWER_SECONDS) -> subprocess.CompletedProcess:
    """Call docker or podman, and return what it says.

    Raises:
        SandboxError: if it is not installed, or does not answer.
    """
    found = shutil.which(program)
    if found is None:
        raise SandboxError(f"--container {program}: the program {program} is not installed.")
    try:
        return subprocess.run(
            [found, *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(f"{program} does not answer within {seconds:g} s.") from None


def require(program: str) -> None:
    """Make sure that containers can be started, and make the image if it is not there.

    Raises:
        SandboxError: with what docker or podman says, if not.
    """
    done = call(program, "info")
    if done.returncode != 0:
        raise SandboxError(
            f"{program} is installed, but does not run: {last_line(done)}. "
            "(Start it, for example by opening Docker Desktop, or with: podman machine start.)"
        )
    if call(program, "image", "inspect", image()).returncode == 0:
        return
    with tempfile.TemporaryDirectory(prefix="image-") as folder:  # nothing else goes into it
        for path in (DOCKERFILE, REQUIREMENTS):
            shutil.copy(path, folder)
        words = ["build", "--tag", image(), "--build-arg", f"PYTHON={python()}", folder]
        done = call(program, *words, seconds=BUILD_SECONDS)
    if done.returncode != 0:
        raise SandboxError(f"{program} cannot make the image of the labs: {last_line(done)}.")


def last_line(done: subprocess.CompletedProcess) -> str:
    """Return the last line of what a program has said, the most telling one as a rule."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1].strip(" .") if lines else "it does not say why"


def new_name() -> str:
    """Return a name for a container."""
    return f"lab-{os.getpid()}-{secrets.token_hex(4)}"


def command(
    program: str, name: str, driver: Path, given: Path, limits: Limits, variables: dict[str, str]
) -> list[str]:
    """Return the command that runs what follows it in a new container, as its first process.

    Args:
        program: docker or podman.
        name: what the container is called.
        driver: the program that the code finds as /driver.py.
        given: the folder that it finds as /given.
        limits: what it may use.
        variables: environment variables of the code.
    """
    words = [program, "run", "--rm", "--interactive", "--name", name, "--pull", "never"]
    words += ["--network", "none", "--hostname", "lab", "--ipc", "private", "--log-driver", "none"]
    words += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    words += ["--security-opt", "label=disable"]  # SELinux would hide the two mounts
    words += ["--user", f"{USER}:{USER}", "--workdir", "/tmp"]
    memory = str(limits.memory)  # both alike: no swap
    words += ["--memory", memory, "--memory-swap", memory, "--pids-limit", str(limits.processes)]
    half = limits.disk // 2
    words += ["--tmpfs", f"/tmp:rw,exec,nosuid,nodev,size={half},mode=1777"]
    words += ["--shm-size", str(half)]
    for source, target in ((driver, DRIVER_INSIDE), (given, GIVEN_INSIDE)):
        words += ["--mount", f"type=bind,source={source},target={target},readonly"]
    for variable, value in variables.items():
        words += ["--env", f"{variable}={value}"]
    return [*words, image()]


def remove(program: str, name: str) -> int:
    """End a container, if it is still there; return how many are left of it."""
    with contextlib.suppress(SandboxError):
        call(program, "rm", "--force", "--volumes", name)
        return int(call(program, "container", "inspect", name).returncode == 0)
    return 1
