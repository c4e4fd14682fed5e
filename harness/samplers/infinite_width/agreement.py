"""P_B(f|S) of a single training point, exact up to the draws of the hidden layers.

Given the hidden layers two logits are Gaussian with correlation ρ, and their signs agree with probability 1/2 +
arcsin(ρ)/π (Sheppard 1899). Labels are as likely as their opposites, so this is the probability that input j has the
label of input i under the posterior whose training set is i alone. At finite width it is averaged over hidden draws; at
infinite width ρ is that of the NNGP kernel.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import Architecture
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernel, matrices_of_nngp, summary
from harness.samplers.sampler import Sampler
from harness.samplers.work import ENTRY
from harness.verdicts import Estimate


def agreement(kernel: np.ndarray) -> np.ndarray:
    """(..., points, points) probabilities that two labels agree, from kernels of that shape."""
    deviation = np.sqrt(np.diagonal(kernel, axis1=-2, axis2=-1))
    correlation = kernel / deviation[..., :, None] / deviation[..., None, :]
    return 0.5 + np.arcsin(np.clip(correlation, -1, 1)) / np.pi


def empirical_agreement(
    architecture: Architecture, inputs: np.ndarray, networks: int, generator: torch.Generator
) -> EmpiricalKernel:
    """Estimate label agreement at finite width: the mean over hidden draws of the agreement given each.

    Args:
        architecture: the networks.
        inputs: (points, ...) as problems hold them.
        networks: number of hidden draws.
        generator: source of randomness, on the device that computes.

    Returns:
        (points, points) probabilities with their standard errors.
    """

    def of_draws(kernels: torch.Tensor) -> torch.Tensor:
        return torch.tensor(agreement(kernels.cpu().numpy()))

    return summary(map(of_draws, matrices_of_nngp(architecture, inputs, networks, generator)))


def distance_to(exact: np.ndarray, found: EmpiricalKernel, quantity: str) -> Estimate:
    """Estimate the root mean square, over pairs of different points, of the difference between drawn and exact matrix.

    The mean's error ε has variances that are known well from so many draws, and ‖difference‖ − ‖ε‖ ≤ ‖truth‖ ≤
    ‖difference‖ + ‖ε‖. Of all Gaussian errors of one total variance, one along a single direction has the heaviest tail
    (Székely & Bakirov 2003, for a tail of at most 0.2), so its quantile is conservative whatever the correlations.

    Args:
        exact: (points, points) matrix.
        found: the matrix of the same points by Monte Carlo.
        quantity: name of the distance in the report.

    Returns:
        The estimate, with its noise floor.

    Raises:
        BadInput: if the shapes differ or there are fewer than 2 points.
    """
    pairs = np.triu_indices(len(exact), 1)
    if exact.shape != found.mean.shape or not len(pairs[0]):
        raise BadInput(
            f"A distance takes matrices of one shape and at least 2 points, not {exact.shape} and {found.mean.shape}."
        )
    apart2 = float(((found.mean - exact)[pairs] ** 2).mean())
    noise2 = float((found.standard_error[pairs] ** 2).mean())
    value2 = max(apart2 - noise2, 0.0)

    def foreseen(alpha: float, growth: float) -> tuple[float, float]:
        away = float(stats.t.isf(min(alpha, 0.4) / 4, found.networks * growth - 1)) * sqrt(noise2 / growth)
        norm = sqrt(apart2) if growth == 1 else sqrt(value2 + noise2 / growth)
        return max(norm - away, 0.0), norm + away

    return Estimate(
        quantity,
        sqrt(value2),
        lambda alpha: foreseen(alpha, 1.0),
        found.networks,
        "hidden draws",
        float(found.networks),
        "root mean square less its noise; triangle inequality with the heaviest tail an error of this size can have",
        noise_floor=sqrt(noise2),
        foreseen=foreseen,
    )


@dataclass(frozen=True)
class LabelAgreement(Sampler[EmpiricalKernel]):
    """P_B of label agreement at finite width, for each input of S and E as the only training point: (m + n, m + n).

    networks: hidden draws per shard.
    """

    networks: int

    name = "posteriors of one point"
    result = EmpiricalKernel

    def draw(self, generator: torch.Generator) -> EmpiricalKernel:
        """One shard."""
        return empirical_agreement(self.architecture, self.problem.inputs, self.networks, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.networks * (of.draw + of.p * of.forward + ENTRY * of.p**2)
