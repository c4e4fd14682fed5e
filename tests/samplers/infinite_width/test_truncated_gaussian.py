"""The sampler of functions against rejection, accept–reject with the tilt, and closed forms."""

from importlib import import_module
from math import pi, sqrt

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant import TiltedSampler
from harness.samplers.infinite_width.truncated_gaussian import ChainsPosterior, margins_of_chains, truncated_gaussian
from harness.statistics.distances import mmd_squared
from tests.support.gaussian_processes import at_random, generator, of_digits, permuted

ALPHA = 1e-6


def by_rejection(process, draws, seed):
    """Independent draws of all logits; of those whose signs fit S, the evaluation logits' signs."""
    logits = np.random.default_rng(seed).standard_normal((draws, process.m + process.n)) @ process.factor.T
    fits = ((logits[:, : process.m] > 0) == process.labels).all(axis=1)
    return FunctionCounts.from_bits(logits[fits, process.m :] > 0)


def assert_mean(chains, truth):
    """A mean over independent chains, (chains,), by Student's t."""
    assert abs(chains.mean() - truth) < stats.t.isf(ALPHA / 2, len(chains) - 1) * stats.sem(chains)


def test_one_point_is_half_normal():
    process = GaussianProcess(np.array([[4.0]]), np.array([0]))
    z = margins_of_chains(process, generator(0), 200, 100, 5).numpy()[..., 0]
    assert_mean(z.mean(axis=1), 2 * sqrt(2 / pi))
    assert_mean((z**2).mean(axis=1), 4.0)


@pytest.mark.parametrize("rho", [-0.8, 0.5, 0.95])
def test_mean_of_two_points(rho):
    process = GaussianProcess(np.array([[1.0, rho], [rho, 1.0]]), np.array([1, 1]))
    z = margins_of_chains(process, generator(1), 200, 100, 5).numpy()
    probability = 0.25 + np.arcsin(rho) / (2 * pi)
    # Rosenbaum 1961.
    assert_mean(z[..., 0].mean(axis=1), (1 + rho) / (2 * sqrt(2 * pi) * probability))
    product = rho + sqrt(1 - rho**2) / (2 * pi * probability)
    assert_mean((z[..., 0] * z[..., 1]).mean(axis=1), product)


