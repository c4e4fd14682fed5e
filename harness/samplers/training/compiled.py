"""Training of fully connected ReLU networks on a CPU, in compiled loops: one network after the other.

The same steps as in torch on the same minibatches, and so the same outcome up to rounding. But a network's numbers, its
gradient and its minibatch stay in the nearest cache from the forward pass to the update, and nothing is called in
between but the passes of `networks/compiled/` and the update of `compiled_updates.py`.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor

from harness.compiling import compiled
from harness.networks.compiled.passes import backward, forward, layer_widths, no_units, supports_forward
from harness.networks.compiled.products import FAST
from harness.networks.logits import LOSSES
from harness.optimisers import SGD
from harness.optimisers.minibatches import orders
from harness.samplers.training.compiled_updates import arguments, has_formula, update
from harness.samplers.training.state import EnsembleState, Task

# Training points that a check of the fit takes at a time.
_POINTS = 8
# Epochs between two of which a network stays in cache; the orders of those that it turns out not to need are in vain.
_AT_ONCE = 4
# Arguments of the compiled function for a call without steps or without a limit of epochs.
_NO_STEPS = SGD()
_NO_LIMIT = 2**62


def supports(task: Task) -> bool:
    """Whether `CompiledTrainer` is an engine for this task."""
    forward_supported = supports_forward(task.architecture, task.table, task.inputs)
    return forward_supported and has_formula(task.optimiser) and task.step_rates is None


class CompiledTrainer:
    """The engine for tasks that `supports` accepts."""

    # One network is in cache at a time, however many are trained together; of more, there are fewer calls.
    block_factor = 8.0

    def __init__(self, task: Task) -> None:
        self.task = task

    def epoch(self, ensemble: EnsembleState, updates: int | None = None) -> None:
        """See `Engine`."""
        order = self._orders(ensemble, 1)[:, : None if updates is None else updates * self.task.batch].contiguous()
        rule = arguments(self.task.optimiser, ensemble.state, len(ensemble))
        _run(self.task, ensemble.rows, order, order.shape[1], rule, ensemble.epochs, _NO_LIMIT, check=False)

    def epochs_until_fit(self, ensemble: EnsembleState, max_epochs: int) -> tuple[Tensor, Tensor]:
        """See `Engine`: each network takes a few epochs, in cache all the while, before the next network does."""
        epochs = min(max_epochs - int(ensemble.epochs.min()), _AT_ONCE)
        order, m = self._orders(ensemble, epochs), len(self.task.inputs)
        rule = arguments(self.task.optimiser, ensemble.state, len(ensemble))
        return _run(self.task, ensemble.rows, order, m, rule, ensemble.epochs, max_epochs, check=True)

    def check_fit(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """See `Engine`."""
        return check_fit(self.task, rows)

    def _orders(self, ensemble: EnsembleState, epochs: int) -> Tensor:
        """(networks, epochs × m) the points in the order of every network's next epochs."""
        m, networks = len(self.task.inputs), len(ensemble)
        if self.task.batch >= m:
            return torch.arange(m).repeat(networks, epochs)
        numbers = ensemble.epochs[:, None] + torch.arange(epochs)
        return orders(ensemble.keys.repeat_interleave(epochs), numbers.flatten(), m).view(networks, epochs * m)


def check_fit(task: Task, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Check the fit of networks that `supports_forward` accepts, under any optimiser, as an `Engine` does.

    Most networks fail on the first few points, and are not checked on the others.
    """
    networks, rows = len(rows), rows.contiguous()
    no_order, epochs = torch.empty(networks, 0, dtype=torch.int64), torch.zeros(networks, dtype=torch.int64)
    rule = arguments(_NO_STEPS, [], networks)
    return _run(task, rows, no_order, len(task.inputs), rule, epochs, _NO_LIMIT, check=True)


def _run(
    task: Task,
    rows: Tensor,
    order: Tensor,
    points: int,
    rule: list[Any],
    epochs: Tensor,
    max_epochs: int,
    *,
    check: bool,
) -> tuple[Tensor, Tensor]:
    """Call `_train`, one compiled function for all calls, as each function is compiled with its own products."""
    outcome = np.empty((2, len(rows) if check else 0), dtype=np.bool_)
    everything: list[Any] = [
        rows.numpy(),
        order.numpy(),
        points,
        task.inputs.numpy(),
        task.targets.numpy(),
        *layer_widths(task.table),
        np.empty(0, dtype=np.float32) if task.rates is None else task.rates.numpy(),
        min(task.batch, len(task.inputs)),
        task.loss is LOSSES["squared error"],
        *rule,
        epochs.numpy(),
        max_epochs,
        outcome,
    ]
    _train(*everything)
    fits, diverged = torch.from_numpy(outcome)
    return fits, diverged


@compiled(fastmath=FAST, error_model="numpy", nogil=True)
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
    numbers: tuple[float, float, float, float, float],
    steps: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    epochs: np.ndarray,
    max_epochs: int,
    outcome: np.ndarray,
) -> None:
    """Train each network through the epochs of its order, and check its fit after each; or check only.

    order: (networks, epochs × points), no columns to check only. widths, biased: see `layer_widths`. rates: empty if
    all are 1. rule, numbers, steps, first, second: see `compiled_updates.arguments`. epochs: that each network has had;
    none gets more than max_epochs. outcome: (2, networks) to fill in, which networks fit and which diverged, whose
    training then ends; empty: no checks.
    """
    networks, size = rows.shape
    gradient, across = np.empty(size, dtype=np.float32), np.empty(widths.max() ** 2, dtype=np.float32)
    units, starts = no_units(widths, max(batch, _POINTS))
    for n in range(networks):
        theta = rows[n]
        fits, diverged = False, False
        for begin in range(0, order.shape[1], points):
            if fits or diverged or epochs[n] == max_epochs:
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
            if outcome.size:
                fits, diverged = _check(theta, x, signs, units, starts, widths, biased)
        if outcome.size and order.size == 0:
            fits, diverged = _check(theta, x, signs, units, starts, widths, biased)
        if outcome.size:
            outcome[0, n], outcome[1, n] = fits, diverged


@njit(error_model="numpy", nogil=True)
def _check(
    theta: np.ndarray,
    x: np.ndarray,
    signs: np.ndarray,
    units: np.ndarray,
    starts: np.ndarray,
    widths: np.ndarray,
    biased: bool,
) -> tuple[bool, bool]:
    """Whether a network fits all of S, and whether it diverged, some points at a time until one does not fit."""
    everyone = np.arange(len(x))
    for start in range(0, len(x), _POINTS):
        chosen = everyone[start : start + _POINTS]
        forward(theta, x, chosen, units, starts, widths, biased)
        fits, finite = True, True
        for i in range(len(chosen)):
            z = units[starts[-1] + 2 * i]
            fits &= (z > 0) == (signs[chosen[i]] > 0)
            finite &= np.isfinite(z)
        if not (fits and finite):
            return False, not finite
    return True, False
