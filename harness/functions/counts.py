"""Counts of functions; `harness.functions.packing` describes how they are packed."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar, cast

import numpy as np

from harness.errors import BadInput
from harness.functions.brief import Brief
from harness.functions.packing import CHARACTERS, check_words, pack, row_words, unpack

__all__ = ["ClusteredCounts", "FunctionCounts", "pack", "unpack"]


class Origin(NamedTuple):
    """Where functions are from.

    inputs: a digest of each evaluation input, in their order. problem: the fingerprint, of the training set too.
    """

    inputs: tuple[str, ...]
    problem: str


S = TypeVar("S")


def with_origin(sample: S, origin: Origin) -> S:
    """The same sample, whose functions, or those that it holds, say where they are from."""
    if isinstance(sample, _COUNTS):
        return cast(S, replace(sample, origin=origin))
    if not is_dataclass(sample) or isinstance(sample, type):
        return sample
    held = {each.name: getattr(sample, each.name) for each in fields(sample) if each.init}
    parts = {name: with_origin(part, origin) for name, part in held.items() if isinstance(part, _COUNTS)}
    return replace(sample, **parts) if parts else sample


def check_same_inputs(*origins: Origin | None) -> None:
    """Raise BadInput if two of these are from different inputs; None: it is not known."""
    if len({origin.inputs for origin in origins if origin}) > 1:
        raise BadInput(
            "Functions on the evaluation inputs of different problems have nothing in common; use one problem for both."
        )


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
class FunctionCounts(Brief):
    """How often each function was seen in independent draws; merges like a sum.

    n: evaluation inputs. words: (distinct, planes·⌈n/64⌉) uint64, distinct and in lexicographic order.
    counts: (distinct,) int64, all positive. classes: labels a function may have. origin: where they are from; None: not
    known.
    """

    n: int
    words: np.ndarray
    counts: np.ndarray
    classes: int = 2
    origin: Origin | None = None

    @classmethod
    def from_words(
        cls, words: np.ndarray, n: int, classes: int = 2, counts: np.ndarray | None = None
    ) -> "FunctionCounts":
        """Count packed functions.

        Args:
            words: (draws, planes·⌈n/64⌉) uint64, one function per row.
            n: evaluation inputs.
            classes: labels that a function may have.
            counts: (draws,) int64, how often each row counts; None: once.

        Returns:
            The number of draws of each distinct function.
        """
        words = check_words(words, n, classes)
        words, counts = _sum_equal(words, np.ones(len(words), dtype=np.int64) if counts is None else counts)
        return cls(n, words, counts, classes)

    @classmethod
    def from_labels(cls, labels: np.ndarray, classes: int) -> "FunctionCounts":
        """Count rows of labels 0 … classes − 1, (draws, n)."""
        return cls.from_words(pack(labels, classes), np.shape(labels)[-1], classes)

    @classmethod
    def from_bits(cls, bits: np.ndarray) -> "FunctionCounts":
        """Count rows of 0/1, (draws, n)."""
        return cls.from_labels(bits, 2)

    @classmethod
    def empty(cls, n: int, classes: int = 2) -> "FunctionCounts":
        """Nothing seen yet."""
        return cls.from_words(np.zeros((0, row_words(n, classes)), dtype=np.uint64), n, classes)

    def __add__(self, other: "FunctionCounts") -> "FunctionCounts":
        _check_same_domain(self, other)
        words, counts = _sum_equal(
            np.concatenate([self.words, other.words]), np.concatenate([self.counts, other.counts])
        )
        return FunctionCounts(self.n, words, counts, self.classes, self.origin or other.origin)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FunctionCounts)
            and (self.n, self.classes) == (other.n, other.classes)
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

    def corrected_entropy(self) -> float:
        """Entropy in bits, corrected for the finite number of draws by (distinct − 1)/(2·draws·ln 2) (Miller 1955).

        The correction removes the bias to first order in 1/draws; the remaining bias is small if nearly every function
        of positive probability was seen many times.
        """
        return self.entropy() + (self.distinct - 1) / (2 * max(self.total, 1) * float(np.log(2)))

    def unseen_mass(self) -> float:
        """Good–Turing estimate (Good 1953) of the probability of all functions not seen: singletons over draws."""
        return float((self.counts == 1).sum() / self.total) if self.total else 1.0

    def labels(self) -> np.ndarray:
        """(distinct, n) uint8 labels."""
        return unpack(self.words, self.n, self.classes)

    def bits(self) -> np.ndarray:
        """(distinct, n) uint8, each 0 or 1; BadInput if there are more than two classes."""
        if self.classes > 2:
            raise BadInput(
                f"Bits were asked of functions of {self.classes} classes; this takes a problem of two classes."
            )
        return self.labels()

    def strings(self) -> list[str]:
        """Each function as a string of its labels: 0 to 9, then a to z."""
        return [row.tobytes().decode() for row in CHARACTERS[self.labels()]]

    def counts_of(self, words: np.ndarray) -> np.ndarray:
        """Counts of any packed functions, 0 for functions not seen: (rows, planes·⌈n/64⌉) uint64 -> (rows,) int64."""
        words = check_words(words, self.n, self.classes)
        both = np.concatenate([self.words, words])
        distinct, place = np.unique(both, axis=0, return_inverse=True) if both.shape[1] > 1 else _unique(both)
        table = np.zeros(len(distinct), dtype=np.int64)
        table[place[: self.distinct]] = self.counts
        return table[place[self.distinct :]]

    def most_common(self, k: int) -> "FunctionCounts":
        """The k most frequent functions, ties broken by their words."""
        chosen = np.sort(np.argsort(-self.counts, kind="stable")[:k])
        return FunctionCounts(self.n, self.words[chosen], self.counts[chosen], self.classes, self.origin)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {"n": np.array(self.n), "words": self.words, "counts": self.counts, **_stored_classes(self.classes)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "FunctionCounts":
        """The inverse of `to_arrays`."""
        return cls(int(arrays["n"]), arrays["words"], arrays["counts"], int(arrays.get("classes", 2)))


@dataclass(frozen=True, eq=False)
class ClusteredCounts(Brief):
    """Functions seen by each independent unit, such as the many last layers of one hidden draw.

    n: evaluation inputs. units: number of units, including those that saw nothing. unit: (entries,) int64, not
    decreasing. words: (entries, planes·⌈n/64⌉) uint64, distinct within a unit and in lexicographic order. counts:
    (entries,) int64, all positive. classes: labels a function may have. origin: as of `FunctionCounts`.
    """

    n: int
    units: int
    unit: np.ndarray
    words: np.ndarray
    counts: np.ndarray
    classes: int = 2
    origin: Origin | None = None

    @classmethod
    def from_words(cls, words: np.ndarray, unit: np.ndarray, n: int, units: int, classes: int = 2) -> "ClusteredCounts":
        """Count packed functions by the unit that drew them.

        Args:
            words: (draws, planes·⌈n/64⌉) uint64, one function per row.
            unit: (draws,) number of the unit of each draw, from 0.
            n: evaluation inputs.
            units: number of units, including those without draws.
            classes: labels that a function may have.

        Returns:
            The number of draws of each distinct function in each unit.

        Raises:
            BadInput: `unit` has another length, or a number outside 0 … units − 1.
        """
        words, unit = check_words(words, n, classes), np.asarray(unit, dtype=np.int64)
        if unit.shape != (len(words),) or (len(unit) and not (unit.min() >= 0 and unit.max() < units)):
            raise BadInput(f"Every draw needs the number of its unit, from 0 to {units - 1}.")
        words, counts, unit = _sum_equal(words, np.ones(len(words), dtype=np.int64), unit)
        return cls(n, units, unit, words, counts, classes)

    def __add__(self, other: "ClusteredCounts") -> "ClusteredCounts":
        """Units of both, which are different ones: the other's are numbered after this one's."""
        _check_same_domain(self, other)
        return ClusteredCounts(
            self.n,
            self.units + other.units,
            np.concatenate([self.unit, other.unit + self.units]),
            np.concatenate([self.words, other.words]),
            np.concatenate([self.counts, other.counts]),
            self.classes,
            self.origin or other.origin,
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ClusteredCounts)
            and (self.n, self.units, self.classes) == (other.n, other.units, other.classes)
            and np.array_equal(self.unit, other.unit)
            and np.array_equal(self.words, other.words)
            and np.array_equal(self.counts, other.counts)
        )

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def total(self) -> int:
        """Draws kept, over all units."""
        return int(self.counts.sum())

    def of_unit(self, unit: int) -> FunctionCounts:
        """Counts of the functions of one unit."""
        own = self.unit == unit
        return FunctionCounts(self.n, self.words[own], self.counts[own], self.classes, self.origin)

    def pooled(self) -> FunctionCounts:
        """Counts of the functions over all units together."""
        words, counts = _sum_equal(self.words, self.counts)
        return FunctionCounts(self.n, words, counts, self.classes, self.origin)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            "n": np.array(self.n),
            "units": np.array(self.units),
            "unit": self.unit,
            "words": self.words,
            "counts": self.counts,
            **_stored_classes(self.classes),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "ClusteredCounts":
        """The inverse of `to_arrays`."""
        return cls(
            int(arrays["n"]),
            int(arrays["units"]),
            arrays["unit"],
            arrays["words"],
            arrays["counts"],
            int(arrays.get("classes", 2)),
        )


_COUNTS = (FunctionCounts, ClusteredCounts)


def _unique(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(words[:, 0], return_inverse=True)


def _stored_classes(classes: int) -> dict[str, np.ndarray]:
    """Two classes go without saying: entries of the store without a number of classes have two."""
    return {"classes": np.array(classes)} if classes > 2 else {}


def _check_same_domain(one: FunctionCounts | ClusteredCounts, other: FunctionCounts | ClusteredCounts) -> None:
    if one.n != other.n:
        raise BadInput(f"Functions on {one.n} and on {other.n} inputs cannot be merged; use one problem for both.")
    if one.classes != other.classes:
        raise BadInput(
            f"Functions of {one.classes} and of {other.classes} classes cannot be merged; use one problem for both."
        )
    check_same_inputs(one.origin, other.origin)
