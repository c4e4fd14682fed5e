"""LZ76 complexity: words of the exhaustive parsing of Lempel & Ziv 1976, in 64-bit words over blocks of strings.

A word is the shortest that did not occur before. While it grows, every place where it may have begun before is followed
by a head, a bit in a mask at the letter that comes next there: the letters at the heads are compared with the word's
next letter, heads that differ are dropped, and the others move on by a shift. The word ends where no head is left. So a
letter costs a few operations on n/64 words of memory, the same ones for every string, and the compiler makes
vector instructions of a block of strings.
"""

import numpy as np

from harness.compiling import compiled
from harness.functions.packing import checked_labels

# Strings worked on together: their masks stay in the nearest cache.
_BLOCK = 64


def lempel_ziv(bits: np.ndarray) -> np.ndarray:
    """LZ76 complexity, log2(n)·(w(s) + w(reversed s))/2; log2(n) for a constant string.

    bits: (..., n) 0/1 -> (...) float64. w is the number of words of the exhaustive parsing of Lempel & Ziv 1976, in
    which each word is the shortest that did not occur before (an occurrence may overlap the word itself); what is left
    at the end counts as a word. BadInput for other labels. Source: Valle-Pérez, Camargo & Louis 2019, arXiv 1805.08522,
    appendix.
    """
    bits = checked_labels(bits)
    n = bits.shape[-1]
    strings = np.ascontiguousarray(bits.reshape(-1, n).view(np.bool_))
    words = (_words(_packed(strings), n) + _words(_packed(strings[:, ::-1]), n)) / 2
    words[(strings == strings[:, :1]).all(axis=1)] = 1
    return (np.log2(n) * words).reshape(bits.shape[:-1])


def _packed(strings: np.ndarray) -> np.ndarray:
    """(strings, n) bool -> (strings, ⌈n/64⌉) uint64, the first letter the lowest bit of the first word."""
    packed = np.packbits(strings, axis=1, bitorder="little")
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)


@compiled(nogil=True, error_model="numpy")
def _words(packed: np.ndarray, n: int) -> np.ndarray:
    """Words of the parsing of each string: (strings, ⌈n/64⌉) uint64 -> (strings,) int64."""
    strings, width = packed.shape
    words = np.zeros(strings, dtype=np.int64)
    letters = np.zeros((width, _BLOCK), dtype=np.uint64)
    heads = np.zeros((width, _BLOCK), dtype=np.uint64)
    differs, carry = np.zeros(_BLOCK, dtype=np.uint64), np.zeros(_BLOCK, dtype=np.uint64)
    alive, ends = np.zeros(_BLOCK, dtype=np.uint64), np.zeros(_BLOCK, dtype=np.uint64)
    one, top = np.uint64(1), np.uint64(63)
    for start in range(0, strings, _BLOCK):
        size = min(_BLOCK, strings - start)
        for k in range(width):
            for b in range(size):
                letters[k, b] = packed[start + b, k]
        heads[:] = 0
        ends[:] = 0
        for i in range(n):
            last, place = i >> 6, np.uint64(i & 63)
            for b in range(_BLOCK):
                # All ones where the letter is 0: then the letters 0, turned to 1, are those that are the same.
                differs[b] = ((letters[last, b] >> place) & one) - one
                carry[b] = 0
                alive[b] = 0
            for k in range(last + 1):
                for b in range(_BLOCK):
                    same = heads[k, b] & (letters[k, b] ^ differs[b])
                    heads[k, b] = (same << one) | carry[b]
                    carry[b] = same >> top
                    alive[b] |= same
            # Where the word ends, the next one may have begun at any letter up to this one.
            up_to_this = (np.uint64(2) << place) - one
            for b in range(_BLOCK):
                carry[b] = np.uint64(0) - np.uint64(alive[b] == 0)
                ends[b] -= carry[b]
                heads[last, b] |= carry[b] & up_to_this
            for k in range(last):
                for b in range(_BLOCK):
                    heads[k, b] |= carry[b]
        for b in range(size):
            words[start + b] = ends[b] + np.uint64(alive[b] != 0)
    return words
