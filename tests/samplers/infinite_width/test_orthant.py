"""ln P(S) against closed forms, integrals, scipy's multivariate normal, and the tilt against its definition."""

from math import asin, inf, log, pi

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width import settled_orthant
from harness.samplers.infinite_width.empirical_process import EmpiricalEvidence
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant import TiltedSampler
from harness.samplers.infinite_width.orthant_evidence import Orthant, OrthantEvidence, log_probability
from harness.verdicts.intervals import clopper_pearson
from tests.samplers.posterior.test_subset_simulation import equicorrelated
from tests.support.gaussian_processes import at_random, generator, of_digits, permuted

# Two-sided false alarms: one in a million a comparison.
ALPHA = 1e-6


def assert_evidence(process, truth, widest, slack=1e-12, **options):
    found = log_probability(process, generator(0), **options)
    low, high = found.interval(ALPHA)
    assert low - slack < truth < high + slack
    low, high = found.interval(0.05)
    assert high - low < widest


@pytest.mark.parametrize("labels", [[1], [0]])
def test_one_point_is_a_coin(labels):
    assert_evidence(GaussianProcess(np.array([[3.0]]), np.array(labels)), log(0.5), 1e-9)


@pytest.mark.parametrize("rho", [-1 + 1e-8, -0.95, -0.3, 0.0, 0.6, 0.999, 1 - 1e-8])
@pytest.mark.parametrize("labels", [[1, 1], [0, 1]])
def test_two_points(rho, labels):
    same = 1 if labels[0] == labels[1] else -1
    process = GaussianProcess(np.array([[4.0, 2 * rho], [2 * rho, 1.0]]), np.array(labels))
    assert_evidence(process, log(0.25 + asin(same * rho) / (2 * pi)), 2e-3)


@pytest.mark.parametrize("apart", [1e-5, 1e-7, 1e-8])
def test_intervals_cover_where_few_draws_tell_inputs_apart(apart):
    """Margins that are all but one part on a narrow band, which 1,024 draws meet several times, once, or not at all.

    By their scatter alone intervals of 90 % held the truth 91, 42 and 68 times of 100.
    """
    repeats, rho = 60, 1 - apart
    process = GaussianProcess((1 - rho) * np.eye(3) + rho, np.ones(3, dtype=int))
    truth = log(1 / 8 + 3 * asin(rho) / (4 * pi))
    found = [log_probability(process, generator(seed), runs=4, points=128) for seed in range(repeats)]
    ends = np.array([each.interval(0.1) for each in found])
    assert ((truth < ends[:, 0]) | (truth > ends[:, 1])).sum() <= stats.binom.isf(1e-4, repeats, 0.1)
    # Those that are bounded say something nevertheless.
    bounded = ends[np.isfinite(ends[:, 0])]
    assert len(bounded) > repeats / 4
    assert (np.ptp(bounded, axis=1) < 0.02).all()


def test_errors_are_at_least_those_of_one_draw():
    values = np.array([-1.0, -1.0 - 1e-9, -1.0, -1.0])
    low, high = OrthantEvidence(values).known_to(100).estimate("scramblings").interval(0.05)
    assert (high - low) / 2 == pytest.approx(stats.t.isf(0.025, 3) / 400, rel=1e-6)
    both = OrthantEvidence(values).known_to(100) + OrthantEvidence(values).known_to(100)
    low, high = both.estimate("scramblings").interval(0.05)
    assert (high - low) / 2 == pytest.approx(stats.t.isf(0.025, 7) / 800, rel=1e-6)
    apart = OrthantEvidence(np.array([-1.0, -1.3, -0.9, -1.1]))
    assert apart.known_to(100).estimate("scramblings").interval(0.05) == apart.estimate("scramblings").interval(0.05)


@pytest.mark.parametrize("seed", range(4))
def test_three_points(seed):
    process = at_random(3, 0, seed)
    scale = np.sqrt(np.diag(process.margins))
    a, b, c = (process.margins / np.outer(scale, scale))[np.triu_indices(3, 1)]
    assert_evidence(process, log(1 / 8 + (asin(a) + asin(b) + asin(c)) / (4 * pi)), 5e-3)


