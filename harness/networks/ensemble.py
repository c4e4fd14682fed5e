"""Many networks of one architecture at once: every parameter carries a leading axis "networks".

An architecture lists the parameters of one network with their initial distribution, and computes the features of an
ensemble; this file draws ensembles and gives the number of networks whose block stays in cache.
"""

from collections.abc import Callable, Iterator, Mapping
from math import prod, sqrt
from typing import NamedTuple, Protocol, TypeVar, cast, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from harness.arguments import counts
from harness.execution.machine import memory_bytes
from harness.execution.memory import block_that_fits
from harness.networks.inheritance import is_rotation_invariant

# Rows of random numbers are padded to this length: torch fills normal numbers sixteen at a time and redraws a
# shorter tail, so only padded rows make the draws of a network independent of the block it is drawn in.
_DRAW_ALIGNMENT = 16

# A block's parameters and activations should fit in a core's share of the last-level cache. Smaller blocks would fit
# nearer ones but spend more on calls than they gain: see benchmarks/speed/networks.py.
_CACHE_BYTES = 6 * 2**20

# glibc gives each freed block back to the kernel, and the next one costs a page fault every 4 KiB, until it has seen a
# block freed that is larger: one of nearly the 32 MiB that it counts up to, never written to, ends that for good.
torch.empty(31 * 2**20, dtype=torch.uint8)


class Parameter(NamedTuple):
    """One parameter tensor of one network: its shape and the standard deviation it is drawn with (0: it starts at 0).

    distribution: "gaussian" or "uniform", in an architecture whose own is "mixed"; elsewhere the architecture's holds.
    """

    shape: tuple[int, ...]
    std: float
    distribution: str = "gaussian"


class Architecture(Protocol):
    """The interface of every architecture; see `fully_connected.py` for the simplest one."""

    @property
    def name(self) -> str:
        """Stable identifier: it keys the store and the history."""

    @property
    def distribution(self) -> str:
        """Shape of the initialisation's distribution: gaussian, uniform, binary or, parameter by parameter, mixed."""

    @property
    def rotation_invariant(self) -> bool:
        """Whether the logits' distribution depends on the inputs through their Gram matrix only."""

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) as problems hold them -> (points, ...) as `features` takes them."""

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Every parameter of one network on prepared inputs of that shape; names of the last layer begin with
        "readout.".
        """

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, ...) or (networks, points, ...) -> last hidden layer (networks, points, features)."""

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, features) -> logits (networks, points, outputs)."""


class DifferentiatedByHand(Protocol):
    """An optional part of an architecture: a backward pass of its own, faster than automatic differentiation."""

    def gradients(
        self, parameters: Mapping[str, Tensor], x: Tensor, slope: Callable[[Tensor], Tensor]
    ) -> dict[str, Tensor]:
        """Gradient of each network's loss, parameter by parameter.

        Args:
            parameters: of an ensemble, by name.
            x: inputs (points, ...) or (networks, points, ...).
            slope: logits -> derivatives of the loss by the logits, both (networks, points), with several outputs
                (networks, points, outputs).

        Returns:
            The gradients under the parameters' names, of the parameters' shapes.
        """


class ScalesRates(Protocol):
    """An optional part of an architecture, whose parametrisation sets how fast each parameter learns."""

    def learning_rates(self, input_shape: tuple[int, ...], adaptive: bool) -> dict[str, float]:
        """Factor of the learning rate for each parameter, on prepared inputs of this shape.

        adaptive: for steps that do not grow with the gradient, such as Adam's.
        """


