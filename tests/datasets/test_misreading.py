"""What could be read in two ways is refused in one sentence, or is read in the right one.

The cases are kinds of files that people have; each is tried with several members.
"""

import struct
import zipfile

import numpy as np
import pandas as pd
import pytest

from datasets import readers
from datasets.formats import DataError, read_idx, read_table
from datasets.readers import (
    read_applications,
    read_blood_cells,
    read_churn,
    read_mall_customers,
    read_mnist,
    read_names,
    read_phones,
    read_real_payments,
    read_rt_polarity,
    read_share_price,
    read_spoken_digits,
    read_text,
    read_translation,
)
from tests.support.data_files import (
    ROOT,
    annotation,
    extensible,
    idx,
    jpeg,
    packed,
    put,
    refused,
    wav,
    zip_of,
)

CHURN = (ROOT / "datasets" / "bank_churn.csv").read_text(encoding="utf-8").splitlines()[:61]


def field(column, value, line=7):
    """Return a churn table in which a field is another; a comma in it stands in quotes."""
    lines = CHURN.copy()
    fields = lines[line - 1].split(",")
    fields[CHURN[0].split(",").index(column)] = f'"{value}"' if "," in value else value
    lines[line - 1] = ",".join(fields)
    return "\n".join(lines) + "\n"


# --- Numbers ------------------------------------------------------------------------------------

NO_NUMBERS = (
    "1 000;1'000;1\u00a0000;1\u202f000;1’000;83,807;83.807,86;83807,86;1.234.567;0x10;0b11;1_000;"
    "12%;12 %;€12;12€;$5;5 EUR;(5);5-;−5;１２;٣٤;१२;½;1e;e5;.;+;--5;1e5.5;NAN;-nan;Infinity;-inf;"
    "1e400;True;FALSE;yes;ja;#N/A;#DIV/0!;?;-;n.a.;12:30;2012-01-31;1,5;1/2;1d5;5L;5f;0o7;1e5e5"
).split(";")


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_plain_number_is_refused(value, tmp_path):
    for column in ("Balance", "Exited", "CustomerId"):
        path = put(tmp_path / "Churn_Modelling.csv", field(column, value))
        refused(read_churn, path, f"column {column!r} holds {value!r} in line 7; expected a finite")


@pytest.mark.parametrize(
    "value, number",
    {
        "+5": 5, "5.": 5, ".5": 0.5, "-0": 0, "-0.0": 0, "007": 7, "1e5": 1e5, "1E+05": 1e5,
        "-1.5e-3": -0.0015, " 12 ": 12, "\u00a012": 12, "\t3": 3, "1e-400": 0,
    }.items(),
)  # fmt: skip
def test_plain_numbers_are_read(value, number, tmp_path):
    table = read_churn(put(tmp_path / "Churn_Modelling.csv", field("Balance", value)))
    assert table["Balance"][5] == number and not np.signbit(table["Balance"][5]) or number < 0


@pytest.mark.parametrize("value", ["1.5634602E+07", "1e7", "1.56e+07", "15634602.5", "+15634602"])
def test_numbers_of_customers_have_all_their_digits(value, tmp_path):
    """A spreadsheet shows long numbers with an exponent, and may have dropped their last digits."""
    path = put(tmp_path / "Churn_Modelling.csv", field("CustomerId", value))
    refused(read_churn, path, "'CustomerId' holds", "in line 7")
    header = ",".join(readers.APPLICATION_COLUMNS)
    rows = "".join(f"{n},1,2,3,1,5,6,7,1,1,10,1,1,13,14,{n % 2}\n" for n in (1, 2))
    path = put(tmp_path / "Credit_Card_Applications.csv", f"{header}\n{value},{rows[2:]}")
    refused(read_applications, path, "'CustomerID' holds", "in line 2")


@pytest.mark.parametrize("value", ["1", "1.0", "1.", "01", " 1"])
def test_labels_may_be_written_as_decimals(value, tmp_path):
    table = read_churn(put(tmp_path / "Churn_Modelling.csv", field("Exited", value)))
    assert table["Exited"][5] == 1


