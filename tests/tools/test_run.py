"""Executing notebooks: what is written, what is printed when one fails, what is left behind.

The notebooks here are made for the purpose and need no TensorFlow; each takes about a second.
"""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import psutil
import pytest
from rich.console import Console

from results import RESULTS_MIME
from tests.support.small_course import book, call, make_course, save
from tools import disturbed, notebooks, run, twice

pytestmark = pytest.mark.kernel
ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
ROW = {
    "task": "wine",
    "model": "<b>",
    "metric": "MAE",
    "value": 0.25,
    "low": None,
    "high": None,
    "n": 3,
    "data": "real",
}
CALIBRATION = """
REFERENCE_S = 1.8


class CalibrationError(Exception):
    pass


def calibrate():
    return 1.23456
"""
SHOW_ROWS = f"""from IPython.display import display
rows = [{ROW}]
display({{'text/plain': 'table', '{RESULTS_MIME}': rows}}, raw=True)"""


@pytest.fixture
def folder(tmp_path):
    folder = make_course(tmp_path)
    (folder / "tools" / "calibrate.py").write_text(CALIBRATION, encoding="utf-8")
    return folder


# --- One execution --------------------------------------------------------------------------------


def test_a_kernel_of_this_python_in_the_notebooks_folder(tmp_path, monkeypatch):
    # Another kernel of that name, as users have them
    other = tmp_path / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text(
        json.dumps({"argv": ["no-such-python"], "display_name": "Other", "language": "python"}),
        encoding="utf-8",
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    notebook = book(
        "# Title",
        "import os, sys\nbackend = os.environ.get('MPLBACKEND')\n"
        "print(os.getcwd(), sys.prefix, backend, os.environ['X'], sep='\\n')",
        "",
        "1 + 1",
    )
    ticks = []
    done = run.execute(notebook, tmp_path, dict(os.environ, X="y"), tick=ticks.append)
    assert done.failure == ""
    where, prefix, backend, x = notebook.cells[1].outputs[0].text.split("\n")[:4]
    assert Path(where).samefile(tmp_path)
    assert Path(prefix).samefile(sys.prefix)
    assert "inline" in backend
    assert x == "y"
    assert [cell.get("execution_count") for cell in notebook.cells] == [None, 1, None, 2]
    assert ticks[-1] == 2
    assert set(done.cell_seconds) == {1, 3}
    assert all(0 <= seconds < done.seconds for seconds in done.cell_seconds.values())
    assert 0.1 < done.seconds < 30
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert not any(cell.metadata.get("execution") for cell in notebook.cells)


def test_peak_memory_is_seen_after_it_is_freed(tmp_path):
    sources = ["a = bytearray(400_000_000)", "a[::4096] = b'1' * len(a[::4096])", "del a"]
    peak = run.execute(book(*sources), tmp_path).peak
    assert 400e6 < peak < 1000e6


@pytest.mark.parametrize(
    "source, sentence",
    [
        ("\nx = 0\n1 / x", "cell [2], `x = 0`: ZeroDivisionError: division by zero"),
        (
            "raise SystemExit('One sentence.')",
            "cell [2], `raise SystemExit('One sentence.')`: SystemExit: One sentence.",
        ),
        ("import os; os._exit(3)", "cell [2], `import os; os._exit(3)`: the kernel died"),
        ("while True: pass", "cell [2], `while True: pass`: it took longer than 2 s"),
        ("1 +", "cell [2], `1 +`: SyntaxError: "),
        (
            "def f(x):\n    return x\nassert f(0) > 1",
            "cell [2], `def f(x):`: AssertionError: assert f(0) > 1",
        ),
    ],
)
def test_a_failure_names_cell_line_and_error(tmp_path, source, sentence):
    notebook = book("# Title", "print('before')", source, "print('after')")
    done = run.execute(notebook, tmp_path, timeout=2)
    assert done.failure.startswith(sentence)
    assert done.notebook.cells[1].outputs[0].text == "before\n"
    assert done.notebook.cells[3].outputs == []


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("raise ImportError('no kernel here')", "ImportError: no kernel here"),
        ("import sys; sys.exit('not today')", "not today"),
        ("import os; os._exit(1)", "Kernel died before replying to kernel_info"),
    ],
)
def test_a_kernel_that_does_not_start_says_why(tmp_path, capfd, program, reason):
    (tmp_path / "ipykernel_launcher.py").write_text(program, encoding="utf-8")
    failure = run.execute(book("1"), tmp_path, dict(os.environ, PYTHONPATH=str(tmp_path))).failure
    assert failure.startswith("the kernel did not start: ") and failure.endswith(reason)
    assert "\n" not in failure and capfd.readouterr().err == ""


