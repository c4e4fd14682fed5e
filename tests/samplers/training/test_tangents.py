"""The sharpness at initialisation against dense Hessians, per-example gradients and closed forms."""

import numpy as np
import pytest
import torch

from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import draw, views
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, GradientDescent, Momentum, Nesterov
from harness.optimisers.relative import stability_limit, with_learning_rate
from harness.problems import Problem, digits
from harness.samplers.training.tangents import Tangents, sharpness
from harness.samplers.training.tasks import task_on
from tests.support.architectures import plain_module
from tests.support.every_architecture import EVERY, some_inputs
from tests.support.plain_training import two_clouds

CPU = torch.device("cpu")
DESCENT = SGD()
CURVATURE = {"cross-entropy": 0.25, "squared error": 2.0}


def tangents(architecture, problem, rule=DESCENT, loss="cross-entropy", networks=3, in_span=True, scale=1.0):
    _, task = task_on(architecture, problem, rule, loss, problem.m, CPU, in_span=in_span)
    rows = draw(task.table, architecture.distribution, networks, torch.Generator().manual_seed(0)).contiguous()
    return Tangents(task, scale * rows)


def top(of):
    return sharpness(of, torch.randn(of.task.targets.shape, generator=torch.Generator().manual_seed(1)))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_dense_hessian_of_a_linear_network(loss):
    """By torch.autograd.functional.hessian, of a loss written out here; with cross-entropy at nearly equal logits."""
    problem = two_clouds()
    of = tangents(perceptron(threshold=True), problem, loss=loss, in_span=False, scale=1e-4)
    x, signs = torch.tensor(problem.train_x).double(), torch.tensor(problem.train_y).double() * 2 - 1
    value = {
        "cross-entropy": lambda z: torch.log1p(torch.exp(-signs * z)).mean(),
        "squared error": lambda z: ((z - signs) ** 2).mean(),
    }[loss]
    for row, found in zip(of.rows.double(), top(of), strict=True):
        hessian = torch.autograd.functional.hessian(lambda theta: value(x @ theta[:5] + theta[5]), row)
        assert float(found) == pytest.approx(float(torch.linalg.eigvalsh(hessian)[-1]), rel=1e-4)


def test_the_dense_hessian_of_three_classes():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)), rng.integers(0, 3, 8)
    problem = Problem.from_arrays(x[:6], y[:6], x[6:], y[6:], classes=3)
    of = tangents(perceptron(), problem, in_span=False, scale=1e-4)
    inputs, labels = torch.tensor(problem.train_x).double(), torch.tensor(problem.train_y).long()
    hessian = torch.autograd.functional.hessian(
        lambda theta: torch.nn.functional.cross_entropy(inputs @ theta.view(4, 3), labels), of.rows[0].double()
    )
    assert float(top(of)[0]) == pytest.approx(float(torch.linalg.eigvalsh(hessian)[-1]), rel=1e-4)


def of_gram(jacobian, curvature):
    """Top eigenvalue of J Jᵀ·curvature/m, from gradients of the points one by one, (m, size)."""
    return float(torch.linalg.eigvalsh(jacobian @ jacobian.T)[-1]) * curvature / len(jacobian)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_relu_network_by_plain_gradients_of_each_point(loss):
    problem, architecture = two_clouds(), FullyConnected((7, 5))
    of = tangents(architecture, problem, loss=loss, in_span=False)
    for i, found in enumerate(top(of)):
        module = plain_module(architecture, {n: t[i] for n, t in views(of.task.table, of.rows).items()})
        jacobian = []
        for point in torch.tensor(problem.train_x).double():
            module.zero_grad()
            module(point).sum().backward()
            jacobian.append(torch.cat([each.grad.flatten() for each in module.parameters()]))
        assert float(found) == pytest.approx(of_gram(torch.stack(jacobian), CURVATURE[loss]), rel=1e-4)