class SharesWeights(Protocol):
    """An optional part of an architecture that uses its weights in many places, at each pixel or token."""

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Approximate number of values that a network holds at a time for one prepared input of this shape."""


@runtime_checkable
class Layered(Protocol):
    """An architecture whose layers are linear in their own parameters and in each unit of the layer below.

    The last axis of a layer's parameters is its units. When some units' parameters move, their preactivations move
    along, and the next layer's with them, at no product of whole layers. Layers are numbered from the inputs; the one
    after the last hidden layer is the readout.
    """

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers, the readout last; names of their parameters begin with these and a dot."""

    @property
    def ties(self) -> bool:
        """Whether a logit may be exactly 0 at initialisation: if all units below are dead and there is no bias, or if
        weights of equal size cancel.
        """

    @property
    def units_apart(self) -> bool:
        """Whether a unit's value depends on its own z alone, so that some units can move without the others; layer
        normalisation ties them together.
        """

    def linear(self, parameters: Mapping[str, Tensor], h: Tensor, layer: int) -> Tensor:
        """Preactivations z of a layer.

        Args:
            parameters: of an ensemble, by name.
            h: inputs (points, ...), or units of the layer below (networks, points, ...).
            layer: number of the layer, from 0.

        Returns:
            (networks, points, ..., units); of the readout, the logits.
        """

    def activate(self, z: Tensor) -> Tensor:
        """z of a hidden layer -> its units' values; may overwrite z."""

    def of_units(self, parameters: Mapping[str, Tensor], h: Tensor, units: slice, layer: int) -> Tensor:
        """Contribution of some units of the layer below to the preactivations z of a layer.

        Args:
            parameters: of an ensemble, by name; only those of the layer are needed.
            h: values of these units, (networks, points, ..., units).
            units: which units of the layer below.
            layer: number of the layer, from 1.

        Returns:
            The contribution, of z's shape, (networks, points, ..., units).
        """

    def logits_from(self, parameters: Mapping[str, Tensor], z: Tensor, layer: int) -> Tensor:
        """Logits, from the preactivations z of a layer.

        Args:
            parameters: of an ensemble, by name; only those above the layer are needed.
            z: (networks, points, ..., units); may be overwritten.
            layer: number of the layer.

        Returns:
            Logits (networks, points, outputs).
        """


def size(parameters: Mapping[str, Parameter]) -> int:
    """Numbers per network."""
    return sum(prod(parameter.shape) for parameter in parameters.values())


T = TypeVar("T")


def of_layer(parameters: Mapping[str, T], layer: str) -> dict[str, T]:
    """The parameters of one layer, whose names begin with the layer's name and a dot."""
    return {name: parameter for name, parameter in parameters.items() if name.startswith(f"{layer}.")}


