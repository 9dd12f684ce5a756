"""One reader for each data set of the course, which checks a file wholly before it returns anything.

A bad file raises DataError. No reader changes a file or cleans what is in it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from datasets.catalogue import DATASETS, NATIONALITIES, default_file
from datasets.formats import (
    DataError,
    data_error,
    number_or_text,
    open_zip,
    read_bytes,
    read_idx,
    read_lines,
    read_table,
    read_wav,
    require,
)

CHURN_COLUMNS = (
    "RowNumber CustomerId Surname CreditScore Geography Gender Age Tenure Balance NumOfProducts "
    "HasCrCard IsActiveMember EstimatedSalary Exited"
).split()
CHURN_TEXT = ["Surname", "Geography", "Gender"]
PHONE_COLUMNS = (
    "battery_power blue clock_speed dual_sim fc four_g int_memory m_dep mobile_wt n_cores pc px_height px_width ram sc_h sc_w talk_time three_g "
    "touch_screen wifi price_range"
).split()
SHARE_COLUMNS = ["Date", "Open", "High", "Low", "Close", "Volume"]
APPLICATION_COLUMNS = ["CustomerID", *(f"A{i}" for i in range(1, 15)), "Class"]
APPLICATION_CODES = [
    "A1",
    "A4",
    "A8",
    "A9",
    "A11",
    "A12",
]  # whole numbers that stand for categories
PAYMENT_COLUMNS = "transaction customer time x_km y_km merchant amount group fraud kind".split()
REAL_PAYMENT_COLUMNS = ["Time", *(f"V{i}" for i in range(1, 29)), "Amount", "Class"]
BLOOD_CELLS = ["RBC", "WBC", "Platelets"]
MALL_COLUMNS = ["CustomerID", "Genre", "Age", "Annual Income (k$)", "Spending Score (1-100)"]


def read_churn(path: Path) -> pd.DataFrame:
    """Read a bank-churn table, real or simulated, and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, CHURN_COLUMNS in their order; further columns of the file are left out. CustomerId and
        Exited are int64; Surname, Geography and Gender are str; all others float64, in every file, because in some file a field is missing (NaN).

    Raises:
        DataError: see `read_table`; or a CustomerId is no whole number, Exited is not 0 or 1 in every row, or only one of the two occurs.

    Source: the card "bank churn" in datasets/README.md.
    """
    table = read_table(path, CHURN_COLUMNS, CHURN_TEXT)
    number = table["CustomerId"]  # above 2**53 two numbers could become one
    require(
        path,
        table,
        "CustomerId",
        (number % 1 == 0) & (number.abs() < 2**53),
        "a whole number below 2**53 in every row",
    )
    require(path, table, "Exited", table["Exited"].isin([0, 1]), "0 or 1 in every row")
    if table["Exited"].nunique() == 1:
        raise data_error(
            path, f"column 'Exited' holds {table['Exited'].iloc[0]:g} in every row", "both 0 and 1"
        )
    return table.astype({"CustomerId": "int64", "Exited": "int64"}).reset_index(drop=True)


def read_churn_oracle(rows: int) -> pd.Series:
    """Return P(Exited = 1 | the row as written) for each of the `rows` rows of the simulated bank-churn file: float64, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is no probability.
    """
    return _read_oracle("bank churn", "RowNumber", ["probability"], rows)["probability"]


def _read_oracle(name: str, number: str, columns: list[str], rows: int) -> pd.DataFrame:
    """Read the probabilities that stand beside a simulated table, whose rows are numbered from 1 in column `number`."""
    path = default_file(name, 1)
    table = read_table(path, [number, *columns])
    if table[number].tolist() != list(range(1, rows + 1)):
        raise data_error(
            path,
            f"its {len(table):,} rows do not belong to the table",
            f"rows numbered from 1 to {rows:,}",
        )
    for column in columns:
        require(
            path, table, column, table[column].between(0, 1), "a number from 0 to 1 in every row"
        )
    return table[columns].reset_index(drop=True)


def read_phones(path: Path) -> pd.DataFrame:
    """Read a table of phones and their price classes, real or simulated, and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, PHONE_COLUMNS in their order; further columns of the file are left out. price_range is
        int64, all others float64, in every file, because in some file a field is missing (NaN).

    Raises:
        DataError: see `read_table`; or price_range is not 0, 1, 2 or 3 in every row, or one of the four never occurs.

    Source: the card "phone prices" in datasets/README.md.
    """
    table = read_table(path, PHONE_COLUMNS)
    require(
        path, table, "price_range", table["price_range"].isin(range(4)), "0, 1, 2 or 3 in every row"
    )
    absent = sorted(set(range(4)) - set(table["price_range"]))
    if absent:
        raise data_error(
            path,
            f"column 'price_range' never holds {', '.join(map(str, absent))}",
            "rows of all four classes, 0 to 3",
        )
    return table.astype({"price_range": "int64"}).reset_index(drop=True)


def read_phones_oracle(rows: int) -> pd.DataFrame:
    """Return P(price_range = k | the row as written) for each of the `rows` rows of the simulated phones: float64, columns k = 0 to 3, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, a value is no probability, or four do not sum to 1.
    """
    table = _read_oracle(
        "phone prices", "row", [f"probability_{k}" for k in range(4)], rows
    ).set_axis(range(4), axis=1)
    wrong = (table.sum(axis=1) - 1).abs() > 1e-5
    if wrong.any():
        path = default_file("phone prices", 1)
        raise data_error(
            path,
            f"the probabilities of row {wrong.idxmax() + 1} sum to {table.loc[wrong.idxmax()].sum():g}",
            "1 in every row",
        )
    return table


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Read MNIST's four files.

    Returns:
        Training images (n, 28, 28) and labels (n,), test images and labels, all uint8; pixels 0 (paper) to 255 (ink), labels 0 to 9.

    Raises:
        DataError: see `read_idx`; or images are not 28 x 28, labels not 0 to 9, or there are not as many labels as images.
    """
    return tuple(_read_mnist_file(folder / Path(file).name) for file in DATASETS["MNIST"].real)


