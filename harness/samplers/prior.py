"""P(f): how often networks at initialisation express each function.

Plain draws are independent. Branching draws take many last layers for each draw of the hidden layers: they cost far
less per function, but the last layers of one hidden draw are not independent, so counts are kept by hidden draw.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from harness.arguments import are_counts
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.networks import Architecture
from harness.networks.ensemble import Draws, activations, block_size, blocks, sampling_inputs, views
from harness.networks.logits import labels_of
from harness.problems import Problem
from harness.samplers.sampler import Sampler, argument
from harness.samplers.work import ENTRY


def prior(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    *,
    block: int | None = None,
) -> FunctionCounts:
    """Draw independent networks, and count their functions on the evaluation inputs.

    Args:
        architecture: the networks.
        problem: the evaluation inputs E.
        draws: number of networks.
        generator: source of randomness, on the device that computes.
        block: networks at a time; None keeps them in cache. The counts do not depend on it.

    Returns:
        The number of networks of each function.
    """
    words = [
        pack(labels[..., 0], problem.classes)
        for labels, _ in _labels(architecture, problem, draws, 1, generator, block)
    ]
    return FunctionCounts.from_words(np.concatenate(words), problem.n, problem.classes)


def branching_prior(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    generator: torch.Generator,
    *,
    last_layers: int,
    block: int | None = None,
) -> ClusteredCounts:
    """Draw many last layers on each hidden draw, and count their functions on the evaluation inputs.

    Args:
        architecture: the networks.
        problem: the evaluation inputs E.
        draws: number of hidden draws, the independent units.
        generator: source of randomness, on the device that computes.
        last_layers: last layers per hidden draw.
        block: hidden draws at a time; None keeps them in cache. The counts do not depend on it.

    Returns:
        The number of last layers of each function, by hidden draw.
    """
    words, units = [], []
    for labels, first in _labels(architecture, problem, draws, last_layers, generator, block):
        networks = len(labels)
        words.append(pack(labels.swapaxes(1, 2), problem.classes).reshape(networks * last_layers, -1))
        units.append(np.repeat(np.arange(first, first + networks), last_layers))
    return ClusteredCounts.from_words(np.concatenate(words), np.concatenate(units), problem.n, draws, problem.classes)


def _labels(
    architecture: Architecture,
    problem: Problem,
    draws: int,
    last_layers: int,
    generator: torch.Generator,
    block: int | None,
) -> Iterator[tuple[np.ndarray, int]]:
    """Labels (networks, points, last layers) block by block, with the index of the block's first network."""
    x = sampling_inputs(architecture, problem.eval_x, generator.device)
    first = 0
    for parameters in ensembles(architecture, x, draws, last_layers, generator, block, problem.outputs):
        with torch.inference_mode():
            logits = architecture.readout(parameters, architecture.features(parameters, x))
            labels = labels_of(logits.unflatten(-1, (last_layers, problem.outputs)))
        yield labels.cpu().numpy(), first
        first += len(logits)


def ensembles(
    architecture: Architecture,
    x: Tensor,
    draws: int,
    last_layers: int,
    generator: torch.Generator,
    block: int | None = None,
    outputs: int = 1,
) -> Iterator[dict[str, Tensor]]:
    """Draw networks with several last layers each, in blocks.

    The readout's columns are the outputs of the first last layer, then those of the next. The spread of a last layer
    does not depend on how many there are: its fan-in is the number of features.

    Args:
        architecture: the networks.
        x: (points, ...) prepared inputs.
        draws: number of hidden draws.
        last_layers: last layers per hidden draw.
        generator: source of randomness, on the device that computes.
        block: hidden draws at a time; None keeps them in cache.
        outputs: logits per last layer.

    Returns:
        The parameters of one block after the other, with a leading axis "networks".

    Raises:
        BadInput: if there is no network or no last layer.
    """
    if not are_counts(draws, last_layers):
        raise BadInput(f"Drawing takes at least 1 network and 1 last layer, not {draws} and {last_layers}.")
    table = architecture.parameters(tuple(x.shape[1:]), outputs=last_layers * outputs)
    block = block or block_size(table, len(x), generator.device, activations(architecture, x))
    stream = Draws(table, architecture.distribution, generator)
    for networks in blocks(draws, block):
        yield views(table, stream.take(networks))


@dataclass(frozen=True)
class Prior(Sampler[FunctionCounts]):
    """P(f): functions of networks at initialisation.

    draws: networks per shard.
    sample: number of the sample; another number gives an independent sample.
    """

    draws: int = 100_000
    sample: int = argument(least=0, default=0)

    name = "prior"
    result = FunctionCounts

    def draw(self, generator: torch.Generator) -> FunctionCounts:
        """One shard."""
        return prior(self.architecture, self.problem, self.draws, generator)

    @property
    def work(self) -> float:
        """Roughly the scalar multiplications of a shard."""
        of = self.shape
        return self.draws * (of.draw + of.n * (of.forward + ENTRY))
