"""Rendered glyphs are the same every time and look as they should.

The shipped backbone loads, reads them, and its script still makes its like.
"""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from datasets import pretrain_glyph_backbone as script
from datasets import render_glyphs as glyphs
from datasets.render_glyphs import CHARACTERS, TYPEFACES, render_glyphs


@pytest.fixture(scope="module")
def drawn():
    return render_glyphs(3000, seed=0)


# --- The pictures -------------------------------------------------------------------------------


def test_there_are_62_characters_in_22_typefaces():
    assert len(CHARACTERS) == len(set(CHARACTERS)) == 62 and CHARACTERS.startswith("0123456789")
    assert len(TYPEFACES) == len(set(TYPEFACES)) == 22


def test_shapes_and_ranges(drawn):
    pictures, labels = drawn
    assert (
        pictures.shape == (3000, 28, 28)
        and pictures.dtype == np.uint8
        and labels.shape == (3000,)
        and labels.dtype == np.uint8
    )
    assert pictures.min() == 0 and pictures.max() == 255 and set(labels) == set(range(62))
    assert 20 < pictures.mean() < 50, "MNIST's pixels have a mean of 33"


def test_no_picture_is_empty_full_or_cut_off(drawn):
    ink = drawn[0] / 255
    assert (
        ink.sum(axis=(1, 2)).min() > 8
        and ink.mean(axis=(1, 2)).max() < 0.5
        and (ink.max(axis=(1, 2)) > 0.5).all()
    )
    edge = ink.copy()
    edge[:, 1:-1, 1:-1] = 0
    assert (edge.sum(axis=(1, 2)) > 0.1 * ink.sum(axis=(1, 2))).mean() < 0.01


def test_the_centre_of_mass_is_in_the_middle(drawn):
    ink = drawn[0].astype(float)
    for axis in (1, 2):
        centre = (ink.sum(axis=3 - axis) @ np.arange(28)) / ink.sum(axis=(1, 2))
        assert np.quantile(np.abs(centre - 13.5), 0.99) < 0.6


def test_undistorted_characters_fill_their_box():
    for k in range(len(TYPEFACES)):
        pictures = glyphs._draw(glyphs._fields(), np.arange(62) + 62 * k, None)
        for character, picture in zip(CHARACTERS, pictures, strict=True):
            rows, columns = np.nonzero(picture > 40)  # the tips of thin serifs are grey
            assert abs(max(np.ptp(rows), np.ptp(columns)) + 1 - glyphs.BOX) <= 2, (
                TYPEFACES[k],
                character,
            )


def test_no_two_characters_of_a_typeface_are_the_same_picture():
    pictures = (
        glyphs._draw(glyphs._fields(), np.arange(62 * 22), None).reshape(22, 62, -1).astype(float)
    )
    for typeface, each in zip(TYPEFACES, pictures, strict=True):
        distance = np.abs(each[:, None] - each[None]).mean(axis=2) + 255 * np.eye(62)
        assert distance.min() > 0, typeface


def test_the_same_seed_draws_the_same_arrays_in_another_process_too(drawn):
    again = render_glyphs(3000, seed=0)
    assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))
    assert not np.array_equal(render_glyphs(3000, seed=1)[0], drawn[0])
    code = (
        "from datasets.render_glyphs import render_glyphs; import hashlib; "
        "print(hashlib.sha256(render_glyphs(3000, seed=0)[0].tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        cwd=script.FILE.parent.parent,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert other == hashlib.sha256(drawn[0].tobytes()).hexdigest()


def test_only_the_characters_asked_for_are_drawn():
    _, labels = render_glyphs(500, seed=0, characters="7aZ")
    assert {CHARACTERS[k] for k in labels} == set("7aZ")


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 5, "characters": ""}, {"n": 5, "characters": "a!"}]
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match="render_glyphs draws 1 picture or more"):
        render_glyphs(**{"seed": 0} | wrong)


def test_a_thin_pen_and_a_thick_pen_were_used(drawn):
    thick = (drawn[0] / 255).sum(axis=(1, 2))[drawn[1] == CHARACTERS.index("I")]
    assert thick.max() > 2 * thick.min()


# --- The backbone -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def held_out():
    return script.as_inputs(*render_glyphs(1500, script.HELD_OUT_SEED))


def accuracy(network, x, y):
    return np.mean(np.argmax(network.predict(x, batch_size=500, verbose=0), axis=1) == y)


@pytest.fixture(scope="module")
def shipped():
    keras = pytest.importorskip("keras")
    return keras.models.load_model(script.FILE)


def test_the_shipped_file_is_small_and_has_no_optimiser(shipped):
    assert script.FILE.stat().st_size < 2e6 and getattr(shipped, "optimizer", None) is None


def test_the_shipped_backbone_reads_held_out_glyphs(shipped, held_out):
    assert shipped.get_layer("features").output.shape == (None, 48)
    assert accuracy(shipped, *held_out) > 0.8


def test_a_short_run_of_the_script_makes_its_like(shipped, held_out):
    network, losses = script.pretrain(pictures=4000, passes=3)
    assert [w.shape for w in network.weights] == [w.shape for w in shipped.weights]
    assert [type(layer) for layer in network.layers] == [type(layer) for layer in shipped.layers]
    assert len(losses) == 3 and losses[2] < losses[1] < losses[0]
    assert accuracy(network, *held_out) > 10 / len(CHARACTERS), "ten times chance"


def test_the_script_writes_a_file_that_loads(tmp_path, monkeypatch, capsys):
    keras = pytest.importorskip("keras")
    shortened = script.pretrain
    monkeypatch.setattr(script, "pretrain", lambda: shortened(pictures=256, passes=1))
    monkeypatch.setattr(
        script.helpers, "setup", lambda seed: None
    )  # the other tests do without its switches
    script.main(tmp_path / "backbone.keras")
    assert "Accuracy on 5,000 held-out glyphs: 0." in capsys.readouterr().out
    assert (
        keras.models.load_model(tmp_path / "backbone.keras").count_params()
        == script.glyph_network().count_params()
    )