@pytest.mark.parametrize("bits", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_functions_on_two_inputs_given_one(bits):
    kernel = np.array([[1.0, 0.6, -0.3], [0.6, 2.0, 0.4], [-0.3, 0.4, 1.0]])
    signs = np.array([1, *bits]) * 2 - 1
    scale = signs / np.sqrt(np.diag(kernel))
    correlations = (kernel * np.outer(scale, scale))[np.triu_indices(3, 1)]
    truth = 2 * (1 / 8 + np.arcsin(correlations).sum() / (4 * pi))
    found = truncated_gaussian(GaussianProcess(kernel, np.array([1])), generator(15), chains=400, draws=500)
    share = np.array([run.counts_of(pack(np.array([bits])))[0] / run.total for run in found.sample.runs])
    assert_mean(share, truth)


@pytest.mark.parametrize("process", [at_random(4, 5, seed=6), of_digits(6, n=6)], ids=["random", "digits"])
def test_functions_are_those_of_rejection(process):
    exact = by_rejection(process, 1_000_000, seed=0)
    assert exact.total > 2000
    found = truncated_gaussian(process, generator(2), chains=200, draws=50)
    low, high = mmd_squared(exact, found.sample).interval(1e-4)
    assert low <= 0
    assert high < 0.01


def test_evaluation_labels_are_those_of_accept_reject():
    # Of the tilted draws each is kept with its weight over the largest, for independent draws of the posterior.
    process = of_digits(30, n=5)
    rng = np.random.default_rng(1)
    margins, weights = TiltedSampler(process.margins).draw(rng.random((40_000, 30)))
    kept = np.log(rng.random(len(weights))) < weights - weights.max()
    logits = (margins[kept] * process.signs) @ process.weights.T
    logits += rng.standard_normal(logits.shape) @ process.remainder.T
    exact = FunctionCounts.from_bits(logits > 0)
    assert exact.total > 3000
    found = truncated_gaussian(process, generator(3), chains=100, draws=100)
    low, high = mmd_squared(exact, found.sample).interval(1e-4)
    assert low <= 0
    assert high < 0.01


def test_the_order_of_the_points_does_not_matter():
    process = of_digits(30)
    other = permuted(process, np.random.default_rng(0).permutation(30))
    one, two = (truncated_gaussian(each, generator(4 + k)).sample for k, each in enumerate((process, other)))
    assert mmd_squared(one, two).interval(1e-4)[0] <= 0


def test_two_samples_of_one_posterior_are_told_apart_no_more_often_than_stated():
    # Type-I error where it matters: chains are independent, and a chain's draws count as they should.
    process, repeats, alpha = at_random(8, 4, seed=7), 100, 0.05
    g = generator(6)
    apart = 0
    for _ in range(repeats):
        one, two = (truncated_gaussian(process, g, chains=12, draws=8, burn_in=5).sample for _ in range(2))
        low, high = mmd_squared(one, two).interval(alpha)
        apart += not low <= 0 <= high
    assert apart <= stats.binom.isf(ALPHA, repeats, alpha)


def test_draws_of_a_chain_are_nearly_independent():
    # A chain's mean varies no more than that of as many independent draws would; m, kernel and labels of real data.
    z = margins_of_chains(of_digits(100), generator(7), 100, 50, 10).numpy()
    logits = z @ of_digits(100).weights.T
    ratio = logits.mean(axis=1).var(axis=0, ddof=1) / (logits.var(axis=(0, 1)) / 50)
    assert (ratio < stats.chi2.isf(ALPHA / logits.shape[2], 99) / 99).all()


def test_single_precision_samples_alike():
    process = of_digits(40)
    one = truncated_gaussian(process, generator(8)).sample
    two = truncated_gaussian(process, generator(9), dtype=torch.float32).sample
    assert mmd_squared(one, two).interval(1e-4)[0] <= 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_samples_alike():
    process = of_digits(40)
    one = truncated_gaussian(process, generator(10)).sample
    two = truncated_gaussian(process, torch.Generator("cuda").manual_seed(11)).sample
    assert mmd_squared(one, two).interval(1e-4)[0] <= 0


def test_merges_and_goes_through_the_store():
    process = of_digits(10)
    one, two = (truncated_gaussian(process, generator(seed), chains=3, draws=5) for seed in (12, 13))
    both = one + two
    assert both.clusters.units == 6
    assert both.functions == one.functions + two.functions
    assert both.functions.total == 30
    assert [run.total for run in both.sample.runs] == [5] * 6
    again = ChainsPosterior.from_arrays(both.to_arrays())
    assert again.clusters == both.clusters


def test_functions_are_counted_with_their_own_chain(monkeypatch):
    # Margins that no noise can hide: the evaluation label is 1 where the first is the larger one.
    far = torch.tensor([[1e6, 1.0], [1.0, 1e6], [1e6, 1.0]], dtype=torch.float64)
    sampler = import_module("harness.samplers.infinite_width.truncated_gaussian")
    monkeypatch.setattr(sampler, "margins_of_chains", lambda *_: far[:, None].expand(3, 4, 2))
    kernel = np.array([[1.0, 0, 0.6], [0, 1.0, -0.6], [0.6, -0.6, 1.0]])
    found = truncated_gaussian(GaussianProcess(kernel, np.array([1, 1])), generator(16), chains=3, draws=4)
    assert [run.strings() for run in found.sample.runs] == [["1"], ["0"], ["1"]]
    assert [run.total for run in found.sample.runs] == [4, 4, 4]


def test_the_same_seed_draws_the_same():
    process = of_digits(10)
    one, two = (truncated_gaussian(process, generator(14), chains=3, draws=5) for _ in range(2))
    assert one.clusters == two.clusters


@pytest.mark.parametrize("options", [{"chains": 0}, {"draws": 0}, {"burn_in": -1}])
def test_numbers_that_make_no_sense(options):
    with pytest.raises(BadInput, match="at least 1 evaluation input"):
        truncated_gaussian(of_digits(3), generator(0), **options)


def test_nothing_to_evaluate():
    with pytest.raises(BadInput, match="n = 0"):
        truncated_gaussian(GaussianProcess(np.eye(2), np.array([0, 1])), generator(0))