@pytest.mark.parametrize("value", ["2", "-1", "0.99", "True", "yes", "1;", "'1'", "I", "l", "O"])
def test_labels_outside_the_classes_are_refused(value, tmp_path):
    path = put(tmp_path / "Churn_Modelling.csv", field("Exited", value))
    refused(read_churn, path, "'Exited' holds", "in line 7")


def test_both_ways_to_parse_say_the_same(tmp_path):
    """A table without quotes is parsed by pandas, one with them by csv."""
    plain = put(tmp_path / "plain.csv", "\n".join(CHURN))
    quoted = put(tmp_path / "quoted.csv", "\n".join(CHURN).replace("France", '"France"'))
    pd.testing.assert_frame_equal(read_churn(plain), read_churn(quoted))
    for content in ("a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n", "a,b\n1,2,3\n4\n", "a,b\n\n \n,\n1,x\n"):
        sentences = []
        for mark in ("", '"'):
            path = put(tmp_path / "table.csv", content.replace("a", f"{mark}a{mark}"))
            with pytest.raises(DataError) as caught:
                read_table(path, ["a", "b"])
            sentences.append(str(caught.value))
        assert sentences[0] == sentences[1]


@pytest.mark.parametrize("old, new", [("Age", "AGE"), ("Exited", "exited"), ("Surname", "surName")])
def test_columns_that_differ_only_in_capitals(old, new, tmp_path):
    table = pd.read_csv(ROOT / "datasets" / "bank_churn.csv", nrows=60, dtype=str)
    table[new] = table[old]
    path = put(tmp_path / "Churn_Modelling.csv", table.to_csv(index=False))
    refused(read_churn, path, f"'{old}' and '{new}' differ only in capitals")


@pytest.mark.parametrize("name", ["Nan", "Null", "Na", "True", "1e5", "0x10", "O'Brien", "-", "?"])
def test_odd_surnames_are_names(name, tmp_path):
    table = read_churn(put(tmp_path / "Churn_Modelling.csv", field("Surname", name)))
    assert table["Surname"][5] == name


def test_fields_with_quotes_commas_and_line_ends(tmp_path):
    for written, meant in {'"Smith, John"': "Smith, John", '"say ""hi"""': 'say "hi"'}.items():
        content = field("Surname", "Weber").replace("Weber", written)
        assert read_churn(put(tmp_path / "c.csv", content))["Surname"][5] == meant
    for written in ('"Smith', 'Smi"th"x,"', '"Smith" x'):
        content = field("Surname", "Weber").replace("Weber", written)
        refused(read_churn, put(tmp_path / "c.csv", content), "line ")


# --- Encodings ----------------------------------------------------------------------------------

