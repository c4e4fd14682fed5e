"""Moves that leave the initialisation, restricted to the networks that fit the training set, as it is.

Networks are rows of Gaussian numbers. None of the moves has a step size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sqrt
from typing import Protocol

import torch
from torch import Tensor

from harness.networks import Architecture, Parameter
from harness.networks.ensemble import Layered, draw, size, views

# The bracket of angles about halves at every refusal: after so many it is narrower than float32 can tell.
_MOST_SHRINKS = 24

Table = Mapping[str, Parameter]


def gaussian_table(architecture: Architecture, table: Table) -> Table:
    """What a row holds: the parameters where they are Gaussian, else the standard normal numbers they are made of."""
    if architecture.distribution == "gaussian":
        return table
    return {name: Parameter(parameter.shape, 1.0) for name, parameter in table.items()}


def express(architecture: Architecture, table: Table, rows: Tensor) -> dict[str, Tensor]:
    """(networks, size) rows -> the networks' parameters."""
    if architecture.distribution == "gaussian":
        return views(table, rows)
    # Uniform on ±√3, by its quantiles.
    uniform = sqrt(3) * torch.erf(rows / sqrt(2))
    return {name: tensor * table[name].std for name, tensor in views(table, uniform).items()}


@dataclass(frozen=True)
class Constraint:
    """Fitting all of these points. x: (points, ...) prepared inputs. signs: (points,) ±1, the labels."""

    architecture: Architecture
    table: Table
    x: Tensor
    signs: Tensor

    def features(self, rows: Tensor) -> Tensor:
        """(networks, size) -> (networks, points, features)."""
        return self.architecture.features(express(self.architecture, self.table, rows), self.x)

    def margins(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points): logit times label, positive where the point is fitted."""
        return self.architecture.readout(parameters, features)[..., 0] * self.signs

    def margins_of(self, rows: Tensor) -> Tensor:
        """(networks, size) -> (networks, points)."""
        parameters = express(self.architecture, self.table, rows)
        return self.margins(parameters, self.architecture.features(parameters, self.x))


class _Ellipse(Protocol):
    """Every network's ellipse through where it is (angle 0) and an independent draw (angle π/2)."""

    def margins(self, angle: Tensor) -> Tensor:
        """(networks,) -> (networks, points)."""

    def select(self, which: Tensor) -> "_Ellipse":
        """The ellipses of some networks only."""


@dataclass(frozen=True)
class _WholeEllipse:
    """All parameters move."""

    constraint: Constraint
    start: Tensor
    direction: Tensor

    def margins(self, angle: Tensor) -> Tensor:
        return self.constraint.margins_of(_on_ellipse(self.start, self.direction, angle))

    def select(self, which: Tensor) -> "_WholeEllipse":
        return _WholeEllipse(self.constraint, self.start[which], self.direction[which])


@dataclass(frozen=True)
class _LayerEllipse:
    """One hidden layer moves, and its preactivations with it; the layers above are computed from these."""

    constraint: Constraint
    layer: int
    above: Table
    rows_above: Tensor
    start: Tensor
    direction: Tensor

    def margins(self, angle: Tensor) -> Tensor:
        parameters = views(self.above, self.rows_above)
        z = _on_ellipse(self.start, self.direction, angle)
        architecture = self.constraint.architecture
        assert isinstance(architecture, Layered)
        return self.constraint.margins(parameters, architecture.features_from(parameters, z, self.layer))

    def select(self, which: Tensor) -> "_LayerEllipse":
        chosen = (tensor[which] for tensor in (self.rows_above, self.start, self.direction))
        return _LayerEllipse(self.constraint, self.layer, self.above, *chosen)


def _on_ellipse(start: Tensor, direction: Tensor, angle: Tensor) -> Tensor:
    angle = angle.view(-1, *[1] * (start.ndim - 1))
    return torch.addcmul(start * angle.cos(), direction, angle.sin())


