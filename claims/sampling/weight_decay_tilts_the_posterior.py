"""Weight decay acts as a tilt of the posterior by exp(−λ‖θ‖²), towards the functions of smaller weights.

In words: Does weight decay act as if smaller weights had been likelier from the start?

Source: arXiv 2505.24060.

In the ntk parametrisation every parameter starts with variance 1, so that the posterior tilted by exp(−λ‖θ‖²) is, with
no weights and at full effective sample size, random sampling of networks whose parameters all have variance
s² = 1/(1 + 2λ): σ_w and σ_b are s times as large. Which s belongs to a decay coefficient is set before the run, too:
decay shrinks what the loss leaves alone by exp(−decay × rate × updates), so the coefficient is chosen for that to be s
after a fixed number of full-batch updates, more than it takes to fit. Networks of hidden tanh layers start chaotic,
where the weights' size decides which functions have volume. With squared MMDs D over functions on 8 evaluation points,
means over training sets, asked is: is D(P_OPT, tilted) less than half of D(P_OPT, untilted); is it less than with twice
the decay, s² in the place of s; and, trained as long without decay, is the untilted posterior nearer.

Objection: the tilted posterior is simpler, and anything simple is nearer to it than to a chaotic one, as are networks
that were trained long past the fit. So the tilt must also explain more than one of twice the decay, which is simpler
still, and less than none where there was no decay. A learner that ignores the decay fails the first.
"""

from dataclasses import replace
from math import log
from typing import Any

import numpy as np

from claims.grids import BELOW, DIGITS_FIRST, EVALUATION_POINTS, LOSSES, WIDTH, image_sets
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import After, GradientDescent, Relative
from harness.statistics.figures import figure
from harness.statistics.over_sets import mean_over_sets, ratio_over_sets, share_over_sets, squared_distances
from harness.verdicts import at_least

# Rejection reaches the posterior of chaotic networks at so few points.
POINTS = 8
UPDATES = 400
STARTS = {"smoke": (4.0,), "standard": (3.0, 4.0, 6.0), "full": (3.0, 4.0, 6.0)}
SHRUNK = {"smoke": (0.5,), "standard": (0.35, 0.5, 0.7), "full": (0.35, 0.5, 0.7)}
EXPLAINED = "share of the squared MMD to the untilted posterior that the tilt removes"
TWICE = "squared MMD to the posterior: of twice the tilt − of the tilt"
WITHOUT = "trained without decay, squared MMD: to the tilted posterior − to the untilted"
GRID: dict[str, Any] = {"data": DIGITS_FIRST, "start": STARTS, "shrunk": SHRUNK, "loss": LOSSES}


def network(sigma_w, scale=1.0):
    """Chaotic tanh layers whose parameters all have the standard deviation `scale`."""
    return FullyConnected((WIDTH, WIDTH), "tanh", sigma_w * scale, 0.2 * scale, "ntk")


def trained(lab, sets, start, shrunk, loss):
    """Networks trained for a fixed number of updates with the decay that shrinks what is left alone to `shrunk`; 1 is
    no decay."""
    rule = lab.resolve(Relative(GradientDescent(), BELOW), network(start), sets, loss)
    decay = float(f"{-log(shrunk) / (rule.learning_rate * UPDATES):.4g}")
    return lab.train_on_sets(network(start), sets, replace(rule, weight_decay=decay), loss, stop=After(updates=UPDATES))


def distances(lab, networks, sets, start, *scales):
    """Squared MMD to random sampling at each scale of the parameters, by training set."""
    return [squared_distances(networks, lab.posterior_on_sets(network(start, each), sets)) for each in scales]


@claim(
    kind="empirical",
    of=EXPLAINED,
    predicts=at_least(
        0.5, because="a tilt is what decay does if it accounts for more than half of where decay has moved training"
    ),
    speaks_for="architecture",
    excludes=("uniform guessing", "untrained networks"),
    crux=lambda start, shrunk, **_: (start, shrunk) == (4.0, 0.5),
)
@over(**GRID)
def test_the_tilt_explains_decay(lab, data, start, shrunk, loss):
    sets = image_sets(data, POINTS, EVALUATION_POINTS)
    networks = trained(lab, sets, start, shrunk, loss)
    none, tilted = distances(lab, networks, sets, start, 1.0, shrunk)
    found = ratio_over_sets(np.subtract(none, tilted), none, EXPLAINED)
    shown = [
        mean_over_sets(each, f"squared MMD to the {which}") for each, which in ((none, "untilted"), (tilted, "tilted"))
    ]
    fitted = share_over_sets([each.functions.total / each.networks for each in networks], "share of networks that fit")
    return replace(found, details={**found.details, "secondary": [figure(each) for each in (*shown, fitted)]})


@claim(
    kind="empirical",
    of=TWICE,
    predicts=at_least(0.0, because="the tilt of the decay that there was explains more than that of twice as much"),
    speaks_for="architecture",
    excludes=("truth", "nearest neighbour"),
)
@over(**GRID)
def test_twice_the_tilt_explains_less(lab, data, start, shrunk, loss):
    sets = image_sets(data, POINTS, EVALUATION_POINTS)
    tilted, twice = distances(lab, trained(lab, sets, start, shrunk, loss), sets, start, shrunk, shrunk**2)
    return mean_over_sets(np.subtract(twice, tilted), TWICE)


@claim(
    kind="empirical",
    of=WITHOUT,
    predicts=at_least(0.0, because="without decay nothing tilts the posterior, however long the training"),
    speaks_for="architecture",
    excludes=("truth", "nearest neighbour"),
)
@over(**GRID)
def test_without_decay_there_is_no_tilt(lab, data, start, shrunk, loss):
    sets = image_sets(data, POINTS, EVALUATION_POINTS)
    none, tilted = distances(lab, trained(lab, sets, start, 1.0, loss), sets, start, 1.0, shrunk)
    return mean_over_sets(np.subtract(tilted, none), WITHOUT)
