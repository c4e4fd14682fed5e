"""The χ²-divergence against enumeration, Pearson's statistic and scipy; its coverage is in test_calibration.py."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.statistics.chi_squared import goodness_of_fit, noncentrality


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
