"""The simulated applications and card transactions.

Same bytes every time, an oracle and a bound that are right, cards that tell the truth, bad files
refused.
"""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from datasets import readers
from datasets import simulate_card_transactions as payments_simulator
from datasets import simulate_credit_applications as applications_simulator
from datasets.formats import DataError
from datasets.readers import read_applications, read_payments, read_real_payments

FOLDER = Path(readers.__file__).parent
CARDS = (FOLDER / "README.md").read_text(encoding="utf-8")


def card(name):
    return re.search(rf"(?ms)^## {name}$(.*?)(?=^## |\Z)", CARDS).group(1)


@pytest.fixture(scope="module")
def applications():
    table = read_applications(FOLDER / "credit_card_applications.csv")
    return table, *readers.read_applications_truth(table)


@pytest.fixture(scope="module")
def payments():
    table = read_payments(FOLDER / "card_transactions.csv.gz")
    return table, readers.read_payments_bound(len(table))


@pytest.mark.parametrize("simulator, files", [(applications_simulator, 3), (payments_simulator, 2)])
def test_same_bytes_every_time(simulator, files, tmp_path):
    subprocess.run([sys.executable, simulator.__file__, str(tmp_path)], check=True)
    made = sorted(tmp_path.iterdir())
    assert len(made) == files
    for path in made:
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


# --- Applications -------------------------------------------------------------------------------


