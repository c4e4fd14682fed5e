"""Many networks of one architecture at once: every parameter carries a leading axis "networks".

An architecture says which parameters one network has and how they are drawn, and computes the features of an
ensemble; this file draws ensembles and says how many networks make a block that stays in cache.
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

# Rows of random numbers are padded to this length: torch fills normal numbers sixteen at a time and redraws a
# shorter tail, so only padded rows make the draws of a network independent of the block it is drawn in.
_DRAW_ALIGNMENT = 16

# A block's parameters and activations should fit in a core's share of the last-level cache. Smaller blocks would fit
# nearer ones but spend more on calls than they gain: see benchmarks/networks.py.
_CACHE_BYTES = 6 * 2**20

# glibc gives each freed block back to the kernel, and the next one costs a page fault every 4 KiB, until it has seen a
# block freed that is larger: one of nearly the 32 MiB that it counts up to, never written to, ends that for good.
torch.empty(31 * 2**20, dtype=torch.uint8)


class Parameter(NamedTuple):
    """One parameter tensor of one network: its shape and the standard deviation it is drawn with (0: fixed at 0)."""

    shape: tuple[int, ...]
    std: float


class Architecture(Protocol):
    """What every architecture provides; see `fully_connected.py` for the simplest one."""

    @property
    def name(self) -> str:
        """Stable identifier: it keys the store and the history."""

    @property
    def distribution(self) -> str:
        """Shape of the initialisation's distribution: gaussian, uniform or binary."""

    @property
    def rotation_invariant(self) -> bool:
        """Whether the logits' distribution depends on the inputs through their Gram matrix only."""

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) as problems hold them -> (points, ...) as `features` takes them."""

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Every parameter of one network on prepared inputs of that shape; names of the last layer begin "readout."."""

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, ...) or (networks, points, ...) -> last hidden layer (networks, points, features)."""

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, features) -> logits (networks, points, outputs)."""


class DifferentiatedByHand(Protocol):
    """What an architecture may provide besides: a backward pass of its own, faster than automatic differentiation."""

    def gradients(
        self, parameters: Mapping[str, Tensor], x: Tensor, slope: Callable[[Tensor], Tensor]
    ) -> dict[str, Tensor]:
        """Gradient of each network's loss, parameter by parameter.

        x: (points, ...) or (networks, points, ...). slope: logits (networks, points), of several outputs (networks,
        points, outputs) -> their loss's derivatives.
        """


class ScalesRates(Protocol):
    """What an architecture provides besides whose parametrisation says how fast each parameter learns."""

    def learning_rates(self, input_shape: tuple[int, ...], adaptive: bool) -> dict[str, float]:
        """Factor of the learning rate for each parameter, on prepared inputs of this shape.

        adaptive: for steps that do not grow with the gradient, such as Adam's.
        """


class SharesWeights(Protocol):
    """What an architecture provides besides that uses its weights in many places: at each pixel or token."""

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """About how many numbers a network holds at a time for one prepared input of this shape."""


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
        """Whether a logit may be exactly 0 at initialisation: where all units below are dead and there is no bias, or
        where weights of equal size cancel."""

    def linear(self, parameters: Mapping[str, Tensor], h: Tensor, layer: int) -> Tensor:
        """What a layer makes of h, the inputs (points, ...) or the units of the layer below: its preactivations z.

        (networks, points, ..., units); those of the readout are the logits.
        """

    def activate(self, z: Tensor) -> Tensor:
        """z of a hidden layer -> its units' values; may overwrite z."""

    def of_units(self, parameters: Mapping[str, Tensor], h: Tensor, units: slice, layer: int) -> Tensor:
        """What these units of the layer below, of values h, add to z of a layer; needs that layer's parameters."""

    def logits_from(self, parameters: Mapping[str, Tensor], z: Tensor, layer: int) -> Tensor:
        """Logits from a layer's z, which may be overwritten; needs the parameters above that layer only."""


def size(parameters: Mapping[str, Parameter]) -> int:
    """How many numbers one network has."""
    return sum(prod(parameter.shape) for parameter in parameters.values())


