"""The contract of every architecture, and what holds for fully connected ones alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.functions import pack
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import block_size, blocks, draw, same_gram_inputs, sampling_inputs, size, views
from harness.prior import labels_of
from harness.problems import boolean_cube, fashion_mnist
from harness.training.gradients import automatic_gradients, gradients
from tests.architectures import ARCHITECTURES, plain_module, standard

CPU = torch.device("cpu")
# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7

each = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)


def made(architecture, networks, d=5, outputs=1, seed=0):
    """An ensemble, the table of its parameters, and its rows."""
    table = architecture.parameters((d,), outputs)
    rows = draw(table, architecture.distribution, networks, torch.Generator().manual_seed(seed))
    return views(table, rows), table, rows


def logits(architecture, parameters, x):
    return architecture.readout(parameters, architecture.features(parameters, x))


def some_inputs(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_names_tell_architectures_apart():
    assert len({architecture.name for architecture in ARCHITECTURES}) == len(ARCHITECTURES)


@each
@pytest.mark.parametrize("outputs", [1, 3])
def test_shapes(architecture, outputs):
    parameters, table, rows = made(architecture, 4, outputs=outputs)
    assert rows.shape == (4, size(table))
    assert all(parameters[name].shape == (4, *shape) for name, (shape, _) in table.items())
    assert any(name.startswith("readout.") for name in table)
    for x in (some_inputs(7, 5), some_inputs(4, 7, 5)):
        features = architecture.features(parameters, x)
        assert features.shape[:2] == (4, 7)
        assert architecture.readout(parameters, features).shape == (4, 7, outputs)
    prepared = architecture.prepare(np.zeros((7, 2, 3), dtype=np.float32))
    architecture.features(made(architecture, 2, d=6)[0], torch.tensor(prepared))


@each
def test_initial_distribution(architecture):
    parameters, table, _ = made(architecture, 3000)
    checks = FALSE_ALARM / (3 * len(table))
    for name, (_, std) in table.items():
        numbers = parameters[name].double().flatten().numpy() / std
        n = len(numbers)
        if architecture.distribution == "binary":
            # Every number is ±std, and the + are binomial.
            np.testing.assert_allclose(abs(numbers), 1, rtol=1e-6)
            assert stats.binomtest(int((numbers > 0).sum()), n).pvalue > checks, name
            continue
        if architecture.distribution == "gaussian":
            law, spread = stats.norm, stats.chi2(n)
        else:
            law = stats.uniform(-np.sqrt(3), 2 * np.sqrt(3))
            # A uniform number of variance 1 has fourth moment 9/5.
            spread = stats.norm(n, np.sqrt(0.8 * n))
        assert spread.ppf(checks / 2) < (numbers**2).sum() < spread.isf(checks / 2), name
        assert abs(numbers.sum()) < stats.norm.isf(checks / 2) * np.sqrt(n), name
        assert stats.kstest(numbers, law.cdf).pvalue > checks, name


@each
def test_networks_and_parameters_are_drawn_independently(architecture):
    rows = made(architecture, 5000)[2].double().numpy()
    scaled = rows / rows.std(axis=0)
    # Correlations of k columns over 5000 networks, and of each network's row with the next network's.
    k = scaled.shape[1]
    columns = np.corrcoef(scaled.T)[np.triu_indices(k, 1)]
    assert np.abs(columns).max(initial=0) < stats.norm.isf(FALSE_ALARM / k**2) / np.sqrt(5000)
    rows_product = (scaled[1:] * scaled[:-1]).sum() / np.sqrt(scaled[1:].size)
    assert abs(rows_product) < stats.norm.isf(FALSE_ALARM / 2)


@each
@pytest.mark.parametrize("networks", [1, 2, 7])
def test_draws_do_not_depend_on_the_block(architecture, networks):
    table = architecture.parameters((5,))
    whole = draw(table, architecture.distribution, 15, torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    parts = [draw(table, architecture.distribution, n, generator) for n in blocks(15, networks)]
    assert torch.equal(torch.cat(parts), whole)


@each
def test_logits_are_those_of_a_plain_module(architecture):
    parameters, _, _ = made(architecture, 5)
    x = some_inputs(9, 5)
    got = logits(architecture, parameters, x)[..., 0]
    in_standard = standard(architecture, parameters)
    for network in range(5):
        module = plain_module(architecture, {name: tensor[network] for name, tensor in in_standard.items()})
        wanted = module(x.double())[:, 0]
        torch.testing.assert_close(got[network].double(), wanted, rtol=1e-5, atol=2e-6)


@each
def test_logits_go_through_every_layer(architecture):
    parameters, _, _ = made(architecture, 4)
    h = some_inputs(6, 5)
    wanted = logits(architecture, parameters, h)
    for layer in range(len(architecture.layers)):
        z = architecture.linear(parameters, h, layer)
        torch.testing.assert_close(architecture.logits_from(parameters, z.clone(), layer), wanted)
        h = architecture.activate(z)


@each
def test_units_add_up_to_what_the_next_layer_takes_in(architecture):
    parameters, _, _ = made(architecture, 4)
    without_bias = {n: torch.zeros_like(t) if n.endswith(".bias") else t for n, t in parameters.items()}
    h = some_inputs(6, 5)
    for layer in range(1, len(architecture.layers)):
        h = architecture.activate(architecture.linear(parameters, h, layer - 1))
        halves = slice(0, 2), slice(2, h.shape[-1])
        parts = [architecture.of_units(parameters, h[..., units], units, layer) for units in halves]
        whole = architecture.linear(without_bias, h, layer)
        torch.testing.assert_close(parts[0] + parts[1], whole, rtol=1e-5, atol=1e-5)


@each
def test_last_layers_are_networks_of_their_own(architecture):
    parameters, _, _ = made(architecture, 3, outputs=4)
    x = some_inputs(6, 5)
    together = logits(architecture, parameters, x)
    for k in range(4):
        one = {n: t[..., k : k + 1] if n.startswith("readout.") else t for n, t in parameters.items()}
        torch.testing.assert_close(logits(architecture, one, x)[..., 0], together[..., k], rtol=1e-5, atol=2e-6)


@each
@pytest.mark.parametrize("by", [gradients, automatic_gradients], ids=["by hand", "automatic"])
def test_gradients_against_finite_differences(architecture, by):
    _, table, rows = made(architecture, 6)
    # In float64, where the error of a central difference is far below the tolerance.
    rows, x = rows.double(), some_inputs(6, 8, 5).double()
    weights = some_inputs(6, 8, seed=2).double()

    def loss(rows):
        return (weights * logits(architecture, views(table, rows), x)[..., 0].sin()).sum(1)

    found = by(architecture, table, rows, x, lambda z: weights * z.cos())
    assert found.shape == rows.shape
    step = 1e-6
    for column in range(rows.shape[1]):
        up, down = rows.clone(), rows.clone()
        up[:, column] += step
        down[:, column] -= step
        difference = (loss(up) - loss(down)) / (2 * step)
        torch.testing.assert_close(found[:, column], difference, rtol=1e-6, atol=1e-7)


@each
def test_gradients_by_hand_on_shared_inputs(architecture):
    _, table, rows = made(architecture, 6)
    x = some_inputs(8, 5)
    by_hand = gradients(architecture, table, rows, x, torch.sin)
    torch.testing.assert_close(by_hand, automatic_gradients(architecture, table, rows, x, torch.sin))


@pytest.mark.parametrize("activation", ["relu", "tanh", "erf"])
@pytest.mark.parametrize("hidden", [(), (7,), (4, 5, 6)], ids=str)
@pytest.mark.parametrize("sigma_b", [0.0, 0.4])
def test_both_parametrisations_have_the_same_functions_at_initialisation(hidden, activation, sigma_b):
    ntk, plain = (
        FullyConnected(hidden, activation, 1.3, sigma_b, parametrisation) for parametrisation in ("ntk", "standard")
    )
    x = some_inputs(6, 5)
    # Equal seeds draw equal standard normal numbers, which one multiplies by the factors and the other by their std.
    of_ntk, of_plain = (logits(architecture, made(architecture, 50)[0], x) for architecture in (ntk, plain))
    torch.testing.assert_close(of_ntk, of_plain, rtol=1e-5, atol=1e-5)


@given(st.integers(1, 6), st.integers(1, 12))
def test_same_gram_inputs(points, dimension):
    x = np.random.default_rng(points + 100 * dimension).normal(size=(points, dimension)).astype(np.float32)
    small = same_gram_inputs(x)
    assert small.shape == (points, min(points, dimension))
    assert small.dtype == np.float32
    np.testing.assert_allclose(small @ small.T / small.shape[1], x @ x.T / dimension, atol=1e-5)


def test_only_rotation_invariant_architectures_have_their_inputs_rotated():
    images = fashion_mnist(2, 3).inputs
    assert sampling_inputs(FullyConnected((3,)), images, CPU).shape == (5, 5)
    assert sampling_inputs(FullyConnected((3,), distribution="uniform"), images, CPU).shape == (5, 784)


@pytest.mark.parametrize("architecture", [perceptron(True), FullyConnected((3, 4)), FullyConnected((4,), "tanh")])
def test_least_dimension_keeps_the_distribution_over_functions(architecture):
    """χ² of homogeneity between functions drawn on the images themselves and on inputs with the same Gram matrix."""
    images = fashion_mnist(1, 3).inputs
    tables = []
    for seed, x in enumerate((torch.tensor(architecture.prepare(images)), sampling_inputs(architecture, images, CPU))):
        parameters, _, _ = made(architecture, 6000, d=x.shape[1], seed=seed)
        words = pack((logits(architecture, parameters, x)[..., 0] > 0).numpy())[:, 0]
        tables.append(np.bincount(words.astype(int), minlength=16))
    seen = np.array(tables)[:, np.sum(tables, axis=0) >= 20]
    assert stats.chi2_contingency(seen).pvalue > FALSE_ALARM


def test_binary_weights_cancel_and_the_label_is_then_0():
    # Of n weights ±1 on the input of n ones, the sum is 0 with probability C(n, n/2)/2^n, and never for odd n.
    for n, chance in ((2, 1 / 2), (4, 3 / 8), (6, 5 / 16), (5, 0.0)):
        architecture = perceptron(distribution="binary")
        assert architecture.ties
        parameters, _, _ = made(architecture, 4000, d=n)
        z = logits(architecture, parameters, torch.ones(1, n))
        assert stats.binomtest(int((z == 0).sum()), 4000, chance).pvalue > FALSE_ALARM
        assert not labels_of(z)[z[..., 0] == 0].any()
        assert stats.binomtest(int(labels_of(z).sum()), 4000, (1 - chance) / 2).pvalue > FALSE_ALARM


@given(st.integers(1, 200), st.integers(1, 50))
def test_blocks_add_up(networks, block):
    sizes = list(blocks(networks, block))
    assert sum(sizes) == networks
    assert all(size == block for size in sizes[:-1])
    assert 1 <= sizes[-1] <= block


def test_blocks_shrink_as_networks_grow():
    sizes = [block_size(FullyConnected((w, w)).parameters((64,)), 32, CPU) for w in (1, 10, 100, 1000, 4000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 4
    assert sizes[0] > 1000


def test_no_warnings_on_problems_whose_arrays_are_read_only(recwarn):
    torch.set_warn_always(True)
    try:
        sampling_inputs(perceptron(distribution="uniform"), boolean_cube(2).eval_x, CPU)
        sampling_inputs(perceptron(), boolean_cube(2).eval_x, CPU)
    finally:
        torch.set_warn_always(False)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"activation": "gelu"}, "no activation 'gelu'; choose one of relu, tanh, erf"),
        ({"parametrisation": "mup"}, "choose one of standard, ntk"),
        ({"distribution": "cauchy"}, "choose one of gaussian, uniform"),
        ({"hidden": (3, 0)}, "whole numbers of at least 1"),
        ({"hidden": (2.5,)}, "whole numbers of at least 1"),
        ({"sigma_w": 0.0}, "σ_w must be positive"),
        ({"sigma_w": float("nan")}, "σ_w must be positive"),
        ({"sigma_b": -1.0}, "σ_b not negative"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(arguments, said):
    with pytest.raises(BadInput, match=said):
        FullyConnected(**arguments)
