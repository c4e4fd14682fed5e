"""Ensembles, and what holds for fully connected networks alone; `test_architectures.py` has the contract of all."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import block_size, blocks, draw, same_gram_inputs, sampling_inputs, views
from harness.networks.logits import labels_of
from harness.problems import boolean_cube, fashion_mnist
from tests.support.architectures import ARCHITECTURES

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


@pytest.mark.parametrize("activation", ["relu", "tanh", "erf", "gelu", "linear"])
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


def test_without_normalisation_addresses_are_as_before_there_was_any():
    start = "FullyConnected(hidden=(3,), activation='relu', sigma_w=1.4142135623730951, sigma_b=0.1"
    rest = "parametrisation='standard', distribution='gaussian'"
    assert repr(FullyConnected((3,))) == f"{start}, {rest})"
    assert repr(FullyConnected((3,), normalised=True)) == f"{start}, {rest}, normalised=True)"


def test_normalised_layers_do_not_see_the_size_of_their_weights():
    architecture, x = FullyConnected((6, 5), sigma_b=0.0, normalised=True), some_inputs(7, 5)
    parameters, _, _ = made(architecture, 4)
    larger = {name: 30 * tensor if name.startswith("hidden") else tensor for name, tensor in parameters.items()}
    # But for the 1e-5 that is added to the variances.
    torch.testing.assert_close(
        logits(architecture, larger, x), logits(architecture, parameters, x), rtol=0.01, atol=1e-3
    )


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
        ({"activation": "sine"}, "no activation 'sine'; choose one of relu, tanh, erf, gelu, linear"),
        ({"parametrisation": "lazy"}, "choose one of standard, ntk, mup"),
        ({"distribution": "cauchy"}, "choose one of gaussian, uniform"),
        ({"normalised": 1, "hidden": (3,)}, "Whether layers are normalised is True or False"),
        ({"normalised": True}, "hidden layers of at least 2 units, .* not \\(\\)"),
        ({"normalised": True, "hidden": (3, 1)}, "hidden layers of at least 2 units"),
        ({"hidden": (3, 0)}, "whole numbers of at least 1"),
        ({"hidden": (2.5,)}, "whole numbers of at least 1"),
        ({"sigma_w": 0.0}, "σ_w is a positive number"),
        ({"sigma_w": float("nan")}, "σ_w is a positive number"),
        ({"sigma_b": -1.0}, "σ_b is 0 or a positive number"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(arguments, said):
    with pytest.raises(BadInput, match=said):
        FullyConnected(**arguments)
