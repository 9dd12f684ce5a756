"""Schematics: the stored files are those that are drawn, true to the data, and legible."""

import os
import re
import shutil
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import helpers
from figures import ann, draw, perceptron, tuning
from figures import course as course_map
from figures.colours import CARD, FAINT, INK, RED, Tone, contrast
from figures.faults import faults
from figures.geometry import Box, Node, bent, between
from figures.style import Plate, Schematic, schematic
from figures.words import run_width, runs, width
from tools.notebooks import course_notebooks, read

CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
DESCRIPTION = "Two boxes that are joined by an arrow."


# --- The schematics of the course -----------------------------------------------------------------


def test_the_stored_files_are_those_that_are_drawn_and_legible():
    assert draw.problems() == []


def test_they_are_the_same_bytes_in_another_process():
    """Neither the order of sets nor a locale of the user's may show."""
    changed = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "figures.draw", "--check"]
    done = subprocess.run(
        command, cwd=draw.FOLDER.parent, env={**os.environ, **changed}, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_churn_network_has_the_inputs_that_the_data_give():
    churn = helpers.load_churn()
    left_out = {"RowNumber", "CustomerId", "Surname", "Exited"}
    assert {*ann.NUMBERS, *ann.CATEGORIES} == set(churn.train) - left_out
    values = {column: churn.train[column].nunique(dropna=False) for column in ann.CATEGORIES}
    assert values == ann.CATEGORIES, "one input for each value, a missing one among them"


def test_the_hidden_units_that_are_drawn_solve_xor():
    outputs = {corner: (1, -2) @ np.array(perceptron.hidden(*corner)) for corner in CORNERS}
    assert outputs == {(a, b): a ^ b for a, b in CORNERS}
    assert perceptron.hidden(0, 1) == perceptron.hidden(1, 0), "drawn as two points in one place"


def test_nine_random_tries_come_nearer_to_the_best_value_than_a_grid_of_nine():
    grid, tries = ({a for a, _ in places} for places in (tuning.GRID, tuning.RANDOM))
    assert len(tuning.GRID) == len(tries) == 9 and len(grid) == 3
    assert max(map(tuning.gain, tries)) > 0.9 > 0.5 > max(map(tuning.gain, grid))


def test_every_notebook_is_a_station_of_the_map():
    stations = {
        f"{part}/{name}" for part, (*_, names) in course_map.PARTS.items() for name in names
    }
    notebooks = {f"{path.parent.name}/{path.stem}" for path in course_notebooks()}
    assert notebooks and notebooks <= stations


def other_words(text):
    """Return the schematics that a text in Markdown embeds with other words than their own."""
    known = draw.schematics()
    embedded = re.findall(r"!\[([^]]*)\]\([^)\s]*\bfigures/(\w+)\.svg", text)
    return [name for words, name in embedded if name in known and words != known[name].description]


def test_who_embeds_a_schematic_takes_its_description_as_alternative_text():
    root = draw.FOLDER.parent
    texts = {path: path.read_text(encoding="utf-8") for path in root.glob("*.md")}
    texts |= {path: path.read_text(encoding="utf-8") for path in root.glob("Part*/*.md")}
    for path in course_notebooks():
        cells = (cell.source for cell in read(path).cells if cell.cell_type == "markdown")
        texts[path] = "\n\n".join(cells)
    wrong = {path.name: names for path, text in texts.items() if (names := other_words(text))}
    assert wrong == {}, "python -m figures.draw --list prints them as they are embedded"


def test_other_words_are_found():
    dropout = draw.embedded(draw.schematics()["dropout"])
    assert other_words(dropout) == []
    assert other_words(f"{dropout}\n\n![A layer](../figures/dropout.svg)") == ["dropout"]
    assert other_words("![](figures/course.svg)") == ["course"]


# --- The command ----------------------------------------------------------------------------------


def test_a_stale_a_missing_and_a_surplus_file_are_found(tmp_path):
    for path in draw.FOLDER.glob("*.svg"):
        shutil.copy(path, tmp_path)
    assert draw.problems(tmp_path) == []
    stale = tmp_path / "dropout.svg"
    stale.write_bytes(stale.read_bytes().replace(b"\n", b"\r\n"))
    (tmp_path / "course.svg").unlink()
    (tmp_path / "old.svg").write_text("<svg/>")
    sentences = draw.problems(tmp_path)
    assert len(sentences) == 3
    assert {sentence.split()[0] for sentence in sentences} == {
        *("dropout.svg", "course.svg", "old.svg")
    }


def test_the_command_draws_lists_and_checks(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(draw, "FOLDER", tmp_path)
    assert draw.main(["dropout", "course"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"dropout.svg", "course.svg"}
    assert "Drawn: dropout, course." in capsys.readouterr().out
    assert draw.main(["--list", "dropout"]) == 0
    words = draw.schematics()["dropout"].description
    assert capsys.readouterr().out == f"![{words}](../figures/dropout.svg)\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "no schematic is called nothing; there are course, "),
        (["--check", "dropout"], "--check looks at all schematics; it takes no names."),
    ],
)
def test_wrong_arguments_are_said(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as stopped:
        draw.main(arguments)
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_command_says_what_is_hard_to_read(tmp_path, monkeypatch, capsys):
    @schematic("A dot", DESCRIPTION, height=100)
    def pale(plate):
        plate.text(380, 50, "pale", colour=FAINT)

    module = ModuleType("pale")
    module.pale = pale
    monkeypatch.setattr(draw, "MODULES", (module,))
    monkeypatch.setattr(draw, "FOLDER", tmp_path)
    assert draw.main([]) == 1
    assert "pale.svg: 'pale' has a contrast of " in capsys.readouterr().out


def test_two_schematics_of_one_name_are_refused(monkeypatch):
    twin = ModuleType("twin")
    twin.other = Schematic("dropout", "A title", DESCRIPTION, (760, 100), lambda plate: None)
    monkeypatch.setattr(draw, "MODULES", (ann, twin))
    with pytest.raises(ValueError, match="Two schematics are called 'dropout'"):
        draw.schematics()


# --- What is hard to read -------------------------------------------------------------------------


def plate(size=(760, 300), title="Two boxes", description=DESCRIPTION):
    """Return a plate with two boxes and an arrow."""
    made = Plate("sample", title, description, size)
    boxes = [made.box(x, 100, 160, 80, words) for x, words in ((60, "here"), (400, "*x*_1 there"))]
    made.link(*boxes)
    return made


def test_a_sound_plate_has_no_faults():
    assert faults(plate().svg()) == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (lambda p: p.text(20, 50, "at the edge"), "comes too near to the border"),
        (lambda p: p.text(380, 292, "at the foot"), "comes too near to the border"),
        (lambda p: p.text(740, 30, "down", turned=True), "comes too near to the border"),
        (lambda p: p.text(140, 145, "over"), "'over' and 'here' overlap"),
        (lambda p: p.text(140, 60, "small", size=17), "'small' is 8.7 pixels high on a phone"),
        (lambda p: p.text(600, 40, "x_i", size=20), "'xi' is "),
        (lambda p: p.text(140, 60, "pale", colour=FAINT), "'pale' has a contrast of "),
        (lambda p: p.text(310, 140, "mid"), "'mid' is crossed by a line"),
        (lambda p: p.line((100, 100), (180, 180)), "'here' is crossed by a line"),
        (lambda p: p.box(200, 20, 60, 40, "too long"), "'too long' does not fit into its shape"),
        (lambda p: p.node(300, 50, 30, "round"), "'round' does not fit into its shape"),
        (lambda p: p.area([(60, 90), (240, 90), (240, 190), (60, 190)], INK), "is covered"),
    ],
)
def test_text_in_the_wrong_place_is_found(more, sentence):
    made = plate()
    more(made)
    assert any(sentence in found for found in faults(made.svg())), faults(made.svg())


