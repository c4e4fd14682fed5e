"""Two samples on one problem: c and s against their exact values, intervals that cover, coins that know labels only."""

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.problems import Problem
from harness.statistics.distances.products import products
from harness.statistics.one_problem import coins_explained, compare_samples, parted, terms_by_group

N = 4
BITS = (np.arange(2**N)[:, None] >> np.arange(N)) & 1
PROBLEM = Problem.from_arrays(np.eye(N)[:2], [0, 1], np.eye(N), [0, 1, 0, 1])
KERNEL = np.exp(-2 / N * (BITS[:, None] != BITS[None]).sum(-1))


def distributions(seed=0):
    rng = np.random.default_rng(seed)
    q = rng.dirichlet(np.full(2**N, 0.3))
    return 0.6 * q + 0.4 * rng.dirichlet(np.full(2**N, 0.3)), q


def exact(p, q):
    """c and s."""
    a, b = p - 2.0**-N, q - 2.0**-N
    aa, bb, ab = a @ KERNEL @ a, b @ KERNEL @ b, a @ KERNEL @ b
    return ab / np.sqrt(aa * bb), np.sqrt(aa / bb)


def drawn(p, networks, rng):
    return FunctionCounts.from_bits(BITS[rng.choice(2**N, networks, p=p)])


def test_direction_and_sharpness_are_right_and_their_intervals_cover():
    p, q = distributions()
    truth, rng, repeats, alpha = exact(p, q), np.random.default_rng(1), 60, 0.1
    values, missed = [], np.zeros(2)
    for _ in range(repeats):
        found = compare_samples(drawn(p, 300, rng), drawn(q, 300, rng), PROBLEM)
        both = found.direction, found.sharpness
        values.append([each.value for each in both])
        ends = [each.interval(alpha) for each in both]
        missed += [not low <= at <= high for (low, high), at in zip(ends, truth, strict=True)]
    means, spreads = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(repeats)
    assert (np.abs(means - truth) < 4 * spreads + 0.005).all()
    assert (missed <= stats.binom.ppf(0.999, repeats, alpha)).all()


def test_pseudo_values_have_the_mean_of_all_networks_and_their_spread():
    p, q = distributions()
    rng = np.random.default_rng(5)
    found = []
    for _ in range(40):
        pair = drawn(p, 400, rng), drawn(q, 400, rng)
        terms = np.array(terms_by_group(*pair))
        whole = np.array(products(*pair))
        assert np.abs(terms.mean(0) - whole).max() < 0.002
        found.append([*whole, *terms.var(0, ddof=1) / len(terms)])
    values, variances = np.split(np.array(found), 2, axis=1)
    # A χ² of 39 degrees of freedom.
    ratio = values.var(0, ddof=1) / variances.mean(0)
    assert ((ratio > 0.45) & (ratio < 1.8)).all()


def test_two_samples_of_one_distribution_are_alike_and_coins_are_not():
    rng = np.random.default_rng(2)
    # All labels alike: coins have the labels' frequencies and nothing of this.
    p = np.zeros(2**N)
    p[[0, -1]] = 0.5
    found = compare_samples(drawn(p, 400, rng), drawn(p, 400, rng), PROBLEM)
    assert found.bias_explained.value == pytest.approx(1, abs=0.05)
    assert found.direction.value == pytest.approx(1, abs=0.05)
    assert found.advantage.value == pytest.approx(0, abs=0.05)
    assert found.error_trained.value == 0.5
    assert found.coins.interval(0.05)[1] < 0.2 < found.bias_explained.interval(0.05)[0]
    # Independent labels are coins themselves.
    chances = np.array([0.9, 0.2, 0.8, 0.1])
    coins = [FunctionCounts.from_bits((rng.random((2000, N)) < chances).astype(int)) for _ in range(2)]
    assert coins_explained(coins[0], 2000).value == pytest.approx(1, abs=0.02)


def test_groups_are_of_whole_units_and_hold_each_once():
    rng = np.random.default_rng(3)
    sample = drawn(distributions()[0], 103, rng)
    groups = parted(sample, 5)
    assert sorted(each.total for each in groups) == [20, 20, 21, 21, 21]
    assert sum(groups[1:], groups[0]) == sample
    unit = np.repeat(np.arange(30), 4)
    clusters = ClusteredCounts.from_words(pack(BITS[rng.integers(16, size=120)], 2), unit, N, 30)
    groups = parted(clusters, 4)
    assert sum(each.total for each in groups) == 120
    assert sorted(np.concatenate([np.unique(each.unit) for each in groups])) == list(range(30))


def test_units_that_repeat_a_network_widen_the_intervals():
    rng = np.random.default_rng(4)
    p, q = distributions()
    words = np.repeat(pack(BITS[rng.choice(16, 64, p=p)], 2), 8, axis=0)
    chains = ClusteredCounts.from_words(words, np.repeat(np.arange(64), 8), N, 64)
    sampled = drawn(q, 512, rng)
    widths = []
    for trained in (FunctionCounts.from_words(words, N), chains):
        found = compare_samples(trained, sampled, PROBLEM)
        widths.append([np.ptp(each.interval(0.05)) for each in (found.bias_explained, found.error_trained)])
    assert (np.array(widths[1]) > 1.5 * np.array(widths[0])).all()


def test_too_few_networks_have_no_interval_and_none_are_undecided():
    sample = FunctionCounts.from_bits(BITS[:10])
    assert terms_by_group(sample, sample) == []
    found = compare_samples(sample, sample, PROBLEM)
    assert found.sharpness.interval(0.05) == (-np.inf, np.inf)
    with pytest.raises(Undecided, match="holds no network that fits"):
        compare_samples(FunctionCounts.empty(N), sample, PROBLEM)
    with pytest.raises(BadInput, match="on 5 inputs have no test error"):
        compare_samples(FunctionCounts.from_bits(np.zeros((9, 5), dtype=int)), sample, PROBLEM)