TEXTS = {
    "churn": (read_churn, field("Surname", "Müller")),
    "phones": (read_phones, "\n".join(
        (ROOT / "datasets" / "mobile_prices.csv").read_text(encoding="utf-8").splitlines()[:40]
    ).replace("wifi", "wifi,Größe", 1)),
    "text": (read_text, "Fräulein, how are you?\n\n" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("kind", TEXTS)
def test_text_in_other_encodings_is_refused(kind, encoding, tmp_path):
    read, content = TEXTS[kind]
    refused(read, put(tmp_path / "file.txt", content.encode(encoding)), "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp437"])
def test_names_in_other_encodings_are_refused(encoding, tmp_path):
    for nationality in readers.NATIONALITIES:
        put(tmp_path / f"{nationality}.txt", "Ann\nÀngels\n")
    path = put(tmp_path / "Polish.txt", "Ann\nJózef\n".encode(encoding))
    refused(lambda path: read_names(path.parent), path, "line ")
    refused(lambda path: read_names(path.parent), put(path, b"Ann\nBo\0b\n"), "line 2 holds a NUL")


def test_an_accent_is_one_character_with_its_letter(tmp_path):
    for nationality in readers.NATIONALITIES:
        put(tmp_path / f"{nationality}.txt", "Jo\u0301zef\nA\u0300ngels\n")
    assert read_names(tmp_path)["name"][:2].tolist() == ["J\u00f3zef", "\u00c0ngels"]


def reviews(folder, content):
    """Write the two files of reviews; the first holds these bytes."""
    put(folder / "rt-polarity.neg", b"dull .\n" * 100)
    return put(folder / "rt-polarity.pos", content)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_reviews_are_read_in_their_own_encoding(encoding, tmp_path):
    lines = "a café with a naïve façade , not déjà vu ½ .\n" * 100
    reviews(tmp_path, lines.encode(encoding))
    assert read_rt_polarity(tmp_path)["text"][0] == "a café with a naïve façade , not déjà vu ½ ."


@pytest.mark.parametrize(
    "content",
    [
        ("a café .\n" * 100).encode("utf-16"),
        ("a café .\n" * 100).encode("utf-16-le"),
        ("a café .\n" * 100).encode("utf-16-be"),
        ("a café .\n" * 100).encode("utf-32"),
        ("a café .\n" * 100).encode() + "naïf .\n".encode("latin-1"),
        ("un été — .\n" * 100).encode() + b"caf\xe9 .\n",
        b"a caf\0 .\n" * 100,
    ],
)
def test_reviews_in_an_unknown_encoding_are_refused(content, tmp_path):
    path = reviews(tmp_path, content)
    refused(lambda path: read_rt_polarity(path.parent), path, "expected a Latin-1 text file")


# --- Dates and prices ---------------------------------------------------------------------------


def shares(folder, days=60, date="{0.month}/{0.day}/{0.year}", price="325.25", volume="7,380,500"):
    """Write two files of share prices; return the path of the first."""
    for part, first in (("Train", "2012-01-03"), ("Test", "2017-01-03")):
        lines = ["Date,Open,High,Low,Close,Volume"]
        lines += [
            f'"{date.format(day)}","{price}",332.83,324.97,"1,008.64","{volume}"'
            for day in pd.bdate_range(first, periods=days)
        ]
        put(folder / f"Google_Stock_Price_{part}.csv", "\n".join(lines) + "\n")
    return folder / "Google_Stock_Price_Train.csv"


def read_shares(path):
    return read_share_price(path.parent)


def test_share_prices_as_the_real_files_have_them(tmp_path):
    table = read_shares(shares(tmp_path))
    assert len(table) == 120 and table["Close"][0] == 1008.64 and table["Volume"][0] == 7380500
    assert table["Date"][0] == pd.Timestamp("2012-01-03")
    other = read_shares(shares(tmp_path, date="{0:%Y-%m-%d}", volume="7380500"))
    pd.testing.assert_frame_equal(table, other)
    backwards = shares(tmp_path)
    header, *lines = backwards.read_text(encoding="utf-8").splitlines()
    put(backwards, "\n".join([header, *lines[::-1]]))
    pd.testing.assert_frame_equal(read_shares(backwards), table)


@pytest.mark.parametrize(
    "price",
    ["325,25", "1.225,25", "1,00864", "10,08", "1,0086.4", "1 008.64", "1'008.64", "1.008.64"]
    + ["$325.25", "325.25 USD", "1,008,64", ",325", "325,", "1,,008", "3,25.25", "１,008.64"],
)
def test_prices_with_commas_elsewhere_are_refused(price, tmp_path):
    refused(read_shares, shares(tmp_path, price=price), "column 'Open' holds", "in line 2")


def test_commas_that_may_be_points_are_refused(tmp_path):
    path = shares(tmp_path)
    for file in tmp_path.iterdir():
        content = file.read_text(encoding="utf-8")
        for old, new in {"325.25": "325,250", "332.83": '"332,830"', "324.97": '"324,970"'}.items():
            content = content.replace(old, new)
        put(file, content.replace("1,008.64", "1008,640").replace("1008,640", "1,008"))
    refused(read_shares, path, "commas but never a point")


@pytest.mark.parametrize("volume", ["7.380", "7380500.5", "7,38", "0", "-5"])
def test_volumes_are_whole_numbers_above_0(volume, tmp_path):
    refused(read_shares, shares(tmp_path, volume=volume), "column 'Volume' holds", "in line ")


@pytest.mark.parametrize(
    "date",
    [
        "{0.day}/{0.month}/{0.year}",
        "{0.day:02}/{0.month:02}/{0.year}",
        "{0.day}.{0.month}.{0.year}",
        "{0.month}-{0.day}-{0.year}",
        "{0:%m/%d/%y}",
        "{0:%y-%m-%d}",
        "{0:%Y%m%d}",
        "{0:%Y/%m/%d}",
        "{0:%d-%b-%Y}",
        "{0:%b %d, %Y}",
        "{0:%Y-%m-%dT%H:%M:%S}",
        "{0:%Y-%d-%m}",
    ],
)
def test_dates_in_other_ways_are_refused(date, tmp_path):
    refused(read_shares, shares(tmp_path, date=date), "in line ", "expected ")


def test_exchanged_day_and_month_show_on_weekends(tmp_path):
    """All days of the file are at most 12, so that each of them is a date in both ways."""
    days = [day for day in pd.bdate_range("2012-01-02", periods=300) if day.day <= 12]
    path = shares(tmp_path)
    lines = [f"{d.day}/{d.month}/{d.year},1.5,1.5,1.5,1.5,9" for d in days]
    put(path, "\n".join(["Date,Open,High,Low,Close,Volume", *lines]))
    refused(read_shares, path, "falls on a weekend", "the month first")


@pytest.mark.parametrize(
    "lines, words",
    [
        (
            ["1/3/2012", "1/4/2012", "2012-01-05"],
            "'2012-01-05' in line 4 is written in another way",
        ),
        (["2012-01-03", "1/4/2012"], "'1/4/2012' in line 3 is written in another way"),
        (["1/3/2012", "1/5/2012", "1/4/2012", "1/6/2012"], "2012-01-04 in line 4 is out of order"),
        (["1/6/2012", "1/4/2012", "1/5/2012", "1/3/2012"], "2012-01-05 in line 4 is out of order"),
        (["1/7/2012"], "07 January 2012, falls on a weekend"),
        (["1/4/2112"], "lies in the future"),
        (["2/30/2012"], "holds '2/30/2012' in line 2"),
        (["13/1/2012"], "holds '13/1/2012' in line 2"),
    ],
)
def test_dates_that_cannot_be(lines, words, tmp_path):
    path = shares(tmp_path)
    rows = [f"{day},1.5,1.5,1.5,1.5,9" for day in lines]
    put(path, "\n".join(["Date,Open,High,Low,Close,Volume", *rows]))
    refused(read_shares, path, words)
    refused(
        lambda p: readers.read_file("google_stock/Google_Stock_Price_Train.csv", p), path, words
    )


# --- Sound, images, boxes -----------------------------------------------------------------------


def test_the_two_headers_of_wav_files_say_the_same(tmp_path):
    plain = wav(struct.pack("<4h", 5, -7, 300, -32768))
    files = {"1_ann_0.wav": plain, "a/2_ann_0.WAV": extensible(plain), "3_ann_0.Wav": plain}
    found = read_spoken_digits(put(tmp_path / "digits.zip", zip_of(files)))
    assert [w.tolist() for w in found.waves] == [[5, -7, 300, -32768]] * 3
    assert found.digits.tolist() == [1, 3, 2] and found.rate == 8000


def formatted(tag, plain=None):
    """Return a wav file that says to hold samples of another kind."""
    plain = plain or wav()
    return plain[:20] + tag.to_bytes(2, "little") + plain[22:]


@pytest.mark.parametrize(
    "content, words",
    [
        (wav(bytes(8), width=1), "8 bits"),
        (wav(bytes(6), width=3), "24 bits"),
        (wav(bytes(8), width=4), "32 bits"),
        (wav(bytes(8), channels=2), "2 channels"),
        (extensible(wav(bytes(8), width=1)), "8 bits"),
        (extensible(wav(bytes(8), width=4), subformat=3), "not a wav file of whole numbers"),
        (formatted(3), "not a wav file of whole numbers"),
        (formatted(6), "not a wav file of whole numbers"),
        (formatted(7), "not a wav file of whole numbers"),
        (b"ID3" + bytes(60), "not a wav file"),
        (b"OggS" + bytes(60), "not a wav file"),
        (b"RIFX" + wav()[4:], "not a wav file"),
        (extensible(wav(bytes(1000)))[:-10], "cut short"),
    ],
)
def test_other_sound_is_refused(content, words, tmp_path):
    path = put(tmp_path / "digits.zip", zip_of({"7_theo_0.wav": content}))
    refused(read_spoken_digits, path, "7_theo_0.wav", words)


IMAGES, LABELS = np.arange(5 * 784).reshape(5, 28, 28) % 256, np.array([0, 9, 3, 3, 1])


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<I", 2051) + struct.pack(">3I", *IMAGES.shape) + IMAGES.astype("u1").tobytes(),
        struct.pack(">I", 2051) + struct.pack("<3I", *IMAGES.shape) + IMAGES.astype("u1").tobytes(),
        struct.pack(">4I", 0x0D03, *IMAGES.shape) + IMAGES.astype(">f4").tobytes(),
        struct.pack(">4I", 0x0B03, *IMAGES.shape) + IMAGES.astype(">i2").tobytes(),
        idx(IMAGES.reshape(5, 784)),
        idx(IMAGES[..., None]),
        idx(IMAGES) + idx(IMAGES),
    ],
)
def test_other_bytes_than_those_of_idx_are_refused(content, tmp_path):
    refused(lambda path: read_idx(path, 3), put(tmp_path / "images", content), "; expected ")


