"""The set-up: done once, by uv or pip, mended when it was interrupted, never at the user's cost."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.stand_in import call, make, only_our_wheels, python_of, report, stamp_of, wheel
from tools import environment, installers

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
pytestmark = pytest.mark.setup

# --- The set-up -----------------------------------------------------------------------------------


def test_the_first_call_sets_up_and_passes_the_exit_status_on(first):
    folder, (status, out, err) = first
    assert status == 7
    said = report(out)
    assert Path(said["prefix"]).resolve() == (folder / ".venv").resolve()
    assert Path(said["cwd"]).resolve() == folder.resolve()
    assert out.splitlines()[1] == "1.0"
    assert err.splitlines() == ["Setting up .venv: about 1 packages, 1-5 minutes the first time."]
    assert list((folder / ".venv").rglob("tiny.*.pyc")), (
        "the set-up compiles the packages, not their first import"
    )


def test_later_calls_install_nothing_and_start_at_once(ready):
    for file in (ready.parent / "wheels").iterdir():
        file.unlink()  # an installation would now fail
    start = time.monotonic()
    status, out, err = call(ready, "run")
    assert (status, out.splitlines()[1], err) == (0, "1.0", "")
    assert time.monotonic() - start < 3


def test_other_pins_are_installed_without_a_new_environment(ready):
    (ready / ".venv" / "mine.txt").touch()
    (ready / "requirements.txt").write_text("tiny==1.1\n", encoding="utf-8")
    status, out, err = call(ready, "run")
    assert (status, out.splitlines()[1]) == (0, "1.1")
    assert "Setting up .venv" in err
    assert (ready / ".venv" / "mine.txt").exists()
    assert call(ready, "run")[2] == ""


def test_an_interrupted_set_up_mends_itself(ready):
    (ready / ".venv" / environment.STAMP).write_text("unfinished\n", encoding="utf-8")
    (ready / ".venv" / "half.txt").touch()
    next((ready / ".venv").rglob("pip/__main__.py")).write_text("half a fi", encoding="utf-8")
    status, out, err = call(ready, "run")
    assert (status, out.splitlines()[1]) == (0, "1.0")
    assert err.startswith("The last set-up was interrupted. Starting again.\n")
    assert not (ready / ".venv" / "half.txt").exists()
    assert call(ready, "run")[2] == ""


def test_an_environment_of_the_users_own_is_mended_but_never_cleared(ready):
    stamp, mine = ready / ".venv" / environment.STAMP, ready / ".venv" / "mine.txt"
    stamp.unlink()
    mine.touch()
    assert call(ready, "run")[0] == 0
    assert environment.FOREIGN in stamp.read_text(encoding="utf-8")
    stamp.write_text("unfinished\n" + environment.FOREIGN, encoding="utf-8")
    status, _, err = call(ready, "run")
    assert (status, mine.exists()) == (0, True)
    assert err.startswith("The last set-up was interrupted. Starting again.\n")
    assert call(ready, "run")[2] == ""


@pytest.mark.parametrize(
    "key, value, sentence",
    [
        ("home", "/dev/null/such/folder", "is not there any more"),
        ("version", "3.5.1", "was made by Python 3.5"),
    ],
)
def test_a_python_that_is_gone_or_another_one(ready, key, value, sentence):
    config = ready / ".venv" / "pyvenv.cfg"
    changed = re.sub(rf"(?m)^{key} *=.*$", f"{key} = {value}", config.read_text(encoding="utf-8"))
    stamp = ready / ".venv" / environment.STAMP
    stamp.write_text("Python 3.5, of other pins\n" + environment.FOREIGN, encoding="utf-8")
    config.write_text(changed, encoding="utf-8")
    status, _, err = call(ready, "run")
    assert status == 1
    assert sentence in err and "left alone" in err and len(err.splitlines()) == 1
    stamp.write_text("Python 3.5, of other pins\n", encoding="utf-8")  # now it is the course's own
    status, out, err = call(ready, "run")
    assert (status, out.splitlines()[1]) == (0, "1.0")
    assert sentence in err.splitlines()[0]


def test_pip_failing_is_said_and_tried_again(ready):
    (ready / "requirements.txt").write_text("tiny==9.9\n", encoding="utf-8")
    status, out, err = call(ready, "run")
    assert (status, out) == (1, "")
    assert "pip could not install requirements.txt" in err.splitlines()[-1]
    assert (
        (ready / ".venv" / environment.STAMP).read_text(encoding="utf-8").startswith("unfinished")
    )
    (ready / "requirements.txt").write_text("tiny==1.0\n", encoding="utf-8")
    assert call(ready, "run")[0] == 0


@pytest.mark.parametrize("arguments", [("--here", "run"), ("run", "--here")])
def test_here_uses_the_running_environment(ready, tmp_path, arguments):
    folder = make(tmp_path / "other", "tiny==1.1\n")
    own = python_of(ready)
    (ready / ".venv" / environment.STAMP).unlink()
    status, out, err = call(folder, *arguments, python=own)
    assert (status, out.splitlines()[1]) == (0, "1.1")
    assert Path(report(out)["prefix"]).resolve() == (ready / ".venv").resolve()
    assert "Setting up this environment" in err
    assert not (folder / ".venv").exists()
    assert call(folder, *arguments, python=own)[2] == ""


def test_called_by_the_environments_own_python(ready):
    status, out, err = call(ready, "run", python=python_of(ready))
    assert (status, out.splitlines()[1], err) == (0, "1.0", "")
    (ready / ".venv" / environment.STAMP).write_text("unfinished\n", encoding="utf-8")
    assert call(ready, "run", python=python_of(ready))[0] == 0


def test_two_set_ups_at_once(ready, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", ready)
    (ready / "requirements.txt").write_text("tiny==1.1\n", encoding="utf-8")
    with environment.only_one_set_up():
        status, _, err = call(ready, "run")
    assert (status, err) == (
        1,
        "Another set-up of this course is running; call again when it has ended.\n",
    )
    assert call(ready, "run")[0] == 0


def test_intel_macs_are_told(ready, monkeypatch, capsys):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(SystemExit) as ended:
        environment.install(ready / ".venv", python_of(ready), "", False)
    assert ended.value.code == 1
    assert "Intel Macs" in capsys.readouterr().err


@POSIX
@pytest.mark.parametrize("during", ["set-up", "command"])
def test_ctrl_c(ready, during):
    if during == "set-up":
        (ready / "requirements.txt").write_text("tiny==1.1\n", encoding="utf-8")
        slow = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\ntime.sleep(60)\n"
        next((ready / ".venv").rglob("pip/__main__.py")).write_text(slow, encoding="utf-8")
    command = [sys.executable, str(ready / "course.py"), "run"]
    variables = dict(os.environ, ECHO_SLEEP="60")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=variables, stdout=pipe, stderr=pipe, encoding="utf-8", start_new_session=True
    ) as process:
        (process.stderr if during == "set-up" else process.stdout).readline()
        time.sleep(0.5)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=10)
    if during == "set-up":
        assert (process.returncode, err) == (
            130,
            "Stopped. If this was during the set-up, the next call mends it.\n",
        )
        assert (
            (ready / ".venv" / environment.STAMP)
            .read_text(encoding="utf-8")
            .startswith("unfinished")
        )
        assert call(ready, "run")[1].splitlines()[1] == "1.1"
    else:
        # The command's own doing: it is the stand-in's, which does not catch it.
        assert process.returncode == -signal.SIGINT
        assert "course.py" not in err


def test_the_set_up_lists_the_fonts_where_the_notebooks_look(ready):
    record = ready.parent / "fonts.txt"
    code = f"import os\nopen({str(record)!r}, 'w').write(os.environ['MPLCONFIGDIR'])\n"
    files = {"matplotlib/__init__.py": "", "matplotlib/font_manager.py": code}
    wheel(ready.parent / "wheels", "0.1", "matplotlib", files)
    (ready / "requirements.txt").write_text("tiny==1.0\nmatplotlib==0.1\n", encoding="utf-8")
    status, out, _ = call(ready, "run")
    assert status == 0
    assert record.read_text() == report(out)["variables"]["MPLCONFIGDIR"]


# --- uv ------------------------------------------------------------------------------------------

# Stands in for uv: notes what it was called with, then does what FAKE_UV says.
FAKE_UV = """
import json, os, subprocess, sys
todo = os.environ.get("FAKE_UV", "work")
if sys.argv[1:] == ["--version"]:
    sys.exit(1 if todo == "broken" else 0)