def _read_mnist_file(path: Path) -> np.ndarray:
    """Return one of MNIST's files; labels are also compared with the images beside them."""
    if "images" in path.name:
        images = read_idx(path, 3)
        if images.shape[1:] != (28, 28):
            raise data_error(
                path, f"its images have {images.shape[1]} x {images.shape[2]} pixels", "28 x 28"
            )
        return images
    labels, beside = (
        read_idx(path, 1),
        path.with_name(path.name.replace("labels-idx1", "images-idx3")),
    )
    if labels.max() > 9:
        raise data_error(path, f"label {labels.max()} occurs", "digits from 0 to 9")
    try:
        images = _read_mnist_file(beside)
    except DataError:
        return labels  # the images' own check says what is wrong with them
    if len(images) != len(labels):
        raise data_error(
            path,
            f"there are {len(labels):,} labels",
            f"{len(images):,}, one for each image in {beside.name}",
        )
    return labels


def read_names(path: Path) -> pd.DataFrame:
    """Read names of people and their nationality: a table with the columns name and nationality, or a folder with a text file of names for each of NATIONALITIES.

    Returns:
        The columns name and nationality, both str, one row a person in the order of the file or files, RangeIndex. Names may repeat.

    Raises:
        DataError: see `read_table`; or a field is empty, there is only one nationality, or a file of the folder is missing, empty or not UTF-8.

    Source: the card "names" in datasets/README.md.
    """
    if not path.is_dir():
        table = read_table(path, ["name", "nationality"], ["name", "nationality"])
        for column in table:
            if table[column].isna().any():
                raise data_error(
                    path,
                    f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                    "a name and a nationality in every row",
                )
        if table["nationality"].nunique() == 1:
            raise data_error(
                path,
                f"column 'nationality' holds {table['nationality'].iloc[0]} in every row",
                "at least two nationalities",
            )
        return table.reset_index(drop=True)
    names = {
        nationality: _read_names_file(path / f"{nationality}.txt") for nationality in NATIONALITIES
    }
    return pd.DataFrame(
        [(name, nationality) for nationality in names for name in names[nationality]],
        columns=["name", "nationality"],
    ).astype("str")


