"""Epochs of fully connected ReLU networks on a CPU: one network after the other, in the nearest cache.

The same steps as `Lesson.epoch` with the same minibatches, and so the same outcome up to rounding. But a network's
numbers, its gradient and its minibatch stay in cache from the forward pass to the update, and nothing is called
in between but the products of `products.py` and the update of `updates.py`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks import FullyConnected
from harness.training.losses import LOSSES
from harness.training.optimisers import SGD, Optimiser
from harness.training.products import ALL, POSITIVE, WHERE_POSITIVE, matrix, multiply, transpose
from harness.training.updates import FAST, arguments, has_formula, update

if TYPE_CHECKING:
    from harness.training.lesson import Block, Lesson

# Training points that a look at the accuracy takes at a time.
_LOOK = 16
# What a call without a look or without steps gives in their place.
_NONE = np.empty((0, 0), dtype=np.bool_)
_NO_STEPS = SGD()


def knows(lesson: "Lesson") -> bool:
    """Whether `look` is for these networks."""
    architecture = lesson.architecture
    return (
        isinstance(architecture, FullyConnected)
        and (architecture.activation, architecture.parametrisation) == ("relu", "standard")
        and lesson.targets.ndim == 1
        and (lesson.x.device.type, lesson.x.dtype) == ("cpu", torch.float32)
    )


def takes(lesson: "Lesson") -> bool:
    """Whether `epoch` is for these networks."""
    return knows(lesson) and has_formula(lesson.optimiser) and lesson.step_rates is None


def epoch(lesson: "Lesson", block: "Block", order: Tensor) -> None:
    """Steps of every network through its own order (networks, points); updates numbers and optimisers' states."""
    batch = min(lesson.batch, order.shape[1])
    _run(lesson, block.rows, order.contiguous().numpy(), batch, lesson.optimiser, block.state, _NONE)


def look(lesson: "Lesson", rows: Tensor) -> tuple[Tensor, Tensor]:
    """`Lesson.look`; most networks fail on the first few points already, and are asked no further."""
    seen = np.empty((2, len(rows)), dtype=np.bool_)
    no_steps = np.empty((len(rows), 0), dtype=np.int64)
    _run(lesson, rows.contiguous(), no_steps, min(_LOOK, len(lesson.x)), _NO_STEPS, [], seen)
    fits, diverged = torch.from_numpy(seen)
    return fits, diverged


def _run(
    lesson: "Lesson",
    rows: Tensor,
    order: np.ndarray,
    batch: int,
    optimiser: Optimiser,
    state: list[Tensor],
    seen: np.ndarray,
) -> None:
    """One compiled function does all, since each would be compiled with its own products."""
    widths = [parameter.shape[0] for name, parameter in lesson.table.items() if name.endswith(".weight")]
    everything: list[Any] = [
        rows.numpy(),
        order,
        lesson.x.numpy(),
        lesson.targets.numpy(),
        np.array([*widths, 1]),
        "readout.bias" in lesson.table,
        np.empty(0, dtype=np.float32) if lesson.rates is None else lesson.rates.numpy(),
        batch,
        lesson.loss is LOSSES["squared error"],
        *arguments(optimiser, state, len(rows)),
        seen,
    ]
    _steps(*everything)


@njit(fastmath=FAST, error_model="numpy", nogil=True, cache=True)
def _steps(
    rows: np.ndarray,
    order: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    rates: np.ndarray,
    batch: int,
    squared: bool,
    rule: int,
    numbers: tuple[float, float, float, float],
    steps: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    seen: np.ndarray,
) -> None:
    """Steps along the order, which may be of no points, and then a look.

    widths: of the inputs, the hidden layers and the readout. rates: empty where all are 1. rule, numbers, steps,
    first, second: see `updates.py`. seen: (2, networks) to fill in, which networks fit and which have
    diverged; empty where nobody asks.
    """
    networks, size = rows.shape
    points = order.shape[1]
    gradient, across = np.empty(size, dtype=np.float32), np.empty(widths.max() ** 2, dtype=np.float32)
    units, starts = _no_units(widths, batch)
    for n in range(networks):
        theta = rows[n]
        for start in range(0, points, batch):
            chosen = order[n, start : start + batch]
            _forward(theta, x, chosen, units, starts, widths, biased)
            for i in range(len(chosen)):
                sign, at = signs[chosen[i]], starts[-1] + 2 * i
                z = units[at]
                slope = 2 * (z - sign) if squared else -sign / (1 + np.exp(sign * z))
                units[at] = slope / np.float32(len(chosen))
            _backward(theta, gradient, units, starts, across, widths, biased, len(chosen))
            if len(rates):
                for i in range(size):
                    gradient[i] *= rates[i]
            steps[n] += 1
            update(rule, numbers, steps[n], first[n], second[n], theta, gradient)
        if seen.size:
            seen[0, n], seen[1, n] = _look(theta, x, signs, units, starts, widths, biased, batch)


@njit(error_model="numpy", nogil=True)
def _no_units(widths: np.ndarray, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Room for the units of all layers, (batch, width + 1) after (batch, width + 1), and where each layer starts.

    Behind the units of every layer there is a 1, whose weights are the next layer's biases.
    """
    starts = np.zeros(len(widths), dtype=np.int64)
    for layer in range(len(widths) - 1):
        starts[layer + 1] = starts[layer] + batch * (widths[layer] + 1)
    return np.ones(starts[-1] + batch * (widths[-1] + 1), dtype=np.float32), starts


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def _forward(
    theta: np.ndarray,
    x: np.ndarray,
    chosen: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    widths: np.ndarray,
    biased: bool,
) -> None:
    """Fills the units of all layers for these points, at most a batch; the last ones are the logits."""
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


@njit(error_model="numpy", nogil=True)
def _look(
    theta: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    batch: int,
) -> tuple[bool, bool]:
    """Whether a network fits all of S, and whether it has diverged, batch by batch until one does not fit."""
    everyone = np.arange(len(x))
    for start in range(0, len(x), batch):
        chosen = everyone[start : start + batch]
        _forward(theta, x, chosen, units, starts, widths, biased)
        fits, finite = True, True
        for i in range(len(chosen)):
            z = units[starts[-1] + 2 * i]
            fits &= (z > 0) == (signs[chosen[i]] > 0)
            finite &= np.isfinite(z)
        if not (fits and finite):
            return False, not finite
    return True, False


@njit(fastmath=FAST, error_model="numpy", nogil=True)
def _backward(
    theta: np.ndarray,
    gradient: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    across: np.ndarray,
    widths: np.ndarray,
    biased: bool,
    points: int,
) -> None:
    """Fills the gradient of the loss, whose slopes by the logits are in the place of these.

    Those by the hidden units take the place of the units, which are not needed any more. across: room for weights.
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
