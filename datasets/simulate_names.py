"""Simulate names.csv, names of people of five countries that exist nowhere, and its oracle.

    python datasets/simulate_names.py [FOLDER]

The default is the folder of this script; the bytes are the same every time.

Each country builds its names from syllables by a rule of its own: see `spellings`, and in words the
data card in README.md. There are so few rules that every possible name can be listed with its
probability. So the *oracle*, P(nationality as written | name), is exact: it only asks how often
each country would have made that name.
"""

from __future__ import annotations

import itertools
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 2026
ROWS = 4000
WRONG = 0.04  # share of people whose nationality was drawn again, from all five countries
MIDDLES = {
    0: 0.2,
    1: 0.5,
    2: 0.3,
}  # how many syllables stand between the first and the last, and how often
COUNTRIES = ["Arvia", "Belmora", "Cindar", "Dovenia", "Eskel"]


def syllables(onsets: str, vowels: str, coda: str = "") -> list[str]:
    """Return every onset with every vowel: syllables("b d", "a o", "n") is ban, bon, dan, don."""
    return [onset + vowel + coda for onset in onsets.split() for vowel in vowels.split()]


def spellings(country: str) -> dict[str, float]:
    """Return every name that a country can make and its probability; they sum to 1."""
    first, middle, last = {
        "Arvia": (
            syllables("k t r m", "a i o"),
            syllables("l n r", "e u"),
            syllables("l n s d", "a i o"),
        ),
        "Belmora": (
            syllables("l n s d", "a i o"),
            syllables("l n r", "e u"),
            syllables("k t r m", "a i o"),
        ),  # Arvia's, turned round
        "Cindar": (
            syllables("b d g k l t", "a i o"),
            syllables("l m r v", "e u"),
            syllables("b d g k l t", "a i o"),
        ),
        "Dovenia": (
            syllables("b d g k l t", "a i o"),
            syllables("l m r v", "e u"),
            syllables("b d g k l t", "a i o"),
        ),
        "Eskel": (
            syllables("s k r", "a e i", "s"),
            syllables("n t k", "a e o"),
            syllables("k l v", "e i", "n"),
        ),
    }[country]
    allowed = {"Cindar": lambda a, b: a[1] == b[1], "Dovenia": lambda a, b: a[1] != b[1]}.get(
        country, lambda a, b: True
    )
    ends = {
        a: [b for b in last if allowed(a, b)] for a in first
    }  # Cindar repeats the first vowel at the end, Dovenia never does
    names: dict[str, float] = defaultdict(float)  # one name may come about in two ways
    for count, share in MIDDLES.items():
        for a, *between in itertools.product(first, *[middle] * count):
            for b in ends[a]:
                names["".join((a, *between, b)).capitalize()] += share / (
                    len(first) * len(middle) ** count * len(ends[a])
                )
    return dict(names)


def oracle(names: pd.Series) -> pd.DataFrame:
    """Return P(nationality as written | name), one column a country, one row a name.

    A name that no country makes has NaN.
    """
    likelihood = pd.DataFrame(
        {country: names.map(spellings(country)).fillna(0) for country in COUNTRIES}
    )
    return likelihood.div(likelihood.sum(axis=1), axis=0) * (1 - WRONG) + WRONG / len(
        COUNTRIES
    )  # all countries are equally frequent


def draw_people(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw n people: their name, and their nationality as written."""
    country = rng.integers(0, len(COUNTRIES), n)
    names = np.empty(n, dtype=object)
    for k, label in enumerate(COUNTRIES):
        possible = spellings(label)
        names[country == k] = rng.choice(
            list(possible), (country == k).sum(), p=list(possible.values())
        )
    again = rng.random(n) < WRONG
    country[again] = rng.integers(0, len(COUNTRIES), again.sum())
    return pd.DataFrame({"name": names, "nationality": np.array(COUNTRIES)[country]})


def main(folder: Path) -> None:
    """Write names.csv and names_oracle.csv into the folder."""
    people = draw_people(np.random.default_rng(SEED), ROWS)
    chances = oracle(people["name"]).add_prefix("probability_").round(6)
    chances.insert(0, "row", range(1, ROWS + 1))
    for name, table in {"names": people, "names_oracle": chances}.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
