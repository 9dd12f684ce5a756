"""The simulated bank churn: same bytes every time, an oracle that is right and that no model beats,
and a card that tells the truth about both.
"""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from datasets import simulate_bank_churn as simulator
from datasets.readers import CHURN_COLUMNS, read_churn, read_churn_oracle
from tests.support.chance import assert_mean_is_zero

FOLDER = Path(simulator.__file__).parent
CARD = re.search(
    r"(?ms)^## bank churn$(.*?)(?=^## )", (FOLDER / "README.md").read_text(encoding="utf-8")
).group(1)


@pytest.fixture(scope="module")
def file():
    """The committed table, with the oracle's probability as a further column."""
    table = read_churn(FOLDER / "bank_churn.csv")
    return table.assign(oracle=read_churn_oracle(len(table)))


@pytest.fixture(scope="module")
def draw():
    """200,000 other customers with many more lost fields.

    True rows, written rows, lost columns, true probability, oracle, label.
    """
    rng = np.random.default_rng(7)
    true = simulator.draw_customers(rng, 200_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(simulator, "MISSING", dict.fromkeys(simulator.MISSING, 800))
        patched.setattr(simulator, "IMPOSSIBLE_AGES", 800)
        written, lost = simulator.write_down(rng, true)
    p = simulator.probability(true)
    return true, written, lost, p, simulator.oracle(true, lost), rng.random(len(true)) < p


# --- The files ----------------------------------------------------------------------------------


def test_running_it_again_gives_the_same_bytes(tmp_path):
    subprocess.run(
        [sys.executable, FOLDER / "simulate_bank_churn.py", tmp_path], check=True, cwd=tmp_path
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bank_churn.csv",
        "bank_churn_oracle.csv",
    ]
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_repeated_rows_repeat_all_but_the_row_number(file):
    assert (
        len(file) == simulator.CUSTOMERS + simulator.REPEATED
        and file["CustomerId"].nunique() == simulator.CUSTOMERS
    )
    assert file["RowNumber"].tolist() == list(range(1, len(file) + 1))
    assert (
        file.duplicated([*CHURN_COLUMNS[1:], "oracle"]).sum()
        == simulator.REPEATED
        == file.duplicated("CustomerId").sum()
    )


def test_lost_fields_are_as_declared(file):
    customers = file.drop_duplicates("CustomerId")
    missing = customers.isna().sum()
    assert missing[missing > 0].to_dict() == simulator.MISSING
    assert customers.isna().sum(axis=1).max() == 1
    impossible = customers["Age"].notna() & ~customers["Age"].isin(simulator.AGES)
    assert (
        impossible.sum() == simulator.IMPOSSIBLE_AGES
        and not customers[impossible].isna().any().any()
    )


def test_writing_down_changes_nothing_else():
    rng = np.random.default_rng(1)
    true = simulator.draw_customers(rng, 5_000)
    before = true.copy()
    written, lost = simulator.write_down(rng, true)
    pd.testing.assert_frame_equal(true, before)
    assert (lost != "").sum() == sum(simulator.MISSING.values()) + simulator.IMPOSSIBLE_AGES
    for column in true:
        differs = ~(written[column] == true[column])
        if column == "EstimatedSalary":
            assert differs.sum() == simulator.SALARIES_IN_CENTS
            assert np.allclose(written[column][differs], true[column][differs] * 100)
        else:
            assert (differs == (lost == column)).all(), column


# --- The oracle ---------------------------------------------------------------------------------


def kinds(draw):
    """Yield each kind of lost field and which rows have lost it."""
    _, written, lost, *_ = draw
    for column in simulator.MISSING:
        yield f"missing {column}", (lost == column) & written[column].isna()
    yield "impossible Age", (lost == "Age") & written["Age"].notna()


def test_where_nothing_is_lost_the_oracle_is_the_probability(draw):
    _, _, lost, p, oracle, _ = draw
    assert (oracle[lost == ""] == p[lost == ""]).all() and (lost == "").sum() > 100_000
    assert (oracle[lost != ""] != p[lost != ""]).mean() > 0.99


def test_oracle_is_calibrated(draw):
    """Of the rows to which the oracle gives about 30 %, about 30 % leave.

    And so for each kind of lost field.
    """
    *_, oracle, left = draw
    for what, rows, bins in [
        ("all rows", np.full(len(left), True), 20),
        *((what, rows.to_numpy(), 4) for what, rows in kinds(draw)),
    ]:
        assert rows.sum() in (200_000, 800)
        for chosen in np.array_split(np.flatnonzero(rows)[np.argsort(oracle[rows])], bins):
            assert_mean_is_zero(
                left[chosen] - oracle[chosen],
                oracle[chosen] * (1 - oracle[chosen]),
                (what, oracle[chosen].mean()),
            )


def test_oracle_uses_all_that_the_row_tells(draw):
    """In no group of rows that the written row defines is the true probability higher or lower than
    the oracle says; sharper, as no coin is thrown.
    """
    true, _, lost, p, oracle, _ = draw
    groups = {
        "Geography": true["Geography"],
        "balance": pd.cut(
            true["Balance"],
            [-1, 0, 70_000, 170_000, np.inf],
            labels=["none", "small", "middle", "large"],
        ),
        "Gender": true["Gender"],
        "NumOfProducts": true["NumOfProducts"].clip(upper=2),
        "IsActiveMember": true["IsActiveMember"],
        "Age": pd.cut(true["Age"], [0, 35, 55, 99]),
        "Tenure": true["Tenure"].clip(upper=3),
    }
    for what, rows in kinds(draw):
        for by, group in groups.items():
            if by.lower() in what.lower():
                continue  # the row does not tell it
            for value in group[rows].unique():
                chosen = rows & (group == value)
                difference = (p - oracle)[chosen]
                if chosen.sum() >= 50:
                    assert_mean_is_zero(
                        difference, np.full(len(difference), difference.var()), (what, by, value)
                    )


def test_possible_values_are_as_frequent_as_the_oracle_assumes(draw):
    """Among customers with the same country and some or no money, the values of each column are
    spread as `possible_values` says.
    """
    true = draw[0]
    steps = np.array([-2, -1, 0, 1, 2]) + 0.01  # between two of the oracle's values
    limits = {
        "Age": [25, 38, 50, 70],
        "CreditScore": [400, 500, 650, 800],
        "Balance": [0, *simulator.BALANCE_MEAN + simulator.BALANCE_SD * steps],
    }
    same_country = {country: true["Geography"] == country for country in simulator.COUNTRIES}
    for country, same in same_country.items():
        for nothing in (True, False):
            alike = (true["Balance"] == 0) == nothing
            row = true[same & alike].iloc[0]
            for column in simulator.MISSING:
                values, weights = simulator.possible_values(column, row)
                assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
                known = true.loc[
                    {"Geography": alike, "Balance": same}.get(column, same & alike), column
                ]  # without what the row does not tell
                for limit in limits.get(column, simulator.COUNTRIES):
                    low = np.equal if column == "Geography" else np.less_equal
                    share, seen = weights[low(values, limit)].sum(), low(known.to_numpy(), limit)
                    assert_mean_is_zero(
                        seen - share,
                        np.full(len(seen), share * (1 - share)),
                        (column, country, nothing, limit),
                    )


def test_no_model_knows_more_than_the_oracle_and_a_good_one_comes_near(draw, file):
    """A boosted tree that learnt from ten times as many rows stays below the oracle on the
    committed rows, by little.
    """
    _, written, _, _, _, left = draw
    columns = ["CreditScore", "Age", "Tenure", "Balance", "NumOfProducts", "IsActiveMember"]
    inputs = [
        pd.concat([t[columns].astype(float), pd.get_dummies(t[["Geography", "Gender"]])], axis=1)
        for t in (written[:100_000], file)
    ]
    with threadpool_limits(
        1
    ):  # its threads wait for each other, very long where other programs use the processor
        model = HistGradientBoostingClassifier(max_leaf_nodes=15, random_state=0).fit(
            inputs[0], left[:100_000]
        )
        predicted = model.predict_proba(inputs[1])[:, 1]
    assert (
        0
        <= roc_auc_score(file["Exited"], file["oracle"]) - roc_auc_score(file["Exited"], predicted)
        < 0.01
    )
    assert (
        0 <= log_loss(file["Exited"], predicted) - log_loss(file["Exited"], file["oracle"]) < 0.02
    )


# --- The card -----------------------------------------------------------------------------------


def test_scores_and_counts_on_the_card(file):
    customers = file.drop_duplicates("CustomerId")
    for number in (
        f"ROC-AUC {roc_auc_score(file['Exited'], file['oracle']):.3f} and accuracy "
        f"{((file['oracle'] > 0.5) == file['Exited']).mean():.3f} (at 0.5)",
        f"always-stays reaches accuracy {1 - file['Exited'].mean():.3f}",
        f"0, 1; {file['Exited'].mean():.1%} are 1".replace("%", " %"),
        f"(seed {simulator.SEED};",
        f"{len(file):,} rows are {len(customers):,} customers: {len(file) - len(customers)} rows "
        f"repeat",
        f"{simulator.IMPOSSIBLE_AGES} ages are typing errors (0, 180, 220 or 340 years), also at "
        f"random; {simulator.SALARIES_IN_CENTS} salaries",
        f"{simulator.AGES[0]} to {simulator.AGES[-1]}; {simulator.IMPOSSIBLE_AGES} impossible ones",
        f"points, {simulator.SCORES[0]} to {simulator.SCORES[-1]}",
        f"{len(simulator.SURNAMES)} names",
        f"about {simulator.BALANCE_MEAN:,} euros (bell-shaped, standard deviation "
        f"{simulator.BALANCE_SD:,})",
        "France {:.0f} %, Germany {:.0f} %, Spain {:.0f} %".format(*simulator.P_COUNTRY * 100),
        "in Germany {1:.0f} % keep no money in their account, elsewhere {0:.0f} %".format(
            *simulator.P_NO_BALANCE * 100
        ),
    ):
        assert number in CARD, number
    assert simulator.P_NO_BALANCE[0] == simulator.P_NO_BALANCE[2]
    assert 0.3 < (file["Balance"] == 0).mean() < 0.37  # "about a third"
    wrong = file["Age"][file["Age"].notna() & ~file["Age"].isin(simulator.AGES)]
    assert (
        set(wrong) == {0, 180, 220, 340}
        and (customers["EstimatedSalary"] > 200_000).sum() <= simulator.SALARIES_IN_CENTS
    )


def test_columns_on_the_card(file):
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in CARD.splitlines()
        if line.startswith("|")
    ]
    missing = {row[0]: int(row[3]) for row in rows if len(row) == 4 and row[0] in CHURN_COLUMNS}
    assert list(missing) == CHURN_COLUMNS and missing == file[CHURN_COLUMNS].isna().sum().to_dict()


