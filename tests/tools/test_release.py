"""The files of a release: which versions must agree, what the zips hold."""

import zipfile

import pytest

from tools import release
from tools.notebooks import ROOT

PROJECT = '[project]\nname = "x"\nversion = "2.0"\n'
CITATION = "cff-version: 1.2.0\ntitle: x\nversion: 2.0 # of the code\n"
CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [2.0] - 2030-01-31

### Added

- Lessons.

## [1.0] - 2029-01-31

The first.
"""


@pytest.fixture
def root(tmp_path):
    """Return a folder whose files agree on version 2.0."""
    for name, text in {
        "pyproject.toml": PROJECT,
        "CITATION.cff": CITATION,
        "CHANGELOG.md": CHANGELOG,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_release_is_made_where_all_name_the_same_version(root):
    assert release.check("v2.0", root) == "2.0"


@pytest.mark.parametrize(
    ("tag", "name", "text", "says"),
    [
        ("v2.1", None, None, "The tag is v2.1, but pyproject.toml names the version 2.0."),
        ("2.0", None, None, "The tag is 2.0, but"),
        ("v2.0", "CITATION.cff", CITATION.replace("2.0 #", "2.0.0 #"), "CITATION.cff must hold"),
        ("v2.0", "CITATION.cff", "title: x\n", "CITATION.cff must hold the line 'version: 2.0'."),
        ("v2.0", "CHANGELOG.md", CHANGELOG.replace("[2.0]", "[200]"), "CHANGELOG.md must hold"),
        ("v2.0", "CHANGELOG.md", CHANGELOG.replace("] - 2030-01-31", "]"), "CHANGELOG.md must"),
    ],
)
def test_a_release_is_refused_where_one_names_another(root, tag, name, text, says):
    if name:
        (root / name).write_text(text, encoding="utf-8")
    with pytest.raises(release.ReleaseError) as caught:
        release.check(tag, root)
    assert str(caught.value).startswith(says)


def test_the_notes_are_what_the_changelog_says_of_this_version(root):
    assert release.notes_of("2.0", root) == "### Added\n\n- Lessons.\n"
    assert release.notes_of("1.0", root) == "The first.\n"
    assert release.notes_of("3.0", root) == ""


def test_equal_folders_give_equal_zips(tmp_path):
    zips = []
    for number, names in enumerate((("a.txt", "b/c.txt"), ("b/c.txt", "a.txt"))):
        folder = tmp_path / str(number)
        (folder / "b").mkdir(parents=True)
        for name in names:
            (folder / name).write_text(name, encoding="utf-8")
        zips.append(tmp_path / f"{number}.zip")
        release.zip_folder(folder, zips[-1], "labs-2.0")
    assert zips[0].read_bytes() == zips[1].read_bytes()
    with zipfile.ZipFile(zips[0]) as archive:
        assert archive.namelist() == ["labs-2.0/a.txt", "labs-2.0/b/c.txt"]
        assert archive.read("labs-2.0/b/c.txt") == b"b/c.txt"


def test_checksums_are_those_of_the_zips_and_old_files_are_gone(root, monkeypatch, capsys):
    out = root / "build" / "release"
    out.mkdir(parents=True)
    (out / "course-1.0.zip").write_bytes(b"old")
    monkeypatch.setattr(release, "ROOT", root)
    monkeypatch.setattr(release, "OUT", out)
    monkeypatch.setattr(release, "NOTES", root / "build" / "release-notes.md")
    monkeypatch.setattr(release, "zip_course", lambda tag, target, top: target.write_bytes(b"abc"))
    monkeypatch.setattr(release, "zip_labs", lambda target, top: target.write_bytes(b"abc"))
    monkeypatch.setattr(release.check, "__defaults__", (root,))
    assert release.main(["v2.0"]) == 0
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of "abc", by NIST
    assert (out / "SHA256SUMS").read_bytes().decode() == (
        f"{sha}  course-2.0.zip\n{sha}  labs-2.0.zip\n"
    )
    assert sorted(path.name for path in out.iterdir()) == [
        *("SHA256SUMS", "course-2.0.zip", "labs-2.0.zip")
    ]
    assert "build/release/labs-2.0.zip: 0.0 MB" in capsys.readouterr().out
    assert release.main(["v3.0"]) == 1
    assert "pyproject.toml names the version 2.0" in capsys.readouterr().err


def test_the_course_names_one_version():
    assert release.cited_version(ROOT) == release.version_of(ROOT)
