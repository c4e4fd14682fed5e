"""The constraint on a network of the posterior: it fits all, or at least a given number, of some points."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from harness.networks import Architecture, Parameter
from harness.networks.ensemble import as_uniform, views
from harness.networks.logits import finite, labels_of

Table = Mapping[str, Parameter]


def gaussian_table(architecture: Architecture, table: Table) -> Table:
    """Parameters of a row: the network's own if they are Gaussian, else the standard normal numbers that make them."""
    if architecture.distribution == "gaussian":
        return table
    return {name: parameter._replace(std=1.0) for name, parameter in table.items()}


def express(architecture: Architecture, table: Table, rows: Tensor) -> dict[str, Tensor]:
    """Make networks' parameters from rows.

    Args:
        architecture: the networks.
        table: parameters of one network.
        rows: (networks, size) Gaussian numbers, by `gaussian_table`.

    Returns:
        The parameters by name, with a leading axis "networks".
    """
    if architecture.distribution == "gaussian":
        return views(table, rows)
    # Any move that leaves independent standard normal numbers as they are leaves their images as they are: the signs,
    # which are ±1 with equal chance, and the numbers uniform on ±√3, by their quantiles.
    if architecture.distribution == "mixed":
        images = {
            name: as_uniform(tensor) if table[name].distribution == "uniform" else tensor
            for name, tensor in views(table, rows).items()
        }
    else:
        binary = architecture.distribution == "binary"
        images = views(table, (rows > 0).to(rows.dtype) * 2 - 1 if binary else as_uniform(rows))
    return {name: tensor * table[name].std for name, tensor in images.items()}


@dataclass(frozen=True)
class Constraint:
    """Networks that fit these points: the label's logit is the largest; of two classes, the one logit has the label's
    sign.

    x: (points, ...) prepared inputs.
    labels: (points,) int64 from 0 to classes − 1.
    least: how many of the points must be fitted, whichever they are; None for all.
    """

    architecture: Architecture
    table: Table
    x: Tensor
    labels: Tensor
    classes: int
    least: int | None = None

    def logits(self, rows: Tensor) -> Tensor:
        """(networks, size) rows -> (networks, points, outputs) logits."""
        parameters = express(self.architecture, self.table, rows)
        return finite(self.architecture.readout(parameters, self.architecture.features(parameters, self.x)))

    def features(self, rows: Tensor) -> Tensor:
        """(networks, size) rows -> (networks, points, features)."""
        return self.architecture.features(express(self.architecture, self.table, rows), self.x)

    def margins(self, logits: Tensor) -> Tensor:
        """(..., points, outputs) -> (..., points, classes − 1) margins, linear in the logits, all positive if the point
        is fitted.

        Of two classes, logit times sign; of more, the label's logit less each of the others. All are 0 if the logits
        are tied, as they are if the last layer has no bias and all features of a point are 0.
        """
        if self.classes == 2:
            return logits * self._signs
        own, others = (index.expand(*logits.shape[:-1], index.shape[-1]) for index in self._columns)
        return logits.gather(-1, own) - logits.gather(-1, others)

    def fits(self, logits: Tensor) -> Tensor:
        """(networks, points, outputs) -> (networks,): whether all points, or at least `least` of them, are fitted."""
        fitted = self.fitted(logits)
        return fitted.all(1) if self.least is None else fitted.sum(1) >= self.least

    def fitted(self, logits: Tensor) -> Tensor:
        """(networks, points, outputs) -> (networks, points) bool."""
        return labels_of(logits) == self.labels

    @cached_property
    def _signs(self) -> Tensor:
        return (self.labels * 2 - 1).to(self.x.dtype)[:, None]

    @cached_property
    def _columns(self) -> tuple[Tensor, Tensor]:
        """(points, 1) each label, (points, classes − 1) all others."""
        label = self.labels[:, None]
        other = torch.arange(self.classes - 1, device=label.device)
        return label, other + (other >= label)
