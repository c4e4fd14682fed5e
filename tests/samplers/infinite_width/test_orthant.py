"""ln P(S) against closed forms, integrals, scipy's multivariate normal, and the tilt against its definition."""

from math import asin, log, pi

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput, Undecided
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant import TiltedSampler, log_probability
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


def test_intervals_cover():
    # Rough runs of few points, as intervals have to allow for.
    rho, m, repeats = 0.6, 10, 300
    process = GaussianProcess((1 - rho) * np.eye(m) + rho, np.arange(m) % 2)
    truth = equicorrelated(m, np.arange(m) % 2, rho)
    g = generator(1)
    found = [log_probability(process, g, runs=6, points=8) for _ in range(repeats)]
    for alpha in (0.2, 0.05):
        missed = sum(not low < truth < high for low, high in (each.interval(alpha) for each in found))
        assert missed <= stats.binom.isf(ALPHA, repeats, alpha)


def test_points_are_doubled_until_scramblings_agree():
    process = of_digits(200)
    exact = log_probability(process, generator(2))
    with pytest.raises(Undecided, match="Scramblings of 4 points scatter"):
        log_probability(process, generator(3), points=2, doublings=1)
    found = log_probability(process, generator(3), points=2, doublings=6)
    (low, high), (least, most) = found.interval(ALPHA), exact.interval(ALPHA)
    assert max(low, least) < min(high, most)
    # What 16 scramblings that scatter by 0.75 come to.
    low, high = found.interval(0.05)
    assert high - low < 1


@pytest.mark.parametrize("options", [{"runs": 1}, {"points": 0}, {"points": 1000}, {"doublings": -1}])
def test_numbers_that_make_no_sense(options):
    with pytest.raises(BadInput, match="power of 2 of points"):
        log_probability(of_digits(3), generator(0), **options)
