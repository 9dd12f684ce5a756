"""The file formats that the data sets of the course come in, each read and checked as a whole.

A bad file raises DataError: one sentence that names the file, what is wrong and what was expected.
What could be read in two ways is refused. Nothing here changes a file or knows a data set.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import math
import re
import wave
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

# Fields of a table that count as missing; "Null" is not one of them, as a family may be called so.
MISSING = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"}
_GZIP = b"\x1f\x8b"
# What an extensible wav header has in place of the format number 1: plain numbers (PCM).
_EXTENSIBLE = b"\xfe\xff"
_PCM = b"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"


class DataError(ValueError):
    """A data file, or the place where it should be, is not as expected; one sentence says how."""


def data_error(path: Path, wrong: str, expected: str) -> DataError:
    """Return the error that names a file, what is wrong with it and what was expected instead."""
    return DataError(f"{path.name}: {wrong}; expected {expected}.")


def read_bytes(path: Path, kind: str) -> bytes:
    """Return a file's bytes.

    Raises:
        DataError: it is absent, a folder, unreadable, empty, or plainly something else than `kind`.
    """
    try:
        data = b"" if path.is_dir() else path.read_bytes()
    except FileNotFoundError:
        raise data_error(path, "there is no such file", kind) from None
    except OSError as error:
        raise unreadable(path, error, kind) from None
    if not data or data.isspace():
        wrong = "this is a folder" if path.is_dir() else "the file is empty"
        raise data_error(path, wrong, kind)
    start = data[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        raise data_error(path, "this is a web page (HTML), not the data", kind)
    if start.startswith(b"PK\3\4"):
        raise data_error(path, "this is a zip archive or an Excel workbook", kind)
    return data


def unreadable(path: Path, error: OSError, kind: str) -> DataError:
    """Return the error for a file that the operating system does not let us read."""
    reason = error.strerror or type(error).__name__
    return data_error(path, f"the file cannot be read ({reason})", kind)


def unpack(path: Path, data: bytes, kind: str) -> bytes:
    """Return a file's bytes, decompressed if they are a gzip archive; DataError if damaged."""
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        raise data_error(path, "the gzip archive is cut short or damaged", kind) from None


def decode_utf_8(path: Path, data: bytes, kind: str, part: str = "", unit: str = "line") -> str:
    """Return text in UTF-8 with or without a byte-order mark.

    Args:
        path, kind: the file that the bytes come from, and what it should be.
        part: the name of the part of an archive, if they are one.
        unit: whether an error names the line, counted from 1, or the byte, counted from 0.

    Raises:
        DataError: the bytes are not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    number = start if unit == "byte" else data.count(b"\n", 0, start) + 1
    of_part = f" of {part}" if part else ""
    raise data_error(path, f"{unit} {number:,}{of_part} is not UTF-8 text", kind)


def refuse_nul(path: Path, data: bytes, kind: str) -> None:
    """Raise DataError if bytes hold a NUL: UTF-16 may pass for UTF-8, with a NUL in each letter."""
    if b"\0" in data:
        line = data.count(b"\n", 0, data.find(b"\0")) + 1
        raise data_error(path, f"line {line:,} holds a NUL, as text in UTF-16 does", kind)


def read_text_file(path: Path, kind: str, unit: str = "line") -> str:
    """Return a text file in UTF-8, with the line end "\\n" only.

    Raises:
        DataError: the file is not UTF-8, or holds a NUL; see `read_bytes` and `decode_utf_8`.
    """
    data = read_bytes(path, kind)
    text = decode_utf_8(path, data, kind, unit=unit)
    refuse_nul(path, data, kind)
    return unix_lines(text)


def unix_lines(text: str) -> str:
    """Return a text with the line end "\\n" only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# --- Tables -------------------------------------------------------------------------------------


