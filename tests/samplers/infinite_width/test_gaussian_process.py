"""Conditioning against plain inverses; kernels and labels that make no sense get one sentence."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from tests.support.gaussian_processes import at_random, of_digits


def test_conditional_of_the_evaluation_logits():
    process = at_random(5, 3, seed=0)
    k = process.kernel
    inverse = np.linalg.inv(k[:5, :5])
    np.testing.assert_allclose(process.weights, k[5:, :5] @ inverse, rtol=1e-9, atol=1e-12)
    rest = k[5:, 5:] - k[5:, :5] @ inverse @ k[:5, 5:]
    np.testing.assert_allclose(process.remainder @ process.remainder.T, rest, rtol=1e-9, atol=1e-12)


def test_margins_are_signed_logits():
    process = GaussianProcess(np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1, 0]))
    assert (process.m, process.n) == (2, 0)
    np.testing.assert_array_equal(process.margins, [[2.0, -0.5], [-0.5, 1.0]])


KERNEL = at_random(3, 1, seed=1).kernel
SINGULAR = np.outer([1.0, 2, 3], [1.0, 2, 3]) + np.diag([1.0, 0, 0])
DUPLICATE = KERNEL[np.ix_([0, 1, 2, 1], [0, 1, 2, 1])]


@pytest.mark.parametrize(
    ("kernel", "labels", "says"),
    [
        (KERNEL[:3], [0, 1, 1], "is a square"),
        (KERNEL[0], [0, 1, 1], "is a square"),
        (KERNEL + np.triu(np.ones((4, 4)), 1), [0, 1, 1], "not symmetric"),
        (np.where(np.eye(4) > 0, np.nan, KERNEL), [0, 1, 1], "not finite"),
        (np.ones((2, 2)) + 0.5 * np.eye(2)[::-1], [1, 0], "not positive definite"),
        (SINGULAR, [1, 0], "from input"),
        (DUPLICATE, [1, 0, 1], "cannot tell input 3 from input 1"),
        (KERNEL, [0, 1, 2], "labels 0 and 1"),
        (KERNEL, [-1, 1, 1], "labels 0 and 1"),
        (KERNEL, [[0, 1, 1]], "in a row"),
        (KERNEL, [], "in a row"),
        (KERNEL, [0, 1, 0, 1, 0], "1 to 4"),
    ],
)
def test_one_sentence_for_what_makes_no_sense(kernel, labels, says):
    with pytest.raises(BadInput, match=says):
        GaussianProcess(np.asarray(kernel), np.array(labels))


def test_a_stated_jitter_mends_a_duplicate():
    assert GaussianProcess(DUPLICATE + 1e-6 * np.eye(4), np.array([1, 0, 1])).n == 1


def test_kernels_of_real_data_pass():
    assert of_digits(600).m == 600
