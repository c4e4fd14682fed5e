"""Training of binary weights against torch.optim on real weights whose signs automatic differentiation passes over."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import views
from harness.optimisers import SGD, Adam, BinaryConnect, Cosine, Langevin, Momentum, Relative, Scheduled, Whitened
from harness.optimisers.minibatches import orders, splitmix64, uniform
from harness.problems import Problem, boolean_cube
from harness.samplers.training import train, trained_networks
from harness.samplers.training.units import unit_of
from tests.samplers.training.test_trainer import a_trainer
from tests.support.architectures import every_binary_network
from tests.support.plain_training import LOSSES, two_clouds

# Chance that one check of a right program fails on keys not yet tried.
FALSE_ALARM = 1e-7
BINARY = FullyConnected((6, 4), sigma_b=0.0, distribution="binary")
PLAIN = {
    SGD(0.3): lambda p: torch.optim.SGD(p, lr=0.3),
    Momentum(0.1): lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    Adam(0.05): lambda p: torch.optim.Adam(p, lr=0.05),
}


def signs_of(real, size):
    """The binary weights, with the derivative 1 by the real ones."""
    return real + (size * torch.sign(real) - real).detach()


@pytest.mark.parametrize("optimiser", PLAIN, ids=repr)
def test_steps_equal_those_of_a_straight_through_estimator(optimiser):
    problem, networks = two_clouds(m=12, apart=0.5), 6
    # With biases no unit is exactly at 0, where rounding would decide the gradient.
    network = replace(BINARY, sigma_b=0.1)
    trainer, block = a_trainer(network, problem, BinaryConnect(optimiser), networks=networks)
    trainer.task.optimiser.spread(block.state, uniform(block.keys, block.rows.shape[1]).double())
    first = block.rows.clone()
    reals = [
        [weight[i].clone().requires_grad_() for weight in views(trainer.task.table, block.state[0]).values()]
        for i in range(networks)
    ]
    sizes = [weight.abs().max().item() for weight in views(trainer.task.table, first).values()]
    for _ in range(20):
        trainer.epoch(block)
    y = torch.tensor(problem.train_y).double()
    for i, weights in enumerate(reals):
        steps = PLAIN[optimiser](weights)
        for epoch in range(20):
            for chosen in orders(block.keys[i : i + 1], torch.tensor([epoch]), problem.m)[0].split(4):
                h = trainer.task.inputs[chosen]
                binary = [signs_of(weight, size) for weight, size in zip(weights, sizes, strict=True)]
                for weight, bias in zip(binary[:-2:2], binary[1:-2:2], strict=True):
                    h = torch.relu(h @ weight + bias)
                steps.zero_grad()
                LOSSES["cross-entropy"]((h @ binary[-2] + binary[-1])[:, 0], y[chosen]).backward()
                steps.step()
                with torch.no_grad():
                    for weight, size in zip(weights, sizes, strict=True):
                        weight.clamp_(-size, size)
        real = torch.cat([weight.detach().flatten() for weight in weights])
        torch.testing.assert_close(block.state[0][i], real, rtol=1e-9, atol=1e-12)
        assert torch.equal(torch.sign(block.rows[i]), torch.sign(real))
    torch.testing.assert_close(block.rows.abs(), first.abs())
    # Some signs turned, and some real weights lie at the bound.
    assert ((block.rows > 0) != (first > 0)).any(1).all()
    assert (block.state[0].abs() == block.rows.abs()).any()


def test_what_real_weights_start_with_is_uniform():
    keys = splitmix64(torch.arange(2000))
    found = uniform(keys, 101)
    assert stats.kstest(found.flatten().numpy(), "uniform").pvalue > FALSE_ALARM
    # Sums of rows too: within a network the numbers are independent.
    sums = (found.double().sum(1) - 101 / 2) / np.sqrt(101 / 12)
    assert stats.kstest(sums.numpy(), "norm").pvalue > FALSE_ALARM
    assert torch.equal(found[7:8], uniform(keys[7:8], 101))


def test_a_first_step_moves_binary_weights_by_the_real_step_in_the_mean():
    rule, networks = BinaryConnect(SGD(1.0)), 40_000
    size, step = torch.tensor([1.0, 1.0, 0.5, 2.0]), torch.tensor([-0.3, 0.2, -0.4, 0.1])
    rows = size * (torch.randint(2, (networks, 4), generator=torch.Generator().manual_seed(0)) * 2 - 1)
    state, first = rule.start(rows), rows.clone()
    rule.spread(state, uniform(splitmix64(torch.arange(networks)), 4))
    rule.step(rows, -step.repeat(networks, 1), state)
    moved = (rows - first).numpy()
    # None moves but along the step, by the whole 2s or not at all; the mean is the step.
    assert (moved * step.numpy() >= 0).all()
    for moves, s, wanted in zip(moved.T, size.tolist(), step.tolist(), strict=True):
        assert set(np.abs(moves)) == {0.0, 2 * s}
        assert stats.binomtest(int((moves != 0).sum()), networks, abs(wanted) / (2 * s)).pvalue > FALSE_ALARM


def test_trained_networks_are_binary_and_fit_what_a_binary_network_can():
    x = boolean_cube(4).eval_x
    network = perceptron(distribution="binary")
    bits = every_binary_network((), x)
    labels = bits[len(bits) // 3]
    problem = Problem.from_arrays(x[:8], labels[:8], x[8:], labels[8:])
    found = train(network, problem, BinaryConnect(SGD(0.1)), 300, torch.Generator().manual_seed(0), max_epochs=200)
    fitting = {"".join(map(str, f[8:].astype(int))) for f in bits if np.array_equal(f[:8], labels[:8])}
    assert found.functions.total > 250
    assert set(found.functions.strings()) <= fitting
    for each in trained_networks(
        BINARY, two_clouds(), BinaryConnect(Adam(0.01)), 20, torch.Generator().manual_seed(0), max_epochs=5
    ):
        for name, weight in each.final.items():
            torch.testing.assert_close(weight.abs(), each.initial[name].abs(), rtol=0, atol=0)


def test_the_block_does_not_matter():
    problem, rule = two_clouds(apart=1.0), BinaryConnect(Adam(0.02))
    runs = [train(BINARY, problem, rule, 30, torch.Generator().manual_seed(1), block=block) for block in (30, 7)]
    assert runs[0].epochs.tolist() == runs[1].epochs.tolist()
    assert len(set(runs[0].epochs.tolist())) > 1
    assert sorted(runs[0].functions.strings()) == sorted(runs[1].functions.strings())


def test_its_unit_is_that_of_the_rule_inside():
    problem = two_clouds()
    for rule in (SGD(), Adam()):
        assert unit_of(BinaryConnect(rule), BINARY, [problem]) == unit_of(rule, BINARY, [problem])
    assert Relative(BinaryConnect(SGD()), 0.3).name == "sgd-rho0.3-binary"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: BinaryConnect(Langevin()), "has noise of its own"),
        (lambda: BinaryConnect(BinaryConnect(SGD())), "outermost"),
        (lambda: Scheduled(BinaryConnect(SGD()), Cosine(5)), "outermost"),
        (lambda: Whitened(BinaryConnect(SGD())), "outermost"),
        (lambda: BinaryConnect(3), "An optimiser is one of"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (replace(BINARY, distribution="gaussian"), "starts gaussian"),
        (replace(BINARY, parametrisation="mup"), "not binary"),
    ],
)
def test_networks_that_are_not_binary_are_refused(network, said):
    with pytest.raises(BadInput, match=said):
        train(network, two_clouds(), BinaryConnect(SGD()), 1, torch.Generator())
