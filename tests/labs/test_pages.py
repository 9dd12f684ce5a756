"""The pages of a graded class in a real browser: feedback, summary and Formgrader show it, as the
guide says, and nothing that a submission holds acts in them."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import quote

import nbformat
import psutil
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from tests.support.browser import browsing, reason_for_no_browser, require_browser, serving_files
from tests.support.labs import answered, grade_id, part, solutions, source
from tests.support.servers import started
from tests.support.vectors import ELSEWHERE, all_vectors, cell_of, notebook_with
from tools import isolation
from tools.labs import pages
from tools.labs.cells import is_test
from tools.labs.course import LABS, Course
from tools.labs.grade import grade
from tools.labs.scores import mistakes
from tools.notebooks import ROOT

LAB = "lab6_fraud_project"
VECTORS = all_vectors()
ODD = "<img src=x onerror=alert(1)>"  # a name that a student chose
pytestmark = [pytest.mark.sandbox, pytest.mark.kernel]

# --- A class --------------------------------------------------------------------------------------

MARK = "'LE' + 'AK' + "  # so that the mark is in what the code does, not in its own text
# How code of a student can pass on what the process holds, each in a cell behind all checks.
WAYS = {
    "In": f"print({MARK}str(In))",
    "_ih": f"print({MARK}str(_ih))",
    "history": f"print({MARK}'')\n%history",
    "namespace": f"print({MARK}str(get_ipython().user_ns['In']))",
    "history manager": f"print({MARK}str(get_ipython().history_manager.input_hist_raw))",
    "base 64": f"import base64\nprint({MARK}base64.b64encode(str(In).encode()).decode())",
    "value": f"{MARK}str(In)",
    "error": f"raise ValueError({MARK}str(In))",
    "name of an error": f"raise type({MARK}str(In), (Exception,), {{}})()",
    "stderr": f"import sys\nprint({MARK}str(In), file=sys.stderr)",
    "html": f"get_ipython().display_pub.publish({{'text/html': {MARK}str(In)}})",
    "file": (
        "with open('found.txt', 'w') as f:\n    f.write(str(In))\n"
        f"print({MARK}open('found.txt').read())"
    ),
    "cache of lines": f"import linecache\nprint({MARK}str(linecache.cache))",
    "earlier display": f"handle.update({MARK}str(In))",
}
PICTURE = "plt.subplots()[1].text(0, 0, 'picture')\nplt.show()"
# In a function that the check calls: it looks at what called it.
LOOK = (
    "    import inspect\n"
    f"    found = {MARK}str([f.code_context for f in inspect.stack()] + In[-1:])\n"
    "    print(found)\n    raise AssertionError(found)\n"
)


def spying(notebook):
    """Return a notebook with right answers but one, which and all own cells try to pass on what
    they find of hidden tests."""
    right = solutions(LAB)
    first = next(iter(right))
    definition = right[first].split("\n")[0]
    mine = answered(notebook, {**right, first: f"{definition}\n{LOOK}"})
    place = 1 + next(i for i, cell in enumerate(mine.cells) if grade_id(cell) == "setup")
    early = ["handle = get_ipython().user_ns['display']('nothing yet', display_id=True)", PICTURE]
    early.insert(0, "from IPython.display import display")
    mine.cells[place:place] = [nbformat.v4.new_code_cell(text) for text in early]
    mine.cells += [nbformat.v4.new_code_cell(text) for text in [*WAYS.values(), PICTURE]]
    return mine


@pytest.fixture(scope="module")
def school(sandboxed, released, tmp_path_factory):
    """A graded class: its home, and the table of grades."""
    place = tmp_path_factory.mktemp("school")
    student_version = nbformat.read(released[LAB] / f"{LAB}.ipynb", 4)
    (mistake, *_) = (m for m in mistakes(LAB) if m["task"] == "average_precision")
    honest = {**solutions(LAB), "average_precision": mistake["code"]}
    files = {
        "eve": nbformat.writes(notebook_with(student_version, VECTORS, "setup", "memo")),
        "spy": nbformat.writes(spying(student_version)),
        "ada": nbformat.writes(answered(student_version, honest)),
        ODD: "no notebook",
    }
    for student, text in files.items():
        folder = place / "handed in" / student
        folder.mkdir(parents=True)
        (folder / f"{LAB}.ipynb").write_text(text, encoding="utf-8")
    home = place / "home"
    table = grade(LAB, place / "handed in", 2, home, sandboxed, lambda line: None)
    return SimpleNamespace(home=home, table=table, message=mistake["says"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    require_browser(reason_for_no_browser())
    with browsing(tmp_path_factory.mktemp("browser")) as chromium:
        yield chromium


def page_of(student):
    """Return the path of a student's feedback in the home of a class."""
    return f"feedback/{student}/{LAB}/{LAB}.html"


