"""The two bent lines against their formula."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.problems import kink, training_sets


@pytest.mark.parametrize("margin", [0.25, 0.5])
def test_labels_are_those_of_the_lines(margin):
    problem = kink(200, 300, margin)
    x, y = np.split(problem.inputs.astype(float), 2, axis=1)
    labels = np.concatenate([problem.train_y, problem.eval_y])
    assert np.abs(y[:, 0] + np.abs(x[:, 0]) - margin * (labels == 0)).max() < 1e-6
    assert problem.train_y.sum() == 100
    assert x.min() < -0.95
    assert x.max() > 0.95
    assert len(np.unique(problem.inputs, axis=0)) == 500


def test_sets_are_drawn_and_margins_named():
    sets = training_sets(kink, 16, 64)
    assert not np.array_equal(sets.problem(0).inputs, sets.problem(1).inputs)
    assert kink(8, 8).name != kink(8, 8, 0.5).name
    with pytest.raises(BadInput, match="margin between two lines"):
        kink(8, 8, 0.0)
