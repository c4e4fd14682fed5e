"""Packing, counting and merging functions."""

import string
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack, unpack


def bit_arrays(n):
    return label_arrays(n, 2)


def label_arrays(n, classes):
    return hnp.arrays(np.uint8, st.tuples(st.integers(0, 30), st.just(n)), elements=st.integers(0, classes - 1))


def draws_of_classes(parts):
    """(classes, so many arrays of draws on equally many inputs)."""
    return st.tuples(st.integers(2, 36), st.integers(1, 140)).flatmap(
        lambda c: st.tuples(st.just(c[0]), *[label_arrays(c[1], c[0])] * parts)
    )


def text(row):
    return "".join((string.digits + string.ascii_lowercase)[label] for label in row)


@given(st.integers(1, 200).flatmap(bit_arrays))
def test_packing_round_trip(bits):
    words = pack(bits)
    assert words.dtype == np.uint64
    assert words.shape == (len(bits), -(-bits.shape[1] // 64))
    np.testing.assert_array_equal(unpack(words, bits.shape[1]), bits)


@given(draws_of_classes(1))
def test_packing_round_trip_of_classes(drawn):
    classes, labels = drawn
    n = labels.shape[1]
    words = pack(labels, classes)
    planes = len(f"{classes - 1:b}")
    assert words.shape == (len(labels), planes * -(-n // 64))
    np.testing.assert_array_equal(unpack(words, n, classes), labels)
    # As Python's own whole numbers: bit i of plane p is digit p of label i.
    for row, packed in zip(labels.tolist(), words.reshape(len(labels), planes, -(-n // 64)), strict=True):
        for p, plane in enumerate(packed.tolist()):
            assert sum(word << 64 * i for i, word in enumerate(plane)) == sum(
                (c >> p & 1) << i for i, c in enumerate(row)
            )


def test_first_input_is_the_lowest_bit():
    assert pack(np.array([1, 0, 1] + [0] * 61 + [1])).tolist() == [5, 1]
    assert pack(np.array([1, 2, 3] + [0] * 61 + [2]), 4).tolist() == [5, 0, 6, 1]


@pytest.mark.parametrize(
    ("labels", "classes", "said"),
    [
        ([0, 1, 2], 2, "0 or 1"),
        ([0, -1], 2, "0 or 1"),
        ([0.5, 1], 2, "0 or 1"),
        ([np.nan, 1], 2, "0 or 1"),
        ([0, 257], 2, "0 or 1"),
        ([0, 3], 3, "0 to 2"),
        ([-1, 2], 3, "0 to 2"),
        ([0, 1.5], 3, "0 to 2"),
        ([0, 0], 1, "2 to 36 classes, not 1"),
        ([0, 0], 37, "2 to 36 classes, not 37"),
    ],
)
def test_packing_refuses_what_is_no_label(labels, classes, said):
    with pytest.raises(BadInput, match=said):
        pack(np.array(labels), classes)


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(bit_arrays(n), bit_arrays(n), bit_arrays(n))))
def test_counts_merge_like_sums(parts):
    a, b, c = (FunctionCounts.from_bits(part) for part in parts)
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + b + c == FunctionCounts.from_bits(np.concatenate(parts))
    assert a + FunctionCounts.empty(a.n) == a


def test_rows_that_count_more_than_once():
    rows, often = np.array([[0, 1, 1], [1, 0, 0], [0, 1, 1], [1, 1, 1]]), np.array([2, 5, 1, 3])
    found = FunctionCounts.from_words(pack(rows), 3, counts=often)
    assert found == FunctionCounts.from_bits(np.repeat(rows, often, axis=0))
    assert found.total == 11


@given(draws_of_classes(2))
def test_counts_of_classes_agree_with_a_dictionary(drawn):
    classes, first, second = drawn
    one, other = (FunctionCounts.from_labels(part, classes) for part in (first, second))
    both = one + other
    expected = Counter(map(text, np.concatenate([first, second])))
    assert dict(zip(both.strings(), both.counts.tolist(), strict=True)) == expected
    assert [text(row) for row in both.labels()] == both.strings()
    assert both == FunctionCounts.from_labels(np.concatenate([second, first]), classes)
    assert one.counts_of(pack(second, classes)).tolist() == [Counter(map(text, first))[text(row)] for row in second]
    assert both.most_common(5).classes == classes
    assert one + FunctionCounts.empty(one.n, classes) == one
    assert FunctionCounts.from_arrays(both.to_arrays()) == both


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


def test_corrected_entropy_has_hardly_a_bias():
    """Of 64 functions at 2,000 draws: plain entropy is too low by about 63/(2·2000·ln 2) bits, the corrected is not."""
    rng, law, words = np.random.default_rng(0), 1 / np.arange(1, 65), np.arange(64, dtype=np.uint64)[:, None]
    law /= law.sum()
    found = []
    for _ in range(400):
        counts = rng.multinomial(2000, law)
        seen = FunctionCounts(6, words[counts > 0], counts[counts > 0])
        found.append([seen.entropy(), seen.corrected_entropy()])
    plain, corrected = np.array(found).T - stats.entropy(law, base=2)
    bias = 63 / (4000 * np.log(2))
    error = 4.9 * plain.std() / 20  # five standard errors and no more: a false alarm has a chance of 1e-6
    assert abs(plain.mean() + bias) < error + 0.05 * bias
    assert abs(corrected.mean()) < error + 0.05 * bias < bias / 2
    assert FunctionCounts.from_bits(np.zeros((3, 2))).corrected_entropy() == 0


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


def test_stored_arrays_say_nothing_of_two_classes():
    """Entries of the store from when there were no others must be read, and be the same."""
    counts = FunctionCounts.from_bits(np.eye(5))
    assert set(counts.to_arrays()) == {"n", "words", "counts"}
    clusters = ClusteredCounts.from_words(pack(np.eye(5)), np.arange(5), 5, 5)
    assert set(clusters.to_arrays()) == {"n", "units", "unit", "words", "counts"}
    assert FunctionCounts.from_arrays(counts.to_arrays()).classes == 2
    assert ClusteredCounts.from_arrays(clusters.to_arrays()).classes == 2


def test_functions_of_different_classes_do_not_mix():
    # Of three and of four classes the same words.
    one, other = (FunctionCounts.from_labels(np.array([[0, 1, 2]]), classes) for classes in (3, 4))
    np.testing.assert_array_equal(one.words, other.words)
    assert one != other
    with pytest.raises(BadInput, match="of 3 and of 4 classes cannot be merged"):
        one + other
    clusters = [ClusteredCounts.from_words(each.words, np.zeros(1), 3, 1, each.classes) for each in (one, other)]
    assert clusters[0] != clusters[1]
    with pytest.raises(BadInput, match="of 3 and of 4 classes cannot be merged"):
        clusters[0] + clusters[1]
    with pytest.raises(BadInput, match="of 3 classes on 3 inputs are rows of 2 words"):
        one.counts_of(pack(np.array([[0, 1, 1]])))
    with pytest.raises(BadInput, match="takes a problem of two classes"):
        one.bits()


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


@given(draws_of_classes(1))
def test_clusters_of_classes_pool_to_all_counts(drawn):
    classes, labels = drawn
    unit = np.arange(len(labels)) % 3
    clusters = ClusteredCounts.from_words(pack(labels, classes), unit, labels.shape[1], 3, classes)
    assert clusters.pooled() == FunctionCounts.from_labels(labels, classes)
    assert ClusteredCounts.from_arrays(clusters.to_arrays()) == clusters
    assert (clusters + clusters).classes == classes


def test_clusters_keep_the_units_apart():
    words = pack(np.array([[1, 0], [1, 0], [0, 1], [1, 0]]))
    clusters = ClusteredCounts.from_words(words, np.array([0, 0, 2, 2]), 2, 3)
    assert clusters.unit.tolist() == [0, 2, 2]
    assert clusters.counts.tolist() == [2, 1, 1]
    with pytest.raises(BadInput, match="number of its unit"):
        ClusteredCounts.from_words(words, np.array([0, 0, 2, 3]), 2, 3)


def test_units_of_clusters_are_what_each_drew():
    labels = np.array([[0, 1, 2], [0, 1, 2], [2, 2, 1], [0, 0, 0]])
    clusters = ClusteredCounts.from_words(pack(labels, 3), np.array([0, 2, 0, 2]), 3, 3, 3)
    for unit in range(3):
        drawn = labels[np.array([0, 2, 0, 2]) == unit]
        assert clusters.of_unit(unit) == FunctionCounts.from_labels(drawn, 3)


@pytest.mark.parametrize(
    "made",
    [
        lambda bits: FunctionCounts.from_bits(bits),
        lambda bits: FunctionCounts.from_labels(bits, 2),
        lambda bits: pack(bits),
        lambda bits: pack(list(bits)),
    ],
)
def test_masked_labels_are_no_labels(made):
    bits = np.array([[0, 1, 1], [1, 1, 0]])
    made(np.ma.array(bits, mask=np.zeros_like(bits)))
    with pytest.raises(BadInput, match="masked"):
        made(np.ma.array(bits, mask=[[0, 0, 0], [0, 1, 0]]))
