"""The rules for notebooks, each proven on a notebook that is bad in one way.

All of these are made from one good notebook, which keeps every rule.
"""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from results import RESULTS_MIME
from tests.support.notebook_changes import (
    all_of,
    code,
    course_is,
    each,
    number_cells,
    printed,
    set_in,
    shown,
    tagged,
    text_has,
    without,
)
from tools import notebooks
from tools.lint import HINTS, OF_EDITION, RULES, blemishes
from tools.lint.__main__ import main
from tools.lint.file import setup_source
from tools.lint.looking import asserts, code_cells
from tools.lint.text import anchors, broken_links
from tools.notebooks import ROOT

PATH = ROOT / "Part1_ANN" / "0-good.ipynb"  # never written
SENTENCE = "The mean age of the 100 customers is 38 years; the oldest one is 92."
ROW = {
    "task": "bank churn",
    "model": "network",
    "metric": "ROC-AUC",
    "value": 0.86,
    "low": 0.84,
    "high": 0.88,
    "n": 1500,
    "data": "simulated",
}
# Where the cells of the good notebook are
(
    TITLE,
    SETUP_CELL,
    DATA,
    LOAD,
    FIGURE,
    TRAINING,
    PROSE,
    SUMMARY,
    TABLE,
    EXERCISE,
    ANSWER,
    SOLUTION,
    PAPERS,
) = 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 19
TITLE_TEXT = """# A good notebook

*Is this notebook good?*

After it you can:

- read it,
- check it,
- mend it.

**Data.** bank churn, simulated, licence CC BY 4.0. See [the data](#The-data) \
and [the launcher](../course.py).
"""
PAPERS_TEXT = """## Papers

- Rosenblatt 1958, The perceptron, doi:10.1037/h0042519
- Kingma and Ba 2015, Adam,
  [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
"""


def good_notebook():
    """Return a small notebook in which no check finds a blemish."""
    image = shown(image__png="aGVsbG8=", text__plain="<Figure size 630x324 with 1 Axes>")
    image.metadata = {"image/png": {"alt": SENTENCE}}
    caption = shown(text__markdown=f"*{SENTENCE}*", text__plain=f"*{SENTENCE}*")
    table = shown(text__html="<table></table>", text__plain="bank churn network ROC-AUC 0.860")
    table.data[RESULTS_MIME] = [
        ROW,
        {**ROW, "metric": "max difference", "value": 1e-6, "low": None, "high": None},
    ]
    cells = [
        new_markdown_cell(TITLE_TEXT),
        code(setup_source(), printed("Ready: seed 42, deterministic operations.\n")),
        new_markdown_cell("## The data\n\nWhat there is.\n\n```python\n# this is no heading\n```"),
        code(
            "churn = helpers.load_churn()",
            printed("bank churn: simulated data, bank_churn.csv, 10,000 rows\n"),
        ),
        code("helpers.show(draw(churn), sentence)", image, caption),
        code(
            "fit(churn)\nassert auc > 0.8", printed("ROC-AUC 0.863\n"), tags=["nbval-ignore-output"]
        ),
        new_markdown_cell(
            "The network reaches 0.863, that is 86.3 %, with a learning rate of 0.001."
        ),
        new_markdown_cell("## Summary"),
        code("helpers.results_table(rows)", table),
        new_markdown_cell("## Exercises"),
    ]
    for number in (1, 2, 3):
        solution = code("print('yes')", printed("yes\n"), tags=["solution"])
        solution.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
        cells += [
            new_markdown_cell(f"### Exercise {number}: read it again\n\nIs it good?"),
            code(""),
            solution,
        ]
    cells.append(new_markdown_cell(PAPERS_TEXT))
    book = number_cells(new_notebook(cells=cells))
    book.metadata = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        },
        "course": {
            "part": "Part1_ANN",
            "title": "A good notebook",
            "question": "Is this notebook good?",
            "time_budget_s": 90,
            "measured_s": 71.5,
            "datasets": ["bank churn"],
            "topics": {"ROC-AUC": "The data"},
        },
    }
    return nbformat.from_dict(book)


