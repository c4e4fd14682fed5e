"""Subset simulation against closed forms, rejection, and itself."""

from importlib import import_module
from itertools import product
from math import inf, log, pi

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from harness.errors import BadInput
from harness.functions.packing import pack
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, digits
from harness.samplers.infinite_width.kernels import nngp
from harness.samplers.posterior import RunsPosterior, rejection, subset_simulation
from harness.statistics.distances import mmd_squared
from harness.verdicts.intervals import log_evidence

# Two-sided false alarms: one in a million a comparison.
ALPHA = 1e-6


def generator(seed):
    return torch.Generator().manual_seed(seed)


def problem(x, y, eval_x=None):
    eval_x = x[:1] if eval_x is None else eval_x
    return Problem.from_arrays(x, y, eval_x, np.zeros(len(eval_x)))


def assert_evidence(posterior, ln_truth, widest=inf):
    """The truth lies in the interval at a level that never fails, and the one at level 0.95 is not too wide."""
    low, high = posterior.evidence.interval(ALPHA)
    assert low < ln_truth < high
    low, high = posterior.evidence.interval(0.05)
    assert high - low < widest


def test_orthogonal_inputs_have_evidence_two_to_the_minus_m():
    m = 20
    labels = np.arange(m) % 2
    found = subset_simulation(
        perceptron(), problem(np.eye(m), labels), generator(0), runs=12, chains=64, last_layers=50, max_doublings=0
    )
    assert_evidence(found, -m * log(2), widest=3.0)
    # P(S_k) on the way as well.
    for k in (1, 8, 14):
        low, high = found.evidence_of(k).interval(ALPHA)
        assert low < -k * log(2) < high


def equicorrelated(m, labels, rho):
    """ln of P(sign z_i = s_i) for z_i of variance 1 and common correlation ρ > 0: a one-dimensional integral."""
    signs, slope = np.asarray(labels) * 2.0 - 1, np.sqrt(rho / (1 - rho))

    def log_integrand(u):
        return stats.norm.logpdf(u) + stats.norm.logcdf(signs * slope * u).sum()

    peak = max(log_integrand(u) for u in np.linspace(-8, 8, 321))
    value, _ = integrate.quad(lambda u: np.exp(log_integrand(u) - peak), -12, 12, limit=500)
    return peak + log(value)


@pytest.mark.parametrize(("m", "ones", "rho"), [(12, 12, 0.5), (40, 13, 0.2)])
def test_correlated_orthants_far_beyond_rejection(m, ones, rho):
    labels = np.arange(m) < ones
    x = np.linalg.cholesky((1 - rho) * np.eye(m) + rho * np.ones((m, m))) * np.sqrt(m)
    found = subset_simulation(
        perceptron(), problem(x, labels), generator(1), runs=10, chains=64, last_layers=60, max_doublings=0
    )
    truth = equicorrelated(m, labels, rho)
    if ones == m and rho == 0.5:
        assert truth == pytest.approx(-log(m + 1))
    assert_evidence(found, truth, widest=3.0)


def test_every_function_of_a_perceptron_on_the_plane():
    # Rows of directions cut the circle of weights into arcs: each labelling's evidence is its arc over 2π.
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    angles = np.linspace(0, 2 * pi, 200_001)[:-1]
    signs = (np.stack([np.cos(angles), np.sin(angles)], axis=1) @ x.T > 0).astype(int)
    total = 0.0
    for labels in product((0, 1), repeat=3):
        share = (signs == labels).all(axis=1).mean()
        if share > 1e-4:
            found = subset_simulation(perceptron(), problem(x, labels), generator(2), runs=8, chains=32, steps=8)
            assert_evidence(found, log(share))
            total += np.exp(found.evidence.value)
    assert total == pytest.approx(1.0, abs=0.1)
    impossible = subset_simulation(perceptron(), problem(x, [1, 1, 0]), generator(3), runs=2, chains=32, steps=4)
    assert not impossible.agree
    assert impossible.curve[:, -1].tolist() == [-inf, -inf]
    assert impossible.functions.total == 0


