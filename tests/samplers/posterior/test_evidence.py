"""Evidence of hidden layers against closed forms of two and more points, last layers drawn and counted, and another
method for orthants; its posterior's test error against the last layers that fit."""

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.problems import digits
from harness.samplers.features.last_layer_evidence import last_layers, logit_covariance
from harness.samplers.features.posterior import hidden_draws
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.posterior import rejection

# 1e-6 over some hundred comparisons.
Z = 5.6


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def correlated(correlations):
    return torch.stack([torch.tensor([[1, r], [r, 1.0]], dtype=torch.float64) for r in correlations])


@pytest.mark.parametrize("signs", [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
def test_two_points_in_closed_form(signs):
    """Sheppard 1899: P(same side) = 1/2 + asin(ρ)/π; and the second point's error given the first is right."""
    rho = np.array([-0.95, -0.3, 0.0, 0.5, 0.99])
    s = torch.tensor(signs, dtype=torch.float64)
    both = 0.25 + signs[0] * signs[1] * np.arcsin(rho) / (2 * np.pi)
    found = last_layers(correlated(rho), s, 2, 200_000, seeded())
    np.testing.assert_allclose(found.evidence, both, atol=Z * 0.5 / 200_000**0.5)
    one = last_layers(correlated(rho), s, 1, 200_000, seeded())
    np.testing.assert_allclose(one.evidence, 0.5, rtol=1e-12)
    np.testing.assert_allclose(one.errors, 0.5 - both, atol=Z * 0.25 / 200_000**0.5)


@pytest.mark.parametrize("m", [3, 6])
def test_many_points_of_correlation_one_half_in_closed_form(m):
    """All logits positive has chance 1/(m + 1); of the next one as well given these, (m + 1)/(m + 2)."""
    covariance = (torch.eye(m + 1, dtype=torch.float64) + 1)[None] / 2 * 7.0
    found = [last_layers(covariance, torch.ones(m + 1), m, 400, seeded(seed)) for seed in range(300)]
    for each, expected in (("evidence", 1 / (m + 1)), ("errors", 1 / (m + 1) - 1 / (m + 2))):
        values = np.array([float(getattr(one, each)) for one in found])
        assert abs(values.mean() - expected) < Z * values.std() / 300**0.5
        # A share of 400 coin tosses would vary more.
        assert values.std() < (expected * (1 - expected) / 400) ** 0.5


def test_points_that_are_combinations_of_others():
    """The same point twice, its negative, and a dead one, whose logit is 0 and whose label is 0."""
    signs = torch.tensor([1.0, 1, -1, -1])
    h = torch.tensor([[1.0, 2], [1, 2], [-1, -2], [0, 0]], dtype=torch.float64)
    covariance = (h @ h.T)[None]
    assert float(last_layers(covariance, signs, 4, 5, seeded()).evidence) == pytest.approx(0.5)
    for wrong in range(1, 4):
        other = signs.clone()
        other[wrong] *= -1
        assert float(last_layers(covariance, other, 4, 5, seeded()).evidence) == 0
    as_evaluation = last_layers(covariance, torch.tensor([1.0, -1, -1, 1]), 1, 5, seeded())
    assert float(as_evaluation.errors) == pytest.approx(0.5 * 2 / 3)  # wrong on the copy and on the dead point


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
@pytest.mark.parametrize("sigma_b", [0.0, 0.4])
def test_the_covariance_is_that_of_drawn_last_layers(parametrisation, sigma_b):
    architecture = FullyConnected((5,), sigma_w=1.3, sigma_b=sigma_b, parametrisation=parametrisation)
    h = torch.randn(2, 4, 5, generator=seeded())
    table = {
        name: parameter
        for name, parameter in architecture.parameters((5,), outputs=1).items()
        if name.startswith("readout")
    }
    found = logit_covariance(architecture, h)
    for network in range(2):
        last = views(table, draw(table, "gaussian", 100_000, seeded(1)))
        logits = architecture.readout(last, h[network].expand(100_000, 4, 5))[..., 0].double()
        size = found[network].diagonal()
        # A product of normal variables of these variances varies by at most √2 times their product.
        atol = Z * float(size.max()) * (2 / 100_000) ** 0.5
        np.testing.assert_allclose(logits.T @ logits / 100_000, found[network], atol=atol)


@pytest.mark.parametrize("width", [3, 30])
def test_evidence_is_the_share_of_last_layers_that_fit(width):
    """Rejection on as many hidden draws: P(S), and the test error of what fits."""
    architecture, problem = FullyConnected((width, width)), digits(5, 6)
    found = hidden_draws(architecture, problem, 20_000, seeded(), ("active share",), samples=4)
    kept = rejection(architecture, problem, 20_000, seeded(1), last_layers=64)
    counted = kept.evidence
    error = found.weights.std() / 20_000**0.5
    low, high = counted.interval(1e-3)
    assert abs(found.weights.mean() - counted.value) < Z * np.hypot(error, (high - low) / 6.6)


def test_another_method_for_one_orthant():
    """Minimax tilting (Botev 2017) of the evidence that one network's hidden layers have."""
    architecture, problem = FullyConnected((40, 40)), digits(12, 4)
    x = torch.tensor(architecture.prepare(problem.inputs))
    table = architecture.parameters(tuple(x.shape[1:]))
    parameters = views(table, draw(table, "gaussian", 3, seeded()))
    covariance = logit_covariance(architecture, architecture.features(parameters, x))
    signs = torch.tensor(np.concatenate([problem.train_y, problem.eval_y]) * 2.0 - 1)
    found = torch.stack([last_layers(covariance, signs, 12, 4000, seeded(seed)).evidence for seed in range(8)]).numpy()
    for network in range(3):
        process = GaussianProcess(covariance[network, :12, :12].numpy(), problem.train_y)
        expected = log_probability(process, seeded(1))
        low, high = expected.interval(1e-6)
        value, error = found[:, network].mean(), found[:, network].std(ddof=1) / 8**0.5
        assert np.exp(low) - 8 * error < value < np.exp(high) + 8 * error


def test_the_error_of_the_posterior_is_that_of_last_layers_that_fit():
    architecture, problem = FullyConnected((20,)), digits(4, 10)
    x = torch.tensor(architecture.prepare(problem.inputs))
    table = architecture.parameters(tuple(x.shape[1:]), outputs=400_000)
    parameters = views(table, draw(table, "gaussian", 1, seeded()))
    h = architecture.features(parameters, x)
    right = (
        torch.tensor(np.concatenate([problem.train_y, problem.eval_y]) > 0)
        == (architecture.readout(parameters, h)[0] > 0).T
    )
    fits = right[:, :4].all(1)
    wrong = (~right[fits, 4:]).double().mean(1)
    signs = torch.tensor(np.concatenate([problem.train_y, problem.eval_y]) * 2.0 - 1)
    found = last_layers(logit_covariance(architecture, h), signs, 4, 200_000, seeded(1))
    share = float(fits.double().mean())
    assert float(found.evidence) == pytest.approx(share, abs=Z * (share / 400_000) ** 0.5 * 1.5)
    ratio = float(found.errors / found.evidence)
    assert ratio == pytest.approx(float(wrong.mean()), abs=Z * 1.5 * float(wrong.std()) / len(wrong) ** 0.5)


def test_only_gaussian_last_layers_have_it():
    with pytest.raises(BadInput, match="Gaussian last layers"):
        logit_covariance(FullyConnected((3,), distribution="uniform"), torch.ones(1, 2, 3))
