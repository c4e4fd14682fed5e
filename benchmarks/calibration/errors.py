"""Samples whose mean test error is known: networks, hidden draws, and runs of a sampler."""

from functools import cache

import numpy as np
from scipy import stats

from harness.functions import ClusteredCounts, FunctionCounts
from harness.problems import Problem
from harness.samplers.posterior import RunsPosterior

POINTS = 64
PROBLEM = Problem.from_arrays(np.zeros((0, 1)), [], np.zeros((POINTS, 1)), np.zeros(POINTS, dtype=int))
_LAYERS = 64


def _words(wrong: np.ndarray) -> np.ndarray:
    """(networks, 1) functions that get so many points wrong: as many ones, the right label being 0 everywhere."""
    ones = np.tril(np.ones((POINTS + 1, POINTS), dtype=bool), -1)
    return np.packbits(ones, axis=1, bitorder="little").view("<u8")[wrong]


def networks(rng: np.random.Generator, error: float, number: int) -> FunctionCounts:
    """Errors spread as a beta distribution."""
    chance = rng.beta(10 * error, 10 * (1 - error), number)
    return FunctionCounts.from_words(_words(rng.binomial(POINTS, chance)), POINTS)


def networks_of_two_kinds(rng: np.random.Generator, number: int) -> tuple[FunctionCounts, float]:
    """One in a hundred gets half of the points wrong, the others one in fifty; with the mean."""
    chance = np.where(rng.random(number) < 0.01, 0.5, 0.02)
    return FunctionCounts.from_words(_words(rng.binomial(POINTS, chance)), POINTS), 0.01 * 0.5 + 0.99 * 0.02


def hidden_draws(rng: np.random.Generator, number: int) -> ClusteredCounts:
    """Evidence a thousandth on average, of coefficient of variation 2; who has more of it makes fewer errors."""
    evidence = rng.beta(0.25, 250, number)
    kept = rng.binomial(_LAYERS, evidence)
    chance = np.repeat(rng.beta(4, 8, number) / (1 + 100 * evidence), kept)
    return ClusteredCounts.from_words(
        _words(rng.binomial(POINTS, chance)), np.repeat(np.arange(number), kept), POINTS, number
    )


@cache
def error_of_hidden_draws() -> float:
    """Of very many draws: E(evidence·chance)/E(evidence), by quadrature over quantiles of the evidence."""
    evidence = stats.beta.ppf((np.arange(1_000_000) + 0.5) / 1_000_000, 0.25, 250)
    return float((evidence * (4 / 12) / (1 + 100 * evidence)).sum() / evidence.sum())


def runs(rng: np.random.Generator, error: float, number: int, particles: int = 60) -> RunsPosterior:
    """ln evidence scatters by 0.4 and the runs' errors by 0.03, with a correlation of −0.6; weighted, this error."""
    spread, scatter, correlation = 0.4, 0.03, -0.6
    z, other = rng.normal(size=(2, number))
    own = correlation * (z - spread) + (1 - correlation**2) ** 0.5 * other
    wrong = rng.binomial(POINTS, (error + scatter * own)[:, None], (number, particles))
    unit = np.repeat(np.arange(number), particles)
    clusters = ClusteredCounts.from_words(_words(wrong.ravel()), unit, POINTS, number)
    return RunsPosterior(clusters, (spread * z)[:, None], np.ones(number))
