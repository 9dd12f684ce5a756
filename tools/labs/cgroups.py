"""Lets the Linux kernel hold a sandbox to its memory and its processes, by a control group
(cgroup v2) for each execution, where this user may have one.

Nothing that the code does gets round such a limit: files in memory, shared memory and the kernel's
own buffers count. Where there are no control groups for us, watching.py looks instead.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tools.labs.limits import Limits

SPARE_PROCESSES = 20  # for bubblewrap and the driver
NUMBERS = itertools.count()
ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
PROBE_SECONDS = 10


@dataclass(frozen=True)
class Group:
    """A control group for one execution.

    Attributes:
        prefix: put before a command, it runs the command in the group.
        own: the group's folder if it has to be removed when all is over, else None.
    """

    prefix: tuple[str, ...]
    own: Path | None = None

    def remove(self, seconds: float = 2) -> None:
        """Take the group away, when the kernel has noticed that nothing is left in it."""
        end = time.monotonic() + seconds
        while self.own and self.own.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                self.own.rmdir()
                return
            time.sleep(0.02)


def mounted() -> Path | None:
    """Return the folder where the system's control groups lie, None if it has none of this kind."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return None
    return next((Path(line.split()[1]) for line in lines if line.split()[2] == "cgroup2"), None)


def folder_of(process: int | str, root: Path | None = None) -> Path | None:
    """Return the folder of the control group that a process is in.

    Args:
        process: its number, or "self".
        root: where control groups lie; by default where the system has them.
    """
    root = root or mounted()
    try:
        lines = Path(f"/proc/{process}/cgroup").read_text().splitlines()
    except OSError:
        return None
    path = next((line[3:] for line in lines if line.startswith("0::")), None)
    return root / path.lstrip("/") if root and path is not None else None


def by_systemd(limits: Limits) -> Group | None:
    """Return a group that systemd makes; None where it is not installed."""
    program = shutil.which("systemd-run")
    if program is None:
        return None
    who = [] if os.geteuid() == 0 else ["--user"]
    settings = {
        "MemoryMax": limits.memory,
        "MemorySwapMax": 0,
        "TasksMax": limits.processes + SPARE_PROCESSES,
    }
    words = [program, *who, "--scope", "--quiet", "--collect"]
    return Group(
        (*words, *(f"--property={name}={value}" for name, value in settings.items()), "--")
    )


def by_folder(limits: Limits, start: Path | None) -> Group | None:
    """Return a group that we make ourselves beside our own, or beside one that ours lies in; None
    where we may not.

    Args:
        limits: what the group may use.
        start: the folder of our own group.
    """
    for place in start.parents if start else []:
        try:
            passed_on = (place / "cgroup.subtree_control").read_text().split()
        except OSError:
            return None  # above the system's control groups
        if not {"memory", "pids"} <= set(passed_on) or not os.access(place, os.W_OK):
            continue
        folder = place / f"lab-{os.getpid()}-{next(NUMBERS)}"
        try:
            folder.mkdir()
            (folder / "memory.max").write_text(str(limits.memory))
            (folder / "pids.max").write_text(str(limits.processes + SPARE_PROCESSES))
            if (folder / "memory.swap.max").exists():
                (folder / "memory.swap.max").write_text("0")
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        return Group(("/bin/sh", "-c", ENTER, str(folder)), folder)
    return None


def holds(group: Group, limits: Limits) -> bool:
    """Say whether a command that runs in this group is in fact held to these limits."""
    show = 'cat "$0$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"'
    command = [*group.prefix, "/bin/sh", "-c", show, str(mounted() or "/nowhere")]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL
        )
        stated = int(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return 0 <= limits.memory - stated < 2**16  # the kernel counts in pages


class ControlGroups:
    """Finds out once whether we may have control groups, then makes them."""

    def __init__(self):
        self.make = None
        self.words = ""

    def find(self, limits: Limits) -> None:
        """Find a way that works here, and remember it."""
        ways = {
            "systemd": lambda of: by_systemd(of),
            "a folder of control groups": lambda of: by_folder(of, folder_of("self")),
        }
        self.make, self.words = (lambda of: None), ""
        if mounted() is None:
            return
        for words, make in ways.items():
            group = make(limits)
            works = group is not None and holds(group, limits)
            if group:
                group.remove()
            if works:
                self.make, self.words = make, words
                return

    def means(self, limits: Limits) -> str:
        """Return what makes control groups here; empty if nothing does."""
        if self.make is None:
            self.find(limits)
        return self.words

    def new(self, limits: Limits) -> Group | None:
        """Return a group for one execution, None where we may have none."""
        return self.make(limits) if self.means(limits) else None


def ran_out_of_memory(folder: Path | None) -> bool:
    """Say whether the kernel has ended a process of a group because its memory was used up.

    Args:
        folder: the group's folder; None if it is not known.
    """
    try:
        events = (folder / "memory.events").read_text() if folder else ""
    except OSError:  # the group is gone
        return False
    return any(
        line.split()[0] == "oom_kill" and int(line.split()[1]) > 0 for line in events.splitlines()
    )
