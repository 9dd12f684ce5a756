"""Labs: make student versions, check a notebook, grade a class.

python -m tools.labs release [LAB ...]
python -m tools.labs check NOTEBOOK
python -m tools.labs grade LAB SUBMISSIONS [--jobs N] [--home FOLDER] [--no-sandbox]
python -m tools.labs formgrader [--home FOLDER]
python -m tools.labs bench
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
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
    grade.add_argument("--no-sandbox", action="store_true")
    commands.add_parser("formgrader").add_argument("--home", type=Path)
    commands.add_parser("bench")
    found = parser.parse_args(arguments)

    from tools.labs import (
        grade as grading,
    )  # takes seconds to import, so not before the arguments are known to be right
    from tools.labs.collect import SubmissionsError
    from tools.labs.sandbox import SandboxError

    try:
        if found.action == "release":
            course = grading.Course(found.home or grading.LABS)
            for lab in found.labs or grading.names():
                print(f"{lab}: {os.path.relpath(course.release(lab))}")
        elif found.action == "check":
            from tools.labs.check import check

            return 1 if check(found.notebook) else 0
        elif found.action == "grade":
            if found.jobs < 1:
                parser.error("--jobs must be 1 or more")
            if found.no_sandbox:
                print(
                    "Without a sandbox: the submissions' code runs with all your rights; it can read and delete your files and use the network.",
                    file=sys.stderr,
                )
            path = grading.grade(
                found.lab,
                found.submissions,
                found.jobs,
                found.home or grading.LABS,
                not found.no_sandbox,
                lambda line: print(line, flush=True),
            )
            print(
                f"Grades: {os.path.relpath(path)}; the class: {os.path.relpath(path.with_name('summary.html'))}; feedback in {os.path.relpath((found.home or grading.LABS) / 'feedback')}"
            )
        elif found.action == "formgrader":
            home = os.environ["COURSE_LABS_HOME"] = str((found.home or grading.LABS).resolve())
            os.chdir(
                grading.LABS
            )  # nbgrader looks for its settings here, and wants the class inside the server's folder
            return subprocess.call(
                [
                    sys.executable,
                    "-m",
                    "jupyterlab",
                    f"--ServerApp.root_dir={home}",
                    "--LabApp.default_url=/formgrader",
                ]
            )
        else:
            from tools.labs.bench import bench

            bench()
    except (grading.LabError, SubmissionsError, SandboxError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


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
