"""Measures of a string of labels that know nothing of its inputs but their order."""

import zlib

import numpy as np
from scipy.special import entr

from harness.packing import CHARACTERS


def entropy(bits: np.ndarray) -> np.ndarray:
    """Binary entropy, in bits, of the share of ones: (..., n) -> (...) between 0 and 1."""
    share = np.asarray(bits).mean(axis=-1, dtype=np.float64)
    return (entr(share) + entr(1 - share)) / np.log(2)


def ones(bits: np.ndarray) -> np.ndarray:
    """Number of inputs classified 1: (..., n) -> (...) int64."""
    return np.asarray(bits).sum(axis=-1, dtype=np.int64)


def compressed(bits: np.ndarray) -> np.ndarray:
    """Bytes of the string, one character a label, compressed by zlib's deflate at level 9 without header and checksum:
    (..., n) -> (...) float64.

    A general compressor's upper bound on description length; a few bytes of every length are its own.
    """
    bits = np.asarray(bits)
    rows = CHARACTERS[bits.reshape(-1, bits.shape[-1]).astype(np.uint8)]
    lengths = [_deflated(row.tobytes()) for row in rows]
    return np.array(lengths, dtype=float).reshape(bits.shape[:-1])


def _deflated(text: bytes) -> int:
    compressor = zlib.compressobj(level=9, wbits=-15)
    return len(compressor.compress(text)) + len(compressor.flush())
