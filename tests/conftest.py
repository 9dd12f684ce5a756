"""Keeps the quick tests quick: where kernels and sandboxes are left out, starting one is an error.

`python course.py test --fast` leaves out the tests that are marked with `kernel` or `sandbox`. A
test that starts one of these without its mark fails, whether it starts it itself (seen at once) or
something that it starts does so (seen by looking at all its processes, a few times a second).
"""

import os
import sys
import threading
from pathlib import Path

import psutil
import pytest

# What is started -> the mark that its test must bear.
PROGRAMS = {
    "ipykernel_launcher": "kernel",
    "jupyterlab": "kernel",
    "jupyter-lab": "kernel",
    "bwrap": "sandbox",
}
INTERVAL_S = 0.3
FENCE = pytest.StashKey["Fence"]()


def mark_of(command):
    """Return the mark that a test needs to start this command, or None."""
    for argument in command:
        if mark := PROGRAMS.get(Path(os.fsdecode(argument)).name):
            return mark
    return None


class Fence:
    """Watches what the running test starts, and makes it fail if that is not allowed.

    Attributes:
        forbidden: the marks whose tests are left out.
        found: for each test that started something, the mark that it lacks.
    """

    def __init__(self, forbidden):
        self.forbidden = forbidden
        self.found = {}
        self.is_over = threading.Event()
        sys.addaudithook(self.refuse)  # it can never be taken away again
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def refuse(self, event, arguments):
        """Raise an error if the process that is about to be started is a forbidden one."""
        if event != "subprocess.Popen" or self.is_over.is_set():
            return
        program, command, *_ = arguments
        words = [command] if isinstance(command, str | bytes | os.PathLike) else list(command)
        mark = mark_of([program or "", *words])
        if mark in self.forbidden:
            pytest.fail(f"this test must be marked with `{mark}`: it starts {words}")

    def watch(self):
        """Look for forbidden processes among all descendants until the session is over."""
        this = psutil.Process()
        while not self.is_over.wait(INTERVAL_S):
            test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
            for process in this.children(recursive=True):
                try:
                    mark = mark_of(process.cmdline())
                except psutil.Error:  # it has just ended
                    continue
                if mark in self.forbidden:
                    self.found[test] = mark


def forbidden_by(expression):
    """Return the marks that a marker expression of pytest's option -m leaves out."""
    words = expression.split()
    return {
        mark
        for mark in set(PROGRAMS.values())
        if ("not", mark) in zip(words, words[1:], strict=False)
    }


def pytest_configure(config):
    # course.py, which has started this, tells JupyterLab so where the user's settings are.
    for variable in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"):
        os.environ.pop(variable, None)
    if forbidden := forbidden_by(config.option.markexpr):
        config.stash[FENCE] = Fence(forbidden)


def pytest_collection_modifyitems(items):
    """Put the files with slow tests first, so that two processes end at about the same time."""
    slow = ("sandbox", "executes", "kernel", "setup")
    ranks = {}
    for item in items:
        rank = min(
            map(slow.index, {mark.name for mark in item.iter_markers()} & {*slow}), default=9
        )
        ranks[item.path] = min(rank, ranks.get(item.path, 9))
    items.sort(key=lambda item: ranks[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    result = yield
    fence = item.config.stash.get(FENCE, None)
    if fence and (mark := fence.found.pop(item.nodeid, None)):
        pytest.fail(f"this test must be marked with `{mark}`: something that it starts starts one")
    return result


def pytest_unconfigure(config):
    if fence := config.stash.get(FENCE, None):
        fence.is_over.set()
        fence.watcher.join()
