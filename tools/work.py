"""Students' own copies of notebooks, in work/: made once, never overwritten.

The source stays as the authors wrote it, so that an update of the course meets nobody's changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from tools.console import say, stop

COPY = "course_copy"  # the metadata in which a copy says what it was made from

# A link or an image, [words](target "title"); its target may be in angle brackets, and without
# them it may hold pairs of parentheses.
INLINE = re.compile(r"(\]\(\s*)(<[^<>\n]*>|(?:[^\s()<>]|\([^\s()]*\))+)")
REFERENCE = re.compile(r"(?m)(^ {0,3}\[[^\]\n]+\]:\s*)(<[^<>\n]*>|\S+)")
TAG = re.compile(r"<[a-zA-Z][^<>]*>")
ATTRIBUTE = re.compile(r"(?i)(\b(?:src|href|poster)\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
SOURCE_SET = re.compile(r"(?i)(\bsrcset\s*=\s*)(\"[^\"]*\"|'[^']*')")
# Fenced blocks, and code spans within a paragraph: nothing in them is a link.
CODE = re.compile(
    r"""(?msx)
    ^\ {0,3} (?P<fence>```+|~~~+) .*? (?: ^\ {0,3} (?P=fence) | \Z )
    | (?P<ticks>`+) (?!`) (?: (?!\n[ \t]*\n) . )*? (?<!`) (?P=ticks) (?!`)
    """
)


def to_open(path: Path, root: Path) -> Path:
    """Return what JupyterLab opens for a notebook: the copy in work/, made now if there is none.

    Notebooks of the course (in Part*/) and labs as they are handed out (in labs/release/, with the
    files beside them) have a copy. Everything else is opened where it is.

    Args:
        path: what the user named, resolved; it lies in the course's folder.
        root: the course's folder, resolved.
    """
    place = path.relative_to(root)
    if path.is_dir() or path.suffix != ".ipynb":
        return path
    if place.parts[0] == "work":
        report_newer(path, root)
        return path
    if place.parts[0].startswith("Part"):
        copy = root / "work" / place
    elif place.parts[:2] == ("labs", "release") and len(place.parts) > 3:
        copy = root / "work" / Path(*place.parts[2:])
    else:
        return path
    if copy.exists():
        report_newer(copy, root)
        return copy
    book = read(path)
    if book is None:
        stop(f"{place.as_posix()} is not a notebook: expected JSON with a list of cells.", 2)
    if place.parts[0] == "labs":
        copy_missing(path.parent, copy.parent, path)
    make(book, path, copy, root)
    say(
        f"Your copy of {place.as_posix()} is {copy.relative_to(root).as_posix()}: change it as you "
        "like, it is never overwritten (--original opens the original)."
    )
    return copy


def read(path: Path) -> dict | None:
    """Return a notebook's content; None if the file holds none."""
    try:
        book = json.loads(path.read_text(encoding="utf-8-sig"))
        sound = isinstance(book.setdefault("metadata", {}), dict)
        return (
            book if sound and all(isinstance(text(cell), str) for cell in book["cells"]) else None
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def text(cell: dict) -> str:
    """Return the source of a cell, which may be stored as a list of lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def digest(book: dict) -> str:
    """Return a hash of what is written in a notebook's cells; outputs do not count."""
    cells = [[cell.get("cell_type"), text(cell)] for cell in book["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def report_newer(copy: Path, root: Path) -> None:
    """Say so if the source of a copy is not any more what the copy was made from."""
    book = read(copy)
    made_from = book["metadata"].get(COPY) if book else None
    if not isinstance(made_from, dict) or not isinstance(made_from.get("source"), str):
        return  # the user's own notebook
    source = root / made_from["source"]
    book = read(source) if source.exists() else None
    if book is not None and digest(book) != made_from.get("sha256"):
        say(
            f"{made_from['source']} has changed since your copy "
            f"{copy.relative_to(root).as_posix()} was made: to get the new one as well, rename "
            f"your copy and call `python course.py lab {made_from['source']}` again."
        )


def make(book: dict, path: Path, copy: Path, root: Path) -> None:
    """Write a copy whose links and images lead from its place to where they led from the source's.

    Args:
        book: the source's content; it is changed.
        path: the source.
        copy: where the copy goes; the file appears there wholly or not at all.
        root: the course's folder.
    """
    made_from = {"source": path.relative_to(root).as_posix(), "sha256": digest(book)}
    for cell in book["cells"]:
        if cell.get("cell_type") == "markdown":
            cell["source"] = moved(text(cell), path.parent, copy.parent)
    book["metadata"][COPY] = made_from
    copy.parent.mkdir(parents=True, exist_ok=True)
    part = copy.with_name(f".{copy.name}.{os.getpid()}.part")
    try:
        part.write_text(
            json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
        )
        part.rename(copy)
    finally:
        part.unlink(missing_ok=True)


def copy_missing(source: Path, target: Path, but: Path) -> None:
    """Copy a folder's files to where there are none of this name yet, but for one file."""
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and path != but and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)


def moved(markdown: str, old: Path, new: Path) -> str:
    """Return a Markdown text whose relative links work in another folder.

    A link that works there as it is stays: it leads to another copy, or to a file that was copied
    along. So does one that leads nowhere.

    Args:
        markdown: the text, which may hold HTML.
        old: the folder for which it was written.
        new: the folder in which it is shown.
    """

    def target(link: str) -> str:
        path, rest = re.fullmatch(r"(?s)([^?#]*)(.*)", link).groups()
        if not path or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\]", path):
            return link
        if (new / unquote(path)).exists() or not (old / unquote(path)).exists():
            return link
        base = Path(os.path.relpath(old, new)).as_posix()
        climbed = os.path.normpath(f"{base}/{path}").replace(os.sep, "/")
        slash = "/" if path.endswith("/") else ""
        return climbed + slash + rest

    return outside_code(markdown, lambda piece: with_targets(piece, target))


def outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Return a Markdown text with everything changed that is not code."""
    pieces, end = [], 0
    for found in CODE.finditer(markdown):
        pieces += [change(markdown[end : found.start()]), found.group()]
        end = found.end()
    return "".join([*pieces, change(markdown[end:])])


def with_targets(markdown: str, target: Callable[[str], str]) -> str:
    """Return a Markdown text, without code, in which the target of every link is replaced."""

    def link(found: re.Match) -> str:
        before, value = found.groups()
        if value[0] in "<\"'":
            return before + value[0] + target(value[1:-1]) + value[-1]
        return before + target(value)

    def source_set(found: re.Match) -> str:
        before, value = found.groups()
        if "data:" in value:  # an image written out, in which commas separate nothing
            return found.group()
        images = [image.strip().partition(" ") for image in value[1:-1].split(",")]
        return (
            before
            + value[0]
            + ", ".join(target(address) + blank + size for address, blank, size in images)
            + value[-1]
        )

    def tag(found: re.Match) -> str:
        return SOURCE_SET.sub(source_set, ATTRIBUTE.sub(link, found.group()))

    markdown = TAG.sub(tag, markdown)
    return REFERENCE.sub(link, INLINE.sub(link, markdown))
