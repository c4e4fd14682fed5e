"""Moves of the last layer under any constraint on its logits, such as at least so many points right.

Where all points are to be fitted, `moves.move_last_layer` knows the allowed arc and refuses nothing.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from harness.networks.ensemble import draw, of_layer, size, views
from harness.posterior.constraint import Constraint
from harness.posterior.ellipse import MOST_SHRINKS, on_ellipse, slice_angle


@dataclass(frozen=True)
class _LastLayerEllipse:
    """The last layer moves on fixed features. start, direction: (networks, points, outputs) logits."""

    constraint: Constraint
    start: Tensor
    direction: Tensor

    def at(self, angle: Tensor) -> Tensor:
        """Logits, which are linear in the last layer."""
        return on_ellipse(self.start, self.direction, angle)

    def fits(self, angle: Tensor) -> Tensor:
        return self.constraint.fits(self.at(angle))

    def select(self, which: Tensor) -> "_LastLayerEllipse":
        return _LastLayerEllipse(self.constraint, self.start[which], self.direction[which])


def slice_last_layer(rows: Tensor, moves: int, constraint: Constraint, generator: torch.Generator) -> Tensor:
    """Many elliptical slice moves of a Gaussian last layer, at the cost of one pass through the hidden layers; rows:
    (networks, size), all fitting."""
    own = of_layer(constraint.table, "readout")
    readout, features = constraint.architecture.readout, constraint.features(rows)
    hidden, last = rows.split([rows.shape[1] - size(own), size(own)], dim=1)
    logits = readout(views(own, last), features)
    for _ in range(moves):
        direction = draw(own, "gaussian", len(rows), generator)
        uniform = torch.rand(MOST_SHRINKS, len(rows), generator=generator, device=rows.device)
        ellipse = _LastLayerEllipse(constraint, logits, readout(views(own, direction), features))
        angle = slice_angle(ellipse, uniform)
        logits, last = ellipse.at(angle), on_ellipse(last, direction, angle)
    # Rounding may leave a point a hair on the wrong side; such a network keeps its last layer.
    fits = constraint.fits(readout(views(own, last), features))
    return torch.where(fits[:, None], torch.cat([hidden, last], dim=1), rows)
