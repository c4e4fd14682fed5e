"""Differences within bins: by hand, against what confounds them, and simulated coverage."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.features.bins import difference_within_bins
from harness.features.observed import Observed
from harness.features.training import trained_features
from harness.networks import FullyConnected
from harness.problems import digits
from harness.training import SGD, trained_networks

FALSE_ALARM = 1e-6


def observed(key, value):
    return Observed(np.stack([key, value], axis=1), np.ones(len(key)))


def drawn(rng, networks, gap, centre):
    """Errors that fall with the margin, which is not the same in the two samples; equal margins differ by `gap`."""
    key = rng.normal(centre, 1, networks)
    chance = 0.3 + gap - 0.1 * np.tanh(key)
    return key, rng.binomial(16, chance) / 16, chance


def test_by_hand():
    rng = np.random.default_rng(0)
    (k, y, _), (j, z, _) = drawn(rng, 300, 0.1, 0.3), drawn(rng, 200, 0.0, -0.3)
    found = difference_within_bins(observed(k, y), observed(j, z), 0, 1, "gap")
    edges = np.quantile(np.concatenate([k, j]), [0.25, 0.5, 0.75])
    weights, gaps = [], []
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        mine, others = y[(low <= k) & (k < high)], z[(low <= j) & (j < high)]
        weights.append(len(mine) * len(others) / (len(mine) + len(others)))
        gaps.append(mine.mean() - others.mean())
    assert found.value == pytest.approx(np.average(gaps, weights=weights))
    assert (found.n, found.unit) == (500, "networks")


def test_few_and_far_apart_networks_say_nothing():
    rng = np.random.default_rng(1)
    for networks, centre in ((20, 0.0), (100, 50.0)):
        (k, y, _), (j, z, _) = drawn(rng, networks, 0.1, centre), drawn(rng, 100, 0.0, 0.0)
        found = difference_within_bins(observed(k, y), observed(j, z), 0, 1, "gap")
        assert found.interval(0.05) == (-np.inf, np.inf)
    with pytest.raises(BadInput, match="count alike"):
        difference_within_bins(observed(k, y), Observed(np.zeros((9, 2)), np.arange(9.0)), 0, 1, "gap")


@pytest.mark.parametrize(("first", "second"), [(200, 200), (400, 160)])
def test_intervals_cover_what_the_bins_differ_by(first, second):
    """The truth is that of the bins drawn: the errors' chances, averaged as the errors are."""
    rng, alphas, simulations = np.random.default_rng(2), np.array([0.05, 0.005]), 200
    misses, unadjusted = np.zeros((2, 2)), []
    for _ in range(simulations):
        (k, y, p), (j, z, q) = drawn(rng, first, 0.05, 0.4), drawn(rng, second, 0.0, -0.4)
        found = difference_within_bins(observed(k, y), observed(j, z), 0, 1, "gap")
        truth = difference_within_bins(observed(k, p), observed(j, q), 0, 1, "gap").value
        ends = np.array([found.interval(alpha) for alpha in alphas])
        misses += np.stack([truth < ends[:, 0], truth > ends[:, 1]])
        unadjusted.append([truth, y.mean() - z.mean()])
    assert (misses <= stats.binom.isf(FALSE_ALARM, simulations, alphas / 2)).all(), misses
    # Without bins, the margins' difference would all but hide the gap of 0.05.
    within, without = np.mean(unadjusted, axis=0)
    assert abs(within - 0.05) < 0.015 < abs(without - 0.05)


def test_margins_and_errors_are_those_of_the_networks():
    problem, network = digits(6, 9), FullyConnected((5, 4), sigma_b=0.0)
    arguments = {"batch": 3, "max_epochs": 300, "in_span": False}
    found = trained_features(
        network,
        problem,
        SGD(0.1),
        25,
        torch.Generator().manual_seed(0),
        changes=("normalised margin", "evaluation error"),
        **arguments,
    )
    rows = []
    for finished in trained_networks(network, problem, SGD(0.1), 25, torch.Generator().manual_seed(0), **arguments):
        for i in finished.fits.nonzero()[:, 0].tolist():
            weights = [finished.final[f"{name}.weight"][i].double().numpy() for name in network.layers]
            h = problem.inputs.reshape(15, -1).astype(float)
            for weight in weights[:-1]:
                h = np.maximum(h @ weight, 0)
            logits = (h @ weights[-1])[:, 0]
            margin = min(np.where(problem.train_y == 1, logits[:6], -logits[:6]))
            norms = np.prod([np.linalg.norm(weight) for weight in weights])
            rows.append([margin / norms, ((logits[6:] > 0) != (problem.eval_y == 1)).mean()])
    assert len(rows) > 10
    np.testing.assert_allclose(found.values, rows, rtol=1e-3, atol=1e-5)
    # Where no unit is active a logit is exactly 0, and its label 0: that fits with no margin.
    assert (found.values[:, 0] >= 0).all()
