"""What one network computes and holds: its multiplications, from one input that torch counts them on."""

from collections.abc import Hashable
from functools import cache
from math import prod
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

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


@cache
def _counted(architecture: Any, shape: tuple[int, ...], tokens: bool, outputs: int) -> NetworkCost:
    table = architecture.parameters(shape, outputs)
    x = torch.zeros((1, *shape), dtype=torch.int64 if tokens else torch.float32)
    parameters = views(table, draw(table, architecture.distribution, 1, torch.Generator()))
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        features = architecture.features(parameters, x)
        architecture.readout(parameters, features)
    held = activations(architecture, x) or sum(part.shape[-1] for part in table.values())
    return NetworkCost(size(table), counter.get_total_flops() / 2, held, features.shape[-1])
