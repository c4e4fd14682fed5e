"""Orthants by sequential conditioning, against closed forms, tilting, and the labels of a perceptron's weights."""

from math import log

import numpy as np
import pytest
import torch
from scipy import special

from harness.errors import BadInput
from harness.samplers.infinite_width import settled_orthant
from harness.samplers.infinite_width.conditioning import log_probability_by_conditioning
from harness.samplers.infinite_width.kernels import with_least_jitter
from harness.samplers.infinite_width.orthant import TiltedSampler, log_mean_weight
from harness.samplers.infinite_width.settled_orthant import log_estimates
from tests.samplers.posterior.test_subset_simulation import equicorrelated
from tests.support.gaussian_processes import generator, of_digits


def by_runs(covariance, seed, runs=10, particles=256):
    """ln of the runs' mean, and its standard error."""
    g = generator(seed)
    values = np.array([log_probability_by_conditioning(covariance, g, particles) for _ in range(runs)])
    return special.logsumexp(values) - log(runs), values.std(ddof=1) / runs**0.5


def assert_by_conditioning(covariance, seed, truth, largest):
    value, error = by_runs(covariance, seed)
    assert error < largest
    assert abs(value - truth) < 6 * error + 1e-9


def test_unrelated_points_are_coins():
    assert by_runs(np.diag(np.arange(1.0, 101)), 0, runs=2) == (pytest.approx(-100 * log(2)), pytest.approx(0))


@pytest.mark.parametrize(("n", "rho"), [(160, 0.5), (40, 0.9)])
@pytest.mark.parametrize("ones", [1, 2])
def test_equicorrelated_points(n, rho, ones):
    labels = np.arange(n) % ones == 0
    signs = labels * 2.0 - 1
    covariance = ((1 - rho) * np.eye(n) + rho) * np.outer(signs, signs)
    assert_by_conditioning(covariance, 1, equicorrelated(n, labels, rho), 0.05)


def markov(n, correlation):
    """ln P of n equal labels of a stationary Markov chain, by integration from point to point on a grid."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    x, weights = 4.5 * (nodes + 1), 4.5 * weights
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    apart = (x[:, None] - correlation * x) / np.sqrt(1 - correlation**2)
    step = np.exp(-(apart**2) / 2) / np.sqrt(2 * np.pi * (1 - correlation**2)) * weights
    for _ in range(n - 1):
        density = step @ density
    return log(weights @ density)


@pytest.mark.parametrize("correlation", [0.5, 0.9])
def test_a_markov_chain_of_160_points(correlation):
    place = np.arange(160)
    covariance = correlation ** np.abs(place[:, None] - place)
    truth = markov(160, correlation)
    assert_by_conditioning(covariance, 2, truth, 0.15)
    values = log_estimates(covariance, generator(3), runs=8, points=128)
    error = values.std(ddof=1) / 8**0.5
    assert error < 0.1
    assert abs(special.logsumexp(values) - log(8) - truth) < 6 * error


def test_as_by_tilting_on_digits():
    process, g = of_digits(60), generator(4)
    tilted = TiltedSampler(process.margins)
    values = np.array([log_mean_weight(tilted, 1024, g) for _ in range(8)])
    assert_by_conditioning(process.margins, 5, values.mean(), 0.1)


@pytest.mark.parametrize("jitter", [0.0, 1e-6])
def test_as_many_cells_as_points_on_a_circle(jitter):
    # Labels of p inputs in the plane by perceptrons: P of a cell is its angle over 2π.
    angle = np.linspace(0.05, 3.0, 40)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    weight = np.array([np.cos(2.0), np.sin(2.0)])
    signs = np.sign(x @ weight)
    kernel = with_least_jitter(x @ x.T + jitter * np.eye(40))
    # The cell of weights with these signs lies between the normals of the two inputs next to it.
    walls = np.sort(np.concatenate([angle + np.pi / 2, angle - np.pi / 2]))
    place = np.searchsorted(walls, 2.0)
    share = (walls[place] - walls[place - 1]) / (2 * np.pi)
    value, error = by_runs(kernel * np.outer(signs, signs), 6)
    assert error < 0.2
    # A noise of 1e-3 blurs walls that are 0.076 apart by a few per cent at most.
    assert abs(value - log(share)) < 6 * error + 0.05


def test_scramblings_that_disagree_give_way_to_particles(monkeypatch):
    process, asked = of_digits(30), []

    def conditioning(covariance, generator, particles):
        asked.append(particles)
        return -7.0

    monkeypatch.setattr(settled_orthant, "_SCRAMBLINGS_AGREE", 0.0)
    monkeypatch.setattr(settled_orthant, "log_probability_by_conditioning", conditioning)
    assert (log_estimates(process.margins, generator(7), runs=3, points=2) == -7).all()
    assert asked == [256] * 6 + [512] * 3


@pytest.mark.parametrize("numbers", [{"runs": 1, "points": 8}, {"runs": 2, "points": 12}, {"runs": 2, "points": 0}])
def test_numbers_that_make_no_sense(numbers):
    with pytest.raises(BadInput, match="power of 2 of points"):
        log_estimates(np.eye(3), torch.Generator(), **numbers)
