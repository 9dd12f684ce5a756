"""A user's own configuration neither reaches what the launcher starts nor stops the set-up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stand_in import call, make, report
from tools import isolation

pytestmark = pytest.mark.setup


@pytest.fixture(scope="module")
def started(first):
    """Call the folder that is set up, with variables; return what the command found."""
    folder, _ = first

    def start(python=sys.executable, command=("run",), **variables):
        status, out, err = call(folder, *command, python=python, **variables)
        assert (status, err) == (0, "")
        return {**report(out), "tiny": out.splitlines()[1]}

    return start


@pytest.fixture
def hostile(tmp_path):
    """A folder of modules that break whoever imports them, named as standard and other ones."""
    folder = tmp_path / "foreign packages"
    folder.mkdir()
    for name in ("argparse", "dataclasses", "typing", "hashlib", "tools", "defaults", "datasets"):
        (folder / f"{name}.py").write_text("raise SystemExit('imported a foreign module')\n")
    (folder / "tiny.py").write_text("version = 'a foreign one'\n")
    (folder / "sitecustomize.py").write_text("import sys\nsys.foreign = True\n")
    return str(folder)


def test_foreign_packages_are_not_seen(started, hostile):
    found = started(PYTHONPATH=hostile)
    assert found["tiny"] == "1.0" and hostile not in found["path"]
    assert "PYTHONPATH" not in found["variables"]


HARMFUL = {
    "PYTHONSAFEPATH": "1",
    "PYTHONSTARTUP": "/dev/null/such/file.py",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONIOENCODING": "ascii",
    "PYTHONHASHSEED": "12",
    "PYTHONPYCACHEPREFIX": "/dev/null/such/folder",
    "PYTHONUTF8": "0",
    "PYTHONINSPECT": "",
    "PYTHONINTMAXSTRDIGITS": "640",
    "PYTHONBREAKPOINT": "no.such.function",
    "VIRTUAL_ENV": "/dev/null/such/environment",
    "MPLBACKEND": "Qt5Agg",
    "MATPLOTLIBRC": "/dev/null/such/matplotlibrc",
    "KERAS_BACKEND": "jax",
    "KERAS_MAX_EPOCHS": "1",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_USE_LEGACY_KERAS": "1",
    "XLA_FLAGS": "--no_such_flag",
    "NPY_DISABLE_CPU_FEATURES": "AVX2",
    "PANDAS_COPY_ON_WRITE": "warn",
    "SCIPY_ARRAY_API": "1",
    "JUPYTER_PATH": "/dev/null/such/kernels",
    "JUPYTER_NO_CONFIG": "1",
    "JUPYTER_CONFIG_PATH": "/dev/null/such/settings",
    "JUPYTERLAB_DIR": "/dev/null/such/application",
    "PYTEST_ADDOPTS": "--no-such-option",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
}
HARMLESS = (
    "COURSE_DATA",
    "OMP_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "CUDA_VISIBLE_DEVICES",
    "KERAS_HOME",
    "JUPYTER_DATA_DIR",
    "JUPYTERHUB_USER",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONNOUSERSITE",
    "CONDA_PREFIX",
    "HTTPS_PROXY",
    "LANG",
)


@pytest.fixture(scope="module")
def under_all_variables(started):
    """What the command found under all these variables at once."""
    return started(**HARMFUL, **dict.fromkeys(HARMLESS, "1"))


@pytest.mark.parametrize("name", HARMFUL)
def test_a_variable_that_does_harm_does_not_arrive(under_all_variables, name):
    expected = "1" if name == "PYTHONUTF8" else None
    assert under_all_variables["variables"].get(name) == expected


@pytest.mark.parametrize("name", HARMLESS)
def test_a_variable_that_does_no_harm_arrives(under_all_variables, name):
    assert under_all_variables["variables"][name] == "1"


def test_python_starts_as_it_does_without_variables(under_all_variables):
    assert under_all_variables["tiny"] == "1.0"
    assert "optimize=0" in under_all_variables["flags"]
    assert "inspect=0" in under_all_variables["flags"]


def test_the_settings_of_jupyter_ipython_and_matplotlib_are_the_courses(started, first):
    settings = (first[0] / "build" / "settings").resolve()
    found = started(JUPYTER_CONFIG_DIR="/their/jupyter", IPYTHONDIR="/x", MPLCONFIGDIR="/y")
    for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        assert settings in Path(found["variables"][name]).parents
    assert found["variables"]["JUPYTER_PREFER_ENV_PATH"] == "1"
    theirs = Path("/their/jupyter/lab")
    assert Path(found["variables"]["JUPYTERLAB_SETTINGS_DIR"]) == theirs / "user-settings"
    assert Path(found["variables"]["JUPYTERLAB_WORKSPACES_DIR"]) == theirs / "workspaces"


@pytest.mark.parametrize("command", ["lab", "labs", "run"])
def test_only_students_lose_the_instructors_panels(tmp_path, command):
    own = isolation.for_command({"HOME": "/home/of"}, tmp_path, command)
    folder = Path(own["JUPYTER_CONFIG_DIR"])
    page = json.loads((folder / "labconfig" / "page_config.json").read_text())
    assert "@jupyterlab/apputils-extension:announcements" in page["disabledExtensions"]
    assert ("@jupyter/nbgrader" in page["disabledExtensions"]) == (command == "lab")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    isolation.for_command({"HOME": "/home/of"}, tmp_path, command)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}


def test_where_nothing_can_be_written_the_command_starts_all_the_same(tmp_path):
    (tmp_path / "build").write_text("a file where a folder should be")
    assert isolation.for_command({}, tmp_path, "lab")["PYTHONUTF8"] == "1"


@pytest.mark.parametrize("options", [["-I"], ["-P"], ["-O"], ["-W", "error"], ["-s", "-E"]])
def test_python_may_be_called_with_options(first, tmp_path, options):
    command = [sys.executable, *options, str(first[0] / "course.py"), "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert report(done.stdout)["cwd"] == str(first[0].resolve())
    assert "optimize=0" in report(done.stdout)["flags"]


# --- The first set-up -----------------------------------------------------------------------------

PIP_FILE = """
[install]
user = true
prefix = /dev/null/such/prefix
root = /dev/null/such/root
[global]
target = /dev/null/such/folder
no-binary = :all:
only-binary = none
no-build-isolation = false
constraint = /dev/null/such/constraints.txt
no-deps = true
require-virtualenv = true
require-hashes = true
dry-run = true
"""
PIP_VARIABLES = {
    "PIP_TARGET": "/dev/null/such/folder",
    "PIP_PREFIX": "/dev/null/such/prefix",
    "PIP_USER": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_CONSTRAINT": "/dev/null/such/constraints.txt",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BINARY": ":all:",
    "PIP_DRY_RUN": "1",
    "PIP_PYTHON": "/dev/null/such/python",
    "PIP_ROOT": "/dev/null/such/root",
}


@pytest.mark.parametrize("place", ["a file", "variables"])
def test_settings_of_pip_do_not_stop_the_set_up(ready, tmp_path, place):
    """All at once, as none of them is followed."""
    (ready / "requirements.txt").write_text("tiny==1.1\n", encoding="utf-8")
    if place == "variables":
        status, out, err = call(ready, "run", **PIP_VARIABLES)
    else:
        (tmp_path / "pip.conf").write_text(PIP_FILE)
        status, out, err = call(ready, "run", PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert (status, out.splitlines()[-1]) == (0, "1.1"), err
    assert len(err.splitlines()) == 1


def test_settings_that_pip_itself_refuses_are_named(ready, tmp_path):
    (ready / "requirements.txt").write_text("tiny==1.1\n", encoding="utf-8")
    (tmp_path / "pip.conf").write_text("[global]\ntimeout = soon\n")
    status, out, err = call(ready, "run", PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert (status, out.splitlines()[-1]) == (0, "1.1"), "the variables are followed all the same"
    assert "pip cannot read its own files of settings, so they are not followed: " in err


def test_a_first_set_up_under_everything_at_once(tmp_path, hostile):
    folder = make(tmp_path)
    variables = {
        **PIP_VARIABLES,
        "PYTHONPATH": hostile,
        "PYTHONSAFEPATH": "1",
        "PYTHONOPTIMIZE": "1",
        "PYTHONWARNINGS": "error",
        "VIRTUAL_ENV": hostile,
        "CONDA_PREFIX": hostile,
        "UV_PROJECT_ENVIRONMENT": hostile,
        "LC_ALL": "C",
    }
    status, out, err = call(folder, "run", **variables)
    assert status == 0, err
    assert out.splitlines()[1] == "1.0" and len(err.splitlines()) == 1
    assert list((folder / ".venv").rglob("tiny.*.pyc"))
