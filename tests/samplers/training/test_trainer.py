"""Steps of an ensemble against those of torch.optim, and of each network alone."""

import numpy as np
import pytest
import torch

from harness.networks import FullyConnected
from harness.networks.ensemble import draw, views
from harness.networks.logits import LOSSES
from harness.optimisers import SGD
from harness.optimisers.minibatches import orders, splitmix64
from harness.samplers.training.rate_factors import in_input_span
from harness.samplers.training.state import EnsembleState, Task
from harness.samplers.training.trainer import Trainer
from tests.support import plain_training
from tests.support.architectures import ARCHITECTURES, plain_module, standard
from tests.support.plain_training import OPTIMISERS, plain_epoch, two_clouds

CPU = torch.device("cpu")
each_optimiser = pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
each_loss = pytest.mark.parametrize("loss", LOSSES)
in_standard = [a for a in ARCHITECTURES if a.parametrisation == "standard"]


def a_trainer(architecture, problem, optimiser, loss="cross-entropy", batch=4, networks=5, seed=0):
    """A trainer and an ensemble in float64, where rounding is far below every tolerance."""
    x = torch.tensor(architecture.prepare(problem.train_x)).double()
    signs = torch.tensor(problem.train_y).double() * 2 - 1
    table = architecture.parameters(tuple(x.shape[1:]))
    rows = draw(table, architecture.distribution, networks, torch.Generator().manual_seed(seed)).double()
    block = EnsembleState(rows, optimiser.start(rows), splitmix64(torch.arange(networks)), torch.zeros(networks).long())
    return Trainer(Task(architecture, table, x, signs, optimiser, LOSSES[loss], batch)), block


def modules_of(trainer, block):
    """The same networks as torch.nn modules."""
    parameters = standard(trainer.task.architecture, views(trainer.task.table, block.rows))
    each = [{name: tensor[i] for name, tensor in parameters.items()} for i in range(len(block))]
    return [plain_module(trainer.task.architecture, parameters) for parameters in each]


