"""What Part3_RNN/5-attention.ipynb writes from scratch, on small cases with known answers:
attention, multi-head attention, greedy decoding and what surrounds them."""

import numpy as np
import pytest

from tools.notebooks import take

BOOK = "Part3_RNN/5-attention.ipynb"
PAD, START, END, UNKNOWN = range(4)


@pytest.fixture(scope="module")
def book() -> dict:
    return take(
        BOOK,
        *("vocabulary", "encode", "exact", "dictionary", "translate", "real_pairs", "bleu"),
        *("additive_attention", "dot_attention", "scaled_dot_product", "multi_head"),
        *("padding_mask", "causal_mask"),
    )


def test_sentences_become_numbers_and_unknown_words_are_marked(book):
    numbers = book["vocabulary"]([["b", "a"], ["a", "c"]], least=1)
    assert numbers == {"a": 4, "b": 5, "c": 6} and book["vocabulary"](
        [["b", "a"], ["a"]], least=2
    ) == {"a": 4}
    assert book["encode"]([["b", "z"], ["a"]], numbers, 3).tolist() == [
        [5, UNKNOWN, PAD],
        [4, PAD, PAD],
    ]
    assert book["encode"]([["b"]], numbers, 2, frame=True).tolist() == [[START, 5, END, PAD]]


def test_exact_match_needs_every_word_and_the_end(book):
    y = np.array([[START, 7, 8, END, PAD]] * 4)
    written = np.array([[7, 8, END], [7, 8, 8], [7, END, PAD], [8, 7, END]])
    assert book["exact"](written, y).tolist() == [True, False, False, False]


def test_the_dictionary_finds_the_only_consistent_translation(book):
    x = np.array([[4, 5], [4, 6], [5, 6]])
    # 4 -> 7, 5 -> 8, 6 -> 9
    y = np.array([[START, 8, 7, END], [START, 7, 9, END], [START, 9, 8, END]])
    t = book["dictionary"](x, y, 7, 10, rounds=30)
    assert (
        t.argmax(axis=1)[4:].tolist() == [7, 8, 9]
        and np.allclose(t[4:].sum(axis=1), 1)
        and t[4, 7] > 0.95
    )


class Copier:
    """Stands for a trained network: writes the source word by word, then END, and attends to the
    word that it copies."""

    def read(self, x):
        return x, x != PAD, np.zeros(len(x), int)

    def write(self, words, state, x, mask):
        place = state[:, None]
        wide = np.pad(x, ((0, 0), (0, 9)))
        word = np.take_along_axis(wide, place, axis=1)
        return (
            np.eye(20)[np.where(word == PAD, END, word)],
            state + 1,
            np.eye(x.shape[1] + 9)[place][..., : x.shape[1]],
        )


def test_greedy_decoding_stops_at_the_end_and_hands_back_the_weights(book):
    words, looks = book["translate"](Copier(), np.array([[7, 8, 9], [5, PAD, PAD]]), steps=5)
    assert words.tolist() == [[7, 8, 9, END, PAD], [5, END, PAD, PAD, PAD]]
    assert looks.shape == (2, 5, 3) and looks[0, :3].tolist() == np.eye(3).tolist()


def test_attention_by_hand(book):
    queries, keys, values = (
        np.array([[1.0, 0.0]]),
        np.array([[np.log(3), 5.0], [0.0, -2.0], [9.0, 9.0]]),
        np.array([[4.0], [8.0], [100.0]]),
    )
    mask = np.array([[True, True, False]])
    fetched, weights = book["dot_attention"](queries, keys, values, mask)
    assert np.allclose(weights, [[0.75, 0.25, 0]]) and np.allclose(fetched, 5)
    _, scaled = book["scaled_dot_product"](np.sqrt(2) * queries, keys, values, mask)
    assert np.allclose(scaled, weights)
    v = np.array([np.log(3) / np.tanh(1), 0])
    _, additive = book["additive_attention"](
        np.zeros((1, 1, 2)), np.array([[[1.0, 7.0], [0.0, 2.0]]]), v, np.zeros((1, 2, 1))
    )
    assert np.allclose(additive, [[[0.75, 0.25]]])


def test_heads_attend_by_themselves(book):
    """With identity matrices, a head that sees equal keys takes the mean, and one that sees unlike
    keys chooses."""
    d, eye = 4, np.eye(4)
    p = {f"W_{part}": eye for part in "qkvo"} | {f"b_{part}": np.zeros(d) for part in "qkvo"}
    answers = np.array([[[0, 0, 50, 0], [0, 0, 0, 50]]], float)
    asks = np.array([[[1, 1, 9, 0]]], float)
    out, weights = book["multi_head"](asks, answers, p, heads=2)
    assert np.allclose(weights[0, :, 0], [[0.5, 0.5], [1, 0]]) and np.allclose(
        out[0, 0], [0, 0, 50, 0]
    )


def test_masks(book):
    assert book["causal_mask"](3).tolist() == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]
    assert book["padding_mask"](np.array([[5, PAD]])).tolist() == [[[[True, False]]]]


def test_bleu_by_hand(book):
    right = [list("abcdef")]
    assert book["bleu"](right, right) == pytest.approx(1)
    assert book["bleu"]([list("abcde")], right) == pytest.approx(np.exp(1 - 6 / 5))
    shares = [5 / 6, 4 / 5, 3 / 4, 2 / 3]
    assert book["bleu"]([list("abcdex")], right) == pytest.approx(np.prod(shares) ** 0.25)
    # The second a does not count
    assert book["bleu"]([list("aabcde")], right) == pytest.approx(np.prod(shares) ** 0.25)


def test_real_pairs_gather_all_translations_of_a_sentence(book):
    # The two words that are common here: run, !
    book.update(REAL_SENTENCES=10, REAL_WORDS=3, REAL_LONGEST=4, COMMON=2)
    table = book["pd"].DataFrame(
        {
            "english": ["Run!", "Run run run!", "Hop!", "Run!"],
            "french": ["Cours !", "Cours cours cours !", "Saute !", "Courez !"],
        }
    )
    # One is too long, one has a rare word
    assert book["real_pairs"](table) == (
        [["run", "!"]],
        [[["cours", "!"], ["courez", "!"]]],
    )
