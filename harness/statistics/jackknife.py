"""Smooth functions of means over training sets, with the jackknife over sets."""

from collections.abc import Callable
from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.ratios import over_few

UNIT = "training sets"
# Fewer have no variance that is worth its name.
_LEAST = 4


def jackknife(values: ArrayLike, function: Callable[[np.ndarray], float], quantity: str) -> Estimate:
    """Estimate a smooth function of means over training sets.

    The interval is that of a mean over few units (`verdicts.ratios`) of the pseudo-values k·f − (k − 1)·f₋ᵢ, with f₋ᵢ
    the function of the means without set i. Source: Miller 1974, Biometrika 61:1.

    Args:
        values: (..., sets) by training set, the same sets for all that is compared.
        function: means of the shape of `values` without its last axis -> a number, NaN where it has none.
        quantity: name of the estimate in the report.

    Returns:
        The function at the means; `details["sets"]` has the pseudo-values. Without interval for fewer than 4 sets, or
        where the function is not finite with one of them left out.
    """
    found = np.asarray(values, dtype=float)
    sets = found.shape[-1]
    if sets < _LEAST:
        return nothing_yet(quantity, sets, UNIT)
    total = found.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(function(total / sets))
        without = np.array([float(function((total - found[..., i]) / (sets - 1))) for i in range(sets)])
    if not (isfinite(value) and np.isfinite(without).all()):
        return nothing_yet(quantity, sets, UNIT)
    pseudo = sets * value - (sets - 1) * without
    # Centred on the function itself, from which their mean differs by the jackknife's estimate of its bias.
    centred = value + pseudo - pseudo.mean()
    if not np.ptp(centred) > 0:
        return replace(nothing_yet(quantity, sets, UNIT), details={"sets": pseudo.tolist()})
    interval = over_few(centred, np.ones(sets))
    return Estimate(
        quantity,
        value,
        lambda alpha: interval(alpha, 1.0),
        sets,
        UNIT,
        float(sets),
        "jackknife over training sets; t, corrected for skewness and for sets not seen",
        details={"sets": pseudo.tolist()},
        foreseen=interval,
    )