def test_black_on_white_digits_are_refused(tmp_path):
    white = np.zeros((20, 28, 28))
    white[:, 10:18, 10:18] = 200
    for name, array in {"images-idx3": 255 - white, "labels-idx1": np.arange(20) % 10}.items():
        for part in ("train", "t10k"):
            put(tmp_path / f"{part}-{name}-ubyte.gz", packed(array))
    path = tmp_path / "train-images-idx3-ubyte.gz"
    refused(lambda path: read_mnist(path.parent), path, "255 in the corner")


def blood(boxes=(("RBC", (8, 4, 24, 20)),), size="", lists=("a\n", "b\n", "c\n"), top="BCCD/"):
    """Return an archive of three images of 64 x 48 pixels."""
    files = {
        f"{top}ImageSets/Main/{part}.txt": names
        for part, names in zip(("train", "val", "test"), lists, strict=True)
    }
    files |= {f"{top}JPEGImages/{name}.jpg": jpeg() for name in "abc"}
    files |= {f"{top}Annotations/{name}.xml": annotation(*boxes, size=size) for name in "abc"}
    return zip_of(files)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"boxes": [("RBC", (4, 8, 20, 60))]}, "outside its image"),
        ({"boxes": [("RBC", (24, 4, 8, 20))]}, "turned round"),
        ({"boxes": [("RBC", (8, 20, 24, 4))]}, "turned round"),
        ({"boxes": [("RBC", (-1, 4, 8, 20))]}, "outside its image"),
        ({"boxes": [("RBC", ("nan", 4, 8, 20))]}, "not an annotation"),
        ({"boxes": [("RBC", ("1_0", 4, 20, 20))]}, "not an annotation"),
        ({"boxes": [("RBC", ("8,5", 4, 20, 20))]}, "not an annotation"),
        ({"boxes": [("WBC", (0.1, 0.2, 0.5, 0.9))]}, "smaller than a pixel"),
        ({"boxes": [("wbc", (8, 4, 24, 20))]}, "label 'wbc'"),
        ({"size": "<size><width>48</width><height>64</height></size>"}, "an image of 48 x 64"),
        ({"size": "<size><width>640</width><height>480</height></size>"}, "an image of 640 x 480"),
        ({"lists": ("a\nb\n", "b\n", "c\n")}, "b stands twice"),
        ({"lists": ("a\na\n", "b\n", "c\n")}, "a stands twice"),
    ],
)
def test_boxes_that_do_not_belong_to_their_image(options, words, tmp_path):
    refused(read_blood_cells, put(tmp_path / "BCCD.zip", blood(**options)), words)


