"""Separability by a last layer against Cover's count, planes by enumeration, and the theorem of the alternative."""

from math import comb

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import nnls

from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import sampling_inputs
from harness.problems import Problem, boolean_cube, digits
from harness.samplers.features import Feasibility, certified, last_layer_feasibility, separable
from harness.samplers.prior import ensembles


def labellings(points):
    return np.arange(2**points)[:, None] >> np.arange(points) & 1


def cover(points, dimension):
    """Labellings of points in general position that a plane through the origin separates: Cover 1965, theorem 1."""
    return 2 * sum(comb(points - 1, k) for k in range(dimension))


def separable_by_enumeration(features, labels):
    """In the plane: some line through the origin next to a line through one of the points tells the labels apart."""
    angles = np.arctan2(features[:, 1], features[:, 0])
    for angle in np.concatenate([angles + np.pi / 2, angles - np.pi / 2]):
        for tilt in (1e-7, -1e-7):
            v = np.cos(angle + tilt), np.sin(angle + tilt)
            if ((features @ v > 0) == labels).all() and (np.abs(features @ v) > 1e-12).all():
                return True
    return False


def separable_by_its_alternative(features, labels, threshold, least=1e-9):
    """Gordan 1873: no plane separates exactly where some convex combination of the signed points is 0; points of a
    logit that is always 0 have label 0, and say nothing of a plane.
    """
    columns = np.hstack([features, np.ones((len(features), 1))]) if threshold else features
    blank = (columns == 0).all(axis=1)
    if labels[blank].any() or blank.all():
        return not labels[blank].any()
    features, columns, labels = features[~blank], columns[~blank], labels[~blank]
    signed = (columns * (labels * 2.0 - 1)[:, None]).T
    _, residual = nnls(np.vstack([signed, np.ones(len(features))]), np.append(np.zeros(len(signed)), 1.0))
    return residual > least


@pytest.mark.parametrize(("points", "width"), [(1, 1), (4, 1), (5, 2), (7, 3), (8, 4), (5, 5), (4, 6)])
def test_covers_count(points, width):
    features = np.random.default_rng(points).normal(size=(points, width))
    every = labellings(points)
    assert sum(separable(features, labels, False) for labels in every) == cover(points, width)
    # A threshold is one more dimension.
    assert sum(separable(features, labels, True) for labels in every) == cover(points, width + 1)


@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_planes_by_enumeration(points, seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(points, 2)) * 10.0 ** rng.uniform(-4, 4, size=(points, 1))
    angles = np.sort(np.arctan2(features[:, 1], features[:, 0]) % np.pi)
    assume(np.diff(np.append(angles, angles[0] + np.pi)).min() > 1e-4)
    labels = rng.integers(0, 2, points)
    assert separable(features, labels, False) == separable_by_enumeration(features, labels)


@pytest.mark.parametrize("threshold", [False, True])
@pytest.mark.parametrize("width", [1, 3, 6, 9])
def test_the_theorem_of_the_alternative_on_relu_features(width, threshold):
    """Rectified features of images: not in general position, many zeros."""
    rng = np.random.default_rng(width)
    images = digits(16, 1).train_x.reshape(16, -1)
    found = []
    for _ in range(60):
        features = np.maximum(images @ rng.normal(size=(64, width)), 0)
        labels = rng.integers(0, 2, 16) if rng.random() < 0.5 else (features @ rng.normal(size=width) > 0.1).astype(int)
        found.append(separable(features, labels, threshold))
        assert found[-1] == separable_by_its_alternative(features, labels, threshold)
    assert 0 < sum(found) < 60


@pytest.mark.parametrize("threshold", [False, True])
@pytest.mark.parametrize("width", [1, 4, 8, 11, 20])
def test_a_proof_says_what_the_linear_programme_says(width, threshold):
    """And is found nearly always: on rectified features of images, below and above what can be fitted."""
    rng = np.random.default_rng(width)
    images = digits(16, 1).train_x.reshape(16, -1)
    unproved = 0
    for _ in range(60):
        features = np.maximum(images @ rng.normal(size=(64, width)), 0)
        labels = rng.integers(0, 2, 16)
        proved = certified(features, labels, threshold)
        unproved += proved is None
        assert proved in (None, separable(features, labels, threshold))
    assert unproved <= 2


