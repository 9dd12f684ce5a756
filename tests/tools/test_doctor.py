"""The doctor: each kind of line, with what to do; only a problem makes the exit status 1."""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from tests.support.stand_in import call
from tools import doctor, environment, isolation

ROOT = Path(__file__).resolve().parents[2]


def only(findings):
    """Return the one finding of a check, which must have advice if there is anything to do."""
    [finding] = findings
    assert finding.state in ("ok", "note", "problem") and finding.text
    assert finding.advice or finding.state != "problem"
    return finding


# --- The computer ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "implementation", "state"),
    [(64, "CPython", "ok"), (32, "CPython", "problem"), (64, "PyPy", "problem")],
)
def test_python(monkeypatch, bits, implementation, state):
    monkeypatch.setattr(sys, "maxsize", 2 ** (bits - 1) - 1)
    monkeypatch.setattr(platform, "python_implementation", lambda: implementation)
    found = only(doctor.python())
    assert found.state == state
    assert f"{bits} bit" in found.text and sys.executable in found.text


@pytest.mark.parametrize(
    ("name", "machine", "state"),
    [
        ("Linux", "x86_64", "ok"),
        ("Linux", "aarch64", "ok"),
        ("Linux", "riscv64", "problem"),
        ("Linux", "i686", "problem"),
        ("Windows", "AMD64", "ok"),
        ("Windows", "ARM64", "problem"),
        ("Darwin", "arm64", "ok"),
        ("Darwin", "x86_64", "problem"),
        ("FreeBSD", "amd64", "problem"),
    ],
)
def test_system(monkeypatch, name, machine, state):
    monkeypatch.setattr(platform, "system", lambda: name)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "platform", lambda: "a system")
    assert only(doctor.system()).state == state


