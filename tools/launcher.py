"""What course.py does: read the command line, set the environment up, start the command in it.

Nothing but the standard library is imported here: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tools import doctor, isolation, work
from tools.console import stop
from tools.environment import ROOT, set_up

# --- The tests ------------------------------------------------------------------------------------
# What each kind of `course.py test` passes to pytest before the user's own arguments, and where the
# tests are that run if the user names no path ("Part*" stands for all folders with notebooks).
# The tests of a file share what they set up. Files run in the order that tests/conftest.py gives.
TWO_CORES = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
PYTEST_OPTIONS = {
    "all": ["--nbval", "--nbval-cell-timeout=300"],
    # Elsewhere than on Linux numbers may differ in their last digits: the notebooks' asserts count.
    "all, lax": ["--nbval-lax", "--nbval-cell-timeout=300"],
    "unit": TWO_CORES,
    "labs": TWO_CORES,
    "fast": [*TWO_CORES, "-m", "not executes and not kernel and not sandbox and not setup"],
    "real": ["--real", "--nbval-lax", "--nbval-cell-timeout=600"],
}
UNIT_TESTS = ["datasets", "experiments", "figures", "notebooks", "tools"]
PYTEST_PATHS = {
    "all": ["tests", "Part*"],
    "all, lax": ["tests", "Part*"],
    "unit": [f"tests/{name}" for name in UNIT_TESTS],
    "labs": ["tests/labs"],
    "fast": ["tests"],
    "real": ["Part*"],
}
# Kinds of `course.py test` that are programs of their own.
TEST_MODULES = {"twice": "tools.twice", "disturbed": "tools.disturbed"}


# What JupyterLab is told, whatever a computer's administrator has told it: the command line counts
# most. Its news and updates are also switched off in its page, see isolation.py.
LAB_OPTIONS = [
    f"--ServerApp.root_dir={ROOT}",
    f"--ServerApp.preferred_dir={ROOT}",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
]

# --- The command line -----------------------------------------------------------------------------


def read_arguments(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the parsed arguments, and those that are meant for JupyterLab or pytest."""
    here = argparse.ArgumentParser(add_help=False)
    here.add_argument(
        "--here",
        action="store_true",
        default=argparse.SUPPRESS,
        help="use the running Python's environment, not .venv (conda, Colab)",
    )
    form = {"parents": [here], "allow_abbrev": False}
    parser = argparse.ArgumentParser(
        prog="course.py",
        description="Sets the course up once, then starts what you ask for.",
        **form,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, summary: str, description: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=summary, description=description, **form)

    lab = command(
        "lab",
        "open JupyterLab",
        "Open JupyterLab. Other options, written --like=this, go to it.",
    )
    lab.add_argument(
        "paths",
        metavar="NOTEBOOK",
        nargs="*",
        help="open your copy of this notebook, in work/; it is made if there is none",
    )
    lab.add_argument(
        "--original", action="store_true", help="authors: open the notebook itself, not a copy"
    )

    run = command(
        "run",
        "execute notebooks",
        "Execute notebooks; afterwards see build/run/index.html.",
    )
    run.add_argument(
        "paths", metavar="NOTEBOOK|FOLDER", nargs="*", help="default: every notebook of the course"
    )
    run.add_argument(
        "--update",
        action="store_true",
        help="authors: write outputs and measured_s into the notebooks",
    )
    run.add_argument(
        "--timeout",
        type=int,
        default=600,
        metavar="S",
        help="seconds that one cell may take (default: 600)",
    )

    test = command(
        "test",
        "run the tests",
        "Run every test, as CI does. Other arguments go to pytest.",
    )
    kinds = test.add_mutually_exclusive_group()
    for kind, summary in {
        "unit": "only the tests of the code, without those of the labs, and no notebook",
        "labs": "only the tests of the labs and of their grading",
        "fast": "only those that start no kernel and no sandbox, and set nothing up",
        "real": "only execute notebooks, on real files, where these are present",
        "twice": "only execute notebooks, twice each, and compare",
        "disturbed": "only execute notebooks, as a processor would that rounds otherwise",
    }.items():
        kinds.add_argument(
            f"--{kind}", dest="kind", action="store_const", const=kind, default="all", help=summary
        )
    test.add_argument(
        "--store",
        action="store_true",
        help="with --real: keep what notebooks measure, for docs/results-real.md",
    )

    lint = command(
        "lint",
        "check the form of notebooks",
        "Authors: check notebooks against the course's rules, without executing them.",
    )
    lint.add_argument(
        "paths", metavar="NOTEBOOK|FOLDER", nargs="*", help="default: every notebook of the course"
    )

    lint.add_argument("--rules", action="store_true", help="print a table of all rules")

    data = command(
        "data",
        "list, check or fetch data",
        "List the data sets, check every file, or fetch originals.",
    )
    data.add_argument("action", choices=["list", "check", "fetch"])
    data.add_argument(
        "names", metavar="NAME", nargs="*", help="check only these data sets; fetch these"
    )

    experiments = command(
        "experiments",
        "make or check the stored runs of experiments",
        "Make the runs of experiments that are not stored yet; see experiments/README.md.",
    )
    experiments.add_argument("names", metavar="NAME", nargs="*", help="default: all experiments")
    experiments.add_argument(
        "--seeds", type=int, metavar="N", help="seeds 1 to N (default: what each declares)"
    )
    for option, summary in {
        "again": "make runs again that are stored already",
        "mine": "on your own data where there are any; kept in work/experiments/",
        "check": "repeat one run of each and compare, as CI does",
        "all": "with --check: repeat all runs",
    }.items():
        experiments.add_argument(f"--{option}", action="store_true", help=summary)

    labs = command(
        "labs",
        "release, check or grade labs",
        "Make student versions; check one; grade a class.",
    )
    labs.add_argument("action", choices=["release", "check", "grade", "formgrader", "bench"])
    labs.add_argument(
        "names",
        metavar="[LAB] [NOTEBOOK|SUBMISSIONS]",
        nargs="*",
        help="release LAB ...; check NOTEBOOK; grade LAB FOLDER|ZIP",
    )
    labs.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="grade N submissions at a time (default: 1)",
    )
    labs.add_argument(
        "--home",
        metavar="FOLDER",
        help="where releases, gradebook, grades and feedback lie (default: labs/)",
    )
    labs.add_argument(
        "--no-sandbox", action="store_true", help="run submissions with all your rights"
    )
    labs.add_argument(
        "--container", choices=["docker", "podman"], help="run each submission in a container"
    )
    labs.add_argument(
        "--again", nargs="*", metavar="STUDENT", help="grade these anew, all if none is named"
    )
    labs.add_argument(
        "--for", dest="platform", choices=["moodle", "canvas"], help="fill in its table, too"
    )
    labs.add_argument("--worksheet", metavar="FILE", help="the table that the platform exports")
    labs.add_argument("--column", metavar="NAME", help="the column of that table to fill in")

    command(
        "doctor",
        "examine this computer",
        "Say what the course finds on this computer, and what to do where that is not enough.",
    )

    found, others = parser.parse_known_args(arguments)
    if found.command == "lab":
        unknown = not all(other.startswith("-") for other in others)
    else:
        unknown = bool(others) and found.command != "test"
    if unknown:
        commands.choices[found.command].error("unrecognized arguments: " + " ".join(others))
    if found.command == "test" and found.store:
        if found.kind != "real":
            test.error("--store goes with --real: nothing else measures on real files")
        others.append("--store")
    return found, others


