"""What comes out of a sandbox: read within bounds, believed only if the driver has signed it, and
nobody else can write there."""

import hashlib
import hmac
import json

import pytest

from tools.labs import bubblewrap, channel, sandbox

KEY = "a key"
FINE = [{"output_type": "stream", "name": "stdout", "text": "fine\n"}]
MOST = 10_000


def signed(text, key=KEY):
    """Return a line as the driver writes it."""
    content = text if isinstance(text, bytes) else text.encode()
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest().encode() + b" " + content


def record(cell, outputs=FINE):
    """Return the line about a cell."""
    return signed(json.dumps({"cell": cell, "outputs": outputs}))


def cell_with(text):
    """Return the line about cell 0, whose only output is JSON of this text."""
    data = f'{{"application/json": {text}}}'
    bundle = f'{{"output_type": "display_data", "metadata": {{}}, "data": {data}}}'
    return signed(f'{{"cell": 0, "outputs": [{bundle}]}}')


def read(*lines, cells=2):
    return channel.read_records(b"\n".join([*lines, b""]), cells, KEY, MOST)


END = signed(json.dumps({"end": "", "waited": 1.5}))


def test_what_the_driver_writes_is_read():
    told = read(record(0), record(1, []), END)
    assert told == channel.Records([FINE, []], "", 1.5, 0)
    assert read(record(0)).end is None
    assert read(record(0), record(1)[:-5]).outputs == [FINE, None]


def test_a_line_that_was_cut_off_is_nobodys_forgery():
    written = record(0) + b"\n" + record(1)[:40]
    told = channel.read_records(written, 2, KEY, MOST)
    assert (told.outputs, told.strange) == ([FINE, None], 0)


@pytest.mark.parametrize(
    "lines",
    [
        [record(0), b'{"cell": 1, "outputs": []}'],
        [record(0), signed('{"cell": 1, "outputs": []}', key="another")],
        [record(0), record(0, [])],
        [record(0), b"\xff\xfe\0"],
        [record(0), record(5)],
        [record(0), signed("[]"), END, record(1)],
        [record(0), record(1), record(2)],
    ],
    ids=["unsigned", "wrong key", "twice", "no text", "no such cell", "after the end", "too many"],
)
def test_a_strange_record_is_counted_and_changes_nothing(lines):
    told = read(*lines)
    assert told.outputs[0] == FINE
    assert told.strange == 1


def test_records_count_in_the_order_of_the_cells():
    told = read(record(1), record(0))
    assert told.outputs == [FINE, None]
    assert told.strange == 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 500 + "1" + "}" * 500,
        "9" * 5000,
        '"' + "x" * (channel.LARGEST * MOST) + '"',
        "not json",
    ],
    ids=["deep lists", "deep objects", "a long number", "much", "no JSON"],
)
def test_outputs_that_cannot_be_read_are_the_fault_of_their_cell(text):
    told = read(cell_with(text), record(1))
    (output,) = told.outputs[0]
    assert (output["ename"], told.outputs[1], told.strange) == ("OddOutput", FINE, 0)


@pytest.mark.parametrize(
    "text", ["[NaN]", "[-Infinity]", r'"\ud800"', r'"\u0000"', r'[{"\udfff": 1}]']
)
def test_what_no_file_can_hold_is_replaced(text):
    (output,) = read(cell_with(text)).outputs[0]
    assert output["output_type"] == "display_data"
    kept = json.dumps(output, allow_nan=False, ensure_ascii=False)
    assert "\0" not in kept.encode().decode()


def test_invalid_utf_8_is_replaced():
    told = read(signed(json.dumps({"cell": 0, "outputs": FINE}).encode().replace(b"fine", b"\xff")))
    assert told.outputs[0][0]["text"] == "\ufffd\n"


def test_brackets_within_strings_are_not_counted():
    assert channel.depth(b'{"a": "[[[[{{{{\\"[[["}') == 1
    assert channel.depth(b"[[{}]]") == 3
    assert channel.harmless([[["a\0"]]]) == [[["a\ufffd"]]]


