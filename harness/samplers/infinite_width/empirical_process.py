"""P_B(f|S) and P(S) if the kernel is known by Monte Carlo only: every independent unit has a kernel of its own.

The scatter of the units thus includes the kernel's error besides the sampler's. The noise of a kernel also biases
results that are curved functions of it: by a share of its variance, which falls as 1/networks and shows if the number
of networks is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import torch

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import empirical_nngp
from harness.samplers.infinite_width.orthant_evidence import IndependentLogits, OrthantEvidence, log_probability
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior, truncated_gaussian
from harness.samplers.sampler import Sampler

# Scramblings of a kernel: their error has to be small beside the kernel's.
_SCRAMBLINGS = 4


def processes(
    architecture: Architecture, problem: Problem, generator: torch.Generator, kernels: int, networks: int
) -> Iterator[GaussianProcess]:
    """Estimate an architecture's Gaussian process several times, independently.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        generator: source of randomness, on the device that computes.
        kernels: number of independent estimates.
        networks: networks of each estimate.

    Returns:
        The processes, one after the other.

    Raises:
        BadInput: if there is no kernel, or if a kernel has too few networks to be inverted.
    """
    problem.needs_two_classes("A Gaussian process")
    problem.needs_training_points("A Gaussian process")
    if not are_counts(kernels):
        raise BadInput(f"At least 1 kernel is needed, not {kernels}.")
    for _ in range(kernels):
        kernel = empirical_nngp(architecture, problem.inputs, networks, generator)
        yield GaussianProcess(kernel.mean, problem.train_y)


def posterior(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    kernels: int,
    networks: int,
    *,
    chains: int = 4,
    draws: int = 64,
) -> ChainsPosterior:
    """Sample P_B(f|S) with one independent unit per kernel.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        generator: source of randomness, on the device that computes.
        kernels: number of kernels by Monte Carlo; BadInput for a kernel of too few networks, which cannot be inverted.
        networks: networks of each kernel.
        chains: chains of each kernel.
        draws: functions of each chain.

    Returns:
        The functions by kernel.
    """
    found = (
        truncated_gaussian(process, generator, chains=chains, draws=draws).as_one_unit()
        for process in processes(architecture, problem, generator, kernels, networks)
    )
    return reduce(add, found)


def evidence(
    architecture: Architecture,
    problem: Problem,
    generator: torch.Generator,
    kernels: int,
    networks: int,
    *,
    points: int = 512,
) -> OrthantEvidence:
    """Estimate ln P(S) with one independent unit per kernel.

    Args:
        architecture: the networks.
        problem: S, of two classes.
        generator: source of randomness, on the device that computes.
        kernels: number of kernels by Monte Carlo; errors as of `posterior` and `log_probability`.
        networks: networks of each kernel.
        points: points of a trial scrambling, at the least; a power of 2.

    Returns:
        ln P(S) by kernel.
    """
    found = (
        log_probability(process, generator, runs=_SCRAMBLINGS, points=points).value
        for process in processes(architecture, problem, generator, kernels, networks)
    )
    return OrthantEvidence(np.array(list(found)))


@dataclass(frozen=True)
class EmpiricalPosterior(Sampler[ChainsPosterior]):
    """P_B(f|S) of Gaussian processes with kernels by Monte Carlo; one unit per kernel.

    chains: chains per shard, shared out over the kernels.
    draws: functions of each chain.
    kernels: kernels per shard.
    networks: networks of each kernel.
    """

    chains: int = 64
    draws: int = 64
    kernels: int = 16
    networks: int = 1000

    name = "posterior of Monte-Carlo kernels"
    fits_s = True
    result = ChainsPosterior

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"method": "exact"}

    def draw(self, generator: torch.Generator) -> ChainsPosterior:
        """One shard."""
        chains = max(self.chains // self.kernels, 1)
        return posterior(
            self.architecture, self.problem, generator, self.kernels, self.networks, chains=chains, draws=self.draws
        )

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.kernels * self.networks * (of.draw + of.p * of.forward + of.p**2 * of.features)


@dataclass(frozen=True)
class EmpiricalEvidence(Sampler[OrthantEvidence]):
    """ln P(S) of Gaussian processes with kernels by Monte Carlo; one unit per kernel.

    runs: kernels per shard.
    points: points of a trial scrambling, at the least.
    networks: networks of each kernel.
    """

    runs: int = 16
    points: int = 512
    networks: int = 1000

    name = "ln P(S) of Monte-Carlo kernels"
    fits_s = True
    result = OrthantEvidence

    def draw(self, generator: torch.Generator) -> OrthantEvidence:
        """One shard."""
        return evidence(self.architecture, self.problem, generator, self.runs, self.networks, points=self.points)

    def checked(self, sample: OrthantEvidence) -> OrthantEvidence:
        """The sample, with its draws; one point has either label with probability 1/2, whatever the kernel."""
        draws = _SCRAMBLINGS * 2 * self.points
        return (IndependentLogits(sample.values) if self.problem.m == 1 else sample).known_to(draws)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.runs * self.networks * (of.draw + of.p * of.forward + of.p**2 * of.features)
