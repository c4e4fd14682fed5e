"""Predictions, verdicts on intervals, what more is needed, and the error of several cells together."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.verdicts import (
    Estimate,
    Looks,
    Verdict,
    at_least,
    at_most,
    decide,
    decreasing,
    exact_distribution,
    exactly,
    increasing,
    judge,
    needed,
    nothing_yet,
    power_law,
    within,
)
from harness.verdicts.intervals import clopper_pearson, proportion, student

S, R, U = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE
WHY = "tested"
numbers = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("prediction", "interval", "verdict"),
    [
        (at_least(0.5, because=WHY), (0.5, 0.9), S),
        (at_least(0.5, because=WHY), (0.4, 0.6), U),
        (at_least(0.5, because=WHY), (0.3, 0.5), U),
        (at_least(0.5, because=WHY), (0.3, 0.49), R),
        (at_most(0.5, because=WHY), (-inf, 0.5), S),
        (at_most(0.5, because=WHY), (0.51, inf), R),
        (within(1, 0.1, because=WHY), (0.95, 1.05), S),
        (within(1, 0.1, because=WHY), (0.95, 1.2), U),
        (within(1, 0.1, because=WHY), (0.5, 1.5), U),
        (within(1, 0.1, because=WHY), (0.2, 0.8), R),
        (within(1, 0.1, because=WHY), (1.2, 1.8), R),
        (increasing(because=WHY), (0.0, 1.0), U),
        (increasing(because=WHY), (0.1, 1.0), S),
        (increasing(because=WHY), (-1.0, 0.0), R),
        (decreasing(because=WHY), (-1.0, -0.1), S),
        (decreasing(because=WHY), (0.0, 1.0), R),
        (power_law(-0.5, 0.1, because=WHY), (-0.55, -0.45), S),
        (exact_distribution(0.01, because=WHY), (0.0, 0.01), S),
        (exact_distribution(0.01, because=WHY), (0.011, 0.2), R),
        (at_least(0.5, because=WHY), (nan, nan), U),
        (at_least(0.5, because=WHY), (0.9, 0.8), U),
    ],
)
def test_verdict_on_an_interval(prediction, interval, verdict):
    assert judge(prediction, *interval) is verdict


@given(numbers, numbers, numbers, numbers)
def test_supported_and_refuted_mean_inside_and_outside(a, b, c, d):
    region, interval = sorted((a, b)), sorted((c, d))
    prediction = within(sum(region) / 2, (region[1] - region[0]) / 2, because=WHY)
    points = np.linspace(*interval, 101)
    inside = (prediction.low <= points) & (points <= prediction.high)
    verdict = judge(prediction, *interval)
    if verdict is S:
        assert inside.all()
    if verdict is R:
        assert not inside.any()


def test_predictions_need_a_reason_and_an_order():
    with pytest.raises(BadInput, match="with its reason"):
        at_least(0.5, because=" ")
    with pytest.raises(BadInput, match="below its upper end"):
        within(0.5, -0.1, because=WHY)


def test_a_half_line_is_judged_by_one_end():
    # z = 1.645 at either end: 2.0 − 1.645 > 0.3, although 2.0 − 1.96 < 0.3.
    verdict, low, high, level = decide(at_least(0.3, because=WHY), student(2.0, 1.0, inf), 0.05)
    assert verdict is S
    assert level == pytest.approx(0.9)
    assert (low, high) == pytest.approx((2 - 1.6449, 2 + 1.6449), abs=1e-3)


def test_equivalence_is_two_one_sided_tests_and_its_refutation_two_sided():
    interval = student(2.0, 1.0, inf)
    assert decide(within(2, 1.7, because=WHY), interval, 0.05)[0] is S
    assert decide(within(2, 1.6, because=WHY), interval, 0.05)[0] is U
    # Below the interval at 1.645, not at 1.96.
    assert decide(within(-1, 1.3, because=WHY), interval, 0.05)[0] is U
    verdict, *_, level = decide(within(-1, 1.0, because=WHY), interval, 0.05)
    assert verdict is R
    assert level == pytest.approx(0.95)


def normal(value, error):
    return Estimate("number", value, student(value, error, inf), 100, "draws", 100.0, "given")


def test_needed_by_a_normal_mean_is_the_ratio_of_widths_squared():
    # Half-width 1.645·0.5 has to shrink to 0.1.
    factor = needed(at_least(0.0, because=WHY), normal(0.1, 0.5), 0.05)
    assert factor == pytest.approx((1.6449 * 0.5 / 0.1) ** 2, rel=0.12)


def test_needed_uses_what_is_foreseen():
    # None of n: the upper end at error 0.05 is 1 − 0.05^(1/n), which shrinks as 1/n.
    none = proportion(0, 100, quantity="share", unit="draws")
    bound = 0.001
    factor = needed(at_most(bound, because=WHY), none, 0.05)
    exact = np.log(0.05) / np.log1p(-bound) / 100
    assert factor == pytest.approx(exact, rel=0.12)


def test_what_cannot_be_foreseen():
    assert needed(at_least(0.5, because=WHY), nothing_yet("number", 3, "draws"), 0.05) is None
    assert needed(at_least(0.1, because=WHY), normal(0.1, 0.5), 0.05) == inf
    unbounded = Estimate("number", 1.0, lambda _: (-inf, inf), 3, "draws", 3.0, "given")
    assert needed(at_least(0.5, because=WHY), unbounded, 0.05) is None


def test_looks_share_the_error_out():
    looks = Looks(0.05, 10, 4)
    assert sum(looks.alpha_at(look) for look in range(4)) * 10 == pytest.approx(0.05)
    # Two crux cells of six shares and three others.
    shares = [6, 6, 1, 1, 1]
    given = [Looks(0.05, sum(shares), 4, own).alpha_at(look) for own in shares for look in range(4)]
    assert sum(given) == pytest.approx(0.05)
    assert given[0] == pytest.approx(6 * given[-1])
    with pytest.raises(BadInput, match="numbered from 0"):
        looks.alpha_at(4)


def test_holm_loses_control_of_directions_where_bonferroni_keeps_it():
    """Two cells, θ ≥ −g/2 and θ ≤ g/2, share an estimate of θ = 0: both are true.

    An estimate far below contradicts the first cell and supports the second one. Holm's step hands the second cell's
    error to the first, at one-sided p-values, and the other way round far above.
    """
    alpha, gap = 0.05, 0.3148
    x = np.random.default_rng(1).normal(size=400_000)
    below, above = -gap / 2, gap / 2
    # One-sided p-values of the wrong and the right direction; a cell is decided by the smaller one.
    first = np.minimum(stats.norm.cdf(x - below), stats.norm.sf(x - below))
    second = np.minimum(stats.norm.cdf(x - above), stats.norm.sf(x - above))
    wrong_first, wrong_second = x < below, x > above
    smaller, larger = np.minimum(first, second), np.maximum(first, second)
    step = smaller <= alpha / 2
    holm_first = step & ((first == smaller) | (larger <= alpha))
    holm_second = step & ((second == smaller) | (larger <= alpha))
    holm = ((holm_first & wrong_first) | (holm_second & wrong_second)).mean()
    bonferroni = (((first <= alpha / 2) & wrong_first) | ((second <= alpha / 2) & wrong_second)).mean()
    # 2Φ(−1.645 − g/2) and 2Φ(−1.96 − g/2); 400,000 draws: standard error 0.0004.
    assert holm == pytest.approx(2 * stats.norm.cdf(-1.6449 - gap / 2), abs=0.002)
    assert holm > 0.065
    assert bonferroni == pytest.approx(2 * stats.norm.cdf(-1.96 - gap / 2), abs=0.002)
    assert bonferroni < alpha


def test_peeking_without_shares_would_be_wrong():
    """Four looks at 5 % each err more often than 5 %, at a quarter of it each less: why looks are paid for."""
    rng = np.random.default_rng(2)
    counts = rng.binomial([50, 50, 100, 200], 0.5, (20_000, 4)).cumsum(axis=1)

    def error(alpha):
        low = [stats.beta.ppf(alpha, k, n - k + 1) for k, n in zip(counts.T, (50, 100, 200, 400), strict=True)]
        return (np.array(low) > 0.5).any(axis=0).mean()

    assert error(0.05) > 0.08
    assert error(0.05 / 4) < 0.05
    k = int(counts[0, 0])
    assert clopper_pearson(k, 50, 0.1)[0] == pytest.approx(stats.beta.ppf(0.05, k, 51 - k))


@pytest.mark.parametrize(
    ("prediction", "value", "verdict"),
    [
        (at_least(0.5, because=WHY), 0.5, S),
        (at_least(0.5, because=WHY), 0.5 - 1e-12, R),
        (increasing(because=WHY), 0.0, R),
        (within(1.0, 0.1, because=WHY), 1.05, S),
        (within(1.0, 0.1, because=WHY), 1.2, R),
    ],
)
def test_what_is_exact_is_decided_at_every_level(prediction, value, verdict):
    found = exactly(value, quantity="q", n=7, unit="functions")
    for alpha in (0.05, 1e-9):
        assert decide(prediction, found.interval, alpha)[0] is verdict
    assert found.ahead(0.05, 4.0) == (value, value)
    assert (found.n, found.unit) == (7, "functions")


@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_what_is_exact_is_finite(value):
    with pytest.raises(BadInput, match="finite"):
        exactly(value, quantity="q", n=1, unit="functions")


@pytest.mark.parametrize("bound", ["1", None, True, 1j, [1], np.array([1.0]), 10**400, float("nan"), float("inf")])
def test_predictions_are_bounded_by_numbers(bound):
    for predict in (
        lambda: at_least(bound, because="x"),
        lambda: at_most(bound, because="x"),
        lambda: within(bound, 0.1, because="x"),
        lambda: within(0.1, bound, because="x"),
        lambda: power_law(bound, 0.1, because="x"),
        lambda: exact_distribution(bound, because="x"),
    ):
        with pytest.raises(BadInput, match="A prediction is bounded by numbers"):
            predict()
    with pytest.raises(BadInput, match="declared with its reason"):
        at_least(0, because=None)
