"""The levels of annealing: the weights of networks on the path from the initialisation to the networks that fit S.

Let L = Σ ln σ(β·margin). Along the sharpness, the weight is e^L at a sharpness β that grows from 0, the flat
likelihood, to ∞, the 0–1 likelihood. But some labels are learnt all at once: on the parity of 7 bits, networks that
have learnt it and networks that have not weigh the same at β = 2, with hardly any in between, so that particles
equilibrate too slowly, forward and in reverse. Along the likelihood, networks are held near an L that rises by itself,
by e^(−κ(L − centre)²/2) at one sharpness, and visit the networks in between (the Gaussian ensemble: Challa &
Hetherington 1988, Phys. Rev. Lett. 60:77); from the networks at that sharpness, the path continues along the sharpness.
The two paths share nothing but their ends, so two estimates of P(S) check each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.nn.functional import logsigmoid

AnnealingPath = Literal["sharpness", "likelihood"]

# Sharpness at which L is held: parity of 7 bits is learnt well before it. That of 5 bits is learnt near it, but not so
# suddenly that it delays either path.
HELD_AT = 3.0
# κ times the number of points, over which L is a sum. Stiff enough to hold networks at an L that hardly any would have,
# not so stiff that levels become many.
_STIFFNESS = 3.0
# Sharpness and stiffness change by at most this factor from one level to the next, once sharpness is 1 and stiffness
# that part of κ: by twice and more, the forward or the reverse weights may have no variance.
_STEEPEST = 1.5
_LOOSEST = 1 / 16


def log_likelihood(margins: Tensor, sharpness: float) -> Tensor:
    """(networks, points) -> (networks,) L in double precision; at β = ∞ 0 if all margins are positive, else −∞."""
    return logsigmoid(sharpness * margins.double()).sum(1)


@dataclass(frozen=True)
class Level:
    """Networks weighted by e^(slope·L − stiffness·(L − centre)²/2)."""

    sharpness: float
    slope: float = 1.0
    stiffness: float = 0.0
    centre: float = 0.0

    def log_weight(self, margins: Tensor) -> Tensor:
        """(networks, points) -> (networks,) ln of the weight in double precision."""
        likelihood = log_likelihood(margins, self.sharpness)
        if self.stiffness == 0:
            return self.slope * likelihood
        return self.slope * likelihood - self.stiffness * (likelihood - self.centre) ** 2 / 2


# As drawn: all networks have equal weight.
INITIALISATION = Level(0.0, slope=0.0)
FITTING = Level(inf)


@dataclass(frozen=True)
class Segment:
    """A segment of the path.

    If `end` is infinite, the path may jump there from any position.

    level: position -> the level there.
    start: the first position.
    end: the last position.
    first: largest first step; later steps grow by at most `_STEEPEST`.
    """

    level: Callable[[float], Level]
    start: float = 0.0
    end: float = 1.0
    first: float = 1.0

    def next(self, margins: Tensor, position: float, effective: float) -> float:
        """Choose the next position, so that the particles' weights keep a given effective share.

        Args:
            margins: (networks, points) margins of the particles at `position`.
            position: the present position, before `end`.
            effective: the effective share of the particles after weighting, between 0 and 1.

        Returns:
            The next position, at most `end`.
        """
        here = self.level(position).log_weight(margins)

        def excess(further: float) -> float:
            weights = self.level(further).log_weight(margins) - here
            if weights.max() == -inf:
                return -effective
            weights = (weights - weights.max()).exp()
            return float(weights.sum() ** 2 / (weights**2).sum()) / len(weights) - effective

        if self.end == inf and excess(inf) >= 0:
            return inf
        most = min(max(_STEEPEST * position, self.first), self.end)
        return most if excess(most) >= 0 else float(brentq(excess, position, most, rtol=1e-5))


def sharpening(start: float = 0.0, end: float = inf) -> Segment:
    """The segment from one sharpness to another."""
    return Segment(Level, start, end)


def along_likelihood(points: int, start: float, end: float) -> Sequence[Segment]:
    """Make the segments of the path along the likelihood.

    They lead from the initialisation through networks of sharpness HELD_AT to networks that fit.

    Args:
        points: number of training points.
        start: mean L at sharpness HELD_AT of networks at initialisation.
        end: mean L at sharpness HELD_AT of networks weighted by that sharpness.

    Returns:
        The segments in order.
    """
    stiffness = _STIFFNESS / points
    # L, if held, lies 1/κ below the centre at which it is as likely as without being held.
    last = end + 1 / stiffness
    return (
        Segment(lambda part: Level(HELD_AT, 0.0, part * stiffness, start), first=_LOOSEST),
        Segment(lambda part: Level(HELD_AT, 0.0, stiffness, start + part * (last - start))),
        Segment(lambda looser: Level(HELD_AT, 1 - 1 / looser, stiffness / looser, last), 1.0, 1 / _LOOSEST),
        Segment(lambda part: Level(HELD_AT, 1 - (1 - part) * _LOOSEST, (1 - part) * _LOOSEST * stiffness, last)),
        sharpening(HELD_AT),
    )


def mean_likelihood(margins: Tensor) -> float:
    """Mean of L at sharpness HELD_AT over networks."""
    return float(torch.mean(log_likelihood(margins, HELD_AT)))
