"""Writes what people read: the grades as CSV, the summary of a class, a page for a submission that could not be graded, the students' README."""

from __future__ import annotations

import base64
import csv
import html
import io
import os
from pathlib import Path
from statistics import mean, median

from nbgrader import utils
from nbgrader.api import MissingEntry

from tools.labs.nbgrader_parts import grade_id, task_of

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left}th{background:#eee}"
)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a kill leaves either the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8", newline="")
    os.replace(half, path)


def page(title: str, body: str) -> str:
    """Return a web page that needs nothing from elsewhere."""
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style><h1>{html.escape(title)}</h1>{body}</html>\n'


def table(rows: list[list[str]]) -> str:
    """Return an HTML table; the first row holds the heads."""
    lines = [
        "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in row)
        for tag, row in zip(["th"] + ["td"] * len(rows), rows)
    ]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def not_graded(lab: str, record) -> str:
    """Return the feedback for a submission that could not be graded."""
    where = f"<p>File: {html.escape(record.file)}</p>" if record.file else ""
    text = f"<p>This submission could not be graded, and counts 0 points until it is handed in again.</p><p><b>{html.escape(record.problem)}</b></p>{where}"
    return page(f"{lab}: {record.student}", text)


def for_students(lab: str) -> str:
    """Return the README that goes out with a lab."""
    return (
        f"# {lab}\n\nOpen `{lab}.ipynb` in JupyterLab and work from top to bottom. Each task has a place for your answer and, right below it, a check: run both.\n"
        "Write only into the answer cells. Cells of your own are welcome anywhere; changed checks are put back before grading.\n\n"
        "Before you hand in: *Kernel, Restart Kernel and Run All Cells*, or in the course's folder `python course.py labs check PATH/TO/NOTEBOOK`.\n"
        "Grading runs more checks than you see here, on other numbers. Hand in the notebook alone.\n\n"
        "The course's own environment has all that is needed. Without the course: Python 3.11 to 3.13, then `pip install -r requirements.txt` in an environment of its own.\n"
    )


def scores(
    course, lab: str, student: str, tasks: dict[str, float]
) -> tuple[dict[str, float | None], bool]:
    """Return a student's points by task as nbgrader's gradebook has them (hand-given ones included), and whether some wait for a hand."""
    with course.gradebook() as gradebook:
        try:
            submission = gradebook.find_submission(lab, student)
        except MissingEntry:
            return dict.fromkeys(tasks, 0.0), False
        grades = {
            task_of(grade.name): grade
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
        points = {task: float(grades[task].score or 0) if task in grades else 0.0 for task in tasks}
        waiting = [
            task
            for task in tasks
            if task in grades
            and grades[task].needs_manual_grade
            and grades[task].manual_score is None
        ]
        return {task: None if task in waiting else value for task, value in points.items()}, bool(
            waiting
        )


def given(course, lab: str, student: str) -> str:
    """Return all that feedback shows besides the notebook, in one text: points, given by hand too, and comments."""
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


def write(course, lab: str, folder: Path, records: list, source) -> Path:
    """Write grades.csv and summary.html into the lab's folder of grades; return the path of the CSV file."""
    tasks = {
        task_of(grade_id(cell)): float(cell.metadata.nbgrader["points"])
        for cell in source.cells
        if utils.is_grade(cell)
    }
    total = sum(tasks.values())
    rows, points = [["student", "points", "of", *tasks, "graded by hand", "remarks", "file"]], []
    for record in records:
        found, waiting = (
            (dict.fromkeys(tasks, 0.0), False)
            if record.problem
            else scores(course, lab, record.student, tasks)
        )
        points.append(found)
        cells = ["" if value is None else f"{value:g}" for value in found.values()]
        hand = "still to do" if waiting else ""
        remarks = " ".join(
            remark.rstrip(".") + "."
            for remark in ([record.problem] if record.problem else record.remarks)
        )
        rows.append(
            [
                record.student,
                f"{sum(value or 0 for value in found.values()):g}",
                f"{total:g}",
                *cells,
                hand,
                remarks,
                record.file,
            ]
        )
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(
        [[plain(value) for value in row] for row in rows]
    )
    write_whole(
        folder / "grades.csv", "\ufeff" + text.getvalue()
    )  # the mark tells spreadsheet programs that this is UTF-8
    write_whole(folder / "summary.html", summary(lab, rows, points, tasks))
    return folder / "grades.csv"


def plain(value: str) -> str:
    """Return a value that a spreadsheet program does not take for a formula, whatever a student put into a name or a message."""
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def summary(lab: str, rows: list[list[str]], points: list[dict], tasks: dict[str, float]) -> str:
    """Return the page about a class: histogram, most missed tasks, remarks."""
    sums = [float(row[1]) for row in rows[1:]]
    missed = sorted(
        (
            (sum((found[task] or 0) < full for found in points if found[task] is not None), task)
            for task, full in tasks.items()
        ),
        reverse=True,
    )
    counted = {task: sum(found[task] is not None for found in points) for task in tasks}
    lines = [["task", "points", "submissions that miss points"]] + [
        [
            task,
            f"{tasks[task]:g}",
            f"{count} of {counted[task]} ({count / counted[task]:.0%})"
            if counted[task]
            else "still to be graded by hand",
        ]
        for count, task in missed
    ]
    remarks = [["student", "points", "remarks"]] + [
        [row[0], row[1], row[-2]] for row in rows[1:] if row[-2]
    ]
    figures = f"{len(sums)} submissions; mean {mean(sums):.1f}, median {median(sums):g}, lowest {min(sums):g}, highest {max(sums):g} of {sum(tasks.values()):g} points."
    waiting = sum(bool(row[-3]) for row in rows[1:])
    hand = (
        f"<p>{waiting} wait for points given by hand; until then these count 0.</p>"
        if waiting
        else ""
    )
    body = f"<p>{figures}</p>{hand}{histogram(sums, sum(tasks.values()))}<h2>Most missed tasks</h2>{table(lines)}"
    body += f"<h2>Remarks</h2>{table(remarks)}" if len(remarks) > 1 else ""
    return page(f"{lab}: the class", body)


def histogram(sums: list[float], total: float) -> str:
    """Return a picture of how many submissions have how many points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    counts, _, _ = axes.hist(
        sums, bins=[total * i / 10 for i in range(11)], color="#0072B2", edgecolor="white"
    )
    axes.set(xlabel=f"points of {total:g}", ylabel="submissions", xlim=(0, total))
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    words = "; ".join(
        f"{total * i / 10:g} to {total * (i + 1) / 10:g} points: {count:.0f}"
        for i, count in enumerate(counts)
        if count
    )
    return f'<img alt="Histogram of points. {words}." src="data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}">'
