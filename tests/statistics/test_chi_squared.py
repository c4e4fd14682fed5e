"""The χ²-divergence against enumeration, Pearson's statistic and scipy; its coverage is in test_calibration.py."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.statistics.chi_squared import goodness_of_fit, homogeneity, noncentrality


def test_fit_is_unbiased_by_enumeration():
    """Over all outcomes of 3 draws, weighted by their probability, the mean is the divergence itself."""
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.3, 0.5])
    outcomes = [(a, b, 3 - a - b) for a in range(4) for b in range(4 - a)]
    mean = sum(
        stats.multinomial.pmf(counts, 3, p) * goodness_of_fit(np.array(counts), q, unit="draws").value
        for counts in outcomes
    )
    assert mean == pytest.approx(((p - q) ** 2 / q).sum())


def test_fit_is_pearson():
    counts, q = np.array([30, 50, 20]), np.array([0.25, 0.5, 0.25])
    estimate = goodness_of_fit(counts, q, unit="draws")
    # n·divergence + (K − 1) ≈ Pearson's statistic: exactly Σ c(c − 1)/q against Σ c²/q.
    pearson = stats.chisquare(counts, 100 * q).statistic
    exact = ((counts**2 - counts) / q).sum() / (100 * 99) - 1
    assert estimate.value == pytest.approx(exact)
    assert estimate.interval(0.05)[0] == 0.0
    assert stats.ncx2.cdf(pearson, 2, noncentrality(pearson, 2, 0.025)) == pytest.approx(0.025, rel=1e-4)
    with pytest.raises(BadInput, match="positive probabilities"):
        goodness_of_fit(counts, np.array([0.5, 0.5, 0.0]), unit="draws")
    with pytest.raises(BadInput, match="at least 3 draws"):
        goodness_of_fit(np.array([1, 1, 0]), q, unit="draws")


def test_homogeneity_is_the_test_of_a_table():
    table = np.array([[30, 50, 20, 12], [300, 450, 260, 90]])
    found = homogeneity(*table)
    expected = stats.chi2_contingency(table, correction=False)
    assert found == pytest.approx((expected.statistic, 3, expected.pvalue))


def test_rare_outcomes_are_taken_together():
    table = np.array([[30, 50, 1, 0, 2], [300, 450, 9, 2, 5]])
    together = np.array([[30, 50, 3], [300, 450, 16]])
    assert homogeneity(*table, least=1.9) == pytest.approx(homogeneity(*together, least=0.0))
    for wrong in ((table[0], table[1][:4]), ([3, 1], [4, 0])):
        with pytest.raises(BadInput):
            homogeneity(*wrong)


def test_the_error_of_homogeneity_is_as_stated():
    """Under one distribution with many rare outcomes, p is below 0.05 about as often as that; twice the share of one
    outcome in a hundred is found."""
    rng = np.random.default_rng(0)
    p = np.append(0.3 * 0.9 ** np.arange(60), 0.0)
    p[-1] = 1 - p[:-1].sum() if p[:-1].sum() < 1 else 0.0
    p /= p.sum()
    simulations = 4000
    called = sum(
        homogeneity(rng.multinomial(2000, p), rng.multinomial(200_000, p))[2] < 0.05 for _ in range(simulations)
    )
    # 0.05 to within 5 standard errors, whose chance is below 1e-6, and the approximation's own 0.003.
    assert abs(called / simulations - 0.05) < 5 * (0.05 * 0.95 / simulations) ** 0.5 + 0.003
    other = p.copy()
    other[20] *= 2
    assert homogeneity(rng.multinomial(20_000, other / other.sum()), rng.multinomial(200_000, p))[2] < 1e-6
