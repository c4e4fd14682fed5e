"""What is simulated for each interval: an estimate and the truth it is meant to cover."""

from collections.abc import Callable
from functools import cache
from math import log

import numpy as np
import torch

from benchmarks.calibration import equal_margins, errors, hidden_layers, log_volumes, over_sets, volumes
from benchmarks.calibration.case import Case
from benchmarks.calibration.distributions import clusters, distance, named, ratio, runs, sample
from harness.functions import FunctionCounts
from harness.functions.runs import Sample
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.posterior import rejection
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.distances import (
    bias_explained,
    mmd_difference,
    mmd_squared,
    rank_agreement,
    relative_distance,
    total_variation,
    within_tenfold,
)
from harness.statistics.generalisation import advantage_of_training, generalisation_error
from harness.statistics.variance_components import variance_components
from harness.verdicts import Estimate
from harness.verdicts.intervals import exponent, intercept, log_evidence, proportion, slope


def _proportion(rng: np.random.Generator, p: float, n: int) -> tuple[Estimate, float]:
    return proportion(int(rng.binomial(n, p)), n, quantity="share", unit="networks"), p


def _evidence(rng: np.random.Generator, runs: int, spread: float) -> tuple[Estimate, float]:
    """Products of ten binomial shares, as a sampler by levels gives them."""
    levels, particles = 10, round(10 * 4 / spread**2)
    shares = rng.binomial(particles, 0.2, (runs, levels)) / particles
    return log_evidence(np.log(shares).sum(axis=1).tolist()), levels * log(0.2)


def _fit(rng: np.random.Generator, q: np.ndarray, tilt: float, n: int) -> tuple[Estimate, float]:
    """The least likely outcome, the last one, is likelier by `tilt` at the cost of the first."""
    p = q.copy()
    p[-1], p[0] = p[-1] + tilt, p[0] - tilt
    return goodness_of_fit(rng.multinomial(n, p), q, unit="networks"), float(((p - q) ** 2 / q).sum())


def _slope(rng: np.random.Generator, shares: tuple[float, ...]) -> tuple[Estimate, float]:
    x = np.log([3, 10, 40, 160])
    estimates = [_proportion(rng, p, 100)[0] for p in shares]
    return slope(x, estimates), float(np.polyfit(x, shares, 1)[0])


def _intercept(rng: np.random.Generator, shares: tuple[float, ...]) -> tuple[Estimate, float]:
    x = np.arange(1, len(shares) + 1) ** 2
    estimates = [_proportion(rng, p, 300)[0] for p in shares]
    return intercept(x, estimates, quantity="at 0"), float(np.polyfit(x, shares, 1)[1])


def _slope_of_distances(rng: np.random.Generator) -> tuple[Estimate, float]:
    """Distances that fall to 0, as over width."""
    q, far = named("zipf"), named("geometric")
    weights = (0.5, 0.2, 0.0, 0.0)
    mixed = [w * far + (1 - w) * q for w in weights]
    estimates = [relative_distance(sample(rng, p, 500), sample(rng, q, 500)) for p in mixed]
    return slope(range(4), estimates), float(np.polyfit(range(4), [ratio(p, q) for p in mixed], 1)[0])


def _exponent(rng: np.random.Generator) -> tuple[Estimate, float]:
    x = np.array([8, 32, 128])
    estimates = [_proportion(rng, 0.8 * k**-0.5, 1000)[0] for k in x]
    return exponent(x, estimates, quantity="exponent"), -0.5


def _mmd(rng: np.random.Generator, p: str, q: str, n: int, m: int) -> tuple[Estimate, float]:
    return mmd_squared(sample(rng, named(p), n), sample(rng, named(q), m)), distance(named(p), named(q))


def _bias(rng: np.random.Generator, p: str, q: str, n: int, m: int) -> tuple[Estimate, float]:
    return bias_explained(sample(rng, named(p), n), sample(rng, named(q), m)), 1 - ratio(named(p), named(q))


def _bias_of_runs(rng: np.random.Generator, p: str, number: int) -> tuple[Estimate, float]:
    q = named("zipf")
    return bias_explained(sample(rng, named(p), 500), runs(rng, q, number, 300, 0.02)), 1 - ratio(named(p), q)


def _bias_of_clusters(rng: np.random.Generator, p: str, units: int) -> tuple[Estimate, float]:
    q = named("zipf")
    return bias_explained(sample(rng, named(p), 500), clusters(rng, q, units, 32, 0.1)), 1 - ratio(named(p), q)


def _nearness(rng: np.random.Generator, p: str, far: str) -> tuple[Estimate, float]:
    """zipf against another, both by hidden draws."""
    laws = named("zipf"), named(far)
    near, other = (clusters(rng, law, 1000, 32, 0.1) for law in laws)
    return mmd_difference(sample(rng, named(p), 500), near, other), distance(named(p), laws[1]) - distance(
        named(p), laws[0]
    )


