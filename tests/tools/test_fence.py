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
    """Call it with code that makes a command and pytest's options; it returns what pytest says of a
    test that runs the command and of one that does nothing."""
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def test(command, *options, directly=True):
        code = f"import subprocess, sys\n\nsubprocess.run({command}, check=True)\n"
        (tmp_path / "starter.py").write_text(code, encoding="utf-8")
        if not directly:
            command = '[sys.executable, "starter.py"]'
        (tmp_path / "tests" / "test_it.py").write_text(
            "import subprocess, sys\n\n\n"
            f"def test_it():\n    subprocess.run({command}, check=True)\n\n\n"
            "def test_nothing():\n    pass\n",
            encoding="utf-8",
        )
        return call(tmp_path, "-p", "no:cacheprovider", *options, "tests", module="pytest")

    return test


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("directly", [True, False])
def test_starting_one_fails_where_they_are_left_out(outcome, name, directly):
    expression = "not executes and not kernel and not sandbox"
    status, printed = outcome(STARTS[name], "-m", expression, directly=directly)
    mark = "sandbox" if name == "sandbox" else "kernel"
    assert status == 1, printed
    assert f"this test must be marked with `{mark}`" in printed
    assert "test_nothing" not in printed


def test_starting_one_is_allowed_where_they_are_not_left_out(outcome):
    assert outcome(STARTS["kernel"])[0] == 0
    assert outcome(STARTS["kernel"], "-m", "not sandbox")[0] == 0
    assert outcome(STARTS["sandbox"], "-m", "not kernel")[0] == 0


def test_other_programs_may_be_started(outcome):
    status, printed = outcome(
        f'[sys.executable, "-c", "{SLEEP}"]', "-m", "not kernel and not sandbox"
    )
    assert status == 0, printed
