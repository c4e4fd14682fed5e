"""Variance components of a two-way layout, such as test error over architectures × optimisers.

The rows and columns are the grid's own, not a sample of others: a component is the variance of the true row (column)
means over the grid. The independent unit is the replicate, a trained network, whose spread may differ from cell to
cell; or, where there is a layout for each of many training sets, the set.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from scipy import stats

from harness.arguments import unmasked
from harness.errors import BadInput
from harness.statistics.means_over_sets import cut, mean_over_sets, ratio_over_sets
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
    flat, forms = _layout(cells)
    mean, noise = _moments(flat)
    spare = np.array([len(cell) - 1 for cell in flat])
    value = _components(forms, mean, noise)
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

    return {
        "rows": component(rows, 0),
        "columns": component(columns, 1),
        "share": _estimate(_share_of(rows, columns), float(value[0] / value.sum()), share, total),
    }


def variance_components_over_sets(
    cells: Sequence[Sequence[Sequence[Sequence[float]]]], rows: str, columns: str
) -> dict[str, Estimate]:
    """Variance components on a training set, averaged over the sets, and the rows' share of their sum.

    The components of each set are unbiased, so that few replicates do and their averages are unbiased; the share is the
    ratio of the two averages. It is of the variance on one training set, which includes that a row may do better on
    some sets than on others.

    Args:
        cells: (sets, rows, columns) lists of at least 2 independent replicates each.
        rows: name of the rows in the report, plural.
        columns: name of the columns in the report, plural.

    Returns:
        The estimates under "rows", "columns" and "share"; the share has no interval while the sum may be 0.

    Raises:
        BadInput: as of `variance_components`, for any set, or the sets have unequal layouts.
    """
    if len({(len(each), len(each[0]) if len(each) else 0) for each in cells}) != 1:
        raise BadInput("Variance components over training sets need the same rows and columns on each set.")
    found = []
    for each in cells:
        flat, forms = _layout(each)
        found.append(_components(forms, *_moments(flat)))
    of_rows, of_columns = np.array(found).T
    share = ratio_over_sets(of_rows, of_rows + of_columns, _share_of(rows, columns))
    return {
        "rows": cut(mean_over_sets(of_rows, f"variance over {rows}"), least=0.0),
        "columns": cut(mean_over_sets(of_columns, f"variance over {columns}"), least=0.0),
        "share": cut(share, 0.0, 1.0),
    }


def _layout(cells: Sequence[Sequence[Sequence[float]]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The cells one row after the other, and the forms M for which mᵀMm, m the cells' means, are the variances over
    rows of the rows' means and over columns of the columns'.
    """
    layout = [[unmasked(cell, dtype=float) for cell in row] for row in cells]
    if len(layout) < 2 or len({len(row) for row in layout}) != 1 or len(layout[0]) < 2:
        raise BadInput("Variance components need a full layout of at least 2 rows and 2 columns.")
    flat = [cell for row in layout for cell in row]
    if min(map(len, flat)) < 2:
        raise BadInput("Variance components need at least 2 replicates in every cell.")
    a, b = len(layout), len(layout[0])
    of_rows = np.kron(_centring(a) / (a - 1), np.full((b, b), 1 / b**2))
    return flat, [of_rows, np.kron(np.full((a, a), 1 / a**2), _centring(b)) / (b - 1)]


def _moments(flat: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each cell, and the squared standard error of that mean."""
    return np.array([cell.mean() for cell in flat]), np.array([cell.var(ddof=1) / len(cell) for cell in flat])


def _components(forms: Sequence[np.ndarray], mean: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """(rows, columns) the components, without bias."""
    return np.array([mean @ form @ mean - np.diag(form) @ noise for form in forms])


def _share_of(rows: str, columns: str) -> str:
    return f"share of {rows} in the variance over {rows} and {columns}"


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