def test_each_of_twenty_inputs_is_there_twice():
    # With next to no jitter, and equal labels, a pair counts as one input.
    process, jitter = at_random(20, 0, seed=11), 1e-10
    kernel = np.kron(process.kernel, np.ones((2, 2))) + jitter * np.diag(np.repeat(np.diag(process.kernel), 2))
    twice = log_probability(GaussianProcess(kernel, np.repeat(process.labels, 2)), generator(4))
    (low, high), (least, most) = (each.interval(ALPHA) for each in (twice, log_probability(process, generator(5))))
    # The jitter parts a pair where its margin is within some √jitter of 0: 20 pairs, 1e-3 nats at the very most.
    assert max(low, least) < min(high, most) + 1e-3
    assert max(high - low, most - least) < 0.2


def test_linear_functions_of_three_weights():
    # A kernel of rank 3 but for its jitter: P(S) is the share of weights that fit, found by drawing weights.
    rng = np.random.default_rng(6)
    x = rng.standard_normal((14, 3))
    labels = (x @ [1.0, -0.5, 0.3] > 0).astype(int)
    found = log_probability(GaussianProcess(x @ x.T + 1e-9 * np.eye(14), labels), generator(6))
    fits = int((((rng.standard_normal((1_000_000, 3)) @ x.T) > 0) == labels).all(axis=1).sum())
    (low, high), (least, most) = found.interval(ALPHA), np.log(clopper_pearson(fits, 1_000_000, ALPHA))
    assert max(low, least) < min(high, most) + 1e-3
    assert max(high - low, most - least) < 0.3


def test_unrelated_points_are_coins():
    assert_evidence(GaussianProcess(np.diag(np.arange(1.0, 301)), np.arange(300) % 2), -300 * log(2), 1e-9, 1e-9)


@pytest.mark.parametrize(("m", "ones", "rho"), [(12, 12, 0.5), (50, 25, 0.2), (300, 150, 0.5), (200, 200, 0.99)])
def test_equicorrelated_points(m, ones, rho):
    labels = np.arange(m) < ones
    process = GaussianProcess((1 - rho) * np.eye(m) + rho, labels.astype(int))
    assert_evidence(process, equicorrelated(m, labels, rho), 0.1, points=512)


@pytest.mark.parametrize("m", [4, 8, 12])
def test_against_scipys_multivariate_normal(m):
    process = at_random(m, 0, seed=m)
    probability = stats.multivariate_normal.cdf(
        np.zeros(m), cov=process.margins, maxpts=10**6, abseps=1e-9, releps=1e-4, rng=np.random.default_rng(0)
    )
    # scipy's own error, of the relative size it was asked for, is allowed twice.
    assert_evidence(process, log(probability), 0.02, slack=2e-4)


def test_the_order_of_the_points_does_not_matter():
    process = of_digits(40)
    one, other = (
        log_probability(each, generator(seed))
        for seed, each in enumerate((process, permuted(process, np.random.default_rng(0).permutation(40))))
    )
    (low, high), (least, most) = one.interval(ALPHA), other.interval(ALPHA)
    assert max(low, least) < min(high, most)
    assert max(high - low, most - least) < 0.1


@pytest.mark.parametrize("process", [of_digits(60), at_random(30, 0, seed=9)], ids=["digits", "random"])
def test_the_tilt_is_a_saddle_point_of_the_weight(process):
    sampler = TiltedSampler(process.margins)
    scaled, mu = (torch.tensor(each) for each in (sampler.scaled, sampler.tilt))

    def log_weight(x, mu):
        least = x - scaled @ x
        return (mu**2 / 2 - mu * x + torch.special.log_ndtr(mu - least)).sum()

    # The x that belongs to it, from ∂ψ/∂μ = 0 alone: x = μ + φ/Φ, one variable after the other.
    x = torch.zeros_like(mu)
    for k in range(len(mu)):
        t = mu[k] + scaled[k, :k] @ x[:k]
        x[k] = mu[k] + torch.exp(-(t**2) / 2 - torch.special.log_ndtr(t)) / (2 * pi) ** 0.5
    gradients = torch.autograd.functional.jacobian(log_weight, (x, mu))
    assert max(float(each.abs().max()) for each in gradients) < 1e-6
    # No draw weighs more, and so P(S) is less.
    largest = float(log_weight(x, mu))
    _, weights = sampler.draw(np.random.default_rng(0).random((4096, len(mu))))
    assert weights.max() <= largest + 1e-9
    assert log_probability(process, generator(0)).interval(ALPHA)[0] < largest


