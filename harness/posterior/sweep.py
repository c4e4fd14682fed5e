"""From one state of a chain to the next: which moves an architecture's networks make."""

import torch
from torch import Tensor

from harness.networks import Architecture
from harness.networks.ensemble import Layered, of_layer
from harness.posterior.constraint import Constraint, Table
from harness.posterior.last_layer import slice_last_layer
from harness.posterior.moves import move_all, move_last_layer, move_units


class Sweep:
    """Moves every parameter of networks that fit a constraint.

    Only Gaussian layers have moves of their own, and units only where there are no ties (`move_units`); all else moves
    at once. groups: of a hidden layer's units, which move one after the other. last_layers: moves of the last layer.
    """

    def __init__(
        self, architecture: Architecture, table: Table, groups: int, last_layers: int, generator: torch.Generator
    ) -> None:
        gaussian = architecture.distribution == "gaussian"
        self.groups, self.generator = groups, generator
        self.last_layers = last_layers if gaussian else 0
        only_last_layer = set(of_layer(table, "readout")) == set(table)
        self.by_units = gaussian and isinstance(architecture, Layered) and not architecture.ties and not only_last_layer
        self.whole = not self.by_units and not (only_last_layer and self.last_layers)

    def __call__(self, rows: Tensor, constraint: Constraint) -> Tensor:
        """(networks, size), all fitting, before and after."""
        if self.by_units:
            rows = move_units(rows, self.groups, constraint, self.generator)
        if self.whole:
            rows = move_all(rows, constraint, self.generator)
        if self.last_layers:
            move = move_last_layer if constraint.least is None else slice_last_layer
            rows = move(rows, self.last_layers, constraint, self.generator)
        return rows
