"""The exponent of a power law whose values are means over training sets."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isfinite, sqrt

import numpy as np
from scipy import stats

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.statistics.figures import curve
from harness.statistics.jackknife import jackknife_over_sets
from harness.statistics.means_over_sets import UNIT
from harness.verdicts import Estimate
from harness.verdicts.intervals import slope_weights
from harness.verdicts.means import over_influences


def exponent_over_sets(
    x: Sequence[float], values_by_x: Sequence[Sequence[float]], quantity: str, of: str = "mean", over: str = "x"
) -> Estimate:
    """Exponent over x of a mean over training sets: the least-squares slope of ln mean over ln x, by the jackknife.

    Training sets are the same at every x, so that what they have in common cancels. A set's value may be negative, as
    unbiased distances are; only the means need to be positive. The interval is unbounded while any mean's interval,
    Student's or Hall's, reaches 0, apart from what sets have in common at all x: such a mean has no logarithm to speak
    of.

    Args:
        x: (k,) positive numbers, at least 2 of them different.
        values_by_x: (k, sets) value of each training set at each x.
        quantity: name of the exponent in the report.
        of: name of the values there, whose means the curve shows.
        over: name of x there.

    Returns:
        The estimate, as of `jackknife_over_sets`; `details` has the pseudo-values by set and the curve of the means.

    Raises:
        BadInput: the values do not belong to the x, or some x is not positive.
    """
    values, places = unmasked(values_by_x, dtype=float), unmasked(x, dtype=float)
    if values.ndim != 2 or len(values) != len(places) or len(np.unique(places)) < 2 or not (places > 0).all():
        raise BadInput(
            "An exponent over training sets needs positive x, at least 2 of them different, and for each x one value "
            f"a set; these are {len(places)} x and values of shape {values.shape}."
        )
    weights = slope_weights(np.log(places))
    found = jackknife_over_sets(lambda means: float(weights @ np.log(means)), values, quantity)
    lines = curve(over, list(x), {of: [_mean(each, of) for each in values]})
    found = replace(found, details={**found.details, "curve": lines})
    if not isfinite(found.value):
        return found
    # In units of each mean, and without what a set has in common at all x, which cancels.
    relative = values / values.mean(axis=1, keepdims=True)
    each_mean = [over_influences(1.0, row - row.mean()) for row in relative - relative.mean(axis=0)]

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        if min(interval(alpha, growth)[0] for interval in each_mean) <= 0:
            return -inf, inf
        return found.ahead(alpha, growth)

    return replace(found, interval=lambda alpha: foreseen(alpha, 1.0), foreseen=foreseen)


def _mean(values: np.ndarray, quantity: str) -> Estimate:
    """The mean at one x, for the curve."""
    sets, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / sqrt(sets) if sets > 1 else inf

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.t.isf(alpha / 2, max(sets - 1, 1))) * error
        return mean - half, mean + half

    return Estimate(quantity, mean, interval, sets, UNIT, float(sets), "mean over training sets; Student's t")
