"""What the launcher says to the user; stdout belongs to the command that it starts."""

from __future__ import annotations

import sys
from typing import NoReturn


def say(sentence: str) -> None:
    """Print one sentence on stderr."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def stop(sentence: str, status: int = 1) -> NoReturn:
    """Print one sentence on stderr and end with this exit status.

    Args:
        sentence: what is wrong and what to do about it.
        status: 2 for a wrong argument, 1 for everything else.
    """
    say(sentence)
    sys.exit(status)
