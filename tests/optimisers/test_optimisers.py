"""Every optimiser against torch.optim on the same batches, schedules against torch's, and what each refuses."""

import ast

import pytest
import torch

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.optimisers import (
    OPTIMISERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    BinaryConnect,
    Cosine,
    GradientDescent,
    Langevin,
    Momentum,
    Nesterov,
    RMSprop,
    Scheduled,
    StepDecay,
    WarmUp,
    Whitened,
)
from harness.samplers.training import train
from tests.samplers.training.test_trainer import a_trainer, train_both
from tests.support.plain_training import two_clouds

optim, schedulers = torch.optim, torch.optim.lr_scheduler

PLAIN = {
    Momentum(0.1): lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    Nesterov(0.1, 0.8): lambda p: optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True),
    SGD(0.2, 0.3): lambda p: optim.SGD(p, lr=0.2, weight_decay=0.3),
    Momentum(0.1, 0.7, 0.2): lambda p: optim.SGD(p, lr=0.1, momentum=0.7, weight_decay=0.2),
    Nesterov(0.1, 0.8, 0.2): lambda p: optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.2),
    Adam(0.02, 0.8, 0.9, 1e-3, 0.5): lambda p: optim.Adam(p, 0.02, (0.8, 0.9), 1e-3, 0.5),
    AdamW(0.01): lambda p: optim.AdamW(p, lr=0.01),
    AdamW(0.02, 0.8, 0.9, 1e-3, 0.5): lambda p: optim.AdamW(p, 0.02, (0.8, 0.9), 1e-3, 0.5),
    RMSprop(0.01): lambda p: optim.RMSprop(p, lr=0.01),
    RMSprop(0.02, 0.5, 1e-2): lambda p: optim.RMSprop(p, 0.02, 0.5, 1e-2),
    Adagrad(0.05): lambda p: optim.Adagrad(p, lr=0.05),
    Adagrad(0.05, 1e-2): lambda p: optim.Adagrad(p, lr=0.05, eps=1e-2),
    Adadelta(): lambda p: optim.Adadelta(p),
    Adadelta(0.5, 0.7, 1e-3): lambda p: optim.Adadelta(p, 0.5, 0.7, 1e-3),
}
EVERY = [*PLAIN, SGD(0.3), GradientDescent(0.3), Adam(0.01), Langevin(), Whitened(Momentum(0.1))]
EVERY += [Scheduled(Scheduled(AdamW(0.02), WarmUp(4)), Cosine(20, 0.1)), BinaryConnect(Adam(0.02))]
each_of_all = pytest.mark.parametrize("optimiser", EVERY, ids=repr)
ARCHITECTURE = FullyConnected((6, 4), "tanh")


@pytest.mark.parametrize("optimiser", PLAIN, ids=repr)
def test_steps_equal_those_of_torch_optim(optimiser):
    problem = two_clouds()
    trainer, block = a_trainer(ARCHITECTURE, problem, optimiser)
    train_both(trainer, block, problem, lambda module: PLAIN[optimiser](module.parameters()), "cross-entropy", epochs=6)


class TorchScheduled:
    """torch.optim with a scheduler stepped after every update."""

    def __init__(self, optimiser, *schedules):
        self.optimiser, self.schedules = optimiser, [schedule(optimiser) for schedule in schedules]

    def zero_grad(self):
        self.optimiser.zero_grad()

    def step(self):
        self.optimiser.step()
        for schedule in self.schedules:
            schedule.step()


SCHEDULES = {
    # Eighteen updates are made: the schedules end before, at, and after the last one.
    (Cosine(10, 0.2),): [
        lambda o: schedulers.SequentialLR(
            o,
            [
                schedulers.CosineAnnealingLR(o, 10, 0.2 * o.param_groups[0]["lr"]),
                schedulers.ConstantLR(o, 0.2, 10**6),
            ],
            [11],
        )
    ],
    (Cosine(18),): [lambda o: schedulers.CosineAnnealingLR(o, 18)],
    (StepDecay(5, 0.3),): [lambda o: schedulers.StepLR(o, 5, 0.3)],
    (WarmUp(7),): [lambda o: schedulers.LinearLR(o, 1 / 7, 1.0, 6)],
    (WarmUp(4), StepDecay(6)): [
        lambda o: schedulers.LinearLR(o, 1 / 4, 1.0, 3),
        lambda o: schedulers.StepLR(o, 6, 0.1),
    ],
}


