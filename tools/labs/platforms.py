"""Gives the grades of a class back to the learning platform, in the files that it exports and
imports: Moodle's grading worksheet and feedback files, Canvas' gradebook.

The platform's own file is filled in: its rows, its identifiers, nothing invented.

The forms are those of Moodle's plug-ins assignfeedback_offline and assignfeedback_file, and of the
guide of Canvas, "How do I import grades in the Gradebook?". Neither was tried on a live platform.
"""

from __future__ import annotations

import html
import os
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from tools.labs.collect import NAMES
from tools.labs.sheets import Grade, PlatformError, Sheet, grades_of
from tools.notebooks import write_whole

POINTS_POSSIBLE = "points possible"


@dataclass
class HandedBack:
    """What has come of it.

    Attributes:
        files: what was written.
        sentences: what the user should know.
    """

    files: list[Path] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


# --- Who is who -----------------------------------------------------------------------------------


def same(text: str) -> str:
    """Return a text in the form in which two are compared."""
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def matches(
    grades: list[Grade], sheet: Sheet, platform: str, numbers: list[str], named: list[int]
) -> tuple[dict[int, Grade], list[str]]:
    """Return which row is whose, and a sentence about those who have none.

    A student is known by the platform's number; one who comes from elsewhere by a name that stands
    in exactly one row.

    Args:
        grades: of the class.
        sheet: the platform's table.
        platform: its name, as in the keys of students.
        numbers: the platform's number in each row; empty where a row is nobody's.
        named: the columns with names.
    """
    found: dict[int, Grade] = {}
    lost = []
    for grade in grades:
        origin, _, mark = grade.key.partition(" ")
        if origin == platform:
            rows = [n for n, number in enumerate(numbers) if number == mark]
        else:
            names = {same(mark.rsplit("_", 1)[-1]), same(mark), same(grade.student)} - {""}
            rows = [
                n
                for n, row in enumerate(sheet.rows)
                if numbers[n] and names & {same(row[column]) for column in named}
            ]
        if len(rows) == 1 and rows[0] not in found:
            found[rows[0]] = grade
        else:
            lost.append(grade.student)
    sentences = []
    if lost:
        sentences.append(
            f"{len(lost)} of {len(grades)} students stand in no row of {sheet.name}, or in more "
            f"than one, and are not handed back: {', '.join(lost)}."
        )
    if open_ := [grade.student for grade in found.values() if grade.points is None]:
        sentences.append(
            f"{len(open_)} have no final points yet, and keep what {sheet.name} says: "
            f"{', '.join(open_)}."
        )
    return found, sentences


def agree(most: set[str], grades: list[Grade], sheet: Sheet) -> None:
    """Refuse a table whose most points are not those of the lab.

    Raises:
        PlatformError: if so.
    """
    ours = {float(grade.of) for grade in grades}
    for value in most:
        number = value.strip().replace(",", ".")
        if re.fullmatch(r"\d+(\.\d+)?", number) and ours and float(number) not in ours:
            raise PlatformError(
                f"{sheet.name} says that the most points are {number}, but the lab has "
                f"{grades[0].of}: set that on the platform, and export again."
            )


def fill_in(platform: str, sheet: Sheet, table: Path, home: Path, column: str = "") -> HandedBack:
    """Fill the grades of a class into a platform's table; write it beside that of the class.

    Args:
        platform: moodle or canvas.
        sheet: what the platform has exported.
        table: grades.csv of a lab.
        home: the folder of the class.
        column: as in `for_canvas`.

    Raises:
        PlatformError: if the table does not fit.
    """
    grades = grades_of(table, home / NAMES)
    if platform == "canvas":
        return for_canvas(sheet, grades, table.parent, column)
    return for_moodle(sheet, grades, table.parent, home / "feedback")


# --- Moodle ---------------------------------------------------------------------------------------