@pytest.mark.parametrize("train", ["\ufeffa\n", "a\r\n", " a \n\n", "a"])
def test_lists_of_images_as_editors_save_them(train, tmp_path):
    path = put(tmp_path / "BCCD.zip", blood(lists=(train, "b\n", "c\n")))
    assert read_blood_cells(path).parts.tolist() == ["train", "valid", "test"]


@pytest.mark.parametrize("size", ["", "<size><width>64</width><height>48</height></size>"])
@pytest.mark.parametrize("top", ["", "BCCD/", "BCCD_Dataset-master/BCCD/"])
def test_blood_cells_in_any_folder(size, top, tmp_path):
    found = read_blood_cells(put(tmp_path / "BCCD.zip", blood(size=size, top=top)))
    assert len(found.images) == 3 and len(found.boxes) == 3


# --- Other tables and archives ------------------------------------------------------------------

MALL = (
    "CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n"
    "0001,Male,19,15,39\n0002,Female,21,15,81\n"
)


def test_the_column_of_mall_customers_has_two_names(tmp_path):
    tables = [
        read_mall_customers(put(tmp_path / "Mall_Customers.csv", content))
        for content in (MALL, MALL.replace("Gender", "Genre"))
    ]
    pd.testing.assert_frame_equal(*tables)
    both = MALL.replace("Gender", "Gender,Genre").replace("ale,", "ale,Male,")
    path = put(tmp_path / "Mall_Customers.csv", both)
    refused(read_mall_customers, path, "'Genre' occurs twice")


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("Male", "male", "'Genre' holds male in line 2"),
        ("Male", "M", "'Genre' holds M in line 2"),
        ("Male", "0", "'Genre' holds 0 in line 2"),
        (",81", ',"8,1"', "holds '8,1' in line 3"),
        (",81", ",0.81", "holds 0.81 in line 3"),
        (",81", ",81 %", "holds '81 %' in line 3"),
        (",15,39", ",15k,39", "holds '15k' in line 2"),
        (",15,39", ",-15,39", "holds -15 in line 2"),
    ],
)
def test_mall_customers_in_other_words(old, new, words, tmp_path):
    path = put(tmp_path / "Mall_Customers.csv", MALL.replace(old, new, 1))
    refused(read_mall_customers, path, words)


