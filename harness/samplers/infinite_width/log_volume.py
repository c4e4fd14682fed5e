"""ln P(f|S) = ln P(S ∪ f) − ln P(S) of given functions f on E, under the volume of infinitely wide networks.

Each of the two is an orthant probability of the Gaussian process, S ∪ f that of S with f for the labels of E. No
function needs to have been sampled; it is a proper score of whole functions, in nats.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from harness.arguments import short_repr
from harness.errors import BadInput, NotAsked
from harness.functions.merging import Merging
from harness.functions.packing import pack
from harness.samplers.features.feasibility import separable
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.checks import LEAST_JITTER
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.settled_orthant import TRIALS, log_estimates
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import INTEGRAL


@dataclass(frozen=True, eq=False)
class LogVolumes(Merging):
    """ln P(f|S) of k functions, by independent scramblings.

    The logarithm of an unbiased estimate is biased by half its relative variance. The jackknife over scramblings
    removes this to first order (Quenouille 1956), and gives the standard errors (Tukey 1958).

    joint: (runs, k) ln of each scrambling's unbiased estimate of P(S ∪ f).
    evidences: (runs,) ln of each scrambling's unbiased estimate of P(S).
    """

    joint: np.ndarray
    evidences: np.ndarray

    @property
    def runs(self) -> int:
        """Number of scramblings."""
        return len(self.evidences)

    @cached_property
    def values(self) -> np.ndarray:
        """(k,) ln P(f|S) in nats; −inf of a function that no network computes."""
        return self._jackknifed(self._given)[0]

    @cached_property
    def errors(self) -> np.ndarray:
        """(k,) standard error of each value; that of ln P(S) is in all of them."""
        return self._jackknifed(self._given)[1]

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
        return type(self)(self.joint[:, which], self.evidences)

    def _given(self, kept: np.ndarray) -> np.ndarray:
        """(k,) ln P(f|S) by some of the scramblings."""
        return self._combined(self.joint[kept]) - self._combined(self.evidences[kept])

    @staticmethod
    def _combined(values: np.ndarray) -> np.ndarray:
        """(runs, …) logarithms -> the logarithm of the runs' mean."""
        largest = values.max(axis=0)
        from_top = np.where(np.isfinite(largest), largest, 0.0)
        with np.errstate(divide="ignore"):
            return np.asarray(from_top + np.log(np.exp(values - from_top).mean(axis=0)))

    def _jackknifed(self, found: Callable[[np.ndarray], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Value without its bias of first order, and standard error, of what is found from some of the scramblings."""
        every = np.arange(self.runs)
        whole = np.asarray(found(every))
        without = np.array([found(np.delete(every, one)) for one in every])
        held = np.isfinite(without).all(axis=0)
        without = np.where(held, without, 0.0)
        centre = without.mean(axis=0)
        value = np.where(held, self.runs * whole - (self.runs - 1) * centre, whole)
        return value, np.sqrt((self.runs - 1) / self.runs * ((without - centre) ** 2).sum(axis=0))


def log_volumes(
    process: GaussianProcess, functions: np.ndarray, generator: torch.Generator, *, runs: int = 8, points: int = 128
) -> LogVolumes:
    """Estimate ln P(f|S) of functions under a Gaussian process.

    Args:
        process: the Gaussian process with the labels of S.
        functions: (k, n) labels on the evaluation inputs, 0 or 1.
        generator: source of randomness.
        runs: number of scramblings of each orthant, at least 2.
        points: points of a trial scrambling, at the least; a power of 2. Those counted have twice as many.

    Returns:
        ln P(f|S), in the order of the functions.

    Raises:
        BadInput: if the functions are not those of the process's evaluation inputs, or a number is out of its range.
        NotAsked: if the kernel has fewer dimensions than S has points, and no network fits S.
        Undecided: if runs of an orthant disagree.
    """
    functions = checked_functions(functions, process.n)
    # Rows of them are the logits' linear functions of fewer weights than there are points; None if there are not fewer.
    weights = weights_of(process.kernel)

    def estimates(labels: np.ndarray) -> np.ndarray:
        """(runs,) ln of the estimates of the probability of the first points' labels."""
        if weights is not None and not separable(weights[: len(labels)], labels, threshold=False):
            return np.full(runs, -np.inf)
        signs = labels * 2.0 - 1
        covariance = process.kernel[: len(labels), : len(labels)] * np.outer(signs, signs)
        return log_estimates(covariance, generator, runs=runs, points=points)

    evidences = estimates(process.labels)
    if not np.isfinite(evidences).all():
        raise NotAsked("No network of this architecture fits S, so that none of its volume is left to functions.")
    joint = np.empty((runs, len(functions)))
    for number, function in enumerate(functions):
        joint[:, number] = estimates(np.concatenate([process.labels, function]))
    return LogVolumes(joint, evidences)


def weights_of(kernel: np.ndarray) -> np.ndarray | None:
    """(points, r) features of which the logits are linear functions, if there are r < points of them but for a jitter
    of `LEAST_JITTER`; None if there are as many as points.
    """
    values, vectors = np.linalg.eigh(kernel)
    used = values > 100 * LEAST_JITTER * np.diag(kernel).mean()
    return None if used.all() else vectors[:, used] * np.sqrt(values[used])


def checked_functions(functions: np.ndarray, n: int) -> np.ndarray:
    """(k, n) uint8 of 0 and 1, at least one row; else BadInput."""
    given = np.asarray(functions)
    if given.ndim != 2 or not len(given) or given.shape[1] != n or not np.isin(given, (0, 1)).all():
        raise BadInput(
            f"Functions are an array (k, {n}) of labels 0 and 1 on the {n} evaluation inputs, k at least 1, not "
            f"{short_repr(given)} of shape {given.shape}."
        )
    return given.astype(np.uint8)


@dataclass(frozen=True, eq=False)
class LogVolume(Sampler[LogVolumes]):
    """ln P(f|S) of given functions under the volume of infinitely wide networks.

    process: the distribution of the networks' logits.
    functions: (k, n) different functions; their digest is part of the address.
    by: the source of the process's kernel.
    runs: scramblings of each orthant per shard.
    points: points of a trial scrambling, at the least; those counted have twice as many.
    """

    process: GaussianProcess = argument(key=None)
    functions: np.ndarray = argument(key=None)
    by: str = argument(key=None, default=OWN)
    runs: int = 8
    points: int = 128

    name = "log volumes"
    result = LogVolumes

    @property
    def grows(self) -> bool:
        """The error over training sets or over functions is far larger than that of the orthants."""
        return False

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"functions": digest(self.functions)}

    def draw(self, generator: torch.Generator) -> LogVolumes:
        """One shard."""
        return log_volumes(self.process, self.functions, generator, runs=self.runs, points=self.points)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.problem
        return orthant_work(of.m, of.m + of.n, len(self.functions), self.runs, self.points)


def orthant_work(m: int, p: int, functions: int, runs: int, points: int) -> float:
    """Roughly the scalar multiplications of log volumes.

    Args:
        m: points of S.
        p: points of S and E.
        functions: how many.
        runs: scramblings of each orthant; some more are trials.
        points: points of a trial; those counted have twice as many.

    Returns:
        The work.
    """
    draws = (2 * runs + TRIALS) * points
    return draws * (m * (m + INTEGRAL) + functions * p * (p + INTEGRAL))


def digest(functions: np.ndarray) -> str:
    """SHA-256 of the functions in their order, with their shape."""
    words = pack(functions).astype("<u8")
    return hashlib.sha256(repr(functions.shape).encode() + words.tobytes()).hexdigest()
