"""Training on three classes and more: losses, steps and first fits against torch."""

import numpy as np
import pytest
import torch
from torch import nn

from harness.functions import FunctionCounts
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import draw, views
from harness.networks.gradients import automatic_gradients, gradients
from harness.networks.logits import LOSSES_OF_CLASSES, labels_of_logits, targets_of
from harness.optimisers import SGD, Adam, After, GreedyRandomSearch, Momentum, PatternSearch
from harness.optimisers.minibatches import orders, splitmix64
from harness.problems import Problem
from harness.samplers.training import Trained, train
from harness.samplers.training.state import EnsembleState, Task
from harness.samplers.training.trainer import Trainer
from tests.samplers.training.test_training import differing, drawn
from tests.support.architectures import plain_module

CLASSES = 3
LOSSES = {
    "cross-entropy": lambda z, y: nn.functional.cross_entropy(z, y),
    "squared error": lambda z, y: (z - nn.functional.one_hot(y, z.shape[1])).square().sum(1).mean(),
}
OPTIMISERS = {
    SGD(0.1): lambda parameters: torch.optim.SGD(parameters, lr=0.1),
    Momentum(0.02): lambda parameters: torch.optim.SGD(parameters, 0.02, 0.9),
    Adam(0.02): lambda parameters: torch.optim.Adam(parameters, lr=0.02),
}
each_loss = pytest.mark.parametrize("loss", LOSSES)
each_optimiser = pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)


def three_clouds(m=10, n=6, d=5, seed=0, apart=1.5):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, CLASSES, m + n)
    x = rng.normal(size=(m + n, d)) + apart * np.eye(d)[y]
    return Problem.from_arrays(x[:m], y[:m], x[m:], y[m:], classes=CLASSES)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@each_loss