def test_an_expected_error_is_no_failure(tmp_path):
    notebook = book("print(1)", "1 / 0", tags=["raises-exception"])
    assert run.execute(notebook, tmp_path).failure == ""
    assert notebook.cells[1].outputs[0].ename == "ZeroDivisionError"


# --- The command ----------------------------------------------------------------------------------


def test_pages_and_sentences_and_untouched_sources(folder):
    books = [
        save(
            folder / "Part1_ANN" / "1-good book.ipynb",
            "# Title",
            "import os\nprint(os.environ.get('COURSE_DATA'))",
            SHOW_ROWS,
            time_budget_s=90,
        ),
        save(
            folder / "Part1_ANN" / "2-bad.ipynb",
            "print('before')",
            "x = '<i>'\nraise KeyError(x)",
            "print('after')",
        ),
        save(
            folder / "Part2_CNN" / "3-late.ipynb", "import time\ntime.sleep(0.2)", time_budget_s=0.1
        ),
        save(folder / "Part2_CNN" / ".ipynb_checkpoints" / "3-late.ipynb", "1"),
        save(folder / "work" / "mine.ipynb", "1"),
    ]
    (folder / "Part2_CNN" / "4-broken.ipynb").write_text("<html>", encoding="utf-8")
    before = [path.read_bytes() for path in books]
    status, printed = call(folder, COURSE_DATA="somewhere")
    assert status == 1
    assert (
        "FAILED Part1_ANN/2-bad.ipynb: cell [2], `x = '<i>'`: KeyError: '<i>'"
        in printed.splitlines()
    )
    assert "FAILED Part2_CNN/4-broken.ipynb: 4-broken.ipynb is not a notebook" in printed
    assert "Part1_ANN/1-good book.ipynb: 2 cells of 90 s" in printed
    assert "Part2_CNN/3-late.ipynb: ok, over budget" in printed
    assert "4 notebooks in" in printed and "2 failed. See build/run/index.html" in printed
    assert [path.read_bytes() for path in books] == before
    out = folder / "build" / "run"
    executed = nbformat.read(out / "Part1_ANN" / "1-good book.ipynb", as_version=4)
    assert executed.cells[1].outputs[0].text == "somewhere\n"
    assert (
        nbformat.read(out / "Part1_ANN" / "2-bad.ipynb", as_version=4).cells[0].outputs[0].text
        == "before\n"
    )
    assert "KeyError" in (out / "Part1_ANN" / "2-bad.html").read_text(encoding="utf-8")
    assert not list(folder.rglob("*.part")) and not (out / "work").exists()
    page = (out / "index.html").read_text(encoding="utf-8")
    for part in (
        '<a href="Part1_ANN/1-good%20book.html">',
        '<a href="Part1_ANN/1-good%20book.ipynb">',
        "<td>90 s</td>",
        "failed: cell [2], `x = &#39;&lt;i&gt;&#39;`: KeyError",
        "ok, over budget",
        "<tr><td>wine</td><td>&lt;b&gt;</td><td>MAE</td><td>0.25</td><td></td><td></td>"
        "<td>3</td><td>real</td></tr>",
    ):
        assert part in page
    assert "checkpoints" not in page and "4-broken.html" not in page


