"""Draw pairs of sentences, simple English and invented Orvian, aligned word by word.

Nothing is stored: `draw_pairs` draws some thousand pairs in a second, and the same seed gives the
same pairs. The grammar is the code of this file; the data card in README.md says it in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# English singular and plural, Orvian stem, gender (o or a, which no English word shows).
_NOUNS = """
farmer farmers torn o, girl girls mesk a, dog dogs karv o, bird birds piril a, king kings dom o,
witch witches zor a, doctor doctors melk o, cow cows bruv a, baker bakers pand o,
queen queens rozin a, soldier soldiers gard o, mouse mice tis a
"""
NOUNS = [line.split() for line in _NOUNS.split(",")]
_PLACES = """
garden gardens hort o, house houses kast a, river rivers ril o, forest forests silv a
"""
PLACES = [line.split() for line in _PLACES.split(",")]
ADJECTIVES = {
    "big": "grav",
    "young": "nuv",
    "red": "rub",
    "black": "nir",
    "small": "pok",
    "happy": "let",
    "tired": "lass",
    "wise": "sap",
}
SINGULAR = {
    "the": "l",
    "a": None,
    "this": "kest",
    "my": "mi",
}  # determiners; an ending is added in Orvian, which has no word for "a"
PLURAL = {"the": "l", "two": "du", "these": "kest", "my": "mi"}
ENDINGS = {
    ("o", 0): "o",
    ("a", 0): "a",
    ("o", 1): "i",
    ("a", 1): "e",
}  # by gender and plural: of determiner, noun and adjective
# English present singular, present plural and past; Orvian stem.
_TRANSITIVE = """
sees see saw vid, hears hear heard aud, follows follow followed sek, finds find found trov,
helps help helped yut, calls call called klam, paints paint painted pint, loves love loved mar
"""
TRANSITIVE = [line.split() for line in _TRANSITIVE.split(",")]
_INTRANSITIVE = """
sleeps sleep slept dorm, sings sing sang kant, waits wait waited sper, runs run ran kur,
smiles smile smiled rid, works work worked lavr
"""
INTRANSITIVE = [line.split() for line in _INTRANSITIVE.split(",")]
TENSES = {
    ("present", 0): "et",
    ("present", 1): "ent",
    ("past", 0): "ul",
    ("past", 1): "unt",
}  # endings of the Orvian verb
PREPOSITIONS = {"in": "nen", "near": "pres", "behind": "tras", "under": "sub"}
ADVERBS = {
    "present": {"now": "nun", "today": "oji", "often": "saip"},
    "past": {"yesterday": "yer", "once": "olim", "often": "saip"},
}
CONJUNCTIONS = {"and": "ek", "but": "mas", "because": "kar"}
PER_LENGTH = 1000  # there are 1,152 sentences of three words

Words = list[
    tuple[str, int]
]  # Orvian words, each with the place of the English word that it translates


@dataclass(frozen=True)
class Pairs:
    """Pairs of sentences, all English ones different.

    Attributes:
        source: English sentences, as lists of words.
        target: their Orvian translations, as lists of words.
        alignment: for each Orvian word the place, from 0, of the English word that it translates.
    """

    source: list[list[str]]
    target: list[list[str]]
    alignment: list[list[int]]


def draw_pairs(n: int, seed: int, shortest: int = 3, longest: int = 12) -> Pairs:
    """Draw n pairs of sentences, equally many (up to one) of each English length, in random order.

    Args:
        n: how many pairs, at least 1, and at most PER_LENGTH for each length.
        seed: of all random numbers, a whole number from 0.
        shortest, longest: fewest and most words of an English sentence, within 3 and 40.

    Raises:
        ValueError: an argument is outside its range.
    """
    if (
        not all(isinstance(k, int) for k in (shortest, longest))
        or not 3 <= shortest <= longest <= 40
    ):
        raise ValueError(
            "draw_pairs needs shortest and longest, whole numbers of words within 3 and 40; got "
            f"{shortest!r} and {longest!r}."
        )
    lengths = longest - shortest + 1
    if not isinstance(n, int) or not 1 <= n <= PER_LENGTH * lengths:
        raise ValueError(
            f"draw_pairs needs n, a whole number of pairs from 1 to {PER_LENGTH * lengths:,} for "
            f"{lengths} lengths; got {n!r}."
        )
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"draw_pairs needs a seed that is a whole number from 0; got {seed!r}.")
    rng, pairs = Random(seed), {}
    while len(pairs) < n:
        source, words = _sentence(rng, shortest + len(pairs) % lengths)
        pairs.setdefault(" ".join(source), (source, words))
    order = rng.sample(list(pairs.values()), n)
    return Pairs(
        [source for source, _ in order],
        [[word for word, _ in words] for _, words in order],
        [[place for _, place in words] for _, words in order],
    )


def _sentence(rng: Random, length: int) -> tuple[list[str], Words]:
    """Return an English sentence of `length` words and its translation."""
    while True:
        plans = [_plan(rng) for _ in range(rng.randint(1, (length + 1) // 4 or 1))]
        if sum(_length(plan) + 1 for plan in plans) - 1 == length:
            return _join(rng, [_clause(rng, plan) for plan in plans])


def _plan(rng: Random) -> dict:
    """Draw what a clause consists of.

    Returns:
        Adjectives of subject, object and place (None: no such phrase); whether there is an adverb.
    """
    adjectives = rng.choices([0, 1, 2], [4, 4, 2], k=3)
    return {
        "subject": adjectives[0],
        "object": adjectives[1] if rng.random() < 0.7 else None,
        "place": adjectives[2] if rng.random() < 0.4 else None,
        "adverb": rng.random() < 0.4,
    }


def _length(plan: dict) -> int:
    phrases = [plan["subject"], plan["object"], plan["place"]]
    return (
        1
        + sum(2 + k for k in phrases if k is not None)
        + (plan["place"] is not None)
        + plan["adverb"]
    )


def _clause(rng: Random, plan: dict) -> tuple[list[str], Words]:
    """Return a clause.

    English: subject verb object place adverb; Orvian: adverb subject place object verb, the place's
    preposition behind it.
    """
    tense, source = rng.choice(["present", "past"]), []
    subject, many = _phrase(rng, source, NOUNS, plan["subject"])
    here = len(source)
    *forms, stem = rng.choice(INTRANSITIVE if plan["object"] is None else TRANSITIVE)
    source.append(forms[many if tense == "present" else 2])
    verb = [(stem + TENSES[tense, many], here)]
    object_ = _phrase(rng, source, NOUNS, plan["object"])[0] if plan["object"] is not None else []
    place, adverb = [], []
    if plan["place"] is not None:
        here, preposition = len(source), rng.choice(list(PREPOSITIONS))
        source.append(preposition)
        place = [*_phrase(rng, source, PLACES, plan["place"])[0], (PREPOSITIONS[preposition], here)]
    if plan["adverb"]:
        word = rng.choice(list(ADVERBS[tense]))
        adverb = [(ADVERBS[tense][word], len(source))]
        source.append(word)
    return source, adverb + subject + place + object_ + verb


def _phrase(
    rng: Random, source: list[str], nouns: list[list[str]], adjectives: int
) -> tuple[Words, int]:
    """Append determiner, adjectives and noun to the English words.

    Returns:
        Determiner, noun and adjectives, nearest first, in Orvian, and whether it is plural.
    """
    many = rng.randint(0, 1)
    *forms, stem, gender = rng.choice(nouns)
    determiners, ending, here = PLURAL if many else SINGULAR, ENDINGS[gender, many], len(source)
    determiner, chosen = rng.choice(list(determiners)), rng.sample(list(ADJECTIVES), adjectives)
    source += [determiner, *chosen, forms[many]]
    behind = [(ADJECTIVES[word] + ending, here + 1 + i) for i, word in enumerate(chosen)]
    first = [] if determiners[determiner] is None else [(determiners[determiner] + ending, here)]
    return [*first, (stem + ending, here + 1 + adjectives), *reversed(behind)], many


def _join(rng: Random, clauses: list[tuple[list[str], Words]]) -> tuple[list[str], Words]:
    """Join clauses by conjunctions. Orvian says the cause first: "A because B" is "B kar A"."""
    (source, words), *rest = clauses
    if not rest:
        return source, words
    word, (source_2, words_2) = rng.choice(list(CONJUNCTIONS)), _join(rng, rest)
    middle, shift = [(CONJUNCTIONS[word], len(source))], len(source) + 1
    words_2 = [(w, place + shift) for w, place in words_2]
    return [
        *source,
        word,
        *source_2,
    ], words_2 + middle + words if word == "because" else words + middle + words_2
