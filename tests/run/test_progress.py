"""What a run says while it goes on."""

from harness.run.progress import line, outlook
from tests.support.report_documents import cell, estimate


def cells(*of):
    return [{"claim": claim, "seconds": seconds} for claim, seconds in of]


def test_time_left_is_that_of_the_cells_so_far():
    assert outlook([], 30, 0.0) == "0/30"
    few = cells(("quick", 1.0), ("slow", 5.0))
    assert outlook(few, 30, 6.0) == "2/30 · slowest: slow"
    # Ten cells in 60 seconds: the other 20 take two minutes. Its many cells make quick the slowest claim.
    many = few + cells(*8 * [("quick", 1.0)])
    assert outlook(many, 30, 60.0) == "10/30 · 2 min left · slowest: quick"
    assert outlook(many, 10, 60.0) == "10/10 · slowest: quick"


def test_a_finished_cell_is_a_line_with_the_digits_of_its_interval():
    found = cell("one", "t: 4", "supported", estimate(0.6897, 0.5764, 0.789), {})
    found["predicted"] |= {"text": "at least -0.5", "low": -0.5}
    assert line(found) == (
        "✓ supported: one [t: 4] · bias explained 0.69 in [0.58, 0.79] · predicted at least −0.5 · 1.5 s"
    )
    exact = {**found, "estimate": estimate(0.25, 0.25, 0.25)}
    assert " · bias explained 0.25 exact · " in line(exact)
