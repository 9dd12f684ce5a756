#!/usr/bin/env python3
"""The launcher of the course: sets its environment (.venv) up once, then starts what you ask for.

    python course.py lab [NOTEBOOK]     open JupyterLab
    python course.py run [NOTEBOOK]     execute notebooks, results in build/run/
    python course.py test               run every test
    python course.py data list          which data there are
    python course.py experiments        comparisons over seeds; see experiments/README.md
    python course.py labs release       student versions of the labs; see labs/README.md
    python course.py doctor             examine this computer

Every Python must be able to read this file, however old, to reach the sentence below: hence no
f-strings and no type hints here, and ASCII only. Everything else is in tools/launcher.py.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "This course runs on Python 3.11, 3.12 or 3.13 (64 bit); this is Python "
        + ".".join(str(number) for number in sys.version_info[:2])
        + ". Install one of them, for example from python.org, and call it by name: "
        "python3.12 course.py lab (on Windows: py -3.12 course.py lab)."
    )

import os


def import_from_here_only():
    """Put the course's folder first on sys.path, and take off what PYTHONPATH put there.

    Python itself leaves the folder out where it is told to be safe (-I, PYTHONSAFEPATH). What
    PYTHONPATH adds belongs to other programs: an old backport there can hide a standard module.
    """
    foreign = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    foreign = [os.path.abspath(folder) for folder in foreign if folder]
    own = [folder for folder in sys.path if os.path.abspath(folder) not in foreign]
    sys.path[:] = [os.path.dirname(os.path.realpath(__file__))] + own


if __name__ == "__main__":
    import_from_here_only()
    from tools import launcher

    launcher.main(sys.argv[1:])
