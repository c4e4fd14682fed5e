"""SGD generalises better than random sampling when there are few training points, and the advantage shrinks with more.

Source: arXiv 2606.31282, which finds it in networks with binary weights and up to 600 training points.

Here with real-valued weights. The advantage is the test error of the networks that random sampling finds less that of
trained ones, error(P_B) − error(P_OPT), each the share of 64 evaluation points that a network which fits the training
points gets wrong, averaged over the distribution; two hidden layers of width 40. Asked are the advantage at the fewest
training points m and its slope over ln m. Training sets are nested and the evaluation points the same for every m, so
that slopes are those of one split of the data, and each split has a verdict of its own; intervals count networks,
hidden draws and runs of the sampler. Beside
the advantage the report draws, as the source does, how likely each training and test accuracy is at initialisation, for
these networks and for networks of the same shape with binary weights.
"""

from dataclasses import replace

import numpy as np

from claims.grids import LOSSES, OPTIMISERS, SPLITS, TRAINING_SIZES, WIDTH, image_problem, two_layers
from harness.claim import claim, over
from harness.statistics.figures import accuracies, curve
from harness.statistics.generalisation import advantage_of_training, generalisation_error
from harness.verdicts import at_least, decreasing
from harness.verdicts.intervals import slope

SLOPE = "slope of the advantage of training over ln m"


def samples(lab, data, optimiser, loss, m):
    """A problem with what training and random sampling find on it."""
    architecture, problem = two_layers(WIDTH), image_problem(data, m)
    by_training = lab.train(architecture, problem, optimiser, loss)
    return by_training.functions, lab.posterior(architecture, problem).sample, problem


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    of="advantage of training",
    predicts=at_least(0, because="with few training points the source finds that training generalises better"),
)
@over(data=SPLITS, optimiser=OPTIMISERS, loss=LOSSES)
def test_ahead_with_the_fewest_training_points(lab, data, optimiser, loss):
    trained, by_volume, problem = samples(lab, data, optimiser, loss, min(TRAINING_SIZES[lab.scale.name]))
    gaussian = two_layers(WIDTH)
    densities = {
        name: lab.density_of_states(network, problem)
        for name, network in (
            ("Gaussian weights", gaussian),
            ("binary weights", replace(gaussian, distribution="binary")),
        )
    }
    states = accuracies(densities, {"Gaussian weights": generalisation_error(trained, problem)})
    return replace(advantage_of_training(trained, by_volume, problem), details={"states": states})


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    crux=lambda optimiser, loss, **_: optimiser.name.startswith("sgd") and loss == "cross-entropy",
    of=SLOPE,
    predicts=decreasing(because="the source finds that random sampling catches up as training points are added"),
)
@over(data=SPLITS, optimiser=OPTIMISERS, loss=LOSSES)
def test_advantage_shrinks(lab, data, optimiser, loss):
    sizes = TRAINING_SIZES[lab.scale.name]
    found = [samples(lab, data, optimiser, loss, m) for m in sizes]
    advantages = [advantage_of_training(*each) for each in found]
    errors = {
        "trained": [generalisation_error(trained, problem) for trained, _, problem in found],
        "random sampling": [generalisation_error(by_volume, problem) for _, by_volume, problem in found],
    }
    shown = curve("m", sizes, {**errors, "advantage of training": advantages})
    return replace(slope(np.log(sizes), advantages, quantity=SLOPE), details={"curve": shown})
