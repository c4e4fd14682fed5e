"""The contract of every architecture."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks.ensemble import Layered, blocks, draw, size, views
from harness.networks.gradients import automatic_gradients, gradients
from harness.optimisers import SGD
from harness.problems import Problem
from harness.samplers.prior import prior
from harness.samplers.training import train
from tests.support.every_architecture import EVERY, plain_logits, prepared, some_inputs

# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7

each = pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
layered = pytest.mark.parametrize("architecture", [a for a in EVERY if isinstance(a, Layered)], ids=lambda a: a.name)


def made(architecture, networks, outputs=1, seed=0):
    """An ensemble, the table of its parameters, and its rows."""
    table = architecture.parameters(tuple(prepared(architecture, 1).shape[1:]), outputs)
    rows = draw(table, architecture.distribution, networks, torch.Generator().manual_seed(seed))
    return views(table, rows), table, rows


def logits(architecture, parameters, x):
    return architecture.readout(parameters, architecture.features(parameters, x))


def problem_for(architecture, m, n, seed=3):
    """Labels by chance."""
    inputs, labels = some_inputs(architecture, m + n, seed=seed), np.random.default_rng(seed).integers(0, 2, m + n)
    vocabulary = getattr(architecture, "vocabulary", None)
    return Problem.from_arrays(inputs[:m], labels[:m], inputs[m:], labels[m:], vocabulary=vocabulary)


def test_names_tell_architectures_apart():
    assert len({architecture.name for architecture in EVERY}) == len(EVERY)
    assert len({repr(architecture) for architecture in EVERY}) == len(EVERY)


@each
def test_every_field_tells_architectures_apart(architecture):
    """A name that left a field out would give two architectures one history."""
    others = {"sigma_w": 3.25, "sigma_b": 7.5, "kernel": 7, "blocks": 5, "embedding": 9, "feedforward": 11}
    for field in fields(architecture):
        if field.name in others and not (field.name == "embedding" and architecture.vocabulary is None):
            other = replace(architecture, **{field.name: others[field.name]})
            assert other.name != architecture.name, field.name
    assert set(architecture.facts) == {"architecture", "depth", "width"}
    assert architecture.facts["architecture"] == architecture.name


@each
@pytest.mark.parametrize("outputs", [1, 3])
def test_shapes(architecture, outputs):
    parameters, table, rows = made(architecture, 4, outputs=outputs)
    assert rows.shape == (4, size(table))
    assert all(parameters[name].shape == (4, *shape) for name, (shape, *_) in table.items())
    # Moves of the last layer take its parameters from the end of each row.
    of_readout = [name.startswith("readout.") for name in table]
    assert any(of_readout)
    assert of_readout == sorted(of_readout)
    for x in (prepared(architecture, 7), prepared(architecture, 4, 7)):
        features = architecture.features(parameters, x)
        assert features.shape[:2] == (4, 7)
        assert architecture.readout(parameters, features).shape == (4, 7, outputs)


@each
def test_initial_distribution(architecture):
    parameters, table, _ = made(architecture, 3000)
    checks = FALSE_ALARM / (3 * len(table))
    for name, (_, std, _) in table.items():
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
    table = made(architecture, 1)[1]
    whole = draw(table, architecture.distribution, 15, torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    parts = [draw(table, architecture.distribution, n, generator) for n in blocks(15, networks)]
    assert torch.equal(torch.cat(parts), whole)


@each
@pytest.mark.parametrize("outputs", [1, 3])
def test_logits_are_those_of_a_plain_module(architecture, outputs):
    parameters, _, _ = made(architecture, 4, outputs)
    shared, own = prepared(architecture, 9), prepared(architecture, 4, 9, seed=2)
    for x, of_network in ((shared, [shared] * 4), (own, own)):
        got = logits(architecture, parameters, x)
        for network in range(4):
            one = {name: tensor[network] for name, tensor in parameters.items()}
            wanted = plain_logits(architecture, one, of_network[network])
            torch.testing.assert_close(got[network].double(), wanted, rtol=1e-4, atol=1e-5)


@layered
def test_logits_go_through_every_layer(architecture):
    parameters, _, _ = made(architecture, 4)
    h = prepared(architecture, 6)
    wanted = logits(architecture, parameters, h)
    for layer in range(len(architecture.layers)):
        z = architecture.linear(parameters, h, layer)
        torch.testing.assert_close(architecture.logits_from(parameters, z.clone(), layer), wanted)
        h = architecture.activate(z)


@layered
def test_units_add_up_to_what_the_next_layer_takes_in(architecture):
    parameters, _, _ = made(architecture, 4)
    without_bias = {n: torch.zeros_like(t) if n.endswith(".bias") else t for n, t in parameters.items()}
    h = prepared(architecture, 6)
    for layer in range(1, len(architecture.layers)):
        h = architecture.activate(architecture.linear(parameters, h, layer - 1))
        halves = slice(0, 1), slice(1, h.shape[-1])
        parts = [architecture.of_units(parameters, h[..., units], units, layer) for units in halves]
        whole = architecture.linear(without_bias, h, layer)
        torch.testing.assert_close(parts[0] + parts[1], whole, rtol=1e-5, atol=1e-5)


@each
def test_last_layers_are_networks_of_their_own(architecture):
    parameters, _, _ = made(architecture, 3, outputs=4)
    x = prepared(architecture, 6)
    together = logits(architecture, parameters, x)
    for k in range(4):
        one = {n: t[..., k : k + 1] if n.startswith("readout.") else t for n, t in parameters.items()}
        torch.testing.assert_close(logits(architecture, one, x)[..., 0], together[..., k], rtol=1e-5, atol=1e-5)


@each
@pytest.mark.parametrize("by", [gradients, automatic_gradients], ids=["by hand", "automatic"])
def test_gradients_against_finite_differences(architecture, by):
    _, table, rows = made(architecture, 6)
    # In float64, where the error of a central difference is far below the tolerance.
    rows, x = rows.double(), prepared(architecture, 6, 8)
    x = x.double() if x.is_floating_point() else x
    weights = torch.randn(6, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))

    def loss(rows):
        return (weights * logits(architecture, views(table, rows), x)[..., 0].sin()).sum(1)

    found = by(architecture, table, rows, x, lambda z: weights * z.cos())
    assert found.shape == rows.shape
    step = 1e-6
    columns = np.random.default_rng(0).permutation(rows.shape[1])[:25].tolist()
    for column in columns:
        up, down = rows.clone(), rows.clone()
        up[:, column] += step
        down[:, column] -= step
        difference = (loss(up) - loss(down)) / (2 * step)
        torch.testing.assert_close(found[:, column], difference, rtol=1e-6, atol=1e-7)


@each
def test_gradients_by_hand_on_shared_inputs(architecture):
    _, table, rows = made(architecture, 6)
    x = prepared(architecture, 8)
    by_hand = gradients(architecture, table, rows, x, torch.sin)
    torch.testing.assert_close(by_hand, automatic_gradients(architecture, table, rows, x, torch.sin))


@each
def test_functions_do_not_depend_on_the_block(architecture):
    problem = problem_for(architecture, 0, 12)
    few, all_at_once = (
        prior(architecture, problem, 200, torch.Generator().manual_seed(5), block=block) for block in (7, 200)
    )
    # The draws are equal; of 2,400 logits one near 0 may be rounded to the other side.
    assert all_at_once.total == few.total == 200
    assert len(set(map(bytes, few.words)) ^ set(map(bytes, all_at_once.words))) <= 2


@each
def test_training_does_not_depend_on_the_block(architecture):
    problem = problem_for(architecture, 4, 5)
    seeded = {"batch": 2, "max_epochs": 8}
    alone, together = (
        train(architecture, problem, SGD(0.2), 6, torch.Generator().manual_seed(1), block=block, **seeded)
        for block in (2, 6)
    )
    assert alone.functions == together.functions
    assert sorted(alone.epochs) == sorted(together.epochs)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@each
def test_logits_and_gradients_do_not_depend_on_the_device(architecture):
    _, table, rows = made(architecture, 6)
    x = prepared(architecture, 6, 8)
    for by in (
        lambda r, x: logits(architecture, views(table, r), x),
        lambda r, x: gradients(architecture, table, r, x, torch.sin),
    ):
        torch.testing.assert_close(by(rows.cuda(), x.cuda()).cpu(), by(rows, x), rtol=1e-3, atol=1e-4)
