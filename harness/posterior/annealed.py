"""What independent runs of annealing found, there and back; the independent unit is the run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import log

import numpy as np
from scipy.special import logsumexp

from harness.distances.units import Runs
from harness.functions import ClusteredCounts, FunctionCounts
from harness.intervals import log_evidence
from harness.verdicts import Estimate, nothing_yet

# In nats: how far there and back may be apart where trajectories are long enough.
MOST_APART = 0.5


@dataclass(frozen=True, eq=False)
class AnnealedPosterior:
    """Functions on the evaluation inputs by run, with the evidence.

    clusters: one unit a run. by_run: (runs,) ln P(S), −inf where no particle fitted; e^by_run is without bias. back:
    (runs in which some did,) ln P(S) on the way back, too large where particles lag. levels: of each run.
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
        """ln P(S): halfway between there and back, with an interval from the lower end of the one to the upper end of
        the other, so that it holds where particles lag, too."""
        if not np.isfinite(self.by_run).all():
            return nothing_yet("ln P(S)", len(self.by_run), "independent runs")
        there, inverse = log_evidence(self.by_run.tolist()), log_evidence((-self.back).tolist())
        return replace(
            there,
            value=sum(self.ends) / 2,
            interval=lambda alpha: (there.interval(alpha)[0], -inverse.interval(alpha)[0]),
            method="lognormal means over runs, there and back; MOVER's lower end of there, its upper end of back",
        )

    @property
    def ends(self) -> tuple[float, float]:
        """ln P(S) on the way there, where lagging makes it too small, and on the way back, where it makes it too large;
        −inf and 0 where no run arrived."""
        return _log_mean(self.by_run), -_log_mean(-self.back) if len(self.back) else 0.0

    @property
    def agree(self) -> bool:
        """Whether there and back find the same."""
        there, back = self.ends
        return abs(back - there) <= MOST_APART

    def __add__(self, other: "AnnealedPosterior") -> "AnnealedPosterior":
        return AnnealedPosterior(
            self.clusters + other.clusters,
            np.concatenate([self.by_run, other.by_run]),
            np.concatenate([self.back, other.back]),
            max(self.levels, other.levels),
        )

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {
            **self.clusters.to_arrays(),
            "by_run": self.by_run,
            "back": self.back,
            "levels": np.array(self.levels),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "AnnealedPosterior":
        """The inverse of `to_arrays`."""
        clusters = {name: array for name, array in arrays.items() if name not in ("by_run", "back", "levels")}
        return cls(ClusteredCounts.from_arrays(clusters), arrays["by_run"], arrays["back"], int(arrays["levels"]))


def _log_mean(values: np.ndarray) -> float:
    """ln of the mean of what values are ln of."""
    return float(logsumexp(values)) - log(len(values))