@pytest.mark.parametrize(
    ("free", "is_set_up", "state"),
    [(4e9, False, "ok"), (2e9, False, "problem"), (2e9, True, "ok"), (1e8, True, "problem")],
)
def test_disk(monkeypatch, tmp_path, free, is_set_up, state):
    usage = namedtuple("Usage", "total used free")(1e12, 0, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    assert only(doctor.disk(tmp_path, is_set_up)).state == state


@pytest.mark.parametrize(("size", "state"), [(16e9, "ok"), (2e9, "note"), (None, "note")])
def test_memory(size, state):
    assert only(doctor.memory(size)).state == state


@pytest.mark.parametrize(("count", "state"), [(1, "note"), (2, "ok"), (64, "ok")])
def test_cores(count, state):
    assert only(doctor.cores(count)).state == state


def test_what_this_computer_has():
    assert doctor.memory_size() > 1e8 and doctor.core_count() >= 1


def test_a_folder_that_can_be_written_to(tmp_path):
    assert only(doctor.folder(tmp_path)).state == "ok"
    assert not list((tmp_path / "build").iterdir())


def test_a_folder_that_cannot_be_written_to(tmp_path):
    (tmp_path / "build").write_text("a file where a folder should be")
    found = only(doctor.folder(tmp_path))
    assert found.state == "problem" and str(tmp_path) in found.text


@pytest.mark.parametrize("name", ["OneDrive - School", "Dropbox", "My iCloud", "Google Drive"])
def test_a_folder_that_is_synchronised(tmp_path, name):
    (tmp_path / name).mkdir()
    assert only(doctor.folder(tmp_path / name)).state == "note"


def test_a_long_path_on_windows(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 120)
    long.mkdir()
    assert only(doctor.folder(long)).state == "ok"
    monkeypatch.setattr(doctor, "runs_on_windows", lambda: True)
    found = only(doctor.folder(long))
    assert found.state == "note" and "characters" in found.text


# --- The environment ------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course's folder with an environment that is set up, as far as its stamp can tell."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    (tmp_path / "requirements.txt").write_text("tiny==1.0\n")
    interpreter = environment.venv_python()
    interpreter.parent.mkdir(parents=True)
    interpreter.touch()
    (tmp_path / ".venv" / environment.STAMP).write_text(environment.wanted_stamp())
    return tmp_path


def test_the_set_up(course):
    prefix, interpreter = course / ".venv", environment.venv_python()
    stamp = prefix / environment.STAMP
    assert only(doctor.set_up(prefix, interpreter)).state == "ok"
    stamp.write_text("unfinished\n")
    assert "interrupted" in only(doctor.set_up(prefix, interpreter)).text
    stamp.write_text("Python 3.1, of other pins")
    assert "other packages" in only(doctor.set_up(prefix, interpreter)).text
    (prefix / "pyvenv.cfg").write_text("home = /dev/null/such/folder\n")
    assert "gone" in only(doctor.set_up(prefix, interpreter)).text
    interpreter.unlink()
    found = only(doctor.set_up(prefix, interpreter))
    assert found.state == "note" and "not done yet" in found.text and found.advice


def test_packages(tmp_path):
    requirements = tmp_path / "requirements.txt"
    here, numpy = Path(sys.executable), importlib.metadata.version("numpy")
    requirements.write_text(
        f"numpy=={numpy}\nno-such-package==1.0 ; sys_platform == 'no such system'\n\n# a comment\n"
    )
    found = only(doctor.packages(here, requirements))
    assert (found.state, found.text) == ("ok", "1, all as pinned")
    requirements.write_text(f"numpy=={numpy}\nno-such-package==1.0\nanother.one==2\n")
    found = only(doctor.packages(here, requirements))
    assert (found.state, found.text) == ("problem", "missing: no-such-package, another.one")
    requirements.write_text("numpy==0.1\n")
    found = only(doctor.packages(here, requirements))
    assert found.state == "note"
    assert found.text == f"not as pinned: numpy {numpy} (pinned: 0.1)"
    requirements.write_text("numpy=0.1\n")
    found = only(doctor.packages(here, requirements))
    assert found.state == "problem" and "Expected" in found.text


def answers(monkeypatch, returncode, stdout="", stderr=""):
    """Let every question to the environment's Python be answered like this."""
    done = subprocess.CompletedProcess([], returncode, stdout, stderr)
    monkeypatch.setattr(doctor, "ask", lambda *question: done)


TRACEBACK = "Traceback (most recent call last):\n  File 'x'\nImportError: {}\n\nmore words\n"


@pytest.mark.parametrize(
    ("returncode", "stdout", "stderr", "state", "words"),
    [
        (0, "2.21.0 3.1\n0\n", "a warning", "ok", "2.21.0 starts, in 3.1 s"),
        (0, "noise\n2.21.0 3.1\n2\n", "", "note", "it uses 2 GPU"),
        (-4, "", "", "problem", "instruction"),
        (0xC000001D, "", "", "problem", "instruction"),
        (1, "", TRACEBACK.format("libx.so is not there"), "problem", "ImportError: libx.so is not"),
        (1, "", "", "problem", "it said nothing"),
    ],
)
def test_tensorflow(monkeypatch, returncode, stdout, stderr, state, words):
    answers(monkeypatch, returncode, stdout, stderr)
    found = only(doctor.tensorflow(Path("python")))
    assert found.state == state and words in found.text


def test_a_missing_library_of_windows(monkeypatch):
    answers(monkeypatch, 1, "", TRACEBACK.format("DLL load failed while importing _pywrap"))
    monkeypatch.setattr(doctor, "runs_on_windows", lambda: True)
    assert "Visual C++" in only(doctor.tensorflow(Path("python"))).advice


@pytest.mark.parametrize(
    ("returncode", "stdout", "stderr", "state"),
    [
        (0, "", "", "ok"),
        (0, "Grading needs bubblewrap.\n", "", "note"),
        (1, "", "ImportError: no module\n", "note"),
    ],
)
def test_the_sandbox(monkeypatch, returncode, stdout, stderr, state):
    answers(monkeypatch, returncode, stdout, stderr)
    assert only(doctor.lab_sandbox(Path("python"))).state == state


def test_the_sandbox_before_the_set_up():
    assert only(doctor.lab_sandbox(None)).state == "note"


@pytest.mark.sandbox
def test_the_sandbox_is_really_asked():
    found = only(doctor.lab_sandbox(Path(sys.executable)))
    assert (found.state == "ok") == (shutil.which("bwrap") is not None) or found.text


def test_a_python_that_cannot_be_asked(tmp_path):
    done = doctor.ask(tmp_path / "no python", "print(1)")
    assert done.returncode == 1 and done.stderr


def test_the_questions_are_asked_without_the_users_variables(monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    monkeypatch.setenv("TF_XLA_FLAGS", "--no_such_flag")
    code = "import os, sys; print(sys.flags.optimize, 'TF_XLA_FLAGS' in os.environ)"
    assert doctor.ask(Path(sys.executable), code).stdout.split() == ["0", "False"]


# --- The user's configuration ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PYTHONPATH", "keeps it out"),
        ("PYTHONOPTIMIZE", "keeps it out"),
        ("KERAS_BACKEND", "keeps it out"),
        ("TF_ENABLE_ONEDNN_OPTS", "keeps it out"),
        ("XLA_FLAGS", "keeps it out"),
        ("MPLCONFIGDIR", "keeps it out"),
        ("JUPYTER_CONFIG_DIR", "keeps it out"),
        ("IPYTHONDIR", "keeps it out"),
        ("VIRTUAL_ENV", "keeps it out"),
        ("PIP_TARGET", "keeps it out"),
        ("PIP_CONSTRAINT", "keeps it out"),
        ("UV_PROJECT_ENVIRONMENT", "keeps it out"),
        ("OMP_NUM_THREADS", "threads"),
        ("TF_NUM_INTRAOP_THREADS", "threads"),
        ("CUDA_VISIBLE_DEVICES", "GPU"),
        ("KERAS_HOME", "weights"),
        ("LD_LIBRARY_PATH", "libraries"),
        ("COURSE_LAX", "outputs"),
        ("COURSE_TIME_TOLERANCE", "tools"),
    ],
)
def test_a_variable_is_named_with_what_it_does(name, words):
    found = only(doctor.variables({name: "3", "HOME": "/home/of", "PATH": "/bin"}))
    assert found.state == "note" and f"{name}=3" in found.text
    assert words in found.text + found.advice


