"""Fetch public originals whose bytes are known into datasets/real/: `course.py data fetch NAME`.

No notebook calls this. A file appears under its name only when it is whole and its sha256 is right.
What is already there is never overwritten.
"""

from __future__ import annotations

import os
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pooch
from requests import exceptions

from datasets import catalogue
from datasets.catalogue import DATASETS
from datasets.formats import DataError, data_error


@dataclass(frozen=True)
class Original:
    """Files that are public, and the sha256 by which each is known to be the original.

    Attributes:
        base: address of the folder they lie in.
        files: path below datasets/real -> sha256.
        archive: the tar file in that folder which holds them, if they do not lie there themselves.
    """

    base: str
    files: dict[str, str]
    archive: str = ""


def _sums(folder: str, lines: str) -> dict[str, str]:
    """Return the files of a folder and their sha256, from lines as the program sha256sum writes."""
    pairs = (line.split() for line in lines.strip().splitlines())
    return {f"{folder}/{name}": sha256 for sha256, name in pairs}


_MNIST = """
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  t10k-labels-idx1-ubyte.gz
"""
_SHAKESPEARE = """
86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed  input.txt
"""
_POLARITY = """
2da124ec187a9d5a29c9f04e91c540e02baed5af8868f550a26bd6fd4dbf8bf0  rt-polarity.pos
4ace77d558c3714723843f1d65b60c01e3417b208180f0728808d76ad0eeeaca  rt-polarity.neg
"""
ORIGINALS = {
    "MNIST": Original(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        _sums("mnist", _MNIST),
    ),
    "tiny Shakespeare": Original(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/",
        _sums("tinyshakespeare", _SHAKESPEARE),
    ),
    "rt-polarity": Original(
        "https://www.cs.cornell.edu/people/pabo/movie-review-data/",
        _sums("sentiment_rt_polarity", _POLARITY),
        archive="rt-polaritydata.tar.gz",
    ),
}
# Data sets of the course whose real file has a name of its own.
ALIASES = {"text": "tiny Shakespeare"}
LARGEST = 100_000_000  # bytes: a file in an archive that claims to be larger is not read


def fetch(name: str, base: str | None = None) -> int:
    """Fetch the files of one set that are not there yet and print one line each.

    Args:
        name: a key of ORIGINALS or of DATASETS, in small or capital letters.
        base: the address of another folder to fetch from (for tests).

    Returns:
        0 if all is there now, else 1: something could not be fetched, or another file stands in its
        place.

    Raises:
        DataError: there is no such name.
    """
    known = {key.lower(): key for key in [*DATASETS, *ORIGINALS]}
    if name.lower() not in known:
        names = ", ".join(known.values())
        raise DataError(
            f"{name}: there is no such data set; expected one of {names} (a name with a blank in "
            "quotes)."
        )
    name = ALIASES.get(known[name.lower()], known[name.lower()])
    if name not in ORIGINALS:
        print(elsewhere(name))
        return int(bool(DATASETS[name].real))
    original = ORIGINALS[name]
    folder = catalogue.ROOT / "datasets" / "real"
    absent, failed = [], 0
    for file, sha256 in original.files.items():
        path = folder / file
        if not catalogue.is_there(path):
            absent.append(file)
        elif path.is_file() and pooch.file_hash(path) == sha256:
            print(f"there    {name}: datasets/real/{file}")
        else:
            print(
                f"error    {name}: datasets/real/{file}: this is not the original and was left as "
                f"it is; expected a file with sha256 {sha256}."
            )
            failed = 1
    pooch.get_logger().setLevel("ERROR")
    try:
        _fetch_absent(name, base or original.base, absent)
    except DataError as error:
        print(f"error    {name}: {error}")
        failed = 1
    finally:
        for place in [*{(folder / file).parent for file in original.files}, folder]:
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
    return failed


