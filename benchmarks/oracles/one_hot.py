"""O1: one-hot inputs, a third of the labels 1, whose P(S) is a one-dimensional mean at any m."""

from functools import cache, partial
from math import log

import numpy as np

from benchmarks.oracles.case import Case, seeded
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, one_hot
from harness.samplers.infinite_width.conditioning import log_probability_by_conditioning
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.truncated_gaussian import truncated_gaussian
from harness.samplers.posterior import annealed_posterior, rejection, subset_simulation
from harness.statistics.exact import one_hot as exact
from harness.verdicts import Estimate
from harness.verdicts.intervals import log_evidence, logarithm, proportion

WIDE = FullyConnected((1, 1), sigma_b=0.0)
BIASED, TWO = FullyConnected((10,), sigma_b=0.5), FullyConnected((2,), sigma_b=0.0)
# Of the readouts that p is sampled from where it has no closed form: an error of some hundredths.
READOUTS = 4000
LAW = exact.infinite_width(exact.relu_correlation(2))
HELD = "`one_hot_labels_are_independent_coins`, `test_one_hot_inputs.py`"


def third(m: int) -> Problem:
    """m one-hot inputs, every third label 1."""
    return one_hot(m, m // 3)


@cache
def law_of_biased() -> exact.Law:
    """Law of p for ten units with biases, sampled."""
    return exact.one_hidden_layer_with_biases(10, 2**0.5, 0.5, 0.2**0.5, READOUTS, np.random.default_rng(0))


def process(m: int) -> GaussianProcess:
    """Two infinitely wide ReLU layers."""
    problem = third(m)
    return GaussianProcess(nngp(WIDE, problem.train_x), problem.train_y)


def conditioned(m: int) -> Estimate:
    """By six runs of sequential conditioning."""
    margins = process(m).margins
    return log_evidence([log_probability_by_conditioning(margins, seeded(run), 256) for run in range(6)])


def annealed(network: FullyConnected, m: int) -> Estimate:
    """By four runs there and back."""
    return annealed_posterior(
        network, third(m), seeded(1), runs=4, particles=64, trajectories=4, max_doublings=0
    ).evidence


def next_label(m: int) -> Estimate:
    """Of exact draws at infinite width, the share that gives the next input the label 1."""
    problem = one_hot(m, m // 3, 1)
    kernel = nngp(WIDE, problem.inputs)[: m + 1, : m + 1]
    found = truncated_gaussian(GaussianProcess(kernel, problem.train_y), seeded(), chains=256, draws=8).functions
    ones = int(found.counts @ found.labels()[:, 0])
    return proportion(ones, found.total, quantity="share", unit="draws")


def two_units(m: int) -> Estimate:
    """By plain draws."""
    return logarithm(rejection(TWO, third(m), 200_000, seeded(), last_layers=1).evidence)


def simulated(m: int) -> Estimate:
    """By subset simulation."""
    return subset_simulation(TWO, third(m), seeded(2), runs=16).evidence


def tilted(m: int) -> Estimate:
    """By minimax tilting."""
    return log_probability(process(m), seeded(), runs=8, points=64)


def known(law: exact.Law, m: int) -> float:
    """ln P(S) by the integral over p."""
    return exact.log_evidence(law, m // 3, m - m // 3)


def known_of_biased(m: int) -> float:
    """That of ten units with biases, by sampled readouts."""
    return known(law_of_biased(), m)


def cases() -> list[Case]:
    """By sampler, as far in m as each goes within minutes."""
    two, biased, wide = "ln P(S), 2 units", "ln P(S), 10 units with biases", "ln P(S), infinite width, 2 layers"
    next_one = float(exact.next_ones(LAW, 21, 43, 1)[1])
    law = exact.width_two()
    return [
        Case("O1", two, "rejection", 6, known(law, 6), partial(two_units, 6), HELD),
        Case("O1", two, "subset simulation", 8, known(law, 8), partial(simulated, 8), HELD),
        *[
            Case("O1", biased, "annealing", m, partial(known_of_biased, m), partial(annealed, BIASED, m), HELD)
            for m in (8, 32, 128)
        ],
        Case("O1", "ln P(S), perceptron", "annealing", 128, 128 * log(0.5), partial(annealed, perceptron(), 128), HELD),
        *[
            Case("O1", wide, "minimax tilting", m, known(LAW, m), partial(tilted, m), HELD)
            for m in (8, 32, 128, 600, 2400)
        ],
        *[
            Case("O1", wide, "sequential conditioning", m, known(LAW, m), partial(conditioned, m), HELD)
            for m in (32, 128)
        ],
        Case(
            "O1",
            "P(next label is 1 given S), infinite width",
            "Hamiltonian draws",
            64,
            next_one,
            partial(next_label, 64),
            HELD,
        ),
    ]
