"""Distances against plain sums over draws, their laws at extreme levels, and how few samples say nothing."""

import time
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks.calibration.distributions import INPUTS, distance, gram, named, ratio, sample
from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.functions.runs import Runs
from harness.statistics.distances import (
    bias_explained,
    mmd_squared,
    rank_agreement,
    relative_distance,
    total_variation,
    within_tenfold,
)
from harness.statistics.distances.kernel import farthest, kernel, largest_eigenvalue, uniform_mean
from harness.statistics.distances.mmd import _pairwise
from harness.statistics.distances.total_variation import _mean_deviation
from harness.statistics.distances.units import of_two
from harness.verdicts import Verdict, decide, within


def plain_kernel(f, g):
    """exp(−2/n·Hamming) of two rows of bits."""
    return np.exp(-2 / len(f) * np.sum(f != g))


def plain_mmd(x, y):
    """Unbiased squared MMD over all pairs of draws (Gretton et al. 2012, eq. 3)."""
    xx = np.mean([plain_kernel(a, b) for a, b in combinations(x, 2)])
    yy = np.mean([plain_kernel(a, b) for a, b in combinations(y, 2)])
    return xx + yy - 2 * np.mean([plain_kernel(a, b) for a, b in product(x, y)])


def draws(rng, n, number):
    """Rows of bits that repeat often."""
    return (rng.random((number, n)) < rng.choice([0.05, 0.9], n)).astype(np.uint8)


@pytest.mark.parametrize("n", [5, 64, 70])
def test_mmd_is_the_sum_over_pairs_of_draws(n):
    rng = np.random.default_rng(n)
    x, y = draws(rng, n, 23), draws(rng, n, 17)
    found = mmd_squared(FunctionCounts.from_bits(x), FunctionCounts.from_bits(y))
    assert found.value == pytest.approx(plain_mmd(x, y))


def test_bias_explained_is_the_ratio_of_such_sums():
    n, rng = 4, np.random.default_rng(1)
    x, y = draws(rng, n, 20), draws(rng, n, 30)
    all_functions = np.array(list(product([0, 1], repeat=n)))
    yy = np.mean([plain_kernel(a, b) for a, b in combinations(y, 2)])
    uy = np.mean([plain_kernel(a, b) for a, b in product(all_functions, y)])
    uu = np.mean([plain_kernel(a, b) for a, b in product(all_functions, repeat=2)])
    found = bias_explained(FunctionCounts.from_bits(x), FunctionCounts.from_bits(y))
    assert found.value == pytest.approx(1 - plain_mmd(x, y) / (uu + yy - 2 * uy))
    assert found.value == pytest.approx(
        1 - relative_distance(FunctionCounts.from_bits(x), FunctionCounts.from_bits(y)).value
    )


@pytest.mark.parametrize("weighting", ["evidence", "alike"])
def test_units_leave_their_own_pairs_out(weighting):
    """Against a loop over pairs of units, each a weighted set of functions."""
    rng = np.random.default_rng(2)
    n, units = 6, 9
    unit = np.sort(rng.integers(0, units, 60))
    bits = draws(rng, n, 60)
    clusters = ClusteredCounts.from_words(pack(bits), unit, n, units + 3)
    other = draws(rng, n, 12)
    groups = [bits[unit == u] for u in np.unique(unit)]
    mass = np.array([len(g) if weighting == "evidence" else 1.0 for g in groups])
    between = np.array([[np.mean([plain_kernel(a, b) for a, b in product(g, h)]) for h in groups] for g in groups])
    pairs = np.outer(mass, mass) * (1 - np.eye(len(groups)))
    within_p = (pairs * between).sum() / pairs.sum()
    cross = np.array([np.mean([plain_kernel(a, b) for a, b in product(g, other)]) for g in groups])
    within_q = np.mean([plain_kernel(a, b) for a, b in combinations(other, 2)])
    expected = within_p + within_q - 2 * mass @ cross / mass.sum()
    found = mmd_squared(clusters, FunctionCounts.from_bits(other), weighting=weighting)
    assert found.value == pytest.approx(expected)


def test_runs_are_units_of_one_weight_or_of_their_own():
    rng = np.random.default_rng(3)
    runs = [FunctionCounts.from_bits(draws(rng, 5, size)) for size in (10, 20, 30, 40)]
    other = FunctionCounts.from_bits(draws(rng, 5, 15))
    alike = mmd_squared(Runs(tuple(runs)), other)
    assert alike.unit == "independent runs in the smaller sample"
    assert alike.n == 4
    # The same measures as hidden draws that count alike.
    words = np.concatenate([np.repeat(run.words, run.counts, axis=0) for run in runs])
    clusters = ClusteredCounts.from_words(words, np.repeat(np.arange(4), (10, 20, 30, 40)), 5, 4)
    assert alike.value == pytest.approx(mmd_squared(clusters, other, weighting="alike").value)
    weighted = mmd_squared(Runs(tuple(runs), (1.0, 2.0, 3.0, 4.0)), other)
    assert weighted.value == pytest.approx(mmd_squared(clusters, other).value)
    for bad in (lambda: Runs(()), lambda: Runs(tuple(runs), (1.0,)), lambda: Runs((runs[0], FunctionCounts.empty(6)))):
        with pytest.raises(BadInput):
            bad()


