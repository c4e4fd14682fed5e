"""χ²-divergence of what is drawn from a declared distribution, and the laws of squares that its interval rests on."""

from math import log, sqrt

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.verdicts import Estimate

# A normal variable's values and their weights, for averages over it.
_NODES = np.linspace(-9.0, 9.0, 361)
_WEIGHTS = stats.norm.pdf(_NODES) * (_NODES[1] - _NODES[0])


def goodness_of_fit(counts: np.ndarray, expected: np.ndarray, *, unit: str) -> Estimate:
    """χ²-divergence Σ(p − q)²/q of the drawn distribution p from a declared distribution q; unbiased.

    The interval is the hull of two. One inverts the noncentral χ² law of Pearson's statistic, right for divergences of
    the order of outcomes/draws. The other is right for larger ones, for which a divergence in few outcomes varies more
    than that law says: below, a jackknife; above, the normal law at each candidate, since a divergence that came out
    small has too small a variance. Half the square root of the divergence bounds the total variation (Cauchy–Schwarz).

    Args:
        counts: (outcomes,) number of independent draws with each outcome.
        expected: (outcomes,) q, all positive.
        unit: name of the draws, plural.

    Returns:
        The estimate of the divergence.

    Raises:
        BadInput: q is no distribution over these outcomes, or there are fewer than 3 draws.
    """
    counts, expected = unmasked(counts, dtype=float), unmasked(expected, dtype=float)
    if counts.shape != expected.shape or (expected <= 0).any() or abs(expected.sum() - 1) > 1e-9:
        raise BadInput("A fit compares counts with as many positive probabilities that add up to 1.")
    n = counts.sum()
    if n < 3:
        raise BadInput(f"A fit needs at least 3 draws, not {n:g}.")
    pairs = (counts * (counts - 1) / expected).sum()
    value = pairs / (n * (n - 1)) - 1
    without = (pairs - 2 * (counts - 1) / expected) / ((n - 1) * (n - 2)) - 1
    spread = ((n - 1) / n * (counts * (without - (counts * without).sum() / n) ** 2).sum()) ** 0.5
    pearson = float(((counts - n * expected) ** 2 / (n * expected)).sum())
    freedom = len(counts) - 1
    # Under q itself, Pearson's statistic has mean K − 1 and variance 2(K − 1).
    floor = sqrt(2 * freedom) / n

    # √D̂ has variance Σ p·r²/(n·D) with r = (p − q)/q, and Σ p·r² = D + Σ q·r³ = D + skew·D^(3/2) along one direction.
    # The skew is largest where all of D is in the least likely outcome.
    relative, rarest = counts / (n * expected) - 1, float(expected.min())
    seen = max(value, 0.0)
    skew = min(max(float((expected * relative**3).sum()), 0.0) / max(value, floor) ** 1.5, rarest**-0.5)

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        z, draws = float(stats.norm.isf(alpha / 2)), n * growth
        # The jackknife counts the part of the variance that shrinks as 1/n² twice.
        part = min(2 * floor**2, spread**2)
        # The direction is known once the divergence is well above its noise; the last term is for counts near 0, which
        # make the exact binomial limit ln(2/alpha)/n.
        noise = z * floor / growth
        steep = (seen * skew + noise * rarest**-0.5) / (seen + noise)
        few = (log(2 / alpha) / z / draws) ** 2 / rarest
        below = value - z * sqrt((spread**2 - part) / growth + part / growth**2)

        def excess(d: float) -> float:
            # √D̂ is nearly normal along the divergence; what varies where D is 0 comes on top.
            scale = (1 + steep * sqrt(d)) / draws + few
            return z + float(special.ndtri(max(below_square(value, scale, d / scale, floor / growth), 1e-300)))

        near, far = seen, max(value, floor)
        while excess(far) > 0:
            near, far = far, 2 * far
        above = float(brentq(excess, near, far, rtol=1e-6)) if excess(near) > 0 else near
        statistic = freedom + growth * (pearson - freedom)
        low, high = (noncentrality(statistic, freedom, p) / draws for p in (1 - alpha / 2, alpha / 2))
        return float(max(min(low, below), 0.0)), float(max(high, above))

    method = "unbiased χ²-divergence; hull of noncentral χ² and normal intervals"
    return Estimate(
        "χ²-divergence",
        float(value),
        lambda alpha: foreseen(alpha, 1.0),
        int(n),
        unit,
        float(n),
        method,
        noise_floor=floor,
        foreseen=foreseen,
    )


def homogeneity(first: np.ndarray, second: np.ndarray, least: float = 5.0) -> tuple[float, int, float]:
    """Pearson's test of whether two samples are from one distribution.

    Args:
        first: (outcomes,) number of independent draws with each outcome.
        second: the same of another sample.
        least: outcomes of which the smaller sample would have fewer expected draws are taken together as one.

    Returns:
        χ², its degrees of freedom, and the probability of as much or more under one distribution.

    Raises:
        BadInput: the samples are of other outcomes, or leave fewer than two to compare.
    """
    if np.shape(first) != np.shape(second):
        raise BadInput(f"Samples of {np.shape(first)} and {np.shape(second)} outcomes cannot be compared.")
    both = np.stack([unmasked(first, dtype=float), unmasked(second, dtype=float)])
    totals = both.sum(axis=1)
    rare = both.sum(axis=0) * totals.min() / max(totals.sum(), 1.0) < least
    together = both[:, rare].sum(axis=1, keepdims=True)
    both = np.hstack([both[:, ~rare], together]) if together.any() else both[:, ~rare]
    if both.shape[1] < 2:
        raise BadInput("Two samples are compared over two outcomes or more that have the least number of draws.")
    expected = totals[:, None] * both.sum(axis=0) / totals.sum()
    statistic, freedom = float(((both - expected) ** 2 / expected).sum()), both.shape[1] - 1
    return statistic, freedom, float(stats.chi2.sf(statistic, freedom))


def below_square(observed: float, scale: float, shift: float, spread: float) -> float:
    """P(scale·(X + √shift)² + spread·Y ≤ observed), X and Y independent standard normal, by averaging over Y.

    Args:
        observed: the bound.
        scale: factor of the square, positive.
        shift: square of the mean of X + √shift, not negative.
        spread: standard deviation of the normal term.

    Returns:
        The probability.
    """
    root = np.sqrt(np.maximum(observed - spread * _NODES, 0.0) / scale)
    return float(_WEIGHTS @ (special.ndtr(root - sqrt(shift)) - special.ndtr(-root - sqrt(shift))))


def noncentrality(statistic: float, freedom: int, probability: float) -> float:
    """Noncentrality λ with P(χ²_freedom(λ) ≤ statistic) = probability.

    Args:
        statistic: the observed value.
        freedom: degrees of freedom.
        probability: level of the limit.

    Returns:
        λ; 0 if even λ = 0 gives a smaller probability.
    """

    def excess(noncentral: float) -> float:
        return float(stats.ncx2.cdf(statistic, freedom, noncentral)) - probability

    if stats.chi2.cdf(statistic, freedom) <= probability:
        return 0.0
    upper = statistic + 10.0
    while excess(upper) > 0:
        upper *= 2
    return float(brentq(excess, 1e-12, upper, xtol=1e-6, rtol=1e-9))
