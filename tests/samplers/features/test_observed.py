"""Means, shifts and differences of statistics: identities, other samplers, and simulated coverage.

A coverage check fails a right program with a chance of at most 1e-6: misses are compared with that binomial limit.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import special, stats

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts
from harness.functions.packing import unpack
from harness.networks import FullyConnected
from harness.networks.ensemble import sampling_inputs
from harness.optimisers import SGD
from harness.problems import digits
from harness.samplers.features.layer_statistics import STATISTICS
from harness.samplers.features.observed import ENOUGH_DRAWS, Observed, difference, mean, shift, shift_of_runs
from harness.samplers.features.patterns import LayerPatterns, clustered, patterns
from harness.samplers.features.posterior import hidden_draws, hidden_patterns, observer, views_at_initialisation
from harness.samplers.features.training import trained_patterns
from harness.samplers.posterior import RunsPosterior, subset_simulation
from harness.samplers.prior import ensembles

FALSE_ALARM = 1e-6


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def lognormal(rng, units, spread, correlation):
    """Weights and a statistic: the shift is Cov(x, ln w), by Stein's lemma."""
    z, other = rng.normal(size=(2, units))
    return correlation * z + np.sqrt(1 - correlation**2) * other, np.exp(spread * z), correlation * spread


def bounded(rng, units, spread, correlation):
    """Weights Φ(s·z − 2), as the chance of one more label: E w·z = s·φ(−2/√(1+s²))/√(1+s²)."""
    z, other = rng.normal(size=(2, units))
    root = np.sqrt(1 + spread**2)
    mean_of = special.ndtr(-2 / root)
    truth = correlation * spread / root * stats.norm.pdf(2 / root) / mean_of
    return correlation * z + np.sqrt(1 - correlation**2) * other, special.ndtr(spread * z - 2), truth


def assert_ends_hold(draw, alphas, simulations):
    rng = np.random.default_rng(0)
    below, above = np.zeros(len(alphas)), np.zeros(len(alphas))
    for _ in range(simulations):
        estimate, truth = draw(rng)
        ends = np.array([estimate.interval(alpha) for alpha in alphas])
        below += truth < ends[:, 0]
        above += truth > ends[:, 1]
    for alpha, *misses in zip(alphas, below, above, strict=True):
        assert max(misses) <= stats.binom.isf(FALSE_ALARM, simulations, alpha / 2), (alpha, misses)


CASES = [(lognormal, 4000, 0.7, 0.6), (lognormal, 600, 0.2, -0.8), (bounded, 3000, 1.5, 0.5), (bounded, 2000, 0.6, 0.0)]


@pytest.mark.parametrize(("case", "units", "spread", "correlation"), CASES)
def test_shifts_are_covered(case, units, spread, correlation):
    def draw(rng):
        x, w, truth = case(rng, units, spread, correlation)
        return shift(Observed((3 * x + 5)[:, None], w), 0, "shift"), truth

    assert_ends_hold(draw, (0.05, 0.002), 500)


@pytest.mark.parametrize(("case", "units", "spread", "correlation"), CASES)
def test_weighted_means_are_covered(case, units, spread, correlation):
    def draw(rng):
        x, w, truth = case(rng, units, spread, correlation)
        return mean(Observed((3 * x + 5)[:, None], w), 0, "mean"), 3 * truth + 5

    assert_ends_hold(draw, (0.05, 0.002), 500)


@pytest.mark.parametrize(("case", "units", "spread", "correlation"), CASES)
def test_differences_are_covered(case, units, spread, correlation):
    def draw(rng):
        x, w, truth = case(rng, units, spread, correlation)
        # Skewed as what training changes is: of mean 1/2.
        networks = Observed((3 * rng.exponential(0.5, size=60) + 5)[:, None], np.ones(60))
        return difference(networks, Observed((3 * x + 5)[:, None], w), 0, "difference"), 0.5 - truth

    assert_ends_hold(draw, (0.05, 0.002), 300)


def test_identities_of_a_shift():
    rng = np.random.default_rng(1)
    x, w, _ = lognormal(rng, 5000, 0.5, 0.5)
    found = shift(Observed(x[:, None], w), 0, "shift")
    assert found.value == pytest.approx((w @ x / w.sum() - x.mean()) / x.std())
    assert found.value == pytest.approx(np.corrcoef(w, x)[0, 1] * w.std() / w.mean())
    scaled = shift(Observed(7 * x[:, None] - 3, w * 1e-9), 0, "shift")
    assert (scaled.value, *scaled.interval(0.01)) == pytest.approx((found.value, *found.interval(0.01)))
    constant = shift(Observed(np.ones((5000, 1)), w), 0, "shift")
    # 5,000 draws that are all alike do not show that there are no others.
    assert (constant.value, *constant.interval(0.01)) == (0, -np.inf, np.inf)
    wide, narrow = (np.diff(found.ahead(0.01, growth))[0] for growth in (1, 4))
    assert wide / narrow == pytest.approx(2, rel=0.05)


