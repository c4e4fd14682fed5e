"""The kernel matrix applied to weights, against the matrix itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.functions.packing import pack
from harness.statistics.distances.kernel import hamming, kernel, uniform_mean
from harness.statistics.distances.pairs import counts_within, kernel_sums


@given(st.integers(2, 20), st.integers(1, 200), st.integers(1, 30), st.integers(1, 3), st.integers(0, 2**32))
def test_sums_are_those_of_the_matrix(classes, n, functions, columns, seed):
    rng = np.random.default_rng(seed)
    words = pack(rng.integers(0, classes, (functions, n)), classes)
    weights = rng.normal(size=(functions, columns))
    plain = kernel(words[:, None], words[None], n, classes) @ weights
    assert kernel_sums(words, weights, n, classes) == pytest.approx(plain, rel=1e-12, abs=1e-12)


def test_each_sum_has_its_own_decay():
    rng = np.random.default_rng(0)
    words, weights = pack(rng.integers(0, 2, (40, 70)), 2), rng.random((40, 2))
    found = kernel_sums(words, weights, 70, decay=np.array([0.1, 0.2]))
    for column, decay in enumerate((0.1, 0.2)):
        whole = kernel(words[:, None], words[None], 70, decay=decay)
        assert found[:, column] == pytest.approx(whole @ weights[:, column], rel=1e-12)
    assert found[:, 1] != pytest.approx(found[:, 0])


def test_over_all_functions_it_is_the_mean_under_uniform_draws():
    words = np.arange(2**9, dtype=np.uint64)[:, None]
    found = kernel_sums(words, np.full((2**9, 1), 2.0**-9), 9)
    assert found == pytest.approx(uniform_mean(9))


@given(st.integers(1, 200), st.integers(0, 20), st.integers(0, 20), st.integers(0, 200), st.integers(0, 2**32))
def test_counts_within_a_distance_are_those_of_the_matrix(n, k, functions, distance, seed):
    rng = np.random.default_rng(seed)
    words, others = (pack(rng.integers(0, 2, (size, n)), 2) for size in (k, functions))
    plain = (hamming(words[:, None], others[None]) <= distance).sum(axis=1)
    assert counts_within(words, others, distance).tolist() == plain.tolist()


def test_weights_stay_as_they_are():
    weights = np.ones((3, 1))
    kernel_sums(np.arange(3, dtype=np.uint64)[:, None], weights, 2)
    assert weights.tolist() == [[1.0]] * 3
