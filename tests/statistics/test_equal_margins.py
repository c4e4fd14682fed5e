"""Differences within bins: by hand, against what confounds them, and simulated coverage."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import digits
from harness.samplers.features import margins
from harness.samplers.features.observed import Observed
from harness.samplers.features.training import trained_features
from harness.samplers.posterior import RunsPosterior
from harness.samplers.training import trained_networks
from harness.statistics.equal_margins import (
    difference_within_bins,
    errors_at_equal_margins,
    gap_at_equal_margins,
    gap_within_bins,
)

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


# Trained and sampled errors of five neighbouring bins, which fall with the margin and differ by less and less.
FIRST, TRAINED, SAMPLED = 11, np.array([0.35, 0.3, 0.25, 0.2, 0.15]), np.array([0.45, 0.37, 0.29, 0.22, 0.15])
CHANCES, SHARES = np.array([0.2, 0.3, 0.2, 0.2, 0.1]), np.array([0.1, 0.25, 0.35, 0.2, 0.1])


def trained_in_bins(rng, networks=200):
    place = rng.choice(5, networks, p=CHANCES)
    margin = 2.0 ** (margins.EDGES[FIRST] + place + rng.uniform(size=networks))
    return observed(margin, rng.binomial(16, TRAINED[place]) / 16), place


def observed_in_bins(rng, runs, scatter):
    """Shares and errors that go with ln weight, and scatter besides."""
    z = rng.normal(size=runs)
    tilt = np.exp(0.3 * z[:, None] * np.linspace(-1, 1, 5))
    shares = rng.gamma(20 * SHARES * tilt)
    shares /= shares.sum(1, keepdims=True)
    errors = shares * (SAMPLED + 0.02 * z[:, None] + 0.03 * rng.normal(size=(runs, 5)))
    return scatter * z, shares, errors


def as_runs(logs, shares, errors):
    seen = np.zeros((2, len(logs), margins.BINS))
    seen[:, :, FIRST + 1 : FIRST + 6] = shares, errors
    clusters = ClusteredCounts.from_words(np.zeros((len(logs), 1)), np.arange(len(logs)), 3, len(logs))
    return RunsPosterior(clusters, logs[:, None], np.ones(len(logs)), np.concatenate(seen, axis=1))


def expected(place, logs, shares):
    """Which bins are used, and their weights, by hand."""
    w = np.exp(logs)[:, None] * shares
    networks = np.bincount(place, minlength=5)
    used = (networks >= 30) & (w.sum(0) ** 2 / (w**2).sum(0) >= len(logs) / 2)
    p, q = networks / len(place), w.sum(0) / np.exp(logs).sum()
    weights = np.where(used, p * q / (p + q), 0)
    return weights / weights.sum()


def test_errors_at_equal_margins_by_hand():
    rng = np.random.default_rng(3)
    (trained, place), (logs, shares, errors) = trained_in_bins(rng), observed_in_bins(rng, 16, 0.3)
    of_trained, of_sampled = errors_at_equal_margins(trained, as_runs(logs, shares, errors))
    weights = expected(place, logs, shares)
    assert 0 < np.count_nonzero(weights) < 5
    means = np.array([trained.values[place == b, 1].mean() for b in range(5)])
    assert of_trained.value == pytest.approx(weights @ means)
    w = np.exp(logs)
    assert of_sampled.value == pytest.approx(weights @ ((w @ errors) / (w @ shares)))
    assert (of_sampled.n, of_sampled.unit, of_trained.unit) == (16, "independent runs", "networks")
    assert of_sampled.interval(0.05)[0] < of_sampled.value < of_sampled.interval(0.05)[1]
    # Runs that lost all particles are left out.
    lost = np.append(logs, -np.inf), np.vstack([shares, np.full(5, np.nan)]), np.vstack([errors, np.full(5, np.nan)])
    assert errors_at_equal_margins(trained, as_runs(*lost))[1].value == pytest.approx(of_sampled.value)


def test_no_bin_in_common_says_nothing():
    rng = np.random.default_rng(4)
    trained, _ = trained_in_bins(rng)
    runs = as_runs(*observed_in_bins(rng, 16, 0.3))
    few = Observed(trained.values[:40], trained.weights[:40])
    elsewhere = Observed(trained.values * [2.0**-8, 1], trained.weights)
    for sample, by_volume in ((few, runs), (elsewhere, runs), (trained, as_runs(*observed_in_bins(rng, 3, 0.3)))):
        for found in errors_at_equal_margins(sample, by_volume):
            assert found.interval(0.05) == (-np.inf, np.inf)
    with pytest.raises(Undecided, match="None of 9 trained networks"):
        errors_at_equal_margins(Observed(np.zeros((0, 2)), np.zeros(0), 9), runs)
    with pytest.raises(BadInput, match="did not observe the errors by margin"):
        errors_at_equal_margins(trained, RunsPosterior(runs.clusters, runs.curve, runs.ancestors))


@pytest.mark.parametrize("scatter", [0.3, 0.7])
def test_errors_at_equal_margins_are_covered(scatter):
    """The truth is that of the bins' weights, which the margins have chosen."""
    rng, alphas, simulations = np.random.default_rng(5), np.array([0.05, 0.005]), 100
    logs, shares, errors = observed_in_bins(rng, 300_000, scatter)
    w = np.exp(logs)
    sampled = (w @ errors) / (w @ shares)
    misses = np.zeros((2, 2, 2))
    for _ in range(simulations):
        (trained, place), drawn = trained_in_bins(rng), observed_in_bins(rng, 16, scatter)
        weights = expected(place, *drawn[:2])
        for which, (found, truth) in enumerate(
            zip(errors_at_equal_margins(trained, as_runs(*drawn)), (TRAINED, sampled), strict=True)
        ):
            ends = np.array([found.interval(alpha) for alpha in alphas])
            misses[which] += np.stack([weights @ truth < ends[:, 0], weights @ truth > ends[:, 1]])
    assert (misses <= stats.binom.isf(FALSE_ALARM, simulations, alphas / 2)).all(), misses


