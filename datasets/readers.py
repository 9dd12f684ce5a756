"""One reader for each data set of the course, which checks a file wholly before it returns it.

A bad file raises DataError. No reader changes a file or cleans what is in it.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from datasets.catalogue import DATASETS, NATIONALITIES, default_file, find
from datasets.formats import (
    DataError,
    data_error,
    decode_utf_8,
    members,
    open_zip,
    parse_numbers,
    plain_numbers,
    read_bytes,
    read_idx,
    read_table,
    read_text_file,
    read_wav,
    refuse_nul,
    require,
    unix_lines,
)

CHURN_COLUMNS = (
    "RowNumber CustomerId Surname CreditScore Geography Gender Age Tenure Balance NumOfProducts "
    "HasCrCard IsActiveMember EstimatedSalary Exited"
).split()
CHURN_TEXT = ["Surname", "Geography", "Gender"]
PHONE_COLUMNS = (
    "battery_power blue clock_speed dual_sim fc four_g int_memory m_dep mobile_wt n_cores pc "
    "px_height px_width ram sc_h sc_w talk_time three_g touch_screen wifi price_range"
).split()
SHARE_COLUMNS = ["Date", "Open", "High", "Low", "Close", "Volume"]
APPLICATION_COLUMNS = ["CustomerID", *(f"A{i}" for i in range(1, 15)), "Class"]
# Whole numbers that stand for categories.
APPLICATION_CODES = ["A1", "A4", "A8", "A9", "A11", "A12"]
PAYMENT_COLUMNS = "transaction customer time x_km y_km merchant amount group fraud kind".split()
REAL_PAYMENT_COLUMNS = ["Time", *(f"V{i}" for i in range(1, 29)), "Amount", "Class"]
# Thousands with commas, as in 1,008.64; not 1008,64 nor 10,0864.
_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"
_ACCENTS = "[àâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒ]"  # letters of French that English lacks

BLOOD_CELLS = ["RBC", "WBC", "Platelets"]
MALL_COLUMNS = ["CustomerID", "Genre", "Age", "Annual Income (k$)", "Spending Score (1-100)"]


def read_churn(path: Path) -> pd.DataFrame:
    """Read a bank-churn table, real or simulated, and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, CHURN_COLUMNS in their order; further columns of
        the file are left out. CustomerId and Exited are int64; Surname, Geography and Gender are
        str; all others float64, in every file, because in some file a field is missing (NaN).

    Raises:
        DataError: see `read_table`; or a CustomerId is no whole number, Exited is not 0 or 1 in
            every row, or only one of the two occurs.

    Source: the card "bank churn" in datasets/README.md.
    """
    table = read_table(path, CHURN_COLUMNS, CHURN_TEXT, whole=["CustomerId"])
    _require_whole(path, table, "CustomerId")
    _require_both(path, table, "Exited")
    return table.astype({"CustomerId": "int64", "Exited": "int64"}).reset_index(drop=True)


def _require_whole(path: Path, table: pd.DataFrame, column: str) -> None:
    number = table[column]  # above 2**53 two numbers could become one
    good = (number % 1 == 0) & (number.abs() < 2**53)
    require(path, table, column, good, "a whole number below 2**53 in every row")


def _require_both(path: Path, table: pd.DataFrame, column: str) -> None:
    """DataError unless a column of labels holds 0 and 1 and nothing else."""
    require(path, table, column, table[column].isin([0, 1]), "0 or 1 in every row")
    if table[column].nunique() == 1:
        wrong = f"column {column!r} holds {table[column].iloc[0]:g} in every row"
        raise data_error(path, wrong, "both 0 and 1")


def _require_filled(path: Path, table: pd.DataFrame, column: str, expected: str) -> None:
    empty = table[column].isna()
    if empty.any():
        raise data_error(path, f"column {column!r} is empty in line {empty.idxmax()}", expected)


def read_churn_oracle(rows: int) -> pd.Series:
    """Return P(Exited = 1 | the row as written) for each row of the simulated bank-churn file.

    Returns:
        `rows` numbers, float64, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is
            no probability.
    """
    return _read_oracle("bank churn", "RowNumber", ["probability"], rows)["probability"]


def _read_oracle(name: str, number: str, columns: list[str], rows: int) -> pd.DataFrame:
    """Read the probabilities beside a simulated table, numbered from 1 in column `number`."""
    path = default_file(name, 1)
    table = read_table(path, [number, *columns])
    if table[number].tolist() != list(range(1, rows + 1)):
        wrong = f"its {len(table):,} rows do not belong to the table"
        raise data_error(path, wrong, f"rows numbered from 1 to {rows:,}")
    for column in columns:
        good = table[column].between(0, 1)
        require(path, table, column, good, "a number from 0 to 1 in every row")
    return table[columns].reset_index(drop=True)


def read_phones(path: Path) -> pd.DataFrame:
    """Read a table of phones and their price classes, real or simulated; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, PHONE_COLUMNS in their order; further columns of
        the file are left out. price_range is int64, all others float64, in every file, because in
        some file a field is missing (NaN).

    Raises:
        DataError: see `read_table`; or price_range is not 0, 1, 2 or 3 in every row, or one of the
            four never occurs.

    Source: the card "phone prices" in datasets/README.md.
    """
    table = read_table(path, PHONE_COLUMNS)
    price = table["price_range"]
    require(path, table, "price_range", price.isin(range(4)), "0, 1, 2 or 3 in every row")
    absent = sorted(set(range(4)) - set(price))
    if absent:
        wrong = f"column 'price_range' never holds {', '.join(map(str, absent))}"
        raise data_error(path, wrong, "rows of all four classes, 0 to 3")
    return table.astype({"price_range": "int64"}).reset_index(drop=True)


def read_phones_oracle(rows: int) -> pd.DataFrame:
    """Return P(price_range = k | the row as written) for each row of the simulated phones.

    Returns:
        `rows` rows, float64, columns k = 0 to 3, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, a value is no
            probability, or four do not sum to 1.
    """
    columns = [f"probability_{k}" for k in range(4)]
    table = _read_oracle("phone prices", "row", columns, rows).set_axis(range(4), axis=1)
    wrong = (table.sum(axis=1) - 1).abs() > 1e-5
    if wrong.any():
        row = wrong.idxmax()
        said = f"the probabilities of row {row + 1} sum to {table.loc[row].sum():g}"
        raise data_error(default_file("phone prices", 1), said, "1 in every row")
    return table


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read MNIST's four files.

    Returns:
        Training images (n, 28, 28) and labels (n,), test images and labels, all uint8; pixels 0
        (paper) to 255 (ink), labels 0 to 9.

    Raises:
        DataError: see `read_idx`; or images are not 28 x 28 or are black on white, labels are not 0
            to 9, or there are not as many labels as images.
    """
    return tuple(_read_mnist_file(find(folder, Path(file).name)) for file in DATASETS["MNIST"].real)


