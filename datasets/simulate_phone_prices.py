"""Simulate mobile_prices.csv, phones that exist nowhere with their price classes, and its oracle.

    python datasets/simulate_phone_prices.py [FOLDER]

The default is the folder of this script; the bytes are the same every time.

The process, column by column, is the code of `draw_phones`, `expected_price` and `write_down`; the
data card in README.md says it in words. Because the process is known, so is the best score that any
model could reach: the *oracle* is P(price class | the row as written), four numbers a row. Where a
0 stands for a lost field, it averages over all values that the field could have had given the rest
of the row.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtr

SEED = 2025
# The first 500 phones of each class; as the limits are quartiles, this changes no probability.
PER_CLASS = 500
NOISE = 10.0  # euros: standard deviation of what the columns do not tell about a price
LIMITS = np.array(
    [243.0, 336.7, 430.4]
)  # euros: the quartiles of all prices, between the four classes

LOST = {
    "sc_w": 180,
    "px_height": 40,
}  # fields that were lost and are written as 0, at most one a row
PX_HEIGHT_FROM = 100  # pixels: no screen has fewer rows


def draw_phones(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw the n true rows, without price, before anything is lost."""
    network = rng.choice([2, 3, 4], n, p=[0.24, 0.24, 0.52])  # a 4G phone is a 3G phone too
    camera, width, height = (
        rng.integers(0, 21, n),
        rng.integers(500, 1999, n),
        rng.integers(5, 20, n),
    )
    return pd.DataFrame(
        {
            "battery_power": rng.integers(501, 1999, n),
            "blue": rng.integers(0, 2, n),
            "clock_speed": np.maximum(rng.integers(0, 31, n), 5) / 10,
            "dual_sim": rng.integers(0, 2, n),
            "fc": np.floor(camera * rng.beta(1, 1.3, n)).astype(
                int
            ),  # the front camera is never the better one
            "four_g": (network == 4).astype(int),
            "int_memory": rng.integers(2, 65, n),
            "m_dep": rng.integers(1, 11, n) / 10,
            "mobile_wt": rng.integers(80, 201, n),
            "n_cores": rng.integers(1, 9, n),
            "pc": camera,
            "px_height": rng.integers(PX_HEIGHT_FROM, width + 1),
            "px_width": width,
            "ram": rng.integers(256, 3999, n),
            "sc_h": height,
            "sc_w": rng.integers(1, height),
            "talk_time": rng.integers(2, 21, n),
            "three_g": (network >= 3).astype(int),
            "touch_screen": rng.integers(0, 2, n),
            "wifi": rng.integers(0, 2, n),
        }
    )


def expected_price(t: pd.DataFrame) -> np.ndarray:
    """Return the price in euros that the columns tell, a curved surface with interactions.

    Fourteen of the twenty columns play no part.
    """
    battery = (t["battery_power"].to_numpy(float) - 1250) / 430
    weight = (t["mobile_wt"].to_numpy(float) - 140) / 35
    price = 100 + 0.1 * t["ram"].to_numpy(float)
    price += (
        battery * (22 - 7 * weight) - 13 * weight**2
    )  # neither flimsy nor heavy; a large battery counts more in a light phone
    return (
        price
        + 30e-6 * t["px_width"].to_numpy(float) * t["px_height"].to_numpy(float)
        + 1.5 * t["sc_w"].to_numpy(float)
    )


def probabilities(t: pd.DataFrame) -> np.ndarray:
    """Return P(price class) for rows whose true values are all known, shape (n, 4)."""
    below = ndtr((LIMITS - expected_price(t)[:, None]) / NOISE)  # P(price below each limit)
    return np.diff(below, axis=1, prepend=0, append=1)


def write_down(rng: np.random.Generator, true: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Lose fields of the true rows.

    Returns:
        The rows as written, and the name of the column lost in each row ("" if none).
    """
    written, lost = true.copy(), pd.Series("", index=true.index)
    rows = rng.permutation(len(true))
    for column, count in LOST.items():
        chosen, rows = rows[:count], rows[count:]
        lost.iloc[chosen], written.loc[chosen, column] = column, 0
    return written, lost


def possible_values(column: str, row: pd.Series) -> np.ndarray:
    """Return the values a lost field could have had given the rest of the row, equally likely."""
    return (
        np.arange(1, row["sc_h"])
        if column == "sc_w"
        else np.arange(PX_HEIGHT_FROM, row["px_width"] + 1)
    )


def oracle(true: pd.DataFrame, lost: pd.Series) -> np.ndarray:
    """Return P(price class | the row as written), shape (n, 4).

    The true value of a lost field is overwritten before use.
    """
    p = probabilities(true)
    for i in np.flatnonzero(lost != ""):
        values = possible_values(lost.iloc[i], true.iloc[i])
        p[i] = probabilities(
            true.iloc[np.full(len(values), i)].assign(**{lost.iloc[i]: values})
        ).mean(axis=0)
    return p


def simulate() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table as in mobile_prices.csv, and the oracle's four probabilities a row."""
    rng = np.random.default_rng(SEED)
    true = draw_phones(rng, 6 * PER_CLASS)
    price_range = np.searchsorted(
        LIMITS, expected_price(true) + NOISE * rng.standard_normal(len(true))
    )
    kept = pd.Series(price_range).groupby(price_range).head(PER_CLASS).index
    true, price_range = true.loc[kept].reset_index(drop=True), price_range[kept]
    written, lost = write_down(rng, true)
    truth = pd.DataFrame(oracle(true, lost), columns=[f"probability_{k}" for k in range(4)])
    truth.insert(0, "row", np.arange(1, len(truth) + 1))
    return written.assign(price_range=price_range), truth


def main(folder: Path) -> None:
    """Write mobile_prices.csv and mobile_prices_oracle.csv into the folder."""
    table, truth = simulate()
    table.to_csv(folder / "mobile_prices.csv", index=False, lineterminator="\n")
    truth.to_csv(
        folder / "mobile_prices_oracle.csv", index=False, lineterminator="\n", float_format="%.6f"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
