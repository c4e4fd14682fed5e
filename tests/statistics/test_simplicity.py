"""The simplicity bound and the rank correlation on distributions made by hand, whose answers are known."""

import numpy as np
import pytest
from scipy import stats

from harness.functions import FunctionCounts
from harness.functions.packing import pack
from harness.statistics.complexity import MEASURES, lempel_ziv
from harness.statistics.simplicity import (
    LARGE,
    bound,
    mean_measure,
    rank_correlation,
    share_far_below,
    share_under_bound,
)

N = 8
BITS = np.arange(2**N)[:, None] >> np.arange(N) & 1
# Functions in the order in which FunctionCounts holds them: bit strings read as numbers.
WORDS = pack(BITS)


def counts(numbers):
    seen = np.flatnonzero(numbers)
    return FunctionCounts(N, WORDS[seen], numbers[seen].astype(np.int64))


def looked_up(complexity):
    """A complexity measure that is a table."""
    return lambda bits: complexity[bits.astype(np.int64) @ (1 << np.arange(N))]


def two_halves(rng, p, draws):
    return counts(rng.multinomial(draws, p)), counts(rng.multinomial(draws, p))


def normalised(weights):
    return weights / weights.sum()


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize("n", [16, 32, 128])
def test_the_bound_goes_through_the_constant_and_gives_random_strings_the_average(measure, n):
    line = bound(measure, n, 0.2)
    constant = measure(np.zeros((1, n)))
    assert line.log2(constant)[0] == pytest.approx(np.log2(0.2))
    # From the constant to a random string, log2 P falls by n less what K of a constant takes off.
    random = measure(np.random.default_rng(1).integers(0, 2, (5000, n))).mean()
    assert line.a == pytest.approx(n / random, rel=0.01)
    assert line.log2(np.array([random]))[0] - np.log2(0.2) == pytest.approx(-n * (1 - constant[0] / random), rel=0.01)


def test_the_bound_of_lempel_ziv_by_hand():
    # K(constant) = log2 n, so P ≤ P(constant)·2^(−a(K − log2 n)).
    line = bound(lempel_ziv, 128, 0.25)
    np.testing.assert_allclose(line.log2(np.array([7.0, 17.0])), [-2, -2 - 10 * line.a])


def test_the_share_under_the_bound_is_counted_exactly():
    """Four functions by hand: the constant on the line, one under it, one above, and one of too small a volume."""
    complexity = np.full(2**N, 4.0)
    complexity[[0, 1]] = [0.0, 1.0]
    measure = looked_up(complexity)
    # A random string has K = 4, so a = 2: the line is log2(0.5) − 2K, 2⁻³ at K = 1 and 2⁻⁹ at K = 4.
    chosen, counted = np.zeros(2**N), np.zeros(2**N)
    chosen[[0, 1, 2, 3]] = [500, 30, 465, LARGE - 5]
    counted[[0, 1, 2, 3, 9]] = [450, 20, 500, 20, 10]
    estimate = share_under_bound(counts(chosen), counts(counted), measure)
    assert estimate.value == pytest.approx((450 + 20) / (450 + 20 + 500))
    assert estimate.n == 970
    assert estimate.details["bound"] == {"a": pytest.approx(2, rel=0.02), "b": -1.0}
    points = {point["function"]: point["p"] for point in estimate.details["complexity"]}
    assert points == {"00000000": 0.45, "10000000": 0.02, "01000000": 0.5}


def test_the_likelier_constant_fixes_the_bound():
    chosen = np.zeros(2**N)
    chosen[[0, 2**N - 1]] = [10, 90]
    line = share_under_bound(counts(chosen), counts(chosen), MEASURES["LZ76"]).details["bound"]
    expected = bound(MEASURES["LZ76"], N, 0.9)
    assert (line["a"], line["b"]) == (expected.a, expected.b)


def test_the_share_far_below_the_bound_is_counted_exactly():
    """By hand: K = 0 for the constant, which fixes the line at 2⁻¹·2^(−2K); three functions with K = 1, so a bound of
    2⁻³ = 125 in a thousand, 2 bits below it 31; and one with K = 3, 2⁻⁷, of which a quarter is not resolved."""
    complexity = np.full(2**N, 4.0)
    complexity[[0, 1, 2, 3, 4]] = [0.0, 1.0, 1.0, 1.0, 3.0]
    chosen, counted = np.zeros(2**N), np.zeros(2**N)
    chosen[[0, 1, 2, 4, 5]] = [500, 30, 400, 1, 69]
    counted[[0, 1, 2, 3, 4, 9]] = [450, 20, 500, 7, 13, 10]
    estimate = share_far_below(counts(chosen), counts(counted), looked_up(complexity), 2)
    # Number 1 was seen 30 times, number 3 never; 2 is above, and 4 and 9 are not simple enough to tell.
    assert (estimate.value, estimate.n) == (27 / 1000, 1000)
    assert share_far_below(counts(chosen), counts(counted), looked_up(complexity), 3).value == 7 / 1000
    assert share_far_below(counts(chosen), counts(counted), looked_up(complexity), 9).value == 0