def _read_mnist_file(path: Path) -> np.ndarray:
    """Return one of MNIST's files; labels are also compared with the images beside them."""
    if "images" in path.name.lower():
        images = read_idx(path, 3)
        if images.shape[1:] != (28, 28):
            pixels = f"{images.shape[1]} x {images.shape[2]}"
            raise data_error(path, f"its images have {pixels} pixels", "28 x 28")
        if (images[:, 0, 0] == 255).mean() > 0.5:
            wrong = "most of its images have 255 in the corner, as black on white has"
            raise data_error(path, wrong, "0 for paper and 255 for ink")
        return images
    labels = read_idx(path, 1)
    if labels.max() > 9:
        raise data_error(path, f"label {labels.max()} occurs", "digits from 0 to 9")
    part = "train" if path.name.lower().startswith("train") else "t10k"
    beside = find(path.parent, f"{part}-images-idx3-ubyte.gz")
    try:
        images = _read_mnist_file(beside)
    except DataError:
        return labels  # the images' own check says what is wrong with them
    if len(images) != len(labels):
        wrong = f"there are {len(labels):,} labels"
        raise data_error(path, wrong, f"{len(images):,}, one for each image in {beside.name}")
    return labels


def read_names(path: Path) -> pd.DataFrame:
    """Read names of people and their nationality.

    Args:
        path: a table with the columns name and nationality, or a folder with a text file of names
            for each of NATIONALITIES.

    Returns:
        The columns name and nationality, both str, one row a person in the order of the file or
        files, RangeIndex. Names may repeat; an accent is one character with its letter (NFC).

    Raises:
        DataError: see `read_table`; or a field is empty, there is only one nationality, or a file
            of the folder is missing, empty or not UTF-8.

    Source: the card "names" in datasets/README.md.
    """
    if not path.is_dir():
        table = read_table(path, ["name", "nationality"], ["name", "nationality"])
        for column in table:
            _require_filled(path, table, column, "a name and a nationality in every row")
        if table["nationality"].nunique() == 1:
            wrong = f"column 'nationality' holds {table['nationality'].iloc[0]} in every row"
            raise data_error(path, wrong, "at least two nationalities")
        return table.assign(name=table["name"].str.normalize("NFC")).reset_index(drop=True)
    people = [
        (name, nationality)
        for nationality in NATIONALITIES
        for name in _read_names_file(find(path, f"{nationality}.txt"))
    ]
    return pd.DataFrame(people, columns=["name", "nationality"]).astype("str")


