"""The loader, the readers and the measure of texts, and what Part3_RNN/4-text.ipynb writes from
scratch, on cases with known answers."""

import itertools

import numpy as np
import pytest

import helpers
from datasets import catalogue
from datasets.formats import DataError
from datasets.readers import read_rt_polarity, read_text
from tools.notebooks import take

BOOK = "Part3_RNN/4-text.ipynb"


@pytest.fixture(scope="module")
def book() -> dict:
    names = (
        "tokenise",
        "make_vocabulary",
        "encode",
        "sigmoid",
        "lstm",
        "look_up",
        "NGrams",
        "scored_log_p",
        "log_softmax",
        "draw",
        "check_drawing",
        "gap",
    )
    return take(BOOK, *names)


# --- Loader and measure ---------------------------------------------------------------------------


def test_text_is_split_by_pages_without_copies(monkeypatch, tmp_path, capsys):
    paragraphs = [f"Paragraph {k} " + "abcdefgh " * 60 for k in range(300)]
    file = tmp_path / "tinyshakespeare" / "input.txt"
    file.parent.mkdir()
    file.write_text("\n\n".join(paragraphs + paragraphs[:50]), encoding="utf-8", newline="\r\n")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    text = helpers.load_text()
    parts = [text.decode(codes).split("\n\n") for codes in (text.train, text.valid, text.test)]
    found = [paragraph.strip() for part in parts for paragraph in part if paragraph.strip()]
    assert sorted(found) == sorted(paragraph.strip() for paragraph in paragraphs)  # each once
    assert len(text.train) == pytest.approx(0.7 * sum(map(len, paragraphs)), rel=0.1)
    assert capsys.readouterr().out == "text: real data, input.txt\n"
    assert (
        np.array_equal(
            text.encode("ab~"), [text.characters.index("a"), text.characters.index("b"), 0]
        )
        and text.decode([0]) == "\N{WHITE SQUARE}"
    )
    short = helpers.load_text(limit=100_000)
    assert sum(map(len, (short.train, short.valid, short.test))) == pytest.approx(100_000, rel=0.1)


def test_windows_score_every_character_once():
    codes = np.arange(1000)
    x, y = helpers.text_windows(codes)
    assert x.shape[1] == helpers.CONTEXT == 128 and np.array_equal(y, x + 1)
    scored = y[:, 64:].ravel()
    assert (
        np.array_equal(scored, np.arange(65, 65 + len(scored)))
        and len(codes) - len(scored) < 2 * 128
    )


def test_perplexity():
    rng = np.random.default_rng(0)
    log_p = np.log(rng.choice([1 / 2, 1 / 8], (320, 64)))
    value, (low, high) = helpers.perplexity(log_p)
    assert value == pytest.approx(np.exp(-log_p.mean())) and low < value < high and high - low < 0.2
    assert helpers.perplexity(log_p, against=log_p + np.log(2))[0] == pytest.approx(2)


@pytest.mark.parametrize("windows", [1, 2, 3, 15, 17, 31, 33, 47, 100, 333, 1001])
def test_perplexity_counts_every_character_once(windows):
    """The last windows are much harder than the first, and stretches cannot all be equally long."""
    log_p = np.log(np.linspace(0.9, 0.02, windows)[:, None] ** np.linspace(0.5, 2, 64))
    value, (low, high) = helpers.perplexity(log_p)
    assert value == pytest.approx(np.exp(-log_p.mean()), rel=1e-12)
    assert low <= value <= high
    ratio = helpers.perplexity(log_p[:, :7], against=0.5 * log_p[:, :7])[0]
    assert ratio == pytest.approx(np.exp(-0.5 * log_p[:, :7].mean()), rel=1e-12)


def test_the_interval_of_a_perplexity_weighs_stretches_by_their_size():
    """Three stretches, one of them a window shorter; every value that a resample can take is
    known."""
    log_p = np.repeat([-1.0, -2.0, -4.0], [17, 17, 16])[:, None] + np.zeros((50, 64))
    draws = np.random.default_rng(0).integers(0, 3, (500, 3))
    sizes, losses = np.array([17, 17, 16])[draws], np.array([1.0, 2.0, 4.0])[draws]
    expected = np.percentile(np.exp((sizes * losses).sum(axis=1) / sizes.sum(axis=1)), [2.5, 97.5])
    assert helpers.perplexity(log_p)[1] == pytest.approx(tuple(expected), rel=1e-12)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "empty"),
        (b"<html>", "web page"),
        (b"abc\xff" * 50_000, "byte 3 is not UTF-8"),
        (b"abc", "has 3 characters"),
    ],
)
def test_bad_texts(content, words, tmp_path):
    path = tmp_path / "input.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_text(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_text(tmp_path / "other.txt")


