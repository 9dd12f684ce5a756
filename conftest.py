"""How pytest treats this course's notebooks, on top of nbval; `python course.py test` calls it.

Every notebook is executed by the running Python, on the default data. After its last cell comes one more test, its time budget:
the start of the kernel and all cells together may take metadata.course.time_budget_s seconds times a tolerance of 1.5 (slow
machines: set COURSE_TIME_TOLERANCE to a larger number). With --real, notebooks are executed on the real files that are there,
nothing is compared or timed, and what is absent is skipped by name.
"""

import os
import re
import signal
import time

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools.notebooks import course, not_a_notebook

STORED_FIGURE = r"<Figure size [^>]*>|<Axes[^>]*>"
BOOKS, COUNT = pytest.StashKey[list](), pytest.StashKey[int]()


def pytest_addoption(parser):
    parser.addoption(
        "--real",
        action="store_true",
        help="Execute notebooks on real files, where these are present; compare nothing.",
    )


def pytest_configure(config):
    config.stash[BOOKS], config.stash[COUNT] = [], 0
    config.option.nbval_current_env = (
        not config.option.nbval_kernel_name
    )  # not just any kernel called python3
    os.environ["MPLBACKEND"] = "agg"  # no windows from unit tests
    if (
        signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    ):  # a shell's background job is deaf to Ctrl-C, and so would be what tests start
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        tolerance()
    except ValueError:
        raise pytest.UsageError(
            f"COURSE_TIME_TOLERANCE must be a number such as 1.5, not {os.environ['COURSE_TIME_TOLERANCE']!r}."
        ) from None
    if not config.option.real:
        os.environ["COURSE_DATA"] = "default"
        return
    from datasets import catalogue
    from datasets.formats import DataError

    try:
        catalogue.real_folders()
    except DataError as error:
        raise pytest.UsageError(str(error)) from None


def tolerance():
    """Return the factor by which a notebook may exceed its time budget."""
    return float(os.environ.get("COURSE_TIME_TOLERANCE") or 1.5)


def absent(book):
    """Return, for each data set of a notebook that could have real files but has none, what to do; and whether any has one."""
    from datasets import catalogue

    names = course(book).get("datasets")
    could = [
        name
        for name in (names if isinstance(names, list) else [])
        if name in catalogue.DATASETS and catalogue.DATASETS[name].real
    ]
    folders = catalogue.real_folders().values()
    there = [
        name
        for name in could
        if any(
            catalogue.is_there(folder / file)
            for folder in folders
            for file in catalogue.DATASETS[name].real
        )
    ]
    why = [
        f"no real file for {name}: put it at {', '.join(catalogue.DATASETS[name].real)}"
        for name in could
        if name not in there
    ]
    return (why if could else ["it uses no data for which there could be a real file"]), bool(there)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(node, IPyNbFile) else node
        for node in (yield)
    ]


class Notebook(IPyNbFile):
    """A notebook as nbval knows it, with its time and the one test more."""

    def collect(self):
        try:
            self.cells = list(super().collect())
        except Exception as error:  # nbformat raises nearly anything, depending on what it meets
            raise self.CollectError(not_a_notebook(self.path, error)) from None
        self.config.stash[BOOKS].append(self)
        if not self.config.option.real:
            yield from self.cells
            yield TimeBudget.from_parent(self, name="time budget")
            return
        why, any_there = absent(self.nb)
        for reason in why:
            item = Absent.from_parent(self, name=reason)
            item.add_marker(pytest.mark.skip(reason=reason))
            yield item
        for cell in self.cells if any_there else []:
            cell.options["check"] = False
            yield cell

    def setup(self):
        self.seconds, self.done, start = 0.0, 0, time.monotonic()
        del os.environ["MPLBACKEND"]  # a notebook's figures belong into the notebook
        try:
            super().setup()
        finally:
            os.environ["MPLBACKEND"] = "agg"
        self.seconds = time.monotonic() - start


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    start = time.monotonic()
    try:
        return (yield)
    finally:
        if isinstance(item, IPyNbCell):
            item.parent.seconds += time.monotonic() - start
            item.parent.done += 1


class OverBudget(Exception):
    """A notebook took too long."""


class TimeBudget(pytest.Item):
    """Fails if the notebook took longer than it may."""

    def runtest(self):
        book, seconds = self.parent, course(self.parent.nb).get("time_budget_s")
        if book.done < len(book.cells):
            pytest.skip(f"only {book.done} of {len(book.cells)} cells were executed")
        if not isinstance(seconds, int | float):
            pytest.skip("the notebook's metadata hold no time_budget_s")
        if book.seconds > seconds * tolerance():
            raise OverBudget(
                f"{book.path.name} took {book.seconds:.1f} s; its budget is {seconds:g} s, times a tolerance of {tolerance():g} "
                "(on a slow machine set COURSE_TIME_TOLERANCE to a larger number)."
            )

    def repr_failure(self, excinfo):
        return (
            str(excinfo.value)
            if isinstance(excinfo.value, OverBudget)
            else super().repr_failure(excinfo)
        )

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class Absent(pytest.Item):
    """Stands for the real data that a notebook could use and that are not there; always skipped."""

    def runtest(self):
        raise AssertionError("skipped by its mark")

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


def pytest_collection_finish(session):
    session.config.stash[COUNT] = len(session.items)


def pytest_sessionfinish(session, exitstatus):
    if session.config.option.real and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = (
            pytest.ExitCode.OK
        )  # no notebook, nothing to execute: that is no failure


def prints(cell):
    """Say whether a cell's stored outputs hold text other than the bare names of figures."""
    texts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
        if output.output_type != "error"
    ]
    return any(re.sub(STORED_FIGURE, "", text).strip() for text in texts)


def pytest_terminal_summary(terminalreporter, config):
    shares = []
    for book in config.stash[BOOKS]:
        printing = [item for item in book.cells if item.cell.source.strip() and prints(item.cell)]
        compared = sum(item.options["check"] and not item.options["skip"] for item in printing)
        shares.append(
            f"{book.path.name} {compared} of {len(printing)} ({compared / max(1, len(printing)):.0%})"
        )
    said = (
        "none, as these are real files"
        if config.option.real
        else ", ".join(shares) or "none, as no notebook was executed"
    )
    terminalreporter.write_line(f"Text outputs compared: {said}. Tests: {config.stash[COUNT]}.")
    timed = [book for book in config.stash[BOOKS] if hasattr(book, "seconds")]
    if timed:
        took = ", ".join(
            f"{book.path.name} {book.seconds:.0f} of {course(book.nb).get('time_budget_s', '?')}"
            for book in timed
        )
        terminalreporter.write_line(f"Seconds taken, of the budget: {took}.")
