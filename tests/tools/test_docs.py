"""The generated pages and tables, on a small course in a folder of its own."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from results import RESULTS_MIME
from tools.docs.__main__ import main
from tools.docs.labs import LABS_START, SCORES_START
from tools.docs.lessons import START
from tools.docs.parts import START as PART_START
from tools.docs.tables import END
from tools.lint.looking import headings
from tools.lint.text import links
from tools.notebooks import ROOT, topics

TOPICS = 'Foundations = ["perceptron", "ROC-AUC"]\n"Later on" = ["scaling: a, b/c"]\n'
PAGES = (
    *("README.md", "docs/results.md", "docs/topics.md", "docs/results-real.md"),
    "docs/questions.md",
    *("Part1_ANN/README.md", "Part2_CNN/README.md"),
)
PART = f"# A part\n\n{PART_START}\n{END}\n"
README = f"# Course\n\nBefore.\n\n{START}\nold\n{END}\n\nAfter, with ümlaut.\n"
COURSE = {
    "question": "What is it?",
    "time_budget_s": 90,
    "measured_s": 71.6,
    "datasets": ["bank churn", "wine"],
    "topics": {"perceptron": "A neuron", "ROC-AUC": "Ranks & areas (all)"},
}


def row(
    task="bank churn",
    model="network",
    metric="ROC-AUC",
    value=0.86251,
    low=0.84,
    high=0.88,
    data="simulated",
):
    """Return a row of a results table."""
    return {
        "task": task,
        "model": model,
        "metric": metric,
        "value": value,
        "low": low,
        "high": high,
        "n": 1500,
        "data": data,
    }


ROWS = [
    row(),
    row(model="recipe | old", value=0.85),
    row(metric="seconds", value=12345.67, low=None, high=None),
    row(model="one picture", metric="seconds", value=0.000412, low=None, high=None),
    row("wine", metric="max difference", value=3e-7, low=None, high=None, data="real"),
]


def write_notebook(path, rows=ROWS, **changes):
    """Write a notebook with a results table and the metadata `course`."""
    path.parent.mkdir(exist_ok=True)
    output = new_output("display_data", data={RESULTS_MIME: rows, "text/plain": "x"})
    nbformat.write(
        new_notebook(
            cells=[new_code_cell("x", outputs=[output])], metadata={"course": {**COURSE, **changes}}
        ),
        path,
    )


@pytest.fixture
def course(tmp_path):
    """Return the folder of a course with two notebooks and a README that is out of date."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/topics.toml").write_text(TOPICS, encoding="utf-8")
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    forest = row("wine", "forest", "accuracy", 0.9, 0.85, 0.95, "real")
    write_notebook(
        tmp_path / "Part2_CNN/1-CNN.ipynb",
        [forest],
        topics={"perceptron": "Again"},
        datasets=["wine"],
    )
    write_notebook(tmp_path / "Part1_ANN/2-ANN.ipynb")
    for part in ("Part1_ANN", "Part2_CNN"):
        (tmp_path / part / "README.md").write_text(PART, encoding="utf-8")
    return tmp_path


def read(course, name="README.md"):
    """Read a page of the course."""
    return (course / name).read_text(encoding="utf-8")


def test_the_readme_has_a_row_per_notebook_in_order_and_names_the_other_page(course):
    assert main([], course) == 0
    block = read(course).split(START)[1].split(END)[0]
    assert block.strip().splitlines() == [
        "| notebook | question | headline (interval) | time |",
        "| --- | --- | --- | --- |",
        "| [2-ANN](Part1_ANN/2-ANN.ipynb) | What is it? "
        "| bank churn, network: ROC-AUC **0.863** (0.840 to 0.880) | 72 s |",
        "| [1-CNN](Part2_CNN/1-CNN.ipynb) | What is it? "
        "| wine, forest: accuracy **0.900** (0.850 to 0.950) | 72 s |",
        "",
        "All results of all notebooks: [docs/results.md](docs/results.md).",
    ]


def test_a_headline_without_an_interval_and_a_notebook_without_results(course):
    write_notebook(course / "Part1_ANN/2-ANN.ipynb", [ROWS[-1]])
    write_notebook(course / "Part2_CNN/1-CNN.ipynb", [])
    main([], course)
    first, second = read(course).split("| --- |\n")[1].splitlines()[:2]
    assert "| wine, network: max difference **3.0e-07** | 72 s |" in first
    assert second == "| [1-CNN](Part2_CNN/1-CNN.ipynb) | What is it? |  | 72 s |"


