"""P(f): how often networks at initialisation express each function.

Plain draws are independent. Branching draws take many last layers for each draw of the hidden layers: far cheaper
a function, but the last layers of one hidden draw are not independent, so counts are kept by hidden draw.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts, pack
from harness.networks import Architecture
from harness.networks.ensemble import block_size, blocks, draw, sampling_inputs, views
from harness.problems import Problem


def prior(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    *,
    block: int | None = None,
) -> FunctionCounts:
    """Functions of `draws` independent networks on the evaluation inputs.

    generator: of the device to draw on; the counts do not depend on `block` (networks at a time) on a CPU.
    """
    words = [pack(bits[..., 0]) for bits, _ in _bits(architecture, problem.eval_x, draws, 1, generator, block)]
    return FunctionCounts.from_words(np.concatenate(words), problem.n)


def branching_prior(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    *,
    last_layers: int,
    block: int | None = None,
) -> ClusteredCounts:
    """Functions of `last_layers` last layers on each of `draws` hidden draws; the unit is the hidden draw."""
    words, units = [], []
    for bits, first in _bits(architecture, problem.eval_x, draws, last_layers, generator, block):
        networks = len(bits)
        words.append(pack(bits.swapaxes(1, 2)).reshape(networks * last_layers, -1))
        units.append(np.repeat(np.arange(first, first + networks), last_layers))
    return ClusteredCounts.from_words(np.concatenate(words), np.concatenate(units), problem.n, draws)


def _bits(
    architecture: Architecture,
    inputs: np.ndarray,
    draws: int,
    last_layers: int,
    generator: torch.Generator,
    block: int | None,
) -> Iterator[tuple[np.ndarray, int]]:
    """Thresholded outputs (networks, points, last layers) block by block, with the index of the block's first."""
    x = sampling_inputs(architecture, inputs, generator.device)
    first = 0
    for parameters in ensembles(architecture, x, draws, last_layers, generator, block):
        with torch.inference_mode():
            logits = architecture.readout(parameters, architecture.features(parameters, x))
        yield (logits > 0).cpu().numpy(), first
        first += len(logits)


def ensembles(
    architecture: Architecture,
    x: Tensor,
    draws: int,
    last_layers: int,
    generator: torch.Generator,
    block: int | None = None,
) -> Iterator[dict[str, Tensor]]:
    """Draw so many networks, each with so many last layers, in blocks: the readout has one output a last layer.

    The spread of a last layer does not depend on how many there are: its fan-in is the number of features.
    """
    if draws < 1 or last_layers < 1:
        raise BadInput(f"Drawing takes at least 1 network and 1 last layer, not {draws} and {last_layers}.")
    table = architecture.parameters(tuple(x.shape[1:]), outputs=last_layers)
    for networks in blocks(draws, block or block_size(table, len(x), generator.device)):
        yield views(table, draw(table, architecture.distribution, networks, generator))
