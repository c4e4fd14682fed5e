"""P_B(f|S) of a Gaussian process, exactly: training logits from a truncated Gaussian, then evaluation logits.

Independent chains of exact Hamiltonian Monte Carlo. A trajectory of a quarter turn leaves almost no correlation: on
kernels of digits the autocorrelation time is below one trajectory for m = 16 … 1,000.
`benchmarks/speed/infinite_width.py` compares it with linear elliptical slice sampling and accept–reject with the
minimax tilt.
"""

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts
from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.merging import Merging
from harness.functions.packing import pack
from harness.functions.runs import Runs
from harness.functions.shown import Shown
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels.matrices import OWN, identity_in_the_limit
from harness.samplers.infinite_width.orthant import TiltedSampler
from harness.samplers.sampler import Sampler, argument

QUARTER_TURN = pi / 2
# On kernels of real data a trajectory has some 30 for m = 16 and 300 for m = 1,000.
_MOST_BOUNCES = 20_000


def move(z: Tensor, covariance: Tensor, factor: Tensor, generator: torch.Generator) -> Tensor:
    """Move every chain along one Hamiltonian trajectory of a quarter turn.

    Args:
        z: (chains, m) margins, none negative.
        covariance: (m, m) Σ of the margins.
        factor: (m, m) lower Cholesky factor of Σ.
        generator: source of randomness, on the device of z.

    Returns:
        (chains, m) margins at the trajectories' ends.

    Raises:
        Undecided: if a trajectory bounces too often to reach its end.
    """
    w = torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype) @ factor.T
    left = torch.full((len(z), 1), QUARTER_TURN, device=z.device, dtype=z.dtype)
    variance = covariance.diagonal()
    for _ in range(_MOST_BOUNCES):
        # A coordinate on its wall and moving away, 0/+, is met last; one that rounding would let through, −/0, at once.
        ratio, wall = (w / z).min(dim=1, keepdim=True)
        until = ratio.atan_().add_(pi / 2)
        reflected = until < left
        moving = bool(reflected.any())
        angle = torch.minimum(until, left)
        left -= angle
        cos, sin = angle.cos(), angle.sin()
        z, w = torch.addcmul(z * cos, w, sin), torch.addcmul(w * cos, z, sin, value=-1)
        z.clamp_(min=0)
        if not moving:
            return z
        z.scatter_(1, wall, z.gather(1, wall).masked_fill_(reflected, 0))
        kick = 2 * w.gather(1, wall) / variance[wall] * reflected
        w -= kick * covariance[wall[:, 0]]
    raise Undecided(
        f"A trajectory was not at its end after {_MOST_BOUNCES} bounces: the labels leave the logits so narrow a cone, "
        "as opposite labels of nearly equal inputs do, that Hamiltonian Monte-Carlo cannot sample it."
    )


# Tilted draws for each chain's start, of which one is taken.
_STARTS = 64


@dataclass(frozen=True, eq=False)
class ChainsPosterior(Shown, Merging):
    """Functions on the evaluation inputs by chain; the independent unit is the chain.

    clusters: one unit per chain.
    """

    clusters: ClusteredCounts

    @property
    def functions(self) -> FunctionCounts:
        """How often each function was drawn, over all chains."""
        return self.clusters.pooled()

    @classmethod
    def independent(cls, functions: FunctionCounts) -> "ChainsPosterior":
        """Independent draws: as many chains of one function each."""
        draws = functions.total
        words = np.repeat(functions.words, functions.counts, axis=0)
        return cls(ClusteredCounts.from_words(words, np.arange(draws), functions.n, draws))

    @property
    def sample(self) -> Runs | FunctionCounts:
        """The functions by chain, as the distances take them, with equal weights; pooled if each chain has one
        function.
        """
        if self.clusters.total == self.clusters.units:
            return self.functions
        return Runs(tuple(map(self.clusters.of_unit, range(self.clusters.units))))

    def as_one_unit(self) -> "ChainsPosterior":
        """The same draws as those of one chain, for chains that are not independent of each other."""
        functions = self.functions
        unit = np.zeros(functions.distinct, dtype=np.int64)
        return ChainsPosterior(ClusteredCounts(functions.n, 1, unit, functions.words, functions.counts))


