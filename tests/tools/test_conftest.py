"""What conftest.py adds to pytest and nbval: comparison, time budgets, real files, warnings."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest

from results import RESULTS_MIME
from tests.support.small_course import ROOT, book, call, make_course, save
from tools import run

pytestmark = pytest.mark.kernel


@pytest.fixture
def folder(tmp_path):
    return make_course(tmp_path)


@pytest.fixture
def tested(folder):
    """The folder with pytest's settings and the readers; call it with arguments of pytest to get
    exit status and output."""
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    (folder / "datasets").mkdir()
    for name in ("__init__.py", "catalogue.py", "formats.py"):
        shutil.copy(ROOT / "datasets" / name, folder / "datasets")
    return lambda *arguments, **variables: call(
        folder, "-p", "no:cacheprovider", "--color=no", *arguments, module="pytest", **variables
    )


def executed(path, *sources, **more):
    """Save a notebook with its outputs, as a notebook of the course is."""
    notebook = book(*sources, **more)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert run.execute(notebook, path.parent, dict(os.environ, COURSE_DATA="default")).failure == ""
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


def test_strict_comparison_and_the_share_that_is_compared(folder, tested):
    (folder / "Part1_ANN").mkdir()
    sources = (
        "import os\nprint(os.environ['COURSE_DATA'], os.environ['MPLBACKEND'])",
        "print(2)",
        "3",
    )
    path = executed(
        folder / "Part1_ANN" / "x.ipynb", *sources, tags=["nbval-ignore-output"], time_budget_s=60
    )
    status, printed = tested("--nbval", "Part1_ANN", COURSE_DATA="somewhere")
    assert status == 0
    assert "Text outputs compared: x.ipynb 2 of 3 (67%). Tests: 4." in printed.splitlines()
    assert "4 passed" in printed.splitlines()[-1]
    path.write_text(
        path.read_text(encoding="utf-8").replace('"2\\n"', '"5\\n"').replace('"3"', '"4"'),
        encoding="utf-8",
    )
    status, printed = tested("--nbval", "Part1_ANN")
    assert status == 1
    assert "1 failed, 3 passed" in printed.splitlines()[-1], (
        "the change in the tagged cell is let pass, the other is not"
    )
    status, printed = tested("--nbval-lax", "Part1_ANN")
    assert status == 0
    assert "x.ipynb 0 of 3 (0%)" in printed


# --- Time budgets ---------------------------------------------------------------------------------

COUNTS = "open('executions', 'a').write('x')"  # a cell that says how often it was executed


@pytest.fixture
def timed(folder, tested, monkeypatch):
    """Call it with a calibration of this computer and the first cell and metadata of a notebook;
    it returns pytest's exit status and output, and how often the notebook was executed."""

    def test(calibration, source="pass", handed_over="", **about):
        save(folder / "t" / "x.ipynb", f"{COUNTS}\n{source}", "1", **about)
        stub = (
            "REFERENCE_S = 1.8\n\nclass CalibrationError(Exception):\n    pass\n\n"
            f"def calibrate():\n    {calibration}\n"
        )
        (folder / "tools" / "calibrate.py").write_text(stub, encoding="utf-8")
        status, printed = tested("--nbval-lax", "t", COURSE_CALIBRATION_S=handed_over)
        executions = folder / "t" / "executions"
        count = len(executions.read_text(encoding="utf-8"))
        executions.unlink()
        return status, printed, count

    monkeypatch.setenv("COURSE_TIME_TOLERANCE", "")
    monkeypatch.delenv("COURSE_TIMES", raising=False)
    return test


def test_a_notebook_within_its_budget_needs_no_calibration(timed):
    status, printed, count = timed("1 / 0", time_budget_s=100)
    assert (status, count) == (0, 1)
    assert "3 passed" in printed.splitlines()[-1]


def test_a_notebook_over_its_budget_twice_fails(timed):
    status, printed, count = timed("return 2.25", time_budget_s=0.2)
    assert (status, count) == (1, 2)
    assert "FAILED t/x.ipynb::time budget" in printed
    assert (
        "executed again with nothing beside it; its budget is 0.2 s, which makes 0.3 s on this "
        "computer (calibration 2.25 s, 1.8 s on the reference computer; tolerance 1.25; on a slow "
        "machine set COURSE_TIME_TOLERANCE to a larger number)." in printed
    )


@pytest.mark.parametrize("handed_over", ["", "4000"])
def test_a_slow_machine_is_excused_without_a_second_run(timed, handed_over):
    calibration = "1 / 0" if handed_over else "return 4000.0"
    status, printed, count = timed(calibration, handed_over=handed_over, time_budget_s=0.2)
    assert (status, count) == (0, 1)
    assert "3 passed" in printed.splitlines()[-1]


