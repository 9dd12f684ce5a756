"""Writes what people read: the grades as CSV, the summary of a class, a page for a submission that
could not be graded, the students' README."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry

from tools.labs.cells import grade_id, task_of
from tools.labs.pages import STILL
from tools.notebooks import write_whole

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.globals["policy"] = STILL
HEADS = ("student", "points", "of")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# Where a value begins, and what could make a formula of it.
FORMULA = re.compile(
    r"(^|[;\t\r\n])([\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
LAST_HEADS = ("graded by hand", "remarks", "file")


@dataclass(frozen=True)
class Result:
    """What one submission has got.

    Attributes:
        student: the student's name.
        file: the file that was handed in.
        points: points by task; None for what waits for points given by hand.
        remarks: what was odd, whole sentences; the reason if it could not be graded.
        failed: whether it is still to be graded, after a technical problem, or as it is of another
            version of the lab; then it has no points.
    """

    student: str
    file: str
    points: dict[str, float | None]
    remarks: str
    failed: bool = False

    @property
    def total(self) -> float:
        """All points; what waits for points given by hand counts 0."""
        return sum(value or 0 for value in self.points.values())

    @property
    def waits(self) -> bool:
        """Whether points are still to be given by hand."""
        return None in self.points.values() and not self.failed


# --- Pages ----------------------------------------------------------------------------------------


def not_graded(lab: str, record) -> str:
    """Return the feedback for a submission that could not be graded.

    Args:
        lab: the lab's name.
        record: the submission's `grade.Record`.
    """
    title = f"{lab}: {record.student}"
    return TEMPLATES.get_template("not_graded.html").render(title=title, record=record)


def for_students(lab: str) -> str:
    """Return the README that goes out with a lab."""
    return TEMPLATES.get_template("for_students.md").render(lab=lab)


def summary(lab: str, results: list[Result], tasks: dict[str, float], limits: str = "") -> str:
    """Return the page about a class: histogram, most missed tasks, remarks.

    Args:
        lab: the lab's name.
        results: one for each submission, at least one.
        tasks: the most points of each task.
        limits: a sentence about the limits that held.
    """
    failed = sum(result.failed for result in results)
    sums = [result.total for result in results if not result.failed]
    full = sum(tasks.values())
    figures = (
        f"{len(sums)} submissions; mean {mean(sums):.1f}, median {median(sums):g}, "
        f"lowest {min(sums):g}, highest {max(sums):g} of {full:g} points."
        if sums
        else "No submission could be graded."
    )
    return TEMPLATES.get_template("summary.html").render(
        title=f"{lab}: the class",
        figures=figures,
        waiting=sum(result.waits for result in results),
        failed=failed,
        limits=limits,
        histogram=histogram(sums, full),
        tasks=most_missed(results, tasks),
        remarks=[
            (r.student, "" if r.failed else f"{r.total:g}", r.remarks) for r in results if r.remarks
        ],
    )


def most_missed(results: list[Result], tasks: dict[str, float]) -> list[tuple[str, str, str]]:
    """Return the tasks, the one that most submissions miss points in first: (task, points, how
    many)."""
    rows = []
    for task, points in tasks.items():
        given = [r.points[task] for r in results if r.points[task] is not None]
        missed = sum(value < points for value in given)
        share = f"{missed} of {len(given)} ({missed / len(given):.0%})" if given else ""
        rows.append((missed, task, f"{points:g}", share or "still to be graded by hand"))
    return [row[1:] for row in sorted(rows, reverse=True)]


@dataclass(frozen=True)
class Histogram:
    """A picture of how many submissions have how many points.

    Attributes:
        words: what it shows.
        png: the picture, in base 64.
    """

    words: str
    png: str


def histogram(sums: list[float], full: float) -> Histogram:
    """Return a picture of how many submissions have how many points.

    Args:
        sums: the points of each submission.
        full: the most points.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    edges = [full * i / 10 for i in range(11)]
    counts, _, _ = axes.hist(sums, bins=edges, color="#0072B2", edgecolor="white")
    axes.set(xlabel=f"points of {full:g}", ylabel="submissions", xlim=(0, full))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    words = "; ".join(
        f"{low:g} to {high:g} points: {count:.0f}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        if count
    )
    return Histogram(words, base64.b64encode(stream.getvalue()).decode())


