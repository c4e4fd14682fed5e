"""What `from_module` takes, how its networks start, what names them in the store, and what it refuses."""

import importlib.util
import linecache
import pickle
import sys
import textwrap

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from harness.errors import BadInput
from harness.networks import NTK, Constant, FullyConnected, He, Normal, Uniform, from_module
from harness.networks.cost import network_cost
from harness.networks.ensemble import Draws, draw, views
from harness.optimisers import Adam
from harness.problems import Problem
from harness.samplers.infinite_width.kernels.empirical import empirical_nngp, empirical_ntk
from harness.samplers.posterior.annealing import annealed_posterior
from harness.samplers.posterior.subset_simulation import subset_simulation
from harness.samplers.prior import branching_prior, prior
from harness.samplers.training import train

FALSE_ALARM = 1e-7


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def dense(width=6, act=nn.GELU):
    return nn.Sequential(nn.LazyLinear(width), nn.LayerNorm(width), act(), nn.Linear(width, 1))


class Many(nn.Module):
    """Layers of every kind of start: uniform, normal, constant, of two numbers, scaled and shifted."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.he = nn.Linear(4, 4)
        nn.init.kaiming_normal_(self.he.weight)
        self.gain = nn.Parameter(0.1 * torch.randn(4) + 2)
        self.steps = nn.Parameter(torch.arange(4.0))
        self.readout = nn.Linear(4, 1)

    def forward(self, x):
        h = self.embedding(x)
        h = self.norm(h + self.attention(h, h, h)[0]).mean(1)
        return self.readout(self.he(h) * self.gain + self.steps)


def problem(points=8, m=4, shape=(5,), seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(points, *shape)), np.arange(points) % 2
    return Problem.from_arrays(x[:m], y[:m], x[m:], y[m:])


def test_networks_start_as_the_constructor_starts_them():
    network = from_module(Many, vocabulary=5)
    assert network.distribution == "mixed"
    table, networks = network.parameters((3,)), 400
    rows = draw(table, network.distribution, networks, seeded())
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = [dict(Many().named_parameters()) for _ in range(networks)]
    for name, tensor in views(table, rows).items():
        own = name.removeprefix("body.")
        wanted = torch.stack([each[own].detach() for each in made]).flatten(1)
        offset = wanted.mean(0) if own == "steps" else 2 if own == "gain" else own == "norm.weight"
        found = tensor.flatten(1) + offset
        if table[name].std == 0:
            torch.testing.assert_close(found, wanted.expand_as(found))
        else:
            assert stats.ks_2samp(found.flatten(), wanted.flatten()).pvalue > FALSE_ALARM, name


def test_constants_enter_the_forward_pass():
    """With all that is drawn at 0 but the readout, the logits are those of the constants alone."""
    network = from_module(Many, vocabulary=5)
    table = network.parameters((3,))
    zeros = {name: torch.zeros(2, *shape) for name, (shape, *_) in table.items()}
    features = network.features(zeros, torch.arange(6).view(2, 3) % 5)
    torch.testing.assert_close(features, torch.arange(4.0).expand(2, 2, 4))


@pytest.mark.parametrize("distribution", ["mixed"])
@pytest.mark.parametrize("block", [1, 3])
def test_mixed_draws_do_not_depend_on_the_block(distribution, block):
    table = from_module(Many, vocabulary=5).parameters((3,))
    one, parts = Draws(table, distribution, seeded(2)), Draws(table, distribution, seeded(2))
    assert torch.equal(one.take(6), torch.cat([parts.take(block) for _ in range(6 // block)]))


def test_rules_by_name():
    rules = {"0.weight": Normal(0.5), "1.*": Constant(), "3.*": Uniform(0.3), "*": Constant(0.25)}
    network = from_module(dense, initial=rules)
    table = network.parameters((5,))
    assert table["body.0.weight"].std == 0.5
    assert table["body.0.bias"].std == table["body.1.weight"].std == 0
    assert table["readout.weight"].std == pytest.approx(0.3 / 3**0.5)
    assert (table["readout.weight"].distribution, network.distribution) == ("uniform", "mixed")
    x = torch.randn(4, 5, generator=seeded())
    zeros = {name: torch.zeros(1, *shape) for name, (shape, *_) in table.items()}
    # The first layer's bias of 0.25 is the same for all units, and normalised away.
    torch.testing.assert_close(network.features(zeros, x), torch.zeros(1, 4, 6))


def test_outputs_are_the_problems():
    network = from_module(dense, initial="he")
    assert network.parameters((5,), 3)["readout.weight"].shape == (6, 3)
    assert network.parameters((7,))["body.0.weight"].shape == (6, 7)


def test_every_sampler_takes_a_module():
    network, own = from_module(dense, initial="he"), problem()
    assert prior(network, own, 20, seeded()).total == 20
    assert branching_prior(network, own, 5, seeded(), last_layers=4).units == 5
    assert train(network, own, Adam(0.05), 3, seeded(), max_epochs=200).fitted == 3
    assert subset_simulation(network, own, seeded(), runs=2, chains=8, steps=2, max_doublings=0).clusters.units == 2
    for kernel in (empirical_nngp, empirical_ntk):
        assert kernel(network, own.inputs, 4, seeded()).mean.shape == (8, 8)
    assert network_cost(network, own.inputs, 5, 1).multiplications == 5 * 6 + 6


@pytest.mark.slow
def test_a_module_is_annealed():
    network, short = from_module(dense, initial="he"), {"runs": 2, "max_doublings": 0, "leaps": 4}
    annealed = annealed_posterior(network, problem(), seeded(), particles=8, trajectories=1, **short)
    assert annealed.clusters.units == 2


def test_numbers_do_not_depend_on_the_block():
    network, own = from_module(dense), problem()
    few, all_at_once = (prior(network, own, 60, seeded(), block=block) for block in (7, 60))
    assert len(set(map(bytes, few.words)) ^ set(map(bytes, all_at_once.words))) <= 2
    alone, together = (
        train(network, own, Adam(0.05), 4, seeded(), max_epochs=50, block=block).functions for block in (1, 4)
    )
    assert alone == together


def test_a_module_that_vmap_cannot_compute_is_looped_over():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.readout = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, x):
            return self.readout(self.cell(x)[0][:, -1])

    network = from_module(Gated, inputs="sequences")
    with pytest.warns(UserWarning, match="one after the other, .* times as long"):
        table = network.parameters((4, 3))
    parameters = views(table, draw(table, network.distribution, 3, seeded()))
    x = torch.randn(3, 2, 4, 3, generator=seeded())
    found = network.readout(parameters, network.features(parameters, x))
    for i in range(3):
        module = Gated()
        own = {name.removeprefix("body."): tensor[i] for name, tensor in parameters.items()}
        own |= {"readout.weight": own["readout.weight"].T, "readout.bias": own["readout.bias"][0]}
        module.load_state_dict(own)
        torch.testing.assert_close(found[i], module(x[i]))


def test_evaluation_mode_makes_normalisation_and_dropout_fixed():
    def net():
        layers = nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU()
        return nn.Sequential(*layers, nn.Linear(4, 1)).eval()

    assert train(from_module(net, initial="he"), problem(), Adam(0.05), 2, seeded(), max_epochs=300).fitted == 2


def test_encoders_are_computed_off_the_fast_path_in_evaluation():
    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
            self.readout = nn.Linear(4, 1)

        def forward(self, x):
            return self.readout(self.layer(x).mean(1))

    network = from_module(lambda: Encoder().eval(), inputs="sequences")
    table = network.parameters((3, 4))
    parameters = views(table, draw(table, network.distribution, 2, seeded()))
    with torch.inference_mode():
        assert network.features(parameters, torch.randn(5, 3, 4)).shape == (2, 5, 4)


def test_made_before():
    network = from_module(nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1)), initial=He(1.0, 0.0))
    assert prior(network, problem(), 10, seeded()).total == 10


# --- identity


def test_the_numbers_of_a_module_made_before_are_no_part_of_it_where_they_are_drawn_anew():
    """They are of whatever seed the process has; the gains of a normalisation stay as they are."""

    def made(seed, gain=1.0):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.ReLU(), nn.Linear(5, 1))
        nn.init.constant_(net[1].weight, gain)
        return net

    for initial in ("he", "ntk", He(1.0, 0.0)):
        assert repr(from_module(made(0), initial=initial)) == repr(from_module(made(1), initial=initial))
        assert repr(from_module(made(0), initial=initial)) != repr(from_module(made(0, 2.0), initial=initial))


def test_names_and_reprs_tell_networks_apart():
    networks = [
        from_module(dense),
        from_module(dense, width=7),
        from_module(dense, act=nn.ReLU),
        from_module(dense, initial="he"),
        from_module(dense, initial=He(1.0)),
        from_module(dense, initial="ntk"),
        from_module(dense, initial=NTK(1.0, 0.2)),
        from_module(dense, inputs="images"),
    ]
    assert len({repr(each) for each in networks}) == len(networks)
    assert len({each.name for each in networks[:-1]}) == len(networks) - 1
    assert all(" at 0x" not in repr(each) for each in networks)
    assert from_module(dense) == from_module(dense)


def test_what_layers_hold_beside_their_words_is_told_apart():
    """Neither heads nor activation are in torch's own repr of the layer."""

    def net(**how):
        return nn.Sequential(nn.TransformerEncoderLayer(4, dim_feedforward=4, dropout=0.0, **how), nn.Linear(4, 1))

    ways = {"nhead": 2}, {"nhead": 1}, {"nhead": 2, "activation": torch.nn.functional.gelu}
    made = [net(**way) for way in ways]
    assert len({repr(from_module(module, initial="he")) for module in made}) == 3