@pytest.mark.parametrize(
    "architecture",
    [
        FullyConnected((5, 5)),
        FullyConnected((10,), activation="tanh", sigma_b=0.0),
        FullyConnected((3, 3), sigma_b=0.0),
        FullyConnected((8, 8), parametrisation="ntk"),
        FullyConnected((3, 4, 5), sigma_w=2.0, activation="erf"),
        FullyConnected((5, 5), distribution="uniform"),
        FullyConnected((5, 5), normalised=True),
        perceptron(threshold=True),
        perceptron(distribution="uniform"),
    ],
    ids=lambda architecture: architecture.name,
)
def test_agrees_with_rejection(architecture):
    task = digits(7, 8)
    by_rejection = rejection(architecture, task, 300_000, generator(4))
    # Where all of a network moves at once, chains are longer.
    steps = 32 if architecture.distribution != "gaussian" or architecture.ties else 8
    found = subset_simulation(architecture, task, generator(5), runs=12, chains=64, steps=steps, max_doublings=0)
    value, (low, high) = found.evidence.value, by_rejection.evidence.interval(ALPHA)
    spread = stats.norm.isf(ALPHA / 2) * found.scatter / np.sqrt(12)
    assert log(low) - spread < value < log(high) + spread
    assert spread < 0.6
    low, high = mmd_squared(by_rejection.sample, found.sample).interval(1e-4)
    assert low <= 0
    assert high < 0.05


def test_wide_networks_have_the_evidence_of_their_gaussian_process():
    # An orthant probability, by numerical integration. At width 200 the kernel varies by some per cent from network to
    # network, which changes ln P(S) by far less than the error of this sample.
    architecture, task = FullyConnected((200,)), digits(9, 8)
    signs = task.train_y * 2.0 - 1
    kernel = nngp(architecture, task.train_x)
    truth = log(stats.multivariate_normal(cov=kernel * np.outer(signs, signs)).cdf(np.zeros(9)))
    found = subset_simulation(architecture, task, generator(21), runs=8, chains=32, steps=8, groups=4)
    assert_evidence(found, truth, widest=0.8)


def test_moves_keep_the_posterior_as_it_is():
    # From exact posterior samples, long chains lead to exact posterior samples: rejection is exact.
    architecture, task = FullyConnected((6, 6)), digits(8, 8)
    exact = rejection(architecture, task, 500_000, generator(6))
    short = subset_simulation(architecture, task, generator(7), runs=12, chains=64, steps=4, max_doublings=0)
    long = subset_simulation(architecture, task, generator(8), runs=12, chains=8, steps=48, max_doublings=0)
    for found in (short, long):
        assert mmd_squared(exact.sample, found.sample).interval(1e-4)[0] <= 0


def test_the_order_of_training_points_does_not_matter():
    architecture, task = FullyConnected((10, 10)), digits(10, 8)
    order = np.random.default_rng(0).permutation(task.m)
    shuffled = Problem.from_arrays(task.train_x[order], task.train_y[order], task.eval_x, task.eval_y)
    found = [
        subset_simulation(architecture, each, generator(9 + i), runs=10, chains=64, steps=8, max_doublings=0)
        for i, each in enumerate((task, shuffled))
    ]
    difference = found[0].evidence.value - found[1].evidence.value
    error = np.hypot(found[0].scatter, found[1].scatter) / np.sqrt(10)
    assert abs(difference) < stats.t.isf(ALPHA / 2, 9) * error
    assert mmd_squared(found[0].sample, found[1].sample).interval(1e-4)[0] <= 0


def test_smaller_blocks_give_the_same_distribution():
    architecture, task = FullyConnected((10, 10)), digits(8, 8)
    found = [
        subset_simulation(
            architecture, task, generator(11 + i), runs=10, chains=28, steps=4, max_doublings=0, block=block
        )
        for i, block in enumerate((7, 28))
    ]
    error = np.hypot(found[0].scatter, found[1].scatter) / np.sqrt(10)
    difference = found[0].evidence.value - found[1].evidence.value
    assert abs(difference) < stats.t.isf(ALPHA / 2, 9) * error


