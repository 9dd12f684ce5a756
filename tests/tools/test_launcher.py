"""The command line: what cannot be done is said clearly, the rest is passed on as it should be."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stand_in import LAUNCHER, call, make
from tools import launcher

ROOT = Path(__file__).resolve().parents[2]

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
    """Without site-packages it starts; and nothing else is imported later on, in its functions."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import tools.launcher"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    own = {name.removesuffix(".py").replace("/", ".") for name in LAUNCHER} | {"tools"}
    for path in [name for name in LAUNCHER if name != "defaults.py"]:  # that also serves notebooks
        nodes = list(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
        modules = {
            alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                names = {f"tools.{alias.name}" for alias in node.names}
                modules |= names if node.module == "tools" else {node.module}
        assert {name.split(".")[0] for name in modules - own} <= set(sys.stdlib_module_names), path


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
        (["test", "--store"], "--store goes with --real"),
        (["test", "--fast", "--store"], "--store goes with --real"),
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


def test_experiments_pass_names_and_options_on():
    found, others = launcher.read_arguments(
        ["experiments", "dropout", "--seeds", "2", "--mine", "--check", "--all", "--again"]
    )
    assert launcher.module_of(found, others) == [
        "tools.experiments",
        *("--again", "--mine", "--check", "--all", "--seeds", "2", "dropout"),
    ]
    assert launcher.module_of(*launcher.read_arguments(["experiments"])) == ["tools.experiments"]


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
        (
            ["grade", "lab1_neuron", "tests", "--again", "--container", "podman"],
            [
                *("grade", "lab1_neuron", str(ROOT / "tests"), "--jobs", "1", "--again"),
                *("--container", "podman"),
            ],
        ),
        (
            [
                *("grade", "lab1_neuron", "tests", "--for", "moodle", "--worksheet", "README.md"),
                *("--column", "x", "--again", "ada", "ben"),
            ],
            [
                *("grade", "lab1_neuron", str(ROOT / "tests"), "--jobs", "1"),
                *("--again", "ada", "ben", "--for", "moodle", "--column", "x"),
                *("--worksheet", str(ROOT / "README.md")),
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
    two_cores = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    without = ["-m", "not executes and not kernel and not sandbox and not setup"]
    assert arguments_of_pytest("--fast") == ["pytest", *two_cores, *without, "tests"]
    assert arguments_of_pytest("--labs") == ["pytest", *two_cores, "tests/labs"]
    found = arguments_of_pytest("--unit")
    assert found[: 1 + len(two_cores)] == ["pytest", *two_cores]
    folders = {p.parent.relative_to(ROOT).as_posix() for p in ROOT.glob("tests/**/test_*.py")}
    assert {*found[1 + len(two_cores) :]} == folders - {"tests/labs"}, "every folder is in one kind"
    assert arguments_of_pytest("--real") == [
        "pytest",
        "--real",
        "--nbval-lax",
        "--nbval-cell-timeout=600",
        *parts,
    ]
    assert arguments_of_pytest("--real", "--store", "Part1_ANN") == [
        "pytest",
        "--real",
        "--nbval-lax",
        "--nbval-cell-timeout=600",
        str(ROOT / "Part1_ANN"),
        "--store",
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
    assert arguments_of_pytest("--fast", "-k", "tests", Path(__file__).name)[
        len(["pytest", *two_cores, *without]) :
    ] == [
        "-k",
        "tests",
        str(ROOT / own),
    ]
    monkeypatch.setenv("COURSE_LAX", "1")
    assert arguments_of_pytest()[1] == "--nbval-lax"
