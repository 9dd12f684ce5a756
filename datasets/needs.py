"""What notebooks need of real files beyond what their readers ask: enough rows, every class, ...

`course.py data check` asks for it, so that it is said before a notebook is run for minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from datasets import loaders, readers
from datasets.formats import data_error


def check_needs(name: str, files: Sequence[Path], contents: Sequence[Any]) -> None:
    """Raise DataError if notebooks could not use the real files of a data set.

    Args:
        name: the data set.
        files: its real files, in the order of the catalogue.
        contents: what `readers.read_file` returned for each.
    """
    if name in NEEDS:
        NEEDS[name](files, contents)


def _churn(files: Sequence[Path], contents: Sequence[Any]) -> None:
    loaders.split_churn(files[0], contents[0])
    _no_empty_column(files[0], contents[0])


def _phones(files: Sequence[Path], contents: Sequence[Any]) -> None:
    table = contents[0]
    for column in table:
        if table[column].isna().any():
            wrong = f"column {column!r} has empty fields ({table[column].isna().sum()})"
            raise data_error(files[0], wrong, "a number in every field; a lost one is written as 0")
    loaders.split_phones(files[0], table)


def _no_empty_column(path: Path, table: pd.DataFrame) -> None:
    empty = [column for column in table if table[column].isna().all()]
    if empty:
        wrong = f"column {empty[0]!r} is empty in every row"
        raise data_error(path, wrong, "columns of which something is known")


def _mnist(files: Sequence[Path], contents: Sequence[Any]) -> None:
    loaders.split_mnist(*contents, limit=5000)


def _names(files: Sequence[Path], contents: Sequence[Any]) -> None:
    for path, names in zip(files, contents, strict=True):
        different = len(np.unique(names))
        if different < 20:
            wrong = f"it holds {different} different names"
            raise data_error(path, wrong, "at least 20, to have some in every part of the split")


def _share_price(files: Sequence[Path], contents: Sequence[Any]) -> None:
    table = readers.read_share_price(files[0].parent)
    if len(table) < 250:
        wrong = f"there are {len(table):,} days in the two files together"
        raise data_error(files[0], wrong, "at least 250, to cut windows of 20 days from each part")
    for column in ("Open", "Close"):
        if table[column].head(round(0.7 * len(table))).nunique() == 1:
            wrong = f"column {column!r} never changes"
            raise data_error(files[0], wrong, "prices that move")


def _blood_cells(files: Sequence[Path], contents: Sequence[Any]) -> None:
    cells = contents[0]
    height, width = cells.images.shape[1:3]
    if height % 8 or width % 8:
        # The reader has made the images smaller by a factor of 4, the detector does by 8 more.
        wrong = f"its images have {4 * width} x {4 * height} pixels"
        raise data_error(files[0], wrong, "width and height that 32 divides, such as 640 x 480")
    part = cells.parts[cells.boxes["image"].to_numpy()]
    for name in ("train", "valid", "test"):
        for label in readers.BLOOD_CELLS:
            if not ((part == name) & (cells.boxes["label"] == label)).any():
                wrong = f"no image of the {name} part shows a cell of the kind {label}"
                raise data_error(files[0], wrong, "every kind in every part")


def _mall_customers(files: Sequence[Path], contents: Sequence[Any]) -> None:
    table = contents[0]
    if len(table) < 50:
        raise data_error(
            files[0], f"there are {len(table)} customers", "at least 50, to group them"
        )
    for column in ("Age", "Annual Income (k$)", "Spending Score (1-100)"):
        if table[column].nunique() == 1:
            raise data_error(files[0], f"column {column!r} never changes", "customers that differ")


def _applications(files: Sequence[Path], contents: Sequence[Any]) -> None:
    if len(contents[0]) < 100:
        wrong = f"there are {len(contents[0])} applications"
        raise data_error(files[0], wrong, "at least 100, to fit a map to half of them")
    _no_empty_column(files[0], contents[0])


def _real_payments(files: Sequence[Path], contents: Sequence[Any]) -> None:
    table = contents[0].drop_duplicates().sort_values("Time", kind="stable", ignore_index=True)
    early = np.arange(len(table)) < 0.6 * len(table)
    for rows, words in ((early, "first 60 %"), (~early, "last 40 %")):
        found = table["Class"][rows]
        if min((found == 0).sum(), (found == 1).sum()) < 10:
            wrong = f"the {words} of the payments by time hold fewer than 10 of a class"
            raise data_error(files[0], wrong, "at least 10 frauds and 10 others in both parts")
    for column in readers.REAL_PAYMENT_COLUMNS[1:-1]:
        if table[column][early].nunique() == 1:
            wrong = f"column {column!r} never changes in the first 60 % of the payments by time"
            raise data_error(files[0], wrong, "columns that vary, so that they can be scaled")


def _translation(files: Sequence[Path], contents: Sequence[Any]) -> None:
    english = contents[0]["english"].drop_duplicates()
    short = (english.str.count(r"\S+") <= 6).sum()
    if short < 1000:
        wrong = f"fra.txt holds {short:,} different English sentences of at most six words"
        raise data_error(files[0], wrong, "at least 1,000, to learn from and to be tested on")


def _spoken_digits(files: Sequence[Path], contents: Sequence[Any]) -> None:
    from datasets.simulate_speech import RATE

    spoken = contents[0]
    if spoken.rate != RATE:
        wrong = f"its recordings have {spoken.rate:,} samples per second"
        expected = f"{RATE:,}, as the notebook compares them with simulated voices"
        raise data_error(files[0], wrong, expected)
    silent = [number for number, samples in enumerate(spoken.waves) if not np.ptp(samples)]
    if silent:
        recording = f"a recording of {spoken.digits[silent[0]]} by {spoken.speakers[silent[0]]}"
        raise data_error(files[0], f"{recording} is silent", "sound in every recording")
    said = pd.crosstab(spoken.digits, spoken.speakers).gt(0).sum(axis=1)
    lacking = [digit for digit in range(10) if said.get(digit, 0) < 3]
    if lacking:
        wrong = f"the digit {lacking[0]} is spoken by {said.get(lacking[0], 0)} speakers"
        expected = "each digit by at least three, to test on a voice that was not learned from"
        raise data_error(files[0], wrong, expected)


def _rt_polarity(files: Sequence[Path], contents: Sequence[Any]) -> None:
    folder = files[0].parent
    loaders.different_reviews(folder, readers.read_rt_polarity(folder))


def _text(files: Sequence[Path], contents: Sequence[Any]) -> None:
    loaders.text_pages(files[0], readers.read_text(files[0]))


NEEDS: dict[str, Callable[[Sequence[Path], Sequence[Any]], None]] = {
    "bank churn": _churn,
    "phone prices": _phones,
    "MNIST": _mnist,
    "blood cells": _blood_cells,
    "names": _names,
    "share price": _share_price,
    "mall customers": _mall_customers,
    "credit applications": _applications,
    "real card transactions": _real_payments,
    "translation": _translation,
    "spoken digits": _spoken_digits,
    "rt-polarity": _rt_polarity,
    "text": _text,
}
