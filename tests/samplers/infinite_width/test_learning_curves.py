"""Learning curves from the spectrum: closed forms, an equivalent formula, and kernel regression simulated."""

import numpy as np
import pytest
import torch
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.infinite_width.learning_curves import RegressionErrors, Spectrum, regression_errors


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_nothing_learned_from_nothing():
    assert Spectrum(np.array([1.0, 0.5, 0.0]), np.array([1.0, 2.0, 3.0])).error(0, 0.1) == pytest.approx(14)


def test_what_the_kernel_lacks_is_never_learned():
    spectrum = Spectrum(np.array([1.0, 0.5, 0.0]), np.array([1.0, 2.0, 3.0]))
    assert spectrum.error(1e9, 1e-9) == pytest.approx(9, rel=1e-3)
    assert spectrum.error(5, 0.0) == 9.0


@pytest.mark.parametrize("m", [5, 20, 39])
def test_a_flat_spectrum_without_ridge(m):
    """Least norm regression in 40 isotropic directions: 1 − m/40 of the target is left, exactly."""
    spectrum = Spectrum(np.full(40, 0.3), np.arange(40.0))
    assert spectrum.error(m, 0.0) == pytest.approx((1 - m / 40) * (np.arange(40.0) ** 2).sum(), rel=1e-8)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("ridge", [0.1, 1.0])
def test_a_flat_spectrum_with_ridge(ratio, ridge):
    """Ridge regression on d isotropic directions has the risk of the Marchenko–Pastur law (Dobriban & Wager 2018)."""
    d, m = 200, ratio * 200
    # ΦᵀΦ/m has Stieltjes transform s(−z); the bias of ridge z is z² s'(−z).
    z = ridge / m
    gamma = d / m

    def stieltjes(z):
        return (-(1 - gamma + z) + np.sqrt((1 - gamma + z) ** 2 + 4 * gamma * z)) / (2 * gamma * z)

    # A derivative by a step that is imaginary loses no digits.
    derivative = -(stieltjes(z + 1e-30j)).imag / 1e-30
    spectrum = Spectrum(np.ones(d), np.full(d, d**-0.5))
    assert spectrum.error(m, ridge) == pytest.approx(z**2 * derivative, rel=1e-6)


@pytest.mark.parametrize("m", [3, 30, 300])
def test_the_form_in_which_it_was_published(m):
    """E = Σ a²/λ² (1/λ + m/(ridge + t))^−2 / (1 − mγ/(ridge + t)²), by plain iteration of t."""
    rng = np.random.default_rng(0)
    eigenvalues, coefficients, ridge = rng.pareto(1.0, 50) + 1e-3, rng.normal(size=50), 0.02
    t = eigenvalues.sum()
    for _ in range(100_000):
        t = (1 / (1 / eigenvalues + m / (ridge + t))).sum()
    each = (1 / eigenvalues + m / (ridge + t)) ** -2
    published = (coefficients**2 / eigenvalues**2 * each).sum() / (1 - m * each.sum() / (ridge + t) ** 2)
    assert Spectrum(eigenvalues, coefficients).error(m, ridge) == pytest.approx(published, rel=1e-6)


def test_the_spectrum_of_a_known_kernel():
    """On the cube, x·x'/n has the n coordinates for eigenfunctions, of eigenvalue 1/n each."""
    x = np.array(list(np.ndindex(2, 2, 2, 2))) * 2.0 - 1
    spectrum = Spectrum.of(x @ x.T / 4, x[:, 2])
    np.testing.assert_allclose(np.sort(spectrum.eigenvalues)[-4:], 0.25)
    np.testing.assert_allclose(np.sort(spectrum.eigenvalues)[:-4], 0, atol=1e-12)
    assert (spectrum.coefficients**2).sum() == pytest.approx(1)
    assert (spectrum.coefficients[spectrum.eigenvalues > 0.1] ** 2).sum() == pytest.approx(1)


