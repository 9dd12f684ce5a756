"""Hints about words: where the field has a term of its own, and where the spelling is American.

They judge by words alone and may be wrong, so they are printed and stop nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tools.lint.lesson import prose
from tools.lint.looking import code_cells, rule, section, tags

# A pattern (words, any case of the first letter), and what the field says instead.
TERMS = {
    "pictures?": "image (a drawing may be a picture)",
    "test part": "test set",
    "kept aside|keeps? aside": "held out, holds out",
    "committees?": "ensemble",
    "mend(s|ed|ing)?": "fix",
    "strangers?": "unseen rows or images",
    "spoilt": "noisy",
    "t(old|ell) apart": "distinguished, distinguish",
    "whoever": "anyone who",
    "rightly": "correctly",
    "teachers?(?! forcing|-forc)": "training examples, training speakers",
    "in earnest": "in practice",
    "Frechet": "Fréchet",
    "fears?": "penalises",
    "turn(s|ed) round": "reverses, is flipped",
    "dear": "expensive",
    "deaf": "the signal has vanished",
    "as it likes": "arbitrary",
    "names? the next": "predicts the next",
    "growth named": "growth predicted",
    "spread 1": "standard deviation 1",
    "hold(s|ing)? back": "regularises",
    "in use|out of use": "at inference",
    "what (it|they) (is|are) worth": "how useful it is",
    "sceptics?": "baseline (once is enough)",
    "by heart": "memorised",
    "crowds?": "set",
    "must bend": "must be nonlinear",
    "can never answer": "cannot solve",
    "still arrives": "still converges",
    "goes to nothing": "falls towards zero",
    "kerb": "margin",
    "holds news": "carries new information",
    "eight looks": "test-time augmentation",
    "leads? home": "the gradient has an identity path",
    "(upright|level) edges?": "vertical or horizontal edges",
    "repeated origins": "rolling-origin evaluation",
    "gates held": "gates biased open",
    "(get|gets|are|is) shortened": "clipped",
    "poor place": "poor local optimum",
    "makes? a hole": "produces a NaN",
    "show their hands?": "leave their own trace",
    "owe to each other": "dependence between",
    "asks? the same": "attends to the same",
    "made hot": "raise the temperature of",
    "deal(s|t)? .{0,20}anew": "shuffle",
}
AMERICAN = {
    # not size, resize, prize, seize, which are British, too
    r"(?!((re|over|under|cap)?siz|priz|seiz))\w+iz(e|es|ed|ing|er|ers|ation|ations)": (
        "-ise, -isation"
    ),
    "color(s|ed|ing)?": "colour",
    "behavior(s|al)?": "behaviour",
    "neighbor(s|ing|hood)?": "neighbour",
    "favor(s|ed|ite|able)?": "favour",
    "labor(s)?": "labour",
    "center(s|ed|ing)?": "centre",
    "meters?": "metre",
    "gray(scale)?": "grey",
    "analyz(e|es|ed|ing)": "analyse",
    "catalogs?": "catalogue",
    "(model|label|travel|cancel|signal)(ed|ing)": "-lled, -lling",
    "artifacts?": "artefact",
    "judgment": "judgement",
    "toward": "towards",
    "gotten": "got",
    "math": "mathematics",
    "skeptic(s|al)?": "sceptic",
    "defense": "defence",
    "fulfill(s)?": "fulfil",
}


def _texts(book: NotebookNode) -> Iterator[tuple[int, str]]:
    """Yield number and text of what a reader reads: prose and captions, but not the papers."""
    papers = section(book, "Papers")
    yield from ((i, text) for i, text in prose(book) if i not in papers)
    for i, cell in code_cells(book):
        for output in [] if "quotes-data" in tags(cell) else cell.outputs:
            yield i, str(output.get("data", {}).get("text/markdown", ""))


def _found(book: NotebookNode, pairs: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    """Yield (cell, words, what is better) for each pattern, once a cell."""
    for i, text in _texts(book):
        for pattern, better in pairs.items():
            match = re.search(rf"(?i)(?<![\w-])(?:{pattern})(?![\w-])", text)
            if match:
                yield i, match.group(), better


@rule(only=2, hint=True)
def terms(book: NotebookNode, path: Path) -> list[str]:
    """The text uses the field's own terms."""
    return [f"Cell {i}: '{word}': better {better}." for i, word, better in _found(book, TERMS)]


@rule(only=2, hint=True)
def british_spelling(book: NotebookNode, path: Path) -> list[str]:
    """The text is spelt as in British English."""
    return [f"Cell {i}: '{word}': British {better}." for i, word, better in _found(book, AMERICAN)]
