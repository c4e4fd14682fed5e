"""Intervals for the mean of a variable in [0, 1] over a sample whose independent units are draws, clusters or runs.

And for smooth functions of any means. Each takes alpha and growth, how many times as many units there would be, and
returns (low, high); the truth lies below low, or above high, with probability at most alpha/2 each.
"""

from collections.abc import Callable
from math import hypot, inf, log, sqrt

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from harness.verdicts.intervals import coincide, fieller

Interval = Callable[[float, float], tuple[float, float]]

# Runs of which fewer than this share count, by their weights, say nothing: a run that counts more may yet come.
LEAST_SHARE = 0.5


def over_draws(values: np.ndarray, counts: np.ndarray) -> Interval:
    """Interval of the mean over independent draws.

    values: (k,) in [0, 1]. counts: (k,) number of draws at each value.
    """
    values, places = np.unique(values, return_inverse=True)
    counts = np.bincount(places, counts)

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        below = least_mean(values, counts * growth, alpha / 2)
        return below, 1 - least_mean(1 - values, counts * growth, alpha / 2)

    return interval


def least_mean(values: np.ndarray, counts: np.ndarray, alpha: float) -> float:
    """Lower confidence limit of the mean of a variable in [0, 1], from independent draws.

    A gambler who bets on a mean above μ, at odds that are fair if the mean is μ, holds Π(1 + λ(X − μ)) times the stake
    after all draws. If the mean is at most μ, this exceeds 1/alpha with a probability of at most alpha (Markov), for
    any fixed division of the stake over λ. The limit is therefore the smallest μ at which it does not. Exact for any
    distribution and any number of draws; for a nearly normal mean it is about a third wider than Student's. Source:
    Waudby-Smith & Ramdas 2024, J. R. Statist. Soc. B 86:1, with a fixed mixture of bets, which does not depend on the
    order of the draws.

    Args:
        values: (k,) distinct values in [0, 1].
        counts: (k,) number of draws at each value; may be fractional when a larger sample is foreseen.
        alpha: probability that the mean lies below the limit.

    Returns:
        The limit, in [0, 1].
    """
    draws = float(counts.sum())
    mean = float(values @ counts) / draws
    # The best λ for a nearly normal mean is √(2 ln(1/alpha)/draws)/σ, and σ at most 1/2; no λ may exceed 1/μ.
    smallest = 2 * sqrt(2 * log(1 / alpha) / draws)
    bets = smallest * 2.0 ** np.arange(max(int(np.log2(draws / smallest)), 0) + 1)
    seen, counts = values[counts > 0], counts[counts > 0]

    def ln_wealth(mu: float) -> float:
        """ln of the wealth times alpha; falls with μ."""
        gain = np.minimum(bets, 1 / mu)[:, None] * (seen - mu)
        with np.errstate(divide="ignore"):
            growth = np.log1p(np.maximum(gain, -1)) @ counts
        return float(special.logsumexp(growth)) - log(len(bets)) + log(alpha)

    lowest = 1e-12
    return 0.0 if mean <= lowest or ln_wealth(lowest) <= 0 else float(brentq(ln_wealth, lowest, mean, xtol=1e-9))


def over_clusters(sums: np.ndarray, sizes: np.ndarray) -> Interval:
    """Interval of Σ sums/Σ sizes over independent clusters of unequal size, at least some dozens of them.

    A candidate r is tested by Student's t of sums − r·sizes, whose mean is 0 at the true ratio (Fieller 1954), and by
    the same t corrected for skewness (Hall 1992, J. R. Statist. Soc. B 54:221): the interval is the hull of the two.

    sums: (clusters,) sum of the variable over each cluster. sizes: (clusters,) draws of each cluster.
    """
    clusters, value = len(sums), float(sums.sum() / sizes.sum())

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        root, most = sqrt(clusters * growth), float(stats.t.isf(alpha / 2, clusters * growth - 1))

        def tests(r: float) -> tuple[float, float]:
            apart = sums - r * sizes
            spread = float(apart.std(ddof=1))
            if spread == 0:
                return 0.0, 0.0
            t = root * float(apart.mean()) / spread
            g = float(stats.skew(apart)) / root
            return t, t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6

        def limit(sign: int, end: float) -> float:
            def excess(r: float) -> float:
                return max(sign * test for test in tests(r)) - most

            return end if excess(end) <= 0 or excess(value) >= 0 else float(brentq(excess, end, value, xtol=1e-9))

        return limit(1, 0.0), limit(-1, 1.0)

    return interval