def test_regression_of_gaussian_features():
    """What the theory is proved for in the limit: features of many directions, with a spread spectrum.

    400 sets at m = 40; six standard errors have a false-alarm probability of 2e-9, and the theory's own error is of the
    order of 1/modes: 1 % with 200 modes.
    """
    rng = np.random.default_rng(1)
    eigenvalues, coefficients = np.arange(1, 201) ** -1.2, rng.normal(size=200) * np.arange(1, 201) ** -0.6
    ridge, m, errors = 0.05, 40, []
    for _ in range(400):
        phi = rng.normal(size=(m, 200))
        inverse = np.linalg.inv((phi * eigenvalues) @ phi.T + ridge * np.eye(m))
        learned = eigenvalues * (phi.T @ (inverse @ (phi @ coefficients)))
        errors.append(((learned - coefficients) ** 2).sum())
    theory = Spectrum(eigenvalues, coefficients).error(m, ridge)
    assert np.mean(errors) == pytest.approx(theory, abs=6 * stats.sem(errors) + 0.01 * theory)


def test_kernel_regression_on_digits():
    """Real data are not what the theory is proved for; the source finds it right to a few per cent where the pool is
    much larger than the training sets, which are otherwise a part of it that is known by heart."""
    problem = digits(500, 100)
    kernel = nngp(FullyConnected((1, 1)), problem.inputs)
    target = 2.0 * np.concatenate([problem.train_y, problem.eval_y]) - 1
    ridge, m = 0.01 * kernel.diagonal().mean(), 20
    theory = Spectrum.of(kernel, target).error(m, ridge)
    low, high = regression_errors(kernel, target, m, ridge, 800, generator(0)).over(theory).interval(1e-6)
    assert low < 1.1
    assert high > 0.9
    assert high - low < 0.1


def test_a_kernel_that_relates_nothing_learns_by_heart():
    """A known target is left with (r/(1 + r))² of its square, another with all of it; six standard errors."""
    target = np.arange(10.0)
    errors = regression_errors(np.eye(10), target, 4, 0.5, 2000, generator(0)).values
    assert errors.mean() == pytest.approx((target**2).mean() * (0.4 / 9 + 0.6), abs=6 * stats.sem(errors))


def test_points_of_a_training_set_are_different():
    """If every point is known, a kernel that relates nothing leaves the same error in every set."""
    errors = regression_errors(np.eye(10), np.arange(10.0), 10, 0.5, 20, generator(0)).values
    np.testing.assert_allclose(errors, (np.arange(10.0) ** 2).mean() / 9)


def test_one_training_set_by_hand():
    kernel, target = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([1.0, -1.0])
    values = regression_errors(kernel, target, 1, 0.5, 20, generator(0)).values
    # f = k(x, x₁) y₁/2.5 in either case: 0.8 y₁ there and 0.4 y₁ at the other, which should be −y₁.
    np.testing.assert_allclose(values, (0.2**2 + 1.4**2) / 2)


def test_sets_merge_and_give_an_interval():
    one, two = RegressionErrors(np.array([1.0, 2.0])), RegressionErrors(np.array([3.0]))
    both = RegressionErrors.from_arrays((one + two).to_arrays()).over(2.0)
    assert (both.value, both.n, both.unit) == (1.0, 3, "training sets")
    np.testing.assert_allclose(both.interval(0.05), stats.t.interval(0.95, 2, 1.0, stats.sem([0.5, 1.0, 1.5])))


def test_intervals_cover():
    """400 samples of 30 training sets: fewer covered than so many would have a chance of 1e-5 at a coverage of 90 %."""
    problem = digits(40, 20)
    kernel = nngp(FullyConnected((1, 1)), problem.inputs)
    target = 2.0 * np.concatenate([problem.train_y, problem.eval_y]) - 1
    values = regression_errors(kernel, target, 5, 0.01, 400 * 30, generator(0)).values
    covered = 0
    for each in values.reshape(400, 30):
        low, high = RegressionErrors(each).over(float(values.mean())).interval(0.1)
        covered += low <= 1 <= high
    assert covered >= stats.binom.ppf(1e-5, 400, 0.9)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Spectrum.of(np.eye(3), np.ones(2)),
        lambda: Spectrum(np.ones(2), np.ones(2)).error(-1, 0.1),
        lambda: Spectrum(np.ones(2), np.ones(2)).error(1, -0.1),
        lambda: regression_errors(np.eye(2), np.ones(2), 0, 0.1, 1, generator(0)),
        lambda: regression_errors(np.eye(2), np.ones(2), 1, 0.0, 1, generator(0)),
        lambda: regression_errors(np.eye(2), np.ones(2), 3, 0.1, 1, generator(0)),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(BadInput):
        call()
