"""Complexity measures against slow, independent implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.complexity import MEASURES, entropy, lempel_ziv, ones


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
    assert set(MEASURES) == {"LZ76", "entropy"}


def test_entropy_in_closed_form():
    bits = np.array([[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 1], [1, 1, 1, 1]])
    quarter = stats.entropy([0.25, 0.75], base=2)
    np.testing.assert_allclose(entropy(bits), [0, quarter, 1, 0], atol=1e-12)
    assert ones(bits).tolist() == [0, 1, 2, 4]