def absolute(path: str) -> str:
    """Make a path absolute; if nothing is there, say so and end."""
    if not os.path.exists(path):
        stop(f"There is no file or folder {path}.", 2)
    return os.path.abspath(path)


# --- What follows `python -m` ---------------------------------------------------------------------


def lab_module(paths: list[str], original: bool, others: list[str]) -> list[str]:
    """Return the call of JupyterLab, after making the user's copy of the notebook to be opened.

    Args:
        paths: at most one, absolute.
        original: open the notebook itself.
        others: options that go to JupyterLab.
    """
    if len(paths) > 1 or any(ROOT not in Path(path).resolve().parents for path in paths):
        stop(
            "lab opens one notebook that lies in the course folder (for example in work/), "
            f"not {', '.join(paths)}.",
            2,
        )
    if not original:
        paths = [str(work.to_open(Path(path).resolve(), ROOT)) for path in paths]
    return ["jupyterlab", *LAB_OPTIONS, *others, *paths]


def run_module(found: argparse.Namespace, paths: list[str]) -> list[str]:
    """Return the call that executes notebooks."""
    update = ["--update"] if found.update else []
    return ["tools.run", *update, "--timeout", str(found.timeout), *paths]


def test_module(kind: str, others: list[str]) -> list[str]:
    """Return the call of pytest, or of the program that is this kind of test.

    Args:
        kind: a key of PYTEST_OPTIONS or TEST_MODULES.
        others: the user's own arguments; paths among them are made absolute.
    """
    given = []
    for position, argument in enumerate(others):
        before = others[position - 1] if position else ""
        path, colons, name = argument.partition("::")
        is_value = before.startswith("-") and "=" not in before
        is_test_file = path.endswith((".py", ".ipynb"))
        if not argument.startswith("-") and (
            is_test_file or (not is_value and os.path.exists(path))
        ):
            argument = absolute(path) + colons + name
        given.append(argument)
    if kind in TEST_MODULES:
        return [TEST_MODULES[kind], *given]
    if kind == "all" and (sys.platform != "linux" or os.environ.get("COURSE_LAX") == "1"):
        kind = "all, lax"
    paths = []
    if not any(os.path.isabs(argument) for argument in given):
        for pattern in PYTEST_PATHS[kind]:
            found = sorted(folder for folder in ROOT.glob(pattern) if folder.is_dir())
            paths += [folder.relative_to(ROOT).as_posix() for folder in found]
    return ["pytest", *PYTEST_OPTIONS[kind], *given, *paths]


