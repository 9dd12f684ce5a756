"""Executes a notebook's cells where they can harm nobody: no network, nothing to see but Python,
limits on everything.

On Linux with bubblewrap every execution gets a sandbox of its own. There the code sees the system's
programs and this Python, read-only, the lab's data, and a small place in memory to write; no
course, no gradebook, no other student, no network.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import psutil

DRIVER = Path(__file__).with_name("driver.py")
# User numbers from here on belong to nobody: above those of containers, below 2**31.
LAST_USER = 2_000_000_000
EXECUTIONS = itertools.count()
MB = 10**6
MOUNTS = ["/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
LINKS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
KILL_SECONDS = 10  # how long a kill waits until all processes are gone


class SandboxError(Exception):
    """There is no sandbox here that holds. The text is one sentence for the user."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: time of one cell; then it is interrupted, and the next one starts.
        total_seconds: time of the whole notebook, start included; then it is killed.
        memory: bytes, of each process and of all together.
        processes: processes and threads together.
        disk: bytes that may be written, in all.
        output_bytes: output of one cell.
    """

    cell_seconds: float = 30
    total_seconds: float = 180
    memory: int = 3000 * MB
    processes: int = 500
    disk: int = 200 * MB
    output_bytes: int = 1 * MB


@dataclass
class Execution:
    """What came of executing a notebook's cells.

    Attributes:
        outputs: the outputs of each cell in nbformat's form, None for a cell that did not come to
            its end.
        reason: why not all cells came to their end, or what went wrong at the end, one sentence;
            empty if nothing did.
        seconds: how long it took.
    """

    outputs: list[list[dict] | None]
    reason: str = ""
    seconds: float = field(default=0.0, compare=False)


# --- Starting -------------------------------------------------------------------------------------


def environment(home: str) -> dict[str, str]:
    """Return the environment variables for student code: nothing of ours, one thread, no GPU, no
    chatter.

    Args:
        home: the code's home folder.
    """
    if os.name == "nt":
        programs = os.environ["PATH"].split(os.pathsep)
        needed = ("SYSTEMROOT", "TEMP", "COMSPEC")
        windows = {name: os.environ[name] for name in needed if name in os.environ}
    else:
        programs = [str(Path(sys.executable).parent), "/usr/bin", "/bin"]
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


def drops_user() -> bool:
    """Say whether the sandbox's code has to, and can, become another user: root whose user numbers
    are the machine's own."""
    if os.name == "nt" or os.geteuid() != 0:
        return False
    first, _, count = Path("/proc/self/uid_map").read_text().split()[:3]
    return int(first) == 0 and int(count) > LAST_USER


def new_user() -> int:
    """Return a user number that no other grader uses, and this one not for its last 31 executions.

    Limits on processes count by user, and of a killed execution hundreds may still be on their way
    out when the next one starts.
    """
    # Linux numbers processes below 2**22.
    return LAST_USER + 32 * os.getpid() + next(EXECUTIONS) % 32


