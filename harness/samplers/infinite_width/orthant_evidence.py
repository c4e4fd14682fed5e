"""ln P(S) of infinitely wide networks by independent estimates of an orthant, the independent units."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch

from harness.errors import Undecided
from harness.functions.merging import Merging
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.orthant import TIES
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
    draws: (units,) draws of each, at the least; None if they are not known.
    """

    values: np.ndarray
    draws: np.ndarray | None = None

    # Units that coincide have perhaps all missed where the weights differ, as between two inputs that nearly coincide.
    exact: ClassVar[bool] = False

    def estimate(self, unit: str) -> Estimate:
        """Estimate ln P(S), with an error of at least 1/draws; unit: name of the independent units, plural."""
        least = 0.0 if self.draws is None or self.exact else 1 / float(self.draws.sum())
        return log_evidence(self.values.tolist(), unit=unit, exact=self.exact, least_error=least)

    def known_to(self, draws: int) -> Self:
        """The same with this many draws for each unit, which earlier versions did not store.

        A weight that so few draws hardly ever meet, as between two inputs that nearly coincide, shows in no scatter.
        """
        return replace(self, draws=np.full(len(self.values), draws))


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
    kind = IndependentLogits if process.independent else OrthantEvidence
    return kind(found).known_to(2 * points).estimate("scramblings")


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

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"ties": TIES}

    def draw(self, generator: torch.Generator) -> OrthantEvidence:
        """One shard."""
        return OrthantEvidence(log_estimates(self.process.margins, generator, runs=self.runs, points=self.points))

    def checked(self, sample: OrthantEvidence) -> OrthantEvidence:
        """The sample, with its draws; Undecided if its scramblings disagree though trial ones agreed."""
        if scatter(sample.values) > MOST_SCATTER:
            raise Undecided(
                f"Scramblings of an orthant disagree: ln P(S) scatters by {scatter(sample.values):.2g} nats over "
                f"{len(sample.values)} of them, though trial ones agreed; more points would decide it."
            )
        return (IndependentLogits(sample.values) if self.process.independent else sample).known_to(2 * self.points)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        m = self.problem.m
        return (2 * self.runs + TRIALS) * self.points * m * (m + INTEGRAL)
