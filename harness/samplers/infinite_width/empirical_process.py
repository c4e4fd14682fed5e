"""P_B(f|S) and P(S) where the kernel is known by Monte Carlo only: every independent unit has a kernel of its own.

So the scatter of the units holds the kernel's error besides the sampler's. The noise of a kernel also moves what is
computed from it on average, as curved functions of noise do: by a share of its variance, which falls as 1/networks
and can be seen by asking with another number of them.
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
from harness.samplers.infinite_width.orthant import OrthantEvidence, scramblings
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior, truncated_gaussian
from harness.samplers.sampler import Sampler

# Scramblings of a kernel: their error has to be small beside the kernel's.
_SCRAMBLINGS = 4


def processes(
    architecture: Architecture, problem: Problem, generator: torch.Generator, kernels: int, networks: int
) -> Iterator[GaussianProcess]:
    """So many independent estimates of an architecture's Gaussian process, each from as many networks."""
    problem.needs_two_classes("A Gaussian process")
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
    """P_B(f|S) with one unit a kernel, of so many chains.

    BadInput where a kernel has too few networks to be inverted.
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
    points: int = 1024,
) -> OrthantEvidence:
    """ln P(S) with one unit a kernel; errors as of `posterior` and `scramblings`."""
    found = (
        scramblings(process, generator, runs=_SCRAMBLINGS, points=points).estimate("scramblings").value
        for process in processes(architecture, problem, generator, kernels, networks)
    )
    return OrthantEvidence(np.array(list(found)))


@dataclass(frozen=True)
class EmpiricalPosterior(Sampler[ChainsPosterior]):
    """P_B(f|S) of Gaussian processes whose kernels are found by Monte Carlo; one unit a kernel.

    chains: per shard, shared out over the kernels. draws: functions of each chain. kernels: per shard. networks:
    of each kernel.
    """

    chains: int = 64
    draws: int = 64
    kernels: int = 16
    networks: int = 1000

    name = "posterior of Monte-Carlo kernels"
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


@dataclass(frozen=True)
class EmpiricalEvidence(Sampler[OrthantEvidence]):
    """ln P(S) of Gaussian processes whose kernels are found by Monte Carlo; one unit a kernel.

    runs: kernels per shard. points: of each scrambling. networks: of each kernel.
    """

    runs: int = 16
    points: int = 1024
    networks: int = 1000

    name = "ln P(S) of Monte-Carlo kernels"
    result = OrthantEvidence

    def draw(self, generator: torch.Generator) -> OrthantEvidence:
        """One shard."""
        return evidence(self.architecture, self.problem, generator, self.runs, self.networks, points=self.points)
