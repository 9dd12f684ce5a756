"""The readers take what users have, and refuse what is wrong in one sentence."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets import catalogue, formats, readers
from datasets.catalogue import DATASETS
from datasets.formats import DataError, read_idx
from datasets.readers import (
    read_blood_cells,
    read_churn,
    read_churn_oracle,
    read_mall_customers,
    read_mnist,
    read_names,
    read_phones,
    read_phones_oracle,
    read_share_price,
    read_translation,
)
from tests.support.data_files import ROOT, annotation, idx, jpeg, put, refused

DEFAULT = ROOT / "datasets" / "bank_churn.csv"
GOOD = DEFAULT.read_text(encoding="utf-8").splitlines()[
    :61
]  # a header and 60 rows, of both classes


def text(lines=GOOD):
    return "\n".join(lines) + "\n"


def changed(line, column, value):
    """Return the good lines with one field of one line (2 is the first row) replaced."""
    lines, i = GOOD.copy(), GOOD[0].split(",").index(column)
    fields = lines[line - 1].split(",")
    fields[i] = value
    lines[line - 1] = ",".join(fields)
    return text(lines)


def churn_file(folder, content):
    path = folder / "Churn_Modelling.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- Bank churn ---------------------------------------------------------------------------------


def test_default_is_as_pandas_reads_it():
    before = DEFAULT.read_bytes()
    table = read_churn(DEFAULT)
    assert DEFAULT.read_bytes() == before
    assert list(table) == readers.CHURN_COLUMNS and isinstance(table.index, pd.RangeIndex)
    pd.testing.assert_frame_equal(table, pd.read_csv(DEFAULT), check_dtype=False, check_exact=True)


def test_dtypes_are_the_same_for_every_file(tmp_path):
    complete = "\n".join([GOOD[0]] + [line for line in GOOD[1:] if ",," not in line])
    simulated, real = read_churn(DEFAULT), read_churn(churn_file(tmp_path, complete))
    assert simulated["Age"].isna().any() and not real.isna().any().any()
    assert (simulated.dtypes == real.dtypes).all()
    assert (real[["CustomerId", "Exited"]].dtypes == "int64").all() and (
        real[readers.CHURN_TEXT].dtypes == "str"
    ).all()
    assert (real.dtypes == "float64").sum() == 9


# The same rows as a table, every field as it is written
table_of_text = pd.read_csv(DEFAULT, nrows=60, dtype=str, keep_default_na=False)
ACCEPTED = {
    "byte-order mark": b"\xef\xbb\xbf" + text().encode(),
    "Windows line ends": text().replace("\n", "\r\n"),
    "old Macintosh line ends": text().replace("\n", "\r"),
    "no last line end": text().rstrip("\n"),
    "blank last lines": text() + "\n  \n",
    "last lines of commas only": text() + "," * 13 + "\n",
    "every field quoted": "\n".join('"' + line.replace(",", '","') + '"' for line in GOOD),
    "blanks around names and numbers": text().replace(",", " , "),
    "columns in another order": table_of_text[table_of_text.columns[::-1]].to_csv(index=False),
    "further columns, one without a name": table_of_text.assign(Complain="yes").to_csv(),
    "whole numbers written as decimals": table_of_text.assign(
        Exited=table_of_text["Exited"] + ".0", Tenure=table_of_text["Tenure"] + ".0"
    ).to_csv(index=False),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case, tmp_path):
    path = churn_file(tmp_path, ACCEPTED[case])
    before = path.read_bytes()
    pd.testing.assert_frame_equal(read_churn(path), read_churn(DEFAULT)[:60])
    assert path.read_bytes() == before


@pytest.mark.parametrize("word", sorted(formats.MISSING) + ["  "])
def test_missing_fields_stay_missing(word, tmp_path):
    for column in readers.CHURN_COLUMNS:
        path = churn_file(tmp_path, changed(5, column, word))
        if column in ("CustomerId", "Exited"):
            refused(read_churn, path, repr(column), "is missing in line 5")
        else:
            assert read_churn(path)[column].isna()[3]


def test_a_text_column_may_be_wholly_missing_and_names_may_look_like_numbers(tmp_path):
    table = pd.read_csv(DEFAULT, nrows=60).assign(Gender=None, Surname="007")
    table = read_churn(churn_file(tmp_path, table.to_csv(index=False)))
    assert (
        table["Gender"].isna().all()
        and table["Gender"].dtype == "str"
        and (table["Surname"] == "007").all()
    )


def test_quoted_fields_may_hold_commas_quotes_and_line_ends(tmp_path):
    content = changed(3, "Surname", '"O\'Hara, ""Bob""\nJr"')
    assert read_churn(churn_file(tmp_path, content))["Surname"][1] == 'O\'Hara, "Bob"\nJr'
    refused(
        read_churn,
        churn_file(tmp_path, content.replace(GOOD[9], GOOD[9] + ",0")),
        "line 11 has 15 fields",
    )  # counted in lines, not rows


def stays(value):
    return text([GOOD[0]] + [line[:-1] + value for line in GOOD[1:]])


REFUSED = {
    "one column missing": (
        table_of_text.drop(columns="Age").to_csv(index=False),
        ["'Age' is missing"],
    ),
    "two columns missing": (
        table_of_text.drop(columns=["Age", "Exited"]).to_csv(index=False),
        ["'Age', 'Exited'"],
    ),
    "another spelling": (
        text().replace("CreditScore", "Credit Score"),
        ["'CreditScore' is missing"],
    ),
    "no header": (text(GOOD[1:]), ["first line", "RowNumber, CustomerId"]),
    "another table": ("a,b\n1,2\n", ["first line"]),
    "duplicate header": (
        text([GOOD[0] + ",Age"] + [line + ",1" for line in GOOD[1:]]),
        ["'Age' occurs twice"],
    ),
    "duplicate in place of another": (text().replace("Tenure", "Age"), ["'Age' occurs twice"]),
    "empty": ("", ["empty"]),
    "blanks only": (" \n\n", ["empty"]),
    "a byte-order mark only": (b"\xef\xbb\xbf", ["first line"]),
    "header only": (GOOD[0], ["no rows"]),
    "text in a number column": (changed(7, "Age", "forty"), ["'Age'", "'forty'", "line 7"]),
    "a very long text": (changed(7, "Age", "x" * 5000), ["'" + "x" * 40 + "...'"]),
    "a text that breaks the line": (changed(7, "Age", '"4\n2"'), ["'4\\n2'"]),
    "thousands separator": (
        changed(7, "Balance", '"83,807.86"'),
        ["'Balance'", "'83,807.86'", "1234.5"],
    ),
    "digits grouped": (changed(7, "Balance", "83_807"), ["'83_807'"]),
    "infinite": (changed(7, "Balance", "inf"), ["'Balance'", "'inf'", "finite"]),
    "too large": (changed(7, "Balance", "1e999"), ["'1e999'", "finite"]),
    "label 2": (changed(7, "Exited", "2"), ["'Exited' holds 2 in line 7", "0 or 1"]),
    "label -1": (changed(7, "Exited", "-1"), ["'Exited' holds -1 in line 7"]),
    "label 0.5": (changed(7, "Exited", "0.5"), ["'Exited' holds 0.5 in line 7"]),
    "label in words": (changed(7, "Exited", "yes"), ["'Exited'", "'yes'"]),
    "nobody left": (stays("0"), ["'Exited' holds 0 in every row", "both 0 and 1"]),
    "everybody left": (stays("1"), ["'Exited' holds 1 in every row"]),
    "CustomerId no whole number": (
        changed(7, "CustomerId", "15.5"),
        ["'CustomerId' holds 15.5 in line 7", "whole number"],
    ),
    "CustomerId too long": (changed(7, "CustomerId", "9" * 17), ["'CustomerId'", "2**53"]),
    "semicolons": (text().replace(",", ";"), ["not separated by commas"]),
    "tabulators": (text().replace(",", "\t"), ["not separated by commas"]),
    "a field too many": (
        text(GOOD[:5] + [GOOD[5] + ",9"] + GOOD[6:]),
        ["line 6 has 15 fields", "14"],
    ),
    "a line cut short": (text()[:-20], ["line 61 has"]),
    "a quote never closed": (changed(7, "Surname", '"Weber'), ["not CSV"]),
    "Latin-1": (changed(7, "Surname", "Müller").encode("latin-1"), ["line 7 is not UTF-8 text"]),
    "UTF-16": (text().encode("utf-16"), ["line 1 is not UTF-8 text"]),
    "UTF-16 without byte-order mark": (text().encode("utf-16-le"), ["none of the column names"]),
    "web page": ("<!DOCTYPE html>\n<html><body>404</body></html>", ["web page (HTML)"]),
    "web page after blanks": (b"\xef\xbb\xbf\n\n <html>", ["web page (HTML)"]),
    "Excel workbook": (b"PK\x03\x04" + bytes(100), ["Excel workbook"]),
    "gzip archive": (gzip.compress(text().encode()), ["not UTF-8 text"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case, tmp_path):
    content, words = REFUSED[case]
    refused(read_churn, churn_file(tmp_path, content), *words)


def test_absent_folder_and_unreadable(tmp_path, monkeypatch):
    refused(read_churn, tmp_path / "Churn_Modelling.csv", "no such file")
    (tmp_path / "Churn_Modelling.csv").mkdir()
    refused(read_churn, tmp_path / "Churn_Modelling.csv", "this is a folder", "CSV")
    path = tmp_path / "locked.csv"
    path.write_text(text(), encoding="utf-8")

    def locked(self):
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", locked)
        with pytest.raises(
            DataError,
            match=r"^locked.csv: the file cannot be read \(Permission denied\); expected a CSV "
            r"file.*\.$",
        ):
            read_churn(path)


def test_oracle_belongs_to_the_table(tmp_path, monkeypatch):
    oracle = read_churn_oracle(10_000)
    assert (
        oracle.dtype == "float64"
        and oracle.between(0, 1).all()
        and list(oracle.index) == list(range(10_000))
    )
    with pytest.raises(
        DataError,
        match=r"^bank_churn_oracle.csv: its 10,000 rows do not belong to the table; expected rows "
        r"numbered from 1 to 9,999\.$",
    ):
        read_churn_oracle(9_999)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "datasets").mkdir()
    path = tmp_path / "datasets" / "bank_churn_oracle.csv"
    for rows, words in {
        "1,0.5\n2,1.5": "'probability' holds 1.5 in line 3",
        "2,0.5\n1,0.5": "do not belong",
        "1,0.5\n2,": "missing in line 3",
    }.items():
        path.write_text("RowNumber,probability\n" + rows, encoding="utf-8")
        refused(lambda _: read_churn_oracle(2), path, words)


# --- Phone prices -------------------------------------------------------------------------------

PHONES = ROOT / "datasets" / "mobile_prices.csv"


def phones(folder, change=lambda table: table, **writing):
    """Write the first rows of each class as text, changed, and return the path."""
    table = pd.read_csv(PHONES, dtype=str).groupby("price_range").head(5).reset_index(drop=True)
    path = folder / "train.csv"
    change(table).to_csv(path, index=False, **writing)
    return path


def test_phones_are_as_pandas_reads_them():
    table = read_phones(PHONES)
    assert list(table) == readers.PHONE_COLUMNS and isinstance(table.index, pd.RangeIndex)
    assert table.dtypes.astype(str).to_dict() == {
        c: "int64" if c == "price_range" else "float64" for c in table
    }
    pd.testing.assert_frame_equal(table, pd.read_csv(PHONES), check_dtype=False, check_exact=True)


def test_phones_may_have_an_id_another_order_and_missing_fields(tmp_path):
    path = phones(
        tmp_path, lambda t: t.assign(ram=[None] + list(t["ram"][1:]), id="x")[sorted([*t, "id"])]
    )
    table = read_phones(path)
    assert (
        list(table) == readers.PHONE_COLUMNS
        and len(table) == 20
        and table["ram"].isna().tolist() == [True] + [False] * 19
    )


BAD_PHONES = {
    "column missing": (lambda t: t.drop(columns="ram"), ["column 'ram' is missing"]),
    "no labels, as Kaggle's test.csv": (
        lambda t: t.drop(columns="price_range").assign(id=1),
        ["column 'price_range' is missing"],
    ),
    "column twice": (lambda t: t.rename(columns={"fc": "pc"}), ["'pc' occurs twice"]),
    "text in a number column": (lambda t: t.assign(ram="2 GB"), ["'ram' holds '2 GB' in line 2"]),
    "class 4": (
        lambda t: t.assign(price_range=["4", *t["price_range"][1:]]),
        ["'price_range' holds 4 in line 2", "0, 1, 2 or 3"],
    ),
    "class 0.5": (
        lambda t: t.assign(price_range=["0.5", *t["price_range"][1:]]),
        ["'price_range' holds 0.5 in line 2"],
    ),
    "class missing": (
        lambda t: t.assign(price_range=["", *t["price_range"][1:]]),
        ["'price_range' is missing in line 2"],
    ),
    "a class never occurs": (
        lambda t: t[t["price_range"].isin(["0", "3"])],
        ["'price_range' never holds 1, 2", "all four classes"],
    ),
    "header only": (lambda t: t[:0], ["no rows"]),
}


@pytest.mark.parametrize("case", BAD_PHONES)
def test_bad_phones(case, tmp_path):
    change, words = BAD_PHONES[case]
    refused(read_phones, phones(tmp_path, change), *words)


def test_bad_phone_files(tmp_path):
    refused(read_phones, phones(tmp_path, sep=";"), "not separated by commas")
    for content, words in {
        b"": "empty",
        b"<html>": "web page (HTML)",
        b"a,b\n1,2\n": "first line",
    }.items():
        (tmp_path / "train.csv").write_bytes(content)
        refused(read_phones, tmp_path / "train.csv", words)


def test_phone_oracle_belongs_to_the_table(tmp_path, monkeypatch):
    oracle = read_phones_oracle(2_000)
    assert (
        oracle.shape == (2_000, 4)
        and list(oracle) == [0, 1, 2, 3]
        and list(oracle.index) == list(range(2_000))
        and (oracle.dtypes == "float64").all()
    )
    refused(
        lambda _: read_phones_oracle(1_999),
        ROOT / DATASETS["phone prices"].default_files[1],
        "its 2,000 rows do not belong to the table",
    )
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "datasets").mkdir()
    path = tmp_path / "datasets" / "mobile_prices_oracle.csv"
    for row, words in {
        "2,1.5,0,0,0": "'probability_0' holds 1.5 in line 3",
        "2,0.5,0.4,0,0": "of row 2 sum to 0.9; expected 1",
        "2,1,0,0,": "is missing in",
    }.items():
        path.write_text(
            "row,probability_0,probability_1,probability_2,probability_3\n1,0.1,0.2,0.3,0.4\n"
            + row,
            encoding="utf-8",
        )
        refused(lambda _: read_phones_oracle(2), path, words)


# --- MNIST --------------------------------------------------------------------------------------


IMAGES, LABELS = np.arange(5 * 28 * 28).reshape(5, 28, 28) % 256, np.array([0, 9, 3, 3, 1])


def mnist(folder, **contents):
    """Write a small MNIST, in which parts may be replaced: images, labels."""
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(
            contents.get("images", gzip.compress(idx(IMAGES)))
        )
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(
            contents.get("labels", gzip.compress(idx(LABELS)))
        )
    return folder


def test_mnist_is_read(tmp_path):
    before = {file: file.read_bytes() for file in mnist(tmp_path).iterdir()}
    train_images, train_labels, *test = read_mnist(tmp_path)
    for images, labels in ((train_images, train_labels), test):
        assert (
            (images == IMAGES).all()
            and (labels == LABELS).all()
            and images.dtype == labels.dtype == np.uint8
        )
        images[0] = 0  # one may write into it
    assert before == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_idx_may_be_plain(tmp_path):
    (tmp_path / "images").write_bytes(idx(IMAGES))
    assert (read_idx(tmp_path / "images", 3) == IMAGES).all()


BAD_IMAGES = {
    "truncated gz": (gzip.compress(idx(IMAGES))[:-30], "cut short or damaged"),
    "a few bytes of gz": (gzip.compress(idx(IMAGES))[:5], "cut short or damaged"),
    "damaged gz": (gzip.compress(idx(IMAGES))[:-8] + bytes(8), "cut short or damaged"),
    "web page": (b"<html>", "web page (HTML)"),
    "empty": (b"", "empty"),
    "empty gz": (gzip.compress(b""), "magic number 0"),
    "wrong magic number": (
        gzip.compress(idx(IMAGES, magic=2052)),
        "magic number 2052; expected 2051",
    ),
    "labels in place of images": (gzip.compress(idx(LABELS)), "magic number 2049; expected 2051"),
    "another kind of image": (b"\x89PNG\r\n\x1a\n" + bytes(50), "magic number 2303741511"),
    "header cut short": (idx(IMAGES)[:10], "ends inside its header"),
    "shorter than its header says": (
        idx(IMAGES)[:-1],
        "3,919 bytes follow the header; expected 5 x 28 x 28",
    ),
    "longer than its header says": (
        gzip.compress(idx(IMAGES) + b"0"),
        "3,921 bytes follow the header",
    ),
    "no images": (
        idx(IMAGES[:0]),
        "0 bytes follow the header; expected 0 x 28 x 28, as the header says, and not none",
    ),
    "other pixels": (idx(IMAGES[:, 1:]), "27 x 28 pixels; expected 28 x 28"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
def test_bad_images(case, tmp_path):
    content, words = BAD_IMAGES[case]
    refused(
        lambda path: read_mnist(path.parent),
        mnist(tmp_path, images=content) / "train-images-idx3-ubyte.gz",
        words,
    )


@pytest.mark.parametrize(
    "labels, words",
    [
        (LABELS[:4], "4 labels; expected 5, one for each image in train-images-idx3-ubyte.gz"),
        (LABELS + 1, "label 10"),
        (IMAGES, "2051"),
    ],
)
def test_bad_labels(labels, words, tmp_path):
    refused(
        lambda path: read_mnist(path.parent),
        mnist(tmp_path, labels=idx(labels)) / "train-labels-idx1-ubyte.gz",
        words,
    )


def test_mnist_with_a_file_missing(tmp_path):
    path = mnist(tmp_path) / "t10k-labels-idx1-ubyte.gz"
    path.unlink()
    refused(lambda path: read_mnist(path.parent), path, "no such file")


# --- Names --------------------------------------------------------------------------------------


def names_folder(folder, **changed):
    """Write a small folder of names; the content of a file may be replaced, None leaves it out."""
    for nationality in catalogue.NATIONALITIES:
        content = changed.get(nationality, "Ann\nÀngels\n\n O'Neil \n".encode())
        if content is not None:
            (folder / f"{nationality}.txt").write_bytes(content)
    return folder


def test_names_are_read(tmp_path):
    table = read_names(names_folder(tmp_path))
    assert (
        table.shape == (18 * 3, 2)
        and table["name"][:3].tolist() == ["Ann", "Àngels", "O'Neil"]
        and set(table["nationality"]) == set(catalogue.NATIONALITIES)
    )
    default = read_names(ROOT / "datasets" / "names.csv")
    assert default.shape == (4000, 2) and (default.dtypes == table.dtypes).all()


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "no such file"),
        (b"", "empty"),
        ("Ànn".encode("latin-1"), "not UTF-8"),
        (b"a" * 61, "61 characters"),
        (b"<html>", "web page"),
    ],
)
def test_bad_files_of_names(content, words, tmp_path):
    refused(
        lambda path: read_names(path.parent),
        names_folder(tmp_path, Czech=content) / "Czech.txt",
        words,
    )


@pytest.mark.parametrize(
    "rows, words",
    [
        ("Ann,X\nBo,", "'nationality' is empty in line 3"),
        ("Ann,X\nBo,X", "holds X in every row"),
        ("", "no rows"),
    ],
)
def test_bad_tables_of_names(rows, words, tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("name,nationality\n" + rows, encoding="utf-8")
    refused(read_names, path, words)


# --- Share price --------------------------------------------------------------------------------


def share_file(path, first, days):
    """Write a file of prices as the real ones are.

    American dates, thousands separators inside quotes.
    """
    lines = ["Date,Open,High,Low,Close,Volume"]
    for i, day in enumerate(pd.bdate_range(first, periods=days)):
        date = f"{day.month}/{day.day}/{day.year}"
        close, volume = f"{990.5 + i:,}", f"{7380500 + i:,}"
        lines.append(f'{date},325.25,332.83,324.97,"{close}","{volume}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


@pytest.fixture
def shares(tmp_path):
    """A folder with the two files, 1,258 and 20 days, as large as the real ones."""
    for part, first, days in (("Train", "2012-01-03", 1258), ("Test", "2017-01-03", 20)):
        share_file(tmp_path / f"Google_Stock_Price_{part}.csv", first, days)
    return tmp_path


def test_share_prices_are_read_and_joined(shares):
    table = read_share_price(shares)
    assert (
        table.shape == (1278, 6)
        and list(table) == readers.SHARE_COLUMNS
        and table["Date"].is_monotonic_increasing
    )
    assert (
        table["Close"].iloc[[0, 9, 10, 1258]].tolist() == [990.5, 999.5, 1000.5, 990.5]
        and table["Volume"].iloc[-1] == 7380519
    )
    default = read_share_price(None)
    assert (
        default.shape == (1047, 6)
        and (default.dtypes == table.dtypes).all()
        and default["Date"].is_monotonic_increasing
    )
    assert default["Close"].iloc[0] == 100.34


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("1/17/2017", "17/1/2017", "'Date' holds '17/1/2017' in line 12"),
        ("1/17/2017", "", "'Date' is empty in line 12"),
        ('"1,000.5"', "a lot", "'Close' holds 'a lot' in line 12"),
        ('"1,000.5"', '"-1,000.5"', "'Close' holds -1000.5 in line 12; expected a number above 0"),
        ("1/17/2017", "1/4/2012", "2012-01-04 occurs twice"),
        ("Date,", "Day,", "column 'Date' is missing"),
    ],
)
def test_bad_share_prices(old, new, words, shares):
    path = shares / "Google_Stock_Price_Test.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    refused(lambda path: read_share_price(path.parent), path, words)


def test_a_share_file_missing(shares):
    path = shares / "Google_Stock_Price_Train.csv"
    path.unlink()
    refused(lambda path: read_share_price(path.parent), path, "no such file")


# --- Mall customers -----------------------------------------------------------------------------


MALL = (
    "CustomerID,Genre,Age,Annual Income (k$),Spending Score (1-100)\n"
    "0001,Male,19,15,39\n0002,Female,21,15,81\n"
)


def test_mall_customers_are_read(tmp_path):
    table = read_mall_customers(put(tmp_path / "Mall_Customers.csv", MALL))
    assert table.to_numpy().tolist() == [[1, "Male", 19, 15, 39], [2, "Female", 21, 15, 81]]


BAD_MALLS = {
    "another header": (MALL.replace("Genre", "Sex"), "column 'Genre' is missing"),
    "text in a number column": (
        MALL.replace("21", "young"),
        "column 'Age' holds 'young' in line 3",
    ),
    "an empty age": (MALL.replace(",21,", ",,"), "column 'Age' is missing in line 3"),
    "an unknown word": (MALL.replace("Female", "F"), "column 'Genre' holds F in line 3"),
    "a score above 100": (MALL.replace("81", "810"), "holds 810 in line 3"),
    "no rows": (MALL.splitlines()[0] + "\n", "no rows"),
}


@pytest.mark.parametrize("case", BAD_MALLS)
def test_bad_mall_customers(case, tmp_path):
    content, words = BAD_MALLS[case]
    refused(read_mall_customers, put(tmp_path / "Mall_Customers.csv", content), words)


# --- Blood cells --------------------------------------------------------------------------------


def blood(folder, **changed):
    """Write a small archive of blood cells, three images a to c.

    A file of it may be replaced, None leaves it out.
    """
    files = {
        f"ImageSets/Main/{part}.txt": name.encode()
        for part, name in {"train": "a\n", "val": "b\n", "test": "c\n"}.items()
    }
    files |= {f"JPEGImages/{name}.jpg": jpeg() for name in "abc"}
    files |= {
        f"Annotations/{name}.xml": annotation(("RBC", (8, 4, 24, 20)), ("Platelets", (5, 5, 5, 9)))
        for name in "abc"
    }
    files |= changed.get("files", {})
    with zipfile.ZipFile(folder / "BCCD.zip", "w") as archive:
        for name, content in files.items():
            if content is not None:
                archive.writestr(f"{changed.get('top', 'BCCD')}/{name}", content)
    return folder / "BCCD.zip"


@pytest.mark.parametrize("top", ["BCCD", "BCCD_Dataset-master/BCCD"])
def test_blood_cells_are_read(top, tmp_path):
    found = read_blood_cells(blood(tmp_path, top=top))
    assert (
        found.images.shape == (3, 12, 16, 3)
        and found.images.dtype == np.uint8
        and abs(found.images[0, 0, 0].astype(int) - [200, 40, 40]).max() < 5
    )
    assert found.parts.tolist() == ["train", "valid", "test"] and found.dropped == 3
    assert found.boxes.values.tolist() == [[image, "RBC", 2, 1, 6, 5] for image in range(3)]


BAD_BLOOD = {
    "no image": ({"JPEGImages/b.jpg": b"GIF89a"}, "b.jpg is not an image"),
    "image cut short": ({"JPEGImages/b.jpg": jpeg()[:-200]}, "b.jpg is not an image"),
    "image of another size": ({"JPEGImages/b.jpg": jpeg(32, 48)}, "b.jpg is not as large"),
    "image missing": ({"JPEGImages/c.jpg": None}, "a file is missing"),
    "list missing": ({"ImageSets/Main/val.txt": None}, "a file is missing"),
    "list empty": ({"ImageSets/Main/test.txt": b""}, "is empty; expected images for"),
    "no XML": ({"Annotations/a.xml": b"<annotation>"}, "a.xml is not an annotation"),
    "text in a box": (
        {"Annotations/a.xml": annotation(("RBC", ("x", 1, 2, 3)))},
        "a.xml is not an annotation",
    ),
    "box without sides": (
        {"Annotations/a.xml": annotation(("RBC", ()))},
        "a.xml is not an annotation",
    ),
    "unknown label": (
        {"Annotations/a.xml": annotation(("Plasma", (1, 1, 2, 2)))},
        "label 'Plasma'; expected RBC, WBC, Platelets",
    ),
    "box outside": (
        {"Annotations/a.xml": annotation(("RBC", (1, 1, 65, 2)))},
        "a.xml lies outside its image",
    ),
    "box turned round": (
        {"Annotations/a.xml": annotation(("RBC", (9, 1, 3, 2)))},
        "a.xml lies outside its image or is turned round",
    ),
}


@pytest.mark.parametrize("case", BAD_BLOOD)
def test_bad_blood_cells(case, tmp_path):
    files, words = BAD_BLOOD[case]
    refused(read_blood_cells, blood(tmp_path, files=files), words)


def test_archives_of_blood_cells_that_are_none(tmp_path):
    path = blood(tmp_path)
    whole = path.read_bytes()
    for content in (whole[:-300], b"", b"<html>", b"PK\3\4"):
        path.write_bytes(content)
        refused(read_blood_cells, path, "no zip archive")
    damaged = bytearray(whole)
    at = whole.find(jpeg()[:40])
    damaged[at : at + 30] = bytes(30)
    path.write_bytes(damaged)
    refused(read_blood_cells, path, "damaged")  # the checksum tells
    path.unlink()
    refused(read_blood_cells, path, "no such file")


# --- Translation --------------------------------------------------------------------------------


def sentences(
    folder, content="Go.\tVa !\nRun!\tCours\u202f!\n\nRun!\tCourez !\tCC-BY 2.0\n", name="fra.txt"
):
    with zipfile.ZipFile(folder / "fra-eng.zip", "w") as archive:
        archive.writestr(name, content)
    return folder / "fra-eng.zip"


def test_sentence_pairs_are_read(tmp_path):
    table = read_translation(sentences(tmp_path))
    assert table.values.tolist() == [
        ["Go.", "Va !"],
        ["Run!", "Cours\u202f!"],
        ["Run!", "Courez !"],
    ] and list(table) == ["english", "french"]


BAD_SENTENCES = {
    "no tab": ("Go.\tVa !\nRun! Cours !\n", "line 2 of fra.txt has no tab between two sentences"),
    "nothing behind the tab": ("Go.\t \n", "line 1 of fra.txt has no tab between two sentences"),
    "not UTF-8": (
        "Go.\tVa !\nFire!\tÀ l'aide !\n".encode("latin-1"),
        "line 2 of fra.txt is not UTF-8",
    ),
    "empty": ("\n", "fra.txt is empty"),
}


@pytest.mark.parametrize("case", BAD_SENTENCES)
def test_bad_sentence_pairs(case, tmp_path):
    content, words = BAD_SENTENCES[case]
    refused(read_translation, sentences(tmp_path, content), words)


def test_archives_of_sentences_that_are_none(tmp_path):
    path = sentences(tmp_path)
    whole = path.read_bytes()
    for content in (whole[:-30], b"", b"<html>"):
        path.write_bytes(content)
        refused(read_translation, path, "no zip archive")
    refused(read_translation, sentences(tmp_path, name="deu.txt"), "a file is missing", "fra.txt")
    path.unlink()
    refused(read_translation, path, "no such file")
    path.mkdir()
    refused(read_translation, path, "this is a folder")
