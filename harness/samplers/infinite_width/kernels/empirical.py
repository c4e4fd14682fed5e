"""Kernels of finite networks at initialisation, of any architecture, with their Monte-Carlo errors.

Networks are drawn as everywhere (`harness.networks.ensemble`); each gives one matrix, and the mean of these matrices is
the kernel. Networks are the independent units.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.execution.memory import block_that_fits
from harness.networks import Architecture, Parameter
from harness.networks.ensemble import Draws, activations, block_size, blocks, of_layer, sampling_inputs, size
from harness.networks.gradients import gradients
from harness.samplers.infinite_width.kernels.checks import finite_inputs
from harness.samplers.prior import ensembles
from harness.samplers.sampler import Sampler, argument

# Numbers a block's matrices, and Jacobians, may have: what stays in a core's share of the cache.
_NUMBERS = 2**20


@dataclass(frozen=True, eq=False)
class EmpiricalKernel:
    """Mean over networks of a matrix (points, points) float64, and the sum of its squared deviations from the mean."""

    mean: np.ndarray
    deviations: np.ndarray
    networks: int

    @property
    def standard_error(self) -> np.ndarray:
        """Of each entry of the mean, (points, points); infinite from a single network."""
        if self.networks < 2:
            return np.full_like(self.mean, np.inf)
        return np.sqrt(self.deviations / (self.networks - 1) / self.networks)

    def __add__(self, other: "EmpiricalKernel") -> "EmpiricalKernel":
        """Of both sets of networks: Chan, Golub & LeVeque 1983, Am. Stat. 37:242."""
        networks, apart = self.networks + other.networks, other.mean - self.mean
        mean = self.mean + apart * (other.networks / networks)
        between = apart**2 * (self.networks * other.networks / networks)
        return EmpiricalKernel(mean, self.deviations + other.deviations + between, networks)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays for the store."""
        return {"mean": self.mean, "deviations": self.deviations, "networks": np.array(self.networks)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "EmpiricalKernel":
        """The inverse of `to_arrays`."""
        return cls(arrays["mean"], arrays["deviations"], int(arrays["networks"]))


def empirical_nngp(
    architecture: Architecture,
    inputs: np.ndarray,
    networks: int,
    generator: torch.Generator,
    *,
    block: int | None = None,
) -> EmpiricalKernel:
    """Covariance of the logits at initialisation, from `networks` draws of the hidden layers.

    inputs: (points, ...) as problems hold them. generator: of the device to draw on; on a CPU the result depends on
    `block` (networks at a time) by rounding only. The mean over last layers is taken exactly: given the features φ, a
    logit has covariance w²·φφ' + b², w and b the standard deviations of what the readout's weights and its bias
    contribute. That has a smaller error than products of logits, and none without hidden layers.
    """
    return summary(matrices_of_nngp(architecture, inputs, networks, generator, block))


def matrices_of_nngp(
    architecture: Architecture,
    inputs: np.ndarray,
    networks: int,
    generator: torch.Generator,
    block: int | None = None,
) -> Iterator[Tensor]:
    """The covariance of the logits given each draw of the hidden layers, (networks, points, points) block by block."""
    x = sampling_inputs(architecture, _checked(architecture, inputs), generator.device)
    table = architecture.parameters(tuple(x.shape[1:]))
    if block is None:
        in_cache = block_size(table, len(x), generator.device, activations(architecture, x))
        block = min(in_cache, block_that_fits(max(_NUMBERS // len(x) ** 2, 1)))
    for parameters in ensembles(architecture, x, networks, 1, generator, block):
        with torch.inference_mode():
            features = architecture.features(parameters, x)
            weight, bias = _readout_deviations(architecture, table, features)
            yield weight**2 * (features @ features.mT).double() + bias**2


def _checked(architecture: Architecture, inputs: np.ndarray) -> np.ndarray:
    """Finite numbers, or whole ones where they are tokens."""
    tokens = getattr(architecture, "vocabulary", None) is not None
    return finite_inputs(inputs, np.int64 if tokens else np.float32)


def _readout_deviations(
    architecture: Architecture, table: Mapping[str, Parameter], features: Tensor
) -> tuple[float, float]:
    """Standard deviation of what one unit of value 1 adds to a logit, and of what the bias adds.

    A readout is linear, and all its weights are drawn alike: with every parameter at its standard deviation, the logit
    of no units is the bias's, and that of one unit is more by the weight's.
    """
    at_std = {
        name: features.new_full((1, *parameter.shape), parameter.std)
        for name, parameter in of_layer(table, "readout").items()
    }
    none_and_one = features.new_zeros(1, 2, features.shape[-1])
    none_and_one[0, 1, 0] = 1
    none, one = architecture.readout(at_std, none_and_one)[0, :, 0].double().tolist()
    return one - none, none


def empirical_ntk(
    architecture: Architecture,
    inputs: np.ndarray,
    networks: int,
    generator: torch.Generator,
    *,
    block: int | None = None,
) -> EmpiricalKernel:
    """Inner products over all parameters of the gradients of one logit, in the architecture's own parametrisation.

    Arguments as of `empirical_nngp`. A network's cost is that of as many backward passes as there are points, and its
    Jacobian, (points, size) float32, is held whole.
    """
    if not are_counts(networks):
        raise BadInput(f"A kernel by Monte Carlo takes at least 1 network, not {networks}.")
    # The inputs as they are: those of least dimension have other norms, which first-layer gradients are as long as.
    x = torch.tensor(architecture.prepare(_checked(architecture, inputs)), device=generator.device)
    table, points = architecture.parameters(tuple(x.shape[1:])), len(x)
    block = block or block_that_fits(max(_NUMBERS // (points * size(table)), 1))
    stream = Draws(table, architecture.distribution, generator)

    def matrices() -> Iterable[Tensor]:
        for k in blocks(networks, block):
            rows = stream.take(k)
            # One copy of a network for each point, so that each has a gradient of its own.
            copies = rows.repeat_interleave(points, dim=0)
            alone = x[:, None].repeat(k, *[1] * x.ndim)
            jacobian = gradients(architecture, table, copies, alone, torch.ones_like).view(k, points, -1)
            yield (jacobian @ jacobian.mT).double()

    return summary(matrices())


def summary(matrices: Iterable[Tensor]) -> EmpiricalKernel:
    """Their mean; matrices: (networks, points, points) block by block."""

    def of_block(block: Tensor) -> EmpiricalKernel:
        mean = block.mean(0)
        # Products in float32 are symmetric but for rounding.
        mean = (mean + mean.mT) / 2
        return EmpiricalKernel(mean.cpu().numpy(), (block - mean).square_().sum(0).cpu().numpy(), len(block))

    return reduce(add, map(of_block, matrices))


@dataclass(frozen=True)
class EmpiricalKernelSampler(Sampler[EmpiricalKernel]):
    """NNGP kernel or NTK of S, then E, by Monte Carlo with standard errors.

    kernel: "nngp" or "ntk". networks: per shard.
    """

    kernel: str = argument(key=None, default="nngp")
    networks: int = 1000

    result = EmpiricalKernel

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel not in EMPIRICAL:
            raise BadInput(f"A kernel is nngp or ntk, not {self.kernel!r}; choose one of these.")

    @property
    def name(self) -> str:
        """What it is called in the address."""
        return f"{self.kernel} by Monte Carlo"

    def draw(self, generator: torch.Generator) -> EmpiricalKernel:
        """One shard."""
        return EMPIRICAL[self.kernel](self.architecture, self.problem.inputs, self.networks, generator)


EMPIRICAL = {"nngp": empirical_nngp, "ntk": empirical_ntk}