def test_an_interval_of_the_mean_of_networks_is_students_where_nothing_is_skewed():
    x = np.random.default_rng(2).normal(size=200)
    x = np.concatenate([x, -x]) + 40
    found = mean(Observed(x[:, None], np.ones(400)), 0, "mean")
    t = stats.ttest_1samp(x, 0).confidence_interval(0.99)
    assert found.interval(0.01) == pytest.approx((t.low, t.high), rel=1e-6)
    assert (found.n, found.unit) == (400, "networks")


def test_a_difference_is_that_of_two_shifts():
    """Networks that are prior draws, thinned by their weights: shifted by the very shift."""
    rng = np.random.default_rng(3)
    x, w, truth = bounded(rng, 40_000, 1.0, 0.7)
    kept = rng.random(40_000) < w
    y, v, _ = bounded(rng, 40_000, 1.0, 0.7)
    found = difference(Observed(x[kept][:, None], np.ones(kept.sum())), Observed(y[:, None], v), 0, "difference")
    low, high = found.interval(FALSE_ALARM)
    assert low < 0 < high
    assert high - low < 0.3
    none = difference(Observed(x[:, None], np.ones(40_000)), Observed(y[:, None], v), 0, "difference")
    assert none.value == pytest.approx(-truth, abs=0.1)


def test_few_units_say_nothing_yet():
    x, w, _ = lognormal(np.random.default_rng(4), 2000, 1.8, 0.5)
    assert (w**2).sum() ** 2 / (w**4).sum() < ENOUGH_DRAWS < (w > 0).sum()
    few, many = Observed(x[:, None], w), Observed(np.ones((40, 1)), np.ones(40))
    for estimate in (shift(few, 0, "s"), mean(few, 0, "m"), difference(many, few, 0, "d")):
        assert estimate.interval(0.05) == (-np.inf, np.inf)
        assert np.isnan(estimate.value)
    assert np.isnan(mean(Observed(np.ones((9, 1)), np.ones(9)), 0, "m").value)
    assert np.isnan(shift(Observed(np.ones((9, 1)), np.zeros(9)), 0, "s").value)


def test_networks_of_which_none_fitted_leave_a_claim_undecided():
    x, w, _ = lognormal(np.random.default_rng(5), 2000, 0.3, 0.5)
    none = Observed(np.zeros((0, 1)), np.zeros(0), left_out=7)
    with pytest.raises(Undecided, match="None of 7 trained networks"):
        mean(none, 0, "m")
    with pytest.raises(Undecided, match="None of 7 trained networks"):
        difference(none, Observed(x[:, None], w), 0, "d")
    with pytest.raises(Undecided, match="None of 5 trained networks"):
        trained_patterns(FullyConnected((1,)), digits(40, 5), SGD(0.1), 5, seeded(), points=2, units=1, max_epochs=0)


def test_samples_merge_and_store():
    one, two = Observed(np.ones((3, 2)), np.arange(3.0), 4), Observed(np.zeros((2, 2)), np.ones(2))
    both = Observed.from_arrays((one + two).to_arrays())
    assert (both.values.tolist(), both.weights.tolist(), both.left_out) == (
        [[1, 1]] * 3 + [[0, 0]] * 2,
        [0, 1, 2, 1, 1],
        4,
    )
    with pytest.raises(BadInput, match="different statistics"):
        one + Observed(np.ones((3, 1)), np.ones(3))


def test_hidden_draws_weighted_by_evidence_are_the_networks_that_fit():
    """Alignments and weight norms of networks drawn whole, those that fit S kept: by plain rejection."""
    architecture, problem = FullyConnected((4, 4)), digits(3, 5)
    statistics = ("training alignment", "evaluation alignment", "active share", "weight norm")
    found = hidden_draws(architecture, problem, 40_000, seeded(), statistics)
    x = sampling_inputs(architecture, problem.inputs, torch.device("cpu"))
    kept = []
    for parameters, view in zip(
        ensembles(architecture, x, 40_000, 1, seeded(1)),
        views_at_initialisation(architecture, problem, 40_000, seeded(1)),
        strict=True,
    ):
        logits = architecture.readout(parameters, architecture.features(parameters, x))[..., 0]
        fits = ((logits[:, :3] > 0) == torch.tensor(problem.train_y > 0)).all(1).numpy()
        kept.append(np.concatenate([STATISTICS[name](view).numpy() for name in statistics], axis=1)[fits])
    kept = Observed(np.concatenate(kept), np.ones(sum(map(len, kept))))
    for column in range(8):
        low, high = difference(kept, found, column, "difference").interval(FALSE_ALARM / 8)
        assert low < 0 < high
        assert high - low < 0.4
    # That is not because nothing is moved.
    assert shift(found, 0, "shift").interval(FALSE_ALARM)[0] > 0


