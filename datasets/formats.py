"""The file formats that the data sets of the course come in, each read and checked as a whole.

A bad file raises DataError: one sentence that names the file, what is wrong and what was expected.
Nothing here changes a file or knows a data set.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import wave
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

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


def data_error(path: Path, wrong: str, expected: str) -> DataError:
    """Return the error that names a file, what is wrong with it and what was expected instead."""
    return DataError(f"{path.name}: {wrong}; expected {expected}.")


def read_bytes(path: Path, kind: str) -> bytes:
    """Return a file's bytes; DataError if it is absent, a folder, unreadable, empty, or plainly something else than `kind`."""
    try:
        data = b"" if path.is_dir() else path.read_bytes()
    except FileNotFoundError:
        raise data_error(path, "there is no such file", kind) from None
    except OSError as error:
        raise data_error(
            path, f"the file cannot be read ({error.strerror or type(error).__name__})", kind
        ) from None
    if not data or data.isspace():
        raise data_error(path, "this is a folder" if path.is_dir() else "the file is empty", kind)
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, what in {
        b"<": "a web page (HTML), not the data",
        b"PK\3\4": "a zip archive or an Excel workbook",
    }.items():
        if start.startswith(signature):
            raise data_error(path, f"this is {what}", kind)
    return data


def unpack(path: Path, data: bytes, kind: str) -> bytes:
    """Return a file's bytes, decompressed if they are a gzip archive."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        raise data_error(path, "the gzip archive is cut short or damaged", kind) from None


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
    data = read_bytes(path, kind)
    data = unpack(path, data, kind) if path.suffix == ".gz" else data
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        rows = {
            lines.line_num: [field.strip() for field in row]
            for row in lines
            if any(field.strip() for field in row)
        }
    except UnicodeDecodeError as error:
        raise data_error(
            path, f"line {data.count(10, 0, error.start) + 1} is not UTF-8 text", kind
        ) from None
    except csv.Error as error:
        raise data_error(path, f"line {lines.line_num} is not CSV ({error})", kind) from None
    header = rows.pop(min(rows, default=0), [""])
    absent = [c for c in columns if c not in header]
    twice = sorted({c for c in header if c and header.count(c) > 1})
    if any(mark in header[0] for mark in ";\t|"):
        raise data_error(
            path,
            "the columns are not separated by commas",
            f"{kind}, with a point in decimal numbers",
        )
    if len(absent) == len(columns):
        raise data_error(path, "the first line holds none of the column names", ", ".join(columns))
    if twice:  # pandas would silently rename the second one
        raise data_error(
            path,
            f"column {', '.join(map(repr, twice))} occurs twice in the header",
            "each column once",
        )
    if absent:
        raise data_error(
            path, f"column {', '.join(map(repr, absent))} is missing", ", ".join(columns)
        )
    if not rows:
        raise data_error(path, "there is a header but no rows", "at least one row")
    for line, row in rows.items():
        if len(row) != len(header):
            raise data_error(
                path, f"line {line} has {len(row)} fields", f"{len(header)}, as in the header"
            )
    wanted = [(c, header.index(c), c in text) for c in columns]
    values = [
        [number_or_text(path, line, column, row[i], is_text) for column, i, is_text in wanted]
        for line, row in rows.items()
    ]
    return pd.DataFrame(values, index=list(rows), columns=list(columns)).astype(
        {c: "str" if c in text else "float64" for c in columns}
    )


def number_or_text(path: Path, line: int, column: str, field: str, is_text: bool) -> str | float:
    """Return what a field of a table holds: NaN if it is missing, its text, or else its number."""
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
        raise data_error(
            path,
            f"column {column!r} holds {shown!r} in line {line}",
            "a finite number such as 1234.5, or an empty field",
        )
    return number


def require(path: Path, table: pd.DataFrame, column: str, good: pd.Series, expected: str) -> None:
    """DataError that names the first line in which a column is not good."""
    if not good.all():
        line = good.idxmin()
        value = table.loc[line, column]
        raise data_error(
            path,
            f"column {column!r} {'is missing' if math.isnan(value) else f'holds {value:g}'} in line {line}",
            expected,
        )


@contextmanager
def open_zip(path: Path, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive for reading; DataError if it, or what is read from it, is absent, damaged or unreadable."""
    try:
        if not path.is_file():
            raise data_error(
                path, "this is a folder" if path.is_dir() else "there is no such file", kind
            )
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise data_error(
            path, "the archive is cut short, damaged or no zip archive", kind
        ) from None
    except KeyError as error:
        raise data_error(path, f"a file is missing ({error.args[0]})", kind) from None
    except OSError as error:
        raise data_error(
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
    data = unpack(path, read_bytes(path, kind), kind)
    start = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    if magic != 2048 + dimensions:
        raise data_error(
            path, f"the file begins with the magic number {magic}", f"{2048 + dimensions}, {kind}"
        )
    if len(data) < start:
        raise data_error(path, "the file ends inside its header", kind)
    shape = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    if len(data) - start != math.prod(shape) or 0 in shape:
        raise data_error(
            path,
            f"{len(data) - start:,} bytes follow the header",
            f"{' x '.join(map(str, shape))}, as the header says, and not none",
        )
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()


def read_wav(path: Path, name: str, data: bytes) -> tuple[np.ndarray, int]:
    """Return the samples of a mono wav file with 16 bits a sample, and how many of them make a second."""
    kind = "mono wav files with 16 bits a sample"
    try:
        with wave.open(io.BytesIO(data)) as file:
            form, wanted = (file.getnchannels(), 8 * file.getsampwidth()), file.getnframes()
            samples, rate = file.readframes(wanted), file.getframerate()
    except (wave.Error, EOFError):
        raise data_error(path, f"{name} is not a wav file, or is cut short", kind) from None
    if form != (1, 16):
        raise data_error(
            path,
            f"{name} has {form[0]} channel{'s' * (form[0] > 1)} with {form[1]} bits a sample",
            kind,
        )
    if len(samples) != 2 * wanted or not wanted:
        raise data_error(path, f"{name} is cut short, or empty", kind)
    return np.frombuffer(samples, "<i2").astype(np.int16), rate


def read_lines(path: Path, kind: str, encoding: str) -> str:
    """Return a text file with the line end "\\n" only."""
    try:
        return read_bytes(path, kind).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise data_error(
            path, f"byte {error.start:,} is not {encoding.removesuffix('-sig').upper()}", kind
        ) from None
