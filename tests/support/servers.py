"""A Jupyter server, really started, as course.py starts it."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.notebooks import ROOT


class Server:
    """A running Jupyter server: what its runtime file says of it."""

    def __init__(self, about):
        self.url, self.token = about["url"], about["token"]
        self.root, self.process = about["root_dir"], about["pid"]

    def get(self, path):
        """Return the status and the text of a page."""
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"token {self.token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            return error.code, ""

    def page(self):
        """Return the configuration with which JupyterLab's page starts."""
        status, text = self.get("lab")
        assert status == 200
        return json.loads(re.search(r'(?s)id="jupyter-config-data"[^>]*>(.*?)</script>', text)[1])


@contextmanager
def started(module, variables, tmp_path):
    """Start `python -m ...`; yield the server it becomes, and end it afterwards."""
    runtime = Path(variables["JUPYTER_RUNTIME_DIR"])
    log = tmp_path / "log.txt"
    before = set(runtime.glob("jpserver-*.json"))
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=variables, stdout=output, stderr=output
        )
    try:
        for _ in range(600):
            # A file that is there can still be empty.
            found = [p for p in set(runtime.glob("jpserver-*.json")) - before if p.stat().st_size]
            if found or process.poll() is not None:
                break
            time.sleep(0.2)
        assert process.poll() is None and found, log.read_text()
        server = Server(json.loads(found[0].read_text()))
        for _ in range(100):
            try:
                server.get("api")
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)
    if os.name != "nt":
        with pytest.raises(OSError):  # the server itself has ended, not only what started it
            server.get("api")