def test_weights_are_those_of_the_margins_drawn():
    sampler = TiltedSampler(of_digits(20).margins)
    margins, weights = sampler.draw(np.random.default_rng(0).random((100, 20)))
    assert (margins > 0).all()
    np.testing.assert_allclose(sampler.log_weights(margins), weights, rtol=1e-9)


@pytest.mark.parametrize(("m", "repeats"), [(12, 120), (40, 40)])
def test_intervals_cover_with_points_that_trials_choose(m, repeats):
    """From 4 points, of which scramblings scatter by 0.14 nats with 12 inputs and by 0.28 with 40; 0.2 are wanted."""
    process, g = GaussianProcess((np.eye(m) + 1) / 2, np.ones(m, dtype=int)), generator(1)
    found = [log_probability(process, g, runs=6, points=4) for _ in range(repeats)]
    for alpha in (0.2, 0.05):
        ends = np.array([each.interval(alpha) for each in found])
        # m margins of correlation 1/2 are all positive if one normal of m + 1 is the least.
        missed = np.stack([-log(m + 1) < ends[:, 0], -log(m + 1) > ends[:, 1]]).sum(axis=1)
        assert (missed <= stats.binom.isf(ALPHA, repeats, alpha / 2)).all(), missed
    # Unbiased: runs are not selected by how they scatter.
    ratios = np.exp([each.value + log(m + 1) for each in found])
    assert abs(ratios.mean() - 1) < 4 * ratios.std() / repeats**0.5


def test_trials_choose_the_points_and_what_is_counted_stays(monkeypatch):
    drawn = []

    def scrambling(sampler, points, generator):
        """Trials agree at 4 points; those that are counted scatter by far more than trials may."""
        drawn.append(points)
        return float(len(drawn)) if points < 4 else float(points > 4) * 9 * len(drawn)

    monkeypatch.setattr(settled_orthant, "log_mean_weight", scrambling)
    counted = settled_orthant.log_estimates(np.eye(3), generator(0), runs=5, points=1)
    assert drawn == [1] * 6 + [2] * 6 + [4] * 6 + [8] * 5
    assert counted.tolist() == [9.0 * number for number in range(19, 24)]


def test_scramblings_that_disagree_are_kept_and_decide_nothing():
    asked = Orthant(FullyConnected((4,)), digits(3, 1), of_digits(3), "own")
    agree, apart = OrthantEvidence(np.array([-1.0, -1.1])), OrthantEvidence(np.array([-1.0, -9.0]))
    assert asked.checked(agree).values is agree.values
    with pytest.raises(Undecided, match="Scramblings of an orthant disagree"):
        asked.checked(apart)


@pytest.mark.parametrize("options", [{"runs": 1}, {"points": 0}, {"points": 1000}])
def test_numbers_that_make_no_sense(options):
    with pytest.raises(BadInput, match="power of 2 of points"):
        log_probability(of_digits(3), generator(0), **options)


def test_runs_that_coincide_are_exact_only_if_the_logits_are_known_to_be_independent():
    """Two inputs that nearly coincide: every run misses the band in which the weights differ, by 1.4e-5 nats."""
    near = 1 - 1e-9
    for rho, exact in ((near, False), (0.0, True), (1e-17, True)):
        process = GaussianProcess(np.array([[1, rho], [rho, 1]]), np.array([1, 1]))
        found = log_probability(process, generator(0), runs=2, points=1)
        assert found.interval(0.05) == ((found.value,) * 2 if exact else (-inf, inf))
        same = Orthant(FullyConnected((4,)), digits(2, 1), process).checked(OrthantEvidence(np.full(2, found.value)))
        assert (same.estimate("scramblings").interval(0.05) == (found.value,) * 2) is exact
    for m, interval in ((1, (-1.0, -1.0)), (2, (-inf, inf))):
        kernels = EmpiricalEvidence(FullyConnected((4,)), digits(m, 1)).checked(OrthantEvidence(np.full(3, -1.0)))
        assert kernels.estimate("kernels").interval(0.05) == interval
