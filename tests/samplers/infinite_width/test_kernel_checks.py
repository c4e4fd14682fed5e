"""Which matrices can be a kernel: against eigenvalues, and every refusal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width.kernels import nngp, positive_definite


def with_eigenvalues(eigenvalues, seed):
    q = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(eigenvalues), len(eigenvalues))))[0]
    return (q * eigenvalues) @ q.T


@given(st.integers(2, 8), st.floats(-8, 8), st.integers(0, 999), st.booleans())
def test_the_sign_of_the_least_eigenvalue_decides(points, log_scale, seed, definite):
    rng = np.random.default_rng(seed)
    eigenvalues = rng.uniform(0.5, 2, points)
    eigenvalues[0] = 1e-3 if definite else -1e-3
    kernel = 10**log_scale * with_eigenvalues(eigenvalues, seed)
    kernel = (kernel + kernel.T) / 2
    if definite:
        np.testing.assert_array_equal(positive_definite(kernel), kernel)
    else:
        # Of two or three points it may be a variance that is below 0.
        with pytest.raises(BadInput, match=r"not positive definite|has no positive variance"):
            positive_definite(kernel)


@given(
    st.integers(1, 9),
    st.integers(1, 4),
    st.sampled_from(["relu", "erf", "tanh", "gelu", "linear"]),
    st.integers(0, 999),
)
def test_duplicates_are_found_whatever_rounding_leaves_of_them(points, depth, activation, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(points, 20))
    twice = int(rng.integers(points))
    kernel = nngp(FullyConnected((1,) * depth, activation), np.concatenate([x, x[[twice]]]))
    with pytest.raises(BadInput, match=f"cannot tell input {points} from input {twice}, but"):
        positive_definite(kernel)


def test_kernels_of_distinct_images_pass_as_they_are():
    for depth in (1, 3):
        kernel = nngp(FullyConnected((1,) * depth), digits(100, 50).inputs)
        np.testing.assert_allclose(positive_definite(kernel), kernel, rtol=1e-12)


def test_the_units_of_an_input_do_not_matter():
    kernel = np.array([[1.0, 0.5], [0.5, 1.0]]) * np.outer([1e-6, 1e6], [1e-6, 1e6])
    np.testing.assert_array_equal(positive_definite(kernel), kernel)


def test_what_rounding_made_asymmetric_comes_out_symmetric():
    found = positive_definite(np.array([[2.0, 0.5], [0.5 + 1e-12, 1.0]]))
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(found, [[2.0, 0.5], [0.5, 1.0]], rtol=1e-11)


def test_a_jitter_is_a_share_of_each_variance():
    x = digits(3, 1).train_x[[0, 1, 0]]
    kernel = nngp(FullyConnected((2,)), x)
    found = positive_definite(kernel, jitter=1e-6)
    np.testing.assert_allclose(found - kernel, 1e-6 * np.diag(np.diag(kernel)), rtol=1e-6, atol=1e-15)
    # Twice the same input: what is left of its variance is the jitter's own, twice, to first order.
    assert np.linalg.eigvalsh(found).min() == pytest.approx(1e-6 * kernel[0, 0], rel=1e-4)


def test_more_inputs_than_dimensions_of_a_perceptron():
    x = np.random.default_rng(0).normal(size=(5, 3))
    with pytest.raises(BadInput, match="the inputs before input 3 leave it no variance"):
        positive_definite(nngp(FullyConnected((), sigma_b=0.0), x))


@pytest.mark.parametrize(
    ("kernel", "jitter", "said"),
    [
        (np.ones((2, 3)), 0.0, "square matrix"),
        (np.ones((0, 0)), 0.0, "square matrix"),
        ([[1.0, np.inf], [np.inf, 1.0]], 0.0, "not finite"),
        ([[1.0, 0.1], [0.2, 1.0]], 0.0, "not symmetric"),
        ([[1.0, 0.0], [0.0, 0.0]], 0.0, "Input 1 has no positive variance"),
        ([[1.0, 1.0], [1.0, 1.0]], 0.0, "cannot tell input 1 from input 0"),
        ([[1.0, -2.0], [-2.0, 4.0]], 0.0, "cannot tell input 1 from input 0, but for a factor"),
        ([[1.0, 2.0], [2.0, 1.0]], 0.0, "not positive definite"),
        (np.eye(2), -1.0, "A jitter is a share"),
        (np.eye(2), np.nan, "A jitter is a share"),
    ],
)
def test_what_is_refused(kernel, jitter, said):
    with pytest.raises(BadInput, match=said):
        positive_definite(kernel, jitter)