T = TypeVar("T")


def of_layer(parameters: Mapping[str, T], layer: str) -> dict[str, T]:
    """Those of one layer, whose names begin with its name and a dot."""
    return {name: parameter for name, parameter in parameters.items() if name.startswith(f"{layer}.")}


def draw(parameters: Mapping[str, Parameter], distribution: str, networks: int, generator: torch.Generator) -> Tensor:
    """An ensemble at initialisation, (networks, size) float32 on the generator's device; see `views`.

    Network i's numbers follow network i−1's in the generator's stream on the CPU, whatever the block size.
    """
    total = size(parameters)
    padded = -(-total // _DRAW_ALIGNMENT) * _DRAW_ALIGNMENT
    rows = torch.empty(networks, padded, device=generator.device)
    if distribution == "gaussian":
        rows.normal_(generator=generator)
    elif distribution == "uniform":
        rows.uniform_(-sqrt(3), sqrt(3), generator=generator)
    else:
        rows.random_(0, 2, generator=generator).mul_(2).sub_(1)
    rows = rows[:, :total]
    for name, tensor in views(parameters, rows).items():
        tensor.mul_(parameters[name].std)
    return rows


# Numbers that a GPU draws together: 64 networks of 4,096, and few enough for one pass of its threads.
_PIECE = 2**18


class Draws:
    """Networks at initialisation one after the other, the same ones whoever takes how many at a time.

    On a CPU the generator's stream sees to that. A GPU shares numbers out to its threads, so that what is drawn depends
    on how much is drawn together: there it is pieces of `piece` networks, which depend on the network's size only.
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
        self._left = torch.empty(0, size(table), device=generator.device)

    def take(self, networks: int) -> Tensor:
        """The next so many, (networks, size); see `draw`."""
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

    A first layer with Gaussian weights of variance σ²/d sees its inputs only through this matrix, so sampling on
    X' gives the same distribution over functions for fewer random numbers. x: (points, d) -> (points, min(points, d)).
    """
    points, dimension = x.shape
    if points >= dimension:
        return x
    triangular = np.asarray(np.linalg.qr(x.T.astype(np.float64), mode="r"))
    return (triangular.T * sqrt(points / dimension)).astype(np.float32)


def sampling_inputs(architecture: Architecture, inputs: np.ndarray, device: torch.device) -> Tensor:
    """Prepared inputs on the device, in the least dimension that leaves the distribution over functions as it is."""
    x = architecture.prepare(inputs)
    if architecture.rotation_invariant:
        x = same_gram_inputs(x)
    return torch.tensor(x, device=device)


def block_size(
    parameters: Mapping[str, Parameter], points: int, device: torch.device, activations: int | None = None
) -> int:
    """Networks a block: on a CPU what stays in cache, on a GPU what a quarter of its memory holds; fewer where memory
    ran out (`execution/memory.py`). Of all memory, not of what is free: on equal GPUs blocks are equal, whoever shares
    them.

    activations: numbers a network holds for one point; None: the two widest layers.
    """
    if activations is None:
        activations = sum(sorted((parameter.shape[-1] for parameter in parameters.values()), reverse=True)[:2])
    bytes_a_network = 4 * (size(parameters) + points * activations)
    room = _CACHE_BYTES if device.type == "cpu" else memory_bytes(device) // 4
    return block_that_fits(int(min(max(room // bytes_a_network, 4), 2**16)))


def activations(architecture: Architecture, x: Tensor) -> int | None:
    """Numbers a network holds for one point of x, (points, ...), where the architecture says so: those whose widest
    tensor is wider than a layer's units."""
    if not hasattr(architecture, "activations"):
        return None
    return cast(SharesWeights, architecture).activations(tuple(x.shape[1:]))


def blocks(networks: int, block: int) -> Iterator[int]:
    """Sizes of the blocks that make up so many networks; BadInput where a block is no whole number."""
    counts("A division into blocks", networks=networks, block=block)
    for start in range(0, networks, block):
        yield min(block, networks - start)
