"""Samplers on deep linear networks: arcs of a plane, orthants of XXᵀ, and the Gaussian posterior of random scale."""

from math import pi

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks import FullyConnected, perceptron
from harness.optimisers import After, Langevin
from harness.problems import Problem
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import rejection, tempered
from harness.samplers.posterior.annealing import annealed_posterior
from harness.samplers.posterior.density_of_states import density_of_states
from harness.samplers.posterior.subset_simulation import subset_simulation
from harness.samplers.prior import prior
from harness.samplers.training.train import train
from harness.statistics.exact.deep_linear import gaussian, scales
from harness.statistics.exact.few_points import arcs

# With a fixed seed; the chance that a right sampler fails at a seed not yet tried.
ALPHA = 1e-3
HIDDEN = [(), (1,), (4, 3)]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def linear(hidden):
    return FullyConnected(hidden, "linear", sigma_b=0.0)


def plane(m, n, seed=0):
    """Inputs in a plane, labelled by one of the likeliest functions, with all functions and their volumes."""
    x = np.random.default_rng(seed).standard_normal((m + n, 2)).astype(np.float32)
    labels, lengths = arcs(x)
    teacher = labels[lengths.argmax()]
    return Problem.from_arrays(x[:m], teacher[:m], x[m:], teacher[m:]), labels, lengths


def weights(problem, labels, lengths):
    """P(f) of each function that fits S."""
    return np.where((labels[:, : problem.m] == problem.train_y).all(1), lengths, 0)


def assert_drawn_from(functions, labels, probabilities):
    """χ² test against known probabilities of all functions; rare ones as one."""
    words = {tuple(row): count for row, count in zip(functions.labels().tolist(), functions.counts, strict=True)}
    summed: dict = {}
    for row, p in zip(labels.tolist(), probabilities, strict=True):
        summed[tuple(row)] = summed.get(tuple(row), 0) + p
    assert all(summed.get(row, 0) > 0 for row in words)
    observed = np.array([words.get(row, 0) for row in summed])
    expected = np.array(list(summed.values())) * functions.total
    rare = expected < 10
    observed, expected = (np.append(each[~rare], each[rare].sum()) for each in (observed, expected))
    kept = expected > 1
    assert stats.chisquare(observed[kept], expected[kept] * observed[kept].sum() / expected[kept].sum()).pvalue > ALPHA
    assert kept.sum() > 2


@pytest.mark.parametrize("hidden", HIDDEN)
def test_volumes_are_arcs_at_every_width_and_depth(hidden):
    problem, labels, lengths = plane(0, 9)
    assert_drawn_from(prior(linear(hidden), problem, 100_000, seeded()), labels, lengths)


@pytest.mark.parametrize("hidden", HIDDEN)
def test_rejection_keeps_the_arcs_that_fit(hidden):
    problem, labels, lengths = plane(4, 10, seed=1)
    found = rejection(linear(hidden), problem, 100_000, seeded())
    volumes = weights(problem, labels, lengths)
    low, high = found.evidence.interval(ALPHA)
    assert low < volumes.sum() < high < low + 0.02
    assert_drawn_from(found.functions, labels[:, 4:], volumes / volumes.sum())


def test_subset_simulation_beyond_the_dimension():
    """12 points in a plane: no orthant of full rank, but an arc."""
    problem, labels, lengths = plane(12, 4, seed=3)
    found = subset_simulation(linear((4, 3)), problem, seeded(), runs=8, chains=32, steps=8, max_doublings=0)
    for k in (2, 6, 12):
        arc = lengths[(labels[:, :k] == problem.train_y[:k]).all(1)].sum()
        low, high = found.evidence_of(k).interval(ALPHA)
        assert low < np.log(arc) < high < low + 2


