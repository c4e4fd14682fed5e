"""Complexity measures against slow, independent implementations."""

import zlib
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.problems import boolean_cube
from harness.statistics.complexity import (
    CUBE_MEASURES,
    MEASURES,
    average_sensitivity,
    compressed,
    critical_sample_ratio,
    entropy,
    lempel_ziv,
    maximal_sensitivity,
    ones,
)


def kaspar_schuster(s):
    """Words of the LZ76 parsing by substring search, as the definition says it: no table, no vectors."""
    words, start = 0, 0
    while start < len(s):
        length = 1
        # A word grows while it occurs somewhere in what precedes its own last letter.
        while start + length <= len(s) and s[start : start + length] in s[: start + length - 1]:
            length += 1
        words += 1
        start += length
    return words


def reference(s):
    if len(set(s)) == 1:
        return np.log2(len(s))
    return np.log2(len(s)) * (kaspar_schuster(s) + kaspar_schuster(s[::-1])) / 2


def as_bits(strings):
    return np.array([[int(c) for c in s] for s in strings])


def test_the_example_of_lempel_and_ziv():
    # 0·001·10·100·1000·101, section II of Lempel & Ziv 1976.
    assert kaspar_schuster("0001101001000101") == 6
    # Backwards, by hand: 1·0·100·01001·011·000, the last one incomplete.
    assert kaspar_schuster("0001101001000101"[::-1]) == 6
    assert lempel_ziv(as_bits(["0001101001000101"]))[0] == pytest.approx(4 * 6)


def test_every_string_of_up_to_ten_bits():
    for n in range(2, 11):
        strings = [format(i, f"0{n}b") for i in range(2**n)]
        np.testing.assert_allclose(lempel_ziv(as_bits(strings)), [reference(s) for s in strings])


def test_ten_thousand_random_and_structured_strings():
    rng = np.random.default_rng(0)
    for n, number in ((16, 2500), (32, 2500), (100, 2000), (128, 1500), (300, 20)):
        random = rng.integers(0, 2, (number, n))
        biased = (rng.random((number // 2, n)) < rng.random((number // 2, 1))).astype(int)
        periods = rng.integers(1, n, number // 4)
        periodic = np.array([np.resize(row[:p], n) for row, p in zip(random, periods, strict=False)])
        bits = np.concatenate([random, biased, periodic, np.zeros((1, n), int), np.ones((1, n), int)])
        strings = ["".join(map(str, row)) for row in bits.tolist()]
        np.testing.assert_allclose(lempel_ziv(bits), [reference(s) for s in strings])


@given(st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_the_measure_does_not_depend_on_the_direction_or_the_labels(s):
    bits = np.array(s)
    assert lempel_ziv(bits) == lempel_ziv(bits[::-1]) == lempel_ziv(1 - bits)


def test_shapes_and_one_bit():
    assert lempel_ziv(np.zeros((3, 4, 8))).shape == (3, 4)
    assert lempel_ziv(np.array([1])) == 0  # log2 of one place
    assert lempel_ziv(np.ones(8)) == 3
    assert lempel_ziv(np.zeros((0, 8))).shape == (0,)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_every_measure_keeps_leading_axes_and_calls_a_constant_simplest(measure):
    bits = np.random.default_rng(0).integers(0, 2, (3, 5, 32), dtype=np.uint8)
    bits[0, 0] = 1
    found = measure(bits)
    assert found.shape == (3, 5)
    np.testing.assert_array_equal(found, [[measure(string) for string in row] for row in bits])
    assert found.argmin() == 0
    assert (found.ravel()[1:] > found[0, 0]).all()


def test_entropy_in_closed_form():
    bits = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 1], [1, 1, 1, 1]])
    quarter = stats.entropy([0.25, 0.75], base=2)
    np.testing.assert_allclose(entropy(bits), [0, quarter, 1, 0], atol=1e-12)
    assert ones(bits).tolist() == [0, 1, 2, 4]


def test_the_compressor_is_zlib_without_its_two_bytes_of_header_and_four_of_checksum():
    rng = np.random.default_rng(0)
    bits = np.concatenate([rng.integers(0, 2, (20, 128)), np.tile([0, 1], (1, 64))])
    texts = ["".join(map(str, row)).encode() for row in bits.tolist()]
    assert compressed(bits).tolist() == [len(zlib.compress(text, 9)) - 6 for text in texts]


def slow_sensitivities(labels):
    """Neighbours of another label, one point and one bit after the other."""
    bits = len(labels).bit_length() - 1
    return [sum(labels[i] != labels[i ^ (1 << bit)] for bit in range(bits)) for i in range(len(labels))]


@given(st.integers(0, 5).flatmap(lambda n: st.lists(st.integers(0, 1), min_size=2**n, max_size=2**n)))
def test_sensitivities_point_by_point(labels):
    slow = slow_sensitivities(labels)
    assert critical_sample_ratio(labels) == np.mean([count > 0 for count in slow])
    assert average_sensitivity(labels) == np.mean(slow)
    assert maximal_sensitivity(labels) == max(slow)


def test_sensitivities_in_closed_form():
    for bits in (3, 5, 7):
        of = {target: boolean_cube(bits, target).eval_y for target in ("parity", "identity", "majority")}
        assert average_sensitivity(of["parity"]) == maximal_sensitivity(of["parity"]) == bits
        assert average_sensitivity(of["identity"]) == critical_sample_ratio(of["identity"]) == 1
        # Of an odd number of inputs, those one vote from a tie can turn it: C(n, (n−1)/2) on either side, (n+1)/2 bits.
        near = 2 * comb(bits, bits // 2)
        assert critical_sample_ratio(of["majority"]) == near / 2**bits
        assert average_sensitivity(of["majority"]) == near * (bits + 1) / 2 / 2**bits


@pytest.mark.parametrize("measure", CUBE_MEASURES.values(), ids=CUBE_MEASURES)
def test_part_of_a_cube_is_refused(measure):
    with pytest.raises(BadInput, match="2\\^bits inputs, not of 24"):
        measure(np.zeros((2, 24)))


EVERY = [*MEASURES.values(), ones, maximal_sensitivity]
BITS = np.array([0, 1, 0, 1, 0, 1, 1, 1])


@pytest.mark.parametrize("measure", EVERY, ids=lambda measure: measure.__name__)
@pytest.mark.parametrize(
    ("bits", "says"),
    [
        (2 * BITS - 1, "0 or 1"),
        (BITS + 1, "0 or 1"),
        (BITS * 0.7, "0 or 1"),
        (np.where(BITS, np.nan, 0), "0 or 1"),
        (BITS + 256, "0 or 1"),
        (BITS * 1j, "are numbers"),
        (BITS.astype(str), "are numbers"),
        (BITS[:0], "1 input or more"),
        (np.zeros((3, 0)), "1 input or more"),
        (1, "1 input or more"),
        (np.ma.array(BITS, mask=BITS == 1), "masked"),
        ([np.ma.array(BITS, mask=BITS == 1)], "masked"),
    ],
)
def test_a_complexity_is_of_zeros_and_ones(measure, bits, says):
    with pytest.raises(BadInput, match=says):
        measure(bits)


@pytest.mark.parametrize("measure", EVERY, ids=lambda measure: measure.__name__)
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int8, np.float32, np.ma.array, list])
def test_zeros_and_ones_of_any_type_have_one_complexity(measure, kind):
    given = BITS.astype(kind) if isinstance(kind, type) and kind is not list else kind(BITS)
    assert measure(given) == measure(BITS)
    assert measure(np.zeros((0, 8))).shape == (0,)
