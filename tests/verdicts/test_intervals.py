"""Intervals against other implementations and by hand; their coverage is in test_calibration.py."""

from math import inf, isnan, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from harness.errors import BadInput
from harness.statistics.variance_components import variance_components
from harness.verdicts import Estimate
from harness.verdicts.intervals import (
    clopper_pearson,
    exponent,
    fieller,
    intercept,
    log_evidence,
    proportion,
    slope,
    student,
)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(1e-6, 0.5))
def test_clopper_pearson_is_statsmodels(kn, alpha):
    k, n = kn
    assert clopper_pearson(k, n, alpha) == pytest.approx(proportion_confint(k, n, alpha, "beta"), abs=1e-12)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.001, 0.4))
def test_clopper_pearson_inverts_the_binomial_test(kn, alpha):
    k, n = kn
    low, high = clopper_pearson(k, n, alpha)
    if k > 0:
        assert stats.binom.sf(k - 1, n, low) == pytest.approx(alpha / 2, rel=1e-6)
    if k < n:
        assert stats.binom.cdf(k, n, high) == pytest.approx(alpha / 2, rel=1e-6)


def test_a_proportion_foresees_larger_samples():
    estimate = proportion(3, 30, quantity="share", unit="draws")
    assert estimate.ahead(0.05, 10) == pytest.approx(clopper_pearson(30, 300, 0.05))
    with pytest.raises(BadInput, match="0 ≤ k ≤ n"):
        proportion(4, 3, quantity="share", unit="draws")
    assert isnan(proportion(0, 0, quantity="share", unit="draws").value)


def test_ln_evidence_is_that_of_the_mean():
    """The mean of lognormal estimates is exp(μ + σ²/2): the mean logarithm alone would be 0.5 too low here."""
    runs = np.random.default_rng(0).normal(-10, 1, 100_000)
    # Standard error of the value: sqrt(1/n + 1/(2n)) = 0.004.
    assert log_evidence(runs.tolist()).value == pytest.approx(-9.5, abs=0.02)
    assert log_evidence([-3.0, -inf, -4.0]).interval(0.05) == (-inf, inf)
    with pytest.raises(BadInput, match="at least 2 independent runs"):
        log_evidence([-3.0])


def test_runs_that_coincide_say_nothing_of_their_error():
    for same in ([-3.0, -3.0], [-3.0] * 16):
        assert log_evidence(same).interval(0.05) == (-inf, inf)
        assert log_evidence(same, exact=True).interval(0.05) == (-3.0, -3.0)
    # Levels of the same shares in another order.
    rounded = [log(1 / 8) + log(1 / 4) + log(3 / 4), log(3 / 4) + log(1 / 4) + log(1 / 8)]
    assert rounded[0] != rounded[1]
    assert log_evidence(rounded).interval(0.05) == (-inf, inf)


def test_a_probability_is_at_most_one():
    wide = [-0.1, -1.5, -0.2, -2.0]
    assert log_evidence(wide).interval(0.001)[1] == 0.0
    assert log_evidence([0.9, 1.3]).value == 0.0
    # The inverse of a probability may be larger.
    low, high = log_evidence([0.9, 1.3], most=inf).interval(0.05)
    assert low < 1.1 < high


def normal(value, error):
    return Estimate("number", value, student(value, error, inf), 10, "draws", 10.0, "given")


def test_slope_of_normal_estimates_is_least_squares():
    x, values, errors = np.array([1.0, 2.0, 4.0, 7.0]), [0.3, 0.1, 0.6, 0.5], np.array([0.1, 0.2, 0.1, 0.3])
    estimate = slope(x, [normal(v, e) for v, e in zip(values, errors, strict=True)])
    assert estimate.value == pytest.approx(stats.linregress(x, values).slope)
    # With symmetric intervals MOVER is the normal interval of the linear combination.
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    half = stats.norm.isf(0.025) * np.sqrt((weights**2 * errors**2).sum())
    assert estimate.interval(0.05) == pytest.approx((estimate.value - half, estimate.value + half))
    low, high = estimate.ahead(0.05, 4)
    assert (high - low) == pytest.approx(half)
    with pytest.raises(BadInput, match="2 different x"):
        slope([1, 1], [normal(0, 1)] * 2)


def test_intercept_of_normal_estimates_is_least_squares():
    x, values, errors = np.array([0.5, 1.0, 2.0]), np.array([0.3, 0.1, 0.6]), np.array([0.1, 0.2, 0.1])
    estimate = intercept(x, [normal(v, e) for v, e in zip(values, errors, strict=True)], quantity="at 0")
    assert estimate.value == pytest.approx(stats.linregress(x, values).intercept)
    # The estimate is linear in the values: what each adds is the intercept of a line that is 1 there and 0 elsewhere.
    weights = np.array([stats.linregress(x, each).intercept for each in np.eye(3)])
    half = stats.norm.isf(0.025) * np.sqrt((weights**2 * errors**2).sum())
    assert estimate.interval(0.05) == pytest.approx((estimate.value - half, estimate.value + half))
    assert estimate.quantity == "at 0"
    with pytest.raises(BadInput, match="2 different x"):
        intercept([1, 1], [normal(0, 1)] * 2, quantity="at 0")