# --- Points ---------------------------------------------------------------------------------------


def scores(course, lab: str, student: str, tasks: dict[str, float]) -> dict[str, float | None]:
    """Return a student's points by task as nbgrader's gradebook has them, those given by hand
    included; None for those that are still to be given.

    Args:
        course: the `grade.Course`.
        lab: the lab's name.
        student: the student's name.
        tasks: the most points of each task.
    """
    with course.gradebook() as gradebook:
        try:
            submission = gradebook.find_submission(lab, student)
        except MissingEntry:
            return dict.fromkeys(tasks, 0.0)
        grades = {
            task_of(grade.name): grade
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
        return {task: points_of(grades.get(task)) for task in tasks}


def points_of(grade) -> float | None:
    """Return the points of a grade of nbgrader's, None if they are still to be given by hand."""
    if grade is None:
        return 0.0
    if grade.needs_manual_grade and grade.manual_score is None:
        return None
    return float(grade.score or 0)


def given(course, lab: str, student: str) -> str:
    """Return all that feedback shows besides the notebook, in one text: points, given by hand too,
    and comments.

    Args:
        course: the `grade.Course`.
        lab: the lab's name.
        student: the student's name.
    """
    with course.gradebook() as gradebook:
        submission = gradebook.find_submission(lab, student)
        grades = sorted(
            (grade.name, grade.auto_score, grade.manual_score, grade.extra_credit)
            for notebook in submission.notebooks
            for grade in notebook.grades
        )
        comments = sorted(
            (comment.name, comment.auto_comment or "", comment.manual_comment or "")
            for notebook in submission.notebooks
            for comment in notebook.comments
        )
        return repr((grades, comments))


# --- The class ------------------------------------------------------------------------------------


def write(course, lab: str, folder: Path, records: list, source: NotebookNode, limits: str) -> Path:
    """Write grades.csv and summary.html into the lab's folder of grades; return the path of the CSV
    file.

    Args:
        course: the `grade.Course`.
        lab: the lab's name.
        folder: where to write.
        records: the `grade.Record` of each submission.
        source: the instructor's notebook.
        limits: a sentence about the limits that held.
    """
    tasks = {
        task_of(grade_id(cell)): float(cell.metadata.nbgrader["points"])
        for cell in source.cells
        if utils.is_grade(cell)
    }
    results = [result_of(course, lab, record, tasks) for record in records]
    write_whole(folder / "grades.csv", table(results, tasks))
    write_whole(folder / "summary.html", summary(lab, results, tasks, limits))
    return folder / "grades.csv"


def result_of(course, lab: str, record, tasks: dict[str, float]) -> Result:
    """Return what a submission has got, from its record and nbgrader's gradebook."""
    open_ = bool(record.failure or record.open)
    if open_:
        points = dict.fromkeys(tasks)
    elif record.problem:
        points = dict.fromkeys(tasks, 0.0)
    else:
        points = scores(course, lab, record.student, tasks)
    sentences = " ".join(remark.rstrip(".") + "." for remark in record.said)
    return Result(record.student, record.file, points, sentences, open_)


def table(results: list[Result], tasks: dict[str, float]) -> str:
    """Return the text of grades.csv: a row for each submission."""
    rows = [[*HEADS, *tasks, *LAST_HEADS]]
    for result in results:
        points = ["" if value is None else f"{value:g}" for value in result.points.values()]
        total = "" if result.failed else f"{result.total:g}"
        of = f"{sum(tasks.values()):g}"
        by_hand = "still to do" if result.waits else ""
        rows.append([result.student, total, of, *points, by_hand, result.remarks, result.file])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([[plain(value) for value in row] for row in rows])
    return "\ufeff" + text.getvalue()  # the mark tells spreadsheet programs that this is UTF-8


def plain(value: str) -> str:
    """Return a value that no spreadsheet program takes for a formula, whatever a student put into a
    name or a message; numbers stay numbers.

    Formulas begin with one of `= + - @`, also behind white space or a quote, also in their wide
    forms; and a value begins wherever a program thinks that a column or a row does
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    if NUMBER.fullmatch(value):
        return value
    value = FORMULA.sub(r"\1'\2", value)
    return "'" + value if value[:1] in ("\t", "\r", "\n") else value