def _read_names_file(path: Path) -> np.ndarray:
    kind = "a UTF-8 text file with one name a line"
    try:
        lines = read_bytes(path, kind).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise data_error(path, "this is not UTF-8 text", kind) from None
    names = np.array([line.strip() for line in lines if line.strip()])
    if max(map(len, names)) > 60:
        raise data_error(
            path,
            f"a line has {max(map(len, names))} characters",
            f"{kind}, of at most 60 characters",
        )
    return names


def read_names_oracle(rows: int) -> pd.DataFrame:
    """Return P(nationality | name) for each of the `rows` rows of the simulated names: float64, one column a nationality, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is no probability.
    """
    from datasets.simulate_names import COUNTRIES

    return _read_oracle(
        "names", "row", [f"probability_{country}" for country in COUNTRIES], rows
    ).set_axis(COUNTRIES, axis=1)


def read_share_price(folder: Path | None) -> pd.DataFrame:
    """Read the daily price of Google's share.

    Args:
        folder: where the two real files lie, which are joined in order of date; None for the default inside Matplotlib.

    Returns:
        SHARE_COLUMNS, one row a day of trade in order of date, RangeIndex: Date as datetime64, prices in US dollars and Volume in shares as float64.

    Raises:
        DataError: see `read_table`; or a date or number cannot be read, a price is not above 0, or a day occurs twice.

    Source: the card "share price" in datasets/README.md.
    """
    types = {"Date": "datetime64[ns]", **dict.fromkeys(SHARE_COLUMNS[1:], "float64")}
    if folder:
        files = [folder / Path(file).name for file in DATASETS["share price"].real]
        table = pd.concat([_read_share_file(file) for file in files]).sort_values(
            "Date", ignore_index=True
        )
        if table["Date"].duplicated().any():
            day = table["Date"][table["Date"].duplicated()].iloc[0]
            raise data_error(
                files[1], f"{day:%Y-%m-%d} occurs twice in the two files together", "each day once"
            )
        return table.astype(types)
    from matplotlib.cbook import get_sample_data

    days = get_sample_data("goog.npz")["price_data"]
    table = pd.DataFrame({column: days[column.lower()] for column in SHARE_COLUMNS}).astype(types)
    return table.sort_values("Date", ignore_index=True)


def _read_share_file(path: Path) -> pd.DataFrame:
    """Read one file of prices: dates as 1/31/2012 or 2012-01-31, numbers with or without thousands separators."""
    table = read_table(
        path, SHARE_COLUMNS, text=SHARE_COLUMNS
    )  # a number such as "1,008.64" is text to it
    for column in SHARE_COLUMNS:
        if table[column].isna().any():
            raise data_error(
                path,
                f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                "a date and five numbers in every row",
            )
    for column in SHARE_COLUMNS[1:]:
        table[column] = [
            number_or_text(path, line, column, field.replace(",", ""), False)
            for line, field in table[column].items()
        ]
        require(path, table, column, table[column] > 0, "a number above 0")
    american = pd.to_datetime(table["Date"], format="%m/%d/%Y", errors="coerce")
    table["Date"], written = (
        american.fillna(pd.to_datetime(table["Date"], format="%Y-%m-%d", errors="coerce")),
        table["Date"],
    )
    if table["Date"].isna().any():
        line = table["Date"].isna().idxmax()
        raise data_error(
            path,
            f"column 'Date' holds {written[line]!r} in line {line}",
            "a date such as 1/31/2012 or 2012-01-31",
        )
    return table.reset_index(drop=True)


