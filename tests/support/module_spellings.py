"""Own architectures as one writes them with torch.nn, for `from_module`, and their numbers in torch's layout."""

from math import sqrt

import numpy as np
import torch
from torch import nn

from harness.networks import LSTM, NTK, Convolutional, FullyConnected, He, Residual, Uniform, from_module

ACTIVATIONS = {
    "relu": nn.functional.relu,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "gelu": nn.functional.gelu,
    "linear": nn.Identity(),
}


class Dense(nn.Module):
    def __init__(self, widths, activation, bias, normalised):
        super().__init__()
        self.activation, self.normalised, self.depth = activation, normalised, len(widths)
        for i, width in enumerate(widths):
            setattr(self, f"hidden{i}", nn.LazyLinear(width, bias=bias))
        self.readout = nn.LazyLinear(1, bias=bias)

    def forward(self, h):
        for i in range(self.depth):
            z = getattr(self, f"hidden{i}")(h)
            h = ACTIVATIONS[self.activation](nn.functional.layer_norm(z, z.shape[-1:]) if self.normalised else z)
        return self.readout(h)


class Convolutions(nn.Module):
    def __init__(self, channels, hidden, kernel, padding, pooling, activation, bias):
        super().__init__()
        mode = {"zero": "zeros", "circular": "circular"}[padding]
        self.convolutions, self.depth, self.activation = len(channels), len(hidden), activation
        self.pooling = {"average": nn.AvgPool2d(2), "max": nn.MaxPool2d(2), None: nn.Identity()}[pooling]
        for i, each in enumerate(channels):
            own = nn.LazyConv2d(each, kernel, padding=kernel // 2, padding_mode=mode, bias=bias)
            setattr(self, f"convolution{i}", own)
        for i, width in enumerate(hidden):
            setattr(self, f"hidden{i}", nn.LazyLinear(width, bias=bias))
        self.readout = nn.LazyLinear(1, bias=bias)

    def forward(self, h):
        a = ACTIVATIONS[self.activation]
        for i in range(self.convolutions):
            h = self.pooling(a(getattr(self, f"convolution{i}")(h)))
        h = h.flatten(1)
        for i in range(self.depth):
            h = a(getattr(self, f"hidden{i}")(h))
        return self.readout(h)


class ResidualNet(nn.Module):
    def __init__(self, channels, blocks, kernel, padding, activation, bias):
        super().__init__()
        mode = {"zero": "zeros", "circular": "circular"}[padding]
        how = {"padding": kernel // 2, "padding_mode": mode, "bias": bias}
        self.activation, self.blocks = activation, blocks
        self.convolution = nn.LazyConv2d(channels, kernel, **how)
        for i in range(blocks):
            pair = {which: nn.Conv2d(channels, channels, kernel, **how) for which in ("first", "second")}
            setattr(self, f"block{i}", nn.ModuleDict(pair))
        self.readout = nn.Linear(channels, 1, bias=bias)

    def forward(self, x):
        a, h = ACTIVATIONS[self.activation], self.convolution(x)
        for i in range(self.blocks):
            block = getattr(self, f"block{i}")
            h = h + block["second"](a(block["first"](a(h)))) / self.blocks**0.5
        return self.readout(nn.functional.adaptive_avg_pool2d(a(h), 1).flatten(1))


class Recurrent(nn.Module):
    def __init__(self, fan_in, hidden, vocabulary, embedding, bias):
        super().__init__()
        self.depth = len(hidden)
        if vocabulary is not None:
            self.embedding, fan_in = nn.Embedding(vocabulary, embedding), embedding
        self.tokens = vocabulary is not None
        for i, units in enumerate(hidden):
            setattr(self, f"layer{i}", nn.LSTM(fan_in, units, batch_first=True, bias=bias))
            fan_in = units
        self.readout = nn.Linear(fan_in, 1, bias=bias)

    def forward(self, x):
        h = self.embedding(x) if self.tokens else x
        for i in range(self.depth):
            h = getattr(self, f"layer{i}")(h)[0]
        return self.readout(h[:, -1])


class Encoder(nn.Module):
    def __init__(self, fan_in, time, width, heads, feedforward, blocks, vocabulary, bias):
        super().__init__()
        self.blocks = blocks
        self.embedding = nn.Linear(fan_in, width, bias=bias) if vocabulary is None else nn.Embedding(vocabulary, width)
        angle = np.arange(time)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)
        places = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(time, width)
        self.register_buffer("places", torch.tensor(places, dtype=torch.float32))
        for i in range(blocks):
            own = nn.TransformerEncoderLayer(
                width, heads, feedforward, dropout=0.0, batch_first=True, norm_first=True, bias=bias
            )
            own.norm1 = own.norm2 = nn.LayerNorm(width, elementwise_affine=False)
            setattr(self, f"block{i}", own)
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.readout = nn.Linear(width, 1, bias=bias)

    def forward(self, x):
        h = self.embedding(x) + self.places
        for i in range(self.blocks):
            h = getattr(self, f"block{i}")(h)
        return self.readout(self.norm(h).mean(1))


class Spelled:
    """initial: of an own architecture whose distribution is not Gaussian, the bounds of its numbers by name."""

    def __init__(self, architecture, shape):
        """shape: of one prepared input."""
        self.own, a = architecture, architecture
        bias = a.sigma_b > 0
        initial = (NTK if getattr(a, "parametrisation", "") == "ntk" else He)(a.sigma_w, a.sigma_b)
        if a.distribution == "uniform":
            table = a.parameters(shape)
            initial = {name: Uniform(sqrt(3) * std) for name, (_, std, _) in table.items()}
        if isinstance(a, FullyConnected):
            how = {"widths": a.hidden, "activation": a.activation, "bias": bias, "normalised": a.normalised}
            self.module = from_module(Dense, initial=initial, **how)
        elif isinstance(a, Convolutional):
            fields = ("channels", "hidden", "kernel", "padding", "pooling", "activation")
            how = {field: getattr(a, field) for field in fields}
            self.module = from_module(Convolutions, inputs="images", initial=initial, bias=bias, **how)
        elif isinstance(a, Residual):
            how = {field: getattr(a, field) for field in ("channels", "blocks", "kernel", "padding", "activation")}
            self.module = from_module(ResidualNet, inputs="images", initial=initial, bias=bias, **how)
        else:
            tokens = {"inputs": "sequences", "initial": initial, "bias": bias, "fan_in": shape[-1]}
            make = (
                (lambda **how: Recurrent(**how, vocabulary=a.vocabulary))
                if isinstance(a, LSTM)
                else (lambda **how: Encoder(**how, vocabulary=a.vocabulary))
            )
            own = ("hidden", "embedding") if isinstance(a, LSTM) else ("width", "heads", "feedforward", "blocks")
            tokens |= {} if isinstance(a, LSTM) else {"time": shape[0]}
            how = {field: getattr(a, field) for field in own}
            self.module = from_module(make, vocabulary=a.vocabulary, **tokens, **how)

    def inputs(self, x):
        """Prepared inputs of the own architecture, with whatever axes before them, as the module takes them."""
        return x.movedim(-1, -3) if isinstance(self.own, Convolutional | Residual) else x

    def parameters(self, parameters):
        """Those of the own architecture in torch's layout, under the module's names."""
        found = {}
        for name, tensor in parameters.items():
            found[self._name(name)] = tensor if name.startswith("readout.") else self._value(name, tensor)
        networks = len(next(iter(parameters.values())))
        table = self.module.parameters(self._shape, parameters["readout.weight"].shape[-1])
        return {
            name: found.get(name, torch.zeros((networks, *shape), dtype=parameters["readout.weight"].dtype))
            for name, (shape, *_) in table.items()
        }

    def on(self, x):
        """The same, for prepared inputs of this shape."""
        self._shape = tuple(self.inputs(x[None]).shape[1:])
        return self

    def _name(self, name):
        layer, _, leaf = name.rpartition(".")
        if isinstance(self.own, LSTM) and layer.startswith("layer"):
            leaf = {"weight": "weight_ih_l0", "recurrent": "weight_hh_l0", "bias": "bias_ih_l0"}[leaf]
        block, _, part = layer.partition(".")
        if part in ("attended", "attention", "inner", "outer"):
            if part == "attended":
                return f"body.{block}.self_attn.in_proj_{leaf}"
            inner = {"attention": "self_attn.out_proj", "inner": "linear1", "outer": "linear2"}[part]
            return f"body.{block}.{inner}.{leaf}"
        return f"{layer}.{leaf}" if layer == "readout" else f"body.{layer}.{leaf}"

    def _value(self, name, tensor):
        if name.endswith("bias"):
            return tensor.flatten(1)
        if name == "embedding.weight" and getattr(self.own, "vocabulary", None) is not None:
            return tensor
        if "convolution" in name or isinstance(self.own, Residual):
            k = self.own.kernel
            return tensor.mT.reshape(len(tensor), tensor.shape[-1], -1, k, k)
        return tensor.mT
