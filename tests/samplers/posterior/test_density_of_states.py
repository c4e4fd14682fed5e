"""The joint distribution of training and test accuracy against enumeration, closed forms, plain draws and P(S)."""

from math import log

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.special import logsumexp

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.problems import Problem, boolean_cube, digits
from harness.problems.datasets import EVEN_ODD
from harness.samplers.posterior import DensityOfStates, density_of_states, rejection, subset_simulation
from harness.samplers.prior import prior
from harness.verdicts.intervals import log_evidence
from tests.support.architectures import every_binary_network

# Two-sided false alarms: one in a million a comparison.
ALPHA = 1e-6


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def tally(right, m, n):
    """(m + 1, n + 1) shares of networks by numbers of points right; right: (networks, m + n) bool."""
    place = right[:, :m].sum(1) * (n + 1) + right[:, m:].sum(1)
    return np.bincount(place, minlength=(m + 1) * (n + 1)).reshape(m + 1, n + 1) / len(right)


def assert_mean_of_runs(found, truth, where):
    """Entries of P by Student's t over runs, all together at the level of one comparison."""
    p = np.exp(found.by_run)[:, where]
    error = p.std(0, ddof=1) / np.sqrt(len(p))
    limit = stats.t.isf(ALPHA / 2 / where.sum(), len(p) - 1)
    assert (abs(p.mean(0) - truth[where]) < limit * error).all()


def orthogonal(m, n, classes=2):
    return Problem.from_arrays(
        np.eye(m + n)[:m], np.arange(m) % classes, np.eye(m + n)[m:], np.arange(n) % classes, classes=classes
    )


def test_all_binary_perceptrons():
    x = boolean_cube(4).eval_x
    bits = every_binary_network((), x)
    labels = bits[5]
    problem = Problem.from_arrays(x[:7], labels[:7], x[7:], labels[7:])
    truth = tally(bits == labels, 7, 9)
    found = density_of_states(perceptron(distribution="binary"), problem, seeded(), runs=64, chains=32)
    # Nothing is found where no network is; what is likely enough to be seen in every run is found everywhere.
    assert np.isneginf(found.by_run[:, truth == 0]).all()
    assert np.isfinite(found.by_run[:, truth > 0]).all()
    assert_mean_of_runs(found, truth, truth > 0)
    for k in range(8):
        if truth[k].any():
            exact = truth[k] @ (1 - np.arange(10) / 9) / truth[k].sum()
            low, high = found.test_error(k).interval(ALPHA)
            assert low - 1e-12 <= exact <= high + 1e-12


def test_all_binary_networks_with_a_hidden_layer():
    x = boolean_cube(3).eval_x
    bits = every_binary_network((2,), x)
    labels = np.array([0, 1, 1, 0, 1, 0, 0, 1], dtype=bool)
    problem = Problem.from_arrays(x[:5], labels[:5], x[5:], labels[5:])
    architecture = FullyConnected((2,), sigma_b=0.0, parametrisation="ntk", distribution="binary")
    truth = tally(bits == labels, 5, 3)
    found = density_of_states(architecture, problem, seeded(1), runs=64, chains=32, steps=8)
    assert np.isneginf(found.by_run[:, truth == 0]).all()
    assert_mean_of_runs(found, truth, truth > 0.02)


