"""Characters of a path are never a pattern, wherever course and class lie."""

import shutil

import nbformat
import pytest

from tools.labs import literal_paths
from tools.labs.course import SOURCE, Course

LAB = "lab5_som"
PLACES = ["course (1)", "course+notes", "home [x]", "a{2}$^.", "50% of it"]


@pytest.mark.parametrize("place", PLACES)
def test_folders_that_are_there_mean_themselves(tmp_path, place):
    folder = tmp_path / place / "ada"
    folder.mkdir(parents=True)
    (tmp_path / "home x").mkdir()
    for name in ("a.txt", "b.txt", "c.csv"):
        (folder / name).touch()
    assert sorted(literal_paths.found(f"{folder}/*.txt")) == [f"{folder}/{n}.txt" for n in "ab"]
    assert literal_paths.found(f"{tmp_path / place}/*/c.csv") == [f"{folder}/c.csv"]
    assert literal_paths.found(str(folder)) == [str(folder)]
    assert literal_paths.found(f"{folder}/none") == []


def test_a_lab_is_released_wherever_it_lies(tmp_path):
    place = " ".join(PLACES)
    source = tmp_path / place / "source"
    (source / LAB).mkdir(parents=True)
    small = nbformat.read(SOURCE / LAB / f"{LAB}.ipynb", 4)
    small.cells = small.cells[:8]
    nbformat.write(small, source / LAB / f"{LAB}.ipynb")
    course = Course(tmp_path / place / "home")
    course.coursedir.source_directory = str(source)
    course.release(LAB)
    assert (tmp_path / place / "home" / "release" / LAB / f"{LAB}.ipynb").is_file()
    assert course.api.get_source_assignments() == {LAB}
    submitted = tmp_path / place / "home" / "submitted" / "ada"
    shutil.copytree(tmp_path / place / "home" / "release" / LAB, submitted / LAB)
    assert course.api.get_submitted_students(LAB) == {"ada"}