def test_real_payments_may_have_exponents_but_no_other_classes(tmp_path):
    def payments(time="1e+05", label="1", amount="2.69"):
        columns = ",".join(f'"{column}"' for column in readers.REAL_PAYMENT_COLUMNS)
        rows = [
            f"{t},{','.join(['-1.36e-05'] * 28)},{amount},{c}" for t, c in ((0, 0), (time, label))
        ]
        return put(tmp_path / "payments.csv", "\n".join([columns, *rows]))

    table = read_real_payments(payments())
    assert table["Time"].tolist() == [0, 100_000] and table["V5"].tolist() == [-1.36e-05] * 2
    refused(read_real_payments, payments(label="'1'"), "'Class' holds", "line 3")
    refused(read_real_payments, payments(label="fraud"), "'Class' holds 'fraud' in line 3")
    refused(read_real_payments, payments(amount="-2.69"), "'Amount' holds -2.69 in line 2")
    refused(read_real_payments, payments(amount='"2,69"'), "'Amount' holds '2,69' in line 2")


def test_french_before_english_is_refused(tmp_path):
    text = "Ça va ?\tHow are you?\nÉcoute !\tListen!\n"
    path = put(tmp_path / "fra-eng.zip", zip_of({"fra.txt": text}))
    refused(read_translation, path, "seems to be the French one")


@pytest.mark.parametrize(
    "files",
    [
        {"fra-eng/fra.txt": "Go.\tVa !\r\nRun!\tCours !\r\n"},
        {"fra.txt": "\ufeffGo.\tVa !\nRun!\tCours !", "_about.txt": "About"},
        {"a/b/fra.txt": "Go.\tVa !\tCC\n\nRun!\tCours !\tCC\n", "__MACOSX/a/b/._fra.txt": b"\0\5"},
        {"x/fra.txt": "Go.\tVa !\nRun!\tCours !\n", ".DS_Store": b"\0", "x/._fra.txt": b"\0"},
    ],
)
def test_sentences_in_archives_as_people_make_them(files, tmp_path):
    table = read_translation(put(tmp_path / "fra-eng.zip", zip_of(files)))
    assert table.values.tolist() == [["Go.", "Va !"], ["Run!", "Cours !"]]