def over_runs(values: np.ndarray, weights: np.ndarray) -> Interval:
    """Interval of Σ weights·values/Σ weights over a few independent runs, such as means over particles weighted by
    evidence.

    It is the hull of two intervals. One is Fieller's interval of the ratio, which is right for many runs. The other is
    right for few, in which rare runs of large weight have not been seen: weights are close to lognormal, and the
    weighted mean of values that depend linearly on ln weight is then mean value + b·Var(ln weight), b the regression
    slope. Its parts, Student's t of the regression and of the mean ln weight and χ² of the variance, are combined as by
    Zou & Donner 2008 (MOVER). Runs that coincide show no spread: they count as so many draws that are equal, of any
    distribution, as of `over_draws`.

    values: (runs,) mean of each run, in [0, 1]. weights: (runs,) positive.
    """
    runs = len(values)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    logs = np.log(weights)
    (of_values, of_both), (_, of_logs) = np.cov(values, logs)
    b = of_both / of_logs if of_logs > 0 else 0.0
    centre, rest = float(values.mean()) + of_both, max(float(of_values - b * of_both), 0.0)
    ratio = float((weights * values).mean()), float(weights.mean())
    covariance = np.cov(weights * values, weights) / runs

    def lognormal(alpha: float, number: float) -> tuple[float, float]:
        freedom = number - 1
        regression = float(stats.t.isf(alpha / 2, freedom - 1)) * sqrt(rest * (1 / number + of_logs / freedom))
        mean = float(stats.t.isf(alpha / 2, freedom)) * sqrt(of_logs / number)
        below = hypot(mean, of_logs * (1 - freedom / float(stats.chi2.isf(alpha / 2, freedom)))) * abs(b)
        above = hypot(mean, of_logs * (freedom / float(stats.chi2.ppf(alpha / 2, freedom)) - 1)) * abs(b)
        below, above = (below, above) if b > 0 else (above, below)
        return centre - hypot(regression, below), centre + hypot(regression, above)

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        if effective < LEAST_SHARE * runs:
            return 0.0, 1.0
        if coincide(values):
            return over_draws(np.clip(values[:1], 0, 1), np.array([effective]))(alpha, growth)
        freedom = max(effective * growth - 1, 1.0)
        ends = [fieller(*ratio, covariance / growth, freedom)(alpha), lognormal(alpha, runs * growth)]
        return max(min(low for low, _ in ends), 0.0), min(max(high for _, high in ends), 1.0)

    return interval


def over_influences(value: float, influences: np.ndarray) -> Interval:
    """Interval of a smooth function of means over independent units, such as a ratio or a difference of two.

    It is the hull of Student's interval and Hall's, which removes the skewness of t (1992, J. R. Statist. Soc. B
    54:221); unbounded if no unit has any influence, since their spread then says nothing.

    value: the function at the means of the sample. influences: (units,) of mean 0, the contribution of each unit to
    units·(estimate − truth) to first order (Huber 1981, section 1.5).
    """
    units, error = len(influences), float(influences.std(ddof=1) / np.sqrt(len(influences)))
    skewness = float(stats.skew(influences)) if error > 0 else 0.0

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        if error == 0:
            return -inf, inf
        return skewed(value, error / sqrt(growth), skewness, units * growth, units * growth - 1)(alpha)

    return interval


def together(value: float, *parts: Interval) -> Interval:
    """Interval of a sum of independent parts (MOVER, Zou & Donner 2008).

    value: the sum. parts: interval of each part, shifted so that it lies around the sum's value.
    """

    def interval(alpha: float, growth: float) -> tuple[float, float]:
        ends = [part(alpha, growth) for part in parts]
        return value - hypot(*(value - low for low, _ in ends)), value + hypot(*(high - value for _, high in ends))

    return interval


def skewed(
    value: float, error: float, skewness: float, units: float, freedom: float
) -> Callable[[float], tuple[float, float]]:
    """Hull of Student's interval of a mean and Hall's, whose cubic transformation removes the skewness of t.

    If the variable is skewed to the right, Student's interval lies below the mean about twice as often as it should.
    Source: Hall 1992, J. R. Statist. Soc. B 54:221.

    Args:
        value: the mean over the sample.
        error: its standard error.
        skewness: skewness of one unit.
        units: number of independent units.
        freedom: degrees of freedom of the standard error.

    Returns:
        alpha -> (low, high), each end missed with probability alpha/2.
    """
    g = skewness / np.sqrt(units)

    def untransformed(t: float) -> float:
        return 3 / g * (np.cbrt(1 + g * (t - g / 6)) - 1) if abs(g) > 1e-6 else t

    def interval(alpha: float) -> tuple[float, float]:
        t = float(stats.t.ppf(1 - alpha / 2, freedom))
        low, high = (value - error * untransformed(each) for each in (t, -t))
        return float(min(low, value - t * error)), float(max(high, value + t * error))

    return interval