def _read_names_file(path: Path) -> np.ndarray:
    kind = "a UTF-8 text file with one name a line"
    lines = unicodedata.normalize("NFC", read_text_file(path, kind)).splitlines()
    names = np.array([line.strip() for line in lines if line.strip()])
    if max(map(len, names)) > 60:
        wrong = f"a line has {max(map(len, names))} characters"
        raise data_error(path, wrong, f"{kind}, of at most 60 characters")
    return names


def read_names_oracle(rows: int) -> pd.DataFrame:
    """Return P(nationality | name) for each row of the simulated names.

    Returns:
        `rows` rows, float64, one column a nationality, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is
            no probability.
    """
    from datasets.simulate_names import COUNTRIES

    columns = [f"probability_{country}" for country in COUNTRIES]
    return _read_oracle("names", "row", columns, rows).set_axis(COUNTRIES, axis=1)


def read_share_price(folder: Path | None) -> pd.DataFrame:
    """Read the daily price of Google's share.

    Args:
        folder: where the two real files lie, which are joined in order of date; None for the
            default inside Matplotlib.

    Returns:
        SHARE_COLUMNS, one row a day of trade in order of date, RangeIndex: Date as datetime64,
        prices in US dollars and Volume in shares as float64.

    Raises:
        DataError: see `read_table`; or a date or number cannot be read for certain, is not above 0
            or is no day of trade, or a day occurs twice.

    Source: the card "share price" in datasets/README.md.
    """
    types = {"Date": "datetime64[ns]", **dict.fromkeys(SHARE_COLUMNS[1:], "float64")}
    if folder:
        files = [find(folder, Path(file).name) for file in DATASETS["share price"].real]
        parts = [_read_share_days(file) for file in files]
        table = pd.concat(parts).sort_values("Date", ignore_index=True)
        if table["Date"].duplicated().any():
            day = table["Date"][table["Date"].duplicated()].iloc[0]
            wrong = f"{day:%Y-%m-%d} occurs twice in the two files together"
            raise data_error(files[1], wrong, "each day once")
        for file, part in zip(files, parts, strict=True):
            _require_order(file, part)
        return table.astype(types)
    from matplotlib.cbook import get_sample_data

    days = get_sample_data("goog.npz")["price_data"]
    table = pd.DataFrame({column: days[column.lower()] for column in SHARE_COLUMNS}).astype(types)
    return table.sort_values("Date", ignore_index=True)


def _read_share_file(path: Path) -> pd.DataFrame:
    table = _read_share_days(path)
    _require_order(path, table)
    return table


def _read_share_days(path: Path) -> pd.DataFrame:
    """Read one file of prices: dates as 1/31/2012 or 2012-01-31, and in thousands a comma or none.

    The index holds line numbers.
    """
    # A number such as "1,008.64" is text to the table.
    table = read_table(path, SHARE_COLUMNS, text=SHARE_COLUMNS)
    for column in SHARE_COLUMNS:
        _require_filled(path, table, column, "a date and five numbers in every row")
    prices = table[SHARE_COLUMNS[1:5]]
    if prices.map(lambda field: "," in field).any(axis=None) and not (
        prices.map(lambda field: "." in field).any(axis=None)
    ):
        wrong = "its prices hold commas but never a point, so that a comma may stand for a point"
        raise data_error(path, wrong, "decimal points, as in 1,008.64 or 1008.64")
    for column in SHARE_COLUMNS[1:]:
        # A comma stands only before groups of three digits: 1.225,25 and 325,25 stay as they are.
        fields = [
            field.replace(",", "") if re.fullmatch(_THOUSANDS, field) else field
            for field in table[column]
        ]
        table[column] = parse_numbers(path, column, table.index, fields)
        require(path, table, column, table[column] > 0, "a number above 0")
    whole = table["Volume"] % 1 == 0
    require(path, table, "Volume", whole, "a whole number, as 7380500 or 7,380,500")
    return table.assign(Date=_days_of_trade(path, table["Date"]))