def read_translation(path: Path) -> pd.DataFrame:
    """Read English sentences and their French translations from the zip archive of manythings.org.

    Returns:
        The columns english and french, both str, one row a line of fra.txt, RangeIndex. A sentence may occur several times, with other translations.

    Raises:
        DataError: the archive is damaged or holds no fra.txt, or that is not UTF-8 text with a tab between two sentences in every line.

    Source: the card "translation" in datasets/README.md.
    """
    kind = "a zip archive that holds fra.txt, UTF-8 text with an English sentence, a tab and a French one in every line"
    with open_zip(path, kind) as archive:
        data = archive.read("fra.txt")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise data_error(
            path, f"line {data.count(10, 0, error.start) + 1} of fra.txt is not UTF-8 text", kind
        ) from None
    pairs = {
        number: [field.strip() for field in line.split("\t")]
        for number, line in enumerate(lines, 1)
        if line.strip()
    }
    for (
        number,
        fields,
    ) in pairs.items():  # newer files have a third field, which says whose sentences these are
        if len(fields) < 2 or not all(fields[:2]):
            raise data_error(
                path, f"line {number} of fra.txt has no tab between two sentences", kind
            )
    if not pairs:
        raise data_error(path, "fra.txt is empty", kind)
    return pd.DataFrame(
        [fields[:2] for fields in pairs.values()], columns=["english", "french"]
    ).astype("str")


@dataclass(frozen=True)
class BloodCells:
    """Pictures of blood under the microscope and the boxes round its cells.

    Attributes:
        images: uint8 of shape (n, height, width, 3), red, green and blue from 0 to 255.
        parts: for each image "train", "valid" or "test", as its makers split them; shape (n,).
        boxes: a row per cell, with the columns image (0 to n - 1), label (one of BLOOD_CELLS), and xmin, ymin, xmax, ymax in pixels of `images`.
        dropped: how many boxes of the file are not in `boxes`, because they have no area.
    """

    images: np.ndarray
    parts: np.ndarray
    boxes: pd.DataFrame
    dropped: int


def read_blood_cells(path: Path, shrink: int = 4) -> BloodCells:
    """Read the archive of blood-cell images, whose boxes are in the XML format of Pascal VOC, and make the images smaller.

    Args:
        path: a zip archive that holds the folders Annotations, ImageSets and JPEGImages, themselves inside any folder.
        shrink: by which factor, 1, 2, 4 or 8, width and height are made smaller.

    Raises:
        DataError: the archive is damaged, lacks a file, or holds an image that is none, an unknown label or a box outside its image.

    Source: the card "blood cells" in datasets/README.md; the format: Everingham et al. 2010, doi:10.1007/s11263-009-0275-4.
    """
    with open_zip(
        path, "a zip archive with the folders Annotations, ImageSets and JPEGImages"
    ) as archive:
        return _read_voc(path, archive, shrink)


def _read_voc(path: Path, archive: zipfile.ZipFile, shrink: int) -> BloodCells:
    listed = "ImageSets/Main/train.txt"
    start = next(
        (name.removesuffix(listed) for name in archive.namelist() if name.endswith(listed)), ""
    )
    images, parts, cells, dropped = [], [], [], 0
    for part, file in {"train": "train", "valid": "val", "test": "test"}.items():
        for name in (
            archive.read(f"{start}ImageSets/Main/{file}.txt").decode("utf-8", "replace").split()
        ):
            images.append(
                _read_jpeg(path, name, archive.read(f"{start}JPEGImages/{name}.jpg"), shrink)
            )
            height, width = images[-1].shape[:2]
            if images[-1].shape != images[0].shape:
                raise data_error(
                    path,
                    f"{name}.jpg is not as large as the images before it",
                    "images of one size",
                )
            found = _read_boxes(
                path,
                name,
                archive.read(f"{start}Annotations/{name}.xml"),
                width * shrink,
                height * shrink,
            )
            good = [
                (len(parts), label, *(value / shrink for value in box))
                for label, box in found
                if box[0] < box[2] and box[1] < box[3]
            ]
            cells, dropped = cells + good, dropped + len(found) - len(good)
            parts.append(part)
    if set(parts) != {"train", "valid", "test"}:
        raise data_error(
            path,
            "one of the lists in ImageSets/Main is empty",
            "images for training, validation and test",
        )
    return BloodCells(
        np.stack(images),
        np.array(parts),
        pd.DataFrame(cells, columns=["image", "label", "xmin", "ymin", "xmax", "ymax"]),
        dropped,
    )


