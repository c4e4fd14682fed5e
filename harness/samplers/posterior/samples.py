"""Results of independent runs of a particle sampler; the independent unit is the run, never the particle."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, log, nan

import numpy as np
from scipy.special import logsumexp

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.merging import Merging
from harness.functions.runs import LEAST_UNITS, Runs
from harness.functions.shown import Shown
from harness.verdicts import Estimate, nothing_yet
from harness.verdicts.intervals import log_evidence
from harness.verdicts.means import over_runs

# In nats. Beyond, a few runs have most of the weight (their effective number is e^(−0.75²) of all), and intervals over
# runs miss too often.
MOST_SCATTER = 0.75
# In nats: trial runs that scatter less agree with something to spare.
LONG_ENOUGH = 0.5


def settled_length(long_enough: Callable[[int], bool], steps: int, max_doublings: int) -> int:
    """Double a length until trial runs of it are long enough.

    Args:
        long_enough: length -> whether runs of it agree; each call draws runs that count for nothing else.
        steps: the length to begin with.
        max_doublings: how often it may be doubled.

    Returns:
        The length of the runs that are counted.
    """
    for _ in range(max_doublings):
        if long_enough(steps):
            break
        steps *= 2
    return steps


def scatter(ln_evidence: np.ndarray) -> float:
    """Standard deviation of ln P(S) over runs, (runs,): inf if one lost all particles, NaN of a single run."""
    if not np.isfinite(ln_evidence).all():
        return inf
    return float(ln_evidence.std(ddof=1)) if len(ln_evidence) > 1 else nan


def pooled_scatter(found: Sequence["RunsPosterior"]) -> float:
    """Root mean square over several training sets of the standard deviation of ln P(S) over the runs on one."""
    return float(np.sqrt(np.mean([each.scatter**2 for each in found])))


@dataclass(frozen=True, eq=False)
class RunsPosterior(Shown, Merging):
    """Functions on the evaluation inputs by run, with the evidence of the first points.

    clusters: one unit per run.
    curve: (runs, m + 1) each run's ln P(S_k) of the first k training points, −inf from the k at which no particle was
        left.
    ancestors: (runs,) effective number of initial draws that the last particles descend from.
    observed: (runs, k) means of observed statistics over a run's particles, NaN if none was left; None if nothing was
        observed.
    """

    clusters: ClusteredCounts
    curve: np.ndarray
    ancestors: np.ndarray
    observed: np.ndarray | None = None

    @property
    def functions(self) -> FunctionCounts:
        """Number of particles with each function, over all runs."""
        return self.clusters.pooled()

    @property
    def sample(self) -> Runs:
        """The functions by run, each weighted by its evidence, as the distances take them."""
        return Runs.by_evidence(self.clusters, self.curve[:, -1])

    @cached_property
    def evidence(self) -> Estimate:
        """ln P(S), with its between-run interval."""
        return self.evidence_of(self.curve.shape[1] - 1)

    def evidence_of(self, k: int) -> Estimate:
        """ln P(S_k) of the first k training points."""
        return log_evidence(self.curve[:, k].tolist())

    @property
    def scatter(self) -> float:
        """Standard deviation of ln P(S) over runs: inf if one lost all particles, NaN of a single run."""
        return scatter(self.curve[:, -1])

    @property
    def agree(self) -> bool:
        """Whether the runs' evidences scatter so little that intervals over runs can be trusted."""
        return not self.scatter > MOST_SCATTER


# In nats: largest difference of the forward and the reverse estimate if trajectories are long enough.
MOST_APART = 0.5


@dataclass(frozen=True, eq=False)
class AnnealedPosterior(Shown, Merging):
    """Functions on the evaluation inputs by run, with the forward and reverse evidence.

    clusters: one unit per run.
    by_run: (runs,) forward ln P(S), −inf if no particle fitted; e^by_run is unbiased.
    back: (runs in which some particle fitted,) reverse ln P(S), too large if particles equilibrate too slowly.
    levels: levels of each run.
    """

    clusters: ClusteredCounts
    by_run: np.ndarray
    back: np.ndarray
    levels: int

    @property
    def functions(self) -> FunctionCounts:
        """How often each function was drawn, over all runs."""
        return self.clusters.pooled()

    @property
    def sample(self) -> Runs:
        """The functions by run, each run weighted by its evidence, as the distances take them."""
        return Runs.by_evidence(self.clusters, self.by_run)

    @cached_property
    def evidence(self) -> Estimate:
        """ln P(S): the mean of the forward and the reverse estimate.

        The interval reaches from the lower end of the forward to the upper end of the reverse estimate, so that it
        stays valid if particles equilibrate too slowly.
        """
        if not np.isfinite(self.by_run).all():
            return nothing_yet("ln P(S)", len(self.by_run), "independent runs")
        forward, inverse = log_evidence(self.by_run.tolist()), log_evidence((-self.back).tolist(), most=inf)
        return replace(
            forward,
            value=min(sum(self.ends) / 2, 0.0),
            interval=lambda alpha: (forward.interval(alpha)[0], min(-inverse.interval(alpha)[0], 0.0)),
            method="lognormal means over runs, there and back; MOVER's lower end of there, its upper end of back",
        )

    @property
    def ends(self) -> tuple[float, float]:
        """Forward and reverse ln P(S): too small and too large if particles equilibrate too slowly.

        −inf and 0 if no run reached networks that fit.
        """
        return _log_mean(self.by_run), -_log_mean(-self.back) if len(self.back) else 0.0

    @property
    def agree(self) -> bool:
        """Whether the forward and the reverse estimate agree."""
        forward, reverse = self.ends
        return abs(reverse - forward) <= MOST_APART

    def __add__(self, other: "AnnealedPosterior") -> "AnnealedPosterior":
        return AnnealedPosterior(
            self.clusters + other.clusters,
            np.concatenate([self.by_run, other.by_run]),
            np.concatenate([self.back, other.back]),
            max(self.levels, other.levels),
        )


