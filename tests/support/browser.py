"""A real browser, headless, for tests that open pages: Chromium with its driver, as Debian and
Ubuntu package them. It reaches this computer only; all other names lead to a server that notes
what it is asked for."""

import contextlib
import functools
import http.server
import json
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from selenium.common.exceptions import (
    NoAlertPresentException,
    UnexpectedAlertPresentException,
    WebDriverException,
)

from tests.support.labs import go_on_or_end

PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "chromedriver": ("chromedriver",),
}
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1200,900"),
)
PATIENCE_S = 90  # a loaded machine is slow, and a page that never comes is a fault all the same
OWN = "service/update"  # where Chromium asks for news of itself, whatever the flags say
QUIET_S = 0.4  # for how long nothing happens before a page counts as settled

# --- Where there is one ---------------------------------------------------------------------------


def reason_for_no_browser():
    """Return why no browser can be had here; empty if one can."""
    missing = [name for name, names in PROGRAMS.items() if not any(map(shutil.which, names))]
    if missing:
        return f"{' and '.join(missing)} is missing (Debian: apt install chromium chromium-driver)"
    return ""


def require_browser(reason, platform=sys.platform, ci=None):
    """Let a test go on if there is a browser, as `go_on_or_end` does."""
    must = "the pages of the labs must be opened in a real browser"
    go_on_or_end(reason, must, "NO BROWSER HERE, pages are not opened", platform, ci)


# --- Servers --------------------------------------------------------------------------------------


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Stands in for all other computers: notes each request and answers with nothing."""

    def do_GET(self):
        path = self.path.strip("/")
        if not path.startswith(OWN):
            self.server.asked.append(path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *arguments):
        pass


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def serving(handler):
    """Serve with a handler on a free port of this computer; yield the server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def serving_files(folder):
    """Serve a folder on a free port; a context that yields the server."""
    return serving(functools.partial(Files, directory=str(folder)))


# --- The browser ----------------------------------------------------------------------------------


@dataclass
class Visit:
    """What a page did while it was open.

    Attributes:
        title: its title in the end.
        dialogs: the text of each dialog that it opened.
        fired: what scripts left in `window.fired`.
        requests: URLs that it asked another server for.
        addresses: every address that the browser went to.
    """

    title: str = ""
    dialogs: list[str] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)
    requests: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)


class Browser:
    """Chromium, driven.

    Attributes:
        driver: selenium's driver.
        elsewhere: the server that all names but this computer lead to.
    """

    def __init__(self, driver, elsewhere):
        self.driver = driver
        self.elsewhere = elsewhere

    def visit(self, url):
        """Open a page, wait until it has settled, and return what it did."""
        self.driver.get("about:blank")
        self.driver.get_log("performance")  # what came before does not count
        before = len(self.elsewhere.asked)
        visit = Visit()
        with contextlib.suppress(UnexpectedAlertPresentException):
            self.driver.get(url)
        self.settle(visit)
        visit.title = self.driver.title
        visit.fired = self.driver.execute_script("return window.fired || []")
        visit.requests = self.requests_beside(urlsplit(url)[:2])
        visit.requests |= {f"http://elsewhere/{path}" for path in self.elsewhere.asked[before:]}
        visit.addresses.add(self.driver.current_url)
        return visit

    def requests_beside(self, own):
        """Return the URLs that the page has asked for since the log was read last, without those
        that a policy has stopped.

        Args:
            own: scheme and host of the page itself, which do not count.
        """
        asked, stopped = {}, set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            about = message["params"]
            if message["method"] == "Network.requestWillBeSent":
                asked[about["requestId"]] = urlsplit(about["request"]["url"])
            elif message["method"] == "Network.loadingFailed" and about.get("blockedReason"):
                stopped.add(about["requestId"])
        return {
            url.geturl()
            for number, url in asked.items()
            if number not in stopped
            and url.scheme not in ("data", "blob", "about")
            and url[:2] != own
        }

    def settle(self, visit):
        """Close dialogs, and wait until the page is loaded and no more come."""
        end = time.monotonic() + PATIENCE_S
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            assert time.monotonic() < end, "the page does not settle"
            try:
                dialog = self.driver.switch_to.alert
                visit.dialogs.append(dialog.text)
                dialog.dismiss()
                quiet_since = time.monotonic()
            except NoAlertPresentException:
                try:
                    ready = self.driver.execute_script("return document.readyState")
                except UnexpectedAlertPresentException:
                    ready = ""
                if ready != "complete":
                    quiet_since = time.monotonic()
                time.sleep(0.05)

    def wait_for(self, code):
        """Wait until JavaScript returns something true, and return it."""
        end = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(WebDriverException):
                if found := self.driver.execute_script(code):
                    return found
            assert time.monotonic() < end, f"{code}: not within {PATIENCE_S} s"
            time.sleep(0.1)

    def acting_attributes(self, mark):
        """Return the attributes of the page's elements whose values hold a text, as
        (element, attribute, value)."""
        return self.driver.execute_script(
            "const found = [];"
            "for (const element of document.querySelectorAll('*'))"
            "  for (const {name, value} of element.attributes)"
            "    if (value.includes(arguments[0]))"
            "      found.push([element.tagName, name, value.slice(0, 200)]);"
            "return found",
            mark,
        )


@contextlib.contextmanager
def browsing(folder):
    """Start the browser; yield it, and end it.

    Args:
        folder: an empty folder for its files.
    """
    # Importing it starts a process, so not when tests are collected.
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    programs = {
        name: next(filter(None, map(shutil.which, names))) for name, names in PROGRAMS.items()
    }
    with serving(Elsewhere) as elsewhere:
        port = elsewhere.server_address[1]
        options = webdriver.ChromeOptions()
        options.binary_location = programs["chromium"]
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
        options.unhandled_prompt_behavior = "ignore"
        names = f"MAP * 127.0.0.1:{port}, EXCLUDE 127.0.0.1, EXCLUDE localhost"
        for flag in (*FLAGS, f"--user-data-dir={folder}", f"--host-resolver-rules={names}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, Service(programs["chromedriver"]))
        try:
            driver.set_page_load_timeout(PATIENCE_S)
            driver.set_script_timeout(PATIENCE_S)
            yield Browser(driver, elsewhere)
        finally:
            driver.quit()