def test_losses_and_their_derivatives_are_torchs(loss):
    z = torch.linspace(-20, 20, 44, dtype=torch.float64).reshape(11, 4).sin().mul(15).requires_grad_()
    y = torch.arange(11) % 4
    total = LOSSES[loss](z, y) * len(y)
    (wanted,) = torch.autograd.grad(total, z)
    targets = targets_of(y, 4).double()
    assert torch.equal(labels_of_logits(targets[None])[0], y)
    found = LOSSES_OF_CLASSES[loss]
    torch.testing.assert_close(found.slope(z.detach(), targets), wanted, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(found.value(z, targets).sum(), total, rtol=1e-9, atol=1e-12)


@each_loss
@each_optimiser
@pytest.mark.parametrize(
    "architecture", [perceptron(threshold=True), FullyConnected((6, 4), "tanh")], ids=lambda a: a.name
)
def test_epochs_equal_those_of_torch_optim(architecture, optimiser, loss):
    problem = three_clouds()
    x, y = torch.tensor(problem.train_x).double(), torch.tensor(problem.train_y).long()
    table = architecture.parameters(tuple(x.shape[1:]), CLASSES)
    rows = draw(table, architecture.distribution, 5, seeded()).double()
    block = EnsembleState(rows, optimiser.start(rows), splitmix64(torch.arange(5)), torch.zeros(5).long())
    targets = targets_of(y, CLASSES).double()
    trainer = Trainer(Task(architecture, table, x, targets, optimiser, LOSSES_OF_CLASSES[loss], 4))
    parameters = views(table, rows)
    modules = [plain_module(architecture, {name: each[i] for name, each in parameters.items()}) for i in range(5)]
    plain = [OPTIMISERS[optimiser](module.parameters()) for module in modules]
    for epoch in range(3):
        trainer.epoch(block)
        order = orders(block.keys, torch.full((5,), epoch), problem.m)
        for module, steps, own in zip(modules, plain, order, strict=True):
            for chosen in own.split(4):
                steps.zero_grad()
                LOSSES[loss](module(x[chosen]), y[chosen]).backward()
                steps.step()
    wanted = torch.stack([module(x) for module in modules])
    torch.testing.assert_close(trainer.task.logits(block.rows, x), wanted, rtol=1e-7, atol=1e-7)


def test_gradients_by_hand_equal_automatic_ones():
    architecture, x = FullyConnected((6, 4), "erf", parametrisation="ntk"), torch.randn(7, 5, dtype=torch.float64)
    table = architecture.parameters((5,), CLASSES)
    rows = draw(table, "gaussian", 3, seeded()).double()
    slopes = torch.randn(3, 7, CLASSES, dtype=torch.float64)
    by_hand, automatic = (
        each(architecture, table, rows, x, lambda _: slopes) for each in (gradients, automatic_gradients)
    )
    torch.testing.assert_close(by_hand, automatic)


@each_optimiser
def test_each_network_stops_at_its_own_first_fit(optimiser):
    architecture, problem = FullyConnected((5,)), three_clouds(m=20, n=6, d=4, seed=1, apart=3.0)
    trained = train(architecture, problem, optimiser, 30, seeded(1), batch=6, max_epochs=12, block=7)
    generator = seeded(1)
    first_key = torch.randint(2**62, (1,), generator=generator)
    table = architecture.parameters((4,), CLASSES)
    parameters = views(table, draw(table, "gaussian", 30, generator))
    x, y = torch.tensor(problem.train_x).double(), torch.tensor(problem.train_y).long()
    epochs, fitted, others = [], [], []
    for i in range(30):
        module = plain_module(architecture, {name: tensor[i] for name, tensor in parameters.items()})
        steps = OPTIMISERS[optimiser](module.parameters())
        for epoch in range(13):
            fits = torch.equal(module(x).argmax(1), y)
            if fits or epoch == 12:
                (fitted if fits else others).append(module(torch.tensor(problem.eval_x).double()).argmax(1).numpy())
                epochs += [epoch] * fits
                break
            for chosen in orders(splitmix64(first_key + i), torch.tensor([epoch]), 20)[0].split(6):
                steps.zero_grad()
                LOSSES["cross-entropy"](module(x[chosen]), y[chosen]).backward()
                steps.step()
    assert 0 < len(fitted) < 30
    assert differing(trained.epochs.tolist(), epochs) <= 1
    for found, wanted in ((trained.functions, fitted), (trained.others, others)):
        assert found.classes == CLASSES
        wanted = FunctionCounts.from_labels(np.array(wanted), CLASSES)
        assert differing(map(str, drawn_labels(found)), map(str, drawn_labels(wanted))) <= 1


def drawn_labels(counts):
    return np.repeat(np.array(counts.strings()), counts.counts)


def test_everything_else_takes_classes_too():
    problem = three_clouds(m=6)
    both = Trained.from_arrays(train(FullyConnected((5,)), problem, SGD(0.1), 20, seeded()).to_arrays())
    both = both + train(FullyConnected((5,)), problem, SGD(0.1), 20, seeded(1), stop=After(updates=3))
    assert (both.functions.classes, both.others.classes, both.networks) == (CLASSES, CLASSES, 40)
    assert both.stopped.total == 40
    assert len(drawn(both.functions)) == len(both.epochs)
    for searcher in (GreedyRandomSearch(), PatternSearch()):
        found = train(FullyConnected((5,)), problem, searcher, 20, seeded(), max_epochs=2000)
        assert found.unfitted == 0


def test_ten_classes_of_digits_are_learnt():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(10, 20))
    y = np.tile(np.arange(10), 5)
    x = centres[y] + 0.3 * rng.normal(size=(50, 20))
    problem = Problem.from_arrays(x[:30], y[:30], x[30:], y[30:], classes=10)
    trained = train(FullyConnected((40,)), problem, Adam(0.01), 20, seeded(), max_epochs=200)
    assert trained.unfitted == 0
    assert (trained.functions.labels() == y[30:]).mean() > 0.95
