"""Gradients of an ensemble: each network's own, by its architecture's backward pass or by automatic differentiation."""

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor

from harness.networks.ensemble import Architecture, DifferentiatedByHand, Parameter, views
from harness.networks.inheritance import own


def gradients(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    rows: Tensor,
    x: Tensor,
    slope: Callable[[Tensor], Tensor],
) -> Tensor:
    """Gradient of each network's loss, by the architecture's backward pass if it has one, else by automatic
    differentiation.

    Args:
        architecture: the networks' architecture.
        table: parameters of one network.
        rows: (networks, size) the networks.
        x: inputs (points, ...) or (networks, points, ...).
        slope: logits, as `squeezed` gives them -> derivatives of each network's loss by its logits, of the same shape.

    Returns:
        (networks, size), in rows like the networks'.
    """
    if own(architecture, "gradients"):
        by_name = cast(DifferentiatedByHand, architecture).gradients(views(table, rows), x, slope)
        return torch.cat([by_name[name].flatten(1) for name in table], dim=1)
    return automatic_gradients(architecture, table, rows, x, slope)


def automatic_gradients(
    architecture: Architecture,
    table: Mapping[str, Parameter],
    rows: Tensor,
    x: Tensor,
    slope: Callable[[Tensor], Tensor],
) -> Tensor:
    """Gradient of each network's loss by automatic differentiation, for any architecture.

    Networks share no parameter, so one backward pass gives each its own gradient.

    Args:
        architecture: the networks' architecture.
        table: parameters of one network.
        rows: (networks, size) the networks.
        x: inputs (points, ...) or (networks, points, ...).
        slope: logits, as `squeezed` gives them -> derivatives of each network's loss by its logits, of the same shape.

    Returns:
        (networks, size), in rows like the networks'.
    """
    with torch.enable_grad():
        leaf = rows.detach().requires_grad_()
        parameters = views(table, leaf)
        logits = squeezed(architecture.readout(parameters, architecture.features(parameters, x)))
        return torch.autograd.grad(logits, leaf, slope(logits.detach()))[0]


def squeezed(logits: Tensor) -> Tensor:
    """(networks, points, outputs), without the last axis if there is one output."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits
