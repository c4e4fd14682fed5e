"""Relative learning rates before their unit is known: names, addresses, and where they are refused."""

import pytest
import torch

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.optimisers import (
    SGD,
    Adam,
    GradientDescent,
    GuessAndCheck,
    Momentum,
    PatternSearch,
    Relative,
    Scheduled,
    WarmUp,
    whitened_sgd,
)
from harness.optimisers.relative import innermost, stability_limit, with_learning_rate
from harness.problems import digits
from harness.samplers.features.training import TrainedFeatures, TrainedPatterns
from harness.samplers.training import train
from harness.samplers.training.train import Training


@pytest.mark.parametrize(
    ("optimiser", "name"),
    [
        (Relative(SGD(), 0.3), "sgd-rho0.3"),
        (Relative(GradientDescent(0.5), 1), "gd-rho1"),
        (Relative(Momentum(momentum=0.5), 2), "momentum-rho2-momentum_0.5"),
        (Relative(Scheduled(Adam(), WarmUp(10)), 0.5), "adam-rho0.5-warmup10"),
        (Relative(whitened_sgd(), 10), "sgd-rho10-whitened"),
    ],
)
def test_names(optimiser, name):
    assert optimiser.name == name
    assert optimiser.facts == {"rho": optimiser.ratio}
    assert (optimiser.full_batch, optimiser.rotation_equivariant) == (
        optimiser.rule.full_batch,
        optimiser.rule.rotation_equivariant,
    )


def test_the_rules_own_rate_has_no_meaning():
    assert Relative(SGD(0.1), 0.3) == Relative(SGD(0.9), 0.3) != Relative(SGD(0.1), 0.4)
    assert repr(Relative(SGD(0.1), 0.3)) == repr(Relative(SGD(0.9), 0.3))


def test_rates_within_wrappers():
    wrapped = Scheduled(Scheduled(Momentum(0.1, 0.5), WarmUp(3)), WarmUp(4))
    found = with_learning_rate(wrapped, 0.7)
    assert found == Scheduled(Scheduled(Momentum(0.7, 0.5), WarmUp(3)), WarmUp(4))
    assert (innermost(found), stability_limit(found), stability_limit(Adam())) == (Momentum(0.7, 0.5), 3.0, None)


@pytest.mark.parametrize("rule", [GuessAndCheck(), PatternSearch()])
def test_searches_have_no_learning_rate(rule):
    with pytest.raises(BadInput, match=rf"^{rule.name} has no learning rate that could be relative"):
        Relative(rule, 0.3)


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), "0.3", True])
def test_a_ratio_is_a_positive_number(ratio):
    with pytest.raises(BadInput, match="relative learning rate is a positive number"):
        Relative(SGD(), ratio)


@pytest.mark.parametrize(
    "used",
    [
        lambda rule: Training(FullyConnected((4,)), digits(8, 8), rule),
        lambda rule: TrainedFeatures(FullyConnected((4,)), digits(8, 8), rule),
        lambda rule: TrainedPatterns(FullyConnected((4,)), digits(8, 8), rule),
        lambda rule: train(FullyConnected((4,)), digits(8, 8), rule, 2, torch.Generator()),
        lambda rule: Scheduled(rule, WarmUp(3)),
        lambda rule: Relative(rule, 0.3),
        lambda rule: rule.step(torch.zeros(1, 2), torch.zeros(1, 2), []),
    ],
)
def test_where_a_number_is_needed_it_is_refused_in_one_sentence(used):
    with pytest.raises(BadInput, match=r"^sgd-rho0\.3 has no learning rate before its unit is measured; ask the lab"):
        used(Relative(SGD(), 0.3))
