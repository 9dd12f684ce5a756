"""Reads and writes the tables that learning platforms export and import, and reads the grades of a
class."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from tools.labs.report import plain


class PlatformError(Exception):
    """A file of a platform cannot be used. The text is one sentence for the user."""


@dataclass
class Sheet:
    """A table that a platform has exported.

    Attributes:
        name: the file's name.
        heads: of the columns.
        rows: all others, each as long as the heads.
        delimiter: what stands between two values.
    """

    name: str
    heads: list[str]
    rows: list[list[str]]
    delimiter: str

    def column(self, *heads: str) -> int:
        """Return the number of the column of one of these heads.

        Raises:
            PlatformError: if there is none.
        """
        for head in heads:
            if head.casefold() in (known := [h.strip().casefold() for h in self.heads]):
                return known.index(head.casefold())
        raise PlatformError(
            f"{self.name} has no column {heads[0]} (there are {', '.join(self.heads[:12])}). "
            "Export it with the platform's language set to English."
        )

    def text(self) -> str:
        """Return the table as text, in which no value is taken for a formula."""
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator="\r\n")
        for row in [self.heads, *self.rows]:
            writer.writerow([value if value == "-" else plain(value) for value in row])
        return stream.getvalue()


@dataclass(frozen=True)
class Grade:
    """What goes back.

    Attributes:
        student: the student's name here.
        key: as in `students.Owner`.
        points: what was reached, None if that is not settled yet.
        of: the most points.
        remarks: for the reader of the grade.
    """

    student: str
    key: str
    points: str | None
    of: str
    remarks: str


def read_sheet(path: Path) -> Sheet:
    """Read a table that a platform has exported.

    Raises:
        PlatformError: if it is none.
    """
    try:
        content = path.read_bytes()
        text = content.decode(
            "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        )
        first = text.splitlines()[0]
        delimiter = max(",;\t", key=first.count)
        heads, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except OSError as problem:
        raise PlatformError(f"{path} cannot be read ({problem.strerror}).") from None
    except (UnicodeDecodeError, IndexError, ValueError, csv.Error):
        raise PlatformError(f"{path.name} is not a table as CSV in UTF-8.") from None
    rows = [row for row in rows if any(row)]
    if any(len(row) != len(heads) for row in rows):
        raise PlatformError(f"{path.name} has rows of other lengths than its first one.")
    return Sheet(path.name, heads, rows, delimiter)


def grades_of(table: Path, students: Path) -> list[Grade]:
    """Return the grades of a class.

    Args:
        table: grades.csv of a lab.
        students: the file of the class's names (`students.Names`).
    """
    keys = json.loads(students.read_text(encoding="utf-8")) if students.exists() else {}
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Grade(
            row["student"].lstrip("'"),
            keys.get(row["student"].lstrip("'"), ""),
            None if row["graded by hand"] or not row["points"] else row["points"],
            row["of"],
            row["remarks"],
        )
        for row in rows
    ]
