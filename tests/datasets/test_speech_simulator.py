"""The simulated voices: same samples for the same seed, digits and voices that are what they say,
and arguments that are checked.
"""

from dataclasses import replace

import numpy as np
import pytest

from datasets.simulate_speech import (
    NAMES,
    RATE,
    SAMPLES,
    SOUNDS,
    WORDS,
    _pulses,
    _resonate,
    draw_voices,
    speak,
)


@pytest.fixture(scope="module")
def voices():
    return draw_voices(3, seed=1)


@pytest.fixture(scope="module")
def speech(voices):
    return speak(voices, takes=2, seed=1)


def test_the_same_seed_gives_the_same_samples_and_another_seed_others(voices, speech):
    assert speech.waves.tobytes() == speak(draw_voices(3, seed=1), takes=2, seed=1).waves.tobytes()
    assert not np.array_equal(speech.waves, speak(voices, takes=2, seed=2).waves)
    assert not np.array_equal(voices.tract, draw_voices(3, seed=2).tract)


def test_shapes_types_and_order(speech):
    assert speech.waves.shape == (60, SAMPLES) and speech.waves.dtype == np.int16
    assert sorted(zip(speech.speakers, speech.digits, speech.takes, strict=True)) == list(
        zip(speech.speakers, speech.digits, speech.takes, strict=True)
    )
    assert (
        np.bincount(speech.digits).tolist() == [6] * 10
        and np.bincount(speech.speakers).tolist() == [20] * 3
    )
    assert (
        100 < speech.waves.std(axis=1).min()
        and np.abs(speech.waves.astype(int)).max(axis=1).min() > 500
    )


def test_words_are_made_of_known_sounds():
    assert len(WORDS) == 10 and all(
        sound in SOUNDS for word in WORDS for sound in word.split()[::2]
    )
    assert (
        all(float(length) > 0 for word in WORDS for length in word.split()[1::2])
        and tuple(SOUNDS) == NAMES
    )


def test_a_resonance_is_where_it_should_be():
    pulse = np.zeros((2, 4000))
    pulse[:, 0] = 1
    answer = np.abs(
        np.fft.rfft(_resonate(pulse, [np.array([[500.0], [1500.0]]) + np.zeros((2, 4000))], [60.0]))
    )
    assert (answer.argmax(axis=1) * RATE / 4000).tolist() == pytest.approx([500, 1500], abs=15)
    assert answer[:, 0] == pytest.approx([1, 1], abs=0.01), "the gain at 0 Hz is 1"


def test_the_vocal_folds_close_once_in_a_period():
    phase = (np.arange(8000)[None] * np.array([[100.0], [200.0]]) / RATE) % 1
    closing = _pulses(phase)
    strong = closing < 0.5 * closing.min(axis=1, keepdims=True)
    assert (strong[:, 1:] & ~strong[:, :-1]).sum(axis=1).tolist() == [100, 200]
    assert abs(closing.sum(axis=1)).max() < 1.01, "what opens closes again"


def test_a_higher_voice_has_its_energy_in_fewer_multiples(voices):
    """The comb in the spectrum of the vowel of one.

    100 Hz and 200 Hz have their power at multiples of about the pitch that they say.
    """
    for pitch in (100.0, 200.0):
        speech = speak(replace(voices, pitch=np.full(3, pitch), room=np.zeros(3)), takes=1, seed=3)
        wave = speech.waves[speech.digits == 1][0].astype(float)
        start = np.convolve(wave**2, np.ones(1024), mode="valid").argmax()
        power = np.log(
            np.abs(np.fft.rfft(wave[start : start + 1024] * np.hanning(1024), 8000))[:1500] ** 2 + 1
        )
        scores = {
            f: power[(f * np.arange(1, 6)).round().astype(int)].mean()
            - power[(f * (np.arange(5) + 0.5)).round().astype(int)].mean()
            for f in np.arange(70, 280)
        }
        assert max(scores, key=scores.get) == pytest.approx(pitch, rel=0.25)


def test_twice_as_fast_is_half_as_long(voices):
    def length(speed):
        quiet = replace(voices, room=np.zeros(3))
        power = speak(quiet, takes=1, seed=5, speed=speed).waves.astype(float) ** 2
        inside = np.cumsum(power, axis=1) / power.sum(axis=1, keepdims=True)
        return ((inside > 0.02) & (inside < 0.98)).sum(axis=1).mean()

    assert length(2.0) / length(1.0) == pytest.approx(0.5, abs=0.1)


def test_takes_of_one_voice_are_more_alike_than_voices():
    """The claim of the data card.

    Mean spectra differ more between voices than between takes of one voice.
    """
    speech = speak(draw_voices(6, seed=7), takes=4, seed=7)
    spectra = np.log(
        np.abs(np.fft.rfft(speech.waves.astype(float)))[:, 100:2400]
        .reshape(240, 23, 100)
        .mean(axis=2)
    )
    table = spectra.reshape(6, 10, 4, 23)  # voice, digit, take
    assert table.mean(axis=2).var(axis=0).mean() > 2 * table.var(axis=2).mean()


@pytest.mark.parametrize(
    "call",
    [
        lambda v: draw_voices(0, seed=1),
        lambda v: draw_voices(2, seed=-1),
        lambda v: draw_voices(2, seed=1, tract=(1.3, 0.9)),
        lambda v: speak(v, takes=1.5, seed=1),
        lambda v: speak(v, takes=1, seed="one"),
        lambda v: speak(v, takes=1, seed=1, speed=5),
    ],
)
def test_wrong_arguments_get_one_sentence(call, voices):
    with pytest.raises(ValueError, match=r"^\w+ needs .*; got .*\.$"):
        call(voices)
