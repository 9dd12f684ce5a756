"""The stored table: its format, what is noticed when it was changed, what a notebook gets."""

import re

import pandas as pd
import pytest

import helpers
from experiments import table
from experiments.table import KEYS, Table, TableError


@pytest.fixture
def runs():
    """A table with settings, texts and numbers of all kinds."""
    about = {key: f"the {key}" for key in KEYS}
    about |= {"data": "default", "data sets": "bank churn"}
    rows = [
        {"kind": kind, "wide": wide, "seed": str(seed), "score": score, "seconds": "1.5"}
        for kind, wide, score in (('a "b", c', "True", "0.125"), ("d", "False", "1e-05"))
        for seed in range(1, 6)
    ]
    return Table(about, ["kind", "wide"], ["score"], rows)


@pytest.fixture
def path(tmp_path, runs):
    path = tmp_path / "runs.csv"
    path.write_text(runs.text(), encoding="utf-8", newline="")
    return path


def test_what_is_read_is_what_was_written(path, runs):
    assert table.read(path) == runs
    frame = table.read(path).frame()
    assert list(frame) == ["kind", "wide", "seed", "score", "seconds"] and len(frame) == 10
    assert frame["wide"].dtype == bool and frame["seed"].dtype == int
    assert frame.loc[0, "kind"] == 'a "b", c' and frame.loc[9, "score"] == 1e-05
    assert frame.attrs["code"] == "the code"


def test_a_half_written_last_line_is_left_out(path, runs):
    whole = path.read_bytes()
    last = len(whole.splitlines(keepends=True)[-1])
    for cut in range(1, last):
        path.write_bytes(whole[:-cut])
        found = table.read(path)
        assert found.is_half_written and found.rows == runs.rows[:-1], cut
    path.write_bytes(whole[:-last])
    assert not table.read(path).is_half_written


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("d,False,3,1e-05", "d,False,3,2e-05", "line 17"),  # a better score
        ("d,False,5,1e-05,1.5", "d,False,5,1e-05,1.4", "line 19"),  # in the last line
        ("d,False,3,", "d,False,9,", "line 17"),
        ("d,False,1,", "e,False,1,", "line 15"),
        ("# code: the code", "# code: another code", "first lines"),  # no longer stale
        ("# data: default", "# data: own", "first lines"),
        ("# date: the date\n", "", "first lines"),
        ("# code: ", "code: ", "first lines"),
        ("score,seconds", "points,seconds", "line 10"),
        ("wide,seed", "wide,speed", "line of columns"),
    ],
)
def test_what_was_changed_by_hand_is_noticed(path, old, new, place):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(TableError, match=rf"^runs.csv: .*{place}.* stored\.$"):
        table.read(path)


def test_a_line_of_another_table_is_noticed(path, runs):
    runs.about["code"] = "older code"
    older = runs.text().splitlines()[-1]
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:-1], older]) + "\n", encoding="utf-8")
    with pytest.raises(TableError, match="line 19"):
        table.read(path)


@pytest.mark.parametrize("content", ["", "\n", "seed\n", "# experiment: x\n"])
def test_a_file_that_is_no_table(path, content):
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TableError, match=r"^runs.csv: its first lines are not"):
        table.read(path)


# --- In a notebook --------------------------------------------------------------------------------


@pytest.fixture
def folder(path, monkeypatch):
    monkeypatch.setattr(table, "STORED", path.parent)
    monkeypatch.setenv("COURSE_DATA", "default")
    return path.parent


def test_a_notebook_gets_the_runs_and_a_line(folder, capsys):
    found = helpers.experiment("runs")
    assert isinstance(found, pd.DataFrame) and len(found) == 10
    assert capsys.readouterr().out == "runs: 10 runs, 5 of each kind, on the default data\n"


def test_an_incomplete_table_says_so(folder, runs, capsys):
    for rows, words in ((runs.rows[:-1], "4 to 5 of each"), (runs.rows[:1], "1 of each")):
        runs.rows = rows
        (folder / "runs.csv").write_text(runs.text(), encoding="utf-8")
        helpers.experiment("runs")
        printed = capsys.readouterr().out
        assert words in printed and "not complete: python course.py experiments runs" in printed


def test_whoever_has_own_data_is_told_how_to_run_it_on_them(
    folder, tmp_path_factory, monkeypatch, capsys
):
    own = tmp_path_factory.mktemp("own") / "churn" / "Churn_Modelling.csv"
    own.parent.mkdir()
    own.touch()
    monkeypatch.setenv("COURSE_DATA", str(own.parent.parent))
    helpers.experiment("runs")
    assert "python course.py experiments runs --mine" in capsys.readouterr().out


def test_a_name_that_is_not_there(folder):
    with pytest.raises(ValueError, match=re.escape("no experiment 'walks'; expected one of runs.")):
        helpers.experiment("walks")