def graded(school, student):
    """Return the notebook that nbgrader keeps, which Formgrader shows."""
    return nbformat.read(school.home / "autograded" / student / LAB / f"{LAB}.ipynb", 4)


# --- That the detector works ----------------------------------------------------------------------


def raw_page(head):
    """Return a page that shows every vector as its author would like it."""
    texts = []
    for vector in VECTORS:
        if vector.holder == "output":
            data = dict(vector.content)
            texts += [str(data.get("text/html", "")), str(data.get("image/svg+xml", ""))]
            if "application/javascript" in data:
                texts.append(f"<script>{data['application/javascript']}</script>")
        elif vector.holder in ("answer", "raw"):
            texts.append(str(vector.content))
        elif (cell := cell_of(vector)) and cell["cell_type"] == "markdown":
            texts.append(cell["source"])
    return f"<html>{head}<title>quiet</title></head><body>{''.join(texts)}</body></html>"


def open_page(browser, folder, text):
    """Write a page, open it, and return what it did."""
    (folder / "page.html").write_text(text, encoding="utf-8")
    with serving_files(folder) as server:
        return browser.visit(f"http://127.0.0.1:{server.server_address[1]}/page.html")


def test_vectors_act_where_nothing_stops_them(browser, tmp_path):
    visit = open_page(browser, tmp_path, raw_page("<head>"))
    assert visit.title != "quiet"
    assert visit.dialogs and visit.fired
    names = {vector.name for vector in VECTORS}
    acted = {*visit.dialogs, *visit.fired}
    acted |= {name for name in names if any(re.search(rf"/{name}/?$", r) for r in visit.requests)}
    print(f"{len(acted)} of {len(names)} vectors act by themselves: {', '.join(sorted(acted))}")
    assert len(acted) >= 30
    assert browser.acting_attributes(ELSEWHERE)


@pytest.mark.parametrize("head", [pages.still, pages.formgrader])
def test_the_policy_of_our_pages_alone_stops_them(browser, tmp_path, head):
    visit = open_page(browser, tmp_path, raw_page(head("<head>")))
    assert (visit.title, visit.dialogs, visit.fired) == ("quiet", [], [])
    assert visit.requests == set()


# --- Files that are read as they are --------------------------------------------------------------


def assert_inert(browser, visit, title):
    """Assert that nothing of a submission has acted, or waits to."""
    assert (visit.title, visit.dialogs, visit.fired) == (title, [], [])
    assert visit.requests == set()
    assert browser.acting_attributes(ELSEWHERE) == []
    assert browser.acting_attributes("javascript:") == []


@pytest.mark.parametrize("student", ["eve", "spy", "ada"])
def test_feedback_is_inert(school, browser, student):
    with serving_files(school.home) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/{page_of(student)}"
        visit = browser.visit(url)
        assert_inert(browser, visit, LAB)
        assert visit.addresses == {url}
        assert browser.driver.execute_script("return document.querySelectorAll('math').length") > 50