def _read_jpeg(path: Path, name: str, data: bytes, shrink: int) -> np.ndarray:
    from PIL import Image

    try:
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").reduce(shrink))
    except (
        OSError,
        ValueError,
        SyntaxError,
    ):  # what Pillow raises for a file that is no image, or is cut short
        raise data_error(
            path, f"{name}.jpg is not an image, or is cut short", "JPEG images"
        ) from None


def _read_boxes(
    path: Path, name: str, data: bytes, width: int, height: int
) -> list[tuple[str, list[float]]]:
    """Return label and [xmin, ymin, xmax, ymax] of every object in a Pascal VOC annotation."""
    try:
        objects = ElementTree.fromstring(data).findall("object")
        found = [
            (
                thing.findtext("name"),
                [
                    float(thing.findtext(f"bndbox/{side}"))
                    for side in ("xmin", "ymin", "xmax", "ymax")
                ],
            )
            for thing in objects
        ]
    except (ElementTree.ParseError, TypeError, ValueError):
        raise data_error(
            path,
            f"{name}.xml is not an annotation",
            "objects with a name and a bndbox of four numbers",
        ) from None
    for label, (left, top, right, bottom) in found:
        if label not in BLOOD_CELLS:
            raise data_error(path, f"{name}.xml holds the label {label!r}", ", ".join(BLOOD_CELLS))
        if not (0 <= left <= right <= width and 0 <= top <= bottom <= height):
            raise data_error(
                path,
                f"a box in {name}.xml lies outside its image or is turned round",
                f"0 to {width} across and 0 to {height} down",
            )
    return found


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
    """Read an archive of spoken digits: mono wav files with 16 bits a sample, named digit_speaker_index.wav, in any folder; other files are passed over.

    Raises:
        DataError: the archive is damaged or holds no wav file, or one has another name, is no such wav file or cut short, or has another rate.

    Source: the card "spoken digits" in datasets/README.md.
    """
    kind = "a zip archive of wav files named digit_speaker_index.wav"
    try:
        if not path.is_file():
            raise data_error(path, "there is no such file", kind)
        with zipfile.ZipFile(path) as archive:
            files = {
                name: archive.read(name)
                for name in sorted(archive.namelist())
                if name.lower().endswith(".wav")
            }
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise data_error(
            path, "the archive is cut short, damaged or no zip archive", kind
        ) from None
    except OSError as error:
        raise data_error(
            path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind
        ) from None
    if not files:
        raise data_error(path, "the archive holds no wav file", kind)
    waves, labels, rates = [], [], []
    for name, data in files.items():
        name = name.rpartition("/")[2]
        parts = re.fullmatch(r"([0-9])_([^_]+)_([0-9]+)\.wav", name)
        if not parts:
            raise data_error(path, f"it holds a file named {name}", kind)
        samples, rate = read_wav(path, name, data)
        waves.append(samples)
        rates.append(rate)
        labels.append((int(parts[1]), parts[2]))
        if rate != rates[0]:
            raise data_error(
                path,
                f"{name} has {rate:,} samples per second",
                f"{rates[0]:,}, as in the files before it",
            )
    return SpokenDigits(
        waves,
        np.array([digit for digit, _ in labels]),
        np.array([speaker for _, speaker in labels]),
        rates[0],
    )


def read_mall_customers(path: Path) -> pd.DataFrame:
    """Read the customers of a shopping mall.

    Returns:
        One row per line of the file, RangeIndex, MALL_COLUMNS in their order: Genre (Female or Male) is str, all others float64. Nothing is missing.

    Raises:
        DataError: see `read_table`; or a field is empty, Genre is neither Female nor Male, or a score lies outside 1 to 100.

    Source: the card "mall customers" in datasets/README.md.
    """
    table = read_table(path, MALL_COLUMNS, ["Genre"])
    wrong = ~table["Genre"].isin(["Female", "Male"])
    if wrong.any():
        raise data_error(
            path,
            f"column 'Genre' holds {table['Genre'][wrong.idxmax()]} in line {wrong.idxmax()}",
            "Female or Male in every row",
        )
    for column in ("CustomerID", "Age", "Annual Income (k$)"):
        require(path, table, column, table[column] >= 0, "a number from 0 on in every row")
    score = "Spending Score (1-100)"
    require(path, table, score, table[score].between(1, 100), "a number from 1 to 100 in every row")
    return table.reset_index(drop=True)


