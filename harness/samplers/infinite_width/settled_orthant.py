"""Independent estimates of an orthant's probability, by the method and the number of points that trials settle.

The trials count for nothing else, so that the runs that are counted are not selected by their own scatter; these have
twice the points, so that trials that agreed by chance do little harm. Minimax tilting is tried first, then sequential
conditioning, which is 10 to 30 times as slow and holds where a kernel has fewer dimensions than points, as a
perceptron's has.
"""

from collections.abc import Callable

import numpy as np
import torch

from harness.arguments import are_counts
from harness.errors import BadInput, Undecided
from harness.samplers.infinite_width.conditioning import log_probability_by_conditioning
from harness.samplers.infinite_width.orthant import TiltedSampler, log_mean_weight
from harness.samplers.posterior.samples import MOST_SCATTER, scatter

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
        Undecided: if runs disagree by either method.
    """
    if not are_counts(runs, least=2) or not are_counts(points) or points & (points - 1):
        raise BadInput(
            f"An orthant takes at least 2 runs and a power of 2 of points, not runs = {runs}, points = {points}."
        )
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
                return _counted(_runs(run, 2 * number, runs))
    raise Undecided(
        f"Runs of {number} particles scatter by more than {agree} nats in the logarithm of an orthant's probability; "
        "its kernel is too nearly singular for its labels."
    )


def _runs(run: Callable[[int], float], number: int, runs: int) -> np.ndarray:
    return np.array([run(number) for _ in range(runs)])


def _counted(found: np.ndarray) -> np.ndarray:
    """The runs of a number that is settled; Undecided if they disagree all the same."""
    if scatter(found) > MOST_SCATTER:
        raise Undecided(
            f"Runs scatter by {scatter(found):.2f} nats in the logarithm of an orthant's probability, more than "
            f"{MOST_SCATTER}, though trial runs agreed."
        )
    return found
