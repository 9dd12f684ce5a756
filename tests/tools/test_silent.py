"""Cells that take long show how far they are."""

import pytest

from tests.support.small_course import book
from tools.silent import silent_cells

LONG = {0: 0.1, 1: 5.1, 2: 60.0}


@pytest.mark.parametrize(
    "long",
    [
        "for i in helpers.progress(range(3)):\n    work(i)",
        "from helpers import progress\nrows = [work(i) for i in progress(range(3))]",
        "network.fit(x, y, callbacks=[helpers.LiveProgress()])",
        "network.fit(x, y, callbacks=watch)",
        "watch.append(1)\nnetwork.fit(x, y, callbacks=[early, *watch])",
        "train(network)",
    ],
)
def test_a_cell_that_shows_progress_is_not_silent(long):
    first = (
        "watch = [keras.callbacks.TerminateOnNaN(), helpers.LiveProgress()]\n"
        "def train(network):\n    return network.fit(x, y, callbacks=watch)"
    )
    assert silent_cells(book(first, long, edition=2), LONG) == []


@pytest.mark.parametrize(
    "long",
    [
        "network.fit(x, y, verbose=0)",
        "network.fit(x, y, callbacks=early)",
        "# helpers.progress would be good here\nwork()",
        "print('progress')",
        "%time work()",
    ],
)
def test_a_long_cell_without_progress_is_named(long):
    first = "early = [keras.callbacks.EarlyStopping()]"
    lesson = book(first, "x = 1\n" + long, "y = 2\n" + long, edition=2)
    assert silent_cells(lesson, LONG) == [
        "Cell 1 takes 5 s and shows no progress; use helpers.progress or helpers.LiveProgress.",
        "Cell 2 takes 60 s and shows no progress; use helpers.progress or helpers.LiveProgress.",
    ]


def test_a_short_cell_and_the_first_edition_may_be_silent():
    assert silent_cells(book("work()", "work()", "work()", edition=2), {0: 5.0, 1: 0.2}) == []
    assert silent_cells(book("work()", "work()", "work()"), LONG) == []
