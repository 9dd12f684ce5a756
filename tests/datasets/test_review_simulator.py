"""The simulated reviews: the same every time, right by construction, and a card that tells the
truth about them.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

import helpers
from datasets import simulate_reviews as simulator

CARD = re.search(
    r"(?ms)^## reviews$(.*?)(?=^## )",
    (Path(simulator.__file__).parent / "README.md").read_text(encoding="utf-8"),
).group(1)


@pytest.fixture(scope="module")
def table():
    return simulator.draw_reviews(np.random.default_rng(simulator.SEED), simulator.REVIEWS)


def test_the_same_every_time(table):
    again = simulator.draw_reviews(np.random.default_rng(simulator.SEED), simulator.REVIEWS)
    assert again.equals(table) and len(table) == simulator.REVIEWS == table["text"].nunique()
    assert not simulator.draw_reviews(np.random.default_rng(1), 50).equals(table[:50])


def understand(text):
    """Read a review by rules written apart from the grammar: 1 good, 0 bad."""
    text = re.sub(
        "|".join(rf"(?:^| )(?:\. )?{remark} \.|^{remark} \. " for remark in simulator.REMARKS),
        "",
        text,
    ).strip(" .")
    text = re.sub("|".join(map(re.escape, simulator.DECOYS)), "", text)
    main = re.sub(r"(?:although|even though) .*? , |(?: although| even though) .*$", "", text)
    main = re.split(r" (?:but|yet) ", main)[-1]
    turns = len(
        re.findall(
            r"\b(?:not true that|nobody|do not think|i never felt|nothing suggests|is not|was "
            r"not|seems not|felt not|far from|anything but)\b",
            main,
        )
    )
    turns += len(re.findall(r"\b(?:is|was|seems|felt) (?:never|hardly|in no way)\b", main))
    praised = [
        word in simulator.GOOD for word in main.split() if word in simulator.GOOD + simulator.BAD
    ]
    assert len(praised) == 1, text
    return int(praised[0] ^ (turns % 2))


def test_the_verdict_is_what_the_review_says(table):
    wrong = table[
        table["text"].map(
            lambda text: understand(
                text.replace("anything but", "anythingbut").replace("anythingbut", "far from")
            )
        )
        != table["verdict"]
    ]
    assert wrong.empty, wrong.head(3).to_string()


def test_shares(table):
    assert (table["label"] != table["verdict"]).mean() == pytest.approx(simulator.WRONG, abs=0.01)
    assert sum(simulator.KINDS.values()) == pytest.approx(1)
    assert (
        table["kind"].value_counts(normalize=True) - pd.Series(simulator.KINDS)
    ).abs().max() < 0.02
    adjective = table["text"].map(
        lambda text: [
            w in simulator.GOOD for w in text.split() if w in simulator.GOOD + simulator.BAD
        ]
    )
    single = adjective.map(len) == 1
    assert (
        adjective[single].map(lambda a: a[0]) == table.loc[single, "verdict"]
    ).mean() == pytest.approx(0.5, abs=0.05)
    assert (adjective[~single].map(sum) == 1).all(), "a contrast names one of each"


def test_split_and_numbers_on_the_card(table):
    reviews = helpers.load_reviews()
    assert [len(part) for part in (reviews.train, reviews.valid, reviews.test)] == [2800, 600, 600]
    assert not set(reviews.train["text"]) & set(reviews.test["text"])
    assert f"accuracy {((reviews.oracle > 0.5) == table['label']).mean():.3f}" in CARD
    lengths = table["text"].str.split().map(len)
    assert (
        f"{lengths.min()} to {lengths.max()} of them, {len(set(' '.join(table['text']).split()))} "
        f"different" in CARD
    )
    for n, words in {1: "counts of words", 2: "of words and bigrams"}.items():
        counts, scores = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, n)), {}
        x = counts.fit_transform(reviews.train["text"])
        for c in (0.03, 0.1, 0.3, 1.0, 3.0):
            model = LogisticRegression(C=c, solver="liblinear").fit(x, reviews.train["label"])
            scores[c] = [
                model.score(counts.transform(part["text"]), part["label"])
                for part in (reviews.valid, reviews.test)
            ]
        assert f"{words} {max(scores.values(), key=lambda s: s[0])[1]:.2f}" in CARD
