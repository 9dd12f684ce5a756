"""Execute notebooks top to bottom, each in a fresh kernel of this Python and in its own folder.

    python -m tools.run [NOTEBOOK|FOLDER ...] [--update] [--timeout S]     (default: every notebook in Part*/)

Executed copies, their HTML and an index page go to build/run/. The sources stay as they are, but for --update, which writes
outputs and `measured_s` into every notebook that ran to its end.
"""

from __future__ import annotations

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl-C during the imports ends it without a traceback

import argparse
import asyncio
import html
import importlib.util
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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


@dataclass
class Run:
    """What one execution of a notebook gave.

    Attributes:
        notebook: the executed notebook, up to the failure if there was one.
        seconds: from the start of the kernel to the end of the last cell.
        peak: the most memory that the kernel held, in bytes.
        failure: one sentence, empty if all went well.
    """

    notebook: nbformat.NotebookNode
    seconds: float = 0.0
    peak: int = 0
    failure: str = ""


# --- Executing ------------------------------------------------------------------------------------------------------


def execute(
    notebook: nbformat.NotebookNode,
    folder: Path,
    environment: dict[str, str] | None = None,
    timeout: int = 600,
    tick: Callable[[int], None] = lambda done: None,
) -> Run:
    """Execute a notebook in place, in a fresh kernel of the running Python.

    Args:
        notebook: without outputs.
        folder: the kernel's working directory.
        environment: the kernel's environment variables; those of this process if None.
        timeout: seconds that one cell may take.
        tick: called with the number of code cells done, after each.

    Returns:
        a Run; whatever goes wrong in the notebook is in its `failure`.

    Raises:
        KeyboardInterrupt: after the kernel has been stopped.
    """
    run = Run(notebook)
    # zmq needs a selector loop, which is not the default on Windows. The runner turns Ctrl-C into a cancellation, so `finally` is reached.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(_execute(run, folder, environment, timeout, tick))
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    return run


async def _execute(
    run: Run,
    folder: Path,
    environment: dict[str, str] | None,
    timeout: int,
    tick: Callable[[int], None],
) -> None:
    # With no folder to search, "python3" is the ipykernel of the running Python, whatever kernels the user may have installed.
    manager = AsyncKernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        run.notebook, km=manager, timeout=timeout, record_timing=False, coalesce_streams=True
    )
    client.extra_arguments = [
        "--IPKernelApp.log_level=ERROR"
    ]  # else it warns on every start that it talks in plain text, within this computer
    environment = dict(os.environ if environment is None else environment)
    environment.pop("MPLBACKEND", None)  # figures belong into the notebook
    cell, start, watch = None, time.monotonic(), None
    try:
        await client.async_start_new_kernel(cwd=str(folder), env=environment)
        watch = asyncio.create_task(_watch_memory(run, manager.provisioner.pid))
        await client.async_start_new_kernel_client()
        for index, cell in enumerate(run.notebook.cells):
            await client.async_execute_cell(
                cell, index, execution_count=client.code_cells_executed + 1
            )
            tick(client.code_cells_executed)
            run.peak = max(run.peak, _peak(manager.provisioner.pid))
    except CellExecutionError as error:
        run.failure = f"{_place(cell)}: {error.ename}: {error.evalue or _line(error.traceback)}"
    except CellTimeoutError:
        run.failure = (
            f"{_place(cell, client)}: it took longer than {timeout} s, the --timeout for one cell"
        )
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # nbclient takes Ctrl-C for the kernel's death
            raise asyncio.CancelledError from None
        run.failure = f"{_place(cell, client)}: the kernel died, often for want of memory (it held {run.peak / 1e9:.1f} GB)"
    except RuntimeError as error:
        run.failure = f"the kernel did not start: {error}"
    finally:
        run.seconds = time.monotonic() - start
        if watch:
            watch.cancel()
        if manager.has_kernel:
            finished = not run.failure and not asyncio.current_task().cancelling()
            await manager.shutdown_kernel(
                now=not finished
            )  # the polite way lets the notebook tidy up; a hung kernel would not listen
        if client.kc:
            client.kc.stop_channels()


