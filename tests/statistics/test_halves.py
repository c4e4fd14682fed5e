"""Halves of a sample are samples of the same distribution, though one sample is always halved alike."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibration.distributions import clusters, named, sample
from harness.statistics.comparison import halves as halves_of_networks
from harness.statistics.distances.total_variation import halves, shares
from harness.statistics.distances.units import of_two

LIKELIEST = np.argsort(-named("zipf"))[:4]


def of_networks(rng):
    _, other = halves_of_networks(sample(rng, named("zipf"), 200))
    return other.counts_of(LIKELIEST[:, None].astype(np.uint64)) / other.total


def of_units(rng):
    every = np.arange(64)
    _, other = halves(of_two(sample(rng, named("zipf"), 200), sample(rng, np.full(64, 1 / 64), 2000))[0])
    assert (other.words[:, 0] == every).all()
    return shares(other)[LIKELIEST]


@pytest.mark.parametrize("draw", [of_networks, of_units])
def test_a_half_has_no_more_of_any_function_than_the_whole(draw):
    """On average over samples whose functions keep their places; four t-tests, a false alarm of 4e-6."""
    found = np.array([draw(np.random.default_rng(seed)) for seed in range(400)])
    assert (np.abs(stats.ttest_1samp(found, named("zipf")[LIKELIEST]).statistic) < stats.norm.isf(5e-7)).all()
    # What splitting adds to the spread is there as well.
    exact = np.sqrt(named("zipf") * (1 - named("zipf")) / 100)[LIKELIEST]
    assert (np.abs(found.std(axis=0) / exact - 1) < 0.2).all()


def test_one_sample_is_halved_alike_each_time_and_by_another_seed_otherwise():
    units, _ = of_two(
        clusters(np.random.default_rng(0), named("zipf"), 300, 32, 0.1),
        sample(np.random.default_rng(1), named("zipf"), 9),
    )
    one, again, other = (halves(units, seed)[0].multiplicity for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert one.sum() == other.sum() == units.multiplicity.sum() // 2
