"""How sharp the likelihood Π σ(β_i·margin_i) is at each point as annealing goes on: from 0 everywhere to ∞ everywhere.

How far it has gone is one number, t. Together, t is the sharpness of all points. In turn, point after point becomes as
sharp as _IN_TURN while t goes from 0 to the number of points, and from there on all are sharpened together: such
likelihoods have nothing in common with the others but the beginning and, at the end, the 0–1 likelihood, so that two
estimates of P(S) check each other.
"""

from dataclasses import dataclass
from math import inf

import torch
from scipy.optimize import brentq
from torch import Tensor
from torch.nn.functional import logsigmoid

# Three quarters of ln P(S) are then behind when all points have had their turn (parity on 7 bits). From 0 to twice as
# much at once, weights on the way back vary too much.
_IN_TURN = 1.5
# Sharpness of all points grows by at most this factor, once it is 1: by twice and more, weights on the way back have no
# variance.
_STEEPEST = 1.5


def log_likelihood(margins: Tensor, beta: Tensor) -> Tensor:
    """(networks, points) margins and (points,) sharpnesses -> (networks,) Σ ln σ(β·margin) in double precision; at
    β = ∞ 0 where all are positive, else −∞."""
    return logsigmoid(beta * margins.double()).sum(1)


def log_weights(margins: Tensor, before: Tensor, beta: Tensor) -> Tensor:
    """(networks,) ln of the likelihood at sharpnesses β over that before."""
    return log_likelihood(margins, beta) - log_likelihood(margins, before)


@dataclass(frozen=True)
class Sharpening:
    """Of so many points."""

    points: int
    in_turn: bool
    device: torch.device

    def __call__(self, t: float) -> Tensor:
        """(points,) sharpnesses, in double precision; none falls as t grows."""
        place = torch.arange(self.points, dtype=torch.float64, device=self.device)
        if not self.in_turn:
            return torch.full_like(place, t)
        if t <= self.points:
            return _IN_TURN * (t - place).clamp(0, 1)
        return torch.full_like(place, _IN_TURN + t - self.points)

    def next(self, margins: Tensor, t: float, effective: float) -> float:
        """The t at which weights are worth that share of the particles; ∞ where they are at any."""
        now = self(t)

        def excess(further: float) -> float:
            weights = log_weights(margins, now, self(further))
            if weights.max() == -inf:
                return -effective
            weights = (weights - weights.max()).exp()
            return float(weights.sum() ** 2 / (weights**2).sum()) / len(weights) - effective

        most = self._most(t)
        together = not self.in_turn or t >= self.points
        if together and excess(inf) >= 0:
            return inf
        return most if excess(most) >= 0 else float(brentq(excess, t, most, rtol=1e-5))

    def _most(self, t: float) -> float:
        if not self.in_turn:
            return max(_STEEPEST * t, 1.0)
        if t < self.points:
            return min(t + 1, float(self.points))
        return t + (_STEEPEST - 1) * (_IN_TURN + t - self.points)
