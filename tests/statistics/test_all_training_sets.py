"""Means over all training sets against conditioning on each of them."""

from itertools import combinations
from math import log

import numpy as np
import pytest

from harness.errors import BadInput
from harness.networks import FullyConnected
from harness.problems import Problem, boolean_cube
from harness.samplers.enumeration import binary_volumes, clause_volumes
from harness.statistics.all_training_sets import evidences, mean_error, mean_log_posterior

TARGET = boolean_cube(3, "majority").eval_y.astype(int)


@pytest.fixture(scope="module", params=["clauses", "binary"])
def volumes(request):
    if request.param == "clauses":
        return clause_volumes(3, 4)
    return binary_volumes(FullyConnected((4,), sigma_b=0.0, distribution="binary"), boolean_cube(3))


@pytest.mark.parametrize("m", [0, 3, 6])
def test_every_training_set_by_itself(volumes, m):
    sets = list(combinations(range(8), m))
    posteriors = [volumes.posterior(s, TARGET[list(s)]) for s in sets]
    others = [np.setdiff1d(np.arange(8), s) for s in sets]
    errors = [
        p.probabilities @ (p.labels() != TARGET[rest]).mean(axis=1) for p, rest in zip(posteriors, others, strict=True)
    ]
    logs = [log(p.of(TARGET[None, rest])[0]) for p, rest in zip(posteriors, others, strict=True)]
    assert mean_error(volumes, TARGET, m) == pytest.approx(np.mean(errors), rel=1e-10)
    assert mean_log_posterior(volumes, TARGET, m) == pytest.approx(np.mean(logs), rel=1e-10)


def test_evidences_of_some_sets(volumes):
    found = evidences(volumes, TARGET)
    assert found[0] == pytest.approx(1.0)
    assert found[-1] == pytest.approx(volumes.of(TARGET[None])[0])
    assert found[0b10010] == pytest.approx(volumes.posterior([1, 4], TARGET[[1, 4]]).evidence, rel=1e-12)


def test_all_data_leave_only_the_target(volumes):
    assert mean_log_posterior(volumes, TARGET, 8) == 0


def test_what_cannot_be_had_is_refused(volumes):
    with pytest.raises(BadInput, match="hold 0 to 8"):
        mean_log_posterior(volumes, TARGET, 9)
    x = boolean_cube(5).eval_x
    many = binary_volumes(
        FullyConnected((1,), sigma_b=0.0, distribution="binary"), Problem.from_arrays([], [], x, x[:, 0])
    )
    with pytest.raises(BadInput, match="up to 16"):
        mean_error(many, x[:, 0], 3)
