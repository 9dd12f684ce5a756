"""What holds a submission to its limits: the kernel's control groups where there are any, looking
from outside, a filter of system calls, a clock that does not count waiting."""

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from tools.labs import bubblewrap, cgroups, sandbox, system_calls, watching
from tools.labs.limits import Limits

LIMITS = Limits()
in_sandbox = pytest.mark.usefixtures("in_sandbox")


@pytest.fixture
def no_groups(monkeypatch):
    """A computer on which we may have no control groups."""
    groups = cgroups.ControlGroups()
    groups.make = lambda limits: None
    monkeypatch.setattr(sandbox, "CONTROL_GROUPS", groups)
    return groups


# --- Looking from outside -------------------------------------------------------------------------

# Memory that belongs to no process, or to nobody who can be asked.
HIDDEN_MEMORY = {
    "memfd": "files = [os.memfd_create('x') for _ in range(8)]\n"
    "for file in files:\n    os.posix_fallocate(file, 0, 10**8)",
    "System V": "import ctypes\n"
    "l = ctypes.CDLL(None, use_errno=True)\n"
    "for _ in range(8):\n"
    "    if l.shmget(0, 10**8, 0o1600) < 0:\n"
    "        raise OSError(ctypes.get_errno(), 'shmget')",
    "io_uring": "import ctypes\n"
    "l = ctypes.CDLL(None, use_errno=True)\n"
    "if l.syscall(425, 8, bytes(120)) < 0:\n    raise OSError(ctypes.get_errno(), 'io_uring')",
}
OTHER_PROCESSES = {
    "a user namespace": "if l.unshare(0x10000000):\n    raise OSError(ctypes.get_errno(), '')",
    "a clone with one": "if l.syscall(56 if os.uname().machine == 'x86_64' else 220,"
    " 0x10000011, 0, 0, 0, 0) < 0:\n    raise OSError(ctypes.get_errno(), '')",
    "ptrace": "if l.ptrace(0, 0, 0, 0):\n    raise OSError(ctypes.get_errno(), '')",
    "a mount": "if l.mount(b'x', b'/tmp', b'tmpfs', 0, None):\n"
    "    raise OSError(ctypes.get_errno(), '')",
}


@pytest.mark.sandbox
@in_sandbox
@pytest.mark.skipif(
    os.name == "nt" or os.uname().machine not in system_calls.NUMBERS,
    reason="there is a filter for two processors",
)
def test_calls_that_get_round_a_limit_are_refused(tmp_path):
    head = "import ctypes, os\nl = ctypes.CDLL(None, use_errno=True)\n"
    cells = [head + code for code in [*HIDDEN_MEMORY.values(), *OTHER_PROCESSES.values()]]
    honest = (
        "import multiprocessing, subprocess, threading, sys\n"
        "lock = multiprocessing.Lock()\n"
        "thread = threading.Thread(target=print, args=('thread',))\n"
        "thread.start()\n"
        "thread.join()\n"
        "print(subprocess.check_output([sys.executable, '-c', 'print(1)'], text=True))"
    )
    done = sandbox.execute([*cells, honest], tmp_path, LIMITS)
    for name, outputs in zip([*HIDDEN_MEMORY, *OTHER_PROCESSES], done.outputs, strict=False):
        assert outputs[-1].get("ename") in ("OSError", "PermissionError"), name
    assert done.outputs[-1][0]["text"].split() == ["thread", "1"]


@pytest.mark.sandbox
@in_sandbox
def test_all_places_to_write_together_hold_what_is_stated(tmp_path):
    fill = """
written = 0
for place in ("/tmp", "/dev/shm", "/var/tmp", "/run"):
    for number in range(60):
        try:
            with open(f"{place}/{number}", "wb") as file:
                file.write(bytes(10**7))
            written += 10**7
        except OSError:
            break
print(written)
"""
    done = sandbox.execute([fill], tmp_path, LIMITS)
    assert 0.8 * LIMITS.disk < int(done.outputs[0][0]["text"]) <= LIMITS.disk


@pytest.mark.sandbox
@in_sandbox
def test_files_in_memory_count_as_memory(tmp_path, no_groups):
    limits = replace(LIMITS, memory=500 * 10**6, disk=400 * 10**6)
    code = (
        "import time\n"
        "for place in ('/tmp/a', '/dev/shm/a'):\n"
        "    open(place, 'wb').write(bytes(19 * 10**7))\n"
        "x = bytearray(b'x' * 8 * 10**7)\n"
        "time.sleep(20)"
    )
    done = sandbox.execute([code], tmp_path, limits)
    assert "0.5 GB of memory, files in memory included" in done.reason
    assert "Use less data at a time" in done.reason


