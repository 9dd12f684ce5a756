"""Executes a notebook's cells where they can harm nobody: no network, nothing to see but Python,
limits on everything.

On Linux with bubblewrap every execution gets a sandbox of its own; with docker or podman, on other
systems too, a container of its own. There the code sees the system's programs and Python,
read-only, the lab's data, and a small place in memory to write; no course, no gradebook, no other
student, no network.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.labs import bubblewrap, cgroups, container, system_calls, watching
from tools.labs.channel import read_records
from tools.labs.limits import Limits, SandboxError

DRIVER = Path(__file__).with_name("driver.py")
CONTROL_GROUPS = cgroups.ControlGroups()
BUSY = 0.25  # a computer is busy if code has waited for a processor for this part of its time


@dataclass
class Execution:
    """What came of executing a notebook's cells.

    Attributes:
        outputs: the outputs of each cell in nbformat's form, None for a cell that did not come to
            its end.
        reason: why not all cells came to their end, or what went wrong at the end, one sentence;
            empty if nothing did.
        strange: how many results have come that were not the driver's; they do not count.
        busy: whether the computer was so busy that times tell little.
        seconds: how long it took.
    """

    outputs: list[list[dict] | None]
    reason: str = ""
    strange: int = 0
    busy: bool = False
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Running:
    """A driver that has been started.

    Attributes:
        child: the process that was started first.
        look: says which limit is exceeded now; empty if none.
        end: ends everything, and returns how many processes are left.
    """

    child: subprocess.Popen
    look: Callable[[], str]
    end: Callable[[], int]


# --- Starting -------------------------------------------------------------------------------------


def environment(home: str, programs: list[str]) -> dict[str, str]:
    """Return the environment variables for student code: nothing of ours, one thread, no GPU, no
    chatter.

    Args:
        home: the code's home folder.
        programs: folders of programs.
    """
    if os.name == "nt":
        needed = ("SYSTEMROOT", "TEMP", "COMSPEC")
        windows = {name: os.environ[name] for name in needed if name in os.environ}
    else:
        windows = {}
    return {
        **windows,
        "PATH": os.pathsep.join(programs),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "NBGRADER_EXECUTION": "autograde",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }


def launch(command: list[str], job: dict, **options) -> subprocess.Popen:
    """Start a command in a session of its own, and give it its job. Its stdin stays open: when it
    ends, so does the driver.

    Args:
        command: the command.
        job: what driver.py is to do.
        options: of subprocess.Popen.
    """
    child = subprocess.Popen(
        command,
        start_new_session=os.name != "nt",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )
    try:
        child.stdin.write((json.dumps(job) + "\n").encode())
        child.stdin.flush()
    except BrokenPipeError:  # it could not even start; what it says on stderr is read later
        pass
    return child


def in_bubblewrap(job: dict, given: Path, limits: Limits) -> Running:
    """Start the driver in a sandbox of bubblewrap, and in a control group where there are any."""
    programs = [str(Path(sys.executable).parent), "/usr/bin", "/bin"]
    variables = environment(bubblewrap.WORK_INSIDE, programs)
    command = bubblewrap.command(DRIVER, given, limits)
    command += [sys.executable, "-I", bubblewrap.DRIVER_INSIDE]
    user = bubblewrap.new_user() if bubblewrap.drops_user() else 0
    rights = {**rights_of(limits), "RLIMIT_NPROC": limits.processes}
    job = {**job, "limits": rights, "user": user}
    group = CONTROL_GROUPS.new(limits)
    if group:  # what puts it in there needs our variables, and it does not
        names = [f"{name}={value}" for name, value in variables.items()]
        child = launch([*group.prefix, "/usr/bin/env", "-i", *names, *command], job)
    else:
        child = launch(command, job, env=variables)
    family = watching.Family(child)
    ours = cgroups.folder_of("self")

    def look() -> str:
        folder = cgroups.folder_of(child.pid) if group else None
        return watching.exceeded(family.look(), limits, folder if folder != ours else None)

    def end() -> int:
        left = watching.kill(child, family)
        if group:
            group.remove()
        return left

    return Running(child, look, end)


def in_container(job: dict, given: Path, limits: Limits, program: str) -> Running:
    """Start the driver in a container, which docker or podman holds to its limits."""
    name = container.new_name()
    variables = environment(bubblewrap.WORK_INSIDE, ["/usr/local/bin", "/usr/bin", "/bin"])
    command = container.command(program, name, DRIVER, given, limits, variables)
    command += ["python", "-I", bubblewrap.DRIVER_INSIDE]
    child = launch(command, {**job, "limits": rights_of(limits), "user": 0})
    family = watching.Family(child)

    def end() -> int:
        return container.remove(program, name) + watching.kill(child, family)

    return Running(child, lambda: "", end)


def without_protection(job: dict, given: Path, limits: Limits) -> Running:
    """Start the driver with all rights of this process."""
    programs = [str(Path(sys.executable).parent), "/usr/bin", "/bin"]
    if os.name == "nt":
        programs = os.environ["PATH"].split(os.pathsep)
    job = {**job, "limits": rights_of(limits), "user": 0, "given": ""}
    variables = environment(str(given), programs)
    child = launch([sys.executable, "-I", str(DRIVER)], job, cwd=given, env=variables)
    family = watching.Family(child)
    return Running(
        child,
        lambda: watching.exceeded(family.look(), limits, in_memory=False),
        lambda: watching.kill(child, family),
    )


def rights_of(limits: Limits) -> dict[str, int]:
    """Return the limits that a process takes upon itself, by their names in Python's resource."""
    return {"RLIMIT_DATA": limits.memory, "RLIMIT_FSIZE": limits.disk, "RLIMIT_CORE": 0}


