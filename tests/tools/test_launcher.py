"""The launcher: it says clearly what it cannot do, sets up once, mends what was interrupted, and
passes everything on."""

import ast
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tools import environment, launcher

ROOT = Path(__file__).resolve().parents[2]
# What runs before anything is installed.
STANDARD = sys.stdlib_module_names
LAUNCHER = tuple(
    f"{name}.py"
    for name in "__init__ console environment installers isolation launcher work".split()
)
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")

# Stands in for tools/run.py and tools/data.py: says what it was called with.
ECHO = """
import json, os, sys, time
print(json.dumps({"python": sys.executable, "prefix": sys.prefix, "cwd": os.getcwd(),
                  "arguments": sys.argv[1:]}), flush=True)
time.sleep(float(os.environ.get("ECHO_SLEEP", 0)))
try:
    import tiny
    print(tiny.version)
except ImportError:
    pass
sys.exit(int(os.environ.get("ECHO_STATUS", 0)))
"""


def python_of(folder):
    return folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_of(folder):
    return (folder / ".venv" / environment.STAMP).read_text(encoding="utf-8")


def call(folder, *arguments, python=sys.executable, cwd=None, **variables):
    """Call the folder's course.py; return its exit status, stdout and stderr.

    No call may end in a traceback.
    """
    variables = dict(
        os.environ,
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=(folder.parent / "wheels").as_uri(),
        **variables,
    )
    command = [str(python), str(folder / "course.py"), *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=cwd or folder,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def wheel(folder, version):
    """Write a package of one module, so that pip has something to install without a network."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"tiny-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tiny-{version}-py3-none-any.whl", "w") as file:
        file.writestr("tiny.py", f"version = {version!r}\n")
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n"
        )
        file.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(
            f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )


def make(parent, requirements="tiny==1.0\n"):
    """Make a course folder that holds nothing but the launcher and stand-ins.

    Its name has a blank and a letter beyond ASCII.
    """
    wheel(parent / "wheels", "1.0")
    wheel(parent / "wheels", "1.1")
    folder = parent / "a coursé"
    (folder / "tools").mkdir(parents=True)
    (folder / "Part1_ANN").mkdir()
    (folder / "Part1_ANN" / "a book.ipynb").write_text("{}", encoding="utf-8")
    shutil.copy(ROOT / "course.py", folder)
    for name in LAUNCHER:
        shutil.copy(ROOT / "tools" / name, folder / "tools")
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    for name in ("run", "data"):
        (folder / "tools" / f"{name}.py").write_text(ECHO, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A course folder after its first call, and what that call gave."""
    folder = make(tmp_path_factory.mktemp("first"))
    return folder, call(folder, "run", ECHO_STATUS="7", PYTHONDONTWRITEBYTECODE="1")


@pytest.fixture
def ready(first, tmp_path):
    """A copy of a folder that is set up, to be damaged."""
    shutil.copytree(first[0].parent, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy" / first[0].name


# --- The version of Python ------------------------------------------------------------------------


def old_pythons():
    """Return Pythons that are too old, if this computer has any."""
    named = [shutil.which(f"python{version}") for version in ("2.7", "3.6", "3.8", "3.9", "3.10")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [
        str(p)
        for p in sorted(pyenv.glob("*/bin/python"))
        if re.match(r"2\.|3\.([0-9]|10)\.", p.parent.parent.name)
    ] + [p for p in named if p]


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.10"])
def test_an_old_python_gets_the_sentence(version):
    for python in old_pythons():
        found = subprocess.run(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        if found.stdout.strip() == version:
            break
    else:
        pytest.skip(f"there is no Python {version} here")
    done = subprocess.run([python, str(ROOT / "course.py"), "lab"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"This course runs on Python 3.11, 3.12 or 3.13 (64 bit); this is Python {version}."
    )
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_versions_beyond_the_range_are_refused(version):
    pretended = (*version, 0, "final", 0)
    code = (
        f"import runpy, sys; sys.version_info = {pretended}; "
        "runpy.run_path('course.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"this is Python {version[0]}.{version[1]}. Install one of them" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_python_can_read_the_first_file():
    source = (ROOT / "course.py").read_text(encoding="ascii")
    ast.parse(source, feature_version=(3, 6))
    assert not re.search(r"\bf[\"']|->|: (str|int)\b", source)


def test_the_launcher_needs_only_the_standard_library():
    own = {f"tools.{Path(name).stem}" for name in LAUNCHER} | {"tools"}
    for path in [ROOT / "course.py", *(ROOT / "tools" / name for name in LAUNCHER)]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(tree))
        modules = {
            alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                names = {f"tools.{alias.name}" for alias in node.names}
                modules |= names if node.module == "tools" else {node.module}
        foreign = {name for name in modules - own if name.split(".")[0] not in STANDARD}
        assert not foreign, path.name


# --- The set-up -----------------------------------------------------------------------------------


def test_the_first_call_sets_up_and_passes_the_exit_status_on(first):
    folder, (status, out, err) = first
    assert status == 7
    said = json.loads(out.splitlines()[0])
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
        ("home", "/no/such/folder", "is not there any more"),
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
    assert Path(json.loads(out.splitlines()[0])["prefix"]).resolve() == (ready / ".venv").resolve()
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


# --- The arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ([], "required: COMMAND"),
        (["teach"], "invalid choice: 'teach'"),
        (["data"], "required: action"),
        (["data", "eat"], "invalid choice: 'eat'"),
        (["run", "--faster"], "unrecognized arguments: --faster"),
        (["run", "--timeout", "soon"], "invalid int value"),
        (["test", "--fast", "--real"], "not allowed with"),
        (["test", "--unit", "--twice"], "not allowed with"),
        (["test", "--disturbed", "no.ipynb"], "There is no file or folder no.ipynb."),
        (["lint", "no.ipynb"], "There is no file or folder no.ipynb."),
        (["lint", "--fix"], "unrecognized arguments: --fix"),
        (["lab", "--port", "8888"], "There is no file or folder 8888."),
        (["lab", "no.ipynb"], "There is no file or folder no.ipynb."),
        (["run", "Part1_ANN", "Part9"], "There is no file or folder Part9."),
        (["test", "tests/test_no.py"], "There is no file or folder tests/test_no.py."),
        (["lab", "../wheels"], "lies in the course folder"),
        (["lab", "Part1_ANN", "Part1_ANN"], "lab opens one notebook"),
        (["labs"], "required: action"),
        (["labs", "mark"], "invalid choice: 'mark'"),
        (["labs", "check"], "labs check takes one NOTEBOOK"),
        (["labs", "check", "no.ipynb"], "There is no file or folder no.ipynb."),
        (["labs", "grade", "lab1_neuron"], "takes a LAB and its SUBMISSIONS"),
        (["labs", "grade", "lab1_neuron", "Part1_ANN", "--jobs", "0"], "--jobs must be 1 or more"),
        (["labs", "grade", "lab1_neuron", "Part1_ANN", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_wrong_arguments_are_said_before_anything_is_set_up(tmp_path, arguments, sentence):
    folder = make(tmp_path)
    status, out, err = call(folder, *arguments)
    assert (status, out) == (2, "")
    assert sentence in err.splitlines()[-1]
    assert not (folder / ".venv").exists()


def test_paths_count_from_where_the_user_stands(ready):
    _, out, _ = call(
        ready, "run", "a book.ipynb", "--timeout", "5", "--update", cwd=ready / "Part1_ANN"
    )
    said = json.loads(out.splitlines()[0])
    assert said["arguments"][:3] == ["--update", "--timeout", "5"]
    assert Path(said["arguments"][3]).samefile(ready / "Part1_ANN" / "a book.ipynb")
    assert Path(said["cwd"]).samefile(ready)


def test_data_passes_names_on(ready):
    for verb in ("check", "fetch"):
        assert json.loads(call(ready, "data", verb, "bank churn")[1].splitlines()[0])[
            "arguments"
        ] == [verb, "bank churn"]


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["release"], ["release"]),
        (["release", "lab1_neuron", "lab5_som"], ["release", "lab1_neuron", "lab5_som"]),
        (["check", "README.md"], ["check", str(ROOT / "README.md")]),
        (
            ["grade", "lab1_neuron", "tests", "--jobs", "2"],
            ["grade", "lab1_neuron", str(ROOT / "tests"), "--jobs", "2"],
        ),
        (
            ["grade", "lab1_neuron", "tests", "--no-sandbox", "--home", "a"],
            [
                "grade",
                "lab1_neuron",
                str(ROOT / "tests"),
                "--jobs",
                "1",
                "--no-sandbox",
                "--home",
                str(ROOT / "a"),
            ],
        ),
        (["formgrader"], ["formgrader"]),
        (["bench"], ["bench"]),
    ],
)
def test_what_the_labs_are_called_with(monkeypatch, arguments, module):
    monkeypatch.chdir(ROOT)
    found, _ = launcher.read_arguments(["labs", *arguments])
    assert launcher.labs_module(found, pytest.fail) == ["tools.labs", *module]


def test_what_jupyterlab_is_called_with(monkeypatch):
    calls = []
    monkeypatch.setattr(launcher, "set_up", lambda here: f"python, here {here}")
    monkeypatch.setattr(launcher, "start", lambda *call: calls.append(call))
    monkeypatch.chdir(ROOT / "tests" / "tools")
    launcher.main(["lab", "--port=8890", Path(__file__).name, "--here"])
    assert calls == [
        (
            "python, here True",
            [
                "-m",
                "jupyterlab",
                *launcher.LAB_OPTIONS,
                "--port=8890",
                str(Path(__file__).resolve()),
            ],
            "lab",
        )
    ]


def arguments_of_pytest(*arguments):
    found, others = launcher.read_arguments(["test", *arguments])
    return launcher.test_module(found.kind, others)


def test_what_pytest_is_called_with(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COURSE_LAX", raising=False)
    parts = sorted(p.name for p in ROOT.glob("Part*"))
    strict = "--nbval" if sys.platform == "linux" else "--nbval-lax"
    assert arguments_of_pytest() == ["pytest", strict, "--nbval-cell-timeout=300", "tests", *parts]
    assert arguments_of_pytest("--fast") == [
        "pytest",
        "-m",
        "not executes and not kernel and not sandbox",
        "tests",
    ]
    assert arguments_of_pytest("--unit") == ["pytest", "tests"]
    assert arguments_of_pytest("--real") == [
        "pytest",
        "--real",
        "--nbval-lax",
        "--nbval-cell-timeout=600",
        *parts,
    ]
    assert arguments_of_pytest("--twice", "Part1_ANN") == ["tools.twice", str(ROOT / "Part1_ANN")]
    assert arguments_of_pytest("--disturbed", "Part1_ANN/2-ANN.ipynb") == [
        "tools.disturbed",
        str(ROOT / "Part1_ANN/2-ANN.ipynb"),
    ]
    assert arguments_of_pytest("-x", "-k", "tests and a") == [
        "pytest",
        strict,
        "--nbval-cell-timeout=300",
        "-x",
        "-k",
        "tests and a",
        "tests",
        *parts,
    ]
    assert arguments_of_pytest("--maxfail=1", "tests")[3:] == ["--maxfail=1", str(ROOT / "tests")]
    assert arguments_of_pytest("tests", "--ignore=tests/tools/test_run.py")[3:] == [
        str(ROOT / "tests"),
        "--ignore=tests/tools/test_run.py",
    ]
    own = f"tests/tools/{Path(__file__).name}"
    assert arguments_of_pytest(f"{own}::test_ctrl_c", "-x")[3:] == [
        str(ROOT / own) + "::test_ctrl_c",
        "-x",
    ]
    monkeypatch.chdir(ROOT / "tests" / "tools")
    assert arguments_of_pytest("--fast", "-k", "tests", Path(__file__).name)[3:] == [
        "-k",
        "tests",
        str(ROOT / own),
    ]
    monkeypatch.setenv("COURSE_LAX", "1")
    assert arguments_of_pytest()[1] == "--nbval-lax"


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