def test_shares_on_the_card(draw):
    true, _, _, p, _, _ = draw
    products = true["NumOfProducts"].value_counts(normalize=True).sort_index()
    said = [
        float(share) / 100
        for share in re.search(
            r"products \(([\d.]+) %, ([\d.]+) %, ([\d.]+) % and ([\d.]+) %", CARD
        ).groups()
    ]
    assert np.allclose(products, said, atol=0.004) and sum(said) == pytest.approx(1)
    for pattern, share in {
        r"gender \(([\d.]+) % women": (true["Gender"] == "Female").mean(),
        r"card \(([\d.]+) %\)": true["HasCrCard"].mean(),
        r"activity \(([\d.]+) %\)": true["IsActiveMember"].mean(),
    }.items():
        assert float(re.search(pattern, CARD).group(1)) / 100 == pytest.approx(share, abs=0.004), (
            pattern
        )


def test_effects_on_the_card():
    """Each line of the card's table of effects, computed.

    What the log-odds do when one thing changes.
    """
    base = {
        "Gender": "Male",
        "Age": 38,
        "Geography": "France",
        "CreditScore": 650,
        "Tenure": 5,
        "Balance": 0,
        "NumOfProducts": 2,
        "IsActiveMember": 1,
    }
    start = pd.DataFrame([base | {"HasCrCard": 1, "EstimatedSalary": 100_000}])
    assert (
        f"who leaves with a probability of {simulator.probability(start)[0]:.1%}".replace("%", " %")
        in CARD
    )
    rows = re.findall(r"(?m)^\| ?([\w=]*) \| (\w+) \| (\w+) \| (\w+) \| ([+-]?\d\.\d) \|$", CARD)
    assert len(rows) >= 15 and {row[1] for row in rows} >= {
        *base,
        "HasCrCard",
        "EstimatedSalary",
    } - {"Tenure"}

    def as_value(text):
        return int(text) if text.isdigit() else text

    for given, column, before, after, change in rows:
        known = start.assign(
            **{name: as_value(value) for name, _, value in [given.partition("=")] if name}
        )
        z = [
            simulator.log_odds_of_leaving(known.assign(**{column: as_value(value)}))[0]
            for value in (before, after)
        ]
        assert z[1] - z[0] == pytest.approx(float(change), abs=0.0501), (
            given,
            column,
            before,
            after,
        )
