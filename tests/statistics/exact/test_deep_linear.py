"""Deep linear networks against the tabulated replica values, and their Gaussian posterior against drawn networks."""

from math import pi

import numpy as np
import pytest
from scipy import integrate, special, stats

from harness.statistics.exact import deep_linear

TABLE = {
    0.25: (-0.1670, 0.4522, 0.3735),
    1: (-0.5964, 0.3384, 0.2544),
    4: (-1.6095, 0.1434, 0.1023),
    16: (-2.9484, 0.0388, 0.0275),
}


@pytest.mark.parametrize("load", TABLE)
def test_the_typical_perceptron_as_tabulated(load):
    found = deep_linear.perceptron(load)
    assert (found.log_evidence, found.error, found.error_of_vote) == pytest.approx(TABLE[load], abs=1e-4)


@pytest.mark.parametrize("load", [0.5, 3.0])
def test_the_overlap_solves_its_own_equation(load):
    """The derivative over R, written out by hand and integrated by another rule, is 0."""
    found = deep_linear.perceptron(load)
    gamma = (found.overlap / (1 - found.overlap)) ** 0.5

    def integrand(z):
        return stats.norm.pdf(z) * z * stats.norm.pdf(gamma * z) * (special.log_ndtr(gamma * z) + 1)

    slope_of_gamma = 1 / (2 * gamma * (1 - found.overlap) ** 2)
    right = 2 * load * slope_of_gamma * integrate.quad(integrand, -10, 10)[0]
    assert found.overlap / (2 * (1 - found.overlap)) == pytest.approx(right, rel=1e-5)


def test_few_points_cost_ln_2_each():
    assert deep_linear.perceptron(1e-3).log_evidence == pytest.approx(-1e-3 * np.log(2), rel=2e-3)


def test_the_volume_falls_with_the_dimension_as_exponent():
    """−ln P(S) → d ln m, and the known constants 0.625 and 0.442 of the error."""
    wide, wider = deep_linear.perceptron(400), deep_linear.perceptron(800)
    assert (wide.log_evidence - wider.log_evidence) / np.log(2) == pytest.approx(1, abs=1e-3)
    assert 800 * wider.error == pytest.approx(0.625, abs=2e-3)
    assert 800 * wider.error_of_vote == pytest.approx(0.442, abs=2e-3)


@pytest.mark.parametrize("hidden", [(), (1,), (3, 2)])
def test_the_gaussian_posterior_is_that_of_drawn_networks(hidden):
    rng = np.random.default_rng(len(hidden))
    x, y, temperature = rng.standard_normal((5, 3)), np.array([0.8, -0.5, 0.3]), 0.4
    draws = 300_000
    w = rng.standard_normal((draws, 3, (*hidden, 1)[0]))
    for width, following in zip(hidden, (*hidden[1:], 1), strict=False):
        w = w @ rng.standard_normal((draws, width, following)) / width**0.5
    z = w[..., 0] @ x.T / 3**0.5
    log_density = -((z[:, :3] - y) ** 2).sum(1) / (2 * temperature) - 1.5 * np.log(2 * pi * temperature)
    weights = np.exp(log_density)
    kernel = x @ x.T / 3
    found = deep_linear.gaussian(kernel, y, temperature, deep_linear.scales(hidden, 100_000, rng))
    noise = weights.std() / weights.mean() / draws**0.5 + 0.004 * bool(hidden)
    assert found.log_evidence == pytest.approx(np.log(weights.mean()), abs=5 * noise)
    np.testing.assert_allclose(found.mean, weights @ z[:, 3:] / weights.sum(), atol=5 * noise)
    np.testing.assert_allclose(found.positive, weights @ (z[:, 3:] > 0) / weights.sum(), atol=5 * noise)


def test_without_hidden_layers_the_evidence_is_that_of_a_gaussian():
    kernel = np.array([[1.0, 0.3], [0.3, 0.5]])
    found = deep_linear.gaussian(kernel, np.array([0.2, -1.0]), 0.1, np.ones(1))
    expected = stats.multivariate_normal.logpdf([0.2, -1.0], cov=kernel + 0.1 * np.eye(2))
    assert found.log_evidence == pytest.approx(expected)
    assert len(found.mean) == 0
