"""How pytest treats this course's notebooks, on top of nbval; `python course.py test` calls it.

Every notebook is executed by the running Python, on the default data. After its last cell comes one
more test, its time budget: the start of the kernel and all cells together may take
metadata.course.time_budget_s seconds, more where the computer is slower than the reference computer
(see tools/budget.py). A notebook over budget is executed a second time, with nothing beside it, and
only that run can fail. Where COURSE_TIMES names a file, times are appended to it instead, and
whoever named it judges them, as tools/ci.py does. With --real, notebooks are executed on the real
files that are there, nothing is compared or timed, and what is absent is skipped by name; with
--store, what they measure is kept (see tools/real_results.py).
"""

import json
import os
import re
import signal
import time

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools import budget, notebooks, real_results
from tools.ci import ONE_THREAD
from tools.notebooks import course, not_a_notebook

STORED_FIGURE = r"<Figure size [^>]*>|<Axes[^>]*>"
# nbval waits five seconds for each piece of a finished cell's output. A computer that is busy with
# something else can take longer, and a cell that did its work then counts as failed.
OUTPUT_TIMEOUT_S = 60
BOOKS = pytest.StashKey[list]()


def pytest_addoption(parser):
    parser.addoption(
        "--real",
        action="store_true",
        help="Execute notebooks on real files, where these are present; compare nothing.",
    )
    parser.addoption(
        "--store",
        action="store_true",
        help="With --real: keep what they measure in docs/results-real.json.",
    )


def pytest_configure(config):
    config.stash[BOOKS] = []
    # This Python, not just any kernel called python3.
    config.option.nbval_current_env = not config.option.nbval_kernel_name
    os.environ["MPLBACKEND"] = "agg"  # no windows from unit tests
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.update(ONE_THREAD)  # before anything imports NumPy or TensorFlow
    # A shell's background job is deaf to Ctrl-C, and so would be what tests start.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        budget.tolerance()
        budget.from_environment(budget.CALIBRATION, None)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    if config.option.store and not config.option.real:
        raise pytest.UsageError("--store goes with --real: nothing else measures on real files.")
    if not config.option.real:
        os.environ["COURSE_DATA"] = "default"
        return
    from datasets import catalogue
    from datasets.formats import DataError

    try:
        catalogue.real_folders()
        real_results.load()  # before hours of work, not after them
    except (DataError, real_results.StoredResultsError) as error:
        raise pytest.UsageError(str(error)) from None


def data_with_real_files(book):
    """Return the data sets of a notebook that could have real files, each with whether it has."""
    from datasets import catalogue

    names = course(book).get("datasets")
    folders = catalogue.real_folders().values()
    return {
        name: any(catalogue.real_files(name, folder) for folder in folders)
        for name in (names if isinstance(names, list) else [])
        if name in catalogue.DATASETS and catalogue.DATASETS[name].real
    }


def absences(data):
    """Return a sentence for each data set that could have real files and has none."""
    from datasets import catalogue

    if not data:
        return ["it uses no data for which there could be a real file"]
    return [
        f"no real file for {name}: put it at {', '.join(catalogue.DATASETS[name].real)}"
        for name, is_there in data.items()
        if not is_there
    ]


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(node, IPyNbFile) else node
        for node in (yield)
    ]


class Notebook(IPyNbFile):
    """A notebook as nbval knows it, with its time and the one test more.

    Attributes:
        cells: its code cells, as test items.
        seconds: from the start of the kernel to the end of the last cell, once it has begun.
        executed: how many cells were executed.
        failed: whether one of them failed.
    """

    def collect(self):
        try:
            self.cells = list(super().collect())
        except Exception as error:  # nbformat raises nearly anything, depending on what it meets
            raise self.CollectError(not_a_notebook(self.path, error)) from None
        self.config.stash[BOOKS].append(self)
        for cell in self.cells:
            cell.output_timeout = OUTPUT_TIMEOUT_S
        if not self.config.option.real:
            yield from self.cells
            yield TimeBudget.from_parent(self, name="time budget")
            return
        data = data_with_real_files(self.nb)
        for reason in absences(data):
            item = Absent.from_parent(self, name=reason)
            item.add_marker(pytest.mark.skip(reason=reason))
            yield item
        if any(data.values()):
            for cell in self.cells:
                cell.options["check"] = False
                yield cell

    def setup(self):
        self.seconds = 0.0
        self.executed = 0
        self.failed = False
        # Where Matplotlib has no list of fonts yet, this makes one. A kernel that had to would say
        # so on stderr if it took long, as it does on a busy computer.
        import matplotlib.font_manager  # noqa: F401

        start = time.monotonic()
        del os.environ["MPLBACKEND"]  # a notebook's figures belong into the notebook
        try:
            super().setup()
        finally:
            os.environ["MPLBACKEND"] = "agg"
        self.seconds = time.monotonic() - start


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    start = time.monotonic()
    try:
        return (yield)
    except Exception:  # not pytest.skip(), which is none
        item.parent.failed = True
        raise
    finally:
        item.parent.seconds += time.monotonic() - start
        item.parent.executed += 1


