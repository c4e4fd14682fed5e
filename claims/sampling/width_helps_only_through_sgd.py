"""Wider networks generalise better when trained, but not when randomly sampled: the gain is the optimiser's.

Source: arXiv 2407.03848 (Peleg & Hein, ICML 2024).

The test error is the share of 64 evaluation points that a network which fits the 16 training points gets wrong,
averaged over P_OPT (trained) or P_B (random sampling); two hidden layers. The slope of each is over the logarithm of
the width. The errors are over all networks that fit; the source compares them within bins of normalised margin, too.
"""

from dataclasses import replace

import numpy as np

from claims.grids import DATA, LOSSES, OPTIMISERS, WIDTHS, M, image_problem, sampled, two_layers
from harness.claim import claim, over
from harness.comparison import curve
from harness.generalisation import generalisation_error
from harness.intervals import slope
from harness.verdicts import decreasing, within

TRAINED = "slope of the trained test error over ln width"
SAMPLED = "slope of the random-sampled test error over ln width"


def trained_errors(lab, data, optimiser, loss):
    """Test error of trained networks at each width of the scale."""
    problem = image_problem(data, M)
    trained = [lab.train(two_layers(width), problem, optimiser, loss) for width in WIDTHS[lab.scale.name]]
    return [generalisation_error(each.functions, problem) for each in trained]


def sampled_errors(lab, data):
    """Test error of random-sampled networks at each width of the scale."""
    problem = image_problem(data, M)
    by_volume = [sampled(lab, two_layers(width), problem) for width in WIDTHS[lab.scale.name]]
    return [generalisation_error(each.sample, problem) for each in by_volume]


@claim(
    kind="rival",
    of=TRAINED,
    predicts=decreasing(because="the source finds that width helps networks that SGD has trained"),
)
@over(data=DATA, optimiser=OPTIMISERS, loss=LOSSES)
def test_training_gains(lab, data, optimiser, loss):
    widths = WIDTHS[lab.scale.name]
    trained, by_volume = trained_errors(lab, data, optimiser, loss), sampled_errors(lab, data)
    shown = curve("width", widths, {"trained": trained, "random sampling": by_volume})
    return replace(slope(np.log(widths), trained, quantity=TRAINED), details={"curve": shown})


@claim(
    kind="rival",
    of=SAMPLED,
    predicts=within(
        0.0,
        0.01,
        because="the source finds that width does not change random-sampled networks; a change of less than 0.01 for "
        "each factor of e in width is no more than 0.03 from width 10 to 160, two of 64 points",
    ),
)
@over(data=DATA)
def test_random_sampling_does_not(lab, data):
    return slope(np.log(WIDTHS[lab.scale.name]), sampled_errors(lab, data), quantity=SAMPLED)
