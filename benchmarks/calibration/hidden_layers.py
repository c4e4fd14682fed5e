"""Intervals of what is said of hidden layers, widths and kernels: statistics whose laws are given."""

from math import log, sqrt

import numpy as np
import torch
from scipy import special, stats

from benchmarks.calibration.case import case
from benchmarks.calibration.distributions import clusters, named, ratio, sample
from benchmarks.calibration.equal_margins import as_runs
from harness.samplers.features import (
    Observed,
    Tallies,
    Transfer,
    compression,
    difference,
    gain_in_error,
    gain_in_evidence,
    least_width,
    mean,
    search,
    shift,
    shift_of_runs,
)
from harness.samplers.infinite_width.agreement import distance_to
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernel
from harness.samplers.infinite_width.learning_curves import regression_errors
from harness.samplers.infinite_width.linearised import LinearisationGap
from harness.statistics.distances import relative_distance
from harness.verdicts import Estimate


def _statistic(rng: np.random.Generator, units: int, spread: float, correlation: float) -> Observed:
    """Hidden draws of lognormal evidence e^(spread·z), and a statistic of that correlation with z, mean 5, deviation 3.

    Weighted by evidence, its mean is correlation·spread deviations higher, by Stein's lemma.
    """
    z, other = rng.normal(size=(2, units))
    x = correlation * z + sqrt(1 - correlation**2) * other
    return Observed((3 * x + 5)[:, None], np.exp(spread * z))


def _mean(rng: np.random.Generator, units: int, spread: float, correlation: float) -> tuple[Estimate, float]:
    return mean(_statistic(rng, units, spread, correlation), 0, "mean"), 3 * correlation * spread + 5


def _mean_of_networks(rng: np.random.Generator, networks: int) -> tuple[Estimate, float]:
    """Skewed, as what training changes is."""
    return mean(Observed(rng.gamma(2.0, 0.1, (networks, 1)), np.ones(networks)), 0, "mean"), 0.2


def _shift(rng: np.random.Generator, units: int, spread: float, correlation: float) -> tuple[Estimate, float]:
    return shift(_statistic(rng, units, spread, correlation), 0, "shift"), correlation * spread


def _difference(rng: np.random.Generator, units: int, spread: float, correlation: float) -> tuple[Estimate, float]:
    """Trained networks are half a deviation above the initialisation."""
    trained = Observed(3 * rng.exponential(0.5, (60, 1)) + 5, np.ones(60))
    return difference(trained, _statistic(rng, units, spread, correlation), 0, "difference"), 0.5 - correlation * spread


def _shift_of_runs(rng: np.random.Generator, runs: int, spread: float) -> tuple[Estimate, float]:
    """A run's mean and its ln evidence are jointly normal; the prior's mean is 0.3 and its deviation 0.1."""
    z, other = rng.normal(size=(2, runs))
    found = 0.4 + 0.01 * (0.8 * z + 0.6 * other)
    prior = Observed(rng.normal(0.3, 0.1, (600, 1)), np.ones(600))
    return shift_of_runs(as_runs(spread * z, found[:, None]), prior, 0, "shift"), (0.1 + 0.008 * spread) / 0.1


def _transfer(
    rng: np.random.Generator, draws: int, spread: float, correlation: float, of: str
) -> tuple[Estimate, float]:
    """Two lognormal evidences, and errors of 0.4 − 0.1·z, z the first one's normal variable.

    ln E pq/(E p·E q) is the covariance of their logarithms; an error weighted by q is 0.4 − 0.1·correlation·spread, and
    weighted by p as well it is 0.1·spread less.
    """
    z, other = rng.normal(size=(2, draws))
    p, q = np.exp(spread * z), np.exp(spread * (correlation * z + sqrt(1 - correlation**2) * other))
    found = Transfer(p, q, q * (0.4 - 0.1 * z))
    if of == "evidence":
        return gain_in_evidence(found), correlation * spread**2
    return gain_in_error(found), 0.1 * spread


def _tallies(rng: np.random.Generator, centre: float, width: float) -> Tallies:
    """Width w fits with chance Φ((w − centre)/width), w from 1 to 32, of 30 networks; searched twice."""

    def probe(w: int) -> tuple[int, int]:
        return int(rng.binomial(30, stats.norm.cdf((w - centre) / width))), 30

    return search(probe, 1, 32) + search(probe, 1, 32)


