"""The kernel exp(−λ·Hamming) on packed functions, never held for more than a block of them."""

from collections.abc import Iterator

import numpy as np
from scipy import linalg

_BLOCK_BYTES = 2**26
_MOST_FUNCTIONS = 1000
_SEED = 20210512

# The kernel of a function and its complement, the least there is: e^(−λn).
FARTHEST = float(np.exp(-2))


def rate(n: int) -> float:
    """λ = 2/n: the kernel falls to 1/e at n/2, the mean distance of two functions drawn uniformly."""
    return 2 / n


def uniform_mean(n: int) -> float:
    """E k(f, u) for u uniform over all functions, the same for every f: ((1 + e^−λ)/2)^n."""
    return float(((1 + np.exp(-rate(n))) / 2) ** n)


def hamming(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Numbers of inputs on which packed functions differ; (..., words) broadcast -> (...) int64."""
    return np.bitwise_count(a ^ b).sum(axis=-1, dtype=np.int64)


def kernel(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """exp(−λ·Hamming) of packed functions that broadcast together."""
    return np.exp(-rate(n) * np.arange(n + 1))[hamming(a, b)]


def kernel_rows(words: np.ndarray, n: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of rows of the kernel matrix of distinct functions: (rows, their kernel with all functions)."""
    rows = max(_BLOCK_BYTES // (8 * max(len(words), 1)), 1)
    for start in range(0, len(words), rows):
        block = slice(start, start + rows)
        yield block, kernel(words[block, None], words[None], n)


def largest_eigenvalue(words: np.ndarray, shares: np.ndarray, n: int) -> float:
    """Largest eigenvalue of the covariance operator of a draw's embedding, Σ s(f)(φ(f) − μ)(φ(f) − μ)ᵀ.

    Where there are many functions, of a seeded sample of them drawn by their shares, whose largest eigenvalue is
    about right and rather too large than too small.
    """
    if len(words) > _MOST_FUNCTIONS:
        rng = np.random.default_rng(_SEED)
        words = words[rng.choice(len(words), _MOST_FUNCTIONS, p=shares)]
        shares = np.full(_MOST_FUNCTIONS, 1 / _MOST_FUNCTIONS)
    gram = kernel(words[:, None], words[None], n)
    centre = gram @ shares
    root = np.sqrt(shares)
    gram = root[:, None] * (gram - centre[:, None] - centre[None] + shares @ centre) * root
    size = len(words)
    return float(linalg.eigvalsh(gram, subset_by_index=[size - 1, size - 1])[0])
