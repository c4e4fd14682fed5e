"""Samples of functions as the distances take them: with their independent units."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.brief import Brief
from harness.functions.counts import Origin, check_same_inputs


@dataclass(frozen=True, eq=False)
class Runs(Brief):
    """Independent runs of a sampler whose draws within a run are not independent, such as particles.

    runs: functions of each run. weights: (runs,) positive weight of each run, such as its estimate of the evidence;
    None: equal weights.
    """

    runs: tuple[FunctionCounts, ...]
    weights: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if not self.runs or any(run.total == 0 for run in self.runs):
            raise BadInput(
                "Runs are compared by the functions they drew: give at least one run, and leave out empty ones."
            )
        if len({run.n for run in self.runs}) > 1:
            raise BadInput("Runs on different numbers of inputs cannot be pooled; use one problem for all.")
        if len({run.classes for run in self.runs}) > 1:
            raise BadInput("Runs of different numbers of classes cannot be pooled; use one problem for all.")
        check_same_inputs(*(run.origin for run in self.runs))
        if self.weights is not None and (len(self.weights) != len(self.runs) or not min(self.weights) > 0):
            raise BadInput(f"Give each of the {len(self.runs)} runs one positive weight.")

    @classmethod
    def by_evidence(cls, clusters: ClusteredCounts, evidence: np.ndarray) -> "Runs":
        """Make each unit of the clusters a run whose weight is its evidence.

        evidence: (units,) ln P(S) of each unit; −inf for a unit without particles, which is left out. The weighted mean
        over runs has only the bias of a ratio, which falls with the number of runs; with equal weights it would keep
        the bias that each run has because its particles are few.
        """
        alive = np.flatnonzero(np.isfinite(evidence))
        runs = tuple(clusters.of_unit(run) for run in alive.tolist())
        return cls(runs, tuple(np.exp(evidence[alive] - evidence[alive].max(initial=-np.inf))))

    @property
    def n(self) -> int:
        """Evaluation inputs."""
        return self.runs[0].n

    @property
    def classes(self) -> int:
        """Labels a function may have."""
        return self.runs[0].classes

    @property
    def origin(self) -> Origin | None:
        """Where the functions are from; None: not known."""
        return self.runs[0].origin

    @cached_property
    def words(self) -> np.ndarray:
        """(entries, words) functions of one run after the other."""
        return np.concatenate([run.words for run in self.runs])

    @cached_property
    def unit(self) -> np.ndarray:
        """(entries,) the run of each entry."""
        return np.repeat(np.arange(len(self.runs)), [run.distinct for run in self.runs])

    @cached_property
    def measure(self) -> np.ndarray:
        """(entries,) share of each function in its run, times the run's weight."""
        weights = np.ones(len(self.runs)) if self.weights is None else np.array(self.weights) / max(self.weights)
        return np.concatenate([w * run.probabilities() for w, run in zip(weights, self.runs, strict=True)])


Sample = FunctionCounts | ClusteredCounts | Runs
# A jackknife of fewer units is worth nothing.
LEAST_UNITS = 4