def for_moodle(sheet: Sheet, grades: list[Grade], folder: Path, feedback: Path) -> HandedBack:
    """Fill in Moodle's grading worksheet, and pack the feedback for "Upload multiple feedback files
    in a zip".

    Args:
        sheet: the worksheet, as "Download grading worksheet" gives it.
        grades: of the class.
        folder: where to write.
        feedback: folder of the pages of feedback, STUDENT/LAB/LAB.html.

    Raises:
        PlatformError: if it is no such worksheet.
    """
    mark, name = sheet.column("Identifier"), sheet.column("Full name", "Identifier")
    points = sheet.column("Grade")
    sheet.column("Last modified (grade)")  # without which Moodle refuses it
    known = [head.strip().casefold() for head in sheet.heads]
    if "maximum grade" in known:
        agree({row[known.index("maximum grade")] for row in sheet.rows}, grades, sheet)
    comments = known.index("feedback comments") if "feedback comments" in known else None
    numbers = [(re.findall(r"\d+$", row[mark].strip()) or [""])[0] for row in sheet.rows]
    named = [n for n, head in enumerate(known) if head in MOODLE_NAMES]
    found, sentences = matches(grades, sheet, "Moodle", numbers, named)
    pages = {}
    for number, grade in found.items():
        row = sheet.rows[number]
        owner = clean_name(row[name] if name != mark else grade.student)
        page = feedback / grade.student / folder.name / f"{folder.name}.html"
        if page.is_file():
            pages[f"{owner}_{numbers[number]}_assignsubmission_file_/{page.name}"] = page
        if grade.points is not None:
            row[points] = grade.points
            if comments is not None and not row[comments].strip():
                row[comments] = html.escape(
                    f"{folder.name}: {grade.points} of {grade.of}. {grade.remarks}".strip()
                )
    table, packed = folder / "grades-moodle.csv", folder / "feedback-moodle.zip"
    write_whole(table, "\ufeff" + sheet.text())
    pack(packed, pages)
    return HandedBack([table, packed], sentences)


MOODLE_NAMES = ("full name", "email address", "id number", "username")


def clean_name(text: str) -> str:
    """Return a full name as Moodle writes it in front of a file's name: `_` ends it."""
    return re.sub(r"[\x00-\x1f<>\"`|':\\/*?&$;]", "", text.replace("_", " ")).strip() or "-"


def pack(place: Path, files: dict[str, Path]) -> None:
    """Write a zip wholly or not at all.

    Args:
        place: of the zip.
        files: paths of files by their name in it.
    """
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files.items():
                archive.write(path, name)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)


# --- Canvas ---------------------------------------------------------------------------------------


def for_canvas(sheet: Sheet, grades: list[Grade], folder: Path, column: str = "") -> HandedBack:
    """Fill in one assignment of Canvas' gradebook.

    Args:
        sheet: the gradebook, as "Export" gives it.
        grades: of the class.
        folder: where to write; its name is the lab's.
        column: the assignment's head; by default the one with the lab's name in it.

    Raises:
        PlatformError: if it is no such gradebook, or it is not clear which column is the lab's.
    """
    mark = sheet.column("ID")
    identity = [n for n, head in enumerate(sheet.heads) if head.strip().casefold() in CANVAS_HEADS]
    sheet.column("Student"), sheet.column("Section")
    points = assignment(sheet, folder.name, column)
    most = [row for row in sheet.rows if row[0].strip().casefold() == POINTS_POSSIBLE]
    agree({row[points] for row in most}, grades, sheet)
    numbers = [row[mark].strip() for row in sheet.rows]
    named = [n for n in identity if n != mark and "section" not in sheet.heads[n].casefold()]
    found, sentences = matches(grades, sheet, "Canvas", numbers, named)
    for number, grade in found.items():
        if grade.points is not None:
            sheet.rows[number][points] = grade.points
    keep = [*identity, points]
    heads = [sheet.heads[n] for n in keep]
    rows = [
        [row[n] for n in keep]
        for n, row in enumerate(sheet.rows)
        if n in found or not numbers[n]  # what is nobody's says the most points
    ]
    table = folder / "grades-canvas.csv"
    write_whole(table, Sheet(sheet.name, heads, rows, sheet.delimiter).text())
    return HandedBack([table], sentences)


CANVAS_HEADS = (
    *("student", "id", "sis user id", "sis login id", "integration id", "root account", "section"),
)


def assignment(sheet: Sheet, lab: str, column: str) -> int:
    """Return the number of the column of an assignment.

    Raises:
        PlatformError: if it is not clear which one.
    """
    all_of_them = [n for n, head in enumerate(sheet.heads) if re.search(r"\(\d+\)\s*$", head)]
    wanted = column or lab
    fitting = [n for n in all_of_them if sheet.heads[n].strip() == wanted] or [
        n for n in all_of_them if letters(wanted) in letters(sheet.heads[n])
    ]
    if len(fitting) == 1:
        return fitting[0]
    heads = ", ".join(f"'{sheet.heads[n]}'" for n in all_of_them) or "none"
    raise PlatformError(
        f"{sheet.name} has {len(fitting)} columns of assignments with {wanted} in the name; "
        f"say which one it is with --column (there are {heads})."
    )


def letters(text: str) -> str:
    """Return the letters and digits of a text, for comparison."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
