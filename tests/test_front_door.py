"""`import harness` is quick, and its lab takes modules and torch's optimisers as they are."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import harness
from harness.errors import BadInput
from harness.networks.given import as_architecture
from harness.optimisers.torch_optim import as_optimiser

PROBLEM = harness.digits(m=4, n=8)


def net(width=6):
    return nn.Sequential(nn.LazyLinear(width), nn.Tanh(), nn.Linear(width, 1))


class Seen(nn.Module):
    """A small convolution."""

    def __init__(self):
        super().__init__()
        self.seen, self.readout = nn.Conv2d(1, 2, 3), nn.LazyLinear(1)

    def forward(self, x):
        """(points, 1, 8, 8) -> (points, 1)."""
        return self.readout(self.seen(x).relu().flatten(1))


class Heard(nn.Module):
    """A small recurrent network."""

    def __init__(self, tokens=0):
        super().__init__()
        self.words = nn.Embedding(tokens, 3) if tokens else nn.Identity()
        self.heard, self.readout = nn.GRU(3 if tokens else 8, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x):
        """(points, time, …) -> (points, 1)."""
        return self.readout(self.heard(self.words(x))[0][:, -1])


@pytest.fixture
def lab(tmp_path):
    return harness.Lab(store=tmp_path / "store", device="cpu")


def test_import_loads_nothing_heavy():
    heavy = "{'torch', 'numpy', 'scipy', 'rich', 'numba'}"
    code = f"import sys, harness; print(sorted({heavy} & set(sys.modules)), 'Lab' in dir(harness))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["[]", "True"]


def test_every_name_is_there_and_others_are_said_not_to_be():
    for name in harness.__all__:
        assert getattr(harness, name).__name__ == name
    with pytest.raises(AttributeError, match=r"module 'harness' has no attribute 'Labb'; it has .*\bLab\b"):
        _ = harness.Labb


def test_a_lab_has_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_STORE", raising=False)
    lab = harness.Lab()
    assert (lab.scale.name, lab.seed, str(lab.store.folder)) == ("smoke", 0, ".store")
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "elsewhere"))
    assert harness.Lab().store.folder == tmp_path / "elsewhere"


def test_a_module_is_its_architecture(lab):
    own = harness.from_module(net)
    for given in (net, partial(net), own):
        assert np.array_equal(lab.prior(given, PROBLEM, draws=20).words, lab.prior(own, PROBLEM, draws=20).words)
    assert as_architecture(partial(net, width=3)) == harness.from_module(net, width=3)
    trained = lab.train(net, PROBLEM, torch.optim.SGD, networks=2, max_epochs=2)
    again = lab.train(own, PROBLEM, harness.from_optim(torch.optim.SGD), networks=2, max_epochs=2)
    assert trained.stopped == again.stopped
    assert lab.posterior(net, PROBLEM).evidence.n > 0


def test_training_sets_take_modules_too(lab):
    sets = harness.training_sets(harness.digits, 4, 8)
    rule = partial(torch.optim.Adam, lr=0.01)
    found = lab.train_on_sets(net, sets, rule, networks=2, max_epochs=1, least_fitted=None)
    own = harness.from_optim(torch.optim.Adam, lr=0.01)
    again = lab.train_on_sets(harness.from_module(net), sets, own, networks=2, max_epochs=1, least_fitted=None)
    assert [each.stopped for each in found] == [each.stopped for each in again]
    functions = lab.prior_on_sets(net, sets, draws=3)
    assert [each.total for each in functions] == [3] * lab.sets


@pytest.mark.filterwarnings("ignore:torch.func.vmap cannot")
@pytest.mark.parametrize(
    ("make", "vocabulary", "inputs"),
    [(net, None, "flat"), (Seen, None, "images"), (Heard, None, "sequences"), (partial(Heard, tokens=5), 5, "flat")],
)
def test_inputs_are_those_that_the_layers_take(make, vocabulary, inputs):
    found = as_architecture(make, vocabulary)
    assert (found.inputs, found.vocabulary) == (inputs, vocabulary)
    x = np.zeros((2, 7), dtype=np.int64) if vocabulary else np.zeros((2, 8, 8), dtype=np.float32)
    assert "readout.weight" in found.parameters(found.prepare(x).shape[1:])


def test_what_is_no_network_is_one_sentence(lab):
    with pytest.raises(BadInput, match="Of a module that was made before"):
        lab.posterior(net(), PROBLEM)
    with pytest.raises(BadInput, match=r"digits cannot be called so \(missing a required argument: 'm'\)"):
        lab.posterior(harness.digits, PROBLEM)
    with pytest.raises(BadInput, match=r"An architecture is one of .* or of from_module, not <class"):
        lab.posterior(harness.FullyConnected, PROBLEM)


def test_optimisers_of_torch_are_taken_by_their_class():
    adam = harness.from_optim(torch.optim.Adam)
    assert as_optimiser(torch.optim.Adam) == adam
    assert as_optimiser(partial(torch.optim.Adam, lr=0.1)) == harness.from_optim(torch.optim.Adam, lr=0.1)
    assert as_optimiser(adam) is adam
    with pytest.raises(BadInput, match="This SGD steps the parameters of one network; give the class SGD"):
        as_optimiser(torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1))
