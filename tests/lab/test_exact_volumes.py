"""Exact volumes by the lab: chosen by the network, computed once, and the same for every seed."""

import numpy as np
import pytest

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.problems import boolean_cube
from harness.samplers.enumeration import ClauseNetwork, binary_volumes, clause_volumes
from tests.support.every_request import BINARY, CUBE, TASK, lab_of, same


def test_volumes_are_those_that_are_counted(tmp_path):
    lab = lab_of(tmp_path)
    same(lab.exact_volumes(BINARY, TASK), binary_volumes(BINARY, TASK))
    same(lab.exact_volumes(ClauseNetwork(3), CUBE), clause_volumes(3, 3))


def test_they_come_from_the_store_at_every_look_and_seed(tmp_path):
    first = lab_of(tmp_path).exact_volumes(BINARY, TASK)
    later = lab_of(tmp_path, look=2)
    later.seed = 5
    same(later.exact_volumes(BINARY, TASK), first)
    assert later.computed == 0
    # Another width and another problem are other entries.
    assert len(later.exact_volumes(ClauseNetwork(2), CUBE).words) != len(
        later.exact_volumes(ClauseNetwork(3), CUBE).words
    )
    np.testing.assert_array_equal(later.exact_volumes(BINARY, CUBE).evidence, 1.0)


@pytest.mark.parametrize(
    ("architecture", "problem"),
    [(FullyConnected((4,)), CUBE), (perceptron(), CUBE), (ClauseNetwork(3), TASK), (ClauseNetwork(3), boolean_cube(5))],
)
def test_what_cannot_be_counted_is_refused(tmp_path, architecture, problem):
    with pytest.raises(BadInput):
        lab_of(tmp_path).exact_volumes(architecture, problem)
