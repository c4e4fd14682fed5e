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
from harness.networks.compiled.passes import backward, forward, no_units
from harness.networks.compiled.products import FAST
from harness.networks.logits import LOSSES
from harness.optimisers import SGD, Optimiser
from harness.samplers.training.compiled_updates import arguments, has_formula, update

if TYPE_CHECKING:
    from harness.samplers.training.state import EnsembleState
    from harness.samplers.training.trainer import Lesson

# Training points that a look at the accuracy takes at a time.
_LOOK = 8
# What a call without a look, without steps or without an end gives in their place.
_NONE = np.empty((0, 0), dtype=np.bool_)
_NO_STEPS = SGD()
_ALWAYS = 2**62


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


def epoch(lesson: "Lesson", block: "EnsembleState", order: Tensor) -> None:
    """Steps of every network through its own order (networks, points); updates the block."""
    order = order.contiguous()
    _run(lesson, block.rows, order, order.shape[1], lesson.optimiser, block.state, block.epochs, _ALWAYS, _NONE)


def epochs_to_fit(lesson: "Lesson", block: "EnsembleState", order: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Epochs of every network until it fits, has diverged, or has had `most` in all: (networks,) bool, which do.

    order: (networks, epochs × m). Updates the block; a network stays in cache all the while.
    """
    seen = np.empty((2, len(block)), dtype=np.bool_)
    _run(lesson, block.rows, order, len(lesson.x), lesson.optimiser, block.state, block.epochs, most, seen)
    return _read(seen)


def look(lesson: "Lesson", rows: Tensor) -> tuple[Tensor, Tensor]:
    """`Lesson.look`; most networks fail on the first few points already, and are asked no further."""
    seen = np.empty((2, len(rows)), dtype=np.bool_)
    no_steps, epochs = torch.empty(len(rows), 0, dtype=torch.int64), torch.zeros(len(rows), dtype=torch.int64)
    _run(lesson, rows.contiguous(), no_steps, len(lesson.x), _NO_STEPS, [], epochs, _ALWAYS, seen)
    return _read(seen)


def _read(seen: np.ndarray) -> tuple[Tensor, Tensor]:
    fits, diverged = torch.from_numpy(seen)
    return fits, diverged


def _run(
    lesson: "Lesson",
    rows: Tensor,
    order: Tensor,
    points: int,
    optimiser: Optimiser,
    state: list[Tensor],
    epochs: Tensor,
    most: int,
    seen: np.ndarray,
) -> None:
    """One compiled function does all, since each would be compiled with its own products."""
    widths = [parameter.shape[0] for name, parameter in lesson.table.items() if name.endswith(".weight")]
    everything: list[Any] = [
        rows.numpy(),
        order.numpy(),
        points,
        lesson.x.numpy(),
        lesson.targets.numpy(),
        np.array([*widths, 1]),
        "readout.bias" in lesson.table,
        np.empty(0, dtype=np.float32) if lesson.rates is None else lesson.rates.numpy(),
        min(lesson.batch, len(lesson.x)),
        lesson.loss is LOSSES["squared error"],
        *arguments(optimiser, state, len(rows)),
        epochs.numpy(),
        most,
        seen,
    ]
    _train(*everything)


@njit(fastmath=FAST, error_model="numpy", nogil=True, cache=True)
def _train(
    rows: np.ndarray,
    order: np.ndarray,
    points: int,
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
    epochs: np.ndarray,
    most: int,
    seen: np.ndarray,
) -> None:
    """Each network through the epochs of its order, `points` each, with a look after each; or only a look.

    widths: of the inputs, the hidden layers and the readout. rates: empty where all are 1. rule, numbers, steps,
    first, second: see `updates.py`. epochs: that each network has had; none gets more than `most`. seen: (2, networks)
    to fill in, which networks fit and which have diverged, whose training then ends; empty where nobody looks.
    """
    networks, size = rows.shape
    gradient, across = np.empty(size, dtype=np.float32), np.empty(widths.max() ** 2, dtype=np.float32)
    units, starts = no_units(widths, max(batch, _LOOK))
    for n in range(networks):
        theta = rows[n]
        fits, diverged = False, False
        for begin in range(0, order.shape[1], points):
            if fits or diverged or epochs[n] == most:
                break
            for start in range(begin, begin + points, batch):
                chosen = order[n, start : min(start + batch, begin + points)]
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
            epochs[n] += 1
            if seen.size:
                fits, diverged = _look(theta, x, signs, units, starts, widths, biased)
        if seen.size and order.size == 0:
            fits, diverged = _look(theta, x, signs, units, starts, widths, biased)
        if seen.size:
            seen[0, n], seen[1, n] = fits, diverged


@njit(error_model="numpy", nogil=True)
def _look(
    theta: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    widths: np.ndarray,
    biased: bool,
) -> tuple[bool, bool]:
    """Whether a network fits all of S, and whether it has diverged, some points at a time until one does not fit."""
    everyone = np.arange(len(x))
    for start in range(0, len(x), _LOOK):
        chosen = everyone[start : start + _LOOK]
        forward(theta, x, chosen, units, starts, widths, biased)
        fits, finite = True, True
        for i in range(len(chosen)):
            z = units[starts[-1] + 2 * i]
            fits &= (z > 0) == (signs[chosen[i]] > 0)
            finite &= np.isfinite(z)
        if not (fits and finite):
            return False, not finite
    return True, False