def test_intercepts_of_shares_are_covered():
    """Shares on the line 0.01 + 0.1·x; a miss at either end has a chance of at most alpha/2."""
    rng, x, simulations = np.random.default_rng(5), np.array([0.0, 0.25, 1.0]), 1000
    below = above = 0
    for _ in range(simulations):
        found = [proportion(int(rng.binomial(300, 0.01 + 0.1 * k)), 300, quantity="share", unit="networks") for k in x]
        low, high = intercept(x, found, quantity="at 0").interval(0.05)
        below, above = below + (low > 0.01), above + (high < 0.01)
    assert max(below, above) <= stats.binom.isf(1e-6, simulations, 0.025)


def test_a_slope_counts_units_of_one_kind_only():
    runs, draws = normal(0.3, 0.1), proportion(300, 1000, quantity="number", unit="networks")
    alike, mixed = slope([0, 1], [runs, runs]), slope([0, 1], [draws, runs])
    assert (alike.n, alike.unit) == (20, "draws")
    assert (mixed.n, mixed.unit) == (10, "draws")


def test_exponent_of_exact_powers():
    x = np.array([2.0, 8.0, 32.0])
    estimate = exponent(x, [normal(3 * k**-0.5, 1e-9) for k in x], quantity="exponent")
    assert estimate.value == pytest.approx(-0.5)
    assert estimate.interval(0.05) == pytest.approx((-0.5, -0.5), abs=1e-6)


def test_an_exponent_waits_for_positive_estimates():
    """An unbiased distance may come out negative: that is too little data, not a mistake."""
    estimate = exponent([1, 2], [normal(1.0, 0.1), normal(-0.1, 0.2)], quantity="exponent")
    assert isnan(estimate.value)
    assert estimate.interval(0.05) == (-inf, inf)
    with pytest.raises(BadInput, match="positive x"):
        exponent([0, 1], [normal(1, 0.1)] * 2, quantity="exponent")


def test_fieller_covers_by_simulation():
    """Ratio of correlated normal means, 1.5/2, a tenth of the denominator its error."""
    rng = np.random.default_rng(3)
    covariance = np.array([[0.09, 0.02], [0.02, 0.04]])
    drawn = rng.multivariate_normal([1.5, 2.0], covariance, 4000)
    covered = 0
    for numerator, denominator in drawn:
        low, high = fieller(numerator, denominator, covariance, inf)(0.05)
        covered += low <= 0.75 <= high
    # Exact at known covariance: 5 standard errors of 0.0034, a false alarm once in a million.
    assert covered / 4000 == pytest.approx(0.95, abs=0.0172)
    assert fieller(1.0, 0.1, covariance, inf)(0.05) == (-inf, inf)


def test_components_without_noise_are_the_variances_of_the_means():
    rows, columns = np.array([0.0, 1.0, 5.0]), np.array([0.0, 2.0])
    layout = (rows[:, None, None] + columns[:, None] + np.array([-1e-9, 1e-9])).tolist()
    found = variance_components(layout, "architectures", "optimisers")
    a, b = rows.var(ddof=1), columns.var(ddof=1)
    assert found["rows"].value == pytest.approx(a)
    assert found["columns"].value == pytest.approx(b)
    assert found["share"].value == pytest.approx(a / (a + b))
    assert found["share"].interval(0.05) == pytest.approx((a / (a + b),) * 2, abs=1e-6)


def test_components_agree_with_the_analysis_of_variance():
    """Expected mean squares of a balanced layout: rows' is σ² + r·b·(variance over rows)."""
    values = np.random.default_rng(4).normal(size=(4, 3, 6)) + np.arange(4)[:, None, None]
    found = variance_components(values.tolist(), "rows", "columns")
    row_square = 6 * 3 * values.mean(axis=(1, 2)).var(ddof=1)
    error_square = values.var(axis=2, ddof=1).mean()
    assert found["rows"].value == pytest.approx((row_square - error_square) / 18)


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ([[[1, 2], [1, 2]]], "2 rows"),
        ([[[1, 2]], [[1, 2]]], "2 columns"),
        ([[[1], [1, 2]], [[1, 2]] * 2], "replicates"),
    ],
)
def test_components_need_a_full_layout(layout, said):
    with pytest.raises(BadInput, match=said):
        variance_components(layout, "rows", "columns")


def test_shares_of_nothing_are_anything():
    """Rows and columns alike all 0: nothing is known of their shares."""
    values = np.random.default_rng(5).normal(size=(3, 3, 3))
    low, high = variance_components(values.tolist(), "rows", "columns")["share"].interval(0.01)
    assert (low, high) == (0.0, 1.0)


@pytest.mark.parametrize(("k", "n"), [(True, 2), (1.5, 2), ("1", 2), (None, 1), (float("nan"), 2), (3, 2), (-1, 2)])
def test_a_proportion_is_of_whole_numbers(k, n):
    with pytest.raises(BadInput, match="A proportion is of k among n units"):
        proportion(k, n, quantity="share", unit="draws")
    assert proportion(np.int64(1), np.uint8(4), quantity="share", unit="draws").value == 0.25


@pytest.mark.parametrize(
    "values", [None, 3.0, [[1, 2], [3, 4]], ["a", "b"], [1 + 1j, 2], np.zeros((2, 0)), [10**400, 1]]
)
def test_an_evidence_is_of_numbers_in_a_row(values):
    with pytest.raises(BadInput, match=r"An evidence needs|Numbers cannot be read as an array"):
        log_evidence(values)
