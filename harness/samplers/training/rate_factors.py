"""Learning rates by layer, where an architecture's parametrisation asks for them."""

from collections.abc import Mapping
from math import prod
from typing import cast

import numpy as np
import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks.ensemble import Architecture, Parameter, ScalesRates, same_gram_inputs
from harness.optimisers import Adadelta, Adagrad, Adam, AdamW, Noisy, Optimiser, RMSprop, TorchOptimiser
from harness.optimisers.rule import decay_of


def by_layer(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    input_shape: tuple[int, ...],
    optimiser: Optimiser,
    device: torch.device,
) -> tuple[Tensor | None, Tensor | None]:
    """Look up the factors that an architecture's learning rates by layer put on gradients or steps.

    An adaptive optimiser hardly depends on the size of the gradients, so its step is scaled; so is that of descent with
    weight decay, whose pull is no part of the gradient.

    Args:
        architecture: networks that may have learning rates by layer.
        table: parameters of one network.
        input_shape: shape of one prepared input.
        optimiser: decides whether gradients or steps are scaled.
        device: where the factors are needed.

    Returns:
        Factors of each number's gradient and of each number's step, (size,) each; None where all are 1.

    Raises:
        BadInput: the optimiser has noise, which belongs to the gradient, and weight decay.
    """
    if not hasattr(architecture, "learning_rates"):
        return None, None
    adaptive = is_adaptive(optimiser)
    factors = cast(ScalesRates, architecture).learning_rates(input_shape, adaptive)
    if all(factor == 1 for factor in factors.values()):
        return None, None
    numbers = [
        torch.full((prod(table[name].shape),), factors[name], device=device, dtype=torch.float32) for name in table
    ]
    rates = torch.cat(numbers)
    decays = decay_of(optimiser) > 0
    if isinstance(optimiser, Noisy) and decays and not adaptive:
        raise BadInput(
            f"{optimiser.name} has noise and weight decay, which learning rates by layer scale differently; take the "
            "standard or ntk parametrisation, or no weight decay."
        )
    return (None, rates) if adaptive or decays else (rates, None)


def is_adaptive(optimiser: Optimiser) -> bool:
    """Whether its steps do not grow with the gradient; of a wrapped optimiser, whether that one's do not."""
    while hasattr(optimiser, "optimiser"):
        optimiser = optimiser.optimiser
    if isinstance(optimiser, TorchOptimiser):
        return optimiser.adaptive
    return isinstance(optimiser, Adam | AdamW | RMSprop | Adagrad | Adadelta)


def in_input_span(
    architecture: Architecture, inputs: np.ndarray, device: torch.device, outputs: int = 1
) -> tuple[Tensor, dict[str, Parameter], Tensor | None]:
    """Replace inputs by their coordinates in their own span, where descent finds each function as often.

    Gradient descent neither sees nor moves the part of a first-layer weight that is orthogonal to all inputs, and what
    it does to the rest does not depend on the axes; Gaussian weights do not either. So the inputs' own span will do
    (`same_gram_inputs`). There a weight is c times its former self, with c the ratio of the two standard deviations,
    the chain rule gives its gradient a factor 1/c, and so descent at the former rate is descent at c² times it here.

    Args:
        architecture: networks that are invariant to rotations of the inputs.
        inputs: (points, ...), training and evaluation inputs alike.
        device: where training takes place.
        outputs: outputs of a network.

    Returns:
        x (points, min(points, d)); the parameters of one network on it; and the factor of each number's gradient,
        (size,), None where all are 1.
    """
    original = architecture.prepare(inputs)
    x = same_gram_inputs(original)
    table, former = (architecture.parameters(each.shape[1:], outputs) for each in (x, original))
    if x is original:
        return torch.tensor(x, device=device), table, None
    rates = [
        torch.full((prod(table[name].shape),), (table[name].std / former[name].std) ** 2, dtype=torch.float32)
        for name in table
    ]
    return torch.tensor(x, device=device), table, torch.cat(rates).to(device)
