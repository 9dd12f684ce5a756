"""Executes a restored notebook in the sandbox, with a guard over its checks, and says what came of
it.

labs/nbgrader_config.py puts `SandboxedExecute` into nbgrader's own chain of grading.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, Unicode

from tools.labs import sandbox
from tools.labs.cells import errors_of, grade_id, is_test, task_of
from tools.notebooks import write_whole

GUARD = Path(__file__).with_name("guard.py")
CHANGED = "Changed by code in the notebook, and put back before the checks"
OWN = "a cell of the student's own"
# How a task ends that is wrong, unanswered or was not reached; anything else is a crash.
NO_CRASH = ("AssertionError", "NotImplementedError", "NotRun", "ChecksChanged")

# --- Executing ------------------------------------------------------------------------------------


def plan(cells: list[NotebookNode], proof: str) -> list[tuple[str, int | None]]:
    """Return what to execute, in order: (source, number of the notebook's cell, or None for the
    guard's own).

    Args:
        cells: the cells of a restored notebook.
        proof: what the guard writes in front of its report.
    """
    steps: list[tuple[str, int | None]] = [(GUARD.read_text(encoding="utf-8"), None)]
    for number, cell in enumerate(cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if is_test(cell):
            steps += [(f"_lab_guard['put_back']({proof!r})", None), (cell.source, number)]
        elif utils.is_locked(cell) and not utils.is_grade(cell):
            begin, end = ("_lab_guard['begin']()", None), ("_lab_guard['end']()", None)
            steps += [begin, (cell.source, number), end]
        else:
            steps.append((cell.source, number))
    return steps


def error(name: str, sentence: str) -> NotebookNode:
    """Return an error output, which nbgrader scores as a failed test."""
    return nbformat.v4.new_output(
        "error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]
    )


def execute(nb: NotebookNode, files: Path, limits: sandbox.Limits, sandboxed: bool) -> list[str]:
    """Execute a restored notebook in place; return remarks.

    A test counts as passed only if it came to its end without an error, and the guard had looked
    before it.

    Args:
        nb: the notebook; its code cells get new outputs.
        files: folder of the lab's files, which the code sees.
        limits: what the code may use.
        sandboxed: whether it runs in the sandbox.

    Raises:
        SandboxError: if it should, and there is none.
    """
    proof = secrets.token_hex(8) + ":"
    steps = plan(nb.cells, proof)
    done = sandbox.execute([source for source, _ in steps], files, limits, sandboxed)
    remarks = [done.reason] if done.reason else []
    tampered: list[str] = []
    guarded = True
    for (source, number), outputs in zip(steps, done.outputs, strict=True):
        if number is None:
            if source.startswith("_lab_guard['put_back']"):
                changes = report_of(outputs or [], proof)
                guarded = changes is not None
                tampered += changes or []
            continue
        cell = nb.cells[number]
        cell.execution_count = None
        if outputs is None:
            cell.outputs = [error("NotRun", done.reason or "This cell was not executed.")]
            continue
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        if is_test(cell):
            if not guarded and not errors_of(cell):
                cell.outputs = [
                    error(
                        "ChecksChanged",
                        "Code in this notebook interferes with the checks, "
                        "so this one does not count.",
                    )
                ]
                remarks.append(
                    f"Code in the notebook interferes with the check {grade_id(cell)}, "
                    "which does not count."
                )
            # nbgrader takes a warning for a failure and a value for a grade; neither is meant here.
            cell.outputs = [
                output
                for output in cell.outputs
                if output.output_type != "execute_result" and output.get("name") != "stderr"
            ]
    if tampered:
        names = ", ".join(dict.fromkeys(tampered))
        remarks.append(f"{CHANGED}: {names}.")
    return remarks


def report_of(outputs: list[dict], proof: str) -> list[str] | None:
    """Return what the guard has put back, from the outputs of its cell; None if it has not run."""
    for output in outputs:
        text = output.get("text", "")
        if output.get("name") == "stdout" and isinstance(text, str) and text.startswith(proof):
            try:
                changes = json.loads(text[len(proof) :].splitlines()[0])
            except (ValueError, IndexError):
                return None
            return [str(name)[:100] for name in changes] if isinstance(changes, list) else None
    return None


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


class SandboxedExecute(NbGraderPreprocessor):
    """Executes a notebook in the sandbox, or takes the outputs of exactly this notebook from an
    execution in the store."""

    sandboxed = Bool(True, help="Without it, student code runs with all your rights.").tag(
        config=True
    )
    cell_seconds = Float(sandbox.Limits.cell_seconds, help="Time limit for one cell.").tag(
        config=True
    )
    total_seconds = Float(sandbox.Limits.total_seconds, help="Time limit for a notebook.").tag(
        config=True
    )
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
        names = sandbox.Limits.__dataclass_fields__
        return sandbox.Limits(**{name: getattr(self, name) for name in names})

    def place(self, nb: NotebookNode, files: Path) -> Path | None:
        """Return where the outputs of this notebook with these files under these limits are kept;
        None if nothing is."""
        if not self.store:
            return None
        key = hashlib.sha256(repr((self.limits, self.sandboxed)).encode())
        for path in sorted(files.rglob("*")):
            if path.is_file() and path.suffix not in (".ipynb", ".txt"):
                key.update(path.relative_to(files).as_posix().encode() + b"\0" + path.read_bytes())
        for path in (GUARD, sandbox.DRIVER):
            key.update(path.read_bytes())
        for cell in nb.cells:
            key.update(json.dumps([cell.cell_type, cell.source, grade_id(cell)]).encode())
        return Path(self.store) / (key.hexdigest() + ".json")

    def fill(self, nb: NotebookNode, files: Path) -> list[str]:
        """Execute a restored notebook in place, or fill in what is in the store; return remarks."""
        place = self.place(nb, files)
        if place and place.exists():
            stored = json.loads(place.read_text(encoding="utf-8"))
            for cell, outputs in zip(nb.cells, stored["outputs"], strict=True):
                if cell.cell_type == "code":
                    cell.outputs = [nbformat.from_dict(output) for output in outputs]
                    cell.execution_count = None
            return stored["remarks"]
        remarks = execute(nb, files, self.limits, self.sandboxed)
        if place:
            outputs = [cell.get("outputs", []) for cell in nb.cells]
            write_whole(place, json.dumps({"outputs": outputs, "remarks": remarks}))
        return remarks

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        remarks = self.fill(nb, Path(resources["metadata"]["path"]))
        about = nb.metadata.setdefault("lab", {})
        about["remarks"] = [*about.get("remarks", []), *remarks, *crashes(nb)]
        if about["remarks"]:  # to be read at the top of the page
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(head(about["remarks"])))
        return nb, resources
