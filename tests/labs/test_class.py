"""A class hands in lab1_neuron, seven of them something broken or hostile: the others get what they
deserve, and nobody is harmed."""

import copy
import csv
import hashlib
import html
import os
import re
import shutil
import socket
import threading
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from tests.support.labs import SLOWER, answered, automatic, require_sandbox, solutions
from tools.labs import bubblewrap, sandbox, watching
from tools.labs.cells import grade_id, is_test
from tools.labs.course import SOURCE
from tools.labs.grade import grade
from tools.labs.records import known
from tools.labs.scores import mistakes

LAB = "lab1_neuron"
JOBS = 2
MOST_SECONDS = 180 * SLOWER  # on two idle cores it is about a minute

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("in_sandbox")]

# --- What is handed in ----------------------------------------------------------------------------


def ordinary():
    """Return the answers that ordinary students have changed or left out, by student and task; None
    for an answer that is left out.

    One has everything right. The others make a typical mistake, each in half of the tasks, and one
    of them has left out a task of that half; all mistakes of all labs, and the labs without any
    answer, are tried in test_grading.py.
    """
    tasks = list(solutions(LAB))
    students = {"good_all": {}}
    wrong = {mistake["task"]: mistake["code"] for mistake in mistakes(LAB)}
    for half in (0, 1):
        students[f"good_wrong{half}"] = {task: wrong[task] for task in tasks[half::2]}
    students["good_wrong1"][tasks[3]] = None
    return students


def harmful(place, canary, port, private):
    """Return pieces of hostile code: six that end in an error, and two that end Python.

    Args:
        place: the folder of everything about the class.
        canary: a file that must survive.
        port: where somebody listens on this computer.
        private: files that are none of their business.
    """
    spy = "".join(
        f"try:\n    text = open({str(path)!r}).read()\n"
        "except OSError as e:\n    problem = e\n"
        "else:\n    raise SystemExit('read ' + text)\n"
        for path in private
    )
    forks = (  # it sleeps where there can be no more, else hundreds would be busy
        "import os, time\n"
        "while True:\n"
        "    try:\n        os.fork()\n    except OSError:\n        time.sleep(0.05)\n"
    )
    delete = (
        "import os, shutil\n"
        f"shutil.rmtree({str(place)!r}, ignore_errors=True)\n"
        "shutil.rmtree('/usr', ignore_errors=True)\n"
        f"os.remove({str(canary)!r})\n"
    )
    return {
        # It sleeps, as a busy loop would cost all of its time limit on a processor.
        "endless": "import time\nwhile True:\n    time.sleep(0.01)\n",
        "forks": forks,
        "memory": "import numpy as np\nbig = np.ones(5 * 2**30 // 8)\n",
        "output": "for i in range(10_000):\n    print('x' * 100_000)\n",
        "exit": "import os\nos._exit(0)\n",
        "delete": delete,
        "spy": spy + "raise problem\n",
        "socket": f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=5)\n",
    }


def broken(released, right, first):
    """Return the files of students that are no sound notebooks of the lab.

    Args:
        released: the student version.
        right: the right answers.
        first: the first task.
    """
    edited = copy.deepcopy(released)
    for cell in edited.cells:
        if is_test(cell):
            cell.source = "pass"
            cell.metadata.nbgrader["points"] = 1000
    doubled = answered(released, right)
    doubled.cells += [
        copy.deepcopy(cell) for cell in released.cells if grade_id(cell) in (first, f"test_{first}")
    ]
    return {
        "edited": nbformat.writes(edited),
        "doubled": nbformat.writes(doubled),
        "torn": nbformat.writes(answered(released, right))[:5000],
        "empty": "",
    }


# --- The class ------------------------------------------------------------------------------------


def fingerprint(folder):
    """Return a fingerprint of all files in a folder."""
    mark = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts):
            mark.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return mark.hexdigest()