class Loaded(HTMLParser):
    """Collects what a browser would load for a page: addresses of scripts, styles and images."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        names = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
        address = given.get(names.get(tag)) or "data:"
        if not address.startswith("data:"):  # what is written out in the page itself
            self.addresses.append(address)


def test_pages_show_formulas_without_a_network(folder):
    figure = "from IPython.display import SVG; SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')"
    places = ("Part1_ANN/deep/er", "Part1_ANN", ".")
    for place in places:
        book = save(folder / place / "x.ipynb", figure, "print('$')", title="T")
        content = nbformat.read(book, as_version=4)
        formulas = nbformat.v4.new_markdown_cell("With $x^2$ and\n\n$$\\sum_i x_i$$")
        content.cells.insert(0, formulas)
        nbformat.write(content, book)
    status, printed = call(folder, *(folder / place / "x.ipynb" for place in places))
    assert status == 0, printed
    for place in places:
        file = folder / "build" / "run" / place / "x.html"
        page = file.read_text(encoding="utf-8")
        loaded = Loaded()
        loaded.feed(page)
        assert [(file.parent / address).resolve() for address in loaded.addresses] == [
            (folder / "build" / "run" / "tex-svg.js").resolve()
        ]
        assert (file.parent / loaded.addresses[0]).stat().st_size > 2_000_000
        assert "$x^2$" in page and "$$\\sum_i x_i$$" in page
        tags = "".join(re.findall(r"(?s)<(?:style|script)\b.*?</(?:style|script)>", page))
        assert not re.search(r"@import|import\b.*\bfrom\b|url\(\s*['\"]?http", tags)


def test_a_page_finds_the_schematics_that_its_notebook_embeds(folder):
    (folder / "figures").mkdir()
    (folder / "figures" / "net.svg").write_text("<svg>old</svg>", encoding="utf-8")
    book = save(folder / "Part1_ANN" / "x.ipynb", "# T\n\n![A net of units](../figures/net.svg)")
    assert call(folder, str(book))[0] == 0
    (folder / "figures" / "net.svg").write_text("<svg>new</svg>", encoding="utf-8")
    assert call(folder, str(book))[0] == 0
    file = folder / "build" / "run" / "Part1_ANN" / "x.html"
    loaded = Loaded()
    loaded.feed(file.read_text(encoding="utf-8"))
    assert "../figures/net.svg" in loaded.addresses
    assert (file.parent / "../figures/net.svg").read_text(encoding="utf-8") == "<svg>new</svg>"


def test_update_writes_outputs_and_time_but_never_of_a_failure(folder):
    good = save(
        folder / "Part1_ANN" / "good.ipynb",
        "import os\nprint(os.environ['COURSE_DATA'])",
        "2",
        title="T",
    )
    bad = save(folder / "Part1_ANN" / "bad.ipynb", "print(1)", "1 / 0")
    (folder / "tools" / "docs" / "__main__.py").write_text("print('docs made')\n", encoding="utf-8")
    before = bad.read_bytes()
    status, printed = call(folder, "--update", COURSE_DATA="somewhere")
    assert status == 1
    assert "docs made" in printed
    assert bad.read_bytes() == before
    notebook = nbformat.read(good, as_version=4)
    assert notebook.cells[0].outputs[0].text == "default\n"
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.metadata.course.title == "T"
    assert 0 < notebook.metadata.course.measured_s < 30
    assert notebook.metadata.course.measured_s == round(notebook.metadata.course.measured_s, 1)
    assert notebook.metadata.course.calibration_s == 1.23
    assert good.read_bytes().endswith(b"}\n")
    assert not list(folder.rglob("*.part"))
    nbformat.validate(notebook)


def test_an_update_names_the_cells_that_keep_a_reader_waiting_in_silence(folder):
    (folder / "tools" / "docs" / "__main__.py").write_text("", encoding="utf-8")
    save(folder / "Part1_ANN" / "x.ipynb", "1", "import time; time.sleep(4)", edition=2)
    status, printed = call(folder, "--update")
    assert status == 0, printed
    assert "x.ipynb: Cell 1 takes 6 s and shows no progress; use helpers.progress" in printed


def test_a_notebook_that_was_saved_while_it_ran_is_not_overwritten(tmp_path):
    path = save(tmp_path / "x.ipynb", "1")
    before = path.read_bytes()
    save(path, "2")
    done = run.Run(notebooks.read(path))
    run.update(path, done, before, 1.0)
    assert "was changed while it ran" in done.failure
    assert nbformat.read(path, as_version=4).cells[0].source == "2"


def test_an_update_writes_the_questions_or_says_why_it_cannot(tmp_path):
    asked = {"question": "What?", "options": ["a", "b", "c", "d"], "answer": 3, "why": "So."}
    path = save(tmp_path / "x.ipynb", "## Exercises", "1", questions=[asked])
    run.update(path, run.Run(notebooks.read(path)), path.read_bytes(), 1.0)
    assert "**D.** So." in notebooks.read(path).cells[0].source
    before = path.read_bytes()
    done = run.Run(notebooks.read(path))
    done.notebook.metadata.course["questions"][0]["answer"] = 4
    run.update(path, done, before, 1.0)
    assert done.failure.startswith("it was not updated: A question cannot be shown: its answer")
    assert path.read_bytes() == before


def test_live_progress_on_a_terminal(folder, monkeypatch):
    monkeypatch.setattr(run, "OUT", folder / "build" / "run")
    monkeypatch.setattr(run, "ROOT", folder)
    path = save(folder / "Part1_ANN" / "a [b].ipynb", "1", "2", time_budget_s=90)
    text = io.StringIO()
    runs = run.run_all(
        [path], 60, False, Console(file=text, force_terminal=True, color_system=None, width=120)
    )
    assert list(runs) == ["Part1_ANN/a [b].ipynb"]
    last = [line for line in text.getvalue().splitlines() if "Part1_ANN/a [b].ipynb" in line][-1]
    assert "2/2 cells" in last and "of 90 s ok" in last


@pytest.mark.parametrize(
    "path, sentence",
    [
        ("no.ipynb", "There is no file or folder"),
        ("notes.txt", "its name should end in .ipynb"),
        ("empty", "No notebook found in empty"),
    ],
)
def test_wrong_paths(folder, path, sentence):
    (folder / "notes.txt").touch()
    (folder / "empty").mkdir()
    status, printed = call(folder, path)
    assert status == 2
    assert sentence in printed and len(printed.splitlines()) == 1


def test_notebooks_in_work_and_outside(folder, tmp_path):
    save(folder / "work" / "Part1_ANN" / "x.ipynb", "1")
    one, two = save(tmp_path / "one" / "x.ipynb", "1"), save(tmp_path / "two" / "x.ipynb", "2")
    assert call(folder, "work", one, two, one)[0] == 0
    out = folder / "build" / "run"
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.ipynb")) == [
        "outside/x-2.ipynb",
        "outside/x.ipynb",
        "work/Part1_ANN/x.ipynb",
    ]
    assert call(folder)[0] == 2, "work/ is only executed when asked for"


@contextlib.contextmanager
def running(folder, *arguments):
    """Start tools.run in a group of its own; yield it, once its notebook has made a file, with the
    processes that it started."""
    mark = folder / "work" / "started"
    mark.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tools.run", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        limit = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < limit:
            time.sleep(0.1)
        yield process, psutil.Process(process.pid).children(recursive=True)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_kernel_and_nothing_half_written(folder, number):
    path = save(
        folder / "work" / "x.ipynb", "open('started', 'w').close()\nimport time\ntime.sleep(60)"
    )
    before = path.read_bytes()
    with running(folder, "--update", "work") as (process, kernels):
        assert kernels
        os.killpg(process.pid, number)
        _, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert err == "Stopped; the kernel has been ended, and no notebook was half-written.\n"
    assert not psutil.wait_procs(kernels, timeout=5)[1]
    assert path.read_bytes() == before
    assert sorted(
        p.name for p in folder.rglob("*") if p.suffix in (".ipynb", ".part", ".html")
    ) == ["x.ipynb"]


# --- Twice ----------------------------------------------------------------------------------------


def test_twice(folder):
    show = SHOW_ROWS.replace("'value': 0.25", "'value': __import__('time').time()")
    times = (show.replace("MAE", "seconds"), "import time\ntime.time()")  # the last one is tagged
    same = ("print(1)", SHOW_ROWS, *times)
    save(folder / "t" / "1-same.ipynb", *same, tags=["nbval-ignore-output"])
    save(folder / "t" / "2-other.ipynb", "1", "import time\nprint('a')\nprint('at', time.time())")
    save(folder / "t" / "3-rows.ipynb", show, tags=["nbval-ignore-output"])
    save(folder / "t" / "4-bad.ipynb", "1 / 0")
    (folder / "t" / "5-broken.ipynb").write_text("<html>", encoding="utf-8")
    status, printed = call(folder, "t", module="tools.twice")
    lines = printed.splitlines()
    assert status == 1
    assert lines[0] == "t/1-same.ipynb: identical"
    assert lines[1].startswith("t/2-other.ipynb: NOT identical: cell [2] printed `at 1")
    assert lines[2].startswith(
        "t/3-rows.ipynb: NOT identical: the results table held {'task': 'wine'"
    )
    assert lines[3].startswith("t/4-bad.ipynb: NOT identical: cell [1], `1 / 0`: ZeroDivisionError")
    assert lines[4].startswith("t/5-broken.ipynb: NOT identical: 5-broken.ipynb is not a notebook")


@pytest.mark.parametrize(("module", "judge"), [(twice, "compare"), (disturbed, "fault")])
def test_the_exit_status_of_what_judges_notebooks(folder, monkeypatch, module, judge):
    path = save(folder / "t" / "x.ipynb", "1")
    for found, status in (("", 0), ("it differs", 1)):
        monkeypatch.setattr(module, judge, lambda path, found=found: found)
        assert module.main([str(path)]) == status
    assert module.main([str(folder / "no")]) == 2


def test_a_missing_output_or_row_is_a_difference():
    one, two = book("print(1)"), book("print(1)")
    one.cells[0].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    assert "more in one execution" in twice.difference(one, two)
    one.cells[0].outputs = [nbformat.v4.new_output("display_data", {RESULTS_MIME: [ROW]})]
    assert "number of rows" in twice.difference(one, two)
    two.cells[0].outputs = one.cells[0].outputs
    assert twice.difference(one, two) == ""


@pytest.mark.parametrize("module", [run, twice, disturbed])
def test_options_are_explained_and_unknown_ones_refused(module, capsys):
    for option, status in (("--help", 0), ("--nonsense", 2)):
        with pytest.raises(SystemExit) as ended:
            module.main([option])
        assert ended.value.code == status
    said = capsys.readouterr()
    assert "NOTEBOOK|FOLDER" in said.out and "--nonsense" in said.err


# --- Where nothing can be written -----------------------------------------------------------------


@pytest.mark.parametrize("obstacle", ["build", "build/run"])
def test_nothing_is_executed_where_pages_cannot_be_written(folder, obstacle):
    (folder / obstacle).parent.mkdir(exist_ok=True)
    (folder / obstacle).touch()  # a file where a folder must be
    save(folder / "Part1_ANN" / "x.ipynb", "open('executed', 'w').close()")
    status, printed = call(folder)
    assert status == 1
    assert "build/run cannot be written" in printed and len(printed.splitlines()) == 1
    assert not (folder / "Part1_ANN" / "executed").exists()


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write everywhere")
def test_nothing_is_executed_in_a_read_only_folder(folder):
    save(folder / "Part1_ANN" / "x.ipynb", "print(1)")
    folder.chmod(0o555)
    try:
        status, printed = call(folder)
    finally:
        folder.chmod(0o755)
    assert (status, "build/run cannot be written (Permission denied)" in printed) == (1, True)


@pytest.mark.parametrize("closed", ["x.ipynb", "Part1_ANN"])
def test_nothing_is_executed_if_a_notebook_cannot_be_updated(folder, monkeypatch, capsys, closed):
    monkeypatch.setattr(run, "OUT", folder / "build" / "run")
    monkeypatch.setattr(run, "execute", lambda *_, **__: pytest.fail("executed"))
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path.name != closed and may(path, mode))
    path = save(folder / "Part1_ANN" / "x.ipynb", "1")
    assert run.main([str(path), "--update"]) == 1
    assert capsys.readouterr().err == (
        f"Nothing was executed: {path} cannot be written, so it cannot be updated.\n"
    )


def test_a_disk_that_is_full_is_one_sentence(folder, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device", "x.ipynb")

    monkeypatch.setattr(run, "OUT", folder / "build" / "run")
    monkeypatch.setattr(run, "write", full)
    monkeypatch.setattr(run, "execute", lambda book, *_, **__: run.Run(book))
    assert run.main([str(save(folder / "x.ipynb", "1"))]) == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error and error.count("\n") == 1


def test_without_a_calibration_nothing_is_updated(folder):
    path = save(folder / "Part1_ANN" / "x.ipynb", "1")
    before = path.read_bytes()
    broken = CALIBRATION.replace("return 1.23456", "raise CalibrationError('No Keras here.')")
    (folder / "tools" / "calibrate.py").write_text(broken, encoding="utf-8")
    status, printed = call(folder, "--update")
    assert status == 1
    assert "FAILED Part1_ANN/x.ipynb: No Keras here." in printed.splitlines()
    assert path.read_bytes() == before
    assert call(folder)[0] == 0, "only --update needs it"


# --- Disturbed ------------------------------------------------------------------------------------

# One step of an optimiser from 1, with a rate of 1/2 and the gradient 1: exactly 1/2, undisturbed.
TRAINED = """
import os
os.environ.update({"TF_ENABLE_ONEDNN_OPTS": "0", "KERAS_BACKEND": "tensorflow"})  # as setup() does
import keras
import numpy as np
weight = keras.Variable(1.0)
optimizer = keras.optimizers.SGD(0.5)
optimizer.apply([keras.ops.ones(())], [weight])
"""


@pytest.mark.executes
def test_disturbed(folder):
    """What else is disturbed, and that nothing is without it: see test_disturbance.py."""
    exact = "assert float(weight) == 0.5, 'the last digit'"
    close = "assert abs(float(weight) - 0.5) < 1e-6"
    save(folder / "t" / "1-exact.ipynb", TRAINED, close, exact)
    save(folder / "t" / "2-plain.ipynb", "assert not {'space', 'install'} & globals().keys()\n1")
    (folder / "t" / "3-broken.ipynb").write_text("<html>", encoding="utf-8")
    status, printed = call(folder, "t", module="tools.disturbed")
    assert status == 1
    assert printed.splitlines() == [
        f"t/1-exact.ipynb: does NOT hold: cell [3], `{exact}`: AssertionError: the last digit",
        "t/2-plain.ipynb: holds",
        "t/3-broken.ipynb: does NOT hold: 3-broken.ipynb is not a notebook: "
        "expected JSON with a list of cells (NotJSONError).",
    ]


def test_a_prelude_comes_first_and_leaves_no_trace(tmp_path):
    notebook = code_book("print(x)", "In")
    ticks = []
    done = run.execute(notebook, tmp_path, prelude="x = 'seen'\nprint(x)", tick=ticks.append)
    assert done.failure == ""
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].text == "seen\n"
    assert "'print(x)'" in notebook.cells[1].outputs[0].data["text/plain"]
    assert "seen'" not in notebook.cells[1].outputs[0].data["text/plain"]
    assert ticks == [1, 2]
    done = run.execute(code_book("1"), tmp_path, prelude="raise RuntimeError('no luck')")
    assert done.failure == "before the first cell: RuntimeError: no luck"


# --- The set-up cell ------------------------------------------------------------------------------

SETUP = (ROOT / "tools" / "setup_cell.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", [".", "Part1_ANN", "work/Part1_ANN"])
def test_the_setup_cell_finds_the_course(folder, place):
    (folder / "helpers.py").write_text(
        "def setup(seed):\n    print('seed', seed, __file__)\n", encoding="utf-8"
    )
    (folder / "course.py").touch()
    (folder / place).mkdir(parents=True, exist_ok=True)
    done = run.execute(code_book(SETUP), folder / place)
    assert done.failure == ""
    printed = done.notebook.cells[0].outputs[0].text.strip()
    assert printed.startswith("seed 42 ")
    assert Path(printed.removeprefix("seed 42 ")).samefile(folder / "helpers.py")


def test_the_setup_cell_outside_the_course(tmp_path):
    done = run.execute(code_book(SETUP), tmp_path)
    error = done.failure.partition("FileNotFoundError: ")[2]
    assert error.startswith("This notebook needs the rest of the course")
    assert "`git clone`" in error and "Colab" in error and "python course.py lab" in error
    assert error.count(".") == error.count(".txt") + error.count(".py") + 1, "one sentence"


@pytest.mark.executes
def test_the_setup_cell_for_real_from_a_copy_in_work():
    place = ROOT / "work" / f"test-{os.getpid()}" / "Part1_ANN"
    place.mkdir(parents=True)
    try:
        done = run.execute(code_book(SETUP, "print(helpers.__file__)"), place)
    finally:
        shutil.rmtree(place.parent)
        with contextlib.suppress(OSError):  # the user's own work stays
            (ROOT / "work").rmdir()
    assert done.failure == ""
    assert (
        done.notebook.cells[0]
        .outputs[0]
        .text.startswith("Ready: seed 42, deterministic operations.")
    )
    assert Path(done.notebook.cells[1].outputs[0].text.strip()).samefile(ROOT / "helpers.py")


def code_book(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
