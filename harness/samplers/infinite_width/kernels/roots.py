"""Factors of correlation matrices that rounding does not change.

Where eigenvalues coincide, as on a Boolean cube, a basis of their eigenvectors is as good as any other, and processors
that round differently find different ones: draws by a factor made of them would be others on every machine.
"""

import numpy as np
from scipy import linalg


def symmetric_root(correlation: np.ndarray) -> np.ndarray:
    """R, symmetric, with RR = the correlation matrix.

    Args:
        correlation: (points, points), symmetric positive semi-definite but for rounding; a row of 0 for a logit that
            is always 0.

    Returns:
        (points, points) R, with the same rows of 0.
    """
    values, vectors = linalg.eigh(correlation)
    # Rounding leaves eigenvalues of 0 within some units of the last place of the largest.
    used = values > len(values) * np.finfo(float).eps * values[-1]
    root = np.asarray((vectors[:, used] * np.sqrt(values[used])) @ vectors[:, used].T)
    root[np.diag(correlation) == 0] = 0.0
    return root


def features_of(correlation: np.ndarray, least: float) -> np.ndarray:
    """F with FFᵀ = the correlation matrix, in as many columns as it has eigenvalues above a bound.

    F is the lower-trapezoidal one of Gram and Schmidt: the first point lies along the first axis, the next that is no
    multiple of it in the plane of the first two, and so on.

    Args:
        correlation: (points, points), symmetric positive semi-definite but for eigenvalues below the bound.
        least: the bound.

    Returns:
        (points, r) F.
    """
    values, vectors = linalg.eigh(correlation)
    used = values > least
    found = np.asarray(vectors[:, used] * np.sqrt(values[used]))
    axes = np.zeros((0, found.shape[1]))
    for row in found:
        beyond = row - axes.T @ (axes @ row)
        # Once more: what rounding left of the first axes.
        beyond -= axes.T @ (axes @ beyond)
        if len(axes) < found.shape[1] and (length := np.linalg.norm(beyond)) > np.sqrt(least):
            axes = np.vstack([axes, beyond / length])
    # Too few only where some points hardly differ; any basis then serves.
    return found @ axes.T if len(axes) == found.shape[1] else found
