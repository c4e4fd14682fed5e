"""Logits that are no finite numbers have no label: every sampler refuses them, whichever way they come about."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.networks.logits import labels_of
from harness.optimisers import SGD
from harness.problems import Problem
from harness.store import Store

X = np.random.default_rng(0).normal(size=(12, 4))
TASK = Problem.from_arrays(X[:4], [0, 1, 1, 0], X[4:], [0, 1] * 4)
# Three layers of weights of 1e18 overflow float32; at infinite width, nine overflow float64.
LARGE = FullyConnected((4, 4, 4), sigma_w=1e18)
DEEP = FullyConnected((4,) * 9, sigma_w=1e18)


@dataclass(frozen=True)
class Broken(FullyConnected):
    """A network with a logit of NaN on the last point."""

    def readout(self, parameters, features):
        logits = super().readout(parameters, features).clone()
        logits[:, -1] = torch.nan
        return logits


REQUESTS = {
    "prior": lambda lab, a: lab.prior(a, TASK, draws=20),
    "rejection": lambda lab, a: lab.rejection_posterior(a, TASK, draws=20, last_layers=2),
    "rejection_until": lambda lab, a: lab.rejection_until(a, TASK, effective=5, draws=20),
    "tempered": lambda lab, a: lab.tempered_posterior(a, TASK, 1.0, draws=20, last_layers=2),
    "subset simulation": lambda lab, a: lab.subset_posterior(a, TASK, runs=2, chains=8, steps=2),
    "annealing": lambda lab, a: lab.annealed_posterior(a, TASK, runs=2, particles=8, trajectories=2),
    "density of states": lambda lab, a: lab.density_of_states(a, TASK, runs=2, chains=4, steps=2),
    "log volumes": lambda lab, a: lab.log_volumes_by_runs(a, TASK, TASK.eval_y[None], runs=2, chains=8, steps=2),
}
OF_FEATURES = {
    "feasibility": lambda lab, a: lab.last_layer_feasibility(a, TASK, draws=3),
    "hidden draws": lambda lab, a: lab.hidden_draws(a, TASK, ("weight norm",), draws=10),
    "hidden patterns": lambda lab, a: lab.hidden_patterns(a, TASK, draws=10, points=2),
    "transfer": lambda lab, a: lab.transfer(a, TASK, TASK, draws=10),
    "kernel": lambda lab, a: lab.empirical_kernel(a, TASK, networks=4),
    "agreement": lambda lab, a: lab.label_agreement(a, TASK, networks=4),
}
INFINITE = {
    "prior": lambda lab, a: lab.infinite_prior(a, TASK, draws=20),
    "posterior": lambda lab, a: lab.infinite_posterior(a, TASK, chains=2, draws=2),
    "evidence": lambda lab, a: lab.infinite_evidence(a, TASK, runs=2, points=16),
    "drawn volumes": lambda lab, a: lab.drawn_volumes(a, TASK, draws=4, runs=2, points=16),
}


@pytest.fixture
def lab(tmp_path):
    return Lab(Scale("test", 100.0, effort=1, looks=3), torch.device("cpu"), 0, Store(tmp_path))


@pytest.mark.parametrize("ask", [*REQUESTS.values(), *OF_FEATURES.values()], ids=[*REQUESTS, *OF_FEATURES])
def test_networks_whose_logits_overflow_are_refused(lab, ask):
    with pytest.raises(BadInput, match="no finite numbers"):
        ask(lab, LARGE)


OF_ANY_FORWARD_PASS = {name: ask for name, ask in REQUESTS.items() if name != "annealing"}


@pytest.mark.parametrize("ask", OF_ANY_FORWARD_PASS.values(), ids=OF_ANY_FORWARD_PASS)
def test_logits_that_are_nan_are_refused(lab, ask):
    with pytest.raises(BadInput, match="no finite numbers"):
        ask(lab, Broken((4,)))


def test_annealing_is_not_for_a_forward_pass_it_does_not_know(lab):
    with pytest.raises(BadInput, match=r"Annealing is for architectures .* not fcn-4-relu"):
        REQUESTS["annealing"](lab, Broken((4,)))


@pytest.mark.parametrize("ask", INFINITE.values(), ids=INFINITE)
def test_kernels_that_overflow_are_refused(lab, ask):
    with pytest.raises(BadInput, match="not finite"), np.errstate(all="ignore"):
        ask(lab, DEEP)


def test_trained_networks_that_are_not_finite_are_in_no_sample(lab):
    # The logit of S is finite, that of the last evaluation input is not.
    task = Problem.from_arrays(X[:1], [0], np.eye(4) * 1e18, [0] * 4)
    trained = lab.train(FullyConnected((4, 4, 4), "linear", sigma_w=1e6), task, SGD(1e-9), networks=50)
    assert trained.fitted == trained.others.total == 0
    assert trained.networks == 50


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_label_is_of_finite_logits(outputs, value):
    logits = torch.zeros(2, 5, outputs)
    assert not labels_of(logits).any()
    logits[1, 3, 0] = value
    with pytest.raises(BadInput, match="no finite numbers"):
        labels_of(logits)


def test_the_largest_finite_logits_have_labels():
    largest = torch.finfo(torch.float32).max
    assert labels_of(torch.full((3, 1000, 1), largest)).all()


@pytest.mark.parametrize("where", ["training", "evaluation"])
@pytest.mark.parametrize("value", [2e18, -3.4028235e38])
def test_inputs_whose_squares_overflow_are_refused(where, value):
    x = X.copy()
    x[1, 2] = value
    arrays = (x, [0] * 12, X, [0] * 12) if where == "training" else (X, [0] * 12, x, [0] * 12)
    with pytest.raises(BadInput, match=rf"The {where} inputs hold numbers beyond ±1e\+18"):
        Problem.from_arrays(*arrays)


def test_the_largest_input_is_as_likely_on_either_side(lab):
    x = X.copy()
    x[0, 0] = 1e18
    functions = lab.prior(FullyConnected((8, 8)), Problem.from_arrays([], [], x, [0] * 12), draws=20_000)
    share = float(functions.probabilities() @ functions.labels()[:, 0])
    # The last layer is symmetric; five standard deviations.
    assert share == pytest.approx(0.5, abs=5 * 0.5 / 20_000**0.5)
