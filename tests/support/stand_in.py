"""A small stand-in for the course's folder: the launcher itself, and next to nothing to start."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tools import environment

ROOT = Path(__file__).resolve().parents[2]
# What runs before anything is installed.
LAUNCHER = (
    "course.py",
    "defaults.py",
    "tools/__init__.py",
    "tools/console.py",
    "tools/doctor.py",
    "tools/environment.py",
    "tools/installers.py",
    "tools/isolation.py",
    "tools/launcher.py",
    "tools/work.py",
)

# Stands in for tools/run.py and tools/data.py: says what it was called with.
ECHO = """
import json, os, sys, time
print(json.dumps({"python": sys.executable, "prefix": sys.prefix, "cwd": os.getcwd(),
                  "arguments": sys.argv[1:], "path": sys.path, "flags": str(sys.flags),
                  "variables": dict(os.environ)}), flush=True)
time.sleep(float(os.environ.get("ECHO_SLEEP", 0)))
try:
    import tiny
    print(tiny.version)
except ImportError:
    pass
sys.exit(int(os.environ.get("ECHO_STATUS", 0)))
"""

# Stands in for Python's own venv, which takes seconds to install pip: makes an environment by
# copying one that was made so.
COPY = """
import shutil
import sys
from pathlib import Path

made, here = Path({made!r}), Path(sys.argv[1])

def left_out(folder, names):
    place = here / Path(folder).relative_to(made)
    return {{name for name in names
            if name == {stamp!r} or name.startswith("tiny") or (place / name).is_symlink()}}

shutil.copytree(made, here, symlinks=True, ignore=left_out, dirs_exist_ok=True)
"""


def python_of(folder):
    return folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def stamp_of(folder):
    return (folder / ".venv" / environment.STAMP).read_text(encoding="utf-8")


def copy_environments(folder, made):
    """Let calls in a course folder make new environments quickly.

    Args:
        folder: the course folder.
        made: the folder of another one, whose environment is set up.
    """
    text = COPY.format(made=str(made / ".venv"), stamp=environment.STAMP)
    (folder / "venv.py").write_text(text, encoding="utf-8")  # found before Python's own


def only_our_wheels(folder):
    """Return the variables with which pip finds the stand-ins' wheels and nothing else."""
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (folder.parent / "wheels").as_uri()}


def call(folder, *arguments, python=sys.executable, cwd=None, **variables):
    """Call the folder's course.py; return its exit status, stdout and stderr.

    No call may end in a traceback.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    variables = {**inherited, **only_our_wheels(folder), **variables}
    command = [str(python), str(folder / "course.py"), *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=cwd or folder,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def report(out):
    """Return what the stand-in said it was called with."""
    return json.loads(out.splitlines()[0])


def wheel(folder, version, name="tiny", files=None):
    """Write a package, so that there is something to install without a network.

    Args:
        folder: where the wheel goes.
        version: its version.
        name: its name.
        files: the text of each of its modules; by default one that says its version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        **(files or {f"{name}.py": f"version = {version!r}\n"}),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)


def make(parent, requirements="tiny==1.0\n"):
    """Make a course folder that holds nothing but the launcher and stand-ins.

    Its name has a blank and a letter beyond ASCII.
    """
    wheel(parent / "wheels", "1.0")
    wheel(parent / "wheels", "1.1")
    folder = parent / "a coursé"
    (folder / "tools").mkdir(parents=True)
    (folder / "Part1_ANN").mkdir()
    (folder / "Part1_ANN" / "a book.ipynb").write_text("{}", encoding="utf-8")
    for name in LAUNCHER:
        shutil.copy(ROOT / name, folder / name)
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    for name in ("run", "data"):
        (folder / "tools" / f"{name}.py").write_text(ECHO, encoding="utf-8")
    return folder
