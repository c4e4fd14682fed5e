"""Length of the shortest Boolean expression: exact for up to 4 inputs, an upper bound beyond.

Expressions are of AND, OR (of two), NOT and the inputs; the length is the number of times an input is written. An
expression of length L has L − 1 ANDs and ORs, and NOTs, which cost nothing here, need stand at inputs only (De Morgan).
A constant has length 0.
"""

from functools import cache
from itertools import combinations, product

import numpy as np

from harness.compiling import compiled
from harness.functions.packing import checked_labels
from harness.statistics.complexity.measures import dimensions_of

# A face of the cube: the value of each input bit, None of those that are free.
Face = tuple[int | None, ...]

# Functions of so many inputs are looked up: 2^16 of them.
EXACT = 4
_UNKNOWN = 255
# Functions worked on together, so that the lengths of all faces of a 7-bit cube take some dozens of megabytes.
_BLOCK = 2**14


def expression_length(bits: np.ndarray) -> np.ndarray:
    """Inputs written in a short Boolean expression: (..., 2^bits) labels in counting order -> (...) int64.

    Up to 4 input bits it is the shortest. Beyond, it is the best of these expressions, built up from the faces of the
    cube, and so an upper bound: f = x·f₁ + x̄·f₀ for each input x (Shannon), in which x is left out if it makes no
    difference, and written once if f₀ implies f₁, f = f₀ + x·f₁, or f₁ implies f₀; and, if f is g ⊕ h with h the sum
    modulo 2 of some inputs and g a function of the others, g·h̄ + ḡ·h. BadInput if the number of labels is no power of
    2.
    """
    bits = checked_labels(bits)
    dimensions = dimensions_of(bits)
    labels = bits.reshape(-1, *(2,) * dimensions)
    measured = _looked_up if dimensions <= EXACT else _from_faces
    lengths = [measured(labels[i : i + _BLOCK]) for i in range(0, len(labels), _BLOCK)]
    return np.concatenate(lengths or [np.zeros(0, dtype=np.int64)]).reshape(bits.shape[:-1])


def _from_faces(table: np.ndarray) -> np.ndarray:
    """(functions, 2, …, 2) -> (functions,), from the faces of 4 dimensions upwards."""
    dimensions = table.ndim - 1
    found: dict[Face, np.ndarray] = {}
    for free in range(EXACT, dimensions + 1):
        for chosen in combinations(range(dimensions), free):
            for values in product((0, 1), repeat=dimensions - free):
                others = iter(values)
                face = tuple(None if bit in chosen else next(others) for bit in range(dimensions))
                part = table[(slice(None), *(slice(None) if value is None else value for value in face))]
                found[face] = _looked_up(part) if free == EXACT else _built_up(part, face, found)
    return found[(None,) * dimensions]


def _looked_up(table: np.ndarray) -> np.ndarray:
    """(functions, 2, …, 2) of at most 4 inputs -> exact lengths; a function of fewer is one of 4 that ignores some."""
    rows = table.reshape(len(table), -1)
    rows = np.repeat(rows, 16 // rows.shape[1], axis=1)
    return shortest_lengths()[np.packbits(rows, axis=1, bitorder="little").view(np.uint16)[:, 0]].astype(np.int64)


def _built_up(table: np.ndarray, face: Face, found: dict[Face, np.ndarray]) -> np.ndarray:
    """(functions, 2, …, 2) labels on a face, with the lengths on all its own faces of at least 4 dimensions."""
    free = [bit for bit, value in enumerate(face) if value is None]
    candidates = []
    flips = np.empty((len(table), len(free)), dtype=np.bool_)
    for axis, bit in enumerate(free):
        zero, one = (table.take(value, axis=axis + 1).reshape(len(table), -1) for value in (0, 1))
        of_zero, of_one = (found[_fixed(face, [bit], value)] for value in (0, 1))
        implied = (zero <= one).all(axis=1) | (one <= zero).all(axis=1)
        candidates.append(np.where((zero == one).all(axis=1), of_zero, of_zero + of_one + np.where(implied, 1, 2)))
        flips[:, axis] = (zero != one).all(axis=1)
    best = np.minimum.reduce(candidates)
    for pattern in np.unique(flips[flips.sum(axis=1) > 1], axis=0):
        which = (flips == pattern).all(axis=1)
        axes = np.flatnonzero(pattern).tolist()
        for summed in range(1, len(axes) + 1):
            # The others with these inputs at 0; which of the inputs are chosen makes no difference.
            chosen = axes[:summed]
            if len(free) - summed >= EXACT:
                rest = found[_fixed(face, [free[axis] for axis in chosen], 0)][which]
            else:
                rest = _looked_up(
                    table[which][(slice(None), *(0 if axis in chosen else slice(None) for axis in range(len(free))))]
                )
            best[which] = np.minimum(best[which], 2 * (rest + _sum_length(summed)))
    return best


def _fixed(face: Face, bits: list[int], value: int) -> Face:
    return tuple(value if bit in bits else old for bit, old in enumerate(face))


@cache
def _sum_length(inputs: int) -> int:
    """Length of a sum modulo 2 of so many inputs, halved again and again."""
    if inputs == 1:
        return 1
    return min(2 * (_sum_length(part) + _sum_length(inputs - part)) for part in range(1, inputs // 2 + 1))


@cache
def shortest_lengths() -> np.ndarray:
    """(65536,) uint8: the shortest length of each function of 4 inputs; input i is bit i of the function's number."""
    lengths = np.full(2**16, _UNKNOWN, dtype=np.uint8)
    points = np.arange(16)
    lengths[[0, 2**16 - 1]] = 0
    for bit in range(EXACT):
        number = int(((points >> bit & 1) << points).sum())
        lengths[[number, 2**16 - 1 - number]] = 1
    length = 1
    while (lengths == _UNKNOWN).any():
        length += 1
        by_length = np.argsort(lengths, kind="stable").astype(np.uint16)
        _conjunctions(by_length, np.searchsorted(lengths[by_length], np.arange(length + 1)), length, lengths)
    return lengths


@compiled(nogil=True)
def _conjunctions(by_length: np.ndarray, starts: np.ndarray, length: int, lengths: np.ndarray) -> None:
    """Mark the new functions among f·g with lengths that add up to `length`, and their negations, which are as long."""
    for shorter in range(1, length // 2 + 1):
        longer = length - shorter
        for i in range(starts[shorter], starts[shorter + 1]):
            for j in range(starts[longer], starts[longer + 1]):
                both = by_length[i] & by_length[j]
                if lengths[both] == _UNKNOWN:
                    lengths[both] = length
                    lengths[65535 - both] = length
