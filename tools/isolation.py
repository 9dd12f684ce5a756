"""What of a user's configuration is kept away from what the course starts.

Environment variables and settings files that are right for somebody's other work can change numbers
here, or stop the course. Everything is started with cleaned variables and with settings of the
course's own, in build/settings/, for IPython, Jupyter and Matplotlib. Only JupyterLab's own
settings, such as theme and shortcuts, stay the user's: they change no number.

What a notebook reads by itself, such as keras.json, is set back by helpers.setup(), which also
works where somebody opens a notebook without the launcher.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from defaults import NUMERIC_VARIABLES, is_foreign

# These and no others of a group are passed on. PYTHONHOME and PYTHONPATH bring foreign packages,
# PYTHONOPTIMIZE drops all asserts, PYTHONWARNINGS=error stops imports, and so on.
PASSED_ON = {
    **NUMERIC_VARIABLES,
    "PYTHON": (
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONFAULTHANDLER",
        "PYTHONNOUSERSITE",
        "PYTHONUNBUFFERED",
    ),
    "MPL": (),
    "MATPLOTLIB": (),
    "PYTEST_": (),
    "IPYTHON": (),
    # A token that a hosted service has set, and where other kernels and running servers are noted.
    "JUPYTER_": ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_TOKEN"),
    "JUPYTERLAB_": ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"),
    "NBGRADER_": (),
    # IPython adds the packages of this environment to its own, whichever it is.
    "VIRTUAL_ENV": (),
    "__PYVENV_": (),
}

NO_NEWS = {"@jupyterlab/apputils-extension:announcements": True}
# Formgrader, its menu and its panels are for instructors: course.py labs formgrader.
NO_GRADING = {"@jupyter/nbgrader": True}
GRADING_SERVERS = ("formgrader", "validate_assignment", "assignment_list", "course_list")


def cleaned(variables: dict[str, str]) -> dict[str, str]:
    """Return the environment variables without those that change what Python and packages do."""
    kept = {name: value for name, value in variables.items() if not is_foreign(name, PASSED_ON)}
    return {**kept, "PYTHONUTF8": "1"}


def for_command(variables: dict[str, str], root: Path, command: str) -> dict[str, str]:
    """Return the environment variables with which a command of the course is started.

    Args:
        variables: those of this process.
        root: the course's folder; settings of the course's own are written to build/settings/.
        command: the command's name; "lab" is what students work in.
    """
    settings = root / "build" / "settings"
    own = cleaned(variables)
    own["IPYTHONDIR"] = str(settings / "ipython")
    own["MPLCONFIGDIR"] = str(settings / "matplotlib")
    # The kernel named python3 is this environment's, whatever kernels the user has installed.
    own["JUPYTER_PREFER_ENV_PATH"] = "1"
    own["JUPYTER_CONFIG_DIR"] = str(settings / "jupyter")
    lab = user_jupyter(variables) / "lab"
    own.setdefault("JUPYTERLAB_SETTINGS_DIR", str(lab / "user-settings"))
    own.setdefault("JUPYTERLAB_WORKSPACES_DIR", str(lab / "workspaces"))
    disabled = dict(NO_NEWS)
    if command == "lab":
        own["JUPYTER_CONFIG_DIR"] = str(settings / "jupyter-students")
        disabled.update(NO_GRADING)
        servers = {f"nbgrader.server_extensions.{name}": False for name in GRADING_SERVERS}
    else:
        servers = {}
    folder = Path(own["JUPYTER_CONFIG_DIR"])
    write_json(folder / "labconfig" / "page_config.json", {"disabledExtensions": disabled})
    server = {"ServerApp": {"jpserver_extensions": servers}}
    write_json(folder / "jupyter_server_config.json", server)
    return own


def user_jupyter(variables: dict[str, str]) -> Path:
    """Return the folder of the user's own Jupyter configuration."""
    home = variables.get("USERPROFILE" if os.name == "nt" else "HOME") or Path.home()
    return Path(variables.get("JUPYTER_CONFIG_DIR") or Path(home, ".jupyter"))


def write_json(path: Path, content: dict) -> None:
    """Write a file of settings unless it says so already; where nothing can be written, do not."""
    text = json.dumps(content, indent=1) + "\n"
    try:
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError:
        return  # a read-only course: JupyterLab starts all the same, with its news and panels
