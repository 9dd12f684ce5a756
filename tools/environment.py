"""The environment in which everything runs: made once, mended when it is damaged or out of date.

It is .venv in the course's folder, or with --here that of the running Python. A stamp in its folder
says what was installed there. Nothing but the standard library is imported here.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

from tools import installers, isolation
from tools.console import say, stop

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
STAMP = "course-setup.txt"
# Written into the stamp of an environment that the user made.
FOREIGN = "not made by the course, never cleared"


def venv_python() -> Path:
    """Return where the Python of .venv is, or would be."""
    return ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def set_up(here: bool) -> Path:
    """Install what requirements.txt says, unless that is done already.

    Args:
        here: use the environment of the running Python, not .venv, which is made if need be.

    Returns:
        the environment's Python.
    """
    # Nobody clears the environment in which this very process runs.
    here = here or Path(sys.prefix).resolve() == (ROOT / ".venv").resolve()
    prefix = Path(sys.prefix) if here else ROOT / ".venv"
    python = Path(sys.executable) if here else venv_python()
    wanted = wanted_stamp()
    if not (read(prefix / STAMP).startswith(wanted) and works(prefix, python)):
        with only_one_set_up():
            install(prefix, python, wanted, here)
    return python


def wanted_stamp() -> str:
    """Return what the stamp says where everything is installed as it should be."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return f"Python {running_version()}, requirements.txt {pins}"


def running_version() -> str:
    """Return the running Python's version, such as 3.12."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def read(path: Path) -> str:
    """Return the text of a file, or nothing if there is no such file."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def works(prefix: Path, python: Path) -> bool:
    """Say whether the environment's Python is there, and the Python that made it too."""
    home = re.search(r"(?m)^home *= *(.+)$", read(prefix / "pyvenv.cfg"))
    return python.exists() and (home is None or Path(home.group(1).strip()).exists())


def install(prefix: Path, python: Path, wanted: str, here: bool) -> None:
    """Make the environment or mend it, and install the pinned packages.

    Until all is done, its stamp says `unfinished`.

    Args:
        prefix: the environment's folder.
        python: its Python.
        wanted: what the stamp will say in the end.
        here: whether it is the running Python's environment, which is never cleared.
    """
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        stop(
            "TensorFlow has no packages for Intel Macs, so the course cannot be set up here. "
            "(On an Apple-silicon Mac: use a Python built for arm64.)"
        )
    stamp = prefix / STAMP
    found, config = read(stamp), read(prefix / "pyvenv.cfg")
    foreign = FOREIGN in found or (not found and bool(here or config))
    interrupted = found.startswith("unfinished")
    unusable = "" if here else why_unusable(prefix, python, config)
    if unusable and foreign:
        stop(
            f"{unusable} It is not the course's own, so it is left alone: rename the folder, "
            "or use --here in an environment of your choice."
        )
    if unusable or interrupted:
        say(f"{unusable or 'The last set-up was interrupted.'} Starting again.")
        if not (foreign or here):
            clear(prefix)
    prefix.mkdir(exist_ok=True)
    note = FOREIGN if foreign else ""
    stamp.write_text(f"unfinished\n{note}", encoding="utf-8")
    count = len(re.findall(r"(?m)^[\w.-]+==", read(REQUIREMENTS)))
    place = "this environment" if here else ".venv"
    say(f"Setting up {place}: about {count} packages, 1-5 minutes the first time.")
    if not here and (unusable or interrupted or not found):
        make(prefix)

    def start_again() -> bool:
        if foreign or here:
            return False
        clear(prefix)
        make(prefix)
        return True

    installers.install(python, prefix, REQUIREMENTS, here, start_again)
    if "matplotlib==" in read(REQUIREMENTS):
        list_fonts(python)
    stamp.write_text(f"{wanted}\n{note}", encoding="utf-8")


def why_unusable(prefix: Path, python: Path, config: str) -> str:
    """Say in one sentence why .venv cannot be used as it is; return nothing if it can.

    Args:
        prefix: the folder .venv.
        python: its Python.
        config: the text of its pyvenv.cfg; empty if there is none yet.
    """
    version = re.search(r"(?m)^version\w* *= *(\d+\.\d+)", config)
    if version and version.group(1) != running_version():
        return (
            f".venv was made by Python {version.group(1)}, and this is Python {running_version()}."
        )
    if config and not works(prefix, python):
        return "The Python that made .venv is not there any more."
    return ""


def clear(prefix: Path) -> None:
    """Remove everything in .venv but its stamp, which must go on saying `unfinished`."""
    for path in prefix.iterdir():
        if path.name == STAMP:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def make(prefix: Path) -> None:
    """Make an empty environment of the running Python."""
    command = [sys.executable, "-m", "venv", str(prefix)]
    if subprocess.call(command, env=isolation.cleaned(dict(os.environ))):
        stop(
            "Python could not make the environment .venv, see above. "
            "(Debian and Ubuntu: install python3-venv. Elsewhere: use --here.)"
        )


def list_fonts(python: Path) -> None:
    """Let Matplotlib make its list of fonts now.

    Where that takes long, it says so on stderr, which is no output for the first notebook to have.
    """
    variables = isolation.for_command(dict(os.environ), ROOT, "run")
    command = [str(python), "-c", "import matplotlib.font_manager"]
    subprocess.run(command, env=variables, capture_output=True, check=False)


def only_one_set_up() -> IO[str]:
    """Return a lock file, open.

    Closing it ends the lock, as does the end of this process, however it comes.
    """
    (ROOT / "build").mkdir(exist_ok=True)
    lock = open(ROOT / "build" / "setup.lock", "a")
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