def test_a_label_hides_the_line_that_it_stands_on():
    made = plate()
    made.label(310, 140, "mid")
    assert faults(made.svg()) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("</svg>", "", "it is no XML"),
        ("</svg>", "<script/></svg>", "it has an element script"),
        (
            "</svg>",
            "<image href='https://example.org/a.png'/></svg>",
            "refers to something outside",
        ),
        ("<circle", "<circle onclick='go()'", "refers to something outside, or runs"),
        ('fill="none"', 'fill="url(#a)"', "refers to something outside"),
        ('role="img"', 'role="graphic"', "it needs role='img'"),
        ("sample-desc sample", "sample", "it needs role='img'"),
        ('id="sample-desc"', 'id="other"', "it needs role='img'"),
        ('viewBox="0 0', 'viewBox="9 0', "no svg element with a viewBox"),
        ("Two boxes<", "<", "its title is empty"),
        (DESCRIPTION, "Two boxes.", "its desc is no sentence"),
        (DESCRIPTION, DESCRIPTION.rstrip("."), "its desc is no sentence"),
        (DESCRIPTION, f"{DESCRIPTION} Here they are.", "more than one sentence"),
        (DESCRIPTION, "Two boxes [a, b] that are joined.", "holds a bracket"),
        ("</svg>", f"<!--{'a' * 60_000}--></svg>", "60,000 or more"),
    ],
)
def test_a_file_of_the_wrong_form_is_found(old, new, sentence):
    made = plate()
    made.node(600, 50, 20)
    svg = made.svg()
    if old.startswith("sample-desc"):
        old, new = 'aria-labelledby="sample-title sample-desc"', 'aria-labelledby="sample-title"'
    assert old in svg
    found = faults(svg.replace(old, new, 1))
    assert any(sentence in one for one in found), found


