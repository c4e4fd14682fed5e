"""Epochs of fully connected ReLU networks on a CPU: one network after the other, in the nearest cache.

The same steps as `Lesson.epoch` with the same minibatches, and so the same outcome up to rounding. But a network's
numbers, its gradient and its minibatch stay in cache from the forward pass to the update, and nothing is called
between the products of its matrices.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks import FullyConnected
from harness.training.losses import LOSSES
from harness.training.optimisers import SGD, Adam, GradientDescent

if TYPE_CHECKING:
    from harness.training.lesson import Block, Lesson

# Sums may be reordered, but NaN stays NaN: that is how a diverged network is known. (And as numpy does, division by 0
# gives no error: no loop that looks for one is vectorised.)
_FAST = {"reassoc", "contract", "arcp", "nsz"}


def takes(lesson: "Lesson", block: "Block") -> bool:
    """Whether `epoch` is for these networks."""
    architecture = lesson.architecture
    return (
        isinstance(architecture, FullyConnected)
        and (architecture.activation, architecture.parametrisation) == ("relu", "standard")
        and type(lesson.optimiser) in (SGD, GradientDescent, Adam)
        and lesson.step_rates is None
        and lesson.targets.ndim == 1
        and (block.rows.device.type, block.rows.dtype) == ("cpu", torch.float32)
    )


def epoch(lesson: "Lesson", block: "Block", order: Tensor) -> None:
    """Steps of every network through its own order (networks, points); updates numbers and optimisers' states."""
    optimiser, nothing = lesson.optimiser, np.empty((0, 0), dtype=np.float32)
    assert isinstance(optimiser, SGD | Adam)
    widths = [parameter.shape[0] for name, parameter in lesson.table.items() if name.endswith(".weight")]
    if isinstance(optimiser, Adam):
        numbers = (optimiser.learning_rate, optimiser.beta1, optimiser.beta2, optimiser.epsilon)
        state = [tensor.numpy() for tensor in block.state]
    else:
        numbers = (optimiser.learning_rate, 0.0, 0.0, 0.0)
        state = [nothing.ravel(), nothing, nothing]
    arguments: list[Any] = [
        block.rows.numpy(),
        order.contiguous().numpy(),
        lesson.x.numpy(),
        lesson.targets.numpy(),
        np.array([*widths, 1]),
        "readout.bias" in lesson.table,
        nothing.ravel() if lesson.rates is None else lesson.rates.numpy(),
        min(lesson.batch, order.shape[1]),
        lesson.loss is LOSSES["squared error"],
        numbers,
        *state,
    ]
    _epoch(*arguments)


