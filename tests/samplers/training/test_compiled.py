"""The compiled engine against that of torch, on the same networks and minibatches; and which tasks it is chosen for."""

from dataclasses import dataclass, replace
from unittest.mock import patch

import pytest
import torch

from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import draw
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, Adadelta, Adagrad, Adam, AdamW, GradientDescent, Momentum, Nesterov, RMSprop
from harness.optimisers.minibatches import splitmix64
from harness.samplers.training.compiled import CompiledTrainer
from harness.samplers.training.loop import engine_for
from harness.samplers.training.state import EnsembleState, Task
from harness.samplers.training.trainer import Trainer
from tests.support.plain_training import two_clouds

OPTIMISERS = [
    SGD(0.05),
    GradientDescent(0.05),
    Momentum(0.02, 0.7),
    Nesterov(0.02),
    Adam(0.02),
    Adam(0.01, 0.8, 0.95, 1e-3),
    RMSprop(0.002, 0.95, 1e-3),
    Adagrad(0.02, 1e-4),
    Adadelta(0.7, 0.8, 1e-4),
    SGD(0.02, 0.3),
    Nesterov(0.02, 0.8, 0.2),
    Adam(0.02, weight_decay=0.5),
]
ARCHITECTURES = [
    perceptron(),
    perceptron(threshold=True),
    FullyConnected((7,)),
    FullyConnected((6, 17), sigma_b=0.0),
    FullyConnected((33, 20, 5), sigma_w=1.7, sigma_b=0.4, distribution="uniform"),
    FullyConnected((1, 9)),
    FullyConnected((10, 160, 8), sigma_b=0.0),
]


