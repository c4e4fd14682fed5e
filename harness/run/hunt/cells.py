"""Cells of a hunt: each is judged as any cell of a run, on a seed of its stage, at a price that the budget pays.

A stage's seed is a hash of what it is for, so that what chose a point never judges it: the search, every step of
shrinking and every confirmation have training sets and draws of their own. What is done depends on the hunt's seed, its
budget and the code, and on no clock: the same hunt finds the same again, from the store, wherever it was interrupted.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from math import copysign, inf, isnan, nan

from harness.claim import Question
from harness.claim.space import Point, Space
from harness.errors import BadInput
from harness.lab import Lab
from harness.run.judging import Allowance, Judged, judge_cell
from harness.samplers.prices import packaged
from harness.verdicts import Estimate, Looks, Prediction, Verdict

# Above every seed that a run can be given, and as many of them.
_SEEDS = 2**60
# One standard error to either side.
_ONE_ERROR = 0.3173
# Farther than so many errors no place is worse than another.
FARTHEST = 8.0
# Of the budget that the first look at one point may take: a dearer point is not asked.
_DEAREST = 1 / 20


def run_seed(*stage: str | int | float) -> int:
    """Seed of the draws of a stage, from 2^60 to 2^61 − 1: a hash of its name and numbers."""
    digest = hashlib.sha256(repr(stage).encode()).digest()
    return _SEEDS + int.from_bytes(digest, "big") % _SEEDS


def score(prediction: Prediction, estimate: Estimate | None) -> float:
    """How many standard errors an estimate lies outside the region; negative inside, NaN where nothing is known.

    The error is what its 68 % interval reaches towards the bound.
    """
    if estimate is None or isnan(estimate.value):
        return nan
    low, high = estimate.interval(_ONE_ERROR)
    below, above = prediction.low - estimate.value, estimate.value - prediction.high
    to_low, to_high = estimate.value - low, high - estimate.value
    return max(_errors(below, to_high if below > 0 else to_low), _errors(above, to_low if above > 0 else to_high))


def _errors(distance: float, error: float) -> float:
    if error > 0:
        distance /= error
    elif distance:
        distance = copysign(inf, distance)
    return max(-FARTHEST, min(distance, FARTHEST))


@dataclass
class Cells:
    """The cells of one hunt, and what they have cost.

    ask: the claim's function. labs: seed of a run -> lab. name: the hunt's own, which all of its seeds depend on.
    budget, spent: priced seconds. asked, failed: cells judged, and those that were errors. why: what the last one was.
    show: called with the stage, the point and its lab before a point is judged.
    """

    question: Question
    ask: Callable[..., Estimate]
    space: Space
    labs: Callable[[int], Lab]
    name: str
    budget: float
    spent: float = 0.0
    asked: int = 0
    failed: int = 0
    why: str = ""
    show: Callable[[str, Point, Lab], None] = lambda *_: None

    def judge(self, point: Point, stage: str, number: int | float, looks: Looks) -> Judged:
        """Judge a point on the draws of a stage.

        Args:
            point: ranks on the axes of the space.
            stage: what it is judged for.
            number: of the seed in this stage; points that are judged on one seed share draws.
            looks: number and levels of the looks.

        Returns:
            The verdict. Where there is no such cell, or it is a control, it is not asked.
        """
        try:
            cell = self.space.cell_at(point)
        except BadInput as why:
            return Judged(Verdict.NOT_ASKED, reason=str(why))
        if self.question.is_control(cell):
            return Judged(Verdict.NOT_ASKED, reason="It is a control.")
        lab = self.labs(run_seed(self.name, stage, number))
        self.show(stage, point, lab)
        first = self.budget * _DEAREST
        left = max(self.budget - self.spent, first)
        judged = judge_cell(self.ask, self.question, cell, lab, looks, Allowance(left, first=first))
        self.spent += lab.work + max(judged.looks, 1) * packaged().look
        self.asked += 1
        if judged.verdict is Verdict.ERROR:
            self.failed, self.why = self.failed + 1, judged.reason.strip().splitlines()[-1]
        return judged

    def score(self, point: Point, judged: Judged) -> float:
        """How many standard errors a judged point lies outside the region."""
        if judged.estimate is None:
            return nan
        return score(self.question.prediction(self.space.cell_at(point)), judged.estimate)
