"""The relation of volume and simplicity holds for several measures of complexity.

In words: Are the functions that come up often also simple by other measures of complexity?

Source: C. Mingard, LessWrong, 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522, appendix.

Asked as `large_volume_means_simple` asks it of LZ76, of other measures on the 5-bit cube: the length of the shortest
Boolean expression of AND, OR and NOT, of which an upper bound is computed; the share of inputs with a neighbour of
another label; the average number of such neighbours; the length after zlib. First: the least b that holds 95 % of the
draws from P(f) under the bound is lower than for the same draws with the inputs in random order. Second: the rank
correlation of volume with K over balanced functions spread evenly over that measure. One more complexity is relative to
a training set: among the functions that fit 6 fixed inputs of 4 bits labelled by the identity, the generalisation
error, with the posterior P_B in the place of P.

Objection: measures that all follow the label frequencies agree with each other, and with volume, for that reason alone.
So both tests keep the label frequencies: inputs in random order leave them as they are, balanced functions have one.
The entropy of the share of ones is therefore no measure here. A measure of neighbours on the cube is what a smooth
network prefers by construction; expression length and zlib know no neighbours.

Excluded: laws that see label frequencies alone, and uniform guessing, as of `large_volume_means_simple`. Functions that
go wrong at random, however often, have no trend of the generalisation error.
"""

import numpy as np

from claims.complexity.spread import ADVANTAGE, TREND, advantage_of_order, trend_at_equal_entropy
from claims.grids import cube_networks
from harness.claim import claim, over
from harness.problems import boolean_cube
from harness.statistics.simplicity import rank_correlation
from harness.verdicts import at_most, increasing

# LZ76 is the measure of `large_volume_means_simple`, whose cells these would be.
OTHERS = ["zlib", "expression length", "critical-sample ratio", "average sensitivity"]
DEPTHS = {"smoke": (2,), "standard": (1, 2, 3), "full": (1, 2, 3)}
# So few functions, 2^10, that many are seen often enough.
FIXED = boolean_cube(4, "identity", train=6)
FALLS = at_most(
    -0.5, because="at −0.5 complexity orders a quarter of the variance of volume, the least one would call its trend"
)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    of=ADVANTAGE,
    predicts=increasing(
        because="if volume means simplicity, likely functions are simpler than their entropy makes them"
    ),
)
@over(complexity=OTHERS, depth=DEPTHS)
def test_order_lowers_the_bound(lab, complexity, depth):
    return advantage_of_order(lab, 5, depth, complexity)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    crux=lambda complexity, **_: complexity in ("zlib", "expression length"),
    known="of counted functions of mixed entropy: −0.08 for expressions, −0.36 for zlib, −0.68 for those of neighbours",
    of=TREND,
    predicts=FALLS,
)
@over(complexity=OTHERS, depth=DEPTHS)
def test_trend_at_equal_entropy(lab, complexity, depth):
    return trend_at_equal_entropy(lab, 5, depth, complexity)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="rank correlation of P_B with the generalisation error",
    predicts=FALLS,
)
@over(problem=[FIXED], architecture=cube_networks(depths=(2,)))
def test_generalisation_error(lab, problem, architecture):
    halves = [
        lab.rejection_posterior(architecture, problem, draws=50_000, last_layers=1, sample=sample).functions
        for sample in (0, 1)
    ]
    return rank_correlation(*halves, lambda bits: np.mean(bits != problem.eval_y, axis=-1))
