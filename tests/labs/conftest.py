"""What the tests of the labs set up once for all of them, and only when a test asks for it."""

import pytest

from tests.support.labs import LABS_NAMED, reason_for_no_sandbox, require_sandbox
from tools.labs.course import Course


@pytest.fixture(scope="session")
def no_sandbox():
    """Why no sandbox can be had here; empty if one can."""
    return reason_for_no_sandbox()


@pytest.fixture(scope="session")
def sandboxed(no_sandbox):
    """Whether tests that serve their purpose without a sandbox, too, have one."""
    return not no_sandbox


@pytest.fixture
def in_sandbox(no_sandbox):
    """For tests that are of no use without a sandbox: where there is none, they are skipped, and
    fail in CI."""
    require_sandbox(no_sandbox)


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The folders of the student versions of all labs, not to be changed."""
    home = tmp_path_factory.mktemp("release")
    return {lab: Course(home).release(lab) for lab in LABS_NAMED}