@pytest.mark.parametrize("schedules", SCHEDULES, ids=repr)
@pytest.mark.parametrize("optimiser", [SGD(0.3), Nesterov(0.1, 0.8), AdamW(0.01)], ids=repr)
def test_schedules_equal_those_of_torch(optimiser, schedules):
    problem, scheduled = two_clouds(), optimiser
    for schedule in schedules:
        scheduled = Scheduled(scheduled, schedule)
    trainer, block = a_trainer(ARCHITECTURE, problem, scheduled)
    plain = {SGD(0.3): lambda p: optim.SGD(p, lr=0.3), **PLAIN}[optimiser]

    def with_schedules(module):
        return TorchScheduled(plain(module.parameters()), *SCHEDULES[schedules])

    train_both(trainer, block, problem, with_schedules, "cross-entropy", epochs=6)


@each_of_all
def test_networks_train_alike_alone_and_at_different_ages(optimiser):
    trainer, together = a_trainer(ARCHITECTURE, two_clouds(), optimiser, networks=4)
    alone = [together.select(torch.tensor([i])) for i in range(4)]
    old, young = together.select(torch.arange(2)), together.select(torch.arange(2, 4))
    for _ in range(2):
        trainer.epoch(old)
    block = old.join(young)
    for _ in range(3):
        trainer.epoch(block)
    for each, epochs, row in zip(alone, (5, 5, 3, 3), block.rows, strict=True):
        for _ in range(epochs):
            trainer.epoch(each)
        torch.testing.assert_close(row, each.rows[0], rtol=1e-9, atol=1e-12)


def test_gradient_descent_takes_all_of_s_whatever_the_batch():
    problem = two_clouds(m=12)
    runs = [
        train(ARCHITECTURE, problem, optimiser, 40, torch.Generator().manual_seed(0), batch=batch)
        for optimiser, batch in ((GradientDescent(0.3), 2), (GradientDescent(0.3), 12), (SGD(0.3), 12), (SGD(0.3), 2))
    ]
    epochs = [run.epochs.tolist() for run in runs]
    assert epochs[0] == epochs[1] == epochs[2] != epochs[3]


@each_of_all
def test_a_repr_says_everything_and_names_differ(optimiser):
    """The repr makes the same optimiser again: it is what a stored sample is addressed by."""
    tree = ast.parse(repr(optimiser), mode="eval")
    assert not any(isinstance(node, ast.Attribute) for node in ast.walk(tree))
    assert eval(repr(optimiser)) == optimiser
    assert [each.name for each in EVERY].count(optimiser.name) == 1


def test_without_weight_decay_addresses_and_names_are_as_before_there_was_any():
    assert repr(SGD(0.1)) == "SGD(learning_rate=0.1)"
    assert repr(GradientDescent(0.1)) == "GradientDescent(learning_rate=0.1)"
    assert repr(Nesterov()) == "Nesterov(learning_rate=0.01, momentum=0.9)"
    assert repr(Adam()) == "Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08)"
    moments = "learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-08"
    assert repr(AdamW()) == f"AdamW({moments}, weight_decay=0.01)"
    assert repr(AdamW(weight_decay=0.0)) == f"AdamW({moments}, weight_decay=0.0)"
    assert repr(SGD(0.1, 0.5)) == "SGD(learning_rate=0.1, weight_decay=0.5)"
    assert (SGD(0.1).name, SGD(0.1, 0.5).name, Adam().name) == (
        "sgd-lr0.1",
        "sgd-lr0.1-weight_decay_0.5",
        "adam-lr0.001",
    )


def test_everything_is_found_by_name():
    for name, kind in OPTIMISERS.items():
        optimiser = kind(learning_rate=0.25)
        assert "0.25" in repr(optimiser), name
        assert "lr0.25" in optimiser.name
    assert len({kind().name for kind in OPTIMISERS.values()}) == len(OPTIMISERS)


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_learning_rates_are_positive_numbers(name, rate):
    with pytest.raises(BadInput, match="learning rate"):
        OPTIMISERS[name](learning_rate=rate)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Momentum(momentum=1.0), "momentum lies from 0"),
        (lambda: Adam(beta2=-0.1), "beta2 lies from 0"),
        (lambda: RMSprop(alpha=1.5), "alpha lies from 0"),
        (lambda: Adadelta(rho=float("nan")), "rho lies from 0"),
        (lambda: AdamW(weight_decay=-1.0), "weight decay"),
        (lambda: SGD(weight_decay=-1.0), "weight decay"),
        (lambda: Momentum(weight_decay=float("nan")), "weight decay"),
        (lambda: Langevin(temperature=0.0), "temperature"),
        (lambda: Scheduled(Langevin(), Cosine(5)), "takes no schedule"),
        (lambda: Whitened(Langevin()), "noise of its own already"),
        (lambda: Cosine(0), "number of steps is a whole number of at least 1"),
        (lambda: StepDecay(0), "number of steps is a whole number of at least 1"),
        (lambda: WarmUp(-3), "number of steps is a whole number of at least 1"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(make, said):
    with pytest.raises(BadInput, match=said):
        make()
