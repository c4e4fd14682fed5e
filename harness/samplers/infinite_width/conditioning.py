"""ln of an orthant's probability by sequential conditioning: Π P(z_k > 0 | z_j > 0, j < k), for kernels on which the
minimax tilt fails.

Sequential Monte Carlo (Ridgway 2016, Stat. Comput. 26:899). Particles are margins that are positive so far. The next
one is drawn given those before it and given that it is positive; the probability of the latter is the particle's
weight. When weights have become unequal, particles are resampled and moved along Hamiltonian trajectories that reflect
on the walls, which leave the truncated Gaussian as it is, whatever the kernel's condition. A run's estimate is unbiased
(Whiteley, Lee & Heine 2016, Bernoulli 22:494, for resampling when the effective number is small).
"""

from math import inf, log

import numpy as np
import torch
from scipy import linalg, special

from harness.samplers.infinite_width.orthant import pivoted_factor
from harness.samplers.infinite_width.truncated_gaussian import move

# Resampled when the weights' effective number is below this share of the particles.
_LEAST_EFFECTIVE = 0.5


def log_probability_by_conditioning(covariance: np.ndarray, generator: torch.Generator, particles: int) -> float:
    """Estimate ln of the probability that all margins are positive, by one run.

    Args:
        covariance: (m, m) positive definite, of the margins.
        generator: source of randomness.
        particles: number of particles.

    Returns:
        ln of an unbiased estimate; −inf if no particle was left.

    Raises:
        Undecided: if the labels leave the logits too narrow a cone for trajectories.
    """
    own = torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=generator, device=generator.device)))
    order, factor = pivoted_factor(covariance)
    covariance = covariance[np.ix_(order, order)]
    # Rows are particles: x independent standard normals, Lx the margins.
    m, x = len(order), np.zeros((particles, len(order)))
    log_weights, found = np.zeros(particles), 0.0
    for k in range(m):
        least = -(x[:, :k] @ factor[k, :k]) / factor[k, k]
        log_chance = special.log_ndtr(-least)
        u = torch.rand(particles, generator=own, dtype=torch.float64).clamp_(min=2.0**-53).numpy()
        x[:, k] = -special.ndtri_exp(np.log(u) + log_chance)
        log_weights += log_chance
        top = float(log_weights.max())
        if top == -inf:
            return -inf
        weights = np.exp(log_weights - top)
        if k < m - 1 and weights.sum() ** 2 < _LEAST_EFFECTIVE * particles * (weights**2).sum():
            found += top + log(weights.mean())
            log_weights = np.zeros(particles)
            x[:, : k + 1] = _moved(x[_systematic(weights, own), : k + 1], covariance, factor, own)
    return found + float(special.logsumexp(log_weights)) - log(particles)


def _moved(x: np.ndarray, covariance: np.ndarray, factor: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """(particles, k) normals of the first margins after one trajectory of each particle."""
    k = x.shape[1]
    part = factor[:k, :k]
    margins = torch.tensor(x @ part.T).clamp_(min=0)
    margins = move(margins, torch.tensor(covariance[:k, :k]), torch.tensor(part), generator)
    return linalg.solve_triangular(part, margins.numpy().T, lower=True).T


def _systematic(weights: np.ndarray, generator: torch.Generator) -> np.ndarray:
    """Numbers of the particles kept, in proportion to their weights, by systematic resampling."""
    start = float(torch.rand((), generator=generator, dtype=torch.float64))
    places = (start + np.arange(len(weights))) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), places), len(weights) - 1)