def train_both(trainer, block, problem, optimisers, loss, epochs=3):
    """Train the block, and its modules by torch.optim on the same minibatches; assert that their logits are equal."""
    modules, y = modules_of(trainer, block), torch.tensor(problem.train_y).double()
    plain = [optimisers(module) for module in modules]
    for epoch in range(epochs):
        trainer.epoch(block)
        order = orders(block.keys, torch.full((len(block),), epoch), problem.m)
        for module, steps, each in zip(modules, plain, order, strict=True):
            plain_epoch(module, steps, trainer.task.inputs, y, loss, each, trainer.task.batch)
    wanted = torch.stack([module(trainer.task.inputs)[:, 0] for module in modules])
    torch.testing.assert_close(trainer.task.logits(block.rows, trainer.task.inputs), wanted, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("architecture", in_standard, ids=lambda a: a.name)
@each_optimiser
@each_loss
def test_epochs_equal_those_of_torch_optim(architecture, optimiser, loss):
    # Ten points by fours: the last batch is shorter. Each network has an order of its own.
    problem = two_clouds()
    trainer, block = a_trainer(architecture, problem, optimiser, loss)
    train_both(trainer, block, problem, lambda module: OPTIMISERS[optimiser](module.parameters()), loss)


@each_optimiser
def test_a_batch_larger_than_the_training_set_is_all_of_it(optimiser):
    problem = two_clouds()
    trainer, block = a_trainer(FullyConnected((4,)), problem, optimiser, batch=99)
    train_both(trainer, block, problem, lambda module: OPTIMISERS[optimiser](module.parameters()), "cross-entropy")


@each_loss
def test_the_ntk_parametrisation_trains_by_its_own_factors(loss):
    """Descent at rate η on parameters that a factor g multiplies is descent at g²η on the product."""
    problem = two_clouds()
    trainer, block = a_trainer(FullyConnected((6, 5), "tanh", 1.4, 0.3, "ntk"), problem, SGD(0.3), loss)

    def by_layer(module):
        rates = [(p, 0.3**2 if p.ndim == 1 else 1.4**2 / p.shape[1]) for p in module.parameters()]
        return torch.optim.SGD([{"params": [p], "lr": 0.3 * squared} for p, squared in rates])

    train_both(trainer, block, problem, by_layer, loss)


@each_optimiser
def test_networks_train_alike_alone_in_company_and_at_different_ages(optimiser):
    trainer, together = a_trainer(FullyConnected((6, 4)), two_clouds(), optimiser, networks=6)
    alone = [together.select(torch.tensor([i])) for i in range(6)]
    # The first three begin two epochs before the others join them; the second leaves after the fourth epoch.
    first, rest = together.select(torch.arange(3)), together.select(torch.arange(3, 6))
    for _ in range(2):
        trainer.epoch(first)
    block = first.join(rest)
    for _ in range(2):
        trainer.epoch(block)
    block = block.select(torch.tensor([0, 2, 3, 4, 5]))
    trainer.epoch(block)
    for i, epochs, row in zip((0, 2, 3, 4, 5), (5, 5, 3, 3, 3), block.rows, strict=True):
        for _ in range(epochs):
            trainer.epoch(alone[i])
        torch.testing.assert_close(row, alone[i].rows[0], rtol=1e-9, atol=1e-12)
    assert block.epochs.tolist() == [5, 5, 3, 3, 3]


@each_loss
@pytest.mark.parametrize("architecture", [FullyConnected((6, 4)), FullyConnected((5,), "tanh", parametrisation="ntk")])
def test_descent_in_the_least_dimension_is_descent(architecture, loss):
    """Networks whose first-layer weights are turned into the inputs' span have the same logits all along."""
    problem = two_clouds(m=6, n=2, d=30)
    whole, block = a_trainer(architecture, problem, SGD(0.1), loss)
    x, table, rates = in_input_span(architecture, problem.inputs, CPU)
    assert x.shape == (8, 8)
    # W' = c QᵀW with X = RᵀQᵀ, so that X'W' = XW up to the forward pass's factor of the fan-in.
    q, r = np.linalg.qr(problem.inputs.T.astype(float))
    turn = torch.tensor(np.sqrt(30 / 8) * q if architecture.parametrisation == "standard" else q)
    np.testing.assert_allclose(x, r.T * np.sqrt(8 / 30), atol=1e-5)
    parameters = views(whole.task.table, block.rows)
    parameters["hidden0.weight"] = turn.mT @ parameters["hidden0.weight"]
    rows = torch.cat([tensor.flatten(1) for tensor in parameters.values()], dim=1)
    targets = whole.task.targets
    small = Trainer(Task(architecture, table, x[:6].double(), targets, SGD(0.1), LOSSES[loss], 4, rates.double()))
    turned = EnsembleState(rows, [], block.keys, block.epochs.clone())
    evaluation = torch.tensor(problem.eval_x).double()
    for _ in range(10):
        for trainer, networks in ((whole, block), (small, turned)):
            trainer.epoch(networks)
        wanted = whole.task.logits(block.rows, evaluation)
        torch.testing.assert_close(small.task.logits(turned.rows, x[6:].double()), wanted, rtol=1e-4, atol=1e-4)


@each_loss
def test_losses_and_their_derivatives_are_torchs(loss):
    z = torch.linspace(-30, 30, 41, dtype=torch.float64, requires_grad=True)
    for y in (0.0, 1.0):
        labels = torch.full_like(z, y)
        total = plain_training.LOSSES[loss](z, labels) * len(z)
        (wanted,) = torch.autograd.grad(total, z)
        torch.testing.assert_close(LOSSES[loss].slope(z.detach(), 2 * labels - 1), wanted, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(LOSSES[loss].value(z, 2 * labels - 1).sum(), total, rtol=1e-9, atol=1e-12)
    assert LOSSES[loss].slope(torch.tensor([-1e4, 1e4]), torch.ones(2)).isfinite().all()


def test_a_check_finds_who_fits_and_who_diverged():
    # 70 points, so that networks are sorted out at every one of three checks of a few points.
    architecture, problem = FullyConnected((3,), "tanh"), two_clouds(m=70, d=3, apart=4)
    trainer, block = a_trainer(architecture, problem, SGD(0.1), networks=4000)
    block.rows[7, 2] = float("nan")
    fits, diverged = trainer.check_fit(block.rows)
    right = (trainer.task.logits(block.rows, trainer.task.inputs) > 0) == (trainer.task.targets > 0)
    assert torch.equal(fits, right.all(1))
    assert diverged.nonzero().tolist() == [[7]]
    until = right.long().cumprod(1).sum(1)
    assert {0, 1, 2} <= set((until[until < 70] // 32).tolist())
    assert fits.any()


def test_those_that_stay_move_up_with_all_that_is_theirs():
    numbers = torch.arange(6.0)
    for staying in ([0, 1, 2, 3, 4, 5], [1, 3, 4], [0, 5], [2], []):
        rows, first, initial = (numbers[:, None] * factor + torch.arange(3.0) for factor in (10, 20, 30))
        block = EnsembleState(rows, [numbers + 40, first], numbers.long() + 50, numbers.long() + 60, initial)
        stays = torch.zeros(6).bool()
        stays[staying] = True
        kept = block.compact(stays)
        who = kept.keys - 50
        assert sorted(who.tolist()) == staying
        for found, wanted in zip(
            (kept.rows, *kept.state, kept.epochs, kept.initial),
            (
                who[:, None] * 10 + torch.arange(3.0),
                who + 40.0,
                who[:, None] * 20 + torch.arange(3.0),
                who + 60,
                who[:, None] * 30 + torch.arange(3.0),
            ),
            strict=True,
        ):
            assert torch.equal(found, wanted)
