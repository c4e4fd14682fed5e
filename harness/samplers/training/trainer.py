"""Training of any architecture by any optimiser, in torch: all networks of an ensemble take each step together."""

from collections.abc import Callable
from functools import cached_property
from math import prod

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks.gradients import gradients
from harness.networks.logits import labels_of_logits
from harness.optimisers import Noisy
from harness.optimisers.minibatches import normal, orders
from harness.optimisers.search import Searcher, search
from harness.samplers.training.state import EnsembleState, Task

# Training points that a check of the fit takes at a time.
_POINTS = 32


class Trainer:
    """The engine for every task.

    check_fit: a faster check of the task's networks than by their logits in torch; None: there is none.
    """

    # Gradients and the optimiser's state take at least as much as the networks themselves.
    block_factor = 0.5

    def __init__(self, task: Task, check_fit: Callable[[Tensor], tuple[Tensor, Tensor]] | None = None) -> None:
        self.task, self._check_fit = task, check_fit
        self._labels = labels_of_logits(task.targets[None])[0]

    def epoch(self, ensemble: EnsembleState, updates: int | None = None) -> None:
        """See `Engine`."""
        numbers = range(self.task.updates_per_epoch)[:updates]
        if isinstance(self.task.optimiser, Searcher):
            for number in numbers:
                self._propose(self.task.optimiser, ensemble, number)
        else:
            m, batch = len(self.task.inputs), self.task.batch
            order = orders(ensemble.keys, ensemble.epochs, m) if batch < m else None
            for number in numbers:
                chosen = None if order is None else order[:, number * batch : (number + 1) * batch]
                self._step(ensemble, chosen, number)
        ensemble.epochs += 1

    def epochs_until_fit(self, ensemble: EnsembleState, max_epochs: int) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """See `Engine`: one epoch."""
        self.epoch(ensemble)
        return self.check_fit(ensemble.rows)

    def check_fit(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """See `Engine`. Most networks fail on the first few points; only the others are checked on the next ones."""
        if self._check_fit is not None:
            return self._check_fit(rows)
        fits, diverged = self._check_points(rows, slice(0, _POINTS))
        for start in range(_POINTS, len(self.task.inputs), _POINTS):
            which = fits.nonzero()[:, 0]
            if not len(which):
                break
            points = slice(start, start + _POINTS)
            fits[which], diverged[which] = self._check_points(rows.index_select(0, which), points)
        return fits, diverged

    def _check_points(self, rows: Tensor, points: slice) -> tuple[Tensor, Tensor]:
        logits = self.task.logits(rows, self.task.inputs[points])
        finite = logits.flatten(1).sum(1).isfinite()
        return (labels_of_logits(logits) == self._labels[points]).all(1) & finite, ~finite

    def _step(self, ensemble: EnsembleState, chosen: Tensor | None, number: int) -> None:
        """The epoch's update of this number, on the chosen points, (networks, points), or on all of S if None."""
        task, rows = self.task, ensemble.rows
        inputs, targets = task.inputs, task.targets
        if chosen is not None:
            points = chosen.flatten()
            inputs, targets = (
                tensor.index_select(0, points).view(*chosen.shape, *tensor.shape[1:]) for tensor in (inputs, targets)
            )
        gradient = self._gradient(rows, inputs, targets)
        if isinstance(task.optimiser, Noisy):
            gradient = self._noisy_gradient(task.optimiser, ensemble, gradient, number)
        elif task.rates is not None:
            gradient *= task.rates
        before = rows if task.step_rates is None else rows.clone()
        task.optimiser.step(rows, gradient, ensemble.state)
        if task.step_rates is not None:
            torch.lerp(before, rows, task.step_rates, out=rows)

    def _gradient(self, rows: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        """Of each network's mean loss on its points, (networks, size)."""

        def slope(logits: Tensor) -> Tensor:
            return self.task.loss.slope(logits, targets) / logits.shape[1]

        return gradients(self.task.architecture, self.task.table, rows, inputs, slope)

    def _noisy_gradient(self, optimiser: Noisy, ensemble: EnsembleState, gradient: Tensor, number: int) -> Tensor:
        """What an optimiser with noise of its own follows at this update of the epoch.

        Descent at rate η·r on a number is descent at rate η on that number over √r, whose gradient is √r times as
        large: the optimiser is given everything in these coordinates, and its answer is transformed back.
        """
        task, rows = self.task, ensemble.rows
        scale = 1.0 if task.rates is None else task.rates.sqrt()
        counter = ensemble.epochs * task.updates_per_epoch + number
        return scale * optimiser.follow(
            scale * gradient,
            lambda: scale * self._gradient(rows, task.inputs, task.targets),
            lambda: scale * rows / self._spread.square(),
            lambda: normal(ensemble.keys, counter, rows.shape[1], rows.dtype),
        )

    def _propose(self, searcher: Searcher, ensemble: EnsembleState, number: int) -> None:
        """The epoch's proposal of this number."""
        counters = ensemble.epochs * self.task.updates_per_epoch + number
        search(searcher, ensemble.rows, ensemble.state, ensemble.keys, counters, self._spread, self._evaluate)

    def _evaluate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Each network's mean loss on all of S, and whether it fits, (networks,) each."""
        task, logits = self.task, self.task.logits(rows, self.task.inputs)
        return task.loss.value(logits, task.targets).mean(1), (labels_of_logits(logits) == self._labels).all(1)

    @cached_property
    def _spread(self) -> Tensor:
        """Standard deviation of each number at initialisation, (size,). BadInput if some are 0."""
        by_parameter = [
            torch.full((prod(parameter.shape),), parameter.std, dtype=torch.float32)
            for parameter in self.task.table.values()
        ]
        spread = torch.cat(by_parameter).to(self.task.inputs)
        if not (spread > 0).all():
            raise BadInput(
                f"{self.task.architecture.name} has parameters that start at 0, which leaves Langevin training and "
                "searches no scale to go by; choose an architecture that draws all of them."
            )
        return spread