def test_the_mean_of_the_kernel_and_its_least_value():
    words = np.arange(2**6, dtype=np.uint64)[:, None]
    whole = kernel(words[:, None], words[None], 6)
    assert whole.mean(axis=1) == pytest.approx(uniform_mean(6))
    assert whole.min() == pytest.approx(farthest())


def test_leading_eigenvalue_under_uniform_draws(monkeypatch):
    """The kernel's eigenfunctions are Walsh's: of one input, ((1 + ρ)/2)^(n−1)·(1 − ρ)/2 with ρ = e^(−2/n)."""
    n = 8
    rho = np.exp(-2 / n)
    exact = ((1 + rho) / 2) ** (n - 1) * (1 - rho) / 2
    words, shares = np.arange(2**n, dtype=np.uint64)[:, None], np.full(2**n, 2.0**-n)
    assert largest_eigenvalue(words, shares, n) == pytest.approx(exact)
    monkeypatch.setattr("harness.statistics.distances.kernel._MOST_FUNCTIONS", 200)
    assert exact < largest_eigenvalue(words, shares, n) < 2 * exact


@pytest.mark.parametrize("spread", [1.0, 1e-3, 0.0])
def test_leading_eigenvalue_of_many_functions(spread):
    """By Lanczos' iteration against all eigenvalues of the covariance, down to a draw of one function alone."""
    rng = np.random.default_rng(0)
    words = np.unique(rng.integers(0, 2**12, 700).astype(np.uint64))[:, None]
    shares = np.full(len(words), spread / len(words))
    shares[0] += 1 - spread
    centred = np.eye(len(words)) - shares[:, None]
    gram = centred.T @ kernel(words[:, None], words[None], 12) @ centred
    exact = np.linalg.eigvals(shares[:, None] * gram).real.max()
    assert largest_eigenvalue(words, shares, 12) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def test_equal_functions_have_no_spread():
    alike = np.zeros((700, 1), dtype=np.uint64)
    assert largest_eigenvalue(alike, np.full(700, 1 / 700), 12) == pytest.approx(0, abs=1e-12)


def test_floor_from_the_spectrum():
    """Mean square of the distance between samples of one distribution: 2(1/N + 1/M)²·Σλ²."""
    p = named("zipf")
    centred = gram() - (gram() @ p)[:, None] - (gram() @ p)[None] + p @ gram() @ p
    eigenvalues = np.linalg.eigvalsh(np.sqrt(p)[:, None] * centred * np.sqrt(p))
    exact = np.sqrt(2 * (eigenvalues**2).sum()) * (1 / 20_000 + 1 / 10_000)
    rng = np.random.default_rng(4)
    found = mmd_squared(sample(rng, p, 20_000), sample(rng, p, 10_000))
    assert found.noise_floor == pytest.approx(exact, rel=0.05)
    assert _pairwise(*of_two(sample(rng, p, 20_000), sample(rng, p, 10_000))).spectrum[0] == pytest.approx(
        eigenvalues[-1], rel=0.05
    )


@pytest.mark.parametrize("shift", [0.0, 0.06, 0.12])
def test_error_of_each_end_at_small_levels(shift):
    """An end may miss 4 times in a thousand: 1,000 pairs of 500 draws each, from zipf and from zipf shifted along the
    kernel's leading direction, where distances vary most. Chance of a false alarm 1e-6, by the binomial law.
    """
    q = named("zipf")
    centred = gram() - (gram() @ q)[:, None] - (gram() @ q)[None] + q @ gram() @ q
    leading = np.linalg.eigh(np.sqrt(q)[:, None] * centred * np.sqrt(q))[1][:, -1] / np.sqrt(q)
    p = q * (1 + shift * leading * np.sign(leading[np.argmax(q)]))
    assert p.min() >= 0
    truth = ratio(p, q)
    rng = np.random.default_rng(5)
    below = above = 0
    for _ in range(1000):
        low, high = relative_distance(sample(rng, p, 500), sample(rng, q, 500)).interval(0.008)
        below += truth < low
        above += truth > high
    allowed = stats.binom.isf(1e-6, 1000, 0.004)
    assert below <= allowed
    assert above <= allowed


