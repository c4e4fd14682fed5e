"""Networks in training, and what every one of them is taught."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import torch
from torch import Tensor

from harness.errors import BadInput
from harness.networks import Architecture, Parameter
from harness.networks.ensemble import views
from harness.networks.gradients import gradients, squeezed
from harness.networks.logits import Loss, labels_of_logits
from harness.optimisers import Noisy, Optimiser
from harness.optimisers.minibatches import normal, orders
from harness.optimisers.search import PROPOSALS, Searcher, search
from harness.samplers.training import compiled
from harness.samplers.training.state import EnsembleState

# Training points that a look at the accuracy takes at a time.
_POINTS = 32
# Epochs between two of which a network stays in cache; the orders of those that it turns out not to need are in vain.
_AT_ONCE = 4


@dataclass
class Lesson:
    """What every network is taught, and how.

    table: the parameters of one network. x: (m, ...). targets: (m,) or (m, classes), and loss: see `losses.py`. batch:
    points a step. rates, step_rates: factors of the gradient and of the step, (size,), or None where all are 1.
    """

    architecture: Architecture
    table: Mapping[str, Parameter]
    x: Tensor
    targets: Tensor
    optimiser: Optimiser
    loss: Loss
    batch: int
    rates: Tensor | None = None
    step_rates: Tensor | None = None

    def logits(self, rows: Tensor, x: Tensor) -> Tensor:
        """(networks, points), of more than two classes (networks, points, classes)."""
        parameters = views(self.table, rows)
        return squeezed(self.architecture.readout(parameters, self.architecture.features(parameters, x)))

    @cached_property
    def labels(self) -> Tensor:
        """(m,), as `labels_of_logits` gives them."""
        return labels_of_logits(self.targets[None])[0]

    def look(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Which networks fit all of S, and which have diverged (logits that are no numbers): (networks,) bool each.

        Most networks fail on the first few points already; only the others go on to the next.
        """
        if compiled.knows(self):
            return compiled.look(self, rows)
        fits, diverged = self._look_at(rows, slice(0, _POINTS))
        for start in range(_POINTS, len(self.x), _POINTS):
            which = fits.nonzero()[:, 0]
            if not len(which):
                break
            fits[which], diverged[which] = self._look_at(rows.index_select(0, which), slice(start, start + _POINTS))
        return fits, diverged

    def _look_at(self, rows: Tensor, points: slice) -> tuple[Tensor, Tensor]:
        logits = self.logits(rows, self.x[points])
        finite = logits.flatten(1).sum(1).isfinite()
        return (labels_of_logits(logits) == self.labels[points]).all(1) & finite, ~finite

    @property
    def updates_an_epoch(self) -> int:
        """Minibatches that all training points make, the last one may be smaller; or the proposals of a search."""
        return PROPOSALS if isinstance(self.optimiser, Searcher) else -(-len(self.x) // self.batch)

    def epoch(self, block: EnsembleState, updates: int | None = None) -> None:
        """One pass of every network through its own order of the training points; updates the block in place.

        updates: end the pass after so many; by default, after all.
        """
        if isinstance(self.optimiser, Searcher):
            for number in range(self.updates_an_epoch)[:updates]:
                counters = block.epochs * self.updates_an_epoch + number
                search(self.optimiser, block.rows, block.state, block.keys, counters, self.spread, self._evaluate)
            block.epochs += 1
            return
        m, networks = len(self.x), len(block)
        if compiled.takes(self):
            compiled.epoch(self, block, self._orders(block, 1)[:, : None if updates is None else updates * self.batch])
            return
        order = orders(block.keys, block.epochs, m) if self.batch < m else None
        for number, start in enumerate(range(0, m, self.batch)[:updates]):
            x, targets = self.x, self.targets
            if order is not None:
                chosen = order[:, start : start + self.batch].flatten()
                x = x.index_select(0, chosen).view(networks, -1, *x.shape[1:])
                targets = targets.index_select(0, chosen).view(networks, -1, *targets.shape[1:])
            gradient = self._gradient(block.rows, x, targets)
            if isinstance(self.optimiser, Noisy):
                gradient = self._followed(self.optimiser, block, gradient, number)
            elif self.rates is not None:
                gradient *= self.rates
            before = block.rows if self.step_rates is None else block.rows.clone()
            self.optimiser.step(block.rows, gradient, block.state)
            if self.step_rates is not None:
                torch.lerp(before, block.rows, self.step_rates, out=block.rows)
        block.epochs += 1

    def fit(self, block: EnsembleState, most: int) -> tuple[Tensor, Tensor]:
        """An epoch, or a few, of every network, none beyond `most` in all, and a look after each.

        Those that have had fewer than `most` train; whoever fits or has diverged is left as it is then.
        """
        if compiled.takes(self):
            epochs = min(most - int(block.epochs.min()), _AT_ONCE)
            return compiled.epochs_to_fit(self, block, self._orders(block, epochs), most)
        self.epoch(block)
        return self.look(block.rows)

    def _orders(self, block: EnsembleState, epochs: int) -> Tensor:
        """(networks, epochs × m) the points in the order of every network's next epochs."""
        m, networks = len(self.x), len(block)
        if self.batch >= m:
            return torch.arange(m).repeat(networks, epochs)
        numbers = block.epochs[:, None] + torch.arange(epochs)
        return orders(block.keys.repeat_interleave(epochs), numbers.flatten(), m).view(networks, epochs * m)

    def _evaluate(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Each network's mean loss on all of S, and whether it fits, (networks,) each."""
        logits = self.logits(rows, self.x)
        return self.loss.value(logits, self.targets).mean(1), (labels_of_logits(logits) == self.labels).all(1)

    def _gradient(self, rows: Tensor, x: Tensor, targets: Tensor) -> Tensor:
        """Of each network's mean loss on its points, (networks, size)."""

        def slope(logits: Tensor) -> Tensor:
            return self.loss.slope(logits, targets) / logits.shape[1]

        return gradients(self.architecture, self.table, rows, x, slope)

    def _followed(self, optimiser: Noisy, block: EnsembleState, gradient: Tensor, number: int) -> Tensor:
        """What an optimiser with noise of its own follows at this update of the epoch.

        Descent of rate η·r on a number is descent of rate η on that number over √r, whose gradient is √r times as
        large: so everything is given to the optimiser, and its answer taken back.
        """
        rows = block.rows
        scale = 1.0 if self.rates is None else self.rates.sqrt()
        counter = block.epochs * self.updates_an_epoch + number
        return scale * optimiser.follow(
            scale * gradient,
            lambda: scale * self._gradient(rows, self.x, self.targets),
            lambda: scale * rows / self.spread.square(),
            lambda: normal(block.keys, counter, rows.shape[1], rows.dtype),
        )

    @cached_property
    def spread(self) -> Tensor:
        """Standard deviation of each number at initialisation, (size,). BadInput where some have none."""
        each = [torch.full((prod(parameter.shape),), parameter.std) for parameter in self.table.values()]
        spread = torch.cat(each).to(self.x)
        if not (spread > 0).all():
            raise BadInput(
                f"{self.architecture.name} has parameters that start at 0, which leaves Langevin training and searches "
                "no scale to go by; choose an architecture that draws all of them."
            )
        return spread
