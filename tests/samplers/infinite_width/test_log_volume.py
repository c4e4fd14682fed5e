"""ln P(f|S) against closed forms, quadrature, enumeration and the posterior's own shares; its error against repeats."""

from itertools import product
from math import log

import numpy as np
import pytest
import torch
from scipy import special, stats

from harness.claim import Scale
from harness.errors import BadInput, NotAsked, Undecided
from harness.lab import Lab
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, digits, training_sets
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.log_volume import LogVolume, log_volumes
from harness.samplers.infinite_width.truncated_gaussian import truncated_gaussian
from harness.samplers.log_volumes import LogVolumes
from harness.store import Store
from tests.samplers.posterior.test_subset_simulation import equicorrelated
from tests.support.gaussian_processes import at_random, generator

NETWORK = FullyConnected((4, 4))


@pytest.fixture
def lab(tmp_path):
    return Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), 0, Store(tmp_path / "store"))


def test_unrelated_points_are_coins():
    process = GaussianProcess(np.diag(np.arange(1.0, 21)), np.arange(8) % 2)
    found = log_volumes(process, np.eye(12, dtype=np.uint8), generator(0), runs=4, points=64)
    np.testing.assert_allclose(found.values, -12 * log(2), atol=1e-9)
    assert found.evidence == pytest.approx(-8 * log(2), abs=1e-9)
    assert found.mean() == (pytest.approx(-12 * log(2)), pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize(("m", "n", "rho"), [(8, 8, 0.5), (32, 32, 0.5), (80, 80, 0.5), (64, 64, 0.95)])
def test_equicorrelated_points_are_an_integral_over_one_variable(m, n, rho):
    labels = np.arange(m) % 3 == 0
    rng = np.random.default_rng(0)
    functions = np.stack([np.ones(n), np.arange(n) % 2, rng.random(n) < 0.8]).astype(np.uint8)
    process = GaussianProcess((1 - rho) * np.eye(m + n) + rho, labels.astype(int))
    found = log_volumes(process, functions, generator(1))
    evidence = equicorrelated(m, labels, rho)
    truth = [equicorrelated(m + n, np.concatenate([labels, f]).astype(bool), rho) - evidence for f in functions]
    assert (found.errors < 0.1).all()
    assert (np.abs(found.values - truth) < 6 * found.errors + 1e-6).all()
    assert abs(found.evidence - evidence) < 6 * found.evidence_error + 1e-6


def test_equal_labels_at_correlation_one_half():
    # P(all n positive) = 1/(n + 1).
    m, n = 20, 30
    process = GaussianProcess((np.eye(m + n) + 1) / 2, np.ones(m, dtype=int))
    found = log_volumes(process, np.ones((1, n), dtype=np.uint8), generator(2))
    assert abs(found.values[0] - log((m + 1) / (m + n + 1))) < 6 * found.errors[0] + 1e-6


def test_all_functions_together_have_volume_one():
    functions = np.array(list(product((0, 1), repeat=5)), dtype=np.uint8)
    found = log_volumes(at_random(6, 5, seed=1), functions, generator(3))
    assert float(special.logsumexp(found.values)) == pytest.approx(0, abs=0.01)


def test_the_posterior_draws_functions_as_often_as_their_volume_says():
    process = at_random(6, 4, seed=2)
    drawn = truncated_gaussian(process, generator(4), chains=64, draws=256).functions
    found = log_volumes(process, drawn.bits(), generator(5))
    shares, volumes = drawn.counts / drawn.total, np.exp(found.values)
    # Consecutive draws of a chain are nearly independent; four times their number is allowed for.
    error = np.sqrt(4 * volumes / drawn.total) + volumes * found.errors
    assert (np.abs(shares - volumes) < 5 * error).all()


def test_errors_are_those_of_repeats():
    process = at_random(12, 12, seed=3)
    functions = np.random.default_rng(1).integers(0, 2, (2, 12)).astype(np.uint8)
    g = generator(6)
    found = [log_volumes(process, functions, g, runs=6, points=16) for _ in range(60)]
    exact = log_volumes(process, functions, g, runs=16, points=4096)
    for number in range(2):
        values = np.array([each.values[number] for each in found])
        claimed = np.sqrt(np.mean([each.errors[number] ** 2 for each in found]))
        # 60 repeats know their standard deviation to 9 %.
        assert claimed == pytest.approx(values.std(ddof=1), rel=0.45)
        assert abs(values.mean() - exact.values[number]) < 5 * values.std(ddof=1) / 60**0.5 + 5 * exact.errors[number]
    means = np.array([each.mean() for each in found])
    assert np.sqrt((means[:, 1] ** 2).mean()) == pytest.approx(means[:, 0].std(ddof=1), rel=0.45)


def test_the_jackknife_removes_the_bias_of_the_logarithm():
    # Lognormal estimates of mean 1: the logarithm of a mean of 8 is biased by about −(e^0.09 − 1)/16 = −0.006.
    rng = np.random.default_rng(2)
    runs = rng.standard_normal((8, 20_000)) * 0.3 - 0.3**2 / 2
    found = LogVolumes(runs, np.zeros(8))
    naive = float((special.logsumexp(runs, axis=0) - log(8)).mean())
    assert naive < -0.005
    assert abs(float(found.values.mean())) < 0.0025


def test_a_function_without_volume_is_minus_infinity():
    found = LogVolumes(np.array([[-np.inf, -1.0], [-np.inf, -1.2]]), np.zeros(2))
    assert found.values[0] == -np.inf
    assert np.isfinite(found.values[1])
    assert found.mean()[0] == -np.inf
    assert found.mean(np.array([0.0, 1.0]))[0] == pytest.approx(found.values[1])


@pytest.mark.parametrize(("particles", "last"), [(8, 0.95), (8, 0.98), (32, 0.98)])
def test_intervals_hold_the_truth_though_runs_often_coincide(particles, last):
    """Runs of few particles, whose shares are coarse: with no error where they coincide, 24 %, 46 % and 86 % do."""
    rng, runs, repeats, alpha = np.random.default_rng(0), 4, 1500, 0.1
    with np.errstate(divide="ignore"):
        to_s = np.log(rng.binomial(particles, 0.5, (repeats, runs)) / particles)
        to_f = to_s + np.log(rng.binomial(particles, last, (repeats, runs)) / particles)
    kept = np.isfinite(to_s).all(axis=1)
    held = []
    for evidences, joint in zip(to_s[kept], to_f[kept, :, None], strict=True):
        found = LogVolumes(joint, evidences)
        half = stats.t.isf(alpha / 2, runs - 1) * found.errors[0]
        held.append(abs(found.values[0] - log(last)) <= half)
    # Of so many, 90 % are 90 % within 2.4 %.
    assert np.mean(held) > 0.876


@pytest.mark.parametrize("apart", [1e-5, 1e-7, 1e-8])
def test_intervals_hold_the_truth_where_few_draws_tell_inputs_apart(apart):
    """By their scatter alone intervals of 90 % held the truth 85, 58 and 52 times of 100."""
    repeats, runs, rho = 30, 4, 1 - apart
    process = GaussianProcess((1 - rho) * np.eye(3) + rho, np.ones(1, dtype=int))
    # Of three margins of this correlation all are positive with probability 1/8 + 3·arcsin ρ/(4π).
    truth = np.log(1 / 4 + 3 * np.arcsin(rho) / (2 * np.pi))
    found = [log_volumes(process, np.ones((1, 2)), generator(seed), runs=runs, points=128) for seed in range(repeats)]
    errors = np.array([each.errors[0] for each in found])
    off = np.abs([each.values[0] - truth for each in found])
    assert (off > stats.t.isf(0.05, runs - 1) * errors).sum() <= stats.binom.isf(1e-4, repeats, 0.1)
    assert np.isfinite(errors).sum() > repeats / 4
    assert errors.min() == 1 / (runs * 256)


def test_runs_that_coincide_but_for_rounding_have_no_error():
    runs = np.array([log(1 / 8) + log(1 / 4) + log(3 / 4), log(3 / 4) + log(1 / 4) + log(1 / 8)])
    assert runs[0] != runs[1]
    found = LogVolumes(runs[:, None], np.zeros(2))
    assert found.errors.tolist() == [np.inf]
    assert found.evidence_error == np.inf
    assert found.mean()[1] == np.inf


def test_one_run_alone_says_nothing_of_its_error():
    found = LogVolumes(np.array([[-1.0], [-np.inf], [-np.inf]]), np.array([-0.5, -0.6, -0.7]))
    assert found.errors.tolist() == [np.inf]
    assert np.isfinite(found.values[0])


def test_what_no_perceptron_computes_has_no_volume(lab):
    # x and −x have opposite labels under every perceptron without a threshold.
    x = np.random.default_rng(4).standard_normal((3, 2))
    problem = Problem.from_arrays(x, [1, 0, 1] if x[0] @ x[2] > 0 else [1, 0, 0], -x, [0, 1, 0])
    consistent = 1 - problem.train_y
    found = lab.log_volumes(perceptron(), problem, np.stack([problem.train_y, consistent]), runs=4)
    assert found.values[0] == -np.inf
    assert found.values[1] == pytest.approx(0, abs=0.3)
    with pytest.raises(NotAsked, match="fits S"):
        lab.log_volumes(
            perceptron(), Problem.from_arrays(np.concatenate([x, -x]), [1] * 6, x, [1] * 3), np.ones((1, 3))
        )


@pytest.mark.parametrize("functions", [np.zeros((0, 8)), np.zeros(8), np.zeros((2, 7)), np.full((2, 8), 2)])
def test_functions_that_are_no_labels_on_e(lab, functions):
    with pytest.raises(BadInput, match="labels 0 and 1 on the 8 evaluation inputs"):
        lab.log_volumes(NETWORK, digits(4, 8), functions)


def test_a_function_that_occurs_twice_has_one_volume(lab):
    problem = digits(4, 8)
    functions = np.random.default_rng(3).integers(0, 2, (6, 8)).astype(np.uint8)
    found = lab.log_volumes(NETWORK, problem, functions)
    again = lab.log_volumes(NETWORK, problem, functions[[5, 0, 1, 2, 3, 4, 5]])
    np.testing.assert_array_equal(again.values, found.values[[5, 0, 1, 2, 3, 4, 5]])
    process = lab.gaussian_process(NETWORK, problem)
    apart = found.values - log_volumes(process, functions, generator(7)).values
    assert (np.abs(apart) < 0.05).all()


def test_a_kernel_of_fewer_weights_than_points(lab):
    # 96 points of 64 pixels, labelled by a perceptron that fits: its volume is above that of any one sign pattern.
    problem = digits(48, 48)
    found = lab.log_volumes(perceptron(), problem, problem.eval_y[None])
    assert np.isfinite(found.values).all()
    assert (found.errors < 0.5).all()


def test_on_each_training_set_its_own_functions(lab):
    sets = training_sets(digits, 4, 8)
    functions = [problem.eval_y[None] for problem in lab.problems(sets)]
    found = lab.log_volumes_on_sets(NETWORK, sets, functions)
    assert len(found) == len(functions)
    alone = lab.log_volumes(NETWORK, lab.problems(sets)[1], functions[1])
    np.testing.assert_array_equal(found[1].values, alone.values)
    with pytest.raises(BadInput, match="for each training set of this look"):
        lab.log_volumes_on_sets(NETWORK, sets, functions[:2])


def test_runs_that_disagree_are_kept_and_decide_nothing():
    """Functions without volume, of −inf, do not count."""
    none = np.full(3, -np.inf)
    agree = LogVolumes(np.stack([[-2.0, -2.1, -2.2], none], axis=1), np.array([-1.0, -1.1, -1.2]))
    apart = LogVolumes(np.stack([[-2.0, -2.1, -4.2], none], axis=1), np.array([-1.0, -1.1, -1.2]))
    asked = LogVolume(NETWORK, digits(3, 2), at_random(3, 2, 0), np.zeros((2, 2), dtype=np.uint8))
    assert agree.scatter.tolist() == [pytest.approx(0.1), np.inf]
    assert asked.checked(agree).joint is agree.joint
    with pytest.raises(Undecided, match="nats in the logarithm of an orthant"):
        asked.checked(apart)
