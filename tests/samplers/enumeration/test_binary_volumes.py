"""Counted binary networks against all of them one by one, drawn networks, and every sampler that claims to agree."""

from itertools import product
from math import log

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, boolean_cube
from harness.samplers.enumeration import Enumeration, binary_volumes
from harness.samplers.posterior import density_of_states, rejection, subset_simulation
from tests.support.architectures import every_binary_network

# Chance that one comparison with drawn networks fails on a seed not yet tried.
FALSE_ALARM = 1e-6
PERCEPTRON = perceptron(distribution="binary")


def hidden(width):
    """One hidden layer."""
    return FullyConnected((width,), sigma_b=0.0, distribution="binary")


def assert_drawn_from(counts, probabilities):
    """χ² of counts against probabilities; the functions expected fewer than eight times are taken together."""
    expected = counts.sum() * probabilities
    often = expected > 8
    pooled = [np.append(each[often], each[~often].sum()) for each in (counts, expected)]
    observed, expected = (each[: len(each) - (pooled[1][-1] == 0)] for each in pooled)
    assert stats.chisquare(observed, expected).pvalue > FALSE_ALARM


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def whole(x):
    return Problem.from_arrays(x[:0], [], x, np.zeros(len(x)))


def split(x, labels, m):
    return Problem.from_arrays(x[:m], labels[:m], x[m:], labels[m:])


CENTRED = 2 * boolean_cube(4).eval_x - 1
WHOLE = np.random.default_rng(0).integers(-3, 4, (20, 5))
NETWORKS = [
    (PERCEPTRON, CENTRED),
    (PERCEPTRON, WHOLE),
    (hidden(1), boolean_cube(4).eval_x),
    (hidden(2), CENTRED),
    (hidden(2), WHOLE),
    (hidden(4), boolean_cube(3).eval_x),
]


