"""The sandbox of Linux: bubblewrap makes a system of its own for each execution, in which the code
sees the system's programs and this Python, read-only, the lab's data, and a small place in memory
to write."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from tools.labs.limits import Limits, SandboxError

# User numbers from here on belong to nobody: above those of containers, below 2**31.
LAST_USER = 2_000_000_000
EXECUTIONS = itertools.count()
MOUNTS = ["/usr", "/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"]
LINKS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
DRIVER_INSIDE, GIVEN_INSIDE, WORK_INSIDE = "/driver.py", "/given", "/tmp/lab"
WRITABLE = ("/tmp", "/dev/shm")  # in memory
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
OTHER_WAYS = (
    "A container does as well: --container docker or --container podman. "
    "With --no-sandbox the code runs without protection, with all your rights: "
    "do that only on a machine that you could lose."
)


def refusal(cause: str) -> str:
    """Return why bubblewrap's sandbox does not start here, and what can be done.

    Args:
        cause: what bubblewrap has said.
    """
    try:
        restricted = APPARMOR.read_text().strip() == "1"
    except OSError:
        restricted = False
    if restricted and os.geteuid() != 0:
        return (
            "bubblewrap is installed, but this system lets only chosen programs make the "
            "namespaces that it needs (Ubuntu from 24.04 on; "
            "kernel.apparmor_restrict_unprivileged_userns is 1). Its administrator can allow them "
            "until the next start: sudo sysctl -w "
            f"kernel.apparmor_restrict_unprivileged_userns=0. {OTHER_WAYS}"
        )
    return (
        f"bubblewrap is installed, but its sandbox does not start here: {cause.strip(' .')}. "
        f"{OTHER_WAYS}"
    )


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


def command(driver: Path, given: Path, limits: Limits) -> list[str]:
    """Return the command that runs what follows it in a sandbox, as its first process.

    Args:
        driver: the program that the code finds as /driver.py.
        given: the folder that it finds as /given.
        limits: what it may use.

    Raises:
        SandboxError: if bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Grading runs the code of others, and needs bubblewrap for that "
            f"(Linux; Debian and Ubuntu: apt install bubblewrap). {OTHER_WAYS}"
        )
    # Were bubblewrap itself the first process in there, the code could open its files.
    words = [program, "--as-pid-1", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    words += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
    words += ["--hostname", "lab", "--cap-drop", "ALL"]
    if drops_user():
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        words += ["--unshare-user", "--disable-userns"]
    for path in MOUNTS:
        words += ["--ro-bind-try", path, path]
    for path in LINKS:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    # Places to write are in memory, and together of this size at most.
    writable = ["--size", str(limits.disk // len(WRITABLE)), "--perms", "1777", "--tmpfs"]
    words += ["--proc", "/proc", "--dev", "/dev"]
    words += [*writable, "/dev/shm", "--remount-ro", "/dev", *writable, "/tmp"]
    for prefix in python_folders():  # after /tmp, should this Python lie there
        # bubblewrap would make the folders above for their owner only, if they are such outside.
        for parent in list(Path(prefix).parents)[-2::-1]:
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", prefix, prefix]
    words += ["--ro-bind", str(driver), DRIVER_INSIDE, "--ro-bind", str(given), GIVEN_INSIDE]
    return [*words, "--remount-ro", "/", "--chdir", "/tmp"]


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
