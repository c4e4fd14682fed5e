"""Elliptical slice sampling (Murray, Adams & MacKay 2010) under a constraint: a point on each network's ellipse."""

from math import pi
from typing import Protocol, Self

import torch
from torch import Tensor

# The bracket of angles about halves at every refusal: after so many it is narrower than float32 can tell.
MOST_SHRINKS = 24


class Ellipse(Protocol):
    """Every network's ellipse through its present state (angle 0) and an independent draw (angle π/2)."""

    def fits(self, angle: Tensor) -> Tensor:
        """(networks,) -> (networks,): whether the network at this angle fits."""

    def select(self, which: Tensor) -> Self:
        """The ellipses of some networks only."""


def on_ellipse(start: Tensor, direction: Tensor, angle: Tensor) -> Tensor:
    """Compute points on ellipses, start·cos + direction·sin.

    Args:
        start: (networks, ...) points at angle 0.
        direction: (networks, ...) points at angle π/2.
        angle: (networks,) in radians.

    Returns:
        (networks, ...) points at these angles.
    """
    angle = angle.view(-1, *[1] * (start.ndim - 1))
    return torch.addcmul(start * angle.cos(), direction, angle.sin())


def slice_angle(ellipse: Ellipse, uniform: Tensor) -> Tensor:
    """(networks,) angles at which every network fits, by the shrinking bracket.

    uniform: (MOST_SHRINKS, networks) on [0, 1), all drawn beforehand, so that a network's move does not depend on when
    its neighbours are done. A network whose bracket ends before an angle is found keeps its state, which keeps detailed
    balance.
    """
    networks = uniform.shape[1]
    found = torch.zeros(networks, device=uniform.device, dtype=torch.float32)
    active = torch.arange(networks, device=uniform.device)
    done = torch.zeros(networks, dtype=torch.bool, device=uniform.device)
    angle = 2 * pi * uniform[0]
    low, high = angle - 2 * pi, angle
    for shrink in range(1, MOST_SHRINKS):
        done |= ellipse.fits(angle)
        going = (~done).nonzero()[:, 0]
        # Copying what is still at work pays only once it has halved.
        if 2 * len(going) <= len(active):
            found[active] = torch.where(done, angle, found[active])
            if not len(going):
                break
            ellipse, active, uniform, angle = ellipse.select(going), active[going], uniform[:, going], angle[going]
            low, high, done = low[going], high[going], done[going]
        below = angle < 0
        low, high = torch.where(below, angle, low), torch.where(below, high, angle)
        angle = torch.where(done, angle, torch.lerp(low, high, uniform[shrink]))
    else:
        found[active] = torch.where(done, angle, found[active])
    return found
