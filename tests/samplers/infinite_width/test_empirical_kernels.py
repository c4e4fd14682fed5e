"""Monte-Carlo kernels of finite networks against closed forms, products of logits, and plain automatic gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.errors import BadInput
from harness.networks import FullyConnected, perceptron
from harness.networks.ensemble import draw, views
from harness.problems import digits
from harness.samplers.infinite_width.kernels import EmpiricalKernel, empirical_nngp, empirical_ntk, nngp, ntk
from harness.samplers.infinite_width.kernels.activations import MOMENTS
from harness.samplers.prior import ensembles
from tests.support.architectures import ARCHITECTURES, plain_module, standard
from tests.support.every_architecture import EVERY, prepared, some_inputs

# Chance that one check of a right program fails on a seed not yet tried, shared out over a kernel's entries.
FALSE_ALARM = 1e-7

each = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
X = digits(3, 1).inputs


def generator(seed):
    return torch.Generator().manual_seed(seed)


def assert_equal_means(difference, standard_error):
    """Normal; where nothing is random, what is left is rounding in float32."""
    z = stats.norm.isf(FALSE_ALARM / 2 / difference.size)
    assert (np.abs(difference) < z * standard_error + 2e-5).all()


def extrapolated(kernel, depth, activation, networks, seed, widths=(64, 128), normalised=False):
    """2K(2n) − K(n), of whose error the part in 1/n is gone, with its standard error."""
    narrow, wide = (
        kernel(
            FullyConnected((width,) * depth, activation, 1.4, 0.3, "ntk", normalised=normalised),
            X,
            networks,
            generator(seed + i),
        )
        for i, width in enumerate(widths)
    )
    return 2 * wide.mean - narrow.mean, np.hypot(2 * wide.standard_error, narrow.standard_error)


@pytest.mark.parametrize("activation", ["relu", "tanh", "erf", "gelu"])
@pytest.mark.parametrize("width", [1, 20])
def test_one_hidden_layer_has_the_limit_for_its_mean_at_any_width(activation, width):
    architecture = FullyConnected((width,), activation, 1.4, 0.3, "ntk")
    # Widths change the spread from network to network only; the fewer draws at width 1 are far from normal.
    for kernel, empirical in ((nngp, empirical_nngp), (ntk, empirical_ntk)):
        found = empirical(architecture, X, 40_000 // width, generator(width))
        assert_equal_means(found.mean - kernel(architecture, X), found.standard_error)
        assert (found.standard_error < 0.03 * found.mean).all()


@pytest.mark.parametrize(
    ("activation", "normalised"),
    [("relu", False), ("tanh", False), ("erf", False), ("gelu", False), ("relu", True), ("tanh", True)],
)
@pytest.mark.parametrize(
    ("kernel", "empirical", "networks"), [(nngp, empirical_nngp, 2000), (ntk, empirical_ntk, 2500)]
)
def test_two_hidden_layers_approach_the_limit(activation, normalised, kernel, empirical, networks):
    found, error = extrapolated(empirical, 2, activation, networks, 2, normalised=normalised)
    limit = FullyConnected((2, 2), activation, 1.4, 0.3, "ntk", normalised=normalised)
    # What is left of the bias is of order 1/64².
    assert_equal_means(found - kernel(limit, X), error)
    assert (error < 0.02 * found).all()


@pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
def test_features_give_the_covariance_of_logits(architecture):
    inputs = some_inputs(architecture, 4)
    found = empirical_nngp(architecture, inputs, 4000, generator(0))
    x = torch.tensor(architecture.prepare(inputs))
    products = []
    for parameters in ensembles(architecture, x, 4000, 1, generator(1)):
        logits = architecture.readout(parameters, architecture.features(parameters, x))[..., 0].double().numpy()
        products.append(logits[:, :, None] * logits[:, None, :])
    products = np.concatenate(products)
    error = products.std(axis=0, ddof=1) / np.sqrt(4000)
    assert_equal_means(found.mean - products.mean(axis=0), np.hypot(error, found.standard_error))
    # The readout's share of the variance is gone.
    assert (found.standard_error < error).all()


@each
def test_gradients_of_one_network_by_plain_automatic_differentiation(architecture):
    # 64 pixels and four points: inputs of least dimension would have another tangent kernel.
    table = architecture.parameters((64,))
    parameters = views(table, draw(table, architecture.distribution, 1, generator(3)))
    module = plain_module(architecture, {name: p[0] for name, p in standard(architecture, parameters).items()})
    wanted = np.zeros((4, 4))
    jacobian = {name: [] for name, _ in module.named_parameters()}
    for x in torch.from_numpy(X.reshape(4, -1)).double():
        module.zero_grad()
        module(x).sum().backward()
        for name, parameter in module.named_parameters():
            jacobian[name].append(parameter.grad.flatten().clone())
    for name, rows in jacobian.items():
        fan_in = dict(module.named_parameters())[name].shape[-1]
        factor = architecture.sigma_w / fan_in**0.5 if "weight" in name else architecture.sigma_b
        rows = torch.stack(rows).numpy() * (factor if architecture.parametrisation == "ntk" else 1)
        wanted += rows @ rows.T
    found = empirical_ntk(architecture, X, 1, generator(3))
    np.testing.assert_allclose(found.mean, wanted, rtol=1e-5, atol=1e-5)
    assert np.isinf(found.standard_error).all()


@pytest.mark.parametrize("architecture", [a for a in EVERY if not isinstance(a, FullyConnected)], ids=lambda a: a.name)
def test_gradients_of_networks_of_every_kind(architecture):
    """The tangent kernel of a single network: its gradients one after the other, in float64."""
    found = empirical_ntk(architecture, some_inputs(architecture, 3), 1, generator(3)).mean
    x = prepared(architecture, 3)
    table = architecture.parameters(tuple(x.shape[1:]))
    row = draw(table, architecture.distribution, 1, generator(3)).double()
    one = {name: tensor.requires_grad_() for name, tensor in views(table, row).items()}
    features = architecture.features(one, x if x.dtype == torch.int64 else x.double())
    logits = architecture.readout(one, features)[0, :, 0]
    rows = [
        torch.cat([g.flatten() for g in torch.autograd.grad(z, list(one.values()), retain_graph=True)]) for z in logits
    ]
    jacobian = torch.stack(rows)
    np.testing.assert_allclose(found, (jacobian @ jacobian.mT).numpy(), rtol=1e-4)


def test_a_perceptron_has_one_kernel():
    architecture = FullyConnected((), sigma_w=0.7, sigma_b=0.3, parametrisation="ntk")
    for kernel in (empirical_nngp, empirical_ntk):
        found = kernel(architecture, X, 10, generator(0))
        np.testing.assert_allclose(found.mean, nngp(architecture, X), rtol=1e-5)
        assert (found.standard_error < 1e-6).all()


@pytest.mark.parametrize("width", [10, 40])
def test_the_tangent_kernel_of_the_standard_parametrisation_grows_with_the_width(width):
    # By hand: the readout's weights give n·E[φφ'], its bias 1, the first layer σ_w²·E[φ'φ'] for each x·x' + 1.
    architecture = FullyConnected((width,), "erf", 1.4, 0.3)
    products = X.reshape(4, -1).astype(float) @ X.reshape(4, -1).T
    layer = 0.3**2 + 1.4**2 * products / 64
    variances = np.diag(layer)
    values, slopes = (moment(layer, variances[:, None], variances) for moment in MOMENTS["erf"])
    found = empirical_ntk(architecture, X, 2000, generator(4))
    wanted = width * values + 1 + 1.4**2 * slopes * (products + 1)
    assert_equal_means(found.mean - wanted, found.standard_error)
    assert (found.standard_error < 0.02 * found.mean).all()


@pytest.mark.parametrize("kernel", [empirical_nngp, empirical_ntk])
def test_nothing_depends_on_the_block(kernel):
    kernels = [kernel(FullyConnected((5, 6), "tanh"), X, 50, generator(0), block=block) for block in (1, 7, None)]
    for found in kernels[1:]:
        np.testing.assert_allclose(found.mean, kernels[0].mean, rtol=1e-5)
        np.testing.assert_allclose(found.standard_error, kernels[0].standard_error, rtol=1e-4)
        np.testing.assert_array_equal(found.mean, found.mean.T)


def test_standard_errors_are_right():
    """Student's interval of 50 networks' mean misses the closed form as often as it should, in 400 repetitions."""
    architecture, repetitions, networks = FullyConnected((20,), "erf"), 400, 50
    truth = nngp(architecture, X)[0, 1]
    random, missed = generator(5), 0
    for _ in range(repetitions):
        found = empirical_nngp(architecture, X, networks, random)
        t = (found.mean[0, 1] - truth) / found.standard_error[0, 1]
        missed += abs(t) > stats.t.isf(0.05, networks - 1)
    assert stats.binomtest(missed, repetitions, 0.1).pvalue > 1e-6


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_shards_add_up(one, two, seed):
    matrices = 1e3 + np.random.default_rng(seed).normal(size=(one + two, 2, 2))

    def summary(of):
        mean = of.mean(axis=0)
        return EmpiricalKernel(mean, ((of - mean) ** 2).sum(axis=0), len(of))

    both = summary(matrices[:one]) + summary(matrices[one:])
    assert both.networks == one + two
    np.testing.assert_allclose(both.mean, matrices.mean(axis=0))
    wanted = matrices.std(axis=0, ddof=1) / np.sqrt(one + two)
    np.testing.assert_allclose(both.standard_error, wanted, rtol=1e-9)
    again = EmpiricalKernel.from_arrays(both.to_arrays())
    np.testing.assert_array_equal(again.standard_error, both.standard_error)


@pytest.mark.parametrize("kernel", [empirical_nngp, empirical_ntk])
def test_what_makes_no_sense_is_said_in_one_sentence(kernel):
    with pytest.raises(BadInput, match="at least 1 network"):
        kernel(perceptron(), X, 0, generator(0))
    with pytest.raises(BadInput, match="finite numbers"):
        kernel(perceptron(), np.full((2, 3), np.nan), 1, generator(0))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("kernel", "empirical"), [(nngp, empirical_nngp), (ntk, empirical_ntk)])
def test_a_gpu_finds_the_same_kernel(kernel, empirical):
    architecture = FullyConnected((50,), "erf", 1.4, 0.3, "ntk")
    found = empirical(architecture, X, 2000, torch.Generator("cuda").manual_seed(0))
    assert_equal_means(found.mean - kernel(architecture, X), found.standard_error)
