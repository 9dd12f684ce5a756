"""What several tests of the tools start from."""

import shutil

import pytest

from tests.support.stand_in import call, make


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
