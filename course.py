#!/usr/bin/env python3
"""The launcher of the course: it makes an environment of its own (.venv) once, then starts in it what you ask for.

    python course.py lab [NOTEBOOK]     open JupyterLab
    python course.py run [NOTEBOOK]     execute notebooks, results in build/run/
    python course.py test               run every test
    python course.py data list          which data there are
    python course.py labs release       student versions of the labs; see labs/README.md

It needs nothing but Python's standard library. An old Python must be able to read this file as far as the sentence below,
hence no f-strings and no type hints here, and ASCII only.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "This course runs on Python 3.11, 3.12 or 3.13 (64 bit); this is Python %d.%d. Install one of them, for example from python.org, "
        "and call it by name: python3.12 course.py lab (on Windows: py -3.12 course.py lab)."
        % tuple(sys.version_info[:2])
    )

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = "course-setup.txt"  # stands in the environment's folder and says what was installed there
KEPT = "not made by the course, never cleared"


def say(sentence):
    """Print one sentence on stderr; stdout belongs to the command that is started."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def stop(sentence, status=1):
    """Print one sentence and end with this exit status: 2 for a wrong argument, 1 for everything else."""
    say(sentence)
    sys.exit(status)


# --- The environment ------------------------------------------------------------------------------------------------


def set_up(here):
    """Return the environment's Python, after installing what requirements.txt says, if that is not yet done.

    `here` is true for the environment of the running Python, false for .venv, which is made if need be.
    """
    here = (
        here or Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()
    )  # nobody clears the environment in which this runs
    prefix = Path(sys.prefix) if here else ROOT / ".venv"
    python = (
        Path(sys.executable)
        if here
        else prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    )
    wanted = "Python %d.%d, requirements.txt %s" % (
        sys.version_info[:2] + (hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(),)
    )
    if not (read(prefix / STAMP).startswith(wanted) and works(prefix, python)):
        with only_one_set_up():
            install(prefix, python, wanted, here)
    return python


def read(path):
    """Return the text of a file, or nothing if there is no such file."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def works(prefix, python):
    """Say whether the environment's Python is there, and the Python that made it too."""
    home = re.search(r"(?m)^home *= *(.+)$", read(prefix / "pyvenv.cfg"))
    return python.exists() and (home is None or Path(home.group(1).strip()).exists())


def install(prefix, python, wanted, here):
    """Make the environment or mend it, and install the pinned packages. Until all is done its stamp says `unfinished`."""
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        stop(
            "TensorFlow has no packages for Intel Macs, so the course cannot be set up here. (On an Apple-silicon Mac: use a Python built for arm64.)"
        )
    stamp, config = prefix / STAMP, read(prefix / "pyvenv.cfg")
    found, version = read(stamp), re.search(r"(?m)^version\w* *= *(\d+\.\d+)", config)
    kept = KEPT in found or (not found and bool(here or config))
    if not here and version and version.group(1) != "%d.%d" % sys.version_info[:2]:
        why = ".venv was made by Python %s, and this is Python %d.%d." % (
            (version.group(1),) + sys.version_info[:2]
        )
    elif not here and config and not works(prefix, python):
        why = "The Python that made .venv is not there any more."
    else:
        why = "The last set-up was interrupted." if found.startswith("unfinished") else ""
    if why and kept and not why.startswith("The last"):
        stop(
            why
            + " It is not the course's own, so it is left alone: rename the folder, or use --here in an environment of your choice."
        )
    if why:
        say(why + " Starting again.")
    for path in prefix.iterdir() if why and not (kept or here) else []:
        if path != stamp:  # it goes on saying "unfinished", should this be interrupted too
            shutil.rmtree(str(path)) if path.is_dir() and not path.is_symlink() else path.unlink()
    prefix.mkdir(exist_ok=True)
    stamp.write_text("unfinished\n" + KEPT * kept, encoding="utf-8")
    count = len(re.findall(r"(?m)^[\w.-]+==", read(REQUIREMENTS)))
    say(
        "Setting up %s: about %d packages, 1-5 minutes the first time."
        % ("this environment" if here else ".venv", count)
    )
    if (
        not here
        and (why or not found)
        and subprocess.call([sys.executable, "-m", "venv", str(prefix)])
    ):
        stop(
            "Python could not make the environment .venv, see above. (Debian and Ubuntu: install python3-venv. Elsewhere: use --here.)"
        )
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        str(REQUIREMENTS),
    ]
    if subprocess.call(command + ([] if here else ["--no-compile"]), cwd=str(ROOT)):
        stop(
            "pip could not install requirements.txt, see above. Most often there is no network, or no package for this computer (there are some "
            "for 64-bit Linux, Windows on x86-64 and Apple-silicon Macs). The next call tries again."
        )
    if not here:  # pip compiles on one core only. The exit status says nothing: some packages hold files that are not meant for this Python.
        packages = sysconfig.get_path("purelib", "venv", {"base": str(prefix)})
        subprocess.call([str(python), "-m", "compileall", "-qq", "-j", "0", packages])
    stamp.write_text(wanted + "\n" + KEPT * kept, encoding="utf-8")


def only_one_set_up():
    """Return a lock file, open; closing it ends the lock, as does the end of this process, however it comes."""
    (ROOT / "build").mkdir(exist_ok=True)
    lock = open(str(ROOT / "build" / "setup.lock"), "a")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        stop("Another set-up of this course is running; call again when it has ended.")
    return lock