def output_is(output, cell=LOAD, tag=None):
    """Give a cell one output and perhaps one tag."""

    def change(book):
        book.cells[cell].outputs = [nbformat.from_dict(output)]
        if tag:
            book.cells[cell].metadata.setdefault("tags", []).append(tag)

    return change


def prints(text, cell=LOAD, tag=None):
    """Let a cell print a text."""
    return output_is(printed(text), cell, tag)


def source_is(source, cell=LOAD):
    """Change what stands in a cell."""
    return lambda book: book.cells[cell].update(source=source)


def row_is(**changes):
    """Change the first row of the results table."""
    return lambda book: book.cells[TABLE].outputs[0].data[RESULTS_MIME][0].update(changes)


def picture(alt, caption=SENTENCE):
    """Change the alternative text of the figure and the sentence under it."""

    def change(book):
        image, text = book.cells[FIGURE].outputs
        image.metadata = nbformat.from_dict({"image/png": {"alt": alt}} if alt is not None else {})
        text.data = {"text/plain": caption}

    return change


def add_code(count, source, *outputs):
    """Put further code cells before the summary."""

    def change(book):
        book.cells[SUMMARY:SUMMARY] = [code(source, *outputs) for _ in range(count)]
        number_cells(book)

    return change


ERROR = {
    "output_type": "error",
    "ename": "ValueError",
    "evalue": "bad",
    "traceback": ["ValueError: bad"],
}
OTHER_ROW = {**ROW, "task": "wine", "metric": "accuracy", "data": "real"}
SECONDS_ROW = {**ROW, "metric": "seconds", "value": 3.0, "low": None, "high": None}
LINES = [f"x = {i}" for i in range(70)]
MORE_CELLS = add_code(4, "x = 1")  # so that one long cell is less than one in ten

