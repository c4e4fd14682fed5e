"""Gradient descent in small steps with white noise and weight decay equilibrates to the Boltzmann distribution.

Source: C. Mingard, LessWrong, 12 May 2021; arXiv 2004.01190.

Langevin training, θ ← θ − η(∇L + τθ/σ²) + √(2ητ)·z with L the mean loss on 8 training points and σ the standard
deviations of the initialisation, is given the same time η·updates = 10 at each step size η; the slowest parameters
forget their start after less than 2. Its networks are compared with exact, independent draws of the Boltzmann
distribution exp(−Σ loss/T)·P(θ), T = 8τ: networks drawn from the initialisation and kept with the chance exp(−Σ
loss/T). The relative distance D(P_Langevin, P_T)/D(U, P_T), D the squared MMD over functions on 8 evaluation points, is
extrapolated to η = 0 along η², as the bias of finite steps is of the order of η. Each step size has exact draws of its
own.
"""

from dataclasses import replace

import numpy as np

from claims.grids import EVALUATION_POINTS
from harness.claim import claim, over
from harness.networks import FullyConnected
from harness.optimisers import After, Langevin
from harness.problems import digits
from harness.statistics.distances import relative_distance
from harness.statistics.figures import curve
from harness.verdicts import at_most, increasing
from harness.verdicts.intervals import intercept, slope

PROBLEM = digits(8, EVALUATION_POINTS)
STEPS = {"smoke": (0.02, 0.04, 0.08), "standard": (0.01, 0.02, 0.04, 0.08), "full": (0.005, 0.01, 0.02, 0.04, 0.08)}
TIME = 10.0
SMALL = [FullyConnected(()), FullyConnected((10,))]
ARCHITECTURES = {
    "smoke": SMALL,
    "standard": [*SMALL, FullyConnected((10, 10))],
    "full": [*SMALL, FullyConnected((40,))],
}
TEMPERATURES = {"smoke": (1.0,), "standard": (1.0, 4.0), "full": (1.0, 2.0, 4.0)}
LIMIT = "relative distance to the Boltzmann distribution at step size 0"
BIAS = "slope of the relative distance over η²"


def distances(lab, architecture, temperature):
    """Relative distance of each step size's networks to exact draws."""
    found = []
    for sample, step in enumerate(STEPS[lab.scale.name]):
        langevin, updates = Langevin(step, temperature / PROBLEM.m), round(TIME / step)
        trained = lab.train(architecture, PROBLEM, langevin, networks=1000, stop=After(updates=updates))
        exact = lab.tempered_posterior(architecture, PROBLEM, temperature, draws=10_000, sample=sample)
        found.append(relative_distance(trained.stopped, exact.sample))
    return found


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=LIMIT,
    predicts=at_most(
        0.05,
        because="in the limit of small steps the two are one distribution; a twentieth of what separates it from "
        "uniform guessing is the least that could matter",
    ),
)
@over(architecture=ARCHITECTURES, temperature=TEMPERATURES)
def test_small_steps_are_boltzmann(lab, architecture, temperature):
    steps = STEPS[lab.scale.name]
    found = distances(lab, architecture, temperature)
    line = intercept(np.square(steps), found, quantity=LIMIT)
    return replace(line, details={"curve": curve("step size", steps, {"Langevin": found})})


@claim(
    kind="empirical",
    speaks_for="architecture",
    holds="every",
    of=BIAS,
    predicts=increasing(because="steps of a finite size heat the stiffest parameters the more, the larger they are"),
)
@over(architecture=ARCHITECTURES, temperature=TEMPERATURES)
def test_large_steps_are_not(lab, architecture, temperature):
    return slope(np.square(STEPS[lab.scale.name]), distances(lab, architecture, temperature), quantity=BIAS)
