"""One small lesson of the second edition that keeps every rule, for tests that spoil it."""

from nbformat import from_dict
from nbformat.v4 import new_markdown_cell, new_notebook

from results import RESULTS_MIME
from tests.support.notebook_changes import code, number_cells, printed, shown
from tools import questions
from tools.lint import OF_EDITION, RULES
from tools.lint.file import setup_source

SENTENCE = "Customers between 45 and 60 leave most often, as the bars in the middle show."
CURVE = "Both losses fall until epoch 12, and stay level together after it."
ALT = "A neuron adds up its weighted inputs and squashes the sum."
HIDDEN = {"source_hidden": True}
FOLDED = {"source_hidden": True, "outputs_hidden": True}
ROW = {
    "task": "bank churn",
    "model": "network",
    "metric": "ROC-AUC",
    "value": 0.86,
    "low": 0.84,
    "high": 0.88,
    "n": 1500,
    "data": "simulated",
    "kind": "95 %",
    "headline": True,
}
EXACT_ROW = {
    **{key: value for key, value in ROW.items() if key != "headline"},
    **{"metric": "max difference", "value": 1e-6, "low": None, "high": None, "kind": "exact"},
}
TITLE_TEXT = """# A good lesson

**Question.** Is this lesson good?

After it you can:

- build a network,
- train it,
- judge it.

**Data.** bank churn, simulated, licence CC BY 4.0.
"""
PAPERS_TEXT = "## Papers\n\n- Rosenblatt 1958, The perceptron, doi:10.1037/h0042519\n"
SUMMARY_TEXT = """## Summary

The lesson is good: a network of eight hidden units ranks the customers who leave a little better
than logistic regression does, and nothing in it had to be tuned for that.
"""
BUILD = """network = keras.Sequential(
    [
        keras.Input((1,)),
        layers.Dense(8, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ]
)
"""
REPEAT = '''def trained(units):
    """Return a network with so many hidden units, trained as above."""
    keras.utils.set_random_seed(42)
    hidden = layers.Dense(units, activation="relu")
    network = keras.Sequential([keras.Input((1,)), hidden, layers.Dense(1)])
    network.compile(optimizer="adam", loss="mse")
    network.fit(x, y, epochs=20, verbose=0)
    return network
'''
SUMMARY_OUTPUT = (
    "Model: sequential\n┏━━━━━━━━┳━━━━━━━━┓\n┃ Layer  ┃ Params ┃\n┡━━━━━━━━╇━━━━━━━━┩\n"
)
# What the cells are called in tests, and the number of each
CELLS = (
    "title drawing setup imports data load load_check figure network baseline build summary "
    "compile fit curve evaluate predict check prose repeat end table questions exercises"
).split()
CELL = {name: number for number, name in enumerate(CELLS)}
EXERCISE = len(CELLS)  # the first of its three cells: exercise, room for the answer, solution


def question(number, answer):
    """Return a question of *check yourself*."""
    options = [f"option {letter} of {number}" for letter in "abcd"]
    return {
        "question": f"What is {number}?",
        "options": options,
        "answer": answer,
        "why": f"Because {number} is shown above.",
    }


def hidden(source, *tags):
    """Return a code cell that is folded away and prints nothing."""
    cell = code(source, tags=tags)
    cell.metadata["jupyter"] = dict(HIDDEN)
    return cell


def drawn(source, sentence):
    """Return a cell that shows a figure with a sentence under it."""
    image = shown(image__png="aGVsbG8=", text__plain="<Figure size 630x324 with 1 Axes>")
    image.metadata = {"image/png": {"alt": sentence}}
    text = f"*{sentence}*"
    return code(source, image, shown(text__markdown=text, text__plain=text))


