"""Moves of single units on a CPU: one network after the other, in the nearest cache.

They are the moves of `slice_units`, with the same random numbers and so the same outcome up to rounding. But here a
proposal is dropped at the first point that it does not fit, and the point that rejected last is tested first, so that
most rejected proposals cost the work of one point.
"""

from collections.abc import Sequence
from math import erf, pi, sqrt, tanh
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.compiling import compiled
from harness.networks import FullyConnected
from harness.samplers.posterior.moves.constraint import Constraint

_ACTIVATIONS = ("relu", "tanh", "erf", "gelu", "linear")
_RELU, _TANH, _ERF, _GELU, _ = range(5)
_TURN = np.float32(2 * pi)


def slice_units_compiled(
    constraint: Constraint,
    layer: int,
    parameters: dict[str, Tensor],
    z: Tensor,
    dz: Tensor,
    upper: Tensor,
    edges: Sequence[int],
    uniform: Tensor,
) -> Tensor:
    """Choose the same angles as `slice_units`, for fully connected networks on a CPU.

    Args:
        constraint: the points to fit, all of them.
        layer: index of the hidden layer.
        parameters: the networks' parameters.
        z: (networks, points, units) present preactivations of the layer.
        dz: (networks, points, units) preactivations of an independent draw.
        upper: preactivations of the next layer; may be overwritten.
        edges: (groups + 1,) first unit of each group, then the number of units.
        uniform: (groups, MOST_SHRINKS, networks) random numbers on [0, 1).

    Returns:
        (networks, groups) angles in radians.
    """
    architecture = constraint.architecture
    assert isinstance(architecture, FullyConnected)
    standard = architecture.in_standard(parameters)
    above = architecture.layers[layer + 1 :]
    into = standard[f"{above[0]}.weight"]
    # Weights and biases of the layers between the next one and the readout, one after the other.
    between = [standard[f"{name}.{kind}"].flatten(1) for name in above[1:-1] for kind in ("weight", "bias")]
    middle = torch.cat(between, dim=1) if between else into.new_empty(len(into), 0)
    widths = [standard[f"{name}.weight"].shape[-1] for name in above[:-1]]
    # The kernel moves z along; the caller's stays as it is, also where the transpose is no copy.
    tensors = (
        z.mT.clone(memory_format=torch.contiguous_format),
        dz.mT,
        upper,
        into,
        middle,
        standard["readout.weight"].mT,
        standard["readout.bias"][:, 0],
    )
    arguments: list[Any] = [
        *(tensor.contiguous().numpy() for tensor in tensors),
        np.array(widths, dtype=np.int64),
        constraint.labels.numpy(),
        np.array(edges, dtype=np.int64),
        uniform.numpy(),
        _ACTIVATIONS.index(architecture.activation),
    ]
    return torch.from_numpy(_turn_all(*arguments))


@njit(inline="always")
def _activate(z, activation):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if activation == _RELU:
        return max(z, np.float32(0))
    if activation == _TANH:
        return np.float32(tanh(z))
    if activation == _ERF:
        return np.float32(erf(z))
    return np.float32(z * (1 + erf(z / sqrt(2))) / 2) if activation == _GELU else z


# Kernels index their arrays one number at a time: a slice inside a hot loop costs more than the loop.
@njit(fastmath=True, nogil=True, inline="always")
def _fits(logits: np.ndarray, label: int) -> bool:
    if len(logits) == 1:
        return (logits[0] > 0) == (label == 1)
    largest = True
    for k in range(len(logits)):
        largest &= k == label or logits[k] < logits[label]
    return largest


