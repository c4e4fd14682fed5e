"""A class that inherits from an architecture and overrides a part of its forward pass has none of its shortcuts."""

from dataclasses import dataclass

import pytest
import torch

from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import Convolutional, FullyConnected
from harness.networks.ensemble import draw, views
from harness.networks.gradients import automatic_gradients, gradients
from harness.networks.inheritance import computes, is_rotation_invariant, own
from harness.optimisers import SGD
from harness.problems import digits
from harness.samplers.features.layer_statistics import hidden_layers
from harness.samplers.infinite_width.kernels import has_closed_form

PROBLEM = digits(6, 4)


@dataclass(frozen=True, repr=False)
class Named(FullyConnected):
    """The same networks under another name, with another default."""

    sigma_b: float = 0.4

    @property
    def name(self):
        return "named"


@dataclass(frozen=True, repr=False)
class Squared(FullyConnected):
    """Of the squares of its inputs."""

    def features(self, parameters, x):
        return super().features(parameters, x**2)


@dataclass(frozen=True, repr=False)
class Negative(FullyConnected):
    """Whose logits are all below 0."""

    def readout(self, parameters, features):
        return -super().readout(parameters, features).abs() - 1


@dataclass(frozen=True, repr=False)
class Sine(FullyConnected):
    """Whose units are sines."""

    def activate(self, z):
        return z.sin()


@dataclass(frozen=True, repr=False)
class Invariant(Squared):
    """Which says of itself what its inputs may be."""

    @property
    def rotation_invariant(self):
        return True


CHANGED = [Squared((5,)), Negative((5,)), Sine((5,))]


def test_what_is_changed_and_what_is_not():
    assert computes(FullyConnected((5,)), FullyConnected)
    assert computes(Named((5,)), FullyConnected)
    assert not computes(Convolutional((2,)), FullyConnected)
    assert own(Named((5,)), "gradients")
    assert is_rotation_invariant(Named((5,)))
    for architecture in CHANGED:
        assert not computes(architecture, FullyConnected)
        assert not own(architecture, "gradients")
        assert not is_rotation_invariant(architecture)
    assert is_rotation_invariant(Invariant((5,)))
    assert not own(object(), "gradients")


@pytest.mark.parametrize("architecture", [Named((5,)), *CHANGED], ids=lambda each: type(each).__name__)
def test_gradients_and_layers_are_those_of_its_own_forward_pass(architecture):
    x = torch.tensor(architecture.prepare(PROBLEM.train_x))
    table = architecture.parameters(tuple(x.shape[1:]))
    rows = draw(table, "gaussian", 3, torch.Generator().manual_seed(0))

    def slope(logits):
        return torch.ones_like(logits)

    found = gradients(architecture, table, rows, x, slope)
    torch.testing.assert_close(found, automatic_gradients(architecture, table, rows, x, slope))
    parameters = views(table, rows)
    last = hidden_layers(architecture, parameters, x)[-1]
    torch.testing.assert_close(last, architecture.features(parameters, x))


@pytest.mark.parametrize("architecture", CHANGED, ids=lambda each: type(each).__name__)
def test_no_kernel_in_closed_form(architecture, tmp_path):
    assert has_closed_form(Named((5,)))
    assert not has_closed_form(architecture)
    with pytest.raises(BadInput, match="no kernel in closed form"):
        Lab("smoke", "cpu", 0, tmp_path).kernel(architecture, PROBLEM)


def test_samplers_draw_its_own_functions(tmp_path):
    """Networks whose logits are below 0 have one function, fit where all labels are 0, and train nowhere else."""
    lab, architecture = Lab("smoke", "cpu", 0, tmp_path), Negative((5,))
    assert lab.prior(architecture, PROBLEM, draws=200).distinct == 1
    trained = lab.train(architecture, PROBLEM, SGD(0.1), networks=8, max_epochs=20)
    assert trained.functions.total == 0
    # Trained compiled, SGD would see plain networks.
    first, second = (
        lab.train(each, PROBLEM, SGD(0.1), networks=8, max_epochs=50).functions
        for each in (Squared((5,)), FullyConnected((5,)))
    )
    assert first != second
