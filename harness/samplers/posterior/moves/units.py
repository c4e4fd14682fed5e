"""Markov moves that leave the prior, restricted to networks that fit the training set, invariant.

Networks are rows of Gaussian numbers. None of the moves has a step size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from harness.networks import Architecture, FullyConnected
from harness.networks.ensemble import Layered, draw, of_layer, views
from harness.networks.inheritance import computes, own
from harness.samplers.posterior.moves.constraint import Constraint, Table, gaussian_table
from harness.samplers.posterior.moves.elliptical_slice import MOST_SHRINKS, on_ellipse, slice_angle
from harness.samplers.posterior.moves.last_layer import move_last_layer, slice_last_layer
from harness.samplers.posterior.moves.units_compiled import slice_units_compiled


@dataclass(frozen=True)
class _WholeEllipse:
    """Ellipses of all parameters."""

    constraint: Constraint
    start: Tensor
    direction: Tensor

    def fits(self, angle: Tensor) -> Tensor:
        return self.constraint.fits(self.constraint.logits(on_ellipse(self.start, self.direction, angle)))

    def select(self, which: Tensor) -> "_WholeEllipse":
        return _WholeEllipse(self.constraint, self.start[which], self.direction[which])


@dataclass(frozen=True)
class _UnitsEllipse:
    """Ellipses of some units of a hidden layer.

    parameters: parameters of the layers above.
    start, direction: (networks, points, units) preactivations at angle 0 and π/2.
    rest: input of the next layer from all other units.
    """

    constraint: Constraint
    layer: int
    units: slice
    parameters: dict[str, Tensor]
    start: Tensor
    direction: Tensor
    rest: Tensor

    def next(self, angle: Tensor) -> Tensor:
        """Preactivations of the next layer."""
        h = self._architecture.activate(on_ellipse(self.start, self.direction, angle))
        return self.rest + self._architecture.of_units(self.parameters, h, self.units, self.layer + 1)

    def fits(self, angle: Tensor) -> Tensor:
        logits = self._architecture.logits_from(self.parameters, self.next(angle), self.layer + 1)
        return self.constraint.fits(logits)

    def select(self, which: Tensor) -> "_UnitsEllipse":
        return replace(
            self,
            parameters={name: tensor[which] for name, tensor in self.parameters.items()},
            start=self.start[which],
            direction=self.direction[which],
            rest=self.rest[which],
        )

    @property
    def _architecture(self) -> Layered:
        assert isinstance(self.constraint.architecture, Layered)
        return self.constraint.architecture


def move_all(rows: Tensor, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Move all parameters of every network once, by elliptical slice sampling.

    Args:
        rows: (networks, size), all within the constraint.
        constraint: the points to fit.
        generator: source of randomness, on the rows' device.

    Returns:
        (networks, size) rows after the move, all within the constraint.
    """
    table = gaussian_table(constraint.architecture, constraint.table)
    direction = draw(table, "gaussian", len(rows), generator)
    uniform = torch.rand(MOST_SHRINKS, len(rows), generator=generator, device=rows.device, dtype=torch.float32)
    angle = slice_angle(_WholeEllipse(constraint, rows, direction), uniform)
    return on_ellipse(rows, direction, angle)


