"""Agreement of two labels: the posterior of a single training point, and how far it is from that of infinite width."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.problems import Problem
from harness.samplers.infinite_width.agreement import agreement, distance_to, empirical_agreement
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.kernels.empirical import EmpiricalKernel
from harness.samplers.infinite_width.truncated_gaussian import truncated_gaussian
from harness.samplers.posterior.rejection import rejection

INPUTS = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
ONE_POINT = Problem.from_arrays(INPUTS[:1], [1], INPUTS[1:], [0, 0, 0])


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_known_angles():
    kernel = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, -1.0], [0.0, -1.0, 4.0]])
    found = agreement(kernel)
    # arcsin(1/2) = π/6; −1 over a deviation of 2 is −1/2.
    np.testing.assert_allclose(found, [[1, 2 / 3, 1 / 2], [2 / 3, 1, 1 / 3], [1 / 2, 1 / 3, 1]])


def test_the_exact_posterior_of_one_point():
    kernel = nngp(FullyConnected((1, 1)), INPUTS)
    found = truncated_gaussian(GaussianProcess(kernel, np.array([1])), generator(0), chains=2000, draws=1).functions
    ones = found.counts @ found.bits() / found.total
    # Four standard errors of 2,000 draws at each of three points: a false alarm of 2e-4.
    np.testing.assert_allclose(ones, agreement(kernel)[0, 1:], atol=4 * 0.5 / 2000**0.5)


def test_the_finite_posterior_of_one_point_is_that_of_rejection():
    architecture = FullyConnected((3, 3))
    kept = rejection(architecture, ONE_POINT, 40_000, generator(1)).functions
    ones = kept.counts @ kept.bits() / kept.total
    found = empirical_agreement(architecture, INPUTS, 10_000, generator(2))
    error = np.sqrt(0.25 / kept.total + found.standard_error[0, 1:] ** 2)
    assert (np.abs(ones - found.mean[0, 1:]) < 5 * error).all()  # 5 σ at three points: 2e-6
    # It is not that of infinite width, which the same data tell.
    far = np.abs(ones - agreement(nngp(architecture, INPUTS))[0, 1:]) / error
    assert far.max() > 5


def test_width_makes_the_difference_vanish_as_one_over_it():
    exact = agreement(nngp(FullyConnected((1,)), INPUTS))
    distances = []
    for width in (8, 32, 128):
        found = empirical_agreement(FullyConnected((width,)), INPUTS, 200_000 // width, generator(width))
        distances.append(distance_to(exact, found, "distance").value)
    slope = np.polyfit(np.log([8, 32, 128]), np.log(distances), 1)[0]
    assert -1.3 < slope < -0.7


@pytest.mark.parametrize("truth", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("correlation", [0.0, 0.999])
def test_intervals_cover(truth, correlation):
    """2,000 simulations at 90 %: fewer than 1,740 covered would have a chance of 1e-5 were the coverage 90 %."""
    rng = np.random.default_rng(3)
    points, networks, covered = 4, 400, 0
    pairs = np.triu_indices(points, 1)
    spread = rng.uniform(0.5, 2, len(pairs[0]))
    direction = rng.normal(size=len(pairs[0]))
    # In units of the mean's own error.
    centre = truth * direction / np.linalg.norm(direction) * np.linalg.norm(spread) / networks**0.5
    exact = np.zeros((points, points))
    for _ in range(2000):
        common = rng.normal(size=(networks, 1))
        draws = centre + spread * (
            correlation**0.5 * common + (1 - correlation) ** 0.5 * rng.normal(size=(networks, 6))
        )
        mean, deviations = np.zeros((points, points)), np.zeros((points, points))
        mean[pairs], deviations[pairs] = draws.mean(0), ((draws - draws.mean(0)) ** 2).sum(0)
        low, high = distance_to(exact, EmpiricalKernel(mean, deviations, networks), "distance").interval(0.1)
        covered += low <= np.sqrt((centre**2).mean()) <= high
    assert covered >= stats.binom.ppf(1e-5, 2000, 0.9)


def test_more_draws_are_foreseen():
    exact = agreement(nngp(FullyConnected((1,)), INPUTS))
    few = empirical_agreement(FullyConnected((4,)), INPUTS, 2000, generator(0))
    many = few
    for seed in range(1, 4):
        many = many + empirical_agreement(FullyConnected((4,)), INPUTS, 2000, generator(seed))
    foreseen = np.diff(distance_to(exact, few, "distance").ahead(0.05, 4.0))
    assert np.diff(distance_to(exact, many, "distance").interval(0.05)) == pytest.approx(foreseen, rel=0.1)


def test_shapes_have_to_fit():
    found = empirical_agreement(FullyConnected((4,)), INPUTS, 10, generator(0))
    with pytest.raises(BadInput, match="of one shape"):
        distance_to(np.eye(3), found, "distance")