def start(job: dict, given: Path, limits: Limits, sandboxed: bool, program: str) -> Running:
    """Start the driver with its job.

    Args:
        job: what driver.py is to do; limits, places and user are added.
        given: the folder that the code sees.
        limits: what it may use.
        sandboxed: whether it runs in a sandbox.
        program: docker or podman, for a container; empty for bubblewrap.
    """
    if not sandboxed:
        return without_protection(job, given, limits)
    inside = {"given": bubblewrap.GIVEN_INSIDE, "work": bubblewrap.WORK_INSIDE}
    job = {**job, **inside, "programs": system_calls.programs()}
    if program:
        return in_container(job, given, limits, program)
    return in_bubblewrap(job, given, limits)


# --- Executing ------------------------------------------------------------------------------------


def execute(
    sources: list[str],
    files: Path,
    limits: Limits,
    sandboxed: bool = True,
    program: str = "",
) -> Execution:
    """Execute code cells in a fresh kernel, in a sandbox of its own.

    Args:
        sources: the cells, none of them empty.
        files: a folder; copies of what lies in it, notebooks excepted, lie in the working folder of
            the code.
        limits: what the code may use.
        sandboxed: without a sandbox the code runs with all rights of this process; only time and
            output are limited.
        program: docker or podman, for a container; empty for bubblewrap.

    Raises:
        SandboxError: if there is no sandbox.
    """
    began = time.monotonic()
    key = secrets.token_hex(16)
    job = {
        "sources": sources,
        "key": key,
        "cell_seconds": limits.cell_seconds,
        "total_seconds": limits.total_seconds,
        "patience": limits.patience,
        "output_bytes": limits.output_bytes,
    }
    not_given = shutil.ignore_patterns("*.ipynb", ".*", "__pycache__")
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        given = Path(folder).resolve()
        shutil.copytree(files, given, dirs_exist_ok=True, ignore=not_given)
        add_font_list(given / ".matplotlib")
        make_readable(given)
        running = start(job, given, limits, sandboxed, program)
        most = 20 * limits.output_bytes
        written, message, reason = watching.wait(
            running.child, limits, most, running.look, running.end
        )
    told = read_records(written, len(sources), key, limits.output_bytes)
    if told.end is None and not reason:
        if message.strip() and not written:
            last_line = message.strip().splitlines()[-1].strip()
            raise SandboxError(f"The sandbox does not start here: {last_line}")
        reason = "The Python process was ended from inside (an early exit, or too little memory)."
    seconds = time.monotonic() - began
    busy = told.waited > BUSY * seconds or seconds > limits.longest
    return Execution(told.outputs, reason or told.end or "", told.strange, busy, seconds)


def make_readable(folder: Path) -> None:
    """Let every user read a folder and all in it: the code runs as another one."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def add_font_list(folder: Path) -> None:
    """Copy Matplotlib's list of fonts, which takes seconds to make, if this user has one."""
    import matplotlib

    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder)


# --- Whether there is a sandbox -------------------------------------------------------------------


def prove(limits: Limits, program: str = "") -> None:
    """Prove that a sandbox starts here, and that it bounds the number of processes, also for root.

    Args:
        limits: what submissions may use; only the number of processes is set lower.
        program: docker or podman, for a container; empty for bubblewrap.

    Raises:
        SandboxError: with the reason, if not.
    """
    if program:
        container.require(program)
    few = 40
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        Path(folder).chmod(0o755)
        job, smaller = {"probe": 2 * few}, replace(limits, processes=few)
        running = start(job, Path(folder).resolve(), smaller, True, program)
        written, message, reason = watching.wait(
            running.child, Limits(), 10_000, lambda: "", running.end
        )
    try:
        count = json.loads(written)["processes"]
    except (ValueError, KeyError):
        cause = (message.strip().splitlines() or [reason or "it said nothing"])[-1]
        if program:
            raise SandboxError(f"{program} starts no container of the labs: {cause}") from None
        raise SandboxError(bubblewrap.refusal(cause)) from None
    if count > few:
        raise SandboxError(
            "The sandbox starts here, but it does not bound the number of processes "
            "(root in a user namespace is exempt from that limit): "
            f"grade as an ordinary user, or as the machine's own root. {bubblewrap.OTHER_WAYS}"
        )


def applied(limits: Limits, sandboxed: bool = True, program: str = "") -> str:
    """Return a sentence about the limits that hold here, and by what means.

    Args:
        limits, sandboxed, program: as for `execute`.
    """
    times = (
        f"{limits.cell_seconds:g} s for a cell and {limits.total_seconds:g} s in all, without what "
        f"is spent waiting for a processor (never more than {limits.patience:g} times as long)"
    )
    memory = f"{limits.memory / 1e9:g} GB of memory, {limits.processes} processes and threads"
    if not sandboxed:
        return f"Without a sandbox. Limits: {times}. Memory and processes: looked at from outside."
    if program:
        return f"Limits: {times}; {memory}: held by a container of {program}."
    if maker := CONTROL_GROUPS.means(limits):
        means = f"held by control groups of Linux ({maker})"
    else:
        means = "looked at five times a second, as there are no control groups for this user"
    return f"Limits: {times}; {memory}: {means}."
