"""Learning rates by layer: the table by hand, plain training with parameter groups, and what width does to features."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import linregress
from torch import nn

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, Adam, AdamW, Momentum, RMSprop, Whitened
from harness.problems import digits
from harness.samplers.training.rate_factors import by_layer, in_input_span, is_adaptive
from harness.samplers.training.state import EnsembleState, Task
from harness.samplers.training.trainer import Trainer
from tests.support.architectures import plain_module
from tests.support.plain_training import two_clouds

CPU = torch.device("cpu")
# Widths, and how many networks of each.
WIDTHS = {64: 32, 256: 24, 1024: 12}


def trainer_for(architecture, problem, optimiser, loss="cross-entropy"):
    x = torch.tensor(architecture.prepare(problem.inputs))
    table = architecture.parameters(tuple(x.shape[1:]))
    signs = torch.tensor(problem.train_y, dtype=torch.float32) * 2 - 1
    rates = by_layer(architecture, table, tuple(x.shape[1:]), optimiser, CPU)
    return Trainer(Task(architecture, table, x[: problem.m], signs, optimiser, LOSSES[loss], problem.m, *rates))


def started(trainer, networks, seed=0):
    rows = draw(trainer.task.table, "gaussian", networks, torch.Generator().manual_seed(seed)).contiguous()
    keys = torch.zeros(networks, dtype=torch.int64)
    return EnsembleState(rows, trainer.task.optimiser.start(rows), keys, keys.clone())


def test_the_table_by_hand():
    architecture = FullyConnected((6, 4), sigma_w=1.5, sigma_b=0.3, parametrisation="mup")
    std = {name: parameter.std for name, parameter in architecture.parameters((9,)).items()}
    assert std == pytest.approx(
        {
            "hidden0.weight": 1.5 / 9**0.5,
            "hidden0.bias": 0.3,
            "hidden1.weight": 1.5 / 6**0.5,
            "hidden1.bias": 0.3,
            "readout.weight": 1.5 / 4,
            "readout.bias": 0.3 / 4**0.5,
        }
    )
    descent = {"hidden0.weight": 6, "hidden0.bias": 6, "hidden1.weight": 1, "hidden1.bias": 4}
    assert architecture.learning_rates((9,), adaptive=False) == descent | {"readout.weight": 1 / 4, "readout.bias": 1}
    adam = {"hidden0.weight": 1, "hidden0.bias": 1, "hidden1.weight": 1 / 6, "hidden1.bias": 1}
    assert architecture.learning_rates((9,), adaptive=True) == adam | {"readout.weight": 1 / 4, "readout.bias": 1}
    for parametrisation, hidden in (("standard", (6,)), ("ntk", (6,)), ("mup", ())):
        other = FullyConnected(hidden, parametrisation=parametrisation)
        assert set(other.learning_rates((9,), adaptive=True).values()) == {1.0}


def test_adaptive_optimisers():
    assert [is_adaptive(each) for each in (Adam(), AdamW(), RMSprop(), Whitened(Adam()))] == [True] * 4
    assert [is_adaptive(each) for each in (SGD(), Momentum(), Whitened(SGD()))] == [False] * 3


@pytest.mark.parametrize(
    ("optimiser", "plain"),
    [
        (SGD(0.05), torch.optim.SGD),
        (Adam(0.02), torch.optim.Adam),
        (SGD(0.05, 0.3), partial(torch.optim.SGD, weight_decay=0.3)),
        (Momentum(0.05, 0.5, 0.3), partial(torch.optim.SGD, momentum=0.5, weight_decay=0.3)),
        (Adam(0.02, weight_decay=0.3), partial(torch.optim.Adam, weight_decay=0.3)),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_training_is_that_of_parameter_groups(optimiser, plain):
    """Each parameter of a plain module in a group of its own, with a learning rate of its own."""
    architecture, problem = FullyConnected((6, 4), "tanh", parametrisation="mup"), two_clouds()
    trainer = trainer_for(architecture, problem, optimiser)
    block = started(trainer, 3)
    modules = [
        plain_module(architecture, {n: t[i] for n, t in views(trainer.task.table, block.rows).items()})
        for i in range(3)
    ]
    factors = architecture.learning_rates((5,), is_adaptive(optimiser))
    steps = [
        plain(
            [
                {"params": [p], "lr": optimiser.learning_rate * f}
                for p, f in zip(m.parameters(), factors.values(), strict=True)
            ]
        )
        for m in modules
    ]
    y = torch.tensor(problem.train_y).double()
    for _ in range(5):
        trainer.epoch(block)
        for module, step in zip(modules, steps, strict=True):
            step.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(module(trainer.task.inputs.double())[:, 0], y).backward()
            step.step()
    trained = trainer.task.logits(block.rows, trainer.task.inputs)
    for i, module in enumerate(modules):
        torch.testing.assert_close(
            trained[i].double(), module(trainer.task.inputs.double())[:, 0], rtol=1e-4, atol=1e-5
        )


def test_noise_does_not_go_with_weight_decay_and_rates_by_layer():
    architecture = FullyConnected((6, 4), parametrisation="mup")
    with pytest.raises(BadInput, match="noise and weight decay, which learning rates by layer scale differently"):
        by_layer(architecture, architecture.parameters((5,)), (5,), Whitened(SGD(0.1, 0.2)), CPU)


@pytest.mark.parametrize("optimiser", [SGD(0.1), SGD(0.1, 0.5)], ids=lambda each: each.name)
def test_rates_by_layer_go_with_those_of_the_least_dimension(optimiser):
    """Descent in the inputs' span is descent on the inputs: features of one network move by the same law."""
    architecture, problem = FullyConnected((40,), "tanh", sigma_b=0.0, parametrisation="mup"), digits(4, 1)
    x, table, rates = in_input_span(architecture, problem.inputs, CPU)
    of_gradient, of_step = by_layer(architecture, table, tuple(x.shape[1:]), optimiser, CPU)
    rates = rates if of_gradient is None else rates * of_gradient
    full = trainer_for(architecture, problem, optimiser)
    signs, loss = full.task.targets, full.task.loss
    small = Trainer(Task(architecture, table, x[:4], signs, optimiser, loss, 4, rates, of_step))
    # The same network in both: its first-layer weights on the span, u = (64/5)^½ Qᵀ W, with inputs x' = (5/64)^½ x Q.
    block = started(full, 1)
    q = np.linalg.qr(architecture.prepare(problem.inputs).T.astype(float))[0]
    parameters = views(full.task.table, block.rows)
    first = torch.tensor(q.T, dtype=torch.float32) @ parameters["hidden0.weight"][0] * (64 / 5) ** 0.5
    rows = torch.cat([first.flatten(), parameters["readout.weight"].flatten()])[None]
    other = EnsembleState(rows, [], block.keys, block.epochs.clone())
    torch.testing.assert_close(
        small.task.logits(rows, x),
        full.task.logits(block.rows, torch.tensor(architecture.prepare(problem.inputs))),
        rtol=1e-4,
        atol=1e-5,
    )
    for _ in range(5):
        full.epoch(block)
        small.epoch(other)
    torch.testing.assert_close(
        small.task.logits(rows, x[:4]), full.task.logits(block.rows, full.task.inputs), rtol=1e-4, atol=1e-5
    )


