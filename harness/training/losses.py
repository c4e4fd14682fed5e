"""Losses of a single logit z against a sign s = ±1 (label 1 is s = +1), by their derivatives ∂L/∂z.

Training needs no more of a loss than that.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, signs: Tensor) -> Tensor:
    """Of ln(1 + e^(−sz)), binary cross-entropy with logits: −s/(1 + e^(sz))."""
    return -signs * torch.sigmoid(-signs * logits)


def squared_error(logits: Tensor, signs: Tensor) -> Tensor:
    """Of (z − s)²: 2(z − s)."""
    return 2 * (logits - signs)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "squared error": squared_error,
}