def test_a_fast_machine_gets_no_less_than_the_budget(timed):
    assert timed("return 0.001", time_budget_s=100)[::2] == (0, 1)


def test_the_second_run_alone_saves_a_notebook_that_was_disturbed(timed):
    disturbed = (
        "import pathlib, time\n"
        "first = not pathlib.Path('again').exists()\n"
        "pathlib.Path('again').touch()\n"
        "time.sleep(8 if first else 0)"
    )
    status, printed, count = timed("return 1.8", source=disturbed, time_budget_s=6)
    assert (status, count) == (0, 2), printed


def test_the_tolerance_replaces_the_margin_and_must_be_a_number(folder, timed, tested, monkeypatch):
    monkeypatch.setenv("COURSE_TIME_TOLERANCE", "500")
    assert timed("return 4.0", time_budget_s=0.2)[::2] == (0, 1)
    status, printed = tested("--nbval", "t", COURSE_TIME_TOLERANCE="much")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "COURSE_TIME_TOLERANCE must be a positive number such as 1.5, not 'much'" in printed


def test_a_calibration_that_fails_is_told_in_one_sentence(timed):
    status, printed, _ = timed("raise CalibrationError('No luck.')", time_budget_s=0.2)
    assert status == 1
    assert "No luck." in printed


def test_a_notebook_that_fails_is_not_executed_again_and_a_part_of_one_not_timed(
    folder, timed, tested
):
    status, printed, count = timed("return 0.1", source="1 / 0", time_budget_s=0.2)
    assert (status, count) == (1, 1)
    assert "over budget, but not executed again, as a cell failed" in printed
    status, printed = tested("--nbval-lax", "t", "-k", "budget or Cell and 1")
    assert "only 1 of 2 cells were executed" in printed


def test_where_times_are_collected_the_caller_judges_them(folder, timed, monkeypatch):
    monkeypatch.setenv("COURSE_TIMES", str(folder / "times"))
    for about in ({"time_budget_s": 0.2, "calibration_s": 1.0}, {}):
        status, printed, count = timed("1 / 0", **about)
        assert (status, count) == (0, 1), printed
    first, second = map(json.loads, (folder / "times").read_text(encoding="utf-8").splitlines())
    assert Path(first["notebook"]).samefile(folder / "t" / "x.ipynb")
    assert 0.2 < first["seconds"] < 60 and second["seconds"] > 0.2


# --- Everything else ------------------------------------------------------------------------------


def test_the_list_of_fonts_is_there_before_a_kernel_starts(folder, tested):
    look = (
        "import os\n"
        "names = os.listdir(os.environ['MPLCONFIGDIR'])\n"
        "assert any(name.startswith('fontlist') for name in names), names"
    )
    save(folder / "t" / "x.ipynb", look)
    (folder / "settings").mkdir()
    status, printed = tested("--nbval", "t", MPLCONFIGDIR=str(folder / "settings"))
    assert status == 0, printed


