"""`from_optim`: every optimiser of torch.optim equals a loop over networks with torch, or is refused in a sentence."""

import pytest
import torch
from torch import nn, optim

from harness.errors import BadInput
from harness.networks import FullyConnected, from_module
from harness.optimisers import SGD, Adam, Momentum, Nesterov, Relative, Scheduled, StepDecay, from_optim
from harness.optimisers.relative import stability_limit
from harness.problems import digits
from harness.samplers.training import train
from harness.samplers.training.tasks import task_on
from harness.samplers.training.units import resolved
from tests.support.plain_training import two_clouds

NETWORK = FullyConnected((4,), "tanh")
SHAPES = {"hidden0.weight": (5, 4), "hidden0.bias": (1, 4), "readout.weight": (4, 1), "readout.bias": (1, 1)}
SIZE = 5 * 4 + 4 + 4 + 1

REFUSED = {
    optim.LBFGS: "closure",
    optim.Adafactor: "remembers 'row_var' of a parameter|does not treat each number by itself",
    optim.SparseAdam: "cannot step a parameter along a dense gradient",
    optim.Muon: "does not treat each number by itself",
}
ARGUMENTS = {
    optim.SGD: [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.2}],
    optim.Adam: [{"lr": 0.01}, {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1}],
    optim.RMSprop: [{"lr": 0.01}, {"lr": 0.01, "momentum": 0.5, "centered": True}],
}
EVERY = [
    kind
    for kind in vars(optim).values()
    if isinstance(kind, type) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer
]
ELEMENTWISE = [(kind, how) for kind in EVERY if kind not in REFUSED for how in ARGUMENTS.get(kind, [{}, {"lr": 0.02}])]


def gradients(networks, steps, seed=3):
    return torch.randn(steps, networks, SIZE, generator=torch.Generator().manual_seed(seed))


def stepped(optimiser, rows, gradient):
    """All networks together, the last two begin two steps later, as networks that come and go do."""
    rows, late = rows.clone(), len(rows) - 2
    first = rows[:late].clone()
    state = optimiser.start(first)
    for each in gradient[:2]:
        optimiser.step(first, each[:late].clone(), state)
    rows[:late] = first
    state = [torch.cat(pair) for pair in zip(state, optimiser.start(rows[late:]), strict=True)]
    for each in gradient[2:]:
        optimiser.step(rows, each.clone(), state)
    return rows


def alone(make, row, gradient):
    parameter = nn.Parameter(row.clone())
    one = make([parameter])
    for each in gradient:
        parameter.grad = each.clone()
        one.step()
    return parameter.detach()


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_every_optimiser_is_taken_or_refused(kind):
    if kind in REFUSED:
        with pytest.raises(BadInput, match=REFUSED[kind]):
            from_optim(kind)
    else:
        assert from_optim(kind).name == f"torch_{kind.__name__.lower()}"


@pytest.mark.parametrize(("kind", "how"), ELEMENTWISE, ids=lambda each: getattr(each, "__name__", str(each)))
@pytest.mark.parametrize("by_layer", [False, True])
def test_steps_are_those_of_a_plain_loop(kind, how, by_layer):
    rows, gradient = torch.randn(5, SIZE, generator=torch.Generator().manual_seed(1)), gradients(5, 6)
    optimiser = from_optim(kind, by_layer=by_layer, **how).on(SHAPES, torchs=False)
    found = stepped(optimiser, rows, gradient)
    for i in range(5):
        wanted = alone(lambda p: kind(p, **how), rows[i], gradient[0 if i < 3 else 2 :, i])
        torch.testing.assert_close(found[i], wanted, rtol=1e-6, atol=1e-7)


def test_matrices_are_given_to_muon_as_torch_has_them():
    rows, gradient = torch.randn(4, SIZE, generator=torch.Generator().manual_seed(1)), gradients(4, 5)
    muon = from_optim(optim.Muon, lr=0.1, by_layer=True, others=from_optim(optim.AdamW, lr=0.05))
    found = stepped(muon.on(SHAPES, torchs=False), rows, gradient)
    for i in range(4):
        own, start = gradient[0 if i < 2 else 2 :, i], 0
        for name, shape in SHAPES.items():
            columns = slice(start, start + torch.Size(shape).numel())
            start = columns.stop
            if name.endswith("bias"):
                wanted = alone(lambda p: optim.AdamW(p, lr=0.05), rows[i, columns], own[:, columns])
            else:
                row, g = rows[i, columns].view(shape).T, own[:, columns].view(-1, *shape).mT
                wanted = alone(lambda p: optim.Muon(p, lr=0.1), row, g).T.flatten()
            torch.testing.assert_close(found[i, columns], wanted, rtol=1e-5, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    ("own", "by_torch"),
    [
        (SGD(0.3), from_optim(optim.SGD, lr=0.3)),
        (Momentum(0.1, 0.9), from_optim(optim.SGD, lr=0.1, momentum=0.9)),
        (Adam(0.02), from_optim(optim.Adam, lr=0.02, fused=True)),
    ],
    ids=lambda each: each.name,
)
def test_own_optimisers_to_the_bit(own, by_torch):
    rows, gradient = torch.randn(40, SIZE, generator=torch.Generator().manual_seed(1)), gradients(40, 8)
    assert torch.equal(stepped(own, rows, gradient), stepped(by_torch, rows, gradient))


