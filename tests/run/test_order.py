"""Crux cells come first in the part of every process, and no cell is lost."""

from hypothesis import given
from hypothesis import strategies as st

from harness.run.order import crux_first

CELLS = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=40)


def ordered(cells, processes):
    numbered = list(enumerate(cells))
    return crux_first(numbered, lambda cell: cell[1][1], lambda cell: cell[1][0], processes)


@given(CELLS, st.integers(1, 5))
def test_all_cells_are_there_once(cells, processes):
    assert sorted(ordered(cells, processes)) == list(enumerate(cells))


@given(CELLS)
def test_one_process_has_all_crux_cells_first_and_else_keeps_the_order(cells):
    found = ordered(cells, 1)
    assert found == sorted(found, key=lambda cell: (not cell[1][1], cell[0]))


def test_each_of_two_processes_begins_with_the_crux_cells_of_every_other_claim():
    cells = [(claim, number == 0) for claim in "abcd" for number in range(5)]
    found = [cell for _, cell in ordered(cells, 2)]
    assert found[:3] == [("a", True), ("c", True), ("a", False)]
    assert found[10:13] == [("b", True), ("d", True), ("c", False)]
