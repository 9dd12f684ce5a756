"""Whose file it is, and what students are called."""

import unicodedata
from pathlib import PurePosixPath

import pytest

from tools.labs.students import Names, NamesError, owner, student_name

LATER = "2026-11-02-10-00-00"


@pytest.mark.parametrize(
    ("path", "key", "name"),
    [
        ("Ada Lovelace_47_assignsubmission_file_/lab0.ipynb", "Moodle 47", "Ada Lovelace_47"),
        ("Ada Lovelace_47_assignsubmission_file/lab0.ipynb", "Moodle 47", "Ada Lovelace_47"),
        ("Ada Lovelace_47_assignsubmission_file_lab0.ipynb", "Moodle 47", "Ada Lovelace_47"),
        ("Team A-Ada L_47_assignsubmission_file_/a/lab0.ipynb", "Moodle 47", "Team A-Ada L_47"),
        ("Participant_47_assignsubmission_file_/lab0.ipynb", "Moodle 47", "Participant_47"),
        ("Ada_47_assignsubmission_onlinetext_/onlinetext.html", "Moodle 47", "Ada_47"),
        ("Ada_47_assignsubmission_onlinetext_onlinetext.html", "Moodle 47", "Ada_47"),
        ("lovelaceada_4711_99_lab0.ipynb", "Canvas 4711", "lovelaceada_4711"),
        ("lovelaceada_LATE_4711_99_lab0-1.ipynb", "Canvas 4711", "lovelaceada_4711"),
        ("lovelaceada_4711_99_all.zip/lab0.ipynb", "Canvas 4711", "lovelaceada_4711"),
        ("lovelaceada_4711_text.html", "Canvas 4711", "lovelaceada_4711"),
        (f"Lab 0_ada42_attempt_{LATER}_lab0.ipynb", "Blackboard Lab 0_ada42", "ada42"),
        (f"Lab 0_ada42_attempt_{LATER}.txt", "Blackboard Lab 0_ada42", "ada42"),
        ("ada/lab0.ipynb", "name ada", "ada"),
        ("ada/lab0/lab0.ipynb", "name ada", "ada"),
        ("ada.ipynb", "name ada", "ada"),
        ("ada.ipynb.txt", "name ada", "ada"),
        ("ada.zip/lab0.ipynb", "name ada", "ada"),
        ("team_1_2_blue/lab0.ipynb", "name team_1_2_blue", "team_1_2_blue"),
    ],
)
def test_names_of_platforms(path, key, name):
    who = owner(PurePosixPath(path))
    assert (who.key, who.name) == (key, name)


def test_a_name_is_the_same_however_its_accents_are_stored():
    paths = [unicodedata.normalize(form, "Müller/lab0.ipynb") for form in ("NFC", "NFD")]
    assert paths[0] != paths[1]
    assert owner(PurePosixPath(paths[0])) == owner(PurePosixPath(paths[1]))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc", "etc"),
        ("José Pérez", "José_Pérez"),
        ("a[b]*?", "a_b"),
        ("..", "unnamed"),
        (" ", "unnamed"),
        ("CON", "student_CON"),
        ("nul.txt", "student_nul.txt"),
        ("Connie", "Connie"),
        ("\udcfcber", "ber"),
        ("=cmd()", "cmd"),
    ],
)
def test_a_name_stays_inside_its_folder_and_means_nothing_to_a_shell(given, name):
    assert student_name(given) == name


@pytest.mark.parametrize("text", ["x" * 300, "ü" * 300, "語" * 300, "x" * 120])
def test_a_long_name_is_cut_so_that_file_systems_take_it(text):
    name = student_name(text)
    assert len(name) <= 100 and len(name.encode()) <= 200
    assert len(Names().of("key", text).encode()) <= 200


ALIKE = ["Li, Wei", "Li Wei", "li wei", "Li_Wei", "Li; Wei", "x" * 300 + "1", "x" * 300 + "2"]


def test_names_that_differ_are_never_one_and_stay_in_the_next_call(tmp_path):
    names = Names(tmp_path / "students.json")
    first = {text: names.of(f"name {text}", text) for text in ALIKE}
    assert len({name.casefold() for name in first.values()}) == len(ALIKE)
    assert first["Li, Wei"] == "Li_Wei"
    names.keep()
    again = Names(tmp_path / "students.json")
    assert {text: again.of(f"name {text}", text) for text in ALIKE[::-1]} == first


def test_one_who_changes_the_name_on_the_platform_stays_one():
    names = Names()
    assert names.of("Moodle 47", "Ada Byron_47") == names.of("Moodle 47", "Ada Lovelace_47")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_a_damaged_list_of_names_is_not_begun_anew(tmp_path, text):
    (tmp_path / "students.json").write_text(text)
    with pytest.raises(NamesError, match="cannot be read"):
        Names(tmp_path / "students.json")
