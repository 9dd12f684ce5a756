"""What Part3_RNN/6-transformers.ipynb writes from scratch, on cases with known answers; and its
real BERT, small and untrained, where keras-hub is installed."""

import sys

import numpy as np
import pytest

from tools.notebooks import take

BOOK = "Part3_RNN/6-transformers.ipynb"
IDENTITY = {
    "W_qkv": np.hstack([np.eye(2)] * 3),
    "b_qkv": np.zeros(6),
    "W_o": np.eye(2),
    "b_o": np.zeros(2),
}


@pytest.fixture(scope="module")
def book() -> dict:
    functions = (
        "softmax",
        "attention",
        "sinusoids",
        "step",
        "look_back",
        "random_layer",
        "layer_norm",
        "block",
        "stretches",
        "ngram_log_p",
        "load_bert",
        "fine_tune_bert",
    )
    return take(
        BOOK,
        *functions,
        "Attend",
        "keras_block",
        "Positions",
        "Distance",
        "transformer",
        "MeanOfWords",
        "make_judge",
    )


def test_attention_by_hand(book):
    # The first word's score with itself is 4 / sqrt(2), all other scores are 0
    x = np.array([[[2.0, 0.0], [0.0, 0.0]]])
    weight = 1 / (1 + np.exp(-4 / np.sqrt(2)))
    assert np.allclose(book["attention"](x, IDENTITY, 1), [[[2 * weight, 0], [1, 0]]])
    hidden = book["attention"](x, IDENTITY, 1, bias=np.array([[0, -1e9], [0, -1e9]]))
    assert np.allclose(hidden, [[[2, 0], [2, 0]]])  # both may look at the first word only
    # In each head of one number
    assert np.allclose(book["attention"](x, IDENTITY, 2)[0, 1], [1, 0])


def test_order_is_unknown_to_attention_and_known_with_a_bias(book):
    rng = np.random.default_rng(0)
    p, x, order = (
        book["random_layer"](rng, 8, 4),
        rng.normal(size=(1, 5, 8)),
        np.array([3, 0, 4, 1, 2]),
    )
    assert np.allclose(book["attention"](x[:, order], p, 4), book["attention"](x, p, 4)[:, order])
    bias = book["look_back"](5)
    assert not np.allclose(
        book["attention"](x[:, order], p, 4, bias),
        book["attention"](x, p, 4, bias)[:, order],
        atol=0.01,
    )


def test_places(book):
    P = book["sinusoids"](10, 4)
    assert np.allclose(P[0], [0, 0, 1, 1]) and np.allclose(
        P[3], [np.sin(3), np.sin(0.03), np.cos(3), np.cos(0.03)]
    )
    assert np.allclose(P[:8] @ book["step"](2, 4), P[2:]) and np.allclose(
        P[2:] @ book["step"](-2, 4), P[:8]
    )
    assert np.array_equal(
        book["look_back"](3, [2.0]), [[[0, -1e9, -1e9], [-2, 0, -1e9], [-4, -2, 0]]]
    )


def test_layer_norm_by_hand(book):
    assert np.allclose(
        book["layer_norm"](np.array([[1.0, 3.0], [5.0, 5.0]]), 2.0, 1.0),
        [[-1, 3], [1, 1]],
        atol=1e-4,
    )


def test_a_block_of_zeros_changes_nothing(book):
    p = {name: 0 * w for name, w in book["random_layer"](np.random.default_rng(0), 8, 4).items()}
    x = np.random.default_rng(1).normal(size=(2, 3, 8))
    assert np.array_equal(book["block"](x, p, 4), x)


def test_ngrams_by_hand(book):
    book["SYMBOLS"] = 2
    # In abab, a and b each stand after one other character: one count of two, and two symbols.
    p_a = (1 - 0.5) / 2 + 0.5 * 2 / 2 * 0.5
    assert np.isclose(
        np.exp(book["ngram_log_p"](np.array([0, 1, 0, 1]), np.array([1, 0]), 2, 0.5))[1],
        (1 - 0.5) / 1 + 0.5 * p_a,
    )
    long = np.random.default_rng(0).integers(2, size=300)
    both = [np.exp(book["ngram_log_p"](long, np.array([*long[7:11], k]), 5)[-1]) for k in (0, 1)]
    assert np.isclose(sum(both), 1)


def test_stack_looks_where_it_may(book):
    import keras

    keras.utils.set_random_seed(1)
    bias = keras.ops.convert_to_numpy(book["Distance"](book["SLOPES"], 1)(np.zeros((1, 7))))
    assert np.allclose(bias, book["look_back"](7))
    x = np.random.default_rng(0).integers(1, 9, (2, 6)).astype("int32")
    changed = np.where(np.arange(6) < 4, x, x % 8 + 1)
    causal = book["transformer"](9, 8, 4, slopes=book["SLOPES"], padded=False)
    assert (
        np.array_equal(causal(x)[:, :4], causal(changed)[:, :4])
        and np.abs(causal(x) - causal(changed)).max() > 1e-3
    )
    judge = book["make_judge"](book["transformer"](9, 8, 4, "learned", 10))
    assert (
        np.allclose(judge(x), judge(np.pad(x, ((0, 0), (0, 3)))), atol=1e-6)
        and np.abs(judge(x) - judge(changed)).max() > 1e-5
    )


def test_no_real_bert(book, tmp_path, capsys, monkeypatch):
    assert book["load_bert"](None) is None and book["load_bert"](tmp_path / "absent") is None
    assert (
        capsys.readouterr().out == 2 * "There is no folder with a real BERT, so it is left out.\n"
    )
    monkeypatch.setitem(sys.modules, "keras_hub", None)  # as if it were not installed
    assert book["load_bert"](tmp_path) is None
    assert (
        capsys.readouterr().out
        == "The package keras-hub is not installed, so the real BERT is left out.\n"
    )


def test_real_bert_small_and_untrained(book, tmp_path):
    keras_hub = pytest.importorskip(
        "keras_hub", reason="keras-hub is not installed; it is optional"
    )
    import keras

    keras.utils.set_random_seed(1)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "plot", "is", "good", "bad", "."]
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=words)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=8)
    body = keras_hub.models.BertBackbone(
        len(words),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=8,
    )
    keras_hub.models.BertTextClassifier(
        body, num_classes=2, preprocessor=preprocessor
    ).save_to_preset(str(tmp_path / "bert"))
    bert = book["load_bert"](tmp_path / "bert")
    texts, labels = ["the plot is good .", "the plot is bad ."] * 16, [1, 0] * 16
    losses = book["fine_tune_bert"](bert, texts, labels, epochs=20, rate=0.01)
    answers = bert.predict(np.array(texts), verbose=0)
    assert (
        answers.shape == (32, 2)
        and losses[-1] < 0.5 * losses[0]
        and np.array_equal(answers.argmax(axis=1), labels)
    )
