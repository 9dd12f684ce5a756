"""What the tests of the labs set up once for all of them, and only when a test asks for it."""

import pytest

from tests.support.labs import reason_for_no_sandbox, require_sandbox
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


class Releases(dict):
    """The folder of each lab's student version, made when it is asked for."""

    def __init__(self, course):
        super().__init__()
        self.course = course

    def __missing__(self, lab):
        self[lab] = self.course.release(lab)
        return self[lab]


@pytest.fixture(scope="session")
def released(tmp_path_factory):
    """The folders of the student versions of labs, not to be changed."""
    return Releases(Course(tmp_path_factory.mktemp("release")))
