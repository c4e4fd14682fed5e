"""Functions as packed bits, and how often each was seen.

A function is the bit string of a network's thresholded outputs on the n evaluation inputs, in the order of the inputs.
It is held as ⌈n/64⌉ words of 64 bits, the first input in the lowest bit of the first word; unused bits are 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.errors import BadInput


def pack(bits: np.ndarray) -> np.ndarray:
    """(..., n) 0/1 -> (..., ⌈n/64⌉) uint64. BadInput where an entry is neither 0 nor 1."""
    bits = np.asarray(bits)
    if bits.dtype != np.bool_ and not ((bits == 0) | (bits == 1)).all():
        raise BadInput("A function's bits are 0 or 1; threshold the outputs before packing them.")
    packed = np.packbits(bits.astype(np.bool_), axis=-1, bitorder="little")
    padding = [(0, 0)] * (bits.ndim - 1) + [(0, -packed.shape[-1] % 8)]
    return np.ascontiguousarray(np.pad(packed, padding)).view("<u8").astype(np.uint64, copy=False)


def unpack(words: np.ndarray, n: int) -> np.ndarray:
    """(..., ⌈n/64⌉) uint64 -> (..., n) uint8; the inverse of `pack`."""
    octets = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=n, bitorder="little")


def _check_words(words: np.ndarray, n: int) -> np.ndarray:
    words = np.asarray(words, dtype=np.uint64)
    if n < 1 or words.ndim != 2 or words.shape[1] != -(-n // 64):
        raise BadInput(
            f"Functions on {n} inputs are rows of {-(-n // 64)} words, with n at least 1, not an array of shape "
            f"{words.shape}; make them with harness.functions.pack."
        )
    return words


def _order(words: np.ndarray, *keys: np.ndarray) -> np.ndarray:
    """The order that sorts by the keys, then lexicographically by words."""
    columns = [*words.T[::-1], *keys[::-1]]
    return np.argsort(columns[0], kind="stable") if len(columns) == 1 else np.lexsort(columns)


def _sum_equal(words: np.ndarray, counts: np.ndarray, *keys: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sort rows by (keys, words) and add up the counts of equal ones: words, counts, keys of the distinct rows."""
    if len(words) == 0:
        return words, counts, *keys
    order = _order(words, *keys)
    words, counts, keys = words[order], counts[order], tuple(key[order] for key in keys)
    first = np.ones(len(words), dtype=bool)
    first[1:] = (words[1:] != words[:-1]).any(axis=1)
    for key in keys:
        first[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(first)
    return words[starts], np.add.reduceat(counts, starts), *(key[starts] for key in keys)


@dataclass(frozen=True, eq=False)
class FunctionCounts:
    """How often each function was seen in independent draws; merges like a sum.

    n: evaluation inputs. words: (distinct, ⌈n/64⌉) uint64, distinct and in lexicographic order.
    counts: (distinct,) int64, all positive.
    """

    n: int
    words: np.ndarray
    counts: np.ndarray

    @classmethod
    def from_words(cls, words: np.ndarray, n: int) -> "FunctionCounts":
        """Count rows of packed functions, (draws, ⌈n/64⌉) uint64."""
        words = _check_words(words, n)
        return cls(n, *_sum_equal(words, np.ones(len(words), dtype=np.int64)))

    @classmethod
    def from_bits(cls, bits: np.ndarray) -> "FunctionCounts":
        """Count rows of 0/1, (draws, n)."""
        return cls.from_words(pack(bits), np.shape(bits)[-1])

    @classmethod
    def empty(cls, n: int) -> "FunctionCounts":
        """Nothing seen yet."""
        return cls.from_words(np.zeros((0, -(-n // 64)), dtype=np.uint64), n)

    def __add__(self, other: "FunctionCounts") -> "FunctionCounts":
        _check_same_inputs(self.n, other.n)
        words = np.concatenate([self.words, other.words])
        return FunctionCounts(self.n, *_sum_equal(words, np.concatenate([self.counts, other.counts])))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FunctionCounts)
            and self.n == other.n
            and np.array_equal(self.words, other.words)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def total(self) -> int:
        """Draws."""
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        """Functions seen at least once."""
        return len(self.counts)

    def probabilities(self) -> np.ndarray:
        """(distinct,) share of the draws: the maximum-likelihood estimate of each seen function's probability."""
        return self.counts / max(self.total, 1)

    def entropy(self) -> float:
        """Plug-in entropy in bits; below the distribution's own while functions remain unseen."""
        p = self.probabilities()
        return float(-(p * np.log2(p)).sum()) + 0.0

    def unseen_mass(self) -> float:
        """Good–Turing (Good 1953): singletons over draws, the expected probability of all functions not seen."""
        return float((self.counts == 1).sum() / self.total) if self.total else 1.0

    def bits(self) -> np.ndarray:
        """(distinct, n) uint8."""
        return unpack(self.words, self.n)

    def strings(self) -> list[str]:
        """Each function as a string of 0 and 1."""
        return [row.tobytes().decode() for row in self.bits() + np.uint8(ord("0"))]

    def counts_of(self, words: np.ndarray) -> np.ndarray:
        """Counts of any packed functions, 0 for those not seen: (rows, ⌈n/64⌉) uint64 -> (rows,) int64."""
        words = _check_words(words, self.n)
        both = np.concatenate([self.words, words])
        distinct, place = np.unique(both, axis=0, return_inverse=True) if both.shape[1] > 1 else _unique(both)
        table = np.zeros(len(distinct), dtype=np.int64)
        table[place[: self.distinct]] = self.counts
        return table[place[self.distinct :]]

    def most_common(self, k: int) -> "FunctionCounts":
        """The k most frequent functions, ties broken by their words."""
        chosen = np.sort(np.argsort(-self.counts, kind="stable")[:k])
        return FunctionCounts(self.n, self.words[chosen], self.counts[chosen])

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {"n": np.array(self.n), "words": self.words, "counts": self.counts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "FunctionCounts":
        """The inverse of `to_arrays`."""
        return cls(int(arrays["n"]), arrays["words"], arrays["counts"])


@dataclass(frozen=True, eq=False)
class ClusteredCounts:
    """Functions seen by each independent unit, such as the many last layers of one hidden draw.

    n: evaluation inputs. units: how many there are, those that saw nothing included.
    unit: (entries,) int64, not decreasing. words: (entries, ⌈n/64⌉) uint64, distinct within a unit and in
    lexicographic order. counts: (entries,) int64, all positive.
    """

    n: int
    units: int
    unit: np.ndarray
    words: np.ndarray
    counts: np.ndarray

    @classmethod
    def from_words(cls, words: np.ndarray, unit: np.ndarray, n: int, units: int) -> "ClusteredCounts":
        """Count rows of packed functions, (draws, ⌈n/64⌉), by the unit (draws,) each came from."""
        words, unit = _check_words(words, n), np.asarray(unit, dtype=np.int64)
        if unit.shape != (len(words),) or (len(unit) and not (unit.min() >= 0 and unit.max() < units)):
            raise BadInput(f"Every draw needs the number of its unit, from 0 to {units - 1}.")
        words, counts, unit = _sum_equal(words, np.ones(len(words), dtype=np.int64), unit)
        return cls(n, units, unit, words, counts)

    def __add__(self, other: "ClusteredCounts") -> "ClusteredCounts":
        """Units of the two are different ones: the other's are numbered after this one's."""
        _check_same_inputs(self.n, other.n)
        return ClusteredCounts(
            self.n,
            self.units + other.units,
            np.concatenate([self.unit, other.unit + self.units]),
            np.concatenate([self.words, other.words]),
            np.concatenate([self.counts, other.counts]),
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ClusteredCounts)
            and (self.n, self.units) == (other.n, other.units)
            and np.array_equal(self.unit, other.unit)
            and np.array_equal(self.words, other.words)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def total(self) -> int:
        """Draws kept, over all units."""
        return int(self.counts.sum())

    def pooled(self) -> FunctionCounts:
        """How often each function was seen, whatever the unit."""
        return FunctionCounts(self.n, *_sum_equal(self.words, self.counts))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            "n": np.array(self.n),
            "units": np.array(self.units),
            "unit": self.unit,
            "words": self.words,
            "counts": self.counts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ClusteredCounts":
        """The inverse of `to_arrays`."""
        return cls(int(arrays["n"]), int(arrays["units"]), arrays["unit"], arrays["words"], arrays["counts"])


def _unique(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(words[:, 0], return_inverse=True)


def _check_same_inputs(n: int, other: int) -> None:
    if n != other:
        raise BadInput(f"Functions on {n} and on {other} inputs cannot be merged; use one problem for both.")
