"""Samplers on one-hot inputs, where P(S) and P_B are one-dimensional means at any m."""

import numpy as np
import pytest
import torch

from harness.networks import FullyConnected, perceptron
from harness.problems import one_hot
from harness.samplers.infinite_width.conditioning import log_probability_by_conditioning
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.settled_orthant import log_estimates
from harness.samplers.infinite_width.truncated_gaussian import truncated_gaussian
from harness.samplers.posterior import rejection
from harness.samplers.posterior.annealing import annealed_posterior
from harness.samplers.posterior.subset_simulation import subset_simulation
from harness.statistics.exact import one_hot as exact

# With a fixed seed; 1e-3 is the chance that a right sampler fails at a seed not yet tried.
ALPHA = 1e-3
NARROW = {1: exact.width_one(), 2: exact.width_two()}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def wide(depth, m, ones, n=0):
    """The process of infinitely wide ReLU layers, and the law of p."""
    problem = one_hot(m, ones, max(n, 1))
    kernel = nngp(FullyConnected((1,) * depth, sigma_b=0.0), problem.inputs)[: m + n, : m + n]
    return GaussianProcess(kernel, problem.train_y), exact.infinite_width(exact.relu_correlation(depth))


def ones_among(functions):
    """(n + 1,) how many draws say 1 of so many points."""
    return np.bincount(functions.labels().sum(1), functions.counts, minlength=functions.n + 1)


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("ones", [0, 3, 6])
@pytest.mark.parametrize("last_layers", [1, 8])
def test_rejection(width, ones, last_layers):
    found = rejection(
        FullyConnected((width,), sigma_b=0.0),
        one_hot(6, ones, 3),
        400_000 // last_layers,
        seeded(),
        last_layers=last_layers,
    )
    low, high = found.evidence.interval(ALPHA)
    p = np.exp(exact.log_evidence(NARROW[width], ones, 6 - ones))
    assert low < p < high < p + 7 * (p / 50_000) ** 0.5
    # Last layers on one hidden draw are alike; they only widen what is allowed.
    shares = ones_among(found.functions) / found.functions.total
    allowed = 5 * 0.5 / (found.functions.total / last_layers) ** 0.5
    np.testing.assert_allclose(shares, exact.next_ones(NARROW[width], ones, 6 - ones, 3), atol=allowed)


def test_rejection_of_deep_layers_of_one_unit():
    found = rejection(FullyConnected((1, 1, 1), sigma_b=0.0), one_hot(4, 0, 1), 50_000, seeded())
    low, high = found.evidence.interval(ALPHA)
    assert low < np.exp(exact.log_evidence(exact.width_one(3), 0, 4)) < high < low + 0.02


def test_subset_simulation_at_every_k():
    problem = one_hot(8, 4, 8)
    found = subset_simulation(
        FullyConnected((2,), sigma_b=0.0), problem, seeded(5), runs=16, chains=64, steps=8, max_doublings=0
    )
    for k in range(2, 9):
        ones = int(problem.train_y[:k].sum())
        low, high = found.evidence_of(k).interval(ALPHA)
        assert low < exact.log_evidence(NARROW[2], ones, k - ones) < high < low + 1.5


def test_annealing_with_biases():
    network = FullyConnected((10,), sigma_b=0.5)
    law = exact.one_hidden_layer_with_biases(10, 2**0.5, 0.5, (2 / 10) ** 0.5, 1000, np.random.default_rng(0))
    found = annealed_posterior(network, one_hot(8, 6), seeded(3), runs=4, particles=64, trajectories=2, max_doublings=0)
    expected, error = exact.log_evidence(law, 6, 2), exact.log_evidence_error(law, 6, 2)
    low, high = found.evidence.interval(ALPHA)
    assert low - 3 * error < expected < high + 3 * error
    forward, reverse = found.ends
    assert abs(forward - expected) < 0.5
    assert abs(reverse - expected) < 0.5


def test_annealing_of_coins_that_nothing_ties():
    found = annealed_posterior(
        perceptron(), one_hot(16, 8), seeded(1), runs=6, particles=32, trajectories=4, max_doublings=0
    )
    expected = exact.log_evidence(exact.odd(), 8, 8)
    assert expected == pytest.approx(-16 * np.log(2))
    low, high = found.evidence.interval(ALPHA)
    assert low < expected < high < low + 4


@pytest.mark.parametrize(("depth", "m", "ones"), [(1, 8, 4), (2, 8, 0), (1, 128, 64), (3, 128, 10), (1, 600, 200)])
def test_minimax_tilting(depth, m, ones):
    process, law = wide(depth, m, ones)
    found = log_probability(process, seeded(), runs=8, points=64 if m > 200 else 512)
    low, high = found.interval(ALPHA)
    assert low < exact.log_evidence(law, ones, m - ones) < high < low + 0.5


def test_labels_that_almost_no_network_has():
    """All ones: the tilt goes far into the tail."""
    process, law = wide(1, 300, 300)
    low, high = log_probability(process, seeded(), runs=8, points=256).interval(ALPHA)
    assert low < exact.log_evidence(law, 300, 0) < high < low + 0.5


@pytest.mark.parametrize("ones", [0, 16])
def test_sequential_conditioning(ones):
    process, law = wide(1, 32, ones)
    found = [log_probability_by_conditioning(process.margins, seeded(seed), 256) for seed in range(12)]
    error = np.std(np.exp(np.array(found) - np.mean(found)), ddof=1) / 12**0.5
    assert np.log(np.mean(np.exp(found))) == pytest.approx(exact.log_evidence(law, ones, 32 - ones), abs=4 * error)
    assert error < 0.05


def test_orthants_that_trials_settle():
    process, law = wide(2, 64, 20)
    found = log_estimates(process.margins, seeded(), runs=8, points=128)
    error = np.std(found, ddof=1) / 8**0.5
    assert np.mean(found) == pytest.approx(exact.log_evidence(law, 20, 44), abs=4 * error + error**2)
    assert error < 0.02


@pytest.mark.parametrize(("m", "ones"), [(8, 8), (64, 48)])
def test_exact_draws_at_infinite_width(m, ones):
    process, law = wide(1, m, ones, n=3)
    found = truncated_gaussian(process, seeded(), chains=256, draws=8).functions
    shares = ones_among(found) / found.total
    np.testing.assert_allclose(shares, exact.next_ones(law, ones, m - ones, 3), atol=5 * 0.5 / found.total**0.5)
