"""Real files that readers take, but no notebook could use: `data check` says what is needed."""

import gzip
import sys

import numpy as np
import pandas as pd
import pytest

from datasets import catalogue, readers
from datasets.simulate_speech import RATE
from tests.support.data_files import (
    ROOT,
    annotation,
    idx,
    jpeg,
    put,
    wav,
    zip_of,
)
from tools import data


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """Put files below COURSE_DATA and check a data set; return the lines about real files."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    monkeypatch.setattr(data, "packaged", lambda dataset: np.zeros(dataset.package[2]))
    monkeypatch.setenv("COURSE_DATA", "mine")

    def check(name, files):
        for file, content in files.items():
            put(tmp_path / "mine" / file, content)
        status = data.main(["check", name])
        lines = capsys.readouterr().out.splitlines()
        real = [line for line in lines if ": mine/" in line]
        assert len([line for line in real if line.startswith("ok")]) == len(files), lines
        wrong = [line for line in real if not line.startswith("ok")]
        assert status == 1 or not wrong
        return wrong

    return check


def churn(change=lambda table: table, rows=200):
    table = pd.read_csv(ROOT / "datasets" / "bank_churn.csv", nrows=rows, dtype=str)
    return {"churn/Churn_Modelling.csv": change(table).to_csv(index=False)}


def phones(change=lambda table: table):
    table = pd.read_csv(ROOT / "datasets" / "mobile_prices.csv", dtype=str)
    table = table.groupby("price_range").head(20).reset_index(drop=True)
    return {"mobile_price/train.csv": change(table).to_csv(index=False)}


def mnist(labels=lambda n: np.arange(n) % 10, sizes=(600, 200)):
    files = {}
    for part, n in zip(("train", "t10k"), sizes, strict=True):
        files[f"mnist/{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(np.zeros((n, 28, 28))))
        files[f"mnist/{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels(n)))
    return files


def names(**changed):
    usual = "\n".join(f"Name{chr(97 + k)}" for k in range(25))
    return {
        f"names_by_nationality/{nationality}.txt": changed.get(nationality, usual)
        for nationality in readers.NATIONALITIES
    }


def shares(days=(300, 20), first=("2012-01-03", "2017-01-03"), price=lambda i: 300 + i % 7):
    files = {}
    for part, n, start in zip(("Train", "Test"), days, first, strict=True):
        rows = [
            f"{day:%Y-%m-%d},{price(i)},400,200,{price(i)},9000"
            for i, day in enumerate(pd.bdate_range(start, periods=n))
        ]
        header = "Date,Open,High,Low,Close,Volume"
        files[f"google_stock/Google_Stock_Price_{part}.csv"] = "\n".join([header, *rows])
    return files


def blood(width=64, height=96, labels=("RBC", "WBC", "Platelets")):
    files = {"ImageSets/Main/train.txt": "a", "ImageSets/Main/val.txt": "b"}
    files |= {"ImageSets/Main/test.txt": "c"}
    for name in "abc":
        shown = labels if name == "c" else readers.BLOOD_CELLS
        cells = [(label, (8, 4, 24, 20)) for label in shown]
        files |= {f"JPEGImages/{name}.jpg": jpeg(width, height)}
        files |= {f"Annotations/{name}.xml": annotation(*cells)}
    return {"bccd/BCCD.zip": zip_of(files)}


def mall(rows=60, **columns):
    table = pd.DataFrame(
        {
            "CustomerID": range(1, rows + 1),
            "Genre": "Male",
            "Age": columns.get("age", [20 + k % 40 for k in range(rows)]),
            "Annual Income (k$)": [15 + k for k in range(rows)],
            "Spending Score (1-100)": columns.get("score", [1 + k % 99 for k in range(rows)]),
        }
    )
    return {"mall_customers/Mall_Customers.csv": table.to_csv(index=False)}


def applications(rows=200, change=lambda table: table):
    table = pd.read_csv(ROOT / "datasets" / "credit_card_applications.csv", nrows=rows, dtype=str)
    file = "credit_card_applications/Credit_Card_Applications.csv"
    return {file: change(table).to_csv(index=False)}


def payments(label=lambda k: k % 4 == 0, v1=lambda k: k * 0.1, rows=200):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(rows, 31)), columns=readers.REAL_PAYMENT_COLUMNS)
    table["Time"] = np.arange(rows)
    table["V1"] = [v1(k) for k in range(rows)]
    table["Amount"] = table["Amount"].abs()
    table["Class"] = [int(label(k)) for k in range(rows)]
    file = "creditcard_fraud_sample/creditcard_real_rows_merged.csv"
    return {file: table.to_csv(index=False)}


def sentences(different=1200, words=5):
    lines = [f"{' '.join(['so'] * (words - 1))} w{k}.\tMot {k} !" for k in range(different)]
    return {"translation/fra-eng.zip": zip_of({"fra.txt": "\n".join(lines)})}


def digits(rate=RATE, speakers="abc", lack=None, silent=None):
    files = {
        f"{digit}_{speaker}_0.wav": wav(
            bytes(40) if (digit, speaker) == silent else b"\1\0\7\0" * 10, rate=rate
        )
        for digit in range(10)
        for speaker in speakers
        if (digit, speaker) != lack
    }
    return {"fsdd/free-spoken-digit-dataset-recordings.zip": zip_of(files)}


def reviews(good=lambda k: f"good {k} .", bad=lambda k: f"bad {k} .", n=120):
    return {
        f"sentiment_rt_polarity/rt-polarity.{end}": "\n".join(text(k) for k in range(n))
        for end, text in (("pos", good), ("neg", bad))
    }


def text(paragraph=lambda k: f"Paragraph {k}. " * 20, n=600, between="\n\n"):
    return {"tinyshakespeare/input.txt": between.join(paragraph(k) for k in range(n))}


GOOD = {
    "bank churn": churn(),
    "phone prices": phones(),
    "MNIST": mnist(),
    "names": names(),
    "share price": shares(),
    "blood cells": blood(),
    "mall customers": mall(),
    "credit applications": applications(),
    "real card transactions": payments(),
    "translation": sentences(),
    "spoken digits": digits(),
    "rt-polarity": reviews(),
    "text": text(),
}


def test_every_set_with_real_files_has_needs():
    with_real_files = {name for name, found in catalogue.DATASETS.items() if found.real}
    assert set(GOOD) == with_real_files


@pytest.mark.parametrize("name", GOOD)
def test_good_files_need_no_more(name, check):
    assert check(name, GOOD[name]) == []


def few_leave(table):
    stays = table[table["Exited"] == "0"]
    return pd.concat([stays, table[table["Exited"] == "1"].head(9)])


BAD = {
    "nine leavers": ("bank churn", churn(few_leave), "fewer than 10 customers left"),
    "no ages": ("bank churn", churn(lambda t: t.assign(Age="")), "column 'Age' is empty in every"),
    "no names": ("bank churn", churn(lambda t: t.assign(Surname="")), "column 'Surname' is empty"),
    "nine phones": (
        "phone prices",
        phones(lambda t: t.drop(index=t.index[t["price_range"] == "2"][9:])),
        "fewer than 10 phones of one price class",
    ),
    "a phone without memory": (
        "phone prices",
        phones(lambda t: t.assign(ram=["", *t["ram"][1:]])),
        "column 'ram' has empty fields (1); expected a number in every field",
    ),
    "no nines": ("MNIST", mnist(lambda n: np.arange(n) % 9), "too few pictures of one digit"),
    "one nine": (
        "MNIST",
        mnist(lambda n: np.r_[9, np.arange(n - 1) % 9]),
        "too few pictures of one digit",
    ),
    "five pictures": ("MNIST", mnist(sizes=(60, 5)), "too few pictures of one digit"),
    "few names": (
        "names",
        names(Korean="Kim\nLee\nPark\n" * 20),
        "names_by_nationality/Korean.txt: it holds 3 different names; expected at least 20",
    ),
    "few days": ("share price", shares(days=(200, 20)), "there are 220 days in the two files"),
    "a day twice": (
        "share price",
        shares(first=("2012-01-03", "2012-03-01")),
        "2012-03-01 occurs twice in the two files together",
    ),
    "a price that rests": ("share price", shares(price=lambda i: 300), "'Open' never changes"),
    "images of 60 x 96": ("blood cells", blood(width=60), "60 x 96 pixels; expected width and"),
    "images of 64 x 80": ("blood cells", blood(height=80), "64 x 80 pixels"),
    "no platelets in the test": ("blood cells", blood(labels=("RBC", "WBC")), "kind Platelets"),
    "a few customers": ("mall customers", mall(rows=49), "there are 49 customers"),
    "all of one age": ("mall customers", mall(age=[30] * 60), "column 'Age' never changes"),
    "all of one score": ("mall customers", mall(score=[50] * 60), "never changes"),
    "few applications": ("credit applications", applications(rows=99), "99 applications"),
    "an empty column": (
        "credit applications",
        applications(change=lambda t: t.assign(A7="")),
        "column 'A7' is empty in every row",
    ),
    "frauds at first only": (
        "real card transactions",
        payments(label=lambda k: k < 60),
        "the last 40 % of the payments by time hold fewer than 10 of a class",
    ),
    "frauds at last only": (
        "real card transactions",
        payments(label=lambda k: k > 150),
        "first 60",
    ),
    "a column that begins late": (
        "real card transactions",
        payments(v1=lambda k: max(0, k - 130)),
        "column 'V1' never changes in the first 60 %",
    ),
    "few sentences": ("translation", sentences(different=999), "fra.txt holds 999 different"),
    "long sentences": ("translation", sentences(words=7), "fra.txt holds 0 different"),
    "16 kHz": (
        "spoken digits",
        digits(rate=16_000),
        "its recordings have 16,000 samples per second; expected 8,000",
    ),
    "44.1 kHz": ("spoken digits", digits(rate=44_100), "44,100 samples per second"),
    "two speakers": ("spoken digits", digits(speakers="ab"), "the digit 0 is spoken by 2 speakers"),
    "a digit is lacking": ("spoken digits", digits(lack=(4, "b")), "the digit 4 is spoken by 2"),
    "silence": ("spoken digits", digits(silent=(5, "c")), "a recording of 5 by c is silent"),
    "the same file twice": (
        "rt-polarity",
        reviews(bad=lambda k: f"good {k} ."),
        "rt-polarity.neg: 0 of its reviews are left",
    ),
    "one review again and again": (
        "rt-polarity",
        reviews(good=lambda k: "good ."),
        "rt-polarity.pos: 1 of its reviews are left",
    ),
    "no blank lines": ("text", text(between="\n"), "its paragraphs make 1 pages"),
    "one paragraph again and again": ("text", text(lambda k: "Again. " * 60), "make 1 pages"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_notebooks_need(case, check):
    name, files, words = BAD[case]
    (line,) = check(name, files)
    assert line.startswith(f"error  {name}: mine/") and words in line, line
    assert line.endswith(".") and "; expected " in line and line.count(": ") == 2