def test_the_marked_row_is_the_headline_and_its_kind_is_shown(course):
    runs = row("wine", "forest", "accuracy", 0.9, 0.85, 0.95, "real") | {"kind": "range of runs"}
    exact = row(low=None, high=None) | {"kind": "exact"}
    write_notebook(course / "Part1_ANN/2-ANN.ipynb", [exact, runs | {"headline": True}])
    main([], course)
    assert "accuracy **0.900** (0.850 to 0.950, range of runs) |" in read(course)
    page = read(course, "docs/results.md")
    assert "| accuracy | 0.900 | 0.850 to 0.950 | range of runs | 1,500 | real |" in page
    assert "| ROC-AUC | 0.863 |  | exact | 1,500 | simulated |" in page


def test_all_results_stand_on_their_page_notebook_by_notebook(course):
    main([], course)
    page = read(course, "docs/results.md")
    assert page.startswith("# Results of the course\n") and page.endswith(" |\n")
    assert [text for level, text in headings(page) if level == 2] == [
        "Part1_ANN/2-ANN",
        "Part2_CNN/1-CNN",
    ]
    lines = page.splitlines()
    start = lines.index("## Part1_ANN/2-ANN")
    assert lines[start + 1 : start + 11] == [
        "",
        "[What is it?](../Part1_ANN/2-ANN.ipynb) Data: bank churn (simulated), wine (real). "
        "Measured time: 72 s of 90 s.",
        "",
        "| task | model | metric | value | interval | kind | n | data |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| bank churn | network | ROC-AUC | 0.863 | 0.840 to 0.880 |  | 1,500 | simulated |",
        r"| bank churn | recipe \| old | ROC-AUC | 0.850 | 0.840 to 0.880 |  | 1,500 | simulated |",
        "| bank churn | network | seconds | 12,345.7 |  |  | 1,500 | simulated |",
        "| bank churn | one picture | seconds | 0.0004 |  |  | 1,500 | simulated |",
        "| wine | network | max difference | 3.0e-07 |  |  | 1,500 | real |",
    ]


def test_links_between_the_pages_lead_somewhere(course):
    main([], course)
    for name in ("README.md", "docs/results.md"):
        for kind, target in links(read(course, name)):
            assert kind == "link" and (course / name).parent.joinpath(target).exists(), target


def test_what_stands_outside_of_the_markers_is_kept(course):
    main([], course)
    assert read(course).startswith(README.split("old")[0]) and read(course).endswith(
        README.split("old")[1]
    )


def test_topics_are_linked_or_not_taught_yet(course):
    main([], course)
    assert read(course, "docs/topics.md").split("\n\n", 2)[2] == (
        "## Foundations\n\n"
        "- perceptron: [2-ANN: A neuron](../Part1_ANN/2-ANN.ipynb#A-neuron) · "
        "[1-CNN: Again](../Part2_CNN/1-CNN.ipynb#Again)\n"
        "- ROC-AUC: [2-ANN: Ranks & areas (all)]"
        "(../Part1_ANN/2-ANN.ipynb#Ranks-%26-areas-%28all%29)\n\n"
        "## Later on\n\n- scaling: a, b/c: not yet\n"
    )


def test_a_second_run_changes_nothing(course, capsys):
    main([], course)
    before = [read(course, name) for name in PAGES]
    capsys.readouterr()
    assert main([], course) == 0
    assert [read(course, name) for name in PAGES] == before
    assert capsys.readouterr().out == ""


def test_check_reports_and_writes_nothing(course, capsys):
    assert main(["--check"], course) == 1
    assert read(course) == README
    assert not (course / "docs/topics.md").exists() and not (course / "docs/results.md").exists()
    assert capsys.readouterr().err.splitlines() == [
        f"{page} is out of date; run: python -m tools.docs" for page in PAGES
    ]


def test_check_is_content_after_writing_and_sees_every_later_change(course):
    main([], course)
    assert main(["--check"], course) == 0
    write_notebook(course / "Part1_ANN/2-ANN.ipynb", measured_s=80)
    assert main(["--check"], course) == 1


def test_line_ends_of_windows_are_not_a_change(course):
    main([], course)
    for page in (course / name for name in PAGES):
        page.write_text(page.read_text(encoding="utf-8"), encoding="utf-8", newline="\r\n")
    assert main(["--check"], course) == 0


@pytest.mark.parametrize("text", ["", "# Course\n", START, f"{END} {START}", README + README])
def test_missing_markers_are_named(course, capsys, text):
    (course / "README.md").write_text(text, encoding="utf-8")
    assert main([], course) == 1
    error = capsys.readouterr().err
    assert "README.md" in error and START in error and error.count("\n") == 1
    assert read(course) == text


