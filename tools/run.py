"""Execute notebooks top to bottom, each in a fresh kernel of this Python and in its own folder.

    python -m tools.run [NOTEBOOK|FOLDER ...] [--update] [--timeout S]
                                                        (default: every notebook in Part*/)

Executed copies, their HTML and an index page go to build/run/. The sources stay as they are, but
for --update, which writes outputs, `measured_s`, `calibration_s` and the cell *Check yourself* into
every notebook that ran to its end, and names the cells that take long and show no progress.
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # Ctrl-C during the imports ends it without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import nbformat
import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tools import questions
from tools.calibrate import REFERENCE_S, CalibrationError, calibrate
from tools.notebooks import (
    ROOT,
    budget,
    find,
    name_of,
    read,
    results,
    without_outputs,
    write,
    write_whole,
)

OUT = ROOT / "build" / "run"
TEMPLATES = Path(__file__).resolve().parent / "templates"
MATHJAX = TEMPLATES / "mathjax" / "tex-svg.js"  # version 3.2.2, one file without fonts
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass
class Run:
    """What one execution of a notebook gave.

    Attributes:
        notebook: the executed notebook, up to the failure if there was one.
        seconds: from the start of the kernel to the end of the last cell.
        peak: the most memory that the kernel held, in bytes.
        failure: one sentence, empty if all went well.
        cell_seconds: what each code cell took, by its number in the file.
    """

    notebook: NotebookNode
    seconds: float = 0.0
    peak: int = 0
    failure: str = ""
    cell_seconds: dict[int, float] = field(default_factory=dict)


# --- Executing ------------------------------------------------------------------------------------


def execute(
    notebook: NotebookNode,
    folder: Path,
    environment: dict[str, str] | None = None,
    timeout: int = 600,
    tick: Callable[[int], None] = lambda done: None,
    prelude: str = "",
) -> Run:
    """Execute a notebook in place, in a fresh kernel of the running Python.

    Args:
        notebook: without outputs.
        folder: the kernel's working directory.
        environment: the kernel's environment variables; those of this process if None.
        timeout: seconds that one cell may take.
        tick: called with the number of code cells done, after each.
        prelude: code that the kernel executes before the first cell, and that leaves no trace in
            the notebook.

    Returns:
        a Run; whatever goes wrong in the notebook is in its `failure`.

    Raises:
        KeyboardInterrupt: after the kernel has been stopped.
    """
    execution = _Execution(notebook, timeout, tick)
    environment = dict(os.environ if environment is None else environment)
    environment.pop("MPLBACKEND", None)  # figures belong into the notebook
    # zmq needs a selector loop, which is not the default on Windows. The runner turns Ctrl-C into a
    # cancellation, so that `finally` is reached.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(execution.run_all_cells(folder, environment, prelude))
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    return execution.run


class _Execution:
    """One execution of a notebook: nbclient executes it and calls the methods called `on_...`.

    Not nbclient's `async_execute`: that takes over what Ctrl-C and SIGTERM do in this process, and
    then calls an interrupted notebook one whose kernel died.
    """

    def __init__(self, notebook: NotebookNode, timeout: int, tick: Callable[[int], None]) -> None:
        self.run = Run(notebook)
        self.tick = tick
        self.cell: NotebookNode | None = None  # the one that is being executed
        self.began = 0.0  # when it began
        # With no folder to search, "python3" is the ipykernel of the running Python, whatever
        # kernels the user may have installed.
        self.manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
        self.client = NotebookClient(
            notebook,
            km=self.manager,
            timeout=timeout,
            record_timing=False,
            coalesce_streams=True,
        )
        # Else it warns on every start that it talks in plain text, within this computer.
        self.client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]

    def on_cell_execute(self, cell: NotebookNode, cell_index: int) -> None:
        """Remember the cell that begins, and when."""
        self.cell = cell
        self.began = time.monotonic()

    def on_cell_executed(self, cell: NotebookNode, cell_index: int, execute_reply: Any) -> None:
        """Count the cell that has ended, in an error or not."""
        self.run.cell_seconds[cell_index] = time.monotonic() - self.began
        self._look_at_memory()
        self.tick(self.client.code_cells_executed)

    async def run_all_cells(self, folder: Path, environment: dict[str, str], prelude: str) -> None:
        """Fill the Run."""
        start, watch = time.monotonic(), None
        with tempfile.TemporaryFile() as errors:
            try:
                await self.client.async_start_new_kernel(
                    cwd=str(folder), env=environment, stderr=errors
                )
                watch = asyncio.create_task(self._watch_memory())
                await self.client.async_start_new_kernel_client()
                if prelude:
                    await self._execute_prelude(prelude)
                self.client.on_cell_execute = self.on_cell_execute
                self.client.on_cell_executed = self.on_cell_executed
                for index, cell in enumerate(self.run.notebook.cells):
                    await self.client.async_execute_cell(
                        cell, index, execution_count=self.client.code_cells_executed + 1
                    )
            except (CellExecutionError, CellTimeoutError, RuntimeError) as error:
                if asyncio.current_task().cancelling():  # Ctrl-C looks like the kernel's death
                    raise asyncio.CancelledError from None
                self.run.failure = self._failure(error, errors)
            finally:
                self.run.seconds = time.monotonic() - start
                if watch:
                    watch.cancel()
                if self.manager.has_kernel:
                    # The polite way lets the notebook tidy up; a hung kernel would not listen.
                    finished = not self.run.failure and not asyncio.current_task().cancelling()
                    await self.manager.shutdown_kernel(now=not finished)
                if self.client.kc:
                    self.client.kc.stop_channels()

    async def _execute_prelude(self, source: str) -> None:
        """Execute code as a cell that is there for this moment only."""
        cells = self.run.notebook.cells
        cells.insert(0, nbformat.v4.new_code_cell(source))
        try:
            await self.client.async_execute_cell(cells[0], 0, store_history=False)
        finally:
            cells.pop(0)
            self.client.reset_execution_trackers()

    def _failure(self, error: Exception, errors: IO[bytes]) -> str:
        """Say in one sentence what went wrong, and in which cell.

        Args:
            error: what nbclient raised.
            errors: what the kernel's process wrote to stderr, outside of any cell.
        """
        if isinstance(error, CellExecutionError):
            reason = error.evalue or _raising_line(error.traceback)
            return f"{self._place()}: {error.ename}: {reason}"
        if isinstance(error, CellTimeoutError):
            limit = f"{self.client.timeout} s, the --timeout for one cell"
            return f"{self._place()}: it took longer than {limit}"
        last = _last_words(errors)
        if isinstance(error, DeadKernelError) and self.cell is not None:
            held = f"it held {self.run.peak / 1e9:.1f} GB"
            return f"{self._place()}: the kernel died, often for want of memory ({held}){last}"
        return f"the kernel did not start: {error}{last}"

    def _place(self) -> str:
        """Say which cell it was: the number that Jupyter shows at its left, and its first line."""
        if self.cell is None:
            return "before the first cell"
        first_line = self.cell.source.strip().splitlines()[0]
        return f"cell [{self.client.code_cells_executed}], `{first_line}`"

    async def _watch_memory(self) -> None:
        while True:
            self._look_at_memory()
            await asyncio.sleep(0.5)

    def _look_at_memory(self) -> None:
        self.run.peak = max(self.run.peak, _peak(self.manager.provisioner.pid))


def _raising_line(traceback: str) -> str:
    """Return the line at which an error without a message was raised, as for `assert x > 0`."""
    arrows = re.findall(r"-> *\d+ +(.+)", re.sub(r"\x1b\[[0-9;]*m", "", traceback))
    return arrows[0] if arrows else ""


def _last_words(errors: IO[bytes]) -> str:
    """Return the most telling line that a process left on stderr, after a colon; empty if none."""
    errors.seek(0)
    text = errors.read().decode("utf-8", "replace")
    lines = re.findall(r"Fatal Python error: .+", text) or text.strip().splitlines()[-1:]
    return f": {lines[0].strip()[:200]}" if lines else ""


def _peak(pid: int) -> int:
    """Return the most bytes that a process has held so far; where the system does not keep that
    (macOS), what it holds now."""
    try:
        if sys.platform == "linux":
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status).group(1))
        memory = psutil.Process(pid).memory_info()
        return getattr(memory, "peak_wset", memory.rss)
    except (OSError, AttributeError, psutil.Error):  # it has just ended
        return 0


# --- The pages ------------------------------------------------------------------------------------


def save(run: Run, target: Path) -> None:
    """Write the executed copy, and its HTML beside it, which needs no network."""
    from nbconvert import HTMLExporter  # slow to import

    write(target, run.notebook)
    _bring_along()
    exporter = HTMLExporter(
        template_name="course",
        extra_template_basedirs=[str(TEMPLATES)],
        mathjax_url="../" * len(target.parent.relative_to(OUT).parts) + MATHJAX.name,
    )
    page, _ = exporter.from_notebook_node(run.notebook, {"metadata": {"name": target.stem}})
    write_whole(target.with_suffix(".html"), page)


def _bring_along() -> None:
    """Copy what pages load to where they look for it: MathJax, and the schematics, which notebooks
    in Part*/ embed as ../figures/NAME.svg."""
    if not (OUT / MATHJAX.name).exists():
        shutil.copy(MATHJAX, OUT)
    for schematic in (ROOT / "figures").glob("*.svg"):
        (OUT / "figures").mkdir(exist_ok=True)
        shutil.copy(schematic, OUT / "figures")


def index_page(runs: dict[str, tuple[Run, Path]]) -> str:
    """Return the page that lists the runs: name of the notebook -> its Run and executed copy."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        keep_trailing_newline=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
    )
    pages = []
    for name, (run, target) in runs.items():
        copy = quote(target.relative_to(OUT).as_posix()) if run.notebook.cells else ""
        rows = results(run.notebook)
        keys = list(rows[0]) if rows else []
        pages.append(
            {
                "name": name,
                "status": status(run),
                "seconds": run.seconds,
                "budget": budget(run.notebook),
                "peak": run.peak,
                "executed": copy,
                "page": copy.removesuffix(".ipynb") + ".html" if copy else "",
                "heads": keys,
                "results": [[_shown(row.get(key)) for key in keys] for row in rows],
            }
        )
    return environment.get_template("run.html.jinja").render(runs=pages)


