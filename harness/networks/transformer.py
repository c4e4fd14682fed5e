"""Transformer encoders over a sequence (Vaswani et al. 2017)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from harness.arguments import set_fields, whole
from harness.errors import BadInput
from harness.networks.ensemble import Parameter
from harness.networks.layers import GaussianLayers, linear, normalised
from harness.networks.sequences import checked_vocabulary, embedding, look_up, sequences


@dataclass(frozen=True)
class Transformer(GaussianLayers):
    """Embedding + positions; blocks h ← h + attention(n(h)), h ← h + W relu(V n(h)); the mean of n(h) over the
    sequence, then one linear output.

    n: each token's numbers with mean 0 and variance 1; without trained gain and shift, which start at 1 and 0. It comes
    before attention, not after (Xiong et al. 2020, arXiv 2002.04745). Attention goes both ways and to all tokens,
    padding included. width: numbers per token, even and a multiple of heads. feedforward: units of the layer between V
    and W. vocabulary: None for inputs whose rows are the tokens, such as images, embedded linearly; else the number of
    tokens, each with a trained vector that starts with variance 1. Positions: the sines and cosines of Vaswani et al.,
    section 3.5. All weights start with variance σ_w²/fan-in.
    """

    width: int = 16
    heads: int = 2
    feedforward: int = 32
    blocks: int = 1
    vocabulary: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("width", "heads", "feedforward", "blocks"):
            set_fields(self, **{field: whole(getattr(self, field), f"A transformer's {field}")})
        set_fields(self, vocabulary=checked_vocabulary(self.vocabulary))
        if self.width % self.heads or self.width % 2:
            raise BadInput(
                f"A transformer's width is even, for the positions, and a multiple of its heads, not {self.width} with "
                f"{self.heads} heads."
            )

    @property
    def name(self) -> str:
        """Stable identifier, e.g. transformer-16-heads2-ff32-blocks1, with tokens500 for an embedding of 500 tokens."""
        words = ["transformer", self.width, f"heads{self.heads}", f"ff{self.feedforward}", f"blocks{self.blocks}"]
        return self._named(*words, *([] if self.vocabulary is None else [f"tokens{self.vocabulary}"]))

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        return {"architecture": self.name, "depth": self.blocks, "width": self.width}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, time, ...) -> (points, time, numbers), or tokens (points, time)."""
        return sequences(inputs, self.vocabulary, "A transformer")

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Weights (fan-in, fan-out) and biases (1, fan-out); queries, keys and values lie side by side, in this order,
        each head by head, as in `nn.MultiheadAttention`."""
        if self.vocabulary is None:
            table = self._layer("embedding", input_shape[-1], self.width)
        else:
            table = embedding(self.vocabulary, self.width)
        for block in range(self.blocks):
            table |= self._layer(f"block{block}.attended", self.width, 3 * self.width)
            table |= self._layer(f"block{block}.attention", self.width, self.width)
            table |= self._layer(f"block{block}.inner", self.width, self.feedforward)
            table |= self._layer(f"block{block}.outer", self.feedforward, self.width)
        return table | self._layer("readout", self.width, outputs)

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Numbers a network holds for one point; see `SharesWeights`."""
        return input_shape[0] * (6 * self.width + self.feedforward)

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, time, numbers) or tokens (points, time), or with a leading axis "networks" -> (networks, points,
        width)."""
        if self.vocabulary is None:
            x = x.expand(len(parameters["embedding.weight"]), *x.shape) if x.ndim == 3 else x
            h = _at_each(parameters, "embedding", x)
        else:
            h = look_up(parameters["embedding.weight"], x)
        h = h + positions(h.shape[2], self.width, h)
        for block in range(self.blocks):
            h = h + self._attention(parameters, f"block{block}", normalised(h))
            inner = _at_each(parameters, f"block{block}.inner", normalised(h)).relu_()
            h = h + _at_each(parameters, f"block{block}.outer", inner)
        return normalised(h).mean(2)

    def _attention(self, parameters: Mapping[str, Tensor], block: str, h: Tensor) -> Tensor:
        """(networks, points, time, width) -> the same."""
        networks, points, time, width = h.shape
        together = _at_each(parameters, f"{block}.attended", h)
        heads = together.view(networks * points, time, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(*heads)
        return _at_each(parameters, f"{block}.attention", attended.transpose(1, 2).reshape(h.shape))


def positions(time: int, width: int, like: Tensor) -> Tensor:
    """Sines at even and cosines at odd places, of wavelengths from 2π to 20,000π (Vaswani et al. 2017, section 3.5).

    Args:
        time: length of the sequence.
        width: numbers per token, even.
        like: tensor whose dtype and device the result has.

    Returns:
        (time, width).
    """
    frequency = torch.exp(torch.arange(0, width, 2, device=like.device, dtype=like.dtype) * (-log(10_000) / width))
    angle = torch.arange(time, device=like.device, dtype=like.dtype)[:, None] * frequency
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def _at_each(parameters: Mapping[str, Tensor], name: str, h: Tensor) -> Tensor:
    """A linear layer at each time of each point, (networks, points, time, ...)."""
    return linear(parameters, name, h.flatten(1, 2)).unflatten(1, h.shape[1:3])
