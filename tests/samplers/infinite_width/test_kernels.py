"""Kernels of infinite width against numerical integration, known values, another library, and their symmetries."""

from importlib.util import find_spec
from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from harness.errors import BadInput, Unavailable
from harness.networks import FullyConnected, perceptron
from harness.problems import digits
from harness.samplers.infinite_width.kernels import library, nngp, ntk, positive_definite
from harness.samplers.infinite_width.kernels.activations import MOMENTS
from harness.samplers.infinite_width.kernels.library import library_kernels

FUNCTIONS = {
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "erf": (special.erf, lambda z: 2 / sqrt(pi) * np.exp(-z * z)),
    "gelu": (
        lambda z: z * special.ndtr(z),
        lambda z: special.ndtr(z) + z * np.exp(-z * z / 2) / sqrt(2 * pi),
    ),
    "linear": (lambda z: z, lambda z: 1.0),  # noqa: ARG005
    "tanh": (np.tanh, lambda z: np.cosh(z) ** -2.0),
}
# What the code promises, with what the integration adds; values, then slopes.
TOLERANCES = dict.fromkeys(FUNCTIONS, (1e-9, 1e-9)) | {"tanh": (1e-8, 4e-8)}

activations = pytest.mark.parametrize("activation", FUNCTIONS)


def integral(function, spread_u, spread_v, correlation):
    """E[function(u) function(v)] quadrant by quadrant, within which all functions here are smooth."""
    rest = sqrt(1 - correlation**2)

    def integrand(v, u):
        density = stats.norm._pdf(u) * stats.norm._pdf((v - correlation * u) / rest) / rest
        return function(spread_u * u) * function(spread_v * v) * density

    sides = ((-8.0, 0.0), (0.0, 8.0))
    return sum(
        integrate.dblquad(integrand, *side, *other, epsabs=1e-10, epsrel=1e-9)[0] for side in sides for other in sides
    )


@activations
@pytest.mark.parametrize(("spread_u", "spread_v", "correlation"), [(0.3, 0.7, 0.9), (1.5, 0.8, -0.5), (4.0, 3.0, 0.3)])
def test_moments_by_numerical_integration(activation, spread_u, spread_v, correlation):
    arguments = [np.array([v]) for v in (correlation * spread_u * spread_v, spread_u**2, spread_v**2)]
    for moment, function, tolerance in zip(
        MOMENTS[activation], FUNCTIONS[activation], TOLERANCES[activation], strict=True
    ):
        assert moment(*arguments)[0] == pytest.approx(
            integral(function, spread_u, spread_v, correlation), rel=0, abs=tolerance
        )


@activations
@pytest.mark.parametrize("spread", [0.01, 1.0, 3.0, 30.0])
def test_moments_of_one_variable_with_itself(activation, spread):
    variance = np.array([spread**2])
    for moment, function, tolerance in zip(
        MOMENTS[activation], FUNCTIONS[activation], TOLERANCES[activation], strict=True
    ):
        squared = sum(
            integrate.quad(
                lambda u, f=function: f(spread * u) ** 2 * stats.norm._pdf(u), *side, points=points, epsabs=1e-12
            )[0]
            for side, points in (((-9, 0), [-1 / spread]), ((0, 9), [1 / spread]))
        )
        assert moment(variance, variance, variance)[0] == pytest.approx(squared, rel=1e-9, abs=tolerance)


@pytest.mark.parametrize(
    ("activation", "of_values", "of_slopes"),
    [
        ("relu", 1e12 / 2, 0.5),
        ("gelu", 1e12 / 2, 0.5),
        ("erf", 1.0, 2 / pi * 1e-6),
        ("tanh", 1.0, 4 / 3 / sqrt(2 * pi) * 1e-6),
    ],
)
def test_moments_of_a_variable_far_into_saturation(activation, of_values, of_slopes):
    # Of spread 10⁶: φ² is 1 but near 0, and φ'² is a spike of area ∫φ'².
    variance = np.array([1e12])
    found = [moment(variance, variance, variance)[0] for moment in MOMENTS[activation]]
    assert found == pytest.approx([of_values, of_slopes], rel=3e-6)