def _log_mean(values: np.ndarray) -> float:
    """ln of the mean of numbers that are given by their logarithms."""
    return float(logsumexp(values)) - log(len(values))


_UNIT = "independent runs"


@dataclass(frozen=True, eq=False)
class DensityOfStates(Merging):
    """ln P(k training and j evaluation points correct) of a network at initialisation, by run.

    by_run: (runs, m + 1, n + 1) in nats, −inf if a run saw no such network; e^by_run is unbiased.
    """

    by_run: np.ndarray

    @property
    def m(self) -> int:
        """Number of training points."""
        return self.by_run.shape[1] - 1

    @property
    def n(self) -> int:
        """Number of evaluation points."""
        return self.by_run.shape[2] - 1

    @property
    def table(self) -> np.ndarray:
        """(m + 1, n + 1) ln P, averaged over all runs."""
        return _ln_sum(self.by_run, 0) - log(len(self.by_run))

    @cached_property
    def training(self) -> np.ndarray:
        """(runs, m + 1) ln P(k training points correct)."""
        return _ln_sum(self.by_run, 2)

    @cached_property
    def evidence(self) -> Estimate:
        """ln P(S): all training points are correct."""
        return log_evidence(self.training[:, -1].tolist())

    def at_least(self, k: int) -> Estimate:
        """ln P(at least k training points correct)."""
        self._check(k)
        return log_evidence(_ln_sum(self.training[:, k:], 1).tolist(), quantity=f"ln P(at least {k} right)")

    def exactly(self, k: int) -> Estimate:
        """ln P(k training points correct)."""
        self._check(k)
        return log_evidence(self.training[:, k].tolist(), quantity=f"ln P({k} right)")

    def test_error(self, k: int, *, or_more: bool = False) -> Estimate:
        """Mean test error of networks with exactly k, or with at least k, training points correct.

        It has no interval if a run saw no such network.
        """
        self._check(k)
        rows = self.by_run[:, k:] if or_more else self.by_run[:, k : k + 1]
        quantity = f"test error where {'at least ' if or_more else ''}{k} right"
        by_evaluation = _ln_sum(rows, 1)
        weights = _ln_sum(by_evaluation, 1)
        runs = len(weights)
        if runs < LEAST_UNITS or not np.isfinite(weights).all():
            return nothing_yet(quantity, runs, _UNIT)
        errors = np.exp(by_evaluation - weights[:, None]) @ (1 - np.arange(self.n + 1) / self.n)
        shares = np.exp(weights - weights.max())
        interval = over_runs(errors, shares)
        return Estimate(
            quantity,
            float(shares @ errors / shares.sum()),
            lambda alpha: interval(alpha, 1.0),
            runs,
            _UNIT,
            float(shares.sum() ** 2 / (shares**2).sum()),
            "mean over runs weighted by probability; hull of Fieller's interval and that of lognormal weights",
            foreseen=interval,
        )

    def __add__(self, other: "DensityOfStates") -> "DensityOfStates":
        if self.by_run.shape[1:] != other.by_run.shape[1:]:
            raise BadInput(
                f"Densities of states over {self.m} and {other.m} training points and {self.n} and {other.n} "
                "evaluation points cannot be merged; use one problem for both."
            )
        return DensityOfStates(np.concatenate([self.by_run, other.by_run]))

    def _check(self, k: int) -> None:
        if not 0 <= k <= self.m:
            raise BadInput(f"Of {self.m} training points, 0 to {self.m} can be right, not {k}.")


def _ln_sum(ln: np.ndarray, axis: int) -> np.ndarray:
    """ln Σ e^ln, −inf if all are."""
    return np.asarray(logsumexp(ln, axis=axis))
