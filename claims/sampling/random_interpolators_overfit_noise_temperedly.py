"""With wrong labels the error of random sampling grows with their share, below chance, as that of training does.

In words: With some wrong training labels, does the error of random networks that fit grow in proportion, as that of
trained ones does?

Source: Harel et al. 2024, arXiv 2410.19092; "tempered" is Mallinar et al. 2022, arXiv 2207.06569.

A share of the training labels is wrong, the labels of the evaluation points are right, and every network fits all
training labels. The growth of an error is its least-squares slope over the share of wrong labels, divided by 1 − 2ε
with ε the error without any: a nearest neighbour's is 1, since it passes each wrong label on once; a learner that does
not suffer (benign) has 0; one that falls to chance (catastrophic) has at least 2.5 at the largest share, 20 %. Means
are over training sets, with the same points and, at larger shares, the same wrong labels and more. Asked is where the
growth of random sampling lies, where that of training does, and whether the two slopes are alike.

Objection: that an interpolator suffers about as a nearest neighbour does says little of networks, and at few points
even a learner that is benign in the limit looks tempered. Both are so: the claim says that random sampling is no
exception, on either side, and that training gains nothing over it here; larger scales ask it at more points. A learner
that ignores the labels, or knows the truth, does not grow; coins with the posterior's marginals have its errors by
construction and nearest neighbours are what growth is measured by, so neither is excluded.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from claims.grids import BELOW, ERROR_POINTS, LOSSES, WIDTH, two_layers
from claims.sampling.pairs import PAIRS
from harness.claim import claim, over
from harness.optimisers import SGD, Relative
from harness.problems import training_sets
from harness.samplers.posterior.rejection_until import RejectionUntil
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.over_sets import errors_on_sets, share_over_sets, slope_over_sets
from harness.verdicts import within
from harness.verdicts.intervals import slope_weights

SHARES = {"smoke": (0.0, 0.2), "standard": (0.0, 0.05, 0.1, 0.2), "full": (0.0, 0.05, 0.1, 0.2)}
# So many points that each share is a whole number of them.
SIZES = {"smoke": (10,), "standard": (20, 40), "full": (20, 40, 80)}
DATA = {"smoke": ("digits 0/1",), "standard": tuple(PAIRS), "full": tuple(PAIRS)}
# Two classes that are told apart leave rejection enough networks for two more points than elsewhere, wrong labels too.
REJECTION_UP_TO, EFFECTIVE = 10, 100
GROWTH = "growth of the {} test error with the share of wrong labels, in a nearest neighbour's"
SAMPLED, TRAINED = GROWTH.format("random-sampled"), GROWTH.format("trained")
APART = "slope of the test error over the share of wrong labels: trained − random sampling"
TEMPERED = within(
    1.0,
    0.75,
    because="tempered: at least a quarter of a nearest neighbour's growth, so not benign, and at most 1.75 times it, "
    "where chance at 20 % is 2.5 times",
)


def noisy_sets(lab, data, m):
    """Training sets at each share of wrong labels."""
    images, task = PAIRS[data]
    return [training_sets(images, m, ERROR_POINTS, task=task, label_noise=each) for each in SHARES[lab.scale.name]]


def sampled_errors(lab, data, m):
    """(shares, sets)."""
    network, errors = two_layers(WIDTH), []
    for sets in noisy_sets(lab, data, m):
        if m <= REJECTION_UP_TO:
            sampled = lab.gather_on_sets(partial(RejectionUntil, network, effective=EFFECTIVE), sets)
        else:
            sampled = lab.posterior_on_sets(network, sets)
        errors.append(errors_on_sets(sampled, lab.problems(sets)))
    return errors


def trained_errors(lab, data, m, loss):
    """(shares, sets); wrong labels take longer to fit."""
    optimiser = Relative(SGD(), BELOW)
    return [
        errors_on_sets(
            lab.train_on_sets(two_layers(WIDTH), sets, optimiser, loss, max_epochs=10_000), lab.problems(sets)
        )
        for sets in noisy_sets(lab, data, m)
    ]


def growth(lab, errors, quantity):
    """Slope over the share of wrong labels, over 1 − 2ε, with the errors as a curve."""
    shares = SHARES[lab.scale.name]
    weights = slope_weights(np.array(shares))
    found = jackknife_over_sets(lambda means: float(weights @ means / (1 - 2 * means[0])), errors, quantity)
    shown = [share_over_sets(each, "test error") for each in errors]
    more = {"curve": curve("share of wrong labels", shares, {quantity: shown})}
    return replace(found, details={**found.details, **more})


@claim(
    kind="rival",
    of=SAMPLED,
    predicts=TEMPERED,
    speaks_for="architecture",
    holds="every",
    crux=lambda m, **_: m in (10, 20),
)
@over(data=DATA, m=SIZES)
def test_random_sampling_is_tempered(lab, data, m):
    return growth(lab, sampled_errors(lab, data, m), SAMPLED)


@claim(
    kind="rival",
    of=TRAINED,
    predicts=TEMPERED,
    speaks_for="architecture",
    holds="every",
    excludes=("uniform guessing", "truth", "majority label", "untrained networks"),
)
@over(data=DATA, m=SIZES, loss=LOSSES)
def test_training_is_tempered(lab, data, m, loss):
    return growth(lab, trained_errors(lab, data, m, loss), TRAINED)


@claim(
    kind="rival",
    of=APART,
    predicts=within(
        0.0,
        0.4,
        because="like training's: less than half of what a nearest neighbour's error grows by lies between the two",
    ),
    speaks_for="architecture",
    holds="every",
    excludes=("uniform guessing", "truth", "majority label", "untrained networks"),
)
@over(data=DATA, m=SIZES, loss=LOSSES)
def test_training_suffers_alike(lab, data, m, loss):
    apart = np.subtract(trained_errors(lab, data, m, loss), sampled_errors(lab, data, m))
    return slope_over_sets(SHARES[lab.scale.name], apart, APART)
