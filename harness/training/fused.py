"""Epochs of fully connected ReLU networks on a CPU: one network after the other, in the nearest cache.

The same steps as `Lesson.epoch` with the same minibatches, and so the same outcome up to rounding. But a network's
numbers, its gradient and its minibatch stay in cache from the forward pass to the update, and nothing is called
in between but the passes of `passes.py`, the products of these, and the update of `updates.py`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.networks import FullyConnected
from harness.training.losses import LOSSES
from harness.training.optimisers import SGD, Optimiser
from harness.training.passes import backward, forward, no_units
from harness.training.updates import FAST, arguments, has_formula, update

if TYPE_CHECKING:
    from harness.training.lesson import Block, Lesson

# Training points that a look at the accuracy takes at a time.
_LOOK = 8
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
    units, starts = no_units(widths, batch)
    for n in range(networks):
        theta = rows[n]
        for start in range(0, points, batch):
            chosen = order[n, start : start + batch]
            forward(theta, x, chosen, units, starts, widths, biased)
            for i in range(len(chosen)):
                sign, at = signs[chosen[i]], starts[-1] + 2 * i
                z = units[at]
                slope = 2 * (z - sign) if squared else -sign / (1 + np.exp(sign * z))
                units[at] = slope / np.float32(len(chosen))
            backward(theta, gradient, units, starts, across, widths, biased, len(chosen))
            if len(rates):
                for i in range(size):
                    gradient[i] *= rates[i]
            steps[n] += 1
            update(rule, numbers, steps[n], first[n], second[n], theta, gradient)
        if seen.size:
            seen[0, n], seen[1, n] = _look(theta, x, signs, units, starts, widths, biased, batch)


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
        forward(theta, x, chosen, units, starts, widths, biased)
        fits, finite = True, True
        for i in range(len(chosen)):
            z = units[starts[-1] + 2 * i]
            fits &= (z > 0) == (signs[chosen[i]] > 0)
            finite &= np.isfinite(z)
        if not (fits and finite):
            return False, not finite
    return True, False