def read_table(
    path: Path,
    columns: Sequence[str],
    text: Sequence[str] = (),
    whole: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read a CSV file, or one compressed by gzip whose name ends in .gz.

    It is UTF-8 with or without a byte-order mark, with commas and any line ends. Blank lines are
    skipped.

    Args:
        columns: the columns that the file must have, in any order; further ones are left out, as
            nothing here uses them.
        text: those of them that hold text; all others must hold finite numbers, with a decimal
            point and no thousands separators.
        whole: those of them that hold numbers with a meaning digit by digit, such as a customer's;
            1.56E+07, as a spreadsheet may have left of one, is refused.
        aliases: names that a file may use instead of one of the columns.

    Returns:
        The columns in the order asked for, numbers as float64, text as str, missing fields as NaN;
        the index holds line numbers of the file.

    Raises:
        DataError: the file is not such a table, has no rows, lacks or repeats a column, or has text
            in a number column.
    """
    kind = "a CSV file with commas, saved as UTF-8"
    data = read_bytes(path, kind)
    data = unpack(path, data, kind) if path.suffix.lower() == ".gz" else data
    content = decode_utf_8(path, data, kind)
    _, header = next(_csv_rows(path, content, kind), (1, [""]))
    header = [(aliases or {}).get(name.strip(), name.strip()) for name in header]
    _check_header(path, header, columns, kind)
    refuse_nul(path, data, kind)
    lines, fields = _csv_columns(path, content, len(header), kind)
    table = {}
    for column in columns:
        stripped = list(map(str.strip, fields[header.index(column)]))
        if column in text:
            table[column] = [math.nan if field in MISSING else field for field in stripped]
        else:
            table[column] = parse_numbers(path, column, lines, stripped, whole=column in whole)
    types = {column: "str" if column in text else "float64" for column in columns}
    return pd.DataFrame(table, index=lines).astype(types)


def _csv_rows(path: Path, text: str, kind: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the fields of each row of a CSV file that is not blank.

    The number of a row that goes over several lines is that of the last.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if "".join(row).strip():
                yield reader.line_num, row
    except csv.Error as error:
        raise data_error(path, f"line {reader.line_num} is not CSV ({error})", kind) from None


def _csv_columns(
    path: Path, text: str, width: int, kind: str
) -> tuple[Sequence[int], Sequence[Sequence[str]]]:
    """Return the line number of each row of a CSV file below its header, and the fields by column.

    DataError unless there is a row, and `width` fields in each.
    """
    plain = _plain_columns(text)
    if plain:
        return range(2, len(plain[0]) + 1), [column[1:] for column in plain]
    lines, rows = [], []
    for line, row in _csv_rows(path, text, kind):
        if len(row) != width:
            wrong = f"line {line} has {len(row)} fields"
            raise data_error(path, wrong, f"{width}, as in the header")
        lines.append(line)
        rows.append(row)
    if len(rows) < 2:
        raise data_error(path, "there is a header but no rows", "at least one row")
    return lines[1:], list(zip(*rows[1:], strict=True))


def _plain_columns(text: str) -> list[list[str]]:
    """Return the fields of a CSV file by column, if it is a plain one, else nothing.

    It is plain if it has no quotes and no blank lines, at least two lines, and as many commas in
    each. Then pandas, which would fill up or pass over what is not, reads it several times as fast
    as Python's csv does.
    """
    text = unix_lines(text).removesuffix("\n")
    commas = text.count(",", 0, text.find("\n"))
    if '"' in text or not text.count("\n") or text.count(",") != commas * (text.count("\n") + 1):
        return []
    options = {"header": None, "dtype": object, "na_filter": False, "index_col": False}
    try:
        table = pd.read_csv(io.StringIO(text), **options, skip_blank_lines=False)
    except pd.errors.ParserError:
        return []
    columns = [table[column].tolist() for column in table]
    empty = [row for row, field in enumerate(columns[0]) if not field.strip()]
    blank = any(not "".join(column[row] for column in columns).strip() for row in empty)
    return [] if blank else columns


def _check_header(path: Path, header: list[str], columns: Sequence[str], kind: str) -> None:
    """DataError unless a header has each of the columns once."""
    absent = [column for column in columns if column not in header]
    if any(mark in header[0] for mark in ";\t|"):
        expected = f"{kind}, with a point in decimal numbers"
        raise data_error(path, "the columns are not separated by commas", expected)
    if len(absent) == len(columns):
        raise data_error(path, "the first line holds none of the column names", ", ".join(columns))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        names = ", ".join(map(repr, twice))
        raise data_error(path, f"column {names} occurs twice in the header", "each column once")
    if absent:
        names = ", ".join(map(repr, absent))
        raise data_error(path, f"column {names} is missing", ", ".join(columns))
    alike = [
        (column, name)
        for column in columns
        for name in header
        if name != column and name.casefold() == column.casefold()
    ]
    if alike:
        wrong = f"the columns {alike[0][0]!r} and {alike[0][1]!r} differ only in capitals"
        raise data_error(path, wrong, "each column once")


def parse_numbers(
    path: Path, column: str, lines: Sequence[int], fields: Sequence[str], whole: bool = False
) -> np.ndarray:
    """Return the numbers in a column of a table, float64, missing ones as NaN.

    Args:
        path, column: where the fields stand, for the error.
        lines: the line number of each field.
        fields: without blanks around them.
        whole: only digits, and perhaps .0, are a number; 1e5 is not.

    Raises:
        DataError: a field holds something else, or a number that is too large.
    """
    missing = np.array(list(map(MISSING.__contains__, fields)))
    written = [field for field in fields if field not in MISSING] if missing.any() else fields
    numbers = np.full(len(fields), math.nan)
    try:
        numbers[~missing] = plain_numbers(written, whole)
    except ValueError:
        line, field = next(
            (line, field)
            for line, field in zip(lines, fields, strict=True)
            if field not in MISSING and not _is_number(field, whole)
        )
        shown = field if len(field) <= 40 else field[:40] + "..."
        raise data_error(
            path,
            f"column {column!r} holds {shown!r} in line {line}",
            f"a finite number such as {1234 if whole else 1234.5}, or an empty field",
        ) from None
    return numbers


def plain_numbers(fields: Sequence[str], whole: bool = False) -> np.ndarray:
    """Return the numbers that fields say in plain digits, with a point, a sign and an exponent.

    Python's float also takes 1_000, infinity and the digits of other scripts.

    Args:
        fields: without blanks around them.
        whole: neither an exponent nor a plus sign is taken.

    Raises:
        ValueError: a field holds something else, or a number that is too large.
    """
    if re.search(r"[^0-9.-]" if whole else r"[^0-9.eE+-]", "".join(fields)):
        raise ValueError("not in plain digits")
    numbers = np.array(list(map(float, fields)))
    if not np.isfinite(numbers).all():
        raise ValueError("too large")
    return numbers + 0.0  # -0 becomes 0


def _is_number(field: str, whole: bool) -> bool:
    try:
        return bool(len(plain_numbers([field], whole)))
    except ValueError:
        return False


def require(path: Path, table: pd.DataFrame, column: str, good: pd.Series, expected: str) -> None:
    """Raise DataError with the first line of a table in which a column is not good."""
    if not good.all():
        line = good.idxmin()
        value = table.loc[line, column]
        shown = value if isinstance(value, str) else f"{value:g}"
        wrong = "is missing" if pd.isna(value) else f"holds {shown}"
        raise data_error(path, f"column {column!r} {wrong} in line {line}", expected)


# --- Archives, arrays and sound -----------------------------------------------------------------


@contextmanager
def open_zip(path: Path, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive for reading.

    Raises:
        DataError: it, or what is read from it, is absent, damaged, encrypted or unreadable.
    """
    try:
        if not path.is_file():
            wrong = "this is a folder" if path.is_dir() else "there is no such file"
            raise data_error(path, wrong, kind)
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError):
        wrong = "the archive is cut short, damaged or no zip archive"
        raise data_error(path, wrong, kind) from None
    except NotImplementedError:
        wrong = "the archive is compressed in a way that Python cannot undo"
        raise data_error(path, wrong, f"{kind}, made with the usual method (deflate)") from None
    except RuntimeError:
        raise data_error(path, "the archive is protected by a password", kind) from None
    except KeyError as error:
        raise data_error(path, f"a file is missing ({error.args[0]})", kind) from None
    except OSError as error:
        raise unreadable(path, error, kind) from None


