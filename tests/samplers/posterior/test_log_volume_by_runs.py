"""ln P(f|S) at finite width against counts, closed forms of one-hot inputs, the chain rule and infinite width."""

from functools import cache
from itertools import product
from math import exp, log

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from harness.claim import Scale
from harness.errors import BadInput, Undecided
from harness.functions.packing import pack
from harness.lab import Lab
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, digits, training_sets
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.log_volume import log_volumes
from harness.samplers.log_volumes import LogVolumes
from harness.samplers.posterior.log_volume import check_scatter, log_volumes_by_runs
from harness.samplers.prior import Prior
from harness.statistics.log_volumes import log_volume
from harness.store import Store
from tests.samplers.posterior.test_subset_simulation import equicorrelated
from tests.support.gaussian_processes import generator

# 1e-6 over some twenty comparisons; errors of few runs are Student's.
Z = 5.5
SMALL = {"runs": 12, "chains": 32, "steps": 4}
REPEATS, SIMULATIONS = 40, 6
FEW = {"runs": 4, "chains": 24, "steps": 4, "last_layers": 5}


def one_hot(labels, n):
    """m + n inputs, each with a weight of its own in the first layer."""
    x, m = np.eye(len(labels) + n), len(labels)
    return Problem.from_arrays(x[:m], labels, x[m:], [0] * n)


def of_width_two(m, k):
    """P(S) of k ones among m one-hot inputs, one hidden ReLU layer of width 2 without biases: labels are coins of one
    p, which is 0 or 3/4 with chance 1/4 each, else uniform on (1/4, 1/2)."""
    between = special.betainc(k + 1, m - k + 1, 0.5) - special.betainc(k + 1, m - k + 1, 0.25)
    return 0.25 * 0.75**k * 0.25 ** (m - k) + 0.25 * (k == 0) + 2 * special.beta(k + 1, m - k + 1) * between


def of_infinite_width(m, k):
    """The same at infinite width: equicorrelated logits, ρ = 1/π."""
    a = (1 / np.pi / (1 - 1 / np.pi)) ** 0.5

    def density(z):
        return stats.norm.pdf(z) * stats.norm.cdf(a * z) ** k * stats.norm.cdf(-a * z) ** (m - k)

    return integrate.quad(density, -12, 12, epsabs=0, epsrel=1e-10)[0]


def students(found, truth):
    """Deviations in standard errors, brought from Student's t of the runs to the normal distribution."""
    t = (found.values - truth) / found.errors
    return stats.norm.ppf(stats.t.cdf(t, found.runs - 1))


def test_the_closed_form_of_width_two_against_direct_integration():
    def coins(p, m, k):
        return p**k * (1 - p) ** (m - k)

    for m, k in ((8, 4), (5, 0), (5, 5)):
        between = integrate.quad(coins, 0.25, 0.5, args=(m, k))[0] * 2
        assert of_width_two(m, k) == pytest.approx(0.25 * coins(0.75, m, k) + 0.25 * coins(0.0, m, k) + between)
    # As published for 6,000,000 draws.
    assert log(of_width_two(8, 4)) == pytest.approx(-6.3533, abs=1e-4)


def test_one_hot_inputs_at_width_two_in_closed_form():
    labels, network = [1, 0, 1, 1, 0, 1], FullyConnected((2,), sigma_b=0)
    functions = np.array([[1] * 6, [1, 0] * 3], dtype=np.uint8)
    found = log_volumes_by_runs(network, one_hot(labels, 6), functions, generator(0), **SMALL)
    evidence = of_width_two(6, 4)
    truth = [log(of_width_two(12, 4 + f.sum()) / evidence) for f in functions]
    assert (found.errors < 0.4).all()
    assert (np.abs(students(found, truth)) < Z).all()
    assert abs(found.evidence - log(evidence)) < Z * found.evidence_error


