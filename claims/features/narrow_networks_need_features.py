"""Training only the last layer fails on narrow networks, succeeds on wide ones; training all layers succeeds on both.

Source: C. Mingard, LessWrong, 12 and 13 May 2021.

Frozen: hidden layers are drawn at random, and whether any last layer on top of them fits all m training points is
settled exactly by a linear programme. Full: all layers are trained by Adam to their first perfect training accuracy.
The estimate is the share of networks that fit.
"""

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import Adam
from harness.problems import digits
from harness.verdicts import at_least, at_most
from harness.verdicts.intervals import proportion

# By Cover's theorem (1965) random labels of m points are separable in d dimensions with chance 1/2 at m = 2d: with
# the bias, widths under m/4 are far below it, and widths of m and more are always enough.
M = 32
NARROW, WIDE = (2, 4, 6), (32, 64, 160)
PROBLEMS = [digits(M, EVALUATION_POINTS)]


def network(width):
    """Two hidden layers of one width."""
    return FullyConnected((width, width))


def frozen_share(lab, problem, width):
    """Share of frozen draws on which some last layer fits."""
    found = lab.last_layer_feasibility(network(width), problem)
    return proportion(found.feasible, found.draws, quantity="share that fits", unit="frozen draws")


def trained_share(lab, problem, width):
    """Share of networks that training of all layers brings to fit."""
    trained = lab.train(network(width), problem, Adam(0.01), networks=50)
    return proportion(trained.functions.total, trained.networks, quantity="share that fits", unit="trained networks")


MOST = at_least(0.5, because="to succeed is to fit more often than not")


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of="share that fits",
    predicts=at_most(
        0.5,
        because="a last layer of width under m/4 has too few dimensions to separate m points, unless features help",
    ),
)
@over(problem=PROBLEMS, width=NARROW)
def test_frozen_narrow_fails(lab, problem, width):
    return frozen_share(lab, problem, width)


@claim(kind="empirical", speaks_for="architecture", holds="every", of="share that fits", predicts=MOST)
@over(problem=PROBLEMS, width=WIDE)
def test_frozen_wide_succeeds(lab, problem, width):
    return frozen_share(lab, problem, width)


@claim(kind="empirical", speaks_for="architecture", holds="every", of="share that fits", predicts=MOST)
@over(problem=PROBLEMS, width=(*NARROW, *WIDE))
def test_full_training_succeeds(lab, problem, width):
    return trained_share(lab, problem, width)
