"""Exponents over training sets: against known power laws, and simulated coverage."""

from math import inf, isnan

import numpy as np
import pytest
from scipy import stats

from benchmarks.calibration.over_sets import WIDTHS as NARROW
from benchmarks.calibration.over_sets import exponent_of_powers, powers
from harness.errors import BadInput
from harness.statistics.exponent_over_sets import exponent_over_sets
from harness.verdicts.intervals import slope_weights
from harness.verdicts.means import over_influences

WIDTHS = (5, 10, 40, 160)
SIMULATIONS = 200


def test_a_power_law_that_all_sets_share_is_found_exactly():
    factors = np.random.default_rng(0).lognormal(size=12)
    found = exponent_over_sets(WIDTHS, [factors * width**-0.75 for width in WIDTHS], "exponent", "gain", "width")
    assert found.value == pytest.approx(-0.75)
    # The curve is of what the exponent is of.
    shown = [(each["quantity"], each["parameters"]) for each in found.details["curve"]]
    assert shown == [("gain", {"width": width, "sample": "gain"}) for width in WIDTHS]
    assert found.interval(0.05) == (-inf, inf)
    assert (found.n, found.unit) == (12, "training sets")
    np.testing.assert_allclose(found.details["sets"], -0.75)


@pytest.mark.parametrize("sets", [8, 16, 32])
@pytest.mark.parametrize("spread", ["alike", "narrow apart"])
def test_intervals_cover(spread, sets):
    rng, alphas = np.random.default_rng(sets), np.array([0.05, 0.01])
    found = [exponent_of_powers(rng, spread, sets)[0] for _ in range(SIMULATIONS)]
    ends = np.array([[each.interval(alpha) for alpha in alphas] for each in found])
    misses = np.stack([(ends[:, :, 0] > -1).sum(0), (ends[:, :, 1] < -1).sum(0)])
    assert (misses <= SIMULATIONS * alphas / 2).all(), misses
    values = np.array([each.value for each in found])
    assert abs(values.mean() + 1) < 5 * values.std() / SIMULATIONS**0.5
    # And they say something.
    assert np.isfinite(ends[:, 0]).all(axis=1).mean() > 0.5


@pytest.mark.parametrize("sets", [8, 16, 32])
def test_students_and_halls_intervals_would_miss(sets):
    """Their lower end, for want of the few sets of large values at the narrowest widths."""
    rng, simulations, alpha, missed = np.random.default_rng(sets), 1500, 0.01, 0
    weights = slope_weights(np.log(NARROW))
    for _ in range(simulations):
        values = powers(rng, "narrow apart", sets)
        value = float(weights @ np.log(values.mean(1)))
        without = (values.sum(1, keepdims=True) - values) / (sets - 1)
        pseudo = sets * value - (sets - 1) * (weights @ np.log(without))
        missed += over_influences(value, pseudo - pseudo.mean())(alpha, 1.0)[0] > -1
    assert missed > 2 * simulations * alpha / 2
    assert missed > stats.binom.isf(1e-3, simulations, alpha / 2)


def test_it_is_the_exponent_of_the_mean_and_not_the_mean_of_exponents():
    steep, flat = np.array(WIDTHS, dtype=float) ** -2, np.ones(4)
    found = exponent_over_sets(WIDTHS, np.stack([steep, *[flat] * 2] * 400, axis=1), "exponent")
    expected = np.polyfit(np.log(WIDTHS), np.log((steep + 2 * flat) / 3), 1)[0]
    # But for the jackknife's correction, of one part in so many sets.
    assert found.value == pytest.approx(expected, rel=2e-3)


def test_means_that_may_be_zero_decide_nothing():
    values = [[1.0, 1.1, 0.9, 1.0], [0.3, -0.1, 0.2, 0.1]]
    found = exponent_over_sets((1, 10), values, "exponent")
    assert np.isfinite(found.value)
    assert found.interval(0.05) == (-inf, inf)
    assert exponent_over_sets((1, 10), [values[0], [0.3, 0.2, 0.2, 0.1]], "exponent").interval(0.05) != (-inf, inf)
    negative = exponent_over_sets((1, 10), [[1.0, 1.0, 1.0, 1.1], [-1.0, 0.1, 0.1, 0.1]], "exponent")
    assert isnan(negative.value)
    assert negative.interval(0.05) == (-inf, inf)


@pytest.mark.parametrize(
    ("x", "values"), [((1, 1), [[1], [2]]), ((0, 1), [[1], [2]]), ((1, 2), [[1]]), ((1, 2), [1, 2])]
)
def test_values_that_do_not_fit_are_refused(x, values):
    with pytest.raises(BadInput, match="exponent over training sets"):
        exponent_over_sets(x, values, "exponent")
