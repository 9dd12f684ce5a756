"""Small data files in every format, as people have them, and the check of a refusal."""

import gzip
import io
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.formats import DataError

ROOT = Path(__file__).resolve().parents[2]


def refused(read, path, *words):
    """Assert that reading raises one good sentence with these words, and changes nothing."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(DataError) as caught:
        read(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path.name}: "), sentence
    assert sentence.endswith(".") and "; expected " in sentence, sentence
    assert "\n" not in sentence and ". " not in sentence, sentence
    assert str(path.parent) not in sentence, sentence
    assert caught.value.__context__ is None or caught.value.__suppress_context__, (
        "a notebook would show two errors"
    )
    for word in words:
        assert word in sentence, (word, sentence)
    assert before == (path.read_bytes() if path.is_file() else None)


def put(path, content):
    """Write bytes, or text in UTF-8, and return the path; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zip_of(files, **options):
    """Return the bytes of a zip archive with these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def idx(array, magic=None):
    """Return the bytes of an idx file; its magic number may be another."""
    header = [magic or 2048 + array.ndim, *array.shape]
    return b"".join(n.to_bytes(4, "big") for n in header) + array.astype(np.uint8).tobytes()


def wav(samples=b"\1\0\2\0", rate=8000, channels=1, width=2):
    """Return the bytes of a wav file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return data.getvalue()


def extensible(plain, subformat=1):
    """Return a plain wav file with the longer header that some programs write."""
    form = bytearray(plain[20:36])
    form[:2] = b"\xfe\xff"
    form += (22).to_bytes(2, "little") + form[14:16] + (4).to_bytes(4, "little")
    form += subformat.to_bytes(2, "little") + bytes.fromhex("000000001000800000aa00389b71")
    chunks = b"WAVEfmt " + len(form).to_bytes(4, "little") + bytes(form) + plain[36:]
    return b"RIFF" + len(chunks).to_bytes(4, "little") + chunks


def jpeg(width=64, height=48):
    """Return the bytes of a red picture."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 40, 40)).save(file, "JPEG")
    return file.getvalue()


def annotation(*cells, size=""):
    """Return a Pascal VOC annotation of cells, each a label and the four sides of its box."""
    sides = ("xmin", "ymin", "xmax", "ymax")
    objects = [
        "<object><name>{}</name><bndbox>{}</bndbox></object>".format(
            label, "".join(f"<{k}>{v}</{k}>" for k, v in zip(sides, box, strict=False))
        )
        for label, box in cells
    ]
    return f"<annotation>{size}{''.join(objects)}</annotation>".encode()


def packed(array):
    """Return the bytes of an idx file, compressed."""
    return gzip.compress(idx(array))
