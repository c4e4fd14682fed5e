"""What independent runs of a particle sampler found; the independent unit is the run, never the particle."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, nan

import numpy as np

from harness.distances.units import Runs
from harness.functions import ClusteredCounts, FunctionCounts
from harness.intervals import log_evidence
from harness.verdicts import Estimate

# In nats. Beyond, a few runs have most of the weight (they are worth e^(−0.75²) of as many alike), and intervals over
# runs miss too often.
MOST_SCATTER = 0.75


@dataclass(frozen=True, eq=False)
class RunsPosterior:
    """Functions on the evaluation inputs by run, with the evidence on the way.

    clusters: one unit a run. curve: (runs, m + 1) each run's ln P(S_k) of the first k training points, −inf from where
    no particle was left. ancestors: (runs,) effective number of initial draws the last particles descend from.
    observed: (runs, k) means over a run's particles of what was observed of each, if anything was; NaN where none was
    left.
    """

    clusters: ClusteredCounts
    curve: np.ndarray
    ancestors: np.ndarray
    observed: np.ndarray | None = None

    @property
    def functions(self) -> FunctionCounts:
        """How often each function was held by a particle, over all runs."""
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
        """Standard deviation of ln P(S) over runs: inf where one lost all particles, NaN of one alone."""
        last = self.curve[:, -1]
        if not np.isfinite(last).all():
            return inf
        return float(last.std(ddof=1)) if len(last) > 1 else nan

    @property
    def agree(self) -> bool:
        """Whether the runs' evidences scatter so little that intervals over runs can be trusted."""
        return not self.scatter > MOST_SCATTER

    def __add__(self, other: "RunsPosterior") -> "RunsPosterior":
        return RunsPosterior(
            self.clusters + other.clusters,
            np.concatenate([self.curve, other.curve]),
            np.concatenate([self.ancestors, other.ancestors]),
            None
            if self.observed is None or other.observed is None
            else np.concatenate([self.observed, other.observed]),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        more = {} if self.observed is None else {"observed": self.observed}
        return {**self.clusters.to_arrays(), "curve": self.curve, "ancestors": self.ancestors, **more}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "RunsPosterior":
        """The inverse of `to_arrays`."""
        clusters = {name: array for name, array in arrays.items() if name not in ("curve", "ancestors", "observed")}
        return cls(ClusteredCounts.from_arrays(clusters), arrays["curve"], arrays["ancestors"], arrays.get("observed"))
