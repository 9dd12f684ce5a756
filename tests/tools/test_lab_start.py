"""JupyterLab really started, as the launcher starts it, for a user with a hostile configuration."""

import json
import os
from pathlib import Path

import pytest

from tests.support.servers import started
from tools import isolation, launcher

ROOT = Path(__file__).resolve().parents[2]
NEWS = "@jupyterlab/apputils-extension:announcements"
pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    """The variables of a user whose own Jupyter would not start here; and their theme."""
    home = tmp_path_factory.mktemp("home")
    config = home / ".jupyter"
    settings = config / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab Dark"}')
    (config / "jupyter_server_config.py").write_text(
        "c.ServerApp.preferred_dir = '/dev/null/such/folder'\nc.ServerApp.root_dir = '/tmp'\n"
        "c.ServerApp.port = 1\nc.MappingKernelManager.default_kernel_name = 'other'\n"
    )
    (config / "jupyter_config.json").write_text('{"ServerApp": {"base_url": "/elsewhere/"}}')
    (config / "labconfig").mkdir()
    (config / "labconfig" / "page_config.json").write_text(
        '{"disabledExtensions": {"@jupyterlab/notebook-extension": true}}'
    )
    for folder in (home / "share", home / "data"):
        kernel = folder / "kernels" / "python3"
        kernel.mkdir(parents=True)
        (kernel / "kernel.json").write_text(
            '{"argv": ["/dev/null/such/python"], "display_name": "Other", "language": "python"}'
        )
    others = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    return {
        **others,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "JUPYTER_PATH": str(home / "share"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_DIR": str(home / "no application"),
        "BROWSER": "true",  # the program that succeeds and shows nothing
    }


def test_students_get_their_own_settings_and_no_news_and_no_grading(user, tmp_path):
    variables = isolation.for_command(user, tmp_path, "lab")
    module = launcher.lab_module([], False, ["--no-browser", "--port=0", "--allow-root"])
    with started(module, variables, tmp_path) as server:
        assert Path(server.root).samefile(ROOT)
        page = server.page()
        disabled = page["disabledExtensions"]
        assert NEWS in disabled and "@jupyter/nbgrader" in disabled
        assert page["news"] == {"disabled": True}
        assert "@jupyterlab/notebook-extension" not in disabled
        assert {"@jupyter-widgets/jupyterlab-manager"} <= {
            extension["name"] for extension in page["federated_extensions"]
        }
        assert server.get("formgrader")[0] == 404
        theme = json.loads(server.get("lab/api/settings/@jupyterlab/apputils-extension:themes")[1])
        assert theme["settings"] == {"theme": "JupyterLab Dark"}
        kernels = json.loads(server.get("api/kernelspecs")[1])
        assert kernels["default"] == "python3"
        python = kernels["kernelspecs"]["python3"]["spec"]["argv"][0]
        assert python != "/dev/null/such/python"
        assert json.loads(server.get("lab/api/update")[1] or "{}").get("notification") is None


def test_instructors_get_formgrader(user, tmp_path):
    variables = isolation.for_command(user, tmp_path, "labs")
    home = tmp_path / "class"
    home.mkdir()
    settings = Path(variables["JUPYTER_CONFIG_DIR"])
    (settings / "jupyter_server_config.py").write_text("c.ServerApp.allow_root = True\n")
    with started(["tools.labs", "formgrader", "--home", str(home)], variables, tmp_path) as server:
        disabled = server.page()["disabledExtensions"]
        assert NEWS in disabled and "@jupyter/nbgrader" not in disabled
        status, text = server.get("formgrader/manage_assignments")
        assert status == 200 and "nbgrader" in text
