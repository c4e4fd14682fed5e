"""Counting every frozen draw alike changes the posterior of a narrow network; the difference vanishes with width.

Source: the subtlety in C. Mingard, LessWrong, 12 May 2021: training one last layer per frozen draw counts all draws
alike.

Hidden layers are drawn and frozen, and many last layers are drawn on each. The posterior in which every frozen draw
that fits counts the same is compared with an independent sample in which each counts in proportion to its evidence.
The difference is the squared MMD between the two over the squared MMD between the posterior and uniform guessing: 0
where they agree. Its slope is over the logarithm of the width.
"""

import numpy as np

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import digits
from harness.statistics.distances import relative_distance
from harness.verdicts import at_least, at_most, decreasing
from harness.verdicts.intervals import slope

NARROW, WIDE = (3, 5, 10), (40, 160)
PROBLEM = digits(8, EVALUATION_POINTS)


def alike_against_evidence(lab, width):
    """Relative distance between the two ways of counting frozen draws, from independent samples."""
    architecture = FullyConnected((width, width))
    alike = lab.rejection_posterior(architecture, PROBLEM, sample=1)
    by_evidence = lab.rejection_posterior(architecture, PROBLEM)
    return relative_distance(alike.sample, by_evidence.sample, weighting="alike")


@claim(
    kind="rival",
    speaks_for="instrument",
    holds="every",
    of="relative distance",
    predicts=at_least(
        0.002,
        because="a difference of a five-hundredth of the bias is the least that could matter to a comparison",
    ),
)
@over(width=NARROW)
def test_differs_when_narrow(lab, width):
    return alike_against_evidence(lab, width)


@claim(
    kind="rival",
    speaks_for="instrument",
    holds="every",
    of="relative distance",
    predicts=at_most(
        0.002,
        because="the evidence of a frozen draw concentrates with width, so the weight it is given stops mattering",
    ),
)
@over(width=WIDE)
def test_agrees_when_wide(lab, width):
    return alike_against_evidence(lab, width)


@claim(
    kind="rival",
    speaks_for="instrument",
    holds="every",
    of="slope of the relative distance over ln width",
    predicts=decreasing(because="the difference vanishes with width"),
)
@over()
def test_difference_shrinks_with_width(lab):
    widths = (*NARROW, *WIDE)
    distances = [alike_against_evidence(lab, width) for width in widths]
    return slope(np.log(widths), distances)
