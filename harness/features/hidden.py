"""Hidden layers of an ensemble, their kernels, and how alike two kernels are."""

from collections.abc import Mapping

import torch
from torch import Tensor

from harness.networks import Architecture
from harness.networks.ensemble import Layered


def hidden_layers(architecture: Architecture, parameters: Mapping[str, Tensor], x: Tensor) -> list[Tensor]:
    """Units' values after each hidden layer, (networks, points, units); of what has no layers to tell apart, the last.

    x: (points, ...) prepared inputs. What a unit says of a point at several places counts as several units.
    """
    if not isinstance(architecture, Layered):
        return [architecture.features(parameters, x).flatten(2)]
    found, h = [], x
    for layer in range(len(architecture.layers) - 1):
        h = architecture.activate(architecture.linear(parameters, h, layer))
        found.append(h.flatten(2))
    return found


def kernel(h: Tensor) -> Tensor:
    """Mean over units of the products of their values: (networks, points, units) -> (networks, points, points)."""
    return torch.bmm(h, h.mT) / h.shape[-1]


def centred(k: Tensor) -> Tensor:
    """HKH with H = I − 11ᵀ/points: as if every unit's mean over the points were taken off its values."""
    k = k - k.mean(-1, keepdim=True)
    return k - k.mean(-2, keepdim=True)


def alignment(k: Tensor, other: Tensor) -> Tensor:
    """Centred alignment ⟨K_c, L_c⟩/(‖K_c‖·‖L_c‖) of kernels (..., points, points) that broadcast, in [0, 1]; 0 where
    one of the two is constant.

    Source: Cortes, Mohri & Rostamizadeh 2012, JMLR 13:795, definition 4. Of the linear kernels of two representations
    it is linear CKA (Kornblith et al. 2019, arXiv 1905.00414, equations 3 and 4).
    """
    k, other = centred(k), centred(other)
    squares = k.square().sum((-2, -1)) * other.square().sum((-2, -1))
    return _ratio((k * other).sum((-2, -1)), squares.sqrt())


def label_alignment(k: Tensor, signs: Tensor) -> Tensor:
    """Alignment with the labels' kernel yyᵀ; k: (..., points, points), signs: (points,) ±1."""
    y = (signs - signs.mean()).to(k.dtype)
    return _ratio(torch.einsum("...pq,p,q->...", k, y, y), centred(k).flatten(-2).norm(dim=-1) * y.square().sum())


def relative_change(before: Tensor, after: Tensor) -> Tensor:
    """‖after − before‖/‖before‖ of each network, (networks, ...) -> (networks,)."""
    return _ratio((after - before).flatten(1).norm(dim=1), before.flatten(1).norm(dim=1))


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    return torch.where(denominator > 0, numerator / denominator, torch.zeros_like(numerator))
