"""Complexity of a function: a number for each bit string.

All of these depend on the order of the inputs, which on the Boolean cube is binary counting. To add a measure: one
function from (..., n) bits to (...) numbers and one entry in MEASURES.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import entr

# Strings are worked on in blocks whose table row, one byte a string and place, stays in a core's cache.
_CACHE_BYTES = 2**18


def lempel_ziv(bits: np.ndarray) -> np.ndarray:
    """LZ76 complexity, log2(n)·(w(s) + w(reversed s))/2; log2(n) for a constant string.

    bits: (..., n) 0/1 -> (...) float64. w is the number of words of the exhaustive parsing of Lempel & Ziv 1976, in
    which each word is the shortest that did not occur before (an occurrence may overlap the word itself); what is left
    at the end counts as a word. Source: Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522, appendix.
    """
    bits = np.asarray(bits)
    n = bits.shape[-1]
    strings = np.ascontiguousarray(bits.reshape(-1, n).astype(np.bool_).T)
    words = np.empty(strings.shape[1])
    block = max(_CACHE_BYTES // n, 64)
    for start in range(0, strings.shape[1], block):
        part = np.ascontiguousarray(strings[:, start : start + block])
        words[start : start + block] = (_words(part) + _words(np.ascontiguousarray(part[::-1]))) / 2
    constant = (strings == strings[0]).all(axis=0)
    words[constant] = 1
    return (np.log2(n) * words).reshape(bits.shape[:-1])


def _words(strings: np.ndarray) -> np.ndarray:
    """Words of the LZ76 parsing. strings: (n, batch) bool -> (batch,) int64."""
    n, batch = strings.shape
    lengths = _longest_previous_factor(strings)
    each = np.arange(batch)
    position = np.zeros(batch, dtype=np.int64)
    words = np.zeros(batch, dtype=np.int64)
    while len(each):
        words[each] += 1
        position += lengths[position, each] + 1
        going_on = position < n
        each, position = each[going_on], position[going_on]
    return words


def _longest_previous_factor(strings: np.ndarray) -> np.ndarray:
    """[i, b]: length of the longest substring of string b that starts at i and also at some j < i.

    With c[i, j] the length of the longest common prefix of the suffixes at i and j, c[i, j] = 0 where the strings
    differ there, else c[i+1, j+1] + 1; row i needs row i + 1 only, so one row is kept and updated in place.
    """
    n, batch = strings.shape
    row = np.zeros((n + 1, batch), dtype=np.uint8 if n < 256 else np.uint16)
    longest = np.zeros((n, batch), dtype=row.dtype)
    for i in range(n - 1, 0, -1):
        # Place j takes its value from place j + 1, which is still that of row i + 1.
        common = row[1 : i + 1]
        common += 1
        np.multiply(common, strings[:i] == strings[i], out=row[:i])
        row[:i].max(axis=0, out=longest[i])
    return longest


def entropy(bits: np.ndarray) -> np.ndarray:
    """Binary entropy, in bits, of the share of ones: (..., n) -> (...) between 0 and 1."""
    share = np.asarray(bits).mean(axis=-1, dtype=np.float64)
    return (entr(share) + entr(1 - share)) / np.log(2)


def ones(bits: np.ndarray) -> np.ndarray:
    """Number of inputs classified 1: (..., n) -> (...) int64."""
    return np.asarray(bits).sum(axis=-1, dtype=np.int64)


MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"LZ76": lempel_ziv, "entropy": entropy}
