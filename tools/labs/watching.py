"""Watches what a sandbox uses while it runs, and ends all that belongs to it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tools.labs import cgroups
from tools.labs.bubblewrap import DRIVER_INSIDE, WRITABLE
from tools.labs.limits import MB, Limits

KILL_SECONDS = 10  # how long a kill waits until all processes are gone
LOOK_SECONDS = 0.2


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
        them. It takes one look at the computer's processes, however many have lost theirs."""
        children: dict[int, list[psutil.Process]] = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                children.setdefault(process.ppid(), []).append(process)
        found: dict[psutil.Process, None] = {}
        waiting = [self.first, *(known for known in self.descendants if is_alive(known))]
        while waiting:
            process = waiting.pop(0)
            if process not in found:
                found[process] = None
                waiting = children.get(process.pid, []) + waiting
        del found[self.first]
        self.descendants = list(found)
        return self.descendants

    def alive(self) -> list[psutil.Process]:
        """Return the process and its descendants, without those that have ended."""
        return [process for process in [self.first, *self.look()] if is_alive(process)]


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
        child: the process that was started first.
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
            with contextlib.suppress(psutil.Error):  # it has just ended by itself
                process.kill()
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

    def bytes(self) -> bytes:
        """Return what has been read, when the stream has come to its end."""
        self.join(5)
        return bytes(self.content)


# --- Memory and processes -------------------------------------------------------------------------


def total(family: list[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    """Return the sum of what is measured of all processes that are still there."""
    result = 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            result += measure(process)
    return result


def own_memory(process: psutil.Process) -> int:
    """Return a process's memory in bytes, of what it shares with n others only an n-th part (slower
    to find out)."""
    try:
        return process.memory_full_info().pss
    except (psutil.AccessDenied, AttributeError):
        return process.memory_info().rss


def files_in_memory(family: list[psutil.Process], disk: int) -> int:
    """Return how many bytes of memory the files take that a sandbox has written; what it may write
    at most, if that cannot be seen.

    Args:
        family: the processes of the sandbox.
        disk: what it may write at most.
    """
    for process in family:
        inside = Path(f"/proc/{process.pid}/root")
        try:
            if (inside / DRIVER_INSIDE.lstrip("/")).exists():
                places = [os.statvfs(inside / place.lstrip("/")) for place in WRITABLE]
                return sum((place.f_blocks - place.f_bfree) * place.f_frsize for place in places)
        except OSError:
            continue
    return disk


def exceeded(
    family: list[psutil.Process], limits: Limits, group: Path | None = None, in_memory: bool = True
) -> str:
    """Say which limit the processes of a sandbox exceed together, and what to do; empty if none.

    Args:
        family: the processes.
        limits: what they may use.
        group: the folder of the control group that holds them to their memory, if there is one.
        in_memory: whether the files that they write are in memory, too.
    """
    if total(family, lambda process: process.num_threads()) > 0.9 * limits.processes:
        return (
            f"It started too many processes; {limits.processes} are allowed, threads included. "
            "(Start fewer at a time, and wait for their ends.)"
        )
    too_much = (
        f"It used more than {limits.memory / 1e9:g} GB of memory, files in memory included. "
        "(Use less data at a time, and delete what is no longer needed.)"
    )
    if group:
        return too_much if cgroups.ran_out_of_memory(group) else ""
    disk = limits.disk if in_memory else 0
    if total(family, lambda process: process.memory_info().rss) + disk <= limits.memory:
        return ""  # nearly always, and quickly found out
    files = files_in_memory(family, disk) if in_memory else 0
    return too_much if total(family, own_memory) + files > limits.memory else ""


# --- Waiting --------------------------------------------------------------------------------------


def pause(child: subprocess.Popen, out: Reader, seconds: float) -> None:
    """Wait for some seconds, or until the driver ends, which its output tells at once."""
    out.join(seconds)
    if not out.is_alive():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)


def wait(
    child: subprocess.Popen,
    limits: Limits,
    most: int,
    look: Callable[[], str],
    end: Callable[[], int],
) -> tuple[bytes, str, str]:
    """Wait until the driver ends or exceeds a limit, and until all its processes are gone.

    Args:
        child: the process that was started first.
        limits: what it may use.
        most: bytes that it may write to stdout.
        look: says which limit is exceeded now; empty if none.
        end: ends everything, and returns how many processes are left.

    Returns:
        Its stdout, its stderr, and the reason for a kill; empty if there was none.
    """
    out, err = Reader(child.stdout, most), Reader(child.stderr, 10_000)
    began = time.monotonic()
    reason = ""
    try:
        while child.poll() is None and not reason:
            looked = time.monotonic()
            if looked - began > limits.longest:
                reason = f"It ran longer than {limits.longest:g} s in all, waiting included."
            elif out.total > most:
                reason = f"It wrote more than {most / MB:g} MB of output."
            else:
                reason = look()
                pause(child, out, max(LOOK_SECONDS, time.monotonic() - looked))
    finally:
        left = end()
    if left:
        reason = f"{reason} {left} of its processes could not be ended.".strip()
    message = err.bytes().decode(errors="replace")
    return out.bytes(), message, reason
