"""Fully connected networks of any depth and width; with no hidden layer, the perceptron."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import pi, prod, sqrt
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import gelu

from harness.arguments import is_one_of, not_negative, one_of, positive, repr_without, set_fields, switch, wholes
from harness.errors import BadInput
from harness.networks.ensemble import Parameter
from harness.networks.layers import DYING, normalised, normalised_backward


class Activation(NamedTuple):
    """h = function(z), and backward(∂L/∂h, z, h) = ∂L/∂z; either may write into its first argument."""

    function: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]


def _relu_backward(d: Tensor, z: Tensor, h: Tensor) -> Tensor:  # noqa: ARG001
    return torch.ops.aten.threshold_backward.grad_input(d, h, 0, grad_input=d)


def _tanh_backward(d: Tensor, z: Tensor, h: Tensor) -> Tensor:  # noqa: ARG001
    return torch.ops.aten.tanh_backward.grad_input(d, h, grad_input=d)


def _erf_backward(d: Tensor, z: Tensor, h: Tensor) -> Tensor:  # noqa: ARG001
    return d.mul_(z.square().neg_().exp_()).mul_(2 / sqrt(pi))


def _gelu_backward(d: Tensor, z: Tensor, h: Tensor) -> Tensor:  # noqa: ARG001
    return torch.ops.aten.gelu_backward.grad_input(d, z, grad_input=d)


# erf and GELU are not done in place: their gradients need their input, those of ReLU and tanh need only their output.
ACTIVATIONS = {
    "relu": Activation(torch.relu_, _relu_backward),
    "tanh": Activation(torch.tanh_, _tanh_backward),
    "erf": Activation(torch.erf, _erf_backward),
    "gelu": Activation(gelu, _gelu_backward),
    "linear": Activation(lambda z: z, lambda d, z, h: d),  # noqa: ARG005
}
DISTRIBUTIONS = ("gaussian", "uniform", "binary")
PARAMETRISATIONS = ("standard", "ntk", "mup")


@dataclass(frozen=True)
class FullyConnected:
    """z = h W·g + b·g', h = activation(z), layer by layer, then one linear output.

    hidden: widths of the hidden layers, () for a perceptron.
    activation: "relu", "tanh", "erf", "gelu" (zΦ(z), with the normal distribution function Φ) or "linear" (z itself).
    sigma_w, sigma_b: weights start with variance σ_w²/fan-in, biases with σ_b²; σ_b = 0 leaves all biases out
        (for a perceptron: no threshold).
    parametrisation: "standard" puts these factors into the initial values; "ntk" (Jacot et al. 2018, section 2)
        draws all parameters with variance 1 and multiplies by σ_w/√fan-in and σ_b in the forward pass; "mup" (Yang &
        Hu 2021, arXiv 2011.14522) has a readout as much smaller as it takes for features to move alike at every width,
        and learning rates by layer, see `learning_rates`. All have the same functions at initialisation and differ in
        training.
    distribution: of the initial values, "gaussian", "uniform" or "binary" (each number one of ±std, with equal chance),
        all of the same variance. Training starts from binary values and, but for `BinaryConnect`, does not keep them
        binary. Weights of equal size cancel: a logit is exactly 0, and its label 0, with positive chance. Sums are
        exact, and ties with them, on small whole inputs where weights are ±1 ("ntk") or ± a power of two; elsewhere
        rounding decides them.
    normalised: h = activation(n(z)) in each hidden layer of at least 2 units, with n the layer normalisation of
        `torch.nn.LayerNorm` without gain and bias, which would start at 1 and 0: over the layer's units n(z) has mean 0
        and variance 1 at every point.
    """

    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    sigma_w: float = sqrt(2)
    sigma_b: float = 0.1
    parametrisation: str = "standard"
    distribution: str = "gaussian"
    normalised: bool = False

    def __post_init__(self) -> None:
        for field, allowed in (
            ("activation", tuple(ACTIVATIONS)),
            ("parametrisation", PARAMETRISATIONS),
            ("distribution", DISTRIBUTIONS),
        ):
            one_of(getattr(self, field), allowed, f"A fully connected network has no {field}")
        set_fields(self, hidden=wholes(self.hidden, "Hidden widths"))
        switch(self.normalised, "Whether layers are normalised")
        if self.normalised and (not self.hidden or min(self.hidden) < 2):
            raise BadInput(
                f"Layer normalisation takes hidden layers of at least 2 units, of which it takes off the mean, not "
                f"{self.hidden}; make them wider, or leave it out."
            )
        set_fields(self, sigma_w=positive(self.sigma_w, "σ_w"), sigma_b=not_negative(self.sigma_b, "σ_b"))

    def __repr__(self) -> str:
        """As a dataclass's own, without normalisation where there is none."""
        return repr_without(self, "normalised")

    @property
    def name(self) -> str:
        """Stable identifier; what is left at its default is left out."""
        words = ["fcn", *map(str, self.hidden), self.activation] if self.hidden else ["perceptron"]
        default = type(self)()
        if self.sigma_w != default.sigma_w:
            words.append(f"sw{self.sigma_w:.4g}")
        if self.sigma_b != default.sigma_b:
            words.append(f"sb{self.sigma_b:.4g}" if self.sigma_b else "no_bias")
        if self.parametrisation != default.parametrisation:
            words.append(self.parametrisation)
        if self.distribution != default.distribution:
            words.append(self.distribution)
        if self.normalised:
            words.append("normalised")
        return "-".join(words)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        return {"architecture": self.name, "depth": len(self.hidden), "width": max(self.hidden, default=0)}

    @property
    def rotation_invariant(self) -> bool:
        """Only Gaussian weights look the same after a rotation of the inputs."""
        return self.distribution == "gaussian"

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) -> (points, d); BadInput for tokens, whose numbers mean no amounts."""
        if inputs.dtype.kind in "iu":
            raise BadInput(
                f"{self.name} takes numbers, not tokens ({inputs.dtype}); use an LSTM or transformer with a vocabulary."
            )
        return inputs.reshape(len(inputs), -1)

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Weights (fan-in, fan-out) and biases (1, fan-out) of every layer; no biases if σ_b = 0."""
        names = [*(f"hidden{i}" for i in range(len(self.hidden))), "readout"]
        widths = (prod(input_shape), *self.hidden, outputs)
        table = {}
        for name, fan_in, fan_out in zip(names, widths[:-1], widths[1:], strict=True):
            weight, bias = self.sigma_w / sqrt(fan_in), self.sigma_b
            if self.parametrisation == "ntk":
                weight = bias = 1.0
            elif self.parametrisation == "mup" and self.hidden and name == "readout":
                weight, bias = weight / sqrt(fan_in), bias / sqrt(fan_in)
            table[f"{name}.weight"] = Parameter((fan_in, fan_out), weight)
            if self.sigma_b:
                table[f"{name}.bias"] = Parameter((1, fan_out), bias)
        return table

    def learning_rates(self, input_shape: tuple[int, ...], adaptive: bool) -> dict[str, float]:
        """Factor of the learning rate for each parameter; all are 1 but in "mup", with a hidden layer.

        adaptive: of Adam and its like, whose steps do not grow with the gradient; else of gradient descent. The table
        is that of Yang et al. 2022 (arXiv 2203.03466, table 3), which states Yang & Hu's table 1 without multipliers:

                              input weights, all biases   hidden weights   readout's weights
            initial variance  1/fan-in, 1                 1/fan-in         1/fan-in²
            descent           fan-out                     1                1/fan-in
            Adam              1                           1/fan-in         1/fan-in

        times σ_w² and σ_b². Only the readout's bias starts smaller, with variance σ_b²/fan-in, as any size up to 1 may:
        so logits are the standard ones over √fan-in, and labels the same.
        """
        table = self.parameters(input_shape)
        if self.parametrisation != "mup" or not self.hidden:
            return dict.fromkeys(table, 1.0)
        factors = {}
        for name, (shape, *_) in table.items():
            fan_in, fan_out = shape
            if name.endswith(".bias") or name == "hidden0.weight":
                factors[name] = 1.0 if adaptive else float(fan_out)
            else:
                factors[name] = 1 / fan_in if adaptive or name == "readout.weight" else 1.0
        return factors

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, d) or (networks, points, d) -> last hidden layer (networks, points, width)."""
        h = self._expanded(parameters, x)
        for name in self.layers[:-1]:
            h = self.activate(self._linear(parameters, name, h))
        return h

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, width) -> logits (networks, points, outputs)."""
        return self._linear(parameters, "readout", features)

    @property
    def layers(self) -> tuple[str, ...]:
        """Hidden layers, the first one first, then the readout; see `Layered`."""
        return (*(f"hidden{i}" for i in range(len(self.hidden))), "readout")

    @property
    def ties(self) -> bool:
        """Units of ReLU and, by rounding, GELU die, but not all units of a normalised layer; binary weights cancel."""
        dead = bool(self.hidden) and self.activation in DYING and not self.sigma_b and not self.normalised
        return dead or self.distribution == "binary"

    @property
    def units_apart(self) -> bool:
        """Unless they are normalised together."""
        return not self.normalised

    def linear(self, parameters: Mapping[str, Tensor], h: Tensor, layer: int) -> Tensor:
        """h: (points, d) or (networks, points, fan-in) -> z (networks, points, width)."""
        return self._linear(parameters, self.layers[layer], self._expanded(parameters, h))

    def activate(self, z: Tensor) -> Tensor:
        """h of a hidden layer; may overwrite z."""
        return ACTIVATIONS[self.activation].function(normalised(z) if self.normalised else z)

    def of_units(self, parameters: Mapping[str, Tensor], h: Tensor, units: slice, layer: int) -> Tensor:
        """h: (networks, points, units) of some units below -> (networks, points, width), their contribution to z."""
        weight = parameters[f"{self.layers[layer]}.weight"]
        g, _ = self._factors(weight.shape[-2])
        product = _product(h, weight[:, units])
        return product * g if g != 1 else product

    def logits_from(self, parameters: Mapping[str, Tensor], z: Tensor, layer: int) -> Tensor:
        """z: (networks, points, width) of a layer -> logits (networks, points, outputs); z may be overwritten."""
        for name in self.layers[layer + 1 :]:
            z = self._linear(parameters, name, self.activate(z))
        return z

    def in_standard(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The same networks in the standard parametrisation; a network without biases has biases of 0."""
        found = {}
        for name in self.layers:
            weight = parameters[f"{name}.weight"]
            g, g_bias = self._factors(weight.shape[-2])
            bias = parameters.get(f"{name}.bias", weight.new_zeros(len(weight), 1, weight.shape[-1]))
            found[f"{name}.weight"] = weight * g if g != 1 else weight
            found[f"{name}.bias"] = bias * g_bias if g_bias != 1 else bias
        return found

    def _expanded(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        return x if x.ndim == 3 else x.expand(len(next(iter(parameters.values()))), *x.shape)

    def gradients(
        self, parameters: Mapping[str, Tensor], x: Tensor, slope: Callable[[Tensor], Tensor]
    ) -> dict[str, Tensor]:
        """Backward pass; see `DifferentiatedByHand`."""
        activation = ACTIVATIONS[self.activation]
        depth = len(self.hidden)
        h = [self._expanded(parameters, x)]
        z, y = [], []
        for i in range(depth):
            z.append(self._linear(parameters, f"hidden{i}", h[i]))
            y.append(normalised(z[i]) if self.normalised else z[i])
            # Normalisation's gradient needs its output, which an activation may overwrite.
            h.append(activation.function(y[i].clone() if self.normalised else y[i]))
        logits = self._linear(parameters, "readout", h[depth])
        d = slope(logits) if logits.shape[-1] > 1 else slope(logits[..., 0]).unsqueeze(-1)
        gradients = self._linear_gradients(parameters, "readout", h[depth], d)
        for i in reversed(range(depth)):
            above = "readout" if i == depth - 1 else f"hidden{i + 1}"
            d = activation.backward(self._linear_backward(parameters, above, d), y[i], h[i + 1])
            if self.normalised:
                d = normalised_backward(d, z[i], y[i])
            gradients |= self._linear_gradients(parameters, f"hidden{i}", h[i], d)
        return gradients

    def _factors(self, fan_in: int) -> tuple[float, float]:
        """Factors of weights and biases in the forward pass."""
        return (self.sigma_w / sqrt(fan_in), self.sigma_b) if self.parametrisation == "ntk" else (1.0, 1.0)

    def _linear(self, parameters: Mapping[str, Tensor], name: str, h: Tensor) -> Tensor:
        """z = h W·g + b·g'."""
        weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
        g, g_bias = self._factors(weight.shape[-2])
        if bias is None:
            z = _product(h, weight)
            return z * g if g != 1 else z
        if weight.shape[-1] == 1:
            return torch.baddbmm(bias, weight.mT, h.mT, beta=g_bias, alpha=g).mT
        return torch.baddbmm(bias, h, weight, beta=g_bias, alpha=g)

    def _linear_gradients(self, parameters: Mapping[str, Tensor], name: str, h: Tensor, d: Tensor) -> dict[str, Tensor]:
        """∂L/∂W and ∂L/∂b from d = ∂L/∂z."""
        g, g_bias = self._factors(h.shape[-1])
        gradients = {f"{name}.weight": _product(h.mT, d)}
        if f"{name}.bias" in parameters:
            gradients[f"{name}.bias"] = d.sum(1, keepdim=True)
        if self.parametrisation == "ntk":
            for key, factor in zip(gradients, (g, g_bias), strict=False):
                gradients[key] = gradients[key] * factor
        return gradients

    def _linear_backward(self, parameters: Mapping[str, Tensor], name: str, d: Tensor) -> Tensor:
        """∂L/∂h from d = ∂L/∂z."""
        weight = parameters[f"{name}.weight"]
        g, _ = self._factors(weight.shape[-2])
        return _product(d, weight.mT if g == 1 else weight.mT * g)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Batched a b; `bmm` takes up to ten times longer than these if a or b has a single column."""
    if b.shape[-1] == 1:
        return torch.bmm(b.mT, a.mT).mT
    return a * b if a.shape[-1] == 1 else torch.bmm(a, b)


def perceptron(threshold: bool = False, distribution: str = "gaussian") -> FullyConnected:
    """A perceptron, with a threshold bias as large as a weight or with none.

    Binary weights are ±1, so that those that cancel do so exactly.
    """
    switch(threshold, "Whether a perceptron has a threshold")
    parametrisation = "ntk" if is_one_of(distribution, ("binary",)) else "standard"
    return FullyConnected((), "relu", 1.0, 1.0 if threshold else 0.0, parametrisation, distribution)