def move_all(rows: Tensor, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """One elliptical slice sampling move of all parameters of every network; rows: (networks, size), all fitting."""
    table = gaussian_table(constraint.architecture, constraint.table)
    direction = draw(table, "gaussian", len(rows), generator)
    angle = _slice(_WholeEllipse(constraint, rows, direction), len(rows), generator)
    return _on_ellipse(rows, direction, angle)


def move_layer(rows: Tensor, layer: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """One elliptical slice sampling move of one hidden layer of every network; rows: (networks, size), all fitting.

    For layered architectures with a Gaussian initialisation.
    """
    architecture, x = constraint.architecture, constraint.x
    assert isinstance(architecture, Layered)
    below, own, above = _parts(constraint.table, f"{architecture.layers[layer]}.")
    start, end = size(below), size(below) + size(own)
    direction = draw(own, "gaussian", len(rows), generator)
    now = views(constraint.table, rows)
    ellipse = _LayerEllipse(
        constraint,
        layer,
        above,
        rows[:, end:],
        architecture.preactivations(now, x, layer),
        architecture.preactivations({**now, **views(own, direction)}, x, layer),
    )
    angle = _slice(ellipse, len(rows), generator)
    return torch.cat([rows[:, :start], _on_ellipse(rows[:, start:end], direction, angle), rows[:, end:]], dim=1)


def _parts(table: Table, prefix: str) -> tuple[Table, Table, Table]:
    """The table below, of, and above the layer whose names begin so."""
    names = list(table)
    own = [i for i, name in enumerate(names) if name.startswith(prefix)]
    bounds = (0, own[0], own[-1] + 1, len(names))
    below, layer, above = ({name: table[name] for name in names[i:j]} for i, j in pairwise(bounds))
    return below, layer, above


def _slice(ellipse: _Ellipse, networks: int, generator: torch.Generator) -> Tensor:
    """(networks,) angles at which every network fits, by the shrinking bracket of Murray, Adams & MacKay 2010.

    A network whose bracket ends before such an angle is found stays where it is, which keeps detailed balance. All
    random numbers are drawn at once, so that a network's move does not depend on when its neighbours are done.
    """
    device = generator.device
    uniform = torch.rand(_MOST_SHRINKS, networks, generator=generator, device=device)
    angle = 2 * pi * uniform[0]
    low, high = angle - 2 * pi, angle
    found = torch.zeros(networks, device=device)
    active = torch.arange(networks, device=device)
    done = torch.zeros(networks, dtype=torch.bool, device=device)
    for shrink in range(1, _MOST_SHRINKS):
        fits = (ellipse.margins(angle) > 0).all(1) & ~done
        found[active[fits]] = angle[fits]
        done |= fits
        left = len(active) - int(done.sum())
        if left == 0:
            break
        low, high = torch.where(angle < 0, angle, low), torch.where(angle < 0, high, angle)
        # Copying what is still at work pays only once it has halved.
        if 2 * left <= len(active):
            kept = (~done).nonzero()[:, 0]
            ellipse, active, done = ellipse.select(kept), active[kept], done[kept]
            low, high = low[kept], high[kept]
        angle = low + (high - low) * uniform[shrink, active]
    return found


def move_last_layer(rows: Tensor, moves: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Many moves of the last layer on fixed features, by linear elliptical slice sampling (Gessner et al. 2020).

    Logits are linear in a Gaussian last layer, so on its ellipse each fitted point allows an open half circle around
    angle 0, and all together the arc from atan(max r) − π/2 to atan(min r) + π/2, with r the draw's margin over the
    present one: the angle is drawn from that arc, and nothing is refused.
    """
    architecture, signs = constraint.architecture, constraint.signs
    below, own, _ = _parts(constraint.table, "readout.")
    features = constraint.features(rows)
    now = views(own, rows[:, size(below) :])
    draws = {
        name: torch.randn(len(rows), *shape[:-1], moves, generator=generator, device=rows.device) * std
        for name, (shape, std) in own.items()
    }
    margin = constraint.margins(now, features)
    margins = (architecture.readout(draws, features) * signs[:, None]).permute(2, 0, 1).contiguous()
    uniform = torch.rand(moves, len(rows), generator=generator, device=rows.device)
    # The last layer stays a combination of where it started and of the draws: the loop keeps only its coefficients.
    coefficients = torch.zeros(len(rows), moves + 1, 1, device=rows.device)
    coefficients[:, 0] = 1
    for move in range(moves):
        ratio = margins[move] / margin
        low, high = ratio.amax(1).atan_().sub_(pi / 2), ratio.amin(1).atan_().add_(pi / 2)
        angle = torch.lerp(low, high, uniform[move])[:, None]
        cos, sin = angle.cos(), angle.sin()
        margin = torch.addcmul(margin * cos, margins[move], sin)
        coefficients[:, : move + 1] *= cos[:, None]
        coefficients[:, move + 1] = sin
    moved = {name: torch.cat([now[name], draws[name]], dim=-1) @ coefficients for name in own}
    # Rounding may leave a point a hair on the wrong side; such a network keeps its last layer.
    fits = (constraint.margins(moved, features) > 0).all(1)
    new = torch.cat([rows[:, : size(below)], *(tensor.flatten(1) for tensor in moved.values())], dim=1)
    return torch.where(fits[:, None], new, rows)
