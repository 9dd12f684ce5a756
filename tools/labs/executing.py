"""Executes a restored notebook in the sandbox, with a guard over its checks, and says what came of
it.

labs/nbgrader_config.py puts `SandboxedExecute` into nbgrader's own chain of grading.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import re
import secrets
import sys
from dataclasses import dataclass, fields
from importlib import metadata
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from tools.labs import container, sandbox
from tools.labs.cells import errors_of, grade_id, is_test, task_of
from tools.labs.oddities import worth_reading
from tools.notebooks import write_whole

TIMESTAMP = "timestamp.txt"  # nbgrader keeps the time of a submission there
GUARD = Path(__file__).with_name("guard.py")
CHANGED = "Changed by code in the notebook, and put back before the checks"
DURING = "While a check ran, code in the notebook changed what the check relies on"
VOID = "Something that this check relies on has changed while it ran, so it does not count."
INTERFERES = "Code in this notebook interferes with the checks, so this one does not count."
OWN = "a cell of the student's own"
ASK_GUARD = "__import__('_lab_guard')"
BUSY = (
    "A limit of time was reached while the computer was busy; "
    "this submission is graded anew at the next call."
)
# How a task ends that is wrong, unanswered or was not reached; anything else is a crash.
NO_CRASH = ("AssertionError", "NotImplementedError", "NotRun", "ChecksChanged")

# --- Executing ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One cell to execute.

    Attributes:
        source: its text.
        number: of the notebook's cell; None for the guard's own.
        when: what a cell of the guard's does: "start", "before" or "after" a check; empty for
            others.
        nonce: belongs to this check alone; empty where there is none.
    """

    source: str
    number: int | None = None
    when: str = ""
    nonce: str = ""


