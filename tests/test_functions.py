"""Packing, counting and merging functions."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts, pack, unpack


def bit_arrays(n):
    return hnp.arrays(np.uint8, st.tuples(st.integers(0, 30), st.just(n)), elements=st.integers(0, 1))


@given(st.integers(1, 200).flatmap(bit_arrays))
def test_packing_round_trip(bits):
    words = pack(bits)
    assert words.dtype == np.uint64
    assert words.shape == (len(bits), -(-bits.shape[1] // 64))
    np.testing.assert_array_equal(unpack(words, bits.shape[1]), bits)


def test_first_input_is_the_lowest_bit():
    assert pack(np.array([1, 0, 1] + [0] * 61 + [1])).tolist() == [5, 1]


def test_packing_refuses_what_is_not_binary():
    with pytest.raises(BadInput, match="0 or 1"):
        pack(np.array([0, 1, 2]))


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(bit_arrays(n), bit_arrays(n), bit_arrays(n))))
def test_counts_merge_like_sums(parts):
    a, b, c = (FunctionCounts.from_bits(part) for part in parts)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + b + c == FunctionCounts.from_bits(np.concatenate(parts))
    assert a + FunctionCounts.empty(a.n) == a


@given(st.integers(1, 130).flatmap(bit_arrays))
def test_counts_agree_with_a_dictionary(bits):
    counts = FunctionCounts.from_bits(bits)
    expected = Counter("".join(map(str, row)) for row in bits.tolist())
    assert dict(zip(counts.strings(), counts.counts.tolist(), strict=True)) == expected
    assert counts.total == len(bits)
    assert counts.distinct == len(expected)
    np.testing.assert_array_equal(counts.counts_of(pack(bits)), [expected["".join(map(str, r))] for r in bits.tolist()])


def test_counts_of_functions_that_were_not_seen():
    counts = FunctionCounts.from_bits(np.array([[0, 1], [0, 1], [1, 1]]))
    assert counts.counts_of(pack(np.array([[1, 0], [0, 1], [1, 1]]))).tolist() == [0, 2, 1]


def test_most_common():
    counts = FunctionCounts.from_bits(np.array([[0, 0]] + [[0, 1]] * 3 + [[1, 0]] * 2 + [[1, 1]]))
    top = counts.most_common(2)
    assert dict(zip(top.strings(), top.counts.tolist(), strict=True)) == {"01": 3, "10": 2}


def test_entropy_agrees_with_scipy():
    bits = np.random.default_rng(0).integers(0, 2, (500, 5))
    counts = FunctionCounts.from_bits(bits)
    assert counts.entropy() == pytest.approx(stats.entropy(counts.counts, base=2), abs=1e-12)
    assert FunctionCounts.from_bits(np.zeros((3, 2))).entropy() == 0


def test_good_turing_is_the_expected_unseen_mass():
    # 10-bit functions with geometric probabilities: the mass that a sample of 300 misses is known exactly.
    rng = np.random.default_rng(1)
    probability = 0.97 ** np.arange(1024)
    probability /= probability.sum()
    table = (np.arange(1024)[:, None] >> np.arange(10)) & 1
    estimates, truths = [], []
    for _ in range(300):
        drawn = rng.choice(1024, 300, p=probability)
        estimates.append(FunctionCounts.from_bits(table[drawn]).unseen_mass())
        truths.append(1 - probability[np.unique(drawn)].sum())
    difference = np.array(estimates) - truths
    # Good–Turing's bias is at most 1/draws.
    assert abs(difference.mean()) < 1 / 300 + 4 * difference.std() / np.sqrt(len(difference))


def test_arrays_round_trip_and_wrong_merges():
    counts = FunctionCounts.from_bits(np.eye(5))
    assert FunctionCounts.from_arrays(counts.to_arrays()) == counts
    with pytest.raises(BadInput, match="cannot be merged"):
        counts + FunctionCounts.empty(6)
    with pytest.raises(BadInput, match="rows of 2 words"):
        FunctionCounts.from_words(np.zeros((1, 1), np.uint64), 65)


@given(
    st.integers(1, 70).flatmap(lambda n: st.tuples(bit_arrays(n), bit_arrays(n))),
    st.randoms(use_true_random=False),
)
def test_clusters_pool_to_all_counts(parts, random):
    made = []
    for bits in parts:
        units = np.array([random.randrange(4) for _ in bits], dtype=np.int64)
        made.append(ClusteredCounts.from_words(pack(bits), units, bits.shape[1], 4))
    both = made[0] + made[1]
    assert both.units == 8
    assert both.pooled() == FunctionCounts.from_bits(np.concatenate(parts))
    assert ClusteredCounts.from_arrays(both.to_arrays()) == both
    assert (np.diff(both.unit) >= 0).all()


def test_clusters_keep_the_units_apart():
    words = pack(np.array([[1, 0], [1, 0], [0, 1], [1, 0]]))
    clusters = ClusteredCounts.from_words(words, np.array([0, 0, 2, 2]), 2, 3)
    assert clusters.unit.tolist() == [0, 2, 2]
    assert clusters.counts.tolist() == [2, 1, 1]
    with pytest.raises(BadInput, match="number of its unit"):
        ClusteredCounts.from_words(words, np.array([0, 0, 2, 3]), 2, 3)