def test_it_travels():
    network = from_module(dense, initial="he")
    there = pickle.loads(pickle.dumps(network))
    assert there == network
    assert prior(there, problem(), 20, seeded()) == prior(network, problem(), 20, seeded())


def repr_of(source, path, monkeypatch):
    """Of the network in this file, as a process that has read it anew finds it."""
    path.write_text(textwrap.dedent(source))
    linecache.checkcache()
    spec = importlib.util.spec_from_file_location("mine", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mine", module)
    exec(compile(path.read_text(), str(path), "exec"), vars(module))
    return repr(from_module(module.net))


SOURCE = """
    import beside
    from torch import nn
    SLOPE = 0.5
    SIGNS = {"plus": [1.5]}
    def squashed(h):
        return h * SLOPE * SIGNS["plus"][0] * beside.FACTOR
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(5, 3), nn.Linear(3, 1)
        def forward(self, x):
            return self.b(squashed(self.a(x)))
    def net():
        return Net()
    def other():
        return 1
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self.b(squ", "self.b(-squ"),
        ("h * SLOPE", "h + SLOPE"),
        ("[1.5]", "[2.5]"),
        ("SLOPE = 0.5", "SLOPE = 0.6"),
        ("return 1", "return 2"),
    ],
)
def test_the_code_is_part_of_the_address(old, new, tmp_path, monkeypatch):
    """Its own, that of what it calls and the numbers in its file; not that of what stands beside."""
    path = tmp_path / "mine.py"
    (tmp_path / "beside.py").write_text("FACTOR = 2.0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    first = repr_of(SOURCE, path, monkeypatch)
    assert repr_of(SOURCE, path, monkeypatch) == first
    changed = repr_of(SOURCE.replace(old, new), path, monkeypatch)
    assert (changed == first) == (old == "return 1")
    (tmp_path / "beside.py").write_text("FACTOR = 3.0")
    assert repr_of(SOURCE, path, monkeypatch) != first


# --- refusals


class Buffered(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.readout = nn.Linear(5, 1)

    def forward(self, x):
        self.calls += 1
        return self.readout(x)


class Random(Buffered):
    def forward(self, x):
        return self.readout(nn.functional.dropout(x, 0.5))


class Mixing(Buffered):
    def forward(self, x):
        return self.readout(x - x.mean(0))


class Own(Buffered):
    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(value, requires_grad=value.is_floating_point())

    def forward(self, x):
        return self.readout(x)


class RandomBuffer(Own):
    def __init__(self):
        super().__init__(torch.zeros(1))
        self.register_buffer("projection", torch.randn(5))


def tied():
    net = nn.Sequential(nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 5))
    net[2].weight = net[0].weight
    return net


def frozen():
    net = dense()
    net[3].weight.requires_grad_(False)
    return net


def twice_normal():
    net = nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 1))
    nn.init.trunc_normal_(net[0].weight)
    return net


def shifted():
    net = nn.Linear(5, 1)
    nn.init.ones_(net.bias)
    return net


REFUSED = {
    "batch normalisation in training mode": lambda: nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)),
    "active dropout": lambda: nn.Sequential(nn.Linear(5, 4), nn.Dropout(0.1), nn.Linear(4, 1)),
    "changes its buffer calls": Buffered,
    "draws random numbers in forward": Random,
    "depends on the other points": Mixing,
    "no linear readout: the last layer": lambda: nn.Sequential(nn.Conv1d(1, 1, 1)),
    "no linear readout as its last layer": lambda: nn.Sequential(nn.Linear(5, 2), nn.Softmax(-1)),
    "of type torch.complex64": lambda: Own(torch.zeros(1, dtype=torch.complex64)),
    "of type torch.int64": lambda: Own(torch.zeros(1, dtype=torch.int64)),
    "is frozen": frozen,
    "shares its weight": tied,
    "draws the parameter 0.weight by more than one call": twice_normal,
    "has other numbers each time": RandomBuffer,
    "starts around other numbers than 0": shifted,
    "does not take batches of inputs of shape": lambda: nn.Linear(6, 1),
    "makes a int, not a torch.nn.Module": lambda: 3,
}


class Logarithm(Buffered):
    def forward(self, x):
        return self.readout(x.log())


def test_numbers_that_are_none_are_not_called_random():
    assert set(from_module(Logarithm).parameters((5,))) == {"readout.weight", "readout.bias"}


@pytest.mark.parametrize("sentence", REFUSED)
def test_refusals(sentence):
    with pytest.raises(BadInput, match=sentence):
        from_module(REFUSED[sentence]).parameters((5,))


def test_refusals_of_arguments():
    for sentence, arguments in {
        "how its parameters were drawn": {"make": nn.Linear(5, 1)},
        "no initialisation": {"make": dense, "initial": "xavier"},
        "no inputs that are": {"make": dense, "inputs": "rows"},
        "No pattern of the initialisation fits": {"make": dense, "initial": {"0.*": Normal(1.0)}},
        "makes one, not a int": {"make": 3},
    }.items():
        with pytest.raises(BadInput, match=sentence):
            from_module(**arguments)
    with pytest.raises(BadInput, match="takes numbers, not tokens"):
        from_module(dense).prepare(np.zeros((2, 3), dtype=np.int64))


def test_a_perceptron_has_no_body():
    network = from_module(nn.Linear, in_features=5, out_features=1, initial=He(1.0, 0.5))
    own, x = FullyConnected((), sigma_w=1.0, sigma_b=0.5), torch.randn(3, 4, 5, generator=seeded())
    table = own.parameters((5,))
    assert {name: each[:2] for name, each in network.parameters((5,)).items()} == {
        name: each[:2] for name, each in table.items()
    }
    parameters = views(table, draw(table, "gaussian", 3, seeded()))
    for inputs in (x, x[0]):
        torch.testing.assert_close(
            network.readout(parameters, network.features(parameters, inputs)),
            own.readout(parameters, own.features(parameters, inputs)),
        )
