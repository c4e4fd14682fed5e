"""A hunt: search, shrink, confirm, and a map of what was hunted over.

Whatever is reported is judged on data that had no part in choosing it, and the error is that of all that was tried.
Half of it is the confirmations': the k-th of a hunt has the level (α/2)/(k(k + 1)), which sum to at most α/2 over any
number of them; the other half is the map's. So a hunt in a space where the claim holds everywhere reports a
counterexample with a probability of at most α/2, and anything wrong with one of at most α.
"""

from dataclasses import dataclass
from math import isnan

from harness.claim.space import Point
from harness.run.hunt.cells import Cells
from harness.run.hunt.map import Map, draw_map
from harness.run.hunt.search import Probe, Propose, search
from harness.run.hunt.shrink import Step, shrink
from harness.run.judging import Judged
from harness.verdicts import Looks, Verdict

# The parts of a budget after which the search ends, and shrinking; what is left is the map's.
SEARCH, SHRINK = 0.4, 0.75
# Points of the search that are followed up, the worst first.
_MOST_FOLLOWED = 8


@dataclass(frozen=True)
class Confirmation:
    """A shrunk point on fresh data. level: largest probability that its verdict is wrong."""

    point: Point
    level: float
    judged: Judged

    @property
    def stands(self) -> bool:
        """Whether it is a counterexample."""
        return self.judged.verdict is Verdict.REFUTED


@dataclass(frozen=True)
class Hunt:
    """What a hunt has found.

    probes: the search. steps: of all shrinking. confirmations: all of them, of which the last may stand; where nothing
    that was shrunk did, it is of the point that came nearest to failing, or failed most, at its first look.
    """

    probes: list[Probe]
    steps: list[Step]
    confirmations: list[Confirmation]
    map: Map | None

    @property
    def counterexample(self) -> Confirmation | None:
        """The confirmation that stands, if there is one."""
        return next((each for each in self.confirmations if each.stands), None)

    @property
    def nearest(self) -> Confirmation | None:
        """Where there is no counterexample, the last confirmation; None if nothing could be estimated."""
        return self.confirmations[-1] if self.confirmations and not self.counterexample else None


def level_of(k: int, alpha: float) -> float:
    """Level of the k-th confirmation, from 1: those of any number of them sum to at most alpha."""
    return alpha / (k * (k + 1))


def hunt(cells: Cells, propose: Propose, alpha: float, looks: int) -> Hunt:
    """Search for a place where the claim fails, shrink it and confirm it; draw the map there or at the nearest place.

    Args:
        cells: judges points, and says what there is to spend.
        propose: where the search looks next.
        alpha: largest probability that something wrong is reported.
        looks: most looks at a point that is shrunk or confirmed.

    Returns:
        The hunt.
    """
    probes = search(cells, propose, SEARCH * cells.budget)
    estimated = sorted((each for each in probes if not isnan(each.score)), key=lambda each: -each.score)
    steps: list[Step] = []
    confirmations: list[Confirmation] = []

    def stands(point: Point) -> bool:
        k = len(confirmations) + 1
        level = level_of(k, alpha / 2)
        judged = cells.judge(point, "confirmation", k, Looks(level, 1, looks))
        confirmations.append(Confirmation(point, level, judged))
        return confirmations[-1].stands

    found = False
    outside = [each.point for each in estimated if each.score > 0]
    for number, start in enumerate(outside[:_MOST_FOLLOWED]):
        if found or cells.spent >= SHRINK * cells.budget:
            break
        point, tried = shrink(cells, start, looks, number, SHRINK * cells.budget)
        steps += tried
        found = point is not None and point not in {each.point for each in confirmations} and stands(point)
    if estimated and not found:
        stands(estimated[0].point)
    drawn = draw_map(cells, probes, confirmations[-1].point, alpha / 2) if confirmations else None
    return Hunt(probes, steps, confirmations, drawn)
