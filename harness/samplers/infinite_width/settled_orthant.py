"""Independent estimates of an orthant's probability, by the method and the number of points that trials settle.

The trials count for nothing else, and the runs that are counted stay, whatever they scatter, so that they are not
selected by it; these have twice the points, so that trials that agreed by chance do little harm. Minimax tilting is
tried first, then sequential conditioning, which is 10 to 30 times as slow and holds where a kernel has fewer dimensions
than points, as a perceptron's has.
"""

from collections.abc import Callable

import numpy as np
import torch

from harness.errors import Undecided
from harness.samplers.infinite_width.conditioning import log_probability_by_conditioning
from harness.samplers.infinite_width.orthant import TiltedSampler, check_runs, log_mean_weight
from harness.samplers.posterior.samples import scatter

# In nats: trial runs that scatter less agree. Scramblings have heavier tails than runs of particles.
_SCRAMBLINGS_AGREE, _PARTICLES_AGREE = 0.2, 0.4
TRIALS = 6
# Particles of a trial, at the least.
_PARTICLES = 256


def log_estimates(covariance: np.ndarray, generator: torch.Generator, *, runs: int, points: int) -> np.ndarray:
    """Estimate the probability that all margins are positive by independent runs.

    Args:
        covariance: (m, m) positive definite, of the margins.
        generator: source of randomness.
        runs: number of runs, at least 2.
        points: points of a trial scrambling, at the least; a power of 2. Those that are counted have twice as many.

    Returns:
        (runs,) ln of each run's unbiased estimate.

    Raises:
        BadInput: if a number is out of its range.
        Undecided: if trial runs disagree by either method.
    """
    check_runs(runs, points)
    tilted = TiltedSampler(covariance)

    def by_tilting(number: int) -> float:
        return log_mean_weight(tilted, number, generator)

    def by_conditioning(particles: int) -> float:
        return log_probability_by_conditioning(covariance, generator, particles)

    for run, first, doublings, agree in (
        (by_tilting, points, 4, _SCRAMBLINGS_AGREE),
        (by_conditioning, _PARTICLES, 2, _PARTICLES_AGREE),
    ):
        for number in (first << doubling for doubling in range(doublings + 1)):
            if scatter(_runs(run, number, TRIALS)) <= agree:
                return _runs(run, 2 * number, runs)
    raise Undecided(
        f"Runs of {number} particles scatter by more than {agree} nats in the logarithm of an orthant's probability; "
        "its kernel is too nearly singular for its labels."
    )


def _runs(run: Callable[[int], float], number: int, runs: int) -> np.ndarray:
    return np.array([run(number) for _ in range(runs)])
