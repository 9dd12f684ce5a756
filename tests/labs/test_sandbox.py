"""The sandbox: what it bounds and hides, what is done without one, and that nothing outlives it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.browser import require_browser
from tests.support.labs import require_sandbox
from tools.labs import bubblewrap, sandbox, watching
from tools.labs.course import LABS, SOURCE
from tools.labs.grade import grade
from tools.notebooks import ROOT


def in_sandbox(test):
    """Mark a test that is of no use without a sandbox."""
    return pytest.mark.sandbox(pytest.mark.usefixtures("in_sandbox")(test))


# --- Whether there is one -------------------------------------------------------------------------


@pytest.mark.sandbox
def test_there_is_a_sandbox_where_ci_runs(no_sandbox):
    """Else nothing would test the grading of labs, and nobody would notice."""
    require_sandbox(no_sandbox)


@pytest.mark.parametrize(
    ("reason", "platform", "ci", "outcome"),
    [
        ("", "linux", "true", None),
        ("", "linux", "", None),
        ("no bwrap", "linux", "true", pytest.fail.Exception),
        ("no bwrap", "linux", "1", pytest.fail.Exception),
        ("no bwrap", "linux", "woodpecker", pytest.fail.Exception),
        ("no bwrap", "linux", "", pytest.skip.Exception),
        ("no bwrap", "linux", "False", pytest.skip.Exception),
        ("the sandbox needs Linux", "darwin", "true", pytest.skip.Exception),
        ("the sandbox needs Linux", "win32", "true", pytest.skip.Exception),
    ],
)
@pytest.mark.parametrize("require", [require_sandbox, require_browser])
def test_what_is_missing_fails_tests_in_ci_and_skips_them_elsewhere(
    reason, platform, ci, outcome, require
):
    if outcome is None:
        require(reason, platform, ci)
        return
    with pytest.raises(outcome, match=reason):
        require(reason, platform, ci)


def test_collecting_the_tests_of_the_labs_starts_no_process():
    code = (
        "import sys\n"
        "sys.dont_write_bytecode = True\n"
        "import pytest\n"
        "started = []\n"
        "events = ('subprocess.Popen', 'os.fork', 'os.forkpty', 'os.posix_spawn', 'os.exec',\n"
        "          'os.system', 'os.spawn')\n"
        "sys.addaudithook(lambda event, arguments: event in events and started.append(arguments))\n"
        "status = pytest.main(['--collect-only', '-q', '-p', 'no:cacheprovider', 'tests/labs'])\n"
        "print('STARTED', started)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_class.py::test_no_process_is_left" in done.stdout
    assert done.stdout.splitlines()[-1] == "STARTED []"


def test_without_a_sandbox_the_command_refuses(tmp_path, monkeypatch):
    lab = "lab1_neuron"
    (tmp_path / "class" / "ada").mkdir(parents=True)
    shutil.copy(SOURCE / lab / f"{lab}.ipynb", tmp_path / "class" / "ada")
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda program: None)
    with pytest.raises(sandbox.SandboxError, match="bubblewrap.*--no-sandbox"):
        grade(lab, tmp_path / "class", home=tmp_path / "home")


# --- What it bounds and hides ---------------------------------------------------------------------

FORKS = """
import os, time
n = 0
try:
    while n < 600:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        n += 1
except OSError:
    pass
