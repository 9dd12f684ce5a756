"""What several tests of the tools start from."""

import shutil
from pathlib import Path

import pytest

from tests.support.sharing import once
from tests.support.stand_in import call, copy_environments, make
from tools.lint import text


@pytest.fixture(scope="session")
def first(tmp_path_factory):
    """A course folder after its first call, not to be changed, and what that call gave."""

    def set_up(place):
        folder = make(place)
        return str(folder), call(folder, "run", ECHO_STATUS="7", PYTHONDONTWRITEBYTECODE="1")

    folder, outcome = once(tmp_path_factory, "first-set-up", set_up)
    return Path(folder), tuple(outcome)


@pytest.fixture
def ready(first, tmp_path):
    """A copy of a folder that is set up, to be damaged. That Python itself makes an environment is
    tested with `first`; here a new one is a copy."""
    shutil.copytree(first[0].parent, tmp_path / "copy", symlinks=True)
    folder = tmp_path / "copy" / first[0].name
    copy_environments(folder, first[0])
    return folder


@pytest.fixture
def lesson_path(tmp_path, monkeypatch):
    """The place of a lesson in a course folder that has one schematic."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/neuron.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "Part1_ANN").mkdir()
    monkeypatch.setattr(text, "ROOT", tmp_path)
    return tmp_path / "Part1_ANN" / "0-good.ipynb"
