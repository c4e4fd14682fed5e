"""Networks of long short-term memory over a sequence (Hochreiter & Schmidhuber 1997, with the forget gate of Gers
et al. 2000)."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from torch import Tensor

from harness.arguments import set_fields, whole, wholes
from harness.errors import BadInput
from harness.networks.ensemble import Parameter
from harness.networks.layers import GaussianLayers
from harness.networks.sequences import checked_vocabulary, embedding, look_up, sequences


@dataclass(frozen=True)
class LSTM(GaussianLayers):
    """At each time i, f, g, o = xV + hU + b; c ← σ(f)·c + σ(i)·tanh(g); h ← σ(o)·tanh(c), from h = c = 0; the last h of
    the last layer has one linear output. σ is the logistic function; gates lie in this order, as in `nn.LSTM`.

    hidden: units of each layer; a layer's x is the h below. vocabulary: None for inputs whose rows are the times, such
    as images; else the number of tokens, each with a trained vector. embedding: length of these vectors. V starts with
    variance σ_w²/fan-in, U with σ_w²/units, b, one vector for both, with σ_b², embeddings with 1.
    """

    hidden: tuple[int, ...] = (16,)
    vocabulary: int | None = None
    embedding: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        set_fields(
            self, hidden=wholes(self.hidden, "Hidden widths"), embedding=whole(self.embedding, "An embedding's width")
        )
        set_fields(self, vocabulary=checked_vocabulary(self.vocabulary))
        if not self.hidden:
            raise BadInput("An LSTM has at least 1 layer; give its units.")

    @property
    def name(self) -> str:
        """Stable identifier, e.g. lstm-16, or lstm-16-tokens500x16 with an embedding of 500 tokens in 16 numbers."""
        tokens = [] if self.vocabulary is None else [f"tokens{self.vocabulary}x{self.embedding}"]
        return self._named("lstm", *self.hidden, *tokens)

    @property
    def facts(self) -> dict[str, str | int | float]:
        """Facts by which the report groups cells."""
        return {"architecture": self.name, "depth": len(self.hidden), "width": max(self.hidden)}

    def prepare(self, inputs: np.ndarray) -> np.ndarray:
        """(points, time, ...) -> (points, time, numbers), or tokens (points, time)."""
        return sequences(inputs, self.vocabulary, "An LSTM")

    def parameters(self, input_shape: tuple[int, ...], outputs: int = 1) -> dict[str, Parameter]:
        """Embedding (vocabulary, embedding); of each layer input (fan-in, 4·units), recurrent (units, 4·units) and bias
        (1, 4·units); readout."""
        table = {} if self.vocabulary is None else embedding(self.vocabulary, self.embedding)
        fan_in = input_shape[-1] if self.vocabulary is None else self.embedding
        for layer, units in enumerate(self.hidden):
            table |= self._layer(f"layer{layer}", fan_in, 4 * units)
            table[f"layer{layer}.recurrent"] = Parameter((units, 4 * units), self.sigma_w / sqrt(units))
            fan_in = units
        return table | self._layer("readout", fan_in, outputs)

    def activations(self, input_shape: tuple[int, ...]) -> int:
        """Numbers a network holds for one point; see `SharesWeights`."""
        return input_shape[0] * 6 * max(self.hidden)

    def features(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """x: (points, time, numbers) or tokens (points, time), or with a leading axis "networks" -> the last h,
        (networks, points, units)."""
        if self.vocabulary is not None:
            x = look_up(parameters["embedding.weight"], x)
        steps = [each.mT for each in x.unbind(-2)]
        for layer in range(len(self.hidden)):
            steps = _layer(parameters, f"layer{layer}", steps)
        return steps[-1].mT


def _layer(parameters: Mapping[str, Tensor], name: str, x: list[Tensor]) -> list[Tensor]:
    """Each time's x, ([networks,] fan-in, points) -> each time's h, (networks, units, points).

    Points come last so that each gate is one piece of memory.
    """
    weight, recurrent, bias = (parameters.get(f"{name}.{each}") for each in ("weight", "recurrent", "bias"))
    assert weight is not None
    assert recurrent is not None
    together = torch.cat(x, dim=-1)
    if together.ndim == 2:
        together = together.expand(len(weight), *together.shape)
    # What the inputs say is one product for all times.
    told = torch.bmm(weight.mT, together) if bias is None else torch.baddbmm(bias.mT, weight.mT, together)
    hs: list[Tensor] = []
    c: Tensor | None = None
    for z in told.chunk(len(x), dim=2):
        if hs:
            z = torch.baddbmm(z, recurrent.mT, hs[-1])
        i, f, g, o = z.chunk(4, dim=1)
        new = i.sigmoid() * g.tanh()
        c = new if c is None else torch.addcmul(new, f.sigmoid(), c)
        hs.append(o.sigmoid() * c.tanh())
    return hs