def exercise(number):
    """Return the three cells of an exercise."""
    answer = f"With {4 * number} units the ranking stays as good as before."
    said = shown(text__markdown=answer, text__plain=answer)
    solution = code(f'trained({4 * number})\nhelpers.say("{answer}")', said, tags=["solution"])
    solution.metadata["jupyter"] = dict(FOLDED)
    task = f"### Exercise {number}: other sizes\n\nWhat do {4 * number} hidden units change?"
    return [new_markdown_cell(task), code(""), solution]


def caught(change, path):
    """Spoil the good lesson; return what each rule finds that finds something.

    Args:
        change: what is done to the notebook.
        path: where it lies, see the fixture `lesson_path`.
    """
    book = good_lesson()
    change(book)
    return {name: found for name, rule in RULES.items() if (found := rule(book, path))}


def rules_of(*modules):
    """Return the names of the rules of the second edition alone that stand in these modules."""
    return {
        name
        for name, rule in RULES.items()
        if rule.__module__ in modules and OF_EDITION[name] == (2,)
    }


def good_lesson():
    """Return a small notebook of the second edition in which no rule finds a blemish."""
    table = shown(text__html="<table></table>", text__plain="bank churn network ROC-AUC 0.860")
    table.data[RESULTS_MIME] = [ROW, EXACT_ROW]
    loaded = printed("bank churn: simulated data, bank_churn.csv, 10,000 rows\n")
    curves = 'curves = helpers.plot_learning_curves({"network": history.history})'
    cells = [
        new_markdown_cell(TITLE_TEXT),
        new_markdown_cell(f"![{ALT}](../figures/neuron.svg)"),
        hidden(setup_source()),
        code("import keras\nfrom keras import layers\nfrom sklearn.linear_model import Ridge"),
        new_markdown_cell("## The data\n\nOne row is one customer; here only the age counts."),
        code('churn = helpers.load_churn()\nx, y = churn.train[["Age"]], churn.train', loaded),
        hidden("assert len(x) > 5000", "check"),
        drawn(f'helpers.show(\n    x.hist(),\n    "{SENTENCE}",\n)', SENTENCE),
        new_markdown_cell("## A plain network\n\nFirst the baseline, then the network."),
        code("baseline = Ridge().fit(x, y)"),
        code(BUILD.strip()),
        code("network.summary()", printed(SUMMARY_OUTPUT)),
        code('network.compile(optimizer="adam", loss="mse", metrics=["AUC"])'),
        code("history = network.fit(x, y, epochs=20, validation_split=0.2, verbose=0)"),
        drawn(f'{curves}\ncaption = "{CURVE}"\nhelpers.show(curves, caption)', CURVE),
        code(
            "loss, auc = network.evaluate(x, y, verbose=0)\nprint(auc)",
            printed("0.863\n"),
            tags=["nbval-ignore-output"],
        ),
        code("y_pred = network.predict(x, verbose=0)"),
        hidden("assert 0.8 < auc < 0.95\nassert y_pred.shape == (len(x), 1)", "check"),
        new_markdown_cell("The network reaches 0.863, that is 86.3 %."),
        code(REPEAT.strip()),
        new_markdown_cell(SUMMARY_TEXT),
        code("helpers.results_table([baseline])", table),
        new_markdown_cell(""),  # the questions, see below
        new_markdown_cell("## Exercises"),
        *(cell for number in (1, 2, 3, 4) for cell in exercise(number)),
        new_markdown_cell(PAPERS_TEXT),
    ]
    book = number_cells(new_notebook(cells=cells))
    book.metadata = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "course": {
            "part": "Part1_ANN",
            "title": "A good lesson",
            "question": "Is this lesson good?",
            "time_budget_s": 90,
            "measured_s": 71.5,
            "datasets": ["bank churn"],
            "topics": {"ROC-AUC": "The data"},
            "edition": 2,
            "questions": [question(n, answer) for n, answer in enumerate((0, 2, 1, 3, 2), 1)],
        },
    }
    book = from_dict(book)
    book.cells[CELL["questions"]].source = questions.cell_source(book)
    return book
