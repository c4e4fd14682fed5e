"""ln P(f|S) where the kernel is known by Monte Carlo only: every independent unit has kernels of its own.

The scatter of the units includes the kernel's error besides that of the orthants. The noise of a kernel biases the
logarithms by a share of its variance, which falls as 1/networks. Each unit removes it to first order: with θ the value
by the kernel of all its networks, and θ₁ and θ₂ by the kernels of either half of them, it is 2θ − (θ₁ + θ₂)/2
(Quenouille 1956).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.networks import Architecture
from harness.problems import Problem
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import empirical_nngp, with_least_jitter
from harness.samplers.infinite_width.log_volume import log_volumes, orthant_work
from harness.samplers.log_volumes import LogVolumes, digest
from harness.samplers.sampler import Sampler, argument

# Scramblings of a kernel: their error has to be small beside the kernel's.
_SCRAMBLINGS = 4


@dataclass(frozen=True, eq=False)
class LogVolumesOfKernels(LogVolumes):
    """ln P(f|S) of k functions, by independent kernels, each an unbiased estimate but for a second order.

    joint: (runs, k) each kernel's ln P(S ∪ f).
    evidences: (runs,) each kernel's ln P(S).
    """

    @staticmethod
    def _combined(values: np.ndarray) -> np.ndarray:
        """The mean of the logarithms, since these are what is unbiased."""
        return np.asarray(values.mean(axis=0))


def log_volumes_of_kernels(
    architecture: Architecture,
    problem: Problem,
    functions: np.ndarray,
    generator: torch.Generator,
    *,
    kernels: int = 8,
    networks: int = 1000,
    points: int = 128,
) -> LogVolumesOfKernels:
    """Estimate ln P(f|S) of functions by Gaussian processes with kernels by Monte Carlo.

    Args:
        architecture: the networks.
        problem: S and E, of two classes.
        functions: (k, n) labels on E, 0 or 1.
        generator: source of randomness, on the device that computes.
        kernels: number of independent kernels, at least 2.
        networks: networks of each kernel, at least 2; an odd one is left out.
        points: as of `log_volumes`.

    Returns:
        ln P(f|S), in the order of the functions.

    Raises:
        BadInput: if a number is out of its range, or the functions are no labels on E.
        NotAsked: if no network fits S.
        Undecided: if runs of an orthant disagree.
    """
    problem.needs_two_classes("A log volume")
    if not are_counts(kernels, networks, least=2):
        raise BadInput(
            "Log volumes by Monte-Carlo kernels take at least 2 kernels of at least 2 networks, not "
            f"{kernels} of {networks}."
        )

    def by(kernel: np.ndarray) -> np.ndarray:
        """(1 + k,) ln P(S), and ln P(S ∪ f) of each function."""
        process = GaussianProcess(with_least_jitter(kernel), problem.train_y)
        found = log_volumes(process, functions, generator, runs=_SCRAMBLINGS, points=points)
        return found.evidence + np.append(0.0, found.values)

    units = []
    for _ in range(kernels):
        one, two = (empirical_nngp(architecture, problem.inputs, networks // 2, generator).mean for _ in range(2))
        units.append(2 * by((one + two) / 2) - (by(one) + by(two)) / 2)
    found = np.array(units)
    return LogVolumesOfKernels(found[:, 1:], found[:, 0]).known_to(_SCRAMBLINGS * 2 * points)


@dataclass(frozen=True, eq=False)
class EmpiricalLogVolume(Sampler[LogVolumesOfKernels]):
    """ln P(f|S) of given functions under Gaussian processes with kernels by Monte Carlo; one unit per kernel.

    functions: (k, n) different functions; their digest is part of the address.
    kernels: kernels per shard.
    networks: networks of each kernel.
    points: points of a trial scrambling, at the least.
    """

    functions: np.ndarray = argument(key=None)
    kernels: int = 8
    networks: int = 1000
    points: int = 128

    name = "log volumes of Monte-Carlo kernels"
    fits_s = True
    result = LogVolumesOfKernels

    @property
    def grows(self) -> bool:
        """As of log volumes in closed form."""
        return False

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"functions": digest(self.functions)}

    def draw(self, generator: torch.Generator) -> LogVolumesOfKernels:
        """One shard."""
        return log_volumes_of_kernels(
            self.architecture,
            self.problem,
            self.functions,
            generator,
            kernels=self.kernels,
            networks=self.networks,
            points=self.points,
        )

    def checked(self, sample: LogVolumesOfKernels) -> LogVolumesOfKernels:
        """The sample, with its draws."""
        return sample.known_to(_SCRAMBLINGS * 2 * self.points)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        kernel = self.networks * (of.draw + of.p * of.forward + of.p**2 * of.features)
        orthants = 3 * orthant_work(of.m, of.p, len(self.functions), _SCRAMBLINGS, self.points)
        return self.kernels * (kernel + orthants)