@pytest.mark.parametrize("m", [0, 3])
@pytest.mark.parametrize(("architecture", "x"), NETWORKS)
def test_all_networks_one_after_the_other(architecture, x, m):
    bits = every_binary_network(architecture.hidden, x)
    labels = bits[len(bits) // 3]
    fits = (bits[:, :m] == labels[:m]).all(axis=1)
    functions, counts = np.unique(bits[fits, m:], axis=0, return_counts=True)
    found = binary_volumes(architecture, split(x, labels, m))
    assert found.evidence == fits.mean()
    assert len(found.words) == len(functions)
    np.testing.assert_allclose(found.of(functions), counts / counts.sum(), rtol=1e-12)


def test_conditioning_is_counting_those_that_fit():
    architecture, x = hidden(3), boolean_cube(4).eval_x
    labels = np.array([0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1])
    points, others = np.array([13, 1, 6, 11]), np.setdiff1d(np.arange(16), [13, 1, 6, 11])
    counted = binary_volumes(architecture, Problem.from_arrays(x[points], labels[points], x[others], labels[others]))
    prior = binary_volumes(architecture, whole(x))
    at_once = prior.posterior(points, labels[points])
    one_by_one = prior.posterior([13], labels[[13]]).posterior([1, 6, 11], labels[[1, 6, 11]])
    for found in (at_once, one_by_one):
        assert found.evidence == pytest.approx(counted.evidence, rel=1e-12)
        np.testing.assert_array_equal(found.words, counted.words)
        np.testing.assert_allclose(found.probabilities, counted.probabilities, rtol=1e-12)


def test_the_chain_rule_of_the_evidence():
    # P(S ∪ {x})/P(S) is the share of P_B(·|S) that is right on x.
    prior = binary_volumes(hidden(3), whole(boolean_cube(4).eval_x))
    labels = np.array([0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1])
    for m in range(15):
        before = prior.posterior(range(m), labels[:m])
        after = prior.posterior(range(m + 1), labels[: m + 1]) if m < 14 else None
        right = float(before.probabilities @ (before.labels()[:, 0] == labels[m]))
        if after is not None and before.evidence:
            assert after.evidence / before.evidence == pytest.approx(right, abs=1e-12)


def test_2_to_the_24_networks_of_7_inputs():
    x = boolean_cube(7).eval_x
    rng = np.random.default_rng(3)
    draws = 200_000
    first, last = rng.choice([-1, 1], (draws, 7, 3)), rng.choice([-1, 1], (draws, 3, 1))
    drawn = np.concatenate(
        [(np.maximum(x @ w, 0) @ a)[..., 0] > 0 for w, a in zip(np.split(first, 20), np.split(last, 20), strict=True)]
    )
    small = np.arange(0, 128, 9)
    found = binary_volumes(hidden(3), whole(x[small]))
    words, counts = np.unique(pack(drawn[:, small])[:, 0], return_counts=True)
    assert np.isin(words, found.words[:, 0]).all()
    seen = np.zeros(len(found.words))
    seen[np.searchsorted(found.words[:, 0], words)] = counts
    assert_drawn_from(seen, found.probabilities)


def test_2_to_the_16_networks_on_all_of_the_7_bit_cube():
    x = boolean_cube(7).eval_x
    found = binary_volumes(hidden(2), whole(x))
    assert found.entropy() == pytest.approx(_entropy_by_networks(x), abs=1e-12)
    # Coordinates may be permuted: copies of a bit have one volume, and so has every other function.
    moved = x.reshape((2,) * 7 + (7,)).transpose(3, 0, 6, 2, 5, 1, 4, 7).reshape(128, 7)
    order = (moved @ 2.0 ** np.arange(6, -1, -1)).astype(int)
    np.testing.assert_allclose(found.of(found.labels()[:200][:, order]), found.probabilities[:200], rtol=1e-12)


def _entropy_by_networks(x):
    """The entropy of the functions of all 7-2-1 networks, one by one."""
    units = np.maximum(np.array(list(product((-1, 1), repeat=7))) @ x.T, 0)
    functions = [((a * units[:, None] + b * units) > 0).reshape(-1, len(x)) for a, b in product((-1, 1), repeat=2)]
    counts = np.unique(np.packbits(np.concatenate(functions), axis=1), axis=0, return_counts=True)[1]
    return float(-(counts / 2**16 * np.log2(counts / 2**16)).sum())


# 7-2-1 on 24 of the 128 inputs; of this σ_w hidden weights are ±1, so that the samplers' sums and ties are exact.
X = boolean_cube(7).eval_x[np.random.default_rng(5).permutation(128)[:24]]
LABELS = every_binary_network((), X)[77].astype(int)
TASK = split(X, LABELS, 8)
NETWORK = FullyConnected((2,), "relu", 7**0.5, 0.0, "ntk", "binary")


@pytest.fixture(scope="module")
def exact():
    return binary_volumes(NETWORK, TASK)


def test_rejection(exact):
    found = rejection(NETWORK, TASK, 400_000, seeded())
    p = exact.evidence
    kept = found.clusters.total
    assert stats.binomtest(kept, 400_000, p).pvalue > FALSE_ALARM
    counts = found.functions.counts_of(exact.words)
    assert counts.sum() == kept
    assert_drawn_from(counts, exact.probabilities)


def test_subset_simulation():
    runs, task = 16, split(X, LABELS, 6)
    exact = binary_volumes(NETWORK, task)
    found = subset_simulation(NETWORK, task, seeded(1), runs=runs, chains=32, steps=4)
    low, high = found.evidence.interval(FALSE_ALARM)
    assert low < log(exact.evidence) < high
    # Each run's weighted share of every function, against the exact one by Student's t over runs.
    weights = np.exp(found.curve[:, -1])
    shares = np.array([found.clusters.of_unit(run).counts_of(exact.words) for run in range(runs)], dtype=float)
    shares *= (weights / shares.sum(axis=1))[:, None]
    often = exact.probabilities > 0.01
    error = shares[:, often].std(axis=0, ddof=1) / runs**0.5
    apart = shares[:, often].mean(axis=0) - exact.evidence * exact.probabilities[often]
    assert (abs(apart) < stats.t.isf(FALSE_ALARM / 2 / often.sum(), runs - 1) * error).all()


def test_density_of_states():
    truth = binary_volumes(NETWORK, whole(X)).density_of_states(LABELS, range(8))
    found = density_of_states(NETWORK, TASK, seeded(2), runs=48, chains=32, steps=8)
    assert np.isneginf(found.by_run[:, truth == 0]).all()
    p, where = np.exp(found.by_run), truth > 0.005
    error = p[:, where].std(axis=0, ddof=1) / 48**0.5
    assert (abs(p[:, where].mean(axis=0) - truth[where]) < stats.t.isf(FALSE_ALARM / 2 / where.sum(), 47) * error).all()
    assert truth[-1].sum() == pytest.approx(binary_volumes(NETWORK, TASK).evidence, rel=1e-12)


def test_no_network_fits():
    # The origin has label 0 without biases.
    x = boolean_cube(3).eval_x
    found = binary_volumes(hidden(2), Problem.from_arrays(x[:1], [1], x[1:], np.zeros(7)))
    assert found.evidence == 0
    assert len(found.words) == 0


@pytest.mark.parametrize(
    ("architecture", "x"),
    [
        (FullyConnected((2,), distribution="binary"), CENTRED),
        (FullyConnected((2,), sigma_b=0.0), CENTRED),
        (FullyConnected((2, 2), sigma_b=0.0, distribution="binary"), CENTRED),
        (FullyConnected((2,), "tanh", sigma_b=0.0, distribution="binary"), CENTRED),
        (hidden(6), CENTRED),
        (PERCEPTRON, CENTRED / 3),
    ],
)
def test_what_cannot_be_counted_is_refused(architecture, x):
    with pytest.raises(BadInput, match="count"):
        Enumeration(architecture, whole(x)).compute()


def test_training_points_are_checked():
    prior = binary_volumes(PERCEPTRON, whole(CENTRED))
    for points, labels in [([0, 0], [1, 1]), ([16], [1]), ([1], [1, 0])]:
        with pytest.raises(BadInput, match="Training points"):
            prior.posterior(points, labels)
    with pytest.raises(BadInput, match="leave at least 1"):
        prior.posterior(range(16), np.zeros(16))
