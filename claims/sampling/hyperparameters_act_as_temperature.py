"""Tuning the learning rate or the batch size moves the distribution of trained networks as a temperature would.

In words: Does a larger rate or a smaller batch act on the functions found as a higher temperature would?

Source: C. Mingard, LessWrong, 11 May 2021; openreview cu6zDHCfhZx, equation 1.

The tempered posteriors are P_T ∝ exp(−Σ cross-entropy/T)·P(θ)^(1/T), the sum over 8 training points: prior and
likelihood are tempered alike, as in the source. P(θ)^(1/T) is the initialisation with standard deviations times √T, so
that draws are exact: networks of that initialisation, kept with the chance exp(−Σ/T), for T from 0.7, below which too
few are kept. Networks are trained by SGD at ρ times the edge of stability, to their first fit or for an equal time,
learning rate × updates = 2. Distances are squared MMDs over functions on 8 evaluation points, means over training sets.
Asked is first which share of the distance between training and T = 1 is removed by another temperature, 1 − D(P_SGD,
P_T)/D(P_SGD, P_1): T is chosen on every second training set, and the share is that of the others. Then, whether larger
learning rates and smaller batches are hotter: D(P_SGD, P_1) − D(P_SGD, P_4) has a slope over ln ρ or ln batch size.

Objection: among many temperatures one is always a little nearer. It is chosen on other training sets, T = 1 is not
among them, and it has to remove half of the distance.
"""

from dataclasses import replace
from math import log, sqrt

import numpy as np

from claims.grids import BELOW, DIGITS_FIRST, EVALUATION_POINTS, WIDTH, image_sets, two_layers
from harness.claim import claim, over
from harness.optimisers import SGD, After, FirstFit, Relative
from harness.statistics.figures import curve
from harness.statistics.over_sets import mean_over_sets, ratio_over_sets, slope_over_sets, squared_distances
from harness.verdicts import at_least, decreasing, increasing

NETWORK = two_layers(WIDTH)
OTHER_TEMPERATURES = (0.7, 1.4, 2.0, 4.0, 8.0)
COLD, HOT = 1.0, 4.0
RATIOS = {"smoke": (0.1, 0.3, 3.0), "standard": (0.03, 0.1, 0.3, 1.0, 3.0), "full": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}
BATCHES = {"smoke": (1, 2, 8), "standard": (1, 2, 4, 8), "full": (1, 2, 4, 8)}
FIRST_FIT, EQUAL_TIME = "first fit", "equal time"
STOPS = (FIRST_FIT, EQUAL_TIME)
TIME = 2.0
SHARE = "share of the squared MMD to the T = 1 posterior that the best other temperature removes"
HEAT = "squared MMD: to the T = 1 posterior − to the T = 4 one"
NULLS = ("uniform guessing", "untrained networks", "truth")


def sets_of(data):
    """Training sets of 8 points."""
    return image_sets(data, 8, EVALUATION_POINTS)


def exact(lab, sets, temperature):
    """Networks of the fully tempered posterior on each training set."""
    heat = sqrt(temperature)
    scaled = replace(NETWORK, sigma_w=NETWORK.sigma_w * heat, sigma_b=NETWORK.sigma_b * heat)
    return [each.sample for each in lab.tempered_posterior_on_sets(scaled, sets, temperature, draws=2000)]


def trained(lab, sets, ratio, batch, stop):
    """Functions of SGD's networks: of those that fit for the first time, or of all when their time is over."""
    at_first_fit = stop == FIRST_FIT
    optimiser = lab.resolve(Relative(SGD(), ratio), NETWORK, sets)
    until = FirstFit() if at_first_fit else After(updates=max(round(TIME / optimiser.learning_rate), 1))
    least_fitted = 0.9 if at_first_fit else None
    found = lab.train_on_sets(NETWORK, sets, optimiser, batch=batch, stop=until, least_fitted=least_fitted)
    return [each.functions if at_first_fit else each.stopped for each in found]


def heat(lab, data, ratio, batch, stop):
    """How much nearer trained networks are to the hotter posterior, on each training set."""
    sets = sets_of(data)
    functions = trained(lab, sets, ratio, batch, stop)
    cold, hot = (squared_distances(functions, exact(lab, sets, each)) for each in (COLD, HOT))
    return np.subtract(cold, hot)


@claim(
    kind="empirical",
    of=SHARE,
    predicts=at_least(0.5, because="if a temperature is what distinguishes training, one explains most of the rest"),
    speaks_for="architecture",
    excludes=NULLS,
)
@over(
    data=DIGITS_FIRST,
    ratio={"smoke": (), "standard": (BELOW, 3.0), "full": (BELOW, 3.0)},
    batch={"smoke": (1,), "standard": (1, 8), "full": (1, 8)},
    stop=STOPS,
)
def test_a_temperature_explains_the_rest(lab, data, ratio, batch, stop):
    sets = sets_of(data)
    functions = trained(lab, sets, ratio, batch, stop)
    at_one = np.array(squared_distances(functions, exact(lab, sets, 1.0)))
    others = {each: np.array(squared_distances(functions, exact(lab, sets, each))) for each in OTHER_TEMPERATURES}
    best = min(others, key=lambda each: others[each][::2].mean())
    share = ratio_over_sets((at_one - others[best])[1::2], at_one[1::2], SHARE)
    return replace(share, details={**share.details, "notes": [f"The best-fitting other temperature is T = {best:g}."]})


@claim(
    kind="empirical",
    of=f"slope of the {HEAT} over ln ρ",
    predicts=increasing(because="the noise of minibatch steps grows with the learning rate, as with a temperature"),
    speaks_for="architecture",
    excludes=NULLS,
)
@over(data=DIGITS_FIRST, batch={"smoke": (1,), "standard": (1, 4), "full": (1, 4)}, stop=STOPS)
def test_larger_rates_are_hotter(lab, data, batch, stop):
    ratios = RATIOS[lab.scale.name]
    found = [heat(lab, data, ratio, batch, stop) for ratio in ratios]
    line = slope_over_sets([log(ratio) for ratio in ratios], found, f"slope of the {HEAT} over ln ρ")
    shown = curve("ρ", ratios, {"trained": [mean_over_sets(each, HEAT) for each in found]})
    return replace(line, details={**line.details, "curve": shown})


@claim(
    kind="empirical",
    of=f"slope of the {HEAT} over ln batch size",
    predicts=decreasing(because="the noise of minibatch steps falls with the size of the batch"),
    speaks_for="architecture",
    excludes=NULLS,
)
@over(data=DIGITS_FIRST, ratio={"smoke": (BELOW,), "standard": (BELOW, 3.0), "full": (BELOW, 3.0)}, stop=STOPS)
def test_larger_batches_are_colder(lab, data, ratio, stop):
    batches = BATCHES[lab.scale.name]
    found = [heat(lab, data, ratio, batch, stop) for batch in batches]
    line = slope_over_sets([log(batch) for batch in batches], found, f"slope of the {HEAT} over ln batch size")
    shown = curve("batch size", batches, {"trained": [mean_over_sets(each, HEAT) for each in found]})
    return replace(line, details={**line.details, "curve": shown})