def test_few_samples_never_say_equal():
    """All draws of one function, in both samples: for a margin of 0.02 a dozen, or fifty, are still no evidence."""
    region = within(1, 0.02, because="tested")
    for number in (4, 12, 50):
        one = FunctionCounts.from_bits(np.zeros((number, INPUTS), dtype=np.uint8))
        assert decide(region, bias_explained(one, one).interval, 0.0125)[0] is Verdict.INCONCLUSIVE
    rng = np.random.default_rng(6)
    for name, number in product(("narrow", "zipf", "geometric"), (4, 10, 30)):
        for _ in range(50):
            pair = sample(rng, named(name), number), sample(rng, named(name), number)
            assert decide(region, bias_explained(*pair).interval, 0.0125)[0] is not Verdict.SUPPORTED


def test_too_few_units_say_nothing():
    few = FunctionCounts.from_bits(np.zeros((3, 5), dtype=np.uint8))
    many = FunctionCounts.from_bits(np.zeros((30, 5), dtype=np.uint8))
    for measure in (mmd_squared, relative_distance, bias_explained):
        assert measure(few, many).interval(0.05) == (-np.inf, np.inf)
        assert np.isnan(measure(many, few).value)
    with pytest.raises(BadInput, match="cannot be compared"):
        mmd_squared(many, FunctionCounts.from_bits(np.zeros((30, 6), dtype=np.uint8)))


def test_what_is_foreseen_is_what_larger_samples_show():
    """Widths near the null shrink as 1/n, far from it as n^(−1/2)."""
    rng = np.random.default_rng(7)
    for p, exponent in (("zipf", 1.0), ("geometric", 0.5)):
        small = relative_distance(sample(rng, named(p), 1000), sample(rng, named("zipf"), 1000))
        large = relative_distance(sample(rng, named(p), 16_000), sample(rng, named("zipf"), 16_000))
        ahead, found, now = (np.ptp(i) for i in (small.ahead(0.01, 16), large.interval(0.01), small.interval(0.01)))
        assert ahead == pytest.approx(found, rel=0.4)
        assert now / ahead == pytest.approx(16**exponent, rel=0.4)


def test_a_million_draws_of_ten_thousand_functions_take_seconds():
    rng = np.random.default_rng(8)
    words = np.unique(rng.integers(0, 2**40, 10_000, dtype=np.uint64))[:, None]
    share = rng.dirichlet(np.full(len(words), 0.3))
    p, q = (FunctionCounts(40, words, np.maximum(rng.multinomial(10**6, share), 1)) for _ in range(2))
    start = time.process_time()
    found = bias_explained(p, q)
    low, high = found.interval(1e-4)
    assert low <= 1 <= high + 1e-9
    # Of the processor: four on a core of its own, more where its memory is shared.
    assert time.process_time() - start < 30


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 80))
def test_mean_deviation_of_a_hypergeometric_variable(a, b, c):
    c = min(c, a + b)
    x = np.arange(c + 1)
    expected = np.abs(x - c * a / (a + b)) @ stats.hypergeom.pmf(x, a + b, c, a)
    assert _mean_deviation(np.array([float(c)]), a, b)[0] == pytest.approx(expected, abs=1e-9)


def test_total_variation_and_tenfold_mass_of_large_samples():
    rng = np.random.default_rng(9)
    p, q = named("geometric"), named("zipf")
    many = sample(rng, p, 10**6), sample(rng, q, 10**6)
    variation, tenfold = total_variation(*many), within_tenfold(*many)
    exact = np.abs(p - q).sum() / 2
    assert variation.value == pytest.approx(exact, abs=0.005)
    low, high = variation.interval(0.01)
    assert low <= exact <= high <= low + 0.02
    inside = q[(p <= 10 * q) & (q <= 10 * p)].sum()
    low, high = tenfold.interval(0.01)
    assert low <= inside <= high <= low + 0.2


def test_distances_of_a_distribution_to_itself_are_at_their_floor():
    one = sample(np.random.default_rng(10), named("flat"), 5000)
    assert total_variation(one, one).value == 0
    assert within_tenfold(one, one).value == pytest.approx(1)
    # The same draws twice: pairs within a sample are left out, so the unbiased distance is below 0.
    assert mmd_squared(one, one).value < 0
    assert mmd_squared(one, one).interval(0.05)[0] == 0
    assert distance(named("flat"), named("flat")) == 0


def test_rank_agreement_undoes_the_attenuation():
    """Two samples of one distribution whose counts are noisy: plain Spearman is about 0.93, corrected about 1."""
    rng = np.random.default_rng(11)
    p = named("zipf")
    pair = sample(rng, p, 5000), sample(rng, p, 5000)
    found = rank_agreement(*pair)
    often = np.intersect1d(*(one.words[one.counts >= 10] for one in pair))
    plain = stats.spearmanr(*(one.counts_of(often[:, None]) for one in pair)).statistic
    assert plain < found.value <= 1
    assert found.value > 0.95
    assert found.n == len(often)
    few = sample(rng, p, 20)
    assert np.isnan(rank_agreement(few, few).value)
    assert rank_agreement(few, few).interval(0.05) == (-1, 1)
