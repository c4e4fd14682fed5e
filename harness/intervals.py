"""Intervals for numbers that are not distances: proportions, evidences, fits, slopes.

Each returns an Estimate whose interval has at least the asked coverage; what is independent is named in its unit.
"""

from collections.abc import Callable, Sequence
from math import inf, log, nan, sqrt

import numpy as np
from scipy import special, stats
from scipy.optimize import brentq

from harness.errors import BadInput
from harness.verdicts import Estimate, nothing_yet

# A normal variable's values and their weights, for averages over it.
_NODES = np.linspace(-9.0, 9.0, 361)
_WEIGHTS = stats.norm.pdf(_NODES) * (_NODES[1] - _NODES[0])


def clopper_pearson(k: float, n: float, alpha: float) -> tuple[float, float]:
    """Exact interval of a binomial proportion (Clopper & Pearson 1934), k of n."""
    low = stats.beta.ppf(alpha / 2, k, n - k + 1) if k > 0 else 0.0
    high = stats.beta.isf(alpha / 2, k + 1, n - k) if k < n else 1.0
    return float(low), float(high)


def proportion(k: int, n: int, *, quantity: str, unit: str) -> Estimate:
    """k of n independent units."""
    if not 0 <= k <= n:
        raise BadInput(f"A proportion is of k among n units with 0 ≤ k ≤ n, not {k} of {n}.")
    value = k / n if n else float("nan")
    return Estimate(
        quantity,
        value,
        lambda alpha: clopper_pearson(k, n, alpha),
        n,
        unit,
        float(n),
        "exact binomial (Clopper–Pearson)",
        foreseen=lambda alpha, growth: clopper_pearson(k * growth, n * growth, alpha),
    )


def log_evidence(values: Sequence[float], *, quantity: str = "ln P(S)", unit: str = "independent runs") -> Estimate:
    """ln P(S) from independent runs of a sampler; values: (runs,) ln of each run's unbiased estimate of P(S).

    Those estimates are close to lognormal, so the logarithm of their mean is μ + σ²/2, not the mean logarithm μ. The
    intervals of μ (Student's t) and of σ²/2 (χ²) are combined as by Zou, Huo & Taleban 2009 (MOVER). Where a run lost
    all its particles (−inf) they are not lognormal, and nothing is said.
    """
    runs = np.asarray(values, dtype=float)
    if len(runs) < 2:
        raise BadInput(f"An evidence needs at least 2 independent runs to have an interval, not {len(runs)}.")
    if not np.isfinite(runs).all():
        return nothing_yet(quantity, len(runs), unit)
    freedom = len(runs) - 1
    half_variance = float(runs.var(ddof=1)) / 2
    value, error = float(runs.mean()) + half_variance, sqrt(2 * half_variance / len(runs))

    def interval(alpha: float) -> tuple[float, float]:
        mean = float(stats.t.isf(alpha / 2, freedom)) * error
        below = half_variance * (1 - freedom / float(stats.chi2.isf(alpha / 2, freedom)))
        above = half_variance * (freedom / float(stats.chi2.ppf(alpha / 2, freedom)) - 1)
        return value - sqrt(mean**2 + below**2), value + sqrt(mean**2 + above**2)

    return Estimate(
        quantity, value, interval, len(runs), unit, float(len(runs)), "lognormal mean over runs; MOVER interval"
    )


def goodness_of_fit(counts: np.ndarray, expected: np.ndarray, *, unit: str) -> Estimate:
    """χ²-divergence Σ(p − q)²/q of what is drawn, p, from a declared distribution q; unbiased.

    counts: (outcomes,) of independent draws. expected: (outcomes,) q, all positive. The interval is the hull of two:
    one inverts the noncentral χ² law of Pearson's statistic, right for divergences of the order of outcomes/draws. The
    other is right for larger ones, where a divergence that sits in few outcomes varies more than that law says: a
    jackknife below; above, where a divergence that came out small looks too sure, the normal law at each candidate.
    Half its square root bounds the total variation (Cauchy–Schwarz).
    """
    counts, expected = np.asarray(counts, dtype=float), np.asarray(expected, dtype=float)
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


def below_square(observed: float, scale: float, shift: float, spread: float) -> float:
    """P(scale·(X + √shift)² + spread·Y ≤ observed), X and Y independent standard normal: averaged over Y."""
    root = np.sqrt(np.maximum(observed - spread * _NODES, 0.0) / scale)
    return float(_WEIGHTS @ (special.ndtr(root - sqrt(shift)) - special.ndtr(-root - sqrt(shift))))


def noncentrality(statistic: float, freedom: int, probability: float) -> float:
    """λ with P(χ²_freedom(λ) ≤ statistic) = probability; 0 where even λ = 0 gives less."""

    def excess(noncentral: float) -> float:
        return float(stats.ncx2.cdf(statistic, freedom, noncentral)) - probability

    if stats.chi2.cdf(statistic, freedom) <= probability:
        return 0.0
    upper = statistic + 10.0
    while excess(upper) > 0:
        upper *= 2
    return float(brentq(excess, 1e-12, upper, xtol=1e-6, rtol=1e-9))


