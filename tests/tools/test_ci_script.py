""".ci/run: what it installs, that it sets up first, and that the network is off where that can be.

Programs are stand-ins that note how they were called; nothing is installed and nothing tested.
"""

import os
import shutil
import subprocess

import pytest

from tests.support.small_course import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="CI runs on Linux")
NOTES = '#!/bin/bash\necho "$(basename "$0") $*" >>"$CALLS"\n'
PRESENT = {"bwrap": "", "chromedriver": ""}
INSTALL = "apt-get install -y -q --no-install-recommends"


@pytest.fixture
def script(tmp_path):
    """Call it with stand-ins (name -> the lines that follow its note) and environment variables; it
    returns exit status, output, and the calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "basename", "env"):
        (programs / name).symlink_to(shutil.which(name))
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)

    def put(path, lines):
        path.write_text(NOTES + lines + "\n", encoding="utf-8")
        path.chmod(0o755)

    def call(*arguments, stand_ins, **variables):
        defaults = {"uname": "echo Linux", "id": "echo 0", "unshare": "exit 1", "python3": "exit 0"}
        for name, lines in (defaults | stand_ins).items():
            put(programs / name, lines)
        put(tmp_path / ".venv" / "bin" / "python", "exit ${STATUS:-0}")
        calls = tmp_path / "calls"
        done = subprocess.run(
            [str(tmp_path / ".ci" / "run"), *arguments],
            env={"PATH": str(programs), "CALLS": str(calls), **variables},
            capture_output=True,
            encoding="utf-8",
        )
        lines = calls.read_text(encoding="utf-8").splitlines()
        noted = [line for line in lines if not line.startswith(("uname", "id "))]
        return done.returncode, done.stdout + done.stderr, noted

    return call


def test_set_up_and_data_come_first_then_the_tests(script):
    status, _, calls = script("tests", "Part4_SOM", stand_ins=PRESENT)
    assert status == 0
    assert calls[0] == "python3 course.py data check"
    assert calls[-1].startswith("python -m tools.ci --set-up-seconds ")
    assert calls[-1].endswith(" tests Part4_SOM")


@pytest.mark.parametrize("status", [0, 1, 130])
def test_the_exit_status_is_that_of_the_tests(script, status):
    assert script(stand_ins=PRESENT, STATUS=str(status))[0] == status


def test_no_test_runs_where_the_set_up_fails(script):
    status, _, calls = script(stand_ins={**PRESENT, "python3": "exit 3"})
    assert (status, calls) == (3, ["python3 course.py data check"])


def test_nothing_is_installed_on_somebodys_own_computer(script):
    status, printed, calls = script(stand_ins={"apt-get": "", "sudo": ""})
    assert status == 0
    assert "bwrap is missing" in printed and "sudo apt install bubblewrap" in printed
    assert "chromedriver is missing" in printed
    assert "sudo apt install chromium chromium-driver" in printed
    assert not [call for call in calls if call.startswith(("apt-get", "sudo"))]


@pytest.mark.parametrize(("user", "root"), [("0", ""), ("1000", "sudo -n ")])
def test_where_ci_is_set_what_is_missing_is_installed(script, user, root):
    stand_ins = {"apt-get": "", "sudo": "", "id": f"echo {user}"}
    status, printed, calls = script(stand_ins=stand_ins, CI="true")
    assert status == 0
    assert calls[:2] == [
        f"{root}{INSTALL} bubblewrap",
        f"{root}{INSTALL} chromium chromium-driver",
    ]
    assert "missing" not in printed and "could not" not in printed


@pytest.mark.parametrize(
    ("program", "other"), [("bwrap", "chromium chromium-driver"), ("chromedriver", "bubblewrap")]
)
def test_what_is_there_is_not_installed(script, program, other):
    calls = script(stand_ins={"apt-get": "", program: ""}, CI="true")[2]
    assert [call for call in calls if call.startswith("apt-get")] == [f"{INSTALL} {other}"]


def test_the_list_of_packages_is_fetched_only_if_it_must_be(script):
    first_fails = '[ -e "$CALLS.listed" ] || { : >"$CALLS.listed"; exit 100; }'
    calls = script(stand_ins={"chromedriver": "", "apt-get": first_fails}, CI="1")[2]
    assert calls[:3] == [f"{INSTALL} bubblewrap", "apt-get update -q", f"{INSTALL} bubblewrap"]


def test_an_installation_that_fails_is_said(script):
    status, printed, _ = script(stand_ins={"apt-get": "exit 100"}, CI="1")
    assert status == 0
    assert "bwrap could not be installed" in printed
    assert "chromedriver could not be installed" in printed


def test_other_systems_need_neither(script):
    _, printed, calls = script(stand_ins={"uname": "echo Darwin", "apt-get": ""}, CI="1")
    assert "bwrap" not in printed and "chromedriver" not in printed
    assert not [call for call in calls if call.startswith("apt-get")]


def test_the_network_is_off_where_it_can_be(script):
    inside = 'shift; [ "$1" = --map-root-user ] && shift; [ "$1" = --net ] && shift; exec "$@"'
    runs = 'if [ "$1" = -c ]; then shift 2; [ "$1" = true ] || exec "$@"; fi'
    status, printed, calls = script(stand_ins={**PRESENT, "unshare": inside, "python3": runs})
    assert status == 0
    assert "with the network off" in printed
    assert len([call for call in calls if call.startswith("unshare --net ")]) == 2  # tried, done
    assert not [call for call in calls if call.startswith("unshare --user")]
    assert calls[-1].startswith("python -m tools.ci")


def test_a_user_namespace_is_the_second_choice_and_the_network_the_last(script):
    _, printed, calls = script(stand_ins=PRESENT)
    assert "The network stays on" in printed
    tried = [call.partition(" -c")[0] for call in calls if call.startswith("unshare")]
    assert [" ".join(call.split()[:-1]) for call in tried] == [
        "unshare --net",
        "unshare --user --map-root-user --net",
    ]
