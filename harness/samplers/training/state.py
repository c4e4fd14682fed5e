"""What is trained: the task, which is data, and the networks in training; and the steps that an engine offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from harness.networks import Architecture, Parameter
from harness.networks.ensemble import views
from harness.networks.gradients import squeezed
from harness.networks.logits import Loss
from harness.optimisers import Optimiser
from harness.optimisers.search import PROPOSALS, Searcher


@dataclass(frozen=True, eq=False)
class Task:
    """What networks are trained on, and how.

    Args:
        architecture: of all networks.
        table: the parameters of one network.
        inputs: (m, ...) prepared inputs of S.
        targets: (m,) signs of two classes, (m, classes) indicators of more; see `networks/logits.py`.
        optimiser: takes the steps.
        loss: of logits against targets.
        batch: training points per step.
        rates: factor of each number's gradient, (size,); None: all are 1.
        step_rates: factor of each number's step, (size,); None: all are 1.
    """

    architecture: Architecture
    table: Mapping[str, Parameter]
    inputs: Tensor
    targets: Tensor
    optimiser: Optimiser
    loss: Loss
    batch: int
    rates: Tensor | None = None
    step_rates: Tensor | None = None

    @property
    def updates_per_epoch(self) -> int:
        """Minibatches that make up S, of which the last may be smaller; of a search, its proposals."""
        return PROPOSALS if isinstance(self.optimiser, Searcher) else -(-len(self.inputs) // self.batch)

    def logits(self, rows: Tensor, inputs: Tensor) -> Tensor:
        """Logits of the networks in these rows: (networks, points), of more than two classes (..., classes)."""
        parameters = views(self.table, rows)
        return squeezed(self.architecture.readout(parameters, self.architecture.features(parameters, inputs)))


@dataclass
class EnsembleState:
    """Networks in training, one per row of every tensor.

    Args:
        rows: (networks, size) their numbers.
        state: the optimiser's state, tensors (networks, ...).
        keys: (networks,) int64, from which a network's minibatch orders and noise follow.
        epochs: (networks,) int64 that each has been trained for.
        initial: (networks, size) their numbers at initialisation; None: not kept.
    """

    rows: Tensor
    state: list[Tensor]
    keys: Tensor
    epochs: Tensor
    initial: Tensor | None = None

    def select(self, which: Tensor) -> "EnsembleState":
        """The networks of these indices."""
        return EnsembleState(
            self.rows.index_select(0, which),
            [tensor.index_select(0, which) for tensor in self.state],
            self.keys[which],
            self.epochs[which],
            None if self.initial is None else self.initial.index_select(0, which),
        )

    def compact(self, staying: Tensor) -> "EnsembleState":
        """Those that stay, (networks,) bool, in the same memory: the last ones take the places of those that go."""
        count = int(staying.sum())
        places = (~staying[:count]).nonzero()[:, 0]
        last = staying[count:].nonzero()[:, 0] + count

        def compacted(tensor: Tensor) -> Tensor:
            tensor[places] = tensor[last]
            return tensor[:count]

        return EnsembleState(
            compacted(self.rows),
            [compacted(tensor) for tensor in self.state],
            compacted(self.keys),
            compacted(self.epochs),
            None if self.initial is None else compacted(self.initial),
        )

    def join(self, other: "EnsembleState") -> "EnsembleState":
        """These networks and then the others."""
        return EnsembleState(
            torch.cat([self.rows, other.rows]),
            [torch.cat(pair) for pair in zip(self.state, other.state, strict=True)],
            torch.cat([self.keys, other.keys]),
            torch.cat([self.epochs, other.epochs]),
            None if self.initial is None or other.initial is None else torch.cat([self.initial, other.initial]),
        )

    def __len__(self) -> int:
        return len(self.keys)


class Engine(Protocol):
    """A way to compute the steps of a task; ensembles are updated in place."""

    @property
    def block_factor(self) -> float:
        """Networks that are best trained together, as a multiple of those that fit into the cache."""

    def epoch(self, ensemble: EnsembleState, updates: int | None = None) -> None:
        """Train every network for one epoch, or for its first so many updates, on minibatches in its own order."""

    def epochs_until_fit(self, ensemble: EnsembleState, max_epochs: int) -> tuple[Tensor, Tensor]:
        """Train networks for one epoch or a few, and check after each; a network that fits or diverged stops there.

        max_epochs: that a network may have had in all; at least one network has had fewer. Returns `check_fit`.
        """

    def check_fit(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Which networks fit all of S, and which diverged (their logits are not finite): (networks,) bool each."""
