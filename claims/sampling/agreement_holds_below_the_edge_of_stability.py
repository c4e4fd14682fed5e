"""Below the edge of stability training samples functions by volume, whatever its learning rate.

In words: At learning rates at which descent is stable, does training find the functions that random weights that fit
have?

Source: measured with this software, 2026; Cohen et al. 2021, arXiv 2103.00065, for the edge of stability.

Rates are in units of the largest at which full-batch descent is stable at initialisation, ρ = 1, measured for each
architecture, data and loss; of Adam, in units of the rate at which its first step changes the logits by as much as they
are. Asked is first whether bias explained, 1 − D(P_OPT, P_B)/D(U, P_B) of squared MMDs and means over training sets,
stays above one half at every ρ < 1; then whether it changes over ln ρ at all: the slope of a line through it, with the
jackknife over training sets; whoever does not see the rate has the slope 0. Below, training ends where volume points,
c = 1, and no further, s = 1: both are among the figures.

Objection: what has random sampling's label probabilities, such as coins, or the posterior of an ordered tanh network,
comes as close (0.99 and more at infinite width, digits, m = 16), and so does whatever learns as simple functions: "by
volume" means here no more than such learners have. Whose volume, and whether whole functions follow it, is asked in
`own_volume_explains_training_better_than_anothers` and `volume_predicts_whole_functions_not_only_labels`.

Objection: these are small rates, at which nobody trains; the edge is where practice lives (Cohen et al. 2021). So it
is: what happens beyond is asked in `beyond_the_edge_the_optimiser_supplies_the_bias`.
"""

from dataclasses import replace

import numpy as np

from claims.grids import BY_RULE, DATA, EVALUATION_POINTS, LOSSES, RULES, WIDTH, image_sets, two_layers
from claims.sampling.explained import bias_explained, terms
from harness.claim import Space, claim, over
from harness.optimisers import Relative
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.over_sets import compare_over_sets
from harness.verdicts import at_least, within

BELOW_THE_EDGE = {"smoke": (0.1, 0.6), "standard": (0.03, 0.1, 0.3, 0.6), "full": (0.01, 0.03, 0.1, 0.3, 0.6)}
SIZES = {"smoke": (16,), "standard": (16, 32), "full": (16, 32, 64, 128)}
SLOPE = "slope of bias explained over ln ρ"
KNOWN = (
    "at m = 8, with SGD and cross-entropy, 0.98 on digits, 0.77 to 0.90 on MNIST and 0.87 to 0.90 on Fashion-MNIST "
    "from ρ = 0.025 to 0.25; m = 16 and more, momentum and Adam had not been measured"
)


def samples(lab, data, m, rule, ratio, loss):
    """Networks trained at this rate, and random-sampled ones."""
    architecture, sets = two_layers(WIDTH), image_sets(data, m)
    by_training = lab.train_on_sets(architecture, sets, Relative(RULES[rule], ratio), loss)
    return by_training, lab.posterior_on_sets(architecture, sets)


def compared(lab, data, m, both):
    """Bias explained, with everything else worth seeing; both: as of `samples`."""
    return compare_over_sets(*both, lab.problems(image_sets(data, m)), EVALUATION_POINTS)


@claim(
    kind="empirical",
    of="bias explained",
    predicts=at_least(
        0.5,
        because="if training samples by volume, the squared distance from random sampling to training is less than "
        "half of that from random sampling to uniform guessing",
    ),
    speaks_for="architecture",
    excludes=("uniform guessing", "truth", "majority label", "untrained networks", "nearest neighbour"),
    known=KNOWN,
    crux=lambda ratio, **_: ratio == max(BELOW_THE_EDGE["smoke"]),
    space=Space(
        {
            "m": (8, 16, 32, 64),
            "ratio": (0.01, 0.03, 0.1, 0.3, 0.6, 0.9),
            "data": DATA["full"],
            "rule": BY_RULE["full"],
            "loss": LOSSES["full"],
        }
    ),
)
@over(data=DATA, m=SIZES, rule=BY_RULE, ratio=BELOW_THE_EDGE, loss=LOSSES)
def test_volume_explains_training(lab, data, m, rule, ratio, loss):
    return compared(lab, data, m, samples(lab, data, m, rule, ratio, loss))


@claim(
    kind="empirical",
    of=SLOPE,
    predicts=within(
        0.0,
        0.05,
        because="whatever the rate: less than 0.05 for each factor of e is less than 0.1 from a tenth of the edge to "
        "six tenths",
    ),
    speaks_for="architecture",
    known=KNOWN,
)
@over(data=DATA, m=SIZES, rule=BY_RULE, loss=LOSSES)
def test_the_rate_does_not_matter(lab, data, m, rule, loss):
    ratios = BELOW_THE_EDGE[lab.scale.name]
    found = [samples(lab, data, m, rule, ratio, loss) for ratio in ratios]
    line = jackknife_over_sets(
        lambda means: float(np.polyfit(np.log(ratios), bias_explained(means), 1)[0]),
        [terms(*each) for each in found],
        SLOPE,
    )
    shown = [compared(lab, data, m, each) for each in found]
    return replace(line, details={**line.details, "curve": curve("ρ", ratios, {"trained": shown})})