@pytest.mark.parametrize("outputs", [None, {}, [{}], [{"output_type": "stream"}], ["text"]])
def test_outputs_of_another_form_are_the_fault_of_their_cell(outputs):
    told = read(record(0, outputs), record(1))
    assert told.outputs[0][0]["ename"] == "OddOutput"
    assert told.outputs[1] == FINE


# --- Who can write there --------------------------------------------------------------------------

# Every way for a process to write into the open files of another of its user.
INTRUDE = r"""
import ctypes, os
output = b'{"output_type": "stream", "name": "stdout", "text": "forged"}'
forged = b'{"cell": 2, "outputs": [' + output + b"]}\n"
forged += b"0" * 64 + b" " + forged
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
open_files = []
for process in [p for p in os.listdir("/proc") if p.isdigit() and int(p) != os.getpid()]:
    pid = int(process)
    for kind in ("fd", "map_files"):
        try:
            files = os.listdir(f"/proc/{pid}/{kind}")
        except OSError:
            files = [str(n) for n in range(20)]
        for name in files:
            try:
                file = os.open(f"/proc/{pid}/{kind}/{name}", os.O_WRONLY | os.O_NONBLOCK)
                open_files.append(f"{pid}/{kind}/{name}")
                os.write(file, forged)
            except OSError:
                pass
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        handle = -1
    for number in range(20):
        file = libc.syscall(438, handle, number, 0)  # pidfd_getfd
        if file >= 0:
            open_files.append(f"{pid} by pidfd_getfd {number}")
            os.write(file, forged)
    for name in ("mem", "environ", "maps", "syscall"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                file.read(1)
            open_files.append(f"{pid}/{name}")
        except OSError:
            pass
    if libc.ptrace(16, pid, 0, 0) == 0:  # PTRACE_ATTACH
        open_files.append(f"{pid} by ptrace")
for number in range(3):  # what it has inherited
    try:
        os.write(number, forged)
    except OSError:
        pass
"""


@pytest.mark.sandbox
@pytest.mark.usefixtures("in_sandbox")
@pytest.mark.parametrize("as_root", [True, False], ids=["as root can", "as others can"])
def test_no_process_in_a_sandbox_can_write_in_the_drivers_place(tmp_path, monkeypatch, as_root):
    if not as_root:  # the first process in a sandbox, and all others, are of one user
        monkeypatch.setattr(bubblewrap, "drops_user", lambda: False)
    cells = [INTRUDE, "import time\ntime.sleep(0.5)\nprint(open_files)", "print('true')"]
    done = sandbox.execute(cells, tmp_path, sandbox.Limits())
    assert done.outputs[1][0]["text"] == "[]\n", "what it could open"
    assert done.outputs[2][0]["text"] == "true\n"
    assert (done.strange, done.reason) == (0, "")


@pytest.mark.sandbox
@pytest.mark.usefixtures("in_sandbox")
def test_nothing_in_a_sandbox_can_end_or_stop_the_driver(tmp_path):
    kill = "import os, signal, time\nfor n in range(1, 65):\n    os.kill(1, n)\ntime.sleep(0.5)"
    signals = kill.replace("    os.kill(1, n)", "    if n not in (32, 33):\n        os.kill(1, n)")
    done = sandbox.execute([signals, "print('here')"], tmp_path, sandbox.Limits())
    assert done.outputs[1][0]["text"] == "here\n"


@pytest.mark.sandbox
@pytest.mark.usefixtures("in_sandbox")
def test_odd_outputs_are_the_fault_of_one_submission(tmp_path):
    deep = "x = []\nfor _ in range(900):\n    x = [x]\nshow({'application/json': x}, raw=True)"
    cells = [
        "from IPython.display import display as show",
        "show({'application/json': 10**5000, 'text/plain': 'long'}, raw=True)",
        "show({'application/json': float('nan'), 'text/plain': '\\ud800 \\0'}, raw=True)",
        "print('next')",
        deep,
    ]
    done = sandbox.execute(cells, tmp_path, sandbox.Limits())
    assert done.strange == 0
    json.dumps(done.outputs, allow_nan=False, ensure_ascii=False).encode()
    if done.outputs[3] is not None:
        assert done.outputs[3][0]["text"] == "next\n"
    else:
        assert done.reason