def test_the_same_seed_gives_the_same_runs():
    one, two = (subset_simulation(FullyConnected((5,)), digits(6, 8), generator(13), runs=2) for _ in range(2))
    assert one.clusters == two.clusters
    np.testing.assert_array_equal(one.curve, two.curve)


def test_evidence_intervals_cover():
    # 40 sets of six short runs on an orthant with a known probability: at level 0.8, eight should miss.
    m, labels, rho = 10, np.arange(10) < 4, 0.5
    x = np.linalg.cholesky((1 - rho) * np.eye(m) + rho * np.ones((m, m))) * np.sqrt(m)
    task, truth = problem(x, labels), equicorrelated(m, labels, rho)
    runs = subset_simulation(perceptron(), task, generator(14), runs=240, chains=16, steps=4, max_doublings=0)
    missed = 0
    for first in range(0, 240, 6):
        low, high = log_evidence(runs.curve[first : first + 6, -1].tolist()).interval(0.2)
        missed += not low <= truth <= high
    assert stats.binom.sf(missed - 1, 40, 0.2) > 1e-4


def test_evidence_is_unbiased_with_few_particles():
    m, labels, rho = 10, np.arange(10) < 4, 0.5
    x = np.linalg.cholesky((1 - rho) * np.eye(m) + rho * np.ones((m, m))) * np.sqrt(m)
    runs = subset_simulation(
        perceptron(), problem(x, labels), generator(16), runs=400, chains=16, steps=4, last_layers=9, max_doublings=0
    )
    ratios = np.exp(runs.curve[:, -1] - equicorrelated(m, labels, rho))
    assert abs(ratios.mean() - 1) < stats.norm.isf(1e-4 / 2) * ratios.std() / np.sqrt(400) < 0.4


def test_simulation_based_calibration():
    # Labels drawn from the prior make the posterior's evaluation bit right as often as it says (Talts et al. 2018).
    architecture, task = FullyConnected((6, 6)), digits(6, 8)
    inputs = task.inputs.reshape(14, -1)
    deviation, variance = 0.0, 0.0
    for seed in range(40):
        torch.manual_seed(1000 + seed)
        h = torch.from_numpy(inputs)
        for fan_in, fan_out in ((64, 6), (6, 6), (6, 1)):
            z = h @ (torch.randn(fan_in, fan_out) * (2 / fan_in) ** 0.5) + 0.1 * torch.randn(fan_out)
            h = torch.relu(z)
        truth = (z[:, 0] > 0).numpy()
        drawn = Problem.from_arrays(task.train_x, truth[:6], task.eval_x, truth[6:])
        found = subset_simulation(architecture, drawn, generator(seed), runs=2, chains=64, steps=8).functions
        # One number a replicate: the share of evaluation points where the truth agrees with a fixed pattern.
        pattern = np.arange(8) % 2
        agree = (found.bits() == pattern).mean(axis=1)
        mean = agree @ found.probabilities()
        deviation += (truth[6:] == pattern).mean() - mean
        variance += (agree - mean) ** 2 @ found.probabilities()
    assert abs(deviation) < stats.norm.isf(1e-4 / 2) * np.sqrt(variance)


def test_curves_ancestors_and_the_store():
    found = subset_simulation(
        FullyConnected((5, 5)), digits(16, 8), generator(15), runs=3, chains=32, steps=8, max_doublings=0
    )
    assert found.curve.shape == (3, 17)
    assert (found.curve[:, 0] == 0).all()
    assert (np.diff(found.curve, axis=1) <= 0).all()
    assert ((found.ancestors >= 1) & (found.ancestors <= 32)).all()
    assert found.clusters.units == 3
    assert found.functions.total == 3 * 32 * 8
    again = RunsPosterior.from_arrays(found.to_arrays())
    assert again.clusters == found.clusters
    np.testing.assert_array_equal(again.curve, found.curve)
    both = found + again
    assert both.clusters.units == 6
    assert both.evidence.n == 6