def _least_width(rng: np.random.Generator, centre: float, width: float) -> tuple[Estimate, float]:
    return least_width(_tallies(rng, centre, width)), float(np.ceil(centre))


def _compression(rng: np.random.Generator) -> tuple[Estimate, float]:
    with_features, without = (least_width(_tallies(rng, *curve)) for curve in ((5.6, 2), (19.5, 10)))
    return compression(with_features, without), log(20 / 6)


def _departure(rng: np.random.Generator, networks: int) -> tuple[Estimate, float]:
    """Root mean squares of 8 normal differences: E ln is (ψ(4) + ln(2/8))/2."""
    values = np.sqrt((rng.normal(size=(networks, 8)) ** 2).mean(axis=1))
    return LinearisationGap(values).log_mean, float(special.digamma(4) + log(2 / 8)) / 2


def _regression(rng: np.random.Generator, sets: int) -> tuple[Estimate, float]:
    """Kernel 1 on 10 points of targets 0 … 9, 4 of them known, ridge 1/2: a known target is left with (1/3)² of its
    square, another with all of it."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    target, theory = np.arange(10.0), 10.0
    error = float((target**2).mean()) * (0.4 / 9 + 0.6)
    found = regression_errors(np.eye(10), target, 4, 0.5, sets, generator)
    return found.over(theory), error / theory


def _distance(rng: np.random.Generator, truth: float, correlation: float) -> tuple[Estimate, float]:
    """A matrix of six pairs, each a mean over 400 normal draws, from an exact one; truth in units of the error."""
    pairs, networks = np.triu_indices(4, 1), 400
    spread, direction = np.array([0.5, 0.8, 1.1, 1.4, 1.7, 2.0]), np.array([1.0, -1.0, 0.0, 2.0, 0.5, 0.0])
    centre = truth * direction * sqrt((spread @ spread) / (direction @ direction) / networks)
    common, own = rng.normal(size=(networks, 1)), rng.normal(size=(networks, 6))
    draws = centre + spread * (sqrt(correlation) * common + sqrt(1 - correlation) * own)
    mean_of, deviations = np.zeros((2, 4, 4))
    mean_of[pairs], deviations[pairs] = draws.mean(axis=0), ((draws - draws.mean(axis=0)) ** 2).sum(axis=0)
    found = distance_to(np.zeros((4, 4)), EmpiricalKernel(mean_of, deviations, networks), "distance")
    return found, sqrt((centre**2).mean())


def _alike(rng: np.random.Generator, p: str) -> tuple[Estimate, float]:
    """Hidden draws that kept any, counted alike, against single draws."""
    one, other = clusters(rng, named(p), 300, 32, 0.1), sample(rng, named("zipf"), 500)
    return relative_distance(one, other, weighting="alike"), ratio(named(p), named("zipf"))


CASES = [
    case("mean of a statistic, 60 networks", "network", _mean_of_networks, 60),
    case("mean of a statistic by evidence", "hidden draw", _mean, 4000, 0.7, 0.6),
    case("shift of a statistic", "hidden draw", _shift, 4000, 0.7, 0.6),
    case("shift of a statistic, backwards", "hidden draw", _shift, 600, 0.2, -0.8),
    case("shift of a statistic by 16 runs", "run", _shift_of_runs, 16, 0.4),
    case("trained less sampled statistic", "hidden draw", _difference, 600, 0.2, -0.8),
    case("gain in ln evidence by transfer", "hidden draw", _transfer, 8000, 0.3, 0.5, "evidence"),
    case("gain in test error by transfer", "hidden draw", _transfer, 8000, 0.3, 0.5, "error"),
    case("gain in test error by transfer, opposed", "hidden draw", _transfer, 1500, 0.3, -0.5, "error"),
    case("least width, steep", "network", _least_width, 9.6, 2.0),
    case("least width, flat", "network", _least_width, 14.5, 20.0),
    case("ln compression", "network", _compression),
    case("ln distance to the linearisation, 32 networks", "network", _departure, 32),
    case("measured error over theory, 30 training sets", "training set", _regression, 30),
    case("distance of one-point posteriors, none", "hidden draw", _distance, 0.0, 0.9),
    case("distance of one-point posteriors", "hidden draw", _distance, 3.0, 0.5),
    case("relative distance of hidden draws alike, zipf", "hidden draw", _alike, "zipf"),
    case("relative distance of hidden draws alike, geometric", "hidden draw", _alike, "geometric"),
]
