"""Intervals of volumes, evidences, and what rests on them: complexities, bounds, temperatures.

Functions are those of `distributions`, whose probabilities are known one by one.
"""

from math import asin, comb, cos, exp, log, log2, pi, sqrt

import numpy as np
import torch
from scipy import stats

from benchmarks.calibration import errors
from benchmarks.calibration.case import case
from benchmarks.calibration.distributions import FUNCTIONS, INPUTS, distance, named, sample
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.networks import perceptron
from harness.problems import Problem
from harness.samplers.infinite_width.approximations import expectation_propagation
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import AnnealedPosterior, DensityOfStates, annealed_posterior
from harness.samplers.posterior.rejection import evidence_of_clusters
from harness.samplers.posterior.samples import LONG_ENOUGH, scatter, settled_length
from harness.samplers.posterior.subset_simulation import TRIAL_RUNS
from harness.statistics.comparison import best_temperature
from harness.statistics.complexity import lempel_ziv
from harness.statistics.distances import mmd_difference
from harness.statistics.generalisation import generalisation_error
from harness.statistics.pac_bayes import bound_of
from harness.statistics.simplicity import bound, mean_measure, rank_correlation, share_far_below, share_under_bound
from harness.statistics.volumes import bits_above_class, bits_below_bound, in_bits, log2_share
from harness.verdicts import Estimate
from harness.verdicts.intervals import log_evidence, slope

_BITS = (np.arange(FUNCTIONS)[:, None] >> np.arange(INPUTS) & 1).astype(np.uint8)
# A complexity between 0 and 10 for each function, and volumes that fall with it but for a scatter of their own.
_COMPLEXITY = np.random.default_rng(1).uniform(0, 10, FUNCTIONS)
_SCATTER = np.random.default_rng(2).normal(size=FUNCTIONS)


def _measure(bits: np.ndarray) -> np.ndarray:
    return _COMPLEXITY[bits @ (1 << np.arange(INPUTS))]


def _volumes(steepness: float, scatter: float) -> np.ndarray:
    p = np.exp(-steepness * _COMPLEXITY + scatter * _SCATTER)
    return np.asarray(p / p.sum())


def _shares(functions: FunctionCounts) -> np.ndarray:
    """(functions,) of the draws."""
    return np.bincount(functions.words[:, 0].astype(int), functions.counts, minlength=FUNCTIONS) / functions.total


def _line(chosen_by: FunctionCounts) -> np.ndarray:
    """(functions,) the bound's log2 P, on which the likelier constant lies."""
    constant = _shares(chosen_by)[[0, -1]].max()
    return bound(_measure, INPUTS, max(constant, 1 / chosen_by.total)).log2(_COMPLEXITY)


def _under_bound(rng: np.random.Generator) -> tuple[Estimate, float]:
    """The truth is that of the functions which one half chose, and of the bound which it drew."""
    p = _volumes(0.2, 1.4)
    chosen_by, counted = sample(rng, p, 5000), sample(rng, p, 500)
    q = _shares(chosen_by)
    large = q >= 10 / chosen_by.total
    under = q[large] <= 2.0 ** _line(chosen_by)[large] * (1 + 1e-9)
    return share_under_bound(chosen_by, counted, _measure), float(p[large][under].sum() / p[large].sum())


def _far_below(rng: np.random.Generator, gap: float) -> tuple[Estimate, float]:
    p = _volumes(0.2, 1.4)
    chosen_by, counted = sample(rng, p, 5000), sample(rng, p, 500)
    far_below = 2.0 ** (_line(chosen_by) - gap)
    far = (far_below >= 10 / chosen_by.total) & (_shares(chosen_by) <= far_below)
    return share_far_below(chosen_by, counted, _measure, gap), float(p[far].sum())


def _mean_complexity(rng: np.random.Generator, law: str, draws: int) -> tuple[Estimate, float]:
    p = named(law)
    return mean_measure(sample(rng, p, draws), _measure, 10.0, "mean complexity"), float(p @ _COMPLEXITY)


def _correlation(rng: np.random.Generator, p: np.ndarray, draws: int) -> tuple[Estimate, float]:
    """The truth is the rank correlation over the functions that one half chose."""
    chosen_by, counted = sample(rng, p, draws), sample(rng, p, draws)
    large = _shares(chosen_by) >= 10 / draws
    truth = float(stats.spearmanr(p[large], _COMPLEXITY[large]).statistic) if large.sum() > 1 else 0.0
    return rank_correlation(chosen_by, counted, _measure), truth