BAD = [
    *each(
        "valid_format",
        {
            "id missing": lambda b: b.cells[LOAD].pop("id"),
            "id twice": lambda b: b.cells[LOAD].update(id=b.cells[DATA].id),
            "format 4.4": lambda b: b.update(nbformat_minor=4),
            "unknown key": set_in(LOAD, remark="hello"),
        },
    ),
    *each("size", {"long output": prints("x" * 1_600_000)}),
    *each(
        "nothing_personal_in_metadata",
        {
            "kernel": set_in(None, kernelspec={"name": "deep", "display_name": "Python 3"}),
            "no kernel": lambda b: b.metadata.pop("kernelspec"),
            "environment's name": set_in(
                None, kernelspec={"name": "python3", "display_name": ".venv (3.12)"}
            ),
            "editor": set_in(None, vscode={"interpreter": {"hash": "31f2"}}),
            "path": set_in(None, language_info={"name": "python", "file": "/home/someone/x.py"}),
            "times of execution": set_in(
                LOAD, metadata={"execution": {"iopub.execute_input": "2024-01-01T00:00:00Z"}}
            ),
        },
    ),
    *each(
        "known_tags",
        {
            "misspelt": set_in(LOAD, metadata={"tags": ["nbval_ignore_output"]}),
            "skipped by nbval": lambda b: b.cells[SOLUTION].metadata.tags.append("nbval-skip"),
            "comment": source_is("# NBVAL_IGNORE_OUTPUT\nload()"),
        },
    ),
    *each(
        "setup_cell",
        {
            "other seed": text_has(SETUP_CELL, "seed=42", "seed=43"),
            "not first": all_of(
                lambda b: b.cells.insert(SETUP_CELL, code("import os")), number_cells
            ),
        },
    ),
    *each(
        "execution_order",
        {
            "never executed": set_in(LOAD, execution_count=None),
            "gap": set_in(LOAD, execution_count=12),
            "not from 1": lambda b: [
                c.update(execution_count=c.execution_count + 1) for _, c in code_cells(b)
            ],
            "empty cell executed": set_in(ANSWER, execution_count=5),
        },
    ),
    *each(
        "no_errors",
        {"error": output_is(ERROR, SOLUTION), "stderr": output_is(printed("hello", "stderr"))},
    ),
    *each(
        "nothing_of_the_machine",
        {
            "home": prints("read /home/someone/data.csv"),
            "mac": prints("read /Users/someone/data.csv"),
            "temporary": prints("saved in /tmp/model.keras"),
            "relative": prints("../work/model.keras"),
            "Windows": prints(r"C:\Users\someone\data.csv"),
            "Windows, quoted": prints(r"'D:\\data\\bank_churn.csv'"),
            "environment": prints("lib/python3.12/site-packages/keras"),
            "address": prints("<keras.Model object at 0x7f3a>"),
            "only in HTML": output_is(shown(text__html="<b>/root/x</b>", text__plain="x")),
            "quotes-data does not help": prints("/home/x/y", tag="quotes-data"),
            "traceback": output_is(
                {**ERROR, "traceback": ["File \x1b[32m/home/someone/x.py\x1b[0m"]},
                tag="raises-exception",
            ),
        },
    ),
    *each(
        "no_progress",
        {
            "Keras": prints("28/28 - 0s - 5ms/step - loss: 0.4"),
            "with blank": prints("1.5 ms/step"),
            "ETA": prints("ETA: 10s"),
            "tqdm": prints("60%| 3/5 [00:01<00:00, 2.1it/s]"),
            "epochs": prints("Epoch 1/20"),
            "bar": prints("━━━━━━"),
            "timeit": prints("32 per loop"),
            "elapsed": prints("trained in 3.2 s"),
            "took": prints("It took 14 seconds."),
            "progress in a tagged cell": prints("5ms/step", cell=TRAINING),
            "widget": output_is(
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "bar"},
                }
            ),
        },
    ),
    *each(
        "no_leftovers",
        {
            "warning": prints("FutureWarning: soon"),
            "deprecated": prints("x is deprecated"),
            "nan": prints("loss nan"),
            "NaN in a table": output_is(shown(text__html="<td>NaN</td>", text__plain="a table")),
            "NA": prints("0 <NA>"),
            "braces": prints("ROC-AUC {auc:.3f}"),
            "braces with an attribute": prints("{model.name}"),
        },
    ),
    *each(
        "compared_share",
        {
            "four of eight": all_of(
                *(
                    tagged(cell, "nbval-ignore-output", "assert x > 0")
                    for cell in (LOAD, FIGURE, TABLE)
                )
            )
        },
    ),
    *each(
        "ignored_outputs_assert",
        {
            what: all_of(source_is(source, TRAINING), source_is("Words.", PROSE))
            for what, source in {
                "none": "fit()",
                "true": "assert True, 'fine'",
                "constants": "assert 1 < 2",
                "tuple": "assert (auc > 0.8, 'too low')",
                "only in a function": "def f(x):\n    assert x > 0",
            }.items()
        },
    ),
    *each(
        "heading_levels",
        {
            "second title": source_is("# Again", PROSE),
            "skipped": source_is("#### Deep", PROSE),
            "words before": lambda b: b.cells.insert(0, new_markdown_cell("Welcome.")),
        },
    ),
    *each(
        "opening",
        {
            "question": text_has(TITLE, "good?", "fine?"),
            "two objectives": text_has(TITLE, "- mend it.", ""),
            "seven objectives": text_has(TITLE, "- mend it.", "- a\n- b\n- c\n- d\n- e"),
            "data": text_has(TITLE, "bank churn", "bank"),
            "kind": text_has(TITLE, "simulated", ""),
            "licence": text_has(TITLE, ", licence CC BY 4.0", ""),
        },
    ),
    *each(
        "sections",
        {
            "order": lambda b: b.cells.insert(SUMMARY, b.cells.pop(PAPERS)),
            "one more": lambda b: b.cells.append(new_markdown_cell("## More")),
        },
    ),
    *each(
        "exercises",
        {
            "two": without(*range(PAPERS - 3, PAPERS)),
            "number": text_has(EXERCISE, "Exercise 1", "Exercise 7"),
            "no answer cell": without(ANSWER),
            "answered": all_of(source_is("x = 1", ANSWER), number_cells),
            "no solution": without(SOLUTION),
            "no tag": lambda b: b.cells[SOLUTION].metadata.pop("tags"),
            "open": lambda b: b.cells[SOLUTION].metadata.pop("jupyter"),
            "half open": lambda b: b.cells[SOLUTION].metadata.jupyter.update(outputs_hidden=False),
            "two in one cell": all_of(
                text_has(EXERCISE, "Is it good?", "### Exercise 2"),
                without(*range(EXERCISE + 3, EXERCISE + 6)),
            ),
        },
    ),
    *each(
        "papers",
        {
            "no id": text_has(PAPERS, "doi:10.1037/h0042519", "in a library"),
            "bad DOI": text_has(PAPERS, "doi:10.1037/", "doi:10."),
            "bad arXiv id": source_is("## Papers\n\n- arXiv:1412.698", PAPERS),
            "no list": source_is("## Papers\n\ndoi:10.1037/h0042519", PAPERS),
        },
    ),
    *each(
        "figures",
        {
            "none": picture(None),
            "alt text": picture("alt text", "alt text"),
            "short": picture("The mean is 38.", "The mean is 38."),
            "not shown": picture(SENTENCE, "Something else."),
            "image in prose": source_is('<img src="../course.py">', PROSE),
            "SVG": output_is(
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"image/svg+xml": "<svg/>", "text/plain": "a drawing"},
                }
            ),
        },
    ),
    *each(
        "measured_numbers",
        {
            "fraction": text_has(DATA, "What there is", "It reaches 0.863"),
            "percentage": text_has(DATA, "What there is", "It reaches 86.3 %"),
            "assert gone": set_in(TRAINING, source="fit()", metadata={}),
        },
    ),
    *each(
        "internal_links",
        {
            "file": text_has(TITLE, "../course.py", "../curse.py"),
            "own heading": text_has(TITLE, "#The-data", "#The-date"),
            "GitHub's spelling": text_has(TITLE, "#The-data", "#the-data"),
            "absolute": text_has(TITLE, "../course.py", "/etc/hosts"),
            "out of the course": text_has(TITLE, "../course.py", "../../elsewhere.md"),
            "HTML": text_has(TITLE, "read it,", '<a href="gone.md">read</a> it,'),
            "image": text_has(TITLE, "read it,", "![what can be seen](gone.png)"),
        },
    ),
    *each(
        "course_metadata",
        {
            "none": lambda b: b.metadata.pop("course"),
            **{
                f"no {key}": course_is(**{key: None})
                for key in (
                    "part",
                    "title",
                    "question",
                    "time_budget_s",
                    "measured_s",
                    "datasets",
                    "topics",
                )
            },
            "type": course_is(time_budget_s="90"),
            "unknown key": course_is(author="x"),
            "calibration of another type": course_is(calibration_s="1.2"),
            "calibration of nothing": course_is(calibration_s=0),
            "other part": course_is(part="Part2_CNN"),
            "other title": course_is(title="A fine notebook"),
            "no question": all_of(
                course_is(question="A list"), text_has(TITLE, "*Is this notebook good?*", "A list.")
            ),
            "unknown data set": all_of(
                course_is(datasets=["bank churn", "moon rocks"]),
                text_has(TITLE, "bank churn", "bank churn, moon rocks"),
            ),
        },
    ),
    *each(
        "time_budget",
        {
            "too slow": course_is(measured_s=90.1),
            "too slow on a fast computer": course_is(measured_s=60, calibration_s=1.0),
        },
    ),
    *each(
        "course_topics",
        {
            "unknown": course_is(topics={"alchemy": "The data"}),
            "no such heading": course_is(topics={"ROC-AUC": "The date"}),
            "heading twice": source_is("## The data", PROSE),
        },
    ),
    *each(
        "results_table",
        {
            "none": lambda b: b.cells[TABLE].outputs[0].data.pop(RESULTS_MIME),
            "two": lambda b: b.cells[TABLE].outputs.append(deepcopy(b.cells[TABLE].outputs[0])),
            "no rows": lambda b: b.cells[TABLE].outputs[0].data[RESULTS_MIME].clear(),
            "elsewhere": lambda b: (
                b.cells[LOAD].update(outputs=b.cells[TABLE].outputs)
                or b.cells[TABLE].update(outputs=[])
            ),
            "key": row_is(seed=1),
            "metric": row_is(metric="AUC"),
            "data set": row_is(task="moon rocks"),
            "data set inside a word": row_is(task="bank churning"),
            "not the default": row_is(data="real"),
            "n": row_is(n=0),
            "outside": row_is(value=0.9),
            "half an interval": row_is(low=None),
            "NaN": row_is(value=float("nan")),
            "text": row_is(value="0.86"),
            "percent": row_is(value=86, low=84, high=88),
            "headline without interval": row_is(low=None, high=None),
            "twice": lambda b: b.cells[TABLE].outputs[0].data[RESULTS_MIME].append(ROW),
            "times compared": lambda b: (
                b.cells[TABLE].outputs[0].data[RESULTS_MIME].append(SECONDS_ROW)
            ),
        },
    ),
    *each(
        "cell_lengths",
        {
            "one of 41": all_of(MORE_CELLS, source_is("\n\n".join(LINES[:41]))),
            "class of 61": all_of(
                MORE_CELLS,
                source_is("class A:\n" + "\n".join("    " + line for line in LINES[:60])),
            ),
            "median": add_code(9, "\n".join(LINES[:7])),
            "ninth": add_code(2, "\n".join(LINES[:19])),
        },
    ),
    *each(
        "idiom",
        {
            "magic": source_is("%matplotlib inline"),
            "timing magic": source_is("%%time\nfit()"),
            "shell": source_is("!pip install keras"),
            "input_shape": source_is("Dense(3, input_shape=(4,))"),
            "input_dim": source_is("layers.Dense(3, input_dim=4)"),
            "lr": source_is("keras.optimizers.Adam(lr=0.1)"),
            "h5": source_is("model.save('model.h5')"),
            "fit": source_is("model.fit(x, y, epochs=3)"),
            "fit, loud": source_is("model.fit(x, y, epochs=3, verbose=2)"),
            "generator": source_is("model.fit_generator(g)"),
            "network": source_is("import urllib.request"),
            "from network": source_is("from requests import get"),
            "address": source_is("pd.read_csv('https://example.org/x.csv')"),
            "download": source_is("from sklearn import datasets\ndatasets.fetch_openml('mnist')"),
            "Keras data": source_is("keras.datasets.mnist.load_data()"),
            "Keras data, imported": source_is("from keras.datasets import mnist"),
            "pip": source_is("run([sys.executable, '-m', 'pip', 'install', 'keras'])"),
            "path": source_is("pd.read_csv('/home/someone/x.csv')"),
            "tensorflow without need": source_is("import tensorflow as tf"),
        },
    ),
]


