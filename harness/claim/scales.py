"""Scales: how much work one cell may be given, in seconds of a core whose prices come with the package.

What is drawn depends on the seed, the scale and the code, and on no clock, so that every machine finds the same.
"""

from dataclasses import dataclass
from math import inf, isinf


@dataclass(frozen=True)
class Scale:
    """How much a run may cost. work: priced seconds of the samples of one cell, at all its looks. effort: shards at the
    first look. looks: number of looks, each of which doubles the shards. dearest: a cell whose first look is priced at
    more seconds is not asked at this scale. crux: times its work that a crux cell may have where that is foreseen to
    decide it. one_axis_at_a_time: whether a test is asked only where at most one axis has a value that it has not at
    smoke.
    """

    name: str
    work: float
    effort: int
    looks: int
    dearest: float = inf
    crux: float = 3.0
    one_axis_at_a_time: bool = False


SCALES = {
    "smoke": Scale("smoke", 3.0, 1, 4, crux=8.0),
    "standard": Scale("standard", 20.0, 1, 6, dearest=30.0, one_axis_at_a_time=True),
    "full": Scale("full", 600.0, 8, 7),
}


# Shares of work, of a budget in time, and of its claim's error, that a crux cell has: it is for these few that a claim
# is asked. Its first look may be as many times as dear.
CRUX_SHARES = 6
# Any other cell that is foreseen to be decided may have so many times its work.
FORESEEN = 3.0


def allowance(
    budget: float,
    computed: float,
    shares: float,
    judged: float,
    own: int = 1,
    first: float = 0.0,
    unlooked: float = 0.0,
) -> float:
    """Seconds that the next cell of a process may take where a run has a budget in time: three times its share of what
    remains after the first looks of all cells.

    Args:
        budget: seconds for all of the process's cells; inf for no end.
        computed: seconds spent so far.
        shares: of all cells that the process has to judge, together.
        judged: shares of those that it has judged.
        own: shares of the cell.
        first: seconds that a first look is foreseen to take.
        unlooked: cells to come whose first looks are not stored.

    Returns:
        Seconds, at most those that remain, at least what a first look takes.
    """
    left = max(budget - computed, 0.0)
    if isinf(left):
        return left
    deeper = max(left - first * unlooked, 0.0)
    return min(max(3 * own * deeper / max(shares - judged, own), first), left)
