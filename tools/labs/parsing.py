"""Parses Python for code that runs in threads."""

from __future__ import annotations

import ast
import threading

ONE_AT_A_TIME = threading.Lock()


def syntax_tree(source: str) -> ast.Module:
    """Return the syntax tree of a piece of Python.

    Threads do so one after the other: Python 3.11 counts the depth of all their trees together, and
    raises SystemError if one is interrupted by another
    (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse` does.
    """
    with ONE_AT_A_TIME:
        return ast.parse(source)
