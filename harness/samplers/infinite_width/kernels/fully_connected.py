"""NNGP kernel and NTK of infinitely wide fully connected networks: exact, but for tanh to 1e-8.

Only the number of hidden layers counts, not their widths, which go to infinity one after the other. All is numpy in
float64. Two sets of inputs give a block of a large kernel.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from harness.errors import BadInput
from harness.networks import Architecture, FullyConnected
from harness.networks.inheritance import computes
from harness.networks.layers import EPSILON
from harness.samplers.infinite_width.kernels.activations import MOMENTS, Moment
from harness.samplers.infinite_width.kernels.checks import finite_inputs


class _Layer(NamedTuple):
    """Preactivations of one unit at two sets of inputs, jointly Gaussian, with mean 0.

    covariance: (points, others).
    variances: (points, 1) and (1, others).
    """

    covariance: np.ndarray
    variances: tuple[np.ndarray, np.ndarray]

    def moment(self, moment: Moment) -> np.ndarray:
        """(points, others) moments of this layer."""
        return moment(self.covariance, *self.variances)

    def activated(self, architecture: FullyConnected) -> tuple["_Layer", np.ndarray | float]:
        """What the activation takes in: this layer, or that with each input's units over their deviation; and the
        product of the two deviations, by which slopes are divided.

        Of infinitely many units the mean is 0, and their variance is that of one unit over networks.
        """
        if not architecture.normalised:
            return self, 1.0
        u, v = (variance + EPSILON for variance in self.variances)
        # The root of the product, not the product of the roots: of equal variances it is exact.
        scale = np.sqrt(u * v)
        return _Layer(self.covariance / scale, (self.variances[0] / u, self.variances[1] / v)), scale

    def next(self, architecture: FullyConnected) -> "_Layer":
        """The layer above: each product of units has weight variance σ_w²/fan-in, so their mean has σ_w²."""
        values = MOMENTS[architecture.activation].of_values
        layer, _ = self.activated(architecture)
        u, v = (_linear(architecture, values(variance, variance, variance)) for variance in layer.variances)
        return _Layer(_linear(architecture, layer.moment(values)), (u, v))


def nngp(architecture: FullyConnected, inputs: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Compute the covariance of the logits of infinitely wide networks at initialisation.

    It is the same in standard and ntk layers; in mup it is that of the logits times the root of the last width, which
    have the same labels. Source: Lee et al. 2018, arXiv 1711.00165, section 2.3; exact without a limit if there are no
    hidden layers. Layers that are normalised have their covariance replaced by the correlation.

    Args:
        architecture: the networks; BadInput if the initial values are not Gaussian: the first layer's fan-in is not
            infinite, so the limit would depend on their distribution.
        inputs: (points, ...) as problems hold them.
        others: (others, ...) as problems hold them; None for the inputs themselves.

    Returns:
        (points, others) covariance, symmetric up to rounding if `others` is None.
    """
    layer = _first_layer(architecture, inputs, others)
    for _ in architecture.hidden:
        layer = layer.next(architecture)
    return layer.covariance


def ntk(architecture: FullyConnected, inputs: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Compute the neural tangent kernel of infinitely wide networks, from gradients by weights and biases.

    It is defined for the "ntk" parametrisation. In the standard one a hidden layer of width n adds n times a constant,
    so there is no limit unless learning rates are scaled by 1/n layer by layer (Sohl-Dickstein et al. 2020, arXiv
    2001.07301), and it depends on those; `empirical_ntk` has the kernel at a finite width. Source: Jacot et al. 2018,
    theorem 1, with σ_w² before the weights' sum: Θ ← K + σ_w²·E[φ'φ']·Θ. Where layers are normalised Θ is divided by
    both inputs' deviations; what the mean and the deviation of a layer add of their own vanishes as 1/width.

    Args:
        architecture: the networks.
        inputs: (points, ...) as problems hold them.
        others: (others, ...) as problems hold them; None for the inputs themselves.

    Returns:
        (points, others) kernel.

    Raises:
        BadInput: if the parametrisation is not "ntk", or if the initial values are not Gaussian.
    """
    if architecture.parametrisation != "ntk":
        raise BadInput(
            f"The neural tangent kernel of infinite width is that of parametrisation 'ntk', not "
            f"{architecture.parametrisation!r}, where it grows with the width; use 'ntk', or empirical_ntk."
        )
    layer = _first_layer(architecture, inputs, others)
    theta = layer.covariance
    for _ in architecture.hidden:
        activated, scale = layer.activated(architecture)
        slopes = activated.moment(MOMENTS[architecture.activation].of_slopes) / scale
        layer = layer.next(architecture)
        theta = layer.covariance + architecture.sigma_w**2 * slopes * theta
    return theta


def has_closed_form(architecture: Architecture) -> bool:
    """Whether `nngp` takes this architecture."""
    return computes(architecture, FullyConnected) and architecture.distribution == "gaussian"


def in_the_limit(architecture: Architecture) -> FullyConnected:
    """The network that stands for all networks that differ only in their widths; BadInput if there is no closed form.

    It has the least width and the "ntk" parametrisation, which has both limits.
    """
    if not isinstance(architecture, FullyConnected) or not has_closed_form(architecture):
        raise BadInput(
            f"There is no kernel in closed form for {architecture.name}, only for fully connected networks of Gaussian "
            "initial values; use a kernel by Monte Carlo."
        )
    width = 2 if architecture.normalised else 1
    limit: dict[str, Any] = {"hidden": (width,) * len(architecture.hidden), "parametrisation": "ntk"}
    return replace(architecture, **limit)


def _first_layer(architecture: FullyConnected, inputs: np.ndarray, others: np.ndarray | None) -> _Layer:
    """The layer of preactivations that are linear in the inputs."""
    if architecture.distribution != "gaussian":
        raise BadInput(
            f"Kernels in closed form are those of Gaussian initial values, not {architecture.distribution} ones; "
            "use empirical_nngp or empirical_ntk."
        )
    x = architecture.prepare(finite_inputs(inputs, np.float64))
    if others is None:
        covariance = _linear(architecture, x @ x.T / x.shape[1])
        variance = covariance.diagonal()
        return _Layer(covariance, (variance[:, None], variance[None, :]))
    y = architecture.prepare(finite_inputs(others, np.float64))
    if x.shape[1] != y.shape[1]:
        raise BadInput(f"A kernel compares inputs of one size, not of {x.shape[1]} and {y.shape[1]} numbers.")
    u, v = (_linear(architecture, np.square(z).mean(axis=1)) for z in (x, y))
    return _Layer(_linear(architecture, x @ y.T / x.shape[1]), (u[:, None], v[None, :]))


def _linear(architecture: FullyConnected, moment: np.ndarray) -> np.ndarray:
    """Covariance of z = Wh + b from the mean over units of the products of h."""
    return architecture.sigma_b**2 + architecture.sigma_w**2 * moment