def plan(cells: list[NotebookNode]) -> list[Step]:
    """Return what to execute, in order.

    A check gets a last line that must fail, with words that are known here alone: a check is passed
    only if it comes to this line and fails there. So nothing that swallows errors passes it.

    Args:
        cells: the cells of a restored notebook.
    """
    # In a namespace of its own: names of the notebook must not be the guard's.
    own = '{"get_ipython": get_ipython}'
    steps = [Step(f"exec({GUARD.read_text(encoding='utf-8')!r}, {own})", when="start")]
    for number, cell in enumerate(cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if is_test(cell):
            nonce = secrets.token_hex(8)
            last_line = f"assert __import__('numpy').allclose(0, 1), '{nonce}'"
            steps += [
                Step(f"{ASK_GUARD}.before('{nonce}')", when="before", nonce=nonce),
                Step(f"{cell.source}\n{last_line}", number, nonce=nonce),
                Step(f"{ASK_GUARD}.after('{nonce}')", when="after", nonce=nonce),
            ]
        elif utils.is_locked(cell) and not utils.is_grade(cell):
            begin, end = Step(f"{ASK_GUARD}.begin()"), Step(f"{ASK_GUARD}.end()")
            steps += [begin, Step(cell.source, number), end]
        else:
            steps.append(Step(cell.source, number))
    return steps


def error(name: str, sentence: str) -> NotebookNode:
    """Return an error output, which nbgrader scores as a failed test."""
    return nbformat.v4.new_output(
        "error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]
    )


def execute(
    nb: NotebookNode, files: Path, limits: sandbox.Limits, sandboxed: bool, program: str = ""
) -> list[str]:
    """Execute a restored notebook in place; return remarks.

    A test counts as passed only if it came to its very end, and the guard had looked before and
    after it and found nothing that changed meanwhile.

    Args:
        nb: the notebook; its code cells get new outputs.
        files: folder of the lab's files, which the code sees.
        limits: what the code may use.
        sandboxed: whether it runs in a sandbox.
        program: docker or podman, for a container; empty for bubblewrap.

    Raises:
        SandboxError: if it should, and there is none.
    """
    steps = plan(nb.cells)
    done = sandbox.execute([step.source for step in steps], files, limits, sandboxed, program)
    remarks = [done.reason] if done.reason else []
    if done.strange:
        remarks.append(
            f"{done.strange} results did not come from the grader's own program and do not count; "
            "code in the notebook may have forged them."
        )
    heard: dict[tuple[str, str], list[str] | None] = {}
    secret = ""
    for step, outputs in zip(steps, done.outputs, strict=True):
        if step.when == "start":
            secret = secret_of(outputs or [])
        elif step.when:
            heard[step.nonce, step.when] = report_of(outputs or [], secret, step)
        elif step.number is not None:
            cell = nb.cells[step.number]
            cell.execution_count = None
            missing = [error("NotRun", done.reason or "This cell was not executed.")]
            cell.outputs = missing if outputs is None else list(map(nbformat.from_dict, outputs))
    tampered: list[str] = []
    for step in steps:
        if step.nonce and not step.when:
            cell = nb.cells[step.number]
            before, after = heard[step.nonce, "before"], heard[step.nonce, "after"]
            remarks += judge(cell, step.nonce, before, after)
            tampered += before or []
    if tampered:
        names = ", ".join(dict.fromkeys(tampered))
        remarks.append(f"{CHANGED}: {names}.")
    if done.busy and (done.reason or late(nb)):
        remarks.append(BUSY)
    return remarks


def judge(
    cell: NotebookNode, nonce: str, before: list[str] | None, after: list[str] | None
) -> list[str]:
    """Make the outputs of an executed check those of a passed or a failed one; return remarks.

    Args:
        cell: the check.
        nonce: what its last line says when it fails.
        before: what the guard has put back before it; None if it was not heard.
        after: what has changed during the check; None if it was not heard.
    """
    errors = errors_of(cell)
    came_to_its_end = bool(errors) and errors[-1].evalue == nonce
    name, remarks = grade_id(cell), []
    if came_to_its_end:
        cell.outputs.remove(errors[-1])
    if after:
        remarks.append(f"{DURING}: {name}: {', '.join(dict.fromkeys(after))}.")
    if came_to_its_end and before is not None and after:
        cell.outputs.append(error("ChecksChanged", VOID))
    elif not errors or (came_to_its_end and (before is None or after is None)):
        cell.outputs.append(error("ChecksChanged", INTERFERES))
        remarks.append(
            f"Code in the notebook interferes with the check {name}, which does not count."
        )
    for output in errors_of(cell):
        frames = [frame.splitlines() for frame in output.traceback]
        output.traceback = [
            "\n".join(line for line in frame if nonce not in line) for frame in frames
        ]
    # nbgrader takes a warning for a failure and a value for a grade; neither is meant here.
    cell.outputs = [
        output
        for output in cell.outputs
        if output.output_type != "execute_result" and output.get("name") != "stderr"
    ]
    return remarks


def lines_of(outputs: list[dict]) -> list[str]:
    """Return the lines that a cell has printed."""
    texts = [output.get("text") for output in outputs if output.get("name") == "stdout"]
    return "".join(text for text in texts if isinstance(text, str)).splitlines()


def secret_of(outputs: list[dict]) -> str:
    """Return what the guard signs its reports with, from the outputs of its first cell, which ran
    before any code of the notebook; empty if it has not run."""
    found = [line.removeprefix("guard ") for line in lines_of(outputs) if line[:6] == "guard "]
    return found[0] if len(found) == 1 else ""


def report_of(outputs: list[dict], secret: str, step: Step) -> list[str] | None:
    """Return what the guard has found changed; None if nothing is heard of it.

    Args:
        outputs: of the guard's cell.
        secret: what it signs with.
        step: the cell.
    """
    for line in lines_of(outputs) if secret else ():
        sign, _, text = line.partition(" ")
        right = hmac.new(bytes.fromhex(secret), text.encode(), "sha256").hexdigest()
        if hmac.compare_digest(sign.encode(), right.encode()):
            nonce, when, changed = json.loads(text)
            if (nonce, when) == (step.nonce, step.when):
                return [str(name)[:100] for name in changed]
    return None


def late(nb: NotebookNode) -> bool:
    """Say whether a cell has reached its limit of time."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    return any(output.ename == "TimeLimit" for cell in code for output in errors_of(cell))


def crashes(nb: NotebookNode) -> list[str]:
    """Return a remark for every task that ended in something else than a wrong or a missing answer;
    for a task the first such error."""
    first: dict[str, str] = {}
    for cell in nb.cells:
        if cell.cell_type != "code" or (utils.is_locked(cell) and not is_test(cell)):
            continue  # what the lab itself does with the answers is not graded
        for output in errors_of(cell):
            if output.ename not in NO_CRASH:
                name = grade_id(cell)
                task = task_of(name) if name else OWN
                message = (output.evalue.strip().splitlines() or [""])[0][:200]
                first.setdefault(task, f"{task}: {output.ename}: {message}".rstrip(": "))
    return list(first.values())


def head(remarks: list[str]) -> str:
    """Return remarks as the Markdown that stands above the notebook, their signs as plain text."""
    points = "\n".join("- " + re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", r) for r in remarks)
    return f"**Remarks from grading**\n\n{points}"


# --- A part of nbgrader's chain -------------------------------------------------------------------


@functools.cache
def versions() -> str:
    """Return the versions of Python and of all packages, on which outputs depend."""
    packages = {(d.metadata["Name"] or "").lower(): d.version for d in metadata.distributions()}
    return repr((sys.version, sorted(packages.items())))


class SandboxedExecute(NbGraderPreprocessor):
    """Executes a notebook in the sandbox, or takes the outputs of exactly this notebook from an
    execution in the store."""

    sandboxed = Bool(True, help="Without it, student code runs with all your rights.").tag(
        config=True
    )
    container = Unicode("", help="docker or podman; bubblewrap if empty.").tag(config=True)
    cell_seconds = Float(sandbox.Limits.cell_seconds, help="Time limit for one cell.").tag(
        config=True
    )
    total_seconds = Float(sandbox.Limits.total_seconds, help="Time limit for a notebook.").tag(
        config=True
    )
    patience = Float(
        sandbox.Limits.patience, help="How many times as long both may take on a busy computer."
    ).tag(config=True)
    memory = Integer(sandbox.Limits.memory, help="Bytes of memory for a notebook.").tag(config=True)
    processes = Integer(sandbox.Limits.processes, help="Processes and threads of a notebook.").tag(
        config=True
    )
    disk = Integer(sandbox.Limits.disk, help="Bytes that a notebook may write to files.").tag(
        config=True
    )
    output_bytes = Integer(sandbox.Limits.output_bytes, help="Bytes of output of one cell.").tag(
        config=True
    )
    store = Unicode(
        "", help="Folder of finished executions, so that none is repeated; none if empty."
    ).tag(config=True)

    @property
    def limits(self) -> sandbox.Limits:
        """What the settings allow one submission."""
        names = [part.name for part in fields(sandbox.Limits)]
        return sandbox.Limits(**{name: getattr(self, name) for name in names})

    @property
    def state(self) -> str:
        """All that outputs depend on besides the notebook and its files: limits, programs, our own
        code."""
        inside = container.image() if self.container else versions()
        parts = [repr((self.limits, self.sandboxed, self.container, inside)).encode()]
        parts += [path.read_bytes() for path in (GUARD, sandbox.DRIVER)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def place(self, nb: NotebookNode, files: Path) -> Path | None:
        """Return where the outputs of this notebook with these files under these limits are kept;
        None if nothing is."""
        if not self.store:
            return None
        key = hashlib.sha256(self.state.encode())
        for path in sorted(files.rglob("*")):
            if path.is_file() and path.suffix != ".ipynb" and path.name != TIMESTAMP:
                key.update(path.relative_to(files).as_posix().encode() + b"\0" + path.read_bytes())
        for cell in nb.cells:
            key.update(json.dumps([cell.cell_type, cell.source, grade_id(cell)]).encode())
        return Path(self.store) / (key.hexdigest() + ".json")

    def stored(self, place: Path | None) -> dict | None:
        """Return an execution in the store; None if there is no sound one."""
        try:
            return json.loads(place.read_text(encoding="utf-8")) if place else None
        except (OSError, ValueError):
            return None

    def forget(self, nb: NotebookNode, files: Path, sound_ones: bool) -> None:
        """Take an execution out of the store if it does not tell anything, or in any case.

        Args:
            nb: the notebook.
            files: its files.
            sound_ones: whether in any case.
        """
        place = self.place(nb, files)
        stored = self.stored(place)
        if stored and (sound_ones or BUSY in stored["remarks"]):
            place.unlink()

    def fill(self, nb: NotebookNode, files: Path) -> list[str]:
        """Execute a restored notebook in place, or fill in what is in the store; return remarks."""
        place = self.place(nb, files)
        if stored := self.stored(place):
            for cell, outputs in zip(nb.cells, stored["outputs"], strict=True):
                if cell.cell_type == "code":
                    cell.outputs = [nbformat.from_dict(output) for output in outputs]
                    cell.execution_count = None
            return stored["remarks"]
        remarks = execute(nb, files, self.limits, self.sandboxed, self.container)
        self.keep(nb, files, remarks)
        return remarks

    def keep(self, nb: NotebookNode, files: Path, remarks: list[str]) -> None:
        """Put the outputs of an executed notebook into the store, if there is one."""
        if place := self.place(nb, files):
            outputs = [cell.get("outputs", []) for cell in nb.cells]
            write_whole(place, json.dumps({"outputs": outputs, "remarks": remarks}))

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        remarks = self.fill(nb, Path(resources["metadata"]["path"]))
        about = nb.metadata.setdefault("lab", {})
        about["remarks"] = [*about.get("remarks", []), *remarks, *crashes(nb), *worth_reading(nb)]
        if about["remarks"]:  # to be read at the top of the page
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(head(about["remarks"])))
        return nb, resources
