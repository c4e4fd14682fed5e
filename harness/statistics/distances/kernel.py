"""The kernel exp(−λ·Hamming) on packed functions."""

from contextlib import suppress
from functools import reduce
from operator import or_

import numpy as np
from scipy import linalg
from scipy.sparse.linalg import ArpackError, eigsh

from harness.functions.packing import planes

_MOST_FUNCTIONS = 1000
_SEED = 20210512
# From so many functions on, Lanczos' iteration takes a fraction of the time of all eigenvalues.
_LANCZOS_FROM = 100


def rate(n: int, classes: int = 2) -> float:
    """λ = K/((K − 1)·n): the kernel falls to 1/e at n·(1 − 1/K), the mean distance of two functions drawn uniformly."""
    return classes / ((classes - 1) * n)


def uniform_mean(n: int, classes: int = 2, decay: float | None = None) -> float:
    """E k(f, u) for u uniform over all functions, the same for every f: ((1 + (K − 1)·e^−λ)/K)^n.

    Args:
        n: number of inputs.
        classes: labels that a function may have.
        decay: λ; None: that of `rate`. The larger it is, the less functions that differ have in common.

    Returns:
        The mean.
    """
    decay = rate(n, classes) if decay is None else decay
    return float(((1 + (classes - 1) * np.exp(-decay)) / classes) ** n)


def farthest(classes: int = 2) -> float:
    """The kernel of functions that differ on all inputs, the least there is: e^(−λn)."""
    return float(np.exp(-rate(1, classes)))  # λn does not depend on n


def hamming(a: np.ndarray, b: np.ndarray, classes: int = 2) -> np.ndarray:
    """Number of inputs on which packed functions differ.

    Args:
        a: (..., words) packed functions.
        b: (..., words), broadcast against a.
        classes: labels that a function may have.

    Returns:
        (...) int64.
    """
    words = a.shape[-1] // planes(classes)

    def differ(word: int) -> np.ndarray:
        """Labels differ where any of their binary digits, which are that many words apart, does."""
        return reduce(or_, (a[..., digit] ^ b[..., digit] for digit in range(word, a.shape[-1], words)))

    # Word by word: numpy's sum over so short an axis takes several times as long.
    total = np.bitwise_count(differ(0)).astype(np.int64)
    for word in range(1, words):
        total += np.bitwise_count(differ(word))
    return total


def kernel(a: np.ndarray, b: np.ndarray, n: int, classes: int = 2, decay: float | None = None) -> np.ndarray:
    """exp(−λ·Hamming) of packed functions.

    Args:
        a: (..., words) packed functions.
        b: (..., words), broadcast against a.
        n: number of inputs.
        classes: labels that a function may have.
        decay: λ; None: that of `rate`.

    Returns:
        (...) values in (0, 1].
    """
    decay = rate(n, classes) if decay is None else decay
    return np.exp(-decay * np.arange(n + 1))[hamming(a, b, classes)]


def largest_eigenvalue(words: np.ndarray, shares: np.ndarray, n: int, classes: int = 2) -> float:
    """Largest eigenvalue of the covariance operator of a draw's embedding, Σ s(f)(φ(f) − μ)(φ(f) − μ)ᵀ.

    For more than 1,000 functions it is that of a seeded sample of them, drawn by their shares, which is about right and
    rather too large than too small.

    Args:
        words: (functions, words) packed functions.
        shares: (functions,) probabilities s.
        n: number of inputs.
        classes: labels that a function may have.

    Returns:
        The eigenvalue.
    """
    if len(words) > _MOST_FUNCTIONS:
        rng = np.random.default_rng(_SEED)
        words = words[rng.choice(len(words), _MOST_FUNCTIONS, p=shares)]
        shares = np.full(_MOST_FUNCTIONS, 1 / _MOST_FUNCTIONS)
    gram = kernel(words[:, None], words[None], n, classes)
    centre = gram @ shares
    root = np.sqrt(shares)
    gram = root[:, None] * (gram - centre[:, None] - centre[None] + shares @ centre) * root
    if len(words) >= _LANCZOS_FROM:
        start = np.random.default_rng(_SEED).normal(size=len(words))
        # A draw of one function has nothing but rounding here, on which the iteration may fail.
        with suppress(ArpackError):
            return float(eigsh(gram, k=1, which="LA", v0=start, return_eigenvectors=False)[0])
    return float(linalg.eigvalsh(gram)[-1])
