"""Simulate credit_card_applications.csv, people who exist nowhere and want a credit card.

Also who of the 690 cheats, and the oracle's probabilities.

    python datasets/simulate_credit_applications.py [FOLDER]

The default is the folder of this script; the bytes are the same every time.

The columns are named A1 to A14, as in the public file that teachers use, whose meanings were
hidden. Here each applicant belongs to one of six sorts (SORTS): four are honest, two cheat. Given
the sort, the columns are drawn one after the other by `densities`, and in words in the data card in
README.md. So the *oracle*, P(Fraud = 1 | the row as written), is Bayes' rule over the six sorts;
where A2 or A13 is missing, it averages over the values that the field could have had.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

SEED = 2027
ROWS = 690
MISSING = {"A2": 12, "A13": 13}  # empty fields, in different rows
SHARES = {
    "young": 0.23,
    "employed": 0.38,
    "own firm": 0.15,
    "retired": 0.195,
    "invented": 0.022,
    "borrowed": 0.023,
}
FRAUDS = ("invented", "borrowed")
SORTS = list(SHARES)
COLUMNS = [f"A{i}" for i in range(1, 15)]
P_YES = {
    "A1": [0.68] * 6,
    "A8": [0.30, 0.62, 0.55, 0.60, 0.75, 0.65],
    "A9": [0.25, 0.55, 0.50, 0.35, 0.60, 0.60],
    "A11": [0.46] * 6,
}
P_KIND = {  # codes 1, 2, 3
    "A4": [
        (0.30, 0.68, 0.02),
        (0.15, 0.83, 0.02),
        (0.10, 0.70, 0.20),
        (0.20, 0.78, 0.02),
        (0.25, 0.65, 0.10),
        (0.15, 0.83, 0.02),
    ],
    "A12": [
        (0.10, 0.88, 0.02),
        (0.05, 0.93, 0.02),
        (0.05, 0.80, 0.15),
        (0.08, 0.90, 0.02),
        (0.10, 0.85, 0.05),
        (0.05, 0.93, 0.02),
    ],
}
MEAN_A5, MEAN_A6 = (
    (5.0, 8.5, 9.5, 6.5, 8.0, 9.0),
    (4.0, 4.8, 5.5, 4.2, 5.0, 5.2),
)  # whole numbers 1 to 14 and 1 to 9, bell-shaped
AGES = np.round(np.arange(15.0, 95.0, 0.25), 2)  # values over which a missing A2 is averaged

Density = Callable[[dict[str, np.ndarray]], np.ndarray]  # of one column, given the row


def log_normal(median: np.ndarray | float, spread: float) -> stats.rv_frozen:
    """Return the distribution of a number above 0 whose logarithm is bell-shaped.

    It has that median, and its logarithm that standard deviation.
    """
    return stats.lognorm(s=spread, scale=median)


def age(sort: int) -> stats.rv_frozen:
    """A2, years."""
    return log_normal((23, 37, 41, 63, 35, 38)[sort], (0.13, 0.22, 0.20, 0.12, 0.35, 0.22)[sort])


def years_employed(sort: int, a2: np.ndarray) -> stats.rv_frozen:
    """A7, years: a share of the years since 16, larger or smaller by sort.

    Whoever invents an employment does not look at the age.
    """
    share = (0.15, 0.35, 0.30, 0.55, 0.0, 0.35)[sort]
    return (
        log_normal(np.full(np.shape(a2), 9.0), 0.8)
        if SORTS[sort] == "invented"
        else log_normal(share * np.maximum(np.asarray(a2) - 16, 1), 0.45)
    )


def wealth(sort: int, a7: np.ndarray) -> stats.rv_frozen:
    """A14, money: grows with the years employed, faster with a firm; an invented one does not."""
    if SORTS[sort] == "invented":
        return log_normal(np.full(np.shape(a7), 9000.0), 0.9)
    return log_normal((60, 150, 900, 200, 0, 170)[sort] * (1 + np.asarray(a7)) ** 0.7, 0.8)


def debt(sort: int) -> stats.rv_frozen:
    """A3, thousands; a borrowed identity is used to borrow more than its owner would."""
    return log_normal((1.5, 3.5, 6.0, 2.0, 9.0, 8.5)[sort], 0.75)


def queries(sort: int) -> stats.rv_frozen:
    """A10: how often other banks asked about this person; drawn, then rounded down."""
    return log_normal((1.2, 2.0, 3.0, 1.0, 14.0, 4.5)[sort], (0.8, 0.8, 0.8, 0.7, 0.6, 0.8)[sort])


def income(sort: int) -> stats.rv_frozen:
    """A13, a month's money."""
    return log_normal((90, 180, 220, 130, 420, 190)[sort], 0.5)


def whole_numbers(mean: float, spread: float, largest: int) -> np.ndarray:
    """Return the probabilities of 1 to `largest`, bell-shaped around the mean."""
    weight = np.exp(-0.5 * ((np.arange(1, largest + 1) - mean) / spread) ** 2)
    return weight / weight.sum()


def draw_rows(rng: np.random.Generator, sort: np.ndarray) -> pd.DataFrame:
    """Draw one true row for each entry of `sort`, a number of SORTS."""
    table = pd.DataFrame(0.0, index=range(len(sort)), columns=COLUMNS)
    for k in range(len(SORTS)):
        rows = np.flatnonzero(sort == k)
        n = len(rows)
        new = {column: (rng.random(n) < p[k]).astype(float) for column, p in P_YES.items()}
        new |= {column: rng.choice([1.0, 2.0, 3.0], n, p=p[k]) for column, p in P_KIND.items()}
        new["A5"] = rng.choice(np.arange(1, 15), n, p=whole_numbers(MEAN_A5[k], 2.5, 14))
        new["A6"] = rng.choice(np.arange(1, 10), n, p=whole_numbers(MEAN_A6[k], 1.5, 9))
        new["A2"] = age(k).rvs(n, random_state=rng).round(2)
        new["A7"] = years_employed(k, new["A2"]).rvs(n, random_state=rng).round(3)
        new["A14"] = 1 + wealth(k, new["A7"]).rvs(n, random_state=rng).round()
        new["A3"] = debt(k).rvs(n, random_state=rng).round(3)
        new["A10"] = np.floor(queries(k).rvs(n, random_state=rng))
        new["A13"] = income(k).rvs(n, random_state=rng).round()
        for column, values in new.items():
            table.loc[rows, column] = values
    return table


