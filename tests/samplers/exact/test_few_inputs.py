"""Samplers on one, two and three inputs, and functions that a symmetry of the network gives one volume."""

from functools import cache

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import nngp, with_least_jitter
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.settled_orthant import log_estimates
from harness.samplers.prior import prior
from harness.statistics.exact import few_points

# With a fixed seed; the chance that a right sampler fails at a seed not yet tried.
ALPHA = 1e-3


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("hidden", [(1,), (3,), (2, 1), (2, 3, 2)])
def test_one_input_has_label_one_less_than_half_the_time(hidden):
    problem = Problem.from_arrays(np.zeros((0, 4)), [], [[1.0, -2, 0, 0.5]], [1])
    found = prior(FullyConnected(hidden, sigma_b=0.0), problem, 100_000, seeded())
    ones = int(found.counts @ found.labels()[:, 0])
    assert stats.binomtest(ones, 100_000, few_points.label_one(hidden)).pvalue > ALPHA
    assert stats.binomtest(ones, 100_000, 0.5).pvalue < 1e-9


@pytest.mark.parametrize("layers", [1, 2])
def test_two_and_three_inputs_at_infinite_width(layers):
    x = np.random.default_rng(layers).standard_normal((3, 4))
    kernel = nngp(FullyConnected((1,) * layers), x.astype(np.float32))
    size = np.sqrt(np.diag(kernel))
    rho = kernel / np.outer(size, size)
    for signs in ((1, 1, 1), (1, -1, 1), (-1, -1, 1)):
        s = np.array(signs)
        r = rho * np.outer(s, s)
        labels = (s > 0).astype(int)
        for m, expected in (
            (2, few_points.both_positive(r[0, 1])),
            (3, few_points.all_three_positive(r[0, 1], r[0, 2], r[1, 2])),
        ):
            found = log_probability(GaussianProcess(kernel[:m, :m], labels[:m]), seeded(), runs=8, points=1024)
            assert found.value == pytest.approx(np.log(expected), abs=2e-3)


# All functions of three bits, their counts in 200,000 networks.
BITS, DRAWS = 3, 200_000
CUBE = boolean_cube(BITS)


@cache
def counted(network):
    return prior(network, CUBE, DRAWS, seeded())


def homogeneous(functions, image):
    """χ² test that f and its image, another function for each f, are as likely; functions seen rarely are left out."""
    rows = functions.labels()
    seen = {tuple(row): count for row, count in zip(rows.tolist(), functions.counts, strict=True)}
    pairs = {tuple(sorted([row, tuple(image(np.array(row)))])) for row in seen}
    table = np.array([[seen.get(one, 0), seen.get(other, 0)] for one, other in pairs if one != other])
    table = table[table.sum(1) >= 20]
    difference, total = table[:, 0] - table[:, 1], table.sum(1)
    assert len(table) > 5
    return stats.chi2.sf((difference**2 / total).sum(), len(table))


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_a_function_of_permuted_coordinates_is_as_likely(order):
    """Exchanges, which are their own inverses."""
    moved = (CUBE.eval_x[:, order] @ 2 ** np.arange(BITS)[::-1]).astype(int)
    assert homogeneous(counted(FullyConnected((4, 3))), lambda f: f[moved]) > ALPHA


def test_an_odd_network_without_biases_has_no_preferred_label():
    away = CUBE.eval_x.any(1)

    def flipped(f):
        # The input 0 has the logit 0, and the label 0, in every network.
        return np.where(away, 1 - f, f)

    assert homogeneous(counted(FullyConnected((4, 3), "tanh", sigma_b=0.0)), flipped) > ALPHA
    assert homogeneous(counted(FullyConnected((4, 3), sigma_b=0.0)), flipped) < 1e-9


def test_copies_of_different_bits_have_one_volume():
    """ln P(copy-k) of wide networks on five bits, for which minimax tilting orders the inputs differently."""
    x = boolean_cube(5).eval_x
    kernel = with_least_jitter(nngp(FullyConnected((1, 1)), x))
    values = []
    for bit in range(5):
        process = GaussianProcess(kernel, boolean_cube(5, f"copy-{bit + 1}").eval_y)
        found = log_estimates(process.margins, seeded(bit), runs=6, points=512)
        values.append((found.mean(), found.std(ddof=1) / 6**0.5))
    means, errors = np.array(values).T
    assert (errors < 0.1).all()
    assert (np.abs(means - means.mean()) < 5 * np.hypot(errors, errors.mean() / 5**0.5)).all()
