"""Losses of a single logit z against a sign s = ±1 (label 1 is s = +1), each example's own."""

from collections.abc import Callable

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, signs: Tensor) -> Tensor:
    """ln(1 + e^(−sz)): binary cross-entropy with logits."""
    return torch.nn.functional.softplus(-signs * logits)


def squared_error(logits: Tensor, signs: Tensor) -> Tensor:
    """(z − s)²."""
    return (logits - signs).square()


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "squared error": squared_error,
}