def _days_of_trade(path: Path, written: pd.Series) -> pd.Series:
    """Return dates as datetime64.

    DataError if they are written in two ways, or are no days on which shares are traded, as when
    day and month were exchanged.
    """
    american = pd.to_datetime(written, format="%m/%d/%Y", errors="coerce")
    international = pd.to_datetime(written, format="%Y-%m-%d", errors="coerce")
    days = american.fillna(international)
    if days.isna().any():
        line = days.isna().idxmax()
        wrong = f"column 'Date' holds {written[line]!r} in line {line}"
        raise data_error(path, wrong, "a date such as 1/31/2012 or 2012-01-31")
    if american.notna().any() and international.notna().any():
        line = max(american.notna().idxmax(), international.notna().idxmax())
        wrong = f"the date {written[line]!r} in line {line} is written in another way than before"
        raise data_error(path, wrong, "one way in the whole file")
    weekend = days.dt.day_of_week > 4
    odd = weekend | (days > pd.Timestamp(date.today()))
    if odd.any():
        line = odd.idxmax()
        wrong = "falls on a weekend" if weekend[line] else "lies in the future"
        raise data_error(
            path,
            f"the date {written[line]!r} in line {line}, {days[line]:%d %B %Y}, {wrong}",
            "days of trade, the month first in dates such as 1/31/2012",
        )
    return days


def _require_order(path: Path, table: pd.DataFrame) -> None:
    """DataError unless days follow each other, forwards or backwards."""
    days = table["Date"]
    if not (days.is_monotonic_increasing or days.is_monotonic_decreasing):
        forwards = days.iloc[-1] >= days.iloc[0]
        step = days.diff().dt.days * (1 if forwards else -1)
        line = (step < 0).idxmax()
        wrong = f"the date {days[line]:%Y-%m-%d} in line {line} is out of order"
        raise data_error(path, wrong, "days in order, the month first in 1/31/2012")


def read_translation(path: Path) -> pd.DataFrame:
    """Read English sentences and their French translations from the zip archive of manythings.org.

    Returns:
        The columns english and french, both str, one row a line of fra.txt, RangeIndex. A sentence
        may occur several times, with other translations.

    Raises:
        DataError: the archive is damaged or holds no fra.txt, or that is not UTF-8 text with a tab
            between two sentences in every line, English ones first.

    Source: the card "translation" in datasets/README.md.
    """
    kind = (
        "a zip archive that holds fra.txt, UTF-8 text with an English sentence, a tab and a French "
        "one in every line"
    )
    with open_zip(path, kind) as archive:
        names = [name for name in members(archive) if name.rpartition("/")[2] == "fra.txt"]
        if len(names) > 1:
            raise data_error(path, f"fra.txt is there {len(names)} times", kind)
        data = archive.read(names[0] if names else "fra.txt")
    text = decode_utf_8(path, data, kind, "fra.txt")
    refuse_nul(path, data, kind)
    lines = unix_lines(text).split("\n")
    pairs = []
    for number, line in enumerate(lines, 1):
        # Newer files have a third field, which says whose sentences these are.
        fields = [field.strip() for field in line.split("\t")][:2]
        if line.strip() and (len(fields) < 2 or not all(fields)):
            wrong = f"line {number} of fra.txt has no tab between two sentences"
            raise data_error(path, wrong, kind)
        if line.strip():
            pairs.append(fields)
    if not pairs:
        raise data_error(path, "fra.txt is empty", kind)
    table = pd.DataFrame(pairs, columns=["english", "french"]).astype("str")
    accents = [table[language].str.count(_ACCENTS).sum() for language in table]
    if accents[0] > accents[1]:
        wrong = "the first sentence of a line of fra.txt seems to be the French one"
        raise data_error(path, wrong, kind)
    return table


@dataclass(frozen=True)
class BloodCells:
    """Pictures of blood under the microscope and the boxes round its cells.

    Attributes:
        images: uint8 of shape (n, height, width, 3), red, green and blue from 0 to 255.
        parts: for each image "train", "valid" or "test", as its makers split them; shape (n,).
        boxes: a row per cell, with the columns image (0 to n - 1), label (one of BLOOD_CELLS), and
            xmin, ymin, xmax, ymax in pixels of `images`.
        dropped: how many boxes of the file are not in `boxes`, because they have no area.
    """

    images: np.ndarray
    parts: np.ndarray
    boxes: pd.DataFrame
    dropped: int


