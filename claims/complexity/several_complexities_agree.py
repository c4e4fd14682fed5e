"""The relation of volume and simplicity holds for several measures of complexity.

Source: C. Mingard, LessWrong, 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522, appendix.

Tested as `large_volume_means_simple` is, on the same draws in two independent halves: the share of draws of functions
of large volume whose function lies under the bound, and the rank correlation of P with K over these functions. The
measures: LZ76; the entropy of the share of ones; the length of the shortest Boolean expression of AND, OR and NOT, of
which an upper bound is computed; the share of inputs with a neighbour of another label; the average number of such
neighbours; the length after zlib. One more is relative to a training set: among the functions that fit 6 fixed inputs
of 4 bits labelled by the identity, the generalisation error, with the posterior P_B in the place of P.
"""

import numpy as np

from claims.grids import cube_networks
from harness.claim import claim, over
from harness.problems import boolean_cube
from harness.statistics.complexity import MEASURES
from harness.statistics.simplicity import rank_correlation, share_under_bound
from harness.verdicts import at_least, at_most

CUBES = {
    "smoke": [boolean_cube(5)],
    "standard": [boolean_cube(5), boolean_cube(7)],
    "full": [boolean_cube(5), boolean_cube(7)],
}
# So few functions, 2^10, that many are seen often enough.
FIXED = boolean_cube(4, "identity", train=6)
TREND = at_most(
    -0.5, because="at −0.5 complexity orders a quarter of the variance of volume, the least one would call its trend"
)


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    control=lambda complexity, **_: complexity == "LZ76",
    of="share of large-volume draws under the bound",
    predicts=at_least(
        0.95,
        because="the bound holds up to a constant that is not known, so a few functions near it may lie above",
    ),
)
@over(problem=CUBES, architecture=cube_networks(depths=(2,)), complexity=list(MEASURES))
def test_under_the_bound(lab, problem, architecture, complexity):
    halves = lab.prior(architecture, problem), lab.prior(architecture, problem, sample=1)
    return share_under_bound(*halves, MEASURES[complexity])


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds=0.5,
    control=lambda complexity, **_: complexity in ("LZ76", "entropy"),
    of="rank correlation of P with K",
    predicts=TREND,
)
@over(problem=CUBES, architecture=cube_networks(depths=(2,)), complexity=list(MEASURES))
def test_correlation(lab, problem, architecture, complexity):
    halves = lab.prior(architecture, problem), lab.prior(architecture, problem, sample=1)
    return rank_correlation(*halves, MEASURES[complexity])


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="rank correlation of P_B with the generalisation error",
    predicts=TREND,
)
@over(problem=[FIXED], architecture=cube_networks(depths=(2,)))
def test_generalisation_error(lab, problem, architecture):
    halves = [
        lab.rejection_posterior(architecture, problem, draws=50_000, last_layers=1, sample=sample).functions
        for sample in (0, 1)
    ]
    return rank_correlation(*halves, lambda bits: np.mean(bits != problem.eval_y, axis=-1))