def _shown(value: Any) -> str:
    """Return a value of a row of results as it is shown."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def status(run: Run) -> str:
    """Return "ok", "ok, over budget" or "failed" with the reason."""
    if run.failure:
        return f"failed: {run.failure}"
    seconds = budget(run.notebook)
    return "ok, over budget" if seconds is not None and run.seconds > seconds else "ok"


# --- The command ----------------------------------------------------------------------------------


def target_of(path: Path, taken: set[Path]) -> Path:
    """Return where a notebook's executed copy goes: under OUT, by its place in the course."""
    if path.is_relative_to(ROOT):
        return OUT / path.relative_to(ROOT)
    target, number = OUT / "outside" / path.name, 1
    while target in taken:
        number += 1
        target = target.with_name(f"{path.stem}-{number}.ipynb")
    return target


def unwritable(paths: list[Path], updating: bool) -> str:
    """Return in one sentence what cannot be written, though it must; empty if all can.

    Args:
        paths: the notebooks to execute.
        updating: whether they are written too.
    """
    try:
        OUT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=OUT):
            pass
    except OSError as error:
        return (
            f"Nothing was executed: {OUT} cannot be written ({error.strerror}). "
            "Copy the course's folder to a place that is yours."
        )
    for path in paths if updating else []:
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            return f"Nothing was executed: {path} cannot be written, so it cannot be updated."
    return ""


