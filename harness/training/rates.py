"""Learning rates by layer, where an architecture's parametrisation asks for them."""

from collections.abc import Mapping
from math import prod
from typing import cast

import torch
from torch import Tensor

from harness.networks import Architecture, Parameter
from harness.networks.ensemble import ScalesRates
from harness.training.optimisers import Adadelta, Adagrad, Adam, AdamW, Optimiser, RMSprop


def by_layer(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    input_shape: tuple[int, ...],
    optimiser: Optimiser,
    device: torch.device,
) -> tuple[Tensor | None, Tensor | None]:
    """Factors of each number's gradient and of each number's step, (size,); None where all are 1.

    What an adaptive optimiser does hardly depends on the size of the gradients, so there the step is scaled.
    """
    if not hasattr(architecture, "learning_rates"):
        return None, None
    adaptive = is_adaptive(optimiser)
    factors = cast(ScalesRates, architecture).learning_rates(input_shape, adaptive)
    if all(factor == 1 for factor in factors.values()):
        return None, None
    numbers = [torch.full((prod(table[name].shape),), factors[name], device=device) for name in table]
    rates = torch.cat(numbers)
    return (None, rates) if adaptive else (rates, None)


def is_adaptive(optimiser: Optimiser) -> bool:
    """Whether its steps do not grow with the gradient; of a wrapped optimiser, whether that one's do not."""
    while hasattr(optimiser, "optimiser"):
        optimiser = optimiser.optimiser
    return isinstance(optimiser, Adam | AdamW | RMSprop | Adagrad | Adadelta)
