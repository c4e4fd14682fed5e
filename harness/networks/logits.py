"""Losses of a network's logits against targets, with their derivatives by the logits.

Of two classes, a single logit z against a sign s = ±1 (label 1 is s = +1): (..., points) each. Of more, a logit a class
against the label's indicator, 1 at the label and 0 elsewhere: (..., points, classes) each.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

from harness.errors import BadInput


class Loss(NamedTuple):
    """value: logits and targets to the loss of each point, (..., points). slope: to its derivatives, as the logits."""

    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, signs: Tensor) -> Tensor:
    """The derivative of ln(1 + e^(−sz)), binary cross-entropy with logits: −s/(1 + e^(sz))."""
    return -signs * torch.sigmoid(-signs * logits)


def squared_error(logits: Tensor, signs: Tensor) -> Tensor:
    """The derivative of (z − s)²: 2(z − s)."""
    return 2 * (logits - signs)


# By how many classes there are: two, or more.
LOSSES = {
    "cross-entropy": Loss(lambda z, s: softplus(-s * z), cross_entropy),
    "squared error": Loss(lambda z, s: (z - s).square(), squared_error),
}
# −ln of the label's softmax probability; the squares' sum over classes.
LOSSES_OF_CLASSES = {
    "cross-entropy": Loss(lambda z, y: z.logsumexp(-1) - (y * z).sum(-1), lambda z, y: z.softmax(-1) - y),
    "squared error": Loss(lambda z, y: (z - y).square().sum(-1), squared_error),
}


def targets_of(labels: Tensor, classes: int) -> Tensor:
    """(points,) int64 -> signs (points,) of two classes, indicators (points, classes) of more; float32."""
    return labels.float() * 2 - 1 if classes == 2 else one_hot(labels, classes).float()


def labels_of_logits(logits: Tensor) -> Tensor:
    """(networks, points) -> bool, (networks, points, classes) -> int64: the labels, (networks, points).

    One logit gives label 1 if it is positive; several give the place of the largest, of equal ones the first. The same
    holds for targets.
    """
    return logits > 0 if logits.ndim == 2 else logits.argmax(-1)


def are_finite(values: Tensor) -> Tensor:
    """(networks, ...) -> (networks,), whether all numbers of a network are finite."""
    of_each = tuple(range(1, values.ndim))
    # An Apple GPU has no double precision, in which a sum is finite if and only if all of its terms are.
    if values.device.type == "mps":
        return values.isfinite().flatten(1).all(1)
    return values.sum(of_each, dtype=torch.float64).isfinite()


def finite(values: Tensor) -> Tensor:
    """Logits or features as they are; BadInput if one is no finite number, whose sign would say nothing."""
    if not bool(are_finite(values[None])):
        raise BadInput(
            "Networks have logits that are no finite numbers in float32; take inputs, or initial weights, that are "
            "closer to 1."
        )
    return values


def labels_of(logits: Tensor) -> Tensor:
    """(..., outputs) -> (...): with one output, whether it is positive (bool); with several, the place of the largest
    (int64), of equal ones the first. BadInput for logits that are not finite.
    """
    finite(logits)
    return logits[..., 0] > 0 if logits.shape[-1] == 1 else logits.argmax(-1)
