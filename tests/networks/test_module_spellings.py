"""Every own architecture that a module of torch.nn can spell, against that module: the same logits from the same
numbers, the same gradients, and P(S) that agree."""

import numpy as np
import pytest
import torch

from harness.networks import LSTM, Convolutional, Transformer
from harness.networks.ensemble import draw, views
from harness.networks.gradients import automatic_gradients, gradients
from harness.problems import Problem
from harness.samplers.posterior.rejection import rejection
from tests.support.every_architecture import EVERY, prepared, some_inputs
from tests.support.module_spellings import Spelled

# No module starts binary, learns at rates by layer, or has the factors of "ntk" before uniform numbers.
PARAMETRISATIONS = {"gaussian": ("standard", "ntk"), "uniform": ("standard",), "binary": ()}
SPELLED = [a for a in EVERY if getattr(a, "parametrisation", "standard") in PARAMETRISATIONS[a.distribution]]
# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7
pytestmark = pytest.mark.filterwarnings("ignore:torch.func.vmap cannot")
each = pytest.mark.parametrize("architecture", SPELLED, ids=lambda a: a.name)


def both(architecture, networks=4, outputs=1):
    """The own networks and the module's, with the same numbers."""
    x = prepared(architecture, 1)
    spelled = Spelled(architecture, tuple(x.shape[1:])).on(x[0])
    table = architecture.parameters(tuple(x.shape[1:]), outputs)
    rows = draw(table, architecture.distribution, networks, torch.Generator().manual_seed(0))
    return spelled, table, rows


def logits(architecture, parameters, x):
    return architecture.readout(parameters, architecture.features(parameters, x))


@each
@pytest.mark.parametrize("outputs", [1, 3])
def test_logits_are_the_same(architecture, outputs):
    spelled, table, rows = both(architecture, 4, outputs)
    own = views(table, rows)
    for x in (prepared(architecture, 5), prepared(architecture, 4, 5)):
        found = logits(spelled.module, spelled.parameters(own), spelled.inputs(x))
        torch.testing.assert_close(found, logits(architecture, own, x), rtol=1e-4, atol=1e-5)


@each
def test_gradients_are_the_same(architecture):
    spelled, table, rows = both(architecture)
    x, slope = prepared(architecture, 4, 5), torch.tanh
    own = views(table, gradients(architecture, table, rows, x, slope))
    numbers = spelled.parameters(views(table, rows))
    of_module = spelled.module.parameters(tuple(spelled.inputs(x).shape[2:]))
    flat = torch.cat([tensor.flatten(1) for tensor in numbers.values()], dim=1)
    found = views(of_module, automatic_gradients(spelled.module, of_module, flat, spelled.inputs(x), slope))
    wanted = spelled.parameters(own)
    for name in wanted:
        if "bias_hh" not in name:  # an LSTM of this package has one bias where torch's has two
            torch.testing.assert_close(found[name], wanted[name], rtol=1e-3, atol=1e-5, msg=name)


@each
def test_spreads_are_the_same(architecture):
    spelled, table, _ = both(architecture)
    shape = tuple(spelled.inputs(prepared(architecture, 1)).shape[1:])
    of_module = spelled.module.parameters(shape)
    assert spelled.module.distribution == architecture.distribution
    for name, (_, std, _) in table.items():
        assert of_module[spelled._name(name)].std == pytest.approx(std, rel=1e-12), name
    others = set(of_module) - {spelled._name(name) for name in table}
    assert all(of_module[name].std == 0 for name in others)


# One of each kind: rejection draws many networks.
KINDS = {type(a): a for a in SPELLED if type(a) in (Convolutional, Transformer, LSTM)} | {
    a.name: a for a in SPELLED if "fcn" in a.name
}


@pytest.mark.parametrize("architecture", KINDS.values(), ids=lambda a: a.name)
def test_probabilities_of_a_training_set_agree(architecture):
    draws = 600 if isinstance(architecture, LSTM) else 1500
    inputs, labels = some_inputs(architecture, 7), np.array([0, 1, 0] + [0] * 4)
    vocabulary = getattr(architecture, "vocabulary", None)
    problem = Problem.from_arrays(inputs[:3], labels[:3], inputs[3:], labels[3:], vocabulary=vocabulary)
    module = Spelled(architecture, tuple(architecture.prepare(inputs).shape[1:])).module
    intervals = []
    for seed, network in enumerate((architecture, module)):
        sample = rejection(network, problem, draws, torch.Generator().manual_seed(seed), last_layers=16)
        intervals.append(sample.evidence.interval(FALSE_ALARM))
    (low, high), (other_low, other_high) = intervals
    assert low < other_high
    assert other_low < high
    # Intervals that say anything.
    assert max(high - low, other_high - other_low) < 0.25
