"""The test that two runs differ: right where the answer is known, and never wrong more often than it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from harness.report.against import holm, of_estimates, p_values
from harness.verdicts.intervals import clopper_pearson
from tests.support.report_documents import estimate

PAIRS = 6000
# A rate of errors at most 0.05 is found above these with a chance of at most 1e-6.
MOST = stats.binom.isf(1e-6, PAIRS, 0.05) / PAIRS


def rate(values, arms, level, freedom, factor=1.0):
    """How often pairs of equal estimates, (2, pairs), are called different at 0.05."""
    shape = values.shape
    found = p_values(values, arms, np.full(shape, 1 - level), np.full(shape, float(freedom)))
    return (found * factor <= 0.05).mean()


@pytest.mark.parametrize(("low", "high", "level"), [(0.8, 0.9, 0.95), (-3.0, 1.0, 0.999)])
def test_normal_estimates_of_one_level_give_the_z_test(low, high, level):
    z = stats.norm.isf((1 - level) / 2)
    first, second = (low + high) / 2, low
    errors = np.array([(high - low) / 2, (high - low) / 4]) / z
    # Within the reach of the stored level, where arms are scaled as normal ones.
    wanted = 2 * stats.norm.sf(abs(first - second) / np.hypot(*errors))
    (found,) = p_values(
        np.array([[first], [second]]), errors[:, None] * z, np.full((2, 1), 1 - level), np.full((2, 1), 99.0)
    )
    assert (found >= 1 - level) == (wanted >= 1 - level)
    if wanted >= 1 - level:
        assert found == pytest.approx(wanted, rel=1e-6)
    else:
        assert found > wanted


def test_beyond_their_level_arms_of_few_runs_grow_as_students():
    """Two equal arms at level 0.99 of t with 3 degrees of freedom: p = 1e-4 where the difference is √2 arms at 1e-4."""
    arm, far = stats.t.isf([0.005, 0.5e-4], 3)
    both = np.full((2, 1), arm)
    (found,) = p_values(np.array([[0.0], [far * 2**0.5]]), both, np.full((2, 1), 0.01), np.full((2, 1), 3.0))
    assert found == pytest.approx(1e-4, rel=1e-6)


def stopped(rng, truth, bound, looks=4, cells=10, first=100):
    """(values, arms, looks taken, level) of normal means whose sample doubles until the interval leaves the bound."""
    alpha = 0.05 / (cells * looks)
    z = stats.norm.isf(alpha)
    total, seen = np.zeros((2, PAIRS)), 0
    values, arms, taken = (np.full((2, PAIRS), np.nan) for _ in range(3))
    for look in range(looks):
        more = first * 2**look - seen
        total += more * truth + more**0.5 * rng.standard_normal((2, PAIRS))
        seen += more
        ends = np.isnan(values) & ((abs(total / seen - bound) > z / seen**0.5) | (look == looks - 1))
        values[ends], arms[ends], taken[ends] = (total / seen)[ends], z / seen**0.5, look + 1
    return values, arms, taken, 1 - 2 * alpha


@pytest.mark.parametrize("truth", [0.0, 0.1, 0.2])
def test_runs_that_stop_when_they_have_decided_are_called_different_at_most_so_often(truth):
    values, arms, taken, level = stopped(np.random.default_rng(1), truth, 0.0)
    assert rate(values, arms, level, 99, taken.sum(axis=0) - 1) <= MOST


def test_what_looks_cost_is_needed():
    values, arms, _, level = stopped(np.random.default_rng(1), 0.1, 0.0)
    assert rate(values, arms, level, 99) > MOST


@pytest.mark.parametrize(("runs", "level"), [(4, 0.9), (4, 0.9995), (12, 0.99)])
def test_means_of_few_runs(runs, level):
    draws = np.random.default_rng(2).standard_normal((2, PAIRS, runs))
    arms = stats.t.isf((1 - level) / 2, runs - 1) * draws.std(axis=2, ddof=1) / runs**0.5
    assert rate(draws.mean(axis=2), arms, level, runs - 1) <= MOST


@pytest.mark.parametrize(("n", "share"), [(40, 0.03), (400, 0.5), (1000, 0.002)])
@pytest.mark.parametrize("level", [0.95, 0.999])
def test_proportions_even_near_nought(n, share, level):
    ends = np.array([clopper_pearson(k, n, 1 - level) for k in range(n + 1)])
    counts = np.random.default_rng(3).binomial(n, share, (2, PAIRS))
    values = counts / n
    arms = np.maximum(values - ends[counts, 0], ends[counts, 1] - values)
    assert rate(values, arms, level, n - 1) <= MOST


def test_distances_whose_intervals_end_at_nought():
    """Unbiased estimates of a distance that is 0, one of them far more precise: the cut side says nothing."""
    errors = np.array([[0.01], [0.0001]])
    values = errors * np.random.default_rng(4).standard_normal((2, PAIRS))
    high = np.maximum(values + errors * stats.norm.isf(0.001), 0)
    arms = np.maximum(values - 0.0, high - values)
    assert rate(values, arms, 0.998, 99) <= MOST


def test_holm_over_cells_keeps_the_error_of_any_cell():
    families, cells, level = 600, 20, 0.999
    z = stats.norm.isf((1 - level) / 2)
    rng = np.random.default_rng(5)
    values = rng.standard_normal((2, families * cells))
    found = p_values(values, np.full(values.shape, z), np.full(values.shape, 1 - level), np.full(values.shape, 99.0))
    wrong = sum(min(holm(ps)) <= 0.05 for ps in found.reshape(families, cells))
    assert wrong <= stats.binom.isf(1e-6, families, 0.05)


def test_differences_that_are_there_are_found():
    """Four joint standard errors apart, at a level of 0.999: seen at 0.05 but for one in fifty."""
    rng = np.random.default_rng(6)
    values = rng.standard_normal((2, PAIRS)) + np.array([[0.0], [4 * 2**0.5]])
    assert rate(values, np.full(values.shape, stats.norm.isf(0.0005)), 0.999, 99) >= 0.97


@settings(max_examples=12)  # statsmodels takes a tenth of a second each
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_is_holms(ps):
    assert holm(ps) == pytest.approx(multipletests(ps, method="holm")[1])


def test_what_has_no_finite_interval_is_not_compared():
    whole, open_, none = estimate(0.9, 0.8, 1.0), estimate(0.9, 0.8, None), estimate(None, None, None)
    assert of_estimates([(whole, open_), (none, whole)]) == [None, None]
    equal, far = of_estimates([(whole, whole), (whole, estimate(-9.0, -9.1, -8.9))])
    assert equal == 1.0
    assert far < 1e-6
    # The same with fewer looks is more sure: nothing was paid for.
    (once,) = of_estimates([(estimate(0.9, 0.8, 1.0, looks=1), estimate(0.8, 0.7, 0.9, looks=1))])
    (often,) = of_estimates([(estimate(0.9, 0.8, 1.0, looks=2), estimate(0.8, 0.7, 0.9, looks=2))])
    assert often == pytest.approx(min(3 * once, 1))