def test_width_goes_from_its_own_volume_to_that_of_the_limit():
    """Of constant labels, that networks with few units are far likelier to have."""
    labels, functions = [0] * 6, np.zeros((1, 6), dtype=np.uint8)
    narrow, limit = (
        np.array([log(of(12, f.sum()) / of(6, 0)) for f in functions]) for of in (of_width_two, of_infinite_width)
    )
    assert (np.abs(narrow - limit) > 0.3).all()
    for width, truth, tolerance in ((2, narrow, 0.0), (100, limit, 0.03)):
        network = FullyConnected((width,), sigma_b=0)
        found = log_volumes_by_runs(network, one_hot(labels, 6), functions, generator(1), **SMALL)
        assert (found.errors < 0.3).all()
        assert (np.abs(found.values - truth) < Z * found.errors + tolerance).all()
        if width == 2:
            assert np.abs(students(found, limit)).max() > Z
    # The limit's own sampler, of other networks and methods.
    process = GaussianProcess((1 - 1 / np.pi) * np.eye(12) + 1 / np.pi, np.zeros(6, dtype=int))
    np.testing.assert_allclose(log_volumes(process, functions, generator(2)).values, limit, atol=0.02)


@pytest.mark.parametrize("network", [FullyConnected((3, 3)), FullyConnected((3,), "tanh", 4.0), perceptron()])
def test_functions_have_the_volumes_that_plain_draws_count(network):
    problem = digits(4, 5)
    both = Problem.from_arrays(problem.train_x, problem.train_y, problem.inputs, np.zeros(9))
    drawn = Prior(network, both, draws=300_000).draw(generator(2)).counts_of
    functions = np.array(list(product((0, 1), repeat=5)), dtype=np.uint8)
    counts = drawn(pack(np.hstack([np.tile(problem.train_y, (32, 1)), functions])))
    seen = np.argsort(counts)[[-1, -3, -8]]
    assert counts[seen].min() > 200
    found = log_volumes_by_runs(network, problem, functions[seen], generator(3), **SMALL)
    counted = np.log(counts[seen] / counts.sum())
    error = np.hypot(found.errors, counts[seen] ** -0.5)
    assert (error < 0.3).all()
    assert (np.abs(found.values - counted) < Z * error).all()


def test_the_sum_of_one_point_steps():
    problem, network = digits(4, 3), FullyConnected((4,))
    whole = log_volumes_by_runs(network, problem, problem.eval_y[None], generator(4), **SMALL)
    total = variance = 0.0
    for k in range(3):
        step = Problem.from_arrays(
            problem.inputs[: 4 + k],
            np.concatenate([problem.train_y, problem.eval_y[:k]]),
            problem.inputs[4 + k : 5 + k],
            [0],
        )
        found = log_volumes_by_runs(network, step, problem.eval_y[None, k : k + 1], generator(5 + k), **SMALL)
        # The two labels of one point have probability 1 together.
        other = log_volumes_by_runs(network, step, 1 - problem.eval_y[None, k : k + 1], generator(8 + k), **SMALL)
        apart = exp(found.values[0]) + exp(other.values[0]) - 1
        assert abs(apart) < Z * np.hypot(*(each.errors[0] * exp(each.values[0]) for each in (found, other))) + 1e-9
        total, variance = total + found.values[0], variance + found.errors[0] ** 2
    assert abs(whole.values[0] - total) < Z * (whole.errors[0] ** 2 + variance) ** 0.5


@cache
def of_correlation_one_half(points, ones):
    """ln of the probability of labels, of which so many are 1."""
    return equicorrelated(points, np.arange(points) < ones, 0.5)


def correlated(labels, n):
    """Logits of a perceptron with common correlation 1/2."""
    points = len(labels) + n
    x = np.linalg.cholesky((np.eye(points) + 1) / 2) * points**0.5
    return Problem.from_arrays(x[: len(labels)], labels, x[len(labels) :], [0] * n)


def test_estimates_are_unbiased_and_their_errors_those_of_repeats():
    """Of fewer particles, or of moves that mix more slowly, the jackknife's errors are too large, not too small."""
    labels, function = [1, 0, 1, 1, 0], np.array([[1, 1, 1, 0, 1]], dtype=np.uint8)
    problem, g = correlated(labels, 5), generator(14)
    both, evidence = of_correlation_one_half(10, 7), of_correlation_one_half(5, 3)
    few = {"runs": 6, "chains": 16, "steps": 4}
    found = [log_volumes_by_runs(perceptron(), problem, function, g, **few) for _ in range(REPEATS)]
    joint = np.exp([each.joint[:, 0] for each in found]).ravel()
    assert abs(joint.mean() - exp(both)) < Z * joint.std() / joint.size**0.5
    values, errors = (np.array([getattr(each, what)[0] for each in found]) for what in ("values", "errors"))
    assert abs(values.mean() - (both - evidence)) < Z * values.std() / REPEATS**0.5
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.4)


