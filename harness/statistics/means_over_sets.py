"""Means, ratios and slopes over training sets: the independent unit is the set, whatever was drawn on each.

Each set gives unbiased terms, so that a sample on one set may be small. What spreads are the sets: the intervals,
`verdicts.ratios`, are for few of them, of skewed spread.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import nan

import numpy as np

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import coincide, slope_weights
from harness.verdicts.means import over_draws
from harness.verdicts.ratios import over_few

UNIT = "training sets"
# Fewer say nothing of their spread.
LEAST_SETS = 4
# Values that differ by less are equal but for rounding, and show no spread.
_ROUNDING = 1e-12

_METHOD = "ratio of means over training sets; candidates tested by t, corrected for skewness and for sets not seen"


def mean_over_sets(values: Sequence[float] | np.ndarray, quantity: str) -> Estimate:
    """Mean of one number for each training set; values that all coincide have no interval, as they show no spread."""
    values = _numbers(values)
    return replace(
        ratio_over_sets(values, np.ones_like(values), quantity),
        method="mean over training sets; t, corrected for skewness and for sets not seen",
    )


def share_over_sets(values: Sequence[float] | np.ndarray, quantity: str) -> Estimate:
    """Mean of a share in [0, 1] for each training set.

    Shares that all coincide show no spread: their interval is one that holds for any distribution on [0, 1].
    """
    values = _numbers(values)
    found = mean_over_sets(values, quantity)
    mean = float(values.mean()) if len(values) else nan
    if len(values) > 1 and coincide(values):
        bounded = over_draws(values[:1], np.array([len(values)]))
        found = replace(found, interval=lambda alpha: bounded(alpha, 1.0), foreseen=bounded)
    return replace(cut(found, 0.0, 1.0), value=mean)


def ratio_over_sets(
    numerators: Sequence[float] | np.ndarray, denominators: Sequence[float] | np.ndarray, quantity: str
) -> Estimate:
    """Ratio of two means over training sets, of unbiased terms on each.

    Args:
        numerators: (sets,) term of the numerator on each set.
        denominators: (sets,) term of the denominator on the same sets; their mean is not negative in truth.
        quantity: name of the ratio in the report.

    Returns:
        The estimate; its details have under "sets" a number for each set, of which it is the mean: the ratio plus the
        set's influence on it.

    Raises:
        BadInput: the two are on different numbers of sets, or hold what is no finite number.
    """
    over, under = _numbers(numerators), _numbers(denominators)
    if len(over) != len(under):
        raise BadInput(
            f"A ratio over training sets needs both terms on each, not {len(over)} and {len(under)}; ask for both with "
            "the same sets."
        )
    sets = len(over)
    if sets < LEAST_SETS or not under.mean() > 0:
        return nothing_yet(quantity, sets, UNIT)
    value = float(over.mean() / under.mean())
    influences = (over - value * under) / under.mean()
    if not np.ptp(influences) > _ROUNDING:
        return replace(nothing_yet(quantity, sets, UNIT), value=value, details={"sets": [value] * sets})
    interval = over_few(over, under)
    return Estimate(
        quantity,
        value,
        lambda alpha: interval(alpha, 1.0),
        sets,
        UNIT,
        float(under.sum() ** 2 / (under**2).sum()),
        _METHOD,
        details={"sets": (value + influences).tolist()},
        foreseen=interval,
    )


def slope_over_sets(
    x: Sequence[float] | np.ndarray, values_by_x: Sequence[Sequence[float]] | np.ndarray, quantity: str
) -> Estimate:
    """Least-squares slope over x, of each training set by itself, averaged over the sets.

    Args:
        x: (k,) numbers, at least 2 of them different.
        values_by_x: (k, sets) values at each x on the same sets.
        quantity: name of the slope in the report.

    Returns:
        The estimate of the mean slope.

    Raises:
        BadInput: there is no value for each x and set, or x does not vary.
    """
    places = _numbers(x)
    rows = [_numbers(row) for row in values_by_x]
    if len(rows) != len(places) or len({len(row) for row in rows}) != 1 or len(np.unique(places)) < 2:
        raise BadInput("A slope over training sets needs a value for each x and set, and at least 2 different x.")
    values = np.stack(rows)
    found = mean_over_sets(slope_weights(places) @ values, quantity)
    more = {"x": places.tolist(), "values": values.mean(axis=1).tolist()}
    return replace(found, details={**found.details, **more})


def cut(estimate: Estimate, least: float = -np.inf, most: float = np.inf) -> Estimate:
    """The same estimate, with intervals that end where the quantity does.

    Args:
        estimate: the estimate; its value stays.
        least: smallest value there can be.
        most: largest value there can be.

    Returns:
        The estimate with its intervals cut.
    """

    def ends(interval: tuple[float, float]) -> tuple[float, float]:
        low, high = interval
        return min(max(low, least), most), max(min(high, most), least)

    return replace(
        estimate,
        interval=lambda alpha: ends(estimate.interval(alpha)),
        foreseen=lambda alpha, growth: ends(estimate.ahead(alpha, growth)),
    )


def _numbers(values: Sequence[float] | np.ndarray) -> np.ndarray:
    array = unmasked(values, dtype=float)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise BadInput("Statistics over training sets take one finite number a set; look for a set without a sample.")
    return array