with open(os.environ["RECORD_OUT"], "a") as file:
    json.dump({"arguments": sys.argv[1:], "variables": dict(os.environ)}, file)
    file.write("\\n")
packages = os.path.dirname(os.path.dirname(__file__))
with open(os.path.join(packages, "tiny.py"), "w") as file:
    file.write("half a fi")
if todo == "fail":
    sys.exit(2)
if todo == "interrupted":
    import signal
    os.killpg(0, signal.SIGINT)
command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "-r", sys.argv[-1]]
os.environ["PIP_FIND_LINKS"] = sys.argv[sys.argv.index("--find-links") + 1]
sys.exit(subprocess.call(command))
"""


@pytest.fixture
def with_uv(ready):
    """A course folder that now asks for uv, too; a stand-in for uv lies beside it."""
    wheel(ready.parent / "wheels", "0.1", "uv", {"uv/__init__.py": "", "uv/__main__.py": FAKE_UV})
    (ready / "requirements.txt").write_text("tiny==1.1\nuv==0.1\n", encoding="utf-8")
    return ready


def calls_of_uv(folder):
    record = folder.parent / "record.txt"
    if not record.exists():
        return []
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def call_uv(folder, **variables):
    """Set up with `run`; return the exit status, what tiny.version is, and what was said."""
    variables.setdefault("RECORD_OUT", str(folder.parent / "record.txt"))
    status, out, err = call(folder, "run", **variables)
    return status, (out.splitlines() or ["", ""])[-1], err.splitlines()


def test_uv_installs_what_pip_would(with_uv):
    status, version, lines = call_uv(with_uv)
    assert (status, version) == (0, "1.1")
    assert len(lines) == 1 and lines[0].startswith("Setting up .venv")
    [done] = calls_of_uv(with_uv)
    assert done["arguments"][:2] == ["pip", "install"]
    assert done["arguments"][-2:] == ["-r", str(with_uv.resolve() / "requirements.txt")]
    python = done["arguments"][done["arguments"].index("--python") + 1]
    assert Path(python) == python_of(with_uv.resolve())
    assert {"--no-config", "--compile-bytecode", "--no-index"} <= set(done["arguments"])
    assert call_uv(with_uv) == (0, "1.1", [])
    assert len(calls_of_uv(with_uv)) == 1


def test_uv_gets_pips_indexes_and_connection(with_uv):
    settings = with_uv.parent / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://mirror.example/simple\n"
        "extra-index-url =\n  https://one.example/\n  https://two.example/\n"
        "[install]\ntrusted-host = one.example\nproxy = http://proxy.example:3128\n"
        "target = /dev/null/such/folder\nuser = true\n"
    )
    call_uv(with_uv, PIP_CONFIG_FILE=str(settings), PIP_CERT="/a/cert.pem", PIP_TIMEOUT="7")
    [done] = calls_of_uv(with_uv)
    options = " ".join(done["arguments"])
    assert "--default-index https://mirror.example/simple" in options
    assert "--index https://one.example/ --index https://two.example/" in options
    assert "--allow-insecure-host one.example" in options
    assert "--index-strategy unsafe-best-match" in options
    assert "target" not in options and "user" not in options.replace("users", "")
    told = done["variables"]
    assert told["HTTPS_PROXY"] == told["HTTP_PROXY"] == "http://proxy.example:3128"
    assert (told["SSL_CERT_FILE"], told["UV_HTTP_TIMEOUT"]) == ("/a/cert.pem", "7")


def test_settings_of_uv_that_are_not_about_indexes_stay_out(with_uv):
    kept = {"UV_CACHE_DIR": "/a", "UV_INDEX_INNER_USERNAME": "b", "UV_DEFAULT_INDEX": "https://c/"}
    lost = {"UV_TARGET": "/x", "UV_PYTHON": "2.7", "UV_NO_BINARY": "1", "UV_CONSTRAINT": "y"}
    call_uv(with_uv, **kept, **lost, UV_PROJECT_ENVIRONMENT="/z", UV_REQUIRE_HASHES="1")
    [done] = calls_of_uv(with_uv)
    told = {name: value for name, value in done["variables"].items() if name.startswith("UV_")}
    assert told == {**kept, "UV_SYSTEM_CERTS": "1"}


def test_where_uv_fails_pip_starts_again_from_nothing(with_uv):
    status, version, lines = call_uv(with_uv, FAKE_UV="fail")
    assert (status, version) == (0, "1.1")
    assert lines[1:] == [
        "uv could not install the packages, see above; pip tries now, which takes longer."
    ]
    assert call_uv(with_uv) == (0, "1.1", [])


@pytest.mark.parametrize("why", ["no wheel", "broken"])
def test_where_there_is_no_uv_pip_installs_the_rest(with_uv, why):
    for wheel_of_uv in (with_uv.parent / "wheels").glob("uv-*"):
        if why == "no wheel":
            wheel_of_uv.unlink()
    empty = with_uv.parent / "no uv on this path"
    status, version, lines = call_uv(with_uv, FAKE_UV=why, PATH=str(empty))
    assert (status, version) == (0, "1.1")
    assert lines[1:] == ["uv, which is faster, cannot be had here; pip installs the packages."]
    assert calls_of_uv(with_uv) == []
    assert call_uv(with_uv) == (0, "1.1", [])


@POSIX
def test_a_set_up_interrupted_inside_uv_mends_itself(with_uv):
    command = [sys.executable, str(with_uv / "course.py"), "run"]
    variables = dict(
        os.environ,
        **only_our_wheels(with_uv),
        FAKE_UV="interrupted",
        RECORD_OUT=str(with_uv.parent / "record.txt"),
    )
    done = subprocess.run(
        command, env=variables, capture_output=True, encoding="utf-8", start_new_session=True
    )
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1].startswith("Stopped. If this was during the set-up")
    assert stamp_of(with_uv).startswith("unfinished")
    status, version, lines = call_uv(with_uv)
    assert (status, version) == (0, "1.1")
    assert lines[0] == "The last set-up was interrupted. Starting again."


def without_pip(folder):
    """Make an environment without pip in a folder; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    return python_of(folder)


