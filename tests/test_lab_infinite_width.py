"""What the lab says of infinite width: kernels from the store, and one interface to the exact and the approximate."""

import numpy as np
import pytest
import torch

import harness.lab.infinite_width
from harness.distances import mmd_squared
from harness.errors import BadInput
from harness.kernels import nngp, ntk
from harness.lab import Lab, Scale
from harness.lab.infinite_width import METHODS
from harness.networks import FullyConnected
from harness.posterior import log_probability
from harness.posterior.approximations import expectation_propagation
from harness.posterior.gaussian_process import GaussianProcess
from harness.problems import digits
from harness.store import Store

NETWORK, PROBLEM = FullyConnected((5, 5)), digits(4, 6)
# No closed form is known for weights that are not Gaussian.
UNKNOWN = FullyConnected((64,), distribution="uniform")


@pytest.fixture
def lab(tmp_path):
    def make(seed=0, **options):
        return Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), seed, Store(tmp_path / "store"), **options)

    return make


@pytest.fixture
def computed(monkeypatch):
    """The kinds of kernel of which a block was computed."""
    calls, forms = [], dict(harness.lab.infinite_width._CLOSED_FORMS)

    def counting(kind):
        def of_kind(*arguments):
            calls.append(kind)
            return forms[kind](*arguments)

        return of_kind

    monkeypatch.setattr(harness.lab.infinite_width, "_CLOSED_FORMS", {kind: counting(kind) for kind in forms})
    return calls


@pytest.mark.parametrize("block", [3, 5, 1000])
@pytest.mark.parametrize(("kind", "form"), [("nngp", nngp), ("ntk", ntk)])
def test_a_kernel_in_blocks_is_the_whole_kernel(lab, monkeypatch, computed, block, kind, form):
    monkeypatch.setattr(harness.lab.infinite_width, "_BLOCK", block)
    said = []
    found = lab(progress=said.append).kernel(NETWORK, PROBLEM, kind)
    wanted = form(FullyConnected((1, 1), parametrisation="ntk"), PROBLEM.inputs)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    side = -(-10 // block)
    assert len(computed) == len(said) == side * (side + 1) // 2
    assert said[-1] == f"{kind} kernel {len(said)}/{len(said)}"


def test_an_interrupted_kernel_goes_on_where_it_was(lab, monkeypatch, computed):
    monkeypatch.setattr(harness.lab.infinite_width, "_BLOCK", 4)

    def stop(said):
        if said == "nngp kernel 4/6":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lab(progress=stop).kernel(NETWORK, PROBLEM)
    assert len(computed) == 3
    whole = lab().kernel(NETWORK, PROBLEM)
    assert len(computed) == 6
    # Neither another seed nor another width is another kernel.
    np.testing.assert_array_equal(lab(seed=1).kernel(FullyConnected((7, 9)), PROBLEM), whole)
    assert len(computed) == 6
    lab(fresh=True).kernel(NETWORK, PROBLEM)
    assert len(computed) == 12


def test_what_needs_no_draw_is_charged_once_a_run(lab):
    first = lab()
    first.begin()
    first.kernel(NETWORK, PROBLEM)
    spent = first.spent
    assert spent > 0
    first.kernel(NETWORK, PROBLEM)
    assert first.spent == spent
    first.begin()
    first.kernel(NETWORK, PROBLEM)
    assert first.spent == 0
    # Nor does it make the next look dearer.
    assert first.ahead() == 0


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_an_evidence_and_a_posterior(lab, method):
    made = lab()
    evidence, posterior = (
        made.infinite_evidence(NETWORK, PROBLEM, method),
        made.infinite_posterior(NETWORK, PROBLEM, method, chains=8, draws=4),
    )
    assert -50 < evidence.value < 0
    assert (posterior.functions.n, posterior.functions.total) == (6, 32)
    again = lab()
    assert again.infinite_evidence(NETWORK, PROBLEM, method).value == evidence.value
    assert again.infinite_posterior(NETWORK, PROBLEM, method, chains=8, draws=4).functions == posterior.functions
    made.look = 1
    assert made.infinite_posterior(NETWORK, PROBLEM, method, chains=8, draws=4).functions.total == 64


def test_the_numbers_are_those_of_the_samplers(lab):
    process = GaussianProcess(nngp(NETWORK, PROBLEM.inputs), PROBLEM.train_y)
    exact = log_probability(process, torch.Generator().manual_seed(0))
    found = lab().infinite_evidence(NETWORK, PROBLEM)
    assert found.value == pytest.approx(exact.value, abs=5e-3)
    assert (found.n, found.unit) == (16, "scramblings")
    ep = expectation_propagation(process)
    assert lab().infinite_evidence(NETWORK, PROBLEM, "EP").value == pytest.approx(ep.log_evidence)
    np.testing.assert_allclose(lab().approximation(NETWORK, PROBLEM, "EP").covariance, ep.covariance, rtol=1e-9)


def test_a_kernel_by_monte_carlo_carries_its_error(lab):
    """Of 64 inputs, uniform weights make nearly the Gaussian preactivations that Gaussian weights do."""
    exact = lab().infinite_evidence(FullyConnected((64,)), PROBLEM)
    errors = {}
    for networks in (50, 800):
        found = lab().infinite_evidence(UNKNOWN, PROBLEM, networks=networks)
        low, high = found.interval(1e-3)
        assert low < exact.value < high
        assert (found.n, found.unit) == (16, "kernels")
        errors[networks] = high - low
    # Sixteen times the networks: a quarter of the error, give or take that of sixteen units.
    assert 2 < errors[50] / errors[800] < 8


def test_a_posterior_of_monte_carlo_kernels_has_kernels_for_units(lab):
    found = lab().infinite_posterior(UNKNOWN, PROBLEM, kernels=16, networks=400)
    assert found.clusters.units == 16
    assert found.functions.total == 64 * 64
    exact = lab().infinite_posterior(FullyConnected((64,)), PROBLEM)
    low, _ = mmd_squared(found.sample, exact.sample).interval(1e-4)
    assert low == 0


def test_empirical_kernels_merge_over_looks(lab):
    made = lab()
    one = made.empirical_kernel(NETWORK, PROBLEM, "ntk", networks=20)
    made.look = 1
    two = made.empirical_kernel(NETWORK, PROBLEM, "ntk", networks=20)
    assert (one.networks, two.networks) == (20, 40)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda lab: lab.kernel(NETWORK, PROBLEM, "gp"), "A kernel is nngp or ntk"),
        (lambda lab: lab.kernel(NETWORK, PROBLEM, by="guess"), "A kernel is nngp or ntk"),
        (lambda lab: lab.kernel(UNKNOWN, PROBLEM), "no kernel in closed form for fcn-64-relu-uniform"),
        (lambda lab: lab.empirical_kernel(NETWORK, PROBLEM, "gp"), "A kernel is nngp or ntk"),
        (lambda lab: lab.infinite_evidence(NETWORK, PROBLEM, "VI"), "asked by exact, EP, .*, not by 'VI'"),
        (lambda lab: lab.infinite_posterior(UNKNOWN, PROBLEM, "EP"), "kernel by Monte Carlo only"),
        (lambda lab: lab.approximation(NETWORK, PROBLEM, "exact"), "asked by EP, .*, not by 'exact'"),
        (lambda lab: lab.infinite_posterior(NETWORK, digits(4, 4, task="0/1/2")), "takes two classes"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(lab, call, said):
    with pytest.raises(BadInput, match=said):
        call(lab())
