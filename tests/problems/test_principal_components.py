"""Principal components of the digits: those of scikit-learn; one linear unit cannot learn every labelling of them."""

import numpy as np
import pytest
from scipy.spatial import KDTree

from harness.errors import BadInput
from harness.problems import digit_components, digits
from harness.samplers.features import separable


@pytest.mark.parametrize("components", [2, 4, 64])
def test_components_are_those_of_the_pool_and_keep_their_labels(components):
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    pool, pca = load_digits(), PCA(components, svd_solver="full")
    scores = pca.fit_transform(pool.data)
    largest = np.abs(pca.components_).argmax(axis=1)
    scores = scores * np.sign(pca.components_[range(components), largest]) / scores.std()
    problem = digit_components(400, 200, components)
    apart, rows = KDTree(scores).query(problem.inputs)
    assert apart.max() < 1e-4
    assert len(set(rows.tolist())) == 600
    assert np.concatenate([problem.train_y, problem.eval_y]).tolist() == (pool.target[rows] % 2).tolist()


def test_a_split_changes_the_points_and_not_the_components():
    one, other = digit_components(60, 8), digit_components(60, 8, split=3)
    points = {row.tobytes() for row in one.inputs} & {row.tobytes() for row in other.inputs}
    assert 0 < len(points) < 68
    assert (one.name, other.name) == ("digits_pc4-even_odd-m60-n8", "digits_pc4-even_odd-m60-n8-split3")


@pytest.mark.parametrize("split", range(4))
def test_one_linear_unit_learns_the_pixels_and_not_the_components(split):
    pixels, components = digits(32, 8, split=split), digit_components(32, 8, split=split)
    assert separable(pixels.train_x.reshape(32, -1), pixels.train_y, True)
    assert not separable(components.train_x, components.train_y, True)


@pytest.mark.parametrize("components", [0, 65, 2.5, "4", None])
def test_components_that_are_not_there_are_refused(components):
    with pytest.raises(BadInput, match="principal components"):
        digit_components(8, 8, components)
