"""The least width that fits: against every possible outcome, known thresholds, and simulated coverage."""

from math import ceil, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.isotonic import IsotonicRegression

from harness.errors import BadInput
from harness.samplers.features.least_width import Tallies, _rising, compression, least_width, search

FALSE_ALARM = 1e-6


@given(st.integers(1, 40), st.integers(0, 40), st.integers(0, 45))
def test_a_sharp_threshold_is_found_in_as_many_probes_as_bisection_takes(lowest, more, threshold):
    asked = []

    def probe(width):
        asked.append(width)
        return (100 if width >= threshold else 0), 100

    found = search(probe, lowest, lowest + more)
    assert len(set(asked)) == len(asked) <= ceil(np.log2(more + 1)) if more else not asked
    estimate = least_width(found)
    truth = min(max(threshold, lowest), lowest + more)
    assert estimate.value == truth
    assert estimate.interval(0.01) == (truth, truth)


def rising(rng, networks, p):
    """Widths 1 … 32 of which width w fits with chance p(w); the last one is never asked."""
    return search(lambda width: (int(rng.binomial(networks, p(width))), networks), 1, 32)


CURVES = {
    "steep": (lambda w: stats.norm.cdf((w - 9.6) / 2), 10),
    "flat": (lambda w: stats.norm.cdf((w - 14.5) / 20), 15),
    "just over half": (lambda w: 0.49 if w < 5 else 0.505 + 0.01 * min(w - 5, 10), 5),
}


@pytest.mark.parametrize(("p", "truth"), CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("shards", [1, 3])
def test_intervals_cover(p, truth, shards):
    rng, simulations = np.random.default_rng(0), 200
    missed = {0.2: [0, 0], 0.02: [0, 0]}
    for _ in range(simulations):
        tallies = rising(rng, 30, p)
        for _ in range(shards - 1):
            tallies = tallies + rising(rng, 30, p)
        estimate = least_width(tallies)
        for alpha, ends in missed.items():
            low, high = estimate.interval(alpha)
            ends[0] += truth < low
            ends[1] += truth > high
    for alpha, ends in missed.items():
        assert max(ends) <= stats.binom.isf(FALSE_ALARM, simulations, alpha / 2)


def test_an_interval_shrinks_to_the_width_itself():
    rng = np.random.default_rng(1)
    p, truth = CURVES["steep"]
    tallies = rising(rng, 30, p)
    for _ in range(60):
        tallies = tallies + rising(rng, 30, p)
    assert least_width(tallies).interval(0.01) == (truth, truth) == (least_width(tallies).value,) * 2


def test_the_value_is_that_of_isotonic_regression():
    tallies = Tallies(np.array([2, 4, 5, 7]), np.array([1, 14, 8, 19]), np.array([20, 20, 20, 20]), 1, 8)
    pooled = IsotonicRegression().fit_transform(tallies.widths, tallies.fitting / 20)
    np.testing.assert_allclose(pooled, [0.05, 0.55, 0.55, 0.95], rtol=1e-12)
    assert least_width(tallies).value == 4
    none = Tallies(np.array([2, 4]), np.array([1, 2]), np.array([20, 20]), 1, 5)
    assert least_width(none).value == 5


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=8))
def test_shares_are_pooled_as_scikit_learn_pools_them(pairs):
    networks = np.array([n for n, _ in pairs])
    shares = np.array([round(n * p) / n for n, p in pairs])
    oracle = IsotonicRegression().fit_transform(np.arange(len(pairs)), shares, sample_weight=networks)
    np.testing.assert_allclose(_rising(shares, networks), oracle, rtol=1e-12)


def test_compression_is_the_ratio_of_two_and_holds_where_both_do():
    rng, simulations, alpha = np.random.default_rng(2), 300, 0.2
    (narrow, least), (wide, most) = CURVES["just over half"], CURVES["flat"]
    missed = 0
    for _ in range(simulations):
        found = compression(least_width(rising(rng, 30, narrow)), least_width(rising(rng, 30, wide)))
        low, high = found.interval(alpha)
        missed += not low <= log(most / least) <= high
    assert missed <= stats.binom.isf(FALSE_ALARM, simulations, alpha)
    exact = [least_width(search(lambda w, t=t: (100 * (w >= t), 100), 1, 64)) for t in (3, 12)]
    assert compression(*exact).interval(0.01) == (log(4), log(4)) == (compression(*exact).value,) * 2


def test_tallies_merge_and_store():
    one = Tallies(np.array([2, 4]), np.array([1, 2]), np.array([20, 20]), 1, 5)
    two = Tallies(np.array([3, 4]), np.array([5, 6]), np.array([10, 10]), 1, 5)
    both = Tallies.from_arrays((one + two).to_arrays())
    assert (both.widths.tolist(), both.fitting.tolist(), both.networks.tolist()) == ([2, 3, 4], [1, 5, 8], [20, 10, 30])
    with pytest.raises(BadInput, match="same"):
        one + Tallies(np.array([2]), np.array([1]), np.array([20]), 1, 6)
    with pytest.raises(BadInput, match="upwards from 1"):
        search(lambda _: (0, 1), 3, 2)
