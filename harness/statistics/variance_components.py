"""Variance components of a two-way layout, such as test error over architectures × optimisers.

The rows and columns are the grid's own, not a sample of others: a component is the variance of the true row (column)
means over the grid. The independent unit is the replicate, a trained network; its spread may differ from cell to cell.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from scipy import stats

from harness.errors import BadInput
from harness.verdicts import Estimate
from harness.verdicts.intervals import fieller

_METHOD = "unbiased quadratic forms in the cells' means"


def variance_components(cells: Sequence[Sequence[Sequence[float]]], rows: str, columns: str) -> dict[str, Estimate]:
    """Variance components of the rows and the columns, and the rows' share of their sum.

    The share, rows/(rows + columns), is bounded by Fieller's theorem; if neither component is seen, its interval is [0,
    1].

    Args:
        cells: (rows, columns) lists of at least 2 independent replicates each.
        rows: name of the rows in the report, plural.
        columns: name of the columns in the report, plural.

    Returns:
        The estimates under "rows", "columns" and "share".

    Raises:
        BadInput: the layout has fewer than 2 rows or columns, is not full, or a cell has fewer than 2 replicates.
    """
    layout = [[np.asarray(cell, dtype=float) for cell in row] for row in cells]
    if len(layout) < 2 or len({len(row) for row in layout}) != 1 or len(layout[0]) < 2:
        raise BadInput("Variance components need a full layout of at least 2 rows and 2 columns.")
    flat = [cell for row in layout for cell in row]
    if min(map(len, flat)) < 2:
        raise BadInput("Variance components need at least 2 replicates in every cell.")
    a, b = len(layout), len(layout[0])
    mean = np.array([cell.mean() for cell in flat])
    noise = np.array([cell.var(ddof=1) / len(cell) for cell in flat])
    spare = np.array([len(cell) - 1 for cell in flat])

    # The variance over rows of the rows' means is mᵀMm, m the cells' means.
    forms = [
        np.kron(_centring(a) / (a - 1), np.full((b, b), 1 / b**2)),
        np.kron(np.full((a, a), 1 / a**2), _centring(b)),
    ]
    forms[1] /= b - 1
    value = np.array([mean @ form @ mean - np.diag(form) @ noise for form in forms])
    covariance = np.array([[_covariance(m, n, mean, noise, spare) for n in forms] for m in forms])
    freedom = float(noise.sum() ** 2 / max((noise**2 / spare).sum(), 1e-300))
    total = sum(map(len, flat))

    def component(name: str, i: int) -> Estimate:
        # Above: the variance at a candidate D is 4·c·D + degenerate part, c at most the largest eigenvalue, and the end
        # is the D with (value − D)² = t²·Var at D (Wilson's construction), since a value too low is too sure of itself.
        # Below: the sample's own variance, which is large where the value came out large.
        root = np.sqrt(noise)
        c = float(np.linalg.eigvalsh(root[:, None] * forms[i] * root)[-1])
        degenerate = _covariance(forms[i], forms[i], 0 * mean, noise, spare)

        def interval(alpha: float) -> tuple[float, float]:
            t = float(stats.t.isf(alpha / 2, freedom))
            above = t * sqrt(max(4 * (c * t) ** 2 + 4 * c * value[i] + degenerate, 0.0)) + 2 * c * t**2
            return max(value[i] - t * sqrt(covariance[i, i]), 0.0), max(value[i] + above, 0.0)

        return _estimate(f"variance over {name}", float(value[i]), interval, total)

    both = np.array([[1.0, 0.0], [1.0, 1.0]])
    ratio = fieller(float(value[0]), float(value.sum()), both @ covariance @ both.T, freedom)

    def share(alpha: float) -> tuple[float, float]:
        low, high = ratio(alpha)
        return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)

    name = f"share of {rows} in the variance over {rows} and {columns}"
    return {
        "rows": component(rows, 0),
        "columns": component(columns, 1),
        "share": _estimate(name, float(value[0] / value.sum()), share, total),
    }


def _centring(size: int) -> np.ndarray:
    return np.eye(size) - 1 / size


def _covariance(m: np.ndarray, n: np.ndarray, mean: np.ndarray, noise: np.ndarray, spare: np.ndarray) -> float:
    """Covariance of xᵀMx and xᵀNx less their noise, x normal with these means and variances.

    4μᵀMVNμ + 2 tr(MVNV), the first of these estimated too large by 4 tr(MVNV); last, what estimating V adds.
    """
    linear = 4 * (mean @ m * noise) @ n @ mean
    degenerate = 2 * float(((m * noise) * (n * noise).T).sum())
    return float(linear + degenerate + (np.diag(m) * np.diag(n) * 2 * noise**2 / spare).sum())


def _estimate(quantity: str, value: float, interval: Callable[[float], tuple[float, float]], n: int) -> Estimate:
    return Estimate(quantity, value, interval, n, "replicates", float(n), _METHOD)