def test_the_interval_over_training_sets_covers_the_truth():
    """Each set has labels of its own, with a known truth: the interval of what is left covers 0."""
    rng, g, missed = np.random.default_rng(0), generator(15), 0
    for _ in range(SIMULATIONS):
        left = []
        for _ in range(8):
            labels, function = rng.integers(0, 2, 4), rng.integers(0, 2, (1, 4)).astype(np.uint8)
            found = log_volumes_by_runs(perceptron(), correlated(labels, 4), function, g, **FEW)
            ones, more = int(labels.sum()), int(function.sum())
            truth = of_correlation_one_half(8, ones + more) - of_correlation_one_half(4, ones)
            left.append(LogVolumes(found.joint - truth, found.evidences))
        low, high = log_volume(left).interval(0.1)
        missed += not low <= 0 <= high
    assert missed <= stats.binom.isf(1e-6, SIMULATIONS, 0.1)
    assert high - low < 1


@pytest.fixture
def lab(tmp_path):
    return Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), 0, Store(tmp_path / "store"))


def test_on_each_training_set_its_own_functions(lab):
    sets, network = training_sets(digits, 2, 2), FullyConnected((4,))
    functions = [np.stack([problem.eval_y, problem.eval_y, 1 - problem.eval_y]) for problem in lab.problems(sets)]
    few = {"runs": 3, "chains": 32, "steps": 4}
    found = lab.log_volumes_by_runs_on_sets(network, sets, functions, **few)
    assert [each.values.shape for each in found] == [(3,)] * 8
    assert all(each.values[0] == each.values[1] for each in found)
    alone = lab.log_volumes_by_runs(network, lab.problems(sets)[1], functions[1], **few)
    np.testing.assert_array_equal(found[1].values, alone.values)
    with pytest.raises(BadInput, match="for each training set of this look"):
        lab.log_volumes_by_runs_on_sets(network, sets, functions[:2])


def test_a_function_that_no_network_has_leaves_a_claim_undecided(lab):
    # x and −x have opposite labels under every perceptron without a threshold.
    x = np.random.default_rng(4).standard_normal((2, 2))
    problem = Problem.from_arrays(x, [1, 1], -x, [0, 0])
    with pytest.raises(Undecided, match="scatters by inf nats"):
        lab.log_volumes_by_runs(perceptron(), problem, np.array([[1, 1]]))
    assert lab.log_volumes_by_runs(perceptron(), problem, np.array([[0, 0]])).values[0] == pytest.approx(0, abs=1e-6)


def test_scatter_is_judged_over_all_sets():
    far = np.array([[-1.0], [1.0]])
    near = LogVolumes(far / 10, np.zeros(2))
    assert near.scatter == pytest.approx(0.2 / 2**0.5)
    check_scatter([near])
    check_scatter([near] * 9 + [LogVolumes(far, np.zeros(2))])
    with pytest.raises(Undecided, match=r"scatters by 1 nats"):
        check_scatter([near, LogVolumes(far, np.zeros(2))])


@pytest.mark.parametrize("wrong", [{"runs": 1}, {"chains": 0}, {"steps": 0}, {"survival": 1.0}, {"last_layers": -1}])
def test_numbers_out_of_their_range(wrong):
    with pytest.raises(BadInput, match="Log volumes by splitting take at least"):
        log_volumes_by_runs(perceptron(), digits(4, 4), np.zeros((1, 4)), generator(0), **wrong)


@pytest.mark.parametrize("functions", [np.zeros((0, 8)), np.zeros(8), np.zeros((2, 7)), np.full((2, 8), 2)])
def test_functions_that_are_no_labels_on_e(functions):
    with pytest.raises(BadInput, match="labels 0 and 1 on the 8 evaluation inputs"):
        log_volumes_by_runs(perceptron(), digits(4, 8), functions, generator(0))