def test_here_without_pip_says_so(tmp_path):
    folder = make(tmp_path)
    python = without_pip(tmp_path / "own")
    status, out, err = call(folder, "run", "--here", python=python, PATH=str(tmp_path / "empty"))
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith("This Python has no pip")
    assert "ensurepip" in err and "network" not in err


@POSIX
def test_here_without_pip_takes_a_uv_that_is_installed(tmp_path):
    folder = make(tmp_path, "tiny==1.0\nuv==0.1\n")
    programs, record = tmp_path / "programs", tmp_path / "record.txt"
    programs.mkdir()
    uv = programs / "uv"
    uv.write_text(f'#!/bin/sh\n[ "$1" = --version ] || echo "$@" >>"{record}"\n')
    uv.chmod(0o755)
    python = without_pip(tmp_path / "own")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    assert call(folder, "run", "--here", python=python, PATH=path)[0] == 0
    assert record.read_text().startswith("pip install ")
    uv.write_text('#!/bin/sh\n[ "$1" = --version ]\n')
    (folder / "requirements.txt").write_text("tiny==1.1\nuv==0.1\n", encoding="utf-8")
    status, _, err = call(folder, "run", "--here", python=python, PATH=path)
    assert status == 1 and "uv could not install requirements.txt" in err.splitlines()[-1]


