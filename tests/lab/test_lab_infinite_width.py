"""What the lab says of infinite width: kernels from the store, and one interface to the exact and the approximate."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput, Unavailable
from harness.lab import Lab
from harness.lab.infinite_width import METHODS
from harness.networks import FullyConnected
from harness.problems import digits
from harness.samplers.infinite_width import empirical_process, log_probability, truncated_gaussian
from harness.samplers.infinite_width.agreement import empirical_agreement
from harness.samplers.infinite_width.approximations import expectation_propagation
from harness.samplers.infinite_width.gaussian_process import GaussianProcess
from harness.samplers.infinite_width.kernels import matrices, nngp, ntk
from harness.samplers.infinite_width.learning_curves import regression_errors
from harness.samplers.infinite_width.linearised import linearisation_gap
from harness.statistics.distances import mmd_squared
from harness.store import Store

NETWORK, PROBLEM = FullyConnected((5, 5)), digits(4, 6)
TANGENT = FullyConnected((5, 5), parametrisation="ntk")
# No closed form is known for weights that are not Gaussian.
UNKNOWN = FullyConnected((64,), distribution="uniform")


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def lab(tmp_path):
    def make(seed=0, **options):
        return Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), seed, Store(tmp_path / "store"), **options)

    return make


@pytest.fixture
def computed(monkeypatch):
    """The kinds of kernel of which a block was computed."""
    calls, forms = [], dict(matrices.CLOSED_FORMS)

    def counting(kind):
        def of_kind(*arguments):
            calls.append(kind)
            return forms[kind](*arguments)

        return of_kind

    monkeypatch.setattr(matrices, "CLOSED_FORMS", {kind: counting(kind) for kind in forms})
    return calls


@pytest.mark.parametrize("block", [3, 5, 1000])
@pytest.mark.parametrize(("kind", "form"), [("nngp", nngp), ("ntk", ntk)])
def test_a_kernel_in_blocks_is_the_whole_kernel(lab, monkeypatch, computed, block, kind, form):
    monkeypatch.setattr(matrices, "BLOCK", block)
    said = []
    found = lab(progress=said.append).kernel(NETWORK, PROBLEM, kind)
    wanted = form(FullyConnected((1, 1), parametrisation="ntk"), PROBLEM.inputs)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
    side = -(-10 // block)
    assert len(computed) == len(said) == side * (side + 1) // 2
    assert said[-1] == f"{kind} kernel {len(said)}/{len(said)}"


def test_an_interrupted_kernel_goes_on_where_it_was(lab, monkeypatch, computed):
    monkeypatch.setattr(matrices, "BLOCK", 4)

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
    assert first.ahead == 0


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


def test_no_entry_of_the_store_is_asked_for_while_another_is_computed(lab, monkeypatch):
    """Entries share locks: a process that held one and asked for another could wait for itself."""
    under_way, original = [], Store.fetch

    def alone(self, spec, compute, fresh=False):
        assert not under_way, f"{spec} was asked for within {under_way}"

        def watched():
            under_way.append(spec)
            try:
                return compute()
            finally:
                under_way.clear()

        return original(self, spec, watched, fresh)

    monkeypatch.setattr(Store, "fetch", alone)
    for method in METHODS:
        lab().infinite_posterior(NETWORK, PROBLEM, method, chains=2, draws=2)
        lab().infinite_evidence(NETWORK, PROBLEM, method, runs=2, points=4)
    lab().infinite_posterior(UNKNOWN, PROBLEM, kernels=2, networks=20, chains=2, draws=2)
    lab().infinite_evidence(UNKNOWN, PROBLEM, runs=2, networks=20, points=4)
    lab().linearisation_gap(TANGENT, PROBLEM, 2, 2)
    lab().label_agreement(NETWORK, PROBLEM, 2)
    lab().spectrum(NETWORK, PROBLEM, "ntk")
    lab().regression_errors(NETWORK, PROBLEM, "ntk", 2, 0.1, 2)


def test_neural_tangents_where_it_is_installed(lab, monkeypatch):
    if find_spec("neural_tangents") is not None:
        for kind in ("nngp", "ntk"):
            found = lab().kernel(NETWORK, PROBLEM, kind, by="neural-tangents")
            np.testing.assert_allclose(found, lab().kernel(NETWORK, PROBLEM, kind), atol=1e-6)
    monkeypatch.setattr("harness.samplers.infinite_width.kernels.library.find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="neural-tangents is missing; `make kernels`"):
        lab(fresh=True).kernel(NETWORK, PROBLEM, by="neural-tangents")


def test_the_version_is_raised_when_infinite_width_is_sampled_otherwise():
    """Entries of an older sampler would be taken for this one's: raise SAMPLERS_VERSION, then renew these numbers."""
    process = GaussianProcess(nngp(NETWORK, PROBLEM.inputs), PROBLEM.train_y)
    samples = [
        truncated_gaussian(process, generator(0), chains=4, draws=8),
        empirical_process.posterior(UNKNOWN, PROBLEM, generator(1), 2, 50, chains=2, draws=8),
    ]
    ones = [int(each.functions.counts @ each.functions.bits().sum(axis=1)) for each in samples]
    evidences = [
        log_probability(process, generator(2), points=64).value,
        float(empirical_process.evidence(UNKNOWN, PROBLEM, generator(3), 1, 50, points=64).values[0]),
    ]
    errors = [
        float(linearisation_gap(TANGENT, PROBLEM, 0.2, 3, 1, generator(4)).values[0]),
        float(empirical_agreement(NETWORK, PROBLEM.inputs, 5, generator(5)).mean[0, 1]),
        float(regression_errors(process.kernel, np.ones(10), 3, 0.1, 1, generator(6)).values[0]),
    ]
    assert ones == [136, 122]
    assert [*evidences, *errors] == pytest.approx([-3.35973, -3.07564, 0.02733, 0.78822, 0.03237], abs=1e-4)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda lab: lab.kernel(NETWORK, PROBLEM, "gp"), "A kernel is nngp or ntk"),
        (lambda lab: lab.kernel(NETWORK, PROBLEM, by="guess"), "by 'own' or 'neural-tangents', not 'nngp' by 'guess'"),
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
