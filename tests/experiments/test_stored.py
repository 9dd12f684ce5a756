"""What is stored in experiments/results still holds; nothing is trained."""

import pytest

from experiments.table import STORED, read
from tools.experiments import checking, declare, page


@pytest.mark.parametrize("name", declare.names())
def test_a_stored_table_holds(name):
    assert checking.stored_fault(declare.read(name)) == ""


def test_no_table_has_lost_its_experiment():
    assert checking.orphans() == []


def test_ci_can_repeat_one_run_of_each_in_time():
    seconds = 0
    for name in declare.names():
        table = read(STORED / f"{name}.csv")
        ((_, configuration, seed),) = checking.to_repeat(declare.read(name), table, False)
        wanted = {**declare.cells(configuration), "seed": str(seed)}
        (row,) = (row for row in table.rows if wanted.items() <= row.items())
        assert float(row["seconds"]) <= checking.MOST_RUN_S
        seconds += float(row["seconds"])
    assert seconds <= checking.MOST_ALL_S


def test_the_list_of_experiments_is_up_to_date():
    assert page.text() == page.PAGE.read_text(encoding="utf-8"), "run: course.py experiments"
