"""Small products and transposes against numpy's in double precision, for all shapes about the sizes of the tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from harness.networks.compiled import products
from harness.networks.compiled.products import ALL, POSITIVE, WHERE_POSITIVE

SEEDS = st.integers(0, 2**32 - 1)
PART = "float32[:, :]"


# With their types said, or all that numpy knows of strides would be a type of its own, and compiled.
@njit(f"void({PART}, {PART}, {PART}, int64)")
def multiply(a: np.ndarray, b: np.ndarray, out: np.ndarray, keep: int) -> None:
    products.multiply(a, b, out, keep)


@njit(f"void({PART}, {PART})")
def transpose(a: np.ndarray, out: np.ndarray) -> None:
    products.transpose(a, out)


def inside(numbers: np.ndarray) -> np.ndarray:
    """The same as a part of a larger array of 7s."""
    rows, columns = numbers.shape
    whole = np.full((rows + 2, columns + 40), 7, dtype=np.float32)
    whole[1:-1, 20:-20] = numbers
    return whole[1:-1, 20:-20]


def around(part: np.ndarray) -> np.ndarray:
    """What is outside such a part."""
    whole = part.base.copy()
    whole[1:-1, 20:-20] = 7
    return whole


@given(st.integers(1, 27), st.integers(0, 70), st.integers(1, 75), st.booleans(), st.integers(0, 2), SEEDS)
def test_products_are_those_of_numpy(rows, inner, columns, transposed, keep, seed):
    rng = np.random.default_rng(seed)
    a, b, before = (rng.normal(size=shape) for shape in ((rows, inner), (inner, columns), (rows, columns)))
    before[rng.random(before.shape) < 0.2] = 0
    before = before.astype(np.float32)
    out = inside(before)
    first, second = inside(a.T).T if transposed else inside(a), inside(b)
    multiply(first, second, out, keep)
    product = first.astype(np.float64) @ second.astype(np.float64)
    gate = {int(ALL): 1, int(POSITIVE): product, int(WHERE_POSITIVE): before}[keep]
    # Sums of at most 70 products: each rounds by less than half a unit in the last place of the sum of sizes.
    sizes = np.abs(first).astype(np.float64) @ np.abs(second).astype(np.float64)
    assert (np.abs(out - np.where(gate > 0, product, 0)) <= (inner + 1) * 2.0**-24 * sizes).all()
    assert (around(out) == 7).all()


@pytest.mark.parametrize("keep", [ALL, POSITIVE])
def test_what_is_no_number_stays_so(keep):
    a, out = np.ones((13, 5)), inside(np.zeros((13, 41)))
    a[[0, 9], 2] = np.nan, np.inf
    b = np.ones((5, 41))
    b[2, 7] = 0
    multiply(inside(a), inside(b), out, keep)
    assert np.isnan(out[0]).all()
    assert np.isnan(out[9, 7])
    assert np.isposinf(np.delete(out[9], 7)).all()
    assert np.isfinite(np.delete(out, [0, 9], axis=0)).all()


def test_nan_is_no_shut_gate():
    out = inside(np.array([[np.nan, 0.0, -0.0, 1.0, -1.0]]))
    multiply(inside(np.array([[2.0]])), inside(np.full((1, 5), 3.0)), out, WHERE_POSITIVE)
    assert out.tolist() == [[6, 0, 0, 6, 0]]


@given(st.integers(1, 27), st.integers(1, 27), SEEDS)
def test_transposes_are_those_of_numpy(rows, columns, seed):
    a = np.random.default_rng(seed).normal(size=(rows, columns))
    out = inside(np.zeros((columns, rows)))
    transpose(inside(a), out)
    np.testing.assert_array_equal(out, a.T.astype(np.float32))
    assert (around(out) == 7).all()


@njit
def _sum_of_columns(numbers: np.ndarray, start: int, rows: int, columns: int, down: int, right: int) -> np.ndarray:
    part = products.matrix(numbers, start, rows, columns, down, right)
    return np.array([part[:, j].sum() for j in range(part.shape[1])])


def test_parts_of_flat_arrays_as_matrices():
    numbers = np.arange(30, dtype=np.float32)
    np.testing.assert_array_equal(_sum_of_columns(numbers, 3, 4, 5, 6, 1), [48, 52, 56, 60, 64])
    np.testing.assert_array_equal(_sum_of_columns(numbers, 2, 5, 3, 1, 7), numbers[2:23].reshape(3, 7)[:, :5].sum(1))