@pytest.mark.parametrize("name", RULES)
def test_the_good_notebook_passes(name):
    assert RULES[name](good_notebook(), PATH) == []


@pytest.mark.parametrize(("name", "change"), BAD)
def test_a_bad_notebook_is_caught_by_its_check_and_no_other(name, change):
    book = good_notebook()
    change(book)
    caught = {
        check: blemishes for check, function in RULES.items() if (blemishes := function(book, PATH))
    }
    assert set(caught) == {name}, caught
    assert all(len(sentence) > 20 and "\n" not in sentence for sentence in caught[name])


def test_every_check_has_a_bad_notebook():
    """Those of the second edition alone have theirs in tests of their own."""
    assert {case.values[0] for case in BAD} == {n for n in RULES if 1 in OF_EDITION[n]}


# What looks like a blemish, but is none
GOOD = {
    "calibration": course_is(calibration_s=2.34),
    "tag for times": prints("trained in 3.2 s", TRAINING),
    "quoted NaN": prints("loss nan, {name}, Warning", tag="quotes-data"),
    "announced error": output_is(ERROR, SOLUTION + 3, tag="raises-exception"),
    "class of 60": all_of(
        MORE_CELLS, source_is("class A:\n" + "\n".join("    " + line for line in LINES[:59]))
    ),
    "cell of 40": all_of(MORE_CELLS, source_is("\n\n".join(LINES[:40]))),
    "Embedding": source_is("layers.Embedding(input_dim=100, output_dim=8)"),
    "pre-trained": source_is(
        "keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None)"
    ),
    "scikit-learn's fit": source_is("forest.fit(x, y)"),
    "options of fit": source_is("model.fit(x, y, **options)"),
    "own lr": source_is("train(lr=0.1)"),
    "gradient": source_is("import tensorflow as tf\nwith tf.GradientTape() as tape: pass"),
    "style sheet": output_is(
        shown(text__html="<style>td {color: red; } {a}</style><td>1</td>", text__plain="1")
    ),
    "formula, code, setting": lambda b: b.cells.insert(
        DATA, new_markdown_cell("$0.863 x_i$, `0.863`, 0.001, 95 %, version 2.13.1")
    ),
    "words with paths": prints("input/output, 3/4, and/or, 1 at 0"),
    "one task more": lambda b: b.cells[TABLE].outputs[0].data[RESULTS_MIME].append(OTHER_ROW),
    "old arXiv id": source_is("## Papers\n\n1. arXiv:cs/0112017", PAPERS),
    "two cells of text in an exercise": lambda b: b.cells.insert(
        ANSWER, new_markdown_cell("A hint.")
    ),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
def test_nothing_is_caught_where_nothing_is_wrong(change):
    book = good_notebook()
    change(book)
    assert {
        check: blemishes for check, function in RULES.items() if (blemishes := function(book, PATH))
    } == {}


# --- Notebooks that are odd, and the command ------------------------------------------------------

ODD = {
    "course is a list": set_in(None, course=[1]),
    "course is a text": set_in(None, course="Part1_ANN"),
    "course is null": set_in(None, course=None),
    "names of data sets are lists": course_is(datasets=[["bank churn"], 3]),
    "headings are numbers": course_is(topics={"ROC-AUC": 3}),
    "rows are a number": lambda b: b.cells[TABLE].outputs[0].data.update({RESULTS_MIME: 3}),
    "rows are numbers": lambda b: b.cells[TABLE].outputs[0].data.update({RESULTS_MIME: [3]}),
    "a row's names are numbers": row_is(task=1, model=2, metric=3),
    "a row's names are lists": row_is(task=["a"], model=[], metric=["b"]),
    "alternative text is a number": lambda b: (
        b.cells[FIGURE].outputs[0].metadata.update({"image/png": {"alt": 7}})
    ),
    "about an image is a text": lambda b: (
        b.cells[FIGURE].outputs[0].metadata.update({"image/png": "x"})
    ),
    "no kernel's name": set_in(None, kernelspec={}),
    "a NUL in the code": source_is("x = 1\x00"),
    "no cells": lambda b: b.update(cells=[]),
    "a link with a bad escape": source_is("[x](%zz%00.md)", PROSE),
    "a link to a folder's heading": source_is("[x](../datasets#top)", PROSE),
    "a link to a picture's heading": source_is("[x](../datasets/bank_churn.csv#top)", PROSE),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_notebooks_get_sentences_and_no_traceback(change):
    book = good_notebook()
    change(book)
    found = blemishes(book, PATH)
    assert found and all(rule in RULES and sentence.endswith(".") for rule, sentence in found)


def test_of_an_invalid_notebook_only_that_is_said():
    book = good_notebook()
    book.cells[LOAD].outputs = 3
    assert [rule for rule, _ in blemishes(book, PATH)] == ["valid_format"]


def test_blemishes_come_cell_by_cell():
    book = good_notebook()
    all_of(
        prints("loss nan", SOLUTION),
        prints("5ms/step", LOAD),
        course_is(measured_s=99),
        set_in(DATA, metadata={"tags": ["x"]}),
    )(book)
    assert [sentence.split(":")[0] for _, sentence in blemishes(book, PATH)] == [
        "It takes 99.0 s; its budget is 90 s.",
        f"Cell {DATA} has the unknown tag 'x'.",
        f"Cell {LOAD} prints a progress bar",
        f"Cell {SOLUTION} prints NaN",
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose name is that of a part, as a rule compares them."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "Part1_ANN"
    folder.mkdir()
    return folder


def put(path, change=lambda book: None):
    """Write the good notebook, with a change; its links cannot be right outside of the course."""
    book = good_notebook()
    text_has(TITLE, "and [the launcher](../course.py)", "")(book)
    change(book)
    notebooks.write(path, book)


def test_the_command_prints_a_line_a_blemish(folder, capsys):
    put(folder / "1-good.ipynb")
    put(folder / "2-bad.ipynb", all_of(prints("loss nan"), course_is(measured_s=99)))
    (folder / "3-broken.ipynb").write_text("<html>", encoding="utf-8")
    assert main(["Part1_ANN"]) == 1
    found, table, count = capsys.readouterr().out.split("\n\n")
    assert found.splitlines() == [
        f"{folder}/2-bad.ipynb: It takes 99.0 s; its budget is 90 s. (time_budget)",
        f"{folder}/2-bad.ipynb: Cell {LOAD} prints NaN: nan (no_leftovers)",
        f"{folder}/3-broken.ipynb: 3-broken.ipynb is not a notebook: "
        "expected JSON with a list of cells (NotJSONError). (readable)",
    ]
    assert [line.split() for line in table.splitlines()] == [
        "notebook edition cells words Markdown ignored errors warnings".split(),
        [f"{folder}/1-good.ipynb", *"1 9 76 45% 12% 0 0".split()],
        [f"{folder}/2-bad.ipynb", *"1 9 76 45% 12% 2 0".split()],
        [f"{folder}/3-broken.ipynb", "1", "0"],
    ]
    assert len({len(line) for line in table.splitlines()}) == 1  # columns
    assert count == "3 notebooks, 3 blemishes, no warnings.\n"
    assert main(["Part1_ANN/1-good.ipynb"]) == 0
    assert capsys.readouterr().out.endswith("\n1 notebook, no blemishes, no warnings.\n")


def test_warnings_are_printed_apart_and_stop_nobody(folder, capsys):
    put(
        folder / "1-good.ipynb",
        all_of(text_has(DATA, "What there is", "The test part"), course_is(edition=2)),
    )
    assert main(["Part1_ANN"]) == 1, "it is a notebook of the first edition"
    before, after = capsys.readouterr().out.split("\nWarnings, which stop nobody:\n")
    assert "(sections)" not in before and "(parts)" in before and "(terms)" not in before
    sentence = f"Cell {DATA}: 'test part': better test set. (terms)"
    assert f"{folder}/1-good.ipynb: {sentence}" in after.splitlines()


def test_the_rules_are_printed_as_a_table(capsys):
    assert main(["--rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["| rule | edition | what holds |", "| --- | --- | --- |"]
    assert [line.split("`")[1] for line in lines[2:]] == [*RULES, *HINTS]
    assert "| `size` | 1 and 2 | At most 1.5 MB. |" in lines
    assert "| `terms` | 2, a hint | The text uses the field's own terms. |" in lines


@pytest.mark.parametrize(
    ("path", "words"), [("gone.ipynb", "There is no file"), (".", "No notebook found")]
)
def test_the_command_refuses_wrong_paths_in_one_sentence(path, words, folder, capsys):
    assert main([path]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


# --- What the rules look with ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "assert x > 0",
        "for v in w:\n    assert v",
        "np.testing.assert_allclose(a, b)",
        "assert max(1, 2) == 2",
    ],
)
def test_an_assert_that_can_fail_counts(source):
    assert asserts(source)


def test_anchors_of_a_markdown_file_are_spelled_as_on_github(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "# What's `new`?\n\n## A, b\n\n## A b\n\n```\n# no heading\n```\n", encoding="utf-8"
    )
    assert anchors(page) == {"whats-new", "a-b", "a-b-1"}


LINKS = {
    "helpers.py": False,
    "https://example.org/x#y": False,
    "#top": False,
    "gone.md": True,
    "#end": True,
    "helpers.py#end": True,
    "/etc/x": True,
}


@pytest.mark.parametrize(("link", "broken"), LINKS.items())
def test_links_of_a_markdown_file(link, broken):
    assert bool(broken_links(f"[text]({link})", ROOT / "README.md", {"top"})) == broken