@pytest.mark.parametrize("decay", [0.5, 1.0])
def test_where_the_bound_is_the_distribution_nothing_lies_far_below(decay):
    """P(f) = 2^(−bound) up to noise of a bit: a share within 2⁻⁴ lies 4 bits below it."""
    rng = np.random.default_rng(2)
    complexity = rng.uniform(1, 10, 2**N)
    complexity[0] = 0
    p = normalised(2.0 ** (-decay * complexity + rng.uniform(0, 1, 2**N)))
    halves = two_halves(rng, p, 100_000)
    assert share_far_below(*halves, looked_up(complexity), 4).value < 2.0**-4


def test_the_mean_of_a_measure_by_hand():
    complexity = np.arange(2.0**N)
    seen = np.zeros(2**N)
    seen[[10, 100]] = [300, 100]
    estimate = mean_measure(counts(seen), looked_up(complexity), 255, "mean complexity")
    assert estimate.value == pytest.approx(32.5, rel=1e-12)
    low, high = estimate.interval(0.01)
    assert 10 < low < 32.5 < high < 45
    assert estimate.ahead(0.01, 4)[1] < high
    assert estimate.ahead(0.01, 1.0) == (low, high)


def test_no_function_is_large_by_luck():
    """Of 256 functions alike, those seen most often in one half are no likelier in the other."""
    rng = np.random.default_rng(0)
    chosen, counted = two_halves(rng, np.full(2**N, 2.0**-N), 9 * 2**N)
    estimate = share_under_bound(chosen, counted, looked_up(np.arange(2.0**N)))
    large = (chosen.counts >= LARGE).sum()
    assert stats.binomtest(estimate.n, counted.total, large / 2**N).pvalue > 1e-7


def test_the_share_interval_covers():
    """Misses of 1000 intervals at 90 % against a binomial law."""
    rng = np.random.default_rng(1)
    complexity = rng.uniform(0, 10, 2**N)
    p = normalised(2.0 ** (-0.3 * complexity + 2 * rng.standard_normal(2**N)))
    measure, misses = looked_up(complexity), 0
    chosen = counts(rng.multinomial(5_000, p))
    large = chosen.most_common(int((chosen.counts >= LARGE).sum()))
    which = (large.bits() @ (1 << np.arange(N))).astype(int)
    line = bound(measure, N, max(chosen.counts_of(WORDS[[0, -1]]).max(), 1) / chosen.total)
    under = np.log2(large.counts / chosen.total) <= line.log2(complexity[which])
    truth = p[which][under].sum() / p[which].sum()
    assert 0.05 < truth < 0.95
    for _ in range(1000):
        low, high = share_under_bound(chosen, counts(rng.multinomial(500, p)), measure).interval(0.1)
        misses += not low <= truth <= high
    assert stats.binom.sf(misses - 1, 1000, 0.1) > 1e-6


@pytest.mark.parametrize(("sign", "wanted"), [(-1, -1.0), (1, 1.0)])
def test_a_perfect_order_is_found(sign, wanted):
    complexity = np.linspace(0, 10, 2**N)
    halves = two_halves(np.random.default_rng(0), normalised(2.0 ** (sign * complexity)), 10**7)
    estimate = rank_correlation(*halves, looked_up(complexity))
    assert estimate.value == pytest.approx(wanted, abs=0.01)
    low, high = estimate.interval(0.05)
    assert low <= wanted <= high
    assert high - low < 0.02


def test_nothing_is_said_of_too_few_functions_or_one_complexity_or_noise():
    rng = np.random.default_rng(0)
    few = np.zeros(2**N)
    few[:4] = [100, 50, 20, 12]
    alike = counts(np.full(2**N, 40))
    noise = two_halves(rng, np.full(2**N, 2.0**-N), 40 * 2**N)
    for halves, complexity in (
        ((counts(few), counts(few)), np.arange(2.0**N)),
        (noise, np.ones(2**N)),
        ((alike, alike), np.arange(2.0**N)),
        (noise, np.arange(2.0**N)),
    ):
        assert rank_correlation(*halves, looked_up(complexity)).interval(0.01) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("slope", "noise", "draws"),
    [
        pytest.param(0.8, 1.0, 2_500, id="strong"),
        pytest.param(0.5, 0.2, 20_000, id="very strong"),
        pytest.param(0.0, 1.5, 5_000, id="none"),
        pytest.param(0.02, 0.05, 60_000, id="drowned in noise"),
        pytest.param(0.8, 1.0, 600, id="few functions"),
    ],
)
def test_the_rank_correlation_interval_covers(slope, noise, draws):
    """Misses on either side in 400 simulations against a binomial law; half as many more are granted.

    The truth is the correlation of the true probabilities of the functions that one half chose.
    """
    rng = np.random.default_rng(3)
    complexity = rng.uniform(0, 10, 2**N)
    p = normalised(np.exp(-slope * complexity + noise * rng.standard_normal(2**N)))
    measure, alpha = looked_up(complexity), 0.1
    below = above = 0
    for _ in range(400):
        chosen, counted = two_halves(rng, p, draws)
        large = chosen.most_common(int((chosen.counts >= LARGE).sum()))
        which = (large.bits() @ (1 << np.arange(N))).astype(int)
        truth = stats.spearmanr(p[which], complexity[which]).statistic
        low, high = rank_correlation(chosen, counted, measure).interval(alpha)
        below += high < truth
        above += low > truth
    for misses in (below, above):
        assert stats.binom.sf(misses - 1, 400, 1.5 * alpha / 2) > 1e-4
