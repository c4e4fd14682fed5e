"""The Gaussian mass of a star domain: of all points that a region's centre sees along straight lines within the region.

In units of the standard deviations of the initialisation the prior is standard normal, the centre is θ, and with a
direction p = P v, v uniform on the unit sphere,

    mass = E_v[det P · area · ∫₀^R(p) s^(d−1) N(θ + s p; 0, 1) ds],

where the ray θ + s p leaves the region at R(p). The mean over random directions is unbiased, whatever P; it is the mass
of the region itself where the region is star-shaped around θ, and less elsewhere. Source: Scherlis & Belrose 2025,
arXiv 2501.18812.
"""

from collections.abc import Callable
from math import lgamma, log, pi

import numpy as np
import torch
from torch import Tensor

from harness.samplers.local.preconditioners import Preconditioner
from harness.samplers.local.radial import farthest, log_radial

# A ray is followed in steps of √2 from 2⁻²⁰ of the distance beyond which it has no mass, and where it left the region
# bisected, to a relative 3e-8.
STEPS, BISECTIONS = 41, 24
Inside = Callable[[Tensor], Tensor]


def log_masses(
    inside: Inside, centre: Tensor, shape: Preconditioner, directions: int, generator: torch.Generator
) -> np.ndarray:
    """Compute what each of some random directions says of the mass of a star domain.

    Args:
        inside: (k, d) points, in units of the prior's standard deviations -> (k,) bool, whether they are in the region.
        centre: (d,) θ, which is in the region.
        shape: the map P.
        directions: how many.
        generator: source of randomness, on the device of the centre.

    Returns:
        (directions,) ln of the mass that each says, float64; −inf for a ray that leaves the region at once.
    """
    dimension = len(centre)
    normal = torch.empty(directions, dimension, device=centre.device, dtype=torch.float32).normal_(generator=generator)
    rays = shape.apply(normal / normal.norm(dim=1, keepdim=True))
    exact, middle = rays.cpu().double().numpy(), centre.cpu().double().numpy()
    square, product = (exact**2).sum(1), exact @ middle
    reach = _reaches(inside, centre, rays, farthest(square, product, dimension))
    area = log(2) + dimension / 2 * log(pi) - lgamma(dimension / 2)
    constant = area + shape.log_det - dimension / 2 * log(2 * pi) - float(middle @ middle) / 2
    found = np.full(directions, -np.inf)
    leaves = reach > 0
    found[leaves] = constant + log_radial(reach[leaves], square[leaves], product[leaves], dimension)
    return found


def _reaches(inside: Inside, centre: Tensor, rays: Tensor, far: np.ndarray) -> np.ndarray:
    """Where each ray first leaves the region, at most `far`; a way out and back between two steps is not seen."""

    def are_in(which: np.ndarray, at: np.ndarray) -> np.ndarray:
        index = torch.from_numpy(which).to(rays.device)
        along = torch.from_numpy(at[which]).to(rays)[:, None]
        return np.asarray(inside(torch.addcmul(centre, along, rays.index_select(0, index))).cpu().numpy())

    within, beyond = np.zeros_like(far), far.copy()
    going = np.arange(len(far))
    for step in range(STEPS):
        at = far * 2.0 ** ((step - STEPS + 1) / 2)
        stays = are_in(going, at)
        left = going[~stays]
        beyond[left] = at[left]
        going = going[stays]
        within[going] = at[going]
        if not len(going):
            break
    ended = np.flatnonzero(within < beyond)
    for _ in range(BISECTIONS if len(ended) else 0):
        middle = (within + beyond) / 2
        stays = are_in(ended, middle)
        within[ended[stays]] = middle[ended[stays]]
        beyond[ended[~stays]] = middle[ended[~stays]]
    return within