@pytest.mark.parametrize(
    "optimiser",
    [
        from_optim(optim.NAdam, lr=0.05),
        from_optim(optim.Muon, lr=0.1, by_layer=True, others=from_optim(optim.AdamW, lr=0.05)),
        Scheduled(from_optim(optim.Adam, lr=0.05, by_layer=True), StepDecay(10_000)),
    ],
    ids=lambda each: each.name,
)
def test_networks_are_trained_whatever_the_block(optimiser):
    def net():
        return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1))

    for network in (NETWORK, from_module(net, initial="he")):
        alone, together = (
            train(network, two_clouds(), optimiser, 4, torch.Generator().manual_seed(0), block=block, max_epochs=300)
            for block in (1, 4)
        )
        assert alone.fitted == 4
        assert alone.functions == together.functions


def test_what_names_an_optimiser():
    muon = from_optim(optim.Muon, lr=0.1, by_layer=True, others=from_optim(optim.AdamW, lr=0.05))
    assert muon.name == "torch_muon-lr0.1-by_layer-torch_adamw-lr0.05"
    assert repr(from_optim(optim.Adam, lr=0.1)) == "from_optim(torch.optim.adam.Adam, lr=0.1)"
    assert from_optim(optim.AdamW).weight_decay == 0.01
    made = from_optim(optim.AdamW, lr=0.1)
    _, task = task_on(NETWORK, two_clouds(), made, "cross-entropy", 4, torch.device("cpu"))
    assert repr(task.optimiser) == repr(made)


class Forgetful(optim.SGD):
    def step(self):
        self.param_groups[0]["lr"] *= 0.9
        return super().step()


def test_refusals():
    with pytest.raises(BadInput, match="class such as"):
        from_optim(optim.Adam([nn.Parameter(torch.zeros(1))]))
    with pytest.raises(BadInput, match="for all parameters at once"):
        from_optim(Forgetful, lr=0.1)
    with pytest.raises(BadInput, match="give by_layer=True"):
        from_optim(optim.Adam, others=from_optim(optim.SGD))
    with pytest.raises(BadInput, match="layers' shapes"):
        from_optim(optim.Adam, by_layer=True).start(torch.zeros(2, 3))
    with pytest.raises(BadInput, match="cannot step a parameter"):
        from_optim(optim.Adam, learning=3)


@pytest.mark.parametrize(
    ("arguments", "own"),
    [
        ({}, SGD()),
        ({"momentum": 0.5}, Momentum(momentum=0.5)),
        ({"momentum": 0.5, "nesterov": True}, Nesterov(momentum=0.5)),
    ],
)
def test_rates_relative_to_the_edge_are_those_of_the_own_rule(arguments, own):
    rule = from_optim(torch.optim.SGD, lr=0.2, **arguments)
    assert Relative(rule, 0.3).name.startswith("torch_sgd-rho0.3")
    assert stability_limit(Relative(rule, 0.3).rule) == stability_limit(own)
    problem, network = digits(4, 4), FullyConnected((3,))
    (found, unit), (known, same) = (resolved(Relative(each, 0.3), network, [problem]) for each in (rule, own))
    assert (unit, found.arguments["lr"]) == (same, known.learning_rate)


def test_rates_of_other_classes_are_relative_to_a_first_step():
    problem, network = digits(4, 4), FullyConnected((3,))
    found = [resolved(Relative(each, 0.3), network, [problem])[1] for each in (from_optim(torch.optim.Adam), Adam())]
    assert found[0] == found[1]
    assert stability_limit(from_optim(torch.optim.Adam)) is None


def test_descent_on_a_quadratic_diverges_just_beyond_the_limit_that_is_said():
    for arguments in ({"momentum": 0.6, "dampening": 0.5}, {"momentum": 0.6}, {"momentum": 0.6, "nesterov": True}):
        limit = from_optim(torch.optim.SGD, **arguments).stability_limit
        ends = []
        for factor in (0.98, 1.02):
            x = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
            rule = torch.optim.SGD([x], lr=factor * limit, **arguments)
            for _ in range(2000):
                x.grad = x.detach().clone()
                rule.step()
            ends.append(abs(float(x.detach())))
        assert ends[0] < 1e-3 < 1e3 < ends[1]


def test_two_rates_are_not_relative():
    muon = from_optim(torch.optim.Muon, by_layer=True, others=from_optim(torch.optim.AdamW))
    with pytest.raises(BadInput, match="has not one learning rate, lr, that could be relative"):
        Relative(muon, 0.3)
