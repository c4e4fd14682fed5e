"""O2, O3 and O8: deep linear networks, which are perceptrons under 0–1 likelihood and mixtures of Gaussian processes
under a Gaussian one, and inputs in a plane, where volumes are lengths of arcs."""

from functools import partial
from math import log, pi

import numpy as np

from benchmarks.oracles.case import Case, seeded
from harness.networks import FullyConnected, perceptron
from harness.optimisers import After, Langevin
from harness.problems import Problem, gaussian_teacher, training_sets
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import annealed_posterior, rejection, subset_simulation, tempered
from harness.samplers.training import train
from harness.statistics.exact import deep_linear
from harness.statistics.exact.few_points import arcs
from harness.statistics.generalisation import generalisation_error
from harness.statistics.over_sets import mean_over_sets
from harness.verdicts import Estimate
from harness.verdicts.intervals import logarithm, proportion

CLAIM, TEST = "`deep_linear_networks_sample_like_perceptrons`", "`test_deep_linear_networks.py`"
DIMENSIONS, SETS = 100, 16
TEMPERATURE = 1.5


def linear(*hidden: int) -> FullyConnected:
    """Linear layers without biases."""
    return FullyConnected(hidden, "linear", sigma_b=0.0)


def plane(m: int, n: int, seed: int) -> tuple[Problem, float]:
    """Inputs in a plane, labelled by one of the likeliest functions; ln P(S), the length of an arc."""
    x = np.random.default_rng(seed).standard_normal((m + n, 2)).astype(np.float32)
    labels, lengths = arcs(x)
    teacher = labels[lengths.argmax()]
    problem = Problem.from_arrays(x[:m], teacher[:m], x[m:], teacher[m:])
    return problem, log(lengths[(labels[:, :m] == problem.train_y).all(1)].sum())


def orthant(problem: Problem) -> Estimate:
    """ln P(S) of a perceptron without biases, by tilting."""
    return log_probability(
        GaussianProcess(nngp(perceptron(), problem.train_x), problem.train_y), seeded(), runs=8, points=256
    )


def typical_volume(load: float) -> Estimate:
    """ln P(S)/d, a mean over training sets and teachers."""
    m = round(load * DIMENSIONS)
    sets = training_sets(gaussian_teacher, m, 1, dimensions=DIMENSIONS)
    return mean_over_sets([orthant(sets.problem(k)).value / DIMENSIONS for k in range(SETS)], "ln P(S)/d")


def typical_error(load: float, dimensions: int) -> Estimate:
    """Test error of P_B by annealing, a mean over training sets and teachers."""
    sets = training_sets(gaussian_teacher, round(load * dimensions), 200, dimensions=dimensions)
    errors = []
    for k in range(8):
        problem = sets.problem(k)
        found = annealed_posterior(
            perceptron(), problem, seeded(k), runs=4, particles=32, trajectories=4, max_doublings=0
        )
        errors.append(generalisation_error(found.sample, problem).value)
    return mean_over_sets(errors, "test error")


# Four inputs in three dimensions; exp(−Σ(z − s)²/T) is a Gaussian likelihood of variance T/2.
X = np.random.default_rng(7).standard_normal((7, 3))
REGRESSION = Problem.from_arrays(X[:4], [0, 1, 1, 0], X[4:], [1, 1, 1])


def mixture(*hidden: int) -> tuple[np.ndarray, float]:
    """P(label 1) on E, and E exp(−Σ(z − s)²/T), by an integral over the scale of the kernel."""
    kernel = 2.0 ** (len(hidden) + 1) * X @ X.T / 3
    scale = deep_linear.scales(hidden, 200_000, np.random.default_rng(0))
    found = deep_linear.gaussian(kernel, REGRESSION.train_y * 2.0 - 1, TEMPERATURE / 2, scale)
    return found.positive, float(np.exp(found.log_evidence) * (pi * TEMPERATURE) ** 2)


def langevin(point: int) -> Estimate:
    """Share of networks that give an evaluation point the label 1 at time 20 of Langevin training."""
    rule = Langevin(0.02, TEMPERATURE / 4)
    found = train(linear(2), REGRESSION, rule, 4000, seeded(2), loss="squared error", stop=After(updates=1000)).stopped
    return proportion(int(found.counts @ found.labels()[:, point]), found.total, quantity="share", unit="networks")


def cases() -> list[Case]:
    """By sampler."""
    x = np.random.default_rng(6).standard_normal((7, 7))
    six = Problem.from_arrays(x[:6], [0, 1, 1, 0, 1, 0], x[6:], [1])
    twelve, arc = plane(12, 4, 3)
    _, evidence = mixture(4, 3)
    shares, _ = mixture(2)
    furthest = int(abs(shares - 0.5).argmax())

    def rejected(*hidden: int) -> Estimate:
        return logarithm(rejection(linear(*hidden), six, 100_000, seeded(len(hidden))).evidence)

    def annealed() -> Estimate:
        return annealed_posterior(
            perceptron(), twelve, seeded(), runs=4, particles=64, trajectories=4, max_doublings=0
        ).evidence

    def simulated() -> Estimate:
        return subset_simulation(linear(4, 3), twelve, seeded(), runs=8, chains=32, steps=8, max_doublings=0).evidence

    return [
        *[
            Case(
                "O2",
                f"ln P(S), linear {'-'.join(map(str, hidden)) or 'perceptron'}, against the perceptron's orthant",
                "rejection",
                6,
                lambda: orthant(six).value,
                partial(rejected, *hidden),
                TEST,
            )
            for hidden in ((), (4, 3), (40,))
        ],
        Case(
            "O2",
            f"ln P(S)/d, d = {DIMENSIONS}, load ½, limit of large d",
            "minimax tilting",
            50,
            deep_linear.perceptron(0.5).log_evidence,
            lambda: typical_volume(0.5),
            CLAIM,
        ),
        Case(
            "O2",
            "error of P_B, d = 40, load 2, limit of large d",
            "annealing",
            80,
            deep_linear.perceptron(2).error,
            lambda: typical_error(2, 40),
            CLAIM,
        ),
        Case(
            "O3",
            "E exp(−loss/T), linear 4-3",
            "tempered rejection",
            4,
            evidence,
            lambda: tempered(linear(4, 3), REGRESSION, TEMPERATURE, 400_000, seeded(), loss="squared error").evidence,
            TEST,
        ),
        Case(
            "O3",
            "P(label 1), linear 2",
            "Langevin training, steps of 0.02",
            4,
            float(shares[furthest]),
            lambda: langevin(furthest),
            TEST,
        ),
        Case("O8", "ln P(S) in a plane, linear 4-3", "subset simulation", 12, arc, simulated, TEST),
        Case("O8", "ln P(S) in a plane, perceptron", "annealing", 12, arc, annealed, TEST),
    ]
