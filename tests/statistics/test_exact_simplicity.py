"""Numbers over all functions against brute force, drawn samples and the estimators of what is drawn."""

from dataclasses import replace
from math import comb, log2

import numpy as np
import pytest
from scipy import stats

from harness.errors import BadInput
from harness.problems import boolean_cube
from harness.samplers.enumeration import ExactVolumes, clause_volumes
from harness.statistics import exact_simplicity as exact
from harness.statistics.complexity import MEASURES, ones
from harness.statistics.simplicity import random_complexity
from harness.statistics.volume_and_complexity import least_constant
from harness.statistics.volumes import named_function

LZ = MEASURES["LZ76"]
A = 16 / random_complexity(LZ, 16)


@pytest.fixture(scope="module")
def volumes():
    return clause_volumes(4, 5)


def drawn(volumes, draws, rng):
    """(draws, n) functions of P(f), with log2 P of each."""
    chosen = rng.choice(len(volumes.words), draws, p=volumes.probabilities)
    return volumes.labels()[chosen], np.log2(volumes.probabilities[chosen])


def test_least_constants_lie_in_the_intervals_of_draws(volumes):
    rng = np.random.default_rng(0)
    functions, log2_p = drawn(volumes, 100_000, rng)
    for found, of in (
        (exact.least_constant(volumes, LZ), functions),
        (exact.least_constant_in_random_order(volumes, LZ), rng.permuted(functions, axis=1)),
    ):
        low, high = least_constant(log2_p, LZ(of), A, quantity="b").interval(1e-6)
        assert low <= found <= high
        assert high - low < 0.5


def test_the_share_under_the_least_constant(volumes):
    excess = np.log2(volumes.probabilities) + A * LZ(volumes.labels())
    b = exact.least_constant(volumes, LZ, 0.9)
    assert volumes.probabilities[excess <= b].sum() >= 0.9
    assert volumes.probabilities[excess < b].sum() < 0.9


def test_where_volume_does_not_know_the_order_nothing_is_gained():
    # A volume that depends on the number of ones alone, as of guessing by class frequencies.
    words = np.arange(2**16, dtype=np.uint64)[:, None]
    t = np.bitwise_count(words[:, 0])
    p = 0.8**t * 0.2 ** (16 - t.astype(float))
    found = exact.exact_advantage_of_order(ExactVolumes(16, words, p), LZ, "advantage")
    assert found.value == pytest.approx(0, abs=1e-9)
    assert found.interval(0.05) == (found.value, found.value)


def test_a_law_of_complexity_alone_is_found():
    words = np.arange(2**16, dtype=np.uint64)[:, None]
    labels = ExactVolumes(16, words, np.ones(2**16)).labels()
    p = 2.0 ** -LZ(labels)
    simple = ExactVolumes(16, words, p / p.sum())
    assert exact.exact_trend_at_equal_entropy(simple, LZ, "trend").value == pytest.approx(-1)
    assert exact.exact_advantage_of_order(simple, LZ, "advantage").value > 0
    # None lies far below a bound that it follows more steeply than at its own slope.
    uniform = ExactVolumes(16, words, np.full(2**16, 2.0**-16))
    with pytest.raises(BadInput, match="no rank correlation"):
        exact.exact_trend_at_equal_entropy(uniform, LZ, "trend")


def test_the_trend_is_that_of_all_balanced_functions(volumes):
    rows = (np.arange(2**16)[:, None] >> np.arange(16)) & 1
    balanced = rows[rows.sum(axis=1) == 8].astype(np.uint8)
    p = volumes.of(balanced)
    expected = stats.spearmanr(p[p > 0], LZ(balanced[p > 0])).statistic
    found = exact.exact_trend_at_equal_entropy(volumes, LZ, "trend")
    assert found.value == pytest.approx(expected)
    assert found.n == (p > 0).sum()


def test_bits_of_named_functions():
    volumes = clause_volumes(4, 9)
    parity, majority = (named_function(4, name).train_y for name in ("parity", "majority"))
    p = volumes.of(np.stack([parity, majority]))
    assert exact.exact_bits_below(volumes, parity, majority, "bits").value == pytest.approx(log2(p[1] / p[0]))
    balanced = volumes.probabilities[ones(volumes.labels()) == 8].sum() / comb(16, 8)
    assert exact.exact_bits_above_class(volumes, parity, "bits").value == pytest.approx(log2(p[0] / balanced))


def test_simple_functions_far_below():
    measure = MEASURES["expression length"]
    rows = ((np.arange(2**16)[:, None] >> np.arange(16)) & 1).astype(np.uint8)
    length = measure(rows)
    simple = length <= random_complexity(measure, 16) / 2
    volumes = clause_volumes(4, 12)
    a = 16 / random_complexity(measure, 16)
    line = np.log2(volumes.of(np.zeros((1, 16), dtype=int))[0]) - a * length[simple]
    expected = (line - np.log2(volumes.of(rows[simple])) >= 10).mean()
    found = exact.exact_share_far_below(volumes, measure, 10, "share")
    assert found.value == pytest.approx(expected)
    assert 0 < found.value < 1
    # What has no volume lies below.
    constants = np.array([0, 2**16 - 1], dtype=np.uint64)[:, None]
    only = ExactVolumes(16, constants, np.array([0.5, 0.5]))
    assert exact.exact_share_far_below(only, measure, 10, "share").value == pytest.approx(1 - 2 / simple.sum())


def test_many_inputs_are_refused(volumes):
    many = replace(volumes, n=17)
    with pytest.raises(BadInput, match="up to 16"):
        exact.least_constant_in_random_order(many, LZ)


def test_the_cube_is_in_counting_order():
    x = boolean_cube(4).eval_x
    assert exact.exact_bits_below(clause_volumes(4, 8), x[:, 3], np.eye(16)[0], "bits").value == pytest.approx(
        4.946, abs=1e-3
    )


def test_weights_of_a_rank_correlation_are_repetitions():
    rng = np.random.default_rng(3)
    x, y, often = rng.integers(0, 9, 40), rng.normal(size=40), rng.integers(1, 5, 40)
    repeated = stats.spearmanr(np.repeat(x, often), np.repeat(y, often)).statistic
    assert exact.weighted_spearman(x, y, often) == pytest.approx(repeated)
