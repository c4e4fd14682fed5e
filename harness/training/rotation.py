"""Training in the least dimension: what gradient descent on rotation-invariant weights does, with fewer numbers."""

from math import prod

import numpy as np
import torch
from torch import Tensor

from harness.networks.ensemble import Architecture, Parameter, same_gram_inputs


def least_dimension(
    architecture: Architecture, inputs: np.ndarray, device: torch.device, outputs: int = 1
) -> tuple[Tensor, dict[str, Parameter], Tensor | None]:
    """Inputs, parameters and rates on which descent finds each function as often as on the inputs given.

    inputs: (points, ...), training and evaluation inputs alike. Returns x (points, min(points, d)), the parameters of
    one network on it, and the factor of each number's gradient, (size,), None where all are 1.

    Gradient descent neither sees nor moves the part of a first-layer weight that is orthogonal to all inputs, and what
    it does to the rest does not depend on the axes; Gaussian weights do not either. So the inputs' own span will do
    (`same_gram_inputs`). There a weight is c times its former self, with c the ratio of the two standard deviations,
    the chain rule gives its gradient a factor 1/c, and so descent at the former rate is descent at c² times it here.
    """
    original = architecture.prepare(inputs)
    x = same_gram_inputs(original)
    table, former = (architecture.parameters(each.shape[1:], outputs) for each in (x, original))
    if x is original:
        return torch.tensor(x, device=device), table, None
    rates = [torch.full((prod(table[name].shape),), (table[name].std / former[name].std) ** 2) for name in table]
    return torch.tensor(x, device=device), table, torch.cat(rates).to(device)
