"""Executes one notebook inside the sandbox and writes the outputs of every cell to stdout, a line
of JSON each.

Started by sandbox.py as `python -I driver.py`, with a job (JSON) on stdin; nothing of the course
but this file can be seen from here. It is trusted until it starts the kernel: it first sets the
limits, and gives up root's rights, both for good.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys

try:
    import resource
except ImportError:  # Windows, which has no such limits; the sandbox is Linux only
    resource = None

PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36


def give_up_rights(job: dict) -> None:
    """Set the limits on this process and all that it starts, and become a user who exists nowhere
    else.

    The kernel does not count the processes of root (its limit exempts the user 0, whatever the user
    namespace calls it). Elsewhere than on Linux there is no sandbox, and these limits mean
    something else or nothing.
    """
    if sys.platform != "linux":
        return
    os.nice(19)  # the grader must come to its turn, however many processes there are
    for name, value in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if job["user"]:
        os.setgroups([])
        os.setresgid(*[job["user"]] * 3)
        os.setresuid(*[job["user"]] * 3)


def hide_memory() -> None:
    """Keep processes of the same user from reading this one's memory and open files (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent has ended (Linux), so that none is
    lost from sight."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants() -> None:
    """End whatever the notebook has started and left behind."""
    import psutil

    left = psutil.Process().children(recursive=True)
    for process in left:
        try:
            process.kill()
        except psutil.Error:  # it has just ended by itself
            pass
    psutil.wait_procs(left, timeout=5)


def probe(processes: int) -> None:
    """Try to start more processes than allowed, and say how many there were."""
    children = []
    try:
        while len(children) <= processes:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        pass
    print(json.dumps({"processes": len(children) + 1}), flush=True)
    for child in children:
        os.kill(child, signal.SIGKILL)


def execute(job: dict) -> None:
    """Execute the cells one by one; write a line for each when it has ended, and a last line with
    the reason for an early end."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    class Client(NotebookClient):
        """Counts what a cell writes, and interrupts the one that writes too much."""

        written = 0
        stopped = False

        def output(self, outs, msg, display_id, cell_index):
            self.written += len(json.dumps(msg["content"], default=str))
            if self.written <= job["output_bytes"]:
                return super().output(outs, msg, display_id, cell_index)
            if not self.stopped:
                self.stopped = True
                os.kill(self.km.provisioner.pid, signal.SIGINT)
            return None

    def error(name, sentence):
        return nbformat.v4.new_output(
            "error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]
        )

    def begins(cell, cell_index):
        client.written = 0
        client.stopped = False

    def ends(cell, cell_index, execute_reply):
        outputs = list(cell.outputs)
        reply = execute_reply["content"]
        if client.stopped or reply.get("ename") == "TimeLimit":
            # The interrupt itself need not be seen.
            outputs = [output for output in outputs if output.output_type != "error"]
        has_error = any(output.output_type == "error" for output in outputs)
        if client.stopped:
            limit = f"{job['output_bytes'] / 1e6:g} MB"
            outputs.append(
                error("OutputLimit", f"This cell wrote more than {limit} and was stopped.")
            )
        elif reply["status"] == "error" and not has_error:
            outputs.append(error(reply["ename"], reply["evalue"]))
        elif reply["status"] == "aborted":
            outputs.append(error("NotRun", "This cell was not executed."))
        print(json.dumps({"cell": cell_index, "outputs": outputs}), flush=True)

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in job["sources"]]
    )
    seconds = job["cell_seconds"]
    client = Client(
        notebook,
        timeout=seconds,
        interrupt_on_timeout=True,
        error_on_timeout={
            "ename": "TimeLimit",
            "evalue": f"This cell ran longer than {seconds:g} s.",
            "traceback": [],
        },
        allow_errors=True,
        kernel_name="python3",
        shutdown_kernel="immediate",
        resources={"metadata": {"path": os.getcwd()}},
        on_cell_execute=begins,
        on_cell_executed=ends,
    )
    reason = ""
    try:
        # What the kernel itself writes is dropped: stdout is for the results.
        client.execute(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except DeadKernelError:
        reason = (
            "The Python process ended in the middle of a cell "
            "(an early exit, a crash, or too little memory)."
        )
    except Exception as problem:
        # Whatever it is, the cells that have ended count, and the others do not.
        reason = f"The execution broke off: {type(problem).__name__}."
    print(json.dumps({"end": reason}), flush=True)


def main() -> None:
    """Do the job on stdin."""
    job = json.loads(sys.stdin.readline())
    give_up_rights(job)
    hide_memory()
    if "probe" in job:
        probe(job["probe"])
        return
    if job["given"]:  # the lab's files, to a place where the student's code may write
        shutil.copytree(job["given"], job["work"], copy_function=shutil.copyfile)
        os.chdir(job["work"])
        execute(job)
    else:  # no sandbox, with which all that the notebook has started would end
        adopt_orphans()
        execute(job)
        end_descendants()


if __name__ == "__main__":
    main()