def draw(parameters: Mapping[str, Parameter], distribution: str, networks: int, generator: torch.Generator) -> Tensor:
    """Draw an ensemble at initialisation.

    Network i's numbers follow network i − 1's in the generator's stream on the CPU, whatever the block size.

    Args:
        parameters: table of one network's parameters.
        distribution: shape of the distribution: gaussian, uniform, binary or mixed.
        networks: number of networks.
        generator: source of the random numbers, on the device of the result.

    Returns:
        (networks, size) float32; see `views`.
    """
    total = size(parameters)
    padded = -(-total // _DRAW_ALIGNMENT) * _DRAW_ALIGNMENT
    rows = torch.empty(networks, padded, device=generator.device, dtype=torch.float32)
    if distribution in ("gaussian", "mixed"):
        rows.normal_(generator=generator)
    elif distribution == "uniform":
        rows.uniform_(-sqrt(3), sqrt(3), generator=generator)
    else:
        rows.random_(0, 2, generator=generator).mul_(2).sub_(1)
    rows = rows[:, :total]
    for name, tensor in views(parameters, rows).items():
        if distribution == "mixed" and parameters[name].distribution == "uniform":
            tensor.copy_(as_uniform(tensor))
        tensor.mul_(parameters[name].std)
    return rows


def as_uniform(normal: Tensor) -> Tensor:
    """Standard normal numbers -> those uniform on ±√3 of the same quantiles."""
    return sqrt(3) * torch.erf(normal / sqrt(2))


# Numbers that a GPU draws together: 64 networks of 4,096, and few enough for one pass of its threads.
_PIECE = 2**18


class Draws:
    """Networks at initialisation one after the other, the same ones whatever the number that is taken at a time.

    On a CPU the generator's stream ensures that. A GPU divides the numbers among its threads, so that a draw depends on
    the size of the draw: there it consists of pieces of `piece` networks, which depends on the network's size only.
    """

    def __init__(
        self,
        table: Mapping[str, Parameter],
        distribution: str,
        generator: torch.Generator,
        piece: int | None = None,
    ) -> None:
        if piece is None and generator.device.type != "cpu":
            piece = max(_PIECE // size(table), 1)
        self.table, self.distribution, self.generator, self.piece = table, distribution, generator, piece
        self._left = torch.empty(0, size(table), device=generator.device, dtype=torch.float32)

    def take(self, networks: int) -> Tensor:
        """The next networks, (networks, size); see `draw`."""
        if self.piece is None:
            return draw(self.table, self.distribution, networks, self.generator)
        missing = -(-max(networks - len(self._left), 0) // self.piece)
        pieces = [draw(self.table, self.distribution, self.piece, self.generator) for _ in range(missing)]
        rows = torch.cat([self._left, *pieces])
        # A copy, so that what is left does not keep the whole block.
        self._left = rows[networks:].clone()
        return rows[:networks]


def views(parameters: Mapping[str, Parameter], rows: Tensor) -> dict[str, Tensor]:
    """Each network's row of numbers as its parameters: (networks, size) -> {name: (networks, *shape)}, no copy."""
    parts = rows.split([prod(parameter.shape) for parameter in parameters.values()], dim=1)
    return {
        name: part.view(len(rows), *parameter.shape)
        for (name, parameter), part in zip(parameters.items(), parts, strict=True)
    }


def same_gram_inputs(x: np.ndarray) -> np.ndarray:
    """Inputs of least dimension with the same Gram matrix per dimension: X'X'ᵀ/d' = XXᵀ/d.

    A first layer with Gaussian weights of variance σ²/d depends on its inputs only through this matrix, so sampling on
    X' gives the same distribution over functions for fewer random numbers. x: (points, d) -> (points, min(points, d)).
    """
    points, dimension = x.shape
    if points >= dimension:
        return x
    triangular = np.asarray(np.linalg.qr(x.T.astype(np.float64), mode="r"))
    return (triangular.T * sqrt(points / dimension)).astype(np.float32)


def sampling_inputs(architecture: Architecture, inputs: np.ndarray, device: torch.device) -> Tensor:
    """Inputs for sampling: prepared, and of the least dimension that keeps the distribution over functions.

    Args:
        architecture: the networks' architecture.
        inputs: (points, ...) as a problem holds them.
        device: where the result lies.

    Returns:
        (points, ...) as `Architecture.features` takes them.
    """
    x = architecture.prepare(inputs)
    if is_rotation_invariant(architecture):
        x = same_gram_inputs(x)
    return torch.tensor(x, device=device)


def block_size(
    parameters: Mapping[str, Parameter], points: int, device: torch.device, activations: int | None = None
) -> int:
    """Networks to compute at a time: on a CPU as many as stay in cache, on a GPU as many as fit in a quarter of its
    memory.

    It is fewer if memory ran out before (`execution/memory.py`). On a GPU it is a share of all memory, not of the free
    one, so that equal GPUs have equal blocks, whatever else runs on them.

    Args:
        parameters: table of one network's parameters.
        points: number of inputs.
        device: where the networks are computed.
        activations: numbers that a network holds for one point; None: those of the two widest layers.

    Returns:
        The number of networks, at least 1.
    """
    if activations is None:
        activations = sum(sorted((parameter.shape[-1] for parameter in parameters.values()), reverse=True)[:2])
    bytes_a_network = 4 * (size(parameters) + points * activations)
    room = _CACHE_BYTES if device.type == "cpu" else memory_bytes(device) // 4
    return block_that_fits(int(min(max(room // bytes_a_network, 4), 2**16)))


def activations(architecture: Architecture, x: Tensor) -> int | None:
    """Numbers that a network holds for one point of x, (points, ...); None if the architecture does not say, whose
    widest tensor is then a layer's units.
    """
    if not hasattr(architecture, "activations"):
        return None
    return cast(SharesWeights, architecture).activations(tuple(x.shape[1:]))


def blocks(networks: int, block: int) -> Iterator[int]:
    """Sizes of the blocks that make up so many networks; BadInput if a block is no whole number."""
    counts("A division into blocks", networks=networks, block=block)
    for start in range(0, networks, block):
        yield min(block, networks - start)
