"""The architectures every contract is asked of, inputs for each, and the same networks written with torch.nn."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from harness.networks import LSTM, Convolutional, FullyConnected, Residual, Transformer
from tests.support.architectures import ARCHITECTURES as FULLY_CONNECTED
from tests.support.architectures import plain_module, standard

CONVOLUTIONAL = [
    Convolutional((3,), (4,)),
    Convolutional((2, 3), (), padding="circular", pooling="max", sigma_b=0.3),
    Convolutional((3, 2), (4, 3), pooling=None, activation="tanh"),
    Convolutional((3,), (), kernel=1, pooling="average", activation="erf", sigma_b=0.5),
    Convolutional((2,), (3,), activation="gelu", sigma_b=0.2),
    Convolutional((2, 2), (), pooling="max", activation="linear", sigma_w=1.0),
    Convolutional((2,), (3,), kernel=5, padding="circular", pooling=None, sigma_b=0.0),
]
RESIDUAL = [
    Residual(3, 1),
    Residual(2, 2, padding="circular", activation="tanh", sigma_w=1.1, sigma_b=0.2),
    Residual(2, 1, activation="gelu"),
    Residual(2, 1, activation="linear", sigma_w=1.0, sigma_b=0.3),
    Residual(3, 1, kernel=1, activation="erf", sigma_b=0.0),
]
SEQUENTIAL = [
    LSTM((3,)),
    LSTM((3, 2), sigma_w=1.5, sigma_b=0.0),
    LSTM((4,), vocabulary=5, embedding=3),
    Transformer(4, 2, 5),
    Transformer(4, 1, 3, blocks=2, sigma_w=1.4, sigma_b=0.0),
    Transformer(6, 3, 4, vocabulary=5, sigma_b=0.3),
]
EVERY = [*FULLY_CONNECTED, *CONVOLUTIONAL, *RESIDUAL, *SEQUENTIAL]

# The smallest images that can be pooled twice, with an odd row to be dropped.
_IMAGE = (5, 4)


def some_inputs(architecture, *shape, seed=1):
    """Inputs (*shape, ...) as problems hold them, the last number of shape the points of a problem."""
    rng = np.random.default_rng(seed)
    if getattr(architecture, "vocabulary", None) is not None:
        return rng.integers(0, architecture.vocabulary, (*shape, 4))
    one = (5,) if isinstance(architecture, FullyConnected) else _IMAGE
    return rng.normal(size=(*shape, *one)).astype(np.float32)


def prepared(architecture, *shape, seed=1):
    """The same as a tensor that `features` takes."""
    inputs = some_inputs(architecture, *shape, seed=seed)
    flat = architecture.prepare(inputs.reshape(-1, *inputs.shape[len(shape) :]))
    return torch.tensor(flat).view(*shape, *flat.shape[1:])


def plain_logits(architecture, parameters, x):
    """Of one network, in float64, by modules of torch.nn; x: prepared (points, ...) -> (points, outputs)."""
    parameters = {name: tensor.double() for name, tensor in parameters.items()}
    x = x if x.dtype == torch.int64 else x.double()
    if isinstance(architecture, FullyConnected):
        return plain_module(architecture, standard(architecture, parameters))(x)
    by = {Convolutional: _convolutional, Residual: _residual, LSTM: _lstm, Transformer: _transformer}
    return _linear(parameters, "readout")(by[type(architecture)](architecture, parameters, x))


def _linear(parameters, name):
    weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
    module = nn.Linear(*weight.shape, bias=bias is not None, dtype=torch.float64)
    module.weight.data = weight.T.clone()
    if bias is not None:
        module.bias.data = bias.flatten().clone()
    return module


def _convolution(architecture, parameters, name):
    weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
    k = architecture.kernel
    mode = {"zero": "zeros", "circular": "circular"}[architecture.padding]
    channels, out = len(weight) // k**2, weight.shape[1]
    module = nn.Conv2d(channels, out, k, padding=k // 2, padding_mode=mode, bias=bias is not None, dtype=torch.float64)
    module.weight.data = weight.T.reshape(out, channels, k, k).clone()
    if bias is not None:
        module.bias.data = bias.flatten().clone()
    return module


_ACTIVATIONS = {
    "relu": nn.functional.relu,
    "tanh": torch.tanh,
    "erf": torch.special.erf,
    "gelu": nn.GELU(),
    "linear": nn.Identity(),
}


def _convolutional(architecture, parameters, x):
    h = x.permute(0, 3, 1, 2)
    pools = {"average": nn.AvgPool2d(2), "max": nn.MaxPool2d(2), None: nn.Identity()}
    for i in range(len(architecture.channels)):
        z = _convolution(architecture, parameters, f"convolution{i}")(h)
        h = pools[architecture.pooling](_ACTIVATIONS[architecture.activation](z))
    h = h.flatten(1)
    for i in range(len(architecture.hidden)):
        h = _ACTIVATIONS[architecture.activation](_linear(parameters, f"hidden{i}")(h))
    return h


def _residual(architecture, parameters, x):
    a = _ACTIVATIONS[architecture.activation]
    h = _convolution(architecture, parameters, "convolution")(x.permute(0, 3, 1, 2))
    for block in range(architecture.blocks):
        first, second = (
            _convolution(architecture, parameters, f"block{block}.{which}") for which in ("first", "second")
        )
        h = h + second(a(first(a(h)))) / architecture.blocks**0.5
    return nn.functional.adaptive_avg_pool2d(a(h), 1).flatten(1)


def _embedded(architecture, parameters, x):
    if architecture.vocabulary is None:
        return x
    weight = parameters["embedding.weight"]
    return nn.Embedding(*weight.shape, _weight=weight)(x)


def _lstm(architecture, parameters, x):
    h = _embedded(architecture, parameters, x)
    for layer, (fan_in, units) in enumerate(pairwise((h.shape[-1], *architecture.hidden))):
        module = nn.LSTM(fan_in, units, batch_first=True, dtype=torch.float64)
        weight, recurrent, bias = (parameters.get(f"layer{layer}.{each}") for each in ("weight", "recurrent", "bias"))
        module.weight_ih_l0.data, module.weight_hh_l0.data = weight.T.clone(), recurrent.T.clone()
        module.bias_ih_l0.data = torch.zeros(4 * units).double() if bias is None else bias.flatten().clone()
        module.bias_hh_l0.data = torch.zeros(4 * units).double()
        h = module(h)[0]
    return h[:, -1]


def _transformer(architecture, parameters, x):
    d, time = architecture.width, x.shape[1]
    h = (
        _linear(parameters, "embedding")(x)
        if architecture.vocabulary is None
        else _embedded(architecture, parameters, x)
    )
    angle = np.arange(time)[:, None] / 10_000 ** (np.arange(0, d, 2) / d)
    h = h + torch.tensor(np.stack([np.sin(angle), np.cos(angle)], -1).reshape(time, d))
    for block in range(architecture.blocks):
        module = nn.TransformerEncoderLayer(
            d,
            architecture.heads,
            architecture.feedforward,
            dropout=0.0,
            batch_first=True,
            norm_first=True,
            bias=architecture.sigma_b > 0,
            dtype=torch.float64,
        )
        attended, attention, inner, outer = (
            _linear(parameters, f"block{block}.{name}") for name in ("attended", "attention", "inner", "outer")
        )
        module.self_attn.in_proj_weight.data = attended.weight.data
        module.self_attn.out_proj, module.linear1, module.linear2 = attention, inner, outer
        if attended.bias is not None:
            module.self_attn.in_proj_bias.data = attended.bias.data
        h = module(h)
    return nn.LayerNorm(d, elementwise_affine=False, dtype=torch.float64)(h).mean(1)
