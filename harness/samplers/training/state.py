"""Networks in training."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class EnsembleState:
    """Networks in training, one a row of every tensor: its numbers, its optimiser's state, its key, its epochs.

    initial: its numbers at initialisation, or None where nobody asks for them.
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
