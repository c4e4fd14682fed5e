"""Moves that leave the initialisation, restricted to the networks that fit the training set, as it is.

Networks are rows of Gaussian numbers. None of the moves has a step size.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, pi

import torch
from torch import Tensor

from harness.networks import FullyConnected
from harness.networks.ensemble import Layered, draw, of_layer, size, views
from harness.posterior.constraint import Constraint, gaussian_table
from harness.posterior.ellipse import MOST_SHRINKS, on_ellipse, slice_angle
from harness.posterior.turning import turn_on_cpu


@dataclass(frozen=True)
class _WholeEllipse:
    """All parameters move."""

    constraint: Constraint
    start: Tensor
    direction: Tensor

    def fits(self, angle: Tensor) -> Tensor:
        return self.constraint.fits(self.constraint.logits(on_ellipse(self.start, self.direction, angle)))

    def select(self, which: Tensor) -> "_WholeEllipse":
        return _WholeEllipse(self.constraint, self.start[which], self.direction[which])


@dataclass(frozen=True)
class _UnitsEllipse:
    """Some units of a hidden layer move.

    parameters: of the layers above. start, direction: (networks, points, units) preactivations. rest: what the next
    layer takes in from all other units.
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
    """One elliptical slice sampling move of all parameters of every network; rows: (networks, size), all fitting."""
    table = gaussian_table(constraint.architecture, constraint.table)
    direction = draw(table, "gaussian", len(rows), generator)
    uniform = torch.rand(MOST_SHRINKS, len(rows), generator=generator, device=rows.device)
    angle = slice_angle(_WholeEllipse(constraint, rows, direction), uniform)
    return on_ellipse(rows, direction, angle)


def move_units(rows: Tensor, groups: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """One move of each of so many groups of units of every hidden layer, one group after the other.

    A group has a small share in every logit, and so turns by a far wider angle than its whole layer would. For layered
    architectures with a Gaussian initialisation and without ties, which would get lost in the rounding; rows:
    (networks, size), all fitting.
    """
    architecture = constraint.architecture
    assert isinstance(architecture, Layered)
    by_hand = rows.device.type == "cpu" and isinstance(architecture, FullyConnected) and constraint.least is None
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
        uniform = torch.rand(len(edges) - 1, MOST_SHRINKS, len(rows), generator=generator, device=rows.device)
        each = (turn_on_cpu if by_hand else turn)(constraint, layer, parameters, z, dz, upper, edges.tolist(), uniform)
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


def turn(
    constraint: Constraint,
    layer: int,
    parameters: dict[str, Tensor],
    z: Tensor,
    dz: Tensor,
    upper: Tensor,
    edges: Sequence[int],
    uniform: Tensor,
) -> Tensor:
    """(networks, groups) angles by which groups of units turn, one group after the other.

    z, dz: (networks, points, units) preactivations where they are and of an independent draw. upper: the next layer's,
    may be overwritten. edges: (groups + 1,) first unit of each group. uniform: (groups, MOST_SHRINKS, networks).
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


def move_last_layer(rows: Tensor, moves: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Many moves of the last layer on fixed features, by linear elliptical slice sampling (Gessner et al. 2020).

    Logits are linear in a Gaussian last layer, so on its ellipse each margin allows an open half circle around angle 0,
    and all together the arc from atan(max r) − π/2 to atan(min r) + π/2, with r the draw's margin over the present one:
    the angle is drawn from that arc, and nothing is refused.
    """
    architecture = constraint.architecture
    own = of_layer(constraint.table, "readout")
    features = constraint.features(rows)
    now = views(own, rows[:, -size(own) :])
    # The last layers drawn lie side by side, as one readout of moves × outputs.
    draws = {
        name: torch.randn(len(rows), shape[0], moves, shape[1], generator=generator, device=rows.device) * std
        for name, (shape, std) in own.items()
    }
    margin = constraint.margins(architecture.readout(now, features)).flatten(1)
    logits = architecture.readout({name: tensor.flatten(2) for name, tensor in draws.items()}, features)
    logits = logits.unflatten(2, (moves, -1)).permute(2, 0, 1, 3)
    margins = constraint.margins(logits).flatten(2).contiguous()
    uniform = torch.rand(moves, len(rows), generator=generator, device=rows.device)
    # The last layer stays a combination of where it started and of the draws: the loop keeps only its coefficients.
    coefficients = torch.zeros(len(rows), moves + 1, 1, device=rows.device)
    coefficients[:, 0] = 1
    # Where all of a point's features are 0, no last layer changes its label.
    dead = margin == 0
    for move in range(moves):
        ratio = margins[move] / margin
        low = ratio.masked_fill(dead, -inf).amax(1).atan_().sub_(pi / 2)
        high = ratio.masked_fill(dead, inf).amin(1).atan_().add_(pi / 2)
        angle = torch.lerp(low, high, uniform[move])[:, None]
        cos, sin = angle.cos(), angle.sin()
        margin = torch.addcmul(margin * cos, margins[move], sin)
        coefficients[:, : move + 1] *= cos[:, None]
        coefficients[:, move + 1] = sin
    moved = {name: now[name] * coefficients[:, :1] + (draws[name] * coefficients[:, None, 1:]).sum(2) for name in own}
    # Rounding may leave a point a hair on the wrong side; such a network keeps its last layer.
    fits = constraint.fits(architecture.readout(moved, features))[:, None]
    last = torch.cat([tensor.flatten(1) for tensor in moved.values()], dim=1)
    new = rows.clone()
    new[:, -size(own) :] = torch.where(fits, last, rows[:, -size(own) :])
    return new
