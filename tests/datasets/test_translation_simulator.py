"""The simulated sentence pairs.

Same pairs for the same seed, a grammar that is kept, an alignment that is right, and a card that
tells the truth.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from datasets import simulate_translation as simulator
from datasets.simulate_translation import draw_pairs

CARD = re.search(
    r"(?ms)^## translation$(.*?)(?=^## )",
    Path(simulator.__file__).with_name("README.md").read_text(encoding="utf-8"),
).group(1)
STEMS = {
    form: stem for *forms, stem, _ in simulator.NOUNS + simulator.PLACES for form in forms
} | simulator.ADJECTIVES
STEMS |= {
    form: stem for *forms, stem in simulator.TRANSITIVE + simulator.INTRANSITIVE for form in forms
}
STEMS |= {word: stem for word, stem in {**simulator.SINGULAR, **simulator.PLURAL}.items() if stem}
STEMS |= (
    simulator.PREPOSITIONS
    | simulator.CONJUNCTIONS
    | simulator.ADVERBS["present"]
    | simulator.ADVERBS["past"]
)

PINNED = [
    "my witches sleep and this red farmer worked",
    "the red cow waited under my forest once",
    "two happy wise witches sleep near a house",
    "mie zore dorment ek kesto torno rubo lavrul",
    "olim la bruva ruba mia silva sub sperul",
    "due zore sape lete kasta pres dorment",
]


@pytest.fixture(scope="module")
def pairs():
    return draw_pairs(4000, seed=3)


def rows(pairs):
    return zip(pairs.source, pairs.target, pairs.alignment, strict=True)


def test_the_same_seed_gives_the_same_pairs_and_another_seed_others():
    first, again, other = (draw_pairs(100, seed=seed) for seed in (1, 1, 2))
    assert first == again and first.source != other.source


def test_the_pairs_of_a_seed_never_change():
    pairs = draw_pairs(3, seed=0, shortest=8, longest=8)
    assert [" ".join(words) for words in pairs.source + pairs.target] == PINNED


def test_lengths_are_equally_many_and_english_sentences_distinct(pairs):
    assert len({tuple(words) for words in pairs.source}) == 4000
    assert Counter(map(len, pairs.source)) == dict.fromkeys(range(3, 13), 400)
    assert {len(words) for words in draw_pairs(60, 1, 20, 22).source} == {20, 21, 22}


def test_every_target_word_is_made_from_the_word_that_it_is_aligned_with(pairs):
    for source, target, alignment in rows(pairs):
        assert len(target) == len(alignment) and all(
            word.startswith(STEMS[source[place]])
            for word, place in zip(target, alignment, strict=True)
        )
        assert sorted(alignment) == [place for place, word in enumerate(source) if word != "a"]


def test_determiner_noun_and_adjectives_agree(pairs):
    gender = {
        form: kind for *forms, _, kind in simulator.NOUNS + simulator.PLACES for form in forms
    }
    plural = {forms[1] for forms in simulator.NOUNS + simulator.PLACES}
    for source, target, alignment in rows(pairs):
        said = dict(zip(alignment, target, strict=True))
        for place, noun in enumerate(source):
            if noun in gender:
                begin = next(
                    k
                    for k in range(place, -1, -1)
                    if source[k] in {*simulator.SINGULAR, *simulator.PLURAL}
                )
                ending = simulator.ENDINGS[gender[noun], int(noun in plural)]
                assert all(said[k].endswith(ending) for k in range(begin, place + 1) if k in said)


def test_the_grammar_on_sentences_translated_by_hand():
    def clause(plan, seed):
        source, words = simulator._clause(
            simulator.Random(seed),
            {"subject": 0, "object": None, "place": None, "adverb": False} | plan,
        )
        return " ".join(source), " ".join(word for word, _ in words)

    for seed in range(30):
        english, orvian = clause({"subject": 1, "object": 0, "place": 0, "adverb": True}, seed)
        english, orvian = english.split(), orvian.split()
        assert (
            STEMS[english[-1]] == orvian[0]
            and english[3] in STEMS
            and orvian[-1].startswith(STEMS[english[3]])
        )
        preposition = orvian.index(STEMS[english[6]])
        assert preposition > orvian.index(
            next(w for w in orvian if w.startswith(STEMS[english[8]]))
        )  # behind its noun
    a, b = (["x"], [("X", 0)]), (["y", "z"], [("Z", 1), ("Y", 0)])
    joined = defaultdict(set)
    for seed in range(30):
        source, words = simulator._join(simulator.Random(seed), [a, b])
        joined[source[1]].add(tuple(words))
    assert joined == {
        "and": {(("X", 0), ("ek", 1), ("Z", 3), ("Y", 2))},
        "but": {(("X", 0), ("mas", 1), ("Z", 3), ("Y", 2))},
        "because": {(("Z", 3), ("Y", 2), ("kar", 1), ("X", 0))},
    }


def test_the_verb_agrees_with_its_subject(pairs):
    endings = {(many, tense): ending for (tense, many), ending in simulator.TENSES.items()}
    plural = {forms[1] for forms in simulator.NOUNS}
    for source, target, alignment in rows(pairs):
        subject = next(word for word in source if any(word in forms for forms in simulator.NOUNS))
        place, forms = next(
            (k, forms)
            for k, word in enumerate(source)
            for *forms, _ in simulator.TRANSITIVE + simulator.INTRANSITIVE
            if word in forms
        )
        tense = "past" if source[place] == forms[2] else "present"
        assert target[alignment.index(place)].endswith(endings[int(subject in plural), tense])
        assert tense == "past" or forms.index(source[place]) == int(subject in plural)


@pytest.mark.parametrize(
    "wrong, word",
    [
        ({"n": 0}, "n, a whole number"),
        ({"n": 2.5}, "n, a whole number"),
        ({"n": 20_000}, "from 1 to 10,000 for 10 lengths"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
        ({"shortest": 2}, "shortest"),
        ({"longest": 41}, "longest"),
        ({"shortest": 9, "longest": 8}, "shortest"),
        ({"longest": float("nan")}, "longest"),
    ],
)
def test_a_wrong_argument_gives_one_clear_sentence(wrong, word):
    with pytest.raises(ValueError) as caught:
        draw_pairs(**{"n": 3, "seed": 1} | wrong)
    message = str(caught.value)
    assert (
        word in message
        and message.startswith("draw_pairs needs")
        and message.endswith(".")
        and "\n" not in message
    )


def test_the_card_says_what_the_code_does():
    pairs = draw_pairs(8000, seed=1)
    forms = defaultdict(set)
    for source, target, alignment in rows(pairs):
        for word, place in zip(target, alignment, strict=True):
            forms[source[place]].add(word)
    english, orvian = (
        {word for words in side for word in words} for side in (pairs.source, pairs.target)
    )
    for words in (
        f"use {len(english)} words and the Orvian ones {len(orvian)} forms",
        f"{sum(len(found) > 1 for found in forms.values())} of the words alone are not enough",
    ):
        assert words in CARD, words
