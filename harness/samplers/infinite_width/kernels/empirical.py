"""Kernels of finite networks at initialisation, of any architecture, with their Monte-Carlo errors.

Networks are drawn as in `harness.networks.ensemble`; each gives one matrix, and the mean of these matrices is the
kernel. Networks are the independent units.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts, is_one_of, short_repr
from harness.errors import BadInput
from harness.execution.memory import block_that_fits
from harness.functions.brief import Brief
from harness.networks import Architecture, Parameter
from harness.networks.ensemble import Draws, activations, block_size, blocks, of_layer, sampling_inputs, size
from harness.networks.gradients import gradients
from harness.networks.logits import finite
from harness.samplers.infinite_width.kernels.checks import finite_inputs
from harness.samplers.prior import ensembles
from harness.samplers.sampler import Sampler, argument

# Largest number of entries of a block's matrices, and of its Jacobians: they stay in a core's share of the cache.
_NUMBERS = 2**20


@dataclass(frozen=True, eq=False)
class EmpiricalKernel(Brief):
    """Mean of a matrix over networks, with its scatter.

    mean: (points, points) float64.
    deviations: (points, points) sum of squared deviations from the mean.
    networks: number of networks.
    """

    mean: np.ndarray
    deviations: np.ndarray
    networks: int

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of each entry of the mean, (points, points); infinite for a single network."""
        if self.networks < 2:
            return np.full_like(self.mean, np.inf)
        return np.sqrt(self.deviations / (self.networks - 1) / self.networks)

    def __add__(self, other: "EmpiricalKernel") -> "EmpiricalKernel":
        """The kernel of both sets of networks: Chan, Golub & LeVeque 1983, Am. Stat. 37:242."""
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
    """Estimate the covariance of the logits at initialisation from draws of the hidden layers.

    The mean over last layers is exact: given the features φ, a logit has covariance w²·φφ' + b², with w and b the
    standard deviations of the contributions of the readout's weights and its bias. Its error is smaller than that of
    products of logits, and zero without hidden layers.

    Args:
        architecture: the networks.
        inputs: (points, ...) as problems hold them.
        networks: number of hidden draws.
        generator: source of randomness, on the device that computes.
        block: networks at a time; None keeps them in cache. On a CPU the result depends on it by rounding only.

    Returns:
        The kernel with its standard errors.
    """
    return summary(matrices_of_nngp(architecture, inputs, networks, generator, block))


def matrices_of_nngp(
    architecture: Architecture,
    inputs: np.ndarray,
    networks: int,
    generator: torch.Generator,
    block: int | None = None,
) -> Iterator[Tensor]:
    """Compute the covariance of the logits given each draw of the hidden layers.

    Args:
        architecture: the networks.
        inputs: (points, ...) as problems hold them.
        networks: number of hidden draws.
        generator: source of randomness, on the device that computes.
        block: networks at a time; None keeps them in cache.

    Returns:
        (networks, points, points) block by block.
    """
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
    """Inputs of finite numbers, or of whole numbers if they are tokens."""
    tokens = getattr(architecture, "vocabulary", None) is not None
    return finite_inputs(inputs, np.int64 if tokens else np.float32)


def _readout_deviations(
    architecture: Architecture, table: Mapping[str, Parameter], features: Tensor
) -> tuple[float, float]:
    """Standard deviations of the contributions of one unit of value 1 and of the bias to a logit.

    A readout is linear, and all its weights have the same distribution: with every parameter at its standard deviation,
    the logit of no units is the bias's contribution, and that of one unit exceeds it by the weight's.
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
    """Estimate inner products of the gradients of one logit over all parameters, in the architecture's own
    parametrisation.

    A network costs as many backward passes as there are points, and its Jacobian, (points, size) float32, is held
    whole.

    Args:
        architecture: the networks.
        inputs: (points, ...) as problems hold them.
        networks: number of networks.
        generator: source of randomness, on the device that computes.
        block: networks at a time; None for as many as fit into memory. On a CPU the result depends on it by rounding
            only.

    Returns:
        The kernel with its standard errors.

    Raises:
        BadInput: if there is no network.
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
    """The mean over matrices (networks, points, points), which come block by block, with its scatter."""

    def of_block(block: Tensor) -> EmpiricalKernel:
        mean = finite(block).mean(0)
        # Products in float32 are symmetric but for rounding.
        mean = (mean + mean.mT) / 2
        return EmpiricalKernel(mean.cpu().numpy(), (block - mean).square_().sum(0).cpu().numpy(), len(block))

    return reduce(add, map(of_block, matrices))


@dataclass(frozen=True)
class EmpiricalKernelSampler(Sampler[EmpiricalKernel]):
    """NNGP kernel or NTK of S, then E, by Monte Carlo with standard errors.

    kernel: "nngp" or "ntk".
    networks: networks per shard.
    """

    kernel: str = argument(key=None, default="nngp")
    networks: int = 1000

    result = EmpiricalKernel

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_one_of(self.kernel, EMPIRICAL):
            raise BadInput(f"A kernel is nngp or ntk, not {short_repr(self.kernel)}; choose one of these.")

    @property
    def name(self) -> str:
        """Name in the address."""
        return f"{self.kernel} by Monte Carlo"

    def draw(self, generator: torch.Generator) -> EmpiricalKernel:
        """One shard."""
        return EMPIRICAL[self.kernel](self.architecture, self.problem.inputs, self.networks, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        entry = of.parameters if self.kernel == "ntk" else of.features
        return self.networks * (of.draw + of.p * of.forward + of.p**2 * entry)


EMPIRICAL = {"nngp": empirical_nngp, "ntk": empirical_ntk}
