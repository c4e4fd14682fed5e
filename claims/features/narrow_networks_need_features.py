"""Training only the last layer fails on narrow networks, succeeds on wide ones; training all layers succeeds on both.

In words: Can a narrow network fit the training set with random early layers, or does it have to train them?

Source: C. Mingard, LessWrong, 12 and 13 May 2021.

Four principal components of the digits, 32 points of even against odd: labels that one linear unit cannot learn, so
that the hidden layers matter. Frozen: hidden layers are drawn at random, and whether any last layer on top of them fits
all points is settled exactly by a linear programme. Full: all layers are trained until they fit or for 2,000 epochs.
The estimate is the share of networks that fit, as a mean over training sets.

Objection: that training fits where last layers do not may be a matter of the number of parameters, not of features. At
each width the networks are the same and only what may change differs; what more would fit is not asked. On the pixels
themselves one linear unit fits any labels of 32 points, and nothing about features could be seen.
"""

from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, Adam, Relative
from harness.problems import digit_components, training_sets
from harness.statistics.over_sets import share_over_sets
from harness.verdicts import at_least, at_most

M, COMPONENTS = 32, 4
SETS = training_sets(digit_components, M, 8, components=COMPONENTS)
# By Cover's theorem (1965) random labels of m points are separable in d dimensions with chance 1/2 at m = 2d, so that
# widths of m/4 and less are narrow, and m and more are always enough.
NARROW, WIDE = (2, 4, 6, 8), (32, 64)
ADAM, DESCENT = Relative(Adam(), 0.3), Relative(SGD(), 0.3)
OPTIMISERS = {"smoke": [ADAM], "standard": [ADAM, DESCENT], "full": [ADAM, DESCENT]}
EPOCHS = 2000
SHARE = "share that fits"
KNOWN = (
    "frozen 0 % at width 4, 8 to 15 % at 8, 62 % at 12, 80 to 100 % at 16; all layers trained at fixed rates 0 to 20 % "
    "at width 2, 30 to 76 % at 4, all at 8"
)
MOST = at_least(0.5, because="to succeed is to fit more often than not")


def network(width):
    """Two hidden layers of one width."""
    return FullyConnected((width, width))


def frozen_share(lab, width):
    """Share of frozen draws on which some last layer fits."""
    found = lab.last_layer_feasibility_on_sets(network(width), SETS)
    return share_over_sets([each.feasible / each.draws for each in found], SHARE)


def trained_share(lab, width, optimiser):
    """Share of networks that training of all layers brings to fit."""
    found = lab.train_on_sets(network(width), SETS, optimiser, networks=20, least_fitted=None, max_epochs=EPOCHS)
    return share_over_sets([each.functions.total / each.networks for each in found], SHARE)


@claim(
    kind="empirical",
    of=SHARE,
    predicts=at_most(
        0.5,
        because="a last layer of width under m/4 has too few dimensions to separate m points, unless features help",
    ),
    speaks_for="architecture",
    holds="every",
    crux=lambda width: width == 8,
    known=KNOWN,
)
@over(width=NARROW)
def test_frozen_narrow_fails(lab, width):
    return frozen_share(lab, width)


@claim(
    kind="empirical",
    of=SHARE,
    predicts=MOST,
    speaks_for="architecture",
    holds="every",
    control=lambda width: width >= M,
    known=KNOWN,
)
@over(width=(16, *WIDE))
def test_frozen_wide_succeeds(lab, width):
    return frozen_share(lab, width)


@claim(
    kind="empirical",
    of=SHARE,
    predicts=MOST,
    speaks_for="architecture",
    holds="every",
    crux=lambda width, **_: width == 4,
    control=lambda width, **_: width not in NARROW,
    known=KNOWN,
)
@over(optimiser=OPTIMISERS, width=(*NARROW, *WIDE))
def test_full_training_succeeds(lab, optimiser, width):
    return trained_share(lab, width, optimiser)