def experiments_module(found: argparse.Namespace) -> list[str]:
    """Return the call that makes or checks the runs of experiments."""
    chosen = [f"--{name}" for name in ("again", "mine", "check", "all") if getattr(found, name)]
    seeds = ["--seeds", str(found.seeds)] if found.seeds is not None else []
    return ["tools.experiments", *chosen, *seeds, *found.names]


def labs_module(found: argparse.Namespace, wrong: Callable[[str], NoReturn]) -> list[str]:
    """Return the call of the labs' program; paths are made absolute.

    Args:
        found: the parsed arguments.
        wrong: called with a sentence if they do not fit together.
    """
    expected = {
        "check": (1, "one NOTEBOOK"),
        "grade": (2, "a LAB and its SUBMISSIONS (a folder or a zip)"),
        "formgrader": (0, "no name"),
        "bench": (0, "no name"),
    }
    count, description = expected.get(found.action, (len(found.names), ""))
    if len(found.names) != count:
        wrong(f"labs {found.action} takes {description}")
    if found.jobs < 1:
        wrong("--jobs must be 1 or more")
    names = list(found.names)
    if found.action in ("check", "grade"):  # their last name is a path
        names[-1] = absolute(names[-1])
    if found.action == "grade":
        names += ["--jobs", str(found.jobs)]
        if found.no_sandbox:
            names.append("--no-sandbox")
        if found.again is not None:
            names += ["--again", *found.again]
        worksheet = found.worksheet and absolute(found.worksheet)
        given = {"container": found.container, "for": found.platform, "column": found.column}
        for option, value in {**given, "worksheet": worksheet}.items():
            names += [f"--{option}", value] if value else []
    if found.action in ("release", "grade", "formgrader") and found.home:
        names += ["--home", os.path.abspath(found.home)]
    return ["tools.labs", found.action, *names]


def module_of(found: argparse.Namespace, others: list[str]) -> list[str]:
    """Return what follows `python -m` for this command line."""
    paths = [absolute(path) for path in getattr(found, "paths", [])]
    match found.command:
        case "lab":
            return lab_module(paths, found.original, others)
        case "run":
            return run_module(found, paths)
        case "test":
            return test_module(found.kind, others)
        case "lint":
            return ["tools.lint", *(["--rules"] if found.rules else []), *paths]
        case "data":
            return ["tools.data", found.action, *found.names]
        case "experiments":
            return experiments_module(found)
        case _:
            return labs_module(found, lambda sentence: stop("course.py labs: " + sentence, 2))


# --- The start ------------------------------------------------------------------------------------


def start(python: Path, arguments: list[str], command: str) -> NoReturn:
    """Start the environment's Python at the root of the course; its exit status becomes ours.

    Args:
        python: the environment's Python.
        arguments: what it is called with.
        command: the name of the course's command.
    """
    environment = isolation.for_command(dict(os.environ), ROOT, command)
    environment["PATH"] = str(python.parent) + os.pathsep + os.environ.get("PATH", "")
    os.chdir(ROOT)
    call = [str(python), *arguments]
    if os.name != "nt":
        # This process becomes the other one, so Ctrl-C and the exit status need no care.
        os.execve(python, call, environment)
    child = subprocess.Popen(call, env=environment)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:  # the child got it as well, and ends by itself
            pass


def main(arguments: list[str]) -> NoReturn:
    """Do what the command line says."""
    try:
        found, others = read_arguments(arguments)
        if found.command == "doctor":
            sys.exit(doctor.main(getattr(found, "here", False)))
        module = module_of(found, others)
        start(set_up(getattr(found, "here", False)), ["-m", *module], found.command)
    except KeyboardInterrupt:
        stop("Stopped. If this was during the set-up, the next call mends it.", 130)
    except OSError as error:
        stop(f"The course could not be started: {error}")