def truncated_gaussian(
    process: GaussianProcess,
    generator: torch.Generator,
    *,
    chains: int = 64,
    draws: int = 64,
    burn_in: int = 10,
    dtype: torch.dtype = torch.float64,
) -> ChainsPosterior:
    """Sample the evaluation functions of a Gaussian process that fits S.

    Args:
        process: the Gaussian process with the labels of S.
        generator: source of randomness, on the device that computes.
        chains: number of independent chains.
        draws: functions of each chain, one per trajectory.
        burn_in: trajectories before the first function.
        dtype: precision of the trajectories.

    Returns:
        The functions by chain.

    Raises:
        BadInput: if a number is out of its range, or if there are no evaluation inputs.
        Undecided: if the labels leave the logits too narrow a cone.
    """
    if not are_counts(process.n, chains, draws) or not are_counts(burn_in, least=0):
        raise BadInput(
            "A truncated Gaussian takes at least 1 evaluation input, chain and draw, and no negative burn-in, not "
            f"n = {process.n}, chains = {chains}, draws = {draws}, burn_in = {burn_in}."
        )
    margins = margins_of_chains(process, generator, chains, draws, burn_in, dtype)
    weights, remainder = (
        torch.tensor(each, dtype=dtype, device=generator.device)
        for each in (process.weights * process.signs, process.remainder)
    )
    noise = torch.randn(chains, draws, process.n, generator=generator, dtype=dtype, device=generator.device)
    labels = margins @ weights.T + noise @ remainder.T > 0
    words = pack(labels.flatten(0, 1).cpu().numpy())
    return ChainsPosterior(ClusteredCounts.from_words(words, np.repeat(np.arange(chains), draws), process.n, chains))


def margins_of_chains(
    process: GaussianProcess,
    generator: torch.Generator,
    chains: int,
    draws: int,
    burn_in: int,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """Sample the margins (sign times logit) of the training points, given that all are positive.

    Args:
        process: the Gaussian process with the labels of S.
        generator: source of randomness, on the device that computes.
        chains: number of independent chains.
        draws: states of each chain.
        burn_in: trajectories before the first state.
        dtype: precision of the trajectories.

    Returns:
        (chains, draws, m) margins.
    """
    device = generator.device
    covariance = torch.tensor(process.margins, dtype=torch.float64)
    factor = torch.linalg.cholesky(covariance).to(device, dtype)
    covariance = covariance.to(device, dtype)
    z = torch.tensor(_starts(process, generator, chains), device=device, dtype=dtype).clamp_(min=0)
    states = []
    for trajectory in range(burn_in + draws):
        z = move(z, covariance, factor, generator)
        if trajectory >= burn_in:
            states.append(z)
    return torch.stack(states, dim=1)


def _starts(process: GaussianProcess, generator: torch.Generator, chains: int) -> np.ndarray:
    """(chains, m) margins: for each chain one of its own tilted draws, chosen in proportion to their weights."""
    uniform = torch.rand(chains * _STARTS, process.m, generator=generator, device=generator.device, dtype=torch.float64)
    margins, log_weights = TiltedSampler(process.margins).draw(uniform.clamp_(min=2.0**-53).cpu().numpy())
    gumbel = torch.rand(chains, _STARTS, generator=generator, device=generator.device, dtype=torch.float64)
    best = (log_weights.reshape(chains, _STARTS) - np.log(-np.log(gumbel.cpu().numpy() + 2.0**-54))).argmax(axis=1)
    return margins.reshape(chains, _STARTS, -1)[np.arange(chains), best]


@dataclass(frozen=True)
class TruncatedGaussian(Sampler[ChainsPosterior]):
    """P_B(f|S) of infinitely wide networks, exactly.

    process: the distribution of the networks' logits.
    by: the source of its kernel.
    chains: independent chains per shard.
    draws: functions of each chain.
    """

    process: GaussianProcess = argument(key=None)
    by: str = argument(key=None, default=OWN)
    chains: int = 64
    draws: int = 64

    name = "truncated Gaussian"
    fits_s = True
    result = ChainsPosterior

    @property
    def identity(self) -> dict[str, str]:
        """Architecture and problem in the address."""
        return identity_in_the_limit(self.architecture, self.problem, self.by)

    @property
    def arguments(self) -> dict[str, Any]:
        """Those of the address."""
        return super().arguments | {"method": "exact"}

    def draw(self, generator: torch.Generator) -> ChainsPosterior:
        """One shard."""
        return truncated_gaussian(self.process, generator, chains=self.chains, draws=self.draws)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        m, n, p = self.problem.m, self.problem.n, len(self.problem.inputs)
        return self.chains * self.draws * (m**2 + n * p) + p**3