@pytest.mark.parametrize(("m", "classes"), [(24, 2), (10, 3)])
def test_orthogonal_inputs_are_right_independently(m, classes):
    n = 4
    found = density_of_states(
        perceptron(), orthogonal(m, n, classes), seeded(2), runs=16, chains=32, steps=8, last_layers=10
    )
    law = stats.binom(m, 1 / classes)
    for k in range(m // classes, m + 1):
        for estimate, truth in ((found.exactly(k), law.logpmf(k)), (found.at_least(k), law.logsf(k - 1))):
            low, high = estimate.interval(ALPHA)
            assert low < truth < high
            assert estimate.interval(0.05)[1] - estimate.interval(0.05)[0] < 1.2
        low, high = found.test_error(k).interval(ALPHA)
        assert low < 1 - 1 / classes < high
        low, high = found.test_error(k, or_more=True).interval(0.05)
        assert high - low < 0.1
    # And jointly, in the far row as well as in the middle.
    for k in (m // classes, m):
        table = found.by_run[:, k] - found.training[:, k : k + 1]
        assert_mean_of_runs(
            DensityOfStates(table[:, None]),
            stats.binom(n, 1 / classes).pmf(np.arange(n + 1))[None],
            np.ones((1, n + 1), bool),
        )


@pytest.mark.parametrize(
    "architecture",
    [
        FullyConnected((6, 5)),
        FullyConnected((8,), "tanh", sigma_b=0.0, parametrisation="ntk"),
        FullyConnected((5, 4), sigma_b=0.0),
        FullyConnected((6, 5), distribution="uniform"),
        FullyConnected((6, 5), distribution="binary"),
    ],
    ids=lambda a: a.name,
)
@pytest.mark.parametrize("task", [EVEN_ODD, "0/1/2"])
def test_plain_draws_agree_where_they_reach(architecture, task):
    problem = digits(5, 4, task=task)
    everything = Problem.from_arrays(problem.inputs[:0], [], problem.inputs, np.zeros(9), classes=problem.classes)
    drawn = prior(architecture, everything, 100_000, seeded(3))
    labels = np.concatenate([problem.train_y, problem.eval_y])
    plain = np.average([tally((each == labels)[None], 5, 4) for each in drawn.labels()], axis=0, weights=drawn.counts)
    found = density_of_states(architecture, problem, seeded(4), runs=32, chains=32, steps=8)
    where = plain > 1e-3
    p = np.exp(found.by_run)[:, where]
    error = np.hypot(p.std(0, ddof=1) / np.sqrt(32), np.sqrt(plain[where] / 100_000))
    assert (abs(p.mean(0) - plain[where]) < stats.t.isf(ALPHA / 2 / where.sum(), 31) * error).all()
    np.testing.assert_allclose(logsumexp(found.training, axis=1), 0, atol=1e-9)


def test_all_right_has_the_evidence_of_subset_simulation():
    architecture, problem = FullyConnected((10, 10)), digits(16, 8)
    found = density_of_states(architecture, problem, seeded(5), runs=12, chains=32)
    other = subset_simulation(architecture, problem, seeded(6), runs=12, chains=64, max_doublings=0)
    difference = found.evidence.value - other.evidence.value
    scatter = found.training[:, -1].std(ddof=1)
    error = np.hypot(scatter / np.sqrt(12), other.scatter / np.sqrt(12))
    assert abs(difference) < stats.t.isf(ALPHA / 2, 11) * error < 1.5


def test_all_right_has_the_evidence_and_the_test_error_of_rejection():
    architecture, problem = FullyConnected((5,), distribution="binary"), digits(8, 8)
    kept = rejection(architecture, problem, 300_000, seeded(7))
    found = density_of_states(architecture, problem, seeded(8), runs=32, chains=32)
    ends = (kept.evidence.interval(ALPHA), found.evidence.interval(ALPHA))
    assert log(ends[0][0]) < ends[1][1]
    assert ends[1][0] < log(ends[0][1])
    wrong = (kept.functions.bits() != problem.eval_y).mean(1) @ kept.functions.probabilities()
    low, high = found.test_error(8).interval(ALPHA)
    margin = stats.norm.isf(ALPHA / 2) * 0.5 / np.sqrt(kept.functions.total)
    assert low - margin < wrong < high + margin
    assert found.evidence.interval(0.05)[1] - found.evidence.interval(0.05)[0] < 1


def test_probabilities_are_unbiased_with_few_particles():
    m = 10
    found = density_of_states(perceptron(), orthogonal(m, 1), seeded(9), runs=600, chains=8, steps=4, last_layers=3)
    for k in (8, 9, 10):
        ratios = np.exp(found.training[:, k] - stats.binom(m, 0.5).logpmf(k))
        assert abs(ratios.mean() - 1) < stats.norm.isf(1e-5 / 2) * ratios.std() / np.sqrt(600) < 0.4


def test_intervals_cover():
    # 100 sets of six runs: at level 0.8, twenty should miss.
    m, n = 10, 4
    found = density_of_states(perceptron(), orthogonal(m, n), seeded(10), runs=600, chains=16, steps=6)
    missed = np.zeros(3)
    for first in range(0, 600, 6):
        some = DensityOfStates(found.by_run[first : first + 6])
        truths = (
            (some.evidence, -m * log(2)),
            (some.at_least(8), stats.binom(m, 0.5).logsf(7)),
            (some.test_error(9), 0.5),
        )
        for i, (estimate, truth) in enumerate(truths):
            low, high = estimate.interval(0.2)
            missed[i] += not low <= truth <= high
    assert (stats.binom.sf(missed - 1, 100, 0.2) > 1e-5).all()


def test_runs_that_lose_all_their_networks_say_nothing():
    # No perceptron without threshold tells an input from itself.
    x = np.ones((2, 3))
    problem = Problem.from_arrays(x, [0, 1], x[:1], [0])
    found = density_of_states(perceptron(), problem, seeded(11), runs=8, chains=8, steps=2)
    np.testing.assert_allclose(found.training[:, 1], 0, atol=1e-12)
    assert np.isneginf(found.training[:, [0, 2]]).all()
    assert np.isnan(found.evidence.value)
    assert np.isnan(found.test_error(2).value)
    assert np.isfinite(found.test_error(1).value)


def test_merging_the_store_and_the_seed():
    architecture, problem = FullyConnected((4,)), digits(6, 3)
    found = density_of_states(architecture, problem, seeded(12), runs=3, chains=16, steps=4)
    again = density_of_states(architecture, problem, seeded(12), runs=3, chains=16, steps=4)
    np.testing.assert_array_equal(found.by_run, again.by_run)
    assert (found.m, found.n, found.table.shape) == (6, 3, (7, 4))
    stored = DensityOfStates.from_arrays(found.to_arrays())
    both = found + stored
    np.testing.assert_array_equal(both.by_run, np.concatenate([found.by_run, found.by_run]))
    np.testing.assert_allclose(np.exp(both.table), np.exp(found.by_run).mean(0))
    assert both.evidence.n == 6
    with pytest.raises(BadInput, match="cannot be merged"):
        _ = found + density_of_states(architecture, digits(5, 3), seeded(), runs=2, chains=4, steps=2)


def test_smaller_blocks_give_the_same_distribution():
    architecture, problem = FullyConnected((6, 6)), digits(6, 4)
    found = [
        density_of_states(architecture, problem, seeded(13 + i), runs=16, chains=16, steps=4, block=block).training[
            :, -1
        ]
        for i, block in enumerate((50, 10_000))
    ]
    assert stats.ttest_ind(*found).pvalue > ALPHA
    assert log_evidence(found[0].tolist()).n == 16


@pytest.mark.parametrize("wrong", [{"runs": 0}, {"chains": 0}, {"steps": 0}, {"survival": 0.0}, {"last_layers": -1}])
def test_bad_input(wrong):
    with pytest.raises(BadInput, match="A density of states takes"):
        density_of_states(perceptron(), digits(4, 4), seeded(), **wrong)
    with pytest.raises(BadInput, match="m = 0"):
        density_of_states(perceptron(), boolean_cube(2), seeded())


def test_more_points_than_there_are_cannot_be_right():
    found = density_of_states(perceptron(), digits(3, 2), seeded(), runs=2, chains=4, steps=2)
    for ask in (found.at_least, found.exactly, found.test_error):
        with pytest.raises(BadInput, match="0 to 3 can be right, not 4"):
            ask(4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_finds_the_same():
    found = density_of_states(perceptron(), orthogonal(20, 4), torch.Generator("cuda").manual_seed(0))
    low, high = found.evidence.interval(ALPHA)
    assert low < -20 * log(2) < high
