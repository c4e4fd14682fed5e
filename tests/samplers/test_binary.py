"""Networks with binary weights against all of them, enumerated in whole numbers: ties included."""

from math import inf, log

import numpy as np
import pytest
import torch
from scipy import stats

from harness.networks import FullyConnected, perceptron
from harness.optimisers import SGD
from harness.problems import Problem, boolean_cube
from harness.samplers.posterior import rejection, subset_simulation
from harness.samplers.prior import prior
from harness.samplers.training import train
from tests.support.architectures import every_binary_network

# Chance that one check of a right program fails on a seed not yet tried.
FALSE_ALARM = 1e-7
CUBE = boolean_cube(4).eval_x
SMALL = boolean_cube(3).eval_x
BINARY = [
    (perceptron(distribution="binary"), CUBE),
    (FullyConnected((2,), sigma_b=0.0, parametrisation="ntk", distribution="binary"), SMALL),
]

each = pytest.mark.parametrize(("architecture", "x"), BINARY, ids=lambda a: getattr(a, "name", ""))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def task(architecture, x, points):
    """The first points for training, labelled by one of the networks, the rest for evaluation; (problem, all bits)."""
    bits = every_binary_network(architecture.hidden, x)
    labels = bits[len(bits) // 3]
    return Problem.from_arrays(x[:points], labels[:points], x[points:], labels[points:]), bits


def strings(bits):
    return ["".join(map(str, row)) for row in bits.astype(int)]


def assert_drawn_from(functions, bits):
    """χ² of what was seen against the shares among all networks; nothing else was seen."""
    expected = dict(zip(*np.unique(strings(bits), return_counts=True), strict=True))
    seen = dict(zip(functions.strings(), functions.counts, strict=True))
    assert set(seen) <= set(expected)
    shares = np.array(list(expected.values())) / len(bits)
    observed = np.array([seen.get(f, 0) for f in expected])
    assert (functions.total * shares).min() > 5
    assert stats.chisquare(observed, functions.total * shares).pvalue > FALSE_ALARM


@each
def test_the_prior_is_the_share_of_all_networks(architecture, x):
    bits = every_binary_network(architecture.hidden, x)
    problem = Problem.from_arrays(x[:0], [], x, np.zeros(len(x)))
    assert_drawn_from(prior(architecture, problem, 30_000, seeded()), bits)


@each
def test_rejection_keeps_the_share_that_fits(architecture, x):
    problem, bits = task(architecture, x, 5)
    fits = (bits[:, :5] == problem.train_y).all(1)
    found = rejection(architecture, problem, 60_000, seeded(1))
    low, high = found.evidence.interval(FALSE_ALARM)
    assert low < fits.mean() < high
    assert_drawn_from(found.functions, bits[fits][:, 5:])


@each
def test_subset_simulation_finds_the_share_that_fits(architecture, x):
    problem, bits = task(architecture, x, 5)
    fits = (bits[:, :5] == problem.train_y).all(1)
    found = subset_simulation(architecture, problem, seeded(2), runs=16, chains=64, steps=8)
    assert found.scatter < inf
    low, high = found.evidence.interval(FALSE_ALARM)
    assert low < log(fits.mean()) < high
    assert high - low < 1
    # Each run's share of every function, against the share among all networks that fit, by Student's t over runs.
    shares = np.unique(strings(bits[fits][:, 5:]), return_counts=True)
    expected = dict(zip(shares[0], shares[1] / fits.sum(), strict=True))
    by_run = np.zeros((16, len(expected)))
    for run, functions in enumerate(found.sample.runs):
        for function, probability in zip(functions.strings(), functions.probabilities(), strict=True):
            by_run[run, list(expected).index(function)] = probability
    apart = by_run.mean(0) - np.array(list(expected.values()))
    error = by_run.std(0, ddof=1) / 4
    assert (abs(apart) <= stats.t.isf(FALSE_ALARM / 2 / len(expected), 15) * error).all()


def test_impossible_labels_have_no_evidence():
    # A sum of three weights ±1 is never 0, so the input of three ones is labelled by their majority.
    x = np.concatenate([np.eye(3), np.ones((1, 3))])
    problem = Problem.from_arrays(x, [1, 1, 1, 0], x[:1], [0])
    architecture = perceptron(distribution="binary")
    assert rejection(architecture, problem, 5000, seeded(3)).functions.total == 0
    found = subset_simulation(architecture, problem, seeded(4), runs=2, chains=32, steps=4)
    assert found.curve[:, -1].tolist() == [-inf, -inf]


@pytest.mark.parametrize("epochs", [0, 200])
def test_training_starts_from_binary_weights_and_leaves_them(epochs):
    architecture, x = BINARY[0]
    problem, bits = task(architecture, x, 5)
    fits = (bits[:, :5] == problem.train_y).all(1)
    found = train(architecture, problem, SGD(1.0), 2000, seeded(5), max_epochs=epochs)
    if epochs == 0:
        assert stats.binomtest(found.functions.total, 2000, fits.mean()).pvalue > FALSE_ALARM
        assert set(found.functions.strings()) == set(strings(bits[fits][:, 5:]))
    else:
        assert found.unfitted == 0
        assert not set(found.functions.strings()) <= set(strings(bits[:, 5:]))


def test_ties_break_the_uniform_number_of_ones():
    """Two weights ±1 on {0,1}²: theorem 4.1 of arXiv 1909.11522 asks for weights of which no sum is 0."""
    square = boolean_cube(2)
    ones = every_binary_network((), square.eval_x).sum(1)
    assert np.bincount(ones, minlength=4).tolist() == [1, 2, 0, 1]
    drawn = prior(perceptron(distribution="binary"), square, 20_000, seeded(6))
    seen = np.bincount(drawn.bits().sum(1), drawn.counts, minlength=4)
    assert seen[2] == 0
    assert stats.chisquare(seen[[0, 1, 3]], [5000, 10_000, 5000]).pvalue > FALSE_ALARM
