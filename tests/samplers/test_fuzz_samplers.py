"""A network takes the problems it is for, and a sampler counts in whole numbers; else there is one sentence."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from harness.networks import LSTM, Convolutional, FullyConnected, Residual, Transformer
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube
from harness.samplers.infinite_width import GaussianProcess, log_probability, truncated_gaussian
from harness.samplers.infinite_width.gaussian_process import gaussian_prior
from harness.samplers.infinite_width.kernels import empirical_nngp, empirical_ntk
from harness.samplers.posterior import annealed_posterior, density_of_states, rejection, subset_simulation, tempered
from harness.samplers.prior import branching_prior, prior
from harness.samplers.training import train
from tests.support.any_values import ANYTHING, a_whole, refusal

CUBE = boolean_cube(3, "parity", 4)
PIXELS = Problem.from_arrays(np.zeros((2, 4, 4)), [0, 1], np.ones((3, 4, 4)), [0, 1, 1])
TOKENS = Problem.from_arrays([[0, 1, 4]], [1], [[1, 2, 3], [0, 0, 4]], [0, 1], vocabulary=5)
FITTING = {
    FullyConnected((3,)): (CUBE, PIXELS),
    Convolutional((2,), (3,)): (PIXELS,),
    Convolutional((2, 2, 2), ()): (),
    Residual(2, 1): (PIXELS,),
    LSTM((3,)): (PIXELS,),
    LSTM((3,), vocabulary=5): (TOKENS,),
    LSTM((3,), vocabulary=4): (),
    Transformer(4, 2, 3): (PIXELS,),
    Transformer(4, 2, 3, vocabulary=5): (TOKENS,),
}


@pytest.mark.parametrize("problem", [CUBE, PIXELS, TOKENS], ids=["cube", "images", "tokens"])
@pytest.mark.parametrize("architecture", FITTING, ids=lambda architecture: architecture.name)
def test_a_network_takes_the_problems_it_is_for(architecture, problem):
    generator = torch.Generator().manual_seed(0)
    found, sentence = refusal(lambda: prior(architecture, problem, 3, generator))
    assert (sentence is None) == any(problem is each for each in FITTING[architecture])
    assert found is None or found.total == 3
    _, sentence = refusal(lambda: train(architecture, problem, SGD(), 2, generator, max_epochs=1))
    assert (sentence is None) == (found is not None)


def process():
    return GaussianProcess(np.eye(3) + 0.1, np.array([0, 1]))


# Sampler, the least of each of its counts, and its smallest use.
SAMPLERS = {
    "prior": ({"draws": 1}, lambda g, **k: prior(PERCEPTRON, CUBE, generator=g, **k)),
    "branching": (
        {"draws": 1, "last_layers": 1}, lambda g, **k: branching_prior(PERCEPTRON, CUBE, generator=g, **k)
    ),
    "gaussian prior": ({"draws": 1}, lambda g, **k: gaussian_prior(np.eye(3), generator=g, **k)),
    "rejection": ({"draws": 1, "last_layers": 1}, lambda g, **k: rejection(PERCEPTRON, CUBE, generator=g, **k)),
    "tempered": (
        {"draws": 1, "last_layers": 1}, lambda g, **k: tempered(PERCEPTRON, CUBE, 1.0, generator=g, **k)
    ),
    "subset simulation": (
        {"runs": 1, "chains": 1, "steps": 1, "groups": 1, "max_doublings": 0, "last_layers": 0},
        lambda g, **k: subset_simulation(PERCEPTRON, CUBE, g, **{"runs": 1, "chains": 2, "steps": 1} | k),
    ),
    "annealing": (
        {"runs": 1, "particles": 1, "trajectories": 1, "leaps": 1, "states": 1, "max_doublings": 0},
        lambda g, **k: annealed_posterior(PERCEPTRON, TWO, g, **{"runs": 1, "particles": 64, "max_doublings": 0} | k),
    ),
    "density of states": (
        {"runs": 1, "chains": 1, "steps": 1, "groups": 1, "last_layers": 0},
        lambda g, **k: density_of_states(PERCEPTRON, CUBE, g, **{"runs": 1, "chains": 2, "steps": 1} | k),
    ),
    "truncated Gaussian": (
        {"chains": 1, "draws": 1, "burn_in": 0},
        lambda g, **k: truncated_gaussian(process(), g, **{"chains": 1, "draws": 1} | k),
    ),
    "orthant": ({"runs": 2}, lambda g, **k: log_probability(process(), g, points=8, **k)),
    "NNGP": ({"networks": 1}, lambda g, **k: empirical_nngp(PERCEPTRON, CUBE.inputs, generator=g, **k)),
    "NTK": ({"networks": 1}, lambda g, **k: empirical_ntk(PERCEPTRON, CUBE.inputs, generator=g, **k)),
    "training": (
        {"networks": 1, "batch": 1, "max_epochs": 0},
        lambda g, **k: train(PERCEPTRON, CUBE, SGD(), generator=g, **{"networks": 1, "max_epochs": 1} | k),
    ),
}  # fmt: skip
PERCEPTRON = FullyConnected()
TWO = Problem.from_arrays([[1.0], [-1.0]], [0, 1], [[0.5]], [0])
COUNTS = [(sampler, name, least) for sampler, (counts, _) in SAMPLERS.items() for name, least in counts.items()]
SMALL = ANYTHING.filter(lambda value: not a_whole(value, 4, 2**31 - 1))


@example(("prior", "draws", 1), True)
@example(("prior", "draws", 1), 2.5)
@example(("rejection", "draws", 1), math.nan)
@example(("subset simulation", "runs", 1), "5")
@example(("training", "batch", 1), 10**30)
@given(st.sampled_from(COUNTS), SMALL)
def test_a_sampler_counts_in_whole_numbers(count, value):
    sampler, name, least = count
    counts, draw = SAMPLERS[sampler]
    needed = {each: 2 for each in counts if each in ("draws", "networks", "last_layers") and least and each != name}
    needed = {each: number for each, number in needed.items() if sampler not in ("subset simulation", "annealing")}
    generator = torch.Generator().manual_seed(0)
    _, sentence = refusal(lambda: draw(generator, **needed, **{name: value}))
    assert (sentence is None) == a_whole(value, least, 2**31 - 1), (sampler, name, value, sentence)