def _place(cell: nbformat.NotebookNode, client: NotebookClient | None = None) -> str:
    """Say which cell it was: the number that Jupyter shows at its left, and its first line."""
    number = client.code_cells_executed if client else cell.execution_count
    return f"cell [{number}], `{cell.source.strip().splitlines()[0]}`"


def _line(traceback: str) -> str:
    """Return the line at which an error without a message was raised, as for `assert x > 0`."""
    arrows = re.findall(r"-> *\d+ +(.+)", re.sub(r"\x1b\[[0-9;]*m", "", traceback))
    return arrows[0] if arrows else ""


async def _watch_memory(run: Run, pid: int) -> None:
    while True:
        run.peak = max(run.peak, _peak(pid))
        await asyncio.sleep(0.5)


def _peak(pid: int) -> int:
    """Return the most bytes that a process has held so far; where the system does not keep that (macOS), what it holds now."""
    try:
        if sys.platform == "linux":
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status).group(1))
        memory = psutil.Process(pid).memory_info()
        return getattr(memory, "peak_wset", memory.rss)
    except (OSError, AttributeError, psutil.Error):  # it has just ended
        return 0


# --- The pages ------------------------------------------------------------------------------------------------------


def save(run: Run, target: Path) -> None:
    """Write the executed copy, and its HTML beside it."""
    from nbconvert import HTMLExporter  # slow to import

    write(target, run.notebook)
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(
        run.notebook, {"metadata": {"name": target.stem}}
    )  # "lab" drops alternative texts
    write_whole(target.with_suffix(".html"), page)


def index_page(runs: dict[str, tuple[Run, Path]]) -> str:
    """Return the page that lists the runs: name of the notebook -> its Run and the executed copy."""
    head = ["notebook", "status", "time", "budget", "peak memory", "pages"]
    rows, tables = [], []
    for name, (run, target) in runs.items():
        link = quote(target.relative_to(OUT).as_posix())
        pages = (
            f'<a href="{link.removesuffix(".ipynb")}.html">HTML</a> <a href="{link}">notebook</a>'
            if run.notebook.cells
            else ""
        )
        seconds = budget(run.notebook)
        cells = [
            name,
            status(run),
            f"{run.seconds:.1f} s",
            "" if seconds is None else f"{seconds:.0f} s",
            f"{run.peak / 1e9:.2f} GB",
        ]
        rows.append([html.escape(cell) for cell in cells] + [pages])
        if results(run.notebook):
            tables.append(f"<h2>{html.escape(name)}</h2>" + results_html(results(run.notebook)))
    style = "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;text-align:left}"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>The last run</title>',
        f"<style>{style}</style></head><body>",
    ]
    return (
        "\n".join([*parts, "<h1>The last run</h1>", _table(head, rows), *tables, "</body></html>"])
        + "\n"
    )


def results_html(rows: list[dict[str, Any]]) -> str:
    """Return a results table as HTML."""
    keys = list(rows[0])
    form = [
        [
            f"{v:.4g}" if isinstance(v, float) else "" if v is None else html.escape(str(v))
            for v in (row.get(key) for key in keys)
        ]
        for row in rows
    ]
    return _table(keys, form)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in rows]
    return "\n".join(
        [
            "<table>",
            "<tr>" + "".join(f"<th>{html.escape(h)}</th>" for h in head) + "</tr>",
            *(f"<tr>{line}</tr>" for line in lines),
            "</table>",
        ]
    )


def status(run: Run) -> str:
    """Return "ok", "ok, over budget" or "failed" with the reason."""
    seconds = budget(run.notebook)
    return (
        f"failed: {run.failure}"
        if run.failure
        else "ok, over budget"
        if seconds is not None and run.seconds > seconds
        else "ok"
    )


# --- The command ----------------------------------------------------------------------------------------------------


def target_of(path: Path, taken: set[Path]) -> tuple[str, Path]:
    """Return the name to show for a notebook, and where its executed copy goes: under OUT, by its place in the course."""
    if path.is_relative_to(ROOT):
        return name_of(path, ROOT), OUT / path.relative_to(ROOT)
    target = next(
        t
        for i in range(1, 10**6)
        if (t := OUT / "outside" / (path.stem + (f"-{i}" if i > 1 else "") + ".ipynb")) not in taken
    )
    return str(path), target


