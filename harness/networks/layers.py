"""Common parts of networks with Gaussian weights of variance σ_w²/fan-in and a linear readout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor
from torch.nn import functional

from harness.arguments import not_negative, positive, set_fields
from harness.networks.ensemble import Parameter

# Units that are exactly 0 far enough below 0: zΦ(z) is in float32, where Φ is computed as (1 + erf(z/√2))/2.
DYING = ("relu", "gelu")
# None writes into its argument: of a view, autograd would copy what lies under it.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "gelu": functional.gelu,
    "linear": lambda z: z,
}


# What layer normalisation adds to the variance, as torch.nn.LayerNorm does.
EPSILON = 1e-5


def normalised(z: Tensor) -> Tensor:
    """Layer normalisation without gain and bias (Ba et al. 2016, arXiv 1607.06450): the last axis, its mean taken off,
    over √(its variance + 1e-5).
    """
    return functional.layer_norm(z, z.shape[-1:], eps=EPSILON)


def normalised_backward(d: Tensor, z: Tensor, y: Tensor) -> Tensor:
    """Pass a derivative back through layer normalisation.

    Args:
        d: ∂L/∂y, (..., units).
        z: what was normalised.
        y: `normalised(z)`.

    Returns:
        ∂L/∂z = (d − mean d − y·mean(d·y))/√(variance of z + 1e-5).
    """
    deviation = (z.var(-1, correction=0, keepdim=True) + EPSILON).sqrt()
    return (d - d.mean(-1, keepdim=True)).addcmul_(y, (d * y).mean(-1, keepdim=True), value=-1).div_(deviation)


def linear(parameters: Mapping[str, Tensor], name: str, h: Tensor) -> Tensor:
    """Apply each network's own linear layer, hW + b.

    Args:
        parameters: of an ensemble, by name.
        name: the layer's name.
        h: (networks, points, fan-in).

    Returns:
        (networks, points, fan-out).
    """
    weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
    if weight.shape[-1] == 1:
        # A product with a single column takes up to ten times longer than one with a single row.
        z = torch.bmm(weight.mT, h.mT) if bias is None else torch.baddbmm(bias, weight.mT, h.mT)
        return z.mT
    return torch.bmm(h, weight) if bias is None else torch.baddbmm(bias, h, weight)


@dataclass(frozen=True, kw_only=True)
class GaussianLayers:
    """Weights (fan-in, fan-out) start with variance σ_w²/fan-in, biases (1, fan-out) with σ_b²; no biases if σ_b = 0.

    BadInput for other spreads.
    """

    sigma_w: float = 1.0
    sigma_b: float = 0.1

    def __post_init__(self) -> None:
        set_fields(self, sigma_w=positive(self.sigma_w, "σ_w"), sigma_b=not_negative(self.sigma_b, "σ_b"))

    @property
    def distribution(self) -> str:
        """All initial values are Gaussian."""
        return "gaussian"

    @property
    def rotation_invariant(self) -> bool:
        """A rotation of all pixels would tear neighbours, or time steps, apart."""
        return False

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, features) -> logits (networks, points, outputs)."""
        return linear(parameters, "readout", features)

    def _layer(self, name: str, fan_in: int, fan_out: int) -> dict[str, Parameter]:
        """A weight and, unless σ_b = 0, a bias."""
        table = {f"{name}.weight": Parameter((fan_in, fan_out), self.sigma_w / sqrt(fan_in))}
        if self.sigma_b:
            table[f"{name}.bias"] = Parameter((1, fan_out), self.sigma_b)
        return table

    def _named(self, *words: object) -> str:
        """These words and those of σ_w and σ_b that are not at their defaults, joined by hyphens."""
        defaults = {name: field.default for name, field in type(self).__dataclass_fields__.items()}
        found = [str(word) for word in words]
        if self.sigma_w != defaults["sigma_w"]:
            found.append(f"sw{self.sigma_w:.4g}")
        if self.sigma_b != defaults["sigma_b"]:
            found.append(f"sb{self.sigma_b:.4g}" if self.sigma_b else "no_bias")
        return "-".join(found)