def log_density(k: int, t: dict[str, np.ndarray]) -> np.ndarray:
    """Return the logarithm of how likely sort k makes rows with these values.

    A column left out of `t` plays no part.
    """
    total = np.zeros(len(t["A1"]))
    for column, p in P_YES.items():
        total += np.log(np.where(t[column] == 1, p[k], 1 - p[k]))
    for column, p in P_KIND.items():
        total += np.log(np.array(p[k])[t[column].astype(int) - 1])
    total += np.log(whole_numbers(MEAN_A5[k], 2.5, 14)[t["A5"].astype(int) - 1]) + np.log(
        whole_numbers(MEAN_A6[k], 1.5, 9)[t["A6"].astype(int) - 1]
    )
    total += age(k).logpdf(t["A2"]) + years_employed(k, t["A2"]).logpdf(np.maximum(t["A7"], 5e-4))
    total += interval(wealth(k, t["A7"]), t["A14"] - 1.5, t["A14"] - 0.5) + debt(k).logpdf(
        np.maximum(t["A3"], 5e-4)
    )
    total += interval(queries(k), t["A10"], t["A10"] + 1)
    return total + (interval(income(k), t["A13"] - 0.5, t["A13"] + 0.5) if "A13" in t else 0)


def interval(distribution: stats.rv_frozen, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the logarithm of the probability between two values, as of a rounded number."""
    return np.log(np.maximum(distribution.cdf(high) - distribution.cdf(np.maximum(low, 0)), 1e-300))


def oracle(table: pd.DataFrame) -> np.ndarray:
    """Return P(Fraud = 1 | the row as written) for rows in which A2 or A13 may be missing.

    Not both are missing in one row.
    """
    p = np.empty(len(table))
    a2, a13 = table["A2"].isna().to_numpy(), table["A13"].isna().to_numpy()
    for rows, absent in ((~a2 & ~a13, ""), (a13, "A13")):
        p[rows] = _posterior(
            {c: table.loc[rows, c].to_numpy(float) for c in COLUMNS if c != absent}
        )
    for i in np.flatnonzero(a2):
        row = {c: np.full(len(AGES), float(table[c].iloc[i])) for c in COLUMNS} | {"A2": AGES}
        p[i] = _posterior(row, together=True)[0]
    return p


def _posterior(t: dict[str, np.ndarray], together: bool = False) -> np.ndarray:
    """Return P(Fraud) by Bayes' rule.

    `together`: all rows are possible versions of one row, evenly spaced, whose likelihoods are
    summed.
    """
    logs = np.stack([np.log(share) + log_density(k, t) for k, share in enumerate(SHARES.values())])
    weight = np.exp(logs - logs.max()) if together else np.exp(logs - logs.max(axis=0))
    weight = weight.sum(axis=1, keepdims=True) if together else weight
    return weight[[SORTS.index(sort) for sort in FRAUDS]].sum(axis=0) / weight.sum(axis=0)


def approved(rng: np.random.Generator, t: pd.DataFrame) -> np.ndarray:
    """Return Class: what the bank decided from the row, not knowing who cheats."""
    z = (
        -3.1
        + 2.6 * t["A8"]
        + 0.8 * t["A9"]
        + 0.15 * (t["A5"] - 7)
        + 0.35 * np.log(t["A14"])
        - 0.25 * np.log1p(t["A3"])
        - 0.08 * np.maximum(t["A10"] - 8, 0)
    )
    return (rng.random(len(t)) < 1 / (1 + np.exp(-z.to_numpy()))).astype(int)


def simulate() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the applications, the truth (CustomerID, Fraud) and the oracle (row, probability)."""
    rng = np.random.default_rng(SEED)
    sort = rng.choice(len(SORTS), ROWS, p=list(SHARES.values()))
    table = draw_rows(rng, sort)
    label = approved(rng, table)
    rows = rng.permutation(ROWS)
    for column, count in MISSING.items():
        table.loc[rows[:count], column] = np.nan
        rows = rows[count:]
    chance = oracle(table)
    for column in [c for c in COLUMNS if c not in ("A2", "A3", "A7")]:
        table[column] = table[column].astype("Int64")
    table.insert(
        0, "CustomerID", rng.choice(np.arange(15_560_000, 15_820_000), ROWS, replace=False)
    )
    table["Class"] = label
    fraud = np.isin(sort, [SORTS.index(name) for name in FRAUDS]).astype(int)
    truth = pd.DataFrame({"CustomerID": table["CustomerID"], "Fraud": fraud})
    return table, truth, pd.DataFrame({"row": np.arange(1, ROWS + 1), "probability": chance})


def main(folder: Path) -> None:
    """Write credit_card_applications.csv, ..._truth.csv and ..._oracle.csv into the folder."""
    for end, table in zip(("", "_truth", "_oracle"), simulate(), strict=True):
        options = {"float_format": "%.6f"} if end == "_oracle" else {}
        table.to_csv(
            folder / f"credit_card_applications{end}.csv",
            index=False,
            lineterminator="\n",
            **options,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