def read_blood_cells(path: Path, shrink: int = 4) -> BloodCells:
    """Read the archive of blood-cell images and their boxes, and make the images smaller.

    Args:
        path: a zip archive that holds the folders Annotations (boxes in the XML format of Pascal
            VOC), ImageSets and JPEGImages, themselves inside any folder.
        shrink: by which factor, 1, 2, 4 or 8, width and height are made smaller.

    Raises:
        DataError: the archive is damaged, lacks a file, or holds an image that is none or is listed
            twice, an unknown label or a box outside its image.

    Source: the card "blood cells" in datasets/README.md; the format: Everingham et al. 2010,
    doi:10.1007/s11263-009-0275-4.
    """
    kind = "a zip archive with the folders Annotations, ImageSets and JPEGImages"
    with open_zip(path, kind) as archive:
        return _read_voc(path, archive, shrink)


def _read_voc(path: Path, archive: zipfile.ZipFile, shrink: int) -> BloodCells:
    listed = "ImageSets/Main/train.txt"
    lists = [name for name in members(archive) if name.endswith(listed)]
    top = lists[0].removesuffix(listed) if lists else ""
    names: dict[str, str] = {}
    for part, file in {"train": "train", "valid": "val", "test": "test"}.items():
        text = archive.read(f"{top}ImageSets/Main/{file}.txt").decode("utf-8-sig", "replace")
        for name in text.split():
            if name in names:
                wrong = f"{name} stands twice in the lists in ImageSets/Main"
                raise data_error(path, wrong, "each image in one part only")
            names[name] = part
    if set(names.values()) != {"train", "valid", "test"}:
        wrong = "one of the lists in ImageSets/Main is empty"
        raise data_error(path, wrong, "images for training, validation and test")
    images, cells, dropped = [], [], 0
    for number, name in enumerate(names):
        picture = _read_jpeg(path, name, archive.read(f"{top}JPEGImages/{name}.jpg"), shrink)
        if images and picture.shape != images[0].shape:
            wrong = f"{name}.jpg is not as large as the images before it"
            raise data_error(path, wrong, "images of one size")
        images.append(picture)
        height, width = (shrink * side for side in picture.shape[:2])
        data = archive.read(f"{top}Annotations/{name}.xml")
        for label, (left, upper, right, lower) in _read_boxes(path, name, data, width, height):
            if left < right and upper < lower:
                box = (side / shrink for side in (left, upper, right, lower))
                cells.append((number, label, *box))
            else:
                dropped += 1
    boxes = pd.DataFrame(cells, columns=["image", "label", "xmin", "ymin", "xmax", "ymax"])
    return BloodCells(np.stack(images), np.array(list(names.values())), boxes, dropped)


def _read_jpeg(path: Path, name: str, data: bytes, shrink: int) -> np.ndarray:
    from PIL import Image

    try:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").reduce(shrink))
    except (OSError, ValueError, SyntaxError):  # what Pillow raises for all that is no image
        raise data_error(
            path, f"{name}.jpg is not an image, or is cut short", "JPEG images"
        ) from None


def _read_boxes(
    path: Path, name: str, data: bytes, width: int, height: int
) -> list[tuple[str, list[float]]]:
    """Return label and [xmin, ymin, xmax, ymax] of every object in a Pascal VOC annotation.

    Args:
        path, name: the archive, and the image that the annotation belongs to.
        data: the XML file.
        width, height: of the image, in pixels.
    """
    sides = ("xmin", "ymin", "xmax", "ymax")
    try:
        annotation = ElementTree.fromstring(data)
        objects = annotation.findall("object")
        written = [[item.findtext(f"bndbox/{side}", "") for side in sides] for item in objects]
        boxes = [plain_numbers([side.strip() for side in box]).tolist() for box in written]
        size = [annotation.findtext(f"size/{side}", default="0") for side in ("width", "height")]
        size = [int(side) for side in size]
    except (ElementTree.ParseError, TypeError, ValueError):
        wrong = f"{name}.xml is not an annotation"
        expected = "objects with a name and a bndbox of four numbers"
        raise data_error(path, wrong, expected) from None
    # A file that knows no size has 0, one whose axes were exchanged has height and width exchanged.
    # Shrinking may have cut less than 8 pixels off.
    known = [side for side in size if side > 0]
    if known and not all(
        0 <= side - true < 8 for side, true in zip(size, (width, height), strict=True)
    ):
        wrong = f"{name}.xml is for an image of {size[0]} x {size[1]} pixels"
        raise data_error(path, wrong, f"{width} across and {height} down, as {name}.jpg has")
    labels = [item.findtext("name") for item in objects]
    for label, (left, upper, right, lower) in zip(labels, boxes, strict=True):
        if label not in BLOOD_CELLS:
            wrong = f"{name}.xml holds the label {label!r}"
            raise data_error(path, wrong, ", ".join(BLOOD_CELLS))
        if not (0 <= left <= right <= width and 0 <= upper <= lower <= height):
            wrong = f"a box in {name}.xml lies outside its image or is turned round"
            raise data_error(path, wrong, f"0 to {width} across and 0 to {height} down")
        if 0 < right <= 1 and 0 < lower <= 1:
            wrong = f"a box in {name}.xml is smaller than a pixel"
            raise data_error(path, wrong, "pixels, not shares of width and height")
    return list(zip(labels, boxes, strict=True))


