"""Networks and their linearisations: exact where a network is linear, and by plain gradient descent in autograd."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.func import functional_call, jvp

from harness.claim import Scale
from harness.errors import BadInput, Undecided
from harness.lab import Lab
from harness.networks import FullyConnected
from harness.networks.ensemble import draw
from harness.problems import Problem, digits
from harness.samplers.infinite_width.linearised import LinearisationGap, LinearisedTraining, linearisation_gap
from harness.store import Store

PROBLEM = digits(6, 5)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_a_linear_network_is_its_linearisation():
    perceptron = FullyConnected((), parametrisation="ntk")
    found = linearisation_gap(perceptron, PROBLEM, 0.5, 50, 10, generator(0))
    # Rounding of single precision, over 50 steps.
    assert found.values.max() < 1e-4


def by_autograd(row, problem, width, learning_rate, steps):
    """The same distance of one network of one hidden layer of erf in the NTK parametrisation, with torch.nn."""

    class Network(torch.nn.Module):
        def __init__(self, table):
            super().__init__()
            for name, tensor in table.items():
                self.register_parameter(name, torch.nn.Parameter(tensor.clone()))

        def forward(self, x):
            h = torch.erf(x @ self.w0 * (2 / 64) ** 0.5 + 0.1 * self.b0)
            return (h @ self.w1 * (2 / width) ** 0.5 + 0.1 * self.b1)[:, 0]

    w0, b0, w1, b1 = row.double().split([64 * width, width, width, 1])
    network = Network({"w0": w0.view(64, width), "b0": b0, "w1": w1.view(width, 1), "b1": b1})
    x = torch.tensor(problem.inputs.reshape(-1, 64)).double()
    m = problem.m
    y = torch.tensor(problem.train_y).double() * 2 - 1
    start = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    moved = {name: torch.zeros_like(parameter) for name, parameter in start.items()}

    def linear(moved, x):
        value, change = jvp(lambda theta: functional_call(network, theta, x), (start,), (moved,))
        return value + change

    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    for _ in range(steps):
        optimiser.zero_grad()
        ((network(x[:m]) - y) ** 2).mean().backward()
        optimiser.step()
        gradient = torch.func.grad(lambda moved: ((linear(moved, x[:m]) - y) ** 2).mean())(moved)
        moved = {name: moved[name] - learning_rate * gradient[name] for name in moved}
    return (network(x[m:]) - linear(moved, x[m:])).square().mean().sqrt().item()


def test_against_plain_gradient_descent():
    width, learning_rate, steps = 5, 0.3, 20
    architecture = FullyConnected((width,), activation="erf", parametrisation="ntk")
    table = architecture.parameters((64,))
    assert list(table) == ["hidden0.weight", "hidden0.bias", "readout.weight", "readout.bias"]
    rows = draw(table, "gaussian", 3, generator(4))
    found = linearisation_gap(architecture, PROBLEM, learning_rate, steps, 3, generator(4))
    wanted = [by_autograd(row, PROBLEM, width, learning_rate, steps) for row in rows]
    np.testing.assert_allclose(found.values, wanted, rtol=1e-3)


def test_wider_is_nearer():
    values = []
    for width in (8, 128):
        architecture = FullyConnected((width, width), activation="erf", parametrisation="ntk")
        values.append(linearisation_gap(architecture, PROBLEM, 0.2, 30, 20, generator(0)).log_mean.value)
    assert values[1] < values[0] - 1


@pytest.mark.parametrize("block", [1, 3])
def test_nothing_depends_on_the_block(block):
    architecture = FullyConnected((4,), parametrisation="ntk")
    whole = linearisation_gap(architecture, PROBLEM, 0.2, 5, 7, generator(1)).values
    parts = linearisation_gap(architecture, PROBLEM, 0.2, 5, 7, generator(1), block=block).values
    np.testing.assert_allclose(parts, whole, rtol=1e-3)


def test_networks_merge():
    one, two = LinearisationGap(np.array([0.1, 0.2])), LinearisationGap(np.array([0.4]))
    both = LinearisationGap.from_arrays((one + two).to_arrays()).log_mean
    assert (both.n, both.unit) == (3, "networks")
    assert both.value == pytest.approx(np.log([0.1, 0.2, 0.4]).mean())
    low, high = both.interval(0.05)
    assert low < both.value < high


def test_networks_that_diverged_leave_the_distance_undecided():
    with pytest.raises(Undecided, match="1 of 3 networks diverged"):
        LinearisationGap(np.array([0.1, np.inf, 0.2])).log_mean  # noqa: B018 — it is computed when it is asked for


def test_intervals_cover():
    """200 samples of 32 networks: fewer covered than so many would have a chance of 1e-5 at a coverage of 90 %."""
    architecture = FullyConnected((4,), activation="erf", parametrisation="ntk")
    values = linearisation_gap(architecture, PROBLEM, 0.2, 5, 200 * 32, generator(2)).values
    truth, covered = float(np.log(values).mean()), 0
    for each in values.reshape(200, 32):
        low, high = LinearisationGap(each).log_mean.interval(0.1)
        covered += low <= truth <= high
    assert covered >= stats.binom.ppf(1e-5, 200, 0.9)


def test_what_makes_no_sense_is_refused():
    architecture = FullyConnected((4,))
    for arguments in ((0.0, 5, 5), (0.1, 0, 5), (0.1, 5, 0)):
        with pytest.raises(BadInput, match="A linearisation takes"):
            linearisation_gap(architecture, PROBLEM, *arguments, generator(0))
    nothing = Problem.from_arrays([], [], PROBLEM.eval_x, PROBLEM.eval_y)
    with pytest.raises(BadInput, match="m = 0"):
        linearisation_gap(architecture, nothing, 0.1, 5, 5, generator(0))


def test_the_lab_takes_the_rate_over_the_largest_stable_one(tmp_path):
    """A ratio of 1 is η = m/λ, at which a step multiplies the largest mode by −1; the ratio is in the address."""
    perceptron = FullyConnected((), parametrisation="ntk")
    lab = Lab(Scale("test", 100.0, effort=1, looks=1), torch.device("cpu"), 0, Store(tmp_path))
    m, kernel = PROBLEM.m, lab.kernel(perceptron, PROBLEM, "ntk")
    largest = float(np.linalg.eigvalsh(kernel[: PROBLEM.m, : PROBLEM.m])[-1])
    asked = LinearisedTraining(perceptron, PROBLEM, 3, 2, 0.4 * m / largest, 0.4)
    wanted = lab.gather(asked).values
    np.testing.assert_array_equal(lab.linearisation_gap(perceptron, PROBLEM, 3, 2, ratio=0.4).values, wanted)
    assert asked.address["ratio"] == 0.4
