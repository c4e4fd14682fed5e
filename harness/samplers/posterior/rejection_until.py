"""P_B(f|S) by rejection until enough networks were kept, for samples on many training sets of unequal P(S)."""

from dataclasses import dataclass

import numpy as np
import torch

from harness.functions import ClusteredCounts
from harness.samplers.posterior.rejection import RejectionPosterior, rejection, rejection_work
from harness.samplers.sampler import Sampler

# −log₂ P(S) = a·mᵇ at most, as measured on the training sets of claims: 8 to 9.5 bits at m = 16, 9.5 to 12.6 at 32. By
# chance it would be m.
_BITS = 1.5, 0.63


@dataclass(frozen=True)
class RejectionUntil(Sampler[RejectionPosterior]):
    """P_B(f|S) by rejection, in rounds, until the hidden draws that kept any count as at least so many by their sizes.

    What is kept in one round does not depend on the others, and the number of rounds on how much is kept, not on which
    functions: functions have the distribution P_B but for a bias of the order of one unit among all.

    effective: number of hidden draws of equal size that would be as precise (Kish 1965).
    last_layers: last layers per hidden draw.
    draws: hidden draws of a round.
    rounds: the most rounds; with few networks kept after these, few are returned.
    """

    effective: int = 300
    last_layers: int = 64
    draws: int = 1000
    rounds: int = 400

    name = "rejection until kept"
    fits_s = True
    result = RejectionPosterior

    def draw(self, generator: torch.Generator) -> RejectionPosterior:
        """One shard."""
        found = self._round(generator)
        for _ in range(self.rounds - 1):
            if effective_size(found.clusters) >= self.effective:
                break
            found = found + self._round(generator)
        return found

    def _round(self, generator: torch.Generator) -> RejectionPosterior:
        return rejection(self.architecture, self.problem, self.draws, generator, last_layers=self.last_layers)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        bits = min(self.problem.m, _BITS[0] * self.problem.m ** _BITS[1])
        expected = self.effective * 2**bits / self.last_layers / self.draws
        return rejection_work(self.shape, int(self.draws * min(max(expected, 1), self.rounds)), self.last_layers)


def effective_size(clusters: ClusteredCounts) -> float:
    """Effective number of units of unequal size (Kish 1965): (Σ size)²/Σ size²; 0 if nothing was kept."""
    sizes = np.bincount(clusters.unit, clusters.counts)
    return float(sizes.sum() ** 2 / max((sizes**2).sum(), 1.0))