@activations
def test_one_hidden_layer_by_numerical_integration(activation):
    architecture = FullyConnected((9,), activation, 1.3, 0.4, "ntk")
    x = np.array([[1.0, 0.5, -1.0], [0.2, -1.0, 2.0]])
    first = 0.4**2 + 1.3**2 * x @ x.T / 3
    spreads = np.sqrt(np.diag(first))
    values, slopes = (integral(function, *spreads, first[0, 1] / spreads.prod()) for function in FUNCTIONS[activation])
    kernel = 0.4**2 + 1.3**2 * values
    assert nngp(architecture, x)[0, 1] == pytest.approx(kernel, abs=5e-8)
    assert ntk(architecture, x)[0, 1] == pytest.approx(kernel + 1.3**2 * slopes * first[0, 1], abs=3e-7)


def test_a_perceptron_has_the_kernel_of_its_inputs():
    x = np.random.default_rng(0).normal(size=(5, 7))
    for architecture in (perceptron(), perceptron(threshold=True)):
        np.testing.assert_allclose(nngp(architecture, x), architecture.sigma_b**2 + x @ x.T / 7, atol=1e-15)
    architecture = FullyConnected((), sigma_w=0.5, sigma_b=0.3, parametrisation="ntk")
    np.testing.assert_allclose(ntk(architecture, x), nngp(architecture, x), rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_relu_by_hand(depth):
    # With σ_w² = 2 and no biases the variance is kept, and the NTK adds it once a layer; opposite inputs part.
    architecture = FullyConnected((1,) * depth, sigma_b=0.0, parametrisation="ntk")
    x = np.array([[3.0, 4.0], [-3.0, -4.0], [0.0, 0.0]])
    kernel, tangent = nngp(architecture, x), ntk(architecture, x)
    np.testing.assert_allclose(np.diag(kernel), [25.0, 25.0, 0.0], rtol=1e-14)
    np.testing.assert_allclose(np.diag(tangent), (depth + 1) * np.array([25.0, 25.0, 0.0]), rtol=1e-14)
    assert (kernel[2] == 0).all()
    assert (tangent[2] == 0).all()
    # After one layer opposite inputs have covariance 0, and a right angle becomes one of cosine 1/π.
    one, two = (nngp(FullyConnected((1,) * hidden, sigma_b=0.0), x)[0, 1] for hidden in (1, 2))
    assert one == pytest.approx(0, abs=1e-14)
    assert two == pytest.approx(25 / pi)


def test_the_published_value_of_neural_tangents():
    # serial(Dense(64, 1., .05), Relu(), Dense(1, 1., .05)) on the first of normal(PRNGKey(0), (8, 5)), in float32.
    x = np.array([[1.622642159, 2.02526474, -0.4335944355, -0.07861734927, 0.1760908961]])
    architecture = FullyConnected((64,), "relu", 1.0, 0.05, "ntk")
    assert nngp(architecture, x)[0, 0] == pytest.approx(0.69973576, rel=2e-7)
    assert ntk(architecture, x)[0, 0] == pytest.approx(1.39697146, rel=2e-7)


@pytest.mark.parametrize(
    ("activation", "kernel", "tangent"),
    [
        ("relu", (0.8266688028, 0.6257163002799181, 1.1033792508), (2.7738392112, 0.9723239108757247, 3.8806810032)),
        (
            "erf",
            (0.9698076460113422, 0.05088146979621574, 0.9946715985808252),
            (4.2944512323361135, -0.29482389572451034, 4.648755064580569),
        ),
    ],
)
def test_three_hidden_layers_by_neural_tangents(activation, kernel, tangent):
    # From `library_kernels` with neural-tangents 0.6.5 and jax 0.5.3: entries (0, 0), (0, 1) and (1, 1).
    x = np.arange(8.0).reshape(2, 4) / 4 - 0.8
    architecture = FullyConnected((1, 1, 1), activation, 1.4, 0.3, "ntk")
    np.testing.assert_allclose(nngp(architecture, x)[[0, 0, 1], [0, 1, 1]], kernel, rtol=1e-12)
    np.testing.assert_allclose(ntk(architecture, x)[[0, 0, 1], [0, 1, 1]], tangent, rtol=1e-12)


@pytest.mark.skipif(find_spec("neural_tangents") is None, reason="needs neural-tangents")
@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "linear"])
@pytest.mark.parametrize("hidden", [(), (3,), (3, 3, 3)], ids=str)
@pytest.mark.parametrize("sigma_b", [0.0, 0.3])
def test_neural_tangents_agrees(activation, hidden, sigma_b):
    architecture = FullyConnected(hidden, activation, 1.4, sigma_b, "ntk")
    x = digits(6, 3).inputs
    for others in (None, x[:4]):
        kernel, tangent = library_kernels(architecture, x, others)
        np.testing.assert_allclose(nngp(architecture, x, others), kernel, atol=1e-12)
        np.testing.assert_allclose(ntk(architecture, x, others), tangent, atol=1e-6)
    np.testing.assert_allclose(ntk(architecture, x), library_kernels(architecture, x)[1], atol=1e-12)


