"""What is kept of measurements on real files, and the page that is made of it."""

import json

import pytest

from tests.support.small_course import book
from tools import real_results
from tools.docs.real import NOTHING, OLDER, real_results_page
from tools.docs.tables import DocsError


def row(task, metric="accuracy", value=0.5):
    """Return a row of a results table."""
    return {
        **{"task": task, "model": "m", "metric": metric, "value": value},
        **{"low": None, "high": None, "n": 10, "data": "real"},
    }


def test_a_task_that_the_real_files_did_not_change_is_left_out():
    default = [row("wine"), row("wine", "seconds", 1.0), row("churn"), row("churn", "F1", 0.3)]
    rows = [row("wine"), row("wine", "seconds", 9.0), row("churn"), row("churn", "F1", 0.4)]
    assert real_results.only_changed(rows, default) == rows[2:]


def test_comments_formatting_and_the_setup_cell_are_no_change_of_the_code():
    before = real_results.code_hash(book("# Text", "x = [1,2]  # why", "%matplotlib inline"))
    assert before == real_results.code_hash(book("# Other", "x = [1, 2]", "%matplotlib inline"))
    assert before != real_results.code_hash(book("# Text", "x = [1, 3]", "%matplotlib inline"))
    setup = "import helpers\nhelpers.setup()"
    assert before == real_results.code_hash(book(setup, "x = [1, 2]", "%matplotlib inline"))


def test_checksums_are_those_of_the_files_that_are_used(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    (tmp_path / "Mall_Customers").mkdir()  # capitals do not matter
    (tmp_path / "Mall_Customers" / "mall_customers.csv").write_bytes(b"abc")
    found = real_results.checksums(["mall customers", "iris", "bank churn", "unheard of"])
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", by NIST
    assert found == {"mall customers": {"mall_customers/Mall_Customers.csv": sha}}


def test_a_new_measurement_replaces_the_one_before_and_no_other(tmp_path):
    for name, value in (("b", 1), ("a", 2), ("b", 3)):
        entry = {"date": "2030-01-01", "code": "c", "files": {}, "rows": [value]}
        real_results.store(name, entry, tmp_path)
    stored = real_results.load(tmp_path)
    assert {name: entry["rows"] for name, entry in stored.items()} == {"a": [2], "b": [3]}
    assert list(stored) == ["a", "b"]


@pytest.fixture
def books(tmp_path):
    """Return a course of one notebook, as the makers of pages get it."""
    return {tmp_path / "Part1_ANN" / "1-x.ipynb": book("x = 1")}


def keep(root, books, name="Part1_ANN/1-x.ipynb", **changes):
    """Store a measurement of the notebook."""
    (notebook,) = books.values()
    entry = {
        "date": "2030-01-31",
        "code": real_results.code_hash(notebook),
        "files": {"bank churn": {"churn/Churn_Modelling.csv": "ba78"}},
        "rows": [row("bank churn")],
    }
    real_results.store(name, {**entry, **changes}, root)


def test_the_page_says_what_was_measured_on_which_file_and_when(tmp_path, books):
    keep(tmp_path, books)
    assert real_results_page(books, tmp_path).split("\n\n", 3)[3] == (
        "## Part1_ANN/1-x\n\n"
        "[The notebook](../Part1_ANN/1-x.ipynb), measured on 2030-01-31.\n\n"
        "| data | file | sha256 |\n| --- | --- | --- |\n"
        "| [bank churn](../datasets/README.md#bank-churn) | `churn/Churn_Modelling.csv` "
        "| `ba78` |\n\n"
        "| task | model | metric | value | interval | kind | n | data |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| bank churn | m | accuracy | 0.500 |  |  | 10 | real |\n"
    )


def test_the_page_says_that_nothing_was_measured_or_that_the_code_has_changed(tmp_path, books):
    assert real_results_page(books, tmp_path).endswith(f"\n\n{NOTHING}\n")
    keep(tmp_path, books, code="of another day")
    page = real_results_page(books, tmp_path)
    assert NOTHING not in page and f"measured on 2030-01-31. {OLDER}\n" in page


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "docs/results-real.json cannot be read"),
        ("[]", "docs/results-real.json cannot be read"),
        ('{"Part1_ANN/1-x.ipynb": {"rows": []}}', "must have code, date, files, rows."),
    ],
)
def test_a_store_that_holds_something_else_is_named(tmp_path, books, text, says):
    (tmp_path / "docs").mkdir()
    (tmp_path / real_results.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DocsError, match=says):
        real_results_page(books, tmp_path)


def test_results_of_a_notebook_that_is_gone_are_named(tmp_path, books):
    keep(tmp_path, books, name="Part1_ANN/0-gone.ipynb")
    with pytest.raises(DocsError, match="results of Part1_ANN/0-gone.ipynb, which is not there"):
        real_results_page(books, tmp_path)


def test_what_is_stored_is_what_a_machine_wrote():
    """Nobody types results: the file is as `store` writes it."""
    path = real_results.ROOT / real_results.FILE
    stored = real_results.load()
    text = json.dumps(dict(sorted(stored.items())), indent=1, ensure_ascii=False) + "\n"
    assert not path.exists() or path.read_text(encoding="utf-8") == text