def bubblewrap(given: Path, limits: Limits) -> list[str]:
    """Return the command that runs what follows it in a sandbox that sees `given` as /given.

    Raises:
        SandboxError: if bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Grading runs the code of others, and needs bubblewrap for that "
            "(Linux; Debian and Ubuntu: apt install bubblewrap). "
            "With --no-sandbox it runs without protection, with all your rights: "
            "do that only on a machine that you could lose."
        )
    command = [program, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    command += ["--hostname", "lab", "--cap-drop", "ALL"]
    if drops_user():
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--disable-userns"]
    for path in MOUNTS:
        command += ["--ro-bind-try", path, path]
    for path in LINKS:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    # Places to write are in memory, and of this size at most.
    writable = ["--size", str(limits.disk), "--perms", "1777", "--tmpfs"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    command += [*writable, "/dev/shm", "--remount-ro", "/dev", *writable, "/tmp"]
    for prefix in python_folders():  # after /tmp, should this Python lie there
        # bubblewrap would make the folders above for their owner only, if they are such outside.
        for parent in list(Path(prefix).parents)[-2::-1]:
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", prefix, prefix]
    command += ["--ro-bind", str(DRIVER), "/driver.py", "--ro-bind", str(given), "/given"]
    return [*command, "--remount-ro", "/", "--chdir", "/tmp"]


def python_folders() -> list[str]:
    """Return the folders that this Python needs, without those that the system's mounts hold
    anyway."""
    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    libraries = (sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
    folders = {os.path.realpath(folder) for folder in (*prefixes, *libraries)} | {sys.prefix}
    return sorted(
        path
        for path in folders
        if not path.startswith("/usr/")
        and not any(path.startswith(other + "/") for other in folders)
    )


def start(job: dict, given: Path, limits: Limits, sandboxed: bool) -> subprocess.Popen:
    """Start the driver with its job, in a session of its own.

    Args:
        job: what driver.py is to do; limits, places and user are added.
        given: the folder that the code sees.
        limits: what it may use.
        sandboxed: whether it runs in the sandbox.
    """
    rights = {"RLIMIT_DATA": limits.memory, "RLIMIT_FSIZE": limits.disk, "RLIMIT_CORE": 0}
    if sandboxed:
        command = [*bubblewrap(given, limits), sys.executable, "-I", "/driver.py"]
        variables = environment("/tmp/lab")
        user = new_user() if drops_user() else 0
        job = {**job, "given": "/given", "work": "/tmp/lab", "user": user}
        rights["RLIMIT_NPROC"] = limits.processes
    else:
        command = [sys.executable, "-I", str(DRIVER)]
        variables = environment(str(given))
        job = {**job, "given": "", "user": 0}
    child = subprocess.Popen(
        command,
        cwd=None if sandboxed else given,
        env=variables,
        start_new_session=os.name != "nt",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        child.stdin.write((json.dumps({**job, "limits": rights}) + "\n").encode())
        child.stdin.close()
    except BrokenPipeError:  # it could not even start; what it says on stderr is read later
        pass
    return child


# --- Watching and ending --------------------------------------------------------------------------


class Family:
    """A process and all that it has started, also what has lost its parent meanwhile.

    Args:
        child: the process, whose end has not been noticed yet, so that its number is its own.
    """

    def __init__(self, child: subprocess.Popen):
        self.first = psutil.Process(child.pid)
        self.descendants: list[psutil.Process] = []

    def look(self) -> list[psutil.Process]:
        """Return all descendants that are there now, parents before their children, and remember
        them."""
        found = dict.fromkeys(descendants_of(self.first))
        for known in self.descendants:
            if known not in found and is_alive(known):  # its parent has ended
                found.update(dict.fromkeys([known, *descendants_of(known)]))
        self.descendants = list(found)
        return self.descendants

    def alive(self) -> list[psutil.Process]:
        """Return the process and its descendants, without those that have ended."""
        return [process for process in [self.first, *self.look()] if is_alive(process)]


def descendants_of(process: psutil.Process) -> list[psutil.Process]:
    """Return what a process has started, at any remove; nothing if it has ended."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process has not ended; one that only waits to be fetched by its parent has."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill(child: subprocess.Popen, family: Family, seconds: float = KILL_SECONDS) -> int:
    """End a sandbox, or without one the driver and its descendants, whatever they do; wait until
    they are gone.

    Args:
        child: the process that `start` has returned.
        family: what has been seen of it and its descendants.
        seconds: how long to wait at most.

    Returns:
        How many processes are still there after that time.
    """
    end = time.monotonic() + seconds
    # The sandbox's first process comes first: when it ends, the kernel ends all others in it.
    # Without a sandbox new ones may have come since the last look, so it takes rounds.
    while (left := family.alive()) and time.monotonic() < end:
        for process in left:
            try:
                process.kill()
            except psutil.Error:  # it has just ended by itself
                pass
        child.poll()
        time.sleep(0.01)
    child.poll()
    return len(left)


class Reader(threading.Thread):
    """Reads a stream to its end, and keeps no more than `most` bytes of it."""

    def __init__(self, stream, most: int):
        super().__init__(daemon=True)
        self.stream = stream
        self.most = most
        self.content = bytearray()
        self.total = 0
        self.start()

    def run(self) -> None:
        while chunk := self.stream.read1(1 << 16):
            self.total += len(chunk)
            self.content += chunk[: max(self.most - len(self.content), 0)]

    def text(self) -> str:
        """Return what has been read, when the stream has come to its end."""
        self.join(5)
        return self.content.decode(errors="replace")


def exceeded(family: list[psutil.Process], limits: Limits) -> str:
    """Say which limit the processes of a sandbox exceed together; empty if none."""
    if total(family, lambda process: process.num_threads()) > 0.9 * limits.processes:
        return f"It started too many processes; {limits.processes} are allowed, threads included."
    if (
        total(family, lambda process: process.memory_info().rss) > limits.memory
        and total(family, own_memory) > limits.memory
    ):
        return f"It used more than {limits.memory / 1e9:g} GB of memory."
    return ""