def test_two_files_of_sentences_are_refused(tmp_path):
    files = {"a/fra.txt": "Go.\tVa !\n", "b/fra.txt": "Go.\tVa !\n"}
    path = put(tmp_path / "fra-eng.zip", zip_of(files))
    refused(read_translation, path, "fra.txt is there 2 times")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_sentences_in_other_encodings_are_refused(encoding, tmp_path):
    files = {"fra.txt": "Go.\tVa à l'école !\n".encode(encoding)}
    path = put(tmp_path / "fra-eng.zip", zip_of(files))
    refused(read_translation, path, "line 1")


def test_recordings_in_archives_as_people_make_them(tmp_path):
    files = {
        "recordings/7_theo_0.wav": wav(b"\1\0"),
        "recordings/0_ann_3.WAV": wav(b"\2\0"),
        "__MACOSX/recordings/._7_theo_0.wav": b"\0\5\26\7",
        "recordings/.DS_Store": b"\0\0\0\1",
        "recordings/._0_ann_3.wav": b"\0\5\26\7",
    }
    found = read_spoken_digits(put(tmp_path / "digits.zip", zip_of(files)))
    assert found.digits.tolist() == [0, 7] and [w.tolist() for w in found.waves] == [[2], [1]]
    files["copy/7_theo_0.wav"] = wav(b"\3\0")
    path = put(tmp_path / "digits.zip", zip_of(files))
    refused(read_spoken_digits, path, "two files named 7_theo_0.wav")


ARCHIVES = {
    "blood": (read_blood_cells, "BCCD/ImageSets/Main/train.txt"),
    "sentences": (read_translation, "fra.txt"),
    "digits": (read_spoken_digits, "7_theo_0.wav"),
}


def patched(archive, **fields):
    """Return a zip archive with one file whose two headers say something else of it.

    method: the number of the way in which it is compressed; flags: 1 for encrypted; version: the
    version of the format that is needed to read it.
    """
    archive = bytearray(archive)
    central = archive.find(b"PK\1\2")
    for field_name, value in fields.items():
        at = {"version": (4, 6), "flags": (6, 8), "method": (8, 10)}[field_name]
        for start, offset in zip((0, central), at, strict=True):
            archive[start + offset : start + offset + 2] = value.to_bytes(2, "little")
    return bytes(archive)


@pytest.mark.parametrize("kind", ARCHIVES)
@pytest.mark.parametrize(
    "fields, words",
    [
        ({"flags": 1}, "protected by a password"),
        ({"method": 9}, "compressed in a way that Python cannot undo"),
        ({"method": 6}, "compressed in a way that Python cannot undo"),
        ({"method": 98}, "compressed in a way that Python cannot undo"),
        ({"method": 97, "version": 63}, "compressed in a way that Python cannot undo"),
        ({"version": 99}, "compressed in a way that Python cannot undo"),
        ({"method": 14}, "damaged"),
        ({"method": 12}, ""),
        ({"method": 8}, "damaged"),
    ],
)
def test_archives_that_cannot_be_opened(kind, fields, words, tmp_path):
    read, name = ARCHIVES[kind]
    content = patched(zip_of({name: b"content " * 20}), **fields)
    refused(read, put(tmp_path / "archive.zip", content), words)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_archives_compressed_in_other_ways_are_read(method, tmp_path):
    content = zip_of({"fra.txt": "Go.\tVa !\n" * 50}, compression=method)
    assert len(read_translation(put(tmp_path / "fra-eng.zip", content))) == 50
    damaged = content[:60] + bytes(20) + content[80:]
    refused(read_translation, put(tmp_path / "fra-eng.zip", damaged), "")