def test_a_missing_library_is_said_in_one_sentence(monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match="neural-tangents is missing"):
        library_kernels(perceptron(), np.eye(2))


networks = st.builds(
    FullyConnected,
    hidden=st.sampled_from([(), (2,), (2, 2, 2)]),
    activation=st.sampled_from(list(FUNCTIONS)),
    sigma_w=st.floats(0.3, 3.0),
    sigma_b=st.sampled_from([0.0, 0.1, 1.0]),
    parametrisation=st.just("ntk"),
)


@settings(max_examples=40)
@given(networks, st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_what_holds_for_every_kernel(architecture, points, d, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(points, d)) * 10.0 ** rng.uniform(-3, 2), rng.normal(size=(3, d))
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    order = rng.permutation(points)
    for kernel in (nngp, ntk):
        k = kernel(architecture, x)
        largest = np.diag(k).max()
        np.testing.assert_allclose(k, k.T, rtol=0, atol=1e-13 * largest)
        assert np.linalg.eigvalsh(k).min() > -1e-7 * max(largest, 1e-300)
        np.testing.assert_allclose(kernel(architecture, x[order]), k[np.ix_(order, order)], atol=1e-7 * largest)
        np.testing.assert_allclose(kernel(architecture, x @ rotation), k, atol=1e-7 * largest)
        # Blocks of the kernel of all inputs.
        both = kernel(architecture, np.concatenate([x, y]))
        np.testing.assert_allclose(kernel(architecture, x, y), both[:points, points:], atol=1e-7 * both.max())


@given(st.floats(0.01, 100), st.integers(0, 3))
def test_relu_without_biases_scales_with_its_inputs(factor, depth):
    architecture = FullyConnected((4,) * depth, sigma_b=0.0, parametrisation="ntk")
    x = np.random.default_rng(0).normal(size=(4, 3))
    for kernel in (nngp, ntk):
        # Rounding alone moves the angle of an input with itself by 1e-8.
        np.testing.assert_allclose(kernel(architecture, factor * x), factor**2 * kernel(architecture, x), rtol=1e-7)


@activations
def test_identical_inputs_have_identical_rows(activation):
    architecture = FullyConnected((2, 2), activation, parametrisation="ntk")
    x = digits(3, 1).train_x[[0, 1, 0]]
    for kernel in (nngp, ntk):
        k = kernel(architecture, x)
        np.testing.assert_allclose(k[0], k[2], rtol=1e-7)
        np.testing.assert_allclose(k[0, 2], k[0, 0], rtol=1e-7)
    with pytest.raises(BadInput, match="cannot tell input 2 from input 0"):
        positive_definite(nngp(architecture, x))


def test_widths_and_parametrisation_do_not_matter():
    x = digits(4, 2).inputs
    kernels = [
        nngp(FullyConnected(hidden, parametrisation=parametrisation), x)
        for hidden in ((3, 4), (100, 1))
        for parametrisation in ("standard", "ntk")
    ]
    for kernel in kernels[1:]:
        np.testing.assert_allclose(kernel, kernels[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((FullyConnected((3,), distribution="uniform"), np.eye(2)), "Gaussian initial values, not uniform"),
        ((perceptron(), np.zeros((0, 3))), "at least one"),
        ((perceptron(), np.array([[1.0, np.nan]])), "finite numbers"),
        ((perceptron(), np.eye(2), np.eye(3)), "not of 2 and 3 numbers"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(arguments, said):
    with pytest.raises(BadInput, match=said):
        nngp(*arguments)


def test_the_standard_parametrisation_has_no_limiting_tangent_kernel():
    with pytest.raises(BadInput, match="not 'standard', where it grows with the width"):
        ntk(FullyConnected((3,)), np.eye(2))
