"""Places are searched in order, files found as people spell them, and the cards are true."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets import catalogue
from datasets.catalogue import DATASETS, find, locate
from datasets.formats import DataError
from datasets.readers import READERS, read_churn
from tests.support.data_files import ROOT, refused

CARDS = (ROOT / "datasets" / "README.md").read_text(encoding="utf-8")


# --- Places -------------------------------------------------------------------------------------


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A course folder without files, and COURSE_DATA not set."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path / "course")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    (tmp_path / "course" / "datasets").mkdir(parents=True)
    return tmp_path


def put(*parts):
    path = Path(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_places_are_searched_in_order(places, monkeypatch):
    default = places / "course" / "datasets" / "bank_churn.csv", "simulated"
    assert locate("bank churn") == default
    second = put(places, "course", "datasets", "real", "churn", "Churn_Modelling.csv")
    assert locate("bank churn") == (second, "real")
    (places / "data").mkdir()
    monkeypatch.setenv("COURSE_DATA", str(places / "data"))
    assert locate("bank churn") == (second, "real")  # nothing in COURSE_DATA
    first = put(places, "data", "churn", "Churn_Modelling.csv")
    assert locate("bank churn") == (first, "real")
    for word in ("default", "Default", " default "):
        monkeypatch.setenv("COURSE_DATA", word)
        assert locate("bank churn") == default
    for nothing in ("", "  ", '""'):
        monkeypatch.setenv("COURSE_DATA", nothing)
        assert locate("bank churn") == (second, "real")


def test_packaged_sets_have_no_path_and_mnist_a_folder(places):
    assert locate("wine") == locate("MNIST") == (None, "real")
    file = put(places, "course", "datasets", "real", "mnist", "t10k-labels-idx1-ubyte.gz")
    assert locate("MNIST") == (file.parent, "real")


def test_ways_to_write_course_data(places, monkeypatch):
    file = put(places, "course", "mine", "churn", "Churn_Modelling.csv")
    monkeypatch.setenv("HOME", str(places / "course"))
    monkeypatch.setenv("USERPROFILE", str(places / "course"))
    for given in ("mine", "mine/", f'"{file.parent.parent}"', os.path.join("~", "mine")):
        monkeypatch.setenv("COURSE_DATA", given)
        path, source = locate("bank churn")
        assert path.samefile(file) and source == "real", given


@pytest.mark.parametrize("given", ["nowhere", "a_file", "~nobody_of_this_name/x"])
def test_course_data_must_be_a_folder(given, places, monkeypatch):
    put(places, "course", "a_file")
    monkeypatch.setenv("COURSE_DATA", given)
    with pytest.raises(DataError) as caught:
        locate("bank churn")
    assert str(caught.value).startswith(
        f"COURSE_DATA: '{given}' is not a folder; expected "
    ) and str(caught.value).endswith(".")


def test_what_stands_in_the_place_is_never_passed_over(places):
    path = places / "course" / "datasets" / "real" / "churn" / "Churn_Modelling.csv"
    path.mkdir(parents=True)
    assert locate("bank churn") == (path, "real")
    refused(read_churn, path, "this is a folder")
    path.rmdir()
    try:
        path.symlink_to(places / "nowhere")
    except OSError:
        return  # Windows allows links only to some users
    assert locate("bank churn") == (path, "real")
    refused(read_churn, path, "no such file")


def test_a_place_that_may_not_be_looked_at_is_not_passed_over(monkeypatch):
    def forbidden(path):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "lstat", forbidden)
        there = catalogue.is_there(Path("x"))
    assert there and not catalogue.is_there(Path("x"))


def test_import_is_light():
    heavy = {"sklearn", "mlxtend", "scipy", "matplotlib", "tensorflow"}
    code = (
        f"import sys; from datasets import loaders; sys.exit(', '.join({heavy} & set(sys.modules)))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
        ).stderr.strip()
        == ""
    )


def test_real_data_without_a_default(places):
    assert locate("blood cells") == (None, "real")
    file = put(places, "course", "datasets", "real", "bccd", "BCCD.zip")
    assert locate("blood cells") == (file, "real")


def test_a_default_drawn_on_the_fly_has_no_path(places):
    assert locate("translation") == (None, "simulated")
    file = put(places, "course", "datasets", "real", "translation", "fra-eng.zip")
    assert locate("translation") == (file, "real")


SPELLED = {
    "churn/Churn_Modelling.csv": ["churn/churn_modelling.csv", "Churn/CHURN_MODELLING.CSV"],
    "names_by_nationality/Arabic.txt": [
        "names_by_nationality/arabic.txt",
        "Names_By_Nationality/ARABIC.TXT",
    ],
    "bccd/BCCD.zip": ["BCCD/bccd.zip", "bccd/BCCD.ZIP"],
    "mnist/train-images-idx3-ubyte.gz": [
        "mnist/train-images-idx3-ubyte",
        "mnist/train-images.idx3-ubyte",
        "mnist/train-images.idx3-ubyte.gz",
        "MNIST/Train-Images-IDX3-ubyte",
    ],
}


@pytest.mark.parametrize("file", SPELLED)
def test_files_are_found_as_people_spell_them(file, tmp_path):
    assert find(tmp_path, file) == tmp_path / file
    for k, spelling in enumerate(SPELLED[file]):
        folder = tmp_path / str(k)
        path = put(folder, *spelling.split("/"))
        assert find(folder, file) == path
    exact = put(folder, *file.split("/"))
    assert find(folder, file) == exact


@pytest.mark.parametrize(
    "spelling", ["churn/Churn_Modelling (1).csv", "churn/churn.csv", "Churn_Modelling.csv"]
)
def test_other_names_are_not_taken_for_the_file(spelling, tmp_path):
    put(tmp_path, *spelling.split("/"))
    assert find(tmp_path, "churn/Churn_Modelling.csv") == tmp_path / "churn" / "Churn_Modelling.csv"


def test_two_spellings_are_refused(tmp_path):
    paths = [
        put(tmp_path, "churn", name) for name in ("churn_modelling.csv", "CHURN_MODELLING.csv")
    ]
    if paths[0].samefile(paths[1]):
        return  # a file system that does not tell them apart
    with pytest.raises(
        DataError, match=r"^churn/Churn_Modelling.csv: CHURN_.* are there; expected"
    ):
        find(tmp_path, "churn/Churn_Modelling.csv")


def test_a_set_in_other_capitals_is_used(places, monkeypatch):
    file = put(places, "course", "datasets", "real", "MNIST", "t10k-labels.idx1-ubyte")
    assert locate("MNIST") == (file.parent, "real")
    file = put(places, "course", "datasets", "real", "Churn", "churn_modelling.CSV")
    assert locate("bank churn") == (file, "real")


def test_every_file_of_the_catalogue_has_a_reader():
    files = [file for d in DATASETS.values() for file in (*d.default_files, *d.real)]
    assert sorted(READERS) == sorted(files)


def test_unknown_name():
    with pytest.raises(
        DataError, match="^churn: there is no such data set; expected one of bank churn, "
    ):
        locate("churn")


# --- Cards --------------------------------------------------------------------------------------


def card(name):
    return re.search(rf"(?ms)^## {re.escape(name)}$(.*?)(?=^## |\Z)", CARDS).group(1)


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_has_a_card(name):
    found, dataset = card(name), DATASETS[name]
    assert (
        "Licence: " in found
        and "**Best known score.**" in found
        and "| column | meaning |" in found
    )
    named = [
        *dataset.real,
        *(Path(file).name for file in dataset.default_files),
        ".".join(dataset.package[:2]) if dataset.package else "",
    ]
    assert all(part in found for file in named for part in file.split("/")), named


def test_every_card_is_in_the_catalogue():
    assert re.findall(r"(?m)^## (.+)$", CARDS) == ["Your own files", *DATASETS]


def test_scores_on_the_cards():
    """The cheap ones of the scores said to be measured here."""
    from mlxtend.data import autompg_data
    from sklearn.compose import make_column_transformer
    from sklearn.datasets import load_wine
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    X, y = load_wine(return_X_y=True)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    accuracy = cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression()), X, y, cv=folds
    ).mean()
    assert f"of logistic regression on standardised columns {accuracy:.3f}" in card("wine")
    assert "0 ({} wines), 1 ({}), 2 ({})".format(*np.bincount(y)) in card("wine")
    assert len(np.unique(X, axis=0)) == len(X) and not np.isnan(X).any()

    X, y = autompg_data()
    columns = make_column_transformer((OneHotEncoder(), [6]), remainder="passthrough")
    folds = RepeatedKFold(n_splits=10, n_repeats=10, random_state=0)
    error = -cross_val_score(
        make_pipeline(columns, LinearRegression()),
        X[:, :7],
        y,
        cv=folds,
        scoring="neg_mean_absolute_error",
    ).mean()
    assert f"linear regression {error:.2f} (origin one-hot)" in card("Auto MPG")
    assert (
        len(np.unique(X[:, :7], axis=0)) == len(X)
        and not np.isnan(X[:, :7]).any()
        and np.isnan(X[:, 7]).all()
    )
