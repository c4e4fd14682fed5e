"""Volumes of whole functions at infinite width against closed forms, their sum and frequencies of draws."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube
from harness.samplers.infinite_width.function_volumes import DrawnVolumes, NamedVolumes, function_volumes
from harness.samplers.infinite_width.gaussian_process import gaussian_prior
from harness.samplers.infinite_width.kernels import nngp

NETWORK = FullyConnected((4,))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("correlation", [-0.7, 0.0, 0.95])
def test_two_inputs_by_sheppard(correlation):
    """P(both alike) = 1/2 + arcsin(ρ)/π, shared by 00 and 11."""
    kernel = np.array([[1.0, 2 * correlation], [2 * correlation, 4.0]])
    found = function_volumes(kernel, np.array([[0, 0], [1, 1], [0, 1]]), generator())
    alike = (0.5 + np.arcsin(correlation) / np.pi) / 2
    np.testing.assert_allclose(np.exp(found.values), [alike, alike, 0.5 - alike], rtol=2e-3)


def test_volumes_of_all_functions_add_up_to_one():
    cube = boolean_cube(3)
    every = np.arange(256)[:, None] >> np.arange(8) & 1
    found = function_volumes(nngp(NETWORK, cube.eval_x), every, generator(), runs=8, points=256)
    assert np.exp(found.values).sum() == pytest.approx(1, abs=2e-3)
    assert (found.errors < 0.1).all()


def test_rare_functions_have_the_frequencies_of_draws():
    """Against 400,000 plain draws, within five of the counts' standard deviations."""
    cube = boolean_cube(4)
    kernel = nngp(NETWORK, cube.eval_x)
    draws = gaussian_prior(kernel, 400_000, generator(1))
    some = draws.most_common(2000).bits()[::400]
    expected = 400_000 * np.exp(function_volumes(kernel, some, generator(2)).values)
    assert (np.abs(draws.counts_of(pack(some)) - expected) < 5 * np.sqrt(expected)).all()


def test_errors_cover():
    """Of 60 volumes by few points, those farther than twice their error from one by many are few: t(7) gives 8.6 %."""
    kernel = nngp(NETWORK, boolean_cube(4).eval_x)
    some = np.random.default_rng(0).integers(0, 2, (60, 16))
    rough, fine = (function_volumes(kernel, some, generator(3), points=points) for points in (8, 1024))
    assert (np.abs(rough.values - fine.values) > 2 * rough.errors).mean() < 0.25
    assert rough.errors.mean() > 3 * fine.errors.mean()


def test_scramblings_that_coincide_say_nothing_of_their_error():
    """Two inputs that nearly coincide are told apart by 1 draw in 70,000, whose weight is half that of the others."""
    near = 1 - 1e-9
    alike = np.log(0.5 - np.arccos(near) / (2 * np.pi))
    found = function_volumes(np.array([[1, near], [near, 1]]), np.array([[1, 1]]), generator())
    assert abs(found.values[0] - alike) > 1e-5
    assert found.errors[0] == np.inf


@pytest.mark.parametrize(("correlation", "points"), [(0.999, 2), (0.9999, 8)])
def test_intervals_hold_the_truth_though_few_draws_tell_inputs_apart(correlation, points):
    """By Sheppard; by the scatter alone half of the 90 % intervals do, as most runs meet one weight only."""
    kernel = np.array([[1, correlation], [correlation, 1]])
    truth = np.log((0.5 + np.arcsin(correlation) / np.pi) / 2)
    found = function_volumes(kernel, np.ones((200, 2)), generator(), runs=4, points=points)
    held = np.abs(found.values - truth) <= stats.t.isf(0.05, 3) * found.errors
    # Of 200, 90 % are 90 % within 4.2 %, two standard deviations.
    assert held.mean() > 0.858


def test_stored_errors_of_nothing_are_none(tmp_path):
    """Those of earlier versions, with the entry's own name: scramblings that coincide had an error of 0."""
    near = Problem.from_arrays([], [], [[1.0, 0.0], [1.0, 1e-5]], [0, 0])
    lab = Lab("smoke", "cpu", 0, tmp_path)
    asked = NamedVolumes(NETWORK, near, ("11",))
    stored = {"functions": np.array([[1, 1]], dtype=np.uint8), "values": np.array([-0.7]), "errors": np.zeros(1)}
    for shard in range(lab.shards):
        lab.store.put({**lab.spec(asked), "shard": shard}, stored, {"seconds": 0.0})
    found = lab.named_volumes(NETWORK, near, ("11",))
    assert found.values.tolist() == [-0.7] * len(found.values)
    assert (found.errors == np.inf).all()


@pytest.mark.parametrize("kernel", [np.eye(1), np.diag([1.0, 2, 5]), [[2, 1e-17], [1e-17, 3]]], ids=["1", "3", "2"])
def test_independent_logits_are_exact_and_known_to_be(kernel):
    found = function_volumes(np.array(kernel), np.zeros((1, len(kernel)), dtype=np.uint8), generator())
    assert found.values[0] == pytest.approx(-len(kernel) * np.log(2), abs=1e-14)
    assert found.errors[0] < 1e-14


def test_drawn_functions_come_with_their_own_volume_and_as_often_as_drawn():
    cube = boolean_cube(3)
    shard = DrawnVolumes(NETWORK, cube, draws=50, points=512).draw(generator())
    assert len(shard.functions) == len(shard.values) == len(shard.errors) == 50
    alone = function_volumes(nngp(NETWORK, cube.eval_x), shard.functions, generator(4), points=512)
    np.testing.assert_allclose(shard.values, alone.values, atol=0.05)
    assert len(np.unique(shard.functions, axis=0)) < 50


def test_named_functions_keep_their_order_and_do_not_grow():
    asked = NamedVolumes(NETWORK, boolean_cube(2), ("0110", "0000"))
    assert asked.draw(generator()).functions.tolist() == [[0, 1, 1, 0], [0, 0, 0, 0]]
    assert not asked.grows


@pytest.mark.parametrize("functions", [(), ("010",), ("0120",), (5,)])
def test_what_is_no_function_is_refused(functions):
    with pytest.raises(BadInput, match="strings of 4 zeros and ones"):
        NamedVolumes(NETWORK, boolean_cube(2), functions)