def _fetch_absent(name: str, base: str, absent: list[str]) -> None:
    """Fetch those files of a set that are not there, and print what is fetched."""
    original = ORIGINALS[name]
    folder = catalogue.ROOT / "datasets" / "real"
    if original.archive and absent:
        address = base + original.archive
        print(f"fetching {name}: {address}", flush=True)
        _fetch_archive(address, {folder / file: original.files[file] for file in absent})
    for file in absent:
        if not original.archive:
            address = base + Path(file).name
            print(f"fetching {name}: {address}", flush=True)
            _fetch_file(address, folder / file, original.files[file])
        size = (folder / file).stat().st_size
        print(f"fetched  {name}: datasets/real/{file}: {size:,} bytes")


def elsewhere(name: str) -> str:
    """Say where to get a set that cannot be fetched, and where to put it."""
    dataset = DATASETS[name]
    if not dataset.real:
        return f"{name}: there is nothing to fetch; the course uses {dataset.default}."
    places = ", ".join(f"datasets/real/{file}" for file in dataset.real)
    return (
        f"{name}: cannot be fetched; {dataset.where}. Put it at {places} (see datasets/README.md)."
    )


def _fetch_file(address: str, path: Path, sha256: str | None) -> None:
    """Download to a temporary file beside `path`, check it, and only then give it its name.

    DataError where that fails.
    """
    try:
        pooch.retrieve(address, sha256, fname=path.name, path=path.parent, downloader=_download)
        path.chmod(0o644)  # temporary files are for their owner only
    except exceptions.HTTPError as error:
        answer = f"the server answered {error.response.status_code} {error.response.reason}"
        raise data_error(path, answer, "the file") from None
    except (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError):
        expected = "the whole file; nothing was kept"
        raise data_error(path, "the connection was cut", expected) from None
    except exceptions.RequestException:
        expected = "a connection to the address above"
        raise data_error(path, "the server cannot be reached", expected) from None
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        wrong = "what the server sent has another checksum"
        raise data_error(path, wrong, f"sha256 {sha256}; nothing was kept") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        wrong = f"the file cannot be written ({reason})"
        raise data_error(path, wrong, "a folder one may write to") from None


def _download(address: str, file: str, _: object) -> None:
    """Download as pooch does, with a progress bar where somebody looks.

    DataError for a web page in place of the file.
    """
    pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        timeout=30,
        chunk_size=65536,
        headers={"Accept-Encoding": "identity"},
    )(address, file, None)
    with open(file, "rb") as opened:
        if opened.read(1000).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            wrong = "the server sent a web page (HTML)"
            raise data_error(Path(address), wrong, "the data; nothing was kept")


def _fetch_archive(address: str, wanted: dict[Path, str]) -> None:
    """Download a tar file and check the wanted members one by one.

    They get their names when all are right; nothing else of the archive is kept.
    """
    folder = next(iter(wanted)).parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as temporary:
        archive = Path(temporary) / Path(address).name
        _fetch_file(address, archive, None)
        for path in wanted:
            (archive.parent / path.name).write_bytes(_member(archive, path.name))
        for path, sha256 in wanted.items():
            if pooch.file_hash(archive.parent / path.name) != sha256:
                wrong = f"the file in {archive.name} has another checksum"
                raise data_error(path, wrong, f"sha256 {sha256}; nothing was kept")
        for path in wanted:
            os.replace(archive.parent / path.name, path)


def _member(archive: Path, name: str) -> bytes:
    """Return the bytes of the first file of that name in a tar file, in whatever folder."""
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile() and Path(member.name).name == name and member.size <= LARGEST:
                    return opened.extractfile(member).read()
    except (tarfile.TarError, OSError, EOFError):
        wrong = "the archive is cut short or damaged"
        raise data_error(archive, wrong, "a tar file; nothing was kept") from None
    expected = "the published archive; nothing was kept"
    raise data_error(archive, f"there is no {name} in it", expected)
