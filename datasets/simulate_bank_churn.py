"""Simulate bank_churn.csv, the customers of a bank that exists nowhere, and its oracle.

    python datasets/simulate_bank_churn.py [FOLDER]

The default is the folder of this script; the bytes are the same every time.

The process, column by column, is the code of `draw_customers`, `log_odds_of_leaving` and
`write_down`; the data card in README.md says it in words. Because the process is known, so is the
best score that any model could reach: the *oracle* is P(Exited = 1 | the row as written). Where a
field is missing or impossible, it averages over all values that the field could have had, each
weighted by its probability given the rest of the row.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 2024
CUSTOMERS, REPEATED = (
    9_960,
    40,
)  # the file has 10,000 rows: 40 of them are a second copy of an earlier customer

COUNTRIES = np.array(["France", "Germany", "Spain"])
P_COUNTRY = np.array([0.50, 0.25, 0.25])
P_NO_BALANCE = np.array([0.45, 0.05, 0.45])  # by country: how many keep no money in their account
BALANCE_MEAN, BALANCE_SD = 120_000, 35_000
AGES = np.arange(18, 93)
P_AGE = (
    np.exp(-0.5 * ((np.log(AGES) - np.log(38)) / 0.28) ** 2) / AGES
)  # log-normal around 38 years
P_AGE /= P_AGE.sum()
SCORES = np.arange(350, 851)
P_SCORE = np.exp(-0.5 * ((SCORES - 650) / 97) ** 2)
P_SCORE /= P_SCORE.sum()
SURNAMES = (
    "Adler Bianchi Costa Dubois Evans Fischer Garcia Hansen Ivanova Jansen Keller Lopez Martin "
    "Novak Okafor Petit Rossi Silva Tanaka Weber"
).split()

MISSING = {
    "Age": 150,
    "Geography": 120,
    "CreditScore": 200,
    "Balance": 150,
}  # empty fields, at most one a row
IMPOSSIBLE_AGES = 30  # typing errors: 0 years, or a three-digit age
SALARIES_IN_CENTS = 25  # outliers: a salary typed in cents


def draw_customers(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw the n true rows, without label, before anything is lost or mistyped."""
    country = rng.choice(3, n, p=P_COUNTRY)
    balance = np.clip(rng.normal(BALANCE_MEAN, BALANCE_SD, n), 1_000, None).round(2)
    return pd.DataFrame(
        {
            "CustomerId": rng.choice(np.arange(15_000_000, 16_000_000), n, replace=False),
            "Surname": rng.choice(SURNAMES, n),
            "CreditScore": rng.choice(SCORES, n, p=P_SCORE),
            "Geography": COUNTRIES[country],
            "Gender": rng.choice(["Female", "Male"], n, p=[0.46, 0.54]),
            "Age": rng.choice(AGES, n, p=P_AGE),
            "Tenure": rng.integers(0, 11, n),
            "Balance": np.where(rng.random(n) < P_NO_BALANCE[country], 0.0, balance),
            "NumOfProducts": rng.choice([1, 2, 3, 4], n, p=[0.51, 0.455, 0.027, 0.008]),
            "HasCrCard": rng.choice([0, 1], n, p=[0.3, 0.7]),
            "IsActiveMember": rng.choice([0, 1], n, p=[0.48, 0.52]),
            "EstimatedSalary": rng.uniform(500, 200_000, n).round(2),
        }
    )


def log_odds_of_leaving(t: pd.DataFrame) -> np.ndarray:
    """Return the log-odds that each customer leaves, a curved surface with interactions.

    Surname, card and salary play no part.
    """
    age, balance = t["Age"].to_numpy(float), t["Balance"].to_numpy(float)
    active, one_product = t["IsActiveMember"].to_numpy(bool), (t["NumOfProducts"] == 1).to_numpy()
    germany, spain, female = (
        t["Geography"] == "Germany",
        t["Geography"] == "Spain",
        t["Gender"] == "Female",
    )
    z = -4.0 + 5.0 * np.exp(
        -(((age - 47) / 8.5) ** 2)
    )  # leaving peaks in the late forties, then people stay
    z += np.where(active, -0.7, 0.3)
    z += t["NumOfProducts"].map({1: 0.2, 2: -0.8, 3: 2.6, 4: 3.4}).to_numpy()
    z += np.where(
        balance > 0, 1.0 * np.minimum(np.abs(balance - BALANCE_MEAN) / 50_000, 2) - 0.4, 0.0
    )  # very small and very large ones leave
    z += np.where(germany, np.where(one_product, 1.0, -0.5), 0.0) + np.where(
        female, np.where(spain, -0.5, 0.7), 0.0
    )
    z += np.where(
        one_product, 1.2 * np.exp(-t["Tenure"] / 2), 0.0
    )  # new customers with one product drift away again
    return np.asarray(z + 1.2 / (1 + np.exp((t["CreditScore"] - 500) / 30)))


