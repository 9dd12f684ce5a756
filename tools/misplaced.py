"""Finds files that look like real files of the course, but lie or are called so that none is used.

People unpack an archive into a folder too many, or not at all, or keep a second copy. `data check`
says so, as otherwise the default would be used without a word.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from datasets import catalogue

DEPTH = 4  # folders below the one that is searched
MOST = 2000  # entries of one folder, or names in one archive, that are looked at
# What many a file is called, so that it counts only in a fitting folder, or in none.
COMMON = {"train", "input"}
_COPY = re.compile(r"[ _-]*\(\d+\)$|[ _-]+(copy|kopie|copie)( \d+)?$|^copy of ")
_ENDS = (".csv", ".txt", ".zip", ".gz", ".tgz", ".tar", ".xlsx", ".xls", ".download")


def misplaced(name: str, folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield files below a folder that look like real files of a data set which are not in place.

    Args:
        name: the data set.
        folder: COURSE_DATA or datasets/real.

    Yields:
        The path of such a file or folder; what to do with it, such as "move it to"; and the file in
        the catalogue that it looks like.
    """
    absent = {
        stem(PurePosixPath(file).name): file
        for file in catalogue.DATASETS[name].real
        if not catalogue.is_there(catalogue.find(folder, file))
    }
    for path in _entries(folder) if absent else ():
        file = absent.get(stem(path.name))
        if path.is_dir() or path.name.lower() == "fra.txt":
            archive = _archive_of(path, absent.values())
            if archive:
                yield path, "pack it, as the contents of an archive, into", archive
        elif file and _fits(path, folder, file):
            yield path, _advice(path, folder / file), file
        elif path.suffix.lower() == ".zip":
            for held in _members(path):
                if stem(held) in absent and stem(held) not in COMMON:
                    yield path, f"unpack {held} from it to", absent[stem(held)]


def stem(name: str) -> str:
    """Return a file's name without its ends, signs of a copy, blanks, marks and capitals."""
    name = name.lower()
    longer = ""
    while name != longer:
        longer = name
        name = _COPY.sub("", name)
        for end in _ENDS:
            name = name.removesuffix(end)
    return re.sub(r"ubyte|[^a-z0-9]", "", name)


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder and in the folders in it, hidden things left out."""
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if f[0] != "." and f != "__MACOSX")[:MOST]
        yield from (Path(place) / f for f in folders)
        yield from (Path(place) / f for f in sorted(files)[:MOST] if f[0] != ".")
        if depth == DEPTH:
            folders.clear()


def _fits(path: Path, folder: Path, file: str) -> bool:
    """Say whether a file may be the one of the catalogue, by where it lies."""
    near = path.parent == folder or stem(path.parent.name) == stem(PurePosixPath(file).parts[0])
    return near or stem(path.name) not in COMMON


def _advice(path: Path, wanted: Path) -> str:
    """Say what is to be done with a file that should be another."""
    if path.suffix.lower() in (".xlsx", ".xls"):
        return "save it, as CSV with commas, at"
    if path.suffix.lower() in (".zip", ".tgz", ".tar") and path.suffix != wanted.suffix:
        return "unpack it to"
    return "rename it to" if path.parent == wanted.parent else "move it to"


def _archive_of(path: Path, absent: Iterable[str]) -> str:
    """Return the archive that a folder, or fra.txt, seems to have been unpacked from, if any."""
    if path.is_file():
        signs = {"fra-eng": True}
    else:
        with os.scandir(path) as entries:
            names = [entry.name for entry, _ in zip(entries, range(MOST), strict=False)]
        signs = {
            "BCCD": {"Annotations", "JPEGImages"} <= set(names),
            "digit": any(re.fullmatch(r"\d_[^_]+_\d+\.wav", name.lower()) for name in names),
        }
    archives = [file for file in absent if file.endswith(".zip")]
    return next((file for file in archives for sign in signs if signs[sign] and sign in file), "")


def _members(path: Path) -> list[str]:
    """Return the names of the files in a zip archive, without folders; none if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()[:MOST]
    except (OSError, zipfile.BadZipFile):
        return []
    return [PurePosixPath(name).name for name in names if "__MACOSX" not in name]