@pytest.mark.parametrize(
    "name", ["PATH", "PIP_INDEX_URL", "PIP_CERT", "UV_CACHE_DIR", "PYTHONUTF8", "LANG", "TERM"]
)
def test_other_variables_are_not_named(name):
    assert only(doctor.variables({name: "3"})).state == "ok"


def test_real_data_must_be_a_folder(tmp_path):
    assert only(doctor.variables({"COURSE_DATA": str(tmp_path)})).state == "note"
    assert only(doctor.variables({"COURSE_DATA": "default"})).state == "note"
    assert only(doctor.variables({"COURSE_DATA": str(tmp_path / "no")})).state == "problem"


def test_passwords_are_not_shown():
    found = only(doctor.variables({"UV_TARGET": "https://me:secret@inner.example/x"}))
    assert "secret" not in found.text and "inner.example/x" in found.text


@pytest.mark.parametrize(
    ("name", "state"), [("UTF-8", "ok"), ("utf8", "ok"), ("cp1252", "note"), ("ascii", "note")]
)
def test_encoding(name, state):
    assert only(doctor.encoding(name)).state == state


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (None, "ok"),
        ("{}", "ok"),
        (json.dumps(doctor.KERAS_DEFAULTS), "ok"),
        ('{"floatx": "float16"}', "note"),
        ('{"epsilon": 0.1, "floatx": "float32"}', "note"),
        ('{"image_data_format": "channels_first"}', "note"),
        ('{"backend": "torch"}', "note"),
        ("{", "note"),
        ('{"floatx": "bfloat16"}', "problem"),
        ('{"epsilon": "small"}', "problem"),
        ('{"image_data_format": "NCHW"}', "problem"),
        ("[1]", "problem"),
    ],
)
@pytest.mark.parametrize("by_variable", [False, True])
def test_keras(tmp_path, content, state, by_variable):
    folder = tmp_path / ("elsewhere" if by_variable else ".keras")
    folder.mkdir()
    if content is not None:
        (folder / "keras.json").write_text(content)
    variables = {"KERAS_HOME": str(folder)} if by_variable else {}
    assert only(doctor.keras(variables, tmp_path)).state == state


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        (".config/matplotlib/matplotlibrc", "Matplotlib"),
        (".matplotlib/matplotlibrc", "Matplotlib"),
        (".ipython/profile_default/ipython_config.py", "IPython"),
        (".ipython/profile_default/startup/50-mine.py", "IPython"),
        (".ipython/profile_default/startup/10-mine.ipy", "IPython"),
        (".jupyter/jupyter_server_config.py", "Jupyter"),
        (".jupyter/jupyter_config.json", "Jupyter"),
        (".config/uv/uv.toml", "uv"),
    ],
)
def test_files_of_settings(tmp_path, path, subject):
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    assert only(doctor.settings_files({}, home)).state == "ok"
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).touch()
    found = only(doctor.settings_files({}, home))
    assert (found.state, found.subject) == ("note", subject)
    assert str(home / path) in found.text and found.advice