def move_units(rows: Tensor, groups: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Move the units of every hidden layer once, in groups, one group after the other.

    A group has a small share in every logit, so it moves by a far larger angle than its whole layer would. This is for
    layered architectures with a Gaussian initialisation, units apart and no ties of logits, which rounding would lose.

    Args:
        rows: (networks, size), all within the constraint.
        groups: groups of each hidden layer's units.
        constraint: the points to fit.
        generator: source of randomness, on the rows' device.

    Returns:
        (networks, size) rows after the moves, all within the constraint.
    """
    architecture = constraint.architecture
    assert isinstance(architecture, Layered)
    by_hand = rows.device.type == "cpu" and computes(architecture, FullyConnected) and constraint.least is None
    moved = rows.clone()
    parameters = views(constraint.table, moved)
    h = constraint.x
    for layer, name in enumerate(architecture.layers[:-1]):
        own = of_layer(constraint.table, name)
        direction = views(own, draw(own, "gaussian", len(rows), generator))
        z, dz = (architecture.linear(each, h, layer) for each in (parameters, direction))
        upper = architecture.linear(parameters, architecture.activate(z.clone()), layer + 1)
        units = z.shape[-1]
        edges = torch.linspace(0, units, min(groups, units) + 1, dtype=torch.float64).round().long()
        uniform = torch.rand(
            len(edges) - 1, MOST_SHRINKS, len(rows), generator=generator, device=rows.device, dtype=torch.float32
        )
        each = (slice_units_compiled if by_hand else slice_units)(
            constraint, layer, parameters, z, dz, upper, edges.tolist(), uniform
        )
        angle = each.repeat_interleave(edges.diff().to(rows.device), dim=1)[:, None]
        cos, sin = angle.cos(), angle.sin()
        for part in own:
            parameters[part].mul_(cos).addcmul_(direction[part], sin)
        # A unit turns by one angle at all points, and as a channel at all pixels.
        cos, sin = (each.view(len(rows), *[1] * (z.ndim - 2), units) for each in (cos, sin))
        h = architecture.activate((z * cos).addcmul_(dz, sin))
    # Rounding may leave a point a hair on the wrong side; such a network stays where it was.
    fits = constraint.fits(architecture.linear(parameters, h, len(architecture.layers) - 1))
    return torch.where(fits[:, None], moved, rows)


def slice_units(
    constraint: Constraint,
    layer: int,
    parameters: dict[str, Tensor],
    z: Tensor,
    dz: Tensor,
    upper: Tensor,
    edges: Sequence[int],
    uniform: Tensor,
) -> Tensor:
    """Choose the angles by which groups of units move, one group after the other.

    Args:
        constraint: the points to fit.
        layer: index of the hidden layer.
        parameters: the networks' parameters.
        z: (networks, points, units) present preactivations of the layer.
        dz: (networks, points, units) preactivations of an independent draw.
        upper: preactivations of the next layer; may be overwritten.
        edges: (groups + 1,) first unit of each group, then the number of units.
        uniform: (groups, MOST_SHRINKS, networks) random numbers on [0, 1).

    Returns:
        (networks, groups) angles in radians.
    """
    architecture = constraint.architecture
    assert isinstance(architecture, Layered)
    above = {name: parameters[name] for each in architecture.layers[layer + 1 :] for name in of_layer(parameters, each)}
    angles = []
    for (first, last), numbers in zip(pairwise(edges), uniform, strict=True):
        units = slice(first, last)
        start = z[..., units]
        rest = upper - architecture.of_units(above, architecture.activate(start.clone()), units, layer + 1)
        ellipse = _UnitsEllipse(constraint, layer, units, above, start, dz[..., units], rest)
        angles.append(slice_angle(ellipse, numbers))
        upper = ellipse.next(angles[-1])
    return torch.stack(angles, dim=1)


class Sweep:
    """Moves every parameter of networks that fit a constraint.

    Only Gaussian layers have moves of their own, and units only if they are apart and there are no ties (`move_units`);
    all other parameters move at once.

    groups: groups of a hidden layer's units, which move one after the other.
    last_layers: moves of the last layer.
    """

    def __init__(
        self, architecture: Architecture, table: Table, groups: int, last_layers: int, generator: torch.Generator
    ) -> None:
        gaussian = architecture.distribution == "gaussian"
        self.groups, self.generator = groups, generator
        self.last_layers = last_layers if gaussian else 0
        only_last_layer = set(of_layer(table, "readout")) == set(table)
        by_units = (
            isinstance(architecture, Layered)
            and own(architecture, "of_units")
            and not architecture.ties
            and architecture.units_apart
        )
        self.by_units = gaussian and by_units and not only_last_layer
        self.whole = not self.by_units and not (only_last_layer and self.last_layers)

    def __call__(self, rows: Tensor, constraint: Constraint) -> Tensor:
        """Move (networks, size) rows; all are within the constraint, before and after."""
        if self.by_units:
            rows = move_units(rows, self.groups, constraint, self.generator)
        if self.whole:
            rows = move_all(rows, constraint, self.generator)
        if self.last_layers:
            move = move_last_layer if constraint.least is None else slice_last_layer
            rows = move(rows, self.last_layers, constraint, self.generator)
        return rows