@dataclass(frozen=True)
class SpokenDigits:
    """Recordings of spoken digits, ordered by the names of their files.

    Attributes:
        waves: one int16 array a recording, of its own length: air pressure in arbitrary units.
        digits: what was said, int of shape (n,).
        speakers: who said it, str of shape (n,).
        rate: samples per second, the same for all.
    """

    waves: list[np.ndarray]
    digits: np.ndarray
    speakers: np.ndarray
    rate: int


def read_spoken_digits(path: Path) -> SpokenDigits:
    """Read an archive of spoken digits.

    These are mono wav files with 16 bits a sample, named digit_speaker_index.wav, in any folder;
    other files are passed over.

    Raises:
        DataError: the archive is damaged or holds no wav file, or one has another name or one that
            occurs twice, is no such wav file or cut short, or has another rate.

    Source: the card "spoken digits" in datasets/README.md.
    """
    kind = "a zip archive of wav files named digit_speaker_index.wav"
    with open_zip(path, kind) as archive:
        files = [name for name in members(archive) if name.lower().endswith(".wav")]
        recordings = [(file.rpartition("/")[2], archive.read(file)) for file in files]
    if not files:
        raise data_error(path, "the archive holds no wav file", kind)
    waves, digits, speakers, rates, names = [], [], [], [], set()
    for name, data in recordings:
        parts = re.fullmatch(r"([0-9])_([^_]+)_([0-9]+)\.wav", name, re.IGNORECASE)
        if not parts:
            raise data_error(path, f"it holds a file named {name}", kind)
        if name.lower() in names:
            raise data_error(path, f"it holds two files named {name}", "each recording once")
        names.add(name.lower())
        samples, rate = read_wav(path, name, data)
        if rates and rate != rates[0]:
            wrong = f"{name} has {rate:,} samples per second"
            raise data_error(path, wrong, f"{rates[0]:,}, as in the files before it")
        waves.append(samples)
        rates.append(rate)
        digits.append(int(parts[1]))
        speakers.append(parts[2])
    return SpokenDigits(waves, np.array(digits), np.array(speakers), rates[0])


def read_mall_customers(path: Path) -> pd.DataFrame:
    """Read the customers of a shopping mall.

    Returns:
        One row per line of the file, RangeIndex, MALL_COLUMNS in their order: Genre (Female or
        Male) is str, all others float64. Nothing is missing. A file may call this column Gender.

    Raises:
        DataError: see `read_table`; or a field is empty, Genre is neither Female nor Male, or a
            score lies outside 1 to 100.

    Source: the card "mall customers" in datasets/README.md.
    """
    table = read_table(path, MALL_COLUMNS, ["Genre"], aliases={"Gender": "Genre"})
    wrong = ~table["Genre"].isin(["Female", "Male"])
    if wrong.any():
        line = wrong.idxmax()
        said = f"column 'Genre' holds {table['Genre'][line]} in line {line}"
        raise data_error(path, said, "Female or Male in every row")
    for column in ("CustomerID", "Age", "Annual Income (k$)"):
        require(path, table, column, table[column] >= 0, "a number from 0 on in every row")
    score = "Spending Score (1-100)"
    good = table[score].between(1, 100)
    require(path, table, score, good, "a number from 1 to 100 in every row")
    return table.reset_index(drop=True)


def read_applications(path: Path) -> pd.DataFrame:
    """Read a table of credit-card applications, real or simulated; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, APPLICATION_COLUMNS in their order. CustomerID and
        Class are int64, all others float64, in every file, because in some file a field is missing
        (NaN).

    Raises:
        DataError: see `read_table`; or a CustomerID is no whole number or stands twice, a code is
            no whole number, Class is not 0 or 1 in every row, or only one of the two occurs.

    Source: the card "credit applications" in datasets/README.md.
    """
    table = read_table(path, APPLICATION_COLUMNS, whole=["CustomerID"])
    _require_whole(path, table, "CustomerID")
    require(path, table, "CustomerID", ~table["CustomerID"].duplicated(), "each number once")
    for column in APPLICATION_CODES:
        good = table[column].isna() | (table[column] % 1 == 0)
        expected = "a whole number that stands for a category, or an empty field"
        require(path, table, column, good, expected)
    _require_both(path, table, "Class")
    return table.astype({"CustomerID": "int64", "Class": "int64"}).reset_index(drop=True)


