"""Fully connected networks of any depth and width; with no hidden layer, the perceptron."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks.ensemble import Parameter

# erf is not done in place: its gradient needs its input, those of ReLU and tanh need only their output.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": torch.tanh_,
    "erf": torch.erf,
}
DISTRIBUTIONS = ("gaussian", "uniform")
PARAMETRISATIONS = ("standard", "ntk")


@dataclass(frozen=True)
class FullyConnected:
    """z = h W·g + b·g', h = activation(z), layer by layer, then one linear output.

    hidden: widths of the hidden layers, () for a perceptron.
    sigma_w, sigma_b: weights start with variance σ_w²/fan-in, biases with σ_b²; σ_b = 0 leaves all biases out
        (for a perceptron: no threshold).
    parametrisation: "standard" puts these factors into the initial values; "ntk" (Jacot et al. 2018, section 2)
        draws all parameters with variance 1 and multiplies by σ_w/√fan-in and σ_b in the forward pass. Both have
        the same functions at initialisation and differ in training.
    distribution: of the initial values, "gaussian" or "uniform" (of the same variance).
    """

    hidden: tuple[int, ...] = ()
    activation: str = "relu"
    sigma_w: float = sqrt(2)
    sigma_b: float = 0.1
    parametrisation: str = "standard"
    distribution: str = "gaussian"

    def __post_init__(self) -> None:
        for field, allowed in (
            ("activation", tuple(ACTIVATIONS)),
            ("parametrisation", PARAMETRISATIONS),
            ("distribution", DISTRIBUTIONS),
        ):
            if getattr(self, field) not in allowed:
                raise BadInput(
                    f"A fully connected network has no {field} {getattr(self, field)!r}; choose one of "
                    f"{', '.join(allowed)}."
                )
        if any(not isinstance(width, int) or width < 1 for width in self.hidden):
            raise BadInput(f"Hidden widths are whole numbers of at least 1, not {self.hidden}.")
        if not self.sigma_w > 0 or not self.sigma_b >= 0:
            raise BadInput(f"σ_w must be positive and σ_b not negative, not {self.sigma_w} and {self.sigma_b}.")

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
        return "-".join(words)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """What the report groups cells by."""
        return {"architecture": self.name, "depth": len(self.hidden), "width": max(self.hidden, default=0)}

    @property
    def rotation_invariant(self) -> bool:
        """Only Gaussian weights look the same after a rotation of the inputs."""
        return self.distribution == "gaussian"

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, ...) -> (points, d)."""
        return inputs.reshape(len(inputs), -1)

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Weights (fan-in, fan-out) and biases (1, fan-out) of every layer; no biases where σ_b = 0."""
        names = [*(f"hidden{i}" for i in range(len(self.hidden))), "readout"]
        widths = (prod(input_shape), *self.hidden, outputs)
        table = {}
        for name, fan_in, fan_out in zip(names, widths[:-1], widths[1:], strict=True):
            standard = self.parametrisation == "standard"
            table[f"{name}.weight"] = Parameter((fan_in, fan_out), self.sigma_w / sqrt(fan_in) if standard else 1.0)
            if self.sigma_b:
                table[f"{name}.bias"] = Parameter((1, fan_out), self.sigma_b if standard else 1.0)
        return table

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, d) or (networks, points, d) -> last hidden layer (networks, points, width)."""
        networks = len(parameters["readout.weight"])
        h = x if x.ndim == 3 else x.expand(networks, *x.shape)
        for i in range(len(self.hidden)):
            h = ACTIVATIONS[self.activation](self._linear(parameters, f"hidden{i}", h))
        return h

    def readout(self, parameters: Mapping[str, Tensor], features: Tensor) -> Tensor:
        """(networks, points, width) -> logits (networks, points, outputs)."""
        return self._linear(parameters, "readout", features)

    def _linear(self, parameters: Mapping[str, Tensor], name: str, h: Tensor) -> Tensor:
        weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
        ntk = self.parametrisation == "ntk"
        weight_factor = self.sigma_w / sqrt(weight.shape[-2]) if ntk else 1.0
        if bias is None:
            product = torch.bmm(h, weight)
            return product * weight_factor if ntk else product
        return torch.baddbmm(bias, h, weight, beta=self.sigma_b if ntk else 1.0, alpha=weight_factor)


def perceptron(threshold: bool = False, distribution: str = "gaussian") -> FullyConnected:
    """A perceptron, with a threshold bias as large as a weight or with none."""
    return FullyConnected((), sigma_w=1.0, sigma_b=1.0 if threshold else 0.0, distribution=distribution)