@pytest.mark.parametrize("architecture", [FullyConnected((6, 6)), FullyConnected((5,), distribution="uniform")])
def test_three_classes_agree_with_rejection(architecture):
    task = digits(5, 8, task="0/1/2")
    by_rejection = rejection(architecture, task, 300_000, generator(17))
    found = subset_simulation(architecture, task, generator(18), runs=12, chains=128, steps=8)
    value, (low, high) = found.evidence.value, by_rejection.evidence.interval(ALPHA)
    spread = stats.norm.isf(ALPHA / 2) * found.scatter / np.sqrt(12)
    assert log(low) - spread < value < log(high) + spread
    assert spread < 0.6
    assert mmd_squared(by_rejection.sample, found.sample).interval(1e-4)[0] <= 0


def test_ten_classes_on_orthogonal_inputs_have_evidence_ten_to_the_minus_m():
    m = 8
    task = Problem.from_arrays(np.eye(m), np.arange(m) % 10, np.eye(m)[:2], [0, 1], classes=10)
    found = subset_simulation(perceptron(), task, generator(19), runs=8, chains=64, last_layers=50)
    assert_evidence(found, -m * log(10), widest=3.0)
    # The two evaluation inputs are among those fitted.
    assert found.functions.strings() == ["01"]


def test_trial_runs_settle_the_length_and_counted_runs_are_drawn_once(monkeypatch):
    """Whatever the counted runs scatter: were they drawn again until they agree, those alike would be selected."""
    scatters, lengths = iter([9.0, 9.0, 0.1]), []
    ends = np.array([-1.0, 1, -1, 1]) * np.sqrt(3 / 4)

    def run(sampler, levels, steps):
        if len(lengths) % 4 == 0:
            sampler.scatter = next(scatters, 7.0)
        lengths.append(steps)
        curve = np.array([0.0, -20 + sampler.scatter * ends[(len(lengths) - 1) % 4]])
        return module._Run(curve, pack(np.zeros((1, 1), np.uint8)), 1.0)

    module = import_module("harness.samplers.posterior.subset_simulation")
    monkeypatch.setattr(module._Sampler, "run", run)
    task = Problem.from_arrays(np.eye(2)[:1], [1], np.eye(2)[1:], [0])
    found = subset_simulation(perceptron(), task, generator(0), runs=8, chains=4, steps=1, max_doublings=5)
    assert lengths == [1] * 4 + [2] * 4 + [4] * 4 + [4] * 8
    assert found.scatter == pytest.approx(7 * np.sqrt(6 / 7), rel=1e-9)
    assert not found.agree


def test_runs_that_disagree_are_drawn_again_with_longer_chains():
    architecture, task = FullyConnected((5, 5)), digits(24, 8)
    short, longer = (
        subset_simulation(architecture, task, generator(20), runs=4, chains=16, steps=2, max_doublings=max_doublings)
        for max_doublings in (0, 4)
    )
    assert not short.agree
    assert short.functions.total <= 4 * 16 * 2
    assert longer.functions.total > 4 * 16 * 2
    assert longer.scatter < short.scatter


@pytest.mark.parametrize(
    "wrong", [{"runs": 0}, {"chains": 0}, {"survival": 1.0}, {"last_layers": -1}, {"max_doublings": -1}, {"groups": 0}]
)
def test_bad_input(wrong):
    with pytest.raises(BadInput, match="Subset simulation takes"):
        subset_simulation(perceptron(), digits(4, 8), generator(0), **wrong)


def test_a_problem_without_training_points_is_refused():
    with pytest.raises(BadInput, match="m = 0"):
        subset_simulation(perceptron(), problem(np.zeros((0, 2)), [], np.ones((1, 2))), generator(0))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same_evidence():
    x = np.eye(20)
    found = subset_simulation(perceptron(), problem(x, np.arange(20) % 2), torch.Generator("cuda").manual_seed(0))
    assert_evidence(found, -20 * log(2))
