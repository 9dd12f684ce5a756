"""What an experiment must say of itself, and the code on which its table rests."""

import shutil

import nbformat
import pytest

from tests.support import small_experiment as small
from tests.support.small_course import book
from tools.experiments import declare, reach
from tools.experiments.declare import ExperimentError


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder whose experiment is looked at, not run."""
    folder = small.make(tmp_path)
    for module in (declare, reach):
        monkeypatch.setattr(module, "ROOT", folder)
    return folder


def read(folder):
    return declare.read(small.NAME, folder / "experiments")


def test_what_is_declared(course):
    found = read(course)
    assert (found.question, found.seeds, found.draft) == (
        "Is one kind better than the other?",
        5,
        False,
    )
    assert found.settings == ["kind", "size"]
    runs = found.wanted(2)
    assert [seed for _, seed in runs] == [1, 1, 2, 2] and runs[0][0]["kind"] == "a, b"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("other?", "other.", "docstring must ask its question"),
        ("NOTEBOOK = ", "BOOK = ", "needs NOTEBOOK"),
        ("Part1_ANN/a.ipynb", "Part1_ANN/b.ipynb", "no notebook Part1_ANN/b.ipynb"),
        ("SEEDS = 5", "SEEDS = 4", "a number of at least 5"),
        ("SEEDS = 5", "SEEDS = 1\nDRAFT = True", "a number of at least 2"),
        ("SEEDS = 5", "SEEDS = '5'", "a number of at least 5"),
        ("SEEDS = 5", "SEEDS = len(os.listdir())", "needs SEEDS, made of literals"),
        ("SEEDS = 5", "SEEDS = 5\nDRAFT = 'yes'", "DRAFT is True or False"),
        ("run(configuration, seed)", "run(seed)", r"function run\(configuration, seed\)"),
        ("def run(", "def walk(", r"function run\(configuration, seed\)"),
        ('"size": 2}', '"size": 2, "seed": 1}', "no configuration may have the key 'seed'"),
        ('"size": 2}', '"size": [2]}', r"size is \[2\], which is no text"),
        ('"size": 2}', '"size": None}', "size is None, which is no text"),
        ('for kind in ("a, b", "c")', 'for kind in ("a", "a")', "two configurations are the same"),
        ('for kind in ("a, b", "c")', 'for kind in ("a", 3)', "of another type"),
        ('for kind in ("a, b", "c")', 'for kind in ("a", "3")', "must begin with a letter"),
        ('for kind in ("a, b", "c")', "for kind in ()", "with at least one in it"),
        ('[{"kind": kind, "size": 2}', '[{kind[0]: kind, "size": 2}', "are not those of"),
        ('"steps": "how many', '"size": "how many', "size is already the name"),
        ('"steps": "how many there were"', '"steps": ""', "METRICS is a dict that says"),
        ("START = 3", "\n" * 100, "may have 100"),
        ("START = 3", "START = = 3", "is no Python"),
    ],
)
def test_each_wrong_thing_is_said_in_a_sentence(course, old, new, sentence):
    small.change(course, "experiments/tiny.py", old, new)
    with pytest.raises(ExperimentError, match=rf"^experiments/tiny.py: .*{sentence}.*\.$"):
        read(course)


def test_a_draft_may_have_two_seeds(course):
    small.change(course, "experiments/tiny.py", "SEEDS = 5", "SEEDS = 2\nDRAFT = True")
    assert read(course).draft


def test_a_name_that_is_not_there(course):
    with pytest.raises(ExperimentError, match="no experiment nothing; there are: tiny"):
        declare.read("nothing", course / "experiments")
    shutil.copy(course / "experiments/tiny.py", course / "experiments/Tiny-1.py")
    with pytest.raises(ExperimentError, match="its name needs a-z"):
        declare.read("Tiny-1", course / "experiments")


# --- The code on which a table rests --------------------------------------------------------------


def test_what_is_reached(course):
    names = reach.reached(read(course))
    assert {"Part1_ANN/a.ipynb: factor", "Part1_ANN/a.ipynb: WIDE"} <= set(names)
    assert {"experiments.tiny: START", "experiments.tiny: run"} <= set(names)
    assert not [name for name in names if "other" in name or "rest" in name or "load_" in name]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("experiments/tiny.py", "    # Each seed", "    # every seed"),
        ("experiments/tiny.py", '"""Make one run."""', '"""Make a run,\n    a single one."""'),
        (
            "experiments/tiny.py",
            "(configuration, seed):",
            "(configuration: dict, seed: int) -> dict:",
        ),
        ("experiments/tiny.py", "START = 3", "START: int = (3)\nUNUSED = 4"),
        ("experiments/tiny.py", "import os\nimport random", "import random\nimport os"),
        ("experiments/tiny.py", 'CONFIGURATIONS = [{"kind"', 'CONFIGURATIONS = [{"sort"'),
        ("experiments/tiny.py", "SEEDS = 5", "SEEDS = 7"),
        ("helpers.py", "def setup", "def more():\n    return 1\n\n\ndef setup"),
        ("datasets/loaders.py", "[:limit]", "[: limit + 0]"),  # what it returns counts instead
        ("Part1_ANN/a.ipynb", "rest = 7", "rest = 8"),
        ("Part1_ANN/a.ipynb", "return rest * x", "return rest / x"),
        ("Part1_ANN/a.ipynb", "return factor * x", "return (factor   *x)  # twice"),
    ],
)
def test_what_does_not_count(course, name, old, new):
    before = reach.code_hash(read(course))
    small.change(course, name, old, new)
    assert reach.code_hash(read(course)) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("experiments/tiny.py", "+ START", "- START"),
        ("experiments/tiny.py", "START = 3", "START = 3.0"),
        ("experiments/tiny.py", "limit=4", "limit=5"),
        ("experiments/tiny.py", "import random", "from numpy import random"),
        ("experiments/tiny.py", '"TINY_SLEEP", 0', '"TINY_SLEEP", 1'),
        ("Part1_ANN/a.ipynb", "return factor * x", "return factor + x"),
        ("Part1_ANN/a.ipynb", "factor = WIDE", "factor = 5 * WIDE"),
        ("Part1_ANN/a.ipynb", "WIDE = 2", "WIDE = 3"),
    ],
)
def test_what_counts(course, name, old, new):
    before = reach.code_hash(read(course))
    small.change(course, name, old, new)
    assert reach.code_hash(read(course)) != before


def test_helpers_that_are_called_count(course):
    small.change(course, "experiments/tiny.py", "seed}\n", "seed + helpers.more()}\n")
    old = "def setup"
    more = "def more():\n    return deep()\n\n\ndef deep():\n    return 1\n\n\ndef setup"
    small.change(course, "helpers.py", old, more)
    before = reach.code_hash(read(course))
    small.change(course, "helpers.py", "return 1", "return 2")
    assert reach.code_hash(read(course)) != before


def test_a_function_that_the_notebook_does_not_define(course):
    small.change(course, "experiments/tiny.py", "lesson.double(", "lesson.triple(")
    with pytest.raises(ExperimentError, match="Part1_ANN/a.ipynb defines no triple"):
        reach.code_hash(read(course))


def test_a_notebook_that_gained_text_and_cells_is_the_same(course):
    before = reach.code_hash(read(course))
    more = book("# Title", "print('first')", *small.CELLS, "# More", "x = other(3)")
    small.write(course, small.NOTEBOOK, nbformat.writes(more))
    assert reach.code_hash(read(course)) == before
