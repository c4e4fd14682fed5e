"""Wider networks generalise better when trained, but not when randomly sampled: the gain is the optimiser's.

Source: arXiv 2407.03848 (Peleg & Hein, ICML 2024).

The test error is the share of 64 evaluation points that a network which fits the 16 training points gets wrong,
averaged over P_OPT (trained) or P_B (random sampling); two hidden layers. The slope of each is over the logarithm of
the width. The errors are over all networks that fit and, as the source has them, too, at equal normalised margins: the
least training logit over the largest gradient that the logit has at any of the training and evaluation points. There
the trained error less the random-sampled one is taken in bins of margins alike to within a factor of two. Each split of
the data into training and evaluation points has a verdict of its own.
"""

from dataclasses import replace

import numpy as np

from claims.grids import LOSSES, OPTIMISERS, SPLITS, WIDTHS, M, image_problem, two_layers
from claims.sampling.gap import GAP, errors_alike_in_margin, sampled_errors, slope_of_gap, trained_errors
from harness.claim import claim, over
from harness.optimisers import SGD
from harness.statistics.figures import curve
from harness.verdicts import decreasing, within
from harness.verdicts.intervals import slope

TRAINED = "slope of the trained test error over ln width"
SAMPLED = "slope of the random-sampled test error over ln width"
ALIKE = f"slope over ln width of the {GAP}"
SIZES = {"smoke": (M,), "standard": (M, 32), "full": (M, 64, 128)}


def networks(lab):
    """The architectures of the scale."""
    return [two_layers(width) for width in WIDTHS[lab.scale.name]]


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    crux=lambda optimiser, loss, **_: optimiser.name.startswith("sgd") and loss == "cross-entropy",
    known="the slope was −0.023 for SGD at a rate of 0.1 and +0.003 at 0.01 on digits",
    of=TRAINED,
    predicts=decreasing(because="the source finds that width helps networks that SGD has trained"),
)
@over(data=SPLITS, optimiser=OPTIMISERS, loss=LOSSES)
def test_training_gains(lab, data, optimiser, loss):
    widths = WIDTHS[lab.scale.name]
    problem, architectures = image_problem(data, M), networks(lab)
    trained = trained_errors(lab, architectures, problem, optimiser, loss)
    by_volume = sampled_errors(lab, architectures, problem)
    shown = curve("width", widths, {"trained": trained, "random sampling": by_volume})
    return replace(slope(np.log(widths), trained, quantity=TRAINED), details={"curve": shown})


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    of=SAMPLED,
    predicts=within(
        0.0,
        0.01,
        because="the source finds that width does not change random-sampled networks; a change of less than 0.01 for "
        "each factor of e in width is no more than 0.03 from width 10 to 160, two of 64 points",
    ),
)
@over(data=SPLITS)
def test_random_sampling_does_not(lab, data):
    return slope(
        np.log(WIDTHS[lab.scale.name]), sampled_errors(lab, networks(lab), image_problem(data, M)), quantity=SAMPLED
    )


@claim(
    kind="rival",
    speaks_for="optimiser",
    holds="every",
    of=ALIKE,
    predicts=decreasing(
        because="the source finds at equal normalised margins, too, that width helps trained networks and leaves "
        "random-sampled ones as they are, so that the one error less the other falls"
    ),
)
@over(data=SPLITS, loss=LOSSES, m=SIZES)
def test_training_gains_at_equal_margins(lab, data, loss, m):
    widths = WIDTHS[lab.scale.name]
    errors = errors_alike_in_margin(lab, networks(lab), image_problem(data, m), SGD(0.1), loss)
    return slope_of_gap(errors, "width", widths, np.log(widths), ALIKE)
