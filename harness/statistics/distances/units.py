"""A sample as independent units, each with a measure over the functions it saw.

Every draw of a FunctionCounts is a unit, with all of its mass on one function; equal ones are kept as one with a
multiplicity. A unit of a ClusteredCounts is a hidden draw: weighted by evidence its mass is the number of its last
layers that were kept, counted alike it is 1.
"""

from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
from scipy import sparse

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.runs import Runs, Sample
from harness.statistics.distances.kernel import kernel

WEIGHTINGS = ("evidence", "alike")


def fewest(p: Sample, q: Sample) -> int:
    """Units that saw a function, in the sample with fewer of them."""
    return min(s.total if isinstance(s, FunctionCounts) else len(np.unique(s.unit)) for s in (p, q))


def units_of(sample: Sample) -> int:
    """Independent units that were drawn, those that saw nothing included."""
    if isinstance(sample, FunctionCounts):
        return sample.total
    return sample.units if isinstance(sample, ClusteredCounts) else len(sample.runs)


def unit_name(sample: Sample) -> str:
    """What is independent in a sample."""
    names = {FunctionCounts: "networks", ClusteredCounts: "hidden draws", Runs: "independent runs"}
    return names[type(sample)]


@dataclass(frozen=True, eq=False)
class Units:
    """Groups of equal units on a common list of functions.

    words: (functions, ⌈n/64⌉). multiplicity: (groups,) units in each group. measures: (groups, functions) sparse.
    independent: units that were drawn, those that saw nothing included.
    """

    n: int
    classes: int
    words: np.ndarray
    multiplicity: np.ndarray
    measures: sparse.csr_array
    independent: int

    @cached_property
    def mass(self) -> np.ndarray:
        """(groups,) mass of one unit of each group."""
        return np.asarray(self.measures.sum(axis=1)).ravel()

    @cached_property
    def total(self) -> np.ndarray:
        """(functions,) measure of all units together."""
        return self.multiplicity @ self.measures

    @cached_property
    def effective_size(self) -> float:
        """Effective number of units of unequal mass (Kish 1965): (Σ mass)²/Σ mass²."""
        return float((self.multiplicity @ self.mass) ** 2 / (self.multiplicity @ self.mass**2))

    @cached_property
    def self_kernel(self) -> np.ndarray:
        """(groups,) aᵀKa of each group's measure a: pairs of functions within one unit.

        Entries lie unit by unit, so pairs at a distance of `lag` entries are two slices of the same arrays.
        """
        entries = self.measures.tocoo()
        group, weight, words = entries.coords[0], entries.data, self.words[entries.coords[1]]
        sums = np.bincount(group, weight**2, minlength=len(self.multiplicity))
        for lag in range(1, int(np.diff(self.measures.indptr).max(initial=1))):
            first = np.flatnonzero(group[:-lag] == group[lag:])
            pairs = weight[first] * weight[first + lag] * kernel(words[first], words[first + lag], self.n, self.classes)
            sums += 2 * np.bincount(group[first], pairs, minlength=len(sums))
        return sums


def half(multiplicity: np.ndarray, seed: int, *seen: np.ndarray) -> np.ndarray:
    """(groups,) how many of each group's units go to one of two halves, dealt out at random, every unit alike.

    seen: arrays that tell the sample from others. Its stream of random numbers depends on them: of one and the same
    stream, a half would hold too much of some functions and too little of others in every sample.
    """
    told = [crc32(np.ascontiguousarray(each).tobytes()) for each in (multiplicity, *seen)]
    rng = np.random.default_rng([seed, *told])
    return rng.multivariate_hypergeometric(multiplicity, int(multiplicity.sum()) // 2, method="marginals")


def of_two(p: Sample, q: Sample, weighting_p: str = "evidence", weighting_q: str = "evidence") -> tuple[Units, Units]:
    """Both samples' units on the list of all functions that either saw."""
    if p.n != q.n:
        raise BadInput(f"Functions on {p.n} and on {q.n} inputs cannot be compared; use one problem for both.")
    if p.classes != q.classes:
        raise BadInput(
            f"Functions of {p.classes} and of {q.classes} classes cannot be compared; use one problem for both."
        )
    both = np.concatenate([p.words, q.words])
    if both.shape[1] == 1:
        distinct, place = np.unique(both[:, 0], return_inverse=True)
        words = distinct[:, None]
    else:
        words, place = np.unique(both, axis=0, return_inverse=True)
    place_p, place_q = np.split(place.ravel(), [len(p.words)])
    return _units(p, words, place_p, weighting_p), _units(q, words, place_q, weighting_q)


def _units(sample: Sample, words: np.ndarray, place: np.ndarray, weighting: str) -> Units:
    if weighting not in WEIGHTINGS:
        raise BadInput(f"Units are weighted by {' or '.join(WEIGHTINGS)}, not {weighting!r}.")
    if isinstance(sample, FunctionCounts):
        multiplicity, group, weight = sample.counts, np.arange(len(place)), np.ones(len(place))
    else:
        seen, group = np.unique(sample.unit, return_inverse=True)
        multiplicity = np.ones(len(seen), dtype=np.int64)
        weight = sample.measure if isinstance(sample, Runs) else sample.counts.astype(float)
        if weighting == "alike":
            weight = weight / np.bincount(group, weight)[group]
    shape = (len(multiplicity), len(words))
    measures = sparse.csr_array((weight, (group, place)), shape=shape)
    return Units(sample.n, sample.classes, words, multiplicity, measures, units_of(sample))
