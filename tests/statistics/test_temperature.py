"""The best of some temperatures: found where it is plain, and without bias from the choice."""

import numpy as np
import torch
from scipy import stats

from benchmarks.calibration.distributions import counts, named, sample
from harness.functions import FunctionCounts
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.posterior import tempered
from harness.statistics.comparison import best_temperature, halves
from harness.statistics.distances import mmd_difference


def test_halves_share_out_the_draws():
    rng = np.random.default_rng(0)
    whole = sample(rng, named("zipf"), 501)
    one, other = halves(whole)
    assert (one.total, other.total) == (250, 251)
    assert one + other == whole


def test_a_half_is_a_sample_of_the_same_distribution():
    """The split's seed is fixed, so functions change places from sample to sample."""
    rng, law, shares = np.random.default_rng(1), named("zipf"), []
    for _ in range(300):
        places = rng.permutation(len(law))
        half, _ = halves(sample(rng, law[places], 400))
        shares.append(half.counts_of(np.array([[places.argmin()]], dtype=np.uint64))[0] / half.total)
    assert abs(stats.ttest_1samp(shares, law[0]).statistic) < stats.norm.isf(5e-7)


def test_the_temperature_that_networks_have_is_found():
    problem, network, temperatures = digits(4, 6), FullyConnected((8,)), (0.5, 2.0, 20.0)
    posteriors = {
        each: tempered(network, problem, each, 40_000, torch.Generator().manual_seed(1), last_layers=8).sample
        for each in temperatures
    }
    for seed, temperature in enumerate(temperatures, start=2):
        drawn = tempered(network, problem, temperature, 200_000, torch.Generator().manual_seed(seed)).functions
        assert best_temperature(drawn, posteriors)[0] == temperature


def test_choosing_does_not_make_the_choice_look_better():
    """All temperatures have one distribution: none is nearer, and the half that did not choose says so on average."""
    rng, found = np.random.default_rng(3), []
    law = named("zipf")
    for _ in range(100):
        posteriors = {float(t): sample(rng, law, 100) for t in range(1, 5)}
        best, others = best_temperature(sample(rng, law, 100), posteriors)
        assert best in posteriors
        found.append(mmd_difference(others, sample(rng, law, 100), sample(rng, law, 100)).value)
    assert abs(stats.ttest_1samp(found, 0).statistic) < stats.norm.isf(5e-7)


def test_samples_without_draws_are_not_chosen():
    few, many = FunctionCounts.empty(6), counts(np.full(64, 3))
    assert best_temperature(many, {1.0: few, 2.0: many})[0] == 2.0