def test_annealing_beyond_the_dimension():
    problem, labels, lengths = plane(12, 4, seed=3)
    found = annealed_posterior(perceptron(), problem, seeded(), runs=4, particles=64, trajectories=4, max_doublings=0)
    low, high = found.evidence.interval(ALPHA)
    assert low < np.log(weights(problem, labels, lengths).sum()) < high < low + 4


def test_the_density_of_states():
    problem, labels, lengths = plane(5, 3, seed=4)
    right = labels == np.concatenate([problem.train_y, problem.eval_y])
    table = np.zeros((6, 4))
    np.add.at(table, (right[:, :5].sum(1), right[:, 5:].sum(1)), lengths)
    found = density_of_states(linear((3,)), problem, seeded(), runs=16, chains=64, steps=8)
    possible = table > 0
    assert (np.isfinite(found.table) == possible).all()
    each = np.exp(found.by_run)
    error = each.std(0, ddof=1) / 4
    assert (np.abs(each.mean(0) - table)[possible] < 5 * error[possible] + 1e-3).all()


@pytest.mark.parametrize("hidden", HIDDEN)
def test_rejection_is_the_orthant_of_the_inputs(hidden):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((7, 7))
    problem = Problem.from_arrays(x[:6], [0, 1, 1, 0, 1, 0], x[6:], [1])
    orthant = log_probability(GaussianProcess((x @ x.T)[:6, :6], problem.train_y), seeded(), runs=8, points=512)
    low, high = np.exp(orthant.interval(ALPHA))
    least, most = rejection(linear(hidden), problem, 200_000, seeded(len(hidden))).evidence.interval(ALPHA)
    assert max(low, least) < min(high, most)
    assert high < 1.01 * low
    assert most < 1.25 * least


# Four inputs in three dimensions; exp(−Σ(z − s)²/T) is a Gaussian likelihood of variance T/2.
X = np.random.default_rng(7).standard_normal((7, 3))
REGRESSION = Problem.from_arrays(X[:4], [0, 1, 1, 0], X[4:], [1, 1, 1])
TEMPERATURE = 1.5


def expected(hidden):
    """P(label 1) on E, and E exp(−Σ(z − s)²/T)."""
    kernel = 2.0 ** (len(hidden) + 1) * X @ X.T / 3
    scale = scales(hidden, 200_000, np.random.default_rng(0))
    found = gaussian(kernel, REGRESSION.train_y * 2.0 - 1, TEMPERATURE / 2, scale)
    return found.positive, np.exp(found.log_evidence) * (pi * TEMPERATURE) ** 2


@pytest.mark.parametrize("hidden", HIDDEN)
def test_tempered_rejection_is_a_mixture_of_gaussian_processes(hidden):
    found = tempered(linear(hidden), REGRESSION, TEMPERATURE, 400_000, seeded(), loss="squared error")
    positive, evidence = expected(hidden)
    assert found.evidence.value == pytest.approx(evidence, abs=5 * (evidence / 400_000) ** 0.5 + 1e-4)
    kept = found.functions
    shares = kept.counts @ kept.labels() / kept.total
    np.testing.assert_allclose(shares, positive, atol=5 * 0.5 / kept.total**0.5 + 0.002)


@pytest.mark.parametrize("hidden", [(), (2,)])
def test_langevin_training_is_a_mixture_of_gaussian_processes(hidden):
    """Time 20 in steps of 0.02: the loss is the mean over 4 points, so that T = 4τ."""
    networks, rule = 4000, Langevin(0.02, TEMPERATURE / 4)
    found = train(
        linear(hidden), REGRESSION, rule, networks, seeded(2), loss="squared error", stop=After(updates=1000)
    ).stopped
    assert found.total == networks
    shares = found.counts @ found.labels() / networks
    positive, _ = expected(hidden)
    # Finite steps are off by the order of the step, some hundredths.
    np.testing.assert_allclose(shares, positive, atol=4.5 * 0.5 / networks**0.5 + 0.01)
    assert abs(positive - 0.5).max() > 0.2
