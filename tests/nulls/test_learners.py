"""Null learners against what is known of them exactly: errors, entropies, marginals."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.neighbors import KNeighborsClassifier

from harness.errors import BadInput, Undecided
from harness.functions import ClusteredCounts, FunctionCounts, pack
from harness.functions.runs import Runs
from harness.networks import FullyConnected, perceptron
from harness.nulls import (
    NULLS,
    AnothersPosterior,
    ClassFrequencies,
    Coins,
    FrozenDrawsAlike,
    FrozenDrawsByEvidence,
    MajorityLabel,
    NearestNeighbour,
    Task,
    Truth,
    UniformGuessing,
    UntrainedNetworks,
    null_learner,
)
from harness.nulls.from_posteriors import marginals
from harness.problems import Problem, boolean_cube
from harness.samplers.posterior import RejectionPosterior, RunsPosterior

NETWORKS = 20_000
# Of a mean of so many draws in [0, 1]: five standard errors.
CLOSE = 5 * 0.5 / NETWORKS**0.5


def problem(train_y=(1, 1, 1, 0), eval_y=(1, 0, 1, 1), classes=2):
    points = np.random.default_rng(1).normal(size=(len(train_y) + len(eval_y), 3))
    return Problem.from_arrays(points[: len(train_y)], train_y, points[len(train_y) :], eval_y, classes=classes)


def nothing(_):
    raise AssertionError("this learner needs no posterior")


def labels(null, of, architecture=None, posterior=nothing, networks=NETWORKS, seed=0):
    task = Task(architecture or perceptron(), of, networks, np.random.default_rng(seed), posterior)
    found = null.labels(task)
    assert (found.shape, found.dtype) == ((networks, of.n), np.uint8)
    return found


def bits(found, classes=2):
    return FunctionCounts.from_labels(found, classes).corrected_entropy()


def by_cluster(functions, units, classes=2):
    """A posterior by rejection whose kept last layers are these functions of these hidden draws."""
    words = pack(np.array(functions, dtype=np.uint8), classes)
    clusters = ClusteredCounts.from_words(words, np.array(units), len(functions[0]), max(units) + 2, classes)
    return RejectionPosterior(clusters, 64)


@pytest.mark.parametrize("classes", [2, 3])
def test_uniform_guessing_has_all_functions_alike(classes):
    of = problem(train_y=(0, 1), eval_y=(1, 0, classes - 1), classes=classes)
    found = labels(UniformGuessing(), of)
    assert (found != of.eval_y).mean() == pytest.approx(1 - 1 / classes, abs=CLOSE)
    assert bits(found, classes) == pytest.approx(3 * np.log2(classes), abs=0.01)


def test_truth_makes_no_error():
    of = problem()
    found = labels(Truth(), of)
    assert not (found != of.eval_y).any()
    assert bits(found) == 0


def test_majority_label_is_constant():
    assert (labels(MajorityLabel(), problem(train_y=(1, 1, 0))) == 1).all()
    assert (labels(MajorityLabel(), problem(train_y=(2, 1, 2), classes=3)) == 2).all()


def test_majority_label_divides_ties_by_network():
    found = labels(MajorityLabel(), problem(train_y=(0, 1, 2, 2, 1), eval_y=(0, 1), classes=3))
    assert (found == found[:, :1]).all()
    assert set(found[:, 0].tolist()) == {1, 2}
    assert (found[:, 0] == 1).mean() == pytest.approx(0.5, abs=CLOSE)


def test_class_frequencies_err_in_2p_times_1_minus_p():
    of = problem(train_y=(1, 1, 1, 0), eval_y=(1, 0, 1, 1))
    found = labels(ClassFrequencies(), of)
    assert (found != of.eval_y).mean() == pytest.approx(2 * 0.75 * 0.25, abs=CLOSE)
    assert bits(found) == pytest.approx(4 * entropy([0.75, 0.25], base=2), abs=0.02)


def test_class_frequencies_of_no_training_set_are_alike():
    found = labels(ClassFrequencies(), boolean_cube(2))
    assert found.mean() == pytest.approx(0.5, abs=CLOSE)


def test_nearest_neighbour_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    of = Problem.from_arrays(
        rng.normal(size=(30, 2, 3)), rng.integers(0, 3, 30), rng.normal(size=(50, 2, 3)), [0] * 50, classes=3
    )
    theirs = KNeighborsClassifier(1).fit(of.train_x.reshape(30, -1), of.train_y).predict(of.eval_x.reshape(50, -1))
    found = labels(NearestNeighbour(), of, networks=2)
    assert (found == theirs).all()


def test_nearest_sentence_has_most_tokens_in_place():
    of = Problem.from_arrays(
        [[1, 2, 3], [7, 8, 3]], [0, 1], [[7, 8, 9], [1, 2, 9], [1, 8, 3]], [1, 0, 0], vocabulary=10
    )
    # The last one is as near to both, and has the label of the first.
    assert labels(NearestNeighbour(), of, networks=1).tolist() == [[1, 0, 0]]


def test_nearest_neighbour_needs_neighbours():
    with pytest.raises(BadInput, match="this problem has none"):
        labels(NearestNeighbour(), boolean_cube(2))


def test_untrained_perceptron_has_every_number_of_ones_alike():
    # Theorem 4.1 of arXiv 1909.11522, whatever the training set.
    of = boolean_cube(3)
    found = labels(UntrainedNetworks(), of, perceptron())
    shares = np.bincount(found.sum(1), minlength=8) / NETWORKS
    assert shares == pytest.approx(np.full(8, 1 / 8), abs=CLOSE)
    of = boolean_cube(3, "constant-1", train=7)
    assert labels(UntrainedNetworks(), of, perceptron()).mean() < 0.6


def test_coins_have_the_marginals_and_nothing_in_common():
    functions = [[1, 2, 0, 1], [0, 2, 0, 1], [0, 1, 0, 0], [0, 1, 1, 0]]
    posterior = by_cluster(functions, [0, 0, 1, 2], classes=3)
    of = problem(train_y=(0,), eval_y=(0, 0, 0, 0), classes=3)
    found = labels(Coins(), of, posterior=lambda _: posterior)
    wanted = np.array([[3, 1, 0], [0, 2, 2], [3, 1, 0], [2, 2, 0]]) / 4
    assert marginals(posterior.sample) == pytest.approx(wanted)
    shares = np.stack([(found == label).mean(0) for label in range(3)], axis=1)
    assert shares == pytest.approx(wanted, abs=CLOSE)
    assert bits(found, 3) == pytest.approx(entropy(wanted, base=2, axis=1).sum(), abs=0.01)


def test_coins_weigh_runs_by_their_evidence():
    runs = by_cluster([[1, 0], [1, 0], [0, 0], [0, 1]], [0, 0, 1, 1]).clusters
    posterior = RunsPosterior(runs, np.log([[1.0, 0.3], [1.0, 0.1], [1.0, 1e-300]]), np.ones(3))
    posterior.curve[2, -1] = -np.inf
    assert isinstance(posterior.sample, Runs)
    # Shares 1 and 0 of the first label, 0 and 1/2 of the second, in the proportion of 3 to 1.
    assert marginals(posterior.sample)[:, 1] == pytest.approx([3 / 4, 1 / 8])
    found = labels(Coins(), problem(eval_y=(0, 0)), posterior=lambda _: posterior)
    assert found.mean(0) == pytest.approx([3 / 4, 1 / 8], abs=CLOSE)


def test_another_architecture_is_asked_for_its_posterior():
    asked = []

    def posterior(architecture):
        asked.append(architecture)
        return by_cluster([[1, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 1]], [0, 0, 1])

    null = AnothersPosterior()
    found = labels(null, problem(), FullyConnected((5,)), posterior)
    assert asked == [FullyConnected(())]
    # Hidden draws by evidence: two of three last layers.
    assert (found == [1, 0, 0, 0]).all(1).mean() == pytest.approx(2 / 3, abs=CLOSE)
    assert ((found == [1, 0, 0, 0]).all(1) | (found == [0, 1, 1, 1]).all(1)).all()
    labels(null, problem(), FullyConnected(()), posterior)
    assert asked[1] == FullyConnected((40, 40))


def test_frozen_draws_count_alike_however_many_last_layers_fit():
    functions = [[1, 0, 0, 0]] * 6 + [[0, 0, 0, 1]] * 2 + [[0, 1, 1, 1]]
    posterior = by_cluster(functions, [0] * 8 + [1])
    found = labels(FrozenDrawsAlike(), problem(), posterior=lambda _: posterior)
    counts = Counter("".join(map(str, row)) for row in found.tolist())
    wanted = {"1000": 3 / 8, "0001": 1 / 8, "0111": 1 / 2}
    assert {name: count / NETWORKS for name, count in counts.items()} == pytest.approx(wanted, abs=CLOSE)
    by_evidence = labels(FrozenDrawsByEvidence(), problem(), posterior=lambda _: posterior)
    assert (by_evidence == [1, 0, 0, 0]).all(1).mean() == pytest.approx(6 / 9, abs=CLOSE)


def test_frozen_draws_are_those_of_rejection():
    runs = RunsPosterior(by_cluster([[1, 0]], [0]).clusters, np.zeros((2, 2)), np.ones(2))
    with pytest.raises(BadInput, match="takes at most 8 training points"):
        labels(FrozenDrawsAlike(), problem(eval_y=(0, 0)), posterior=lambda _: runs)


def test_a_posterior_without_networks_decides_nothing():
    nobody = RejectionPosterior(ClusteredCounts.from_words(np.zeros((0, 1)), np.zeros(0), 4, 5), 64)
    for null in (Coins(), AnothersPosterior(), FrozenDrawsAlike(), FrozenDrawsByEvidence()):
        with pytest.raises(Undecided, match="No network"):
            labels(null, problem(), posterior=lambda _: nobody)


def test_names_find_their_learners():
    assert all(null_learner(name).name == name for name in NULLS)
    assert len({repr(null) for null in NULLS.values()}) == len(NULLS) == 10
    with pytest.raises(BadInput, match="no null learner 'nobody'; choose among 'uniform guessing'"):
        null_learner("nobody")
