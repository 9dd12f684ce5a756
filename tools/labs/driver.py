"""Executes one notebook inside the sandbox and writes the outputs of every cell to stdout, a line
of JSON each, signed.

Started by sandbox.py as `python -I driver.py`, with a job (a line of JSON) on stdin, which stays
open as long as the grader lives; nothing of the course but this file can be seen from here. In a
sandbox this is the first process, so that nothing in there can end or stop it. It is trusted: it
sets the limits and gives up root's rights, both for good, before it starts the kernel, and no
process of its user can look into it.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

try:
    import resource
except ImportError:  # Windows, which has no such limits; the sandbox is Linux only
    resource = None

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
LAST_NICE = 19  # the grader must come to its turn, however many processes there are
LOOK_SECONDS = 0.2  # how often the time of a cell is looked at
INTERRUPT_SECONDS = 2  # after which a cell that goes on is interrupted again


# --- Rights ---------------------------------------------------------------------------------------


def prctl(*arguments: object) -> None:
    """Call Linux's prctl.

    Raises:
        OSError: if the kernel refuses.
    """
    words = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    if ctypes.CDLL(None, use_errno=True).prctl(*words) != 0:
        raise OSError(ctypes.get_errno(), f"prctl{arguments[:2]} is refused")


def give_up_rights(job: dict) -> None:
    """Set the limits on this process and all that it starts, and become a user who exists nowhere
    else, whose other processes cannot see into this one.

    The kernel does not count the processes of root (its limit exempts the user 0, whatever the user
    namespace calls it). Elsewhere than on Linux there is no sandbox, and these limits mean
    something else or nothing.
    """
    if sys.platform != "linux":
        return
    for name, value in job["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if job["user"]:
        os.setgroups([])
        os.setresgid(*[job["user"]] * 3)
        os.setresuid(*[job["user"]] * 3)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def give_up_calls(programs: dict[str, str]) -> None:
    """Set the filter of system calls for this processor, if there is one.

    Args:
        programs: the filters in hexadecimal digits, by processor; see system_calls.py.
    """

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]

    steps = bytes.fromhex(programs.get(os.uname().machine, ""))
    if steps:
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        program = Program(len(steps) // 8, steps)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


# --- Processes ------------------------------------------------------------------------------------


def end_with_grader(sandboxed: bool) -> None:
    """End this process, and what it has started, when stdin ends: the grader is no more."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        end(sandboxed)

    threading.Thread(target=watch, daemon=True).start()


def end(sandboxed: bool) -> None:
    """End this process at once; in a sandbox the kernel ends all others with it."""
    if not sandboxed:
        end_descendants()
    os._exit(0)


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


def fetch_orphans(kernel: int) -> None:
    """Take notice of the end of every process that has lost its parent, as a system's first process
    must; else they would count as processes for ever.

    Args:
        kernel: the process whose end others wait for.
    """

    def fetch() -> None:
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            if ended.si_pid == kernel:
                time.sleep(0.5)
            else:
                os.waitpid(ended.si_pid, 0)

    threading.Thread(target=fetch, daemon=True).start()


