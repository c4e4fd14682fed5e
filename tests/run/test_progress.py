"""What a run says while it goes on."""

from harness.run.progress import outlook


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
