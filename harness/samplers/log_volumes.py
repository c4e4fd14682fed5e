"""ln P(f|S) = ln P(S ∪ f) − ln P(S) of given functions f on E, by independent runs of whatever estimates both.

S ∪ f is S with f for the labels of E. No function needs to have been sampled; it is a proper score of whole functions,
in nats.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from harness.arguments import short_repr, unmasked
from harness.errors import BadInput
from harness.functions.merging import Merging
from harness.functions.packing import pack
from harness.verdicts.intervals import coincide


@dataclass(frozen=True, eq=False)
class LogVolumes(Merging):
    """ln P(f|S) of k functions, by independent runs of what estimates the two probabilities.

    The logarithm of an unbiased estimate is biased by half its relative variance. The jackknife over runs removes
    this to first order (Quenouille 1956), and gives the standard errors (Tukey 1958). An error is inf where the runs
    coincide, or one alone came to such networks: their scatter then says nothing about it. It is at least 1/draws where
    these are known.

    joint: (runs, k) ln of each run's unbiased estimate of P(S ∪ f).
    evidences: (runs,) ln of each run's unbiased estimate of P(S).
    draws: (runs,) draws of each run, at the least; None if they are not known, or scatter whatever there is.
    """

    joint: np.ndarray
    evidences: np.ndarray
    draws: np.ndarray | None = None

    # Whether runs that coincide are exact, as those are whose weights are known to be constant.
    exact: ClassVar[bool] = False

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.evidences)

    @cached_property
    def values(self) -> np.ndarray:
        """(k,) ln P(f|S) in nats; −inf of a function that no network computes."""
        return self._jackknifed(self._given)[0]

    @cached_property
    def errors(self) -> np.ndarray:
        """(k,) standard error of each value; that of ln P(S) is in all of them; intervals are Student's."""
        return self._jackknifed(self._given)[1]

    @property
    def scatter(self) -> np.ndarray:
        """(k,) standard deviation over runs of ln P(S ∪ f): inf if one came to no such network."""
        found = np.full(self.joint.shape[1], np.inf)
        held = np.isfinite(self.joint).all(axis=0)
        found[held] = self.joint[:, held].std(axis=0, ddof=1)
        return found

    @property
    def evidence(self) -> float:
        """ln P(S) in nats."""
        return float(self._jackknifed(lambda kept: self._combined(self.evidences[kept]))[0])

    @property
    def evidence_error(self) -> float:
        """Standard error of ln P(S)."""
        return float(self._jackknifed(lambda kept: self._combined(self.evidences[kept]))[1])

    def mean(self, weights: np.ndarray | None = None) -> tuple[float, float]:
        """The mean of ln P(f|S) over functions, with its standard error.

        weights: (k,) weight of each function; None for equal ones. The functions' errors are not independent: they
        share that of ln P(S).
        """
        shares = np.ones(self.joint.shape[1]) if weights is None else np.asarray(weights, dtype=float)
        shares = shares / shares.sum()
        used = shares > 0
        value, error = self._jackknifed(lambda kept: self._given(kept)[used] @ shares[used])
        return float(value), float(error)

    def of(self, which: np.ndarray) -> "LogVolumes":
        """Those of some of the functions, by number, in that order."""
        return replace(self, joint=self.joint[:, which])

    def known_to(self, draws: int) -> Self:
        """The same with this many draws for each run, which earlier versions did not store.

        A weight that so few draws hardly ever meet, as between two inputs that nearly coincide, shows in no scatter.
        """
        return replace(self, draws=np.full(self.runs, draws))

    def _given(self, kept: np.ndarray) -> np.ndarray:
        """(k,) ln P(f|S) by some of the runs."""
        return self._combined(self.joint[kept]) - self._combined(self.evidences[kept])

    @staticmethod
    def _combined(values: np.ndarray) -> np.ndarray:
        """(runs, …) logarithms -> the logarithm of the runs' mean."""
        largest = values.max(axis=0)
        from_top = np.where(np.isfinite(largest), largest, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(from_top + np.log(np.exp(values - from_top).mean(axis=0)))

    def _jackknifed(self, found: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Value without its bias of first order, and standard error, of what is found from some of the runs."""
        every = np.arange(self.runs)
        whole = np.asarray(found(every))
        without = np.array([found(np.delete(every, one)) for one in every])
        held = np.isfinite(without).all(axis=0)
        without = np.where(held, without, 0.0)
        centre = without.mean(axis=0)
        value = np.where(held, self.runs * whole - (self.runs - 1) * centre, whole)
        error = np.sqrt((self.runs - 1) / self.runs * ((without - centre) ** 2).sum(axis=0))
        if self.exact:
            return value, error
        least = 0.0 if self.draws is None else 1 / self.draws.sum()
        return value, np.where(coincide(without), np.inf, np.maximum(error, least))


def checked_functions(functions: np.ndarray, n: int) -> np.ndarray:
    """(k, n) uint8 of 0 and 1, at least one row; else BadInput."""
    given = unmasked(functions, "Functions")
    if given.ndim != 2 or not len(given) or given.shape[1] != n or not np.isin(given, (0, 1)).all():
        raise BadInput(
            f"Functions are an array (k, {n}) of labels 0 and 1 on the {n} evaluation inputs, k at least 1, not "
            f"{short_repr(given)} of shape {given.shape}."
        )
    return given.astype(np.uint8)


def digest(functions: np.ndarray) -> str:
    """SHA-256 of the functions in their order, with their shape."""
    words = pack(functions).astype("<u8")
    return hashlib.sha256(repr(functions.shape).encode() + words.tobytes()).hexdigest()
