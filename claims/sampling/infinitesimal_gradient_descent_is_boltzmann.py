"""Gradient descent in small steps with white noise and weight decay equilibrates to the Boltzmann distribution.

In words: Does descent with noise and weight decay end in the distribution that physics gives for it?

Source: C. Mingard, LessWrong, 12 May 2021; arXiv 2004.01190.

Langevin training, θ ← θ − η(∇L + τθ/σ²) + √(2ητ)·z with L the mean loss on 8 training points and σ the standard
deviations of the initialisation, is given the same time η·updates = 10 at each step size η; the slowest parameters
forget their start after less than 2. On each of many training sets its networks are compared with exact, independent
draws of the Boltzmann distribution exp(−Σ loss/T)·P(θ), T = 8τ: networks drawn from the initialisation and kept with
the chance exp(−Σ loss/T). The distance that is left, D(P_Langevin, P_T)/D(P_init, P_T), is of squared MMDs over
functions on 8 evaluation points, means over training sets, and relative to that of untrained networks; it is
extrapolated to η = 0 along η², as the bias of finite steps is of the order of η, with the jackknife over sets.

Objection: untrained networks are near a hot Boltzmann distribution, too. So the distance is relative to theirs, which
have 1 by construction; and the steps have a test of their own, as a distance that no step size changed would say
nothing about small ones.
"""

from dataclasses import replace

import numpy as np

from claims.grids import EVALUATION_POINTS, image_sets
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import After, Langevin
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.over_sets import ratio_over_sets, squared_distances
from harness.verdicts import at_most, increasing

SETS = image_sets("digits", 8, EVALUATION_POINTS)
STEPS = {"smoke": (0.02, 0.04, 0.08), "standard": (0.01, 0.02, 0.04, 0.08), "full": (0.005, 0.01, 0.02, 0.04, 0.08)}
TIME = 10.0
SMALL = [FullyConnected(()), FullyConnected((10,))]
ARCHITECTURES = {
    "smoke": SMALL,
    "standard": [*SMALL, FullyConnected((10, 10))],
    "full": [*SMALL, FullyConnected((40,))],
}
TEMPERATURES = {"smoke": (1.0,), "standard": (1.0, 4.0), "full": (1.0, 2.0, 4.0)}
LEFT = "share of the untrained networks' squared distance to the Boltzmann distribution that is left"
LIMIT = f"{LEFT}, at step size 0"
BIAS = f"slope over η² of the {LEFT}"


def distances(lab, architecture, temperature):
    """(steps, 2, sets): squared distance of each step size's networks to exact draws, and of untrained networks."""
    exact = [each.sample for each in lab.tempered_posterior_on_sets(architecture, SETS, temperature, draws=2000)]
    start = squared_distances(lab.prior_on_sets(architecture, SETS, draws=2000), exact)
    found = []
    for step in STEPS[lab.scale.name]:
        langevin, updates = Langevin(step, temperature / SETS.m), round(TIME / step)
        trained = lab.train_on_sets(
            architecture, SETS, langevin, networks=200, stop=After(updates=updates), least_fitted=None
        )
        found.append((squared_distances([each.stopped for each in trained], exact), start))
    return np.array(found)


def line(lab, means):
    """Slope over η² and limit at 0 of the share that is left; means: (steps, 2)."""
    return np.polyfit(np.square(STEPS[lab.scale.name]), means[:, 0] / means[:, 1], 1)


@claim(
    kind="empirical",
    holds="every",
    of=LIMIT,
    predicts=at_most(
        0.05,
        because="in the limit of small steps the two are one distribution; a twentieth of the way that training went "
        "is the least that could matter",
    ),
    speaks_for="instrument",
    excludes=("uniform guessing", "truth", "majority label", "untrained networks", "nearest neighbour"),
)
@over(architecture=ARCHITECTURES, temperature=TEMPERATURES)
def test_small_steps_are_boltzmann(lab, architecture, temperature):
    found = distances(lab, architecture, temperature)
    limit = jackknife_over_sets(lambda means: line(lab, means)[1], found, LIMIT)
    shown = curve("step size", STEPS[lab.scale.name], {"Langevin": [ratio_over_sets(*each, LEFT) for each in found]})
    return replace(limit, details={**limit.details, "curve": shown})


@claim(
    kind="empirical",
    holds="every",
    of=BIAS,
    predicts=increasing(because="steps of a finite size heat the stiffest parameters the more, the larger they are"),
    speaks_for="instrument",
)
@over(architecture=ARCHITECTURES, temperature=TEMPERATURES)
def test_large_steps_are_not(lab, architecture, temperature):
    return jackknife_over_sets(lambda means: line(lab, means)[0], distances(lab, architecture, temperature), BIAS)