def read_applications_truth(applications: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return who of the simulated applicants cheats, and how probable that was.

    Returns:
        In the order of the table: Fraud, 0 or 1, int64; and the oracle's P(Fraud = 1 | the row as
        written), float64.

    Raises:
        DataError: see `read_table`; or the customers are not those of the table, or a value is not
            0, 1 or no probability.
    """
    path = default_file("credit applications", 2)
    truth = read_table(path, ["CustomerID", "Fraud"])
    if truth["CustomerID"].tolist() != applications["CustomerID"].tolist():
        wrong = "its customers do not belong to the table"
        raise data_error(path, wrong, "the CustomerIDs of the table, in its order")
    require(path, truth, "Fraud", truth["Fraud"].isin([0, 1]), "0 or 1 in every row")
    oracle = _read_oracle("credit applications", "row", ["probability"], len(truth))
    return truth["Fraud"].astype("int64").reset_index(drop=True), oracle["probability"]


def read_payments(path: Path) -> pd.DataFrame:
    """Read the simulated card transactions and check them; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, PAYMENT_COLUMNS in their order: transaction,
        customer and fraud are int64, time is datetime64, merchant, group and kind are str, x_km,
        y_km and amount float64; only places may be missing (NaN).

    Raises:
        DataError: see `read_table`; or a field other than a place is missing, a time cannot be
            read, an amount is not above 0, or fraud is not 0 or 1 in every row.

    Source: the card "card transactions" in datasets/README.md.
    """
    text = ["time", "merchant", "group", "kind"]
    table = read_table(path, PAYMENT_COLUMNS, text, whole=["transaction", "customer"])
    for column in text:
        _require_filled(path, table, column, "a word in every row")
    for column in ("transaction", "customer"):
        _require_whole(path, table, column)
    require(path, table, "amount", table["amount"] > 0, "a number above 0 in every row")
    require(path, table, "fraud", table["fraud"].isin([0, 1]), "0 or 1 in every row")
    times = pd.to_datetime(table["time"], format="%Y-%m-%d %H:%M", errors="coerce")
    if times.isna().any():
        line = times.isna().idxmax()
        wrong = f"column 'time' holds {table.loc[line, 'time']!r} in line {line}"
        raise data_error(path, wrong, "a date and a time such as 2025-01-31 18:05")
    types = dict.fromkeys(["transaction", "customer", "fraud"], "int64")
    return table.assign(time=times).astype(types).reset_index(drop=True)


def read_payments_bound(rows: int) -> pd.Series:
    """Return P(fraud | more than any model sees) for each row of the simulated card transactions.

    Returns:
        `rows` numbers, float64, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is
            no probability.
    """
    return _read_oracle("card transactions", "row", ["probability"], rows)["probability"]


def read_real_payments(path: Path) -> pd.DataFrame:
    """Read the sample of real card transactions and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, REAL_PAYMENT_COLUMNS in their order, float64,
        Class int64.

    Raises:
        DataError: see `read_table`; or a field is missing, Class is not 0 or 1 in every row, or
            only one of the two occurs.

    Source: the card "real card transactions" in datasets/README.md.
    """
    table = read_table(path, REAL_PAYMENT_COLUMNS)
    for column in REAL_PAYMENT_COLUMNS:
        require(path, table, column, table[column].notna(), "a number in every row")
    require(path, table, "Amount", table["Amount"] >= 0, "a number from 0 on in every row")
    _require_both(path, table, "Class")
    return table.astype({"Class": "int64"}).reset_index(drop=True)


def read_text(path: Path | None) -> str:
    """Read a long text.

    Args:
        path: a file in UTF-8; None for the default, the reference of the Python language inside the
            standard library.

    Returns:
        The text with the line end "\\n" only. The default differs a little from one version of
        Python to the next.

    Raises:
        DataError: the file is absent, empty, a web page, not UTF-8, or shorter than 100,000
            characters.

    Source: the card "text" in datasets/README.md.
    """
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics.values())
    kind = "a text in UTF-8 of at least 100,000 characters"
    text = read_text_file(path, kind, unit="byte")
    if len(text) < 100_000:
        raise data_error(path, f"the text has {len(text):,} characters", kind)
    return text


def read_rt_polarity(folder: Path) -> pd.DataFrame:
    """Read the sentence-polarity set: two text files, one review a line, tokens between blanks.

    Returns:
        The columns text (str) and label (int64; 1 positive, 0 negative), first the positive ones,
        RangeIndex. Reviews may repeat.

    Raises:
        DataError: a file is absent, empty, a web page, in no encoding that can be told, or has
            fewer than 100 reviews.

    Source: the card "rt-polarity" in datasets/README.md.
    """
    rows = [
        (review, label)
        for label, file in zip((1, 0), DATASETS["rt-polarity"].real, strict=True)
        for review in _read_reviews_file(find(folder, Path(file).name))
    ]
    return pd.DataFrame(rows, columns=["text", "label"]).astype({"text": "str"})


def _read_reviews_file(path: Path) -> np.ndarray:
    """Read reviews in Latin-1, as the published files are, or in UTF-8, as somebody saved them.

    Any bytes are Latin-1, so what cannot be a review in it is looked for first.
    """
    kind = "a Latin-1 text file with one review a line, at least 100"
    data = read_bytes(path, kind)
    if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise data_error(path, "this is UTF-16 text, or none", kind)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Letters of Latin-1 do not stand beside each other as the bytes of one in UTF-8 do.
        mixed = re.search(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}", data)
        if mixed:
            line = data.count(b"\n", 0, mixed.start()) + 1
            wrong = f"line {line} is UTF-8 text, other lines are not"
            raise data_error(path, wrong, kind) from None
        text = data.decode("latin-1")
    reviews = [line.strip() for line in unix_lines(text).split("\n") if line.strip()]
    if len(reviews) < 100:
        raise data_error(path, f"there are {len(reviews)} reviews", kind)
    return np.array(reviews)


def read_file(name: str, path: Path) -> Any:
    """Read the file that stands under `name` in the catalogue, and raise DataError if it is bad.

    Args:
        name: the file as the catalogue has it, for example "churn/Churn_Modelling.csv".
        path: where it lies.

    Returns:
        What the file holds: a table, a series, an array with one entry a row, BloodCells or
        SpokenDigits.
    """
    return READERS[name](path)


def _applications_truth() -> tuple[pd.Series, pd.Series]:
    return read_applications_truth(read_applications(default_file("credit applications")))


# The reader of each file in the catalogue. Those of the oracles and the truth, which belong to a
# default table, compare them with it.
READERS: dict[str, Callable[[Path], Any]] = {
    "datasets/bank_churn.csv": read_churn,
    "datasets/bank_churn_oracle.csv": lambda _: read_churn_oracle(
        len(read_churn(default_file("bank churn")))
    ),
    "churn/Churn_Modelling.csv": read_churn,
    "datasets/mobile_prices.csv": read_phones,
    "datasets/mobile_prices_oracle.csv": lambda _: read_phones_oracle(
        len(read_phones(default_file("phone prices")))
    ),
    "mobile_price/train.csv": read_phones,
    **dict.fromkeys(DATASETS["MNIST"].real, _read_mnist_file),
    "bccd/BCCD.zip": read_blood_cells,
    "datasets/names.csv": read_names,
    "datasets/names_oracle.csv": lambda _: read_names_oracle(
        len(read_names(default_file("names")))
    ),
    **dict.fromkeys(DATASETS["names"].real, _read_names_file),
    **dict.fromkeys(DATASETS["share price"].real, _read_share_file),
    "mall_customers/Mall_Customers.csv": read_mall_customers,
    "datasets/credit_card_applications.csv": read_applications,
    "datasets/credit_card_applications_oracle.csv": lambda _: _applications_truth()[1],
    "datasets/credit_card_applications_truth.csv": lambda _: _applications_truth()[0],
    "credit_card_applications/Credit_Card_Applications.csv": read_applications,
    "datasets/card_transactions.csv.gz": read_payments,
    "datasets/card_transactions_bound.csv.gz": lambda _: read_payments_bound(
        len(read_payments(default_file("card transactions")))
    ),
    "creditcard_fraud_sample/creditcard_real_rows_merged.csv": read_real_payments,
    "translation/fra-eng.zip": read_translation,
    "fsdd/free-spoken-digit-dataset-recordings.zip": read_spoken_digits,
    **dict.fromkeys(DATASETS["rt-polarity"].real, _read_reviews_file),
    "tinyshakespeare/input.txt": lambda path: np.array(re.split(r"\n\s*\n", read_text(path))),
}
