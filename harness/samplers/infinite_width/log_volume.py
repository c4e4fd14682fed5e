"""ln P(f|S) = ln P(S ∪ f) − ln P(S) of given functions f on E, under the volume of infinitely wide networks.

Each of the two is an orthant probability of the Gaussian process, S ∪ f that of S with f for the labels of E. No
function needs to have been sampled; it is a proper score of whole functions, in nats.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.errors import NotAsked, Undecided
from harness.samplers.features.feasibility import separable
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.checks import LEAST_JITTER, correlation_of, independent
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.kernels.roots import features_of
from harness.samplers.infinite_width.orthant import TIES
from harness.samplers.infinite_width.settled_orthant import TRIALS, log_estimates
from harness.samplers.log_volumes import LogVolumes, checked_functions, digest
from harness.samplers.posterior.samples import MOST_SCATTER
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import INTEGRAL


class IndependentLogits(LogVolumes):
    """ln P(f|S) of logits that are known to be independent: each run finds −n ln 2, exactly."""

    exact = True


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
        Undecided: if trial runs of an orthant disagree.
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
    kind = IndependentLogits if independent(process.kernel) else LogVolumes
    return kind(joint, evidences).known_to(2 * points)


def weights_of(kernel: np.ndarray) -> np.ndarray | None:
    """(points, r) features of which the logits, each over its deviation, are linear functions, if there are r < points
    of them but for a jitter of `LEAST_JITTER`; None if there are as many as points.
    """
    found = features_of(correlation_of(kernel), 100 * LEAST_JITTER)
    return None if found.shape[1] == len(kernel) else found


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
    fits_s = True
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
        return super().arguments | {"functions": digest(self.functions), "ties": TIES}

    def draw(self, generator: torch.Generator) -> LogVolumes:
        """One shard."""
        return log_volumes(self.process, self.functions, generator, runs=self.runs, points=self.points)

    def checked(self, sample: LogVolumes) -> LogVolumes:
        """The sample, with its draws; Undecided if runs of an orthant disagree though trial ones agreed."""
        every = np.column_stack([sample.evidences, sample.joint])
        scatter = float(every[:, np.isfinite(every).all(axis=0)].std(axis=0, ddof=1).max())
        if scatter > MOST_SCATTER:
            raise Undecided(
                f"Runs scatter by {scatter:.2f} nats in the logarithm of an orthant's probability, more than "
                f"{MOST_SCATTER}, though trial runs agreed."
            )
        kind = IndependentLogits if independent(self.process.kernel) else LogVolumes
        return kind(sample.joint, sample.evidences).known_to(2 * self.points)

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