def _variation(rng: np.random.Generator, p: str, q: str, n: int) -> tuple[Estimate, float]:
    estimate = total_variation(sample(rng, named(p), n), sample(rng, named(q), n))
    return estimate, float(np.abs(named(p) - named(q)).sum() / 2)


def _tenfold(rng: np.random.Generator, p: str, q: str, n: int) -> tuple[Estimate, float]:
    a, b = named(p), named(q)
    inside = float(b[(a <= 10 * b) & (b <= 10 * a)].sum())
    return within_tenfold(sample(rng, a, n), sample(rng, b, n)), min(inside, 1.0)


def _rank(rng: np.random.Generator, p: str, q: str, n: int) -> tuple[Estimate, float]:
    """The truth is the rank correlation over the very functions that were seen often enough."""
    first, second = sample(rng, named(p), n), sample(rng, named(q), n)
    often = np.intersect1d(first.words[first.counts >= 10], second.words[second.counts >= 10]).astype(int)
    a, b = (np.argsort(np.argsort(named(name)[often])) for name in (p, q))
    return rank_agreement(first, second), float(np.corrcoef(a, b)[0, 1]) if len(often) > 1 else 0.0


def _components(rng: np.random.Generator, what: str, columns: tuple[float, ...]) -> tuple[Estimate, float]:
    rows, cells = np.array([0.0, 1.0, 2.0]), np.array(columns)
    values = rows[:, None, None] + cells[None, :, None] + rng.normal(size=(3, len(cells), 5))
    a, b = rows.var(ddof=1), cells.var(ddof=1)
    return variance_components(values.tolist(), "rows", "columns")[what], {
        "rows": a,
        "columns": b,
        "share": a / (a + b),
    }[what]


def _error_of_networks(rng: np.random.Generator, number: int) -> tuple[Estimate, float]:
    sample, truth = errors.networks_of_two_kinds(rng, number)
    return generalisation_error(sample, errors.PROBLEM), truth


def _error_of_hidden_draws(rng: np.random.Generator, number: int) -> tuple[Estimate, float]:
    sample = errors.hidden_draws(rng, number)
    return generalisation_error(sample, errors.PROBLEM), errors.error_of_hidden_draws()


def _error_of_runs(rng: np.random.Generator, number: int) -> tuple[Estimate, float]:
    return generalisation_error(errors.runs(rng, 0.25, number).sample, errors.PROBLEM), 0.25


def _advantage(rng: np.random.Generator, number: int) -> tuple[Estimate, float]:
    trained, sampled = errors.networks(rng, 0.2, 500), errors.runs(rng, 0.25, number).sample
    return advantage_of_training(trained, sampled, errors.PROBLEM), 0.05


@cache
def _network() -> tuple[FullyConnected, object]:
    return FullyConnected((10,)), digits(4, 6)


