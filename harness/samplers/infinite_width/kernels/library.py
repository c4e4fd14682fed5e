"""The same kernels by neural-tangents, which supports more architectures and checks the closed forms.

It is not among this project's dependencies: it needs jax < 0.6, and, installed the ordinary way, tensorflow. No other
file imports it, and this file only when a kernel is asked for.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import numpy as np

from harness.errors import BadInput, Unavailable
from harness.networks import Architecture, Convolutional, FullyConnected, Residual
from harness.networks.inheritance import computes
from harness.samplers.infinite_width.kernels.checks import finite_inputs


def stax() -> ModuleType:
    """neural_tangents.stax; Unavailable if neural-tangents or jax is missing."""
    if find_spec("neural_tangents") is None or find_spec("jax") is None:
        raise Unavailable(
            "neural-tangents is missing; `make kernels`, or `pip install jax==0.5.3 frozendict` and then "
            "`pip install --no-deps neural-tangents==0.6.5`, brings it without tensorflow."
        )
    if find_spec("tf2jax") is None:
        # Its experimental part imports tensorflow through tf2jax; an empty one in its place leaves the rest working.
        experimental = ModuleType("neural_tangents.experimental")
        experimental.__path__ = []
        sys.modules.setdefault(experimental.__name__, experimental)
    return import_module("neural_tangents.stax")


# What a tile of the kernel may take: of convolutions with pooling, a number for every two pixels of every two inputs,
# and a few of these at a time.
_TILE_BYTES = 2**30
_COPIES = 8


def library_kernels(
    architecture: Architecture, inputs: np.ndarray, others: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute NNGP kernel and NTK (ntk parametrisation) by neural-tangents, in tiles that fit into memory.

    Args:
        architecture: fully connected, convolutional or residual networks; BadInput for any other, and for tanh and max
            pooling, of which the library has no closed form.
        inputs: (points, ...) as problems hold them.
        others: (others, ...) as problems hold them; None for the inputs themselves.

    Returns:
        The two kernels, (points, others) float64 each.
    """
    layers = _layers(architecture)
    x = architecture.prepare(finite_inputs(inputs, np.float64))
    y = x if others is None else architecture.prepare(finite_inputs(others, np.float64))
    pixels = 1 if isinstance(architecture, FullyConnected) else int(np.prod(x.shape[1:3]))
    tile = max(int((_TILE_BYTES / (8 * _COPIES * pixels**2)) ** 0.5), 1)
    kernels = np.empty((2, len(x), len(y)))
    with import_module("jax.experimental").enable_x64():
        of = stax().serial(*layers)[2]
        for rows in (slice(start, start + tile) for start in range(0, len(x), tile)):
            for columns in (slice(start, start + tile) for start in range(0, len(y), tile)):
                # Asked for one set of inputs only, the library is exact where an input meets itself.
                alone = others is None and rows == columns
                found = of(x[rows], None if alone else y[columns], ("nngp", "ntk"))
                kernels[0, rows, columns], kernels[1, rows, columns] = found.nngp, found.ntk
    return kernels[0], kernels[1]


def _layers(architecture: Architecture) -> list[tuple]:
    """The library's layers; their widths go to infinity."""
    library = stax()
    known = any(computes(architecture, kind) for kind in (FullyConnected, Convolutional, Residual))
    if not known or not isinstance(architecture, FullyConnected | Convolutional | Residual):
        raise BadInput(
            f"neural-tangents is asked for kernels of fully connected, convolutional and residual networks, not of "
            f"{architecture.name}; use a kernel by Monte Carlo."
        )
    if isinstance(architecture, FullyConnected) and architecture.normalised:
        raise BadInput("neural-tangents is not asked for normalised layers; use the nngp and ntk of this package.")
    activations = {"relu": library.Relu, "erf": library.Erf, "gelu": library.Gelu, "linear": library.Identity}
    if architecture.activation not in activations:
        raise BadInput("neural-tangents has no closed form for tanh; use the nngp and ntk of this package.")

    def activation() -> tuple:
        return activations[architecture.activation]()

    def dense() -> tuple:
        return library.Dense(1, architecture.sigma_w, architecture.sigma_b)

    def convolution(scale: float = 1.0) -> tuple:
        assert isinstance(architecture, Convolutional | Residual)
        padding = {"zero": "SAME", "circular": "CIRCULAR"}[architecture.padding]
        sides, stds = (architecture.kernel,) * 2, (architecture.sigma_w * scale, architecture.sigma_b * scale)
        return library.Conv(1, sides, padding=padding, W_std=stds[0], b_std=stds[1])

    if isinstance(architecture, FullyConnected):
        return [*(layer for _ in architecture.hidden for layer in (dense(), activation())), dense()]
    if isinstance(architecture, Convolutional):
        if architecture.pooling == "max":
            raise BadInput("The pooling of maxima has no kernel in closed form; use one by Monte Carlo.")
        pooling = [library.AvgPool((2, 2), strides=(2, 2))] if architecture.pooling else []
        convolutions = [layer for _ in architecture.channels for layer in (convolution(), activation(), *pooling)]
        hidden = [layer for _ in architecture.hidden for layer in (dense(), activation())]
        return [*convolutions, library.Flatten(), *hidden, dense()]
    scale = architecture.blocks**-0.5
    block = [activation(), convolution(), activation(), convolution(scale)]
    blocks = [
        library.serial(
            library.FanOut(2), library.parallel(library.Identity(), library.serial(*block)), library.FanInSum()
        )
        for _ in range(architecture.blocks)
    ]
    return [convolution(), *blocks, activation(), library.GlobalAvgPool(), dense()]
