"""The kernel exp(−λ·Hamming) on packed functions, never held for more than a block of them."""

from collections.abc import Iterator

import numpy as np

_BLOCK_BYTES = 2**26


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