# --- What plates are drawn with -------------------------------------------------------------------


def test_markup_sets_symbols_and_their_places():
    found = runs("at **W***x*_{12} + 1^2", 25)
    assert [run.text for run in found] == ["at ", "W", "x", "12", " + 1", "2"]
    assert [run.bold for run in found] == [False, True, False, False, False, False]
    assert [run.italic for run in found] == [False, False, True, False, False, False]
    assert found[3].shift > 0 > found[5].shift and found[4].shift == 0


def test_widths_leave_room_for_wider_fonts():
    assert width("mm", 25) == pytest.approx(1.1 * sum(map(run_width, runs("mm", 25))))
    assert width("mmm", 25) == pytest.approx(1.5 * width("mm", 25), rel=0.01)
    assert width("mm", 25, bold=True) > width("mm", 25) > width("mm", 20)


def test_words_stand_on_their_line_again_after_a_subscript():
    made = Plate("sample", "A symbol", DESCRIPTION, (760, 100))
    made.text(380, 50, "*x*_1 + 1")
    shifts = [float(span.get("dy", 0)) for span in made.root[-1]]
    assert sum(shifts) == pytest.approx(0) and max(shifts) > 0


def test_arrows_end_a_small_gap_before_shapes():
    a, b = Box(0, 0, 100, 60), Node(300, 30, 40)
    assert between(a, b) == ((105, 30), (255, 30))
    below = Box(0, 200, 100, 60)
    assert between(a, below) == ((50, 65), (50, 195))


def test_corners_are_rounded_and_ends_kept():
    line = [(0, 0), (100, 0), (100, 100)]
    assert bent(line, 0) == line
    rounded = bent(line, 20)
    assert (rounded[0], rounded[-1]) == (line[0], line[-1])
    assert (100, 0) not in rounded and (80, 0) in rounded and (100, 20) in rounded


@pytest.mark.parametrize("colour", helpers.COLOURS[:5])
def test_tones_are_told_apart_from_what_is_behind_them(colour):
    tone = Tone.of(colour)
    assert contrast(tone.ink, tone.tint) >= 4.5 and contrast(tone.ink, "#FFFFFF") >= 4.5
    assert tone.line == colour


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast(CARD, RED.line) == contrast(RED.line, CARD)
