"""Simulate card_transactions.csv.gz, card payments with known fraud, and a bound for every score.

The people who pay exist nowhere; they do so for ten months.

    python datasets/simulate_card_transactions.py [FOLDER]

The default is the folder of this script; the bytes are the same every time.

Each customer is a stream of events. Honest payments come at a personal rate; frauds of four kinds
(FRAUDS) begin rarely, at any time, and go on for some payments. What each writes down is the code
of `Customer` and `Fraud`, and in words the data card in README.md.

The *bound* is P(fraud | all that `bound` is told): this payment as written, the whole past of this
customer's card, the customer's true habits and journeys, and which earlier payments were fraud. No
model sees more, so on average none can rank better: an upper bound, not a score that can be
reached. It is the intensity of fraud, divided by that of all events, at the moment and with the
marks of the payment.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

SEED = 2028
CUSTOMERS, DAYS, START = 900, 300, "2025-01-01"
LAND = 400.0  # the country is a square, kilometres
TOWNS, HUBS = 12, 5  # places where people live; places that online payments name
MISSING_PLACES, REPEATED = 450, 60
MERCHANTS = [
    "groceries",
    "restaurant",
    "fuel",
    "transport",
    "clothing",
    "health",
    "electronics",
    "jewellery",
    "gift cards",
    "money transfer",
    "hotel",
    "online shop",
]
LOCAL = np.array([m != "online shop" for m in MERCHANTS])
MEDIAN = np.array(
    [28, 24, 50, 9, 55, 30, 140, 160, 45, 120, 130, 35.0]
)  # amounts by kind of merchant, euros
SPREAD = 0.55  # standard deviation of the logarithm of an amount
TASTE = np.array(
    [30, 16, 9, 12, 7, 5, 2.0, 0.7, 1.2, 0.6, 0.5, 16]
)  # how often, for the average customer of group A
HOUR_OF_DAY = np.array(
    [0.5, 0.3, 0.2, 0.2, 0.3, 0.8, 2, 4, 5, 5, 5, 6, 8, 7, 5, 5, 6, 8, 8, 7, 5, 4, 2.5, 1.2]
)
HOUR_OF_DAY /= HOUR_OF_DAY.sum()
NIGHT = np.array([3.0] * 5 + [1.0] * 3 + [0.3] * 13 + [1.5] * 3)
NIGHT /= NIGHT.sum()


@dataclass(frozen=True)
class Fraud:
    """One kind of fraud."""

    starts: float  # how many begin in a customer's 1,000 days, in the first month
    trend: float  # the same, in the last month
    goes_on: float  # probability that one more payment follows
    wait: float  # mean minutes until then
    merchants: dict[str, float]
    larger: float  # than the median amount of the kind of merchant; see `amount_of_fraud`


FRAUDS = {
    "plain": Fraud(0.06, 0.06, 0.0, 1.0, {"electronics": 0.5, "jewellery": 0.5}, 0.0),
    "spree": Fraud(
        0.26,
        0.12,
        0.80,
        20.0,
        {"electronics": 0.35, "jewellery": 0.20, "clothing": 0.30, "gift cards": 0.15},
        2.2,
    ),
    "testing": Fraud(0.10, 0.16, 0.78, 4.0, {"online shop": 1.0}, 0.0),
    "familiar": Fraud(
        0.20,
        0.45,
        0.50,
        1440.0,
        {"gift cards": 0.55, "electronics": 0.25, "money transfer": 0.20},
        1.5,
    ),
}


@dataclass(frozen=True)
class Events:
    """Payments with one card, one entry each."""

    minute: np.ndarray
    merchant: np.ndarray  # number of MERCHANTS
    amount: np.ndarray
    place: np.ndarray  # (n, 2), kilometres
    kind: np.ndarray  # "genuine" or a kind of fraud
    series: np.ndarray  # number of the series of frauds, 0 for genuine ones

    def take(self, rows: np.ndarray) -> Events:
        """Return some of the payments."""
        return Events(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def normal(x: np.ndarray, mean: np.ndarray | float, spread: np.ndarray | float) -> np.ndarray:
    """Return the density of the bell curve."""
    return np.exp(-0.5 * ((x - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))


def near(place: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Return the density of places around centres."""
    return normal(place, centre, radius).prod(axis=-1)


