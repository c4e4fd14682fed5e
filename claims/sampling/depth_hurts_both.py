"""Deeper networks generalise worse, whether trained or randomly sampled: the loss is the architecture's.

Source: arXiv 2407.03848 (Peleg & Hein, ICML 2024).

The test error is the share of 64 evaluation points that a network which fits the 16 training points gets wrong,
averaged over P_OPT (trained) or P_B (random sampling); hidden layers of width 40. The slope of each is over the number
of hidden layers. The errors are over all networks that fit; the source compares them within bins of normalised margin,
too.
"""

from dataclasses import replace

from claims.grids import DATA, DEPTHS, LOSSES, OPTIMISERS, WIDTH, M, image_problem, sampled_errors, trained_errors
from harness.claim import claim, over
from harness.comparison import curve
from harness.intervals import slope
from harness.networks import FullyConnected
from harness.verdicts import increasing

TRAINED = "slope of the trained test error over depth"
SAMPLED = "slope of the random-sampled test error over depth"
WORSE = increasing(because="the source finds that depth hurts random-sampled and trained networks alike")


def network(depth):
    """So many hidden layers."""
    return FullyConnected((WIDTH,) * depth)


def networks(lab):
    """The architectures of the scale."""
    return [network(depth) for depth in DEPTHS[lab.scale.name]]


@claim(kind="rival", of=TRAINED, predicts=WORSE)
@over(data=DATA, optimiser=OPTIMISERS, loss=LOSSES)
def test_trained_gets_worse(lab, data, optimiser, loss):
    depths = DEPTHS[lab.scale.name]
    problem, architectures = image_problem(data, M), networks(lab)
    trained = trained_errors(lab, architectures, problem, optimiser, loss)
    by_volume = sampled_errors(lab, architectures, problem)
    shown = curve("depth", depths, {"trained": trained, "random sampling": by_volume})
    return replace(slope(depths, trained, quantity=TRAINED), details={"curve": shown})


@claim(kind="rival", of=SAMPLED, predicts=WORSE)
@over(data=DATA)
def test_random_sampling_gets_worse(lab, data):
    return slope(DEPTHS[lab.scale.name], sampled_errors(lab, networks(lab), image_problem(data, M)), quantity=SAMPLED)