def drawn(rng, n, missing):
    """Return other applications, in which a third have lost A2 and a third A13 if `missing`, and
    who cheats.
    """
    sort = rng.choice(
        len(applications_simulator.SORTS), n, p=list(applications_simulator.SHARES.values())
    )
    table = applications_simulator.draw_rows(rng, sort)
    if missing:
        table.loc[: n // 3, "A2"] = np.nan
        table.loc[2 * n // 3 :, "A13"] = np.nan
    return table, np.isin(
        sort, [applications_simulator.SORTS.index(name) for name in applications_simulator.FRAUDS]
    )


@pytest.mark.parametrize("n, missing", [(20_000, False), (450, True)])
def test_oracle_is_calibrated(n, missing):
    table, fraud = drawn(np.random.default_rng(5), n, missing)
    oracle = applications_simulator.oracle(table)
    assert abs(fraud.sum() - oracle.sum()) < 4 * np.sqrt((oracle * (1 - oracle)).sum())
    for low, high in ((0, 0.05), (0.05, 0.3), (0.3, 0.8), (0.8, 1.01)):
        rows = (low <= oracle) & (oracle < high)
        error = np.sqrt((oracle[rows] * (1 - oracle[rows])).sum())
        assert abs(fraud[rows].sum() - oracle[rows].sum()) < 4 * max(error, 1), (
            low,
            fraud[rows].mean(),
            oracle[rows].mean(),
        )


def test_a_lost_field_is_averaged_over():
    """An empty A13 says what the sum over many possible values says.

    Here with a sort that its income betrays.
    """
    table, _ = drawn(np.random.default_rng(6), 60, False)
    lost = table.assign(A13=np.nan)
    weight, total = np.zeros(60), np.zeros(60)
    for value in range(1, 3000, 10):
        t = {c: table[c].to_numpy(float) for c in applications_simulator.COLUMNS} | {
            "A13": np.full(60, float(value))
        }
        logs = np.stack(
            [
                np.log(s) + applications_simulator.log_density(k, t)
                for k, s in enumerate(applications_simulator.SHARES.values())
            ]
        )
        total, weight = total + np.exp(logs).sum(axis=0), weight + np.exp(logs[-2:]).sum(axis=0)
    assert np.allclose(applications_simulator.oracle(lost), weight / total, atol=0.01)


def test_numbers_on_the_card_of_applications(applications):
    table, truth, oracle = applications
    text = card("credit applications")
    assert (
        f"average precision {average_precision_score(truth, oracle):.3f}; guessing has "
        f"{truth.mean():.3f}" in text
    )
    assert (
        f"{truth.sum()} of {len(table)} are 1" in text
        and f"{table['Class'].mean():.1%}".replace("%", " %") + " are 1" in text
    )
    assert (
        table.isna().sum().loc[lambda n: n > 0].to_dict() == applications_simulator.MISSING
        and table.isna().sum(axis=1).max() == 1
    )
    assert abs(oracle.sum() - truth.sum()) < 3 * np.sqrt((oracle * (1 - oracle)).sum())


# --- Card transactions --------------------------------------------------------------------------


def test_bound_is_calibrated():
    """Of other payments to which the bound gives about 30 %, about 30 % are fraud.

    And no kind of fraud is forgotten.
    """
    table = payments_simulator.simulate(customers=300, seed=3)
    fraud, bound = table["kind"] != "genuine", table["probability"]
    assert set(table["kind"]) == {"genuine", *payments_simulator.FRAUDS}
    for low, high in ((0, 0.01), (0.01, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.01)):
        rows = (low <= bound) & (bound < high)
        error = np.sqrt((bound[rows] * (1 - bound[rows])).sum())
        assert abs(fraud[rows].sum() - bound[rows].sum()) < 4 * max(error, 1), (
            low,
            fraud[rows].mean(),
            bound[rows].mean(),
        )


def test_numbers_on_the_card_of_transactions(payments):
    table, bound = payments
    text = card("card transactions")
    once = table.drop_duplicates("transaction")
    assert len(table) - len(once) == payments_simulator.REPEATED == table.duplicated().sum()
    assert once["x_km"].isna().sum() == payments_simulator.MISSING_PLACES
    for kind, n in once["kind"].value_counts().drop("genuine").items():
        assert f"{kind} ({n})" in text
    assert f"{once['fraud'].mean():.2%}".replace("%", " %") + " are 1" in text
    assert (
        f"average precision {average_precision_score(table['fraud'], bound):.3f}; guessing has "
        f"{table['fraud'].mean():.3f}" in text
    )
    assert (
        once.loc[once["kind"] == "plain", "amount"].min()
        > 1.3 * once.loc[once["kind"] == "genuine", "amount"].max()
    ), "so plain that a rule finds it"
    assert (
        sum(
            (FOLDER / file).stat().st_size
            for file in ("card_transactions.csv.gz", "card_transactions_bound.csv.gz")
        )
        < 3e6
    )


# --- Bad files ----------------------------------------------------------------------------------

GOOD = {
    read_applications: (FOLDER / "credit_card_applications.csv")
    .read_text(encoding="utf-8")
    .splitlines()[:40],
    read_payments: gzip.decompress((FOLDER / "card_transactions.csv.gz").read_bytes())
    .decode()
    .splitlines()[:40],
    read_real_payments: [
        ",".join(readers.REAL_PAYMENT_COLUMNS),
        ",".join(["1.5"] * 30 + ["0"]),
        ",".join(["2.5"] * 30 + ["1"]),
    ],
}
BAD = {
    "no Class": (
        read_applications,
        lambda lines: [line.rsplit(",", 1)[0] for line in lines],
        "column 'Class' is missing",
    ),
    "Class of one kind": (
        read_applications,
        lambda lines: [lines[0], *(line[:-1] + "1" for line in lines[1:])],
        "'Class' holds 1 in every row",
    ),
    "an id twice": (
        read_applications,
        lambda lines: [*lines, lines[1]],
        "expected each number once",
    ),
    "text": (
        read_applications,
        lambda lines: [lines[0], "x" + lines[1], *lines[2:]],
        "column 'CustomerID' holds 'x",
    ),
    "half a code": (
        read_applications,
        lambda lines: [lines[0], re.sub(r"^(\d+),\d", r"\1,0.5", lines[1]), *lines[2:]],
        "column 'A1' holds 0.5",
    ),
    "no amount": (
        read_payments,
        lambda lines: [lines[0], re.sub(r",[\d.]+,([AB]),", r",,\1,", lines[1]), *lines[2:]],
        "column 'amount' is missing in line 2",
    ),
    "no time": (
        read_payments,
        lambda lines: [lines[0], lines[1].replace("2025-01-01 00", "yesterday"), *lines[2:]],
        "column 'time' holds 'yesterday",
    ),
    "fraud 2": (
        read_payments,
        lambda lines: [lines[0], lines[1].replace(",0,genuine", ",2,genuine"), *lines[2:]],
        "column 'fraud' holds 2 in line 2",
    ),
    "one class": (read_real_payments, lambda lines: lines[:2], "'Class' holds 0 in every row"),
    "an empty field": (
        read_real_payments,
        lambda lines: [lines[0], lines[1].replace("1.5", "", 1), lines[2]],
        "column 'Time' is missing in line 2",
    ),
}


@pytest.mark.parametrize("reader", GOOD)
def test_good_files(reader, tmp_path):
    path = tmp_path / "table.csv"
    lines = GOOD[reader]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert len(reader(path)) == len(lines) - 1


@pytest.mark.parametrize("case", BAD)
def test_bad_files(case, tmp_path):
    reader, change, words = BAD[case]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(change(GOOD[reader])), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        reader(path)
    sentence = str(caught.value)
    assert (
        sentence.startswith("table.csv: ")
        and words in sentence
        and "; expected " in sentence
        and sentence.count("\n") == 0
    )


def test_a_truncated_archive(tmp_path):
    path = tmp_path / "card_transactions.csv.gz"
    path.write_bytes((FOLDER / path.name).read_bytes()[:5000])
    with pytest.raises(
        DataError,
        match=r"^card_transactions.csv.gz: the gzip archive is cut short or damaged; expected ",
    ):
        read_payments(path)


def test_truth_belongs_to_the_table(applications):
    table, *_ = applications
    with pytest.raises(DataError, match="its customers do not belong to the table"):
        readers.read_applications_truth(table[::-1])