def started(
    architecture,
    optimiser,
    loss="cross-entropy",
    batch=4,
    m=10,
    networks=5,
    rates=False,
    dtype=torch.float32,
    problem=None,
):
    problem = problem or two_clouds(m=m)
    x = torch.tensor(architecture.prepare(problem.train_x))
    table = architecture.parameters(tuple(x.shape[1:]))
    rows = draw(table, architecture.distribution, networks, torch.Generator().manual_seed(0)).contiguous()
    signs = torch.tensor(problem.train_y).to(dtype) * 2 - 1
    rates = torch.linspace(0.5, 2, rows.shape[1]).to(dtype) if rates else None
    task = Task(architecture, table, x.to(dtype), signs, optimiser, LOSSES[loss], batch, rates)
    rows = rows.to(dtype)
    return task, EnsembleState(
        rows, optimiser.start(rows), splitmix64(torch.arange(networks)), torch.zeros(networks).long()
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=repr)
@pytest.mark.parametrize("loss", LOSSES)
def test_epochs_equal_those_in_double_precision(architecture, optimiser, loss):
    # Ten points by fours: the last batch is shorter. Numbers in single precision against torch in double.
    (task, block), (other, exact) = (
        started(architecture, optimiser, loss, dtype=dtype) for dtype in (torch.float32, torch.float64)
    )
    compiled, plain = engine_for(task), engine_for(other)
    assert (type(compiled), type(plain)) == (CompiledTrainer, Trainer)
    for epochs in range(1, 4):
        compiled.epoch(block)
        plain.epoch(exact)
        assert block.epochs.tolist() == [epochs] * 5
        torch.testing.assert_close(block.rows, exact.rows.float(), rtol=2e-4, atol=2e-4)
    for state, wanted in zip(block.state, exact.state, strict=True):
        torch.testing.assert_close(state, wanted.float(), rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("optimiser", [SGD(0.3), Adam(0.02), SGD(0.3, 0.2)], ids=repr)
@pytest.mark.parametrize(
    ("batch", "updates"), [(4, 1), (4, 2), (1, None), (3, None), (9, None), (10, None), (99, None)]
)
def test_rates_batches_and_passes_that_end_early(optimiser, batch, updates):
    both = [
        started(FullyConnected((6, 5)), optimiser, batch=batch, rates=True, dtype=dtype)
        for dtype in (torch.float32, torch.float64)
    ]
    for _ in range(2):
        for task, block in both:
            engine_for(task).epoch(block, updates)
    torch.testing.assert_close(both[0][1].rows, both[1][1].rows.float(), rtol=2e-4, atol=2e-4)


# There are compiled steps of the first optimiser, but not of the second.
@pytest.mark.parametrize(
    ("optimiser", "kind"), [(SGD(0.1), CompiledTrainer), (AdamW(0.1), Trainer)], ids=["sgd", "adamw"]
)
@pytest.mark.parametrize("m", [1, 16, 45])
def test_a_check_finds_who_fits_and_who_diverged(m, optimiser, kind):
    # 45 points, so that networks are sorted out at every one of six checks of a few points.
    problem = two_clouds(m=m, d=3, apart=4)
    task, block = started(FullyConnected((3,)), optimiser, networks=40_000, problem=problem)
    engine = engine_for(task)
    assert type(engine) is kind
    block.rows[7, 2] = float("nan")
    block.rows[9, -1] = float("inf")
    right = (task.logits(block.rows, task.inputs) > 0) == (task.targets > 0)
    # What is compiled asks torch for no logits.
    with patch.object(Task, "logits", side_effect=AssertionError):
        fits, diverged = engine.check_fit(block.rows)
    finite = torch.ones(40_000).bool()
    finite[[7, 9]] = False
    assert torch.equal(fits, right.all(1) & finite)
    assert torch.equal(diverged, ~finite)
    assert 0 < fits.sum() < 30_000
    until = right.long().cumprod(1).sum(1)
    assert set(range(-(-m // 8))) <= set((until[until < m] // 8).tolist())


def until_it_fits(block, most, train):
    """Each network by itself: how it ended, and its numbers, epochs and optimiser's state then."""
    ends = []
    for n in range(len(block)):
        one = block.select(torch.tensor([n]))
        outcome = (False, False)
        while not any(outcome) and one.epochs[0] < most:
            outcome = tuple(bool(each) for each in train(one))
        ends.append((outcome, [one.rows, one.epochs, *one.state]))
    return ends


@pytest.mark.parametrize("optimiser", [SGD(0.3), Adam(0.02), SGD(1e18)], ids=repr)
@pytest.mark.parametrize("batch", [4, 10])
def test_epochs_until_it_fits_are_epochs_with_a_check_after_each(optimiser, batch):
    task, block = started(FullyConnected((6, 5)), optimiser, batch=batch, networks=100)
    block.epochs[:30] = 5  # some are further than others
    engine = CompiledTrainer(task)

    def epoch_and_check(one):
        engine.epoch(one)
        return engine.check_fit(one.rows)

    expected = until_it_fits(block, 11, epoch_and_check)
    found = until_it_fits(block, 11, lambda one: engine.epochs_until_fit(one, 11))
    assert [outcome for outcome, _ in found] == [outcome for outcome, _ in expected]
    for (_, ours), (_, theirs) in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)
    engine.epochs_until_fit(block, 11)
    assert (block.epochs > 5).any()
    assert (block.epochs <= 11).all()


def test_a_network_that_diverges_stays_so():
    task, block = started(FullyConnected((8, 8)), SGD(1e8), "squared error", networks=20)
    engine = CompiledTrainer(task)
    for _ in range(30):
        engine.epoch(block)
    fits, diverged = engine.check_fit(block.rows)
    assert diverged.all()
    assert not fits.any()


@dataclass(frozen=True)
class OtherSGD(SGD):
    """Might step otherwise."""


@pytest.mark.parametrize(
    ("architecture", "optimiser"),
    [
        (FullyConnected((4,), "tanh"), SGD(0.1)),
        (FullyConnected((4,), parametrisation="ntk"), SGD(0.1)),
        (FullyConnected((4,)), AdamW(0.1)),
        (FullyConnected((4,)), OtherSGD(0.1)),
    ],
)
def test_it_is_chosen_for_nothing_it_does_not_support(architecture, optimiser):
    task, _ = started(architecture, optimiser)
    assert type(engine_for(task)) is Trainer


def test_it_is_not_chosen_for_factors_of_steps():
    task, _ = started(FullyConnected((4,)), SGD(0.1))
    assert type(engine_for(replace(task, step_rates=torch.tensor(0.5)))) is Trainer
