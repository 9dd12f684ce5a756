"""Whose file it is: how learning platforms name what they export, and what a student is called
here."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.notebooks import write_whole

MOST_CHARACTERS = 100  # of a student's name; a record's name is longer, and file systems allow 255
# Windows does not allow these as the name of a file or folder, whatever follows a dot.
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
# How platforms name what they export. Moodle: a folder for each student, or the same in front of
# the file's name; Canvas and Blackboard: in front of the file's name.
MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?"
)
CANVAS = re.compile(
    r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_"
    r"(?:(?P<upload>\d+)_(?P<file>.+)|(?P<typed>text\.html|link\.html))"
)
BLACKBOARD = re.compile(
    r"(?P<work>.+)_(?P<name>[^_]+)_attempt_(?P<attempt>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)"
)


class NamesError(Exception):
    """The list of a class's names cannot be read. The text is one sentence for the user."""


@dataclass(frozen=True)
class Owner:
    """The student that a file belongs to, as its path says.

    Attributes:
        key: what tells this student from all others of the export: the platform and its number for
            the student, or the name as it stands there.
        name: the name, as it stands there.
        file: the file's name as the student had it, where the platform puts something in front.
        attempt: when the attempt was made that it belongs to, where the platform says so.
        upload: the platform's number for the file, which grows; 0 where it has none.
        late: whether the platform marks the file as late.
    """

    key: str
    name: str
    file: str = ""
    attempt: str = ""
    upload: int = 0
    late: bool = False


def owner(path: PurePosixPath) -> Owner:
    """Return the student that a path in an export belongs to: by the platform's way to name files,
    or by its outermost folder."""
    outermost = unicodedata.normalize("NFC", path.parts[0])
    inside = path.name if len(path.parts) > 1 else ""
    if match := MOODLE.fullmatch(outermost):
        name = f"{match['name']}_{match['id']}"
        return Owner(f"Moodle {match['id']}", name, inside or match["file"] or "")
    is_file = not inside or outermost.lower().endswith(".zip")
    if is_file and (match := CANVAS.fullmatch(outermost)):
        return Owner(
            f"Canvas {match['id']}",
            f"{match['name']}_{match['id']}",
            inside or match["file"] or match["typed"],
            upload=int(match["upload"] or 0),
            late=bool(match["late"]),
        )
    if is_file and (match := BLACKBOARD.fullmatch(outermost)):
        key = f"Blackboard {match['work']}_{match['name']}"
        return Owner(key, match["name"], inside or match["file"] or "", match["attempt"])
    name = outermost if inside and not is_file else stem(outermost)
    return Owner(f"name {name}", name, path.name)


def is_of_platform(name: str) -> bool:
    """Say whether a file or folder is called as a learning platform would."""
    return any(kind.fullmatch(name) for kind in (MOODLE, CANVAS, BLACKBOARD))


def stem(name: str) -> str:
    """Return a file's name without its ending, or the two of a notebook that was renamed."""
    name = re.sub(r"(?i)\.ipynb(\.\w+)?$", "", name)
    return re.sub(r"\.\w{1,5}$", "", name)


# --- What a student is called here ----------------------------------------------------------------


def student_name(text: str) -> str:
    """Return a name that can be a folder's on every system: letters, digits and . _ @ - only, and
    not too many."""
    text = unicodedata.normalize("NFC", text.strip())
    name = re.sub(r"[^\w.@-]+", "_", text).strip("._") or "unnamed"
    if RESERVED.match(name):
        name = f"student_{name}"
    while len(name) > MOST_CHARACTERS or len(name.encode()) > 2 * MOST_CHARACTERS:
        name = name[: min(MOST_CHARACTERS, len(name) - 1)]
    return name


class Names:
    """What each student of a class is called, so that no two who differ are taken for one, in this
    call and in all others.

    Args:
        file: where that is kept between calls; None to keep nothing.

    Raises:
        NamesError: the file is there and cannot be read.
    """

    def __init__(self, file: Path | None = None):
        self.file = file
        self.keys: dict[str, str] = {}
        if file and file.exists():
            self.keys = self.read(file)

    @staticmethod
    def read(file: Path) -> dict[str, str]:
        """Return the keys of students by their names.

        Raises:
            NamesError: the file cannot be read.
        """
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            if not isinstance(kept, dict) or not all(isinstance(key, str) for key in kept.values()):
                raise ValueError("it does not hold names")
        except (OSError, ValueError) as problem:
            raise NamesError(
                f"{file}, which says what the students of this class are called, cannot be read "
                f"({problem}): put it back from a copy, or remove it to begin anew."
            ) from None
        return kept

    def of(self, key: str, text: str) -> str:
        """Return the name of a student: the one that is known, or a new one that nobody has.

        Args:
            key: as in `Owner`.
            text: the name as the export has it.
        """
        for name, known in self.keys.items():
            if known == key:
                return name
        name = student_name(text)
        taken = {other.casefold() for other in self.keys}
        mark = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
        for length in range(6, 65):
            if name.casefold() not in taken:
                break
            name = f"{student_name(text)[: MOST_CHARACTERS - 65]}-{mark[:length]}"
        self.keys[name] = key
        return name

    def keep(self) -> None:
        """Write what has been found out."""
        if self.file:
            write_whole(self.file, json.dumps(self.keys, indent=1, ensure_ascii=False))
