"""Exponents over training sets: against known power laws, and simulated coverage."""

from math import inf, isnan

import numpy as np
import pytest

from harness.errors import BadInput
from harness.statistics.exponent_over_sets import exponent_over_sets

WIDTHS = (5, 10, 40, 160)


def simulated(rng, sets, exponent=-0.5, between=0.5, noise=0.1):
    """Values of sets that differ by a factor which all widths share, one of their own and noise, about a power law."""
    law = np.array(WIDTHS, dtype=float)[:, None] ** exponent
    shared = rng.lognormal(-(between**2) / 2, between, sets)
    own = rng.lognormal(-(noise**2) / 2, noise, (len(WIDTHS), sets))
    return 3 * law * shared * own + 0.2 * law * rng.standard_normal((len(WIDTHS), sets))


def test_a_power_law_that_all_sets_share_is_found_exactly():
    factors = np.random.default_rng(0).lognormal(size=12)
    found = exponent_over_sets(WIDTHS, [factors * width**-0.75 for width in WIDTHS], "exponent")
    assert found.value == pytest.approx(-0.75)
    assert found.interval(1e-6) == pytest.approx((-0.75, -0.75))
    assert (found.n, found.unit) == (12, "training sets")
    np.testing.assert_allclose(found.details["sets"], -0.75)


@pytest.mark.parametrize("sets", [8, 16, 32])
def test_intervals_cover(sets):
    rng, simulations = np.random.default_rng(sets), 300
    missed = {0.2: [0, 0], 0.02: [0, 0]}
    for _ in range(simulations):
        found = exponent_over_sets(WIDTHS, simulated(rng, sets), "exponent")
        for alpha, ends in missed.items():
            low, high = found.interval(alpha)
            ends[0] += low > -0.5
            ends[1] += high < -0.5
    for alpha, ends in missed.items():
        most = simulations * alpha / 2
        assert max(ends) <= most + 4 * np.sqrt(most)


def test_it_is_the_exponent_of_the_mean_and_not_the_mean_of_exponents():
    steep, flat = np.array(WIDTHS, dtype=float) ** -2, np.ones(4)
    found = exponent_over_sets(WIDTHS, np.stack([steep, flat, flat], axis=1), "exponent")
    expected = np.polyfit(np.log(WIDTHS), np.log((steep + 2 * flat) / 3), 1)[0]
    assert found.value == pytest.approx(expected)


def test_means_that_may_be_zero_decide_nothing():
    values = [[1.0, 1.1, 0.9, 1.0], [0.3, -0.1, 0.2, 0.1]]
    found = exponent_over_sets((1, 10), values, "exponent")
    assert np.isfinite(found.value)
    assert found.interval(0.05) == (-inf, inf)
    assert found.interval(0.6) != (-inf, inf)
    negative = exponent_over_sets((1, 10), [[1.0, 1.0, 1.0], [-1.0, 0.1, 0.1]], "exponent")
    assert isnan(negative.value)
    assert negative.interval(0.05) == (-inf, inf)


@pytest.mark.parametrize(
    ("x", "values"), [((1, 1), [[1], [2]]), ((0, 1), [[1], [2]]), ((1, 2), [[1]]), ((1, 2), [1, 2])]
)
def test_values_that_do_not_fit_are_refused(x, values):
    with pytest.raises(BadInput, match="exponent over training sets"):
        exponent_over_sets(x, values, "exponent")
