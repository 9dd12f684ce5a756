"""Executes a notebook's cells where they can harm nobody: no network, nothing to see but Python, limits on everything.

On Linux with bubblewrap every execution gets a sandbox of its own. There the code sees the system's programs and this Python,
read-only, the lab's data, and a small place in memory to write; no course, no gradebook, no other student, no network.
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
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import psutil

DRIVER = Path(__file__).with_name("driver.py")
LAST_USER = 2_000_000_000  # user numbers from here on belong to nobody: above those of containers, below 2**31
EXECUTIONS = itertools.count()
MB = 10**6
MOUNTS = ["/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
LINKS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]


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
        outputs: the outputs of each cell in nbformat's form, None for a cell that did not come to its end.
        reason: why not all cells came to their end, one sentence; empty if all did.
    """

    outputs: list[list[dict] | None]
    reason: str = ""
    seconds: float = field(default=0.0, compare=False)


def environment(home: str) -> dict[str, str]:
    """Return the environment variables for student code: nothing of ours, one thread, no GPU, no chatter."""
    bins = (
        [str(Path(sys.executable).parent), "/usr/bin", "/bin"]
        if os.name != "nt"
        else os.environ["PATH"].split(os.pathsep)
    )
    threads = dict.fromkeys(
        [
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
        ],
        "1",
    )
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    kept = {
        name: os.environ[name]
        for name in ("SYSTEMROOT", "TEMP", "COMSPEC")
        if name in os.environ and os.name == "nt"
    }
    places = {
        "HOME": home,
        "USERPROFILE": home,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    return {
        **kept,
        "PATH": os.pathsep.join(bins),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "NBGRADER_EXECUTION": "autograde",
        **threads,
        **quiet,
        **places,
    }


def drops_user() -> bool:
    """Say whether the sandbox's code has to, and can, become another user: root whose user numbers are the machine's own."""
    if os.name == "nt" or os.geteuid() != 0:
        return False
    first = Path("/proc/self/uid_map").read_text().split()
    return int(first[0]) == 0 and int(first[2]) > LAST_USER


def new_user() -> int:
    """Return a user number that no other grader uses, and this one not for its last 31 executions.

    Limits on processes count by user, and of a killed execution hundreds may still be on their way out when the next one starts.
    """
    return (
        LAST_USER + 32 * os.getpid() + next(EXECUTIONS) % 32
    )  # Linux numbers processes below 2**22


def bubblewrap(given: Path, limits: Limits) -> list[str]:
    """Return the command that runs what follows it in a sandbox that sees `given` as /given."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Grading runs the code of others, and needs bubblewrap for that (Linux; Debian and Ubuntu: apt install bubblewrap). "
            "With --no-sandbox it runs without protection, with all your rights: do that only on a machine that you could lose."
        )
    command = [
        program,
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    command += ["--die-with-parent", "--new-session", "--hostname", "lab", "--cap-drop", "ALL"]
    command += (
        ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if drops_user()
        else ["--unshare-user", "--disable-userns"]
    )
    for path in MOUNTS:
        command += ["--ro-bind-try", path, path]
    for path in LINKS:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    place = [
        "--size",
        str(limits.disk),
        "--perms",
        "1777",
        "--tmpfs",
    ]  # in memory, but of this size at most
    command += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        *place,
        "/dev/shm",
        "--remount-ro",
        "/dev",
        *place,
        "/tmp",
    ]
    for prefix in python_folders():  # after /tmp, should this Python lie there
        for parent in list(Path(prefix).parents)[
            -2::-1
        ]:  # which bubblewrap would make for their owner only, if they are such outside
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", prefix, prefix]
    command += ["--ro-bind", str(DRIVER), "/driver.py", "--ro-bind", str(given), "/given"]
    return command + ["--remount-ro", "/", "--chdir", "/tmp"]


def python_folders() -> list[str]:
    """Return the folders that this Python needs, without those that the system's mounts hold anyway."""
    found = {
        os.path.realpath(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix)
    } | {sys.prefix}
    found |= {
        os.path.realpath(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib", "platlib")
    }
    return sorted(
        path
        for path in found
        if not path.startswith("/usr/") and not any(path.startswith(other + "/") for other in found)
    )


def start(job: dict, given: Path, limits: Limits, sandboxed: bool) -> subprocess.Popen:
    """Start the driver with its job, in a process group of its own."""
    if sandboxed:
        command, cwd, variables = bubblewrap(given, limits), None, environment("/tmp/lab")
        python = [sys.executable, "-I", "/driver.py"]
        job = dict(job, given="/given", work="/tmp/lab", user=new_user() if drops_user() else 0)
        rights = {"RLIMIT_NPROC": limits.processes, "RLIMIT_DATA": limits.memory}
    else:
        command, cwd, variables = [], str(given), environment(str(given))
        python = [sys.executable, "-I", str(DRIVER)]
        job, rights = dict(job, given="", user=0), {"RLIMIT_DATA": limits.memory}
    job["limits"] = dict(rights, RLIMIT_FSIZE=limits.disk, RLIMIT_CORE=0)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = subprocess.Popen(
        command + python, cwd=cwd, env=variables, start_new_session=os.name != "nt", **pipes
    )
    try:
        child.stdin.write((json.dumps(job) + "\n").encode())
        child.stdin.close()
    except BrokenPipeError:  # it could not even start; what it says on stderr comes below
        pass
    return child


def kill(child: subprocess.Popen) -> None:
    """End a sandbox, or without one the driver and its descendants, whatever they do."""
    try:
        family = [*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)]
    except psutil.NoSuchProcess:
        family = []
    for process in family[
        ::-1
    ]:  # the sandbox's first process: when it ends, the kernel ends all others in it
        try:
            process.kill()
        except psutil.Error:
            pass
    child.wait()


class Reader(threading.Thread):
    """Reads a stream to its end, and keeps no more than `most` bytes of it."""

    def __init__(self, stream, most: int):
        super().__init__(daemon=True)
        self.stream, self.most, self.text, self.total = stream, most, bytearray(), 0
        self.start()

    def run(self) -> None:
        while chunk := self.stream.read1(1 << 16):
            self.total += len(chunk)
            self.text += chunk[: max(self.most - len(self.text), 0)]


def over(child: subprocess.Popen, limits: Limits) -> str:
    """Say which limit the processes of a sandbox exceed together; empty if none."""
    try:
        family = psutil.Process(child.pid).children(recursive=True)
    except psutil.Error:
        return ""
    if total(family, lambda process: process.num_threads()) > 0.9 * limits.processes:
        return f"It started too many processes; {limits.processes} are allowed, threads included."
    if (
        total(family, lambda process: process.memory_info().rss) > limits.memory
        and total(family, own_memory) > limits.memory
    ):
        return f"It used more than {limits.memory / 1e9:g} GB of memory."
    return ""


def total(family: list[psutil.Process], measure) -> int:
    """Return the sum of what is measured of all processes that are still there."""
    found = 0
    for process in family:
        try:
            found += measure(process)
        except psutil.Error:
            pass
    return found


def own_memory(process: psutil.Process) -> int:
    """Return a process's memory in bytes, of what it shares with n others only an n-th part (slower to find out)."""
    try:
        return process.memory_full_info().pss
    except (psutil.AccessDenied, AttributeError):
        return process.memory_info().rss


def wait(child: subprocess.Popen, limits: Limits, most: int) -> tuple[str, str, str]:
    """Wait until the driver ends or exceeds a limit; return its stdout, its stderr and the reason for a kill, empty if there was none."""
    out, err = Reader(child.stdout, most), Reader(child.stderr, 10_000)
    began, reason = time.monotonic(), ""
    try:
        while child.poll() is None and not reason:
            if time.monotonic() - began > limits.total_seconds:
                reason = f"It ran longer than {limits.total_seconds:g} s in all."
            elif out.total > most:
                reason = f"It wrote more than {most / MB:g} MB of output."
            else:
                reason = over(child, limits)
                time.sleep(0.2)
    finally:
        kill(child)
    out.join(5)
    err.join(5)
    return out.text.decode(errors="replace"), err.text.decode(errors="replace"), reason


def execute(sources: list[str], files: Path, limits: Limits, sandboxed: bool = True) -> Execution:
    """Execute code cells in a fresh kernel, in a sandbox of its own.

    Args:
        sources: the cells.
        files: a folder; copies of what lies in it, notebooks excepted, lie in the working folder of the code.
        limits: what the code may use.
        sandboxed: without a sandbox the code runs with all rights of this process; only time and output are limited.

    Raises:
        SandboxError: if there is no sandbox.
    """
    began = time.monotonic()
    job = {
        "sources": sources,
        "cell_seconds": limits.cell_seconds,
        "output_bytes": limits.output_bytes,
    }
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        given = Path(folder)
        shutil.copytree(
            files,
            given,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("*.ipynb", ".*", "__pycache__"),
        )
        add_font_list(given / ".matplotlib")
        given.chmod(0o755)
        child = start(job, given, limits, sandboxed)
        text, said, reason = wait(child, limits, 20 * limits.output_bytes)
    outputs: list[list[dict] | None] = [None] * len(sources)
    ended = None
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # cut off when the limit was reached
            continue
        if isinstance(record, dict) and isinstance(record.get("end"), str):
            ended = record["end"]
        elif (
            isinstance(record, dict)
            and record.get("cell") in range(len(sources))
            and sound(record.get("outputs"))
        ):
            outputs[record["cell"]] = record["outputs"]
    if ended is None and not reason:
        lacking = not text and said.strip().splitlines()
        if lacking:
            raise SandboxError(f"The sandbox does not start here: {lacking[-1].strip()}")
        reason = "The Python process was ended from inside (an early exit, or too little memory)."
    return Execution(outputs, reason or ended or "", time.monotonic() - began)


def sound(outputs) -> bool:
    """Say whether these are outputs of a cell in nbformat's form; what comes out of a sandbox may be anything."""
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

    Raises:
        SandboxError: with the reason, if not.
    """
    few = 40
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        Path(folder).chmod(0o755)
        text, said, reason = wait(
            start({"probe": 2 * few}, Path(folder), replace(limits, processes=few), True),
            Limits(),
            10_000,
        )
    try:
        count = json.loads(text)["processes"]
    except (ValueError, KeyError):
        why = (said.strip().splitlines() or [reason or "it said nothing"])[-1]
        raise SandboxError(
            f"bubblewrap is installed, but its sandbox does not start here: {why}"
        ) from None
    if count > few:
        raise SandboxError(
            "The sandbox starts here, but it does not bound the number of processes (root in a user namespace is exempt from that limit): "
            "grade as an ordinary user, or as the machine's own root."
        )
