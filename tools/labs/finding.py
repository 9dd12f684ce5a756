"""Finds all files in a folder of submissions, or in the zip that a learning platform exports, which
is never unpacked."""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.labs.reading import MOST_BYTES, too_large
from tools.labs.students import is_of_platform

MOST_FILES = 20_000  # in one export, zips in it included
MOST_ZIP_BYTES = 50_000_000  # of a zip in a zip, or in a student's folder
MOST_DEPTH = 2  # of zips in zips
NOTEBOOK = re.compile(r"(?i).+\.ipynb(\.(txt|json|download))?")
CLOSED = {"__MACOSX", "__pycache__"}
AROUND = {"submitted", "submissions"}  # what people and programs call the whole class
NOBODYS = {"thumbs.db", "desktop.ini"}
PACKED = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
# What lies beside the folders of students, and is not one's work.
BESIDES = re.compile(r"(?i)(readme|licen[sc]e)\b.*|.+\.(csv|tsv|xlsx?|ods|md|log|toml|json|db|py)")


class SubmissionsError(Exception):
    """The folder or file cannot be read as submissions. The text is one sentence for the user."""


@dataclass(frozen=True)
class Found:
    """A file or a folder in an export.

    Attributes:
        path: where it lies in the export; what lies in a zip has the zip as a folder.
        size: bytes, as the file system or the zip states them; None for what is never read (links
            and special files).
        read: returns its content, or raises anything.
        folder: whether it is a folder.
        problem: why it could not be looked into, one sentence; empty if it could.
    """

    path: PurePosixPath
    size: int | None = 0
    read: Callable[[], bytes] = bytes
    folder: bool = False
    problem: str = ""

    @property
    def is_notebook(self) -> bool:
        """Whether it is called as a notebook is, or as what browsers make of one."""
        return not self.folder and bool(NOTEBOOK.fullmatch(self.path.name))


def find(place: Path) -> list[Found]:
    """Return all that lies in a folder or a zip, without the folders around everything.

    Raises:
        SubmissionsError: if the place is neither, or the zip is not sound.
    """
    if place.is_dir():
        found = list(in_folder(place))
    elif place.is_file():
        try:
            with zipfile.ZipFile(place) as archive:
                found = list(in_zip(archive, PurePosixPath(), lambda: place.open("rb"), 0))
        except Exception as problem:  # zipfile raises nearly anything, depending on what it meets
            raise SubmissionsError(f"{place.name} is not a sound zip file ({problem}).") from None
    else:
        raise SubmissionsError(f"There is no folder or zip {place}.")
    if len(found) > MOST_FILES:
        raise SubmissionsError(
            f"{place.name} holds {len(found):,} files, and more than {MOST_FILES:,} are not read."
        )
    return unwrapped([item for item in found if counts(item)])


def counts(item: Found) -> bool:
    """Say whether something can be part of a submission: not what systems and editors leave."""
    parts, name = item.path.parts, item.path.name
    hidden = any(part.startswith(".") for part in parts)
    if not parts or hidden or CLOSED & set(parts) or name.casefold() in NOBODYS:
        return False
    beside = len(parts) == 1 and not item.folder and not item.is_notebook
    return not (beside and BESIDES.fullmatch(name) and not is_of_platform(name))


# --- Folders --------------------------------------------------------------------------------------


def in_folder(folder: Path) -> Iterator[Found]:
    """Yield all that lies in a folder; links are named, never followed."""
    waiting = [(folder, PurePosixPath())]
    while waiting:
        here, inside = waiting.pop()
        try:
            names = sorted(os.listdir(here))
        except OSError as problem:
            reason = f"The folder cannot be read ({problem.strerror})."
            yield Found(inside, folder=True, problem=reason)
            continue
        for name in names:
            path, shown = here / name, inside / visible(name)
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode):
                yield Found(shown, folder=True)
                waiting.append((path, shown))
            elif not stat.S_ISREG(about.st_mode):
                yield Found(shown, None)
            elif name.lower().endswith(".zip"):
                yield from in_packed(Found(shown, about.st_size, path.read_bytes), 0)
            else:
                yield Found(shown, about.st_size, path.read_bytes)


def visible(name: str) -> str:
    """Return a file's name as it can be written anywhere: composed, and no bytes that are no
    text."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", text)


# --- Zips -----------------------------------------------------------------------------------------


def in_zip(
    archive: zipfile.ZipFile, inside: PurePosixPath, opened: Callable, depth: int
) -> Iterator[Found]:
    """Yield all that lies in a zip, and in the zips in it.

    Args:
        archive: the zip.
        inside: where it lies in the export.
        opened: opens the zip anew, for a file in it to be read later.
        depth: how many zips it lies in.
    """
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise ValueError(f"it holds {len(members):,} files")
    for member in sorted(members, key=lambda member: member.filename):
        path = inside / safe(member)
        if member.is_dir():
            yield Found(path, folder=True)
        elif path != inside:
            item = Found(path, member.file_size, reader(opened, member))
            packed = path.suffix.lower() == ".zip"
            yield from in_packed(item, depth + 1) if packed else [item]


def in_packed(item: Found, depth: int) -> Iterator[Found]:
    """Yield the zip that lies in an export as a folder, and all that lies in it."""
    try:
        if depth > MOST_DEPTH or item.size > MOST_ZIP_BYTES:
            raise ValueError("it lies in too many zips, or is too large")
        content = item.read()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            del content
            inner = list(in_zip(archive, item.path, lambda: io.BytesIO(item.read()), depth))
    except Exception as problem:
        inner = []
        item = Found(item.path, problem=f"{item.path.name} cannot be read ({problem}).")
    yield Found(item.path, folder=True, problem=item.problem)
    yield from inner


def safe(member: zipfile.ZipInfo) -> PurePosixPath:
    """Return a path in a zip that stays inside of it.

    Names that are not marked as UTF-8 are mostly such all the same; Windows' own program writes
    backslashes.
    """
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return PurePosixPath(*(re.sub(r"[\x00-\x1f:]", "_", part) for part in parts))


def reader(opened: Callable, member: zipfile.ZipInfo) -> Callable[[], bytes]:
    """Return a function that reads a member, and no more than is allowed, whatever size the zip
    states."""
    most = MOST_ZIP_BYTES if member.filename.lower().endswith(".zip") else MOST_BYTES

    def read() -> bytes:
        with opened() as stream, zipfile.ZipFile(stream) as archive, archive.open(member) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise ValueError(too_large(len(content)) or "it is larger than it says")
        return content

    return read


# --- Folders around everything --------------------------------------------------------------------


def unwrapped(found: list[Found]) -> list[Found]:
    """Return all that was found, without a folder around everything: one that is the only one, and
    holds what platforms export, or the folders of several students."""
    while len(tops := {item.path.parts[0] for item in found}) == 1:
        (top,) = tops
        inner = [item for item in found if len(item.path.parts) > 1]
        names = {item.path.parts[1] for item in inner}
        folders = {i.path.parts[1] for i in inner if i.folder or len(i.path.parts) > 2}
        straight = any(item.is_notebook and len(item.path.parts) == 2 for item in inner)
        exported = any(is_of_platform(name) for name in names)
        around = names and (top.lower() in AROUND or {name.lower() for name in names} <= AROUND)
        if is_of_platform(top) or not (around or exported or (len(folders) > 1 and not straight)):
            break
        found = [
            Found(PurePosixPath(*i.path.parts[1:]), i.size, i.read, i.folder, i.problem)
            for i in inner
        ]
        found = [item for item in found if counts(item)]
    return found
