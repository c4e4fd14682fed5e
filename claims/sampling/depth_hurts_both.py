"""Deeper networks generalise worse, whether trained or randomly sampled: the loss is the architecture's.

Source: arXiv 2407.03848 (Peleg & Hein, ICML 2024).

The test error is the share of 64 evaluation points that a network which fits the 16 training points gets wrong,
averaged over P_OPT (trained) or P_B (random sampling); hidden layers of width 40. The slope of each is over the number
of hidden layers. The errors are over all networks that fit and, as the source has them, too, at equal normalised
margins: the least training logit over the largest gradient that the logit has at any of the training and evaluation
points. There the trained error less the random-sampled one is taken in bins of margins alike to within a factor of two,
and asked is whether depth leaves it as it is. Each split of the data into training and evaluation points has a verdict
of its own.
"""

from dataclasses import replace

from claims.grids import DEPTHS, LOSSES, OPTIMISERS, SPLITS, WIDTH, M, image_problem
from claims.sampling.gap import GAP, errors_alike_in_margin, sampled_errors, slope_of_gap, trained_errors
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.statistics.figures import curve
from harness.verdicts import increasing, within
from harness.verdicts.intervals import slope

TRAINED = "slope of the trained test error over depth"
SAMPLED = "slope of the random-sampled test error over depth"
ALIKE = f"slope over depth of the {GAP}"
SIZES = {"smoke": (M,), "standard": (M, 32), "full": (M, 64, 128)}
WORSE = increasing(because="the source finds that depth hurts random-sampled and trained networks alike")


def network(depth):
    """So many hidden layers."""
    return FullyConnected((WIDTH,) * depth)


def networks(lab):
    """The architectures of the scale."""
    return [network(depth) for depth in DEPTHS[lab.scale.name]]


@claim(kind="rival", speaks_for="architecture", holds="every", of=TRAINED, predicts=WORSE)
@over(data=SPLITS, optimiser=OPTIMISERS, loss=LOSSES)
def test_trained_gets_worse(lab, data, optimiser, loss):
    depths = DEPTHS[lab.scale.name]
    problem, architectures = image_problem(data, M), networks(lab)
    trained = trained_errors(lab, architectures, problem, optimiser, loss)
    by_volume = sampled_errors(lab, architectures, problem)
    shown = curve("depth", depths, {"trained": trained, "random sampling": by_volume})
    return replace(slope(depths, trained, quantity=TRAINED), details={"curve": shown})


@claim(kind="rival", speaks_for="architecture", holds="every", of=SAMPLED, predicts=WORSE)
@over(data=SPLITS)
def test_random_sampling_gets_worse(lab, data):
    return slope(DEPTHS[lab.scale.name], sampled_errors(lab, networks(lab), image_problem(data, M)), quantity=SAMPLED)


@claim(
    kind="rival",
    speaks_for="architecture",
    holds="every",
    of=ALIKE,
    predicts=within(
        0.0,
        0.015,
        because="the source finds at equal normalised margins, too, that depth hurts both alike; a change of less than "
        "0.015 a layer is no more than 0.03 from one layer to three, two of 64 points",
    ),
)
@over(data=SPLITS, loss=LOSSES, m=SIZES)
def test_alike_at_equal_margins(lab, data, loss, m):
    depths = DEPTHS[lab.scale.name]
    errors = errors_alike_in_margin(lab, networks(lab), image_problem(data, m), SGD(0.1), loss)
    return slope_of_gap(errors, "depth", depths, depths, ALIKE)