def test_output_that_comes_late_is_waited_for(folder, tested):
    notebook = book(
        "import sys, time\n"
        "sys.stdout.flush_timeout = sys.stderr.flush_timeout = 0.1  # do not wait for output\n"
        "get_ipython().kernel.iopub_thread.schedule(lambda: time.sleep(7))\n"
        "display('late')"
    )
    output = nbformat.v4.new_output("display_data", {"text/plain": "'late'"})
    notebook.cells[0].update(outputs=[output], execution_count=1)
    (folder / "t").mkdir()
    (folder / "t" / "x.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    status, printed = tested("--nbval", "t")
    assert status == 0, printed
    assert "x.ipynb 1 of 1 (100%)" in printed


def test_broken_notebooks_and_metadata_do_not_stop_the_others(folder, tested):
    for name, course in (("a", []), ("b", None), ("c", {"time_budget_s": "long", "datasets": 3})):
        notebook = book("1")
        notebook.metadata["course"] = course
        (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    (folder / "d.ipynb").write_text("<html>", encoding="utf-8")
    status, printed = tested("--nbval", "a.ipynb", "b.ipynb", "c.ipynb", "d.ipynb")
    assert status == 1
    assert "d.ipynb is not a notebook: expected JSON with a list of cells" in printed
    assert "3 passed, 3 skipped, 1 error" in printed.splitlines()[-1]
    assert tested("--real", "--nbval-lax", "c.ipynb")[0] == 0


def test_real_files_are_used_where_they_are_and_named_where_not(folder, tested):
    save(
        folder / "Part1_ANN" / "x.ipynb",
        "import os\nassert os.environ['COURSE_DATA'] == 'files', 'not set'",
        datasets=["bank churn", "wine"],
    )
    save(folder / "Part1_ANN" / "y.ipynb", "1 / 0", datasets=["wine"])
    (folder / "files").mkdir()
    status, printed = tested("--real", "--nbval-lax", "Part1_ANN", COURSE_DATA="files")
    assert status == 0
    assert "no real file for bank churn: put it at churn/Churn_Modelling.csv" in printed
    assert "2 skipped" in printed.splitlines()[-1] and "passed" not in printed.splitlines()[-1]
    (folder / "files" / "churn").mkdir()
    (folder / "files" / "churn" / "Churn_Modelling.csv").touch()
    status, printed = tested("--real", "--nbval-lax", "Part1_ANN", COURSE_DATA="files")
    assert (status, "1 passed, 1 skipped" in printed.splitlines()[-1]) == (0, True)
    save(folder / "Part1_ANN" / "x.ipynb", "assert False, 'no luck'", datasets=["bank churn"])
    assert tested("--real", "--nbval-lax", "Part1_ANN", COURSE_DATA="files")[0] == 1
    status, printed = tested("--real", "--nbval-lax", "Part1_ANN", COURSE_DATA="nowhere")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "COURSE_DATA: 'nowhere' is not a folder" in printed


def test_what_is_measured_on_real_files_is_kept_if_that_is_wanted(folder, tested):
    rows = [{"task": "bank churn", "model": "m", "metric": "accuracy", "value": 0.75}]
    show = f"from IPython.display import display\ndisplay({{'{RESULTS_MIME}': {rows}}}, raw=True)"
    save(folder / "Part1_ANN" / "x.ipynb", "x = 1", show, datasets=["bank churn"])
    save(folder / "Part1_ANN" / "y.ipynb", show, "1 / 0", datasets=["bank churn"])
    save(folder / "Part1_ANN" / "z.ipynb", show, datasets=["wine"])
    file = folder / "files" / "churn" / "Churn_Modelling.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"abc")
    stored = folder / "docs" / "results-real.json"
    assert tested("--nbval-lax", "--store", "Part1_ANN")[0] == pytest.ExitCode.USAGE_ERROR
    real = ("--real", "--nbval-lax", "Part1_ANN")
    tested(*real, COURSE_DATA="files")
    assert not stored.exists()
    status, printed = tested(*real, "--store", COURSE_DATA="files")
    assert status == 1, "as y.ipynb fails"
    assert [line for line in printed.splitlines() if "stored" in line] == [
        "Part1_ANN/x.ipynb: stored in docs/results-real.json.",
        "Part1_ANN/y.ipynb: a cell failed or was left out, so nothing is stored.",
        "Part1_ANN/z.ipynb: not executed, so nothing is stored.",
    ]
    (name, entry), *others = json.loads(stored.read_text(encoding="utf-8")).items()
    assert (name, others, entry["rows"]) == ("Part1_ANN/x.ipynb", [], rows)
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", by NIST
    assert entry["files"] == {"bank churn": {"churn/Churn_Modelling.csv": sha}}
    stored.write_text("[]", encoding="utf-8")
    status, printed = tested(*real, "--store", COURSE_DATA="files")
    assert status == pytest.ExitCode.USAGE_ERROR and "results-real.json cannot be read" in printed


def test_real_without_any_notebook_is_no_failure(folder, tested):
    (folder / "Part1_ANN").mkdir()
    assert tested("--real", "--nbval-lax", "Part1_ANN")[0] == 0


def test_our_deprecation_warnings_are_errors_and_those_of_others_are_not(folder, tested):
    warn = (
        "import warnings\ndef old():\n    warnings.warn('old', DeprecationWarning, stacklevel={})\n"
    )
    (folder / "other.py").write_text(warn.format(1), encoding="utf-8")
    (folder / "helpers.py").write_text(
        "import blame\ndef use():\n    blame.old()\n", encoding="utf-8"
    )
    (folder / "blame.py").write_text(warn.format(2), encoding="utf-8")
    tests = (
        "import helpers, other, blame\n"
        "def test_other(): other.old()\n"
        "def test_helpers(): helpers.use()\n"
        "def test_own(): blame.old()\n"
    )
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    status, printed = tested("test_it.py")
    assert status == 1
    assert "2 failed, 1 passed" in printed.splitlines()[-1]
