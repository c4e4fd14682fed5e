"""Intervals for numbers that are not distances: proportions, evidences, slopes.

Each returns an Estimate whose interval has at least the asked coverage; what is independent is named in its unit.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, log, nan, sqrt

import numpy as np
from scipy import special, stats

from harness.arguments import is_whole, short_repr, unmasked
from harness.errors import BadInput
from harness.verdicts.verdict import Estimate, nothing_yet

# Numbers that differ by a smaller share are equal but for rounding.
ROUNDING = 1e-12


def clopper_pearson(k: float, n: float, alpha: float) -> tuple[float, float]:
    """Exact interval of a binomial proportion (Clopper & Pearson 1934).

    Args:
        k: number of successes; with n, may be fractional when a larger sample is foreseen.
        n: number of independent trials.
        alpha: 1 − level; the proportion lies below the interval, or above it, with probability at most alpha/2 each.

    Returns:
        The ends (low, high), in [0, 1].
    """
    # The quantiles of scipy.stats.beta, at a twentieth of the time for one number.
    low = special.betaincinv(k, n - k + 1, alpha / 2) if k > 0 else 0.0
    high = special.betainccinv(k + 1, n - k, alpha / 2) if k < n else 1.0
    return float(low), float(high)


def proportion(k: int, n: int, *, quantity: str, unit: str) -> Estimate:
    """Estimate a proportion from independent units, with the exact binomial interval.

    Args:
        k: number of units that have the property.
        n: number of units.
        quantity: name of the proportion in the report.
        unit: name of the independent units, plural.

    Returns:
        The estimate; its value is NaN if n is 0.

    Raises:
        BadInput: they are not whole, or k is negative or above n.
    """
    if not is_whole(k) or not is_whole(n) or not 0 <= k <= n:
        raise BadInput(
            f"A proportion is of k among n units with 0 ≤ k ≤ n, whole numbers, not {short_repr(k)} of {short_repr(n)}."
        )
    k, n = int(k), int(n)
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


def coincide(values: np.ndarray) -> np.ndarray:
    """Whether the runs' values, (runs, …) in nats, are the same but for rounding: their scatter then says nothing about
    their error.
    """
    return np.ptp(values, axis=0) <= ROUNDING * np.maximum(np.abs(values).max(axis=0), 1.0)


def log_evidence(
    values: Sequence[float],
    *,
    quantity: str = "ln P(S)",
    unit: str = "independent runs",
    most: float = 0.0,
    exact: bool = False,
    least_error: float = 0.0,
) -> Estimate:
    """Estimate ln P(S) from independent runs of a sampler.

    The runs' estimates of P(S) are close to lognormal, so the logarithm of their mean is μ + σ²/2, not the mean
    logarithm μ. The intervals of μ (Student's t) and of σ²/2 (χ²) are combined as by Zou, Huo & Taleban 2009 (MOVER).
    If a run lost all its particles (−inf), the estimates are not lognormal, and the interval is unbounded; it is also
    unbounded if all runs coincide, since their scatter then says nothing about their error.

    Args:
        values: (runs,) ln of each run's unbiased estimate of P(S); −inf for a run that lost all its particles.
        quantity: name of the evidence in the report.
        unit: name of the independent units, plural.
        most: largest possible value, at which value and interval are cut; 0 for the logarithm of a probability.
        exact: whether runs that coincide are exact, as those are whose weights are known to be constant.
        least_error: standard error of the mean logarithm at the least, such as 1/draws of weights that few draws show.

    Returns:
        The estimate of the logarithm of the runs' mean.

    Raises:
        BadInput: there are fewer than 2 runs.
    """
    runs = unmasked(values, dtype=float)
    if runs.ndim != 1 or len(runs) < 2:
        given = f"{len(runs)}" if runs.ndim == 1 else f"an array of shape {runs.shape}"
        raise BadInput(f"An evidence needs at least 2 independent runs to have an interval, not {given}.")
    if not np.isfinite(runs).all():
        return nothing_yet(quantity, len(runs), unit)
    if not exact and coincide(runs):
        return replace(nothing_yet(quantity, len(runs), unit), value=min(float(runs[0]), most))
    freedom = len(runs) - 1
    half_variance = float(runs.var(ddof=1)) / 2
    value, error = float(runs.mean()) + half_variance, max(sqrt(2 * half_variance / len(runs)), least_error)

    def interval(alpha: float) -> tuple[float, float]:
        mean = float(stats.t.isf(alpha / 2, freedom)) * error
        below = half_variance * (1 - freedom / float(stats.chi2.isf(alpha / 2, freedom)))
        above = half_variance * (freedom / float(stats.chi2.ppf(alpha / 2, freedom)) - 1)
        return min(value - sqrt(mean**2 + below**2), most), min(value + sqrt(mean**2 + above**2), most)

    method = "lognormal mean over runs; MOVER interval"
    return Estimate(quantity, min(value, most), interval, len(runs), unit, float(len(runs)), method)


def slope(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate], *, quantity: str | None = None) -> Estimate:
    """Least-squares slope of independent estimates over x: Σ c·value with c = (x − x̄)/Σ(x − x̄)².

    It estimates the least-squares slope of the true values, whether or not they lie on a line. See `combination`.

    Args:
        x: (k,) numbers to which the estimates belong, at least 2 of them different.
        estimates: k independent estimates.
        quantity: name of the slope in the report; None: made of the name of the first estimate.

    Returns:
        The estimate of the slope, with a MOVER interval.
    """
    x, weights = _slope_weights(x, estimates)
    return combination(weights, estimates, quantity or f"slope of the {estimates[0].quantity}", x)


def intercept(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate], *, quantity: str) -> Estimate:
    """Value at x = 0 of the least-squares line of independent estimates: Σ c·value, c = 1/k − x̄·(the slope's c).

    It estimates the true value at 0 if the true values lie on a line. See `combination`.

    Args:
        x: (k,) numbers to which the estimates belong, at least 2 of them different.
        estimates: k independent estimates.
        quantity: name of the intercept in the report.

    Returns:
        The estimate of the intercept, with a MOVER interval.
    """
    x, weights = _slope_weights(x, estimates)
    return combination(1 / len(x) - x.mean() * weights, estimates, quantity, x)


def _slope_weights(x: Sequence[float] | np.ndarray, estimates: Sequence[Estimate]) -> tuple[np.ndarray, np.ndarray]:
    x = unmasked(x, dtype=float)
    if len(x) != len(estimates) or len(np.unique(x)) < 2:
        raise BadInput("A slope needs one estimate for each x and at least 2 different x.")
    return x, slope_weights(x)


def slope_weights(x: np.ndarray) -> np.ndarray:
    """Weights of the values at x, at least 2 of them different, whose sum is the least-squares slope."""
    return (x - x.mean()) / ((x - x.mean()) ** 2).sum()


def combination(weights: np.ndarray, estimates: Sequence[Estimate], quantity: str, x: np.ndarray) -> Estimate:
    """Weighted sum of independent estimates, Σ weights·value.

    Interval: the estimates' own intervals combined as by Zou & Donner 2008 (MOVER), which keeps their asymmetry. The
    sum counts the units of all estimates if these are of one kind, else those of the estimate with the smallest
    effective number.

    Args:
        weights: (k,) weight of each estimate, of either sign.
        estimates: k independent estimates.
        quantity: name of the sum in the report.
        x: (k,) numbers to which the estimates belong; only recorded in the details.

    Returns:
        The estimate of the sum.
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
    """Exponent of a power law: the slope of ln value over ln x.

    Args:
        x: (k,) positive numbers to which the estimates belong, at least 2 of them different.
        estimates: k independent estimates.
        quantity: name of the exponent in the report.

    Returns:
        The estimate of the exponent; its interval is unbounded while the interval of any estimate reaches 0.

    Raises:
        BadInput: some x is not positive.
    """
    if (np.asarray(x) <= 0).any():
        raise BadInput("The exponent of a power law needs positive x.")
    return slope(np.log(x), [logarithm(estimate) for estimate in estimates], quantity=quantity)


def logarithm(estimate: Estimate) -> Estimate:
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
    """Student's interval of a nearly normal estimate: value ± t·error.

    Args:
        value: the estimate.
        error: its standard error.
        freedom: degrees of freedom of the standard error.

    Returns:
        alpha -> (low, high), each end missed with probability alpha/2.
    """

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.t.ppf(1 - alpha / 2, freedom)) * error
        return value - half, value + half

    return interval


def fieller(
    numerator: float, denominator: float, covariance: np.ndarray, freedom: float
) -> Callable[[float], tuple[float, float]]:
    """Interval of numerator/denominator (Fieller 1954).

    Args:
        numerator: estimate of the numerator.
        denominator: estimate of the denominator.
        covariance: (2, 2) covariance of the two estimates.
        freedom: degrees of freedom of the covariance.

    Returns:
        alpha -> (low, high), unbounded if the denominator may be 0 at that level.
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


def affine(estimate: Estimate, factor: float, shift: float = 0.0) -> Estimate:
    """Shift and scale an estimate: factor·estimate + shift.

    Args:
        estimate: the estimate.
        factor: positive factor.
        shift: number that is added after scaling.

    Returns:
        The same estimate with its value and intervals moved.
    """

    def moved(ends: Callable[..., tuple[float, float]]) -> Callable[..., tuple[float, float]]:
        def interval(*arguments: float) -> tuple[float, float]:
            low, high = ends(*arguments)
            return factor * low + shift, factor * high + shift

        return interval

    return replace(
        estimate,
        value=factor * estimate.value + shift,
        interval=moved(estimate.interval),
        foreseen=None if estimate.foreseen is None else moved(estimate.foreseen),
    )


def difference(larger: Estimate, smaller: Estimate, quantity: str) -> Estimate:
    """Difference of two independent estimates, with the MOVER interval of Zou & Donner 2008.

    Args:
        larger: the minuend; it need not be the larger one.
        smaller: the subtrahend.
        quantity: name of the difference in the report.

    Returns:
        The estimate of larger − smaller.
    """
    found = slope((0, 1), [smaller, larger], quantity=quantity)
    return replace(found, method="difference of independent estimates; MOVER interval", details={})
