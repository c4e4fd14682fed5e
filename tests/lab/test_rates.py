"""The lab gives relative optimisers their rates, wherever one is an argument, and the cell's record has them."""

from math import prod

import pytest

from harness.networks import FullyConnected
from harness.optimisers import SGD, Adam, Momentum, Relative
from harness.problems import digits, training_sets
from harness.run.plan.recorder import Recorder
from harness.samplers.training.train import Training
from harness.samplers.training.units import unit_of
from tests.support.every_request import lab_of, same

NETWORK, TASK, SETS = FullyConnected((6,)), digits(8, 8), training_sets(digits, 8, 8)
DESCENT = SGD()
RULE = Relative(DESCENT, 0.3)
TRAINING = {"networks": 4, "batch": 4, "max_epochs": 50}


@pytest.fixture
def lab(tmp_path):
    made = lab_of(tmp_path)
    made.begin("a/cell")
    return made


def of(architecture, problems, rule=DESCENT, loss="cross-entropy"):
    return float(f"{0.3 * unit_of(rule, architecture, problems, loss):.4g}")


def test_training_is_training_at_the_rate(lab):
    rate = of(NETWORK, [TASK])
    same(lab.train(NETWORK, TASK, RULE, **TRAINING), lab.train(NETWORK, TASK, SGD(rate), **TRAINING))
    found = lab.trained_features(NETWORK, TASK, RULE, ("weight norm",), **TRAINING)
    same(found, lab.trained_features(NETWORK, TASK, SGD(rate), ("weight norm",), **TRAINING))
    found = lab.trained_patterns(NETWORK, TASK, optimiser=RULE, **TRAINING | {"networks": 40})
    same(found, lab.trained_patterns(NETWORK, TASK, SGD(rate), **TRAINING | {"networks": 40}))


def test_the_loss_is_that_of_the_training(lab):
    by_position = lab.train(NETWORK, TASK, RULE, "squared error", **TRAINING)
    same(by_position, lab.train(NETWORK, TASK, RULE, loss="squared error", **TRAINING))
    rate = of(NETWORK, [TASK], loss="squared error")
    same(by_position, lab.train(NETWORK, TASK, SGD(rate), loss="squared error", **TRAINING))
    assert rate < of(NETWORK, [TASK])


def test_on_training_sets_there_is_one_rate_at_every_look_and_seed(lab, tmp_path):
    rate = of(NETWORK, [SETS.problem(number) for number in range(8)])
    for look, asked in ((0, lab), (1, lab), (0, lab_of(tmp_path))):
        asked.look = look
        asked.seed = 0 if asked is lab else 5
        relative, absolute = (asked.train_on_sets(NETWORK, SETS, rule, **TRAINING) for rule in (RULE, SGD(rate)))
        assert len(relative) == 8 * 2**look
        for one, other in zip(relative, absolute, strict=True):
            same(one, other)


def test_the_least_width_is_searched_at_each_widths_own_rate(lab):
    found = lab.least_trained_width(lambda width: FullyConnected((width,)), TASK, RULE, 6, **TRAINING)
    assert found.networks.sum() > 0
    (note,) = lab.rates.facts
    assert (note["architecture"], note["rate"]) == ("fcn-6-relu", of(FullyConnected((6,)), [TASK]))
    rates = {width: of(FullyConnected((width,)), [TASK]) for width in (1, 6)}
    assert rates[1] != rates[6]


def test_what_is_noted(lab):
    lab.train(NETWORK, TASK, SGD(0.1), **TRAINING)
    assert lab.rates.facts == []
    trained = lab.train(NETWORK, TASK, RULE, **TRAINING)
    lab.train_on_sets(NETWORK, SETS, Relative(Momentum(), 0.5), **TRAINING, least_fitted=None)
    unit = unit_of(SGD(), NETWORK, [TASK])
    one, other = lab.rates.facts
    assert one == {
        "optimiser": f"sgd-lr{0.3 * unit:.4g}",
        "architecture": "fcn-6-relu",
        "problem": TASK.name,
        "loss": "cross-entropy",
        "rho": 0.3,
        "unit": unit,
        "rate": float(f"{0.3 * unit:.4g}"),
        "fitted": trained.functions.total / 4,
    }
    assert (other["problem"], other["rho"]) == (f"{SETS.name}, 8 training sets", 0.5)
    assert 0 <= other["fitted"] <= 1
    lab.begin("another")
    assert lab.rates.facts == []


def test_units_are_taken_from_the_store(lab, tmp_path):
    lab.train(NETWORK, TASK, Relative(Adam(), 0.3), **TRAINING)
    again = lab_of(tmp_path)
    again.train(NETWORK, TASK, Relative(Adam(), 0.3), **TRAINING)
    assert again.computed == 0 < lab.computed


def test_a_plan_notes_units_and_training():
    lab = Recorder.at("smoke", "cpu", 0)
    lab.train(NETWORK, TASK, RULE, **TRAINING)
    lab.train(NETWORK, TASK, Relative(Adam(), 0.3), **TRAINING)
    asked = [request.asked for request in lab.take()]
    assert [each.name for each in asked] == ["sharpness", "training", "first step", "training"]
    assert all(isinstance(each, Training) for each in asked[1::2])
    assert prod(each.work for each in asked) > 0
