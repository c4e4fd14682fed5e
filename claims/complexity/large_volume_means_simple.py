"""Functions of large parameter volume are simple: P(f) ≤ 2^(−a·K(f) + b).

Source: C. Mingard, LessWrong, 11 and 12 May 2021; Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522; Mingard et al.
2019, arXiv 1910.00971.

Networks are drawn from the initialisation on the whole Boolean cube, in two independent halves. One half says how
likely each function is; functions it saw at least ten times are those of large volume. Of the other half's draws of
such functions, the share under the bound is counted. The bound is not fitted to them: its slope a is log2 of the
number of functions over the complexity of a random string, and b puts the constant function on it. The second test is
the rank correlation of P with K over the functions of large volume.
"""

from claims.grids import cube_networks
from harness.claim import claim, over
from harness.problems import boolean_cube
from harness.statistics.complexity import MEASURES
from harness.statistics.simplicity import rank_correlation, share_under_bound
from harness.verdicts import at_least, at_most

CUBES = [boolean_cube(5), boolean_cube(7)]
COMPLEXITIES = ["LZ76", "entropy"]


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="share of large-volume draws under the bound",
    predicts=at_least(
        0.95,
        because="the bound holds up to a constant that is not known, so a few functions near it may lie above",
    ),
)
@over(problem=CUBES, architecture=cube_networks(depths=(1, 2, 3)), complexity=["LZ76"])
def test_under_the_bound(lab, problem, architecture, complexity):
    halves = lab.prior(architecture, problem), lab.prior(architecture, problem, sample=1)
    return share_under_bound(*halves, MEASURES[complexity])


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="rank correlation of P with K",
    predicts=at_most(
        -0.5,
        because="at −0.5 complexity orders a quarter of the variance of volume, the least one would call its trend",
    ),
)
@over(problem=CUBES, architecture=cube_networks(depths=(1, 2, 3)), complexity=COMPLEXITIES)
def test_correlation(lab, problem, architecture, complexity):
    halves = lab.prior(architecture, problem), lab.prior(architecture, problem, sample=1)
    return rank_correlation(*halves, MEASURES[complexity])