def test_the_summary_and_the_page_of_what_cannot_be_graded_are_inert(school, browser):
    (odd,) = {p.parts[-3] for p in school.home.glob("feedback/*/*/*.html")} - {"eve", "spy", "ada"}
    with serving_files(school.home) as server:
        base = f"http://127.0.0.1:{server.server_address[1]}/"
        visit = browser.visit(f"{base}grades/{LAB}/summary.html")
        assert_inert(browser, visit, f"{LAB}: the class")
        assert odd in browser.driver.page_source
        assert_inert(browser, browser.visit(base + quote(page_of(odd))), f"{LAB}: {odd}")
        assert ODD in browser.driver.find_element("tag name", "body").text


def test_feedback_shows_points_pictures_and_what_the_check_says(school):
    page = BeautifulSoup((school.home / page_of("ada")).read_text(encoding="utf-8"), "html.parser")
    assert school.message in re.sub(r"\s+", " ", page.get_text())
    assert "Score: 0.0 / 10.0" in page.get_text() and "Score: 8.0 / 8.0" in page.get_text()
    spy = BeautifulSoup((school.home / page_of("spy")).read_text(encoding="utf-8"), "html.parser")
    (picture,) = spy.find_all("img")  # drawn before the first check; the other one came after
    assert picture["src"].startswith("data:image/png;base64,iVBOR")


# --- Hidden tests ---------------------------------------------------------------------------------


