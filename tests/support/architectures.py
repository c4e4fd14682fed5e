"""The architectures every contract is asked of, and independent answers about fully connected networks."""

from itertools import pairwise, product

import numpy as np
import torch
from scipy.special import erf, ndtr
from torch import nn

from harness.networks import FullyConnected, perceptron

# To put an architecture under the contracts, add it here.
ARCHITECTURES = [
    perceptron(),
    perceptron(threshold=True),
    perceptron(distribution="uniform"),
    FullyConnected((), sigma_w=0.7, sigma_b=0.3, parametrisation="ntk"),
    FullyConnected((6,)),
    FullyConnected((5,), "tanh", sigma_b=0.0, parametrisation="ntk"),
    FullyConnected((1,), "erf", sigma_b=0.5),
    FullyConnected((4, 7), "tanh", sigma_w=2.0, distribution="uniform"),
    FullyConnected((8, 3), "relu", sigma_b=0.0),
    FullyConnected((5, 5), "erf", sigma_w=1.0, sigma_b=1.0, parametrisation="ntk", distribution="uniform"),
    FullyConnected((3, 4, 5), "relu", sigma_b=0.2, parametrisation="ntk"),
    FullyConnected((6, 4, 3), "erf", sigma_w=1.5, sigma_b=0.0, distribution="uniform"),
    FullyConnected((5, 4), "gelu", sigma_w=2.0),
    FullyConnected((3, 6), "gelu", sigma_b=0.0, parametrisation="ntk"),
    FullyConnected((5, 4), normalised=True),
    FullyConnected((3, 6), "gelu", 1.3, 0.0, "ntk", normalised=True),
    FullyConnected((4, 4), "tanh", sigma_b=0.4, parametrisation="mup", distribution="uniform", normalised=True),
    FullyConnected((4, 3, 5), "linear", sigma_w=0.5, sigma_b=0.3),
    FullyConnected((3, 4), "linear", sigma_b=0.0, parametrisation="ntk", distribution="uniform"),
    perceptron(distribution="binary"),
    FullyConnected((5, 4), "relu", distribution="binary"),
    FullyConnected((4, 3), "tanh", sigma_b=0.3, parametrisation="ntk", distribution="binary"),
]

_MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "linear": nn.Identity}
_NUMPY = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "erf": erf,
    "gelu": lambda z: z * ndtr(z),
    "linear": lambda z: z,
}


class Erf(nn.Module):
    def forward(self, z):
        return torch.erf(z)


def plain_module(architecture: FullyConnected, parameters: dict[str, torch.Tensor]) -> nn.Sequential:
    """The same network written with torch.nn, for weights of one network of a standard parametrisation, in float64."""
    names = [*(f"hidden{i}" for i in range(len(architecture.hidden))), "readout"]
    layers: list[nn.Module] = []
    for name in names:
        weight, bias = parameters[f"{name}.weight"], parameters.get(f"{name}.bias")
        linear = nn.Linear(*weight.shape, bias=bias is not None, dtype=torch.float64)
        linear.weight.data = weight.double().T.clone()
        if bias is not None:
            linear.bias.data = bias.double().flatten().clone()
        layers.append(linear)
        if architecture.normalised and name != "readout":
            layers.append(nn.LayerNorm(weight.shape[-1], elementwise_affine=False, dtype=torch.float64))
        layers.append(_MODULES.get(architecture.activation, Erf)())
    return nn.Sequential(*layers[:-1])


def standard(architecture: FullyConnected, parameters: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Parameters as the standard parametrisation would hold them: with the factors of Jacot et al. 2018 in them."""
    if architecture.parametrisation != "ntk":
        return parameters
    return {
        name: tensor * (architecture.sigma_w / tensor.shape[-2] ** 0.5 if "weight" in name else architecture.sigma_b)
        for name, tensor in parameters.items()
    }


def plain_bits(architecture: FullyConnected, x: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Functions of random networks by numpy alone, (draws, points) bool; x: (points, d)."""

    def random(*shape):
        if architecture.distribution == "gaussian":
            return rng.standard_normal((draws, *shape))
        if architecture.distribution == "binary":
            return rng.choice([-1.0, 1.0], (draws, *shape))
        return rng.uniform(-np.sqrt(3), np.sqrt(3), (draws, *shape))

    h = np.broadcast_to(x.astype(float), (draws, *x.shape))
    widths = (x.shape[1], *architecture.hidden, 1)
    for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
        z = np.einsum("kpi,kio->kpo", h, random(fan_in, fan_out)) * architecture.sigma_w / np.sqrt(fan_in)
        z = z + architecture.sigma_b * random(1, fan_out)
        if architecture.normalised and layer < len(widths) - 2:
            z = (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-5)
        h = z if layer == len(widths) - 2 else _NUMPY[architecture.activation](z)
    return h[..., 0] > 0


def every_binary_network(hidden: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    """Functions of all ReLU networks with weights ±1 and no biases, (2^weights, points) bool; x: (points, d) whole."""
    widths = (x.shape[1], *hidden, 1)
    shapes = list(pairwise(widths))
    weights = np.array(list(product((-1, 1), repeat=sum(a * b for a, b in shapes))))
    h, start = np.broadcast_to(x.astype(int), (len(weights), *x.shape)), 0
    for layer, (fan_in, fan_out) in enumerate(shapes):
        own = weights[:, start : start + fan_in * fan_out].reshape(-1, fan_in, fan_out)
        start += fan_in * fan_out
        h = h @ own
        if layer < len(shapes) - 1:
            h = np.maximum(h, 0)
    return h[..., 0] > 0
