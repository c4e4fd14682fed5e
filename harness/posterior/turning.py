"""Moves of single units on a CPU: one network after the other, in the nearest cache.

The same move as `moves.turn`, with the same random numbers and so the same outcome up to rounding. But here a
proposal is dropped at the first point that it does not fit, and the point that refused last is asked first, so that
most refused proposals cost the work of one point.
"""

from collections.abc import Sequence
from math import erf, pi, tanh
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks import FullyConnected
from harness.posterior.constraint import Constraint

_ACTIVATIONS = ("relu", "tanh", "erf")
_RELU, _TANH, _ = range(3)
_TURN = np.float32(2 * pi)


def turn_on_cpu(
    constraint: Constraint,
    layer: int,
    parameters: dict[str, Tensor],
    z: Tensor,
    dz: Tensor,
    upper: Tensor,
    edges: Sequence[int],
    uniform: Tensor,
) -> Tensor:
    """`moves.turn` for fully connected networks on a CPU."""
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
    return np.float32(tanh(z)) if activation == _TANH else np.float32(erf(z))


@njit(fastmath=True, nogil=True, cache=True)
def _fits(logits: np.ndarray, label: int) -> bool:
    if len(logits) == 1:
        return (logits[0] > 0) == (label == 1)
    largest = True
    for k in range(len(logits)):
        largest &= k == label or logits[k] < logits[label]
    return largest


@njit(fastmath=True, nogil=True, cache=True)
def _forward(
    this: np.ndarray,
    that: np.ndarray,
    logits: np.ndarray,
    middle: np.ndarray,
    widths: np.ndarray,
    readout: np.ndarray,
    activation: int,
) -> None:
    """Adds to one point's logits what comes of the next layer's preactivations `this`; overwrites `this` and `that`."""
    start = 0
    for layer in range(len(widths) - 1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        bias = start + fan_in * fan_out
        that[:fan_out] = middle[bias : bias + fan_out]
        for j in range(fan_in):
            h, row = _activate(this[j], activation), middle[start + j * fan_out : start + (j + 1) * fan_out]
            for k in range(fan_out):
                that[k] += h * row[k]
        start = bias + fan_out
        this, that = that, this
    for k in range(len(logits)):
        row, total = readout[k], np.float32(0)
        for j in range(len(row)):
            total += _activate(this[j], activation) * row[j]
        logits[k] += total


@njit(fastmath=True, nogil=True, cache=True)
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

    z, dz: (networks, units, points), z is moved. upper: (networks, points, width), moved as well. into: (networks,
    units, width). middle: (networks, numbers). readout: (networks, outputs, features), biases: (networks, outputs).
    widths: of the hidden layers above, none where `upper` are the logits.
    """
    networks, _, points = z.shape
    groups, shrinks, _ = uniform.shape
    width = upper.shape[2]
    last_hidden = len(widths) == 0
    angles = np.zeros((networks, groups), dtype=np.float32)
    logits = np.empty(biases.shape[1], dtype=np.float32)
    widest = width if last_hidden else max(widths)
    this, that = np.empty(widest, dtype=np.float32), np.empty(widest, dtype=np.float32)
    order = np.arange(points)
    for n in range(networks):
        for group in range(groups):
            first, last = edges[group], edges[group + 1]
            angle = _TURN * uniform[group, 0, n]
            low, high = angle - _TURN, angle
            for shrink in range(1, shrinks):
                cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
                fits = True
                for place in range(points):
                    i = order[place]
                    this[:width] = upper[n, i]
                    for unit in range(first, last):
                        old = z[n, unit, i]
                        change = _activate(old * cos + dz[n, unit, i] * sin, activation) - _activate(old, activation)
                        row = into[n, unit]
                        for k in range(width):
                            this[k] += change * row[k]
                    if last_hidden:
                        logits[:] = this
                    else:
                        logits[:] = biases[n]
                        _forward(this, that, logits, middle[n], widths, readout[n], activation)
                    if not _fits(logits, labels[i]):
                        fits = False
                        order[place], order[0] = order[0], i
                        break
                if fits:
                    angles[n, group] = angle
                    for unit in range(first, last):
                        row = into[n, unit]
                        for i in range(points):
                            old = z[n, unit, i]
                            z[n, unit, i] = old * cos + dz[n, unit, i] * sin
                            change = _activate(z[n, unit, i], activation) - _activate(old, activation)
                            for k in range(width):
                                upper[n, i, k] += change * row[k]
                    break
                if angle < 0:
                    low = angle
                else:
                    high = angle
                angle = low + (high - low) * uniform[group, shrink, n]
    return angles