class Watch(threading.Thread):
    """Looks again and again at the sandboxes of this process, and remembers the most that one has
    used at a time: processes and threads, and bytes of memory."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.processes = 0
        self.memory = 0

    def run(self):
        while not self.over.wait(0.5):
            for child in psutil.Process().children():
                try:
                    is_sandbox = child.name() == "bwrap"
                    family = child.children(recursive=True) if is_sandbox else []
                except psutil.Error:
                    continue
                self.look(family)

    def look(self, family):
        """Take notice of one sandbox."""
        count = watching.total(family, lambda process: process.num_threads())
        self.processes = max(self.processes, count)
        memory = watching.total(family, lambda process: process.memory_info().rss)
        if memory > sandbox.Limits.memory:  # with what is shared counted many times
            memory = watching.total(family, watching.own_memory)
        self.memory = max(self.memory, memory)


class School:
    """The class: what it hands in, and what has come of it.

    Attributes:
        home: where the grader keeps everything.
        handed_in: the folder of submissions.
        deserved: the points that each ordinary student must get, by task.
        attacked: the task whose answer holds a piece of hostile code, in one student's notebook.
        rows: the rows of the table of grades by student.
        csv: the table.
        seconds: how long grading took.
        unchanged: whether submissions and sources are what they were.
        survived: whether files outside of the sandbox are what they were.
        called: whether a connection has come out of a sandbox.
        watch: the most that a sandbox has used.
    """

    def __init__(self, place, released):
        self.home = place / "home"
        self.handed_in = place / "handed in"
        right = solutions(LAB)
        self.first, *_, self.last = right
        self.deserved = {}
        files = {}
        for student, changed in ordinary().items():
            answers = {**right, **changed}
            mine = answered(released, {task: text for task, text in answers.items() if text})
            mine.cells.append(nbformat.v4.new_code_cell(f"# notes of {student}"))
            files[student] = nbformat.writes(mine)
            self.deserved[student] = {
                task: 0 if task in changed else points for task, points in automatic(LAB).items()
            }
        canary = place / "canary.txt"
        canary.write_text("alive")
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.5)
            neighbour = self.handed_in / "good_all" / f"{LAB}.ipynb"
            private = [SOURCE / LAB / f"{LAB}.ipynb", neighbour, self.home / "gradebook.db"]
            harm = harmful(place, canary, server.getsockname()[1], private)
            for student in ("exit", "forks"):
                answers = {**right, self.last: harm.pop(student) + right[self.last]}
                files[student] = nbformat.writes(answered(released, answers))
            self.attacked = dict(zip(harm, list(right)[-len(harm) :], strict=True))
            attacks = {task: harm[name] + right[task] for name, task in self.attacked.items()}
            files["attacker"] = nbformat.writes(answered(released, {**right, **attacks}))
            files |= broken(released, right, self.first)
            assert len(files) == len(self.deserved) + 7
            for student, text in files.items():
                (self.handed_in / student).mkdir(parents=True)
                (self.handed_in / student / f"{LAB}.ipynb").write_text(text, encoding="utf-8")
            self.size = len(files)
            self.grade()
            try:
                server.accept()
                self.called = True
            except TimeoutError:
                self.called = False
        alive = canary.exists() and canary.read_text() == "alive"
        self.survived = alive and Path("/usr/bin/env").exists()

    def grade(self):
        """Grade the class, and see what it takes and does."""
        before = fingerprint(self.handed_in), fingerprint(SOURCE)
        self.watch = Watch()
        self.watch.start()
        began = time.monotonic()
        self.csv = grade(LAB, self.handed_in, JOBS, self.home, True, lambda line: None)
        self.seconds = time.monotonic() - began
        self.watch.over.set()
        self.watch.join()
        self.unchanged = (fingerprint(self.handed_in), fingerprint(SOURCE)) == before
        with self.csv.open(encoding="utf-8-sig", newline="") as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file)}
        print(
            f"{self.size} submissions with --jobs {JOBS}: {self.seconds:.0f} s; "
            f"in a sandbox at most {self.watch.processes} processes and threads, "
            f"{self.watch.memory / 1e9:.2f} GB"
        )


@pytest.fixture(scope="module")
def school(no_sandbox, released, tmp_path_factory):
    require_sandbox(no_sandbox)
    place = tmp_path_factory.mktemp("school")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "BUSY", 1.0)  # however busy, no grade is put off to the next call
        yield School(place, nbformat.read(released[LAB] / f"{LAB}.ipynb", 4))
    shutil.rmtree(place, ignore_errors=True)


# --- What comes of it -----------------------------------------------------------------------------


def test_all_are_in_the_grades_and_have_feedback(school):
    assert len(school.rows) == school.size
    for student in school.rows:
        page = school.home / "feedback" / student / LAB / f"{LAB}.html"
        assert page.stat().st_size > 500


def test_the_good_get_what_they_deserve(school):
    assert len(school.deserved) == 3
    for student, tasks in school.deserved.items():
        row = school.rows[student]
        assert {task: float(row[task]) for task in tasks} == tasks, f"{student}: {row['remarks']}"
        assert float(row["points"]) == sum(tasks.values())


@pytest.mark.parametrize(
    ("attack", "error"),
    [
        ("endless", "TimeLimit"),
        ("memory", "MemoryError"),
        ("output", "OutputLimit"),
        ("delete", "FileNotFoundError"),
        ("spy", "FileNotFoundError"),
        ("socket", "Error"),
    ],
)
def test_each_attack_costs_its_own_task_and_is_told(school, attack, error):
    row = school.rows["attacker"]
    told = rf"\b{school.attacked[attack]}: \w*{error}"
    feedback = school.home / "feedback" / "attacker" / LAB / f"{LAB}.html"
    for text in (row["remarks"], html.unescape(feedback.read_text(encoding="utf-8"))):
        assert re.search(told, text), row["remarks"]
    scored = {task for task in automatic(LAB) if float(row[task]) > 0}
    assert scored == set(automatic(LAB)) - set(school.attacked.values())


@pytest.mark.parametrize(
    ("student", "says", "loses"),
    [
        ("forks", "too many processes", "last"),
        ("exit", "ended", "last"),
        ("edited", "Changed cells were put back", "all"),
        ("doubled", "the last one counts", "first"),
        ("torn", "not JSON", "all"),
        ("empty", "The file is empty", "all"),
    ],
)
def test_the_bad_lose_what_they_should_and_are_told_why(school, student, says, loses):
    row = school.rows[student]
    tasks = set(automatic(LAB))
    lost = {"all": tasks, "last": {school.last}, "first": {school.first}}[loses]
    assert says in row["remarks"], row["remarks"]
    feedback = school.home / "feedback" / student / LAB / f"{LAB}.html"
    assert says in html.unescape(feedback.read_text(encoding="utf-8"))
    scored = {task for task in tasks if float(row[task]) > 0}
    assert scored <= tasks - lost  # what came to its end before the trouble still counts


def test_nothing_outside_was_touched(school):
    assert school.unchanged, "a submission or a source was changed"
    assert school.survived, "a file outside was deleted"
    assert not school.called, "a connection came out of the sandbox"


def test_no_process_is_left(school):
    if bubblewrap.drops_user():  # then each execution has a user of its own
        first = bubblewrap.LAST_USER + 32 * os.getpid()
        owned = [p for p in psutil.process_iter(["uids"]) if p.info["uids"]]
        left = [p for p in owned if first <= p.info["uids"].real < first + 32]
    else:
        commands = psutil.process_iter(["cmdline"])
        left = [p for p in commands if "/driver.py" in (p.info["cmdline"] or [])]
    assert [process for process in left if watching.is_alive(process)] == []


def test_no_sandbox_used_more_than_it_may(school):
    limits = sandbox.Limits()
    assert 1 < school.watch.processes <= limits.processes + 2  # bubblewrap itself has two
    assert 10**7 < school.watch.memory <= limits.memory


def test_the_command_ends_in_bounded_time(school):
    limits = sandbox.Limits()
    in_the_guide = school.size * (limits.longest + 30) / JOBS
    assert school.seconds < in_the_guide
    assert school.seconds < MOST_SECONDS


def test_a_second_call_grades_nothing_anew(school):
    folder = school.home / "grades" / LAB / "students"
    times = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    assert len(times) == school.size
    before = school.csv.read_bytes()
    lines = []
    assert grade(LAB, school.handed_in, JOBS, school.home, True, lines.append) == school.csv
    assert lines == [f"{school.size} of {school.size} submissions are graded already."]
    assert school.csv.read_bytes() == before
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_what_a_kill_leaves_half_done_is_done_again_and_the_rest_is_kept(school):
    folder = school.home / "grades" / LAB / "students"
    finished = (folder / "good_wrong1.json").stat().st_mtime_ns
    (folder / "good_all.json").unlink()  # a kill after the scores, before the record
    (folder / "good_wrong0.json").write_text('{"student": "good')  # and a file that was cut off
    shutil.rmtree(school.home / "autograded" / "good_wrong0")
    before = school.csv.read_bytes()
    lines = []
    grade(LAB, school.handed_in, JOBS, school.home, True, lines.append)
    assert lines[0] == f"{school.size - 2} of {school.size} submissions are graded already."
    assert school.csv.read_bytes() == before
    assert (folder / "good_wrong1.json").stat().st_mtime_ns == finished
    assert known(folder / "good_all.json", "") is None


def test_the_summary_names_the_most_missed_task_first(school):
    page = (school.home / "grades" / LAB / "summary.html").read_text(encoding="utf-8")
    lost = {
        task: sum(float(row[task]) < points for row in school.rows.values())
        for task, points in automatic(LAB).items()
    }
    worst = max(lost.values())
    assert min(lost.values()) < worst
    assert page.index(f"{worst} of {school.size}") < min(
        page.index(f"{count} of {school.size}") for count in lost.values() if count != worst
    )
    assert f"{school.size} submissions" in page
    assert "Histogram of points" in page
