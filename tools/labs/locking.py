"""One grader at a time in one home. The lock belongs to a process: the system frees it when that
ends, however it ends."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

LOCKED_BYTE = 2**30  # far behind the text, which all may read
NAME = ".lock"


class HeldError(Exception):
    """Another process has the lock. The text is one sentence for the user."""


class HomeLock:
    """Keeps other graders out of a home, in a with statement.

    Args:
        home: the folder.
        purpose: what is done meanwhile, for the sentence that others read.

    Raises:
        HeldError: on entering, if another process is in there.
    """

    def __init__(self, home: Path, purpose: str):
        self.path = home / NAME
        self.purpose = purpose
        self.file = None

    def __enter__(self) -> HomeLock:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.path, "a+", encoding="utf-8")
        try:
            self.lock()
        except OSError:
            self.file.seek(0)
            holder = self.file.read().strip() or "another call"
            self.file.close()
            raise HeldError(
                f"{self.path.parent} is in use: {holder}. Wait until that is done, or end it; "
                "what it has graded is kept. (--home grades another class meanwhile.)"
            ) from None
        self.file.truncate(0)
        since = time.strftime("%Y-%m-%d %H:%M")
        self.file.write(
            f"{self.purpose}, process {os.getpid()} on {socket.gethostname()}, since {since}\n"
        )
        self.file.flush()
        return self

    def __exit__(self, *_: object) -> None:
        self.file.truncate(0)
        self.file.close()  # which frees the lock, too

    def lock(self) -> None:
        """Take the lock, or raise OSError at once."""
        if fcntl:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            self.file.seek(LOCKED_BYTE)
            msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
