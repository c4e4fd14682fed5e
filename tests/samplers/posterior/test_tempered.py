"""Posteriors at a temperature against quadrature, the closed form of a linear network, and their limits."""

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from harness.errors import BadInput
from harness.functions import FunctionCounts
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, digits
from harness.samplers.posterior import tempered
from harness.samplers.prior import prior

FALSE_ALARM = 1e-6


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def assert_alike(one, other):
    """χ² test that two samples of independent draws have one distribution; rare functions as one."""
    words = (one + other).words
    table = np.stack([one.counts_of(words), other.counts_of(words)])
    rare = table.sum(0) < 20
    table = np.concatenate([table[:, ~rare], table[:, rare].sum(1, keepdims=True)], axis=1)
    assert stats.chi2_contingency(table[:, table.sum(0) > 0]).pvalue > FALSE_ALARM
    assert len(table.T) > 3


LINE = Problem.from_arrays([[1.0], [-0.4], [0.3]], [1, 1, 0], [[1.0]], [1])


@pytest.mark.parametrize("last_layers", [1, 8])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_one_weight_by_quadrature(loss, temperature, last_layers):
    """Of f(x) = wx with w normal: the evidence ∫N(w)·exp(−Σ loss/T), and the share of w > 0, which label 1 as 1."""
    x, s = LINE.train_x[:, 0], LINE.train_y * 2.0 - 1
    losses = {
        "cross-entropy": lambda z: -special.log_expit(s * z).sum(),
        "squared error": lambda z: ((z - s) ** 2).sum(),
    }

    def density(w):
        return stats.norm.pdf(w) * np.exp(-losses[loss](w * x) / temperature)

    evidence, positive = (integrate.quad(density, low, 12, epsabs=1e-12)[0] for low in (-12, 0))
    network = FullyConnected((), sigma_w=1.0, sigma_b=0.0)
    found = tempered(network, LINE, temperature, 40_000, seeded(), loss=loss, last_layers=last_layers)
    kept = found.functions
    assert stats.binomtest(kept.total, found.draws, evidence).pvalue > FALSE_ALARM
    ones = int(kept.counts_of(np.array([[1]], dtype=np.uint64))[0])
    assert stats.binomtest(ones, kept.total, positive / evidence).pvalue > FALSE_ALARM


def test_a_linear_network_by_its_gaussian_posterior():
    """With squared error exp(−Σ(w·x − s)²/T)·N(0, 1/d) is Gaussian: of precision d + 2XᵀX/T, times mean 2Xᵀs/T."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 4)).astype(np.float32), np.array([0, 1, 1, 0, 1, 0, 1, 1, 0])
    problem = Problem.from_arrays(x[:5], y[:5], x[5:], y[5:])
    temperature, signs = 4.0, y[:5] * 2.0 - 1
    precision = 4 * np.eye(4) + 2 * x[:5].T @ x[:5] / temperature
    mean = np.linalg.solve(precision, 2 * x[:5].T @ signs / temperature)
    weights = rng.multivariate_normal(mean, np.linalg.inv(precision), 20_000)
    bits = (weights @ x[5:].T > 0).astype(np.uint8)
    found = tempered(
        FullyConnected((), sigma_w=1.0, sigma_b=0.0), problem, temperature, 60_000, seeded(1), loss="squared error"
    )
    assert_alike(found.functions, FunctionCounts.from_bits(bits))


def test_at_no_temperature_to_speak_of_it_is_the_prior():
    problem, network = digits(4, 3), FullyConnected((5,))
    found = tempered(network, problem, 1e12, 20_000, seeded())
    assert found.functions.total == 20_000
    assert_alike(found.functions, prior(network, problem, 20_000, seeded(1)))


def test_draws_do_not_depend_on_the_block():
    problem, network = digits(4, 6), FullyConnected((7, 5))
    found = [
        tempered(network, problem, 2.0, 500, seeded(), last_layers=3, block=block).clusters for block in (7, 64, 500)
    ]
    assert found[0] == found[1] == found[2]
    assert 0 < found[0].total < 1500


def test_what_it_takes():
    for arguments, message in (
        ({"temperature": 0.0}, "temperature is a positive number"),
        ({"temperature": 1.0, "loss": "hinge"}, "no loss 'hinge'; choose one of"),
    ):
        with pytest.raises(BadInput, match=message):
            tempered(perceptron(), LINE, draws=1, generator=seeded(), **arguments)
    with pytest.raises(BadInput, match="two classes"):
        tempered(perceptron(), digits(20, 20, task="0/1/2"), 1.0, 1, seeded())
