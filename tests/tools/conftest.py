"""What several tests of the tools start from."""

import shutil

import pytest

from tests.support.stand_in import call, make
from tools.lint import text


@pytest.fixture(scope="session")
def first(tmp_path_factory):
    """A course folder after its first call, and what that call gave."""
    folder = make(tmp_path_factory.mktemp("first"))
    return folder, call(folder, "run", ECHO_STATUS="7", PYTHONDONTWRITEBYTECODE="1")


@pytest.fixture
def ready(first, tmp_path):
    """A copy of a folder that is set up, to be damaged."""
    shutil.copytree(first[0].parent, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy" / first[0].name


@pytest.fixture
def lesson_path(tmp_path, monkeypatch):
    """The place of a lesson in a course folder that has one schematic."""
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures/neuron.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "Part1_ANN").mkdir()
    monkeypatch.setattr(text, "ROOT", tmp_path)
    return tmp_path / "Part1_ANN" / "0-good.ipynb"
