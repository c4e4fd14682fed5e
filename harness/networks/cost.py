"""What one network computes and holds: its multiplications, from one input that torch counts them on."""

from collections.abc import Hashable
from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from harness.networks.ensemble import Architecture, activations, draw, size, views
from harness.networks.inheritance import is_rotation_invariant


class NetworkCost(NamedTuple):
    """Of one network: parameters; multiplications in matrix products and convolutions for one input; numbers held for
    one input; features of the last layer."""

    parameters: int
    multiplications: float
    held: int
    features: int


def network_cost(architecture: Architecture, inputs: np.ndarray, dimensions: int, outputs: int) -> NetworkCost:
    """Count what a network of this architecture needs.

    Args:
        architecture: hashable, as all are.
        inputs: at least one, (points, ...).
        dimensions: that the inputs span; where the architecture is invariant to rotations it is drawn in these.
        outputs: of the network.

    Returns:
        What one input costs.

    Raises:
        BadInput: if the architecture does not take such inputs.
    """
    x = architecture.prepare(inputs[:1])
    shape = (min(prod(x.shape[1:]), dimensions),) if is_rotation_invariant(architecture) else tuple(x.shape[1:])
    assert isinstance(architecture, Hashable)
    return _counted(architecture, shape, x.dtype.kind in "iu", outputs)


class _Counter(TorchDispatchMode):
    """Counts as torch's FlopCounterMode does, which first imports torch's compiler: a second or more a process."""

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        count, given = flop_registry.get(func._overloadpacket), kwargs or {}
        if count is None:
            with self:
                parts = func.decompose(*args, **given)
            if parts is not NotImplemented:
                return parts
        out = func(*args, **given)
        self.flops += count(*args, **given, out_val=out) if count else 0
        return out


@cache
def _counted(architecture: Any, shape: tuple[int, ...], tokens: bool, outputs: int) -> NetworkCost:
    table = architecture.parameters(shape, outputs)
    x = torch.zeros((1, *shape), dtype=torch.int64 if tokens else torch.float32)
    parameters = views(table, draw(table, architecture.distribution, 1, torch.Generator()))
    with torch.inference_mode(), _Counter() as counter:
        features = architecture.features(parameters, x)
        architecture.readout(parameters, features)
    held = activations(architecture, x) or sum(part.shape[-1] for part in table.values())
    return NetworkCost(size(table), counter.flops / 2, held, features.shape[-1])
