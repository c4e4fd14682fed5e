"""Exact Hamiltonian Monte-Carlo of a Gaussian kept to its positive orthant (Pakman & Paninski 2014).

A particle with velocity w ~ N(0, Σ) runs along the ellipse z cos t + w sin t until a coordinate reaches 0; there the
velocity is reflected, w − 2 (w_i/Σ_ii) Σ_i, and it runs on. Nothing is refused and nothing has to be tuned: without
walls a quarter of a turn makes z independent of where it began. As for `moves.move_last_layer`, coordinate i is reached
at atan(w_i/z_i) + π/2, so that the first wall is where w/z is least, and a reflection costs O(m).
"""

from math import pi

import torch
from torch import Tensor

from harness.errors import Undecided

QUARTER_TURN = pi / 2
# On kernels of real data a trajectory has some 30 for m = 16 and 300 for m = 1,000.
_MOST_BOUNCES = 20_000


def move(z: Tensor, covariance: Tensor, factor: Tensor, generator: torch.Generator) -> Tensor:
    """One trajectory of every chain; z: (chains, m), none negative. covariance, factor: (m, m) Σ, its Cholesky factor.

    Undecided where a trajectory does not come to its end.
    """
    w = torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype) @ factor.T
    left = torch.full((len(z), 1), QUARTER_TURN, device=z.device, dtype=z.dtype)
    variance = covariance.diagonal()
    for _ in range(_MOST_BOUNCES):
        # A coordinate on its wall and moving away, 0/+, is met last; one that rounding would let through, −/0, at once.
        ratio, wall = (w / z).min(dim=1, keepdim=True)
        until = ratio.atan_().add_(pi / 2)
        reflected = until < left
        moving = bool(reflected.any())
        angle = torch.minimum(until, left)
        left -= angle
        cos, sin = angle.cos(), angle.sin()
        z, w = torch.addcmul(z * cos, w, sin), torch.addcmul(w * cos, z, sin, value=-1)
        z.clamp_(min=0)
        if not moving:
            return z
        z.scatter_(1, wall, z.gather(1, wall).masked_fill_(reflected, 0))
        kick = 2 * w.gather(1, wall) / variance[wall] * reflected
        w -= kick * covariance[wall[:, 0]]
    raise Undecided(
        f"A trajectory was not at its end after {_MOST_BOUNCES} bounces: the labels leave the logits so narrow a cone, "
        "as opposite labels of nearly equal inputs do, that Hamiltonian Monte-Carlo cannot sample it."
    )
