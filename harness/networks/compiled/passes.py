"""Forward and backward passes of one fully connected ReLU network on a CPU, for compiled loops.

Parameters are a row of numbers, layer by layer, weights before biases. Compiled functions are cached together with what
they call, and compiled again only if their own file changes: after a change here, change `training/compiled.py` and
`moves/hamiltonian.py` in `samplers/` too.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks.compiled.products import ALL, FAST, POSITIVE, WHERE_POSITIVE, matrix, multiply, transpose
from harness.networks.ensemble import Architecture, Parameter
from harness.networks.fully_connected import FullyConnected
from harness.networks.inheritance import computes


def supports_forward(architecture: Architecture, table: Mapping[str, Parameter], inputs: Tensor) -> bool:
    """Whether `forward` computes the logits of these networks.

    It does if they are fully connected ReLU networks in the standard parametrisation, on a CPU, of one logit and not
    normalised.

    Args:
        architecture: of the networks.
        table: the parameters of one network.
        inputs: (points, ...) prepared inputs, whose device and type count.

    Returns:
        True if `forward` and `backward` may be called.
    """
    return (
        computes(architecture, FullyConnected)
        and (architecture.activation, architecture.parametrisation) == ("relu", "standard")
        and not architecture.normalised
        and table["readout.weight"].shape[-1] == 1
        and (inputs.device.type, inputs.dtype) == ("cpu", torch.float32)
    )


def layer_widths(table: Mapping[str, Parameter]) -> tuple[np.ndarray, bool]:
    """Widths of the inputs, the hidden layers and the readout, (layers + 1,), and whether layers have biases.

    table: the parameters of one network that `supports_forward` accepts.
    """
    fan_in = [parameter.shape[0] for name, parameter in table.items() if name.endswith(".weight")]
    return np.array([*fan_in, 1]), "readout.bias" in table


@njit(error_model="numpy", nogil=True)
def no_units(widths: np.ndarray, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for the units of all layers, (batch, width + 1) after (batch, width + 1), and where each layer starts.

    Behind the units of every layer there is a 1, whose weights are the next layer's biases.
    """
    starts = np.zeros(len(widths), dtype=np.int64)
    for layer in range(len(widths) - 1):
        starts[layer + 1] = starts[layer] + batch * (widths[layer] + 1)
    return np.ones(starts[-1] + batch * (widths[-1] + 1), dtype=np.float32), starts


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def forward(
    theta: np.ndarray,
    x: np.ndarray,
    chosen: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    widths: np.ndarray,
    biased: bool,
) -> None:
    """Fill in the units of all layers for some points; the last ones are the logits.

    Args:
        theta: (size,) parameters of one network.
        x: (points, inputs) inputs.
        chosen: (points,) indices of the points, at most a batch.
        units: (units,) to fill in, as `no_units` makes them.
        starts: (layers + 1,) where each layer's units begin.
        widths: of the inputs, the hidden layers and the readout.
        biased: whether layers have biases.
    """
    points, number = len(chosen), 0
    for i in range(points):
        point, at = chosen[i], i * (widths[0] + 1)
        for k in range(widths[0]):
            units[at + k] = x[point, k]
    for layer in range(len(widths) - 1):
        fan_in, fan_out = widths[layer] + biased, widths[layer + 1]
        multiply(
            matrix(units, starts[layer], points, fan_in, widths[layer] + 1, 1),
            matrix(theta, number, fan_in, fan_out, fan_out, 1),
            matrix(units, starts[layer + 1], points, fan_out, fan_out + 1, 1),
            POSITIVE if layer < len(widths) - 2 else ALL,
        )
        number += fan_in * fan_out


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def backward(
    theta: np.ndarray,
    gradient: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    across: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    points: int,
) -> None:
    """Fill in the gradient of the loss from its slopes by the logits.

    Args:
        theta: (size,) parameters of one network.
        gradient: (size,) to fill in.
        units: as `forward` left them, with the slopes in the place of the logits; slopes by the hidden units take the
            place of the units, which are not needed any more.
        starts: (layers + 1,) where each layer's units begin.
        across: room for a layer's weights.
        widths: of the inputs, the hidden layers and the readout.
        biased: whether layers have biases.
        points: how many points there are.
    """
    number = len(theta)
    for layer in range(len(widths) - 2, -1, -1):
        width, fan_in, fan_out = widths[layer], widths[layer] + biased, widths[layer + 1]
        number -= fan_in * fan_out
        start, above = starts[layer], starts[layer + 1]
        slopes = matrix(units, above, points, fan_out, fan_out + 1, 1)
        if fan_out == 1:
            h = matrix(units, start, points, fan_in, width + 1, 1)
            multiply(matrix(units, above, 1, points, 1, 2), h, matrix(gradient, number, 1, fan_in, fan_in, 1), ALL)
            transposed = matrix(theta, number, 1, width, width, 1)
        else:
            h = matrix(units, start, fan_in, points, 1, width + 1)
            multiply(h, slopes, matrix(gradient, number, fan_in, fan_out, fan_out, 1), ALL)
            transposed = matrix(across, 0, fan_out, width, width, 1)
            if layer:
                transpose(matrix(theta, number, width, fan_out, fan_out, 1), transposed)
        if layer:
            multiply(slopes, transposed, matrix(units, start, points, width, width + 1, 1), WHERE_POSITIVE)
