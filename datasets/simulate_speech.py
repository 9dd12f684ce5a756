"""Speak digits with simulated voices: data for recognising isolated words by known speakers.

Nothing is stored: `speak` makes some thousand recordings in a few seconds, and the same seed gives
the same samples. A voice is a source (pulses of the vocal folds, or noise) and filters (the
resonances, called formants, of the vocal tract). The process is the code of this file; the data
card in README.md says it in words.

Source: Klatt 1980, doi:10.1121/1.383940, whose cascade of resonators this is, much reduced.
Formants of the vowels: about those of the men of Peterson and Barney 1952, doi:10.1121/1.1906875.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

RATE = 8000  # samples per second
SAMPLES = 5120  # of a recording: 0.64 s
CHUNK = 400  # recordings made at once, to keep memory small
BANDWIDTHS = (70.0, 100.0, 160.0, 250.0)  # of the four formants, Hz
FRICATION = 0.12  # strength of the noise beside the voice

# Of each sound: formants 1 to 3 (Hz), strength of voice and of noise, centre of the noise (Hz).
SOUNDS = {
    "IY": (270, 2290, 3010, 1.0, 0, 2000),
    "IH": (390, 1990, 2550, 1.0, 0, 2000),
    "EH": (530, 1840, 2480, 1.0, 0, 2000),
    "AH": (640, 1190, 2390, 1.0, 0, 2000),
    "AA": (730, 1090, 2440, 1.0, 0, 2000),
    "AO": (570, 840, 2410, 1.0, 0, 2000),
    "OH": (490, 910, 2350, 1.0, 0, 2000),
    "UW": (300, 870, 2240, 0.9, 0, 2000),
    "AX": (500, 1500, 2500, 0.8, 0, 2000),
    "R": (330, 1060, 1500, 0.7, 0, 2000),
    "W": (290, 610, 2150, 0.6, 0, 2000),
    "N": (250, 1400, 2500, 0.35, 0, 2000),
    "V": (300, 1000, 2300, 0.3, 0.04, 2500),
    "Z": (300, 1700, 2600, 0.2, 0.20, 3500),
    "S": (320, 1700, 2600, 0, 0.35, 3600),
    "F": (300, 1000, 2300, 0, 0.10, 2500),
    "TH": (300, 1300, 2500, 0, 0.08, 2900),
    "T": (350, 1750, 2650, 0, 0.45, 3300),
    "K": (350, 1900, 2400, 0, 0.40, 1900),
    "-": (350, 1750, 2600, 0, 0, 3000),  # the mouth is closed before a T or a K
}
# The sounds of each digit and how long they last, in milliseconds, at speed 1.
WORDS = (
    "Z 70 IH 70 R 60 OH 90 UW 60",
    "W 70 AH 110 N 110",
    "- 20 T 35 UW 170",
    "TH 70 R 70 IY 160",
    "F 90 AO 140 R 80",
    "F 90 AA 100 IH 70 V 80",
    "S 100 IH 60 - 40 K 25 S 100",
    "S 90 EH 70 V 50 AX 60 N 80",
    "EH 70 IY 90 - 45 T 40",
    "N 80 AA 100 IH 70 N 90",
)
NAMES = tuple(SOUNDS)
TABLE = np.array([SOUNDS[name] for name in NAMES], float)
LONGEST = max(len(word.split()) // 2 for word in WORDS)


@dataclass(frozen=True)
class Voices:
    """What makes each of n voices: arrays of length n.

    `accent` has the shape (n, sounds, 3), `lengths` and `strengths` have (n, sounds).

    Attributes:
        tract: factor on all formants; 1 is an average man, a shorter vocal tract (women, children)
            has a higher factor.
        pitch: pulses of the vocal folds per second, Hz.
        speed: factor on the speed of speaking.
        accent: factors on the formants of each sound.
        lengths, strengths: factors on how long each sound lasts, and how strong it is.
        microphone: from -1 to 1; how much the recording favours high frequencies.
        room: noise of the room, as a part of the voice's strength.
    """

    tract: np.ndarray
    pitch: np.ndarray
    speed: np.ndarray
    accent: np.ndarray
    lengths: np.ndarray
    strengths: np.ndarray
    microphone: np.ndarray
    room: np.ndarray


@dataclass(frozen=True)
class Speech:
    """Recordings, ordered by speaker, then digit, then take.

    Attributes:
        waves: int16 of shape (n, SAMPLES): air pressure in arbitrary units, RATE samples per
            second.
        digits, speakers, takes: int of shape (n,): what was said, by which voice, and for which
            time.
    """

    waves: np.ndarray
    digits: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray


def _whole(function: str, **arguments: int) -> None:
    """ValueError with one sentence if an argument is not a whole number from 1 (a seed: from 0)."""
    for name, value in arguments.items():
        least = 0 if name == "seed" else 1
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(
                f"{function} needs {name}, a whole number from {least}; got {value!r}."
            )


def draw_voices(n: int, seed: int, tract: tuple[float, float] = (0.85, 1.3)) -> Voices:
    """Draw n voices.

    Args:
        n: how many.
        seed: of all random numbers.
        tract: smallest and largest factor on the formants, within 0.7 and 1.5; drawn uniformly.
            Pitch goes with it.

    Raises:
        ValueError: an argument is outside its range.
    """
    _whole("draw_voices", n=n, seed=seed)
    if len(tract) != 2 or not 0.7 <= tract[0] <= tract[1] <= 1.5:
        raise ValueError(
            "draw_voices needs tract (smallest, largest), factors within 0.7 and 1.5; got "
            f"{tract!r}."
        )
    rng = np.random.default_rng(seed)
    size = rng.uniform(*tract, n)
    return Voices(
        tract=size,
        pitch=115 * size**3 * np.exp(rng.normal(0, 0.12, n)),
        speed=np.clip(np.exp(rng.normal(0, 0.12, n)), 0.75, 1.35),
        accent=np.exp(rng.normal(0, 0.1, (n, len(NAMES), 3))),
        lengths=np.exp(rng.normal(0, 0.2, (n, len(NAMES)))),
        strengths=np.exp(rng.normal(0, 0.4, (n, len(NAMES)))),
        microphone=rng.uniform(-0.6, 0.9, n),
        room=10 ** rng.uniform(-2.0, -1.3, n),
    )


def speak(voices: Voices, takes: int, seed: int, speed: float = 1.0) -> Speech:
    """Let every voice say every digit.

    Args:
        voices: from `draw_voices`.
        takes: how many times each voice says each digit; no two are the same.
        seed: of all random numbers. With the same seed another `speed` gives the same takes, faster
            or slower.
        speed: factor on everybody's speed, within 0.5 and 2. What does not fit into SAMPLES is cut
            off at the end.

    Raises:
        ValueError: an argument is outside its range.
    """
    _whole("speak", takes=takes, seed=seed)
    if not 0.5 <= speed <= 2:
        raise ValueError(f"speak needs speed, a factor within 0.5 and 2; got {speed!r}.")
    speakers, digits, numbers = (
        column.ravel() for column in np.indices((len(voices.tract), len(WORDS), takes))
    )
    streams = np.random.SeedSequence(seed).spawn(-(-len(digits) // CHUNK))
    waves = []
    for i, stream in enumerate(streams):
        rows = slice(i * CHUNK, (i + 1) * CHUNK)
        waves.append(
            _record(voices, speakers[rows], digits[rows], speed, np.random.default_rng(stream))
        )
    return Speech(np.concatenate(waves), digits, speakers, numbers)


def _record(
    voices: Voices, who: np.ndarray, digits: np.ndarray, speed: float, rng: np.random.Generator
) -> np.ndarray:
    """Return one recording for each pair of a voice and a digit, int16."""
    n, time = len(who), np.arange(SAMPLES) / RATE
    formants, voiced, noisy, centre = _score(voices, who, digits, speed, rng)
    tone = 1.1 - 0.35 * time / time[-1]  # the pitch falls towards the end of a word
    pitch = voices.pitch[who, None] * np.exp(rng.normal(0, 0.06, (n, 1))) * tone
    phase = (rng.random((n, 1)) + np.cumsum(pitch, axis=1) / RATE) % 1
    noise = rng.standard_normal((n, SAMPLES))
    source = voiced * (_pulses(phase) + 0.02 * noise)
    fricative = FRICATION * _resonate(noise * noisy, [centre], [900.0])
    sound = _resonate(source, list(formants), BANDWIDTHS) + fricative
    sound[:, 1:] -= voices.microphone[who, None] * sound[:, :-1]
    sound /= np.sqrt(np.mean(sound**2, axis=1, keepdims=True))
    sound += voices.room[who, None] * rng.standard_normal((n, SAMPLES))
    loudness = 10 ** rng.uniform(2.7, 3.4, (n, 1))
    return np.clip(np.round(loudness * sound), -32768, 32767).astype(np.int16)


def _score(
    voices: Voices, who: np.ndarray, digits: np.ndarray, speed: float, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Return four formants, strength of voice, strength of noise and centre of the noise.

    All of them for each recording and sample.
    """
    n = len(who)
    sounds, lasting = np.zeros((n, LONGEST), int), np.zeros((n, LONGEST))
    for row, digit in enumerate(digits):
        word = WORDS[digit].split()
        sounds[row, : len(word) // 2] = [NAMES.index(sound) for sound in word[::2]]
        lasting[row, : len(word) // 2] = [float(length) for length in word[1::2]]
    lasting *= (
        RATE
        / 1000
        * voices.lengths[who[:, None], sounds]
        * np.exp(rng.normal(0, 0.08, lasting.shape))
        * np.exp(rng.normal(0, 0.07, (n, 1)))
    )
    lasting /= voices.speed[who, None] * speed
    spare = np.clip(SAMPLES - lasting.sum(axis=1), 0, 0.16 * RATE)
    ends = np.cumsum(lasting, axis=1) + (spare * rng.random(n))[:, None]
    sample = np.arange(SAMPLES)
    place = np.minimum(
        (sample[None, :, None] >= ends[:, None, :]).sum(axis=2), LONGEST - 1
    )  # which sound of the word
    said = (sample >= ends[:, :1] - lasting[:, :1]) & (sample < ends[:, -1:])
    factors = (
        voices.tract[who, None, None]
        * voices.accent[who[:, None], sounds]
        * np.exp(rng.normal(0, 0.02, (n, LONGEST, 3)))
    )
    targets = np.take_along_axis(TABLE[sounds], place[..., None], axis=1)
    targets[..., :3] *= np.take_along_axis(factors, place[..., None], axis=1)
    targets[..., 5] *= voices.tract[who, None]
    targets[..., 3:5] *= (
        said * np.take_along_axis(voices.strengths[who[:, None], sounds], place, axis=1)
    )[..., None]
    glide = max(3, round(0.045 * RATE / speed))

    def smooth(x: np.ndarray, width: int) -> np.ndarray:
        once = uniform_filter1d(x, width, axis=1, mode="nearest")
        return uniform_filter1d(once, width, axis=1, mode="nearest")

    first = [np.minimum(smooth(targets[..., k], glide), 3700) for k in range(3)]
    fourth = np.broadcast_to(np.minimum(3400 * voices.tract[who, None], 3800), first[0].shape)
    strength = (
        smooth(targets[..., 3], round(0.012 * RATE)),
        smooth(targets[..., 4], round(0.006 * RATE)),
    )
    return np.stack([*first, fourth]), *strength, np.minimum(targets[..., 5], 3700)


def _pulses(phase: np.ndarray) -> np.ndarray:
    """Return the change of the air flow through the vocal folds by phase, 0 to 1.

    They open slowly, close quickly, and stay closed.
    """
    opening, closing = (
        0.5 * (1 - np.cos(np.pi * phase / 0.4)),
        np.cos(np.pi / 2 * (phase - 0.4) / 0.16),
    )
    flow = np.where(phase < 0.4, opening, np.where(phase < 0.56, closing, 0.0))
    return np.diff(flow, axis=1, prepend=flow[:, :1])


def _resonate(
    x: np.ndarray, centres: list[np.ndarray], bandwidths: tuple[float, ...] | list[float]
) -> np.ndarray:
    """Send x, shape (n, samples), through one resonator after the other.

    Their centres, in Hz, change with time. The gain at 0 Hz is 1, as in Klatt.
    """
    for centre, width in zip(centres, bandwidths, strict=True):
        c = -np.exp(-2 * np.pi * width / RATE)
        b = 2 * np.exp(-np.pi * width / RATE) * np.cos(2 * np.pi * centre / RATE)
        driven, b = ((1 - b - c) * x).T.copy(), b.T.copy()
        for t in range(len(driven)):  # y[t] = a x[t] + b y[t - 1] + c y[t - 2]
            if t > 0:
                driven[t] += b[t] * driven[t - 1]
            if t > 1:
                driven[t] += c * driven[t - 2]
        x = driven.T
    return x
