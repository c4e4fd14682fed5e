"""Units of learning rates: against steps that are taken, over networks and training sets, and what has none."""

import numpy as np
import pytest
import torch

from harness.errors import BadInput
from harness.networks import FullyConnected, Transformer
from harness.networks.ensemble import draw
from harness.optimisers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    GuessAndCheck,
    Momentum,
    Nesterov,
    Relative,
    RMSprop,
    Scheduled,
    WarmUp,
    Whitened,
)
from harness.optimisers.relative import with_learning_rate
from harness.problems import Problem, digits
from harness.samplers.training import units
from harness.samplers.training.state import EnsembleState
from harness.samplers.training.tangents import Tangents
from harness.samplers.training.tasks import task_on
from harness.samplers.training.trainer import Trainer
from harness.samplers.training.units import FirstStep, Sharpness, first_step, resolved, unit_of
from tests.support.plain_training import two_clouds

NETWORK = FullyConnected((10, 10))


@pytest.mark.parametrize("parametrisation", ["standard", "mup"])
@pytest.mark.parametrize("rule", [Adam(), AdamW(), RMSprop(), Adagrad(), Adadelta(), SGD()], ids=lambda rule: rule.name)
def test_a_step_at_a_thousandth_of_the_unit_moves_logits_by_a_thousandth(rule, parametrisation):
    """A step that the trainer takes, with its rates by layer, against the unit of the linearised change."""
    architecture, problem, cpu = FullyConnected((9, 6), "tanh", parametrisation=parametrisation), two_clouds(), "cpu"
    _, task = task_on(architecture, problem, with_learning_rate(rule, 1.0), "cross-entropy", problem.m, cpu)
    rows = draw(task.table, "gaussian", 4, torch.Generator().manual_seed(0)).contiguous()
    for i, unit in enumerate(first_step(Tangents(task, rows)).tolist()):
        slow = with_learning_rate(rule, unit / 1000)
        _, task = task_on(architecture, problem, slow, "cross-entropy", problem.m, cpu)
        key = torch.zeros(1, dtype=torch.int64)
        block = EnsembleState(rows[i : i + 1].clone(), slow.start(rows[i : i + 1]), key, key.clone())
        before = task.logits(block.rows, task.inputs)
        Trainer(task).epoch(block)
        moved = (task.logits(block.rows, task.inputs) - before).norm() / before.norm()
        assert float(moved) == pytest.approx(0.001, rel=0.01)


def test_units_of_descent_are_multiples_of_one_another():
    problem = digits(8, 8)
    sharpness = float(np.median(Sharpness(NETWORK, problem).compute()["values"]))
    expected = {SGD(): 2, Momentum(): 3.8, Nesterov(): 3.8 / 2.8, Whitened(SGD()): 2, Scheduled(SGD(), WarmUp(3)): 2}
    for rule, factor in expected.items():
        found = unit_of(rule, NETWORK, [problem])
        assert found == pytest.approx(factor / sharpness, rel=0.005)
        assert found == float(f"{found:.3g}")


@pytest.mark.parametrize("width", [10, 40, 160])
def test_the_two_units_of_descent_are_of_one_size(width):
    """First step over edge is 0.65, 0.93 and 0.78 at these widths: the first step that doubles the logits is within the
    edge, so the same ρ asks Adam for steps that are no larger than descent's."""
    architecture, problem = FullyConnected((width, width)), digits(8, 8)
    edge = unit_of(SGD(), architecture, [problem])
    step = float(np.median(FirstStep(architecture, problem, rule=SGD()).compute()["values"]))
    assert 0.5 < step / edge < 1.1


def test_the_unit_is_a_median_over_networks_and_training_sets():
    problems = [digits(8, 8, split=split) for split in range(3)]
    each = [Sharpness(NETWORK, problem).compute()["values"] for problem in problems]
    assert unit_of(SGD(), NETWORK, problems) == float(f"{np.median(2 / np.concatenate(each)):.3g}")
    assert len({float(np.median(values)) for values in each}) == 3


def test_a_unit_depends_neither_on_the_rules_own_rate_nor_on_the_block(monkeypatch):
    problem = digits(8, 8)
    for one, other in ((Adam(), Adam(0.5)), (SGD(0.1), SGD(0.7))):
        assert unit_of(one, NETWORK, [problem]) == unit_of(other, NETWORK, [problem])
    values = Sharpness(NETWORK, problem).compute()["values"]
    monkeypatch.setattr(units, "_BLOCK_FACTOR", 1e-9)
    np.testing.assert_allclose(Sharpness(NETWORK, problem).compute()["values"], values, rtol=1e-3)


def test_networks_of_more_classes_and_of_attention_have_units():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 5, 4)), rng.integers(0, 3, 9)
    problem = Problem.from_arrays(x[:6], y[:6], x[6:], y[6:], classes=3)
    for rule in (SGD(), Adam()):
        assert 0 < unit_of(rule, Transformer(4, 2, 5), [problem]) < 100


def test_addresses():
    """Everything that a unit depends on, and nothing else."""
    problem = digits(8, 8)
    one = Sharpness(NETWORK, problem).address
    others = [
        Sharpness(NETWORK, problem, "squared error"),
        Sharpness(NETWORK, problem, networks=8),
        Sharpness(NETWORK, problem, seed=1),
        FirstStep(NETWORK, problem),
        FirstStep(NETWORK, problem, rule=Adam()),
    ]
    assert len({repr(each) for each in (one, *(other.address for other in others))}) == 6
    assert FirstStep(NETWORK, problem, rule=Adam()).address == FirstStep(NETWORK, problem, rule=Adam(0.3)).address
    assert FirstStep(NETWORK, problem).work > 0 < Sharpness(NETWORK, problem).work


def test_resolving():
    problem = digits(8, 8)
    found, unit = resolved(Relative(Momentum(momentum=0.5), 0.3), NETWORK, [problem])
    assert found == Momentum(float(f"{0.3 * unit:.4g}"), 0.5)
    assert resolved(SGD(0.2), NETWORK, [problem]) == (SGD(0.2), None)


def test_what_has_no_unit():
    empty = Problem.from_arrays(np.zeros((0, 3)), [], np.ones((1, 3)), [0])
    with pytest.raises(BadInput, match="without training points"):
        unit_of(SGD(), NETWORK, [empty])
    with pytest.raises(BadInput, match="There is no loss"):
        Sharpness(NETWORK, digits(8, 8), "hinge")
    with pytest.raises(BadInput, match="no learning rate"):
        unit_of(GuessAndCheck(), NETWORK, [digits(8, 8)])
    dark = Problem.from_arrays(np.zeros((2, 3)), [0, 1], np.ones((1, 3)), [0])
    with pytest.raises(BadInput, match="has no unit on fcn-3-relu-no_bias"), np.errstate(divide="ignore"):
        unit_of(SGD(), FullyConnected((3,), sigma_b=0.0), [dark])
