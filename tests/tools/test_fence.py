"""A test that starts a kernel or a sandbox fails where such tests are left out."""

import shutil

import pytest

from tests.support.small_course import ROOT, call

pytestmark = pytest.mark.kernel  # it starts programs that look like one

SLEEP = "import time; time.sleep(1.5)"
STARTS = {
    "kernel": f'[sys.executable, "-c", "{SLEEP}", "-m", "ipykernel_launcher", "-f", "x"]',
    "server": f'[sys.executable, "-c", "{SLEEP}", "jupyterlab", "--no-browser"]',
    "sandbox": f'[sys.executable, "-c", "{SLEEP}", "/usr/bin/bwrap", "--unshare-all"]',
}


@pytest.fixture
def outcome(tmp_path):
    """Call it with code that makes commands and pytest's options; it returns what pytest says of
    tests that run one of the commands each and of one that does nothing."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def test(commands, *options, directly=True):
        tests = ["import subprocess, sys", "def test_nothing():\n    pass\n"]
        for name, command in commands.items():
            run = f"subprocess.run({command}, check=True)"
            if not directly:
                starter = f"import subprocess, sys\n\n{run}\n"
                (tmp_path / f"{name}.py").write_text(starter, encoding="utf-8")
                run = f'subprocess.run([sys.executable, "{name}.py"], check=True)'
            tests.append(f"def test_{name}():\n    {run}\n")
        (tmp_path / "tests" / "test_it.py").write_text("\n\n\n".join(tests), encoding="utf-8")
        options = ("-p", "no:cacheprovider", *options, "tests")
        return call(tmp_path, *options, module="pytest", COLUMNS="200")

    return test


@pytest.mark.parametrize("directly", [True, False])
def test_starting_one_fails_where_they_are_left_out(outcome, directly):
    expression = "not executes and not kernel and not sandbox"
    status, printed = outcome(STARTS, "-m", expression, directly=directly)
    assert status == 1, printed
    said = [line for line in printed.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert len(said) == len(STARTS)
    for name in STARTS:
        mark = "sandbox" if name == "sandbox" else "kernel"
        (line,) = (line for line in said if f"::test_{name} " in line)
        assert f"this test must be marked with `{mark}`" in line


def test_starting_one_is_allowed_where_they_are_not_left_out(outcome):
    assert outcome(STARTS)[0] == 0
    kernel, sandbox = ({name: STARTS[name]} for name in ("kernel", "sandbox"))
    assert outcome(kernel, "-m", "not sandbox")[0] == 0
    assert outcome(sandbox, "-m", "not kernel")[0] == 0


def test_other_programs_may_be_started(outcome):
    other = {"other": f'[sys.executable, "-c", "{SLEEP}"]'}
    status, printed = outcome(other, "-m", "not kernel and not sandbox")
    assert status == 0, printed
