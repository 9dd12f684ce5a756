"""Teaches nbgrader that the folders where a course and its class lie are no patterns.

It takes their paths for regular expressions and for the patterns of `glob`, so that it finds
nothing in `course (1)`, `course+notes` or `home [x]` (https://github.com/jupyter/nbgrader, issue
1738), and it offers no other place to say it.
"""

from __future__ import annotations

import glob
import os
import re
from types import SimpleNamespace

import nbgrader.utils
from nbgrader.apps import api
from nbgrader.converters import base
from nbgrader.coursedir import CourseDirectory

original_format_path = CourseDirectory.format_path


def found(pattern: str, **options) -> list[str]:
    """Return the paths that fit a pattern, in which the folders that exist mean themselves."""
    known, rest = pattern, []
    while not os.path.lexists(known) and os.path.dirname(known) != known:
        known, name = os.path.split(known)
        rest.insert(0, name)
    return glob.glob(os.path.join(glob.escape(known), *rest), **options)


def format_path(
    self: CourseDirectory,
    nbgrader_step: str,
    student_id: str,
    assignment_id: str,
    escape: bool = False,
) -> str:
    """Do as `CourseDirectory.format_path` does, but let the name of the step mean itself in the
    pattern that comes with `escape`: it can be the whole path of a folder."""
    step = re.escape(nbgrader_step) if escape else nbgrader_step
    return original_format_path(self, step, student_id, assignment_id, escape)


def install() -> None:
    """Put both into nbgrader."""
    CourseDirectory.format_path = format_path
    for module in (base, api, nbgrader.utils):
        module.glob = SimpleNamespace(glob=found)
