"""Few inputs against drawn networks and drawn normal variables, and Cover's count against enumeration."""

import numpy as np
import pytest

from harness.statistics.exact import few_points

# 1e-6 over some twenty comparisons.
Z, DRAWS = 5.4, 400_000


def share(events):
    """A share with what it may be off by."""
    return pytest.approx(events.mean(), abs=Z * 0.5 / len(events) ** 0.5)


@pytest.mark.parametrize("hidden", [(1,), (2,), (2, 1), (1, 3, 2)])
def test_one_input_of_drawn_networks(hidden):
    rng = np.random.default_rng(sum(hidden))
    h = np.ones((DRAWS, 1))
    for width in hidden:
        h = np.maximum(np.einsum("nk,nkj->nj", h, rng.standard_normal((DRAWS, h.shape[1], width))), 0)
    z = np.einsum("nk,nk->n", h, rng.standard_normal(h.shape))
    assert few_points.label_one(hidden) == share(z > 0)
    assert few_points.alive(hidden) == share(z != 0)


def test_two_and_three_normal_variables():
    rng = np.random.default_rng(0)
    covariance = np.array([[1, 0.6, -0.2], [0.6, 1, 0.3], [-0.2, 0.3, 1]])
    positive = rng.standard_normal((DRAWS, 3)) @ np.linalg.cholesky(covariance).T > 0
    assert few_points.both_positive(0.6) == share(positive[:, :2].all(1))
    assert few_points.all_three_positive(0.6, -0.2, 0.3) == share(positive.all(1))


@pytest.mark.parametrize(("points", "dimensions"), [(3, 2), (6, 2), (6, 3), (5, 5), (4, 6)])
def test_separable_labellings_are_those_of_drawn_perceptrons(points, dimensions):
    rng = np.random.default_rng(points)
    x = rng.standard_normal((points, dimensions))
    found = np.unique(rng.standard_normal((50_000, dimensions)) @ x.T > 0, axis=0)
    assert len(found) == few_points.separable(points, dimensions)


def test_arcs_are_the_shares_of_drawn_perceptrons():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((7, 2))
    labels, lengths = few_points.arcs(x)
    assert len(np.unique(labels, axis=0)) == len(labels) == few_points.separable(7, 2)
    assert lengths.sum() == pytest.approx(1)
    drawn = rng.standard_normal((DRAWS, 2)) @ x.T > 0
    for function, length in zip(labels, lengths, strict=True):
        assert length == share((drawn == function).all(1))


def test_an_arc_of_two_inputs_is_sheppards():
    x = np.array([[1.0, 0.0], [np.cos(0.7), np.sin(0.7)]])
    labels, lengths = few_points.arcs(x)
    assert lengths[(labels == 1).all(1)].sum() == pytest.approx(few_points.both_positive(np.cos(0.7)))