print(n)
"""


@in_sandbox
def test_the_sandbox_bounds_processes(tmp_path):
    wide = sandbox.Limits(processes=100, cell_seconds=20)
    done = sandbox.execute([FORKS], tmp_path, wide)
    stopped = done.reason.startswith("It started too many processes")
    assert stopped or int(done.outputs[0][0]["text"]) < 100
    (outputs,) = sandbox.execute(["print('next')"], tmp_path, wide).outputs
    assert outputs[0]["text"] == "next\n", "what is left of one does not count for the next"
    users = {bubblewrap.new_user() for _ in range(32)}
    assert len(users) == 32
    assert max(users) < 2**31


@in_sandbox
def test_the_sandbox_bounds_the_memory_of_all_processes_together(tmp_path):
    four_large_processes = (
        "import os, time\n"
        "for i in range(4):\n"
        "    if os.fork() == 0:\n"
        "        x = bytearray(10**9)\n"
        "        time.sleep(60)\n"
        "time.sleep(20)"
    )
    done = sandbox.execute([four_large_processes], tmp_path, sandbox.Limits(memory=1500 * 10**6))
    assert "GB of memory" in done.reason


@in_sandbox
def test_the_sandbox_bounds_the_disk_and_can_write_nowhere_else(tmp_path):
    fill = "for i in range(100):\n    open(f'/tmp/{i}', 'wb').write(bytes(10**7))"
    closed = ["/", "/usr", "/dev", "/dev/shm/..", "/given", sys.prefix]
    writes = [f"open('{place}/x', 'w')" for place in closed]
    full, *rest = sandbox.execute([fill, *writes], tmp_path, sandbox.Limits()).outputs
    assert full[0]["ename"] == "OSError"
    assert "No space left" in full[0]["evalue"]
    for place, outputs in zip(closed, rest, strict=True):
        assert outputs[0]["ename"] in ("OSError", "PermissionError"), place
        assert "No space left" not in outputs[0]["evalue"], place


@in_sandbox
def test_the_sandbox_shows_nothing_of_the_course(tmp_path, monkeypatch):
    look = (
        "import os\n"
        "homes = sorted(os.listdir('/proc/1/root/home')) if os.path.exists('/home') else []\n"
        f"print(os.path.exists({str(LABS)!r}), os.path.exists({str(Path.home() / '.bashrc')!r}),"
        " homes)\n"
        "print(dict(os.environ))"
    )
    monkeypatch.setenv("A_SECRET_OF_THE_INSTRUCTOR", "1")
    (outputs,) = sandbox.execute([look], tmp_path, sandbox.Limits()).outputs
    assert outputs[0]["text"].startswith("False False []")
    assert "A_SECRET" not in outputs[0]["text"]


# --- Without one ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_without_a_sandbox_time_and_output_are_still_limited(tmp_path):
    cells = ["while True:\n    pass", "print('x' * 10**7)", "print('still here')"]
    limits = sandbox.Limits(cell_seconds=2, total_seconds=60)
    done = sandbox.execute(cells, tmp_path, limits, sandboxed=False)
    ends = [outputs[-1].get("ename", outputs[-1].get("text")) for outputs in done.outputs]
    assert ends == ["TimeLimit", "OutputLimit", "still here\n"]


@pytest.mark.kernel
def test_a_cell_that_writes_too_much_and_goes_on_is_interrupted_again(tmp_path):
    stubborn = (
        "import time\n"
        "try:\n    while True:\n        print('x' * 10**6)\n"
        "except KeyboardInterrupt:\n    time.sleep(20)\n"
        "ended = True"
    )
    limits = sandbox.Limits(cell_seconds=60)
    cells = [stubborn, "print('ended' in globals())"]
    done = sandbox.execute(cells, tmp_path, limits, sandboxed=False)
    assert done.outputs[0][-1]["ename"] == "OutputLimit"
    assert done.outputs[1][0]["text"] == "False\n"


@pytest.mark.kernel
def test_no_variable_of_the_instructor_reaches_the_code(tmp_path, monkeypatch):
    monkeypatch.setenv("A_SECRET", "1")
    code = ["import os\nprint('A_SECRET' in os.environ)"]
    (outputs,) = sandbox.execute(code, tmp_path, sandbox.Limits(), sandboxed=False).outputs
    assert outputs[0]["text"] == "False\n"
    assert os.environ["A_SECRET"] == "1"


# --- Nothing outlives it --------------------------------------------------------------------------

SLEEPER = "subprocess.Popen([sys.executable, '-c', {code!r}, {mark!r}]{options})"
ORPHAN = (
    "import subprocess, sys\nif not os.fork():\n    os.setsid()\n    {start}\n    os._exit(0)\n"
)
STUBBORN = [
    "import signal, time",
    "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 10, 12, 14, 15)]",
    "time.sleep(60)",
]


def leave_behind(kind, mark):
    """Return code that starts a process, with a mark among its arguments, that tries to outlive its
    notebook."""
    code = "; ".join(STUBBORN) if kind == "stubborn" else "import time; time.sleep(60)"
    options = ", start_new_session=True" if kind == "own session" else ""
    start = SLEEPER.format(code=code, mark=mark, options=options)
    head = "import os, signal, subprocess, sys, time\n"
    if kind == "orphan":
        return head + ORPHAN.format(start=start) + "_ = os.wait()\n"
    if kind == "stopped":
        return f"{head}child = {start}\ntime.sleep(0.5)\nos.kill(child.pid, signal.SIGSTOP)\n"
    return f"{head}child = {start}\ntime.sleep(0.5)\n"


def marked(mark):
    """Return the processes with a mark among their arguments that have not ended."""
    processes = psutil.process_iter(["cmdline"])
    there = [process for process in processes if mark in (process.info["cmdline"] or [])]
    return [process for process in there if watching.is_alive(process)]


KINDS = ["child", "own session", "orphan", "stubborn", "stopped"]


@pytest.mark.kernel
@pytest.mark.skipif(os.name == "nt", reason="uses signals and sessions of Unix")
def test_without_a_sandbox_nothing_outlives_a_notebook_that_has_ended(tmp_path):
    marks = {kind: f"{tmp_path.name} {kind} {os.getpid()}" for kind in KINDS}
    cells = [leave_behind(kind, mark) for kind, mark in marks.items()]
    done = sandbox.execute(cells, tmp_path, sandbox.Limits(), sandboxed=False)
    assert done.reason == ""
    assert done.outputs == [[]] * len(cells)
    assert {kind: marked(mark) for kind, mark in marks.items()} == {kind: [] for kind in KINDS}


@pytest.mark.kernel
@pytest.mark.skipif(os.name == "nt", reason="uses signals and sessions of Unix")
def test_without_a_sandbox_nothing_outlives_a_notebook_that_is_killed(tmp_path):
    marks = {kind: f"{tmp_path.name} {kind} {os.getpid()}" for kind in KINDS}
    cells = [leave_behind(kind, mark) for kind, mark in marks.items()]
    limits = sandbox.Limits(total_seconds=6)
    done = sandbox.execute([*cells, "time.sleep(60)"], tmp_path, limits, sandboxed=False)
    assert done.reason == "It ran longer than 6 s in all."
    assert {kind: marked(mark) for kind, mark in marks.items()} == {kind: [] for kind in KINDS}


@in_sandbox
def test_nothing_outlives_a_sandbox(tmp_path):
    mark = f"{tmp_path.name} {os.getpid()}"
    cells = [leave_behind(kind, mark) for kind in KINDS]
    many = f"[subprocess.Popen(['sleep', '60']) for _ in range(200)]\n{leave_behind('child', mark)}"
    for code in (cells, [cells[0], many, "os._exit(0)"], [cells[2], "os.kill(1, 9)"]):
        sandbox.execute(code, tmp_path, sandbox.Limits())
        assert marked(mark) == []


@pytest.mark.skipif(os.name == "nt", reason="uses a program of Unix")
def test_a_kill_waits_no_longer_than_it_should_and_counts_what_is_left(monkeypatch):
    child = subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    kill = psutil.Process.kill
    monkeypatch.setattr(psutil.Process, "kill", lambda process: None)  # as if nothing could end it
    try:
        began = time.monotonic()
        assert watching.kill(child, watching.Family(child), seconds=0.3) == 1
        assert 0.3 <= time.monotonic() - began < 5
    finally:
        monkeypatch.setattr(psutil.Process, "kill", kill)
        assert watching.kill(child, watching.Family(child)) == 0
        assert child.returncode is not None
        child.stdout.close()
        child.stderr.close()


@pytest.mark.kernel
def test_the_reader_of_the_grades_is_told_what_could_not_be_ended(tmp_path, monkeypatch):
    kill = watching.kill
    monkeypatch.setattr(watching, "kill", lambda child, family: kill(child, family) + 2)
    done = sandbox.execute(["print('done')"], tmp_path, sandbox.Limits(), sandboxed=False)
    assert done.outputs[0][0]["text"] == "done\n"
    assert done.reason == "2 of its processes could not be ended."
