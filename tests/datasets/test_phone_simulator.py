"""The simulated phones: same bytes every time, an oracle that is right and that no model beats, and
a card that tells the truth about both.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from datasets import simulate_phone_prices as simulator
from datasets.readers import PHONE_COLUMNS, read_phones, read_phones_oracle
from tests.support.chance import SIGMAS, assert_mean_is_zero

FOLDER = Path(simulator.__file__).parent
CARD = re.search(
    r"(?ms)^## phone prices$(.*?)(?=^## )", (FOLDER / "README.md").read_text(encoding="utf-8")
).group(1)
INFORMATIVE = ["battery_power", "mobile_wt", "px_height", "px_width", "ram", "sc_w"]


@pytest.fixture(scope="module")
def file():
    """The committed table and the oracle's probabilities."""
    table = read_phones(FOLDER / "mobile_prices.csv")
    return table, read_phones_oracle(len(table)).to_numpy()


@pytest.fixture(scope="module")
def draw():
    """200,000 other phones with more lost fields.

    True rows, written rows, lost columns, true probabilities, oracle, class.
    """
    rng = np.random.default_rng(7)
    true = simulator.draw_phones(rng, 200_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulator, "LOST", dict.fromkeys(simulator.LOST, 2_000))
        written, lost = simulator.write_down(rng, true)
    price = simulator.expected_price(true) + simulator.NOISE * rng.standard_normal(len(true))
    return (
        true,
        written,
        lost,
        simulator.probabilities(true),
        simulator.oracle(true, lost),
        np.searchsorted(simulator.LIMITS, price),
    )


# --- The files ----------------------------------------------------------------------------------


def test_running_it_again_gives_the_same_bytes(tmp_path):
    subprocess.run(
        [sys.executable, FOLDER / "simulate_phone_prices.py", tmp_path], check=True, cwd=tmp_path
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mobile_prices.csv",
        "mobile_prices_oracle.csv",
    ]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_the_table_is_as_declared(file):
    table, _ = file
    assert (
        list(table) == PHONE_COLUMNS
        and not table.isna().any().any()
        and not table.duplicated().any()
    )
    assert table["price_range"].value_counts().to_dict() == dict.fromkeys(
        range(4), simulator.PER_CLASS
    )
    assert {column: (table[column] == 0).sum() for column in simulator.LOST} == simulator.LOST
    assert ((table[list(simulator.LOST)] == 0).sum(axis=1) <= 1).all()
    for lower, upper in [
        ("fc", "pc"),
        ("four_g", "three_g"),
        ("px_height", "px_width"),
        ("sc_w", "sc_h"),
    ]:
        assert (table[lower] <= table[upper]).all(), lower


def test_writing_down_changes_nothing_else():
    rng = np.random.default_rng(1)
    true = simulator.draw_phones(rng, 2_000)
    before = true.copy()
    written, lost = simulator.write_down(rng, true)
    pd.testing.assert_frame_equal(true, before)
    assert lost.value_counts().to_dict() == {
        "": 2_000 - sum(simulator.LOST.values()),
        **simulator.LOST,
    }
    for column in true:
        assert ((written[column] != true[column]) == (lost == column)).all(), column
        assert (written[column][lost == column] == 0).all()


def test_limits_are_quartiles_so_keeping_equal_classes_changes_no_probability(draw):
    shares = np.bincount(draw[-1]) / len(draw[-1])
    assert np.abs(shares - 0.25).max() < SIGMAS * np.sqrt(0.25 * 0.75 / len(draw[-1]))


# --- The oracle ---------------------------------------------------------------------------------


def test_probabilities_are_the_share_of_prices_in_each_class():
    """Against throwing the noise very often, for phones near and far from a limit."""
    true = simulator.draw_phones(np.random.default_rng(3), 20)
    prices = simulator.expected_price(true)[:, None] + simulator.NOISE * np.random.default_rng(
        4
    ).standard_normal(100_000)
    for k, p in enumerate(simulator.probabilities(true).T):
        seen = np.searchsorted(simulator.LIMITS, prices) == k
        assert (
            np.abs(seen.mean(axis=1) - p) <= SIGMAS * np.sqrt(p * (1 - p) / 100_000) + 1e-4
        ).all()


def test_only_lost_fields_change_the_oracle(draw):
    _, _, lost, p, oracle, _ = draw
    assert (oracle[lost == ""] == p[lost == ""]).all() and np.allclose(oracle.sum(axis=1), 1)
    unsure = (lost != "") & (oracle.max(axis=1) < 0.999)
    assert unsure.sum() > 500 and (oracle[unsure] != p[unsure]).any(axis=1).mean() > 0.9


def test_the_oracle_never_sees_the_lost_value(draw):
    true, _, lost, _, oracle, _ = draw
    for column in simulator.LOST:
        rows = np.flatnonzero(lost == column)[:50]
        other = true.iloc[rows].reset_index(drop=True).assign(**{column: 3})
        assert np.array_equal(
            simulator.oracle(other, lost.iloc[rows].reset_index(drop=True)), oracle[rows]
        ), column


def test_oracle_is_calibrated(draw):
    """Of the rows to which the oracle gives about 30 % for a class, about 30 % are of it.

    And so for each kind of lost field.
    """
    *_, lost, _, oracle, price_range = draw
    for what, rows in {
        "nothing": lost == "",
        **{column: lost == column for column in simulator.LOST},
    }.items():
        for k in range(4):
            p, hit = oracle[rows, k], price_range[rows] == k
            for low, high in [(0.001, 0.1), (0.1, 0.3), (0.3, 0.7), (0.7, 0.9), (0.9, 0.999)]:
                chosen = (p > low) & (p <= high)
                if chosen.sum() >= 50:
                    assert_mean_is_zero(
                        hit[chosen] - p[chosen], p[chosen] * (1 - p[chosen]), (what, k, low)
                    )


