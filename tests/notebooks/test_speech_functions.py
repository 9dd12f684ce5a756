"""What the speech notebook builds from scratch, on cases done by hand; and the reader of real
recordings, on small files, good and bad."""

import zipfile

import numpy as np
import pytest

from datasets.formats import DataError
from datasets.readers import read_spoken_digits
from tests.support.data_files import wav
from tools.notebooks import take

HERE = "Part3_RNN/7-speech.ipynb"


@pytest.fixture(scope="module")
def space():
    names = (
        *("dft", "frames", "spectrogram", "mel", "hertz_of", "mel_bank", "nearest_centroid"),
        *("by_voice", "noisy", "fit_length", "standardise"),
    )
    space = take(HERE, *names)
    space.update(
        hann=0.5 - 0.5 * np.cos(2 * np.pi * np.arange(space["FRAME"]) / space["FRAME"]),
        hertz=np.arange(129) * 31.25,
    )
    return space


def test_dft_of_a_pulse_a_constant_and_a_wave(space):
    assert np.allclose(space["dft"]([1, 0, 0, 0]), [1, 1, 1, 1])
    assert np.allclose(space["dft"]([1, 1, 1, 1]), [4, 0, 0, 0])
    assert np.allclose(space["dft"]([0, 1, 0, -1]), [0, -2j, 0, 2j])


def test_frames_begin_every_hop(space):
    pieces = space["frames"](np.arange(1000.0))
    assert pieces.shape == (5, 256) and pieces[:, 0].tolist() == [0, 160, 320, 480, 640]


def test_a_tone_is_in_its_place_of_the_spectrogram(space):
    power = space["spectrogram"](np.cos(2 * np.pi * 1000 * np.arange(2000) / 8000))
    assert (power.argmax(axis=1) == 32).all() and power.max() == pytest.approx((256 / 4) ** 2)


def test_mel_by_hand(space):
    assert space["mel"](0) == 0 and space["mel"](700) == pytest.approx(2595 * np.log10(2))
    assert space["hertz_of"](2595) == pytest.approx(6300)


def test_one_triangle_of_the_filter_bank(space):
    """One band from 0 to 4,000 Hz: 0 at both ends, 1 at the middle in mel, 1/2 half-way in mel;
    when it is stretched by 2, everything lies at half the frequency."""
    top = space["mel"](4000)
    bank = space["mel_bank"](1, 0, 4000)[:, 0]
    assert bank[0] == 0 and bank[128] == pytest.approx(0)
    for share, weight in ((0.25, 0.5), (0.5, 1), (0.75, 0.5)):
        assert np.interp(space["hertz_of"](share * top), space["hertz"], bank) == pytest.approx(
            weight, abs=0.02
        )
    assert np.allclose(space["mel_bank"](1, 0, 4000, stretch=2.0)[:65, 0], bank[::2])


def test_nearest_centroid_by_hand(space):
    x, y = np.array([[0.0, 0], [2, 0], [10, 0], [12, 0]]), np.array([0, 0, 1, 1])
    assert space["nearest_centroid"](x, y, np.array([[5.9, 3], [6.1, -3]])).tolist() == [0, 1]


def test_by_voice_averages_each_voice_over_runs_too(space):
    right = np.array([[1, 0, 1], [1, 1, 1]], bool)
    assert space["by_voice"](right, np.array([4, 4, 9])).tolist() == [0.75, 1.0]


def test_noise_has_the_strength_that_was_asked_for(space):
    loud = 1000 * np.sin(np.arange(20000.0))[None]
    added = space["noisy"](loud, 10, 0) - loud
    assert 10 * np.log10((loud**2).mean() / (added**2).mean()) == pytest.approx(10, abs=0.2)


def test_standardise_looks_at_training_rows_only(space):
    x = np.random.default_rng(0).normal(3, 2, (20, 5, 4))
    z = space["standardise"](x, np.arange(10))
    assert (
        np.allclose(z[:10].mean(axis=(0, 1)), 0)
        and np.allclose(z[:10].std(axis=(0, 1)), 1)
        and abs(z[10:].mean()) > 1e-6
    )


def test_fit_length_keeps_the_loudest_part(space):
    long = np.zeros(9000)
    long[6000] = 1
    assert space["fit_length"](long).sum() == 1 and len(space["fit_length"](long)) == 5120
    assert (
        space["fit_length"](np.ones(5120)).sum() == 5120
        and space["fit_length"](np.ones(3)).sum() == 3
    )


def pack(folder, files):
    """Write an archive of these files."""
    with zipfile.ZipFile(folder / "digits.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder / "digits.zip"


def test_reads_recordings(tmp_path):
    found = read_spoken_digits(
        pack(
            tmp_path,
            {"a/7_theo_0.wav": wav(), "a/0_ann_12.wav": wav(b"\xff\xff"), "README.md": b"no sound"},
        )
    )
    assert (
        found.digits.tolist() == [0, 7]
        and found.speakers.tolist() == ["ann", "theo"]
        and found.rate == 8000
    )
    assert [w.tolist() for w in found.waves] == [[-1], [1, 2]] and found.waves[0].dtype == np.int16


BAD = {
    "no wav": ({"README.md": b"no sound"}, "the archive holds no wav file"),
    "no recording": ({"7_theo_0.wav": b"RIFF, so to speak"}, "7_theo_0.wav is not a wav file"),
    "wrong name": ({"theo_7.wav": wav()}, "it holds a file named theo_7.wav"),
    "stereo": ({"7_theo_0.wav": wav(channels=2)}, "7_theo_0.wav has 2 channels"),
    "8 bits": ({"7_theo_0.wav": wav(width=1)}, "7_theo_0.wav has 1 channel with 8 bits"),
    "cut short": ({"7_theo_0.wav": wav(bytes(1000))[:-100]}, "7_theo_0.wav is cut short"),
    "empty": ({"7_theo_0.wav": wav(b"")}, "7_theo_0.wav is cut short, or empty"),
    "two rates": (
        {"7_theo_0.wav": wav(), "8_theo_0.wav": wav(rate=16000)},
        "8_theo_0.wav has 16,000 samples per second",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_recordings_get_one_sentence(case, tmp_path):
    files, words = BAD[case]
    with pytest.raises(DataError) as caught:
        read_spoken_digits(pack(tmp_path, files))
    sentence = str(caught.value)
    assert (
        sentence.startswith("digits.zip: ")
        and words in sentence
        and "; expected " in sentence
        and sentence.endswith(".")
        and "\n" not in sentence
    )


def test_a_truncated_archive_and_none(tmp_path):
    path = pack(tmp_path, {"7_theo_0.wav": wav(bytes(1000))})
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match="cut short, damaged or no zip archive"):
        read_spoken_digits(path)
    with pytest.raises(DataError, match="there is no such file"):
        read_spoken_digits(tmp_path / "nothing.zip")