def update(path: Path, run: Run, before: bytes) -> None:
    """Write outputs and `measured_s` into the source; not if somebody saved it while it ran."""
    if path.read_bytes() != before:
        run.failure = "the file was changed while it ran, so it was not updated"
        return
    run.notebook.metadata.setdefault("course", {})["measured_s"] = round(run.seconds, 1)
    write(path, run.notebook)


def run_all(
    paths: list[Path], timeout: int, updating: bool, console: Console
) -> dict[str, tuple[Run, Path]]:
    """Execute notebooks one after the other, showing progress; return for each name its Run and its executed copy."""
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("cells"),
    ]
    columns += [
        TimeElapsedColumn(),
        TextColumn("{task.fields[budget]}"),
        TextColumn("{task.fields[status]}"),
    ]
    environment = dict(os.environ, COURSE_DATA="default") if updating else None
    runs: dict[str, tuple[Run, Path]] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for path in paths:
            name, target = target_of(path, {t for _, t in runs.values()})
            before = path.read_bytes()
            try:
                notebook = without_outputs(read(path))
            except ValueError as error:
                run = Run(nbformat.v4.new_notebook(), failure=str(error))
            else:
                seconds, cells = (
                    budget(notebook),
                    sum(c.cell_type == "code" and bool(c.source.strip()) for c in notebook.cells),
                )
                of = "" if seconds is None else f"of {seconds:.0f} s"
                task = progress.add_task(name, total=cells, budget=of, status="")
                if not console.is_terminal:
                    _print(console, f"{name}: {cells} cells {of}".rstrip())
                run = execute(
                    notebook,
                    path.parent,
                    environment,
                    timeout,
                    lambda done: progress.update(task, completed=done),
                )
                if updating and not run.failure:
                    update(path, run, before)
                save(run, target)
                progress.update(task, status=status(run).partition(":")[0])
                progress.stop_task(task)
            runs[name] = run, target
            if run.failure:
                _print(console, f"FAILED {name}: {run.failure}")
            elif not console.is_terminal:
                _print(
                    console,
                    f"{name}: {status(run)}, {f'{run.seconds:.1f} s {of}'.strip()}, {run.peak / 1e9:.2f} GB",
                )
            write_whole(OUT / "index.html", index_page(runs))
    return runs


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def end_politely() -> None:
    """Make Ctrl-C, and being ended from outside, raise KeyboardInterrupt, so that no kernel is left behind."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def main(arguments: list[str] | None = None) -> int:
    """Execute what the command line says; return 0, 1 if a notebook failed, 2 for wrong arguments, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.run",
        description="Execute notebooks; afterwards see build/run/index.html.",
    )
    parser.add_argument(
        "paths",
        metavar="NOTEBOOK|FOLDER",
        nargs="*",
        type=Path,
        help="default: every notebook in Part*/",
    )
    parser.add_argument(
        "--update", action="store_true", help="write outputs and measured_s into the notebooks"
    )
    parser.add_argument(
        "--timeout",
        type=int,
        default=600,
        metavar="S",
        help="seconds that one cell may take (default: 600)",
    )
    found = parser.parse_args(arguments)
    end_politely()
    console, start = Console(), time.monotonic()
    try:
        runs = run_all(find(found.paths), found.timeout, found.update, console)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "Stopped; the kernel has been ended, and no notebook was half-written.", file=sys.stderr
        )
        return 130
    failed = sum(bool(run.failure) for run, _ in runs.values())
    _print(
        console,
        f"{len(runs)} notebooks in {time.monotonic() - start:.0f} s, {failed} failed. See {(OUT / 'index.html').relative_to(ROOT).as_posix()}",
    )
    pages = 0
    if found.update and failed < len(runs) and importlib.util.find_spec("tools.docs"):
        pages = subprocess.run(
            [sys.executable, "-m", "tools.docs"], cwd=ROOT, check=False
        ).returncode
    return 1 if failed or pages else 0


if __name__ == "__main__":
    sys.exit(main())
