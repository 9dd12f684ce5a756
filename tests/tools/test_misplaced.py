"""Files that nearly are real files of the course: `data check` names them and says what to do."""

import sys

import numpy as np
import pytest

from datasets import catalogue
from tests.support.data_files import ROOT, put, wav, zip_of
from tools import data
from tools.misplaced import misplaced, stem

CHURN = (ROOT / "datasets" / "bank_churn.csv").read_bytes()
NEAR = {
    # Names and places
    "Churn_Modelling.csv": ("bank churn", "move it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling.csv.txt": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling (1).csv": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling(2).csv": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling - Copy.csv": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Copy of Churn_Modelling.csv": (
        "bank churn",
        "rename it to",
        "churn/Churn_Modelling.csv",
    ),
    "churn/Churn Modelling.csv": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/churn-modelling.CSV": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling": ("bank churn", "rename it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling.csv.download": ("bank churn", "rename", "churn/Churn_Modelling.csv"),
    "churn/archive/Churn_Modelling.csv": ("bank churn", "move it to", "churn/Churn_Modelling.csv"),
    "bank/data/churn_modelling.csv": ("bank churn", "move it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling.xlsx": ("bank churn", "save it, as CSV", "churn/Churn_Modelling.csv"),
    "train.csv": ("phone prices", "move it to", "mobile_price/train.csv"),
    "Mobile Price/train.csv": ("phone prices", "move it to", "mobile_price/train.csv"),
    "mobile_price/train (3).csv": ("phone prices", "rename it to", "mobile_price/train.csv"),
    "mnist/train-images.idx3": ("MNIST", "rename it to", "mnist/train-images-idx3-ubyte.gz"),
    "mnist/train-labels-idx1": ("MNIST", "rename it to", "mnist/train-labels-idx1-ubyte.gz"),
    "mnist/t10k-images-idx3-ubyte (1).gz": (
        "MNIST",
        "rename it to",
        "mnist/t10k-images-idx3-ubyte.gz",
    ),
    "MNIST/raw/t10k-labels-idx1-ubyte": ("MNIST", "move it to", "mnist/t10k-labels-idx1-ubyte.gz"),
    "data/names/Korean.txt": ("names", "move it to", "names_by_nationality/Korean.txt"),
    "names_by_nationality/korean.txt.txt": (
        "names",
        "rename it to",
        "names_by_nationality/Korean.txt",
    ),
    "Mall_Customers.csv": ("mall customers", "move it to", "mall_customers/Mall_Customers.csv"),
    "Google_Stock_Price_Train.csv": (
        "share price",
        "move it to",
        "google_stock/Google_Stock_Price_Train.csv",
    ),
    "rt-polaritydata/rt-polarity.neg": (
        "rt-polarity",
        "move it to",
        "sentiment_rt_polarity/rt-polarity.neg",
    ),
    "sentiment_rt_polarity/rt-polarity.pos.txt": (
        "rt-polarity",
        "rename it to",
        "sentiment_rt_polarity/rt-polarity.pos",
    ),
    "tinyshakespeare/input.txt.txt": ("text", "rename it to", "tinyshakespeare/input.txt"),
    # Archives
    "churn/Churn_Modelling.csv.zip": ("bank churn", "unpack it to", "churn/Churn_Modelling.csv"),
    "churn/Churn_Modelling.zip": ("bank churn", "unpack it to", "churn/Churn_Modelling.csv"),
    "translation/fra.txt": ("translation", "pack it, as", "translation/fra-eng.zip"),
    "fra-eng/fra.txt": ("translation", "pack it, as", "translation/fra-eng.zip"),
    "fra-eng.zip": ("translation", "move it to", "translation/fra-eng.zip"),
    "bccd/BCCD (1).zip": ("blood cells", "rename it to", "bccd/BCCD.zip"),
}


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Check a data set in the folder `mine`; return the notes."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    monkeypatch.setattr(data, "packaged", lambda dataset: np.zeros(dataset.package[2]))
    monkeypatch.setenv("COURSE_DATA", "mine")

    def check(name):
        data.main(["check", name])
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if line.startswith("note") and "holds none" not in line]

    return check


@pytest.mark.parametrize("file", NEAR)
def test_files_that_nearly_match(file, check, tmp_path):
    name, advice, wanted = NEAR[file]
    put(tmp_path / "mine" / file, b"")
    (note,) = check(name)
    assert note.startswith(f"note   {name}: mine/{file} is not used; {advice}"), note
    assert note.endswith(f" mine/{wanted}."), note
    others = [other for other in catalogue.DATASETS if other != name]
    assert [list(misplaced(other, tmp_path / "mine")) for other in others] == [[]] * len(others)


def test_archives_are_looked_into(check, tmp_path):
    content = zip_of({"bank/": b"", "bank/Churn_Modelling.csv": CHURN, "readme.md": b"x"})
    put(tmp_path / "mine" / "churn" / "archive.zip", content)
    assert check("bank churn") == [
        "note   bank churn: mine/churn/archive.zip is not used; unpack Churn_Modelling.csv from it "
        "to mine/churn/Churn_Modelling.csv."
    ]
    put(tmp_path / "mine" / "mnist" / "MNIST.zip", zip_of({"train-images.idx3-ubyte": b"x"}))
    (note,) = check("MNIST")
    assert "unpack train-images.idx3-ubyte from it to mine/mnist/train-images-idx3-ubyte.gz" in note


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"<html>", zip_of({"train.csv": b"x"})])
def test_archives_that_say_nothing_are_passed_over(content, check, tmp_path):
    put(tmp_path / "mine" / "titanic.zip", content)
    assert check("bank churn") == check("phone prices") == []


