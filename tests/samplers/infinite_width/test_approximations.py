"""EP, Laplace and regression against plain implementations, scikit-learn, torch, and the exact posterior."""

import warnings
from math import log, pi, sqrt

import numpy as np
import pytest
import torch
from scipy import optimize, special, stats
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import DotProduct

from harness.errors import BadInput, Undecided
from harness.samplers.infinite_width.approximations import (
    APPROXIMATIONS,
    expectation_propagation,
    laplace,
    squared_error,
)
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.orthant_evidence import log_probability
from harness.samplers.infinite_width.truncated_gaussian import margins_of_chains, truncated_gaussian
from tests.support.gaussian_processes import at_random, generator, of_digits, permuted

ALPHA = 1e-6
PROCESSES = pytest.mark.parametrize(
    "process", [at_random(5, 3, seed=0), at_random(12, 2, seed=1), of_digits(40)], ids=["five", "twelve", "digits"]
)
METHODS = {
    "EP": expectation_propagation,
    "EP probit": lambda process: expectation_propagation(process, noise=1.0),
    "Laplace": laplace,
    "Laplace logistic": lambda process: laplace(process, link="logistic"),
    "squared error": squared_error,
}
EACH = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
# scikit-learn's kernel of rows of the Cholesky factor is the kernel itself.
LINEAR = DotProduct(0.0, "fixed")


def with_noise(process, noise):
    """The same labels, of logits to which independent noise is added."""
    kernel = process.kernel + np.diag(np.arange(len(process.kernel)) < process.m) * noise**2
    return GaussianProcess(kernel, process.labels)


def ep_one_site_at_a_time(process, rounds=200):
    """Rasmussen & Williams 2006, algorithm 3.5, for the step; moments by way of scipy's truncated normal."""
    signs, k = process.signs, process.kernel[: process.m, : process.m]
    covariance, tau, nu = k.copy(), np.zeros(len(k)), np.zeros(len(k))
    for _ in range(rounds):
        for i in range(len(k)):
            mean = covariance @ nu
            rest = 1 / covariance[i, i] - tau[i]
            m, s = (mean[i] / covariance[i, i] - nu[i]) / rest, rest**-0.5
            ends = sorted(((0 - m) / s, signs[i] * np.inf))
            v, e = stats.truncnorm.var(*ends) * s**2, stats.truncnorm.mean(*ends) * s + m
            tau[i], nu[i] = 1 / v - rest, e / v - rest * m
            covariance = np.linalg.inv(np.linalg.inv(k) + np.diag(tau))
    return covariance @ nu, covariance


def test_unrelated_points_need_no_approximation():
    found = expectation_propagation(GaussianProcess(np.diag([1.0, 4.0, 9.0, 1.0]), np.array([1, 0, 1])))
    assert found.log_evidence == pytest.approx(-3 * log(2))
    np.testing.assert_allclose(found.mean, np.array([1, -2, 3]) * sqrt(2 / pi))
    np.testing.assert_allclose(found.covariance, np.diag([1, 4, 9]) * (1 - 2 / pi), atol=1e-9)
    np.testing.assert_allclose(found.probabilities, 0.5)


def test_ep_settles_where_one_site_at_a_time_does():
    process = at_random(6, 2, seed=2)
    mean, covariance = ep_one_site_at_a_time(process)
    found = expectation_propagation(process)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-6, atol=1e-9)


@PROCESSES
def test_noise_in_the_likelihood_is_noise_in_the_kernel(process):
    in_likelihood = expectation_propagation(process, noise=0.7)
    in_kernel = expectation_propagation(with_noise(process, 0.7))
    assert in_likelihood.log_evidence == pytest.approx(in_kernel.log_evidence, abs=1e-6)
    # The kernel between S and the evaluation inputs has none of it.
    np.testing.assert_allclose(in_likelihood.probabilities, in_kernel.probabilities, rtol=1e-6)


@PROCESSES
def test_ep_is_close_to_the_exact_posterior(process):
    """Ours to state, as EP has no bound: ln P(S) to 0.01 a point, the means to 0.1 standard deviations."""
    found, exact = expectation_propagation(process), log_probability(process, generator(0))
    low, high = exact.interval(ALPHA)
    assert low - 0.01 * process.m < found.log_evidence < high + 0.01 * process.m
    chains = margins_of_chains(process, generator(1), 200, 100, 10).numpy() * process.signs
    deviations = (chains.mean(axis=(0, 1)) - found.mean) / chains.std(axis=(0, 1))
    assert np.abs(deviations).max() < 0.1
    sampled = truncated_gaussian(process, generator(2), chains=200, draws=100).functions
    share = (sampled.bits() * sampled.probabilities()[:, None]).sum(axis=0)
    assert np.abs(share - found.probabilities).max() < 0.05


@pytest.mark.parametrize("rho", [0.5, 0.99])
def test_ep_settles_on_strongly_correlated_points(rho):
    m = 200
    process = GaussianProcess((1 - rho) * np.eye(m) + rho, np.arange(m) % 2)
    low, high = log_probability(process, generator(3), points=256).interval(ALPHA)
    assert low - 0.01 * m < expectation_propagation(process).log_evidence < high + 0.01 * m


