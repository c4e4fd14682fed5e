"""What claims share: networks are asked only of data that they can take, whoever has added these."""

import numpy as np
import pytest

from claims import grids
from claims.grids import cannot_take, image_problem
from harness.claim import registry
from harness.lab import Lab
from harness.networks import Convolutional, FullyConnected, Residual
from harness.optimisers import OPTIMISERS
from harness.problems import Problem
from tests.support.every_architecture import EVERY


def points(m, n):
    return Problem.from_arrays(np.zeros((m, 2)), np.zeros(m, int), np.ones((n, 2)), np.ones(n, int))


def tiny_images(m, n):
    return Problem.from_arrays(np.zeros((m, 2, 2)), np.zeros(m, int), np.ones((n, 2, 2)), np.ones(n, int))


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setattr(registry, "data", {"points": points, "tiny": tiny_images})


class Asked:
    """In a lab's place: hands out the name of what it is asked for."""

    def __getattr__(self, request):
        return lambda *_, **__: request


@pytest.mark.parametrize(
    ("architecture", "m", "request_"),
    [
        (FullyConnected((5,)), 8, "rejection_posterior"),
        (FullyConnected((5,)), 64, "posterior_by_runs"),
        (FullyConnected((5,)), 65, "annealed_posterior"),
        (FullyConnected((5,), sigma_b=0.0), 65, "posterior_by_runs"),
        (FullyConnected((5,), distribution="binary"), 65, "posterior_by_runs"),
        (Convolutional(), 65, "posterior_by_runs"),
    ],
    ids=str,
)
def test_annealing_is_asked_only_of_many_points_and_of_networks_it_is_for(architecture, m, request_):
    assert Lab.posterior(Asked(), architecture, points(m, 2)) == request_


@pytest.mark.parametrize(
    ("data", "architecture", "said"),
    [
        ("points", Convolutional(), "convolutional network takes images of numbers"),
        ("points", Residual(), "takes images of numbers"),
        ("points", FullyConnected((3,)), None),
        ("tiny", Convolutional((2,), ()), None),
        ("tiny", Convolutional((2, 2), ()), "are too small to be pooled 2 times"),
        ("digits", Convolutional(), None),
    ],
)
def test_a_network_is_not_asked_of_what_it_cannot_take(added, data, architecture, said):
    for of in ({"data": data, "m": 4}, {"problem": image_problem(data, 4)}):
        why = cannot_take(**of, architecture=architecture, kernel="any")
        assert why is None if said is None else said in why


def test_every_kind_of_network_and_optimiser_in_the_grids_keeps_its_contract():
    """Networks are held against torch.nn by `tests/networks`, optimisers against torch.optim by `tests/optimisers`."""
    networks = [each for grid in grids.ON_IMAGES.values() for each in grid if each not in registry.architectures]
    assert {type(each) for each in networks} <= {type(each) for each in EVERY}
    assert {type(each) for each in grids.EVERY_OPTIMISER} <= set(OPTIMISERS.values())