def test_hidden_tests_reach_no_student(school):
    book = graded(school, "spy")
    found = [cell for cell in book.cells if "LEAK" in json.dumps(cell.get("outputs", []))]
    assert len(found) >= len(WAYS), "the ways work: the instructor sees what they found"
    page = (school.home / page_of("spy")).read_text(encoding="utf-8")
    assert "LEAK" not in page
    text = BeautifulSoup(page, "html.parser").get_text()
    for cell in source(LAB).cells:
        if is_test(cell):
            visible = cell.source.partition("### BEGIN HIDDEN TESTS")[0]
            for line in part(cell.source, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"):
                assert line in visible or line not in text
    others = (school.home / page_of("ada")).read_text(encoding="utf-8")
    assert "BEGIN HIDDEN" not in page + others


# --- JupyterLab and Formgrader --------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(school, tmp_path_factory):
    """JupyterLab with Formgrader, as `course.py labs formgrader` starts it."""
    place = tmp_path_factory.mktemp("server")
    others = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    user = {
        **others,
        "HOME": str(place),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "BROWSER": "true",  # the program that succeeds and shows nothing
    }
    variables = isolation.for_command(user, place, "labs")
    (place / "build/settings/jupyter/jupyter_server_config.py").parent.mkdir(
        parents=True, exist_ok=True
    )
    with open(f"{variables['JUPYTER_CONFIG_DIR']}/jupyter_server_config.py", "w") as settings:
        settings.write("c.ServerApp.allow_root = True\nc.ServerApp.port = 0\n")
    arguments = ["tools.labs", "formgrader", "--home", str(school.home)]
    with started(arguments, variables, place) as running:
        yield running


@pytest.fixture(scope="module")
def logged_in(server, browser):
    """The browser, with the cookie of whoever started the server."""
    browser.visit(f"{server.url}lab?token={server.token}")
    return browser


def submission_of(school, student):
    """Return the address of a student's submission in Formgrader."""
    course = Course(school.home)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
        return f"formgrader/submissions/{book.find_submission_notebook(LAB, LAB, student).id}/"


def points_of_memo(school):
    """Return the points that eve's memo has been given by hand, as soon as there are any."""
    course = Course(school.home)
    end = time.monotonic() + 30
    while True:
        with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
            given = book.find_grade("memo", LAB, LAB, "eve").manual_score
        if given is not None or time.monotonic() > end:
            return given
        time.sleep(0.2)


def test_jupyterlab_shows_itself(server, logged_in):
    logged_in.driver.get(f"{server.url}lab")
    logged_in.wait_for("return document.querySelector('#jp-top-panel, .jp-LabShell') !== null")
    assert "JupyterLab" in logged_in.driver.title


def test_formgrader_shows_the_class(school, server, logged_in):
    driver = logged_in.driver
    driver.get(f"{server.url}formgrader/manage_assignments")
    logged_in.wait_for(f"return document.body.innerText.includes('{LAB}')")
    assert driver.title == "nbgrader formgrade"
    driver.get(f"{server.url}formgrader/manage_students")
    logged_in.wait_for("return document.body.innerText.includes('ada')")
    driver.get(f"{server.url}formgrader/gradebook/{LAB}/{LAB}")
    rows = logged_in.wait_for("return document.querySelectorAll('#main-table tr .reveal').length")
    assert rows == 3
    driver.execute_script("toggleAllNames()")
    assert "60 / 100" in driver.find_element("id", "main-table").text  # ada, one task of 10 missed


def test_formgrader_s_page_of_a_submission_is_inert_and_works(school, server, logged_in):
    url = server.url + submission_of(school, "eve")
    visit = logged_in.visit(url)
    assert_inert(logged_in, visit, LAB)
    assert "My memo." in logged_in.driver.page_source
    assert logged_in.driver.execute_script("return document.querySelectorAll('#memo').length") == 1
    logged_in.wait_for("return formgrader.grades.loaded && formgrader.comments.loaded")
    logged_in.driver.execute_script("$('#memo').val('11').trigger('change')")
    logged_in.wait_for(
        "return $('#memo').parents('.nbgrader_cell').find('.score-saved:visible')[0]"
    )
    assert points_of_memo(school) == 11
    logged_in.driver.execute_script("document.querySelector('.glyphicon-eye-open').click()")
    logged_in.wait_for("return document.querySelector('nav').innerText.includes('eve')")


def test_formgrader_shows_the_instructor_everything(school, server, logged_in):
    logged_in.driver.get(server.url + submission_of(school, "spy"))
    assert "BEGIN HIDDEN TESTS" in logged_in.driver.page_source
    assert "LEAK" in logged_in.driver.page_source


def test_nobody_else_gets_in(school, server, logged_in):
    for path in ("formgrader/manage_assignments", submission_of(school, "ada"), "api/contents"):
        request = urllib.request.Request(server.url + path)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                assert "/login" in answer.url
        except urllib.error.HTTPError as refused:
            assert refused.code == 403
    assert server.token not in " ".join(psutil.Process(server.process).cmdline())
    logged_in.driver.get(server.url + submission_of(school, "ada"))
    assert server.token not in logged_in.driver.page_source


# --- nbgrader itself ------------------------------------------------------------------------------


def test_nbgrader_autograde_grades_in_the_sandbox(school, in_sandbox, tmp_path):
    look = f"import os\nprint('sees the course:', os.path.exists({str(ROOT / 'labs')!r}))"
    place = school.home / "submitted" / "ben" / LAB
    place.mkdir(parents=True)
    student_version = answered(source(LAB), solutions(LAB))
    student_version.cells.insert(3, nbformat.v4.new_code_cell(look))
    nbformat.write(student_version, place / f"{LAB}.ipynb")
    (place / "page.html").write_text("<script>alert(1)</script>")
    nbgrader = os.path.join(os.path.dirname(sys.executable), "nbgrader")
    done = subprocess.run(
        [nbgrader, "autograde", LAB, "--student", "ben"],
        cwd=LABS,
        env={**os.environ, "COURSE_LABS_HOME": str(school.home)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    text = json.dumps(graded(school, "ben"))
    assert "sees the course: False" in text
    assert not (school.home / "autograded" / "ben" / LAB / "page.html").exists()
    assert (place / "page.html").exists()
    course = Course(school.home)
    with Gradebook(course.coursedir.db_url, course.coursedir.course_id) as book:
        assert book.find_submission(LAB, "ben").score == 70