def slope(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate], *, quantity: str | None = None) -> Estimate:
    """Least-squares slope of independent estimates over x: Σ c·value with c = (x − x̄)/Σ(x − x̄)².

    The slope of the true values is what is estimated, whether they lie on a line or not. See `combination`.
    """
    x, weights = _slope_weights(x, estimates)
    return combination(weights, estimates, quantity or f"slope of the {estimates[0].quantity}", x)


def intercept(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate], *, quantity: str) -> Estimate:
    """Where the least-squares line of independent estimates over x is at x = 0: Σ c·value, c = 1/k − x̄·(the slope's c).

    That is the value at 0 where the true values lie on a line. See `combination`.
    """
    x, weights = _slope_weights(x, estimates)
    return combination(1 / len(x) - x.mean() * weights, estimates, quantity, x)


def _slope_weights(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate]) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(x, dtype=float)
    if len(x) != len(estimates) or len(np.unique(x)) < 2:
        raise BadInput("A slope needs one estimate for each x and at least 2 different x.")
    return x, (x - x.mean()) / ((x - x.mean()) ** 2).sum()


def combination(weights: np.ndarray, estimates: Sequence[Estimate], quantity: str, x: np.ndarray) -> Estimate:
    """Σ weights·value of independent estimates, which belong to the numbers x.

    It rests on all units where they are of one kind, else on those of the estimate with the smallest effective number.
    Interval: the estimates' own intervals combined as by Zou & Donner 2008 (MOVER), which keeps their asymmetry.
    """
    values = np.array([estimate.value for estimate in estimates])
    value = float(weights @ values)

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        ends = np.array([estimate.ahead(alpha, growth) for estimate in estimates])
        if not np.isfinite(ends).all():
            return -inf, inf
        # An unbiased value may lie outside its interval, where the quantity has an end; it must not shorten the sum.
        ends = np.stack([np.minimum(ends[:, 0], values), np.maximum(ends[:, 1], values)], axis=1)
        scaled = np.sort(ends * weights[:, None], axis=1)
        low = value - sqrt(((weights * values - scaled[:, 0]) ** 2).sum())
        return low, value + sqrt(((scaled[:, 1] - weights * values) ** 2).sum())

    least = min(estimates, key=lambda estimate: estimate.effective_n)
    alike = len({estimate.unit for estimate in estimates}) == 1
    return Estimate(
        quantity,
        value,
        lambda alpha: foreseen(alpha, 1.0),
        sum(estimate.n for estimate in estimates) if alike else least.n,
        least.unit,
        least.effective_n,
        "least squares over independent estimates; MOVER interval",
        details={"values": values.tolist(), "x": x.tolist()},
        foreseen=foreseen,
    )


def exponent(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate], *, quantity: str) -> Estimate:
    """Exponent of a power law: slope of ln value over ln x; unbounded while any interval reaches 0."""
    if (np.asarray(x) <= 0).any():
        raise BadInput("The exponent of a power law needs positive x.")
    return slope(np.log(x), [_log(estimate) for estimate in estimates], quantity=quantity)


def _log(estimate: Estimate) -> Estimate:
    """The estimate on the logarithmic scale; a value that is not positive has no logarithm yet."""

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        low, high = estimate.ahead(alpha, growth)
        return (log(low) if low > 0 else -inf), (log(high) if high > 0 else inf)

    return Estimate(
        f"ln {estimate.quantity}",
        log(estimate.value) if estimate.value > 0 else nan,
        lambda alpha: foreseen(alpha, 1.0),
        estimate.n,
        estimate.unit,
        estimate.effective_n,
        estimate.method,
        foreseen=foreseen,
    )


def student(value: float, error: float, freedom: float) -> Callable[[float], tuple[float, float]]:
    """alpha -> value ± t·error."""

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.t.ppf(1 - alpha / 2, freedom)) * error
        return value - half, value + half

    return interval


def fieller(
    numerator: float, denominator: float, covariance: np.ndarray, freedom: float
) -> Callable[[float], tuple[float, float]]:
    """alpha -> interval of numerator/denominator (Fieller 1954), unbounded where the denominator may be 0.

    covariance: (2, 2) of the two estimates.
    """
    (nn, nd), (_, dd) = covariance

    def interval(alpha: float) -> tuple[float, float]:
        t2 = float(stats.t.ppf(1 - alpha / 2, freedom)) ** 2
        a = denominator**2 - t2 * dd
        if not a > 0:
            return -inf, inf
        b, c = numerator * denominator - t2 * nd, numerator**2 - t2 * nn
        root = sqrt(max(b * b - a * c, 0.0))
        return (b - root) / a, (b + root) / a

    return interval
