"""Schematics: every mechanism of the course, drawn in one style as an SVG file.

    python -m figures.draw                  draw all of them
    python -m figures.draw dropout          draw one
    python -m figures.draw --check          are the files those that would be drawn, and legible?
    python -m figures.draw --list           each as a notebook embeds it, with its alternative text

**To add a schematic**, write a function in the module of its notebook:

    @schematic(
        "The dropout layer",
        "In a training step half of the hidden units are silent; in prediction all of them work.",
        height=500,
    )
    def dropout(plate: Plate) -> None:
        ...

The name of the function is the name of the file; the description is one sentence, the alternative
text of the picture and the only place where it is written. A new module is added to MODULES in
`figures/draw.py`. Draw with the methods of `figures.style.Plate` and nothing else; a shape that two
schematics need goes there. Compute every number that the picture shows.

Then draw it, look at it 390 pixels wide (a phone) and at full size, on a white page and on a black
one, and embed it in the notebook: `![its description](../figures/dropout.svg)`.

What makes a good plate: one idea; a direction of reading, from left to right or from top to bottom;
few words, none smaller than `style.TEXT`; portrait rather than landscape, since a phone shrinks
a wide picture more; white space; a colour means one thing, and never alone. `figures/faults.py`
finds what can be measured: text that is too small, too pale, overlapping, crossed by a line or
outside of its box.
"""