def update(path: Path, run: Run, before: bytes, calibration: float) -> None:
    """Write outputs, `measured_s`, `calibration_s` and the cell *Check yourself* into the source;
    not if somebody saved it while it ran."""
    if path.read_bytes() != before:
        run.failure = "the file was changed while it ran, so it was not updated"
        return
    try:
        questions.write_cell(run.notebook)
    except ValueError as error:
        run.failure = f"it was not updated: {str(error).rstrip('.')}"
        return
    about = run.notebook.metadata.setdefault("course", {})
    about["measured_s"] = round(run.seconds, 1)
    about["calibration_s"] = round(calibration, 2)
    write(path, run.notebook)


def run_all(
    paths: list[Path], timeout: int, updating: bool, console: Console
) -> dict[str, tuple[Run, Path]]:
    """Execute notebooks one after the other, showing progress.

    Returns:
        for each notebook's name its Run and its executed copy.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("cells"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[budget]}"),
        TextColumn("{task.fields[status]}"),
    )
    runs: dict[str, tuple[Run, Path]] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for path in paths:
            target = target_of(path, {target for _, target in runs.values()})
            name = name_of(path, ROOT)
            run = _run_one(path, name, timeout, updating, progress)
            if run.notebook.cells:
                save(run, target)
            runs[name] = run, target
            write_whole(OUT / "index.html", index_page(runs))
    return runs


def _run_one(path: Path, name: str, timeout: int, updating: bool, progress: Progress) -> Run:
    """Execute a notebook, update its source if that is wanted, and say what came of it."""
    console = progress.console
    try:
        before = path.read_bytes()
        notebook = without_outputs(read(path))
        calibration = calibrate() if updating else 0.0
    except (CalibrationError, OSError, ValueError) as error:
        _print(console, f"FAILED {name}: {error}")
        return Run(nbformat.v4.new_notebook(), failure=str(error))
    seconds = budget(notebook)
    allowed = "" if seconds is None else f"of {seconds:.0f} s"
    count = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells)
    task = progress.add_task(name, total=count, budget=allowed, status="")
    if not console.is_terminal:
        _print(console, f"{name}: {count} cells {allowed}".rstrip())
    environment = dict(os.environ, COURSE_DATA="default") if updating else None
    run = execute(
        notebook,
        path.parent,
        environment,
        timeout,
        tick=lambda done: progress.update(task, completed=done),
    )
    if updating and not run.failure:
        update(path, run, before, calibration)
        _say_what_is_silent(name, run, calibration, console)
    progress.update(task, status=status(run).partition(":")[0])
    progress.stop_task(task)
    if run.failure:
        _print(console, f"FAILED {name}: {run.failure}")
    elif not console.is_terminal:
        took = f"{run.seconds:.1f} s {allowed}".strip()
        _print(console, f"{name}: {status(run)}, {took}, {run.peak / 1e9:.2f} GB")
    return run


def _say_what_is_silent(name: str, run: Run, calibration: float, console: Console) -> None:
    """Name the cells that would keep a reader waiting, on the reference computer, in silence."""
    from tools.silent import silent_cells

    on_reference = {i: s * REFERENCE_S / calibration for i, s in run.cell_seconds.items()}
    for sentence in silent_cells(run.notebook, on_reference):
        _print(console, f"{name}: {sentence}")


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def end_politely() -> None:
    """Make Ctrl-C, and being ended from outside, raise KeyboardInterrupt, so that no kernel is left
    behind."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def parser_of(program: str, description: str) -> argparse.ArgumentParser:
    """Return a parser for a program that does something to notebooks."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument(
        "paths",
        metavar="NOTEBOOK|FOLDER",
        nargs="*",
        type=Path,
        help="default: every notebook in Part*/",
    )
    return parser


def judge_all(paths: list[Path], judge: Callable[[Path], str], good: str, bad: str) -> int:
    """Print one line a notebook: whether it passes a judge.

    Args:
        paths: notebooks and folders, as for `find`.
        judge: returns what is wrong with a notebook, in one sentence; empty if nothing is.
        good: what is printed behind the name of a notebook that passes.
        bad: what is printed before the sentence about one that does not.

    Returns:
        the exit status: 0 if all pass, 1 if not, 2 for a path that is not there, 130 after Ctrl-C.
    """
    end_politely()
    failed = 0
    try:
        for path in find(paths):
            try:
                fault = judge(path)
            except OSError as error:
                fault = str(error)
            failed += bool(fault)
            print(f"{name_of(path, ROOT)}: {f'{bad}: {fault}' if fault else good}", flush=True)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if failed else 0


def main(arguments: list[str] | None = None) -> int:
    """Execute what the command line says.

    Returns:
        the exit status: 0, 1 if a notebook failed or a file cannot be written, 2 for wrong
        arguments, 130 after Ctrl-C.
    """
    parser = parser_of("tools.run", "Execute notebooks; afterwards see build/run/index.html.")
    parser.add_argument(
        "--update",
        action="store_true",
        help="write outputs, measured_s and calibration_s into the notebooks",
    )
    parser.add_argument(
        "--timeout",
        type=int,
        default=600,
        metavar="S",
        help="seconds that one cell may take (default: 600)",
    )
    chosen = parser.parse_args(arguments)
    end_politely()
    console, start = Console(), time.monotonic()
    try:
        paths = find(chosen.paths)
        if obstacle := unwritable(paths, chosen.update):
            print(obstacle, file=sys.stderr)
            return 1
        runs = run_all(paths, chosen.timeout, chosen.update, console)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"Stopped, as a file cannot be written: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "Stopped; the kernel has been ended, and no notebook was half-written.", file=sys.stderr
        )
        return 130
    failed = sum(bool(run.failure) for run, _ in runs.values())
    page = (OUT / "index.html").relative_to(ROOT).as_posix()
    seconds = time.monotonic() - start
    _print(console, f"{len(runs)} notebooks in {seconds:.0f} s, {failed} failed. See {page}")
    pages_failed = False
    if chosen.update and failed < len(runs) and importlib.util.find_spec("tools.docs"):
        made = subprocess.run([sys.executable, "-m", "tools.docs"], cwd=ROOT, check=False)
        pages_failed = made.returncode != 0
    return 1 if failed or pages_failed else 0


if __name__ == "__main__":
    sys.exit(main())
