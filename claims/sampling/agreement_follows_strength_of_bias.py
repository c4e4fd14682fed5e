"""Random sampling points where training goes if the parameter-function map is strongly biased, and less as it weakens.

In words: Is random sampling closer to training where random weights prefer some functions strongly?

Source: C. Mingard, LessWrong, 12 May 2021.

The strength of the bias is how far the entropy of P(f) on 8 evaluation points lies below its maximum of 8 bits, a mean
over training sets of 20,000 networks each, with the entropy corrected for their number (Miller 1955). Varied are the
weight scale σ_w of two hidden tanh layers, from ordered to chaotic, and the number of hidden ReLU layers, all of width
40. The agreement is the direction c, the cosine between P_OPT − U and P_B − U in the space of the squared MMD, of means
over training sets of 8 points; its slope is over bits, with the jackknife over training sets.

Objection: bias explained divides by the strength of the bias, and so follows it for any learner. The direction does
not: coins with the posterior's own marginals keep it near 1 at every strength.
"""

from dataclasses import replace

import numpy as np

from claims.grids import DIGITS_FIRST, EVALUATION_POINTS, LOSSES, OPTIMISERS, WIDTH, image_sets
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.over_sets import direction_over_sets, products_on_sets
from harness.verdicts import increasing

SCALES = {"smoke": (1.0, 2.0, 4.0), "standard": (0.5, 1.0, 2.0, 4.0), "full": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)}
DEPTHS = {"smoke": (1, 2, 4), "standard": (1, 2, 3, 4, 6), "full": (1, 2, 3, 4, 6, 8)}
ONE = {"smoke": OPTIMISERS[:1], "standard": OPTIMISERS, "full": OPTIMISERS}
SLOPE = "slope of the direction c over bits of bias"
NULLS = ("uniform guessing", "coins with the posterior's marginals", "untrained networks")
STRONGER_IS_CLOSER = increasing(
    because="volumes that differ by orders of magnitude outweigh what an optimiser prefers, and volumes that hardly "
    "differ do not"
)


def agreement(lab, data, architectures, optimiser, loss):
    """Slope of the direction over the strength of the bias of these architectures."""
    sets = image_sets(data, 8, EVALUATION_POINTS)
    strengths, directions, terms = [], [], []
    for architecture in architectures:
        priors = lab.prior_on_sets(architecture, sets, draws=20_000)
        strengths.append([sets.n - each.corrected_entropy() for each in priors])
        trained = [each.functions for each in lab.train_on_sets(architecture, sets, optimiser, loss)]
        by_volume = lab.posterior_on_sets(architecture, sets)
        terms.append(np.array(products_on_sets(trained, by_volume)).T)
        directions.append(direction_over_sets(trained, by_volume))
    bits = np.array(strengths)
    # (architectures, 4, sets): the strength, and the three terms of the direction.
    found = np.concatenate([bits[:, None], np.array(terms)], axis=1)
    line = jackknife_over_sets(slope_of_direction, found, SLOPE)
    shown = curve("bits of bias", bits.mean(axis=1).tolist(), {"trained": directions})
    return replace(line, details={**line.details, "curve": shown})


def slope_of_direction(means):
    """Of c over bits; means: (architectures, 4)."""
    bits, training, volume, product = means.T
    return np.polyfit(bits, product / np.sqrt(training * volume), 1)[0]


@claim(kind="empirical", of=SLOPE, predicts=STRONGER_IS_CLOSER, speaks_for="architecture", excludes=NULLS)
@over(data=DIGITS_FIRST, optimiser=ONE, loss=LOSSES)
def test_over_weight_scales(lab, data, optimiser, loss):
    networks = [FullyConnected((WIDTH, WIDTH), "tanh", sigma_w, 0.2) for sigma_w in SCALES[lab.scale.name]]
    return agreement(lab, data, networks, optimiser, loss)


@claim(kind="empirical", of=SLOPE, predicts=STRONGER_IS_CLOSER, speaks_for="architecture", excludes=NULLS)
@over(data=DIGITS_FIRST, optimiser=ONE, loss=LOSSES)
def test_over_depths(lab, data, optimiser, loss):
    networks = [FullyConnected((WIDTH,) * depth) for depth in DEPTHS[lab.scale.name]]
    return agreement(lab, data, networks, optimiser, loss)
