"""Equal training inputs with different labels: no network fits S, which is said before anything is drawn."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import NotAsked
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.optimisers import SGD
from harness.problems import Problem, training_sets
from harness.store import Store

NETWORK = FullyConnected((4,))
UNIFORM = FullyConnected((4,), distribution="uniform")
X = np.random.default_rng(0).normal(size=(8, 5))
CONTRARY = Problem.from_arrays(X[[0, 1, 2, 0]], [0, 1, 0, 1], X[4:], [0, 1] * 2)
FUNCTIONS = np.eye(4)
SAYS = "The training inputs 0 and 3 are equal and have different labels, so no network fits S"


def repeated(m, n, split=0):
    """A pool whose training sets hold an input twice, with both labels."""
    x = np.random.default_rng(split).normal(size=(8, 5))
    return Problem.from_arrays(x[[0, 1, 2, 0]], [0, 1, 0, 1], x[4:], [0, 1] * 2)


REQUESTS = {
    "posterior": lambda lab: lab.posterior(NETWORK, CONTRARY),
    "rejection": lambda lab: lab.rejection_posterior(NETWORK, CONTRARY),
    "rejection until": lambda lab: lab.rejection_until(NETWORK, CONTRARY),
    "runs": lambda lab: lab.posterior_by_runs(NETWORK, CONTRARY),
    "subset simulation": lambda lab: lab.subset_posterior(NETWORK, CONTRARY),
    "annealing": lambda lab: lab.annealed_posterior(NETWORK, CONTRARY),
    "annealed evidence": lambda lab: lab.annealed_evidence(NETWORK, CONTRARY),
    "infinite posterior": lambda lab: lab.infinite_posterior(NETWORK, CONTRARY),
    "infinite evidence": lambda lab: lab.infinite_evidence(NETWORK, CONTRARY),
    "approximation": lambda lab: lab.approximation(NETWORK, CONTRARY, "Laplace"),
    "process": lambda lab: lab.gaussian_process(NETWORK, CONTRARY),
    "posterior of kernels": lambda lab: lab.infinite_posterior(UNIFORM, CONTRARY),
    "evidence of kernels": lambda lab: lab.infinite_evidence(UNIFORM, CONTRARY),
    "log volumes": lambda lab: lab.log_volumes(NETWORK, CONTRARY, FUNCTIONS),
    "log volumes of kernels": lambda lab: lab.log_volumes(UNIFORM, CONTRARY, FUNCTIONS),
    "log volumes by runs": lambda lab: lab.log_volumes_by_runs(NETWORK, CONTRARY, FUNCTIONS),
    "hidden draws": lambda lab: lab.hidden_draws(NETWORK, CONTRARY, ("weight norm",)),
    "hidden patterns": lambda lab: lab.hidden_patterns(NETWORK, CONTRARY),
    "transfer": lambda lab: lab.transfer(NETWORK, CONTRARY, Problem.from_arrays(X[:2], [0, 1], X[4:], [0] * 4)),
    "least frozen width": lambda lab: lab.least_frozen_width(lambda w: FullyConnected((w,)), CONTRARY, 4),
    "least trained width": lambda lab: lab.least_trained_width(lambda w: FullyConnected((w,)), CONTRARY, SGD(0.1), 4),
    "on sets": lambda lab: lab.posterior_on_sets(NETWORK, training_sets(repeated, 4, 4)),
}


@pytest.fixture
def lab(tmp_path):
    return Lab(Scale("test", 100.0, effort=1, looks=3), torch.device("cpu"), 0, Store(tmp_path))


@pytest.mark.parametrize("ask", REQUESTS.values(), ids=REQUESTS)
def test_no_network_fits_contrary_labels(lab, monkeypatch, ask):
    def refuse(*_, **__):
        raise AssertionError("drawn")

    monkeypatch.setattr("harness.lab.jobs.generator", refuse)
    with pytest.raises(NotAsked, match=SAYS):
        ask(lab)


def test_what_needs_no_network_that_fits_is_answered(lab):
    lab.prior(NETWORK, CONTRARY, draws=10)
    assert lab.last_layer_feasibility(NETWORK, CONTRARY, draws=10).feasible == 0
    assert lab.train(NETWORK, CONTRARY, SGD(0.1), networks=4, max_epochs=2).fitted == 0
    assert lab.density_of_states(NETWORK, CONTRARY, runs=2, chains=8, steps=2).exactly(3).value < 0


@pytest.mark.parametrize(
    ("x", "y", "pair"),
    [
        ([[0.0, 1.0], [-0.0, 1.0]], [0, 1], "0 and 1"),
        ([[1e8, 1.0], [0.0, 1.0], [1e8 + 1, 1.0]], [0, 1, 1], "0 and 2"),
        ([[1.0], [2.0], [1.0], [2.0]], [0, 1, 0, 0], "1 and 3"),
        (np.ones((3, 2, 2)), [1, 1, 0], "0 and 2"),
    ],
)
def test_inputs_are_equal_as_networks_see_them(x, y, pair):
    with pytest.raises(NotAsked, match=pair):
        Problem.from_arrays(x, y, x, y).needs_one_label_each()


def test_equal_inputs_of_one_label_are_no_contradiction():
    Problem.from_arrays([[1.0], [1.0], [2.0]], [1, 1, 0], [[1.0]], [0]).needs_one_label_each()
    Problem.from_arrays([], [], [[1.0]], [0]).needs_one_label_each()
    tokens = Problem.from_arrays([[0, 1], [0, 1]], [0, 1], [[0, 1]], [0], vocabulary=2)
    with pytest.raises(NotAsked, match="0 and 1"):
        tokens.needs_one_label_each()