def heed_no_signals() -> None:
    """Give back the signals that nbclient handles: a system's first process receives from the
    others none but those that it handles."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)


def waited(process: int) -> float:
    """Return for how many seconds a process was ready to run and had no processor; 0 where the
    system does not tell."""
    try:
        with open(f"/proc/{process}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


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


# --- Executing ------------------------------------------------------------------------------------


class Records:
    """Writes what the grader is told, so that nobody else can write in its place.

    Args:
        key: what the records are signed with; the grader knows it, too.
    """

    def __init__(self, key: str):
        self.key = key.encode()

    def write(self, record: dict) -> None:
        """Write one record; raise ValueError or RecursionError if it is none."""
        text = json.dumps(record)
        sign = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        print(sign, text, flush=True)


def execute(job: dict) -> None:
    """Execute the cells one by one; write a record for each when it has ended, and a last one with
    the reason for an early end."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    records = Records(job["key"])
    sandboxed = bool(job["given"])
    most_seconds, most_bytes = job["cell_seconds"], job["output_bytes"]
    began = time.monotonic()

    class Client(NotebookClient):
        """Counts time and output of a cell, and interrupts the one that takes too much."""

        written = 0
        too_much = False  # output
        stopped = 0.0  # when that was noticed, and the cell interrupted
        too_long = False
        began = 0.0
        waited = 0.0
        watch: asyncio.Task | None = None

        def output(self, outs, msg, display_id, cell_index):
            self.written += len(json.dumps(msg["content"], default=str))
            if self.written <= most_bytes:
                return super().output(outs, msg, display_id, cell_index)
            if not self.too_much:
                self.too_much = True
                self.stopped = time.monotonic()
                if os.name == "nt":
                    asyncio.ensure_future(self.km.interrupt_kernel())
                else:  # at once, before the next thousand messages
                    os.kill(self.km.provisioner.pid, signal.SIGINT)
            return None

        async def look(self):
            """Interrupt a cell, and end the notebook, when its time is over."""
            kernel = self.km.provisioner.pid
            interrupted = 0.0
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                now, has_waited = time.monotonic(), waited(kernel)
                if now - began - has_waited > job["total_seconds"]:
                    reason = f"It ran longer than {job['total_seconds']:g} s in all."
                    records.write({"end": reason, "waited": has_waited})
                    end(sandboxed)
                running = now - self.began - (has_waited - self.waited)
                if self.began == float("inf") or now - interrupted <= INTERRUPT_SECONDS:
                    continue
                goes_on = self.too_much and now - self.stopped > INTERRUPT_SECONDS
                if running > most_seconds or goes_on:
                    self.too_long = self.too_long or running > most_seconds
                    interrupted = now
                    await self.km.interrupt_kernel()

    def error(name, sentence):
        return nbformat.v4.new_output(
            "error", ename=name, evalue=sentence, traceback=[f"{name}: {sentence}"]
        )

    def begins(cell, cell_index):
        kernel = client.km.provisioner.pid
        client.written = 0
        client.too_much = client.too_long = False
        client.began, client.waited = time.monotonic(), waited(kernel)
        if client.watch is None:
            client.watch = asyncio.ensure_future(client.look())
            if os.getpid() == 1:
                fetch_orphans(kernel)
                heed_no_signals()

    def ends(cell, cell_index, execute_reply):
        outputs = list(cell.outputs)
        reply = execute_reply["content"]
        too_long = client.too_long or reply.get("ename") == "TimeLimit"
        client.began = float("inf")
        if client.too_much or too_long:
            # The interrupt itself need not be seen.
            outputs = [output for output in outputs if output.output_type != "error"]
        has_error = any(output.output_type == "error" for output in outputs)
        if client.too_much:
            limit = f"{most_bytes / 1e6:g} MB"
            outputs.append(
                error("OutputLimit", f"This cell wrote more than {limit} and was stopped.")
            )
        elif too_long:
            outputs.append(error("TimeLimit", f"This cell ran longer than {most_seconds:g} s."))
        elif reply["status"] == "error" and not has_error:
            outputs.append(error(reply["ename"], reply["evalue"]))
        elif reply["status"] == "aborted":
            outputs.append(error("NotRun", "This cell was not executed."))
        try:
            records.write({"cell": cell_index, "outputs": outputs})
        except (ValueError, RecursionError):
            odd = error("OddOutput", "What this cell has put out is no sound output.")
            records.write({"cell": cell_index, "outputs": [odd]})

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in job["sources"]]
    )
    client = Client(
        notebook,
        timeout=job["patience"] * most_seconds,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "TimeLimit", "evalue": "", "traceback": []},
        allow_errors=True,
        kernel_name="python3",
        shutdown_kernel="immediate",
        resources={"metadata": {"path": os.getcwd()}},
        on_cell_execute=begins,
        on_cell_executed=ends,
    )
    # What the kernel itself writes is dropped: stdout is for the results.
    start = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.name != "nt":
        start["preexec_fn"] = lambda: os.nice(LAST_NICE)
    reason = ""
    try:
        client.execute(**start)
    except DeadKernelError:
        reason = (
            "The Python process ended in the middle of a cell "
            "(an early exit, a crash, or too little memory)."
        )
    except Exception as problem:
        # Whatever it is, the cells that have ended count, and the others do not.
        reason = f"The execution broke off: {type(problem).__name__}."
    records.write({"end": reason, "waited": client.waited})


def main() -> None:
    """Do the job on stdin."""
    job = json.loads(sys.stdin.buffer.readline())
    give_up_rights(job)
    if "probe" in job:
        probe(job["probe"])
        return
    sandboxed = bool(job["given"])
    if sandboxed:
        give_up_calls(job["programs"])
        # The lab's files, to a place where the student's code may write.
        shutil.copytree(job["given"], job["work"], copy_function=shutil.copyfile)
        os.chdir(job["work"])
    elif sys.platform == "linux":  # its orphans become children of this process, none is lost
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    end_with_grader(sandboxed)
    execute(job)
    end(sandboxed)


if __name__ == "__main__":
    main()
