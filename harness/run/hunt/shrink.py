"""Shrinking: from a point at which a claim fails to the simplest one at which it still does.

Greedy, as shrinking in property-based tests is: on each axis the first value is tried, then what lies between, until no
axis can be made simpler by a step. Each step is judged on a seed of its own, with more looks where they may decide;
what is found is chosen by these data, and is therefore confirmed on others.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.claim.space import Point
from harness.run.hunt.cells import Cells
from harness.run.judging import Judged
from harness.verdicts import Looks, Verdict

# Of a step, which only chooses: it is taken wrongly with this probability.
LEVEL = 0.05


@dataclass(frozen=True)
class Step:
    """A point that was tried, and whether the claim fails there."""

    point: Point
    fails: bool
    judged: Judged


def shrink(cells: Cells, start: Point, looks: int, number: int, until: float) -> tuple[Point | None, list[Step]]:
    """Find the simplest point at which the claim still fails.

    Args:
        cells: judges points.
        start: where it failed at a first look.
        looks: most looks at a point.
        number: of this shrinking in its hunt, for the seeds.
        until: priced seconds of the budget after which no further step is tried.

    Returns:
        The simplest point found, or None if the claim does not fail at the start on other data; and all steps.
    """
    steps: list[Step] = []
    known: dict[Point, bool] = {}

    def fails(point: Point) -> bool:
        if point not in known:
            if steps and cells.spent >= until:
                return False
            judged = cells.judge(point, f"shrinking {number}", len(steps), Looks(LEVEL, 1, looks))
            known[point] = judged.verdict is Verdict.REFUTED
            steps.append(Step(point, known[point], judged))
        return known[point]

    if not fails(start):
        return None, steps
    point, before = start, None
    while point != before:
        before = point
        for axis, ordered in enumerate(cells.space.ordered()):
            at = partial(_at, point, axis)
            simplest = _by_halves if ordered else _one_by_one
            point = at(simplest(point[axis], partial(_where, fails, at)))
    return point, steps


def _at(point: Point, axis: int, rank: int) -> Point:
    return (*point[:axis], rank, *point[axis + 1 :])


def _where(fails: Callable[[Point], bool], at: Callable[[int], Point], rank: int) -> bool:
    return fails(at(rank))


def _by_halves(high: int, fails: Callable[[int], bool]) -> int:
    """A rank up to `high` at which it fails and below which it does not: 0 is tried, then what halves the rest."""
    low, rank = -1, 0
    while high - low > 1:
        if fails(rank):
            high = rank
        else:
            low = rank
        rank = (low + high) // 2
    return high


def _one_by_one(high: int, fails: Callable[[int], bool]) -> int:
    """The first rank at which it fails: words have no order that failure could follow."""
    return next((rank for rank in range(high) if fails(rank)), high)