class OverBudget(Exception):
    """A notebook took too long, twice."""


class TimeBudget(pytest.Item):
    """Fails if the notebook took longer than it may, and again when it is executed alone."""

    def runtest(self):
        book = self.parent
        if book.executed < len(book.cells):
            pytest.skip(f"only {book.executed} of {len(book.cells)} cells were executed")
        if times := os.environ.get("COURSE_TIMES"):
            line = {"notebook": str(book.path), "seconds": round(book.seconds, 1)}
            with open(times, "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            return
        if notebooks.budget(book.nb) is None:
            pytest.skip("the notebook's metadata hold no time_budget_s")
        if book.seconds <= budget.allowed(book.nb):
            return
        if book.failed:
            pytest.skip("over budget, but not executed again, as a cell failed")
        if book.seconds <= budget.allowed(book.nb, budget.calibration_here()):
            return
        if book.kernel.is_alive():
            book.kernel.stop()  # its memory is free for the second run
        if problem := budget.repeat(book.path):
            raise OverBudget(problem)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, OverBudget | budget.CalibrationError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class Absent(pytest.Item):
    """Stands for real data that a notebook could use and that are not there; always skipped."""

    def runtest(self):
        raise AssertionError("skipped by its mark")

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


def store_results(books):
    """Keep what notebooks measured on real files; return a sentence for each, kept or not."""
    said = []
    for book in books:
        name = notebooks.name_of(book.path)
        if not hasattr(book, "seconds"):
            said.append(f"{name}: not executed, so nothing is stored.")
        elif book.failed or book.executed < len(book.cells):
            said.append(f"{name}: a cell failed or was left out, so nothing is stored.")
        else:
            outputs = [item.test_outputs for item in book.cells]
            real_results.store(name, real_results.entry_of(book.nb, outputs))
            said.append(f"{name}: stored in {real_results.FILE}.")
    return said


def pytest_sessionfinish(session, exitstatus):
    if session.config.option.real and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK  # no notebook, nothing to execute: no failure


def prints(cell):
    """Say whether a cell's stored outputs hold text other than the bare names of figures."""
    texts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
        if output.output_type != "error"
    ]
    return any(re.sub(STORED_FIGURE, "", text).strip() for text in texts)


def share_compared(book):
    """Say how many of a notebook's cells that print text have it compared."""
    printing = [item for item in book.cells if item.cell.source.strip() and prints(item.cell)]
    compared = sum(item.options["check"] and not item.options["skip"] for item in printing)
    share = compared / max(1, len(printing))
    return f"{book.path.name} {compared} of {len(printing)} ({share:.0%})"


def pytest_terminal_summary(terminalreporter, config):
    books = config.stash[BOOKS]
    if config.option.real:
        shares = "none, as these are real files"
    else:
        shares = ", ".join(map(share_compared, books)) or "none, as no notebook was executed"
    tests = {
        report.nodeid
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport)
    }
    terminalreporter.write_line(f"Text outputs compared: {shares}. Tests: {len(tests)}.")
    taken = ", ".join(
        f"{book.path.name} {book.seconds:.0f} of {course(book.nb).get('time_budget_s', '?')}"
        for book in books
        if hasattr(book, "seconds")
    )
    if taken:
        terminalreporter.write_line(f"Seconds taken, of the budget: {taken}.")
    if config.option.store:
        for sentence in store_results(books):
            terminalreporter.write_line(sentence)