def total(family: list[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    """Return the sum of what is measured of all processes that are still there."""
    result = 0
    for process in family:
        try:
            result += measure(process)
        except psutil.Error:
            pass
    return result


def own_memory(process: psutil.Process) -> int:
    """Return a process's memory in bytes, of what it shares with n others only an n-th part (slower
    to find out)."""
    try:
        return process.memory_full_info().pss
    except (psutil.AccessDenied, AttributeError):
        return process.memory_info().rss


def pause(child: subprocess.Popen, out: Reader, seconds: float) -> None:
    """Wait for some seconds, or until the driver ends, which its output tells at once."""
    out.join(seconds)
    if not out.is_alive():
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass


def wait(child: subprocess.Popen, limits: Limits, most: int) -> tuple[str, str, str]:
    """Wait until the driver ends or exceeds a limit, and until all its processes are gone.

    Args:
        child: the process that `start` has returned.
        limits: what it may use.
        most: bytes that it may write to stdout.

    Returns:
        Its stdout, its stderr, and the reason for a kill; empty if there was none.
    """
    out, err = Reader(child.stdout, most), Reader(child.stderr, 10_000)
    family = Family(child)
    began = time.monotonic()
    reason = ""
    try:
        while child.poll() is None and not reason:
            if time.monotonic() - began > limits.total_seconds:
                reason = f"It ran longer than {limits.total_seconds:g} s in all."
            elif out.total > most:
                reason = f"It wrote more than {most / MB:g} MB of output."
            else:
                reason = exceeded(family.look(), limits)
                pause(child, out, 0.2)
    finally:
        left = kill(child, family)
    if left:
        reason = f"{reason} {left} of its processes could not be ended.".strip()
    return out.text(), err.text(), reason


# --- Executing ------------------------------------------------------------------------------------


def execute(sources: list[str], files: Path, limits: Limits, sandboxed: bool = True) -> Execution:
    """Execute code cells in a fresh kernel, in a sandbox of its own.

    Args:
        sources: the cells.
        files: a folder; copies of what lies in it, notebooks excepted, lie in the working folder of
            the code.
        limits: what the code may use.
        sandboxed: without a sandbox the code runs with all rights of this process; only time and
            output are limited.

    Raises:
        SandboxError: if there is no sandbox.
    """
    began = time.monotonic()
    job = {
        "sources": sources,
        "cell_seconds": limits.cell_seconds,
        "output_bytes": limits.output_bytes,
    }
    not_given = shutil.ignore_patterns("*.ipynb", ".*", "__pycache__")
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        given = Path(folder)
        shutil.copytree(files, given, dirs_exist_ok=True, ignore=not_given)
        add_font_list(given / ".matplotlib")
        given.chmod(0o755)
        child = start(job, given, limits, sandboxed)
        text, message, reason = wait(child, limits, 20 * limits.output_bytes)
    outputs, end = read_records(text, len(sources))
    if end is None and not reason:
        if message.strip() and not text:
            last_line = message.strip().splitlines()[-1].strip()
            raise SandboxError(f"The sandbox does not start here: {last_line}")
        reason = "The Python process was ended from inside (an early exit, or too little memory)."
    return Execution(outputs, reason or end or "", time.monotonic() - began)


def read_records(text: str, cells: int) -> tuple[list[list[dict] | None], str | None]:
    """Return the outputs of each cell from what the driver has written, None where it has written
    none that are sound; and its reason for an early end, None if it has not come to its end."""
    outputs: list[list[dict] | None] = [None] * cells
    end = None
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # cut off when the limit was reached
            continue
        if not isinstance(record, dict):
            continue
        if isinstance(record.get("end"), str):
            end = record["end"]
        elif record.get("cell") in range(cells) and sound(record.get("outputs")):
            outputs[record["cell"]] = record["outputs"]
    return outputs, end


def sound(outputs: object) -> bool:
    """Say whether these are outputs of a cell in nbformat's form; what comes out of a sandbox may
    be anything."""
    try:
        cell = nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(output) for output in outputs])
        nbformat.validate(cell, ref="code_cell", version=4)
    except Exception:
        return False
    return True


def add_font_list(folder: Path) -> None:
    """Copy Matplotlib's list of fonts, which takes seconds to make, if this user has one."""
    import matplotlib

    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder)


def prove(limits: Limits) -> None:
    """Prove that a sandbox starts here, and that it bounds the number of processes, also for root.

    Args:
        limits: what submissions may use; only the number of processes is set lower.

    Raises:
        SandboxError: with the reason, if not.
    """
    few = 40
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        Path(folder).chmod(0o755)
        child = start({"probe": 2 * few}, Path(folder), replace(limits, processes=few), True)
        text, message, reason = wait(child, Limits(), 10_000)
    try:
        count = json.loads(text)["processes"]
    except (ValueError, KeyError):
        cause = (message.strip().splitlines() or [reason or "it said nothing"])[-1]
        raise SandboxError(
            f"bubblewrap is installed, but its sandbox does not start here: {cause}"
        ) from None
    if count > few:
        raise SandboxError(
            "The sandbox starts here, but it does not bound the number of processes "
            "(root in a user namespace is exempt from that limit): "
            "grade as an ordinary user, or as the machine's own root."
        )