def test_real_reviews(tmp_path):
    good, bad = (tmp_path / f"rt-polarity.{end}" for end in ("pos", "neg"))
    good.write_bytes(
        "\n".join(f"a caf\xe9 of {k} joys \x85 ." for k in range(100)).encode("latin-1")
    )
    bad.write_bytes(b"dull .\r\n\r\n" * 120)
    table = read_rt_polarity(tmp_path)
    assert (
        table["label"].tolist() == [1] * 100 + [0] * 120
        and table["text"].iloc[3] == "a caf\xe9 of 3 joys \x85 ."
    )
    bad.write_bytes(b"dull .\n")
    with pytest.raises(
        DataError, match="rt-polarity.neg: there are 1 reviews; expected a Latin-1 text file"
    ):
        read_rt_polarity(tmp_path)
    assert catalogue.locate("rt-polarity") == (None, "real")


# --- The notebook's own code ----------------------------------------------------------------------


def test_tokens_vocabulary_and_padding(book):
    vocabulary = book["make_vocabulary"](["B a a.", "c a"], least=1)
    assert vocabulary == {"a": 2, ".": 3, "b": 4, "c": 5} and book["make_vocabulary"](
        ["B a a.", "c a"], least=2
    ) == {"a": 2}
    assert book["encode"](["c new a", "a a a a a"], vocabulary, 4).tolist() == [
        [5, 1, 2, 0],
        [2, 2, 2, 2],
    ]
    assert book["encode"](["c new a"], vocabulary, 4, left=True).tolist() == [[0, 5, 1, 2]]


def test_a_masked_step_keeps_the_state(book):
    rng = np.random.default_rng(0)
    x, W, U, b = (
        rng.normal(size=(2, 6, 3)),
        rng.normal(size=(3, 16)),
        rng.normal(size=(4, 16)),
        rng.normal(size=16),
    )
    mask = np.array([[1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1]])
    states = book["lstm"](x, mask, W, U, b)
    assert np.array_equal(states[0, 2], states[0, 1]) and np.array_equal(states[0, 5], states[0, 3])
    assert np.allclose(
        book["lstm"](x[:1, [0, 1, 3]], np.ones((1, 3)), W, U, b)[0, -1], states[0, -1]
    )


@pytest.mark.parametrize("kneser_ney", [False, True])
def test_probabilities_of_ngrams_sum_to_one(book, kneser_ney):
    # Symbol 3 never occurs
    model = book["NGrams"](np.random.default_rng(0).integers(0, 3, 40), 3, 4, 0.6, kneser_ney)
    for context in itertools.product(range(4), repeat=2):
        p = [model(np.array([*context, k]))[0] for k in range(4)]
        assert sum(p) == pytest.approx(1) and min(p) > 0


def test_kneser_ney_counts_contexts(book):
    # 2 comes often, but only after 1; so does 3; 1 comes after 0 and after 2
    codes = np.array([0, 1, 2, 1, 2, 1, 2, 1, 3])
    keys, counts, *_ = book["NGrams"](codes, 2, 4, 0.5, True).tables[0]
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == {1: 2, 2: 1, 3: 1}


def test_scored_characters_are_those_of_the_windows(book):
    codes = np.random.default_rng(0).integers(0, 5, 700)
    model = book["NGrams"](codes, 3, 5, 0.6)
    x, y = helpers.text_windows(codes)
    log_p = book["scored_log_p"](model, codes)
    assert log_p.shape == y[:, 64:].shape
    assert log_p[2, 7] == pytest.approx(
        np.log(model(np.append(x[2, 64 + 6 : 64 + 8], y[2, 64 + 7]))[0])
    )


def test_drawing_follows_the_temperature(book):
    logits = np.log([[0.7, 0.2, 0.1]])
    cold = book["draw"](np.tile(logits, (1000, 1)), 0.01, np.random.default_rng(0))
    assert (cold == 0).all()
    counts = (
        np.bincount(
            book["draw"](np.tile(logits, (100_000, 1)), 2.0, np.random.default_rng(0)), minlength=3
        )
        / 100_000
    )
    assert counts == pytest.approx(
        np.sqrt([0.7, 0.2, 0.1]) / np.sqrt([0.7, 0.2, 0.1]).sum(), abs=0.006
    )
    total, bound, p = book["check_drawing"](
        logits[0], 1.0, draw=lambda logits, temperature, rng: rng.integers(0, 3, len(logits))
    )
    assert total > bound and p < 1e-6
