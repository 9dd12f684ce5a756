"""Make the files of a release: the course and the labs' student versions as zips, and checksums.

    python -m tools.release v2.0

They lie in build/release/ afterwards, and what CHANGELOG.md says of the version in
build/release-notes.md. The hosted workflow release.yml calls this when a tag is pushed. A release
is refused where tag, pyproject.toml, CITATION.cff and CHANGELOG.md do not name the same version.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from tools.notebooks import ROOT
from tools.real_results import sha256

OUT = ROOT / "build" / "release"
NOTES = ROOT / "build" / "release-notes.md"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that equal files give equal zips


class ReleaseError(ValueError):
    """A release cannot be made; the message says in one sentence why."""


def version_of(root: Path) -> str:
    """Return the version that pyproject.toml names."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]


def cited_version(root: Path) -> str:
    """Return the version that CITATION.cff names; empty if it names none."""
    found = re.search(r"(?m)^version: (\S+)", (root / "CITATION.cff").read_text(encoding="utf-8"))
    return found[1] if found else ""


def notes_of(version: str, root: Path) -> str:
    """Return what CHANGELOG.md says of a version, without its heading; empty if it has none."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = rf"(?ms)^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    found = re.search(section, text)
    return found[1].strip() + "\n" if found else ""


def check(tag: str, root: Path = ROOT) -> str:
    """Return the version that a tag stands for.

    Raises:
        ReleaseError: another file names another version, or says nothing of this one.
    """
    version = version_of(root)
    if tag != f"v{version}":
        raise ReleaseError(f"The tag is {tag}, but pyproject.toml names the version {version}.")
    if cited_version(root) != version:
        raise ReleaseError(f"CITATION.cff must hold the line 'version: {version}'.")
    if not notes_of(version, root):
        raise ReleaseError(f"CHANGELOG.md must hold a section '## [{version}] - YEAR-MONTH-DAY'.")
    return version


def zip_folder(folder: Path, target: Path, top: str) -> None:
    """Write a zip of a folder, the same bytes for the same files.

    Args:
        folder: what is put in.
        target: the zip.
        top: the one folder that the zip unpacks to.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{top}/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)


def zip_course(tag: str, target: Path, top: str) -> None:
    """Write a zip of everything that git keeps under a tag."""
    command = ["git", "archive", "--format=zip", f"--prefix={top}/", f"--output={target}", tag]
    subprocess.run(command, cwd=ROOT, check=True)


def zip_labs(target: Path, top: str) -> None:
    """Write a zip of the student versions of all labs."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "tools.labs", "release", "--home", home]
        subprocess.run(command, cwd=ROOT, check=True)
        zip_folder(Path(home) / "release", target, top)


def make(tag: str) -> list[Path]:
    """Make all files of a release; return them.

    Raises:
        ReleaseError: the versions do not agree.
        subprocess.CalledProcessError: git knows no such tag, or the labs cannot be released.
    """
    version = check(tag)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    course, labs = OUT / f"course-{version}.zip", OUT / f"labs-{version}.zip"
    zip_course(tag, course, course.stem)
    zip_labs(labs, labs.stem)
    lines = [f"{sha256(path)}  {path.name}\n" for path in (course, labs)]
    sums = OUT / "SHA256SUMS"
    sums.write_text("".join(lines), encoding="utf-8", newline="")
    NOTES.write_text(notes_of(version, ROOT), encoding="utf-8")
    return [course, labs, sums]


def main(arguments: list[str] | None = None) -> int:
    """Make a release; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release", description="Make the files of a release."
    )
    parser.add_argument("tag", metavar="TAG", help="as in v2.0")
    try:
        for path in make(parser.parse_args(arguments).tag):
            print(f"{path.relative_to(ROOT).as_posix()}: {path.stat().st_size / 1e6:.1f} MB")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"No release was made, as this failed: {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
