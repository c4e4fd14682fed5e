"""Convolutional networks on images: convolutions, with or without pooling, then dense layers (LeCun et al. 1998)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod, sqrt

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from harness.arguments import one_of, set_fields, whole, wholes
from harness.errors import BadInput
from harness.networks.ensemble import Parameter
from harness.networks.layers import ACTIVATIONS, DYING, GaussianLayers, linear

PADDINGS = ("zero", "circular")
# What two numbers become, and a factor of what four have become.
POOLINGS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], float]] = {
    "average": (torch.add, 1 / 4),
    "max": (torch.maximum, 1),
}


def images(inputs: np.ndarray, network: str) -> np.ndarray:
    """(points, height, width[, channels]) -> (points, height, width, channels); BadInput for any other inputs."""
    if inputs.ndim not in (3, 4) or inputs.dtype.kind != "f":
        raise BadInput(
            f"A {network} takes images of numbers, (height, width) or (height, width, channels), not inputs of shape "
            f"{inputs.shape[1:]} and type {inputs.dtype}; use a problem of images."
        )
    return inputs if inputs.ndim == 4 else inputs[..., None]


def side(kernel: int) -> int:
    """The side of a kernel as an int; BadInput unless it is odd."""
    if whole(kernel, "The side of a kernel") % 2 == 0:
        raise BadInput(f"A kernel has an odd side, so that it has a centre, not {kernel}.")
    return int(kernel)


def convolve(parameters: Mapping[str, Tensor], name: str, h: Tensor, kernel: int, padding: str) -> Tensor:
    """Apply each network's own convolution, which keeps height and width.

    Args:
        parameters: of an ensemble, by name.
        name: the layer's name. Its weight is (networks, channels × kernel × kernel, channels out), in this order.
        h: (points, height, width, channels), or with a leading axis "networks".
        kernel: side of the kernel in pixels, odd.
        padding: values beyond the border, "zero" or "circular" (the opposite border).

    Returns:
        (networks, points, height, width, channels out).
    """
    # One grouped convolution, a group a network: on a core 2 to 5 times as fast, backward pass included, as products of
    # unfolded patches, but for the first layer's few input channels, where both take about as long.
    weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
    networks, channels = len(weight), h.shape[-1]
    planes, groups = (h.permute(0, 3, 1, 2), 1) if h.ndim == 4 else (as_planes(h), networks)
    margin = kernel // 2
    if padding == "circular":
        planes, margin = functional.pad(planes, (margin,) * 4, mode="circular"), 0
    kernels = weight.mT.reshape(-1, channels, kernel, kernel)
    z = functional.conv2d(planes, kernels, None if bias is None else bias.flatten(), padding=margin, groups=groups)
    return from_planes(z, networks)


def as_planes(h: Tensor) -> Tensor:
    """(networks, points, height, width, channels) -> (points, networks × channels, height, width), as torch convolves;
    no copy of what `from_planes` made."""
    return h.permute(1, 0, 4, 2, 3).flatten(1, 2)


def from_planes(planes: Tensor, networks: int) -> Tensor:
    """The inverse of `as_planes`."""
    return planes.unflatten(1, (networks, -1)).permute(1, 0, 3, 4, 2)


@dataclass(frozen=True)
class Convolutional(GaussianLayers):
    """h = pooling(activation(convolution(h))) layer by layer, then dense layers, then one linear output.

    channels: of each convolution, at least one. hidden: widths of the dense layers between them and the readout.
    kernel: its side, an odd number. padding: what lies beyond the border, "zero" or "circular" (the opposite border;
    the convolutions then commute with shifts of the image). pooling: "average" or "max" over squares of 2×2 after each
    convolution (an odd last row or column is dropped), or None. Fan-in of a convolution: kernel² × channels below.
    """

    channels: tuple[int, ...] = (8, 16)
    hidden: tuple[int, ...] = (32,)
    kernel: int = 3
    padding: str = "zero"
    pooling: str | None = "average"
    activation: str = "relu"
    sigma_w: float = field(default=sqrt(2), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(self, channels=wholes(self.channels, "Channels"), hidden=wholes(self.hidden, "Hidden widths"))
        if not self.channels:
            raise BadInput("A convolutional network has at least 1 convolution; give its channels.")
        set_fields(self, kernel=side(self.kernel))
        for what, allowed in (
            ("padding", PADDINGS),
            ("pooling", (*POOLINGS, None)),
            ("activation", tuple(ACTIVATIONS)),
        ):
            one_of(getattr(self, what), allowed, f"A convolutional network has no {what}")

    @property
    def name(self) -> str:
        """Stable identifier, e.g. cnn-8-16-dense32-relu-average; what is left at its default is left out."""
        words = ["cnn", *self.channels, *(f"dense{width}" for width in self.hidden), self.activation]
        words += [f"{self.pooling}_pooling" if self.pooling else "no_pooling"]
        words += [f"kernel{self.kernel}"] * (self.kernel != 3) + [self.padding] * (self.padding != "zero")
        return self._named(*words)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        layers = (*self.channels, *self.hidden)
        return {"architecture": self.name, "depth": len(layers), "width": max(layers)}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, height, width[, channels]) -> (points, height, width, channels)."""
        return images(inputs, "convolutional network")

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Weights (fan-in, fan-out) and biases (1, fan-out) of every layer; no biases if σ_b = 0."""
        *_, (height, width, channels) = self._shapes(input_shape)
        fans_in = [self.kernel**2 * c for c in (input_shape[-1], *self.channels[:-1])]
        fans_in += [height * width * channels, *self.hidden]
        table: dict[str, Parameter] = {}
        for name, fan_in, fan_out in zip(self.layers, fans_in, (*self.channels, *self.hidden, outputs), strict=True):
            table |= self._layer(name, fan_in, fan_out)
        return table

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Numbers a network holds for one point; see `block_size`."""
        return 2 * sum(prod(shape[:2]) * c for shape, c in zip(self._shapes(input_shape), self.channels, strict=False))

    def _shapes(self, input_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """(height, width, channels) of the input and after each convolution with its pooling."""
        shapes = [input_shape]
        for channels in self.channels:
            height, width, _ = shapes[-1]
            shapes.append((height // 2, width // 2, channels) if self.pooling else (height, width, channels))
        if not prod(shapes[-1]):
            raise BadInput(
                f"Images of {input_shape[0]}×{input_shape[1]} are too small to be pooled {len(self.channels)} times; "
                "use fewer convolutions, or no pooling."
            )
        return shapes

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, height, width, channels), or with a leading axis "networks" -> (networks, points, features)."""
        h = x
        for layer in range(len(self.layers) - 1):
            h = self.activate(self.linear(parameters, h, layer))
        return _flat(h)

    @property
    def layers(self) -> tuple[str, ...]:
        """Convolutions, dense layers, readout; see `Layered`."""
        convolutions = (f"convolution{i}" for i in range(len(self.channels)))
        return (*convolutions, *(f"hidden{i}" for i in range(len(self.hidden))), "readout")

    @property
    def ties(self) -> bool:
        """Only units of ReLU and, by rounding, GELU die."""
        return self.activation in DYING and not self.sigma_b

    @property
    def units_apart(self) -> bool:
        """Channels are activated one by one."""
        return True

    def linear(self, parameters: Mapping[str, Tensor], h: Tensor, layer: int) -> Tensor:
        """Units are channels: of a convolution z is (networks, points, height, width, channels), else (networks,
        points, width)."""
        if layer < len(self.channels):
            return convolve(parameters, self.layers[layer], h, self.kernel, self.padding)
        return linear(parameters, self.layers[layer], _flat(h))

    def activate(self, z: Tensor) -> Tensor:
        """z of a hidden layer -> activation, and pooling after a convolution."""
        h = ACTIVATIONS[self.activation](z)
        if z.ndim == 3 or self.pooling is None:
            return h
        return _pooled(h, *POOLINGS[self.pooling])

    def of_units(self, parameters: Mapping[str, Tensor], h: Tensor, units: slice, layer: int) -> Tensor:
        """Contribution of these channels, or dense units, of the layer below to z of a layer."""
        name = self.layers[layer]
        weight = parameters[f"{name}.weight"]
        below = (*self.channels, *self.hidden)[layer - 1]
        own = weight.unflatten(1, (below, -1))[:, units].flatten(1, 2)
        return self.linear({f"{name}.weight": own}, h, layer)

    def logits_from(self, parameters: Mapping[str, Tensor], z: Tensor, layer: int) -> Tensor:
        """Logits from a layer's z, which may be overwritten."""
        for above in range(layer + 1, len(self.layers)):
            z = self.linear(parameters, self.activate(z), above)
        return z


def _pooled(h: Tensor, of_two: Callable[[Tensor, Tensor], Tensor], factor: float) -> Tensor:
    """(networks, points, height, width, channels), rows in pairs and then columns; twice as fast as torch's pooling."""
    planes = as_planes(h)
    height, width = planes.shape[2] // 2 * 2, planes.shape[3] // 2 * 2
    rows = of_two(planes[:, :, 0:height:2, :width], planes[:, :, 1:height:2, :width])
    pooled = of_two(rows[..., ::2], rows[..., 1::2])
    return from_planes(pooled if factor == 1 else pooled * factor, len(h))


def _flat(h: Tensor) -> Tensor:
    """(networks, points, height, width, channels) -> (networks, points, features), channels first; a dense layer's h as
    it is."""
    return h if h.ndim == 3 else h.permute(0, 1, 4, 2, 3).flatten(2)
