"""The exponent of a power law whose values are means over training sets."""

from collections.abc import Sequence
from math import inf, sqrt

import numpy as np
from scipy import stats

from harness.errors import BadInput
from harness.statistics.figures import curve
from harness.statistics.means_over_sets import UNIT
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import slope_weights
from harness.verdicts.means import over_influences


def exponent_over_sets(x: Sequence[float], values_by_x: Sequence[Sequence[float]], quantity: str) -> Estimate:
    """Exponent over x of a mean over training sets: the least-squares slope of ln mean over ln x.

    Training sets are the same at every x, so that what they have in common cancels. A set's value may be negative, as
    unbiased distances are; only the means need to be positive. The interval is Student's, and Hall's for skewness, of
    the jackknife's pseudo-values (Miller 1974); it is unbounded while any mean's interval reaches 0, apart from what
    sets have in common at all x.

    Args:
        x: (k,) positive numbers, at least 2 of them different.
        values_by_x: (k, sets) value of each training set at each x.
        quantity: name of the exponent in the report.

    Returns:
        The estimate; `details` has the pseudo-values by set and the curve of the means.

    Raises:
        BadInput: the values do not belong to the x, or some x is not positive.
    """
    values, places = np.asarray(values_by_x, dtype=float), np.asarray(x, dtype=float)
    if values.ndim != 2 or len(values) != len(places) or len(np.unique(places)) < 2 or not (places > 0).all():
        raise BadInput(
            "An exponent over training sets needs positive x, at least 2 of them different, and for each x one value "
            f"a set; these are {len(places)} x and values of shape {values.shape}."
        )
    sets = values.shape[1]
    lines = curve("x", list(x), {quantity: [_mean(each, quantity) for each in values]})
    if sets < 3:
        return nothing_yet(quantity, sets, UNIT)
    means = values.mean(axis=1)
    without = (values.sum(axis=1, keepdims=True) - values) / (sets - 1)
    if not ((means > 0).all() and (without > 0).all()):
        return nothing_yet(quantity, sets, UNIT)
    slope = slope_weights(np.log(places))
    value = float(slope @ np.log(means))
    pseudo = sets * value - (sets - 1) * (slope @ np.log(without))
    whole = over_influences(value, pseudo - pseudo.mean())
    # In units of each mean, and without what a set has in common at all x, which cancels.
    relative = values / means[:, None]
    each = [over_influences(1.0, row - row.mean()) for row in relative - relative.mean(axis=0)]

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        if min(interval(alpha, growth)[0] for interval in each) <= 0:
            return -inf, inf
        return whole(alpha, growth)

    return Estimate(
        quantity,
        value,
        lambda alpha: foreseen(alpha, 1.0),
        sets,
        UNIT,
        float(sets),
        "jackknife over training sets; Student's t and Hall's, hull of the two",
        details={"sets": pseudo.tolist(), "curve": lines},
        foreseen=foreseen,
    )


def _mean(values: np.ndarray, quantity: str) -> Estimate:
    """The mean at one x, for the curve."""
    sets, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1)) / sqrt(sets) if sets > 1 else inf

    def interval(alpha: float) -> tuple[float, float]:
        half = float(stats.t.isf(alpha / 2, max(sets - 1, 1))) * error
        return mean - half, mean + half

    return Estimate(quantity, mean, interval, sets, UNIT, float(sets), "mean over training sets; Student's t")
