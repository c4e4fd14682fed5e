"""What the lab measures beside the limits: each is what its own function finds, from the store as when it was drawn."""

import numpy as np
import pytest
import torch

from harness.claim import Scale
from harness.errors import BadInput
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.networks.gradients import gradients
from harness.problems import digits
from harness.samplers.infinite_width.agreement import agreement
from harness.samplers.infinite_width.kernels import ntk
from harness.samplers.infinite_width.learning_curves import Spectrum
from harness.samplers.infinite_width.linearised import linearisation_gap
from harness.store import Store

NETWORK, PROBLEM = FullyConnected((5, 5), "erf", parametrisation="ntk"), digits(4, 6)


@pytest.fixture
def lab(tmp_path):
    return lambda: Lab(Scale("test", 100.0, 1, 3), torch.device("cpu"), 0, Store(tmp_path / "store"))


SAMPLES = {
    "posteriors of one point": lambda lab: lab.label_agreement(NETWORK, PROBLEM, 30),
    "departures": lambda lab: lab.linearisation_gap(NETWORK, PROBLEM, 3, 5),
    "regression": lambda lab: lab.regression_errors(NETWORK, PROBLEM, "nngp", 3, 0.1, 7),
}


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_what_is_stored_is_what_was_drawn_and_grows_with_looks(lab, sample):
    made = lab()
    first = sample(made).to_arrays()
    for name, array in sample(lab()).to_arrays().items():
        np.testing.assert_array_equal(array, first[name])
    made.look = 1
    second = sample(made).to_arrays()
    counts = [int(each["networks"]) if "networks" in each else len(each["values"]) for each in (first, second)]
    assert counts[1] == 2 * counts[0]


def test_one_point_posteriors_are_agreements(lab):
    wide = FullyConnected((300,))
    exact = agreement(lab().kernel(wide, PROBLEM))
    found = lab().label_agreement(wide, PROBLEM, 100)
    np.testing.assert_allclose(found.mean, exact, atol=0.02)
    np.testing.assert_allclose(np.diag(found.mean), 1)


def test_the_learning_rate_takes_its_share_of_the_largest_mode_off_in_a_step(lab, monkeypatch):
    rates = []

    def noting(architecture, problem, rate, *rest):
        rates.append(rate)
        return linearisation_gap(architecture, problem, rate, *rest)

    monkeypatch.setattr("harness.samplers.infinite_width.linearised.linearisation_gap", noting)
    lab().linearisation_gap(NETWORK, PROBLEM, 2, 3)
    train = ntk(NETWORK, PROBLEM.train_x)
    step = np.eye(4) - 2 * rates[0] / 4 * train
    # At a ratio of 1 to the largest stable rate the mode would change its sign.
    assert np.linalg.eigvalsh(step).min() == pytest.approx(1 - 2 * 0.3)


def test_a_wide_network_has_the_tangent_kernel_of_the_limit():
    """So that this learning rate is right at finite width: the kernel that the linearisation moves by."""
    wide = FullyConnected((1000,), "erf", parametrisation="ntk")
    x = torch.tensor(wide.prepare(PROBLEM.train_x))
    table = wide.parameters(tuple(x.shape[1:]))
    generator = torch.Generator().manual_seed(0)
    rows = torch.cat([torch.randn(1, np.prod(p.shape), generator=generator) for p in table.values()], dim=1)
    jacobian = gradients(wide, table, rows.repeat(4, 1), x[:, None], torch.ones_like)
    np.testing.assert_allclose((jacobian @ jacobian.T).numpy(), ntk(wide, PROBLEM.train_x), atol=0.25)


@pytest.mark.parametrize("kind", ["nngp", "ntk"])
def test_a_spectrum_is_that_of_the_kernel_on_all_points(lab, kind):
    signs = np.concatenate([PROBLEM.train_y, PROBLEM.eval_y]) * 2.0 - 1
    kernel = lab().kernel(NETWORK, PROBLEM, kind)
    found = lab().spectrum(NETWORK, PROBLEM, kind)
    assert found.eigenvalues.sum() == pytest.approx(np.trace(kernel) / 10)
    for m in (1, 5, 50):
        assert found.error(m, 0.1) == pytest.approx(Spectrum.of(kernel, signs).error(m, 0.1))


def test_a_ridge_is_a_share_of_the_mean_variance(lab):
    """All points, each drawn once: what is left of the labels is known exactly, whatever the order."""
    kernel = lab().kernel(NETWORK, PROBLEM, "ntk")
    signs = np.concatenate([PROBLEM.train_y, PROBLEM.eval_y]) * 2.0 - 1
    found = lab().regression_errors(NETWORK, PROBLEM, "ntk", 10, 0.3, 3).values
    ridge = 0.3 * kernel.diagonal().mean()
    left = ridge * np.linalg.solve(kernel + ridge * np.eye(10), signs)
    np.testing.assert_allclose(found, (left**2).mean(), rtol=1e-6)


def test_three_classes_are_refused(lab):
    three = digits(4, 4, task="0/1/2")
    with pytest.raises(BadInput, match="takes two classes"):
        lab().spectrum(NETWORK, three, "nngp")
    with pytest.raises(BadInput, match="takes two classes"):
        lab().linearisation_gap(NETWORK, three, 2, 2)