@pytest.mark.skipif(sys.platform != "linux", reason="looks into Linux's processes")
def test_one_look_finds_a_family_whatever_has_become_of_its_parents():
    code = (
        "import os, time\n"
        "for _ in range(30):\n"
        "    if not os.fork():\n"
        "        if not os.fork():\n"
        "            time.sleep(60)\n"
        "        time.sleep(1)\n"
        "        os._exit(0)\n"
        "time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    family = watching.Family(child)
    try:
        end = time.monotonic() + 30
        while len(family.look()) < 60 and time.monotonic() < end:
            time.sleep(0.05)
        assert len(family.look()) >= 60
        time.sleep(1.5)
        looks = 0
        right = psutil.process_iter

        def counted(*arguments):
            nonlocal looks
            looks += 1
            return right(*arguments)

        psutil.process_iter = counted
        assert sum(map(watching.is_alive, family.look())) >= 30, "orphans, too"
        assert looks == 1
    finally:
        psutil.process_iter = right
        assert watching.kill(child, family) == 0
        child.stdout.close()


# --- Control groups -------------------------------------------------------------------------------


def make_groups(root, passed_on="memory pids"):
    """Make a folder as the kernel shows control groups, and return that of a process in it."""
    own = root / "user.slice" / "session.scope"
    own.mkdir(parents=True)
    for folder, text in ((root, "memory pids"), (own.parent, passed_on), (own, "")):
        (folder / "cgroup.subtree_control").write_text(text)
    return own


def test_a_group_of_ones_own_has_the_limits(tmp_path):
    group = cgroups.by_folder(LIMITS, make_groups(tmp_path))
    assert group.own.parent == tmp_path / "user.slice"
    assert (group.own / "memory.max").read_text() == str(LIMITS.memory)
    assert int((group.own / "pids.max").read_text()) >= LIMITS.processes
    for path in group.own.iterdir():  # the kernel would let them go with the folder
        path.unlink()
    (group.own / "cgroup.procs").touch()
    shown = subprocess.run([*group.prefix, "echo", "in it"], capture_output=True, text=True)
    assert shown.stdout == "in it\n"
    assert (group.own / "cgroup.procs").read_text().strip().isdigit()
    (group.own / "cgroup.procs").unlink()
    group.remove()
    assert not group.own.exists()


def test_without_what_it_needs_there_is_no_group(tmp_path):
    assert cgroups.by_folder(LIMITS, None) is None
    assert cgroups.by_folder(LIMITS, tmp_path / "nowhere" / "x") is None
    group = cgroups.by_folder(LIMITS, make_groups(tmp_path, passed_on="cpu"))
    assert group.own.parent == tmp_path, "one level up they are passed on"


def test_the_kernel_tells_who_ran_out_of_memory(tmp_path):
    assert not cgroups.ran_out_of_memory(None)
    assert not cgroups.ran_out_of_memory(tmp_path)
    (tmp_path / "memory.events").write_text("low 0\nmax 7\noom 1\noom_kill 0\n")
    assert not cgroups.ran_out_of_memory(tmp_path)
    (tmp_path / "memory.events").write_text("low 0\nmax 7\noom 1\noom_kill 2\n")
    assert cgroups.ran_out_of_memory(tmp_path)
    assert "GB of memory" in watching.exceeded([], LIMITS, tmp_path)


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """A stand-in for systemd-run, which notes what it is called with; return the note."""
    note = tmp_path / "note"
    program = tmp_path / "bin" / "systemd-run"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" > {note}\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    return note


@pytest.mark.skipif(os.name == "nt", reason="uses a shell")
def test_systemd_is_asked_for_all_limits_and_believed_only_when_they_hold(systemd, monkeypatch):
    group = cgroups.by_systemd(LIMITS)
    subprocess.run([*group.prefix, "true"], check=True)
    words = systemd.read_text().split()
    stated = {f"--property={p}" for p in ("MemoryMax=3000000000", "MemorySwapMax=0")}
    assert stated | {"--scope", "--property=TasksMax=520"} <= set(words)
    assert ("--user" in words) == (os.geteuid() != 0)
    assert not cgroups.holds(group, LIMITS), "the stand-in limits nothing"
    monkeypatch.setattr(cgroups, "by_folder", lambda *arguments: None)
    groups = cgroups.ControlGroups()
    assert (groups.means(LIMITS), groups.new(LIMITS)) == ("", None)


@pytest.mark.sandbox
@in_sandbox
def test_what_starts_a_group_gives_none_of_our_variables_to_the_code(
    systemd, tmp_path, monkeypatch
):
    groups = cgroups.ControlGroups()
    groups.make, groups.words = cgroups.by_systemd, "systemd"
    monkeypatch.setattr(sandbox, "CONTROL_GROUPS", groups)
    monkeypatch.setenv("A_SECRET", "1")
    (tmp_path / "files").mkdir()
    code = "import os\nprint(sorted(os.environ), open('/proc/1/cmdline').read())"
    done = sandbox.execute([code], tmp_path / "files", LIMITS)
    assert "HOME" in done.outputs[0][0]["text"]
    assert "A_SECRET" not in done.outputs[0][0]["text"]
    assert "held by control groups of Linux (systemd)" in sandbox.applied(LIMITS)


@pytest.mark.sandbox
@in_sandbox
def test_control_groups_hold_memory_that_no_process_has(tmp_path):
    if not sandbox.CONTROL_GROUPS.means(LIMITS):
        pytest.skip("NO CONTROL GROUPS FOR THIS USER HERE: memory and processes are looked at")
    limits = replace(LIMITS, memory=400 * 10**6, disk=10**9)
    fill = "import time\nopen('/tmp/x', 'wb').write(bytes(45 * 10**7))\ntime.sleep(5)\nprint('no')"
    done = sandbox.execute([fill], tmp_path, limits)
    assert done.outputs[0] is None
    assert "memory" in done.reason


# --- What is said ---------------------------------------------------------------------------------


def test_the_limits_that_hold_are_said(no_groups):
    looked_at = sandbox.applied(LIMITS)
    assert "3 GB of memory, 500 processes and threads: looked at five times a second" in looked_at
    assert "held by a container of podman" in sandbox.applied(LIMITS, program="podman")
    assert sandbox.applied(LIMITS, sandboxed=False).startswith("Without a sandbox.")


def test_a_system_that_forbids_namespaces_is_recognised(tmp_path, monkeypatch):
    setting = tmp_path / "apparmor"
    monkeypatch.setattr(bubblewrap, "APPARMOR", setting)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    cause = "bwrap: setting up uid map: Permission denied"
    ways = ("--container docker", "--container podman", "--no-sandbox")
    for text, says in (("1\n", "sudo sysctl -w kernel.apparmor"), ("0\n", cause), (None, cause)):
        if text:
            setting.write_text(text)
        else:
            setting.unlink()
        sentence = bubblewrap.refusal(cause)
        assert says in sentence
        assert all(way in sentence for way in ways)


# --- Time -----------------------------------------------------------------------------------------


def load_driver():
    """Return the driver as a module."""
    spec = importlib.util.spec_from_file_location("driver", sandbox.DRIVER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(
    not os.path.exists("/proc/self/schedstat"), reason="the system does not tell who waits"
)
def test_waiting_for_a_processor_is_told_apart_from_sleeping():
    waited = load_driver().waited
    processor = min(os.sched_getaffinity(0))
    busy = f"import os\nos.sched_setaffinity(0, {{{processor}}})\nwhile True:\n    pass"
    sleepy = "import time\ntime.sleep(60)"
    children = [subprocess.Popen([sys.executable, "-c", code]) for code in (busy, busy, sleepy)]
    try:
        time.sleep(2)
        first, second, sleeper = (waited(child.pid) for child in children)
        assert first + second > 0.5
        assert sleeper < first + second
    finally:
        for child in children:
            child.kill()
            child.wait()
    assert waited(children[0].pid) == 0


@pytest.mark.kernel
def test_a_notebook_that_takes_too_long_in_all_is_ended_by_its_driver(tmp_path):
    limits = replace(LIMITS, cell_seconds=60, total_seconds=4)
    cells = ["print('begun')", "import time\ntime.sleep(60)"]
    done = sandbox.execute(cells, tmp_path, limits, sandboxed=False)
    assert done.reason == "It ran longer than 4 s in all."
    assert done.outputs[1] is None
