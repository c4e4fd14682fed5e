"""Losses of a single logit z against a sign s = ±1 (label 1 is s = +1), with their derivatives ∂L/∂z."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Loss(NamedTuple):
    """value: logits and signs, of one shape, to the loss of each. slope: to its derivative ∂L/∂z."""

    value: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, signs: Tensor) -> Tensor:
    """The derivative of ln(1 + e^(−sz)), binary cross-entropy with logits: −s/(1 + e^(sz))."""
    return -signs * torch.sigmoid(-signs * logits)


def squared_error(logits: Tensor, signs: Tensor) -> Tensor:
    """The derivative of (z − s)²: 2(z − s)."""
    return 2 * (logits - signs)


LOSSES = {
    "cross-entropy": Loss(lambda logits, signs: softplus(-signs * logits), cross_entropy),
    "squared error": Loss(lambda logits, signs: (logits - signs).square(), squared_error),
}
