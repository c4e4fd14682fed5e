"""The Gaussian mass of a ray: ∫₀ᴿ s^(d−1) exp(−a s²/2 − b s) ds, on the logarithmic scale, in any dimension."""

import numpy as np

# Nats below the integrand's top at which it no longer counts.
_DEPTH = 50.0
_BISECTIONS = 60
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(80)


def farthest(square: np.ndarray, product: np.ndarray, dimension: int) -> np.ndarray:
    """Find the distance beyond which a ray has no mass that counts.

    Args:
        square: (k,) a, positive.
        product: (k,) b.
        dimension: d, from 1.

    Returns:
        (k,) the distances.
    """
    # The second derivative of the integrand's logarithm is at most −a.
    return np.asarray(_top(square, product, dimension) + np.sqrt(2 * _DEPTH / square))


def log_radial(reach: np.ndarray, square: np.ndarray, product: np.ndarray, dimension: int) -> np.ndarray:
    """Compute ln ∫₀ᴿ s^(d−1) exp(−a s²/2 − b s) ds.

    The integrand is log-concave, so that it has one top, on either side of which it falls faster than exponentially:
    Gauss–Legendre nodes between the ends at which it has fallen by e⁻⁵⁰, or the ray ends.

    Args:
        reach: (k,) R, positive; inf for a ray without an end.
        square: (k,) a, positive.
        product: (k,) b.
        dimension: d, from 1.

    Returns:
        (k,) the logarithms, float64.
    """

    def log_integrand(s: np.ndarray) -> np.ndarray:
        power = (dimension - 1) * np.log(s) if dimension > 1 else 0.0
        return np.asarray(power - square * s * s / 2 - product * s)

    high = np.minimum(reach, farthest(square, product, dimension))
    # d = 1 has its top at 0 where b ≥ 0; the smallest positive number keeps logarithms finite.
    top = np.clip(_top(square, product, dimension), np.finfo(float).tiny, high)
    level = log_integrand(top)
    ends = []
    for outer in (np.full_like(top, np.finfo(float).tiny), high):
        inner = top
        for _ in range(_BISECTIONS):
            middle = (inner + outer) / 2
            counts = log_integrand(middle) >= level - _DEPTH
            inner, outer = np.where(counts, middle, inner), np.where(counts, outer, middle)
        ends.append(outer)
    total = np.zeros_like(top)
    for start, end in ((ends[0], top), (top, ends[1])):
        half = (end - start) / 2
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            total += weight * half * np.exp(log_integrand(start + half * (1 + node)) - level)
    return np.asarray(level + np.log(total))


def _top(square: np.ndarray, product: np.ndarray, dimension: int) -> np.ndarray:
    """Where the integrand is largest: (d − 1)/s = a s + b."""
    root = np.sqrt(product**2 + 4 * square * (dimension - 1))
    # Of two equal forms the one without cancellation.
    falling = 2 * (dimension - 1) / np.where(product > 0, product + root, 1.0)
    return np.asarray(np.where(product > 0, falling, (root - product) / (2 * square)))
