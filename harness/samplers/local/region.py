"""The region around one network: where labels are its own or those of S, or where the loss is at most so much."""

from math import prod

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from harness.errors import BadInput
from harness.networks import Architecture
from harness.networks.ensemble import activations, block_size, views
from harness.networks.gradients import gradients, squeezed
from harness.networks.logits import LOSSES, LOSSES_OF_CLASSES, labels_of_logits, targets_of

# Margins of 0, as of tied logits, have no scale.
_LEAST_MARGIN = 1e-6


class Region:
    """Networks, in units of the standard deviations of their initialisation, that are right on some points.

    architecture: the networks, all of whose parameters are drawn.
    x: (points, ...) prepared inputs.
    labels: (points,) int64 labels that are right.
    classes: number of classes.
    most: None: all labels are right; a number: the mean loss is at most that.
    loss: a name in `LOSSES`.
    """

    def __init__(
        self, architecture: Architecture, x: Tensor, labels: Tensor, classes: int, most: float | None, loss: str
    ) -> None:
        self.architecture, self.x, self.labels, self.classes, self.most = architecture, x, labels, classes, most
        self.table = architecture.parameters(tuple(x.shape[1:]), 1 if classes == 2 else classes)
        self.spread = spreads(architecture, x, classes)
        self._loss = (LOSSES if classes == 2 else LOSSES_OF_CLASSES)[loss]
        self._targets = targets_of(labels, classes)
        self._block = block_size(self.table, len(x), x.device, activations(architecture, x))

    def __call__(self, points: Tensor) -> Tensor:
        """(k, d) networks -> (k,) bool, whether they are in it."""
        return torch.cat([self._are_in(block * self.spread) for block in points.split(self._block)])

    def _are_in(self, rows: Tensor) -> Tensor:
        parameters = views(self.table, rows)
        logits = squeezed(self.architecture.readout(parameters, self.architecture.features(parameters, self.x)))
        if self.most is None:
            return (labels_of_logits(logits) == self.labels).all(1)
        return self._loss.value(logits, self._targets).mean(1) <= self.most

    def gradients(self, centre: Tensor) -> Tensor:
        """(d,) a network -> (points, d) gradients of its margins, over the margins' root mean square.

        A margin is the right logit less the largest other one; of two classes, the one logit with the label's sign.
        """
        margins = []

        def slope(logits: Tensor) -> Tensor:
            if self.classes == 2:
                apart = self._targets[:, None].to(logits)
                margins.append(apart * logits)
                return apart
            right = one_hot(self.labels, self.classes)[:, None]
            rival = logits.masked_fill(right.bool(), -torch.inf).argmax(-1)
            apart = (right - one_hot(rival, self.classes)).to(logits)
            margins.append((apart * logits).sum(-1))
            return apart

        rows = (centre * self.spread).repeat(len(self.x), 1)
        # One copy of the network for each point.
        found = gradients(self.architecture, self.table, rows, self.x[:, None], slope) * self.spread
        return found / margins[0].square().mean().sqrt().clamp(min=_LEAST_MARGIN)


def spreads(architecture: Architecture, x: Tensor, classes: int) -> Tensor:
    """Look up the standard deviation of each number at initialisation.

    Args:
        architecture: the networks.
        x: (points, ...) prepared inputs.
        classes: number of classes.

    Returns:
        (d,) the standard deviations, on the device of the inputs.

    Raises:
        BadInput: unless all are drawn, and from Gaussians.
    """
    table = architecture.parameters(tuple(x.shape[1:]), 1 if classes == 2 else classes)
    if architecture.distribution != "gaussian" or not all(each.std > 0 for each in table.values()):
        raise BadInput(
            f"A local volume is under a Gaussian initialisation of all parameters, which {architecture.name} has not; "
            "choose an architecture that draws all of them from Gaussians."
        )
    return torch.cat([x.new_full((prod(each.shape),), each.std) for each in table.values()])
