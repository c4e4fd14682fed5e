"""Smooth functions of means over training sets, such as the slope of a logarithm of a ratio, by the jackknife."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.statistics.means_over_sets import LEAST_SETS, UNIT, mean_over_sets
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import slope_weights


def jackknife_over_sets(
    function: Callable[[np.ndarray], float], values: Sequence[Any] | np.ndarray, quantity: str
) -> Estimate:
    """Estimate a smooth function of several means over training sets.

    With θ the function at the means of all N sets and θᵢ at those without set i, the estimate is the mean of the
    pseudo-values Nθ − (N − 1)θᵢ, which removes the bias of order 1/N (Quenouille 1956, Biometrika 43:353). They are
    treated as independent (Tukey 1958), with the interval of `mean_over_sets`.

    Args:
        function: means, (k,) or of any shape, -> the number to estimate.
        values: (k, sets), or that shape with sets as the last axis: numbers of each training set, paired.
        quantity: name of the estimate in the report.

    Returns:
        The estimate; it has no interval if the function is not finite, or there are fewer than 4 sets.

    Raises:
        BadInput: the rows have different numbers of training sets.
    """
    rows = [unmasked(row, dtype=float) for row in values]
    if not rows or len({row.shape for row in rows}) != 1:
        raise BadInput("Means over training sets are paired: give each quantity one value for every training set.")
    by_set, sets = np.stack(rows), rows[0].shape[-1]
    if sets < LEAST_SETS:
        return nothing_yet(quantity, sets, UNIT)
    total = by_set.sum(-1)
    with np.errstate(all="ignore"):
        whole = function(total / sets)
        without = np.array([function((total - by_set[..., i]) / (sets - 1)) for i in range(sets)])
    pseudo = sets * whole - (sets - 1) * without
    if not np.isfinite(pseudo).all():
        return nothing_yet(quantity, sets, UNIT)
    found = mean_over_sets(pseudo, quantity)
    return replace(found, method="jackknife over training sets; t, corrected for skewness and for sets not seen")


def log_ratio_slope_over_sets(
    x: Sequence[float] | np.ndarray,
    numerators: Sequence[Sequence[float]],
    denominators: Sequence[Sequence[float]],
    quantity: str,
) -> Estimate:
    """Estimate the least-squares slope over x of ln(mean numerator/mean denominator), means over training sets.

    Args:
        x: (k,) numbers, at least 2 of them different.
        numerators: (k, sets) at each x, on the same training sets.
        denominators: (k, sets) likewise.
        quantity: name of the slope in the report.

    Returns:
        The estimate; it has no interval if a mean is not positive.

    Raises:
        BadInput: the rows do not belong to x, or x does not vary.
    """
    x = unmasked(x, dtype=float)
    if not len(x) == len(numerators) == len(denominators) or len(np.unique(x)) < 2:
        raise BadInput("A slope over training sets needs values for each x, and at least 2 different x.")
    weights = slope_weights(x)

    def slope(means: np.ndarray) -> float:
        of_numerators, of_denominators = np.log(means).reshape(2, len(x))
        return float(weights @ (of_numerators - of_denominators))

    return jackknife_over_sets(slope, [*numerators, *denominators], quantity)
