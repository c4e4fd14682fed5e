"""Functions of infinitely wide networks against orthants in closed form, the perceptron and wide networks."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.claim import Scale
from harness.errors import BadInput
from harness.functions.packing import pack
from harness.lab import Lab
from harness.networks import FullyConnected, perceptron
from harness.problems import boolean_cube
from harness.samplers.infinite_width.gaussian_process import gaussian_prior
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.prior import prior
from harness.statistics.chi_squared import goodness_of_fit
from harness.statistics.complexity import entropy, ones
from harness.statistics.simplicity import mean_measure
from harness.store import Store

DRAWS = 100_000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.9])
def test_two_points_by_the_law_of_arcsines(correlation):
    """P(both positive) = 1/4 + arcsin ρ/2π (Sheppard 1899)."""
    kernel = np.array([[4.0, 2 * correlation], [2 * correlation, 1.0]])
    drawn = gaussian_prior(kernel, DRAWS, generator())
    assert drawn.total == DRAWS
    both = int(drawn.counts_of(pack(np.array([[1, 1]])))[0])
    assert stats.binomtest(both, DRAWS, 0.25 + np.arcsin(correlation) / (2 * np.pi)).pvalue > 1e-6


def test_a_perceptron_has_a_singular_kernel_and_is_one_at_once():
    """Its number of ones is uniform (arXiv 1909.11522, theorem 4.1), at any width."""
    cube = boolean_cube(4)
    drawn = gaussian_prior(nngp(perceptron(), cube.eval_x), DRAWS, generator(1))
    seen = np.bincount(ones(drawn.bits()), drawn.counts, minlength=16).astype(int)
    assert stats.chisquare(seen).pvalue > 1e-6


def test_wide_networks_have_nearly_these_functions():
    """χ²-divergence over the 256 functions of 3 bits: below 0.01 for 400 units, above it for 3."""
    cube = boolean_cube(3)
    drawn = gaussian_prior(nngp(FullyConnected((3,)), cube.eval_x), 2_000_000, generator(2))
    numbers = 1 << np.arange(8)
    shares = np.full(256, 0.5)
    shares[drawn.bits() @ numbers] += drawn.counts
    divergence = []
    for width in (3, 400):
        functions = prior(FullyConnected((width,)), cube, 50_000, generator(3))
        counts = np.bincount(functions.bits() @ numbers, functions.counts, minlength=256)
        divergence.append(goodness_of_fit(counts.astype(int), shares / shares.sum(), unit="networks").value)
    assert divergence[1] < 0.02 < divergence[0]


def test_no_draws_are_refused():
    with pytest.raises(BadInput, match="at least 1 network, not 0"):
        gaussian_prior(np.eye(2), 0, generator())


def test_the_lab_draws_one_limit_whatever_the_width(tmp_path):
    """Every width has the same limit and so the same draws from the store; samples are independent, shards add up."""
    lab = Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), 0, Store(tmp_path))
    cube = boolean_cube(3)
    narrow, wide, other = (
        lab.infinite_prior(FullyConnected((width,)), cube, draws=2_000, sample=sample)
        for width, sample in ((2, 0), (30, 0), (30, 1))
    )
    assert narrow == wide != other
    lab.look = 1
    assert lab.infinite_prior(FullyConnected((7,)), cube, draws=2_000).total == 4_000
    with pytest.raises(BadInput, match="closed form"):
        lab.infinite_prior(FullyConnected((7,), distribution="uniform"), cube)


def test_the_mean_entropy_of_two_points_over_depth():
    """With two points the entropy of the share of ones is 1 where they part, with chance arccos ρ/π, else 0; a layer
    of ReLUs takes ρ to (√(1 − ρ²) + ρ(π − arccos ρ))/π (Cho & Saul 2009)."""
    x, rho = np.array([[1.0, 0.0], [0.0, 1.0]]), 0.0
    for layers in range(4):
        drawn = gaussian_prior(nngp(FullyConnected((1,) * layers, sigma_b=0.0), x), DRAWS, generator(layers))
        low, high = mean_measure(drawn, entropy, 1.0, "mean entropy").interval(1e-6)
        assert low <= np.arccos(rho) / np.pi <= high
        assert high - low < 0.03
        rho = (np.sqrt(1 - rho**2) + rho * (np.pi - np.arccos(rho))) / np.pi
