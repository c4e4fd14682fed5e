"""ln P(S) of infinitely wide networks by independent estimates of an orthant, the independent units."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from harness.errors import Undecided
from harness.functions.merging import Merging
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.settled_orthant import TRIALS, log_estimates
from harness.samplers.posterior.samples import MOST_SCATTER, scatter
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import INTEGRAL
from harness.verdicts import Estimate
from harness.verdicts.intervals import log_evidence


@dataclass(frozen=True, eq=False)
class OrthantEvidence(Merging):
    """ln P(S) by independent units.

    values: (units,) ln of each unit's estimate of P(S).
    """

    values: np.ndarray

    # Units that coincide have perhaps all missed where the weights differ, as between two inputs that nearly coincide.
    exact: ClassVar[bool] = False

    def estimate(self, unit: str) -> Estimate:
        """Estimate ln P(S); unit: name of the independent units, plural."""
        return log_evidence(self.values.tolist(), unit=unit, exact=self.exact)


class IndependentLogits(OrthantEvidence):
    """ln P(S) of logits that are known to be independent: each unit finds −m ln 2, exactly."""

    exact = True


def log_probability(
    process: GaussianProcess, generator: torch.Generator, *, runs: int = 16, points: int = 512
) -> Estimate:
    """Estimate ln P(S) of a Gaussian process.

    Args:
        process: the Gaussian process with the labels of S; errors as of `log_estimates`.
        generator: source of randomness.
        runs: number of scramblings, the independent units.
        points: points of a trial scrambling, at the least; a power of 2. Those counted have twice as many.

    Returns:
        ln P(S) in nats.
    """
    found = log_estimates(process.margins, generator, runs=runs, points=points)
    return (IndependentLogits if process.independent else OrthantEvidence)(found).estimate("scramblings")


@dataclass(frozen=True)
class Orthant(Sampler[OrthantEvidence]):
    """ln P(S) of infinitely wide networks, up to a Monte-Carlo error.

    process: the distribution of the networks' logits.
    by: the source of its kernel.
    runs: scramblings per shard.
    points: points of a trial scrambling, at the least; those counted have twice as many.
    """

    process: GaussianProcess = argument(key=None)
    by: str = argument(key=None, default=OWN)
    runs: int = 16
    points: int = 512

    name = "orthant"
    fits_s = True
    result = OrthantEvidence

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    def draw(self, generator: torch.Generator) -> OrthantEvidence:
        """One shard."""
        return OrthantEvidence(log_estimates(self.process.margins, generator, runs=self.runs, points=self.points))

    def checked(self, sample: OrthantEvidence) -> OrthantEvidence:
        """The sample; Undecided if its scramblings disagree though trial ones agreed."""
        if scatter(sample.values) > MOST_SCATTER:
            raise Undecided(
                f"Scramblings of an orthant disagree: ln P(S) scatters by {scatter(sample.values):.2g} nats over "
                f"{len(sample.values)} of them, though trial ones agreed; more points would decide it."
            )
        return IndependentLogits(sample.values) if self.process.independent else sample

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        m = self.problem.m
        return (2 * self.runs + TRIALS) * self.points * m * (m + INTEGRAL)