def features_move(parametrisation, optimiser, width, networks):
    """Root mean square change of each hidden layer's preactivations in five steps, (layers, networks)."""
    architecture = FullyConnected((width, width), "tanh", 1.0, 0.1, parametrisation)
    trainer = trainer_for(architecture, digits(16, 1), optimiser)
    block = started(trainer, networks)

    def preactivations():
        parameters = views(trainer.task.table, block.rows)
        first = architecture.linear(parameters, trainer.task.inputs, 0)
        return torch.stack([first, architecture.linear(parameters, first.tanh(), 1)])

    before = preactivations()
    for _ in range(5):
        trainer.epoch(block)
    return (preactivations() - before).square().mean((2, 3)).sqrt().numpy()


@pytest.mark.parametrize(
    ("parametrisation", "optimiser", "lowest", "highest"),
    [
        ("mup", SGD(0.5), 0, 0),
        ("mup", Adam(0.01), 0, 0),
        ("ntk", SGD(1.0), -0.5, -0.5),
        # Without rates by layer Adam's steps add up over the fan-in.
        ("standard", Adam(0.01), 0.5, 1),
    ],
)
def test_what_width_does_to_features(parametrisation, optimiser, lowest, highest):
    """The coordinate check of Yang et al. 2022, appendix D.1: the exponent of width by which features move."""
    moves = [features_move(parametrisation, optimiser, width, networks) for width, networks in WIDTHS.items()]
    width = np.repeat(np.log(list(WIDTHS)), list(WIDTHS.values()))
    fit = linregress(width, np.log(np.concatenate([each[1] for each in moves])))
    # A normal deviate passes 5 once in two million; 0.05 is for what the narrowest networks still lack of the limit.
    assert lowest - 0.05 - 5 * fit.stderr < fit.slope < highest + 0.05 + 5 * fit.stderr
    # So that the exponents can be told apart.
    assert fit.stderr < 0.05