@njit(fastmath=_FAST, error_model="numpy", nogil=True, cache=True)
def _epoch(
    rows: np.ndarray,
    order: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    rates: np.ndarray,
    batch: int,
    squared: bool,
    numbers: tuple[float, float, float, float],
    steps: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:
    """widths: of the inputs, the hidden layers and the readout. rates: empty where all are 1. numbers: the optimiser's.
    steps, first, second: Adam's state; empty for SGD.
    """
    networks, size = rows.shape
    points = order.shape[1]
    gradient = np.empty(size, dtype=np.float32)
    # The units of all layers, and the loss's slopes by them, layer after layer.
    units = np.empty(batch * widths.sum(), dtype=np.float32)
    slopes = np.empty(batch * widths.sum(), dtype=np.float32)
    for n in range(networks):
        theta = rows[n]
        for start in range(0, points, batch):
            chosen = order[n, start : start + batch]
            _forward(theta, x, chosen, units, widths, biased)
            _backward(theta, gradient, signs, chosen, units, slopes, widths, biased, squared)
            if len(rates):
                for i in range(size):
                    gradient[i] *= rates[i]
            if len(steps):
                steps[n] += 1
                _adam(theta, gradient, first[n], second[n], steps[n], numbers)
            else:
                rate = np.float32(numbers[0])
                for i in range(size):
                    theta[i] -= rate * gradient[i]


@njit(fastmath=_FAST, error_model="numpy", nogil=True)
def _forward(
    theta: np.ndarray, x: np.ndarray, chosen: np.ndarray, units: np.ndarray, widths: np.ndarray, biased: bool
) -> None:
    """Fills the units of all layers; the last ones are the logits."""
    batch, layers = len(chosen), len(widths) - 1
    below = units[: batch * widths[0]].reshape(batch, widths[0])
    for i in range(batch):
        into, row = below[i], x[chosen[i]]
        for k in range(widths[0]):
            into[k] = row[k]
    number, unit = 0, batch * widths[0]
    for layer in range(layers):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        weight = theta[number : number + fan_in * fan_out].reshape(fan_in, fan_out)
        number += fan_in * fan_out
        above = units[unit : unit + batch * fan_out].reshape(batch, fan_out)
        unit += batch * fan_out
        if layer == layers - 1:
            column = weight.ravel()
            for i in range(batch):
                row, total = below[i], theta[number] if biased else np.float32(0)
                for k in range(fan_in):
                    total += row[k] * column[k]
                above[i, 0] = total
            return
        np.dot(below, weight, above)
        for i in range(batch):
            row = above[i]
            for k in range(fan_out):
                z = row[k] + theta[number + k] if biased else row[k]
                row[k] = np.float32(0) if z <= 0 else z
        number += biased * fan_out
        below = above


@njit(fastmath=_FAST, error_model="numpy", nogil=True)
def _backward(
    theta: np.ndarray,
    gradient: np.ndarray,
    signs: np.ndarray,
    chosen: np.ndarray,
    units: np.ndarray,
    slopes: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    squared: bool,
) -> None:
    """Fills the gradient of the batch's mean loss from the units of all layers."""
    batch, layers = len(chosen), len(widths) - 1
    number, unit = len(theta), batch * widths.sum()
    for i in range(batch):
        sign, z = signs[chosen[i]], units[unit - batch + i]
        slope = 2 * (z - sign) if squared else -sign / (1 + np.exp(sign * z))
        slopes[unit - batch + i] = slope / np.float32(batch)
    for layer in range(layers - 1, -1, -1):
        fan_in, fan_out = widths[layer], widths[layer + 1]
        unit -= batch * fan_out
        above = slopes[unit : unit + batch * fan_out].reshape(batch, fan_out)
        h = units[unit - batch * fan_in : unit].reshape(batch, fan_in)
        below = slopes[unit - batch * fan_in : unit].reshape(batch, fan_in)
        if biased:
            number -= fan_out
            total = gradient[number : number + fan_out]
            total[:] = 0
            for i in range(batch):
                row = above[i]
                for k in range(fan_out):
                    total[k] += row[k]
        number -= fan_in * fan_out
        weight = theta[number : number + fan_in * fan_out].reshape(fan_in, fan_out)
        product = gradient[number : number + fan_in * fan_out].reshape(fan_in, fan_out)
        if fan_out == 1:
            column, weights = product.ravel(), weight.ravel()
            column[:] = 0
            for i in range(batch):
                d, row, into = above[i, 0], h[i], below[i]
                for k in range(fan_in):
                    column[k] += d * row[k]
                for k in range(fan_in):
                    into[k] = d * weights[k]
        else:
            np.dot(h.T, above, product)
            if layer:
                np.dot(above, weight.T, below)
        if layer:
            for i in range(batch):
                into, row = below[i], h[i]
                for k in range(fan_in):
                    into[k] = np.float32(0) if row[k] <= 0 else into[k]


@njit(fastmath=_FAST, error_model="numpy", nogil=True)
def _adam(
    theta: np.ndarray,
    gradient: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    step: float,
    numbers: tuple[float, float, float, float],
) -> None:
    """Kingma & Ba 2015, algorithm 1, in the order of operations of torch.optim."""
    learning_rate, beta1, beta2, epsilon = numbers
    rate = np.float32(learning_rate / (1 - beta1**step))
    root = np.float32(1 / np.sqrt(1 - beta2**step))
    b1, c1, b2, c2 = np.float32(beta1), np.float32(1 - beta1), np.float32(beta2), np.float32(1 - beta2)
    small = np.float32(epsilon)
    for i in range(len(theta)):
        g = gradient[i]
        m = b1 * first[i] + c1 * g
        v = b2 * second[i] + c2 * g * g
        first[i], second[i] = m, v
        theta[i] -= rate * m / (np.sqrt(v) * root + small)