def read_applications(path: Path) -> pd.DataFrame:
    """Read a table of credit-card applications, real or simulated, and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, APPLICATION_COLUMNS in their order. CustomerID and Class are int64, all others float64, in
        every file, because in some file a field is missing (NaN).

    Raises:
        DataError: see `read_table`; or a CustomerID is no whole number or stands twice, a code is no whole number, Class is not 0 or 1 in
            every row, or only one of the two occurs.

    Source: the card "credit applications" in datasets/README.md.
    """
    table = read_table(path, APPLICATION_COLUMNS)
    _require_ids(path, table, "CustomerID")
    for column in APPLICATION_CODES:
        require(
            path,
            table,
            column,
            table[column].isna() | (table[column] % 1 == 0),
            "a whole number that stands for a category, or an empty field",
        )
    require(path, table, "Class", table["Class"].isin([0, 1]), "0 or 1 in every row")
    if table["Class"].nunique() == 1:
        raise data_error(
            path, f"column 'Class' holds {table['Class'].iloc[0]:g} in every row", "both 0 and 1"
        )
    return table.astype({"CustomerID": "int64", "Class": "int64"}).reset_index(drop=True)


def _require_ids(path: Path, table: pd.DataFrame, column: str) -> None:
    """DataError unless a column holds whole numbers that are all different."""
    number = table[column]
    require(
        path,
        table,
        column,
        (number % 1 == 0) & (number.abs() < 2**53),
        "a whole number below 2**53 in every row",
    )
    require(path, table, column, ~number.duplicated(), "each number once")