@PROCESSES
def test_laplace_with_a_logistic_link_is_scikit_learns(process):
    m = process.m
    theirs = GaussianProcessClassifier(LINEAR, optimizer=None, max_iter_predict=1000)
    theirs.fit(process.factor[:m], process.labels)
    found = laplace(process, link="logistic")
    assert found.log_evidence == pytest.approx(theirs.log_marginal_likelihood_value_, rel=1e-6)
    slope = process.labels - theirs.base_estimator_.pi_
    np.testing.assert_allclose(found.mean, process.kernel[:m, :m] @ slope, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(found.probabilities > 0.5, theirs.predict(process.factor[m:]) == 1)


def test_laplace_with_a_probit_link_by_plain_optimisation():
    process = at_random(4, 2, seed=3)
    k, signs = process.kernel[:4, :4], process.signs
    inverse = np.linalg.inv(k)

    def energy(f):
        return -stats.norm.logcdf(signs * f).sum() + f @ inverse @ f / 2

    mode = optimize.minimize(energy, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x
    f = torch.tensor(mode, requires_grad=True)
    hessian = torch.autograd.functional.hessian(
        lambda f: -torch.special.log_ndtr(torch.tensor(signs) * f).sum() + f @ torch.tensor(inverse) @ f / 2, f
    ).numpy()
    found = laplace(process)
    np.testing.assert_allclose(found.mean, mode, atol=1e-5)
    np.testing.assert_allclose(found.covariance, np.linalg.inv(hessian), atol=1e-5)
    # ∫ exp(−energy) by Laplace, over the prior's own constant.
    _, log_det = np.linalg.slogdet(hessian @ k)
    assert found.log_evidence == pytest.approx(-energy(mode) - log_det / 2, abs=1e-6)


@PROCESSES
@pytest.mark.parametrize("noise", [0.05, 1.0])
def test_regression_is_scikit_learns(process, noise):
    m = process.m
    theirs = GaussianProcessRegressor(LINEAR, alpha=noise**2, optimizer=None).fit(process.factor[:m], process.signs)
    mean, covariance = theirs.predict(process.factor[m:], return_cov=True)
    found = squared_error(process, noise=noise)
    np.testing.assert_allclose(found.evaluation[0], mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.evaluation[1], covariance, rtol=1e-5, atol=1e-6)
    of_s = [(found.mean, found.covariance), (np.zeros(m), process.kernel[:m, :m])]
    gaussians = [torch.distributions.MultivariateNormal(*(torch.tensor(each) for each in pair)) for pair in of_s]
    divergence = torch.distributions.kl_divergence(*gaussians)
    assert found.log_evidence == pytest.approx(-float(divergence), rel=1e-6)


@EACH
def test_functions_have_the_probabilities_stated(method):
    found = method(of_digits(20, n=5))
    draws = 20_000
    drawn = found.functions(draws, generator(4))
    ones = (drawn.bits() * drawn.counts[:, None]).sum(axis=0)
    assert drawn.total == draws
    for k, p in zip(ones, found.probabilities, strict=True):
        assert stats.binomtest(int(k), draws, float(p)).pvalue > ALPHA
    mean, covariance = found.evaluation
    scale = np.sqrt(np.diag(covariance))
    both = stats.multivariate_normal.cdf(
        np.zeros(2), -(mean / scale)[:2], (covariance / np.outer(scale, scale))[:2, :2]
    )
    seen = int(drawn.counts[(drawn.bits()[:, :2] == 1).all(axis=1)].sum())
    assert stats.binomtest(seen, draws, float(both)).pvalue > ALPHA


@EACH
def test_the_order_of_the_points_does_not_matter(method):
    process = of_digits(30)
    one, other = method(process), method(permuted(process, np.random.default_rng(0).permutation(30)))
    assert one.log_evidence == pytest.approx(other.log_evidence, abs=1e-6)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


@EACH
def test_swapping_the_labels_swaps_the_functions(method):
    process = of_digits(15)
    one, other = method(process), method(GaussianProcess(process.kernel, 1 - process.labels))
    assert one.log_evidence == pytest.approx(other.log_evidence)
    np.testing.assert_allclose(one.probabilities, 1 - other.probabilities, atol=1e-9)


def test_a_flat_likelihood_tells_nothing():
    found = laplace(GaussianProcess(np.eye(3) * 1e-8, np.array([0, 1])), link="logistic")
    assert found.log_evidence == pytest.approx(2 * special.log_expit(0), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: expectation_propagation(p, noise=-1.0), "not negative"),
        (lambda p: laplace(p, link="cloglog"), "no link 'cloglog'; choose one of probit, logistic"),
        (lambda p: squared_error(p, noise=0.0), "positive standard deviation"),
    ],
)
def test_numbers_that_make_no_sense(call, says):
    with pytest.raises(BadInput, match=says):
        call(of_digits(3))


@pytest.mark.parametrize("method", APPROXIMATIONS)
@pytest.mark.parametrize("scale", [1e8, 1e12, 1e-12])
def test_of_a_kernel_too_extreme_there_are_numbers_or_a_sentence(method, scale):
    """One input far longer or shorter than the others: Newton's steps, or the sites, overflow."""
    x = np.random.default_rng(0).normal(size=(6, 5))
    x[0] *= scale
    process = GaussianProcess(x @ x.T + 1e-6 * np.diag((x**2).sum(axis=1)), np.array([0, 1, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            found = APPROXIMATIONS[method](process)
        except Undecided as why:
            assert "the kernel is too extreme" in str(why)  # noqa: PT017 — either is right
        else:
            assert np.isfinite(found.mean).all()
            assert np.isfinite(found.log_evidence)