def test_a_missing_readme_is_named(course, capsys):
    (course / "README.md").unlink()
    assert main([], course) == 1
    assert "README.md" in capsys.readouterr().err and not (course / "README.md").exists()


def test_an_unknown_topic_is_named(course, capsys):
    write_notebook(course / "Part1_ANN/2-ANN.ipynb", topics={"alchemy": "A neuron"})
    assert main([], course) == 1
    assert capsys.readouterr().err == (
        "Part1_ANN/2-ANN.ipynb: the topic 'alchemy' is not in docs/topics.toml; "
        "spell it as there.\n"
    )
    assert read(course) == README  # nothing is half-written


def test_incomplete_metadata_and_unreadable_notebooks_are_named(course, capsys):
    nbformat.write(
        new_notebook(metadata={"course": {"question": "?"}}), course / "Part1_ANN/2-ANN.ipynb"
    )
    assert main([], course) == 1
    assert capsys.readouterr().err == (
        "Part1_ANN/2-ANN.ipynb: its metadata 'course' lacks datasets, measured_s, time_budget_s, "
        "topics.\n"
    )
    nbformat.write(new_notebook(metadata={"course": None}), course / "Part1_ANN/2-ANN.ipynb")
    assert main([], course) == 1
    assert "its metadata 'course' lacks datasets, " in capsys.readouterr().err
    (course / "Part1_ANN/2-ANN.ipynb").write_text("<html>", encoding="utf-8")
    assert main([], course) == 1
    assert (
        capsys.readouterr().err == "Part1_ANN/2-ANN.ipynb: 2-ANN.ipynb is not a notebook: "
        "expected JSON with a list of cells (NotJSONError).\n"
    )


def test_an_unreadable_lab_is_named(course, capsys):
    (course / "labs/source/lab1").mkdir(parents=True)
    (course / "labs/source/lab1/lab1.ipynb").write_text("[]", encoding="utf-8")
    guide = f"{LABS_START}\n{END}\n{SCORES_START}\n{END}\n"
    (course / "labs/README.md").write_text(guide, encoding="utf-8")
    assert main([], course) == 1
    error = capsys.readouterr().err
    assert error.startswith("labs/source/lab1/lab1.ipynb: ") and error.count("\n") == 1
    assert read(course) == README


@pytest.mark.parametrize("scores", [None, {"lab1": {"empty notebook": 0, "mistakes": {}}}])
def test_a_lab_whose_answers_were_not_measured_is_named(course, capsys, scores):
    (course / "labs/source/lab1").mkdir(parents=True)
    nbformat.write(new_notebook(), course / "labs/source/lab1/lab1.ipynb")
    mistake = '[[mistake]]\ntask = "t"\nwhat = "Forgets it."\nsays = "look again"\n'
    (course / "labs/mistakes").mkdir()
    (course / "labs/mistakes/lab1.toml").write_text(mistake, encoding="utf-8")
    guide = f"{LABS_START}\n{END}\n{SCORES_START}\n{END}\n"
    (course / "labs/README.md").write_text(guide, encoding="utf-8")
    if scores:
        (course / "labs/scores.json").write_text(json.dumps(scores), encoding="utf-8")
    assert main([], course) == 1
    error = capsys.readouterr().err
    assert "labs/scores.json" in error and "python -m tools.labs.scores lab1" in error
    scores = {"lab1": {"empty notebook": 0, "mistakes": {"Forgets it.": 90.0}}}
    (course / "labs/scores.json").write_text(json.dumps(scores), encoding="utf-8")
    assert main([], course) == 0
    page = (course / "labs/README.md").read_text(encoding="utf-8")
    assert "| all | **empty notebook** | 0 |  |\n" in page
    assert "| `t` | Forgets it. | 90 | \u2026look again\u2026 |\n" in page


def test_the_list_of_topics_is_whole():
    groups = topics(ROOT)
    listed = [topic for group in groups.values() for topic in group]
    assert len(listed) == len(set(listed)) >= 154 and len(groups) >= 11  # how many were planned
    assert all(topic == topic.strip() and "\n" not in topic for topic in listed)


def test_every_topic_stands_on_the_page():
    page = (ROOT / "docs/topics.md").read_text(encoding="utf-8")
    assert [text for level, text in headings(page) if level == 2] == list(topics(ROOT))
    assert [
        topic for group in topics(ROOT).values() for topic in group if f"\n- {topic}: " not in page
    ] == []


def test_it_runs_as_a_module():
    """Here only that it starts and understands its options; whether the pages are up to date, the
    tests of the notebooks tell."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.docs", "--nonsense"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 2 and "--check" in done.stderr and "Traceback" not in done.stderr