@njit(fastmath=True, nogil=True, inline="always")
def _forward(
    this: np.ndarray,
    that: np.ndarray,
    logits: np.ndarray,
    middle: np.ndarray,
    widths: np.ndarray,
    readout: np.ndarray,
    biases: np.ndarray,
    activation: int,
) -> None:
    """One point's logits, from the next layer's preactivations `this`; overwrites `this` and `that`."""
    start = 0
    for layer in range(len(widths) - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        bias = start + fan_in * fan_out
        for k in range(fan_out):
            that[k] = middle[bias + k]
        for j in range(fan_in):
            h, row = _activate(this[j], activation), start + j * fan_out
            if h != 0:
                for k in range(fan_out):
                    that[k] += h * middle[row + k]
        for k in range(fan_out):
            this[k] = that[k]
        start = bias + fan_out
    for k in range(len(logits)):
        total = biases[k]
        for j in range(readout.shape[1]):
            total += _activate(this[j], activation) * readout[k, j]
        logits[k] = total


@njit(fastmath=True, nogil=True)
def _turn_one(
    z: np.ndarray,
    dz: np.ndarray,
    upper: np.ndarray,
    into: np.ndarray,
    middle: np.ndarray,
    readout: np.ndarray,
    biases: np.ndarray,
    widths: np.ndarray,
    labels: np.ndarray,
    edges: np.ndarray,
    uniform: np.ndarray,
    activation: int,
    angles: np.ndarray,
    order: np.ndarray,
    tried: np.ndarray,
    moved: np.ndarray,
    this: np.ndarray,
    that: np.ndarray,
    logits: np.ndarray,
) -> None:
    """One network's angles, (groups,).

    order: the points, the one that rejected last first.
    tried: (points, width) preactivations of the next layer at the angle tried last, at the points at which they
        changed.
    moved: (points,) whether they changed.
    """
    points, width = upper.shape
    last_hidden = len(widths) == 0
    for group in range(len(edges) - 1):
        first, last = edges[group], edges[group + 1]
        angle = _TURN * uniform[group, 0]
        low, high = angle - _TURN, angle
        for shrink in range(1, uniform.shape[1]):
            cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
            fits = True
            for place in range(points):
                i = order[place]
                moved[i] = False
                for unit in range(first, last):
                    old = z[unit, i]
                    change = _activate(old * cos + dz[unit, i] * sin, activation) - _activate(old, activation)
                    if change != 0:
                        if not moved[i]:
                            moved[i] = True
                            for k in range(width):
                                tried[i, k] = upper[i, k]
                        for k in range(width):
                            tried[i, k] += change * into[unit, k]
                # Where ReLUs stay shut nothing changes, and the point is fitted as it was.
                if not moved[i]:
                    continue
                if last_hidden:
                    for k in range(width):
                        logits[k] = tried[i, k]
                else:
                    for k in range(width):
                        this[k] = tried[i, k]
                    _forward(this, that, logits, middle, widths, readout, biases, activation)
                if not _fits(logits, labels[i]):
                    fits = False
                    order[place], order[0] = order[0], i
                    break
            if fits:
                angles[group] = angle
                for i in range(points):
                    if moved[i]:
                        for k in range(width):
                            upper[i, k] = tried[i, k]
                for unit in range(first, last):
                    for i in range(points):
                        z[unit, i] = z[unit, i] * cos + dz[unit, i] * sin
                break
            if angle < 0:
                low = angle
            else:
                high = angle
            angle = low + (high - low) * uniform[group, shrink]


@compiled(fastmath=True, nogil=True)
def _turn_all(
    z: np.ndarray,
    dz: np.ndarray,
    upper: np.ndarray,
    into: np.ndarray,
    middle: np.ndarray,
    readout: np.ndarray,
    biases: np.ndarray,
    widths: np.ndarray,
    labels: np.ndarray,
    edges: np.ndarray,
    uniform: np.ndarray,
    activation: int,
) -> np.ndarray:
    """(networks, groups) angles.

    z, dz: (networks, units, points); z is moved.
    upper: (networks, points, width), moved as well.
    into: (networks, units, width).
    middle: (networks, numbers).
    readout: (networks, outputs, features).
    biases: (networks, outputs).
    widths: widths of the hidden layers above, none if `upper` are the logits.
    """
    networks, points, width = upper.shape
    angles = np.zeros((networks, len(edges) - 1), dtype=np.float32)
    widest = width if len(widths) == 0 else max(widths)
    this, that = np.empty(widest, dtype=np.float32), np.empty(widest, dtype=np.float32)
    tried, moved = np.empty((points, width), dtype=np.float32), np.empty(points, dtype=np.bool_)
    logits = np.empty(biases.shape[1], dtype=np.float32)
    order = np.arange(points)
    for n in range(networks):
        of_network = z[n], dz[n], upper[n], into[n], middle[n], readout[n], biases[n]
        scratch = order, tried, moved, this, that, logits
        _turn_one(*of_network, widths, labels, edges, uniform[:, :, n], activation, angles[n], *scratch)
    return angles
