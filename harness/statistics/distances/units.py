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

from harness.arguments import one_of, short_repr
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.counts import check_same_inputs
from harness.functions.runs import Runs, Sample
from harness.statistics.distances.kernel import kernel

WEIGHTINGS = ("evidence", "alike")


def fewest(p: Sample, q: Sample) -> int:
    """Number of units that saw a function, in the sample with fewer of them."""
    _check_samples(p, q)
    return min(s.total if isinstance(s, FunctionCounts) else len(np.unique(s.unit)) for s in (p, q))


def units_of(sample: Sample) -> int:
    """Number of independent units drawn, including those that saw nothing."""
    if isinstance(sample, FunctionCounts):
        return sample.total
    return sample.units if isinstance(sample, ClusteredCounts) else len(sample.runs)


def unit_name(sample: Sample) -> str:
    """Name of the independent units of a sample."""
    names = {FunctionCounts: "networks", ClusteredCounts: "hidden draws", Runs: "independent runs"}
    return names[type(sample)]


@dataclass(frozen=True, eq=False)
class Units:
    """Groups of equal units on a common list of functions.

    words: (functions, ⌈n/64⌉). multiplicity: (groups,) units in each group. measures: (groups, functions) sparse.
    independent: units that were drawn, including those that saw nothing. decay: λ of the kernel; None: that of `rate`.
    """

    n: int
    classes: int
    words: np.ndarray
    multiplicity: np.ndarray
    measures: sparse.csr_array
    independent: int
    decay: float | None = None

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
            near = kernel(words[first], words[first + lag], self.n, self.classes, self.decay)
            pairs = weight[first] * weight[first + lag] * near
            sums += 2 * np.bincount(group[first], pairs, minlength=len(sums))
        return sums


def half(multiplicity: np.ndarray, seed: int, *seen: np.ndarray) -> np.ndarray:
    """Deal the units at random into two halves, every unit with the same probability.

    Args:
        multiplicity: (groups,) number of equal units in each group.
        seed: seed of the random stream.
        *seen: arrays that distinguish the sample from others and also seed the stream: with one stream for all samples,
            a half would hold too much of some functions and too little of others in every sample.

    Returns:
        (groups,) number of each group's units in the first half.
    """
    told = [crc32(np.ascontiguousarray(each).tobytes()) for each in (multiplicity, *seen)]
    rng = np.random.default_rng([seed, *told])
    return rng.multivariate_hypergeometric(multiplicity, int(multiplicity.sum()) // 2, method="marginals")


def of_two(p: Sample, q: Sample, weighting_p: str = "evidence", weighting_q: str = "evidence") -> tuple[Units, Units]:
    """Units of two samples on the list of all functions that either saw.

    Args:
        p: first sample.
        q: second sample, on the same inputs.
        weighting_p: weights of the units of p: "evidence", by the number of last layers kept or the runs' weights, or
            "alike", equal.
        weighting_q: weights of the units of q.

    Returns:
        The units of p and of q.

    Raises:
        BadInput: the samples are on different inputs, or of different numbers of classes.
    """
    _check_samples(p, q)
    if p.n != q.n:
        raise BadInput(f"Functions on {p.n} and on {q.n} inputs cannot be compared; use one problem for both.")
    if p.classes != q.classes:
        raise BadInput(
            f"Functions of {p.classes} and of {q.classes} classes cannot be compared; use one problem for both."
        )
    check_same_inputs(p.origin, q.origin)
    both = np.concatenate([p.words, q.words])
    if both.shape[1] == 1:
        distinct, place = np.unique(both[:, 0], return_inverse=True)
        words = distinct[:, None]
    else:
        words, place = np.unique(both, axis=0, return_inverse=True)
    place_p, place_q = np.split(place.ravel(), [len(p.words)])
    return _units(p, words, place_p, weighting_p), _units(q, words, place_q, weighting_q)


def _check_samples(*samples: object) -> None:
    for sample in samples:
        if not isinstance(sample, FunctionCounts | ClusteredCounts | Runs):
            raise BadInput(
                "Samples of functions are compared, such as lab.train(…).functions or lab.posterior(…).sample, not "
                f"{short_repr(sample)}."
            )


def _units(sample: Sample, words: np.ndarray, place: np.ndarray, weighting: str) -> Units:
    one_of(weighting, WEIGHTINGS, "Units are not weighted by")
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
