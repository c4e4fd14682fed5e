"""Volume against complexity where the volume of every function is known, whether or not it was seen among draws.

What is independent are the functions: draws from P(f), or functions spread over complexity. Their volumes are taken as
exact; an error of a few hundredths of a nat is nothing to a spread of many bits.
"""

from collections.abc import Callable

import numpy as np
from scipy import stats

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.verdicts import Estimate, nothing_yet

_UNIT = "functions"
# Fewer have no interval that says anything.
_LEAST = 8


def least_constant(
    log2_volumes: np.ndarray, complexities: np.ndarray, a: float, *, share: float = 0.95, quantity: str
) -> Estimate:
    """The least b at which log2 P(f) ≤ −a·K(f) + b holds for a share of draws from P(f).

    It is the quantile of log2 P + a·K over the draws; interval by order statistics, valid for any distribution.

    Args:
        log2_volumes: (draws,) log2 P of each draw's function.
        complexities: (draws,) K of each.
        a: slope of the bound, bits for each unit of K.
        share: the share of draws.
        quantity: name of b in the report.

    Returns:
        The estimate of b in bits; an end that the draws are too few for is infinite.

    Raises:
        BadInput: the arrays differ in length.
    """
    excess = np.sort(_paired(log2_volumes, complexities) @ [1.0, a])
    draws = len(excess)
    if draws < _LEAST:
        return nothing_yet(quantity, draws, _UNIT)

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        # Of `draws` draws below the quantile, so many are exceeded with a probability of at most alpha/2.
        many = round(draws * growth)
        below = int(stats.binom.ppf(alpha / 2, many, share)) - 1
        above = int(stats.binom.isf(alpha / 2, many, share))
        if growth == 1:
            low = -np.inf if below < 0 else float(excess[below])
            return low, np.inf if above >= draws else float(excess[above])
        ends = (np.array([below, above]) + 0.5) / many
        if ends[0] < 0 or ends[1] >= 1:
            return -np.inf, np.inf
        low, high = np.quantile(excess, ends)
        return float(low), float(high)

    return Estimate(
        quantity,
        float(np.quantile(excess, share)),
        lambda alpha: foreseen(alpha, 1.0),
        draws,
        _UNIT,
        float(draws),
        "quantile over draws; interval by order statistics",
        foreseen=foreseen,
    )


def rank_correlation_over_functions(log2_volumes: np.ndarray, complexities: np.ndarray, *, quantity: str) -> Estimate:
    """Spearman's ρ of volume and complexity over independently drawn functions.

    Interval: Fisher's z with the variance (1 + ρ²/2)/(k − 3) of Bonett & Wright 2000 (Psychometrika 65:23).

    Args:
        log2_volumes: (k,) log2 P of each function.
        complexities: (k,) K of each.
        quantity: name of the correlation in the report.

    Returns:
        The estimate of ρ; unbounded where volume or complexity does not vary.

    Raises:
        BadInput: the arrays differ in length.
    """
    both = _paired(log2_volumes, complexities)
    functions = len(both)
    if functions < _LEAST or np.ptp(both[:, 0]) == 0 or np.ptp(both[:, 1]) == 0:
        return nothing_yet(quantity, functions, _UNIT)
    value = float(stats.spearmanr(both[:, 0], both[:, 1]).statistic)
    ends = _fisher(value, functions)
    return Estimate(
        quantity,
        value,
        lambda alpha: ends(alpha, 1.0),
        functions,
        _UNIT,
        float(functions),
        "Spearman's ρ over functions; Fisher's z with Bonett & Wright's variance",
        foreseen=ends,
    )


def _fisher(value: float, functions: int) -> Callable[[float, float], tuple[float, float]]:
    inside = min(max(value, -1 + 1e-9), 1 - 1e-9)

    def ends(alpha: float, growth: float) -> tuple[float, float]:
        half = float(stats.norm.isf(alpha / 2)) * ((1 + inside**2 / 2) / (functions * growth - 3)) ** 0.5
        low, high = np.tanh(np.arctanh(inside) + np.array([-half, half]))
        return float(low), float(high)

    return ends


def _paired(log2_volumes: np.ndarray, complexities: np.ndarray) -> np.ndarray:
    volumes, complexities = unmasked(log2_volumes, dtype=float), unmasked(complexities, dtype=float)
    if volumes.ndim != 1 or volumes.shape != complexities.shape:
        raise BadInput(
            f"Each function has one volume and one complexity, not arrays of shapes {volumes.shape} and "
            f"{complexities.shape}."
        )
    return np.stack([volumes, complexities], axis=1)
