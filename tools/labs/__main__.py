"""Labs: make student versions, check a notebook, grade a class.

python -m tools.labs release [LAB ...] [--home FOLDER]
python -m tools.labs check NOTEBOOK
python -m tools.labs grade LAB SUBMISSIONS [--jobs N] [--home FOLDER]
                         [--container docker|podman | --no-sandbox] [--again [STUDENT ...]]
                         [--for moodle|canvas --worksheet FILE [--column NAME]]
python -m tools.labs formgrader [--home FOLDER]
python -m tools.labs bench
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

NO_SANDBOX = (
    "Without a sandbox: the submissions' code runs with all your rights; "
    "it can read and delete your files and use the network."
)


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line says; wrong arguments end the program with status 2."""
    parser = argparse.ArgumentParser(prog="course.py labs")
    commands = parser.add_subparsers(dest="action", required=True)
    release = commands.add_parser("release")
    release.add_argument("labs", nargs="*")
    release.add_argument("--home", type=Path)
    commands.add_parser("check").add_argument("notebook", type=Path)
    grade = commands.add_parser("grade")
    grade.add_argument("lab")
    grade.add_argument("submissions", type=Path)
    grade.add_argument("--jobs", type=int, default=1)
    grade.add_argument("--home", type=Path)
    protection = grade.add_mutually_exclusive_group()
    protection.add_argument("--container", choices=["docker", "podman"], default="")
    protection.add_argument("--no-sandbox", action="store_true")
    grade.add_argument("--again", nargs="*", metavar="STUDENT")
    grade.add_argument("--for", dest="platform", choices=["moodle", "canvas"])
    grade.add_argument("--worksheet", type=Path, metavar="FILE")
    grade.add_argument("--column", default="", metavar="NAME")
    commands.add_parser("formgrader").add_argument("--home", type=Path)
    commands.add_parser("bench")
    options = parser.parse_args(arguments)
    if options.action == "grade" and options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    if options.action == "grade" and bool(options.platform) != bool(options.worksheet):
        parser.error("--for and --worksheet, the table that the platform exports, belong together")
    return options


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    options = read_arguments(arguments)
    for stream in (sys.stdout, sys.stderr):  # names have letters that some terminals lack
        stream.reconfigure(errors="backslashreplace")

    # These take seconds to import, so not before the arguments are known to be right.
    from tools.labs import grade as grading
    from tools.labs.collect import SubmissionsError
    from tools.labs.sandbox import SandboxError
    from tools.labs.sheets import PlatformError

    actions = {
        "release": release,
        "check": check,
        "grade": grade,
        "formgrader": formgrader,
        "bench": bench,
    }
    try:
        return actions[options.action](options)
    except (grading.LabError, SubmissionsError, SandboxError, PlatformError) as problem:
        print(problem, file=sys.stderr)
        return 1


def release(options: argparse.Namespace) -> int:
    """Make student versions of the labs that are named, or of all."""
    from tools.labs.course import LABS, Course, names

    course = Course(options.home or LABS)
    for lab in options.labs or names():
        print(f"{lab}: {os.path.relpath(course.release(lab))}")
    return 0


def check(options: argparse.Namespace) -> int:
    """Run a notebook and say which of its tasks pass."""
    from tools.labs.check import check as count_failures

    return 1 if count_failures(options.notebook) else 0


def grade(options: argparse.Namespace) -> int:
    """Grade a class, and say where the results lie."""
    from tools.labs.course import LABS
    from tools.labs.grade import UnfinishedError
    from tools.labs.grade import grade as grade_class
    from tools.labs.platforms import fill_in
    from tools.labs.sheets import read_sheet

    home = options.home or LABS
    if options.no_sandbox:
        print(NO_SANDBOX, file=sys.stderr)
    sheet = read_sheet(options.worksheet) if options.platform else None
    unfinished = None
    try:
        grades = grade_class(
            options.lab,
            options.submissions,
            options.jobs,
            home,
            not options.no_sandbox,
            lambda line: print(line, flush=True),
            options.container,
            options.again,
        )
    except UnfinishedError as problem:
        unfinished, grades = problem, problem.grades
    print(
        f"Grades: {os.path.relpath(grades)}; "
        f"the class: {os.path.relpath(grades.with_name('summary.html'))}; "
        f"feedback in {os.path.relpath(home / 'feedback')}"
    )
    if sheet:
        done = fill_in(options.platform, sheet, grades, home, options.column)
        print(f"For {options.platform}: {', '.join(os.path.relpath(path) for path in done.files)}")
        for sentence in done.sentences:
            print(sentence)
    if unfinished:
        raise unfinished
    return 0


def formgrader(options: argparse.Namespace) -> int:
    """Open nbgrader's pages in JupyterLab; return when the server has ended."""
    from tools.labs.course import LABS

    home = os.environ["COURSE_LABS_HOME"] = str((options.home or LABS).resolve())
    # nbgrader looks for its settings here, and wants the class inside the server's folder.
    os.chdir(LABS)
    server = [sys.executable, "-m", "jupyterlab"]
    server += [f"--ServerApp.root_dir={home}", "--LabApp.default_url=/formgrader"]
    if os.name != "nt":
        os.execv(sys.executable, server)  # so that what ends this process ends the server
    return subprocess.call(server)


def bench(options: argparse.Namespace) -> int:
    """Measure what two jobs gain, and that a kill loses nothing; fail if it is not as promised."""
    from tools.labs.bench import bench as measure

    return 0 if measure() else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print(
            "Stopped. What is graded stays so; the next call goes on from here.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(130)  # at once, and the sandboxes end with this process
