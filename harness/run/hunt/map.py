"""A map of the verdict over the two axes of a space that tell most of it, the others held at one point.

The search's first looks choose the axes; the map's cells are judged on fresh data, one look each, all of them together
with one error (Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import isnan

import numpy as np

from harness.claim.space import Point
from harness.run.hunt.cells import Cells
from harness.run.hunt.search import Probe
from harness.run.judging import Judged
from harness.verdicts import Looks


@dataclass(frozen=True)
class Map:
    """axes: places of the two axes, rows first. at: the point whose values the others have. level: largest probability
    that a verdict of the map is wrong. cells: (row, column) -> verdict; what the budget did not reach is missing."""

    axes: tuple[int, int]
    at: Point
    level: float
    cells: dict[tuple[int, int], Judged]

    def point(self, place: tuple[int, int]) -> Point:
        """The point at a row and column."""
        found = list(self.at)
        for axis, rank in zip(self.axes, place, strict=True):
            found[axis] = rank
        return tuple(found)


def share_explained(probes: Sequence[Probe], axis: int) -> float:
    """Share of the variance of the scores that is between the values of an axis, adjusted for their number (R̄²).

    Where there are too few looks to tell, it is 0.
    """
    scores = np.array([each.score for each in probes if not isnan(each.score)])
    ranks = np.array([each.point[axis] for each in probes if not isnan(each.score)])
    values = np.unique(ranks)
    freedom = len(scores) - len(values)
    if len(values) < 2 or freedom < 1 or not scores.var() > 0:
        return 0.0
    within = sum(float(((scores[ranks == value] - scores[ranks == value].mean()) ** 2).sum()) for value in values)
    return 1 - within / freedom / float(scores.var(ddof=1))


def draw_map(cells: Cells, probes: Sequence[Probe], at: Point, alpha: float) -> Map | None:
    """Judge the points of the two most telling axes, those next to where the others are held first.

    Args:
        cells: judges points; the map ends where the budget is spent.
        probes: the first looks that choose the axes.
        at: values of all other axes.
        alpha: largest probability that any verdict of the map is wrong.

    Returns:
        The map; None if the space has not two axes of several values, or the budget is spent.
    """
    lengths = cells.space.lengths
    several = [axis for axis, length in enumerate(lengths) if length > 1]
    if len(several) < 2 or cells.spent >= cells.budget:
        return None
    first, second = sorted(sorted(several, key=lambda axis: -share_explained(probes, axis))[:2])
    drawn = Map((first, second), at, alpha, {})
    looks = Looks(alpha / (lengths[first] * lengths[second]), 1, 1)
    places = product(range(lengths[first]), range(lengths[second]))
    for place in sorted(places, key=lambda place: abs(place[0] - at[first]) + abs(place[1] - at[second])):
        if cells.spent < cells.budget:
            drawn.cells[place] = cells.judge(drawn.point(place), "map", 0, looks)
    return drawn
