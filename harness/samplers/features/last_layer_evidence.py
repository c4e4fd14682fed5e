"""P(S | hidden layers) of a Gaussian last layer, for many networks at once: each hidden draw's evidence.

Given the hidden layers, logits are jointly Gaussian, and P(S | hidden layers) is the probability that they have the
signs of the labels. Points are drawn one after the other, each from its conditional normal distribution cut off at 0 on
its label's side; the product of the probabilities of these sides is an unbiased estimate of the evidence (Geweke 1991,
Hajivassiliou & McFadden 1998, Keane 1994). Its variance is far smaller than that of the share of last layers that fit,
and its draws, weighted by it, follow the posterior of the last layer. A weighted mean over hidden draws needs no more
than an unbiased weight.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import of_layer
from harness.networks.logits import finite

# A logit whose variance, given those before it, is a smaller share of its own is a linear combination of them.
_SINGULAR = 1e-10


class LastLayers(NamedTuple):
    """Evidence and errors of each network's last layers, (networks,) each.

    evidence: unbiased estimates of P(S | hidden layers), not negative.
    errors: unbiased estimates of the evidence times the mean share of evaluation points that a last layer of the
        posterior gets wrong.
    """

    evidence: Tensor
    errors: Tensor


def logit_covariance(architecture: Architecture, h: Tensor) -> Tensor:
    """Covariance of the logits over last layers at initialisation, (networks, points, points) float64.

    h: (networks, points, features). BadInput if last layers are not Gaussian.
    """
    if architecture.distribution != "gaussian":
        raise BadInput(f"The evidence of hidden layers takes Gaussian last layers, not those of {architecture.name}.")
    h = finite(h).double()
    table = of_layer(architecture.parameters((h.shape[-1],)), "readout")
    zeros = {name: h.new_zeros(1, *parameter.shape) for name, parameter in table.items()}
    first = h.new_zeros(1, 1, h.shape[-1])
    first[..., 0] = 1
    scale = {}
    for name, parameter in table.items():
        # What the forward pass makes of a weight of 1 on a feature of 1, or of a bias of 1.
        one = zeros[name].clone()
        one[:, 0, 0] = 1
        scale[name] = float(architecture.readout({**zeros, name: one}, first)) * parameter.std
    return torch.bmm(h, h.mT) * scale["readout.weight"] ** 2 + scale.get("readout.bias", 0.0) ** 2


def last_layers(covariance: Tensor, signs: Tensor, m: int, samples: int, generator: torch.Generator) -> LastLayers:
    """Estimate the evidence and the errors of each network's last layers.

    A logit of exactly 0 has label 0, sign −1.

    Args:
        covariance: (networks, m + n, m + n) covariance of the logits, training points first.
        signs: (m + n,) labels as ±1.
        m: number of training points.
        samples: draws per network.
        generator: source of randomness, on the covariance's device.

    Returns:
        Evidence and errors; the errors are 0 if there are no evaluation points.
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
        column = covariance[:, k:, k] - torch.bmm(rows[:, k:, :k], rows[:, k, :k, None])[..., 0]
        rows[:, k:, k] = torch.where(free[:, None], column / deviation[:, None], 0.0)
        mean = torch.bmm(normals[:, :, :k], rows[:, k, :k, None])[..., 0]
        # On the label's side: sign·(mean + deviation·z) > 0, z normal.
        chance = torch.special.ndtr(signs[k] * mean / deviation[:, None])
        fixed = ((mean > 0) == (signs[k] > 0)).double()
        evidence *= torch.where(free[:, None], chance, fixed)
        z = -signs[k] * torch.special.ndtri((chance * uniform[k]).clamp(min=1e-300))
        normals[:, :, k] = torch.where(free[:, None], z, 0.0)
    if points == m:
        return LastLayers(evidence.mean(1), torch.zeros(networks, dtype=torch.float64, device=device))
    # Of the evaluation points, given the logits of the training points: (networks, samples, n).
    mean = torch.bmm(normals, rows[:, m:].mT)
    left = (variances[:, m:] - rows[:, m:].square().sum(2)).clamp(min=0)
    free = left > _SINGULAR * variances[:, m:]
    by_chance = torch.special.ndtr(-signs[m:] * mean / left.sqrt()[:, None])
    fixed = ((mean > 0) != (signs[m:] > 0)).double()
    wrong = torch.where(free[:, None], by_chance, fixed).mean(2)
    return LastLayers(evidence.mean(1), (evidence * wrong).mean(1))
