"""Intervals of means: exact tests, closed forms and other implementations; coverage by simulation of many samples.

A coverage check fails a right program with a chance of at most 1e-6: misses are compared with that binomial limit.
"""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.verdicts.means import least_mean, over_clusters, over_draws, over_influences, over_runs

FALSE_ALARM = 1e-6


def most_misses(simulations, chance):
    return stats.binom.isf(FALSE_ALARM, simulations, chance)


def assert_ends_hold(draw, alpha, simulations, seed=0):
    """Neither end misses the truth more often than alpha/2; draw: rng -> (interval, truth)."""
    rng = np.random.default_rng(seed)
    below = above = 0
    for _ in range(simulations):
        interval, truth = draw(rng)
        low, high = interval(alpha, 1.0)
        below, above = below + (truth < low), above + (truth > high)
    assert max(below, above) <= most_misses(simulations, alpha / 2), (below, above)


def tallied(values, points=64):
    return np.arange(points + 1) / points, np.bincount(values, minlength=points + 1)


@pytest.mark.parametrize(("draws", "p", "alpha"), [(20, 0.1, 0.05), (200, 0.02, 0.001), (500, 0.4, 0.01)])
def test_a_limit_of_coin_tosses_misses_by_at_most_alpha_exactly(draws, p, alpha):
    """The chance of a miss is a sum over all outcomes: the limit of k heads, for each k, against p."""
    tosses = [(k, stats.binom.pmf(k, draws, p)) for k in range(draws + 1)]
    ends = np.array([0.0, 1.0])
    missed = sum(chance for k, chance in tosses if least_mean(ends, np.array([draws - k, k]), alpha) > p)
    assert missed <= alpha
    # Not so wide as to say nothing: well under twice as far from the share as the exact limit is.
    k = int(draws * p) + 1
    exact = stats.beta.ppf(alpha, k, draws - k + 1)
    assert k / draws - least_mean(ends, np.array([draws - k, k]), alpha) < 1.7 * (k / draws - exact)


def test_a_limit_is_about_a_third_wider_than_student():
    rng = np.random.default_rng(0)
    values, counts = tallied(rng.binomial(64, rng.beta(2, 8, 4000)))
    mean = values @ counts / 4000
    spread = np.sqrt(((values - mean) ** 2 @ counts) / 3999)
    low, high = over_draws(values, counts)(0.002, 1.0)
    assert 1.2 < (high - low) / (2 * stats.t.isf(0.001, 3999) * spread / np.sqrt(4000)) < 1.5


@given(st.lists(st.integers(0, 8), min_size=1, max_size=40), st.floats(1e-6, 0.5))
def test_a_limit_leaves_out_just_the_means_against_which_betting_wins(values, alpha):
    """By the wealth itself, with products of plain numbers; and the interval of 1 − X is the mirror image."""
    x = np.array(values) / 8
    low = least_mean(np.arange(9) / 8, np.bincount(values, minlength=9), alpha)
    assert 0 <= low <= x.mean() + 1e-9
    smallest = 2 * np.sqrt(2 * np.log(1 / alpha) / len(x))
    bets = smallest * 2.0 ** np.arange(max(int(np.log2(len(x) / smallest)), 0) + 1)

    def wealth(mu):
        return np.mean([np.prod(1 + min(bet, 1 / mu) * (x - mu)) for bet in bets])

    if low > 1e-6:
        assert wealth(low - 1e-7) > 1 / alpha > wealth(low + 1e-7) * (1 - 1e-9)
    ends = over_draws(np.arange(9) / 8, np.bincount(values, minlength=9))(alpha, 1.0)
    mirrored = over_draws(np.arange(9) / 8, np.bincount(8 - np.array(values), minlength=9))(alpha, 1.0)
    assert ends == pytest.approx((1 - mirrored[1], 1 - mirrored[0]))


def beta_errors(rng, n):
    return tallied(rng.binomial(64, rng.beta(2, 8, n))), 0.2


def rare_large_errors(rng, n):
    """One network in a hundred gets half of the points wrong, the others one in fifty."""
    return tallied(rng.binomial(64, np.where(rng.random(n) < 0.01, 0.5, 0.02))), 0.01 * 0.5 + 0.99 * 0.02


def rarer_errors_than_draws(rng, n):
    return tallied(rng.binomial(64, np.where(rng.random(n) < 0.003, 0.5, 0.0))), 0.003 * 0.5


@pytest.mark.parametrize("errors", [beta_errors, rare_large_errors, rarer_errors_than_draws])
@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_draws_are_covered(errors, alpha):
    def draw(rng):
        tally, truth = errors(rng, 300)
        return over_draws(*tally), truth

    assert_ends_hold(draw, alpha, 300)


def hidden_draws(rng, number=20_000, layers=64):
    """Evidence of coefficient of variation 2, a thousandth on average; who has more of it makes fewer errors."""
    evidence = rng.beta(0.25, 250, number)
    kept = rng.binomial(layers, evidence)
    kept, evidence = kept[kept > 0], evidence[kept > 0]
    chance = rng.beta(4, 8, len(kept)) / (1 + 100 * evidence)
    return rng.binomial(kept * 64, chance) / 64, kept


