"""The least constant of the simplicity bound and the rank correlation over functions, against known populations."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.statistics.volume_and_complexity import least_constant, rank_correlation_over_functions


def test_the_least_constant_is_the_quantile_by_hand():
    complexities = np.arange(100.0)
    # log2 P + 2K = 0 … 99, in any order.
    volumes = np.arange(100.0)[::-1] - 2 * complexities
    found = least_constant(volumes, complexities, 2.0, quantity="b")
    assert found.value == pytest.approx(94.05)
    low, high = found.interval(0.05)
    assert low < 94 < high


@pytest.mark.parametrize("alpha", [0.1, 0.01])
def test_the_interval_of_the_least_constant_covers(alpha):
    """Misses at either end over 2,000 samples of a skewed and of a lumpy population against a binomial law."""
    rng = np.random.default_rng(0)
    for draw in (lambda k: rng.gamma(0.5, 5, k), lambda k: np.round(rng.normal(0, 2, k))):
        truth = float(np.quantile(draw(2_000_000), 0.95))
        misses = np.zeros(2)
        for _ in range(2000):
            low, high = least_constant(draw(256), np.zeros(256), 1.0, quantity="b").interval(alpha)
            misses += truth < low, high < truth
        assert (stats.binom.sf(misses - 1, 2000, alpha / 2) > 1e-4).all()


def test_few_draws_bound_nothing_from_above():
    found = least_constant(np.arange(20.0), np.zeros(20), 1.0, quantity="b")
    assert found.interval(0.01)[1] == np.inf
    assert found.ahead(0.01, 64)[1] < 20
    assert least_constant(np.zeros(3), np.zeros(3), 1.0, quantity="b").interval(0.1) == (-np.inf, np.inf)


@pytest.mark.parametrize("functions", [48, 192])
@pytest.mark.parametrize(("correlation", "shape"), [(0.0, "normal"), (-0.6, "normal"), (-0.5, "ties"), (-0.9, "bent")])
def test_the_interval_of_the_rank_correlation_covers(functions, correlation, shape):
    """Misses on either side of 1,000 intervals at 99 %; twice as many as promised are granted."""
    rng = np.random.default_rng(1)

    def population(k):
        x = rng.uniform(-1.7, 1.7, k) if shape == "bent" else rng.standard_normal(k)
        y = correlation * x + (1 - correlation**2) ** 0.5 * rng.standard_normal(k)
        return {"normal": (x, y), "ties": (np.round(x * 1.5), y), "bent": (x, np.exp(2 * y))}[shape]

    truth = stats.spearmanr(*population(400_000)).statistic
    misses = np.zeros(2)
    for _ in range(1000):
        x, y = population(functions)
        low, high = rank_correlation_over_functions(y, x, quantity="ρ").interval(0.01)
        misses += truth < low, high < truth
    assert (stats.binom.sf(misses - 1, 1000, 0.01) > 1e-3).all()


def test_a_perfect_order_and_no_order():
    k = np.arange(40.0)
    found = rank_correlation_over_functions(-(k**3), k, quantity="ρ")
    assert found.value == -1
    assert found.interval(0.01)[1] < -0.99
    assert rank_correlation_over_functions(np.zeros(40), k, quantity="ρ").interval(0.1) == (-np.inf, np.inf)


def test_unequal_lengths_are_refused():
    with pytest.raises(BadInput, match="one volume and one complexity"):
        least_constant(np.zeros(9), np.zeros(10), 1.0, quantity="b")