def _bits(rng: np.random.Generator, p: float, n: int) -> tuple[Estimate, float]:
    return log2_share(int(rng.binomial(n, p)), n), log2(p)


def _bits_of_a_function(rng: np.random.Generator, which: str, scatter: float) -> tuple[Estimate, float]:
    """A function on 8 inputs of ln volume −6 by 8 runs; its class, or the constant 0, has a tenth of 200 draws."""
    function, share, ln_volume = np.arange(8) % 2, 0.1, -6.0
    volume = in_bits(log_evidence(rng.normal(ln_volume - scatter**2 / 2, scatter, 8).tolist()))
    k = int(rng.binomial(200, share))
    words = pack((np.arange(8) < np.array([[0], [4]])).astype(int))
    if which == "class":
        drawn = FunctionCounts(8, words, np.array([200 - k, k]))
        return bits_above_class(volume, drawn, function), ln_volume / log(2) - log2(share / comb(8, 4))
    drawn = FunctionCounts(8, words, np.array([k, 200 - k]))
    line = float(bound(lempel_ziv, 8, share).log2(lempel_ziv(function)))
    return bits_below_bound(volume, drawn, function, lempel_ziv), line - ln_volume / log(2)


def _with_trials(rng: np.random.Generator, shards: int) -> tuple[Estimate, float]:
    """Runs of subset simulation with the rule on that settles their length: at first they scatter by 0.8 nats, and by
    √2 less at each doubling; 16 of each shard, whose trial runs decide."""
    runs: list[float] = []
    for _ in range(shards):

        def drawn(steps: int, count: int) -> np.ndarray:
            spread = 0.8 / sqrt(steps)
            return rng.normal(-20 - spread**2 / 2, spread, count)

        steps = settled_length(lambda steps: scatter(drawn(steps, TRIAL_RUNS)) <= LONG_ENOUGH, 1, 3)
        runs += drawn(steps, 16).tolist()
    return log_evidence(runs), -20.0


def _annealed(rng: np.random.Generator, runs: int, spread: float, lag: float = 0.0) -> tuple[Estimate, float]:
    """There and back as they are where particles lag: e^there and e^−back are without bias, and what makes up for runs
    that fall short are few that do not. lag: in nats, what all runs lag besides, the few being so few that none is."""
    nothing = ClusteredCounts.from_words(np.zeros((0, 1), np.uint64), np.zeros(0, int), 3, runs)
    shift = spread**2 / 2 + lag
    there, back = rng.normal(-20 - shift, spread, runs), rng.normal(-20 + shift, spread, runs)
    return AnnealedPosterior(nothing, there, back, 1).evidence, -20.0


def _annealed_to_two_points(rng: np.random.Generator, angle: float) -> tuple[Estimate, float]:
    """A real one, of a perceptron and two inputs at an angle, with few particles that hardly move."""
    x = np.array([[1, 0], [cos(angle), np.sin(angle)]])
    found = annealed_posterior(
        perceptron(),
        Problem.from_arrays(x, [1, 1], x[:1], [0]),
        torch.Generator().manual_seed(int(rng.integers(2**62))),
        particles=16,
        trajectories=1,
        leaps=2,
        states=1,
        max_doublings=0,
    )
    return found.evidence, log(1 / 4 + asin(cos(angle)) / (2 * pi))


def _evidence_of_hidden_draws(rng: np.random.Generator, a: float, b: float, units: int) -> tuple[Estimate, float]:
    """Evidences of hidden draws from a beta law; 64 last layers each."""
    kept = rng.binomial(64, rng.beta(a, b, units))
    unit = np.flatnonzero(kept)
    clusters = ClusteredCounts(1, units, unit, np.zeros((len(unit), 1), np.uint64), kept[unit])
    return evidence_of_clusters(clusters, 64), a / (a + b)


# Margins of correlation 1/2 are all positive with probability 1/(m + 1): they are all less than one more normal.
_M = 12
_PROCESS = GaussianProcess((np.eye(_M) + 1) / 2, np.ones(_M, dtype=int))


def _orthant(rng: np.random.Generator) -> Estimate:
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    # Trial scramblings of 4 points scatter by 0.14 nats, where at most 0.2 are wanted, of 8 by 0.08. Runs of fewer than
    # 8 are too skewed for an interval: from 1 point, the lower end missed 6 % of 500 times, not 2.5 %.
    return log_probability(_PROCESS, generator, runs=6, points=4)