@pytest.fixture(scope="module")
def error_of_hidden_draws():
    sums, kept = hidden_draws(np.random.default_rng(1), 10_000_000)
    return sums.sum() / kept.sum()


@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_clusters_are_covered(alpha, error_of_hidden_draws):
    def draw(rng):
        return over_clusters(*hidden_draws(rng)), error_of_hidden_draws

    assert_ends_hold(draw, alpha, 200)


def test_clusters_of_one_are_the_mean_of_draws():
    """Student's own interval where nothing is skewed."""
    values = np.concatenate([x := np.random.default_rng(2).random(300), 1 - x])
    low, high = over_clusters(values, np.ones(600))(0.01, 1.0)
    t = stats.ttest_1samp(values, 0).confidence_interval(0.99)
    assert (low, high) == pytest.approx((t.low, t.high), abs=1e-6)
    assert over_clusters(np.zeros(9), np.ones(9))(0.01, 1.0) == (0.0, 1.0)


def lognormal_runs(rng, number, spread, correlation):
    """ln weight and value are jointly normal: the weighted mean is 0.25 + Cov, by Stein's lemma."""
    z, other = rng.normal(size=(2, number))
    values = 0.25 + 0.03 * (correlation * z + np.sqrt(1 - correlation**2) * other)
    return (values, np.exp(spread * z)), 0.25 + 0.03 * correlation * spread


@pytest.mark.parametrize("number", [4, 8, 16, 32])
@pytest.mark.parametrize(("spread", "correlation"), [(0.3, 0.0), (0.3, -0.9), (0.7, -0.7)])
def test_runs_are_covered(number, spread, correlation):
    def draw(rng):
        runs, truth = lognormal_runs(rng, number, spread, correlation)
        return over_runs(*runs), truth

    assert_ends_hold(draw, 0.05, 1000)
    assert_ends_hold(draw, 0.001, 1000, seed=1)


def test_many_runs_need_not_be_lognormal():
    """Weights and values of two kinds of run: Fieller's part holds where the lognormal one does not."""

    def draw(rng):
        heavy = rng.random(400) < 0.3
        values = np.where(heavy, 0.4, 0.2) + 0.05 * rng.normal(size=400)
        return over_runs(values, np.where(heavy, 3.0, 1.0)), (0.9 * 0.4 + 0.7 * 0.2) / 1.6

    assert_ends_hold(draw, 0.05, 500)


def test_runs_alike_are_student():
    values = np.random.default_rng(3).normal(0.3, 0.02, 12)
    low, high = over_runs(values, np.full(12, 2.5))(0.01, 1.0)
    t = stats.ttest_1samp(values, 0).confidence_interval(0.99)
    assert low <= t.low <= t.high <= high
    # The regression of which nothing is explained costs a degree of freedom.
    assert (high - low) / (t.high - t.low) == pytest.approx(stats.t.isf(0.005, 10) / stats.t.isf(0.005, 11))


def test_runs_of_which_one_outweighs_all_others_say_nothing():
    assert over_runs(np.array([0.2, 0.21, 0.19, 0.2, 0.3]), np.array([1, 1, 1, 1, 50.0]))(0.05, 1.0) == (0.0, 1.0)


def test_more_units_would_make_each_interval_shorter():
    rng = np.random.default_rng(4)
    runs, _ = lognormal_runs(rng, 16, 0.3, -0.5)
    draws, _ = beta_errors(rng, 300)
    for interval in (over_draws(*draws), over_clusters(*hidden_draws(rng)), over_runs(*runs)):
        widths = [np.diff(interval(0.01, growth))[0] for growth in (1.0, 4.0, 16.0)]
        assert widths[0] > 1.7 * widths[1] > 1.7**2 * widths[2] > 0


@pytest.mark.parametrize("p", [0.005, 0.01, 0.99])
def test_runs_of_few_particles_that_coincide_are_covered(p):
    """In 61, 38 and 38 of 100 all particles of all runs agree, and an interval of width 0 would miss."""
    rng, runs, particles, alpha = np.random.default_rng(0), 6, 16, 0.1
    missed = []
    for values in rng.binomial(particles, p, (400, runs)) / particles:
        low, high = over_runs(values, np.exp(rng.normal(0, 0.3, runs)))(alpha, 1.0)
        missed.append(not low <= p <= high)
    assert np.mean(missed) < alpha


def test_runs_or_units_that_coincide_say_less_than_everything():
    same = over_runs(np.zeros(6), np.ones(6))
    assert same(0.05, 1.0) == over_draws(np.zeros(1), np.array([6]))(0.05, 1.0)
    assert same(0.05, 4.0)[1] < same(0.05, 1.0)[1]
    assert over_runs(np.full(6, 0.1 + 0.2), np.ones(6))(0.05, 1.0)[0] < 0.2
    assert over_influences(0.3, np.zeros(50))(0.05, 1.0) == (-inf, inf)
