"""Simulate short reviews of films by a small grammar in which single words say little.

What counts is negation, contrast and scope.

    python -m datasets.simulate_reviews [N]     (prints N reviews; the same every time)

A review says something about one or two aspects of a film, in one of the eight KINDS of
construction, and may add a remark that means nothing. The grammar knows what it says, so the
verdict is known by construction; a share WRONG of the labels is then turned round. No file is
written: the same seed gives the same reviews.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

SEED = 2027
REVIEWS = 4000
WRONG = 0.03  # share of the reviews whose label is turned round
ASPECTS = (
    "plot acting music dialogue ending cast script pacing photography humour story direction"
).split()
GOOD = "good great clever moving funny fresh charming gripping warm brilliant witty elegant".split()
BAD = "bad dull clumsy flat stale boring lifeless awful weak silly tired messy".split()
BETWEEN = "of this film|in the second half|from start to finish|by and large".split("|")
REMARKS = (
    "we saw it on friday|the film lasts two hours|it was filmed in spain|my brother came along|"
    "the hall was half empty|it is based on a novel"
).split("|")
# How often each construction occurs; about half of them turn a word round.
KINDS = {
    "plain": 0.18,  # the plot is very good
    "negation": 0.16,  # the plot is not very good
    "idiom": 0.12,  # the plot is far from bad; the plot is nothing short of brilliant
    "double negation": 0.08,  # it is not true that the plot is not good
    "contrast": 0.14,  # the plot is good but the acting is bad: the second counts
    "concession": 0.14,  # although the plot is good, the acting is bad; also the other way round
    "scope": 0.12,  # nobody would say that the plot of this film is good: negation from afar
    "decoy": 0.06,  # nobody told me about it, and the plot is good: negation of something else
}
FLIPS = "not|never|hardly|in no way".split("|")
FAR_FLIPS = (
    "nobody would say that|i do not think that|i never felt that|nothing suggests that".split("|")
)
DECOYS = (
    "nobody told me about it , and|i do not know the book , but|i never read the reviews , and|"
    "nothing was said before , but"
).split("|")


def clause(rng: np.random.Generator, good: bool, aspect: str, link: str = "") -> str:
    """Say that an aspect is good or bad; `link` stands before the adjective, such as "not"."""
    extra = (
        str(rng.choice(["very", "quite", "really", "rather"]))
        if rng.random() < 0.4 and "short" not in link
        else ""
    )
    where = str(rng.choice(BETWEEN)) if rng.random() < 0.3 else ""
    words = [
        "the",
        aspect,
        where,
        str(rng.choice(["is", "was", "seems", "felt"])),
        link,
        extra,
        str(rng.choice(GOOD if good else BAD)),
    ]
    return " ".join(word for word in words if word)


def say(rng: np.random.Generator, good: bool, aspect: str, kind: str, other: str = "") -> str:
    """Say that an aspect is good or bad by a construction of this kind.

    `other` is a second aspect, for those that need one.
    """
    pick = lambda choices: str(rng.choice(choices))  # noqa: E731
    if kind == "negation":
        return clause(rng, not good, aspect, pick(FLIPS))
    if kind == "idiom":
        turns = rng.random() < 2 / 3
        return clause(
            rng,
            good != turns,
            aspect,
            pick(["far from", "anything but"] if turns else ["nothing short of", "no less than"]),
        )
    if kind == "double negation":
        denial = pick(["it is not true that", "nobody can claim that"])
        return f"{denial} {clause(rng, good, aspect, pick(FLIPS))}"
    if kind == "contrast":
        return f"{clause(rng, not good, other)} {pick(['but', 'yet'])} {clause(rng, good, aspect)}"
    if kind == "concession":
        main, aside = (
            clause(rng, good, aspect),
            f"{pick(['although', 'even though'])} {clause(rng, not good, other)}",
        )
        return f"{aside} , {main}" if rng.random() < 0.5 else f"{main} {aside}"
    if kind == "scope":
        return f"{pick(FAR_FLIPS)} {clause(rng, not good, aspect)}"
    return (
        f"{pick(DECOYS)} {clause(rng, good, aspect)}"
        if kind == "decoy"
        else clause(rng, good, aspect)
    )


def draw_reviews(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw n different reviews.

    Returns:
        text (str, tokens separated by blanks), label (0 or 1, as written), verdict (0 or 1, as
        said) and kind (str), RangeIndex.
    """
    kinds, shares = list(KINDS), np.array(list(KINDS.values()))
    found: dict[str, tuple[bool, str]] = {}
    while len(found) < n:
        kind, good = str(rng.choice(kinds, p=shares)), bool(rng.random() < 0.5)
        aspect, other = map(str, rng.choice(ASPECTS, 2, replace=False))
        remark, where = (
            f"{rng.choice(REMARKS)} .",
            rng.random(),
        )  # a third of the reviews have one in front, a third behind
        said = say(rng, good, aspect, kind, other)
        before = remark if where < 1 / 3 else ""
        after = remark if where > 2 / 3 else ""
        review = f"{before} {said} . {after}"
        found.setdefault(" ".join(review.split()), (good, kind))
    table = pd.DataFrame(
        [(text, int(good), kind) for text, (good, kind) in found.items()],
        columns=["text", "verdict", "kind"],
    )
    table.insert(
        1, "label", np.where(rng.random(n) < WRONG, 1 - table["verdict"], table["verdict"])
    )
    return table.astype({"text": "str", "kind": "str"})


if __name__ == "__main__":
    for review in draw_reviews(
        np.random.default_rng(SEED), int(sys.argv[1]) if len(sys.argv) > 1 else 10
    ).itertuples():
        print("+" if review.label else "-", f"{review.kind:15}", review.text)
