"""Measures of a Boolean function, by its string of labels or by neighbours on the cube: inputs that differ in one bit.

All raise BadInput for labels other than 0 and 1. Those on the cube take (..., 2^bits) labels in counting order and
raise BadInput if their number is no power of 2.
"""

import zlib

import numpy as np
from scipy.special import entr

from harness.errors import BadInput
from harness.functions.packing import CHARACTERS, checked_labels


def entropy(bits: np.ndarray) -> np.ndarray:
    """Binary entropy, in bits, of the share of ones: (..., n) -> (...) between 0 and 1."""
    share = checked_labels(bits).mean(axis=-1, dtype=np.float64)
    return (entr(share) + entr(1 - share)) / np.log(2)


def ones(bits: np.ndarray) -> np.ndarray:
    """Number of inputs classified 1: (..., n) -> (...) int64."""
    return checked_labels(bits).sum(axis=-1, dtype=np.int64)


def compressed(bits: np.ndarray) -> np.ndarray:
    """Bytes of the string, one character a label, compressed by zlib's deflate at level 9 without header and checksum:
    (..., n) -> (...) float64.

    A general compressor's upper bound on description length; a few bytes of every length are its own.
    """
    bits = checked_labels(bits)
    rows = CHARACTERS[bits.reshape(-1, bits.shape[-1])]
    lengths = [_deflated(row.tobytes()) for row in rows]
    return np.array(lengths, dtype=float).reshape(bits.shape[:-1])


def _deflated(text: bytes) -> int:
    compressor = zlib.compressobj(level=9, wbits=-15)
    return len(compressor.compress(text)) + len(compressor.flush())


def critical_sample_ratio(bits: np.ndarray) -> np.ndarray:
    """Share of inputs that have a neighbour of another label: (..., 2^bits) -> (...) between 0 and 1.

    Source: Arpit et al. 2017, arXiv 1706.05394, whose critical samples have such a point within a small distance; on
    the cube, Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522, appendix.
    """
    return (sensitivities(bits) > 0).mean(axis=-1)


def average_sensitivity(bits: np.ndarray) -> np.ndarray:
    """Mean over inputs of the number of neighbours of another label (total influence): (..., 2^bits) -> (...)."""
    return sensitivities(bits).mean(axis=-1)


def maximal_sensitivity(bits: np.ndarray) -> np.ndarray:
    """The largest number of neighbours of another label of any input: (..., 2^bits) -> (...) int64."""
    return sensitivities(bits).max(axis=-1).astype(np.int64)


def sensitivities(bits: np.ndarray) -> np.ndarray:
    """Neighbours of another label, by input: (..., 2^bits) -> (..., 2^bits) uint8."""
    labels = checked_labels(bits)
    n, dimensions = labels.shape[-1], dimensions_of(labels)
    points, found = np.arange(n), np.zeros(labels.shape, dtype=np.uint8)
    for bit in range(dimensions):
        found += labels ^ labels[..., points ^ (1 << bit)]
    return found


def dimensions_of(bits: np.ndarray) -> int:
    """Input bits of functions on a whole cube, (..., 2^bits)."""
    n = np.shape(bits)[-1]
    if n < 1 or n & (n - 1):
        raise BadInput(f"This complexity is of functions on a whole Boolean cube, of 2^bits inputs, not of {n}.")
    return n.bit_length() - 1