def hour(minute: np.ndarray) -> np.ndarray:
    """Return the hour of the day."""
    return (minute // 60).astype(int) % 24


class World:
    """Towns and hubs, drawn once."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.towns, self.hubs = (
            rng.uniform(30, LAND - 30, (TOWNS, 2)),
            rng.uniform(0, LAND, (HUBS, 2)),
        )

    def draw_online(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draw the places that online payments name: near one of the hubs."""
        return self.hubs[rng.integers(HUBS, size=n)] + rng.normal(0, 1, (n, 2))

    def online(self, place: np.ndarray) -> np.ndarray:
        """Return the density of such a place."""
        return near(place[:, None], self.hubs, 1.0).mean(axis=1)


class Customer:
    """The habits of one customer: group, home, rate, hours, taste, level of spending, journeys."""

    def __init__(self, rng: np.random.Generator, world: World) -> None:
        self.world = world
        self.group = "B" if rng.random() < 0.25 else "A"
        self.home = world.towns[rng.integers(TOWNS)] + rng.normal(0, 5, 2)
        self.radius = rng.uniform(3, 10)
        self.rate = rng.gamma(4, 0.33 / 4)  # payments a day
        self.level = rng.normal(0, 0.3)
        self.taste = TASTE * rng.gamma(3, 1 / 3, len(TASTE))
        if self.group == "B":  # people with family elsewhere: they send money, and visit
            self.taste[MERCHANTS.index("money transfer")] *= 15
        self.hours = np.roll(HOUR_OF_DAY, 9 if rng.random() < 0.12 else 0)  # some work at night
        visits = rng.poisson(9.0 if self.group == "B" else 1.0)
        starts = [
            *rng.uniform(0, DAYS - 4, visits),
            *(rng.uniform(180, 235, 1) if rng.random() < 0.5 else []),
        ]  # the last: holidays in summer
        family = world.towns[rng.integers(TOWNS)] + rng.normal(0, 5, 2)
        targets = [
            family if i < visits and self.group == "B" else rng.uniform(0, LAND, 2)
            for i in range(len(starts))
        ]
        self.journeys = [
            (start * 1440, (start + rng.uniform(2, 9)) * 1440, target)
            for start, target in zip(starts, targets, strict=True)
        ]

    def where(self, minute: np.ndarray) -> np.ndarray:
        """Return the centre of the customer's life at those minutes."""
        centre = np.repeat(self.home[None], len(minute), axis=0)
        for first, last, target in self.journeys:
            centre[(first <= minute) & (minute <= last)] = target
        return centre

    def tastes(self, minute: np.ndarray) -> np.ndarray:
        """Return the probability of each kind of merchant.

        That of online shops grows by up to a half in ten months.
        """
        taste = np.repeat(self.taste[None], len(minute), axis=0)
        taste[:, -1] *= 1 + 0.5 * minute / (DAYS * 1440)
        return taste / taste.sum(axis=1, keepdims=True)

    def median(self, merchant: np.ndarray, minute: np.ndarray) -> np.ndarray:
        """Return the logarithm of the median of honest amounts: prices rise by 1 % a month."""
        return np.log(MEDIAN[merchant]) + self.level + 0.01 * minute / (30 * 1440)

    def intensity(self, e: Events) -> np.ndarray:
        """Return how many honest payments with marks such as these are expected in a minute."""
        centre = self.where(e.minute)
        local = 0.95 * near(e.place, centre, self.radius) + 0.05 * near(
            e.place, centre, 5 * self.radius
        )
        spot = np.where(LOCAL[e.merchant], local, self.world.online(e.place))
        money = normal(np.log(e.amount), self.median(e.merchant, e.minute), SPREAD) / e.amount
        return (
            self.rate
            / 60
            * self.hours[hour(e.minute)]
            * self.tastes(e.minute)[np.arange(len(e.minute)), e.merchant]
            * money
            * spot
        )

    def draw(self, rng: np.random.Generator) -> Events:
        """Draw all honest payments."""
        n = rng.poisson(self.rate * DAYS)
        minute = (
            rng.integers(DAYS, size=n) * 1440.0
            + rng.choice(24, n, p=self.hours) * 60
            + rng.integers(60, size=n)
        )
        merchant = (
            (self.tastes(minute).cumsum(axis=1) < rng.random((n, 1)))
            .sum(axis=1)
            .clip(max=len(MERCHANTS) - 1)
        )
        amount = np.exp(rng.normal(self.median(merchant, minute), SPREAD))
        local = rng.normal(
            self.where(minute), self.radius * np.where(rng.random((n, 1)) < 0.05, 5, 1)
        )
        place = np.where(LOCAL[merchant][:, None], local, self.world.draw_online(rng, n))
        return Events(
            minute,
            merchant,
            amount.round(2).clip(0.5),
            place,
            np.full(n, "genuine", object),
            np.zeros(n, int),
        )


def amount_of_fraud(
    kind: str, customer: Customer, merchant: np.ndarray, minute: np.ndarray
) -> list[tuple[float, np.ndarray | float, float]]:
    """Return the bell curves (share, mean, spread) of the logarithm of the amount.

    A plain fraud is uniform and has none.
    """
    if kind == "testing":  # small amounts to see whether the card works, then a large one
        return [(0.75, np.log(2.0), 0.35), (0.25, np.log(260.0), 0.6)]
    mean = customer.median(merchant, minute) if kind == "familiar" else np.log(MEDIAN[merchant])
    return [(1.0, mean + np.log(FRAUDS[kind].larger), 0.45)]


def starts(kind: str, customer: Customer, minute: np.ndarray) -> np.ndarray:
    """Return how many frauds of a kind begin a minute.

    Sprees begin at night, familiar ones at the customer's own hours.
    """
    fraud = FRAUDS[kind]
    a_day = (fraud.starts + (fraud.trend - fraud.starts) * (minute // (30 * 1440)) / 9) / 1000
    return (
        a_day
        * {"spree": NIGHT, "familiar": customer.hours}.get(kind, np.full(24, 1 / 24))[hour(minute)]
        / 60
    )


def marks(kind: str, customer: Customer, e: Events, before: np.ndarray | None = None) -> np.ndarray:
    """Return how likely a fraud of a kind has these marks.

    `before` is the place of the one before it in the same series.
    """
    share = np.array([FRAUDS[kind].merchants.get(name, 0.0) for name in MERCHANTS])[e.merchant]
    if kind == "plain":
        money = ((3000 <= e.amount) & (e.amount <= 5000)) / 2000
    else:
        money = (
            sum(
                s * normal(np.log(e.amount), m, w)
                for s, m, w in amount_of_fraud(kind, customer, e.merchant, e.minute)
            )
            / e.amount
        )
    if kind == "testing":
        spot = customer.world.online(e.place)
    elif kind == "familiar":
        spot = near(e.place, customer.where(e.minute), customer.radius)
    else:
        spot = np.full(len(e.minute), 1 / LAND**2) if before is None else near(e.place, before, 4.0)
    return share * money * spot


def draw_series(
    rng: np.random.Generator, customer: Customer, kind: str, minute: float, number: int
) -> Events:
    """Draw one series of frauds that begins at that minute."""
    fraud = FRAUDS[kind]
    n = rng.geometric(1 - fraud.goes_on)
    times = minute + np.append(0, rng.exponential(fraud.wait, n - 1).cumsum())
    times = np.floor(times[times < DAYS * 1440])
    n = len(times)
    merchant = rng.choice(
        [MERCHANTS.index(name) for name in fraud.merchants], n, p=list(fraud.merchants.values())
    )
    amount = rng.uniform(3000, 5000, n)
    if kind != "plain":
        curves = amount_of_fraud(kind, customer, merchant, times)
        drawn = np.stack([np.exp(rng.normal(mean, spread, n)) for _, mean, spread in curves])
        amount = drawn[
            rng.choice(len(curves), n, p=[share for share, _, _ in curves]), np.arange(n)
        ]
    if kind == "testing":
        place = customer.world.draw_online(rng, n)
    elif kind == "familiar":
        place = rng.normal(customer.where(times), customer.radius)
    else:
        place = rng.uniform(0, LAND, 2) + np.vstack(
            [np.zeros((1, 2)), rng.normal(0, 4.0, (n - 1, 2)).cumsum(axis=0)]
        )
    return Events(
        times,
        merchant,
        amount.round(2).clip(0.5),
        place,
        np.full(n, kind, object),
        np.full(n, number),
    )


def draw_events(rng: np.random.Generator, customer: Customer) -> Events:
    """Draw all payments with one customer's card, in order of time."""
    parts, number = [customer.draw(rng)], 0
    for kind in FRAUDS:
        highest = starts(kind, customer, np.arange(0, DAYS * 1440, 60.0)).max()
        candidates = rng.uniform(
            0, DAYS * 1440, rng.poisson(highest * DAYS * 1440)
        )  # thinned to the intensity
        for minute in candidates[
            rng.random(len(candidates)) * highest < starts(kind, customer, candidates)
        ]:
            number += 1
            parts.append(draw_series(rng, customer, kind, minute, number))
    joined = Events(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in Events.__dataclass_fields__
        )
    )
    return joined.take(np.argsort(joined.minute, kind="stable"))


def bound(customer: Customer, e: Events) -> np.ndarray:
    """Return P(fraud) for each payment, told its past with labels and the customer's true habits.

    See the text at the top.
    """
    honest = customer.intensity(e)
    fraud = sum(starts(kind, customer, e.minute) * marks(kind, customer, e) for kind in FRAUDS)
    for number in np.unique(
        e.series[e.series > 0]
    ):  # after each payment of a series, the chance that the series goes on
        rows = np.flatnonzero(e.series == number)
        kind = e.kind[rows[0]]
        wait, q = FRAUDS[kind].wait, FRAUDS[kind].goes_on
        for i, end in zip(rows, [*rows[1:], len(e.minute) - 1], strict=True):
            after = np.arange(i + 1, end + 1)
            still = np.exp(-(e.minute[after] - e.minute[i]) / wait)
            fraud[after] += (
                q
                / wait
                * still
                / (1 - q + q * still)
                * marks(kind, customer, e.take(after), e.place[i])
            )
    return fraud / np.maximum(fraud + honest, 1e-300)


def simulate(customers: int = CUSTOMERS, seed: int = SEED) -> pd.DataFrame:
    """Return all payments in order of time, complete, without repeated rows, with the bound."""
    rng = np.random.default_rng(seed)
    world, parts = World(rng), []
    for number in range(customers):
        customer = Customer(rng, world)
        e = draw_events(rng, customer)
        part = pd.DataFrame(
            {
                "customer": 1000 + number,
                "minute": e.minute,
                "x_km": e.place[:, 0].round(1),
                "y_km": e.place[:, 1].round(1),
            }
        )
        part = part.assign(
            merchant=np.array(MERCHANTS)[e.merchant],
            amount=e.amount,
            group=customer.group,
            kind=e.kind,
        )
        parts.append(part.assign(probability=bound(customer, e)))
    return pd.concat(parts).sort_values(["minute", "customer"], kind="stable", ignore_index=True)


def write_down(rng: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Number the payments, lose some places, write some rows twice, put the columns in order."""
    table = table.assign(
        transaction=np.arange(1, len(table) + 1), fraud=(table["kind"] != "genuine").astype(int)
    )
    table["time"] = (
        pd.Timestamp(START) + pd.to_timedelta(table["minute"], unit="min")
    ).dt.strftime("%Y-%m-%d %H:%M")
    table.loc[rng.choice(len(table), MISSING_PLACES, replace=False), ["x_km", "y_km"]] = np.nan
    twice = table.index[np.sort(rng.choice(len(table), REPEATED, replace=False))]
    table = table.loc[np.sort(np.append(table.index, twice))].reset_index(drop=True)
    return table[
        [
            "transaction",
            "customer",
            "time",
            "x_km",
            "y_km",
            "merchant",
            "amount",
            "group",
            "fraud",
            "kind",
            "probability",
        ]
    ]


def write_gzip(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in a gzip archive.

    It holds neither a time nor a name, so that its bytes are the same every time.
    """
    text = table.to_csv(index=False, lineterminator="\n", float_format="%.10g")
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(folder: Path) -> None:
    """Write card_transactions.csv.gz and card_transactions_bound.csv.gz into the folder."""
    table = write_down(np.random.default_rng(SEED + 1), simulate())
    told = pd.DataFrame(
        {
            "row": np.arange(1, len(table) + 1),
            "probability": [f"{p:.3g}" for p in table["probability"].round(6)],
        }
    )
    write_gzip(table.drop(columns="probability"), folder / "card_transactions.csv.gz")
    write_gzip(told, folder / "card_transactions_bound.csv.gz")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
