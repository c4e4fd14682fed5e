"""The jackknife over training sets: exact cases, its bias, and simulated coverage."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibration.over_sets import PLACES, slope_of_ratios
from harness.errors import BadInput
from harness.statistics.jackknife import jackknife_over_sets, log_ratio_slope_over_sets

FALSE_ALARM = 1e-6


def test_of_a_mean_it_is_the_mean():
    values = np.random.default_rng(0).normal(size=12)
    found = jackknife_over_sets(lambda means: float(means[0]), [values], "mean")
    assert found.value == pytest.approx(values.mean())
    assert found.details["sets"] == pytest.approx(values.tolist())
    assert (found.n, found.unit) == (12, "training sets")


def test_it_removes_the_bias_of_a_square_exactly():
    """The square of a mean of N is too large by the variance over N, which the jackknife takes off."""
    values = np.random.default_rng(1).normal(size=9)
    found = jackknife_over_sets(lambda means: float(means[0] ** 2), [values], "square")
    assert found.value == pytest.approx(values.mean() ** 2 - values.var(ddof=1) / 9)


def test_slopes_by_hand():
    ratio = np.array([1.2, 1.5, 2.4])
    denominators = np.outer([0.3, 0.2, 0.1], np.linspace(0.8, 1.2, 8))
    # Every set has the same ratios, and so has every mean.
    found = log_ratio_slope_over_sets(PLACES, ratio[:, None] * denominators, denominators, "slope")
    assert found.value == pytest.approx(np.polyfit(PLACES, np.log(ratio), 1)[0])


def test_what_has_no_interval():
    three = log_ratio_slope_over_sets(PLACES, np.ones((3, 3)), np.ones((3, 3)), "slope")
    zero = log_ratio_slope_over_sets(PLACES, np.zeros((3, 9)), np.ones((3, 9)), "slope")
    for found in (three, zero):
        assert found.interval(0.05) == (-np.inf, np.inf)


def test_unpaired_values_are_refused():
    with pytest.raises(BadInput, match="paired"):
        jackknife_over_sets(lambda means: float(means[0]), [np.ones(8), np.ones(7)], "mean")
    with pytest.raises(BadInput, match="at least 2 different x"):
        log_ratio_slope_over_sets([1, 1], np.ones((2, 8)), np.ones((2, 8)), "slope")


@pytest.mark.parametrize("sets", [8, 16, 32])
def test_slopes_are_covered(sets):
    """Errors of binomial counts whose chances vary from set to set, alike at all m and for both learners."""
    rng, alphas, simulations = np.random.default_rng(2), np.array([0.05, 0.005]), 100
    misses, values = np.zeros((2, 2)), []
    for _ in range(simulations):
        found, truth = slope_of_ratios(rng, sets)
        ends = np.array([found.interval(alpha) for alpha in alphas])
        misses += np.stack([truth < ends[:, 0], truth > ends[:, 1]])
        values.append(found.value)
    assert (misses <= stats.binom.isf(FALSE_ALARM, simulations, alphas / 2)).all(), misses
    assert abs(np.mean(values) - truth) < 5 * np.std(values) / np.sqrt(simulations)


def test_means_may_have_any_shape():
    """A ratio of two rows of the first of two groups, whatever lies in the second."""
    values = np.random.default_rng(3).uniform(1, 2, (2, 3, 10))
    found = jackknife_over_sets(lambda means: float(means[0, 1] / means[0, 2]), values, "ratio")
    flat = jackknife_over_sets(lambda means: float(means[0] / means[1]), values[0, 1:], "ratio")
    assert found.value == flat.value
    assert found.interval(0.05) == flat.interval(0.05)