def test_possible_values_are_as_frequent_as_the_oracle_assumes(draw):
    true, _, lost, *_ = draw
    for column, given, at in [("sc_w", "sc_h", 12), ("px_height", "px_width", 1_000)]:
        alike = true[(true[given] - at).abs() <= at // 100]
        possible = {
            value: simulator.possible_values(column, {given: value})
            for value in alike[given].unique()
        }
        for share in (0.25, 0.5, 0.75):
            limit = alike[given].map(
                {value: np.quantile(values, share) for value, values in possible.items()}
            )
            said = alike[given].map(
                {
                    value: (values <= np.quantile(values, share)).mean()
                    for value, values in possible.items()
                }
            )
            assert_mean_is_zero((alike[column] <= limit) - said, said * (1 - said), (column, share))


def test_the_oracle_beats_a_straight_line(draw, file):
    """Logistic regression that learnt from twenty times as many rows stays clearly below the oracle
    on the committed rows.
    """
    _, written, *_, price_range = draw
    table, oracle = file
    accuracy = (oracle.argmax(axis=1) == table["price_range"]).mean()
    line = make_pipeline(StandardScaler(), LogisticRegression(C=100)).fit(
        written[:40_000], price_range[:40_000]
    )
    assert 0.93 < accuracy < 0.95
    assert line.score(table[PHONE_COLUMNS[:-1]], table["price_range"]) < accuracy - 0.04


# --- The card -----------------------------------------------------------------------------------


def test_scores_and_counts_on_the_card(file):
    table, oracle = file
    assert (
        f"class has accuracy {(oracle.argmax(axis=1) == table['price_range']).mean():.3f}; always "
        f"the same class has 0.250" in CARD
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=100, max_iter=1000))
    line = cross_val_score(model, table[PHONE_COLUMNS[:-1]], table["price_range"], cv=folds).mean()
    assert f"logistic regression on standardised columns {line:.3f}" in CARD
    for words in (
        f"(seed {simulator.SEED};",
        f"In {sum(simulator.LOST.values())} rows one field was lost, at random, and is written as "
        f"0: {simulator.LOST['sc_w']} times sc_w, "
        f"{simulator.LOST['px_height']} times px_height",
        f"standard deviation of {simulator.NOISE:.0f} euros",
        "{:.1f}, {:.1f} and {:.1f} euros".format(*simulator.LIMITS),
        f"first {simulator.PER_CLASS} phones of each class",
    ):
        assert words in CARD, words


def test_columns_on_the_card(file):
    table, _ = file
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in CARD.splitlines()
        if line.startswith("|")
    ]
    rows = {row[0]: row for row in rows if len(row) == 4 and row[0] in PHONE_COLUMNS}
    assert (
        list(rows) == PHONE_COLUMNS
        and {c: int(row[3]) for c, row in rows.items()} == (table == 0).sum().to_dict()
    )
    assert [
        c
        for c, row in rows.items()
        if "no information" not in row[1]
        and c not in ("sc_h", "price_range", "touch_screen", "wifi")
    ] == INFORMATIVE
    assert rows["touch_screen"][1] == rows["wifi"][1] == "no information"


def test_shares_on_the_card(draw):
    true = draw[0]
    for pattern, share in {
        r"(\d+) % have the slowest clock": (true["clock_speed"] == 0.5).mean(),
        r"(\d+) % have neither 3G nor 4G": (true["three_g"] == 0).mean(),
        r"(\d+) % have 3G only": (true["three_g"] - true["four_g"]).mean(),
        r"on average it has (\d+) % of its pixels": true["fc"].sum() / true["pc"].sum(),
    }.items():
        assert float(re.search(pattern, CARD).group(1)) / 100 == pytest.approx(share, abs=0.006), (
            pattern
        )


def test_effects_on_the_card():
    """Each line of the card's table of effects, computed.

    What the expected price does when one thing changes.
    """
    base = {
        "ram": 2000,
        "battery_power": 1250,
        "mobile_wt": 140,
        "px_width": 1250,
        "px_height": 650,
        "sc_w": 6,
        "sc_h": 12,
        "int_memory": 32,
    }
    start = pd.DataFrame([base])
    assert f"which costs {simulator.expected_price(start)[0]:.0f} euros" in CARD
    rows = re.findall(r"(?m)^\| ?([\w=]*) \| (\w+) \| (\d+) \| (\d+) \| ([+-]?\d+\.\d) \|$", CARD)
    assert len(rows) >= 13 and {row[1] for row in rows} == {*base}
    for given, column, before, after, change in rows:
        known = start.assign(
            **{name: int(value) for name, _, value in [given.partition("=")] if name}
        )
        low, high = (
            simulator.expected_price(known.assign(**{column: int(value)}))[0]
            for value in (before, after)
        )
        assert high - low == pytest.approx(float(change), abs=0.0501), (
            given,
            column,
            before,
            after,
        )


def test_the_other_columns_play_no_part(draw):
    rng = np.random.default_rng(2)
    true = draw[0][:1_000]
    others = {column: rng.permutation(true[column]) for column in true if column not in INFORMATIVE}
    assert (
        np.array_equal(
            simulator.expected_price(true.assign(**others)), simulator.expected_price(true)
        )
        and len(others) == 14
    )
    for column in INFORMATIVE:
        assert not np.allclose(
            simulator.expected_price(true.assign(**{column: rng.permutation(true[column])})),
            simulator.expected_price(true),
        )
