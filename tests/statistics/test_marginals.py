"""Samples restricted to the first evaluation points are what would have been seen on those points alone."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.functions import ClusteredCounts, FunctionCounts
from harness.functions.packing import pack
from harness.problems import digits
from harness.samplers.posterior import RejectionPosterior, RunsPosterior
from harness.samplers.training import Trained
from harness.statistics.comparison import restricted


def drawn(classes, n=70, number=400):
    rng = np.random.default_rng(classes)
    few = rng.integers(0, classes, (30, n))
    return few[rng.integers(0, 30, number)], np.sort(rng.integers(0, 8, number))


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("points", [1, 8, 64, 65, 70])
def test_labels_are_cut_off_before_they_are_counted(classes, points):
    labels, unit = drawn(classes)
    trained = Trained(
        FunctionCounts.from_labels(labels, classes),
        450,
        np.arange(400),
        FunctionCounts.from_labels(labels[:40], classes),
    )
    found = restricted(trained, points)
    assert found.functions == FunctionCounts.from_labels(labels[:, :points], classes)
    assert found.others == FunctionCounts.from_labels(labels[:40, :points], classes)
    assert (found.networks, found.unfitted) == (450, 50)

    clusters = ClusteredCounts.from_words(pack(labels, classes), unit, 70, 9, classes)
    expected = ClusteredCounts.from_words(pack(labels[:, :points], classes), unit, points, 9, classes)
    posterior = restricted(RejectionPosterior(clusters, 64), points)
    assert posterior.clusters == expected
    assert posterior.last_layers == 64


def test_runs_keep_their_weights():
    labels, unit = drawn(2)
    clusters = ClusteredCounts.from_words(pack(labels), unit, 70, 8)
    curve = np.random.default_rng(0).normal(size=(8, 5))
    whole = RunsPosterior(clusters, curve, np.ones(8))
    cut = restricted(whole, 8)
    assert cut.sample.weights == whole.sample.weights
    assert all(run.n == 8 for run in cut.sample.runs)
    assert cut.evidence.value == whole.evidence.value


def test_the_first_points_of_many_are_the_points_of_few():
    """Of one split: so a sample on 64 points, restricted, is of the functions that a problem of 8 points has."""
    many, few = digits(16, 64), digits(16, 8)
    np.testing.assert_array_equal(many.eval_x[:8], few.eval_x)
    np.testing.assert_array_equal(many.eval_y[:8], few.eval_y)


@pytest.mark.parametrize("points", [0, 71])
def test_points_that_are_not_there_are_refused(points):
    trained = Trained(FunctionCounts.from_labels(drawn(2)[0], 2), 400, np.zeros(400), FunctionCounts.empty(70))
    with pytest.raises(BadInput, match="1 to 70"):
        restricted(trained, points)
