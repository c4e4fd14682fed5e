"""Sums over all pairs of packed functions, whose matrix is never held."""

import numpy as np

from harness.compiling import compiled
from harness.functions.packing import planes
from harness.statistics.distances.kernel import rate

# Masks of every second bit, every second pair and every second nibble, and what adds up the bytes.
_BITS, _PAIRS, _NIBBLES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333), np.uint64(0x0F0F0F0F0F0F0F0F)
_BYTES = np.uint64(0x0101010101010101)
_ONE, _TWO, _FOUR, _TOP = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


def kernel_sums(
    words: np.ndarray, weights: np.ndarray, n: int, classes: int = 2, decay: float | np.ndarray | None = None
) -> np.ndarray:
    """Σ_g k(f, g)·w(g) for each function f, over all functions g.

    Args:
        words: (functions, words) packed functions.
        weights: (functions, columns) w, of several sums.
        n: number of inputs.
        classes: labels that a function may have.
        decay: λ, or (columns,) one for each sum; None: that of `rate`.

    Returns:
        (functions, columns).
    """
    decay = rate(n, classes) if decay is None else decay
    # The kernel at each distance, for each sum.
    table = np.exp(-np.multiply.outer(np.arange(n + 1.0), np.broadcast_to(decay, weights.shape[1])))
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    # At a distance of 0 the kernel is 1.
    sums = weights.copy()
    _add_pairs(np.ascontiguousarray(words), words.shape[1] // planes(classes), table, weights, sums)
    return sums


def counts_within(words: np.ndarray, others: np.ndarray, distance: int) -> np.ndarray:
    """How many functions of two classes lie within a Hamming distance of each of some functions.

    Args:
        words: (k, words) packed functions.
        others: (functions, words) packed functions on the same inputs.
        distance: largest number of inputs that differ.

    Returns:
        (k,) int64.
    """
    return np.asarray(_count(np.ascontiguousarray(words), np.ascontiguousarray(others), distance))


@compiled(nogil=True)
def _count(words: np.ndarray, others: np.ndarray, most: int) -> np.ndarray:
    found = np.zeros(len(words), np.int64)
    for one in range(len(words)):
        for other in range(len(others)):
            found[one] += _distance(words, one, others, other, words.shape[1]) <= most
    return found


@compiled(nogil=True)
def _add_pairs(words: np.ndarray, plane: int, table: np.ndarray, weights: np.ndarray, sums: np.ndarray) -> None:
    """Add the kernel of every pair of different functions to the sums of both."""
    functions, columns = weights.shape
    for one in range(functions):
        for other in range(one):
            distance = _distance(words, one, words, other, plane)
            for column in range(columns):
                near = table[distance, column]
                sums[one, column] += near * weights[other, column]
                sums[other, column] += near * weights[one, column]


@compiled(inline="always")
def _distance(words: np.ndarray, one: int, others: np.ndarray, other: int, plane: int) -> int:
    """On how many inputs two functions differ.

    Labels differ where any of their binary digits does; those are `plane` words apart.
    """
    distance = 0
    for word in range(plane):
        differ = words[one, word] ^ others[other, word]
        for digit in range(word + plane, words.shape[1], plane):
            differ |= words[one, digit] ^ others[other, digit]
        distance += _ones(differ)
    return distance


@compiled()
def _ones(word: np.uint64) -> np.int64:
    """The number of bits that are set."""
    word -= (word >> _ONE) & _BITS
    word = (word & _PAIRS) + ((word >> _TWO) & _PAIRS)
    word = (word + (word >> _FOUR)) & _NIBBLES
    return np.int64((word * _BYTES) >> _TOP)
