"""The simulated names: same bytes every time, an oracle that is right, and a card that tells the
truth about both.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from datasets import simulate_names as simulator
from datasets.readers import read_names, read_names_oracle

FOLDER = Path(simulator.__file__).parent
CARD = re.search(
    r"(?ms)^## names$(.*?)(?=^## )", (FOLDER / "README.md").read_text(encoding="utf-8")
).group(1)


@pytest.fixture(scope="module")
def file():
    """The committed table and the oracle's probabilities."""
    table = read_names(FOLDER / "names.csv")
    return table, read_names_oracle(len(table))


def test_same_bytes_every_time(tmp_path):
    subprocess.run([sys.executable, simulator.__file__, str(tmp_path)], check=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["names.csv", "names_oracle.csv"]


@pytest.mark.parametrize("country", simulator.COUNTRIES)
def test_probabilities_of_a_country_sum_to_one(country):
    assert sum(simulator.spellings(country).values()) == pytest.approx(1)


def test_rules():
    arvia, belmora, cindar, dovenia = (
        simulator.spellings(country) for country in simulator.COUNTRIES[:4]
    )
    assert {"".join(sorted(name.lower())) for name in arvia} == {
        "".join(sorted(name.lower())) for name in belmora
    }, "the same letters"
    assert not set(cindar) & set(dovenia)
    assert all((name[1] == name[-1]) == (name in cindar) for name in cindar | dovenia)


def test_oracle_by_counting():
    """Among many people with one name, as many are of each nationality as the oracle says."""
    people = simulator.draw_people(np.random.default_rng(7), 300_000)
    counts = pd.crosstab(people["name"], people["nationality"])
    counts = counts[counts.sum(axis=1) >= 200]
    told = simulator.oracle(counts.index.to_series())
    n = counts.sum(axis=1).to_numpy()[:, None]
    distance = (counts.to_numpy() - n * told) / np.sqrt(n * told * (1 - told))
    assert (
        len(counts) > 50
        and (distance.abs() < 5).all().all()
        and distance.to_numpy().std() == pytest.approx(1, abs=0.1)
    )


def test_oracle_of_a_name_made_by_two_countries():
    both = set(simulator.spellings("Arvia")) & set(simulator.spellings("Cindar"))
    told = simulator.oracle(pd.Series(sorted(both)[:1])).iloc[0]
    assert both and 0.1 < told["Arvia"] < 0.9 and told.sum() == pytest.approx(1)


def test_numbers_on_the_card(file):
    table, oracle = file
    truth = table["nationality"].map(simulator.COUNTRIES.index)
    accuracy = (oracle.to_numpy().argmax(axis=1) == truth).mean()
    assert f"accuracy {accuracy:.3f}" in CARD
    assert f"{table['name'].nunique():,} different names" in CARD
    for n, words in {1: "counts of letters", 2: "of letters and pairs of neighbours"}.items():
        counts = CountVectorizer(
            analyzer="char", ngram_range=(1, n), preprocessor=lambda name: f"^{name.lower()}$"
        )
        letters = make_pipeline(counts, LogisticRegression(max_iter=1000))
        score = cross_val_score(
            letters, table["name"], table["nationality"], groups=table["name"], cv=GroupKFold(5)
        ).mean()
        assert f"{words} {score:.2f}" in CARD, score