def test_a_python_that_belongs_to_the_system_is_named(ready, monkeypatch, capsys):
    monkeypatch.setattr(installers, "belongs_to_the_system", lambda: True)
    wanted = ["--no-index", "no-such-package"]
    with pytest.raises(SystemExit) as ended:
        installers.by_pip(python_of(ready), ready / ".venv", {}, wanted, True)
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("This Python belongs to the operating system")


def test_the_real_uv_installs_and_compiles(tmp_path):
    """With uv itself, where it is installed; the set-up of the course has put it there."""
    ways = [[sys.executable, "-m", "uv"], [shutil.which("uv") or "uv"]]
    uv = next((way for way in ways if installers.works(way)), None)
    if uv is None:
        pytest.skip("uv is not installed")
    folder = make(tmp_path)
    (folder / "uv.toml").write_text('[pip]\ntarget = "/dev/null/such/folder"\n')
    python = without_pip(tmp_path / "own")
    settings = {"no-index": "true", "find-links": (tmp_path / "wheels").as_uri()}
    assert installers.by_uv(uv, python, settings, folder / "requirements.txt")
    printed = subprocess.check_output([python, "-c", "import tiny; print(tiny.version)"], text=True)
    assert printed.strip() == "1.0"
    assert list((tmp_path / "own").rglob("tiny.*.pyc"))


# --- The pins -------------------------------------------------------------------------------------


def test_requirements_are_pins_and_nothing_else():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert not [
        line
        for line in lines
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*( ; [^;@/]+)?", line)
    ]
    pinned = {line.partition("==")[0] for line in lines}
    direct = re.findall(r"(?m)^([\w.-]+)", (ROOT / "requirements.in").read_text(encoding="utf-8"))
    assert len(direct) > 10
    assert not set(direct) - pinned
    reasons = re.findall(
        r"(?m)^[\w.-]+(?:<[\d.]+)? +# \w.+$", (ROOT / "requirements.in").read_text(encoding="utf-8")
    )
    assert len(reasons) == len(direct), "every direct dependency has its reason"