def _halves_of_a_posterior(rng: np.random.Generator) -> tuple[FunctionCounts, FunctionCounts]:
    """A posterior at m = 4 by rejection, its networks dealt out at random in two."""
    architecture, problem = _network()
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    drawn = rejection(architecture, problem, 2000, generator).functions  # type: ignore[arg-type]
    first = rng.multivariate_hypergeometric(drawn.counts, drawn.total // 2, method="marginals")
    parts = [(drawn.words[part > 0], part[part > 0]) for part in (first, drawn.counts - first)]
    return FunctionCounts(drawn.n, *parts[0]), FunctionCounts(drawn.n, *parts[1])


def _split(
    rng: np.random.Generator, measure: Callable[[Sample, Sample], Estimate], truth: float
) -> tuple[Estimate, float]:
    return measure(*_halves_of_a_posterior(rng)), truth


# Distributions that a fit is tried on.
_EVEN = np.full(32, 1 / 32)
_STEEP = np.arange(1, 11) ** -2.0 / (np.arange(1, 11) ** -2.0).sum()

CASES = [
    Case("proportion 0.5 of 200", "network", lambda rng: _proportion(rng, 0.5, 200)),
    Case("proportion 0.02 of 200", "network", lambda rng: _proportion(rng, 0.02, 200)),
    Case("ln evidence, 5 runs, spread 0.3", "run", lambda rng: _evidence(rng, 5, 0.3)),
    Case("ln evidence, 30 runs, spread 0.6", "run", lambda rng: _evidence(rng, 30, 0.6)),
    Case("χ²-divergence 0", "network", lambda rng: _fit(rng, _EVEN, 0.0, 2000)),
    Case("χ²-divergence in two outcomes", "network", lambda rng: _fit(rng, _EVEN, 0.03, 500)),
    Case("χ²-divergence in a rare outcome", "network", lambda rng: _fit(rng, _STEEP, 0.01, 1000)),
    Case("slope of proportions", "network", lambda rng: _slope(rng, (0.5, 0.6, 0.8, 0.95))),
    Case("slope of distances falling to 0", "network", _slope_of_distances),
    Case("intercept of proportions", "network", lambda rng: _intercept(rng, (0.02, 0.05, 0.2))),
    Case("exponent of a power law", "network", _exponent),
    Case("squared MMD, zipf against itself", "network", lambda rng: _mmd(rng, "zipf", "zipf", 500, 500)),
    Case("squared MMD, near-uniform against itself", "network", lambda rng: _mmd(rng, "flat", "flat", 50, 500)),
    Case("squared MMD, geometric against zipf", "network", lambda rng: _mmd(rng, "geometric", "zipf", 200, 500)),
    Case("bias explained, zipf by itself", "network", lambda rng: _bias(rng, "zipf", "zipf", 500, 500)),
    Case("bias explained, zipf shifted", "network", lambda rng: _bias(rng, "zipf shifted", "zipf", 500, 500)),
    Case("bias explained, geometric by zipf", "network", lambda rng: _bias(rng, "geometric", "zipf", 500, 2000)),
    Case("bias explained, 60 narrow networks", "network", lambda rng: _bias(rng, "narrow", "zipf", 60, 500)),
    Case("bias explained by 6 runs, zipf", "run", lambda rng: _bias_of_runs(rng, "zipf", 6)),
    Case("bias explained by 12 runs, geometric", "run", lambda rng: _bias_of_runs(rng, "geometric", 12)),
    Case("bias explained by hidden draws, zipf", "hidden draw", lambda rng: _bias_of_clusters(rng, "zipf", 300)),
    Case(
        "bias explained by hidden draws, geometric", "hidden draw", lambda rng: _bias_of_clusters(rng, "geometric", 300)
    ),
    Case("nearness of zipf to itself or geometric", "hidden draw", lambda rng: _nearness(rng, "zipf", "geometric")),
    Case("nearness of geometric to zipf twice", "hidden draw", lambda rng: _nearness(rng, "geometric", "zipf")),
    Case("total variation, near-uniform against itself", "network", lambda rng: _variation(rng, "flat", "flat", 500)),
    Case("total variation, geometric against zipf", "network", lambda rng: _variation(rng, "geometric", "zipf", 500)),
    Case("mass within ten-fold, zipf by itself", "network", lambda rng: _tenfold(rng, "zipf", "zipf", 2000)),
    Case("mass within ten-fold, geometric by zipf", "network", lambda rng: _tenfold(rng, "geometric", "zipf", 2000)),
    Case("rank agreement, zipf with itself", "common function", lambda rng: _rank(rng, "zipf", "zipf", 1000)),
    Case("rank agreement, geometric with zipf", "common function", lambda rng: _rank(rng, "geometric", "zipf", 2000)),
    Case("variance over rows", "replicate", lambda rng: _components(rng, "rows", (0.0, 0.5))),
    Case("variance over columns, none", "replicate", lambda rng: _components(rng, "columns", (0.0, 0.0))),
    Case("rows' share of variance", "replicate", lambda rng: _components(rng, "share", (0.0, 1.0, 2.0))),
    Case("test error, large in one network of a hundred", "network", lambda rng: _error_of_networks(rng, 500)),
    Case("test error of hidden draws", "hidden draw", lambda rng: _error_of_hidden_draws(rng, 20_000)),
    Case("test error of 8 runs of unequal weight", "run", lambda rng: _error_of_runs(rng, 8)),
    Case("test error of 32 runs of unequal weight", "run", lambda rng: _error_of_runs(rng, 32)),
    Case("advantage of training, 16 runs", "run", lambda rng: _advantage(rng, 16)),
    Case("bias explained, posterior split in two", "network", lambda rng: _split(rng, bias_explained, 1.0)),
    Case("total variation, posterior split in two", "network", lambda rng: _split(rng, total_variation, 0.0)),
    *volumes.CASES,
    *hidden_layers.CASES,
    *equal_margins.CASES,
    *log_volumes.CASES,
    *over_sets.CASES,
]


def _pair(measure: Callable[[Sample, Sample], Estimate], name: str, n: int, m: int) -> Case:
    """Independent samples of one distribution: what the distance reads is its noise."""
    p = named(name)
    return Case(
        f"{measure.__name__}, {name}, {n} and {m} draws",
        "network",
        lambda rng: (measure(sample(rng, p, n), sample(rng, p, m)), 0.0),
    )


# The floor of a total variation is its mean between such samples, that of an unbiased distance its root mean square.
FLOORS = [
    (_pair(measure, name, n, m), power)
    for measure, power in ((total_variation, 1), (mmd_squared, 2))
    for name in ("zipf", "geometric", "flat")
    for n, m in ((100, 1000), (500, 500))
]
