"""Statistics of networks, one number per hidden layer. To add one: a function and an entry in a table below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import torch
from torch import Tensor

from harness.networks import Architecture, Parameter
from harness.networks.ensemble import Layered, of_layer
from harness.networks.inheritance import own
from harness.networks.logits import finite


def hidden_layers(architecture: Architecture, parameters: Mapping[str, Tensor], x: Tensor) -> list[Tensor]:
    """Compute the units' values after each hidden layer.

    Args:
        architecture: the networks; if its layers are not known, only the last hidden layer is given.
        parameters: the networks' parameters, with a leading axis "networks".
        x: (points, ...) prepared inputs.

    Returns:
        (networks, points, units) for each hidden layer; the values of a channel at several places count as several
        units.
    """
    if not isinstance(architecture, Layered) or not own(architecture, "linear"):
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
    """HKH with H = I − 11ᵀ/points: the kernel of units whose values have mean 0 over the points."""
    k = k - k.mean(-1, keepdim=True)
    return k - k.mean(-2, keepdim=True)


def alignment(k: Tensor, other: Tensor) -> Tensor:
    """Centred alignment ⟨K_c, L_c⟩/(‖K_c‖·‖L_c‖) of kernels (..., points, points) that broadcast, in [0, 1].

    It is 0 if one of the two is constant. Source: Cortes, Mohri & Rostamizadeh 2012, JMLR 13:795, definition 4. Of the
    linear kernels of two representations it is linear CKA (Kornblith et al. 2019, arXiv 1905.00414, equations 3 and 4).
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


@dataclass(frozen=True, eq=False)
class View:
    """An ensemble on the points of a problem, as statistics see it.

    table: the parameters of one network on these inputs.
    parameters: the networks' parameters, with a leading axis "networks".
    x: (m + n, ...) prepared inputs, training inputs first.
    signs: (m + n,) labels as ±1.
    m: number of training points.
    input_shape: shape of one prepared input before it is expressed in the span of all inputs.
    """

    architecture: Architecture
    table: Mapping[str, Parameter]
    parameters: Mapping[str, Tensor]
    x: Tensor
    signs: Tensor
    m: int
    input_shape: tuple[int, ...]

    @cached_property
    def layers(self) -> list[Tensor]:
        """(networks, m + n, units) of each hidden layer."""
        return hidden_layers(self.architecture, self.parameters, self.x)

    @cached_property
    def logits(self) -> Tensor:
        """(networks, m + n) logits of trained networks; hidden draws have no last layer of their own."""
        features = self.architecture.features(self.parameters, self.x)
        return finite(self.architecture.readout(self.parameters, features))[..., 0]

    @cached_property
    def training_kernels(self) -> list[Tensor]:
        """(networks, m, m) kernel of each hidden layer on the training inputs."""
        return [kernel(h[:, : self.m]) for h in self.layers]


def training_alignment(view: View) -> Tensor:
    """Centred alignment of each hidden kernel with the labels, on the training inputs."""
    signs = view.signs[: view.m]
    return torch.stack([label_alignment(k, signs) for k in view.training_kernels], dim=1)


def evaluation_alignment(view: View) -> Tensor:
    """Centred alignment on the evaluation inputs, whose labels no network was trained on."""
    signs = view.signs[view.m :]
    return torch.stack([label_alignment(kernel(h[:, view.m :]), signs) for h in view.layers], dim=1)


def active_share(view: View) -> Tensor:
    """Share of a hidden layer's units that are positive, over all points."""
    return torch.stack([(h > 0).float().mean((1, 2)) for h in view.layers], dim=1)


def weight_norm(view: View) -> Tensor:
    """‖W‖² of each hidden layer over its mean at initialisation.

    If inputs are expressed in their own span (`sampling_inputs`), the first layer's weights are those in that span:
    weights orthogonal to all inputs do not change the logits, and stay distributed as at initialisation.
    """
    found = []
    for layer in range(len(view.layers)):
        own = of_layer(view.table, f"hidden{layer}")
        name = f"hidden{layer}.weight"
        expected = prod(own[name].shape) * own[name].std ** 2
        found.append(view.parameters[name].square().flatten(1).sum(1) / expected)
    return torch.stack(found, dim=1)


