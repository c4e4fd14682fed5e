"""How often intervals over few training sets miss, on spreads fitted to real ones; seeds are fixed."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibration.over_sets import estimated, means, slope_of_errors, terms, truth
from harness.statistics.over_sets import share_over_sets

SIMULATIONS = 100
# Chance of more misses than this at the promised rate: below 1 in 1,000.
MOST = {0.05: 13, 0.01: 6}


def test_simulated_terms_have_the_means_that_are_covered():
    rng = np.random.default_rng(0)
    for name in ("digits, small rate", "fashion, large rate"):
        found = np.array(terms(rng, name, 40_000))
        assert (np.abs(found.mean(axis=0) - means(name)) < 4 * found.std(axis=0) / 200).all()


@pytest.mark.parametrize("sets", [8, 16])
@pytest.mark.parametrize("what", ["bias explained", "direction c", "sharpness s"])
def test_intervals_cover_with_few_sets_of_skewed_spread(what, sets):
    rng = np.random.default_rng(sets)
    drawn = [estimated(rng, what, "fashion, small rate", sets)[0] for _ in range(SIMULATIONS)]
    expected = truth(what, "fashion, small rate")
    for alpha, most in MOST.items():
        ends = np.array([each.interval(alpha) for each in drawn])
        assert ((ends[:, 0] > expected) | (ends[:, 1] < expected)).sum() <= most
    # And they say something.
    assert np.median(np.ptp([each.interval(0.05) for each in drawn], axis=1)) < 1.5


def test_intervals_of_paired_slopes_cover():
    rng = np.random.default_rng(1)
    ends = np.array([slope_of_errors(rng, 8)[0].interval(0.05) for _ in range(SIMULATIONS)])
    assert ((ends[:, 0] > -0.02) | (ends[:, 1] < -0.02)).sum() <= MOST[0.05]
    # Sets differ by 0.08: unpaired, slopes over 2 would have intervals of 0.1 and more.
    assert np.median(np.ptp(ends, axis=1)) < 0.08


@pytest.mark.parametrize("sets", [8, 16, 64])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_intervals_of_shares_cover_where_most_sets_agree(sets, alpha):
    """Shares of 0 or 1, the most skewed there are: the chance of a miss, summed exactly."""
    ends = np.array([share_over_sets([1.0] * k + [0.0] * (sets - k), "x").interval(alpha) for k in range(sets + 1)])
    for p in (0.5, 0.8, 0.9, 0.97, 0.99, 0.999):
        missed = (ends[:, 0] > p) | (ends[:, 1] < p)
        assert stats.binom.pmf(np.arange(sets + 1), sets, p)[missed].sum() <= alpha
