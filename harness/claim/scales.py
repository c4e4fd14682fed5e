"""Scales: how much a run may cost, and how much of that one cell may spend."""

from dataclasses import dataclass
from math import isinf


@dataclass(frozen=True)
class Scale:
    """How much a run may cost. effort: shards at the first look. looks: number of looks, each of which doubles the
    shards.
    """

    name: str
    budget_seconds: float
    effort: int
    looks: int


SCALES = {
    "smoke": Scale("smoke", 8 * 60, 1, 4),
    "standard": Scale("standard", 80 * 60, 1, 6),
    "full": Scale("full", 10 * 3600, 8, 7),
}


# Shares of the budget that a crux cell has: it is for these few that a claim is asked. Other cells have one.
CRUX_SHARES = 6


def allowance(budget: float, computed: float, shares: float, judged: float, own: int = 1) -> float:
    """Seconds that the next cell of a process may spend: three times its share of the remaining budget.

    Args:
        budget: seconds for all of the process's cells; inf for no end.
        computed: seconds spent so far.
        shares: of all cells that the process has to judge, together.
        judged: shares of those that it has judged.
        own: shares of the cell.

    Returns:
        Seconds, at most those that remain.
    """
    left = max(budget - computed, 0.0)
    if isinf(left):
        return left
    return min(3 * own * left / max(shares - judged, own), left)
