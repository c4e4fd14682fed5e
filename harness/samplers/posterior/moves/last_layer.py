"""Moves of the last layer that leave the prior under a constraint on the logits invariant.

If all points must be fitted, `move_last_layer` knows the allowed arc and rejects nothing; for any other constraint,
such as a least number of fitted points, there is `slice_last_layer`.
"""

from dataclasses import dataclass
from math import inf, pi

import torch
from torch import Tensor

from harness.networks.ensemble import draw, of_layer, size, views
from harness.samplers.posterior.moves.constraint import Constraint
from harness.samplers.posterior.moves.elliptical_slice import MOST_SHRINKS, on_ellipse, slice_angle


@dataclass(frozen=True)
class _LastLayerEllipse:
    """Ellipses of the last layer on fixed features.

    start, direction: (networks, points, outputs) logits at angle 0 and π/2.
    """

    constraint: Constraint
    start: Tensor
    direction: Tensor

    def at(self, angle: Tensor) -> Tensor:
        """Logits at an angle; they are linear in the last layer."""
        return on_ellipse(self.start, self.direction, angle)

    def fits(self, angle: Tensor) -> Tensor:
        return self.constraint.fits(self.at(angle))

    def select(self, which: Tensor) -> "_LastLayerEllipse":
        return _LastLayerEllipse(self.constraint, self.start[which], self.direction[which])


def slice_last_layer(rows: Tensor, moves: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Move a Gaussian last layer many times by elliptical slice sampling, for one pass through the hidden layers.

    Args:
        rows: (networks, size), all within the constraint.
        moves: number of moves.
        constraint: the constraint on the logits.
        generator: source of randomness, on the rows' device.

    Returns:
        (networks, size) rows after the moves, all within the constraint.
    """
    own = of_layer(constraint.table, "readout")
    readout, features = constraint.architecture.readout, constraint.features(rows)
    hidden, last = rows.split([rows.shape[1] - size(own), size(own)], dim=1)
    logits = readout(views(own, last), features)
    for _ in range(moves):
        direction = draw(own, "gaussian", len(rows), generator)
        uniform = torch.rand(MOST_SHRINKS, len(rows), generator=generator, device=rows.device, dtype=torch.float32)
        ellipse = _LastLayerEllipse(constraint, logits, readout(views(own, direction), features))
        angle = slice_angle(ellipse, uniform)
        logits, last = ellipse.at(angle), on_ellipse(last, direction, angle)
    # Rounding may leave a point a hair on the wrong side; such a network keeps its last layer.
    fits = constraint.fits(readout(views(own, last), features))
    return torch.where(fits[:, None], torch.cat([hidden, last], dim=1), rows)


def move_last_layer(rows: Tensor, moves: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Move the last layer many times on fixed features, by linear elliptical slice sampling (Gessner et al. 2020).

    Logits are linear in a Gaussian last layer, so on its ellipse each margin allows an open half circle around angle 0,
    and all together the arc from atan(max r) − π/2 to atan(min r) + π/2, with r the draw's margin over the present one:
    the angle is drawn from that arc, and nothing is rejected.

    Args:
        rows: (networks, size), all fitting.
        moves: number of moves.
        constraint: the points, all of which are fitted.
        generator: source of randomness, on the rows' device.

    Returns:
        (networks, size) rows after the moves, all fitting.
    """
    architecture = constraint.architecture
    own = of_layer(constraint.table, "readout")
    features = constraint.features(rows)
    now = views(own, rows[:, -size(own) :])
    # The last layers drawn lie side by side, as one readout of moves × outputs.
    draws = {
        name: torch.randn(
            len(rows), shape[0], moves, shape[1], generator=generator, device=rows.device, dtype=torch.float32
        )
        * std
        for name, (shape, std, _) in own.items()
    }
    margin = constraint.margins(architecture.readout(now, features)).flatten(1)
    logits = architecture.readout({name: tensor.flatten(2) for name, tensor in draws.items()}, features)
    logits = logits.unflatten(2, (moves, -1)).permute(2, 0, 1, 3)
    margins = constraint.margins(logits).flatten(2).contiguous()
    uniform = torch.rand(moves, len(rows), generator=generator, device=rows.device, dtype=torch.float32)
    # The last layer stays a combination of where it started and of the draws: the loop keeps only its coefficients.
    coefficients = torch.zeros(len(rows), moves + 1, 1, device=rows.device, dtype=torch.float32)
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