def test_runs_of_subset_simulation_observe_the_shift_that_weighted_hidden_draws_have():
    architecture, problem = FullyConnected((4, 4)), digits(6, 5)
    statistics = ("training alignment", "active share")
    draws = hidden_draws(architecture, problem, 80_000, seeded(), statistics)
    observe = observer(architecture, problem, statistics, torch.device("cpu"))
    runs = subset_simulation(architecture, problem, seeded(1), runs=12, chains=64, steps=8, observe=observe)
    assert runs.observed.shape == (12, 4)
    for column in range(4):
        by_runs, by_weight = shift_of_runs(runs, draws, column, "shift"), shift(draws, column, "shift")
        apart = [np.diff(each.interval(FALSE_ALARM / 4))[0] / 2 for each in (by_runs, by_weight)]
        assert abs(by_runs.value - by_weight.value) < np.hypot(*apart)
    assert shift_of_runs(runs, draws, 0, "shift").interval(0.001)[0] > 0.3
    with pytest.raises(BadInput, match="between 0 and 1"):
        shift_of_runs(replace(runs, observed=2 * np.ones((12, 4))), draws, 0, "shift")
    with pytest.raises(BadInput, match="observed nothing"):
        shift_of_runs(replace(runs, observed=None), draws, 0, "shift")


def test_shifts_of_runs_are_covered():
    """ln weight and a run's mean jointly normal, as in tests/test_means.py; a prior of mean 0.3, deviation 0.1."""

    def draw(rng):
        z, other = rng.normal(size=(2, 16))
        means = 0.4 + 0.01 * (0.8 * z + 0.6 * other)
        clusters = ClusteredCounts.from_words(np.zeros((16, 1)), np.arange(16), 3, 16)
        runs = RunsPosterior(clusters, 0.4 * z[:, None], np.ones(16), means[:, None])
        prior = Observed(rng.normal(0.3, 0.1, size=(600, 1)), np.ones(600))
        # By Stein's lemma the weighted mean is 0.4 + 0.01·0.8·0.4.
        return shift_of_runs(runs, prior, 0, "shift"), (0.4032 - 0.3) / 0.1

    assert_ends_hold(draw, (0.05, 0.002), 300)


def test_patterns_are_signs_of_units():
    architecture, problem = FullyConnected((4, 3)), digits(3, 5)
    view = next(iter(views_at_initialisation(architecture, problem, 6, seeded())))
    found = patterns(view, 2, 3)
    for layer, words in enumerate(found):
        bits = unpack(words, 4)
        for network in range(6):
            for unit in range(3):
                expected = [view.layers[layer][network, point, unit] > 0 for point in (0, 1, 3, 4)]
                assert bits[network, unit].tolist() == expected
    counted = clustered(found, 2, np.array([2, 0, 1, 5, 0, 3]))
    assert [each.total for each in counted.layers] == [33, 33]
    assert set(counted.layers[0].unit.tolist()) == {0, 2, 3, 5}
    with pytest.raises(BadInput, match="need as many of each, not 3 and 5"):
        patterns(view, 4, 3)


def test_patterns_under_the_posterior_are_those_of_networks_that_fit():
    """Share of each of 16 patterns, against networks drawn whole and kept where they fit."""
    architecture, problem = FullyConnected((3,)), digits(2, 2)
    found = hidden_patterns(architecture, problem, 30_000, seeded(), points=2, units=3).layers[0]
    x = sampling_inputs(architecture, problem.inputs, torch.device("cpu"))
    words = []
    for parameters in ensembles(architecture, x, 30_000, 1, seeded(1)):
        h = architecture.features(parameters, x)
        logits = architecture.readout(parameters, h)[..., 0]
        fits = ((logits[:, :2] > 0) == torch.tensor(problem.train_y > 0)).all(1).numpy()
        words.append(((h > 0).mT.numpy() * (1 << np.arange(4))).sum(2)[fits])
    kept = np.concatenate(words)
    share = found.pooled().probabilities()
    patterns_seen = found.pooled().words[:, 0].astype(int)
    for pattern in range(16):
        by_network = (kept == pattern).mean(1)
        error = np.hypot(by_network.std() / len(kept) ** 0.5, by_network.std() / (0.9 * len(kept)) ** 0.5)
        at = share[patterns_seen == pattern].sum()
        assert abs(at - by_network.mean()) < 5.5 * error + 1e-9


def test_patterns_merge_and_store():
    architecture, problem = FullyConnected((4, 3)), digits(3, 5)
    one = hidden_patterns(architecture, problem, 50, seeded(), points=2, units=3)
    two = trained_patterns(architecture, problem, SGD(0.05), 20, seeded(), points=2, units=3)
    both = LayerPatterns.from_arrays((one + two).to_arrays())
    assert [each.units for each in both.layers] == [50 + two.layers[0].units] * 2
    assert both.layers[1].total == one.layers[1].total + two.layers[1].total
    assert two.layers[0].total == 3 * two.layers[0].units