def test_folders_that_were_unpacked_by_mistake(check, tmp_path):
    mine = tmp_path / "mine"
    for digit in range(3):
        put(mine / "fsdd" / "recordings" / f"{digit}_ann_0.wav", wav())
    for folder in ("Annotations", "ImageSets", "JPEGImages"):
        (mine / "bccd" / "BCCD" / folder).mkdir(parents=True)
    (note,) = check("spoken digits")
    assert "mine/fsdd/recordings is not used; pack it, as the contents of an archive, into" in note
    (note,) = check("blood cells")
    assert "mine/bccd/BCCD is not used; pack it" in note and note.endswith("mine/bccd/BCCD.zip.")


def test_a_file_that_is_there_needs_no_other(check, tmp_path):
    mine = tmp_path / "mine"
    for file in (
        "churn/churn_modelling.csv",
        "churn/Churn_Modelling (1).csv",
        "Churn_Modelling.csv",
    ):
        put(mine / file, CHURN)
    assert check("bank churn") == []


def test_what_is_missing_beside_others_may_be_near(check, tmp_path):
    mine = tmp_path / "mine"
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3"):
        put(mine / "mnist" / f"{part}-ubyte.gz", b"x")
    put(mine / "mnist" / "t10k-labels.idx1", b"x")
    (note,) = check("MNIST")
    assert "mine/mnist/t10k-labels.idx1 is not used; rename it to" in note


@pytest.mark.parametrize(
    "file",
    [
        "titanic/train.csv",
        "poems/input.txt",
        "churn/notes.txt",
        "churn/Churn_Modelling_oracle.csv",
        ".hidden/Churn_Modelling.csv",
        "__MACOSX/churn/Churn_Modelling.csv",
        "churn/._Churn_Modelling.csv",
        "a/b/c/d/e/f/Churn_Modelling.csv",
        "mobile_price/test.csv",
    ],
)
def test_other_files_are_not_named(file, tmp_path):
    put(tmp_path / "mine" / file, b"x")
    assert [
        note for name in catalogue.DATASETS for note in misplaced(name, tmp_path / "mine")
    ] == []


def test_a_large_folder_is_searched_in_reasonable_time(tmp_path):
    for k in range(3000):
        (tmp_path / f"{k}.csv").touch()
    assert list(misplaced("bank churn", tmp_path)) == []


def test_stems():
    assert stem("Copy of Churn_Modelling (2).csv.txt") == stem("churn modelling.CSV.zip")
    assert stem("train-images.idx3-ubyte") == stem("Train-Images-idx3-ubyte (1).gz")
    assert len({stem(f"rt-polarity.{end}") for end in ("pos", "neg", "pos.txt")}) == 2
