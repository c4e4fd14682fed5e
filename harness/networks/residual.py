"""Residual networks on images: convolutions with identity skip connections (He et al. 2016, arXiv 1603.05027)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from torch import Tensor

from harness.arguments import one_of, set_fields, whole
from harness.networks.convolutional import PADDINGS, convolve, images, side
from harness.networks.ensemble import Parameter
from harness.networks.layers import ACTIVATIONS, GaussianLayers


@dataclass(frozen=True)
class Residual(GaussianLayers):
    """A convolution, then blocks h ← h + convolution(a(convolution(a(h))))/√blocks, with the activation a; the mean of
    a(h) over all pixels, then one linear output.

    Blocks are in the order of He et al. 2016 ("full pre-activation") without batch normalisation, which would make one
    point's logit depend on the others. In its place each branch is scaled by 1/√blocks, so that signals stay bounded
    for any number of blocks (Hayou et al. 2021, arXiv 2010.12859). channels: of every convolution. kernel: its side, an
    odd number. padding: values beyond the border, "zero" or "circular".
    """

    channels: int = 8
    blocks: int = 2
    kernel: int = 3
    padding: str = "zero"
    activation: str = "relu"
    sigma_w: float = field(default=sqrt(2), kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        channels, blocks = (whole(getattr(self, each), f"The number of {each}") for each in ("channels", "blocks"))
        set_fields(self, channels=channels, blocks=blocks, kernel=side(self.kernel))
        one_of(self.padding, PADDINGS, "A residual network has no padding")
        one_of(self.activation, ACTIVATIONS, "A residual network has no activation")

    @property
    def name(self) -> str:
        """Stable identifier, e.g. resnet-8x2-relu: channels × blocks; what is left at its default is left out."""
        words = [f"kernel{self.kernel}"] * (self.kernel != 3) + [self.padding] * (self.padding != "zero")
        return self._named("resnet", f"{self.channels}x{self.blocks}", self.activation, *words)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        return {"architecture": self.name, "depth": 1 + 2 * self.blocks, "width": self.channels}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, height, width[, channels]) -> (points, height, width, channels)."""
        return images(inputs, "residual network")

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Weights (channels × kernel × kernel, channels out) of convolutions, (channels, outputs) of the readout."""
        area = self.kernel**2
        table = self._layer("convolution", area * input_shape[-1], self.channels)
        for block in range(self.blocks):
            for which in ("first", "second"):
                table |= self._layer(f"block{block}.{which}", area * self.channels, self.channels)
        return table | self._layer("readout", self.channels, outputs)

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Numbers a network holds for one point; see `SharesWeights`."""
        return 3 * input_shape[0] * input_shape[1] * self.channels

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, height, width, channels), or with a leading axis "networks" -> (networks, points, channels)."""
        activated = ACTIVATIONS[self.activation]
        h = self._convolved(parameters, "convolution", x)
        for block in range(self.blocks):
            inner = self._convolved(parameters, f"block{block}.first", activated(h))
            branch = self._convolved(parameters, f"block{block}.second", activated(inner))
            h = h.add(branch, alpha=1 / sqrt(self.blocks))
        return activated(h).mean((2, 3))

    def _convolved(self, parameters: Mapping[str, Tensor], name: str, h: Tensor) -> Tensor:
        return convolve(parameters, name, h, self.kernel, self.padding)
