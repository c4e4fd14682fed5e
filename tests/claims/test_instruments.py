"""Theorems are refuted where their premise is missing: what a claim about an instrument can tell."""

import pytest

from claims.instruments.deep_linear_networks_sample_like_perceptrons import EVALUATION_POINTS, MARGIN, M, same_posterior
from harness.networks import FullyConnected
from harness.problems import digit_components
from harness.run.null_learners.judging import lab_in


@pytest.mark.parametrize(
    "network", [FullyConnected((40, 40), sigma_b=0.0), FullyConnected((3, 3), "linear", sigma_b=1.0)]
)
def test_neither_relu_networks_nor_biases_have_the_perceptrons_posterior(network, tmp_path):
    lab = lab_in(tmp_path / "store", looks=1)
    lab.begin("a network")
    found = same_posterior(lab, network, digit_components(M, EVALUATION_POINTS))
    assert found.interval(0.05)[1] < 1 - MARGIN
