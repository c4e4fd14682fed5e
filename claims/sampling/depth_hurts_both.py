"""Deeper networks generalise worse, whether trained or randomly sampled: the loss is the architecture's.

In words: Do deeper networks err more both when they are trained and when they are drawn at random until they fit?

Source: arXiv 2407.03848 (Peleg & Hein, ICML 2024).

The test error is the share of 64 evaluation points that a network which fits the training points gets wrong, averaged
over P_OPT (trained) or P_B (random sampling), on training sets drawn anew; hidden layers of width 40. The slope of each
is over the number of hidden layers, on each training set, and the claim's is the mean over sets. SGD has a rate of 0.3
and, in cells of its own, of 3 times the edge of stability of each depth. Then asked is whether depth hurts both alike:
the mean slope of the trained error over that of the random-sampled one; and, as the source has it, at equal normalised
margins: the least training logit over the largest gradient that the logit has at any of the training and evaluation
points. There the trained error less the random-sampled one is taken on each training set in bins of margins alike to
within a factor of two.

Objection: both get worse, but for different reasons, if the one gets worse by far more; so the ratio of the slopes is
asked for, and lies within a half of 1 only if depth costs the two about the same. A learner that does not depend on
depth has the ratio 0. Beyond the edge the optimiser may take the loss away: that rate has cells of its own.
"""

from dataclasses import replace

import numpy as np

from claims.grids import BELOW, DEPTHS, LOSSES, WIDTH
from claims.sampling.gap import GAP, errors_over, gaps_at_equal_margins
from claims.sampling.pairs import DATA, check_learnt, pair_sets, sampled_errors, trained_errors
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD, Relative
from harness.statistics.over_sets import ratio_over_sets, slope_over_sets
from harness.verdicts import increasing, within
from harness.verdicts.intervals import slope_weights

TRAINED = "slope of the trained test error over depth"
SAMPLED = "slope of the random-sampled test error over depth"
RATIO = "slope of the trained test error over depth, over that of the random-sampled one"
ALIKE = f"slope over depth of the {GAP}"
RATES = (Relative(SGD(), BELOW), Relative(SGD(), 3))
SIZES = {"smoke": (8,), "standard": (8, 32), "full": (8, 32, 128)}
WORSE = increasing(because="the source finds that depth hurts random-sampled and trained networks alike")
NULLS = ("uniform guessing", "majority label", "untrained networks", "nearest neighbour", "truth")


def networks(lab):
    """The architectures of the scale."""
    return [FullyConnected((WIDTH,) * depth) for depth in DEPTHS[lab.scale.name]]


def below_the_edge(optimiser, m, loss, **_):
    """The cells that decide."""
    return optimiser.ratio == BELOW and m == 8 and loss == "cross-entropy"


def errors(lab, data, optimiser, m, loss):
    """(depths, sets) trained and random-sampled test errors."""
    sets = pair_sets(data, m)
    trained = [trained_errors(lab, network, sets, optimiser, loss) for network in networks(lab)]
    sampled = [sampled_errors(lab, network, sets) for network in networks(lab)]
    check_learnt(*sampled)
    return np.array(trained), np.array(sampled)


@claim(
    kind="rival",
    speaks_for="architecture",
    holds="every",
    of=TRAINED,
    predicts=WORSE,
    crux=below_the_edge,
    excludes=NULLS,
    known="over the first 8 training sets, errors of 1, 2, 3 layers were 0.150, 0.154, 0.183 at a ratio of 0.3 and "
    "0.062, 0.066, 0.078 at 3 on digits, 0.168, 0.197, 0.230 and 0.049, 0.057, 0.069 on Fashion-MNIST",
)
@over(data=DATA, optimiser=RATES, m=SIZES, loss=LOSSES)
def test_trained_gets_worse(lab, data, optimiser, m, loss):
    depths = DEPTHS[lab.scale.name]
    trained, sampled = errors(lab, data, optimiser, m, loss)
    shown = errors_over("depth", depths, {"trained": trained, "random sampling": sampled})
    found = slope_over_sets(depths, trained, TRAINED)
    return replace(found, details={**found.details, "curve": shown})


@claim(
    kind="rival",
    speaks_for="architecture",
    holds="every",
    of=SAMPLED,
    predicts=WORSE,
    known="over the first 8 training sets, errors of 1, 2, 3 layers were 0.160, 0.168, 0.180 on digits and 0.185, "
    "0.203, 0.216 on Fashion-MNIST",
)
@over(data=DATA, m=SIZES)
def test_random_sampling_gets_worse(lab, data, m):
    sampled = [sampled_errors(lab, network, pair_sets(data, m)) for network in networks(lab)]
    check_learnt(*sampled)
    return slope_over_sets(DEPTHS[lab.scale.name], sampled, SAMPLED)


@claim(
    kind="rival",
    speaks_for="architecture",
    holds="every",
    of=RATIO,
    predicts=within(
        1.0,
        0.5,
        because="the loss is the architecture's if training loses about what random sampling does: neither less than "
        "half of it nor more than half as much again",
    ),
    crux=below_the_edge,
    excludes=NULLS,
    known="over the first 8 training sets about 1.6 and 0.8 on digits, 2.0 and 0.6 on Fashion-MNIST at ratios of 0.3 "
    "and 3, seen before the bounds were set, which are round",
)
@over(data=DATA, optimiser=RATES, m=SIZES, loss=LOSSES)
def test_training_loses_as_much(lab, data, optimiser, m, loss):
    depths = np.array(DEPTHS[lab.scale.name])
    weights = slope_weights(depths)
    trained, sampled = errors(lab, data, optimiser, m, loss)
    return ratio_over_sets(weights @ trained, weights @ sampled, RATIO)


@claim(
    kind="rival",
    speaks_for="architecture",
    holds="every",
    of=ALIKE,
    predicts=within(
        0.0,
        0.005,
        because="the source finds at equal normalised margins, too, that depth hurts both alike; random sampling loses "
        "about 0.01 a layer, and half of that is the most that one would call alike",
    ),
)
@over(data={**DATA, "smoke": ()}, optimiser=RATES, m=SIZES, loss=LOSSES)
def test_alike_at_equal_margins(lab, data, optimiser, m, loss):
    depths = DEPTHS[lab.scale.name]
    gaps = gaps_at_equal_margins(lab, networks(lab), pair_sets(data, m), optimiser, loss)
    found = slope_over_sets(depths, gaps, ALIKE)
    return replace(found, details={**found.details, "curve": errors_over("depth", depths, {GAP: gaps})})
