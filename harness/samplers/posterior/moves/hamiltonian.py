"""Hamiltonian trajectories of networks under a Gaussian initialisation and a smooth weight of their margins.

Between kicks along the gradient the Gaussian part is integrated exactly, as a rotation of parameters and velocities
(split Hamiltonian Monte Carlo: Shahbaba et al. 2014, arXiv 1106.5941), so that no trajectory is rejected if all weights
are equal.
"""

from math import cos, log1p, sin, sqrt

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.compiling import compiled
from harness.networks.compiled.passes import backward, forward, layer_widths, no_units, supports_forward
from harness.networks.ensemble import activations, block_size
from harness.samplers.posterior.annealing_levels import Level
from harness.samplers.posterior.moves.constraint import Constraint


class Trajectories:
    """Moves networks under a level's weight, by trajectories of `leaps` steps each.

    Margins are logits times labels' signs, over the logits' r.m.s. over all points.
    """

    def __init__(self, constraint: Constraint, leaps: int) -> None:
        self.constraint, self.leaps = constraint, leaps
        architecture, x = constraint.architecture, constraint.x
        variances = [
            torch.full(each.shape, each.std**2, device=x.device, dtype=torch.float32)
            for each in constraint.table.values()
        ]
        self.variance = torch.cat([each.flatten() for each in variances])
        self.block = block_size(constraint.table, len(x), x.device, activations(architecture, x))
        self.compiled = supports_forward(architecture, constraint.table, x)

    def margins(self, rows: Tensor) -> Tensor:
        """(networks, size) rows -> (networks, points) margins."""
        margins = self.constraint.margins(self.constraint.logits(rows))[..., 0]
        return margins / margins.square().mean(1, keepdim=True).sqrt()

    def __call__(
        self, rows: Tensor, velocity: Tensor, margins: Tensor, uniform: Tensor, level: Level, step: float
    ) -> tuple[Tensor, Tensor, float]:
        """Move every network along one trajectory, and accept or reject its end.

        Args:
            rows: (networks, size) parameters.
            velocity: (networks, size) velocities, distributed as parameters at initialisation.
            margins: (networks, points) margins of the rows.
            uniform: (networks,) random numbers on [0, 1) that decide acceptance.
            level: the weight of the networks.
            step: size of a step, in radians.

        Returns:
            Rows and margins after the trajectories, and the mean probability of acceptance.
        """
        along = self._compiled if self.compiled else self._differentiated
        parts = zip(rows.split(self.block), velocity.split(self.block), strict=True)
        ends = [along(*part, level, step) for part in parts]
        moved, at_end, gained = (torch.cat(each) for each in zip(*ends, strict=True))
        # A trajectory that has diverged ends nowhere.
        chance = gained.clamp(max=0).exp().nan_to_num_(0)
        accepted = (uniform < chance)[:, None]
        return torch.where(accepted, moved, rows), torch.where(accepted, at_end, margins), float(chance.mean())

    def _differentiated(
        self, rows: Tensor, velocity: Tensor, level: Level, step: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Rows and margins at the trajectories' ends, and their gain in ln probability, velocity included."""
        before = self._ln_gaussian(rows, velocity)
        weight, gradient, margins = self._gradient(rows, level)
        before += weight
        c, s = cos(step), sin(step)
        for leap in range(self.leaps):
            velocity = velocity + step * (0.5 if leap == 0 else 1) * self.variance * gradient
            rows, velocity = rows * c + velocity * s, velocity * c - rows * s
            weight, gradient, margins = self._gradient(rows, level)
        velocity = velocity + step / 2 * self.variance * gradient
        return rows, margins, weight + self._ln_gaussian(rows, velocity) - before

    def _ln_gaussian(self, rows: Tensor, velocity: Tensor) -> Tensor:
        """ln density up to a constant; parameters fixed at 0 do not count."""
        squares = rows.double().square() + velocity.double().square()
        return -(squares / self.variance.clamp(min=torch.finfo(rows.dtype).tiny)).sum(1) / 2

    def _gradient(self, rows: Tensor, level: Level) -> tuple[Tensor, Tensor, Tensor]:
        """ln of the weight, its gradient by the rows, and the margins."""
        with torch.enable_grad():
            leaves = rows.detach().requires_grad_()
            margins = self.margins(leaves)
            weight = level.log_weight(margins)
            (gradient,) = torch.autograd.grad(weight.sum(), leaves)
        return weight.detach(), gradient, margins.detach()

    def _compiled(self, rows: Tensor, velocity: Tensor, level: Level, step: float) -> tuple[Tensor, Tensor, Tensor]:
        """The same as `_differentiated`, one network after the other, in the nearest cache."""
        constraint = self.constraint
        moved, margins = rows.clone(), rows.new_empty(len(rows), len(constraint.x))
        gained = torch.empty(len(rows), dtype=torch.float64)
        _run(
            moved.numpy(),
            velocity.clone().numpy(),
            constraint.x.numpy(),
            (constraint.labels * 2 - 1).float().numpy(),
            self.variance.numpy(),
            *layer_widths(constraint.table),
            level.sharpness,
            level.slope,
            level.stiffness,
            level.centre,
            step,
            self.leaps,
            margins.numpy(),
            gained.numpy(),
        )
        return moved, margins, gained


@compiled(error_model="numpy", nogil=True)
def _run(
    rows: np.ndarray,
    velocities: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    variance: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    sharpness: float,
    slope: float,
    stiffness: float,
    centre: float,
    step: float,
    leaps: int,
    margins: np.ndarray,
    gained: np.ndarray,
) -> None:
    """Move rows and velocities, and fill margins and gained."""
    points, size = len(x), len(variance)
    everyone = np.arange(points)
    gradient, across = np.empty(size, dtype=np.float32), np.empty(widths.max() ** 2, dtype=np.float32)
    units, starts = no_units(widths, points)
    logits = starts[-1]
    c, s = np.float32(cos(step)), np.float32(sin(step))
    for n in range(len(rows)):
        theta, velocity = rows[n], velocities[n]
        before = _ln_gaussian(theta, velocity, variance)
        for leap in range(leaps + 1):
            if leap > 0:
                for i in range(size):
                    turned = theta[i] * c + velocity[i] * s
                    velocity[i] = velocity[i] * c - theta[i] * s
                    theta[i] = turned
            forward(theta, x, everyone, units, starts, widths, biased)
            likelihood = _slopes(units, logits, signs, sharpness, margins[n])
            backward(theta, gradient, units, starts, across, widths, biased, points)
            beyond = likelihood - centre
            weight = slope * likelihood - stiffness * beyond**2 / 2
            part = step / 2 if leap == 0 or leap == leaps else step
            kick = np.float32(part * (slope - stiffness * beyond))
            for i in range(size):
                velocity[i] += kick * variance[i] * gradient[i]
            if leap == 0:
                before += weight
        gained[n] = weight + _ln_gaussian(theta, velocity, variance) - before


@njit(error_model="numpy", nogil=True)
def _ln_gaussian(theta: np.ndarray, velocity: np.ndarray, variance: np.ndarray) -> float:
    total = 0.0
    for i in range(len(theta)):
        if variance[i] > 0:
            total -= (theta[i] * theta[i] + velocity[i] * velocity[i]) / variance[i] / 2
    return total


@njit(error_model="numpy", nogil=True)
def _slopes(units: np.ndarray, first: int, signs: np.ndarray, sharpness: float, margins: np.ndarray) -> float:
    """Σ ln σ(β·margin); fills the margins and puts the slopes by the logits in their place.

    units: every second number from `first` on is a logit z. With margins q = y·z/r, r the r.m.s. of z, the slope by z_i
    is (g_i − q_i·Σ g·q / points)·y_i/r, with g_i = β σ(−β q_i).
    """
    points = len(signs)
    squares = 0.0
    for i in range(points):
        squares += units[first + 2 * i] ** 2
    scale = sqrt(squares / points)
    total, along = 0.0, 0.0
    for i in range(points):
        q = signs[i] * units[first + 2 * i] / scale
        margins[i] = q
        small = np.exp(-abs(sharpness * q))
        total += min(sharpness * q, 0.0) - log1p(small)
        slope = sharpness * (small if q > 0 else 1.0) / (1 + small)
        units[first + 2 * i] = slope
        along += slope * q
    for i in range(points):
        units[first + 2 * i] = (units[first + 2 * i] - margins[i] * along / points) * signs[i] / scale
    return total