@given(st.integers(2, 12), st.integers(1, 6), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_proof_is_right_on_whole_numbers(points, width, threshold, seed):
    """Small whole numbers: many points alike, opposite or 0, and many that lie on the planes between others."""
    rng = np.random.default_rng(seed)
    features, labels = rng.integers(-1, 2, size=(points, width)).astype(float), rng.integers(0, 2, points)
    assert certified(features, labels, threshold) in (None, separable(features, labels, threshold))


def test_what_no_plane_separates():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert not separable(x, np.array([0, 1, 1, 0]), True)
    assert separable(x, np.array([0, 1, 1, 1]), True)
    # Without a threshold the logit of the origin is 0, which is label 0.
    assert separable(x, np.array([0, 1, 1, 1]), False)
    assert not separable(x, np.array([1, 1, 1, 1]), False)
    assert separable(np.zeros((2, 3)), np.array([0, 0]), False)
    assert separable(np.zeros((2, 3)), np.array([1, 1]), True)
    twice = np.array([[1.0, 2.0], [1.0, 2.0]])
    assert not separable(twice, np.array([0, 1]), True)
    assert separable(twice, np.array([1, 1]), False)


def test_separation_does_not_depend_on_units():
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(9, 5)), rng.integers(0, 2, 9)
    answers = {separable(features * scale, labels, False) for scale in (1e-12, 1e-3, 1.0, 1e9)}
    assert len(answers) == 1


def test_last_layers_as_wide_as_the_training_set_fit_it():
    # tanh features of distinct points are in general position with probability 1, so m of them span everything.
    found = last_layer_feasibility(FullyConnected((16,), "tanh"), digits(16, 1), 20, torch.Generator().manual_seed(0))
    assert (found.feasible, found.draws) == (20, 20)


@pytest.mark.parametrize("sigma_b", [0.0, 0.5])
def test_feasibility_of_draws_is_that_of_their_features(sigma_b):
    architecture, problem = FullyConnected((5, 6), sigma_b=sigma_b), digits(16, 1)
    found = last_layer_feasibility(architecture, problem, 80, torch.Generator().manual_seed(1))
    x = sampling_inputs(architecture, problem.train_x, torch.device("cpu"))
    wanted = 0
    for parameters in ensembles(architecture, x, 80, 1, torch.Generator().manual_seed(1)):
        for features in architecture.features(parameters, x).double().numpy():
            # Where few units live, all features lie on a line, but for rounding in float32.
            wanted += separable_by_its_alternative(features, problem.train_y, sigma_b > 0, least=1e-7)
    assert 0 < found.feasible == wanted < 80


def test_a_perceptron_has_its_inputs_for_features():
    for target, fits in (("0001", True), ("0110", False)):
        cube = boolean_cube(2, target)
        problem = Problem.from_arrays(cube.eval_x, cube.eval_y, cube.eval_x, cube.eval_y)
        found = last_layer_feasibility(perceptron(threshold=True), problem, 3, torch.Generator().manual_seed(0))
        assert found.feasible == 3 * fits


def test_counts_merge_and_store():
    both = Feasibility(3, 10) + Feasibility(1, 5)
    assert both == Feasibility(4, 15) == Feasibility.from_arrays(both.to_arrays())


@pytest.mark.parametrize("blank", [True, False])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_feasible_are_at_least_the_hidden_draws_that_rejection_keeps(width, blank):
    """The same hidden draws with many last layers each: those of which one fits, by the labels that networks give."""
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    x[0] *= not blank
    network, draws = FullyConnected((width,), sigma_b=0.0), 300
    for labels in ([0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 1]):
        problem = Problem.from_arrays(x[:4], labels, x[4:], [0])
        fitted, proved = [], []
        for parameters in ensembles(network, torch.tensor(x[:4]), draws, 1, torch.Generator().manual_seed(0)):
            h = network.features(parameters, torch.tensor(x[:4]))
            v = torch.randn(4000, width, generator=torch.Generator().manual_seed(1))
            fits = ((torch.einsum("npu,du->ndp", h, v) > 0) == (torch.tensor(labels) > 0)).all(2).any(1)
            fitted.extend(fits.tolist())
            proved.extend(separable(each, np.array(labels), False) for each in h.double().numpy())
        assert not any(fits and not proof for fits, proof in zip(fitted, proved, strict=True))
        # So many last layers miss few of the cones that they may lie in.
        assert sum(proved) - sum(fitted) <= 0.03 * draws
        found = last_layer_feasibility(network, problem, draws, torch.Generator().manual_seed(0))
        assert (sum(proved) == 0) == (found.feasible == 0)