def probability(t: pd.DataFrame) -> np.ndarray:
    """Return P(Exited = 1) for rows whose true values are all known."""
    return 1 / (1 + np.exp(-log_odds_of_leaving(t)))


def write_down(rng: np.random.Generator, true: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Lose and mistype fields of the true rows.

    Returns:
        The rows as written, and the name of the column lost in each row ("" if none).
    """
    written, lost = true.copy(), pd.Series("", index=true.index)
    rows = rng.permutation(len(true))
    for column, count in {**MISSING, "impossible": IMPOSSIBLE_AGES}.items():
        chosen, rows = rows[:count], rows[count:]
        lost.iloc[chosen] = "Age" if column == "impossible" else column
        if column == "impossible":
            written["Age"] = written["Age"].astype(float)
            written.loc[chosen, "Age"] = rng.choice([0, 180, 220, 340], count)
        else:
            written[column] = written[column].astype(object if column == "Geography" else float)
            written.loc[chosen, column] = None if column == "Geography" else np.nan
    cents = rng.permutation(len(true))[:SALARIES_IN_CENTS]
    written.loc[cents, "EstimatedSalary"] = (written.loc[cents, "EstimatedSalary"] * 100).round(2)
    return written, lost


def possible_values(column: str, row: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the values a lost field could have had, and P(each | the rest of the row)."""
    if column == "Age":
        return AGES, P_AGE
    if column == "CreditScore":
        return SCORES, P_SCORE
    if (
        column == "Geography"
    ):  # a country tells something of the balance, so the balance tells something of the country
        weight = P_COUNTRY * (P_NO_BALANCE if row["Balance"] == 0 else 1 - P_NO_BALANCE)
        return COUNTRIES, weight / weight.sum()
    steps = np.linspace(-4, 4, 401)
    density = np.exp(-0.5 * steps**2)
    nothing = P_NO_BALANCE[COUNTRIES == row["Geography"]]
    values = np.clip(BALANCE_MEAN + BALANCE_SD * steps, 1_000, None)
    return np.append(0.0, values), np.append(nothing, (1 - nothing) * density / density.sum())


def oracle(true: pd.DataFrame, lost: pd.Series) -> np.ndarray:
    """Return P(Exited = 1 | the row as written).

    The true value of a lost field is overwritten before use.
    """
    p = probability(true)
    for i in np.flatnonzero(lost != ""):
        values, weights = possible_values(lost.iloc[i], true.iloc[i])
        guesses = true.iloc[np.full(len(values), i)].copy()
        guesses[lost.iloc[i]] = values
        p[i] = weights @ probability(guesses)
    return p


def simulate() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table as in bank_churn.csv, and the oracle's probability for each of its rows."""
    rng = np.random.default_rng(SEED)
    true = draw_customers(rng, CUSTOMERS)
    exited = (rng.random(CUSTOMERS) < probability(true)).astype(int)
    table, lost = write_down(rng, true)
    table["Exited"], table["oracle"] = exited, oracle(true, lost)
    repeated = table.iloc[rng.choice(CUSTOMERS, REPEATED, replace=False)]
    table = (
        pd.concat([table, repeated])
        .iloc[rng.permutation(CUSTOMERS + REPEATED)]
        .reset_index(drop=True)
    )
    table.insert(0, "RowNumber", np.arange(1, len(table) + 1))
    for column in ["CreditScore", "Age"]:  # whole numbers that may be missing
        table[column] = table[column].astype("Int64")
    return table.drop(columns="oracle"), table[["RowNumber", "oracle"]].rename(
        columns={"oracle": "probability"}
    )


def main(folder: Path) -> None:
    """Write bank_churn.csv and bank_churn_oracle.csv into the folder."""
    table, truth = simulate()
    table.to_csv(folder / "bank_churn.csv", index=False, lineterminator="\n")
    truth.to_csv(
        folder / "bank_churn_oracle.csv", index=False, lineterminator="\n", float_format="%.6f"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