def members(archive: zipfile.ZipFile) -> list[str]:
    """Return the names of an archive's files, in order, without what operating systems add.

    These are folders, hidden files such as .DS_Store, and the folder __MACOSX.
    """
    return sorted(
        name
        for name in archive.namelist()
        if not name.endswith("/")
        and not any(part == "__MACOSX" or part[:1] == "." for part in PurePosixPath(name).parts)
    )


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an idx file of unsigned bytes, the format of MNIST, plain or gzip-compressed.

    Args:
        path: the file.
        dimensions: 3 for images (n, height, width), 1 for labels (n,).

    Returns:
        A uint8 array with so many dimensions.

    Raises:
        DataError: the archive is damaged, or its magic number, dimensions or length are wrong.

    Source: LeCun et al. 1998, doi:10.1109/5.726791; the magic number is 2048 + the number of
    dimensions, and all numbers in the header have their highest byte first.
    """
    plural = "s" if dimensions > 1 else ""
    kind = f"an idx file of unsigned bytes in {dimensions} dimension{plural}"
    data = unpack(path, read_bytes(path, kind), kind)
    start = 4 + 4 * dimensions
    magic = int.from_bytes(data[:4], "big")
    if magic != 2048 + dimensions:
        wrong = f"the file begins with the magic number {magic}"
        raise data_error(path, wrong, f"{2048 + dimensions}, {kind}")
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
    """Return the samples of a wav file, mono with 16 bits a sample, and how many make a second.

    Args:
        path, name: the archive and the file in it that the bytes come from.
        data: the bytes, with a plain or an extensible header.

    Returns:
        The samples, int16 of shape (n,), and the rate in hertz.

    Raises:
        DataError: the file is no such wav file, empty or cut short.
    """
    kind = "mono wav files with 16 bits a sample"
    # Python 3.11 does not know the extensible header, which says the same in more words.
    form = data.find(b"fmt ", 12, 1000) + 8
    if data[form : form + 2] == _EXTENSIBLE and data[form + 24 : form + 40] == _PCM:
        data = data[:form] + b"\1\0" + data[form + 2 :]
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels = file.getnchannels()
            bits = 8 * file.getsampwidth()
            frames = file.getnframes()
            samples = file.readframes(frames)
            rate = file.getframerate()
    except (wave.Error, EOFError):
        wrong = f"{name} is not a wav file of whole numbers (PCM), or is cut short"
        raise data_error(path, wrong, kind) from None
    if (channels, bits) != (1, 16):
        plural = "s" if channels > 1 else ""
        wrong = f"{name} has {channels} channel{plural} with {bits} bits a sample"
        raise data_error(path, wrong, kind)
    if len(samples) != 2 * frames or not frames:
        raise data_error(path, f"{name} is cut short, or empty", kind)
    return np.frombuffer(samples, "<i2").astype(np.int16), rate