@pytest.mark.parametrize("architecture", EVERY, ids=lambda architecture: architecture.name)
def test_every_architecture_by_gradients_of_each_point(architecture):
    """Of one network and one point at a time, in float64, by automatic differentiation; μP's rates are asked below."""
    inputs, labels = some_inputs(architecture, 9), np.arange(9) % 2
    vocabulary = getattr(architecture, "vocabulary", None)
    problem = Problem.from_arrays(inputs[:6], labels[:6], inputs[6:], labels[6:], vocabulary=vocabulary)
    of = tangents(architecture, problem, networks=2, in_span=False)
    factors = 1.0 if of.task.rates is None else of.task.rates.double().sqrt()
    for row, found in zip(of.rows.double(), top(of), strict=True):
        jacobian = []
        for point in of.task.inputs.split(1):
            leaf = row.clone().requires_grad_()
            parameters = views(of.task.table, leaf[None])
            features = architecture.features(parameters, point.double() if vocabulary is None else point)
            jacobian.append(torch.autograd.grad(architecture.readout(parameters, features).sum(), leaf)[0])
        assert float(found) == pytest.approx(of_gram(torch.stack(jacobian) * factors, 0.25), rel=2e-3)


@pytest.mark.parametrize("parametrisation", ["standard", "ntk"])
def test_a_perceptron_in_closed_form(parametrisation):
    """The tangent kernel of θ·x is XXᵀ, of θ·x σ_w/√d its σ_w²/d-fold, whatever θ, in the inputs' span or not."""
    problem = digits(8, 8)
    architecture = FullyConnected((), sigma_w=1.5, sigma_b=0.0, parametrisation=parametrisation)
    x = problem.train_x.reshape(8, -1).astype(float)
    expected = np.linalg.eigvalsh(x @ x.T)[-1] / 8 / 4 * (1.5**2 / x.shape[1] if parametrisation == "ntk" else 1)
    for in_span in (True, False):
        found = top(tangents(architecture, problem, in_span=in_span))
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    # Descent in the span has factors other than 1 where weights start smaller in more dimensions.
    rates = tangents(architecture, problem).task.rates
    assert bool((rates != 1).all()) is (parametrisation == "standard")


def test_rates_by_layer_multiply_the_tangent_kernel():
    """λ of μP is that of the kernel Σ_l r_l J_l J_lᵀ with the rates r_l of its layers."""
    architecture, problem = FullyConnected((6, 4), "tanh", parametrisation="mup"), two_clouds()
    of = tangents(architecture, problem, in_span=False)
    factors = architecture.learning_rates((5,), adaptive=False)
    m = problem.m
    for i, found in enumerate(top(of)):
        own = Tangents(of.task, of.rows[i : i + 1])
        jacobian = torch.cat([own.gradient(torch.eye(m)[j : j + 1]) for j in range(m)])
        parts = views(of.task.table, jacobian)
        gram = sum(factors[name] * part.flatten(1) @ part.flatten(1).T for name, part in parts.items())
        assert float(found) == pytest.approx(float(torch.linalg.eigvalsh(gram)[-1]) / 4 / m, rel=1e-4)
    assert of.task.rates is not None


def excess(rule, of, steps=400):
    """Loss on all of S after descent by this rule, over the loss before, (networks,)."""
    rows, state = of.rows.clone(), rule.start(of.rows)
    for _ in range(steps):
        rule.step(rows, Tangents(of.task, rows).loss_gradient(), state)
    before, after = (
        of.task.loss.value(of.task.logits(r, of.task.inputs), of.task.targets).mean(1) for r in (of.rows, rows)
    )
    return after / before


@pytest.mark.parametrize("rule", [SGD(), GradientDescent(), Momentum(), Momentum(momentum=0.5), Nesterov()], ids=repr)
def test_descent_diverges_just_above_its_edge_and_not_just_below(rule):
    of = tangents(perceptron(threshold=True), two_clouds(), loss="squared error", in_span=False)
    edge = stability_limit(rule) / float(top(of)[0])
    assert (excess(with_learning_rate(rule, 0.98 * edge), of) < 1).all()
    beyond = excess(with_learning_rate(rule, 1.02 * edge), of)
    assert ((beyond > 100) | ~beyond.isfinite()).all()


def test_a_network_without_derivatives_has_no_sharpness():
    """All units dead, and no bias."""
    of = tangents(FullyConnected((2,), sigma_b=0.0), two_clouds(), in_span=False)
    assert float(top(Tangents(of.task, torch.zeros_like(of.rows)))[0]) == 0
