"""What is drawn at infinite width does not depend on how a processor rounds: on a Boolean cube eigenvalues coincide and
variables tie, and what breaks the tie must not be the last digit."""

import numpy as np
import pytest
import torch

from harness.functions import FunctionCounts
from harness.networks import FullyConnected
from harness.problems import boolean_cube
from harness.samplers.infinite_width.function_volumes import function_volumes
from harness.samplers.infinite_width.gaussian_process import GaussianProcess, gaussian_prior
from harness.samplers.infinite_width.kernels import correlation_of, nngp
from harness.samplers.infinite_width.kernels.roots import features_of, symmetric_root
from harness.samplers.infinite_width.orthant import pivoted_factor

CUBE = boolean_cube(5)
DEEP = nngp(FullyConnected((40, 40)), CUBE.eval_x)
PERCEPTRON = nngp(FullyConnected(()), CUBE.eval_x)
kernels = pytest.mark.parametrize("kernel", [DEEP, PERCEPTRON], ids=["deep", "perceptron"])


def rounded(kernel, seed):
    """Each entry off by a few units of its last place, symmetrically."""
    noise = np.triu(np.random.default_rng(seed).uniform(-4, 4, kernel.shape)) * np.finfo(float).eps
    return kernel * (1 + noise + np.triu(noise, 1).T)


@kernels
def test_the_symmetric_root(kernel):
    correlation = correlation_of(kernel)
    root = symmetric_root(correlation)
    assert root @ root == pytest.approx(correlation, abs=1e-12)
    for seed in range(5):
        assert symmetric_root(correlation_of(rounded(kernel, seed))) == pytest.approx(root, abs=1e-6)


def test_a_logit_that_is_always_0_stays_so():
    correlation = np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    root = symmetric_root(correlation)
    assert not root[1].any()
    assert root @ root == pytest.approx(correlation)


def test_features_are_as_many_as_the_perceptron_has_weights():
    correlation = correlation_of(PERCEPTRON)
    found = features_of(correlation, 1e-6)
    assert found.shape == (32, 6)
    assert found @ found.T == pytest.approx(correlation, abs=1e-12)
    # The first point, the origin, has nothing but the bias.
    assert found[0] == pytest.approx([1, 0, 0, 0, 0, 0])
    for seed in range(5):
        assert features_of(correlation_of(rounded(PERCEPTRON, seed)), 1e-6) == pytest.approx(found, abs=1e-10)


def test_features_of_points_that_hardly_differ_are_still_a_factor():
    apart = 1 - 1e-7
    correlation = np.array([[1.0, apart, apart], [apart, 1.0, apart], [apart, apart, 1.0]])
    found = features_of(correlation, 1e-8)
    assert found @ found.T == pytest.approx(correlation, abs=1e-12)


@kernels
def test_the_same_functions_are_drawn(kernel):
    drawn = [
        gaussian_prior(each, 2000, torch.Generator().manual_seed(0))
        for each in (kernel, *(rounded(kernel, seed) for seed in range(3)))
    ]
    assert drawn[0].distinct > 100
    assert all(each == drawn[0] for each in drawn)


def test_variables_that_tie_are_taken_by_number():
    """The alternating function of the cube: its 32 margins fall into few orbits of its symmetries."""
    labels = np.array([bin(i).count("1") % 2 for i in range(32)], dtype=np.uint8)
    order, _ = pivoted_factor(GaussianProcess(DEEP, labels).margins)
    for seed in range(20):
        assert pivoted_factor(GaussianProcess(rounded(DEEP, seed), labels).margins)[0].tolist() == order.tolist()


def test_volumes_of_functions_are_the_same():
    functions = FunctionCounts.from_words(np.array([[0x96696996], [0x0000FFFF], [0x80000000]], dtype=np.uint64), 32)
    found = [
        function_volumes(each, functions.bits(), torch.Generator().manual_seed(0)).values
        for each in (DEEP, *(rounded(DEEP, seed) for seed in range(3)))
    ]
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-6)
