"""P(S | hidden layers) of a Gaussian last layer, for many networks at once: each hidden draw's evidence.

Given the hidden layers, logits are jointly Gaussian, and P(S | hidden layers) is the chance that they have the signs of
the labels. Points are drawn one after the other, each from its conditional normal law cut off at 0 on its label's side;
the product of the chances of these sides is an unbiased estimate of the evidence (Geweke 1991, Hajivassiliou & McFadden
1998, Keane 1994), of far smaller variance than the share of last layers that fit, and its draws, weighted by it, follow
the posterior of the last layer. An unbiased weight is all that a weighted mean over hidden draws needs.
"""

from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import of_layer

# A logit whose variance, given those before it, is a smaller share of its own is a linear combination of them.
_SINGULAR = 1e-10


class LastLayers(NamedTuple):
    """What is known of each network's last layers, (networks,) each.

    evidence: unbiased estimates of P(S | hidden layers), not negative. errors: of the evidence times the mean share of
    evaluation points that a last layer of the posterior gets wrong, unbiased as well.
    """

    evidence: Tensor
    errors: Tensor


def logit_covariance(architecture: Architecture, h: Tensor) -> Tensor:
    """Covariance of the logits over last layers at initialisation, (networks, points, points) float64.

    h: (networks, points, features). BadInput where last layers are not Gaussian.
    """
    if architecture.distribution != "gaussian":
        raise BadInput(f"The evidence of hidden layers takes Gaussian last layers, not those of {architecture.name}.")
    h = h.double()
    table = of_layer(architecture.parameters((h.shape[-1],)), "readout")
    # What the forward pass makes of a weight of 1 on a feature of 1, and of a bias of 1.
    one = h.new_ones(1, 1, 1)
    zeros = {
        name: torch.zeros(1, *parameter.shape, dtype=h.dtype, device=h.device) for name, parameter in table.items()
    }
    scale = {}
    for name, zero in zeros.items():
        probe = zero.clone()
        probe[:, 0, 0] = 1
        features = torch.zeros(1, 1, zeros["readout.weight"].shape[1], dtype=h.dtype, device=h.device)
        features[..., 0] = one
        scale[name] = float(architecture.readout({**zeros, name: probe}, features)) * table[name].std
    return torch.bmm(h, h.mT) * scale["readout.weight"] ** 2 + scale.get("readout.bias", 0.0) ** 2


def last_layers(covariance: Tensor, signs: Tensor, m: int, samples: int, generator: torch.Generator) -> LastLayers:
    """Evidence and errors from `samples` draws a network.

    covariance: (networks, m + n, m + n) of the logits, training points first. signs: (m + n,) labels as ±1. A logit of
    exactly 0 has label 0, sign −1.
    """
    networks, points = len(covariance), len(signs)
    device = covariance.device
    uniform = torch.rand(m, networks, samples, generator=generator, device=device, dtype=torch.float64)
    normals = torch.zeros(networks, samples, m, dtype=torch.float64, device=device)
    rows = torch.zeros(networks, points, m, dtype=torch.float64, device=device)
    variances = covariance.diagonal(dim1=1, dim2=2)
    evidence = torch.ones(networks, samples, dtype=torch.float64, device=device)
    for k in range(m):
        # The next column of the Cholesky factor; all 0 where the logit is a combination of those before it.
        left = (variances[:, k] - rows[:, k].square().sum(1)).clamp(min=0)
        free = left > _SINGULAR * variances[:, k]
        deviation = left.sqrt()
        column = covariance[:, :, k] - (rows * rows[:, k : k + 1]).sum(2)
        rows[:, :, k] = torch.where(free[:, None], column / deviation[:, None], 0.0)
        rows[:, :k, k] = 0
        mean = (normals * rows[:, None, k]).sum(2)
        # On the label's side: sign·(mean + deviation·z) > 0, z normal.
        chance = torch.special.ndtr(signs[k] * mean / deviation[:, None])
        fixed = ((mean > 0) == (signs[k] > 0)).double()
        evidence *= torch.where(free[:, None], chance, fixed)
        z = -signs[k] * torch.special.ndtri((chance * uniform[k]).clamp(min=1e-300))
        normals[:, :, k] = torch.where(free[:, None], z, 0.0)
    wrong = torch.zeros_like(evidence)
    for k in range(m, points):
        mean = (normals * rows[:, None, k]).sum(2)
        deviation = (variances[:, k] - rows[:, k].square().sum(1)).clamp(min=0).sqrt()[:, None]
        by_chance = torch.special.ndtr(-signs[k] * mean / deviation)
        fixed = ((mean > 0) != (signs[k] > 0)).double()
        wrong += torch.where(deviation > sqrt(_SINGULAR) * variances[:, k, None].sqrt(), by_chance, fixed)
    share = wrong / max(points - m, 1)
    return LastLayers(evidence.mean(1), (evidence * share).mean(1))