def read_applications_truth(applications: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return who of the simulated applicants cheats (0 or 1, int64) and the oracle's P(Fraud = 1 | the row as written), in the table's order.

    Raises:
        DataError: see `read_table`; or the customers are not those of the table, or a value is not 0, 1 or no probability.
    """
    path = default_file("credit applications", 2)
    truth = read_table(path, ["CustomerID", "Fraud"])
    if truth["CustomerID"].tolist() != applications["CustomerID"].tolist():
        raise data_error(
            path,
            "its customers do not belong to the table",
            "the CustomerIDs of the table, in its order",
        )
    require(path, truth, "Fraud", truth["Fraud"].isin([0, 1]), "0 or 1 in every row")
    oracle = _read_oracle("credit applications", "row", ["probability"], len(truth))
    return truth["Fraud"].astype("int64").reset_index(drop=True), oracle["probability"]


def read_payments(path: Path) -> pd.DataFrame:
    """Read the simulated card transactions and check them; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, PAYMENT_COLUMNS in their order: transaction, customer and fraud are int64, time is
        datetime64, merchant, group and kind are str, x_km, y_km and amount float64; only places may be missing (NaN).

    Raises:
        DataError: see `read_table`; or a field other than a place is missing, a time cannot be read, an amount is not above 0, or fraud is
            not 0 or 1 in every row.

    Source: the card "card transactions" in datasets/README.md.
    """
    text = ["time", "merchant", "group", "kind"]
    table = read_table(path, PAYMENT_COLUMNS, text)
    for column in text:
        if table[column].isna().any():
            raise data_error(
                path,
                f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                "a word in every row",
            )
    for column in ("transaction", "customer"):
        require(path, table, column, table[column] % 1 == 0, "a whole number in every row")
    require(path, table, "amount", table["amount"] > 0, "a number above 0 in every row")
    require(path, table, "fraud", table["fraud"].isin([0, 1]), "0 or 1 in every row")
    times = pd.to_datetime(table["time"], format="%Y-%m-%d %H:%M", errors="coerce")
    if times.isna().any():
        line = times.isna().idxmax()
        raise data_error(
            path,
            f"column 'time' holds {table.loc[line, 'time']!r} in line {line}",
            "a date and a time such as 2025-01-31 18:05",
        )
    return (
        table.assign(time=times)
        .astype({"transaction": "int64", "customer": "int64", "fraud": "int64"})
        .reset_index(drop=True)
    )


def read_payments_bound(rows: int) -> pd.Series:
    """Return for each of the `rows` rows of the simulated card transactions P(fraud | more than any model sees): float64, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, or a value is no probability.
    """
    return _read_oracle("card transactions", "row", ["probability"], rows)["probability"]


def read_real_payments(path: Path) -> pd.DataFrame:
    """Read the sample of real card transactions and check it; nothing is cleaned.

    Returns:
        One row per line of the file, RangeIndex, REAL_PAYMENT_COLUMNS in their order, float64, Class int64.

    Raises:
        DataError: see `read_table`; or a field is missing, Class is not 0 or 1 in every row, or only one of the two occurs.

    Source: the card "real card transactions" in datasets/README.md.
    """
    table = read_table(path, REAL_PAYMENT_COLUMNS)
    for column in REAL_PAYMENT_COLUMNS:
        require(path, table, column, table[column].notna(), "a number in every row")
    require(path, table, "Class", table["Class"].isin([0, 1]), "0 or 1 in every row")
    if table["Class"].nunique() == 1:
        raise data_error(
            path, f"column 'Class' holds {table['Class'].iloc[0]:g} in every row", "both 0 and 1"
        )
    return table.astype({"Class": "int64"}).reset_index(drop=True)


def read_text(path: Path | None) -> str:
    """Read a long text.

    Args:
        path: a file in UTF-8; None for the default, the reference of the Python language inside the standard library.

    Returns:
        The text with the line end "\\n" only. The default differs a little from one version of Python to the next.

    Raises:
        DataError: the file is absent, empty, a web page, not UTF-8, or shorter than 100,000 characters.

    Source: the card "text" in datasets/README.md.
    """
    if path is None:
        from pydoc_data.topics import topics

        return "\n\n".join(topics.values())
    kind = "a text in UTF-8 of at least 100,000 characters"
    text = read_lines(path, kind, "utf-8-sig")
    if len(text) < 100_000:
        raise data_error(path, f"the text has {len(text):,} characters", kind)
    return text


def read_rt_polarity(folder: Path) -> pd.DataFrame:
    """Read the sentence-polarity set: two text files in Latin-1, one review a line, tokens separated by blanks.

    Returns:
        The columns text (str) and label (int64; 1 positive, 0 negative), first the positive ones, RangeIndex. Reviews may repeat.

    Raises:
        DataError: a file is absent, empty, a web page, or has fewer than 100 reviews.

    Source: the card "rt-polarity" in datasets/README.md.
    """
    parts = {
        label: _read_reviews_file(folder / Path(file).name)
        for label, file in zip((1, 0), DATASETS["rt-polarity"].real)
    }
    return pd.DataFrame(
        [(text, label) for label, texts in parts.items() for text in texts],
        columns=["text", "label"],
    ).astype({"text": "str"})


def _read_reviews_file(path: Path) -> np.ndarray:
    kind = "a Latin-1 text file with one review a line, at least 100"
    reviews = np.array(
        [line.strip() for line in read_lines(path, kind, "latin-1").split("\n") if line.strip()]
    )
    if len(reviews) < 100:
        raise data_error(path, f"there are {len(reviews)} reviews", kind)
    return reviews


def read_file(name: str, path: Path) -> Any:
    """Read the file that stands under `name` in the catalogue, and raise DataError if it is bad.

    Args:
        name: the file as the catalogue has it, for example "churn/Churn_Modelling.csv".
        path: where it lies.

    Returns:
        What the file holds: a table, a series or an array with one entry a row.
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
    "bccd/BCCD.zip": lambda path: read_blood_cells(path).images,
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
    "fsdd/free-spoken-digit-dataset-recordings.zip": lambda path: read_spoken_digits(path).digits,
    **dict.fromkeys(DATASETS["rt-polarity"].real, _read_reviews_file),
    "tinyshakespeare/input.txt": lambda path: np.array(re.split(r"\n\s*\n", read_text(path))),
}