Statistic = Callable[[View], Tensor]
# view -> (networks, hidden layers)
STATISTICS: dict[str, Statistic] = {
    "training alignment": training_alignment,
    "evaluation alignment": evaluation_alignment,
    "active share": active_share,
    "weight norm": weight_norm,
}


def kernel_change(before: View, after: View) -> Tensor:
    """‖K − K₀‖/‖K₀‖ of each hidden kernel on the training inputs (Frobenius norms)."""
    pairs = zip(before.training_kernels, after.training_kernels, strict=True)
    return torch.stack([relative_change(*pair) for pair in pairs], dim=1)


def unit_change(before: View, after: View) -> Tensor:
    """‖h − h₀‖/‖h₀‖ of the units' values of each hidden layer on the training inputs."""
    pairs = zip(before.layers, after.layers, strict=True)
    return torch.stack([relative_change(*(h[:, : before.m] for h in pair)) for pair in pairs], dim=1)


def likeness(before: View, after: View) -> Tensor:
    """Linear CKA of each hidden layer with itself at initialisation, on the training inputs."""
    pairs = zip(before.training_kernels, after.training_kernels, strict=True)
    return torch.stack([alignment(*pair) for pair in pairs], dim=1)


def distance_travelled(before: View, after: View) -> Tensor:
    """‖θ − θ₀‖/‖θ₀‖ over all of a network's parameters, one number: (networks, 1).

    It needs networks that were trained on the inputs themselves (`in_span=False`): in the inputs' own span the first
    layer's parameters are fewer and scaled.
    """
    moved, start = (
        torch.stack([tensor.flatten(1).square().sum(1) for tensor in tensors]).sum(0)
        for tensors in (
            [after.parameters[name] - tensor for name, tensor in before.parameters.items()],
            list(before.parameters.values()),
        )
    )
    return (moved / start).sqrt()[:, None]


def layer_distance(before: View, after: View) -> Tensor:
    """‖W − W₀‖ of each hidden layer over the root mean square of ‖W₀‖, the radius of its initialisation.

    Both are those of the weights on inputs as the problem holds them. In the inputs' own span (`in_input_span`) a first
    layer's weight is c times as large, and so is its step, with c the ratio of the standard deviations.
    """
    whole = before.architecture.parameters(before.input_shape)
    found = []
    for layer in range(len(before.layers)):
        name = f"hidden{layer}.weight"
        step = (after.parameters[name] - before.parameters[name]).flatten(1).norm(dim=1)
        found.append(step / (before.table[name].std * prod(whole[name].shape) ** 0.5))
    return torch.stack(found, dim=1)


def normalised_margin(_: View, after: View) -> Tensor:
    """The smallest signed training logit of the final network over the product of all weights' Frobenius norms:
    (networks, 1).

    It does not change if a layer of a ReLU network without biases is scaled; Chiang et al. 2023 (openreview
    QC10RmRbZy9) normalise the logits of their losses in the same way. It needs networks that were trained on the inputs
    themselves (`in_span=False`): in the inputs' own span the first layer's weights are scaled.
    """
    margins = (after.logits[:, : after.m] * after.signs[: after.m]).min(1).values
    norms = [w.flatten(1).norm(dim=1) for name, w in after.parameters.items() if name.endswith(".weight")]
    return (margins / torch.stack(norms).prod(0))[:, None]


def evaluation_error(_: View, after: View) -> Tensor:
    """Share of evaluation inputs that the final network gets wrong, (networks, 1)."""
    wrong = (after.logits[:, after.m :] > 0) != (after.signs[after.m :] > 0)
    return wrong.float().mean(1, keepdim=True)


Change = Callable[[View, View], Tensor]
# a network at its initialisation and later -> (networks, hidden layers), or one number
CHANGES: dict[str, Change] = {
    "kernel change": kernel_change,
    "unit change": unit_change,
    "CKA with the start": likeness,
    "layer distance": layer_distance,
    "distance travelled": distance_travelled,
    "normalised margin": normalised_margin,
    "evaluation error": evaluation_error,
}