def _approximation(rng: np.random.Generator) -> tuple[Estimate, float]:
    """Against a value without an interval, as an approximation has it; per training point."""
    value = _BY_EP
    other = Estimate("ln P(S)", value, lambda _: (value, value), 1, "kernels", np.inf, "given")
    return slope((0, _M), [_orthant(rng), other]), (value + log(_M + 1)) / _M


_BY_EP = expectation_propagation(_PROCESS).log_evidence


def _slack(rng: np.random.Generator) -> tuple[Estimate, float]:
    error = generalisation_error(errors.runs(rng, 0.25, 12).sample, errors.PROBLEM)
    truth = 1 - exp(-(log(_M + 1) + log(_M) + log(20)) / (_M - 1))
    return slope((0, 1), [error, bound_of(_orthant(rng), _M)]), truth - 0.25


def _states(rng: np.random.Generator, runs: int) -> tuple[Estimate, float]:
    """ln probability of a run scatters by 0.5, and its test error with it: by Stein's lemma 0.02·0.5 more in all."""
    z, other = rng.normal(size=(2, runs))
    error = 0.3 + 0.02 * z + 0.02 * other
    right = np.arange(errors.POINTS + 1)
    row = stats.binom.logpmf(right, errors.POINTS, 1 - error[:, None]) + 0.5 * z[:, None] - 5
    return DensityOfStates(np.stack([np.full_like(row, -np.inf), row], axis=1)).test_error(1), 0.3 + 0.02 * 0.5


_TEMPERATURES = (1.0, 1.4, 2.0, 4.0)


def _tempered(temperature: float) -> np.ndarray:
    p = named("zipf") ** (1 / temperature)
    return np.asarray(p / p.sum())


def _temperature(rng: np.random.Generator, trained: np.ndarray) -> tuple[Estimate, float]:
    """The truth is that of the temperature which one half of the networks chose."""
    best, others = best_temperature(
        sample(rng, trained, 500), {each: sample(rng, _tempered(each), 1000) for each in _TEMPERATURES}
    )
    gain = mmd_difference(others, sample(rng, _tempered(best), 1000), sample(rng, _tempered(1.0), 1000))
    return gain, distance(trained, _tempered(1.0)) - distance(trained, _tempered(best))


CASES = [
    case("share under the simplicity bound", "network", _under_bound),
    case("share far below the simplicity bound", "network", _far_below, 1.0),
    case("mean complexity, zipf", "network", _mean_complexity, "zipf", 500),
    case("mean complexity, narrow", "network", _mean_complexity, "narrow", 200),
    case("rank correlation of P with K", "network", _correlation, _volumes(0.8, 1.0), 2500),
    case("rank correlation of P with K, none", "network", _correlation, _volumes(0.0, 1.5), 5000),
    case("log2 of a share of 0.02", "network", _bits, 0.02, 500),
    case("bits below the simplicity bound", "run", _bits_of_a_function, "bound", 0.6),
    case("bits above the entropy class", "run", _bits_of_a_function, "class", 0.2),
    case("P(S) by 200 hidden draws", "hidden draw", _evidence_of_hidden_draws, 0.5, 2, 200),
    case("P(S) by 4,000 hidden draws of which few keep any", "hidden draw", _evidence_of_hidden_draws, 0.02, 10, 4000),
    case("P(S) by 5,000 very unequal hidden draws", "hidden draw", _evidence_of_hidden_draws, 0.01, 2, 5000),
    case("ln P(S) by runs of settled length, 1 shard", "run", _with_trials, 1),
    case("ln P(S) by runs of settled length, 8 shards", "run", _with_trials, 8),
    case("ln P(S) by runs of settled length, 32 shards", "run", _with_trials, 32),
    case("ln P(S) by annealing, 4 runs, spread 0.3", "run", _annealed, 4, 0.3),
    case("ln P(S) by annealing, 16 runs, spread 1.5", "run", _annealed, 16, 1.5),
    case("ln P(S) by annealing, all runs lagging", "run", _annealed, 16, 0.5, 2.0),
    case("ln P(S) of two points by annealing", "run", _annealed_to_two_points, 2.5),
    case("ln P(S) of an orthant", "scrambling", lambda rng: (_orthant(rng), -log(_M + 1))),
    case("ln P(S) by EP less that of the orthant", "scrambling", _approximation),
    case("PAC-Bayes bound less test error", "run", _slack),
    case("test error where all training points are right", "run", _states, 12),
    case("nearness at the best temperature, one of them", "network", _temperature, _tempered(1.4)),
    case("nearness at the best temperature, none of them", "network", _temperature, named("geometric")),
]