def test_settings_in_folders_that_variables_name(tmp_path):
    for name in ("m/matplotlibrc", "i/profile_default/ipython_config.py", "j/jupyter_config.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    variables = {
        "MPLCONFIGDIR": str(tmp_path / "m"),
        "IPYTHONDIR": str(tmp_path / "i"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "j"),
    }
    found = doctor.settings_files(variables, tmp_path / "home")
    assert [line.subject for line in found] == ["Matplotlib", "IPython", "Jupyter"]


@pytest.mark.parametrize(
    ("printed", "state"),
    [
        ("", "ok"),
        ("global.index-url='https://mirror.example/simple'\n", "ok"),
        (":env:.find-links='/wheels'\n", "ok"),
        ("install.user='true'\n", "note"),
        ("global.index-url='https://me:secret@inner.example'\nglobal.no-binary=':all:'\n", "note"),
    ],
)
def test_pip(printed, state):
    found = only(doctor.pip(subprocess.CompletedProcess([], 0, printed, "")))
    assert found.state == state and "secret" not in found.text
    assert state == "ok" or printed.splitlines()[-1] in found.text


def test_no_pip():
    done = subprocess.CompletedProcess([], 1, "", "/usr/bin/python3: No module named pip\n")
    assert "No module named pip" in only(doctor.pip(done)).text
    assert doctor.pip_settings().returncode == 0


@pytest.mark.parametrize(
    "where", [".local/share/jupyter", "Library/Jupyter", "JUPYTER_PATH", "JUPYTER_DATA_DIR"]
)
def test_kernels_that_shadow_ours(tmp_path, where):
    assert only(doctor.kernels({}, tmp_path)).state == "ok"
    variable = where.startswith("JUPYTER")
    folder = tmp_path / where / "kernels" / "python3"
    (tmp_path / where / "kernels" / "ir").mkdir(parents=True)
    variables = {where: str(tmp_path / where)} if variable else {}
    assert only(doctor.kernels(variables, tmp_path)).state == "ok"
    folder.mkdir()
    found = only(doctor.kernels(variables, tmp_path))
    assert found.state == "note" and str(folder) in found.text


# --- The page -------------------------------------------------------------------------------------


def test_the_page_is_narrow_and_says_what_to_do():
    long = "word " * 60 + "x" * 90
    text = doctor.page([doctor.ok("a", "b"), doctor.problem("disk", long, "Make room. " * 20)])
    lines = text.splitlines()
    assert lines[0].startswith("ok ") and max(map(len, lines)) <= 120
    assert any(line.strip().startswith("-> Make room.") for line in lines)


@pytest.mark.parametrize("states", [["ok"], ["ok", "note"], ["note", "problem", "ok"]])
def test_only_a_problem_is_a_failure(monkeypatch, capsys, states):
    findings = [doctor.Finding(state, "subject", "text", "advice") for state in states]
    monkeypatch.setattr(doctor, "examine", lambda here: findings)
    assert doctor.main(False) == ("problem" in states)
    counts = (states.count("problem"), states.count("note"))
    assert capsys.readouterr().out.endswith("Problems: {}. Notes: {}.\n".format(*counts))


@pytest.mark.setup
def test_the_command_before_and_after_the_set_up(ready, tmp_path):
    status, out, err = call(ready, "doctor", HOME=str(tmp_path), LC_ALL="C", PYTHONPATH="/x")
    assert err == ""
    assert "set-up      complete" in out and "PYTHONPATH=/x" in out
    assert status == 1, "the stand-in has no TensorFlow"
    shutil.rmtree(ready / ".venv")
    status, out, err = call(ready, "doctor")
    assert (status, err) == (0, "")
    assert "not done yet" in out and not (ready / ".venv").exists()


def test_what_is_passed_on_is_described():
    """What the launcher lets through has its line here, unless it changes nothing."""
    described = [name.removesuffix("*") for name in doctor.PASSED_ON]
    harmless = (*doctor.HARMLESS, "JUPYTER", "TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH")
    for names in isolation.PASSED_ON.values():
        for name in names:
            assert name.startswith((*described, *harmless)), name
