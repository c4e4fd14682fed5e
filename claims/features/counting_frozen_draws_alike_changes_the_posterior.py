"""Counting every frozen draw alike changes the posterior of a narrow network; the difference vanishes with width.

In words: Freeze random early layers and fit a last layer on each: does it matter that some draws are easier to fit than
others?

Source: the subtlety in C. Mingard, LessWrong, 12 May 2021: training one last layer per frozen draw counts all draws
alike.

Hidden layers are drawn and frozen, and many last layers are drawn on each. The posterior in which every frozen draw
that fits counts the same is compared with an independent sample of the posterior in which every network has hidden
layers of its own. The difference is the squared MMD between the two over the squared MMD between the posterior and
uniform guessing: 0 where they agree. It is a mean over training sets, 6 of the 16 points of the 4-bit cube under
majority; the exponent is that of the mean over the width.

Objection: the difference may be that of the two samples, not of the weights. Frozen draws weighted by their evidence
are put in the same place (a test): they must be refuted, and are.
"""

from claims.features.freezing_all_but_the_last_layer_keeps_the_posterior import MARGIN, M
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.problems import boolean_cube, training_sets
from harness.statistics.distances import relative_distance
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.statistics.over_sets import mean_over_sets
from harness.verdicts import at_least, at_most

SETS = training_sets(boolean_cube, M, 10, bits=4, target="majority")
WIDTHS = {"smoke": (2, 3, 5), "standard": (2, 3, 5, 10), "full": (2, 3, 5, 10, 20, 40)}
QUANTITY = "relative distance of frozen draws counted alike"
KNOWN = "0.082, 0.044 and 0.025 at width 2 on three training sets, 0.041, 0.029 and 0.009 at width 3, 0.002, 0.006 and "
KNOWN += "0.001 at width 10; with a bound of 0.02 undecided, with means of 0.020 and 0.017 at widths 2 and 3"


def distances(lab, width):
    """Of the two ways of counting, by training set, from independent samples."""
    architecture = FullyConnected((width, width))
    alike = lab.rejection_on_sets(architecture, SETS, draws=6000, last_layers=64)
    every_layer = lab.rejection_on_sets(architecture, SETS, draws=100_000, last_layers=1, sample=1)
    return [
        relative_distance(one.sample, other.sample, weighting="alike").value
        for one, other in zip(alike, every_layer, strict=True)
    ]


@claim(
    kind="rival",
    of=QUANTITY,
    predicts=at_least(
        MARGIN,
        because="a difference of more than the margin within which frozen draws weighted by evidence are taken to keep "
        "the posterior is no equality",
    ),
    speaks_for="instrument",
    holds="every",
    crux=lambda width: width == 2,
    excludes=("frozen draws counted by evidence",),
    known=KNOWN,
)
@over(width={"smoke": (2,), "standard": (2, 3), "full": (2, 3)})
def test_differs_when_narrow(lab, width):
    return mean_over_sets(distances(lab, width), QUANTITY)


@claim(
    kind="rival",
    of="exponent of the relative distance over width",
    predicts=at_most(
        -1.0,
        because="evidence and functions of a frozen draw are means over units and vary as width^(−1/2), so that their "
        "covariance, by which the two posteriors differ, falls as 1/width, and the squared distance as 1/width²; half "
        "of that exponent is enough for it to vanish",
    ),
    speaks_for="instrument",
    holds="every",
    known=KNOWN,
)
@over()
def test_difference_shrinks_with_width(lab):
    widths = WIDTHS[lab.scale.name]
    found = [distances(lab, width) for width in widths]
    return exponent_over_sets(widths, found, "exponent over width", "relative distance", "width")