def test_the_gap_of_one_set_is_that_of_its_bins():
    rng = np.random.default_rng(6)
    (k, y, _), (j, z, _) = drawn(rng, 900, 0.1, 0.3), drawn(rng, 600, 0.0, -0.3)
    one, other = observed(k, y), observed(j, z)
    assert gap_within_bins(one, other, 0, 1) == pytest.approx(difference_within_bins(one, other, 0, 1, "gap").value)
    # Few networks do, where an interval would not.
    assert np.isfinite(gap_within_bins(observed(k[:9], y[:9]), observed(j[:9], z[:9]), 0, 1))
    assert np.isnan(gap_within_bins(observed(k, y), observed(k[:0], y[:0]), 0, 1))
    assert np.isnan(gap_within_bins(observed(k, y), observed(k + 50, y), 0, 1))
    with pytest.raises(BadInput, match="count alike"):
        gap_within_bins(one, Observed(np.zeros((9, 2)), np.arange(9.0)), 0, 1)


def test_the_gap_at_equal_margins_by_hand():
    rng = np.random.default_rng(7)
    (trained, place), (logs, shares, errors) = trained_in_bins(rng, 40), observed_in_bins(rng, 8, 0.3)
    w = np.exp(logs)
    p, q = np.bincount(place, minlength=5) / 40, w @ shares / w.sum()
    means = np.array([trained.values[place == b, 1].mean() for b in range(5)])
    expected_gap = np.average(means - (w @ errors) / (w @ shares), weights=p * q / (p + q))
    assert gap_at_equal_margins(trained, as_runs(logs, shares, errors)) == pytest.approx(expected_gap)
    elsewhere = Observed(trained.values * [2.0**-8, 1], trained.weights)
    assert np.isnan(gap_at_equal_margins(elsewhere, as_runs(logs, shares, errors)))
    with pytest.raises(BadInput, match="did not observe"):
        gap_at_equal_margins(trained, RunsPosterior(as_runs(logs, shares, errors).clusters, logs[:, None], w))


def test_gaps_average_to_nothing_where_equal_margins_err_alike():
    """Over sets of few networks the gap has no bias, though the margins of the two differ."""
    rng, sets = np.random.default_rng(8), 2000
    gaps = []
    for _ in range(sets):
        place, others = rng.choice(5, 40, p=CHANCES), rng.choice(5, (8, 16), p=SHARES)
        margin = 2.0 ** (margins.EDGES[FIRST] + place + rng.uniform(size=40))
        shares = np.stack([np.bincount(run, minlength=5) for run in others]) / 16
        wrong = rng.binomial(16, SAMPLED[others]) / 16
        errors = np.stack([np.bincount(run, each, minlength=5) for run, each in zip(others, wrong, strict=True)]) / 16
        one = observed(margin, rng.binomial(16, SAMPLED[place]) / 16)
        gaps.append(gap_at_equal_margins(one, as_runs(np.zeros(8), shares, errors)))
    assert abs(np.mean(gaps)) < 5 * np.std(gaps) / np.sqrt(sets)
    # Without bins the margins' difference would show.
    assert abs(CHANCES @ SAMPLED - SHARES @ SAMPLED) > 0.01
