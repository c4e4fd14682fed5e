"""Conditioning against plain inverses; kernels and labels that make no sense get one sentence."""

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.samplers.infinite_width.gaussian_process import GaussianProcess, gaussian_prior
from harness.samplers.infinite_width.kernels import with_least_jitter
from harness.samplers.infinite_width.log_volume import log_volumes
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


def test_one_long_input_takes_no_variance_from_the_others():
    # Signs do not change when a row is scaled: four independent rows have 16 functions, in each a quarter of each pair.
    lengths = np.array([2.0**31, 1.0, 1.0, 1e-9])
    kernel = np.eye(4) * lengths[:, None] * lengths
    drawn = gaussian_prior(kernel, 40_000, torch.Generator().manual_seed(0))
    assert drawn.distinct == 16
    np.testing.assert_allclose(drawn.probabilities(), 1 / 16, atol=0.01)


def test_scaling_an_input_changes_no_volume():
    kernel, lengths = at_random(4, 0, seed=3).kernel, np.array([1e9, 1e-9, 1.0, 1e3])
    one, scaled = (
        gaussian_prior(each, 40_000, torch.Generator().manual_seed(0))
        for each in (kernel, kernel * lengths[:, None] * lengths)
    )
    np.testing.assert_array_equal(one.words, scaled.words)
    # Six standard deviations of a difference of two shares of at most 1/2.
    np.testing.assert_allclose(one.probabilities(), scaled.probabilities(), atol=6 * (0.5 / 40_000) ** 0.5)


def test_an_input_whose_logit_is_always_0_has_label_0():
    kernel = np.diag([1.0, 0.0])
    assert not gaussian_prior(kernel, 100, torch.Generator().manual_seed(0)).labels()[:, 1].any()


def test_a_kernel_that_is_not_finite_has_no_prior():
    with pytest.raises(BadInput, match="not finite"):
        gaussian_prior(np.diag([1.0, np.inf]), 10, torch.Generator().manual_seed(0))


def test_jitter_is_a_share_of_each_inputs_own_variance():
    # Inputs 1 and 2 are equal, input 0 is 1e9 times as long; a jitter as long as that would drown 1 to 3.
    x = np.array([[1e9, 0, 0], [0, 1.0, 0], [0, 1.0, 0], [0, 1.0, 1.0]])
    kernel = with_least_jitter(x @ x.T)
    np.testing.assert_allclose(np.diag(kernel), [1e18, 1, 1, 2], rtol=2e-8)


def test_log_volumes_do_not_depend_on_an_inputs_length():
    # A perceptron without bias of three weights on five inputs, so that the kernel needs a jitter.
    x = np.random.default_rng(4).normal(size=(5, 3))
    labels = (x @ [1.0, -0.5, 0.3] > 0).astype(np.uint8)
    found = []
    for length in (1.0, 1e9):
        scaled = x * np.array([length, 1, 1, 1, 1])[:, None]
        process = GaussianProcess(with_least_jitter(scaled @ scaled.T), labels[:2])
        drawn = torch.Generator().manual_seed(0)
        found.append(log_volumes(process, labels[None, 2:], drawn, runs=8, points=1024).values[0])
    assert found[0] == pytest.approx(found[1], abs=0.05)