def start(python, arguments):
    """Start the environment's Python at the root of the course; its exit status becomes ours."""
    environment = dict(
        os.environ,
        PATH=str(python.parent) + os.pathsep + os.environ.get("PATH", ""),
        PYTHONUTF8="1",
    )
    os.chdir(str(ROOT))
    if (
        os.name != "nt"
    ):  # this process becomes the other one, so Ctrl-C and the exit status need no care
        os.execve(str(python), [str(python)] + arguments, environment)
    child = subprocess.Popen([str(python)] + arguments, env=environment)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:  # the child got it as well, and ends by itself
            pass


# --- The commands ---------------------------------------------------------------------------------------------------


def read_arguments(arguments):
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
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab",
        description="Open JupyterLab. Other options, written --like=this, go to it.",
        **form,
    )
    lab.add_argument("paths", metavar="NOTEBOOK", nargs="*", help="open this notebook at once")
    run = commands.add_parser(
        "run",
        help="execute notebooks",
        description="Execute notebooks; afterwards see build/run/index.html.",
        **form,
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
    test = commands.add_parser(
        "test",
        help="run the tests",
        description="Run every test, as CI does. Other arguments go to pytest.",
        **form,
    )
    kinds = test.add_mutually_exclusive_group()
    kinds.add_argument("--fast", action="store_true", help="leave out the execution of notebooks")
    kinds.add_argument(
        "--real",
        action="store_true",
        help="only execute notebooks, on real files, where these are present",
    )
    kinds.add_argument(
        "--twice", action="store_true", help="only execute notebooks, twice each, and compare"
    )
    data = commands.add_parser(
        "data",
        help="list, check or fetch data",
        description="List the data sets, check every file, or fetch originals.",
        **form,
    )
    data.add_argument("action", choices=["list", "check", "fetch"])
    data.add_argument(
        "names", metavar="NAME", nargs="*", help="check only these data sets; fetch these"
    )
    labs = commands.add_parser(
        "labs",
        help="release, check or grade labs",
        description="Make student versions; check one; grade a class.",
        **form,
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
    found, others = parser.parse_known_args(arguments)
    if others and (
        found.command in ("run", "data", "labs")
        or (found.command == "lab" and not all(o.startswith("-") for o in others))
    ):
        commands.choices[found.command].error("unrecognized arguments: " + " ".join(others))
    return found, others


def absolute(path):
    """Make a path absolute; if nothing is there, say so and end."""
    if not os.path.exists(path):
        stop("There is no file or folder %s." % path, 2)
    return os.path.abspath(path)


def test_arguments(found, others):
    """Return what follows `python -m`: pytest with its arguments, or for --twice the program that executes everything twice."""
    for i, other in enumerate(others):
        path, colons, name = other.partition("::")
        value_of_option = i > 0 and others[i - 1].startswith("-") and "=" not in others[i - 1]
        if not other.startswith("-") and (
            path.endswith((".py", ".ipynb")) or not value_of_option and os.path.exists(path)
        ):
            others[i] = absolute(path) + colons + name
    parts = sorted(path.name for path in ROOT.glob("Part*") if path.is_dir())
    if found.twice:
        return ["tools.twice"] + others
    if found.fast:
        options, where = ["-m", "not executes"], ["tests"]
    elif found.real:
        options, where = ["--real", "--nbval-lax", "--nbval-cell-timeout=600"], parts
    else:
        strict = sys.platform == "linux" and os.environ.get("COURSE_LAX") != "1"
        options, where = (
            ["--nbval" if strict else "--nbval-lax", "--nbval-cell-timeout=300"],
            ["tests"] + parts,
        )
    return (
        ["pytest"]
        + options
        + others
        + ([] if any(os.path.isabs(other) for other in others) else where)
    )


def labs_arguments(found, wrong):
    """Return what follows `python -m` for labs; paths are made absolute. `wrong` is called with a sentence if the arguments do not fit."""
    count = {"release": None, "check": 1, "grade": 2, "formgrader": 0, "bench": 0}[found.action]
    if count is not None and len(found.names) != count:
        wrong(
            "labs %s takes %s"
            % (
                found.action,
                {
                    0: "no name",
                    1: "one NOTEBOOK",
                    2: "a LAB and its SUBMISSIONS (a folder or a zip)",
                }[count],
            )
        )
    if found.jobs < 1:
        wrong("--jobs must be 1 or more")
    paths = found.names[count - 1 :] if count else []
    arguments = found.names[: len(found.names) - len(paths)] + [absolute(path) for path in paths]
    if found.action == "grade":
        arguments += ["--jobs", str(found.jobs)] + ["--no-sandbox"] * found.no_sandbox
    if found.action in ("release", "grade", "formgrader") and found.home:
        arguments += ["--home", os.path.abspath(found.home)]
    return ["tools.labs", found.action] + arguments


def main(arguments):
    """Do what the command line says."""
    found, others = read_arguments(arguments)
    paths = [absolute(path) for path in getattr(found, "paths", [])]
    if found.command == "lab":
        if len(paths) > 1 or any(ROOT not in Path(path).resolve().parents for path in paths):
            stop(
                "lab opens one notebook that lies in the course folder (for example in work/), not %s."
                % ", ".join(paths),
                2,
            )
        module = ["jupyterlab", "--ServerApp.root_dir=" + str(ROOT)] + others + paths
    elif found.command == "run":
        module = (
            ["tools.run"] + ["--update"] * found.update + ["--timeout", str(found.timeout)] + paths
        )
    elif found.command == "labs":
        module = labs_arguments(found, lambda sentence: stop("course.py labs: " + sentence, 2))
    else:
        module = (
            test_arguments(found, others)
            if found.command == "test"
            else ["tools.data", found.action] + found.names
        )
    start(set_up(getattr(found, "here", False)), ["-m"] + module)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("Stopped. If this was during the set-up, the next call mends it.", 130)
    except OSError as error:
        stop("The course could not be started: %s" % error)
